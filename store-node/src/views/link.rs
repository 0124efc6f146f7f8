//! The link to the hub (REQ-38): what is promised, what the hub may still sell, what it has not heard yet.

use super::board::count;
use crate::db::{DbResult, orders, outbox, quota};
use crate::reader::Reader;
use model::api::store::Link;
use model::order::{Channel, Moment};
use model::{OrderState, Timestamp};

impl Reader {
    /// The link's figures. Whether it is up, since when, and the advice belong to the uplink: here it is offline.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn link(&mut self, now: Timestamp) -> DbResult<Link> {
        self.snapshot(|conn, _| {
            let mut promised = 0;
            for row in orders::open(conn)?.iter().filter(|row| row.channel == Channel::Online) {
                let moments = orders::moments(conn, &row.order)?;
                let in_store = !matches!(moments.state(), OrderState::Delivered);
                promised += u32::from(in_store && moments.get(Moment::Dispatched).is_none());
            }
            let (waiting, oldest_fact) = outbox::unacknowledged(conn)?;
            Ok(Link {
                at: now,
                online: false,
                since: now,
                orders_promised: promised,
                hub_quota_units: u32::try_from(quota::outstanding_total(conn)?).unwrap_or(u32::MAX),
                facts_waiting: count(waiting),
                oldest_fact,
                advice: "finish_and_counter".to_owned(),
            })
        })
    }
}
