//! What several flows do to an order: recording a moment with its fact, writing history, finding one's own order.

use super::quota::{self, Units};
use super::{Cx, Flow, Stop};
use crate::db::orders::{LineRow, OrderRow};
use crate::db::quotas::QuotaKey;
use crate::db::{DbFault, HubTx};
use crate::refusal::Refusal;
use model::api::store::HistoryRow;
use model::fact::Fact;
use model::order::{Moments, Owner, next};
use model::{CustomerId, Moment, OrderId, Timestamp};

/// The order, if it is this customer's.
pub fn own(tx: &dyn HubTx, customer: &CustomerId, order: &OrderId) -> Flow<OrderRow> {
    let row = tx.order(order)?.ok_or(Refusal::UnknownOrder)?;
    if row.customer == *customer { Ok(row) } else { Err(Refusal::UnknownOrder.into()) }
}

/// The order, which must be there: somebody of ours named it.
pub fn sure(tx: &dyn HubTx, order: &OrderId) -> Flow<OrderRow> {
    tx.order(order)?
        .ok_or_else(|| Stop::Fault(DbFault::Corrupt(format!("order {order} is named and not there"))))
}

/// Whose rights an order was sold under.
pub fn quota_key(row: &OrderRow) -> QuotaKey {
    QuotaKey { store: row.store.clone(), epoch: row.epoch, generation: row.generation }
}

/// Its units by SKU.
pub fn units(tx: &dyn HubTx, order: &OrderId) -> Flow<Units> {
    Ok(quota::sum(tx.lines(order)?.into_iter().map(|l| (l.sku, u64::from(l.qty.get())))))
}

/// Writes a new order that reaches these moments now, each with what the history says beside its word.
///
/// # Errors
/// [`Refusal::TooLate`] when one does not follow from those before it.
pub fn enter(
    tx: &mut dyn HubTx,
    cx: &Cx<'_>,
    row: &mut OrderRow,
    lines: &[LineRow],
    steps: &[(Moment, String)],
) -> Flow<()> {
    let mut moments = Moments::default();
    let (mut times, mut history) = (Vec::new(), Vec::new());
    for (moment, detail) in steps {
        next(moments.state(), *moment).map_err(|illegal| Refusal::TooLate { state: illegal.state })?;
        moments.record(*moment, cx.now);
        times.push((*moment, cx.now));
        history.push(said(cx, &word(*moment), detail.clone()));
    }
    row.state = moments.state();
    tx.add_order(row, lines)?;
    tx.add_moments(&row.id, &times)?;
    Ok(tx.add_histories(&row.id, &history)?)
}

/// A line in the order's history, by whoever asks: a stable word and its particulars (`model::particulars`).
pub fn note(tx: &mut dyn HubTx, cx: &Cx<'_>, order: &OrderId, what: &str, detail: String) -> Flow<()> {
    Ok(tx.add_history(order, &said(cx, what, detail))?)
}

fn said(cx: &Cx<'_>, what: &str, detail: String) -> HistoryRow {
    HistoryRow {
        at: cx.now,
        what: what.to_owned(),
        detail,
        person: cx.actor.person.to_string(),
        device: cx.actor.device.to_string(),
    }
}

/// The stable word of a moment in histories.
pub fn word(moment: Moment) -> String {
    serde_json::to_value(moment).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Records a moment of the hub's own: its time, the new state, a line of history, and the fact for the store once the
/// order's document exists (from `confirmed` on, decision 4). A moment that has a time stays as it is.
///
/// # Errors
/// [`Refusal::TooLate`] when the order cannot take it where it stands.
pub fn reach(tx: &mut dyn HubTx, cx: &Cx<'_>, row: &mut OrderRow, moment: Moment, at: Timestamp) -> Flow<()> {
    let mut moments = tx.moments(&row.id)?;
    if moments.get(moment).is_some() {
        return Ok(());
    }
    next(moments.state(), moment).map_err(|illegal| Refusal::TooLate { state: illegal.state })?;
    record(tx, row, &mut moments, moment, at)?;
    note(tx, cx, &row.id, &word(moment), String::new())?;
    if moment.owner() == Owner::Hub && moments.get(Moment::Confirmed).is_some() {
        let fact = Fact::Moment { order: row.id, hour: row.placed_at.hour(), moment, at };
        tx.add_fact(&row.store, &fact)?;
    }
    Ok(())
}

/// Writes a moment and the state that follows from all of them. Never moves an order back.
pub fn record(
    tx: &mut dyn HubTx,
    row: &mut OrderRow,
    moments: &mut Moments,
    moment: Moment,
    at: Timestamp,
) -> Flow<bool> {
    if !moments.record(moment, at) {
        return Ok(false);
    }
    tx.add_moment(&row.id, moment, at)?;
    row.state = moments.state();
    tx.save_order(row)?;
    Ok(true)
}
