//! The only SQL of the store node: opening, transactions, and one file per table family. Reads and writes rows; decides
//! nothing. Every function takes a [`Connection`]: a [`Tx`] of the writer lends one, and so does a [`ReadDb`].

pub mod allocations;
pub mod assignments;
pub mod backup;
pub mod bags;
pub mod catalogue;
pub mod cold;
pub mod cold_events;
pub mod cold_links;
pub mod cold_log;
pub mod cold_quarters;
pub mod commands;
pub mod counting;
pub mod devices;
pub mod docs;
pub mod doors;
pub mod excursions;
pub mod fence;
pub mod handovers;
pub mod hours;
pub mod lanes;
pub mod ledger;
pub mod listing;
pub mod looks;
pub mod lots;
pub mod marks;
pub mod orders;
pub mod outbox;
pub mod people;
pub mod pick_assign;
pub mod pick_gaps;
pub mod pick_prices;
pub mod picks;
pub mod places;
pub mod pledges;
pub mod prints;
pub mod quota;
pub mod rates;
pub mod restore;
mod row;
pub mod shelves;
pub mod stock;
pub mod unknown;

use crate::chain::Hash;
use figures::Writing;
pub use rusqlite::Connection;
use rusqlite::{Params, Row, ToSql};
use rusqlite_migration::{M, Migrations};
use shelves::Shelves;
use std::cell::Cell;
use std::ops::Deref;
use std::path::Path;
use std::time::Instant;

/// A fault of the database: nothing a user did. Whatever was under way is rolled back and may be tried again.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// SQLite refused.
    #[error("sqlite: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The schema could not be brought up to date.
    #[error("schema: {0}")]
    Schema(#[from] rusqlite_migration::Error),
    /// A stored JSON text is not what was written.
    #[error("stored json: {0}")]
    Json(#[from] serde_json::Error),
    /// A row says what cannot be.
    #[error("corrupt: {0}")]
    Corrupt(String),
}

impl DbError {
    /// Whether trying again cannot help: the data itself is refused, not the disk or the lock.
    pub fn is_lasting(&self) -> bool {
        match self {
            DbError::Sqlite(error) => {
                error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation)
                    || matches!(error, rusqlite::Error::FromSqlConversionFailure(..))
            }
            DbError::Json(_) | DbError::Corrupt(_) => true,
            DbError::Schema(_) => false,
        }
    }
}

/// What every function here gives.
pub type DbResult<T> = Result<T, DbError>;

const MIGRATIONS: &[M<'static>] = &[
    M::up(include_str!("../../migrations/0001_store.sql")),
    M::up(include_str!("../../migrations/0002_bay.sql")),
    M::up(include_str!("../../migrations/0003_door.sql")),
    M::up(include_str!("../../migrations/0004_print_what.sql")),
    M::up(include_str!("../../migrations/0005_cold.sql")),
    M::up(include_str!("../../migrations/0006_speed.sql")),
    M::up(include_str!("../../migrations/0007_cold_chain.sql")),
    M::up(include_str!("../../migrations/0009_lanes.sql")),
    M::up(include_str!("../../migrations/0010_hours.sql")),
    M::up(include_str!("../../migrations/0011_backfill.sql")),
    M::up(include_str!("../../migrations/0008_escrow.sql")),
    M::up(include_str!("../../migrations/0012_pledges.sql")),
    M::up(include_str!("../../migrations/0013_catalogue.sql")),
    M::up(include_str!("../../migrations/0014_substitute_price.sql")),
    M::up(include_str!("../../migrations/0015_quarantine.sql")),
    M::up(include_str!("../../migrations/0016_device_since.sql")),
    M::up(include_str!("../../migrations/0017_late.sql")),
];

/// The writing connection. There is one per process.
#[derive(Debug)]
pub struct Db {
    conn: Connection,
    shelves: Shelves,
    /// Changes when another connection has written the file.
    others: Cell<i64>,
    writing: Writing,
}

impl Db {
    /// Opens or makes the file, brings the schema up to date; every commit is durable when it returns
    /// (`synchronous=FULL`).
    ///
    /// # Errors
    /// When the file is no database, is written by a newer version, or cannot be locked within 5 s.
    pub fn open(path: &Path) -> DbResult<Self> {
        let mut conn = Connection::open(path)?;
        conn.set_prepared_statement_cache_capacity(256);
        stable_plans(&conn)?;
        conn.execute_batch(
            "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
             PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000; PRAGMA cache_size = -16000;
             PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = 16000;",
        )?;
        Migrations::from_slice(MIGRATIONS).to_latest(&mut conn)?;
        let (shelves, others) = (Shelves::default(), Cell::new(0));
        Ok(Self { conn, shelves, others, writing: Writing::default() })
    }

