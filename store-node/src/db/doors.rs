//! Table `door_event`, read by zone: which doors stand open, and since when (REQ-95).

use super::{Connection, DbResult, all, one, row, run};
use model::api::store::DoorRow;
use model::{DeviceId, Timestamp, ZoneId};

/// Every listed door that has ever said how it stands, by name. A word that repeats the one before is no news: `since` is
/// when it began to stand so.
///
/// # Errors
/// A fault of the database.
pub fn every(conn: &Connection) -> DbResult<Vec<DoorRow>> {
    let sql = "SELECT d.device, d.zone, e.open,
                 (SELECT s.at FROM door_event s WHERE s.door = e.door AND s.at > coalesce(
                    (SELECT o.at FROM door_event o WHERE o.door = e.door AND o.open <> e.open ORDER BY o.at DESC LIMIT 1),
                    -1)
                  ORDER BY s.at LIMIT 1)
               FROM device d JOIN door_event e ON e.door = d.device
                 AND e.at = (SELECT max(n.at) FROM door_event n WHERE n.door = d.device)
               WHERE d.listed = 1 ORDER BY d.device";
    all(conn, sql, [], |r| {
        Ok(DoorRow {
            device: row::code(r, 0)?,
            zone: row::code_or(r, 1)?,
            open: r.get(2)?,
            since: row::time(r, 3)?,
        })
    })
}

/// When a door of a zone was last open: `now` while one is; `None` for a zone whose doors were never heard to open.
///
/// # Errors
/// A fault of the database.
pub fn last_open(conn: &Connection, zone: &ZoneId, now: Timestamp) -> DbResult<Option<Timestamp>> {
    let sql = "SELECT max(CASE e.open WHEN 1 THEN ?2 ELSE
                 (SELECT s.at FROM door_event s WHERE s.door = e.door AND s.at >
                    (SELECT o.at FROM door_event o WHERE o.door = e.door AND o.open = 1 ORDER BY o.at DESC LIMIT 1)
                  ORDER BY s.at LIMIT 1) END)
               FROM device d JOIN door_event e ON e.door = d.device
                 AND e.at = (SELECT max(n.at) FROM door_event n WHERE n.door = d.device)
               WHERE d.zone = ?1 AND d.listed = 1";
    Ok(one(conn, sql, (zone.as_str(), now.ms()), |r| row::time_or(r, 0))?.flatten())
}

/// The buzzers of zones, by name, and whether each must sound: a door of its zone has stood open for too long.
///
/// # Errors
/// A fault of the database.
pub fn buzzers(conn: &Connection) -> DbResult<Vec<(DeviceId, bool)>> {
    let sql = "SELECT d.device, EXISTS (SELECT 1 FROM alarm a WHERE a.kind = 'door_ajar' AND a.cleared IS NULL
                 AND a.zone = d.zone)
               FROM device d WHERE d.class = 'output' AND d.zone IS NOT NULL AND d.listed = 1 ORDER BY d.device";
    all(conn, sql, [], |r| Ok((row::code(r, 0)?, r.get(1)?)))
}

/// Forgets what doors said before a time; how each stands now is kept.
///
/// # Errors
/// A fault of the database.
pub fn purge(conn: &Connection, before: Timestamp, limit: u32) -> DbResult<usize> {
    let sql = "DELETE FROM door_event WHERE (door, at) IN
                 (SELECT e.door, e.at FROM door_event e WHERE e.at < ?1
                    AND e.at < (SELECT max(n.at) FROM door_event n WHERE n.door = e.door)
                  ORDER BY e.door, e.at LIMIT ?2)";
    run(conn, sql, (before.ms(), limit))
}
