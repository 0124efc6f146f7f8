//! The end of an order that was never paid: its units are free again, it ends as `payment_failed`. The hub does this alone.

use super::{Cx, Flow, order, pay, quota};
use crate::command::Answer;
use crate::db::HubTx;
use crate::db::orders::OrderRow;
use hub_core::saga::Event;
use model::Moment;

/// Holds let go in one transaction.
const AT_ONCE: u32 = 200;

/// Lets go every hold whose time is over (decision 4).
pub fn expire_holds(tx: &mut dyn HubTx, cx: &Cx<'_>) -> Flow<Answer> {
    let ended = tx.holds_ended(cx.now, AT_ONCE)?;
    for id in &ended {
        let mut row = order::sure(tx, id)?;
        order::note(tx, cx, id, "hold_ended", String::new())?;
        pay::event(tx, cx, &mut row, Event::HoldEnded)?;
    }
    Ok(Answer::Count { count: u32::try_from(ended.len()).unwrap_or(u32::MAX) })
}

/// Gives the held units back and ends the order.
pub fn release(tx: &mut dyn HubTx, cx: &Cx<'_>, row: &mut OrderRow) -> Flow<()> {
    let units = order::units(tx, &row.id)?;
    quota::release(tx, &order::quota_key(row), &units)?;
    row.hold_until = None;
    tx.save_order(row)?;
    order::reach(tx, cx, row, Moment::PaymentFailed, cx.now)
}
