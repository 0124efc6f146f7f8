//! A day of the cold chain in quarter-hours, for its papers: from readings, or from what stands for them after a month.

use crate::db::cold_quarters::{Quarter, Spread};
use crate::db::{Connection, DbResult, cold_log, cold_quarters, places};
use crate::flows::thinning::QUARTER_MS;
use crate::reader::StoreFacts;
use model::mqtt::Calibration;
use model::{Date, DeviceId, Timestamp, ZoneId};
use store_core::cold::Edges;
use store_core::cold::excursion::{Sample, figures};

/// A sensor of the day's papers.
pub(super) struct Of {
    /// The sensor.
    pub sensor: DeviceId,
    /// Its zone.
    pub zone: ZoneId,
    /// The zone's band now.
    pub band: Edges,
    silent_ms: i64,
}

/// The sensors whose zone has a band, by name.
///
/// # Errors
/// A fault of the database.
pub(super) fn watched(conn: &Connection) -> DbResult<Vec<Of>> {
    let sensors = places::watched(conn)?.into_iter().filter_map(|(sensor, zone)| {
        let band = zone.band?;
        Some(Of { sensor, zone: zone.zone, band: band.edges(), silent_ms: band.silent_ms })
    });
    Ok(sensors.collect())
}

/// A quarter-hour.
pub(super) struct Slot {
    /// When it begins.
    pub from: Timestamp,
    /// When the next one does.
    pub to: Timestamp,
    /// Trusted readings.
    pub samples: u32,
    /// Silences; one for a quarter-hour without a value.
    pub gaps: u32,
    /// What the readings spread over.
    pub spread: Option<Spread>,
    /// The band by which it was judged.
    pub band: Edges,
    /// How far and how long over the band: thousandths of a degree times minutes.
    pub above_milli_c_min: i64,
    /// How far and how long under it.
    pub below_milli_c_min: i64,
    /// How long outside, milliseconds.
    pub outside_ms: i64,
    /// The calibration at its end.
    pub calibration: Option<Calibration>,
}

/// The quarter-hours of a sensor on a day, up to the last that was heard; none where nothing was.
///
/// # Errors
/// A fault of the database.
pub(super) fn slots(conn: &Connection, facts: &StoreFacts, of: &Of, day: Date) -> DbResult<Vec<Slot>> {
    let (from, to) = facts.calendar.bounds(day);
    let samples = cold_log::samples(conn, &of.sensor, from, to.plus_ms(-1))?;
    let thinned = cold_quarters::of_sensor(conn, &of.sensor, from, to)?;
    let heard = samples.last().map(|last| last.at).max(thinned.last().map(|last| last.at));
    let Some(heard) = heard else { return Ok(Vec::new()) };
    let (end, mut begins, mut slots) = (to.min(heard.plus_ms(QUARTER_MS)), from, Vec::new());
    while begins < end {
        let ends = begins.plus_ms(QUARTER_MS);
        let first = samples.partition_point(|sample| sample.at < begins);
        let past = samples.partition_point(|sample| sample.at < ends);
        // The first value of the next slot closes this one's time.
        let within = samples.get(first..past).unwrap_or_default();
        let closed: Vec<Sample> = within.iter().chain(samples.get(past)).copied().collect();
        let calibration = cold_log::calibration(conn, &of.sensor, ends)?.map(|(_, found)| found);
        let old: Vec<_> = thinned.iter().filter(|old| (begins..ends).contains(&old.at)).collect();
        if within.is_empty() && !old.is_empty() {
            slots.extend(old.into_iter().map(|old| kept(of, old, (begins, ends), calibration.clone())));
        } else {
            slots.push(heard_of(of, (within, &closed), (begins, ends), calibration));
        }
        begins = ends;
    }
    Ok(slots)
}

fn heard_of(
    of: &Of,
    (within, closed): (&[Sample], &[Sample]),
    (from, to): (Timestamp, Timestamp),
    calibration: Option<Calibration>,
) -> Slot {
    let own = figures(within, &of.band, of.silent_ms);
    let time = figures(closed, &of.band, of.silent_ms).unwrap_or_default();
    Slot {
        from,
        to,
        samples: u32::try_from(within.len()).unwrap_or(u32::MAX),
        // A quarter-hour without a single value is one gap; silences inside it are counted by the figures.
        gaps: own.map_or(1, |own| own.gaps),
        spread: own.map(|own| Spread {
            min_milli_c: own.min_milli_c,
            max_milli_c: own.max_milli_c,
            mean_kinetic_milli_c: own.mean_kinetic_milli_c,
        }),
        band: of.band,
        above_milli_c_min: time.above_milli_c_min,
        below_milli_c_min: time.below_milli_c_min,
        outside_ms: time.outside_ms,
        calibration,
    }
}

fn kept(
    of: &Of,
    old: &Quarter,
    (from, to): (Timestamp, Timestamp),
    calibration: Option<Calibration>,
) -> Slot {
    Slot {
        from,
        to,
        samples: old.samples,
        gaps: old.gaps,
        spread: old.figures,
        band: old.band.unwrap_or(of.band),
        above_milli_c_min: old.above_milli_c_min,
        below_milli_c_min: old.below_milli_c_min,
        outside_ms: old.outside_ms,
        calibration,
    }
}
