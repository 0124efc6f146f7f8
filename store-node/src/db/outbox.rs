//! Tables `outbox` (facts that wait to be carried) and `sync_out` (the own log: changes that wait to be acknowledged).

use super::marks::{self, Mark};
use super::{Connection, DbResult, all, number, one, row, run};
use model::Timestamp;
use model::fact::Fact;

/// Adds a fact.
///
/// # Errors
/// A fault of the database.
pub fn push(conn: &Connection, at: Timestamp, fact: &Fact) -> DbResult<()> {
    let sql = "INSERT INTO outbox (at, fact) VALUES (?1, ?2)";
    run(conn, sql, (at.ms(), serde_json::to_string(fact)?)).map(|_| ())
}

/// A waiting fact; one that does not read is given as its text, to be quarantined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Its number; numbers begin anew when everything is carried.
    pub seq: i64,
    /// When it was written.
    pub at: Timestamp,
    /// The stored text.
    pub text: String,
}

/// Facts that wait to be carried, oldest first.
///
/// # Errors
/// A fault of the database.
pub fn waiting(conn: &Connection, limit: u32) -> DbResult<Vec<Waiting>> {
    let sql = "SELECT seq, at, fact FROM outbox ORDER BY seq LIMIT ?1";
    all(conn, sql, [limit], |r| Ok(Waiting { seq: r.get(0)?, at: row::time(r, 1)?, text: r.get(2)? }))
}

/// Facts up to this number are carried.
///
/// # Errors
/// A fault of the database.
pub fn carried(conn: &Connection, upto: i64) -> DbResult<()> {
    run(conn, "DELETE FROM outbox WHERE seq <= ?1", [upto]).map(|_| ())
}

/// Adds a change to the own log; numbers run from 1 without gaps.
///
/// # Errors
/// A fault of the database.
pub fn log(conn: &Connection, doc: &str, change: &[u8], facts: u32, oldest: Timestamp) -> DbResult<u64> {
    let seq = marks::bump(conn, Mark::OutLast)?;
    let sql = "INSERT INTO sync_out (seq, doc, change, facts, oldest_at) VALUES (?1, ?2, ?3, ?4, ?5)";
    run(conn, sql, (seq, doc, change, facts, oldest.ms()))?;
    Ok(u64::try_from(seq).unwrap_or(0))
}

/// A stored change: number, document, bytes.
pub type Logged = (u64, String, Vec<u8>);

/// Changes after a number, in order.
///
/// # Errors
/// A fault of the database.
pub fn logged(conn: &Connection, after: u64, limit: u32) -> DbResult<Vec<Logged>> {
    let sql = "SELECT seq, doc, change FROM sync_out WHERE seq > ?1 ORDER BY seq LIMIT ?2";
    let after = i64::try_from(after).unwrap_or(i64::MAX);
    all(conn, sql, (after, limit), |r| {
        Ok((u64::try_from(r.get::<_, i64>(0)?).unwrap_or(0), r.get(1)?, r.get(2)?))
    })
}

/// The other side has the own log up to here.
///
/// # Errors
/// A fault of the database.
pub fn acked(conn: &Connection, upto: u64) -> DbResult<()> {
    let upto = i64::try_from(upto).unwrap_or(i64::MAX);
    if upto <= marks::get(conn, Mark::OutAcked)? {
        return Ok(());
    }
    marks::set(conn, Mark::OutAcked, upto)?;
    run(conn, "DELETE FROM sync_out WHERE seq <= ?1", [upto]).map(|_| ())
}

/// Facts that the other side has not acknowledged, and the oldest of them.
///
/// # Errors
/// A fault of the database.
pub fn unacknowledged(conn: &Connection) -> DbResult<(i64, Option<Timestamp>)> {
    let logged = number(conn, "SELECT coalesce(sum(facts), 0) FROM sync_out", [])?;
    let waiting = number(conn, "SELECT count(*) FROM outbox", [])?;
    let oldest =
        "SELECT min(t) FROM (SELECT min(oldest_at) AS t FROM sync_out UNION ALL SELECT min(at) FROM outbox)";
    let oldest = one(conn, oldest, [], |r| row::time_or(r, 0))?.flatten();
    Ok((logged.saturating_add(waiting), oldest))
}
