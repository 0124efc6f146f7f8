//! Table `ledger`: every change of a balance, chained by SHA-256 (REQ-6). Rows are added and read, never changed.

use super::{Connection, DbResult, Tx, add_rows, all, number, one, row, run};
use crate::chain::{self, Hash};
use rusqlite::ToSql;
use std::cell::RefCell;
pub use sync::batch::Entry;

const COLUMNS: &str = "seq, at, kind, sku, lot, bin, qty, on_hand_before, on_hand_after, reserved_before, \
                       reserved_after, blocked_before, blocked_after, person, device, why, reference, command, hash";

/// Rows that wait at most: a sweep writes many in one command.
const PENDING_MAX: usize = 8;
/// Rows of one block of the index `ledger_by_block`, as a power of two.
const BLOCK_BITS: u32 = 12;

fn read(r: &rusqlite::Row<'_>) -> rusqlite::Result<(Entry, Vec<u8>)> {
    Ok((entry(r, |column| r.get(column))?, r.get(18)?))
}

/// An entry, its texts by `text`.
fn entry(
    r: &rusqlite::Row<'_>,
    mut text: impl FnMut(usize) -> rusqlite::Result<String>,
) -> rusqlite::Result<Entry> {
    Ok(Entry {
        seq: r.get(0)?,
        at: row::time(r, 1)?,
        kind: text(2)?,
        sku: text(3)?,
        lot: text(4)?,
        bin: text(5)?,
        qty: r.get(6)?,
        on_hand: (r.get(7)?, r.get(8)?),
        reserved: (r.get(9)?, r.get(10)?),
        blocked: (r.get(11)?, r.get(12)?),
        person: text(13)?,
        device: text(14)?,
        why: text(15)?,
        reference: text(16)?,
        command: r.get(17)?,
    })
}

/// A row as a check reads it: as much of it as can be read.
#[derive(Debug)]
pub struct Salvaged {
    /// Its number.
    pub seq: i64,
    /// What it says, signs that are no text replaced; `None` where a number of it is none.
    pub entry: Option<Entry>,
    /// Its stored hash, where it is one.
    pub hash: Option<Hash>,
    /// What of it is not what it should be.
    pub fault: Option<String>,
}

fn salvage(r: &rusqlite::Row<'_>) -> rusqlite::Result<Salvaged> {
    let fault = read(r).err().map(|error| error.to_string());
    let lossy = |column| Ok(String::from_utf8_lossy(r.get_ref(column)?.as_bytes()?).into_owned());
    Ok(Salvaged { seq: r.get(0)?, entry: entry(r, lossy).ok(), hash: r.get(18).ok(), fault })
}

/// Rows after a number, oldest first, for a check.
///
/// # Errors
/// When SQLite cannot give the rows at all.
pub fn salvaged(conn: &Connection, seq: i64, limit: u32) -> DbResult<Vec<Salvaged>> {
    let sql = format!("SELECT {COLUMNS} FROM ledger WHERE seq > ?1 ORDER BY seq LIMIT ?2");
    all(conn, &sql, (seq, limit), salvage)
}

/// Number and hash of the last row; (0, the store's first hash) in an empty ledger.
///
/// # Errors
/// A fault of the database.
pub fn head(conn: &Connection, store: &str) -> DbResult<(i64, Hash)> {
    let sql = "SELECT seq, hash FROM ledger ORDER BY seq DESC LIMIT 1";
    let found = one(conn, sql, [], |r| Ok((r.get(0)?, r.get::<_, Hash>(1)?)))?;
    Ok(found.unwrap_or_else(|| (0, chain::first(store))))
}

/// The hash of a row; `None` if it is not here.
///
/// # Errors
/// A fault of the database.
pub fn hash_at(conn: &Connection, seq: i64) -> DbResult<Option<Hash>> {
    one(conn, "SELECT hash FROM ledger WHERE seq = ?1", [seq], |r| r.get(0))
}

/// Rows that are chained and not written yet: a command's rows go in one statement.
#[derive(Debug, Default)]
pub(super) struct Pending(RefCell<Vec<(Entry, Hash)>>);

impl Pending {
    /// None of them is wanted any more.
    pub(super) fn forget(&self) {
        self.0.borrow_mut().clear();
    }

    /// Whether all is written.
    pub(super) fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }
}

/// Adds a row; its `seq` is set here. It is written by [`flush`] at the latest.
///
/// # Errors
/// A fault of the database.
pub fn append(tx: &Tx<'_>, store: &str, mut entry: Entry) -> DbResult<i64> {
    let (last, before) = match tx.head.get() {
        Some(known) => known,
        None => head(tx, store)?,
    };
    let seq = last.saturating_add(1);
    entry.seq = seq;
    let hash = chain::next(&before, &entry);
    tx.head.set(Some((seq, hash)));
    let waiting = {
        let mut pending = tx.pending.0.borrow_mut();
        pending.push((entry, hash));
        pending.len()
    };
    if waiting >= PENDING_MAX {
        flush(tx)?;
    }
    Ok(seq)
}

/// Writes the rows that wait: at the end of a command, and before anybody reads.
///
/// # Errors
/// A fault of the database.
pub fn flush(tx: &Tx<'_>) -> DbResult<()> {
    let pending = tx.pending.0.take();
    let times: Vec<i64> = pending.iter().map(|(entry, _)| entry.at.ms()).collect();
    let mut values: Vec<&dyn ToSql> = Vec::with_capacity(pending.len() * 19);
    for ((e, hash), at) in pending.iter().zip(&times) {
        let (numbers, texts): ([&dyn ToSql; 7], [&dyn ToSql; 6]) = (
            [&e.qty, &e.on_hand.0, &e.on_hand.1, &e.reserved.0, &e.reserved.1, &e.blocked.0, &e.blocked.1],
            [&e.person, &e.device, &e.why, &e.reference, &e.command, hash],
        );
        values.extend([&e.seq as &dyn ToSql, at, &e.kind, &e.sku, &e.lot, &e.bin]);
        values.extend(numbers);
        values.extend(texts);
    }
    add_rows(tx, ("ledger", COLUMNS), pending.len(), &values)
}

