//! The database grows with the orders and never drops one; that it has grown beyond what was planned for is an alarm.

use super::{Flow, Stop, alarms};
use crate::db;
use crate::db::marks::{self, Mark};
use model::{DeviceId, Timestamp};

/// Planned for: three years at a thousand orders a day (a month without a line takes about 250 MB of it).
pub const DATABASE_BYTES_MAX: u64 = 10 * 1024 * 1024 * 1024;
/// Word of the alarm.
pub const FILLING: &str = "disk_filling";

/// Looks at the size; raises or ends the alarm.
///
/// # Errors
/// A fault of the database.
pub fn watch(flow: &mut Flow<'_>, device: &DeviceId) -> Result<(), Stop> {
    let (bytes, since) = (db::bytes(flow.tx)?, marks::get(flow.tx, Mark::DiskFillingSince)?);
    match (bytes > DATABASE_BYTES_MAX, since) {
        (true, 0) => {
            let since = flow.now.ms().max(1);
            marks::set(flow.tx, Mark::DiskFillingSince, since)?;
            let began = Timestamp::from_ms(since);
            alarms::raise(flow, (FILLING, device, None), began, &[("mb", &(bytes >> 20))])
        }
        (false, 1..) => {
            marks::set(flow.tx, Mark::DiskFillingSince, 0)?;
            alarms::clear(flow, device, FILLING)
        }
        (_, _) => Ok(()),
    }
}
