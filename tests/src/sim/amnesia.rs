//! A machine comes up without one change of the other side in an open document: a page of its disk went bad, or the file
//! was mended by hand. Everything else is there, so only the comparison of heads finds it, and a repair brings it back.
//! Never here: changes of its own, which a store could only get back in a new life.

use crate::checks::{Checked, machine};
use model::order::Owner;
use rand::Rng;
use rand::rngs::SmallRng;
use rusqlite::Connection;
use std::path::Path;
use sync::doc::change_says;

/// Changes among which one is chosen, the newest of the machine.
const NEWEST: u32 = 60;

/// Takes one change that `other` wrote out of a database that nobody has open. Says whether there was one.
///
/// # Errors
/// When the file cannot be read.
pub(super) fn forget(path: &Path, other: Owner, rng: &mut SmallRng) -> Checked<bool> {
    let conn = Connection::open(path).map_err(machine)?;
    let (key, by) = match other {
        Owner::Hub => ("n", "hub,"),
        Owner::Store => ("seq", "store,"),
    };
    let sql = format!(
        "SELECT doc, {key}, bytes FROM doc_chunk WHERE doc LIKE 'orders/%' ORDER BY doc DESC, {key} DESC LIMIT {NEWEST}"
    );
    let mut newest = conn.prepare(&sql).map_err(machine)?;
    let rows = newest
        .query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, row.get::<_, Vec<u8>>(2)?)))
        .map_err(machine)?;
    let mut theirs = Vec::new();
    for row in rows {
        let (doc, at, bytes) = row.map_err(machine)?;
        if change_says(&bytes).starts_with(by) {
            theirs.push((doc, at));
        }
    }
    if theirs.is_empty() {
        return Ok(false);
    }
    let (doc, at) = theirs.swap_remove(rng.random_range(0..theirs.len()));
    let gone = conn.execute(&format!("DELETE FROM doc_chunk WHERE doc = ?1 AND {key} = ?2"), (doc, at));
    gone.map_err(machine).map(|rows| rows == 1)
}
