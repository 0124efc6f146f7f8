//! An order leaves the store (REQ-39): every bag scanned, no foreign bag, the rider the hub chose. At the counter the
//! customer takes it, and nothing is left to do.

use super::{Flow, Stop, accept_order, moments, short_enough, unknown, weigh};
use crate::answer::Answer;
use crate::db::orders::{self, OrderRow};
use crate::db::{bags, handovers};
use crate::refusal::Refusal;
use model::api::store::{HandoverAnswer, HandoverRequest};
use model::fact::Fact;
use model::order::{self, Channel, Moment};
use model::time::MINUTE_MS;
use model::{BagId, DeviceId, OrderState, Role};
use std::collections::BTreeSet;
use std::fmt::Display;
use store_core::movement::Kind;

/// Who may give orders away.
const BY: [Role; 3] = [Role::Picker, Role::Receiver, Role::Manager];
/// A rider's badge counts this long at a scanner.
const AT_BAY_MS: i64 = 5 * MINUTE_MS;

/// Handover at the console.
///
/// # Errors
/// [`Refusal::WrongBags`], [`Refusal::WrongRider`], [`Refusal::IllegalMove`] when it is not packed.
pub fn hand_over(flow: &mut Flow<'_>, request: &HandoverRequest) -> Result<Answer, Stop> {
    flow.only(&BY)?;
    short_enough("rider", &request.rider, model::id::CODE_CHARS_MAX)?;
    let row = moments::order(flow, &request.order)?;
    can_leave(flow, &row)?;
    right_rider(flow, &row, &request.rider)?;
    let scanned: BTreeSet<&BagId> = request.bags.iter().collect();
    let mine = bags::of(flow.tx, row.order)?;
    let name = |bag: &BagId| bag.to_string();
    let missing: Vec<String> =
        mine.iter().map(|bag| &bag.bag).filter(|bag| !scanned.contains(bag)).map(name).collect();
    let foreign: Vec<String> =
        scanned.into_iter().filter(|bag| !mine.iter().any(|own| own.bag == **bag)).map(name).collect();
    if !missing.is_empty() || !foreign.is_empty() {
        return Err(Refusal::WrongBags { missing, foreign }.into());
    }
    dispatch(flow, &row, &request.rider)?;
    Ok(Answer::Handover(HandoverAnswer { dispatched_at: flow.now }))
}

fn can_leave(flow: &Flow<'_>, row: &OrderRow) -> Result<(), Stop> {
    let state = orders::moments(flow.tx, &row.order)?.state();
    if state == OrderState::Cancelled {
        return Err(Refusal::OrderCancelled { number: row.number.clone() }.into());
    }
    unknown::must_be_known(flow, row)?;
    order::next(state, Moment::Dispatched)
        .map_err(|illegal| Refusal::IllegalMove { state: illegal.state, to: illegal.to })?;
    Ok(())
}

/// The rider is the one the hub chose; without a choice any rider, and who it was is kept.
fn right_rider(flow: &Flow<'_>, row: &OrderRow, rider: &str) -> Result<(), Stop> {
    match row.channel {
        Channel::Counter if rider.is_empty() => Ok(()),
        Channel::Counter => Err(Refusal::bad("rider", "a counter order is taken by its customer").into()),
        Channel::Online if rider.is_empty() => Err(Refusal::bad("rider", "scan the rider's badge").into()),
        Channel::Online => match orders::rider(flow.tx, &row.order)? {
            Some(card) if card.code != rider => Err(Refusal::WrongRider { wanted: card.code }.into()),
            Some(_) | None => Ok(()),
        },
    }
}

