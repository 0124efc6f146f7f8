//! The cold chain: each sensor's last six hours, alarms, excursions, doors and calibrations (REQ-18).

use crate::db::{Connection, DbResult, cold, cold_log, doors, excursions, people, places};
use crate::flows::excursions::figures;
use crate::reader::Reader;
use model::api::store::{
    AlarmRow, CalibrationRow, ColdChain, ExcursionFigures, ExcursionRow, ReadingRow, SensorChart,
};
use model::time::{DAY_MS, HOUR_MS};
use model::{Date, DeviceId, Timestamp};
use store_core::cold::Edges;
use store_core::cold::excursion::Figures;

/// How far back the charts go.
const CHART_MS: i64 = 6 * HOUR_MS;
/// How far back ended excursions are shown.
const EXCURSIONS_MS: i64 = 7 * DAY_MS;
/// The most excursions shown at once.
const EXCURSIONS_MAX: u32 = 100;
/// The most points of one chart.
const POINTS_MAX: usize = 720;

impl Reader {
    /// The cold chain now.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn cold_chain(&mut self, now: Timestamp) -> DbResult<ColdChain> {
        self.snapshot(|conn, facts| {
            let today = facts.calendar.date(now);
            let (mut sensors, mut calibrations) = (Vec::new(), Vec::new());
            for (sensor, zone) in places::watched(conn)? {
                calibrations.extend(calibrated(conn, &sensor, now, today)?);
                let Some(band) = zone.band else { continue };
                let readings = cold::readings(conn, &sensor, now.plus_ms(-CHART_MS))?;
                sensors.push(SensorChart {
                    sensor,
                    zone: zone.zone,
                    low_milli_c: band.low_milli_c,
                    high_milli_c: band.high_milli_c,
                    last: readings.last().cloned(),
                    points: thinned(with_gaps(readings, band.silent_ms)),
                });
            }
            Ok(ColdChain {
                at: now,
                sensors,
                alarms: alarms(conn, now)?,
                excursions: in_full(
                    conn,
                    excursions::recent(conn, now.plus_ms(-EXCURSIONS_MS), EXCURSIONS_MAX)?,
                    now,
                )?,
                doors: doors::every(conn)?,
                calibrations,
            })
        })
    }
}

fn alarms(conn: &Connection, now: Timestamp) -> DbResult<Vec<AlarmRow>> {
    let mut alarms = cold::alarms(conn, now.plus_ms(-DAY_MS))?;
    for alarm in &mut alarms {
        let Some(who) = alarm.acknowledged_by.as_ref().and_then(|id| id.parse().ok()) else { continue };
        if let Some(person) = people::find(conn, &who)? {
            alarm.acknowledged_by = Some(person.name);
        }
    }
    Ok(alarms)
}

fn calibrated(
    conn: &Connection,
    sensor: &DeviceId,
    now: Timestamp,
    today: Date,
) -> DbResult<Option<CalibrationRow>> {
    let found = cold_log::calibration(conn, sensor, now)?;
    Ok(found.map(|(_, calibration)| {
        let overdue = calibration.due.is_some_and(|due| due < today);
        CalibrationRow { sensor: sensor.clone(), calibration, overdue }
    }))
}

/// Excursions that last have no figures of their own yet: they are added up as far as they have come.
pub(super) fn in_full(
    conn: &Connection,
    mut rows: Vec<ExcursionRow>,
    now: Timestamp,
) -> DbResult<Vec<ExcursionRow>> {
    for row in rows.iter_mut().filter(|row| row.ended.is_none()) {
        let silent_ms = places::zone(conn, &row.zone)?.and_then(|zone| zone.band).map(|band| band.silent_ms);
        let band = Edges { low_milli_c: row.low_milli_c, high_milli_c: row.high_milli_c };
        let found = figures(conn, &row.sensor, (row.began, now), &band, silent_ms.unwrap_or(i64::MAX))?;
        row.figures = found.as_ref().map(shown);
    }
    Ok(rows)
}

fn shown(figures: &Figures) -> ExcursionFigures {
    ExcursionFigures {
        min_milli_c: figures.min_milli_c,
        max_milli_c: figures.max_milli_c,
        mean_kinetic_milli_c: figures.mean_kinetic_milli_c,
        above_milli_c_min: figures.above_milli_c_min,
        below_milli_c_min: figures.below_milli_c_min,
        outside_ms: figures.outside_ms,
        samples: figures.samples,
        gaps: figures.gaps,
    }
}

/// A silence longer than `silent_ms` is a point without a value, so that the line breaks there.
fn with_gaps(readings: Vec<ReadingRow>, silent_ms: i64) -> Vec<ReadingRow> {
    let mut points: Vec<ReadingRow> = Vec::with_capacity(readings.len());
    for reading in readings {
        if let Some(last) = points.last().filter(|last| reading.at.since_ms(last.at) > silent_ms) {
            let gap = ReadingRow {
                at: last.at.plus_ms(silent_ms),
                milli_c: None,
                quality: model::mqtt::Quality::Silent,
            };
            points.push(gap);
        }
        points.push(reading);
    }
    points
}

/// At most [`POINTS_MAX`] points: of each run of neighbours the warmest stays, because that is what people look for; a
/// gap stays a gap.
fn thinned(points: Vec<ReadingRow>) -> Vec<ReadingRow> {
    if points.len() <= POINTS_MAX {
        return points;
    }
    let run = points.len().div_ceil(POINTS_MAX);
    let pick = |run: &[ReadingRow]| {
        let gap = run.iter().find(|point| point.milli_c.is_none());
        gap.or_else(|| run.iter().max_by_key(|point| point.milli_c)).cloned()
    };
    points.chunks(run).filter_map(pick).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::mqtt::Quality;

    fn at(second: i64, milli_c: i32) -> ReadingRow {
        ReadingRow { at: Timestamp::from_ms(second * 1_000), milli_c: Some(milli_c), quality: Quality::Good }
    }

    #[test]
    fn a_silence_is_a_gap_and_thinning_keeps_the_peak() {
        let points = with_gaps(vec![at(0, 3_000), at(5, 3_000), at(200, 3_100)], 60_000);
        assert_eq!(points.len(), 4);
        assert_eq!((points[2].milli_c, points[2].at.ms()), (None, 65_000));
        let many: Vec<ReadingRow> =
            (0..5_000).map(|s| at(s, if s == 1_234 { 9_000 } else { 3_000 })).collect();
        let thin = thinned(many);
        assert!(thin.len() <= POINTS_MAX);
        assert!(thin.iter().any(|point| point.milli_c == Some(9_000)));
    }
}
