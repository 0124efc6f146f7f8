//! How an order's moment is recorded: once, in rank, with its history row and, where the store owns it, its fact.

use super::{Flow, Stop};
use crate::db::orders::{self, OrderEvent, OrderRow};
use crate::refusal::Refusal;
use model::fact::Fact;
use model::order::{self, Moment, Moments, Owner};
use model::time::Timestamp;
use model::{OrderId, particulars};
use std::fmt::Display;

/// Records that a moment happened. Says whether it is new; a repeated one changes nothing.
///
/// # Errors
/// [`Refusal::IllegalMove`] when it does not fit where the order stands.
pub fn record(flow: &mut Flow<'_>, row: &OrderRow, moment: Moment, at: Timestamp) -> Result<bool, Stop> {
    let mut known = orders::moments(flow.tx, &row.order)?;
    if known.get(moment).is_some() {
        return Ok(false);
    }
    step(flow, row, &mut known, (moment, at))?;
    Ok(true)
}

/// Records the first moments of an order that was entered in this transaction: nothing is known of it yet.
///
/// # Errors
/// As [`record`].
pub fn begin(flow: &mut Flow<'_>, row: &OrderRow, steps: &[(Moment, Timestamp)]) -> Result<Moments, Stop> {
    let mut known = Moments::default();
    steps_on(flow, row, &mut known, steps)?;
    Ok(known)
}

/// Records a moment that is not among the known ones yet, and adds it to them.
///
/// # Errors
/// As [`record`].
pub fn step(
    flow: &mut Flow<'_>,
    row: &OrderRow,
    known: &mut Moments,
    moment: (Moment, Timestamp),
) -> Result<(), Stop> {
    steps_on(flow, row, known, &[moment])
}

fn steps_on(
    flow: &mut Flow<'_>,
    row: &OrderRow,
    known: &mut Moments,
    steps: &[(Moment, Timestamp)],
) -> Result<(), Stop> {
    let mut ended = None;
    for (moment, at) in steps {
        let after = order::next(known.state(), *moment)
            .map_err(|illegal| Refusal::IllegalMove { state: illegal.state, to: illegal.to })?;
        known.0.insert(*moment, *at);
        ended = ended.or(after.is_terminal().then_some(*at));
    }
    orders::add_moments(flow.tx, &row.order, steps)?;
    let told: Vec<_> = steps.iter().map(|(moment, at)| event(flow, *at, moment_word(*moment), "")).collect();
    orders::note(flow.tx, &row.order, &flow.id, &told)?;
    if let Some(at) = ended {
        orders::end(flow.tx, &row.order, at)?;
    }
    for (moment, at) in steps {
        if row.channel.owner_of(*moment) == Owner::Store {
            flow.tell(&Fact::Moment { order: row.order, hour: row.hour, moment: *moment, at: *at })?;
        }
    }
    flow.effects.board = true;
    Ok(())
}

/// Takes over a moment of a former life, wherever the order stands: what happened has happened, and the rank of moments
/// keeps it from moving back. A known moment keeps its time.
///
/// # Errors
/// A fault of the database.
pub fn learn(flow: &mut Flow<'_>, row: &OrderRow, moment: Moment, at: Timestamp) -> Result<(), Stop> {
    let mut known = orders::moments(flow.tx, &row.order)?;
    if !known.record(moment, at) {
        return Ok(());
    }
    orders::add_moments(flow.tx, &row.order, &[(moment, at)])?;
    note_at(flow, &row.order, at, moment_word(moment), "")?;
    if known.state().is_terminal() {
        orders::end(flow.tx, &row.order, at)?;
    }
    if row.channel.owner_of(moment) == Owner::Store {
        flow.tell(&Fact::Moment { order: row.order, hour: row.hour, moment, at })?;
    }
    flow.effects.board = true;
    Ok(())
}

/// Writes down what happened to an order, for people: a stable word, and its particulars by name, so that a screen can
/// say both in its own language (`model::particulars`).
///
/// # Errors
/// A fault of the database.
pub fn tell(
    flow: &mut Flow<'_>,
    order: &OrderId,
    what: &str,
    named: &[(&str, &dyn Display)],
) -> Result<(), Stop> {
    note_at(flow, order, flow.now, what, &particulars(named))
}

/// The same with particulars that are written already, or none.
///
/// # Errors
/// A fault of the database.
pub fn note(flow: &mut Flow<'_>, order: &OrderId, what: &str, detail: &str) -> Result<(), Stop> {
    note_at(flow, order, flow.now, what, detail)
}

fn note_at(
    flow: &mut Flow<'_>,
    order: &OrderId,
    at: Timestamp,
    what: &str,
    detail: &str,
) -> Result<(), Stop> {
    orders::note(flow.tx, order, &flow.id, &[event(flow, at, what, detail)])?;
    flow.effects.board = true;
    Ok(())
}

fn event(flow: &Flow<'_>, at: Timestamp, what: &str, detail: &str) -> OrderEvent {
    OrderEvent {
        at,
        what: what.to_owned(),
        detail: detail.to_owned(),
        person: flow.actor.person.to_string(),
        device: flow.actor.device.to_string(),
    }
}

/// The order, or a refusal that names it.
///
/// # Errors
/// [`Refusal::Unknown`].
pub fn order(flow: &Flow<'_>, order: &OrderId) -> Result<OrderRow, Stop> {
    match orders::find(flow.tx, order)? {
        Some(row) => Ok(row),
        None => Err(Refusal::unknown("order", order).into()),
    }
}

/// The moment's word in the history.
pub const fn moment_word(moment: Moment) -> &'static str {
    match moment {
        Moment::Placed => "placed",
        Moment::PaymentFailed => "payment_failed",
        Moment::Confirmed => "confirmed",
        Moment::CancelRequested => "cancel_requested",
        Moment::Accepted => "accepted",
        Moment::Picking => "picking",
        Moment::Packed => "packed",
        Moment::Dispatched => "dispatched",
        Moment::Cancelled => "cancelled",
        Moment::Delivered => "delivered",
        Moment::Completed => "completed",
        Moment::Returned => "returned",
    }
}
