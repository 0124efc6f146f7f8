//! UNKNOWN orders: learnt again after a restore, and nobody knows how they ended. Never picked; a person decides, within
//! two hours, or the hub's documents turn out to know. While one is open, nobody is told "short" of its goods.

use super::{Flow, Stop, alarms, cancel, fence, holding, moments, moving, not_found};
use crate::answer::Answer;
use crate::command::UnknownEnd;
use crate::db::allocations::{self, Allocation};
use crate::db::orders::{self, OrderRow};
use crate::db::pick_gaps::{self, LineState};
use crate::db::{assignments, pick_prices, unknown as rows};
use crate::refusal::Refusal;
use model::order::{Moment, Moments};
use model::order_doc::Picks;
use model::time::HOUR_MS;
use model::{OrderId, OrderState, Qty, Role, SkuId};
use std::collections::BTreeSet;
use store_core::movement::{Balance, Change, Kind};

/// A person is to have decided within this time.
const DUE_MS: i64 = 2 * HOUR_MS;
/// Whose decision it is, until somebody takes it.
const OWNER: &str = "manager";
/// Why units are short that were so before the database came from its backup.
const FORMER_LIFE: &str = "former_life";
/// The alarm for one that nobody decided in time.
const OVERDUE: &str = "unknown_order";

/// Every order that has not ended becomes UNKNOWN.
///
/// # Errors
/// A fault of the database.
pub fn all_open(flow: &mut Flow<'_>) -> Result<(), Stop> {
    for row in orders::open(flow.tx)? {
        match orders::moments(flow.tx, &row.order)?.state() {
            // Out of the house: nothing here can be done twice with it.
            OrderState::Dispatched | OrderState::Delivered => continue,
            OrderState::Placed
            | OrderState::PaymentFailed
            | OrderState::Confirmed
            | OrderState::Picking
            | OrderState::Packed
            | OrderState::Cancelled
            | OrderState::Completed
            | OrderState::Returned => begin(flow, &row)?,
        }
    }
    Ok(())
}

/// An order becomes UNKNOWN.
///
/// # Errors
/// A fault of the database.
pub fn begin(flow: &mut Flow<'_>, row: &OrderRow) -> Result<(), Stop> {
    #[cfg(feature = "mutations")]
    if flow.mutated(crate::engine::Mutation::PickUnknown) {
        return moments::learn(flow, row, Moment::Accepted, flow.now);
    }
    rows::add(flow.tx, &row.order, flow.now, flow.now.plus_ms(DUE_MS), OWNER)?;
    moments::note(flow, &row.order, "unknown", "")?;
    flow.effects.all_handhelds = true;
    Ok(())
}

/// The hub's documents show what the store's former life did to an order: what left, or was cancelled, has ended. What the
/// customer was told that would not come stays so.
///
/// # Errors
/// A fault of the database.
pub fn learn(
    flow: &mut Flow<'_>,
    order: &OrderId,
    seen: &Moments,
    packed: Option<&Picks>,
) -> Result<Answer, Stop> {
    flow.only(&[])?;
    let row = moments::order(flow, order)?;
    if !rows::is_open(flow.tx, order)? {
        left_after_all(flow, &row, seen)?;
        return Ok(Answer::Done);
    }
    if let Some(picks) = packed.filter(|picks| !says_nothing_left(seen, picks)) {
        stay_short(flow, order, picks)?;
    }
    if let Some(ended) = ended_by(seen) {
        remember(flow, &row, seen)?;
        end(flow, &row, ended)?;
    }
    Ok(Answer::Done)
}

/// A database that was set back and did not know it has cancelled what its former life had handed over: a lot's date passed
/// that both remember, and nothing was left to give. It has left all the same.
fn left_after_all(flow: &mut Flow<'_>, row: &OrderRow, seen: &Moments) -> Result<(), Stop> {
    let known = orders::moments(flow.tx, &row.order)?;
    if !seen.has_left() || known.has_left() || known.get(Moment::Cancelled).is_none() {
        return Ok(());
    }
    remember(flow, row, seen)?;
    moments::note(flow, &row.order, "left_after_all", "")
}

/// How an order ended, as far as moments tell: those of the bay and after it, and a cancellation.
pub fn ended_by(seen: &Moments) -> Option<UnknownEnd> {
    if seen.has_left() {
        return Some(UnknownEnd::Delivered);
    }
    seen.get(Moment::Cancelled).map(|_| UnknownEnd::Cancelled)
}

/// Whether picks are those of a cancellation, of an order that has left: something was in its bags, and who wrote this had
/// forgotten it.
pub fn says_nothing_left(seen: &Moments, picks: &Picks) -> bool {
    seen.has_left() && picks.picked.is_empty()
}

