//! The temperature log grows old: raw readings are kept for a month, then a row for each quarter-hour of a sensor for a
//! year more (EU 37/2005). The chain is carried over by an event that holds the hashes of its two ends and of the rows
//! that stand for them. A pass takes one quarter-hour of the log, so that no pass takes long.

use super::{Flow, Stop};
use crate::cold_chain::{self, Chain, hex};
use crate::db::cold_events::{self, NewEvent};
use crate::db::cold_log::{self, LogRow};
use crate::db::cold_quarters::{self, Quarter, Spread};
use crate::db::marks::{self, Mark};
use crate::db::{cold_links, devices, places};
use model::mqtt::Quality;
use model::time::{DAY_MS, MINUTE_MS};
use model::{DeviceId, Timestamp, particulars};
use std::collections::BTreeMap;
use store_core::cold::Band;
use store_core::cold::excursion::{Sample, figures};

/// What one row stands for.
pub const QUARTER_MS: i64 = 15 * MINUTE_MS;
/// Readings that one pass takes at most: a quarter-hour of a hundred sensors that are read every second is more.
const ROWS_MAX: u32 = 20_000;
/// Readings that the hub does not have yet wait for it this long: an outage of a month loses none, and a store that never
/// sees a hub again fills no disk (two sensors, a reading in ten seconds: 300 MB).
pub const UNSHIPPED_KEPT_MS: i64 = 90 * DAY_MS;
/// Events that one pass forgets at most.
const EVENTS_MAX: u32 = 1_000;
/// Who thins.
const DEVICE: &str = "-";

/// Thins the oldest quarter-hour of readings if it is due, and forgets events that are older than a year.
///
/// # Errors
/// A fault of the database.
pub fn pass(flow: &Flow<'_>) -> Result<(), Stop> {
    readings(flow)?;
    events(flow)
}

fn readings(flow: &Flow<'_>) -> Result<(), Stop> {
    let store = flow.setup.store.as_str();
    let mut ends = cold_links::ends(flow.tx, Chain::Readings, store)?;
    let Some(oldest) = cold_log::after(flow.tx, ends.base, 1)?.pop() else { return Ok(()) };
    let until = slot(oldest.heard).plus_ms(QUARTER_MS);
    if until > flow.now.plus_ms(-flow.setup.policy.readings_kept_ms) {
        return Ok(());
    }
    let mut rows = cold_log::after(flow.tx, ends.base, ROWS_MAX)?;
    rows.truncate(rows.iter().position(|row| row.heard >= until).unwrap_or(rows.len()));
    let Some(last) = rows.last() else { return Ok(()) };
    let has_all = marks::get(flow.tx, Mark::ReadingsShipped)? >= last.n;
    if !has_all && oldest.heard > flow.now.plus_ms(-UNSHIPPED_KEPT_MS) {
        return Ok(());
    }
    let after = cold_chain::reading(last);
    let quarters = quarters(flow, &rows)?;
    let detail = particulars(&[
        ("first", &ends.base.saturating_add(1)),
        ("last", &last.n),
        ("before", &hex(&ends.base_hash)),
        ("after", &hex(&after)),
        ("quarters", &quarters.len()),
        ("sha256", &hex(&cold_chain::quarters(&quarters))),
    ]);
    let thinning = cold_events::add(flow.tx, store, &system(flow, "thinned", &detail))?;
    for quarter in &quarters {
        cold_quarters::add(flow.tx, thinning, quarter)?;
    }
    cold_log::forget(flow.tx, last.n)?;
    (ends.base, ends.base_hash) = (last.n, after);
    Ok(cold_links::put(flow.tx, Chain::Readings, &ends)?)
}

