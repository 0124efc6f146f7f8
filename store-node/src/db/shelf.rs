//! Looks at the shelf on their way to the hub: whether one waits, and chunks of hours that are over.

use super::{Connection, DbResult, lanes, one, run};
use model::StoreId;
use sync::doc::DocId;
use sync::lane::Lane;

/// Where the names of a store's stock documents lie: from the first to before the second.
fn span(store: &str) -> (String, String) {
    (format!("stock/{store}/"), format!("stock/{store}0"))
}

/// Whether a look waits to be carried or acknowledged.
///
/// # Errors
/// A fault of the database.
pub fn waits(conn: &Connection) -> DbResult<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM sync_out WHERE lane = ?1)
                   OR EXISTS (SELECT 1 FROM outbox WHERE facts LIKE '%\"kind\":\"stock\"%')";
    Ok(one(conn, sql, [lanes::number_of(Lane::Stock)], |r| r.get(0))?.unwrap_or(false))
}

/// Chunks of every hour but this are of no use: none of them waits to be sent.
///
/// # Errors
/// A fault of the database.
pub fn drop_others(conn: &Connection, keep: &DocId) -> DbResult<()> {
    let (from, before) = span(keep.store().map_or("", StoreId::as_str));
    let sql = "DELETE FROM doc_chunk WHERE doc >= ?1 AND doc < ?2 AND doc <> ?3";
    run(conn, sql, (from, before, keep.to_string())).map(|_| ())
}
