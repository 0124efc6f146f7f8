//! Looks on their way to the hub, at the shelf and at the alarms: whether one waits, and chunks of hours that are over.

use super::{Connection, DbResult, lanes, one, run};
use sync::doc::DocId;
use sync::lane::Lane;

/// Whether a look of this kind of fact waits to be carried or acknowledged.
///
/// # Errors
/// A fault of the database.
pub fn waits(conn: &Connection, lane: Lane, kind: &str) -> DbResult<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM sync_out WHERE lane = ?1)
                   OR EXISTS (SELECT 1 FROM outbox WHERE instr(facts, ?2) > 0)";
    let named = format!("\"kind\":\"{kind}\"");
    Ok(one(conn, sql, (lanes::number_of(lane), named), |r| r.get(0))?.unwrap_or(false))
}

/// Chunks of every hour but this are of no use: none of them waits to be sent.
///
/// # Errors
/// A fault of the database.
pub fn drop_others(conn: &Connection, keep: &DocId) -> DbResult<()> {
    let keep = keep.to_string();
    // `stock/s1/`: all of this kind and store lie from there to before `stock/s10`.
    let from = keep.split_inclusive('/').take(2).collect::<String>();
    let before = format!("{}0", from.trim_end_matches('/'));
    run(conn, "DELETE FROM doc_chunk WHERE doc >= ?1 AND doc < ?2 AND doc <> ?3", (from, before, keep))
        .map(|_| ())
}