fn dispatch(flow: &mut Flow<'_>, row: &OrderRow, rider: &str) -> Result<(), Stop> {
    accept_order::trace(flow, row, Kind::Dispatched)?;
    handovers::insert(flow.tx, row.order, rider, (&flow.actor.person, &flow.actor.device), flow.now)?;
    bags::hand_over(flow.tx, row.order, flow.now)?;
    moments::record(flow, row, Moment::Dispatched, flow.now)?;
    match row.channel {
        // Without a card any rider may take it: the hub cannot know who did.
        Channel::Online if orders::rider(flow.tx, &row.order)?.is_none() => {
            let rider = rider.to_owned();
            flow.tell(&Fact::Taken { order: row.order, hour: row.hour, rider })?;
        }
        Channel::Online => {}
        Channel::Counter => {
            moments::record(flow, row, Moment::Delivered, flow.now)?;
            moments::record(flow, row, Moment::Completed, flow.now)?;
        }
    }
    Ok(())
}

/// A rider's badge was scanned at a fixed scanner: the bags scanned next are theirs.
///
/// # Errors
/// A fault of the database.
pub fn rider_came(flow: &mut Flow<'_>, scanner: &DeviceId, rider: &str) -> Result<Answer, Stop> {
    handovers::arrive(flow.tx, scanner, rider, flow.now)?;
    Ok(Answer::Done)
}

/// A bag was scanned at a scanner where a rider stands; with the order's last bag the order leaves. `None` when no rider
/// stands there.
///
/// # Errors
/// As [`hand_over`].
pub fn bag_scanned(flow: &mut Flow<'_>, scanner: &DeviceId, bag: &BagId) -> Result<Option<Answer>, Stop> {
    let here = handovers::rider_at(flow.tx, scanner)?;
    let Some((rider, _)) = here.filter(|(_, since)| flow.now.since_ms(*since) <= AT_BAY_MS) else {
        return Ok(None);
    };
    let found = bags::find(flow.tx, bag)?.ok_or_else(|| Refusal::UnknownCode { scanned: bag.to_string() })?;
    let row = orders::must(flow.tx, &found.order)?;
    flow.only(&BY)?;
    can_leave(flow, &row)?;
    right_rider(flow, &row, &rider)?;
    collect(flow, scanner, &row, bag, &rider).map(Some)
}

/// A bag without a weight just before and without a rider: of a counter order whose bags are weighed, or at a scanner
/// where no scale stands, it is given to the customer; with the last bag the order leaves.
///
/// # Errors
/// [`Refusal::NoWeight`] for every other bag: it must be weighed, or its rider's badge comes first.
pub fn to_customer(flow: &mut Flow<'_>, scanner: &DeviceId, bag: &BagId) -> Result<Answer, Stop> {
    let found = bags::find(flow.tx, bag)?.ok_or_else(|| Refusal::UnknownCode { scanned: bag.to_string() })?;
    let row = orders::must(flow.tx, &found.order)?;
    let weighed = bags::of(flow.tx, row.order)?.iter().all(|bag| bag.weighed.is_some());
    if row.channel != Channel::Counter || !(weighed || weigh::scales_near(flow, scanner)?.is_empty()) {
        return Err(Refusal::NoWeight.into());
    }
    flow.only(&BY)?;
    can_leave(flow, &row)?;
    collect(flow, scanner, &row, bag, "")
}

/// Another bag of the order was scanned for whoever takes it; with the last one the order leaves.
fn collect(
    flow: &mut Flow<'_>,
    scanner: &DeviceId,
    row: &OrderRow,
    bag: &BagId,
    rider: &str,
) -> Result<Answer, Stop> {
    handovers::collect(flow.tx, scanner, bag, flow.now)?;
    let collected = handovers::collected(flow.tx, scanner, row.order)?.len();
    let all = bags::of(flow.tx, row.order)?.len();
    let named: [(&str, &dyn Display); 4] = [("bag", bag), ("n", &collected), ("of", &all), ("rider", &rider)];
    moments::tell(flow, &row.order, "bag_scanned", &named)?;
    if collected < all {
        return Ok(Answer::Done);
    }
    dispatch(flow, row, rider)?;
    Ok(Answer::Handover(HandoverAnswer { dispatched_at: flow.now }))
}
