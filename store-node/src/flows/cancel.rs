//! Cancelling: the hub asks, the store decides (SYNC.md); a counter order is cancelled here. Units become free and are
//! granted anew at the next tick; the hub never resells a right by itself.

use super::{Flow, Stop, holding, moments};
use crate::answer::Answer;
use crate::db::orders::OrderRow;
use crate::db::people::{self, NoticeRow};
use crate::db::{assignments, orders, unknown};
use crate::refusal::Refusal;
use model::order::{self, Channel, Moment};
use model::{OrderId, Role, Timestamp};

/// The hub's customer asks to cancel. Before packing it is done; afterwards the order goes on.
///
/// # Errors
/// [`Refusal::IllegalMove`] when it is too late.
pub fn request(flow: &mut Flow<'_>, order: &OrderId, at: Timestamp) -> Result<Answer, Stop> {
    flow.only(&[Role::System])?;
    let row = moments::order(flow, order)?;
    moments::record(flow, &row, Moment::CancelRequested, at)?;
    if unknown::is_open(flow.tx, order)? {
        // It may have left the store: whoever decides about it finds the wish there.
        return Ok(Answer::Done);
    }
    by_store(flow, &row, "customer_cancelled")?;
    Ok(Answer::Done)
}

/// Somebody in the store cancels a counter order.
///
/// # Errors
/// [`Refusal::BadInput`] for a hub order, [`Refusal::IllegalMove`] when it is packed already.
pub fn counter(flow: &mut Flow<'_>, order: &OrderId) -> Result<Answer, Stop> {
    flow.only(&[Role::Manager])?;
    let row = moments::order(flow, order)?;
    if row.channel != Channel::Counter {
        return Err(Refusal::bad("order", "a hub order is cancelled by its customer at the hub").into());
    }
    super::unknown::must_be_known(flow, &row)?;
    by_store(flow, &row, "counter_cancelled")?;
    Ok(Answer::Done)
}

/// Gives back everything the order holds and tells its picker; picked units go back to their shelves.
///
/// # Errors
/// [`Refusal::IllegalMove`] when it is packed already.
pub fn by_store(flow: &mut Flow<'_>, row: &OrderRow, why: &str) -> Result<(), Stop> {
    let state = orders::moments(flow.tx, &row.order)?.state();
    order::next(state, Moment::Cancelled)
        .map_err(|illegal| Refusal::IllegalMove { state: illegal.state, to: illegal.to })?;
    holding::give_all_back(flow, &row.order, why)?;
    moments::record(flow, row, Moment::Cancelled, flow.now)?;
    if let Some(pick) = assignments::of_order(flow.tx, &row.order)?.filter(|pick| pick.ended_at.is_none()) {
        assignments::end(flow.tx, &row.order, flow.now)?;
        let notice =
            NoticeRow { at: flow.now, code: "order_cancelled".to_owned(), detail: row.number.clone() };
        people::notify(flow.tx, &pick.person, &notice)?;
        flow.effects.handhelds.insert(pick.device);
    }
    flow.effects.all_handhelds = true;
    Ok(())
}
