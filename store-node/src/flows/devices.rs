//! Devices introduce themselves, say how they are, scales say what lies on them, doors that they stand open (REQ-46).

use super::cold_events::{self, Noted};
use super::{Flow, Stop, alarms, doors, print, short_enough};
use crate::answer::Answer;
use crate::db::cold_log;
use crate::db::devices::{self, DeviceRowDb};
use crate::refusal::Refusal;
use model::mqtt::{Birth, Calibration, DeviceClass, DeviceState, Health};
use model::{DeviceId, Grams, Timestamp, particulars};

/// The longest text a device may say about itself, characters.
const TEXT_MAX: usize = 200;
/// The heaviest thing on a scale, grams.
const GRAMS_MAX: u32 = 500_000;
/// How far a door's clock may run ahead of the node's.
const AHEAD_MS: i64 = 5 * model::time::MINUTE_MS;

/// A device introduces itself. An older session than the known one is ignored.
///
/// # Errors
/// [`Refusal::Unknown`] for a device that is neither listed nor enrolled.
pub fn born(
    flow: &mut Flow<'_>,
    device: &DeviceId,
    class: DeviceClass,
    birth: &Birth,
) -> Result<Answer, Stop> {
    for text in [&birth.driver, &birth.model, &birth.firmware] {
        short_enough("birth", text, TEXT_MAX)?;
    }
    let known = known(flow, device, class)?;
    if session(birth.session) >= known.session {
        devices::born(flow.tx, device, birth)?;
        flow.effects.devices = true;
        if class == DeviceClass::Sensor {
            calibrated(flow, device, birth)?;
        }
    }
    Ok(Answer::Done)
}

/// A sensor's readings have the calibration of its birth from then on; a new row only where it differs.
fn calibrated(flow: &mut Flow<'_>, sensor: &DeviceId, birth: &Birth) -> Result<(), Stop> {
    let new = birth.calibration.clone().unwrap_or_else(uncalibrated);
    short_enough("certificate", &new.certificate, TEXT_MAX)?;
    if new.gain_ppm == 0 {
        return Err(Refusal::bad("gain_ppm", "1 or more").into());
    }
    let known = cold_log::calibration(flow.tx, sensor, birth.at)?.map(|(_, known)| known);
    let never = known.is_none() && birth.calibration.is_none();
    if !never && known.as_ref() != Some(&new) {
        cold_log::calibrate(flow.tx, sensor, birth.at, &new)?;
        let due = new.due.map(|due| due.to_string()).unwrap_or_default();
        let detail = particulars(&[
            ("offset_milli_c", &new.offset_milli_c),
            ("gain_ppm", &new.gain_ppm),
            ("certificate", &new.certificate),
            ("due", &due),
        ]);
        let (at, kind, device, zone) = (birth.at, "calibrated", sensor, None);
        cold_events::note(flow, &Noted { at, kind, device, zone, detail: &detail })?;
        flow.effects.cold = true;
    }
    Ok(())
}

/// Raw values as they are, on no paper.
fn uncalibrated() -> Calibration {
    Calibration { offset_milli_c: 0, gain_ppm: 1_000_000, certificate: String::new(), due: None }
}

/// How a device is. A last will of an older session is ignored.
///
/// # Errors
/// [`Refusal::Unknown`] for a device that is neither listed nor enrolled.
pub fn is(
    flow: &mut Flow<'_>,
    device: &DeviceId,
    class: DeviceClass,
    state: &DeviceState,
) -> Result<Answer, Stop> {
    short_enough("detail", &state.detail, TEXT_MAX)?;
    short_enough("hint", &state.hint, TEXT_MAX)?;
    let known = known(flow, device, class)?;
    if session(state.session) < known.session {
        return Ok(Answer::Done);
    }
    devices::put_state(flow.tx, device, state, flow.now)?;
    flow.effects.devices = true;
    if class == DeviceClass::Printer {
        print::fail_over(flow, device)?;
    }
    match state.health {
        Health::Lost if class != DeviceClass::Handheld => {
            alarms::raise(flow, ("device_lost", device, known.zone.as_ref()), flow.now, &[])?;
        }
        Health::Lost => {}
        Health::Ok | Health::Warn | Health::Down => alarms::clear(flow, device, "device_lost")?,
    }
    Ok(Answer::Done)
}

/// A stable weight, or that it is gone. A repeated word changes nothing.
///
/// # Errors
/// [`Refusal::Unknown`], or [`Refusal::BadInput`] for a weight no scale of a store can have.
pub fn weight(
    flow: &mut Flow<'_>,
    scale: &DeviceId,
    at: Timestamp,
    grams: Option<Grams>,
) -> Result<Answer, Stop> {
    known(flow, scale, DeviceClass::Scale)?;
    if grams.is_some_and(|grams| grams.0 > GRAMS_MAX) {
        return Err(Refusal::bad("grams", format!("at most {GRAMS_MAX}")).into());
    }
    devices::put_weight(flow.tx, scale, at, grams)?;
    Ok(Answer::Done)
}

/// A door has opened or shut (REQ-95). A repeated word changes nothing.
///
/// # Errors
/// [`Refusal::Unknown`] for a door that is not listed, [`Refusal::BadInput`] for a time that has not come.
pub fn door(flow: &mut Flow<'_>, door: &DeviceId, at: Timestamp, open: bool) -> Result<Answer, Stop> {
    let listed = known(flow, door, DeviceClass::Door)?;
    if at.since_ms(flow.now) > AHEAD_MS {
        return Err(Refusal::bad("at", "the device's clock runs ahead of the node's").into());
    }
    if devices::put_door(flow.tx, door, at, open)? {
        flow.effects.cold = true;
        flow.effects.devices = true;
        let kind = if open { "door opened" } else { "door shut" };
        let zone = listed.zone.as_ref();
        cold_events::note(flow, &Noted { at, kind, device: door, zone, detail: "" })?;
        doors::moved(flow, door)?;
    }
    Ok(Answer::Done)
}

fn known(flow: &Flow<'_>, device: &DeviceId, class: DeviceClass) -> Result<DeviceRowDb, Stop> {
    let found = devices::find(flow.tx, device)?.filter(|known| known.class == class);
    Ok(found.ok_or_else(|| Refusal::unknown(class.word(), device))?)
}

fn session(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
