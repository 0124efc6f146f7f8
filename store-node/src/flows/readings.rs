//! Temperatures come in, and time passes over silent sensors (REQ-18). The watch is [`store_core::cold`]; here its events
//! become alarms, suspended grants and blocked lots.

use super::{Flow, Stop, alarms, grant, holding};
use crate::answer::Answer;
use crate::command::ReadingIn;
use crate::db::places::{self, ZoneRow};
use crate::db::{cold, devices, stock};
use crate::refusal::Refusal;
use model::mqtt::{DeviceClass, Quality};
use model::time::MINUTE_MS;
use model::{DeviceId, Role};
use std::fmt::Display;
use store_core::cold::{Breach, Event, Heard, Watch};
use store_core::movement::Kind;

/// Why units are blocked after a breach.
pub const COLD_CHAIN: &str = "cold_chain";
/// What a sensor can say at all, thousandths of a degree.
const RANGE: std::ops::RangeInclusive<i32> = -100_000..=200_000;
/// How far a device's clock may run ahead of the node's.
const AHEAD_MS: i64 = 5 * MINUTE_MS;

/// A sensor spoke. A repeated reading changes nothing.
///
/// # Errors
/// [`Refusal::Unknown`] for a sensor that is not listed, [`Refusal::BadInput`] for what cannot be.
pub fn reading(flow: &mut Flow<'_>, new: &ReadingIn) -> Result<Answer, Stop> {
    let device = devices::find(flow.tx, &new.sensor)?.filter(|d| d.class == DeviceClass::Sensor);
    let zone = device.ok_or_else(|| Refusal::unknown("sensor", &new.sensor))?.zone;
    if new.milli_c.is_some_and(|value| !RANGE.contains(&value)) {
        return Err(Refusal::bad("milli_c", format!("from {} to {}", RANGE.start(), RANGE.end())).into());
    }
    if new.at.since_ms(flow.now) > AHEAD_MS {
        return Err(Refusal::bad("at", "the device's clock runs ahead of the node's").into());
    }
    if !cold::log(flow.tx, &new.sensor, new.at, new.milli_c, new.quality)? {
        return Ok(Answer::Done);
    }
    flow.effects.cold = true;
    let zone = match zone {
        Some(zone) => places::zone(flow.tx, &zone)?,
        None => None,
    };
    let Some(zone) = zone else { return Ok(Answer::Done) };
    let Some(band) = zone.band else { return Ok(Answer::Done) };
    let mut watch = cold::watch(flow.tx, &new.sensor)?.unwrap_or(Watch::new(new.at));
    let events = watch.reading(&band, new.at, heard(new));
    cold::put_watch(flow.tx, &new.sensor, &zone.zone, &watch)?;
    for event in events {
        happened(flow, &new.sensor, &zone, event)?;
    }
    Ok(Answer::Done)
}

/// Time has passed: a breach may have lasted long enough, a sensor may have been silent for too long.
///
/// # Errors
/// A fault of the database.
pub fn tick(flow: &mut Flow<'_>) -> Result<Answer, Stop> {
    flow.only(&[Role::System])?;
    for (sensor, zone) in places::watched(flow.tx)? {
        let Some(band) = zone.band else { continue };
        let known = cold::watch(flow.tx, &sensor)?;
        let mut watch = known.unwrap_or(Watch::new(flow.now));
        let events = watch.time(&band, flow.now);
        if known != Some(watch) {
            cold::put_watch(flow.tx, &sensor, &zone.zone, &watch)?;
        }
        for event in events {
            happened(flow, &sensor, &zone, event)?;
        }
    }
    Ok(Answer::Done)
}

/// Only a checked value moves the watch. That nobody answered is the agent's word, not the sensor's.
fn heard(new: &ReadingIn) -> Heard {
    match new.quality {
        Quality::Good => new.milli_c.map_or(Heard::Nonsense, Heard::Value),
        Quality::CrcError | Quality::Implausible | Quality::Jump | Quality::Flat => Heard::Nonsense,
        Quality::Silent => Heard::Nothing,
    }
}

fn happened(flow: &mut Flow<'_>, sensor: &DeviceId, zone: &ZoneRow, event: Event) -> Result<(), Stop> {
    flow.effects.cold = true;
    match event {
        // Nothing new is promised from the zone while its watch stands outside; that is read where stock is read.
        Event::Suspend => flow.effects.stock = true,
        Event::Breach(breach) => lasting(flow, sensor, zone, &breach)?,
        Event::Recovered => {
            for kind in ["too_warm", "too_cold"] {
                alarms::clear(flow, sensor, kind)?;
            }
            grant::sweep(flow)?;
            flow.effects.stock = true;
        }
        Event::Lost(quiet, since) => {
            if let Some(kind) = quiet.alarm() {
                alarms::raise(flow, (kind, sensor, Some(&zone.zone)), since, &[])?;
            }
        }
        Event::Heard(quiet) => {
            if let Some(kind) = quiet.alarm() {
                alarms::clear(flow, sensor, kind)?;
            }
        }
    }
    Ok(())
}

/// The breach lasts: every lot of the zone is blocked until somebody has looked at it.
fn lasting(flow: &mut Flow<'_>, sensor: &DeviceId, zone: &ZoneRow, breach: &Breach) -> Result<(), Stop> {
    let (mut lots, mut units) = (std::collections::BTreeSet::new(), 0_u64);
    let reference = format!("{} {}", breach.side.alarm(), sensor);
    for (place, _) in stock::places_in_zone(flow.tx, &zone.zone)? {
        let blocked = holding::shed(flow, &place, Kind::Blocked, COLD_CHAIN, &reference)?;
        units += u64::from(blocked.get());
        lots.insert(place.lot);
    }
    let named: [(&str, &dyn Display); 3] =
        [("worst_milli_c", &breach.worst), ("units", &units), ("lots", &lots.len())];
    alarms::raise(flow, (breach.side.alarm(), sensor, Some(&zone.zone)), breach.since, &named)
}
