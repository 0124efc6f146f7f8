//! An hour of a store's orders ends (ARCHITECTURE, decision 2): when all of them have ended, at the latest after 24 h, the
//! hub says its last word there. What it learns afterwards goes to a later hour.

use crate::db::{Db, HubTx};
use model::fact::Fact;
use model::time::{HOUR_MS, MINUTE_MS};
use model::{StoreId, Timestamp};

/// How long after its end an hour is left alone at least: longer than a payment may take (decision 4).
const GRACE_MS: i64 = 30 * MINUTE_MS;
/// How long after its end the hub waits for ends that do not come.
const LATEST_MS: i64 = 24 * HOUR_MS;
/// Hours of one store that one look marks at most.
const MARKS_MAX: u32 = 48;

/// Says the last word in every hour of a store that is over; gives how many those are.
///
/// # Errors
/// A fault of the data.
pub fn mark(tx: &mut dyn HubTx, now: Timestamp, store: &StoreId) -> Db<u32> {
    // Into an hour that has ended nobody can bring back an order that this hub has forgotten.
    if !tx.installation()?.log_whole {
        return Ok(0);
    }
    let mut marked = 0;
    for found in tx.hours_unmarked(store, now.plus_ms(-GRACE_MS).hour(), MARKS_MAX)? {
        let end = Timestamp::from_ms(found.hour.saturating_add(1).saturating_mul(HOUR_MS));
        // What waits for its payment enters this hour's document when it is paid, however late that is: a hold ends by itself.
        if found.open == 0 || (found.held == 0 && now >= end.plus_ms(LATEST_MS)) {
            tx.add_fact(store, &Fact::HourClosed { hour: found.hour })?;
            tx.mark_mine(store, found.hour, now)?;
            marked += 1;
        }
    }
    Ok(marked)
}
