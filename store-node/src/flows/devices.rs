//! Devices introduce themselves, say how they are, scales say what lies on them, doors that they stand open (REQ-46).

use super::cold_events::{self, Noted};
use super::{Flow, Stop, alarms, doors, print, short_enough};
use crate::answer::Answer;
use crate::db::devices::{self, DeviceRowDb};
use crate::db::{cold, cold_log};
use crate::refusal::Refusal;
use model::mqtt::{BATTERY_LOW_PCT, Birth, Calibration, DeviceClass, DeviceState, Health};
use model::{DeviceId, Grams, Timestamp, particulars};

/// The longest text a device may say about itself, characters.
const TEXT_MAX: usize = 200;
/// The heaviest thing on a scale, grams.
const GRAMS_MAX: u32 = 500_000;
/// How far a door's clock may run ahead of the node's.
const AHEAD_MS: i64 = 5 * model::time::MINUTE_MS;
/// A device that does not work for so long is an alarm: a roll is changed and a cable is put back in less.
const DOWN_MS: i64 = 30 * model::time::SECOND_MS;
/// A battery that was low is so no more from here on, percent: a reading more or less is no second alarm.
const BATTERY_WELL_PCT: u8 = BATTERY_LOW_PCT + 5;

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
    match state.health {
        // Of one that says nothing more nobody knows that it works again.
        Health::Down | Health::Lost => {}
        Health::Ok | Health::Warn => alarms::clear(flow, device, "device_down")?,
    }
    battery(flow, &known, state.battery_pct)?;
    Ok(Answer::Done)
}

/// A battery runs low, or was charged. A handheld's person reads it on its own screen.
fn battery(flow: &mut Flow<'_>, known: &DeviceRowDb, percent: Option<u8>) -> Result<(), Stop> {
    let Some(percent) = percent.filter(|_| known.class != DeviceClass::Handheld) else { return Ok(()) };
    let stands = cold::stands(flow.tx, &known.device, "device_battery")?;
    if percent < BATTERY_LOW_PCT && !stands {
        let what = ("device_battery", &known.device, known.zone.as_ref());
        alarms::raise(flow, what, flow.now, &[("percent", &percent)])?;
    } else if percent >= BATTERY_WELL_PCT && stands {
        alarms::clear(flow, &known.device, "device_battery")?;
    }
    Ok(())
}

/// Time has passed over devices that do not work. A sensor's silence and doubts are the watch's alarms, and a handheld lies
/// in its cradle.
///
/// # Errors
/// A fault of the database.
pub fn tick(flow: &mut Flow<'_>) -> Result<(), Stop> {
    for down in devices::down_since(flow.tx, flow.now.plus_ms(-DOWN_MS))? {
        let watched = match down.class {
            DeviceClass::Scanner
            | DeviceClass::Printer
            | DeviceClass::Scale
            | DeviceClass::Door
            | DeviceClass::Output => true,
            DeviceClass::Sensor | DeviceClass::Handheld => false,
        };
        if watched && !cold::stands(flow.tx, &down.device, "device_down")? {
            let what = ("device_down", &down.device, down.zone.as_ref());
            alarms::raise(flow, what, down.since, &[("says", &down.detail)])?;
        }
    }
    Ok(())
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
