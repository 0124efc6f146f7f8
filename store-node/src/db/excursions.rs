//! Tables `excursion` and `excursion_lot`: intervals outside the band, what they add up to, and which lots lay there.

use super::{Connection, DbResult, all, one, row, run};
use model::api::store::{ExcursionFigures, ExcursionLot, ExcursionOrder, ExcursionRow};
use model::{CommandId, DeviceId, OrderId, Timestamp, ZoneId};
use rusqlite::Row;
use store_core::cold::Edges;
use store_core::cold::excursion::Figures;

const COLUMNS: &str =
    "id, sensor, zone, side, low_milli_c, high_milli_c, began, ended, alarmed, min_milli_c, max_milli_c,
    mean_kinetic_milli_c, above_milli_c_min, below_milli_c_min, outside_ms, samples, gaps";

fn read(r: &Row<'_>) -> rusqlite::Result<ExcursionRow> {
    let figures = match r.get::<_, Option<i32>>(9)? {
        None => None,
        Some(min_milli_c) => Some(ExcursionFigures {
            min_milli_c,
            max_milli_c: r.get(10)?,
            mean_kinetic_milli_c: r.get(11)?,
            above_milli_c_min: r.get(12)?,
            below_milli_c_min: r.get(13)?,
            outside_ms: r.get(14)?,
            samples: r.get(15)?,
            gaps: r.get(16)?,
        }),
    };
    Ok(ExcursionRow {
        id: row::id(r, 0, CommandId::from_bytes)?,
        sensor: row::code(r, 1)?,
        zone: row::code(r, 2)?,
        kind: r.get(3)?,
        low_milli_c: r.get(4)?,
        high_milli_c: r.get(5)?,
        began: row::time(r, 6)?,
        ended: row::time_or(r, 7)?,
        alarmed: r.get(8)?,
        figures,
        lots: Vec::new(),
        orders: Vec::new(),
    })
}

/// What is known of an excursion when it begins.
#[derive(Debug, Clone, Copy)]
pub struct Begun<'a> {
    /// Its id, derived from sensor and beginning.
    pub id: &'a CommandId,
    /// The sensor.
    pub sensor: &'a DeviceId,
    /// The sensor's zone.
    pub zone: &'a ZoneId,
    /// The alarm's word for the side.
    pub kind: &'a str,
    /// The band that was left.
    pub band: Edges,
    /// The first reading outside.
    pub began: Timestamp,
}

/// Begins an excursion; one with this id stays as it is.
///
/// # Errors
/// A fault of the database.
pub fn begin(conn: &Connection, new: &Begun<'_>) -> DbResult<()> {
    let sql = "INSERT INTO excursion (id, sensor, zone, side, low_milli_c, high_milli_c, began, alarmed)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0) ON CONFLICT (id) DO NOTHING";
    let params = rusqlite::params![
        new.id.as_bytes(),
        new.sensor.as_str(),
        new.zone.as_str(),
        new.kind,
        new.band.low_milli_c,
        new.band.high_milli_c,
        new.began.ms(),
    ];
    run(conn, sql, params).map(|_| ())
}

/// Notes the lots that lie in the zone now; of each the most units that were ever seen stay.
///
/// # Errors
/// A fault of the database.
pub fn note_lots(conn: &Connection, id: &CommandId, zone: &ZoneId) -> DbResult<()> {
    let sql = "INSERT INTO excursion_lot (excursion, lot, sku, units)
               SELECT ?1, s.lot, s.sku, sum(s.on_hand) FROM stock s JOIN bin b ON b.bin = s.bin
               WHERE b.zone = ?2 AND s.on_hand > 0 AND EXISTS (SELECT 1 FROM excursion e WHERE e.id = ?1)
               GROUP BY s.lot, s.sku ORDER BY s.lot
               ON CONFLICT (excursion, lot) DO UPDATE SET units = max(units, excluded.units)";
    run(conn, sql, (id.as_bytes(), zone.as_str())).map(|_| ())
}

/// It has become an alarm.
///
/// # Errors
/// A fault of the database.
pub fn alarmed(conn: &Connection, id: &CommandId) -> DbResult<()> {
    run(conn, "UPDATE excursion SET alarmed = 1 WHERE id = ?1", [id.as_bytes()]).map(|_| ())
}

