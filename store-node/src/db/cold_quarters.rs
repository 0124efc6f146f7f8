//! Table `cold_quarter`: what is kept of thinned readings for a year, a row for each quarter-hour of a sensor.

use super::{Connection, DbResult, Sifted, all, row, run};
use model::{DeviceId, Timestamp};
use store_core::cold::Edges;

/// The temperatures of a quarter-hour that has any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spread {
    /// Coldest, thousandths of a degree Celsius.
    pub min_milli_c: i32,
    /// Warmest.
    pub max_milli_c: i32,
    /// Mean kinetic temperature.
    pub mean_kinetic_milli_c: i32,
}

/// A quarter-hour of a sensor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarter {
    /// The sensor.
    pub sensor: DeviceId,
    /// When it began.
    pub at: Timestamp,
    /// The zone that the sensor watched when it was thinned.
    pub zone: Option<String>,
    /// Trusted readings.
    pub samples: u32,
    /// Readings that could not be trusted.
    pub bad: u32,
    /// Silences, and numbers left out.
    pub gaps: u32,
    /// What the trusted readings spread over; `None` without any.
    pub figures: Option<Spread>,
    /// The zone's band when it was thinned.
    pub band: Option<Edges>,
    /// How far and how long over the band: thousandths of a degree times minutes.
    pub above_milli_c_min: i64,
    /// How far and how long under it.
    pub below_milli_c_min: i64,
    /// How long outside, milliseconds.
    pub outside_ms: i64,
    /// Since when the calibration of its last reading held.
    pub calibrated: Option<Timestamp>,
}

const COLUMNS: &str = "sensor, at, zone, samples, bad, gaps, min_milli_c, max_milli_c, mean_kinetic_milli_c,
    low_milli_c, high_milli_c, above_milli_c_min, below_milli_c_min, outside_ms, calibrated";

fn read(r: &rusqlite::Row<'_>) -> rusqlite::Result<Quarter> {
    let figures = match r.get::<_, Option<i32>>(6)? {
        None => None,
        Some(min_milli_c) => {
            Some(Spread { min_milli_c, max_milli_c: r.get(7)?, mean_kinetic_milli_c: r.get(8)? })
        }
    };
    let band = match r.get::<_, Option<i32>>(9)? {
        None => None,
        Some(low_milli_c) => Some(Edges { low_milli_c, high_milli_c: r.get(10)? }),
    };
    Ok(Quarter {
        sensor: row::code(r, 0)?,
        at: row::time(r, 1)?,
        zone: r.get(2)?,
        samples: r.get(3)?,
        bad: r.get(4)?,
        gaps: r.get(5)?,
        figures,
        band,
        above_milli_c_min: r.get(11)?,
        below_milli_c_min: r.get(12)?,
        outside_ms: r.get(13)?,
        calibrated: row::time_or(r, 14)?,
    })
}

/// Keeps a quarter-hour of a thinning.
///
/// # Errors
/// A fault of the database.
pub fn add(conn: &Connection, thinning: i64, new: &Quarter) -> DbResult<()> {
    let sql = format!(
        "INSERT INTO cold_quarter ({COLUMNS}, thinning)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)"
    );
    let params = rusqlite::params![
        new.sensor.as_str(),
        new.at.ms(),
        new.zone,
        new.samples,
        new.bad,
        new.gaps,
        new.figures.map(|found| found.min_milli_c),
        new.figures.map(|found| found.max_milli_c),
        new.figures.map(|found| found.mean_kinetic_milli_c),
        new.band.map(|band| band.low_milli_c),
        new.band.map(|band| band.high_milli_c),
        new.above_milli_c_min,
        new.below_milli_c_min,
        new.outside_ms,
        new.calibrated.map(Timestamp::ms),
        thinning,
    ];
    run(conn, &sql, params).map(|_| ())
}

/// The quarter-hours of a thinning, by sensor and time, for a check: each, or what is wrong with it.
///
/// # Errors
/// When SQLite cannot give the rows at all.
pub fn sifted(conn: &Connection, thinning: i64) -> DbResult<Sifted<String, Quarter>> {
    let sql = format!("SELECT {COLUMNS} FROM cold_quarter WHERE thinning = ?1 ORDER BY sensor, at");
    super::sift(conn, &sql, [thinning], |r| row::shown(r, 2), read)
}

/// A sensor's quarter-hours that began from a time up to before another, in order.
///
/// # Errors
/// A fault of the database.
pub fn of_sensor(
    conn: &Connection,
    sensor: &DeviceId,
    from: Timestamp,
    to: Timestamp,
) -> DbResult<Vec<Quarter>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM cold_quarter WHERE sensor = ?1 AND at >= ?2 AND at < ?3 ORDER BY at, thinning"
    );
    all(conn, &sql, (sensor.as_str(), from.ms(), to.ms()), read)
}

/// Forgets the quarter-hours of thinnings up to and with one.
///
/// # Errors
/// A fault of the database.
pub fn forget(conn: &Connection, upto: i64) -> DbResult<usize> {
    run(conn, "DELETE FROM cold_quarter WHERE thinning <= ?1", [upto])
}
