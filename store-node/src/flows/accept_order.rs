//! A confirmed hub order comes into the store: its rights are counted as used, lots are held first expired first out. An
//! order is never lost: what is not there any more becomes a counted short (SYNC.md rules 3 and 7).

use super::terms::OVERDRAWN;
use super::{Flow, Stop, alarms, fence, holding, moments, moving, unknown};
use crate::answer::Answer;
use crate::command::AcceptOrder;
use crate::db::orders::{self, OrderRow};
use crate::db::quota::Terms;
use crate::db::{DbResult, catalogue, cold, quota};
use crate::refusal::Refusal;
use model::catalogue::{Product, TempClass, Velocity};
use model::fact::Fact;
use model::order::{Channel, Moment};
use model::order_doc::{HeadLine, OrderHead, Picks, ShortUnits, cash_due};
use model::{Grams, Qty, Role, SkuId};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Display;
use store_core::movement::Kind;
use store_core::reserve;

/// See the file.
///
/// # Errors
/// [`Refusal::OtherContent`] for a known id with other lines, [`Refusal::BadInput`] for what is no order.
pub fn accept(flow: &mut Flow<'_>, new: &AcceptOrder) -> Result<Answer, Stop> {
    flow.only(&[Role::System])?;
    let sha = head_sha(&new.head)?;
    match orders::head_sha(flow.tx, &new.order)? {
        Some(known) if known == sha => return Ok(Answer::Accepted { order: new.order, short: 0 }),
        Some(_) => return Err(Refusal::OtherContent { order: new.order }.into()),
        None => {}
    }
    let totals =
        reserve::totals(&new.head.lines).map_err(|error| Refusal::bad("lines", error.to_string()))?;
    let again = is_of_a_forgotten_life(flow, new, &totals)?;
    if new.head.channel != Channel::Online && !again {
        return Err(Refusal::bad("channel", "the hub makes online orders only").into());
    }
    for line in &new.head.lines {
        know(flow, line)?;
    }
    let row = row_of(new, flow);
    orders::insert(flow.tx, &row, &new.head.lines, &sha)?;
    if again {
        return learn_again(flow, &row, new);
    }
    let steps = [(Moment::Placed, new.placed_at), (Moment::Confirmed, new.confirmed_at)];
    let mut known = moments::begin(flow, &row, &steps)?;
    for (sku, qty) in &totals {
        use_rights(flow, new.terms, sku, *qty)?;
    }
    let shorts = hold_lines(flow, &row, &new.head.lines)?;
    let short: u32 = shorts.iter().map(|s| s.qty.get()).sum();
    let wanted: u32 = totals.values().map(|qty| qty.get()).sum();
    let now = flow.now;
    moments::step(flow, &row, &mut known, (Moment::Accepted, now))?;
    if short == wanted {
        moments::note(flow, &row.order, "nothing_there", "")?;
        let picks = Picks { picked: Vec::new(), short: shorts, bags: 0, less: Vec::new() };
        flow.tell(&Fact::Picks { order: row.order, hour: row.hour, picks })?;
        moments::record(flow, &row, Moment::Cancelled, flow.now)?;
    }
    flow.effects.all_handhelds = true;
    Ok(Answer::Accepted { order: new.order, short })
}

fn hold_lines(flow: &mut Flow<'_>, row: &OrderRow, lines: &[HeadLine]) -> Result<Vec<ShortUnits>, Stop> {
    let mut shorts = Vec::new();
    for (line, wish) in (0_u8..).zip(lines) {
        let missing = if fence::is_open(flow, &wish.sku)? {
            holding::hold(flow, &row.order, line, &wish.sku, wish.qty)?
        } else {
            wish.qty
        };
        let short = holding::short(flow, &row.order, line, missing, "not_there")?;
        if !short.is_zero() {
            shorts.push(ShortUnits { line, qty: short });
        }
    }
    Ok(shorts)
}

