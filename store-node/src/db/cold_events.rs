//! Table `cold_event`: alarms, who has seen them, doors, calibrations, actions and thinnings, each chained to the one
//! before. Rows are added and read, never changed; a year later the oldest are forgotten.

use super::{Connection, DbResult, Sifted, all, cold_links, row, run};
use crate::chain::Hash;
use crate::cold_chain::{self, Chain};
use model::Timestamp;

/// What is to be noted.
#[derive(Debug, Clone, Copy)]
pub struct NewEvent<'a> {
    /// When it happened.
    pub at: Timestamp,
    /// When the node heard of it.
    pub heard: Timestamp,
    /// Its word.
    pub kind: &'a str,
    /// At which device.
    pub device: &'a str,
    /// In which zone.
    pub zone: Option<&'a str>,
    /// By whom.
    pub person: &'a str,
    /// Its particulars.
    pub detail: &'a str,
}

/// One event. Codes are texts here: it outlives what it names, and must be readable even when it is damaged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRow {
    /// Its place in the chain, from 1.
    pub n: i64,
    /// When it happened.
    pub at: Timestamp,
    /// When the node heard of it.
    pub heard: Timestamp,
    /// Its word.
    pub kind: String,
    /// At which device.
    pub device: String,
    /// In which zone.
    pub zone: Option<String>,
    /// By whom.
    pub person: String,
    /// Its particulars.
    pub detail: String,
    /// The newest reading's place then.
    pub reading: i64,
    /// The hash of the event before.
    pub before: Hash,
}

const COLUMNS: &str = "n, at, heard, kind, device, zone, person, detail, reading, before";

fn read(r: &rusqlite::Row<'_>) -> rusqlite::Result<EventRow> {
    Ok(EventRow {
        n: r.get(0)?,
        at: row::time(r, 1)?,
        heard: row::time(r, 2)?,
        kind: r.get(3)?,
        device: r.get(4)?,
        zone: r.get(5)?,
        person: r.get(6)?,
        detail: r.get(7)?,
        reading: r.get(8)?,
        before: r.get(9)?,
    })
}

/// Notes an event at the end of its chain; gives its place.
///
/// # Errors
/// A fault of the database.
pub fn add(conn: &Connection, store: &str, new: &NewEvent<'_>) -> DbResult<i64> {
    let mut ends = cold_links::ends(conn, Chain::Events, store)?;
    let event = EventRow {
        n: ends.head.saturating_add(1),
        at: new.at,
        heard: new.heard,
        kind: new.kind.to_owned(),
        device: new.device.to_owned(),
        zone: new.zone.map(ToOwned::to_owned),
        person: new.person.to_owned(),
        detail: new.detail.to_owned(),
        reading: cold_links::ends(conn, Chain::Readings, store)?.head,
        before: ends.head_hash,
    };
    let sql = format!("INSERT INTO cold_event ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)");
    let params = rusqlite::params![
        event.n,
        event.at.ms(),
        event.heard.ms(),
        event.kind,
        event.device,
        event.zone,
        event.person,
        event.detail,
        event.reading,
        event.before,
    ];
    run(conn, &sql, params)?;
    (ends.head, ends.head_hash) = (event.n, cold_chain::event(&event));
    cold_links::put(conn, Chain::Events, &ends)?;
    Ok(event.n)
}

/// Events after a place, in order.
///
/// # Errors
/// A fault of the database.
pub fn after(conn: &Connection, n: i64, limit: u32) -> DbResult<Vec<EventRow>> {
    let sql = format!("SELECT {COLUMNS} FROM cold_event WHERE n > ?1 ORDER BY n LIMIT ?2");
    all(conn, &sql, (n, limit), read)
}

/// The same for a check: each event by its place, or what is wrong with it.
///
/// # Errors
/// When SQLite cannot give the rows at all.
pub fn sifted_after(conn: &Connection, n: i64, limit: u32) -> DbResult<Sifted<i64, EventRow>> {
    let sql = format!("SELECT {COLUMNS} FROM cold_event WHERE n > ?1 ORDER BY n LIMIT ?2");
    super::sift(conn, &sql, (n, limit), |r| r.get(0), read)
}

/// Events that happened from a time up to before another, in order of time.
///
/// # Errors
/// A fault of the database.
pub fn between(conn: &Connection, from: Timestamp, to: Timestamp) -> DbResult<Vec<EventRow>> {
    let sql = format!("SELECT {COLUMNS} FROM cold_event WHERE at >= ?1 AND at < ?2 ORDER BY at, n");
    all(conn, &sql, (from.ms(), to.ms()), read)
}

/// Forgets events up to and with a place.
///
/// # Errors
/// A fault of the database.
pub fn forget(conn: &Connection, upto: i64) -> DbResult<usize> {
    run(conn, "DELETE FROM cold_event WHERE n <= ?1", [upto])
}
