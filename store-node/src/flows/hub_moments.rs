//! What the hub alone knows of an order: delivered, completed, returned, and which rider it sends.

use super::{Flow, Stop, moments, short_enough, unknown};
use crate::answer::Answer;
use crate::db::{handovers, orders, unknown as unknown_rows};
use crate::refusal::Refusal;
use model::fact::Fact;
use model::order::{Moment, Moments, Owner};
use model::order_doc::RiderCard;
use model::{OrderId, Role, Timestamp};
use std::collections::BTreeMap;

/// A moment that the hub owns happened.
///
/// # Errors
/// [`Refusal::BadInput`] for a moment that is the store's, [`Refusal::IllegalMove`] for one that does not fit.
pub fn happened(flow: &mut Flow<'_>, order: &OrderId, moment: Moment, at: Timestamp) -> Result<Answer, Stop> {
    flow.only(&[Role::System])?;
    let row = moments::order(flow, order)?;
    if row.channel.owner_of(moment) != Owner::Hub {
        return Err(Refusal::bad("moment", format!("{moment:?} of this order is the store's own")).into());
    }
    if unknown_rows::is_open(flow.tx, order)? {
        return unknown::learn(flow, order, &Moments(BTreeMap::from([(moment, at)])), None);
    }
    moments::record(flow, &row, moment, at)?;
    Ok(Answer::Done)
}

/// The rider for an order, the newest choice. One who comes too late hears who has the bags: two riders must not both think
/// that the order is theirs.
///
/// # Errors
/// [`Refusal::Unknown`] for an order that is not here.
pub fn rider(flow: &mut Flow<'_>, order: &OrderId, rider: &RiderCard) -> Result<Answer, Stop> {
    flow.only(&[Role::System])?;
    short_enough("rider.code", &rider.code, model::id::CODE_CHARS_MAX)?;
    short_enough("rider.name", &rider.name, 60)?;
    let row = moments::order(flow, order)?;
    if orders::rider(flow.tx, order)?.as_ref() != Some(rider) {
        orders::put_rider(flow.tx, order, rider)?;
        moments::tell(flow, &row.order, "rider", &[("name", &rider.name)])?;
        if let Some(took) = handovers::rider_of(flow.tx, row.order)?.filter(|took| *took != rider.code) {
            flow.tell(&Fact::Taken { order: row.order, hour: row.hour, rider: took })?;
        }
    }
    Ok(Answer::Done)
}