/// Units that a former life has told the customer would not come. Whoever gave them to the order after all would have to
/// tell somebody else so, and one unit that is missing would be short twice.
///
/// # Errors
/// A fault of the database.
pub fn stay_short(flow: &mut Flow<'_>, order: &OrderId, picks: &Picks) -> Result<(), Stop> {
    for line in pick_gaps::lines(flow.tx, *order)? {
        let told = picks.short.iter().find(|told| told.line == line.line).map_or(Qty::ZERO, |told| told.qty);
        let more = told.min(line.qty).saturating_sub(line.short);
        if !more.is_zero() {
            orders::add_short(flow.tx, order, line.line, more, FORMER_LIFE, flow.now)?;
        }
    }
    Ok(())
}

/// Moments of a former life are taken over as they were.
///
/// # Errors
/// A fault of the database.
pub fn remember(flow: &mut Flow<'_>, row: &OrderRow, seen: &Moments) -> Result<(), Stop> {
    for (moment, at) in &seen.0 {
        moments::learn(flow, row, *moment, *at)?;
    }
    Ok(())
}

/// A person has looked at the bay, the log and the customer, and says how it ended, or that it goes on.
///
/// # Errors
/// [`Refusal::AlreadyDone`] when nobody has to decide about it.
pub fn resolve(flow: &mut Flow<'_>, order: &OrderId, how: UnknownEnd) -> Result<Answer, Stop> {
    flow.only(&[Role::Manager])?;
    let row = moments::order(flow, order)?;
    if !rows::is_open(flow.tx, order)? {
        return Err(Refusal::AlreadyDone { what: "order_known".to_owned() }.into());
    }
    end(flow, &row, how)?;
    Ok(Answer::Done)
}

fn end(flow: &mut Flow<'_>, row: &OrderRow, how: UnknownEnd) -> Result<(), Stop> {
    let order = &row.order;
    let mut skus: BTreeSet<SkuId> = orders::lines(flow.tx, order)?.into_iter().map(|(_, l)| l.sku).collect();
    skus.extend(allocations::of_order(flow.tx, order)?.into_iter().map(|held| held.place.sku));
    rows::end(flow.tx, order, flow.now, how.word(), &flow.actor.person)?;
    let named: [(&str, &dyn std::fmt::Display); 1] = [("how", &how.word())];
    moments::tell(flow, order, "unknown_ended", &named)?;
    match how {
        UnknownEnd::Delivered => {
            release(flow, order, false)?;
            rows::waited_all(flow.tx, order)?;
            moments::learn(flow, row, Moment::Dispatched, flow.now)?;
        }
        UnknownEnd::Cancelled => {
            release(flow, order, true)?;
            rows::waited_all(flow.tx, order)?;
            moments::learn(flow, row, Moment::Cancelled, flow.now)?;
        }
        UnknownEnd::GoOn => go_on(flow, row)?,
    }
    assignments::end(flow.tx, order, flow.now)?;
    for sku in skus {
        fill(flow, &sku)?;
    }
    flow.effects.all_handhelds = true;
    Ok(())
}

/// Nothing is held for the order any more. What was picked is where the count finds it, or gone: only the count says.
fn release(flow: &mut Flow<'_>, order: &OrderId, and_picked: bool) -> Result<(), Stop> {
    for held in allocations::of_order(flow.tx, order)? {
        let back = if and_picked { unpick(flow, &held)? } else { held };
        holding::give_back(flow, &back, back.open(), "unknown")?;
    }
    Ok(())
}

/// A pick of a former life counts no more: the units are on the shelf's books as the count left them.
fn unpick(flow: &mut Flow<'_>, held: &Allocation) -> Result<Allocation, Stop> {
    if held.picked.is_zero() {
        return Ok(held.clone());
    }
    let reference = held.order.to_string();
    let balance = moving::by(flow, &held.place, (Kind::PutBack, held.picked), "unknown", &reference)?;
    let back = Allocation { picked: Qty::ZERO, ..held.clone() };
    allocations::set(flow.tx, &back)?;
    holding::give_back(flow, &back, held.picked, "unknown")?;
    let counted = Balance {
        on_hand: balance.on_hand.saturating_sub(held.picked),
        reserved: balance.reserved.saturating_sub(held.picked),
        ..balance
    };
    moving::apply(flow, &held.place, &Change::To(counted), "as counted", &reference)?;
    Ok(Allocation { qty: held.qty.saturating_sub(held.picked), ..back })
}

