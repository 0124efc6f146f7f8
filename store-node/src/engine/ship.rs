//! What goes to the hub in batches when nothing else waits: the ledger and the temperature log. The hub says how far it has
//! come and this makes the next batch from the tables themselves, so that nothing is queued, kept twice or lost by a restart.

use super::{Engine, Fault};
use crate::chain::Hash;
use crate::cold_chain::{self, Chain};
use crate::db::marks::{self, Mark};
use crate::db::{Connection, DbError, DbResult, cold_links, cold_log, ledger};
use model::quota::StoreEpoch;
use sync::batch::{Batch, Head, ROWS_MAX, Row, Stream};

/// What is to be sent next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Nothing: the hub has all, or rows of a restored store's history are still on their way here.
    Nothing,
    /// This batch.
    Batch(Batch),
    /// The hub has another history than this machine: it is to be asked where its batches end.
    Forked,
}

/// What to send after what the hub has.
///
/// # Errors
/// A fault of the database.
pub fn next(conn: &Connection, store: &str, stream: Stream, hub: Head) -> DbResult<Step> {
    let (base, last) = span(conn, store, stream)?;
    if hub.upto > last || hub.upto < base {
        return Ok(Step::Forked);
    }
    match hash_at(conn, store, stream, hub.upto)? {
        None => Ok(Step::Nothing),
        Some(mine) if mine != hub.hash => Ok(Step::Forked),
        Some(_) => Ok(batch(conn, stream, hub)?.map_or(Step::Nothing, Step::Batch)),
    }
}

/// The newest of these ends that this machine has too.
///
/// # Errors
/// A fault of the database.
pub fn shared(conn: &Connection, store: &str, stream: Stream, ends: &[Head]) -> DbResult<Option<Head>> {
    for end in ends {
        if hash_at(conn, store, stream, end.upto)? == Some(end.hash) {
            return Ok(Some(*end));
        }
    }
    Ok(None)
}

/// What stands after an end that both have, or (`None`) after the oldest row here; of it the first batch.
///
/// # Errors
/// A fault of the database.
pub fn again(conn: &Connection, store: &str, stream: Stream, end: Option<Head>) -> DbResult<Option<Batch>> {
    let (base, _) = span(conn, store, stream)?;
    let end = match end {
        Some(end) => Some(end),
        None => hash_at(conn, store, stream, base)?.map(|hash| Head { upto: base, hash }),
    };
    end.map_or(Ok(None), |end| batch(conn, stream, end))
}

/// Rows of a table that the hub does not have, as far as is known here.
///
/// # Errors
/// A fault of the database.
pub fn waiting(conn: &Connection, store: &str, stream: Stream) -> DbResult<u64> {
    let (_, last) = span(conn, store, stream)?;
    Ok(last.saturating_sub(marks::count(conn, mark(stream))?))
}

/// Where the hub's copy is remembered.
pub const fn mark(stream: Stream) -> Mark {
    match stream {
        Stream::Ledger => Mark::LedgerShipped,
        Stream::Temperatures => Mark::ReadingsShipped,
    }
}

impl Engine {
    /// The hub has the rows up to here, and they are the ones that stand here. What is only kept for its sake may go.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn shipped(&mut self, stream: Stream, head: Head) -> Result<(), Fault> {
        let tx = self.db.begin()?;
        let store = self.parts.setup.store.as_str();
        if hash_at(&tx, store, stream, head.upto)? == Some(head.hash) {
            marks::set(&tx, mark(stream), place(head.upto))?;
        }
        Ok(tx.commit()?)
    }
}

/// The life of this store's machine.
///
/// # Errors
/// A fault of the database.
pub fn epoch(conn: &Connection) -> DbResult<StoreEpoch> {
    Ok(StoreEpoch(u32::try_from(marks::get(conn, Mark::Epoch)?).unwrap_or(0)))
}

/// The last row that is gone, and the last one that is here.
fn span(conn: &Connection, store: &str, stream: Stream) -> DbResult<(u64, u64)> {
    let number = |n: i64| u64::try_from(n).unwrap_or(0);
    Ok(match stream {
        Stream::Ledger => (0, number(ledger::head(conn, store)?.0)),
        Stream::Temperatures => {
            let ends = cold_links::ends(conn, Chain::Readings, store)?;
            (number(ends.base), number(ends.head))
        }
    })
}

/// The hash of a row as it stands here; `None` for a row that is not here.
fn hash_at(conn: &Connection, store: &str, stream: Stream, upto: u64) -> DbResult<Option<Hash>> {
    if upto == 0 {
        return Ok(Some(stream.first(store)));
    }
    match stream {
        Stream::Ledger => ledger::hash_at(conn, place(upto)),
        Stream::Temperatures => {
            let ends = cold_links::ends(conn, Chain::Readings, store)?;
            if place(upto) == ends.base {
                return Ok(Some(ends.base_hash));
            }
            let row = cold_log::after(conn, place(upto) - 1, 1)?.pop().filter(|row| row.n == place(upto));
            Ok(row.map(|row| cold_chain::reading(&row)))
        }
    }
}

/// The rows after an end, as many as fit.
fn batch(conn: &Connection, stream: Stream, end: Head) -> DbResult<Option<Batch>> {
    let limit = u32::try_from(ROWS_MAX).unwrap_or(u32::MAX);
    let after = place(end.upto);
    match stream {
        Stream::Ledger => {
            let rows = ledger::after(conn, after, limit)?;
            pack(end, &rows.into_iter().map(|(entry, _)| entry).collect::<Vec<_>>())
        }
        Stream::Temperatures => {
            let rows = cold_log::after(conn, after, limit)?;
            pack(end, &rows.iter().map(cold_chain::shipped).collect::<Vec<_>>())
        }
    }
}

/// Only rows that follow each other: where one is missing, it is still to come.
fn pack<R: Row>(end: Head, rows: &[R]) -> DbResult<Option<Batch>> {
    let whole = rows.iter().zip(place(end.upto) + 1..).take_while(|(row, want)| row.place() == *want).count();
    let rows = rows.get(..whole).unwrap_or_default();
    Batch::of(end.hash, rows).map_err(|error| DbError::Corrupt(error.to_string()))
}

fn place(upto: u64) -> i64 {
    i64::try_from(upto).unwrap_or(i64::MAX)
}
