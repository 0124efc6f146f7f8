//! Tables `doc_chunk` (the documents as runs of chunks) and `quarantine` (what could not be used, with its reason).

use super::{Connection, DbResult, all, number, row, run};
use model::Timestamp;
use std::collections::BTreeMap;
use sync::inspect::reason_kind;

/// Records that are kept in quarantine of each sort.
pub const KEPT_MAX: u32 = 1_000;

/// A document's chunks, oldest first, and how many there are.
///
/// # Errors
/// A fault of the database.
pub fn load(conn: &Connection, doc: &str) -> DbResult<(Vec<u8>, usize)> {
    let sql = "SELECT bytes FROM doc_chunk WHERE doc = ?1 ORDER BY n";
    let chunks: Vec<Vec<u8>> = all(conn, sql, [doc], |r| r.get(0))?;
    Ok((chunks.concat(), chunks.len()))
}

/// Adds a chunk.
///
/// # Errors
/// A fault of the database.
pub fn append(conn: &Connection, doc: &str, bytes: &[u8]) -> DbResult<()> {
    let sql = "INSERT INTO doc_chunk (doc, n, bytes)
               VALUES (?1, (SELECT coalesce(max(n), 0) + 1 FROM doc_chunk WHERE doc = ?1), ?2)";
    run(conn, sql, (doc, bytes)).map(|_| ())
}

/// Replaces all chunks by one that says the same.
///
/// # Errors
/// A fault of the database.
pub fn replace(conn: &Connection, doc: &str, bytes: &[u8]) -> DbResult<()> {
    run(conn, "DELETE FROM doc_chunk WHERE doc = ?1", [doc])?;
    append(conn, doc, bytes)
}

/// Names of all documents.
///
/// # Errors
/// A fault of the database.
pub fn names(conn: &Connection) -> DbResult<Vec<String>> {
    all(conn, "SELECT DISTINCT doc FROM doc_chunk ORDER BY doc", [], |r| r.get(0))
}

/// Keeps what could not be used, with its reason; the rest goes on. `origin` is `hub 17` or `outbox 3`. Of what names a
/// document, and of what names none, the newest [`KEPT_MAX`] are kept: whatever a hub sends fills no disk, and rubbish pushes
/// out no record of a document. What goes stays counted.
///
/// # Errors
/// A fault of the database.
pub fn quarantine(
    conn: &Connection,
    at: Timestamp,
    origin: &str,
    doc: &str,
    bytes: &[u8],
    reason: &str,
) -> DbResult<()> {
    let sql = "INSERT INTO quarantine (at, origin, doc, bytes, reason) VALUES (?1, ?2, ?3, ?4, ?5)";
    run(conn, sql, (at.ms(), origin, doc, bytes, reason))?;
    let bare = doc.is_empty();
    let older = "SELECT id, reason FROM quarantine WHERE (doc = '') = ?1 ORDER BY id DESC LIMIT -1 OFFSET ?2";
    let older: Vec<(i64, String)> = all(conn, older, (bare, KEPT_MAX), |r| Ok((r.get(0)?, r.get(1)?)))?;
    for (id, reason) in older {
        run(conn, "DELETE FROM quarantine WHERE id = ?1", [id])?;
        let sql = "INSERT INTO quarantine_gone (kind, records) VALUES (?1, 1)
                   ON CONFLICT (kind) DO UPDATE SET records = records + 1";
        run(conn, sql, [reason_kind(&reason)])?;
    }
    Ok(())
}

/// How many records ever went to quarantine, those that are gone from it among them.
///
/// # Errors
/// A fault of the database.
pub fn quarantined(conn: &Connection) -> DbResult<i64> {
    let sql =
        "SELECT (SELECT count(*) FROM quarantine) + (SELECT coalesce(sum(records), 0) FROM quarantine_gone)";
    number(conn, sql, [])
}

/// How many records of one origin are in quarantine.
///
/// # Errors
/// A fault of the database.
pub fn set_aside_of(conn: &Connection, origin: &str) -> DbResult<i64> {
    number(conn, "SELECT count(*) FROM quarantine WHERE origin = ?1", [origin])
}

/// Whether a record lies in quarantine for this very reason.
///
/// # Errors
/// A fault of the database.
pub fn is_set_aside(conn: &Connection, reason: &str) -> DbResult<bool> {
    Ok(number(conn, "SELECT count(*) FROM quarantine WHERE reason = ?1", [reason])? > 0)
}

/// Reasons in quarantine, newest first.
///
/// # Errors
/// A fault of the database.
pub fn reasons(conn: &Connection, limit: u32) -> DbResult<Vec<(String, String, String)>> {
    let sql = "SELECT origin, doc, reason FROM quarantine ORDER BY id DESC LIMIT ?1";
    all(conn, sql, [limit], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))
}

/// One record in quarantine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    /// When it was set aside.
    pub at: Timestamp,
    /// `hub 17` or `outbox 3`.
    pub origin: String,
    /// Its document; empty where it names none.
    pub doc: String,
    /// Why.
    pub reason: String,
}

/// What is in quarantine, newest first.
///
/// # Errors
/// A fault of the database.
pub fn set_aside(conn: &Connection, limit: u32) -> DbResult<Vec<SetAside>> {
    let sql = "SELECT at, origin, doc, reason FROM quarantine ORDER BY id DESC LIMIT ?1";
    all(conn, sql, [limit], |r| {
        Ok(SetAside { at: row::time(r, 0)?, origin: r.get(1)?, doc: r.get(2)?, reason: r.get(3)? })
    })
}

/// How many records ever went to quarantine, by kind of reason.
///
/// # Errors
/// A fault of the database.
pub fn kind_counts(conn: &Connection) -> DbResult<BTreeMap<String, i64>> {
    let sql = "SELECT kind, records FROM quarantine_gone ORDER BY kind";
    let mut counts: BTreeMap<String, i64> =
        all(conn, sql, [], |r| Ok((r.get(0)?, r.get(1)?)))?.into_iter().collect();
    let sql = "SELECT reason, count(*) FROM quarantine GROUP BY reason ORDER BY reason";
    let kept: Vec<(String, i64)> = all(conn, sql, [], |r| Ok((r.get(0)?, r.get(1)?)))?;
    for (reason, count) in kept {
        *counts.entry(reason_kind(&reason).to_owned()).or_default() += count;
    }
    Ok(counts)
}
