//! The database grows with the orders and never drops one; that it has grown beyond what was planned for is an alarm.

use super::{Flow, Stop, alarms};
use crate::db;
use crate::db::marks::{self, Mark};
use model::{DeviceId, Timestamp};

/// Word of the alarm.
pub const FILLING: &str = "disk_filling";
/// It ends when this share of the limit is fallen below, percent: pages that come and go at the limit raise it once.
const ENDS_BELOW_PCT: u64 = 95;

/// Looks at the size; raises or ends the alarm.
///
/// # Errors
/// A fault of the database.
pub fn watch(flow: &mut Flow<'_>, device: &DeviceId) -> Result<(), Stop> {
    let (bytes, since) = (db::bytes(flow.tx)?, marks::get(flow.tx, Mark::DiskFillingSince)?);
    let most = flow.setup.policy.database_bytes_max;
    if since == 0 && bytes > most {
        let since = flow.now.ms().max(1);
        marks::set(flow.tx, Mark::DiskFillingSince, since)?;
        let began = Timestamp::from_ms(since);
        alarms::raise(flow, (FILLING, device, None), began, &[("mb", &(bytes >> 20))])?;
    } else if since > 0 && bytes < most / 100 * ENDS_BELOW_PCT {
        marks::set(flow.tx, Mark::DiskFillingSince, 0)?;
        alarms::clear(flow, device, FILLING)?;
    }
    Ok(())
}
