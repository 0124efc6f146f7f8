//! Tables `reading` and `calibration` in full: the temperature log as inspectors read it (REQ-18, REQ-22), each row
//! chained to the one before.

use super::{Connection, DbResult, Sifted, all, cold_links, one, row, run};
use crate::chain::Hash;
use crate::cold_chain::{self, Chain};
use model::mqtt::{Calibration, Quality};
use model::{DeviceId, Timestamp};
use store_core::cold::excursion::Sample;
use store_core::cold::log::{Clock, Mark};

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
    /// The agent's monotonic time, milliseconds since its start.
    pub up_ms: Option<i64>,
    /// How the agent's clock stood to the node's.
    pub clock: Clock,
    /// Since when the calibration holds with which it was read.
    pub calibrated: Option<Timestamp>,
    /// Its place in the chain, from 1; 0 for rows from before there was one.
    pub n: i64,
    /// The hash of the row before.
    pub before: Hash,
}

const COLUMNS: &str =
    "sensor, at, milli_c, raw_milli_c, humidity_milli_pct, pressure_pa, quality, session, seq, heard, gap,
    up_ms, clock, calibrated, n, before";

fn read(r: &rusqlite::Row<'_>) -> rusqlite::Result<LogRow> {
    Ok(LogRow {
        sensor: row::code(r, 0)?,
        at: row::time(r, 1)?,
        milli_c: r.get(2)?,
        raw_milli_c: r.get(3)?,
        humidity_milli_pct: r.get(4)?,
        pressure_pa: r.get(5)?,
        quality: row::serde_word(r, 6)?,
        session: r.get(7)?,
        seq: r.get(8)?,
        heard: row::time(r, 9)?,
        gap: r.get(10)?,
        up_ms: r.get(11)?,
        clock: row::word(r, 12, "a clock's word", Clock::from_word)?,
        calibrated: row::time_or(r, 13)?,
        n: r.get(14)?,
        before: r.get::<_, Option<Hash>>(15)?.unwrap_or_default(),
    })
}

/// Logs a reading at the end of the chain; its place and the hash before it are set here. Says whether it was new.
///
/// # Errors
/// A fault of the database.
pub fn add(conn: &Connection, store: &str, mut new: LogRow) -> DbResult<bool> {
    let mut ends = cold_links::ends(conn, Chain::Readings, store)?;
    (new.n, new.before) = (ends.head.saturating_add(1), ends.head_hash);
    let sql = format!(
        "INSERT INTO reading ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
         ON CONFLICT (sensor, at) DO NOTHING"
    );
    let params = rusqlite::params![
        new.sensor.as_str(),
        new.at.ms(),
        new.milli_c,
        new.raw_milli_c,
        new.humidity_milli_pct,
        new.pressure_pa,
        new.quality.word(),
        new.session,
        new.seq,
        new.heard.ms(),
        new.gap,
        new.up_ms,
        new.clock.word(),
        new.calibrated.map(Timestamp::ms),
        new.n,
        new.before,
    ];
    if run(conn, &sql, params)? == 0 {
        return Ok(false);
    }
    (ends.head, ends.head_hash) = (new.n, cold_chain::reading(&new));
    cold_links::put(conn, Chain::Readings, &ends)?;
    Ok(true)
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
    let sql = format!("SELECT {COLUMNS} FROM reading WHERE sensor = ?1 AND at >= ?2 AND at < ?3 ORDER BY at");
    all(conn, &sql, (sensor.as_str(), from.ms(), to.ms()), read)
}

/// Rows of the chain after a place, in its order.
///
/// # Errors
/// A fault of the database.
pub fn after(conn: &Connection, n: i64, limit: u32) -> DbResult<Vec<LogRow>> {
    let sql = format!("SELECT {COLUMNS} FROM reading WHERE n > 0 AND n > ?1 ORDER BY n LIMIT ?2");
    all(conn, &sql, (n, limit), read)
}

/// The same for a check: each row by its place, or what is wrong with it.
///
/// # Errors
/// When SQLite cannot give the rows at all.
pub fn sifted_after(conn: &Connection, n: i64, limit: u32) -> DbResult<Sifted<i64, LogRow>> {
    let sql = format!("SELECT {COLUMNS} FROM reading WHERE n > 0 AND n > ?1 ORDER BY n LIMIT ?2");
    super::sift(conn, &sql, (n, limit), |r| r.get(14), read)
}

/// The first trusted value of a sensor at or after a time.
///
/// # Errors
/// A fault of the database.
pub fn next_sample(conn: &Connection, sensor: &DeviceId, from: Timestamp) -> DbResult<Option<Sample>> {
    let sql = "SELECT at, milli_c FROM reading WHERE sensor = ?1 AND at >= ?2 AND quality = 'good'
                 AND milli_c IS NOT NULL ORDER BY at LIMIT 1";
    one(conn, sql, (sensor.as_str(), from.ms()), |r| Ok(Sample { at: row::time(r, 0)?, milli_c: r.get(1)? }))
}

/// Forgets rows of the chain up to and with a place.
///
/// # Errors
/// A fault of the database.
pub fn forget(conn: &Connection, upto: i64) -> DbResult<usize> {
    run(conn, "DELETE FROM reading WHERE n > 0 AND n <= ?1", [upto])
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

/// The calibration that a sensor's readings had at a time, and since when.
///
/// # Errors
/// A fault of the database.
pub fn calibration(
    conn: &Connection,
    sensor: &DeviceId,
    at: Timestamp,
) -> DbResult<Option<(Timestamp, Calibration)>> {
    let sql = "SELECT since, offset_milli_c, gain_ppm, certificate, due FROM calibration
               WHERE sensor = ?1 AND since <= ?2 ORDER BY since DESC LIMIT 1";
    one(conn, sql, (sensor.as_str(), at.ms()), |r| {
        let calibration = Calibration {
            offset_milli_c: r.get(1)?,
            gain_ppm: r.get(2)?,
            certificate: r.get(3)?,
            due: row::date_or(r, 4)?,
        };
        Ok((row::time(r, 0)?, calibration))
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
