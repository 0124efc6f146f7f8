//! Tables `zone` and `bin`: the floor as `store.toml` has it, for look-ups by code.

use super::{Connection, DbResult, Tx, all, one, row, run};
use model::catalogue::TempClass;
use model::{BinId, DeviceId, ZoneId};
use store_core::cold::{Band, Edges};

/// A zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZoneRow {
    /// Its code.
    pub zone: ZoneId,
    /// What may be kept there.
    pub temp: TempClass,
    /// The band that is watched.
    pub band: Option<Band>,
}

fn read(r: &rusqlite::Row<'_>) -> rusqlite::Result<ZoneRow> {
    let band = match (r.get(2)?, r.get(3)?) {
        (Some(low_milli_c), Some(high_milli_c)) => {
            let warn = match (r.get(6)?, r.get(7)?) {
                (Some(low_milli_c), Some(high_milli_c)) => Some(Edges { low_milli_c, high_milli_c }),
                (_, None) | (None, _) => None,
            };
            let (delay_ms, silent_ms, door_ms) = (r.get(4)?, r.get(5)?, r.get(8)?);
            Some(Band { low_milli_c, high_milli_c, delay_ms, silent_ms, warn, door_ms })
        }
        (_, None) | (None, _) => None,
    };
    Ok(ZoneRow {
        zone: row::code(r, 0)?,
        temp: row::word(r, 1, "a temperature class", TempClass::from_word)?,
        band,
    })
}

const COLUMNS: &str = "zone, temp, low_milli_c, high_milli_c, alarm_delay_ms, silent_ms, warn_low_milli_c,
    warn_high_milli_c, door_ms";

/// Enters or renews a zone. `kind` is the layout's word for it.
///
/// # Errors
/// A fault of the database.
pub fn put_zone(conn: &Connection, zone: &ZoneRow, kind: &str) -> DbResult<()> {
    let sql = "INSERT INTO zone (zone, kind, temp, low_milli_c, high_milli_c, alarm_delay_ms, silent_ms, warn_low_milli_c,
                 warn_high_milli_c, door_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
               ON CONFLICT (zone) DO UPDATE SET kind = ?2, temp = ?3, low_milli_c = ?4, high_milli_c = ?5,
                 alarm_delay_ms = ?6, silent_ms = ?7, warn_low_milli_c = ?8, warn_high_milli_c = ?9, door_ms = ?10";
    let band = zone.band;
    let params = rusqlite::params![
        zone.zone.as_str(),
        kind,
        zone.temp.word(),
        band.map(|b| b.low_milli_c),
        band.map(|b| b.high_milli_c),
        band.map_or(0, |b| b.delay_ms),
        band.map_or(0, |b| b.silent_ms),
        band.and_then(|b| b.warn).map(|warn| warn.low_milli_c),
        band.and_then(|b| b.warn).map(|warn| warn.high_milli_c),
        band.map_or(0, |b| b.door_ms),
    ];
    run(conn, sql, params).map(|_| ())
}

/// Enters or renews a bin.
///
/// # Errors
/// A fault of the database.
pub fn put_bin(tx: &Tx<'_>, bin: &BinId, zone: &ZoneId, node: u32) -> DbResult<()> {
    let sql = "INSERT INTO bin (bin, zone, node) VALUES (?1, ?2, ?3)
               ON CONFLICT (bin) DO UPDATE SET zone = ?2, node = ?3";
    run(tx, sql, (bin.as_str(), zone.as_str(), node))?;
    tx.shelves().forget_all();
    Ok(())
}

/// A zone by code.
///
/// # Errors
/// A fault of the database.
pub fn zone(conn: &Connection, zone: &ZoneId) -> DbResult<Option<ZoneRow>> {
    one(conn, &format!("SELECT {COLUMNS} FROM zone WHERE zone = ?1"), [zone.as_str()], read)
}

/// The zone a bin lies in.
///
/// # Errors
/// A fault of the database.
pub fn zone_of(conn: &Connection, bin: &BinId) -> DbResult<Option<ZoneRow>> {
    let sql = format!("SELECT {COLUMNS} FROM zone WHERE zone = (SELECT b.zone FROM bin b WHERE b.bin = ?1)");
    one(conn, &sql, [bin.as_str()], read)
}

/// A bin that may become a home.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HomeBin {
    /// The bin.
    pub bin: BinId,
    /// The layout's word for its zone's kind: `a`, `b`, `c`, `cold`.
    pub kind: String,
    /// SKUs that live there.
    pub homes: i64,
}

/// Bins of zones that keep a temperature class, by code.
///
/// # Errors
/// A fault of the database.
pub fn bins_for(conn: &Connection, temp: TempClass) -> DbResult<Vec<HomeBin>> {
    let sql = "SELECT b.bin, z.kind, (SELECT count(*) FROM sku s WHERE s.home_bin = b.bin)
               FROM bin b JOIN zone z ON z.zone = b.zone WHERE z.temp = ?1 ORDER BY b.bin";
    all(conn, sql, [temp.word()], |r| {
        Ok(HomeBin { bin: row::code(r, 0)?, kind: r.get(1)?, homes: r.get(2)? })
    })
}

/// Zones with a watched band and the sensors in them, by sensor.
///
/// # Errors
/// A fault of the database.
pub fn watched(conn: &Connection) -> DbResult<Vec<(DeviceId, ZoneRow)>> {
    let sql = "SELECT z.zone, z.temp, z.low_milli_c, z.high_milli_c, z.alarm_delay_ms, z.silent_ms, z.warn_low_milli_c,
                 z.warn_high_milli_c, z.door_ms, d.device
               FROM device d JOIN zone z ON z.zone = d.zone
               WHERE d.class = 'sensor' AND d.listed = 1 AND z.low_milli_c IS NOT NULL ORDER BY d.device";
    all(conn, sql, [], |r| Ok((row::code(r, 9)?, read(r)?)))
}
