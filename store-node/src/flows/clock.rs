//! Once a minute: the time that counts is remembered, so that the next start knows where it was; a wrong machine clock is an alarm; a manager
//! who looked at a watch may say that the machine's clock is right after all.

use super::{Flow, Stop, alarms};
use crate::answer::Answer;
use crate::db::marks::{self, Mark};
use model::time::MINUTE_MS;
use model::{DeviceId, Role, Timestamp};

/// How much of the time that counted is forgotten at most by a death of the process.
pub const KEPT_EVERY_MS: i64 = MINUTE_MS;
/// Word of the alarm.
pub const WRONG: &str = "clock_wrong";
/// Where it is.
const DEVICE: &str = "node";

/// Remembers what counts; raises or ends the alarm. `ahead_ms`: the machine's clock is wrong by so much.
///
/// # Errors
/// A fault of the database.
pub fn watch(flow: &mut Flow<'_>, ahead_ms: Option<i64>, hub: Option<Timestamp>) -> Result<Answer, Stop> {
    flow.only(&[Role::System])?;
    remember(flow, Mark::CountedAt, flow.now)?;
    if let Some(hub) = hub {
        remember(flow, Mark::HubTime, hub)?;
    }
    let device = device()?;
    super::disk::watch(flow, &device)?;
    let wrong = marks::get(flow.tx, Mark::ClockWrongSince)?;
    match (ahead_ms, wrong) {
        (None, 0) | (Some(_), 1..) => {}
        (Some(ahead_ms), _) => {
            let since = flow.now.ms().max(1);
            marks::set(flow.tx, Mark::ClockWrongSince, since)?;
            let began = Timestamp::from_ms(since);
            alarms::raise(flow, (WRONG, &device, None), began, &[("minutes", &(ahead_ms / MINUTE_MS))])?;
        }
        (None, _) => ends(flow, &device)?,
    }
    Ok(Answer::Done)
}

/// The machine's clock is right: by it the time goes on from here, even where that is back.
///
/// # Errors
/// A refusal for anybody but a manager; a fault of the database.
pub fn believe(flow: &mut Flow<'_>, wall: Timestamp) -> Result<Answer, Stop> {
    flow.only(&[Role::Manager])?;
    marks::set(flow.tx, Mark::CountedAt, wall.ms())?;
    ends(flow, &device()?)?;
    Ok(Answer::Done)
}

fn ends(flow: &mut Flow<'_>, device: &DeviceId) -> Result<(), Stop> {
    marks::set(flow.tx, Mark::ClockWrongSince, 0)?;
    alarms::clear(flow, device, WRONG)
}

fn remember(flow: &Flow<'_>, mark: Mark, at: Timestamp) -> Result<(), Stop> {
    let before = marks::get(flow.tx, mark)?;
    if at.ms().saturating_sub(before).saturating_abs() >= KEPT_EVERY_MS {
        marks::set(flow.tx, mark, at.ms())?;
    }
    Ok(())
}

fn device() -> Result<DeviceId, Stop> {
    DeviceId::new(DEVICE).map_err(|error| Stop::from(crate::db::DbError::Corrupt(error.to_string())))
}
