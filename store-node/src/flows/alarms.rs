//! Alarms: raised once, cleared when the trouble is over, acknowledged by a person. Acknowledging is not clearing.

use super::cold_events::{self, Noted};
use super::{Flow, Stop};
use crate::answer::Answer;
use crate::db::cold;
use crate::derive;
use crate::refusal::Refusal;
use model::api::store::AlarmRow;
use model::{CommandId, DeviceId, Role, Timestamp, ZoneId, particulars};
use std::fmt::Display;

/// Raises an alarm of a kind at a device, with its particulars by name; the same trouble (by when it began) is raised
/// once.
///
/// # Errors
/// A fault of the database.
pub fn raise(
    flow: &mut Flow<'_>,
    (kind, device, zone): (&str, &DeviceId, Option<&ZoneId>),
    began: Timestamp,
    named: &[(&str, &dyn Display)],
) -> Result<(), Stop> {
    let id = derive::command(device.as_str().as_bytes(), &format!("alarm {kind} {}", began.ms()));
    let alarm = AlarmRow {
        id,
        kind: kind.to_owned(),
        zone: zone.cloned(),
        device: device.clone(),
        began,
        raised: flow.now,
        cleared: None,
        acknowledged_by: None,
        detail: particulars(named),
    };
    if cold::raise(flow.tx, &alarm)? {
        let what = format!("raised {kind}");
        cold_events::note(flow, &Noted { at: flow.now, kind: &what, device, zone, detail: &alarm.detail })?;
    }
    flow.effects.cold = true;
    flow.effects.board = true;
    Ok(())
}

/// The trouble is over.
///
/// # Errors
/// A fault of the database.
pub fn clear(flow: &mut Flow<'_>, device: &DeviceId, kind: &str) -> Result<(), Stop> {
    if cold::clear(flow.tx, device, kind, flow.now)? > 0 {
        let what = format!("cleared {kind}");
        cold_events::note(flow, &Noted { at: flow.now, kind: &what, device, zone: None, detail: "" })?;
        flow.effects.cold = true;
        flow.effects.board = true;
    }
    Ok(())
}

/// A person has seen it.
///
/// # Errors
/// [`Refusal::Unknown`] for an alarm that is not here.
pub fn acknowledge(flow: &mut Flow<'_>, alarm: &CommandId) -> Result<Answer, Stop> {
    flow.only(&[Role::Manager])?;
    let known = cold::alarm(flow.tx, alarm)?.ok_or_else(|| Refusal::unknown("alarm", alarm))?;
    if cold::acknowledge(flow.tx, alarm, &flow.actor.person, flow.now)? {
        let what = format!("acknowledged {}", known.kind);
        let (device, zone) = (&known.device, known.zone.as_ref());
        cold_events::note(flow, &Noted { at: flow.now, kind: &what, device, zone, detail: &known.detail })?;
    }
    flow.effects.cold = true;
    flow.effects.board = true;
    Ok(Answer::Done)
}