    /// Opens a file that is there and of this version, for a trial: nothing is made and nothing brought up to date. `None`
    /// where it is of another version.
    ///
    /// # Errors
    /// When the file is no database.
    pub fn open_as_it_is(path: &Path) -> DbResult<Option<Self>> {
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE | rusqlite::OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let conn = Connection::open_with_flags(path, flags)?;
        stable_plans(&conn)?;
        conn.execute_batch(
            "PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000; PRAGMA temp_store = MEMORY;",
        )?;
        let pending = Migrations::from_slice(MIGRATIONS).pending_migrations(&conn)?;
        let (shelves, others) = (Shelves::default(), Cell::new(0));
        Ok((pending == 0).then(|| Self { conn, shelves, others, writing: Writing::default() }))
    }

    /// What commits cost since it was opened.
    pub const fn writing(&self) -> &Writing {
        &self.writing
    }

    /// Begins a transaction; dropping it without [`Tx::commit`] rolls it back.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn begin(&mut self) -> DbResult<Tx<'_>> {
        let tx = rusqlite::Transaction::new(&mut self.conn, rusqlite::TransactionBehavior::Immediate)?;
        // Inside the transaction nobody else writes.
        let others = version(&tx)?;
        if self.others.replace(others) != others {
            self.shelves.forget_all();
        }
        let shelves = Borrowed { shelves: &self.shelves, committed: false };
        let (head, pending) = (Cell::new(None), ledger::Pending::default());
        Ok(Tx { tx, head, pending, shelves, writing: &self.writing })
    }

    /// The same connection for reading what is committed.
    pub const fn read(&self) -> &Connection {
        &self.conn
    }

    /// Moves the write-ahead log into the file; for a clean stop.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn checkpoint(&self) -> DbResult<()> {
        Ok(self.conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?)
    }
}

/// One transaction.
#[derive(Debug)]
pub struct Tx<'a> {
    tx: rusqlite::Transaction<'a>,
    /// Last row of the ledger and its hash, once it was read; only [`ledger`] looks at it.
    head: Cell<Option<(i64, Hash)>>,
    /// Its rows that are not written yet.
    pending: ledger::Pending,
    shelves: Borrowed<'a>,
    writing: &'a Writing,
}

/// The shelves of a transaction: forgotten unless it commits.
#[derive(Debug)]
struct Borrowed<'a> {
    shelves: &'a Shelves,
    committed: bool,
}

impl Drop for Borrowed<'_> {
    fn drop(&mut self) {
        if !self.committed {
            self.shelves.forget_all();
        }
    }
}

impl Tx<'_> {
    /// Makes it durable.
    ///
    /// # Errors
    /// When the disk refuses; then nothing of it is kept.
    pub fn commit(mut self) -> DbResult<()> {
        ledger::flush(&self)?;
        let asked = Instant::now();
        self.tx.commit()?;
        self.writing.committed(asked.elapsed());
        self.shelves.committed = true;
        Ok(())
    }

    /// Gives it up.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn rollback(self) -> DbResult<()> {
        Ok(self.tx.rollback()?)
    }

    /// Where the writing stands.
    pub fn changes(&self) -> u64 {
        self.tx.total_changes()
    }

    /// Whether anything was written, or is to be, since [`Tx::changes`] gave this number.
    pub fn wrote_since(&self, changes: u64) -> bool {
        self.changes() != changes || !self.pending.is_empty()
    }

    /// What is known of products in memory; only `db` keeps it true.
    const fn shelves(&self) -> &Shelves {
        self.shelves.shelves
    }

    /// Begins a savepoint.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn save(&self) -> DbResult<()> {
        run(self, "SAVEPOINT command", []).map(|_| ())
    }

    /// Keeps what was done since the savepoint.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn keep(&self) -> DbResult<()> {
        run(self, "RELEASE command", []).map(|_| ())
    }

    /// Takes back what was done since the savepoint.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn take_back(&self) -> DbResult<()> {
        self.head.set(None);
        self.pending.forget();
        self.shelves().forget_all();
        run(self, "ROLLBACK TO command", [])?;
        self.keep()
    }
}

impl Deref for Tx<'_> {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        &self.tx
    }
}

/// A reading connection: it cannot write, and never waits for the writer.
#[derive(Debug)]
pub struct ReadDb {
    conn: Connection,
}