/// It goes on: one that stands packed in the bay goes to the bay; any other is picked from the beginning.
fn go_on(flow: &mut Flow<'_>, row: &OrderRow) -> Result<(), Stop> {
    let known = orders::moments(flow.tx, &row.order)?;
    match known.state() {
        OrderState::Packed | OrderState::Dispatched | OrderState::Delivered => return Ok(()),
        OrderState::Placed | OrderState::Confirmed | OrderState::Picking => {}
        OrderState::PaymentFailed | OrderState::Cancelled | OrderState::Completed | OrderState::Returned => {
            return Ok(());
        }
    }
    for held in allocations::of_order(flow.tx, &row.order)? {
        unpick(flow, &held)?;
    }
    pick_prices::forget(flow.tx, row.order)?;
    assignments::forget(flow.tx, &row.order)?;
    orders::forget_moment(flow.tx, &row.order, Moment::Picking)?;
    if known.get(Moment::Accepted).is_none() {
        moments::learn(flow, row, Moment::Accepted, flow.now)?;
    }
    for line in pick_gaps::lines(flow.tx, row.order)? {
        free_surplus(flow, &row.order, &line)?;
        if !line.gap().is_zero() {
            rows::wait(flow.tx, &row.order, line.line)?;
        }
    }
    if known.get(Moment::CancelRequested).is_some() {
        cancel::by_store(flow, row, "customer_cancelled")?;
    }
    Ok(())
}

/// The database of the backup may hold units for a line that the customer was told would not come since.
fn free_surplus(flow: &mut Flow<'_>, order: &OrderId, line: &LineState) -> Result<(), Stop> {
    let mut over = line.held.saturating_sub(line.qty.saturating_sub(line.short));
    for held in allocations::of_order(flow.tx, order)?.into_iter().filter(|held| held.line == line.line) {
        let units = held.open().min(over);
        if !units.is_zero() {
            holding::give_back(flow, &held, units, FORMER_LIFE)?;
            over = over.saturating_sub(units);
        }
    }
    Ok(())
}

/// Gives units of a SKU to the lines that wait for them; what is not there is short, unless an order with it is UNKNOWN.
///
/// # Errors
/// A fault of the database.
pub fn fill(flow: &mut Flow<'_>, sku: &SkuId) -> Result<(), Stop> {
    if !fence::is_open(flow, sku)? {
        return Ok(());
    }
    for gap in rows::gaps(flow.tx, sku)? {
        let missing = holding::hold(flow, &gap.order, gap.line, sku, gap.qty)?;
        let short = holding::short(flow, &gap.order, gap.line, missing, "not_there")?;
        if missing == short {
            rows::waited(flow.tx, &gap.order, gap.line)?;
        }
        let row = orders::must(flow.tx, &gap.order)?;
        match orders::moments(flow.tx, &gap.order)?.state() {
            OrderState::Confirmed | OrderState::Picking => not_found::settle(flow, &row)?,
            OrderState::Placed
            | OrderState::PaymentFailed
            | OrderState::Packed
            | OrderState::Dispatched
            | OrderState::Cancelled
            | OrderState::Delivered
            | OrderState::Completed
            | OrderState::Returned => {}
        }
    }
    Ok(())
}

/// What was counted has just been opened, all at once: every line that waits for it gets its units.
///
/// # Errors
/// A fault of the database.
pub fn fill_all(flow: &mut Flow<'_>) -> Result<(), Stop> {
    for sku in rows::waited_for(flow.tx)? {
        fill(flow, &sku)?;
    }
    Ok(())
}

/// Nobody decided in time: it is an alarm, and the decision stays a person's.
///
/// # Errors
/// A fault of the database.
pub fn tick(flow: &mut Flow<'_>) -> Result<(), Stop> {
    let late: Vec<_> = rows::open(flow.tx)?.into_iter().filter(|row| row.due <= flow.now).collect();
    match late.first() {
        Some(first) => {
            let named: [(&str, &dyn std::fmt::Display); 2] =
                [("number", &first.number), ("orders", &late.len())];
            alarms::raise(flow, (OVERDUE, &fence::hub()?, None), first.due, &named)
        }
        None => alarms::clear(flow, &fence::hub()?, OVERDUE),
    }
}

/// Refuses to touch the goods of an UNKNOWN order.
///
/// # Errors
/// [`Refusal::OrderUnknown`].
pub fn must_be_known(flow: &Flow<'_>, row: &OrderRow) -> Result<(), Stop> {
    if rows::is_open(flow.tx, &row.order)? {
        return Err(Refusal::OrderUnknown { number: row.number.clone() }.into());
    }
    Ok(())
}