/// It is over, and this is what it added up to.
///
/// # Errors
/// A fault of the database.
pub fn end(conn: &Connection, id: &CommandId, at: Timestamp, figures: Option<&Figures>) -> DbResult<()> {
    let sql =
        "UPDATE excursion SET ended = ?2, min_milli_c = ?3, max_milli_c = ?4, mean_kinetic_milli_c = ?5,
                 above_milli_c_min = ?6, below_milli_c_min = ?7, outside_ms = ?8, samples = ?9, gaps = ?10
               WHERE id = ?1 AND ended IS NULL";
    let params = rusqlite::params![
        id.as_bytes(),
        at.ms(),
        figures.map(|f| f.min_milli_c),
        figures.map(|f| f.max_milli_c),
        figures.map(|f| f.mean_kinetic_milli_c),
        figures.map(|f| f.above_milli_c_min),
        figures.map(|f| f.below_milli_c_min),
        figures.map(|f| f.outside_ms),
        figures.map(|f| f.samples),
        figures.map(|f| f.gaps),
    ];
    run(conn, sql, params).map(|_| ())
}

/// One excursion, without its lots.
///
/// # Errors
/// A fault of the database.
pub fn find(conn: &Connection, id: &CommandId) -> DbResult<Option<ExcursionRow>> {
    one(conn, &format!("SELECT {COLUMNS} FROM excursion WHERE id = ?1"), [id.as_bytes()], read)
}

/// Excursions that last, then those that began at or after a time, newest first; with their lots.
///
/// # Errors
/// A fault of the database.
pub fn recent(conn: &Connection, since: Timestamp, limit: u32) -> DbResult<Vec<ExcursionRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM excursion WHERE ended IS NULL OR began >= ?1
         ORDER BY ended IS NOT NULL, began DESC, id LIMIT ?2"
    );
    with_lots(conn, all(conn, &sql, (since.ms(), limit), read)?)
}

/// Excursions that touch an interval, in the order of time; with their lots.
///
/// # Errors
/// A fault of the database.
pub fn touching(conn: &Connection, from: Timestamp, to: Timestamp) -> DbResult<Vec<ExcursionRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM excursion WHERE began < ?2 AND coalesce(ended, ?2) >= ?1 ORDER BY began, id"
    );
    with_lots(conn, all(conn, &sql, (from.ms(), to.ms()), read)?)
}

fn with_lots(conn: &Connection, mut rows: Vec<ExcursionRow>) -> DbResult<Vec<ExcursionRow>> {
    let sql = "SELECT l.lot, l.sku, s.name, l.units FROM excursion_lot l JOIN sku s ON s.sku = l.sku
               WHERE l.excursion = ?1 ORDER BY l.lot";
    for row in &mut rows {
        row.lots = all(conn, sql, [row.id.as_bytes()], |r| {
            Ok(ExcursionLot {
                lot: row::code(r, 0)?,
                sku: row::code(r, 1)?,
                name: r.get(2)?,
                units: r.get(3)?,
            })
        })?;
        row.orders = shipped(conn, row)?;
    }
    Ok(rows)
}

/// Orders listed for one excursion at most.
const ORDERS_MAX: u32 = 500;

/// The orders that got units of an excursion's lots: picked from its zone while it lasted, so that they lay there too warm,
/// or handed over while it lasted.
fn shipped(conn: &Connection, of: &ExcursionRow) -> DbResult<Vec<ExcursionOrder>> {
    let sql = "SELECT o.order_id, o.number, p.lot, sum(p.qty), min(p.at), h.at
               FROM excursion_lot l
               JOIN pick_event p ON p.lot = l.lot AND p.undone_by IS NULL
               JOIN bin b ON b.bin = p.bin AND b.zone = ?2
               JOIN orders o ON o.order_id = p.order_id
               LEFT JOIN handover h ON h.order_id = p.order_id
               WHERE l.excursion = ?1
                 AND (p.at >= ?3 AND p.at <= coalesce(?4, p.at) OR h.at >= ?3 AND h.at <= coalesce(?4, h.at))
               GROUP BY o.order_id, p.lot ORDER BY min(p.at), o.order_id, p.lot LIMIT ?5";
    let ended = of.ended.map(Timestamp::ms);
    all(conn, sql, (of.id.as_bytes(), of.zone.as_str(), of.began.ms(), ended, ORDERS_MAX), |r| {
        Ok(ExcursionOrder {
            order: row::id(r, 0, OrderId::from_bytes)?,
            number: r.get(1)?,
            lot: row::code(r, 2)?,
            units: r.get(3)?,
            picked: row::time(r, 4)?,
            shipped: row::time_or(r, 5)?,
        })
    })
}
