//! An hour of orders ends (ARCHITECTURE, decision 2): when the hub has said its last word there and all its orders have
//! ended, at the latest after 24 h, the store says its own. What it learns afterwards goes to a later hour.

use crate::db::outbox::{self, Facts};
use crate::db::{DbResult, Tx, hours};
use model::Timestamp;
use model::fact::Fact;
use model::time::HOUR_MS;

/// How long after its end an hour is left alone at least: what was placed in its last seconds still comes in.
const GRACE_MS: i64 = HOUR_MS / 4;
/// How long after its end this side waits for ends that do not come.
const LATEST_MS: i64 = 24 * HOUR_MS;
/// Hours that one look marks at most.
const MARKS_MAX: u32 = 48;

/// Says the last word in every hour that is over; gives how many those are.
///
/// # Errors
/// A fault of the database.
pub fn mark(tx: &Tx<'_>, now: Timestamp, store: &str) -> DbResult<u32> {
    let (mut marked, mut facts) = (0, Facts::default());
    let before = now.plus_ms(-GRACE_MS).hour();
    for found in hours::unmarked(tx, store, before, MARKS_MAX)? {
        let latest =
            Timestamp::from_ms((found.hour.saturating_add(1)).saturating_mul(HOUR_MS)).plus_ms(LATEST_MS);
        if (found.theirs && found.open == 0) || now >= latest {
            facts.add(&Fact::HourClosed { hour: found.hour })?;
            hours::mark_mine(tx, found.hour, now)?;
            marked += 1;
        }
    }
    outbox::push(tx, now, facts)?;
    Ok(marked)
}
