//! The SQLite implementation of the traits in `crate::db`: opening, transactions, and the small helpers that its files
//! share. One connection writes; readers open the same file with `query_only`. No decisions here.

mod alarms;
mod backup;
mod carts;
mod catalogue;
mod chains;
mod customers;
mod globals;
mod hours;
mod instruments;
mod listing;
mod memory;
mod orders;
mod payments;
mod quotas;
mod riders;
mod row;
mod shelf;
mod stores;
mod sync;
mod terms;

use super::{Db, DbFault, HubDb, HubReader, HubTx};
use figures::Writing;
use memory::Memory;
use rusqlite::{CachedStatement, Connection, OpenFlags, Params, Row, ToSql};
use rusqlite_migration::{M, Migrations};
use std::path::Path;
use std::time::Instant;

const MIGRATIONS: &[M<'static>] = &[
    M::up(include_str!("../../migrations/0001_hub.sql")),
    M::up(include_str!("../../migrations/0002_speed.sql")),
    M::up(include_str!("../../migrations/0004_lanes.sql")),
    M::up(include_str!("../../migrations/0005_hours.sql")),
    M::up(include_str!("../../migrations/0003_escrow.sql")),
    M::up(include_str!("../../migrations/0007_chains.sql")),
    M::up(include_str!("../../migrations/0009_global.sql")),
    M::up(include_str!("../../migrations/0008_shelf.sql")),
    M::up(include_str!("../../migrations/0010_catalogue.sql")),
    M::up(include_str!("../../migrations/0011_substitute_price.sql")),
    M::up(include_str!("../../migrations/0012_people.sql")),
    M::up(include_str!("../../migrations/0013_quarantine.sql")),
    M::up(include_str!("../../migrations/0014_riders_lost.sql")),
    M::up(include_str!("../../migrations/0015_lives.sql")),
    M::up(include_str!("../../migrations/0016_late.sql")),
    M::up(include_str!("../../migrations/0017_closed_there.sql")),
    M::up(include_str!("../../migrations/0018_alarms.sql")),
];

/// Statements that are kept prepared per connection.
const PREPARED: usize = 128;
/// How long a reader waits for a checkpoint.
const BUSY_MS: u64 = 5_000;

/// One connection to the hub's database.
#[derive(Debug)]
pub struct Sqlite {
    conn: Connection,
    /// The writer's.
    memory: Option<Memory>,
    /// Changes when another connection has written the file.
    others: i64,
    writing: Writing,
}

impl From<rusqlite::Error> for DbFault {
    fn from(error: rusqlite::Error) -> Self {
        if error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation) {
            return DbFault::Rule(error.to_string());
        }
        let unreadable = matches!(
            error,
            rusqlite::Error::FromSqlConversionFailure(..) | rusqlite::Error::IntegralValueOutOfRange(..)
        );
        if unreadable { DbFault::Corrupt(error.to_string()) } else { DbFault::Storage(error.to_string()) }
    }
}