/// Whether this database has forgotten the life of the store in which the order was sold: one of an older epoch; or one of
/// this epoch's number, and of another generation than the present one, that was sold from rights which were never granted
/// here. Of two lives that both hub and store have forgotten, the numbers may be the same.
fn is_of_a_forgotten_life(
    flow: &Flow<'_>,
    new: &AcceptOrder,
    totals: &BTreeMap<SkuId, Qty>,
) -> Result<bool, Stop> {
    let now = flow.terms()?;
    if new.terms.epoch != now.epoch || new.terms.generation == now.generation {
        return Ok(new.terms.epoch != now.epoch);
    }
    for (sku, qty) in totals {
        if u64::from(qty.get()) > quota::get(flow.tx, new.terms, sku)?.outstanding() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// An order of an older epoch, which a restored store hears of again. What the hub's document shows as ended has ended;
/// any other is UNKNOWN, and holds nothing before a person has decided. Its rights went with their epoch.
fn learn_again(flow: &mut Flow<'_>, row: &OrderRow, new: &AcceptOrder) -> Result<Answer, Stop> {
    moments::begin(flow, row, &[(Moment::Placed, new.placed_at), (Moment::Confirmed, new.confirmed_at)])?;
    unknown::remember(flow, row, &new.seen)?;
    if let Some(picks) = packed(new) {
        unknown::stay_short(flow, &row.order, picks)?;
    }
    if unknown::ended_by(&new.seen).is_none() {
        unknown::begin(flow, row)?;
    }
    Ok(Answer::Accepted { order: new.order, short: 0 })
}

/// The hub's right to these units is used up: they are reserved here, or short. Where it has sold more than it was granted, the
/// customer gets the goods that are there all the same; nothing more of the SKU is granted ([`super::grant`]), and a person
/// hears that the hub does not keep to its rights.
fn use_rights(flow: &mut Flow<'_>, terms: Terms, sku: &model::SkuId, qty: Qty) -> Result<(), Stop> {
    let mut rights = quota::get(flow.tx, terms, sku)?;
    rights.orders_seen = rights.orders_seen.saturating_add(u64::from(qty.get()));
    quota::raise(flow.tx, terms, sku, &rights)?;
    let beyond = rights.orders_seen.saturating_add(rights.returned).saturating_sub(rights.granted);
    if beyond > 0 && !cold::stands(flow.tx, &fence::hub()?, OVERDRAWN)? {
        let named: [(&str, &dyn Display); 2] = [("sku", sku), ("units", &beyond)];
        alarms::raise(flow, (OVERDRAWN, &fence::hub()?, None), flow.now, &named)?;
    }
    Ok(())
}

/// A hub may know a product before the store does. It is entered by its code, so that the order can be kept and refunded.
fn know(flow: &mut Flow<'_>, line: &HeadLine) -> Result<(), Stop> {
    if catalogue::shelf_life(flow.tx, &line.sku)?.is_some() {
        return Ok(());
    }
    let product = Product {
        sku: line.sku.clone(),
        gtins: Vec::new(),
        name: line.sku.to_string(),
        name_hi: String::new(),
        brand: String::new(),
        category: String::new(),
        search_terms: String::new(),
        temp: TempClass::Ambient,
        velocity: Velocity::C,
        weight: Grams(0),
        fragile: false,
        food: false,
        mrp: line.unit_price,
        price: line.unit_price,
        shelf_life_days: 0,
        hsn: String::new(),
        gst_bp: 0,
        unit: String::new(),
        popularity: 0,
        active: true,
    };
    catalogue::put(flow.tx, &product, None)?;
    Ok(())
}

/// What a former life packed for it.
fn packed(new: &AcceptOrder) -> Option<&Picks> {
    new.packed.as_ref().filter(|picks| !unknown::says_nothing_left(&new.seen, picks))
}

fn row_of(new: &AcceptOrder, flow: &Flow<'_>) -> OrderRow {
    OrderRow {
        order: new.order,
        number: new.head.number.clone(),
        channel: new.head.channel,
        hour: new.hour,
        promise_at: new.head.promise_at,
        first_name: new.head.first_name.clone(),
        // What a former life packed for it stands in no other table here.
        cod: match packed(new) {
            Some(picks) => cash_due(new.head.cod, &new.head.lines, picks),
            None => new.head.cod,
        },
        preset: new.head.preset,
        received_at: flow.now,
        ended_at: None,
    }
}

/// SHA-256 of what was ordered: tells a repeated order from another one under the same id.
///
/// # Errors
/// A fault when the head cannot be written as JSON.
pub fn head_sha(head: &OrderHead) -> DbResult<[u8; 32]> {
    let bytes = serde_json::to_vec(head)?;
    Ok(Sha256::digest(bytes).into())
}

/// Writes down in the ledger that a packed unit left with its order; used at packing and handover.
///
/// # Errors
/// A fault of the database.
pub fn trace(flow: &mut Flow<'_>, row: &OrderRow, kind: Kind) -> Result<(), Stop> {
    for held in crate::db::allocations::of_order(flow.tx, &row.order)? {
        moving::by(flow, &held.place, (kind, held.picked), "", &row.order.to_string())?;
    }
    Ok(())
}
