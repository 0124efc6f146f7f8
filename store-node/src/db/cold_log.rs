//! Tables `reading` and `calibration` in full: the temperature log as inspectors read it (REQ-18, REQ-22).

use super::{Connection, DbResult, all, one, row, run};
use model::mqtt::{Calibration, Quality};
use model::{DeviceId, Timestamp};
use store_core::cold::excursion::Sample;
use store_core::cold::log::Mark;

/// One row of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRow {
    /// The sensor.
    pub sensor: DeviceId,
    /// When it was read, by the agent's clock.
    pub at: Timestamp,
    /// The corrected value, thousandths of a degree; `None` when there is none that can be used.
    pub milli_c: Option<i32>,
    /// What the chip said.
    pub raw_milli_c: Option<i32>,
    /// Relative humidity, thousandths of a percent.
    pub humidity_milli_pct: Option<u32>,
    /// Air pressure, pascals.
    pub pressure_pa: Option<u32>,
    /// How far it can be trusted.
    pub quality: Quality,
    /// The agent's run.
    pub session: i64,
    /// Its number in the run; 0 where it has none.
    pub seq: i64,
    /// When the node heard of it, by its own clock.
    pub heard: Timestamp,
    /// Something is missing before it.
    pub gap: bool,
}

/// Logs a reading; says whether it was new.
///
/// # Errors
/// A fault of the database.
pub fn add(conn: &Connection, new: &LogRow) -> DbResult<bool> {
    let sql = "INSERT INTO reading (sensor, at, milli_c, quality, raw_milli_c, humidity_milli_pct, pressure_pa, session, seq,
                 heard, gap) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
               ON CONFLICT (sensor, at) DO NOTHING";
    let params = rusqlite::params![
        new.sensor.as_str(),
        new.at.ms(),
        new.milli_c,
        row::to_word(&new.quality)?,
        new.raw_milli_c,
        new.humidity_milli_pct,
        new.pressure_pa,
        new.session,
        new.seq,
        new.heard.ms(),
        new.gap,
    ];
    Ok(run(conn, sql, params)? > 0)
}

/// Where a sensor's log stood before a time.
///
/// # Errors
/// A fault of the database.
pub fn before(conn: &Connection, sensor: &DeviceId, at: Timestamp) -> DbResult<Option<Mark>> {
    let sql = "SELECT at, session, seq FROM reading WHERE sensor = ?1 AND at < ?2 ORDER BY at DESC LIMIT 1";
    one(conn, sql, (sensor.as_str(), at.ms()), |r| {
        Ok(Mark { at: row::time(r, 0)?, session: r.get(1)?, seq: r.get(2)? })
    })
}

/// A sensor's log from a time up to before another, in order.
///
/// # Errors
/// A fault of the database.
pub fn rows(conn: &Connection, sensor: &DeviceId, from: Timestamp, to: Timestamp) -> DbResult<Vec<LogRow>> {
    let sql =
        "SELECT at, milli_c, raw_milli_c, humidity_milli_pct, pressure_pa, quality, session, seq, heard, gap
               FROM reading WHERE sensor = ?1 AND at >= ?2 AND at < ?3 ORDER BY at";
    all(conn, sql, (sensor.as_str(), from.ms(), to.ms()), |r| {
        Ok(LogRow {
            sensor: sensor.clone(),
            at: row::time(r, 0)?,
            milli_c: r.get(1)?,
            raw_milli_c: r.get(2)?,
            humidity_milli_pct: r.get(3)?,
            pressure_pa: r.get(4)?,
            quality: row::serde_word(r, 5)?,
            session: r.get(6)?,
            seq: r.get(7)?,
            heard: row::time(r, 8)?,
            gap: r.get(9)?,
        })
    })
}

/// A sensor's trusted values from a time up to and with another, in order.
///
/// # Errors
/// A fault of the database.
pub fn samples(
    conn: &Connection,
    sensor: &DeviceId,
    from: Timestamp,
    to: Timestamp,
) -> DbResult<Vec<Sample>> {
    let sql =
        "SELECT at, milli_c FROM reading WHERE sensor = ?1 AND at >= ?2 AND at <= ?3 AND quality = 'good'
                 AND milli_c IS NOT NULL ORDER BY at";
    all(conn, sql, (sensor.as_str(), from.ms(), to.ms()), |r| {
        Ok(Sample { at: row::time(r, 0)?, milli_c: r.get(1)? })
    })
}

/// The calibration that a sensor's readings had at a time.
///
/// # Errors
/// A fault of the database.
pub fn calibration(conn: &Connection, sensor: &DeviceId, at: Timestamp) -> DbResult<Option<Calibration>> {
    let sql = "SELECT offset_milli_c, gain_ppm, certificate, due FROM calibration
               WHERE sensor = ?1 AND since <= ?2 ORDER BY since DESC LIMIT 1";
    one(conn, sql, (sensor.as_str(), at.ms()), |r| {
        Ok(Calibration {
            offset_milli_c: r.get(0)?,
            gain_ppm: r.get(1)?,
            certificate: r.get(2)?,
            due: row::date_or(r, 3)?,
        })
    })
}

/// From a time on a sensor's readings have another calibration.
///
/// # Errors
/// A fault of the database.
pub fn calibrate(conn: &Connection, sensor: &DeviceId, since: Timestamp, new: &Calibration) -> DbResult<()> {
    let sql = "INSERT INTO calibration (sensor, since, offset_milli_c, gain_ppm, certificate, due)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)
               ON CONFLICT (sensor, since) DO UPDATE SET offset_milli_c = ?3, gain_ppm = ?4, certificate = ?5, due = ?6";
    let params = rusqlite::params![
        sensor.as_str(),
        since.ms(),
        new.offset_milli_c,
        new.gain_ppm,
        new.certificate,
        new.due.map(model::Date::days),
    ];
    run(conn, sql, params).map(|_| ())
}