impl Sqlite {
    /// Opens the writing connection, creating and migrating the file.
    ///
    /// # Errors
    /// [`DbFault`] when the file cannot be opened, or was written by a newer binary.
    pub fn open(path: &Path) -> Db<Self> {
        let mut conn = Connection::open(path)?;
        conn.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
             PRAGMA auto_vacuum = INCREMENTAL; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16000; \
             PRAGMA wal_autocheckpoint = 16000;",
        )?;
        Migrations::from_slice(MIGRATIONS)
            .to_latest(&mut conn)
            .map_err(|error| DbFault::Storage(format!("migrating {}: {error}", path.display())))?;
        Self::ready(conn, Some(Memory::default()))
    }

    /// Opens a connection that only reads.
    ///
    /// # Errors
    /// [`DbFault`] when the file is not there.
    pub fn open_reader(path: &Path) -> Db<Self> {
        let conn = Connection::open_with_flags(
            path,
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        conn.execute_batch("PRAGMA query_only = ON; PRAGMA cache_size = -4000;")?;
        Self::ready(conn, None)
    }

    /// Several reads of one moment: a read transaction around `ask`.
    ///
    /// # Errors
    /// What `ask` says, or [`DbFault`].
    pub fn snapshot<T, E: From<DbFault>>(&self, ask: impl FnOnce(&Self) -> Result<T, E>) -> Result<T, E> {
        let tx = self.conn.unchecked_transaction().map_err(DbFault::from)?;
        let answer = ask(self);
        drop(tx);
        answer
    }

    fn ready(conn: Connection, memory: Option<Memory>) -> Db<Self> {
        conn.busy_timeout(std::time::Duration::from_millis(BUSY_MS))?;
        conn.set_prepared_statement_cache_capacity(PREPARED);
        // A prepared statement keeps its plan whatever is bound to it; otherwise some are parsed anew at every use.
        conn.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        Ok(Self { conn, memory, others: 0, writing: Writing::default() })
    }

    /// Every statement comes from here, so that none changes behind the memory's back.
    fn statement(&self, sql: &str) -> Db<CachedStatement<'_>> {
        if let Some(memory) = &self.memory {
            memory.before(sql);
        }
        Ok(self.conn.prepare_cached(sql)?)
    }

    fn forget(&self) {
        if let Some(memory) = &self.memory {
            memory.forget();
        }
    }

    fn run(&self, sql: &str, params: impl Params) -> Db<usize> {
        Ok(self.statement(sql)?.execute(params)?)
    }

    /// Adds rows by one statement; `values` are those of all rows, one after the other. Nothing is half done: an order whose
    /// rows are refused ends as a whole, so no statement need keep a journal of its own.
    fn add_rows(&self, table: &str, columns: &str, rows: usize, values: &[&dyn ToSql]) -> Db<()> {
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
        self.run(&sql, values).map(drop)
    }

    fn one<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Db<Option<T>> {
        let mut statement = self.statement(sql)?;
        let mut rows = statement.query(params)?;
        match rows.next()? {
            Some(row) => Ok(Some(read(row)?)),
            None => Ok(None),
        }
    }

    fn sure<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Db<T> {
        self.one(sql, params, read)?.ok_or_else(|| DbFault::Corrupt(format!("no row: {sql}")))
    }

    fn all<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Db<Vec<T>> {
        let mut statement = self.statement(sql)?;
        let rows = statement.query_map(params, read)?;
        Ok(rows.collect::<rusqlite::Result<Vec<T>>>()?)
    }
}

impl HubDb for Sqlite {
    fn begin(&mut self) -> Db<()> {
        self.run("BEGIN IMMEDIATE", [])?;
        // Inside the transaction nobody else writes.
        let others = self.sure("PRAGMA data_version", [], |r| r.get(0))?;
        if self.others != others {
            self.others = others;
            self.forget();
        }
        Ok(())
    }
    fn commit(&mut self) -> Db<()> {
        let asked = Instant::now();
        self.run("COMMIT", [])?;
        self.writing.committed(asked.elapsed());
        Ok(())
    }
    fn rollback(&mut self) -> Db<()> {
        self.forget();
        if self.conn.is_autocommit() { Ok(()) } else { self.run("ROLLBACK", []).map(drop) }
    }
    fn mark(&mut self) -> Db<()> {
        self.run("SAVEPOINT one_command", []).map(drop)
    }
    fn keep(&mut self) -> Db<()> {
        self.run("RELEASE one_command", []).map(drop)
    }
    fn undo(&mut self) -> Db<()> {
        self.forget();
        self.run("ROLLBACK TO one_command", [])?;
        self.keep()
    }
    fn changes(&self) -> u64 {
        self.conn.total_changes()
    }
    fn writing(&self) -> &Writing {
        &self.writing
    }
    fn reader(&self) -> Db<Box<dyn HubReader>> {
        let path =
            self.conn.path().ok_or_else(|| DbFault::Storage("a database without a file".to_owned()))?;
        Ok(Box::new(Self::open_reader(Path::new(path))?))
    }
    fn checkpoint(&mut self) -> Db<()> {
        Ok(self.conn.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?)
    }
}

impl HubReader for Sqlite {
    fn snapshot(&self, ask: &mut dyn FnMut(&dyn HubTx)) -> Db<()> {
        Self::snapshot(self, |data| {
            ask(data);
            Ok(())
        })
    }
    fn relieve(&self) -> Db<()> {
        self.sure("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
    }
}
