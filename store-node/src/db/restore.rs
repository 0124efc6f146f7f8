//! Writing what a backup holds: a new database file from the rows that come first, and old rows into a database that is
//! already at work. Rows that are there already win: they are newer.

use super::{Connection, DbError, DbResult, MIGRATIONS, Tx, all, one, run};
use crate::chain::{self, Hash};
use crate::db::ledger::{self, Entry};
use model::Timestamp;
use rusqlite::types::Value;
use rusqlite_migration::Migrations;
use std::path::Path;
use sync::vault::{Cell, LedgerPart, LedgerRow, Name, Rows};

/// A database file that is being made. Nothing of it is durable before [`NewDb::finish`].
#[derive(Debug)]
pub struct NewDb {
    conn: Connection,
}

impl NewDb {
    /// Makes an empty one with the schema of a number.
    ///
    /// # Errors
    /// When the file cannot be made, or the schema is newer than this program knows.
    pub fn create(path: &Path, schema: i64) -> DbResult<Self> {
        let mut conn = Connection::open(path)?;
        conn.execute_batch(
            "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
             PRAGMA foreign_keys = OFF; PRAGMA cache_size = -32000; PRAGMA temp_store = MEMORY;",
        )?;
        let version = usize::try_from(schema).unwrap_or(usize::MAX);
        if version > MIGRATIONS.len() {
            let what = format!(
                "the backup has schema {schema}, this program knows {}: install the version that made it, or a later one",
                MIGRATIONS.len()
            );
            return Err(DbError::Corrupt(what));
        }
        Migrations::from_slice(MIGRATIONS).to_version(&mut conn, version)?;
        conn.execute_batch("BEGIN")?;
        Ok(Self { conn })
    }

    /// Enters rows.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn put(&self, rows: &Rows) -> DbResult<()> {
        insert(&self.conn, rows, "INSERT OR REPLACE")
    }

    /// Enters a run of the ledger; its rows must follow from each other.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn put_ledger(&self, part: &LedgerPart) -> DbResult<Hash> {
        put_ledger(&self.conn, part)
    }

    /// Rows of every table.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn counts(&self) -> DbResult<Vec<(String, u64)>> {
        counts(&self.conn)
    }

    /// For what must be written before the file is used.
    pub const fn conn(&self) -> &Connection {
        &self.conn
    }

    /// Commits the rows, and brings the schema up to this program's.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn latest(&mut self) -> DbResult<()> {
        self.conn.execute_batch("COMMIT")?;
        Migrations::from_slice(MIGRATIONS).to_latest(&mut self.conn)?;
        self.conn.execute_batch("BEGIN")?;
        Ok(())
    }

    /// Commits what was written since.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn finish(self) -> DbResult<()> {
        Ok(self.conn.execute_batch("COMMIT")?)
    }
}

/// Rows of every table of a database.
///
/// # Errors
/// A fault of the database.
pub fn counts(conn: &Connection) -> DbResult<Vec<(String, u64)>> {
    let tables = super::backup::tables(conn)?;
    tables
        .into_iter()
        .map(|table| {
            let rows = super::number(conn, &format!("SELECT count(*) FROM {}", table.name), [])?;
            Ok((table.name, u64::try_from(rows).unwrap_or(0)))
        })
        .collect()
}

/// Enters old rows into a living database.
///
/// # Errors
/// A fault of the database.
pub fn put_old(tx: &Tx<'_>, rows: &Rows) -> DbResult<()> {
    insert(tx, rows, "INSERT OR IGNORE")
}

/// References between old rows are looked at when all of them are there: at the commit.
///
/// # Errors
/// A fault of the database.
pub fn defer_references(tx: &Tx<'_>) -> DbResult<()> {
    run(tx, "PRAGMA defer_foreign_keys = ON", []).map(|_| ())
}

fn insert(conn: &Connection, rows: &Rows, verb: &str) -> DbResult<()> {
    let known = "SELECT name FROM pragma_table_info(?1) ORDER BY cid";
    let known: Vec<String> = all(conn, known, [&rows.table], |r| r.get(0))?;
    if known.is_empty() {
        return Err(DbError::Corrupt(format!("the backup has a table {} that nobody knows", rows.table)));
    }
    // A column that a later schema dropped is left out; a table's or column's name was checked against the schema here.
    let taken: Vec<usize> = (0..rows.columns.len()).filter(|n| known.contains(&rows.columns[*n])).collect();
    let names: Vec<&str> = taken.iter().map(|n| rows.columns[*n].as_str()).collect();
    let places: Vec<String> = (1..=taken.len()).map(|n| format!("?{n}")).collect();
    let sql = format!("{verb} INTO {} ({}) VALUES ({})", rows.table, names.join(", "), places.join(", "));
    let mut statement = conn.prepare_cached(&sql)?;
    for row in &rows.rows {
        let values = taken.iter().map(|n| row.get(*n).map_or(Value::Null, value));
        statement.execute(rusqlite::params_from_iter(values))?;
    }
    Ok(())
}

fn value(cell: &Cell) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Int(n) => Value::Integer(*n),
        Cell::Real(n) => Value::Real(*n),
        Cell::Text(text) => Value::Text(text.clone()),
        Cell::Blob(bytes) => Value::Blob(bytes.clone()),
    }
}

