//! Doors of cold zones: 60 s open is a buzzer at the door, 180 s open is the manager's (REQ-95). What an open door excuses
//! is the watch's.

use super::{Flow, Stop, alarms};
use crate::db::doors;
use model::DeviceId;
use model::time::SECOND_MS;

/// Open for this long: a buzzer.
const AJAR_MS: i64 = 60 * SECOND_MS;
/// Open for this long: the manager.
const OPEN_MS: i64 = 180 * SECOND_MS;
/// The alarms of an open door, with the time each takes.
const ALARMS: [(&str, i64); 2] = [("door_ajar", AJAR_MS), ("door_open", OPEN_MS)];

/// A door has moved: shut, its alarms are over.
///
/// # Errors
/// A fault of the database.
pub fn moved(flow: &mut Flow<'_>, door: &DeviceId) -> Result<(), Stop> {
    let stands = doors::every(flow.tx)?.into_iter().find(|known| known.device == *door);
    if stands.is_some_and(|door| !door.open) {
        for (kind, _) in ALARMS {
            alarms::clear(flow, door, kind)?;
        }
    }
    Ok(())
}

/// Time has passed over the open doors.
///
/// # Errors
/// A fault of the database.
pub fn tick(flow: &mut Flow<'_>) -> Result<(), Stop> {
    for door in doors::every(flow.tx)?.into_iter().filter(|door| door.open) {
        for (kind, after) in ALARMS {
            // Raised once: its id is made of the door and of when it was opened.
            if flow.now.since_ms(door.since) >= after {
                alarms::raise(flow, (kind, &door.device, door.zone.as_ref()), door.since, &[])?;
            }
        }
    }
    Ok(())
}
