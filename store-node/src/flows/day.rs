//! A new business day begins at midnight of the store's time zone: expired lots block themselves (REQ-10), answers and
//! readings past their keeping time go.

use super::{Flow, Stop, grant, holding};
use crate::answer::Answer;
use crate::db::marks::{self, Mark};
use crate::db::{cold, commands, doors, lots, people, stock};
use model::{Date, Role};
use store_core::movement::Kind;

/// Rows that one day's beginning forgets at most of each kind; the rest goes the next day.
const PURGE_MAX: u32 = 200_000;
/// Why expired units are blocked.
pub const EXPIRED: &str = "expired";

/// See the file. A day that has begun already begins no second time.
///
/// # Errors
/// A fault of the database.
pub fn start(flow: &mut Flow<'_>, day: Date) -> Result<Answer, Stop> {
    flow.only(&[Role::System])?;
    if marks::get(flow.tx, Mark::BusinessDay)? >= day.days() {
        return Ok(Answer::DayBegan { expired: 0 });
    }
    marks::set(flow.tx, Mark::BusinessDay, day.days())?;
    let mut expired = 0;
    for lot in lots::expired_before(flow.tx, day)? {
        for (place, _) in stock::places_of_lot(flow.tx, &lot.lot)? {
            holding::shed(flow, &place, Kind::Expired, EXPIRED, &day.to_string())?;
        }
        expired += 1;
    }
    grant::sweep(flow)?;
    let policy = &flow.setup.policy;
    commands::purge(flow.tx, flow.now.plus_ms(-policy.answers_kept_ms), PURGE_MAX)?;
    cold::purge(flow.tx, flow.now.plus_ms(-policy.readings_kept_ms), PURGE_MAX)?;
    doors::purge(flow.tx, flow.now.plus_ms(-policy.readings_kept_ms), PURGE_MAX)?;
    people::end_old_sessions(flow.tx, flow.now)?;
    flow.effects.board = true;
    Ok(Answer::DayBegan { expired })
}