/// Enters a run of the ledger with the hashes that follow from it; gives the last.
///
/// # Errors
/// A fault of the database.
pub fn put_ledger(conn: &Connection, part: &LedgerPart) -> DbResult<Hash> {
    let mut hash = part.before;
    let mut odd = part.odd.iter().peekable();
    for (place, row) in part.rows.iter().enumerate() {
        let seq = part.first.saturating_add(i64::try_from(place).unwrap_or(i64::MAX));
        let entry = entry_of(seq, row);
        let follows = chain::next(&hash, &entry);
        let stored = match odd.next_if(|(at, _)| usize::try_from(*at).is_ok_and(|at| at == place)) {
            Some((_, stored)) => stored.clone(),
            None => follows.to_vec(),
        };
        ledger::put_old(conn, &entry, &stored)?;
        hash = stored.as_slice().try_into().unwrap_or(follows);
    }
    Ok(hash)
}

/// The hash after a run of the ledger, without writing anything.
pub fn ledger_end(part: &LedgerPart) -> Hash {
    let mut hash = part.before;
    for (place, row) in part.rows.iter().enumerate() {
        let seq = part.first.saturating_add(i64::try_from(place).unwrap_or(i64::MAX));
        let follows = chain::next(&hash, &entry_of(seq, row));
        let odd = part.odd.iter().find(|(at, _)| usize::try_from(*at).is_ok_and(|at| at == place));
        hash = odd.and_then(|(_, stored)| stored.as_slice().try_into().ok()).unwrap_or(follows);
    }
    hash
}

fn entry_of(seq: i64, row: &LedgerRow) -> Entry {
    let [kind, sku, lot, bin, person, device, why, reference] = row.words.clone();
    let n = row.numbers;
    Entry {
        seq,
        at: Timestamp::from_ms(row.at),
        kind,
        sku,
        lot,
        bin,
        qty: n[0],
        on_hand: (n[1], n[2]),
        reserved: (n[3], n[4]),
        blocked: (n[5], n[6]),
        person,
        device,
        why,
        reference,
        command: row.command.clone(),
    }
}

/// What a replaced store still has to fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backfill {
    /// `hub`, or the file.
    pub source: String,
    /// The next link of the chain.
    pub link: Option<Name>,
    /// Links that are still to come.
    pub links_left: u64,
    /// The first row of the ledger that is here, and the hash before it.
    pub ledger: (i64, Hash),
    /// When everything was here; nothing is to come any more.
    pub whole_at: Option<Timestamp>,
}

/// What is still to come; `None` in a store that was never replaced.
///
/// # Errors
/// A fault of the database.
pub fn backfill(conn: &Connection) -> DbResult<Option<Backfill>> {
    let sql =
        "SELECT source, link, links_left, ledger_first, ledger_before, whole_at FROM backfill WHERE one = 1";
    one(conn, sql, [], |r| {
        Ok(Backfill {
            source: r.get(0)?,
            link: r.get::<_, Option<[u8; 32]>>(1)?.map(Name),
            links_left: u64::try_from(r.get::<_, i64>(2)?).unwrap_or(0),
            ledger: (r.get(3)?, r.get(4)?),
            whole_at: r.get::<_, Option<i64>>(5)?.map(Timestamp::from_ms),
        })
    })
}

/// Remembers what is still to come.
///
/// # Errors
/// A fault of the database.
pub fn set_backfill(conn: &Connection, of: &Backfill) -> DbResult<()> {
    let sql = "INSERT OR REPLACE INTO backfill (one, source, link, links_left, ledger_first, ledger_before, whole_at)
               VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6)";
    let params = rusqlite::params![
        of.source,
        of.link.map(|Name(name)| name.to_vec()),
        i64::try_from(of.links_left).unwrap_or(i64::MAX),
        of.ledger.0,
        of.ledger.1.as_slice(),
        of.whole_at.map(Timestamp::ms),
    ];
    run(conn, sql, params).map(|_| ())
}

/// Objects of rows that are not needed to sell and still to come, in the order of the backup.
///
/// # Errors
/// A fault of the database.
pub fn later(conn: &Connection) -> DbResult<Vec<Name>> {
    let sql = "SELECT name FROM backfill_later ORDER BY n";
    Ok(all(conn, sql, [], |r| r.get::<_, [u8; 32]>(0))?.into_iter().map(Name).collect())
}

/// Remembers such objects.
///
/// # Errors
/// A fault of the database.
pub fn set_later(conn: &Connection, names: &[Name]) -> DbResult<()> {
    run(conn, "DELETE FROM backfill_later", [])?;
    for (n, Name(name)) in names.iter().enumerate() {
        let n = i64::try_from(n).unwrap_or(i64::MAX);
        run(conn, "INSERT INTO backfill_later (n, name) VALUES (?1, ?2)", (n, name.as_slice()))?;
    }
    Ok(())
}

/// One of them is here.
///
/// # Errors
/// A fault of the database.
pub fn came(conn: &Connection, Name(name): Name) -> DbResult<()> {
    run(conn, "DELETE FROM backfill_later WHERE name = ?1", [name.as_slice()]).map(|_| ())
}