fn events(flow: &Flow<'_>) -> Result<(), Stop> {
    let store = flow.setup.store.as_str();
    let before = flow.now.plus_ms(-flow.setup.policy.records_kept_ms);
    let ends = cold_links::ends(flow.tx, Chain::Events, store)?;
    if cold_events::after(flow.tx, ends.base, 1)?.first().is_none_or(|event| event.heard >= before) {
        return Ok(());
    }
    let mut rows = cold_events::after(flow.tx, ends.base, EVENTS_MAX)?;
    rows.truncate(rows.iter().position(|event| event.heard >= before).unwrap_or(rows.len()));
    let Some(last) = rows.last() else { return Ok(()) };
    let after = cold_chain::event(last);
    let detail = particulars(&[
        ("first", &ends.base.saturating_add(1)),
        ("last", &last.n),
        ("before", &hex(&ends.base_hash)),
        ("after", &hex(&after)),
    ]);
    cold_events::add(flow.tx, store, &system(flow, "forgotten", &detail))?;
    cold_quarters::forget(flow.tx, last.n)?;
    cold_events::forget(flow.tx, last.n)?;
    let mut ends = cold_links::ends(flow.tx, Chain::Events, store)?;
    (ends.base, ends.base_hash) = (last.n, after);
    Ok(cold_links::put(flow.tx, Chain::Events, &ends)?)
}

fn system<'a>(flow: &'a Flow<'_>, kind: &'a str, detail: &'a str) -> NewEvent<'a> {
    let person = flow.actor.person.as_str();
    NewEvent { at: flow.now, heard: flow.now, kind, device: DEVICE, zone: None, person, detail }
}

/// The beginning of the quarter-hour in which a moment lies.
const fn slot(at: Timestamp) -> Timestamp {
    Timestamp::from_ms(at.ms().div_euclid(QUARTER_MS) * QUARTER_MS)
}

/// What stands for the rows, by sensor and time.
fn quarters(flow: &Flow<'_>, rows: &[LogRow]) -> Result<Vec<Quarter>, Stop> {
    let mut slots: BTreeMap<(&DeviceId, i64), Vec<&LogRow>> = BTreeMap::new();
    for row in rows {
        slots.entry((&row.sensor, slot(row.at).ms())).or_default().push(row);
    }
    let mut found = Vec::with_capacity(slots.len());
    for ((sensor, at), mut rows) in slots {
        rows.sort_by_key(|row| row.at);
        let at = Timestamp::from_ms(at);
        let zone = match devices::find(flow.tx, sensor)?.and_then(|device| device.zone) {
            Some(zone) => places::zone(flow.tx, &zone)?,
            None => None,
        };
        let band = zone.as_ref().and_then(|zone| zone.band);
        // The first value of the next quarter closes this one's time.
        let next = cold_log::next_sample(flow.tx, sensor, at.plus_ms(QUARTER_MS))?;
        let name = zone.map(|zone| zone.zone.to_string());
        found.push(Quarter { zone: name, ..quarter((sensor, at), &rows, band.as_ref(), next) });
    }
    Ok(found)
}

fn quarter(
    (sensor, at): (&DeviceId, Timestamp),
    rows: &[&LogRow],
    band: Option<&Band>,
    next: Option<Sample>,
) -> Quarter {
    let good = |row: &&&LogRow| row.quality == Quality::Good && row.milli_c.is_some();
    let sample = |row: &&LogRow| row.milli_c.map(|milli_c| Sample { at: row.at, milli_c });
    let within: Vec<Sample> = rows.iter().filter(good).filter_map(sample).collect();
    let closed: Vec<Sample> = within.iter().copied().chain(next).collect();
    // A sensor that watches no zone has no band to be outside of.
    let edges = band.map(Band::edges);
    let whole = store_core::cold::Edges { low_milli_c: i32::MIN, high_milli_c: i32::MAX };
    let judge = edges.unwrap_or(whole);
    let silent_ms = band.map_or(i64::MAX, |band| band.silent_ms);
    let own = figures(&within, &judge, silent_ms);
    let time = figures(&closed, &judge, silent_ms).unwrap_or_default();
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Quarter {
        sensor: sensor.clone(),
        at,
        zone: None,
        samples: count(within.len()),
        bad: count(rows.len() - within.len()),
        gaps: count(rows.iter().filter(|row| row.gap).count()),
        figures: own.map(|own| Spread {
            min_milli_c: own.min_milli_c,
            max_milli_c: own.max_milli_c,
            mean_kinetic_milli_c: own.mean_kinetic_milli_c,
        }),
        band: edges,
        above_milli_c_min: time.above_milli_c_min,
        below_milli_c_min: time.below_milli_c_min,
        outside_ms: time.outside_ms,
        calibrated: rows.last().and_then(|row| row.calibrated),
    }
}
