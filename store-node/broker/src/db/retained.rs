//! Retained messages in SQLite: written before they are acknowledged, read once at the start. A transaction that is
//! committed survives the end of the process by whatever signal; the last moments before a power cut may be missing, and
//! who speaks says its state again after a reconnect.

use bytes::Bytes;
use rusqlite::{Connection, params};
use std::path::{Path, PathBuf};

/// One retained message as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its topic.
    pub topic: String,
    /// Its payload.
    pub payload: Bytes,
    /// 0, 1 or 2.
    pub qos: u8,
    /// Its properties as on the wire, with their length.
    pub props: Bytes,
    /// When it is forgotten, milliseconds since 1970; `None` = never.
    pub expires_ms: Option<i64>,
}

/// The file cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("retained messages in {path}: {source}")]
pub struct KeepError {
    /// The file.
    pub path: PathBuf,
    /// Why.
    pub source: rusqlite::Error,
}

/// The open file.
#[derive(Debug)]
pub struct Shelf {
    path: PathBuf,
    db: Connection,
}

/// What happens to one topic: a new message, or none any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// This is retained from now on.
    Keep(Row),
    /// Nothing is.
    Forget(String),
}

impl Shelf {
    /// Opens or makes the file.
    ///
    /// # Errors
    /// [`KeepError`].
    pub fn open(path: &Path) -> Result<Self, KeepError> {
        let fault = |source| KeepError { path: path.to_owned(), source };
        let db = Connection::open(path).map_err(fault)?;
        db.execute_batch(
            "PRAGMA journal_mode = WAL;
             PRAGMA synchronous = NORMAL;
             PRAGMA cache_size = -512;
             CREATE TABLE IF NOT EXISTS retained (
                 topic TEXT PRIMARY KEY,
                 payload BLOB NOT NULL,
                 qos INTEGER NOT NULL CHECK (qos BETWEEN 0 AND 2),
                 props BLOB NOT NULL,
                 expires_ms INTEGER
             ) STRICT, WITHOUT ROWID;",
        )
        .map_err(fault)?;
        Ok(Self { path: path.to_owned(), db })
    }

    /// Everything that has not expired by `now_ms`; what has is deleted.
    ///
    /// # Errors
    /// [`KeepError`].
    pub fn load(&self, now_ms: i64) -> Result<Vec<Row>, KeepError> {
        self.rows(now_ms).map_err(|source| self.fault(source))
    }

    fn rows(&self, now_ms: i64) -> Result<Vec<Row>, rusqlite::Error> {
        self.db.execute("DELETE FROM retained WHERE expires_ms <= ?1", [now_ms])?;
        let mut select =
            self.db.prepare("SELECT topic, payload, qos, props, expires_ms FROM retained ORDER BY topic")?;
        let rows = select.query_map([], |row| {
            Ok(Row {
                topic: row.get(0)?,
                payload: row.get::<_, Vec<u8>>(1)?.into(),
                qos: row.get(2)?,
                props: row.get::<_, Vec<u8>>(3)?.into(),
                expires_ms: row.get(4)?,
            })
        })?;
        rows.collect()
    }

    /// Makes all changes in one transaction, in order.
    ///
    /// # Errors
    /// [`KeepError`]; nothing is changed then.
    pub fn apply(&mut self, changes: &[Change]) -> Result<(), KeepError> {
        apply(&mut self.db, changes).map_err(|source| KeepError { path: self.path.clone(), source })
    }

    fn fault(&self, source: rusqlite::Error) -> KeepError {
        KeepError { path: self.path.clone(), source }
    }
}

fn apply(db: &mut Connection, changes: &[Change]) -> Result<(), rusqlite::Error> {
    let all = db.transaction()?;
    {
        let mut keep = all.prepare_cached(
            "INSERT INTO retained (topic, payload, qos, props, expires_ms) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (topic) DO UPDATE SET payload = excluded.payload, qos = excluded.qos,
                 props = excluded.props, expires_ms = excluded.expires_ms",
        )?;
        let mut forget = all.prepare_cached("DELETE FROM retained WHERE topic = ?1")?;
        for change in changes {
            match change {
                Change::Keep(row) => {
                    let Row { topic, payload, qos, props, expires_ms } = row;
                    keep.execute(params![topic, payload.as_ref(), qos, props.as_ref(), expires_ms])?;
                }
                Change::Forget(topic) => {
                    forget.execute([topic])?;
                }
            }
        }
    }
    all.commit()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(topic: &str, expires_ms: Option<i64>) -> Row {
        Row { topic: topic.into(), payload: "x".into(), qos: 1, props: Bytes::from_static(&[0]), expires_ms }
    }

    #[test]
    fn what_was_kept_is_there_after_opening_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("retained.db");
        let mut shelf = Shelf::open(&path).unwrap();
        let keep = |topic, expires| Change::Keep(row(topic, expires));
        shelf.apply(&[keep("a", None), keep("b", None), keep("c", Some(5))]).unwrap();
        shelf.apply(&[Change::Forget("b".into())]).unwrap();
        drop(shelf);
        let shelf = Shelf::open(&path).unwrap();
        assert_eq!(shelf.load(4).unwrap(), [row("a", None), row("c", Some(5))]);
        assert_eq!(shelf.load(5).unwrap(), [row("a", None)]);
    }
}
