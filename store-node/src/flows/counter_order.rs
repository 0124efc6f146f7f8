//! A customer at the counter or on the phone (REQ-28): sells from the store's own share alone, all or nothing.

use super::holding::{self, Shelf};
use super::{Flow, Stop, accept_order, fence, moments, one_line};
use crate::answer::Answer;
use crate::db::allocations;
use crate::db::marks::{self, Mark};
use crate::db::orders::{self, OrderRow};
use crate::derive;
use crate::refusal::{Lacking, Refusal};
use model::api::store::{CounterOrderAnswer, CounterOrderRequest};
use model::fact::Fact;
use model::order::{Channel, Moment};
use model::order_doc::{HeadLine, KG_MAX, LINES_MAX, OrderHead, SubstitutePreset, kilograms};
use model::{Grams, Paise, Qty, Role, SkuId};
use std::collections::BTreeMap;
use store_core::reserve;

/// The longest first name, characters.
const NAME_MAX: usize = 40;

/// See the file.
///
/// # Errors
/// [`Refusal::OutOfStock`] names every SKU that does not suffice, [`Refusal::TooHeavy`]; nothing is held then.
pub fn take(flow: &mut Flow<'_>, request: &CounterOrderRequest) -> Result<Answer, Stop> {
    flow.only(&[Role::Manager, Role::Picker])?;
    one_line("first_name", &request.first_name, NAME_MAX)?;
    let (lines, mut shelves) = priced(flow, request)?;
    let totals = reserve::totals(&lines).map_err(|error| Refusal::bad("lines", error.to_string()))?;
    suffices(flow, &lines, &totals, &shelves)?;
    light_enough(&lines, &shelves)?;

    let order = derive::order(&flow.id, flow.now);
    let number = format!("C{:03}", marks::bump(flow.tx, Mark::CounterOrders)? % 1_000);
    let head = OrderHead {
        number: number.clone(),
        channel: Channel::Counter,
        promise_at: flow.now.plus_ms(flow.setup.policy.promise_ms),
        first_name: request.first_name.clone(),
        cod: Paise::ZERO,
        preset: SubstitutePreset::Refund,
        lines,
    };
    let total = total(&head.lines)?;
    let row = OrderRow {
        order,
        number: number.clone(),
        channel: head.channel,
        hour: flow.now.hour(),
        promise_at: head.promise_at,
        first_name: head.first_name.clone(),
        cod: head.cod,
        preset: head.preset,
        received_at: flow.now,
        ended_at: None,
    };
    orders::insert(flow.tx, &row, &head.lines, &accept_order::head_sha(&head)?)?;
    let mut held = Vec::with_capacity(head.lines.len());
    for (line, wish) in (0_u8..).zip(&head.lines) {
        let Some(shelf) = shelves.get_mut(&wish.sku) else { continue };
        let (places, missing) = shelf.reserve(flow, &order, wish.qty)?;
        held.extend(places.into_iter().map(|(place, qty)| (line, place, qty)));
        if !missing.is_zero() {
            let lacking =
                vec![lacking(&wish.sku, wish.qty, u64::from(wish.qty.saturating_sub(missing).get()))];
            return Err(Refusal::OutOfStock { lacking }.into());
        }
    }
    allocations::add_all(flow.tx, &order, &held)?;
    flow.tell(&Fact::Order { order, hour: row.hour, head })?;
    let now = flow.now;
    let steps = [(Moment::Placed, now), (Moment::Confirmed, now), (Moment::Accepted, now)];
    moments::begin(flow, &row, &steps)?;
    flow.effects.all_handhelds = true;
    Ok(Answer::CounterOrder(CounterOrderAnswer { order, number, total }))
}

/// The shelves of an order's SKUs.
type Shelves = BTreeMap<SkuId, Shelf>;

fn priced(flow: &Flow<'_>, request: &CounterOrderRequest) -> Result<(Vec<HeadLine>, Shelves), Stop> {
    if request.lines.len() > LINES_MAX {
        return Err(Refusal::bad("lines", format!("at most {LINES_MAX} lines")).into());
    }
    let mut lines = Vec::with_capacity(request.lines.len());
    let mut shelves = Shelves::new();
    for line in &request.lines {
        fence::may_promise(flow, &line.sku)?;
        let unit_price = match shelves.get(&line.sku) {
            Some(shelf) => shelf.price(),
            None => {
                let shelf = holding::shelf(flow, &line.sku)?;
                shelf.is_sold()?;
                let price = shelf.price();
                shelves.insert(line.sku.clone(), shelf);
                price
            }
        };
        lines.push(HeadLine { sku: line.sku.clone(), qty: line.qty, unit_price });
    }
    Ok((lines, shelves))
}

/// Lines of one SKU are summed before they are held against what the store may sell by itself (REQ-8).
fn suffices(
    flow: &Flow<'_>,
    lines: &[HeadLine],
    totals: &BTreeMap<SkuId, Qty>,
    shelves: &Shelves,
) -> Result<(), Stop> {
    let mut free = BTreeMap::new();
    for (sku, shelf) in shelves {
        free.insert(sku.clone(), shelf.free(flow)?);
    }
    let mut missing = reserve::lacking(totals, &free);
    #[cfg(feature = "mutations")]
    if flow.mutated(crate::engine::Mutation::ReserveWithoutSumming) {
        let single = |line: &HeadLine| BTreeMap::from([(line.sku.clone(), line.qty)]);
        missing = lines.iter().flat_map(|line| reserve::lacking(&single(line), &free)).collect();
    }
    let _ = (flow, lines);
    if missing.is_empty() {
        return Ok(());
    }
    missing.sort_by(|a, b| a.sku.cmp(&b.sku));
    let lacking = missing.iter().map(|m| lacking(&m.sku, m.wanted, m.free)).collect();
    Err(Refusal::OutOfStock { lacking }.into())
}

/// What a customer carries, or a rider, and what can be counted in bags.
fn light_enough(lines: &[HeadLine], shelves: &Shelves) -> Result<(), Refusal> {
    let weighs = |line: &HeadLine| {
        let unit = shelves.get(&line.sku).map_or(Grams(0), Shelf::weight);
        u64::from(unit.0) * u64::from(line.qty.get())
    };
    let kg = kilograms(lines.iter().map(weighs).sum());
    if kg > KG_MAX { Err(Refusal::TooHeavy { kg, most_kg: KG_MAX }) } else { Ok(()) }
}

fn lacking(sku: &SkuId, wanted: Qty, free: u64) -> Lacking {
    Lacking { sku: sku.clone(), wanted, free }
}

fn total(lines: &[HeadLine]) -> Result<Paise, Refusal> {
    lines
        .iter()
        .try_fold(Paise::ZERO, |sum, line| sum.checked_add(line.unit_price.checked_mul(line.qty.get())?))
        .ok_or_else(|| Refusal::bad("lines", "the total is beyond any bill"))
}
