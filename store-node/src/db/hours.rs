//! Tables `hour_mark`, `doc_closed` and `late_wait`: hours of orders that are over, the blobs that took their documents' place,
//! and what came late for an order before the order.

use super::{Connection, DbResult, all, number, one, row, run};
use model::{OrderId, Timestamp};
use sync::doc::ClosedBlob;

/// An hour whose document stands and in which this side has not said its last word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unmarked {
    /// The hour.
    pub hour: i64,
    /// The hub has said its last word there.
    pub theirs: bool,
    /// Orders of it that have not ended.
    pub open: i64,
}

/// Where the names of a store's hours lie: from the first to before the second.
fn span(store: &str) -> (String, String) {
    (format!("orders/{store}/"), format!("orders/{store}0"))
}

/// Hours before `before` that this side has not marked, oldest first.
///
/// # Errors
/// A fault of the database.
pub fn unmarked(conn: &Connection, store: &str, before: i64, limit: u32) -> DbResult<Vec<Unmarked>> {
    // From name to name, not from chunk to chunk.
    let sql = "WITH RECURSIVE name (doc) AS (
                 SELECT min(doc) FROM doc_chunk WHERE doc >= ?1 AND doc < ?2
                 UNION ALL
                 SELECT (SELECT min(doc) FROM doc_chunk WHERE doc > name.doc AND doc < ?2) FROM name
                 WHERE name.doc IS NOT NULL),
               hour (hour) AS (SELECT CAST(substr(doc, length(?1) + 1) AS INTEGER) FROM name WHERE doc IS NOT NULL)
               SELECT hour.hour, hour_mark.theirs_at IS NOT NULL,
                      (SELECT count(*) FROM orders WHERE ended_at IS NULL AND orders.hour = hour.hour)
               FROM hour LEFT JOIN hour_mark ON hour_mark.hour = hour.hour
               WHERE hour.hour < ?3 AND hour_mark.mine_at IS NULL ORDER BY hour.hour LIMIT ?4";
    let (from, to) = span(store);
    all(conn, sql, (from, to, before, limit), |r| {
        Ok(Unmarked { hour: r.get(0)?, theirs: r.get(1)?, open: r.get(2)? })
    })
}

/// Hours whose documents stand, the newest first.
///
/// # Errors
/// A fault of the database.
pub fn open(conn: &Connection, store: &str, limit: u32) -> DbResult<Vec<i64>> {
    // From name to name, not from chunk to chunk; hours have six digits until the year 2084, so names lie as hours do.
    let sql = "WITH RECURSIVE name (doc) AS (
                 SELECT max(doc) FROM doc_chunk WHERE doc >= ?1 AND doc < ?2
                 UNION ALL
                 SELECT (SELECT max(doc) FROM doc_chunk WHERE doc >= ?1 AND doc < name.doc) FROM name
                 WHERE name.doc IS NOT NULL)
               SELECT CAST(substr(doc, length(?1) + 1) AS INTEGER) FROM name WHERE doc IS NOT NULL LIMIT ?3";
    let (from, to) = span(store);
    all(conn, sql, (from, to, limit), |r| r.get(0))
}

/// This side has said its last word in an hour.
///
/// # Errors
/// A fault of the database.
pub fn mark_mine(conn: &Connection, hour: i64, at: Timestamp) -> DbResult<()> {
    let sql = "INSERT INTO hour_mark (hour, mine_at) VALUES (?1, ?2)
               ON CONFLICT (hour) DO UPDATE SET mine_at = coalesce(mine_at, ?2)";
    run(conn, sql, (hour, at.ms())).map(|_| ())
}

/// The hub has said its last word in an hour.
///
/// # Errors
/// A fault of the database.
pub fn mark_theirs(conn: &Connection, hour: i64, at: Timestamp) -> DbResult<()> {
    let sql = "INSERT INTO hour_mark (hour, theirs_at) VALUES (?1, ?2)
               ON CONFLICT (hour) DO UPDATE SET theirs_at = coalesce(theirs_at, ?2)";
    run(conn, sql, (hour, at.ms())).map(|_| ())
}

/// The hour after every one that this side has marked: where late facts go.
///
/// # Errors
/// A fault of the database.
pub fn after_marked(conn: &Connection) -> DbResult<i64> {
    number(conn, "SELECT coalesce(max(hour), 0) + 1 FROM hour_mark WHERE mine_at IS NOT NULL", [])
}

/// Hours that both sides have marked and that are no blob yet, none of whose changes waits to be acknowledged.
///
/// # Errors
/// A fault of the database.
pub fn ready(conn: &Connection, store: &str, limit: u32) -> DbResult<Vec<i64>> {
    let sql = "SELECT hour FROM hour_mark
               WHERE mine_at IS NOT NULL AND theirs_at IS NOT NULL AND closed_at IS NULL
                 AND NOT EXISTS (SELECT 1 FROM sync_out WHERE sync_out.doc = ?1 || hour_mark.hour)
               ORDER BY hour LIMIT ?2";
    all(conn, sql, (span(store).0, limit), |r| r.get(0))
}

