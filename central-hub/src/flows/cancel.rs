//! A customer's wish to cancel (REQ-61). Before the payment the hub ends it alone; after it, the wish is a request, and the
//! store decides (SYNC.md: what the hub sold never falls).

use super::{Cx, Flow, order, pay, terms};
use crate::command::Answer;
use crate::db::HubTx;
use crate::refusal::Refusal;
use hub_core::saga::Event;
use model::{CustomerId, Moment, OrderId, OrderState};

/// Asks to cancel.
///
/// # Errors
/// [`Refusal::TooLate`] once it is packed.
pub fn request(tx: &mut dyn HubTx, cx: &Cx<'_>, customer: &CustomerId, id: &OrderId) -> Flow<Answer> {
    let mut row = order::own(tx, customer, id)?;
    if terms::is_in_doubt(&row) {
        return Err(Refusal::TooLate { state: row.state }.into());
    }
    if row.hold_until.is_some() {
        order::note(tx, cx, id, "cancel_before_payment", String::new())?;
        pay::event(tx, cx, &mut row, Event::HoldEnded)?;
        return Ok(Answer::Order { order: *id });
    }
    match row.state {
        OrderState::Confirmed | OrderState::Picking => {
            order::reach(tx, cx, &mut row, Moment::CancelRequested, cx.now)?;
            Ok(Answer::Order { order: *id })
        }
        state @ (OrderState::Placed
        | OrderState::PaymentFailed
        | OrderState::Packed
        | OrderState::Dispatched
        | OrderState::Cancelled
        | OrderState::Delivered
        | OrderState::Completed
        | OrderState::Returned) => Err(Refusal::TooLate { state }.into()),
    }
}
