//! The count of one SKU over all its places (SYNC.md rule 5, REQ-24): what people find is what there is. A variance is a
//! movement with the count as its reference; promises that the count cannot keep lose their hold, get units elsewhere,
//! wait, or are short. In a fenced store the SKU is open afterwards.

use super::{Flow, Stop, fence, grant, holding, moving, unknown};
use crate::answer::Answer;
use crate::command::Counted;
use crate::db::allocations::{self, Allocation};
use crate::db::fence as row;
use crate::db::stock::{self, Place};
use crate::db::{catalogue, orders, unknown as waiting};
use crate::refusal::Refusal;
use model::{Qty, Role, SkuId};
use std::collections::BTreeMap;
use store_core::movement::{Balance, Change};

/// The most places one count may name.
const PLACES_MAX: usize = 500;

/// See the file. A place with units that is not named counts nought.
///
/// # Errors
/// [`Refusal::Unknown`] for a product or place that is not here; goods that the books do not know are received first.
pub fn count(flow: &mut Flow<'_>, sku: &SkuId, places: &[Counted]) -> Result<Answer, Stop> {
    flow.only(&[Role::Manager, Role::Receiver])?;
    if catalogue::shelf_life(flow.tx, sku)?.is_none() {
        return Err(Refusal::unknown("product", sku).into());
    }
    if places.len() > PLACES_MAX {
        return Err(Refusal::bad("places", format!("at most {PLACES_MAX} places")).into());
    }
    let known = stock::places_of_sku(flow.tx, sku)?;
    let mut found: BTreeMap<Place, Qty> = BTreeMap::new();
    for counted in places {
        let place = Place { sku: sku.clone(), lot: counted.lot.clone(), bin: counted.bin.clone() };
        if !known.iter().any(|(at, _)| *at == place) {
            let name = format!("{sku} {} {}", place.lot, place.bin);
            return Err(Refusal::unknown("stock", name).into());
        }
        if found.insert(place, counted.on_hand).is_some() {
            let detail = format!("lot {} in {} stands there twice", counted.lot, counted.bin);
            return Err(Refusal::bad("places", detail).into());
        }
    }
    let reference = format!("count {}", flow.id);
    let mut lost = Vec::new();
    let mut variance = 0_i64;
    for (place, balance) in known {
        let on_hand = found.get(&place).copied().unwrap_or_default();
        variance += i64::from(on_hand) - i64::from(balance.on_hand);
        lost.extend(set(flow, &place, on_hand, &reference)?);
    }
    row::count(flow.tx, sku, flow.now, &flow.actor.person)?;
    for held in lost {
        if !waiting::is_open(flow.tx, &held.order)? && orders::must(flow.tx, &held.order)?.ended_at.is_none()
        {
            waiting::wait(flow.tx, &held.order, held.line)?;
        }
    }
    unknown::fill(flow, sku)?;
    fence::open_if_counted(flow)?;
    grant::sweep(flow)?;
    Ok(Answer::Counted { sku: sku.clone(), variance })
}

/// Sets one place to what was found; gives the holdings that lost their units.
fn set(flow: &mut Flow<'_>, place: &Place, on_hand: Qty, reference: &str) -> Result<Vec<Allocation>, Stop> {
    let balance = stock::balance(flow.tx, place)?;
    let mut over =
        balance.reserved.checked_add(balance.blocked).unwrap_or(balance.on_hand).saturating_sub(on_hand);
    let mut lost = Vec::new();
    // The least urgent promise goes first.
    for held in allocations::open_at(flow.tx, place)?.into_iter().rev() {
        let units = held.open().min(over);
        if units.is_zero() {
            continue;
        }
        holding::give_back(flow, &held, units, "counted")?;
        over = over.saturating_sub(units);
        lost.push(held);
    }
    // Blocked units that are not there are not blocked either.
    for (reason, blocked) in stock::blocks_of(flow.tx, place)? {
        let units = blocked.min(over);
        if !units.is_zero() {
            moving::unblock(flow, place, units, &reason, reference)?;
            over = over.saturating_sub(units);
        }
    }
    let now = stock::balance(flow.tx, place)?;
    if now.on_hand != on_hand {
        moving::apply(flow, place, &Change::To(Balance { on_hand, ..now }), "count", reference)?;
    }
    Ok(lost)
}