/// A blob takes the place of an hour's chunks.
///
/// # Errors
/// A fault of the database; also when the hour is a blob already.
pub fn close(conn: &Connection, hour: i64, doc: &str, blob: &ClosedBlob, at: Timestamp) -> DbResult<()> {
    let sql = "INSERT INTO doc_closed (doc, sha256, orders, closed_at, bytes) VALUES (?1, ?2, ?3, ?4, ?5)";
    let orders = i64::try_from(blob.orders).unwrap_or(i64::MAX);
    run(conn, sql, (doc, blob.sha256.as_slice(), orders, at.ms(), &blob.bytes))?;
    run(conn, "DELETE FROM doc_chunk WHERE doc = ?1", [doc])?;
    let sql = "INSERT INTO hour_mark (hour, mine_at, theirs_at, closed_at) VALUES (?1, ?2, ?2, ?2)
               ON CONFLICT (hour) DO UPDATE SET closed_at = ?2, mine_at = coalesce(mine_at, ?2),
                 theirs_at = coalesce(theirs_at, ?2)";
    run(conn, sql, (hour, at.ms())).map(|_| ())
}

/// The blob of a document, if it is closed.
///
/// # Errors
/// A fault of the database.
pub fn blob(conn: &Connection, doc: &str) -> DbResult<Option<Vec<u8>>> {
    one(conn, "SELECT bytes FROM doc_closed WHERE doc = ?1", [doc], |r| r.get(0))
}

/// Name, SHA-256 and length of closed documents, the newest first.
///
/// # Errors
/// A fault of the database.
pub fn manifest(conn: &Connection, limit: u32) -> DbResult<Vec<(String, [u8; 32], u32)>> {
    let sql = "SELECT doc, sha256, length(bytes) FROM doc_closed ORDER BY n DESC LIMIT ?1";
    all(conn, sql, [limit], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))
}

/// The same of the hours before one, the newest first. Hours have six digits until the year 2084, so names lie as hours do.
///
/// # Errors
/// A fault of the database.
pub fn before(
    conn: &Connection,
    store: &str,
    hour: i64,
    limit: u32,
) -> DbResult<Vec<(String, [u8; 32], u32)>> {
    let (from, _) = span(store);
    let sql = "SELECT doc, sha256, length(bytes) FROM doc_closed WHERE doc > ?1 AND doc < ?1 || ?2
               ORDER BY doc DESC LIMIT ?3";
    all(conn, sql, (from, hour, limit), |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))
}

/// What closed hours hold and how long since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Closed {
    /// Documents.
    pub documents: i64,
    /// Orders in them.
    pub orders: i64,
    /// Bytes of their blobs.
    pub bytes: i64,
    /// When the last one was closed.
    pub last_at: Option<Timestamp>,
}

/// Sums over all closed documents.
///
/// # Errors
/// A fault of the database.
pub fn sums(conn: &Connection) -> DbResult<Closed> {
    let sql = "SELECT count(*), coalesce(sum(orders), 0), coalesce(sum(length(bytes)), 0), max(closed_at)
               FROM doc_closed";
    let found = one(conn, sql, [], |r| {
        Ok(Closed { documents: r.get(0)?, orders: r.get(1)?, bytes: r.get(2)?, last_at: row::time_or(r, 3)? })
    })?;
    Ok(found.unwrap_or_default())
}

/// What the document of this hour says late of an order waits until the order is known.
///
/// # Errors
/// A fault of the database.
pub fn await_order(conn: &Connection, order: &OrderId, hour: i64) -> DbResult<()> {
    let sql = "INSERT INTO late_wait (order_id, hour) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
    run(conn, sql, (order.as_bytes(), hour)).map(|_| ())
}

/// What waits for an order that is known by now.
///
/// # Errors
/// A fault of the database.
pub fn late_due(conn: &Connection, limit: u32) -> DbResult<Vec<(OrderId, i64)>> {
    let sql = "SELECT order_id, hour FROM late_wait
               WHERE EXISTS (SELECT 1 FROM orders WHERE orders.order_id = late_wait.order_id)
               ORDER BY order_id, hour LIMIT ?1";
    all(conn, sql, [limit], |r| Ok((row::id(r, 0, OrderId::from_bytes)?, r.get(1)?)))
}

/// What waits and stands in a document of an hour before this one, the oldest first.
///
/// # Errors
/// A fault of the database.
pub fn late_before(conn: &Connection, hour: i64, limit: u32) -> DbResult<Vec<(OrderId, i64)>> {
    let sql = "SELECT order_id, hour FROM late_wait WHERE hour < ?1 ORDER BY hour, order_id LIMIT ?2";
    all(conn, sql, (hour, limit), |r| Ok((row::id(r, 0, OrderId::from_bytes)?, r.get(1)?)))
}

/// It waits no more.
///
/// # Errors
/// A fault of the database.
pub fn drop_late(conn: &Connection, order: &OrderId, hour: i64) -> DbResult<()> {
    let sql = "DELETE FROM late_wait WHERE order_id = ?1 AND hour = ?2";
    run(conn, sql, (order.as_bytes(), hour)).map(|_| ())
}