/// Bytes of the database's pages that are in use.
///
/// # Errors
/// When SQLite refuses.
pub fn bytes(conn: &Connection) -> DbResult<u64> {
    let sql = "SELECT (p.page_count - f.freelist_count) * s.page_size
               FROM pragma_page_count AS p, pragma_freelist_count AS f, pragma_page_size AS s";
    Ok(u64::try_from(number(conn, sql, [])?).unwrap_or(0))
}

/// A number that is another one once another connection has written the file.
///
/// # Errors
/// When SQLite refuses.
pub fn version(conn: &Connection) -> DbResult<i64> {
    number(conn, "PRAGMA data_version", [])
}

impl ReadDb {
    /// Opens an existing database.
    ///
    /// # Errors
    /// When there is none.
    pub fn open(path: &Path) -> DbResult<Self> {
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE | rusqlite::OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let conn = Connection::open_with_flags(path, flags)?;
        conn.set_prepared_statement_cache_capacity(128);
        stable_plans(&conn)?;
        conn.execute_batch("PRAGMA query_only = ON; PRAGMA busy_timeout = 5000;")?;
        Ok(Self { conn })
    }

    /// Moves what it can of the write-ahead log into the file, without waiting for anybody.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn checkpoint(&self) -> DbResult<()> {
        Ok(self.conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?)
    }

    /// Everything read inside sees one moment of the database.
    ///
    /// # Errors
    /// What `read` gives, or when SQLite refuses.
    pub fn snapshot<T, E: From<DbError>>(
        &mut self,
        read: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let tx = self.conn.transaction().map_err(DbError::from)?;
        read(&tx)
    }
}

/// A prepared statement keeps its plan whatever is bound to it; otherwise SQLite parses some of them anew at every use.
fn stable_plans(conn: &Connection) -> DbResult<()> {
    conn.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// At most one row.
fn one<T>(
    conn: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> DbResult<Option<T>> {
    use rusqlite::OptionalExtension as _;
    Ok(conn.prepare_cached(sql)?.query_row(params, read).optional()?)
}

/// Every row; the statement says in which order.
fn all<T>(
    conn: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> DbResult<Vec<T>> {
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map(params, read)?;
    Ok(rows.collect::<rusqlite::Result<Vec<T>>>()?)
}

/// Rows by their keys, as a check reads them: each, or what is wrong with it.
pub type Sifted<K, T> = Vec<(K, Result<T, String>)>;

/// Every row by its key, for a check: of one that does not read as what it should be, what is wrong with it, so that it
/// hides no other.
fn sift<K, T>(
    conn: &Connection,
    sql: &str,
    params: impl Params,
    key: impl Fn(&Row<'_>) -> rusqlite::Result<K>,
    read: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
) -> DbResult<Sifted<K, T>> {
    all(conn, sql, params, |r| Ok((key(r)?, read(r).map_err(|error| error.to_string()))))
}

/// What SQLite itself finds wrong with the file: pages, indexes, columns of another type. At most `limit` lines.
///
/// # Errors
/// When SQLite refuses.
pub fn integrity(conn: &Connection, limit: u32) -> DbResult<Vec<String>> {
    // A pragma takes no bound values.
    let found: Vec<String> = all(conn, &format!("PRAGMA integrity_check({limit})"), [], |r| r.get(0))?;
    Ok(found.into_iter().filter(|line| line != "ok").collect())
}

/// Rows changed.
fn run(conn: &Connection, sql: &str, params: impl Params) -> DbResult<usize> {
    Ok(conn.prepare_cached(sql)?.execute(params)?)
}

/// Adds rows by one statement; `values` are those of all rows, one after the other.
fn add_rows(
    conn: &Connection,
    (table, columns): (&str, &str),
    rows: usize,
    values: &[&dyn ToSql],
) -> DbResult<()> {
    let width = values.len().checked_div(rows).unwrap_or(0);
    if width == 0 {
        return Ok(());
    }
    let mut sql = String::with_capacity(80 + columns.len() + 2 * values.len());
    sql.extend(["INSERT INTO ", table, " (", columns, ") VALUES "]);
    for row in 0..rows {
        sql.push_str(if row == 0 { "(?" } else { ",(?" });
        (1..width).for_each(|_| sql.push_str(",?"));
        sql.push(')');
    }
    run(conn, &sql, values).map(|_| ())
}

/// One number.
fn number(conn: &Connection, sql: &str, params: impl Params) -> DbResult<i64> {
    Ok(conn.prepare_cached(sql)?.query_row(params, |row| row.get(0))?)
}