/// Enters a row of a backup with its stored hash; one that is there already stays as it is.
///
/// # Errors
/// A fault of the database.
pub fn put_old(conn: &Connection, e: &Entry, hash: &[u8]) -> DbResult<()> {
    let sql = format!(
        "INSERT OR IGNORE INTO ledger ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,
           ?17, ?18, ?19)"
    );
    let params = rusqlite::params![
        e.seq,
        e.at.ms(),
        e.kind,
        e.sku,
        e.lot,
        e.bin,
        e.qty,
        e.on_hand.0,
        e.on_hand.1,
        e.reserved.0,
        e.reserved.1,
        e.blocked.0,
        e.blocked.1,
        e.person,
        e.device,
        e.why,
        e.reference,
        e.command,
        hash,
    ];
    run(conn, &sql, params).map(|_| ())
}

/// The number of the last row; nought without any.
///
/// # Errors
/// A fault of the database.
pub fn last(conn: &Connection) -> DbResult<i64> {
    number(conn, "SELECT coalesce(max(seq), 0) FROM ledger", [])
}

/// Rows after a number with their stored hashes, oldest first.
///
/// # Errors
/// A fault of the database.
pub fn after(conn: &Connection, seq: i64, limit: u32) -> DbResult<Vec<(Entry, Vec<u8>)>> {
    let sql = format!("SELECT {COLUMNS} FROM ledger WHERE seq > ?1 ORDER BY seq LIMIT ?2");
    all(conn, &sql, (seq, limit), read)
}

/// The newest rows of a SKU, newest first.
///
/// # Errors
/// A fault of the database.
pub fn latest_of(conn: &Connection, sku: &str, limit: u32) -> DbResult<Vec<Entry>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM ledger WHERE seq >> {BLOCK_BITS} = ?1 AND sku = ?2 ORDER BY seq DESC LIMIT ?3"
    );
    let mut found = Vec::new();
    for block in blocks(conn)? {
        let left = limit.saturating_sub(u32::try_from(found.len()).unwrap_or(u32::MAX));
        if left == 0 {
            break;
        }
        found.extend(all(conn, &sql, (block, sku, left), read)?.into_iter().map(|(entry, _)| entry));
    }
    Ok(found)
}

/// The blocks of the ledger, newest first: a product's rows are looked for block by block.
fn blocks(conn: &Connection) -> DbResult<impl Iterator<Item = i64> + use<>> {
    let last = last(conn)?;
    Ok((0..=last >> BLOCK_BITS).rev())
}

/// SKUs whose free units changed in rows after a number, by SKU; and the last row looked at. At most `limit` rows are.
/// Picking, packing, handing over and granting leave free units as they are.
///
/// # Errors
/// A fault of the database.
pub fn freed_or_taken(tx: &Tx<'_>, seq: i64, limit: u32) -> DbResult<(Vec<model::SkuId>, i64)> {
    flush(tx)?;
    let sql = "SELECT sku, max(seq), max(kind NOT IN ('picked', 'put_back', 'packed', 'dispatched', 'quota_granted'))
               FROM (SELECT sku, seq, kind FROM ledger WHERE seq > ?1 ORDER BY seq LIMIT ?2)
               GROUP BY sku ORDER BY sku";
    let rows: Vec<(model::SkuId, i64, bool)> =
        all(tx, sql, (seq, limit), |r| Ok((row::code(r, 0)?, r.get(1)?, r.get(2)?)))?;
    let last = rows.iter().map(|(_, seq, _)| *seq).max().unwrap_or(seq);
    Ok((rows.into_iter().filter(|(_, _, changed)| *changed).map(|(sku, _, _)| sku).collect(), last))
}

/// Units that orders came to hold in rows after a number and up to another, by SKU.
///
/// # Errors
/// A fault of the database.
pub fn reserved_between(
    tx: &Tx<'_>,
    after: i64,
    upto: i64,
) -> DbResult<std::collections::BTreeMap<model::SkuId, u64>> {
    let sql = "SELECT sku, sum(qty) FROM ledger WHERE seq > ?1 AND seq <= ?2 AND kind = 'reserved'
               GROUP BY sku ORDER BY sku";
    let units = |n: i64| u64::try_from(n).unwrap_or(0);
    Ok(all(tx, sql, (after, upto), |r| Ok((row::code(r, 0)?, units(r.get(1)?))))?.into_iter().collect())
}

/// On hand, reserved and blocked after the last row of a place.
///
/// # Errors
/// A fault of the database.
pub fn last_at(tx: &Tx<'_>, place: &super::stock::Place) -> DbResult<Option<(i64, i64, i64)>> {
    flush(tx)?;
    let sql = format!(
        "SELECT on_hand_after, reserved_after, blocked_after FROM ledger
         WHERE seq >> {BLOCK_BITS} = ?1 AND sku = ?2 AND lot = ?3 AND bin = ?4 ORDER BY seq DESC LIMIT 1"
    );
    for block in blocks(tx)? {
        let params = (block, place.sku.as_str(), place.lot.as_str(), place.bin.as_str());
        let found = one(tx, &sql, params, |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}
