//! Temperatures come in, and time passes over silent sensors (REQ-18). The watch is [`store_core::cold`]; here its events
//! become alarms, suspended grants, blocked lots and excursions.

use super::cold_events::{self, Noted};
use super::{Flow, Stop, alarms, doors, excursions, grant, holding, thinning, unknown};
use crate::answer::Answer;
use crate::chain::Hash;
use crate::command::ReadingIn;
use crate::db::cold_log::LogRow;
use crate::db::places::{self, ZoneRow};
use crate::db::{cold, cold_log, devices, doors as door_rows, stock};
use crate::refusal::Refusal;
use model::mqtt::{DeviceClass, Quality};
use model::time::MINUTE_MS;
use model::{DeviceId, Role, Timestamp, particulars};
use std::fmt::Display;
use store_core::cold::log::{Clock, Mark, is_gap};
use store_core::cold::{Breach, Doubt, Event, Heard, Quiet, Side, Watch};
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
    let zone = match zone {
        Some(zone) => places::zone(flow.tx, &zone)?,
        None => None,
    };
    let band = zone.as_ref().and_then(|zone| zone.band);
    let row = row(flow, new, band.map_or(i64::MAX, |band| band.silent_ms))?;
    if !cold_log::add(flow.tx, flow.setup.store.as_str(), row)? {
        return Ok(Answer::Done);
    }
    flow.effects.cold = true;
    let (Some(zone), Some(band)) = (zone, band) else { return Ok(Answer::Done) };
    let mut watch = cold::watch(flow.tx, &new.sensor)?.unwrap_or(Watch::new(new.at));
    let door = door_rows::last_open(flow.tx, &zone.zone, flow.now)?;
    let events = watch.reading(&band, new.at, heard(new), door);
    cold::put_watch(flow.tx, &new.sensor, &zone.zone, &watch)?;
    for event in events {
        happened(flow, &new.sensor, &zone, new.at, event)?;
    }
    Ok(Answer::Done)
}

/// The reading as the log keeps it.
fn row(flow: &Flow<'_>, new: &ReadingIn, silent_ms: i64) -> Result<LogRow, Stop> {
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let (session, seq) = (number(new.more.session), number(new.more.seq));
    let before = cold_log::before(flow.tx, &new.sensor, new.at)?;
    Ok(LogRow {
        sensor: new.sensor.clone(),
        at: new.at,
        milli_c: new.milli_c,
        raw_milli_c: new.more.raw_milli_c,
        humidity_milli_pct: new.more.humidity_milli_pct,
        pressure_pa: new.more.pressure_pa,
        quality: new.quality,
        session,
        seq,
        heard: flow.now,
        gap: is_gap(before, Mark { at: new.at, session, seq }, silent_ms),
        up_ms: new.more.up_ms.map(number),
        clock: Clock::judge(new.at, flow.now),
        calibrated: cold_log::calibration(flow.tx, &new.sensor, new.at)?.map(|(since, _)| since),
        // Its place is the log's own business.
        n: 0,
        before: Hash::default(),
    })
}

/// Time has passed: a breach may have lasted long enough, a sensor may have been silent for too long.
///
/// # Errors
/// A fault of the database.
pub fn tick(flow: &mut Flow<'_>) -> Result<Answer, Stop> {
    flow.only(&[Role::System])?;
    doors::tick(flow)?;
    super::devices::tick(flow)?;
    thinning::pass(flow)?;
    unknown::tick(flow)?;
    for (sensor, zone) in places::watched(flow.tx)? {
        let Some(band) = zone.band else { continue };
        let known = cold::watch(flow.tx, &sensor)?;
        let mut watch = known.unwrap_or(Watch::new(flow.now));
        let door = door_rows::last_open(flow.tx, &zone.zone, flow.now)?;
        let events = watch.time(&band, flow.now, door);
        if known != Some(watch) {
            cold::put_watch(flow.tx, &sensor, &zone.zone, &watch)?;
        }
        for event in events {
            happened(flow, &sensor, &zone, flow.now, event)?;
        }
    }
    Ok(Answer::Done)
}

/// Only a checked value moves the watch. That nobody answered is the agent's word, not the sensor's.
fn heard(new: &ReadingIn) -> Heard {
    match new.quality {
        // A good reading without a value cannot be.
        Quality::Good => new.milli_c.map_or(Heard::Nonsense(Doubt::Implausible), Heard::Value),
        Quality::CrcError => Heard::Nonsense(Doubt::Crc),
        Quality::Implausible => Heard::Nonsense(Doubt::Implausible),
        Quality::Jump => Heard::Nonsense(Doubt::Jump),
        Quality::Flat => Heard::Nonsense(Doubt::Flat),
        Quality::Silent => Heard::Nothing,
    }
}

fn happened(
    flow: &mut Flow<'_>,
    sensor: &DeviceId,
    zone: &ZoneRow,
    at: Timestamp,
    event: Event,
) -> Result<(), Stop> {
    flow.effects.cold = true;
    match event {
        // Nothing new is promised from the zone while its watch stands outside; that is read where stock is read.
        Event::Suspend(breach) => {
            excursions::begin(flow, sensor, zone, &breach)?;
            // Rights to what may not be sold any more are wanted back.
            grant::sweep(flow)?;
            flow.effects.stock = true;
        }
        Event::Breach(breach) => {
            excursions::alarmed(flow, sensor, zone, &breach)?;
            lasting(flow, sensor, zone, &breach)?;
        }
        Event::Recovered(breach) => {
            excursions::end(flow, sensor, zone, &breach, at)?;
            for side in [Side::Warm, Side::Cold] {
                alarms::clear(flow, sensor, side.alarm())?;
            }
            grant::sweep(flow)?;
            flow.effects.stock = true;
        }
        Event::Near(breach) => {
            let named: [(&str, &dyn Display); 1] = [("worst_milli_c", &breach.worst)];
            alarms::raise(flow, (breach.side.warning(), sensor, Some(&zone.zone)), breach.since, &named)?;
        }
        Event::NearOver(breach) => alarms::clear(flow, sensor, breach.side.warning())?,
        Event::Lost(quiet, since) => {
            if let Some(kind) = quiet.alarm() {
                alarms::raise(flow, (kind, sensor, Some(&zone.zone)), since, &[])?;
            }
        }
        Event::Heard(quiet @ (Quiet::No | Quiet::Silent)) => {
            if let Some(kind) = quiet.alarm() {
                alarms::clear(flow, sensor, kind)?;
            }
        }
        Event::Heard(Quiet::Suspect(_)) => {
            for doubt in Doubt::ALL {
                alarms::clear(flow, sensor, doubt.alarm())?;
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
    let (detail, kind) = (particulars(&named), "action blocked lots");
    let noted = Noted { at: flow.now, kind, device: sensor, zone: Some(&zone.zone), detail: &detail };
    cold_events::note(flow, &noted)?;
    alarms::raise(flow, (breach.side.alarm(), sensor, Some(&zone.zone)), breach.since, &named)
}
