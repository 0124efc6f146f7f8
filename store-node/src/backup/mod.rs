//! Backups of a store while it sells, and a new node out of one. A *shelf* (the hub, or a file on a USB stick) keeps sealed
//! objects and heads; [`round`] puts one moment of the store on it, [`restore`] makes a database of what is needed to sell,
//! [`backfill`] brings the history afterwards. Decides nothing about stock or orders.
//!
//! A round reads everything in one snapshot of SQLite and sends only what is not on the shelf yet, so its cost follows what
//! changed. Old ledger rows and closed orders never change; they go into a chain of objects once and are never read again.

pub mod backfill;
pub mod file;
pub mod hub;
pub mod keys;
pub mod packing;
pub mod program;
pub mod restore;
pub mod round;
pub mod task;
#[cfg(test)]
mod tests;

use crate::db::DbError;
use crate::line::LineError;
use crate::secrets::SecretError;
use device_drivers::agent::TlsError;
use hyper::StatusCode;
use model::Problem;
use std::path::PathBuf;
use sync::vault::{Head, Name, Sealed, VaultError};

/// How often a store is backed up to the hub while the link is up: with the time that a round takes, the most that is lost
/// with a machine. Named in README and on the console.
pub const EVERY_MS: i64 = 30_000;
/// What happened so lately is not put into the chain yet: it is needed to sell, and orders may still change.
pub const LIVE_MS: i64 = model::time::DAY_MS;
/// Rows of the ledger in one link of the chain.
pub const LINK_LEDGER_ROWS: u32 = 4_096;
/// Order events in one link of the chain.
pub const LINK_EVENTS: u32 = 1_024;
/// How the chain is cut; tests cut it small.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// See [`LINK_LEDGER_ROWS`].
    pub ledger_rows: u32,
    /// See [`LINK_EVENTS`].
    pub events: u32,
    /// See [`LINKS_A_ROUND`].
    pub links: usize,
    /// See [`UNLINKED_MAX`].
    pub unlinked: i64,
}

impl Default for Cut {
    fn default() -> Self {
        Self {
            ledger_rows: LINK_LEDGER_ROWS,
            events: LINK_EVENTS,
            links: LINKS_A_ROUND,
            unlinked: UNLINKED_MAX,
        }
    }
}

/// Links of the ledger, and of orders, that one round makes at most, so that history does not keep the head waiting.
pub const LINKS_A_ROUND: usize = 64;
/// Rows of the ledger, and events of orders, that a head lists outside of the chain at most: some forty days of a thousand
/// orders. A backup that begins after a year makes its chain longer first, because a head cannot name so many objects.
pub const UNLINKED_MAX: i64 = 500_000;
/// Sealed bytes that a round keeps in memory before it sends them.
pub const PENDING_BYTES: usize = 8 * 1024 * 1024;

/// Why a backup or a restore did not go on. What is on the shelf stays there; the same may be tried again.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The store's database.
    #[error("database: {0}")]
    Db(#[from] DbError),
    /// Bytes that are no backup, or sealed with another key.
    #[error("{0}")]
    Vault(#[from] VaultError),
    /// A file.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// No random bytes, or no way to keep a key.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The store's certificate for the hub cannot be used.
    #[error("[hub.tls] {0}")]
    HubTls(#[from] TlsError),
    /// Papers that a person must mend.
    #[error("{0}")]
    Papers(LineError),
    /// The hub did not answer, or not as it should.
    #[error("the hub cannot be reached: {0}")]
    Unreachable(String),
    /// The hub said no.
    #[error("the hub refused: {title}. {detail} {hint}")]
    Refused {
        /// Its code.
        code: String,
        /// In short.
        title: String,
        /// In full.
        detail: String,
        /// What to do.
        hint: String,
    },
    /// Nothing to restore.
    #[error("there is no backup {0}")]
    Nothing(String),
    /// What a person must mend.
    #[error("{0}")]
    Told(String),
}

impl BackupError {
    /// From a file's error.
    pub fn file(path: &std::path::Path, source: std::io::Error) -> Self {
        BackupError::File { path: path.to_owned(), source }
    }

    /// A refusal in the hub's own words.
    pub fn refused(status: StatusCode, body: &[u8]) -> Self {
        match serde_json::from_slice::<Problem>(body) {
            Ok(problem) => BackupError::Refused {
                code: problem.code,
                title: problem.title,
                detail: problem.detail,
                hint: problem.hint,
            },
            Err(_) => BackupError::Unreachable(format!("it answered {status}")),
        }
    }
}

impl From<LineError> for BackupError {
    fn from(error: LineError) -> Self {
        if error.is_for_a_person() { Self::Papers(error) } else { Self::Unreachable(error.to_string()) }
    }
}

/// Where backups are kept.
pub trait Shelf {
    /// In a word, for people.
    fn told(&self) -> String;
    /// The newest head, or the one of a number.
    ///
    /// # Errors
    /// [`BackupError`].
    fn head(&mut self, number: Option<u64>) -> Result<Option<Head>, BackupError>;
    /// Which of these objects are not there.
    ///
    /// # Errors
    /// [`BackupError`].
    fn missing(&mut self, names: &[Name]) -> Result<Vec<Name>, BackupError>;
    /// Keeps an object; it is durable, and its bytes were compared with its name, when this returns.
    ///
    /// # Errors
    /// [`BackupError`].
    fn put(&mut self, object: &Sealed) -> Result<(), BackupError>;
    /// An object's bytes, held against its name.
    ///
    /// # Errors
    /// [`BackupError`].
    fn get(&mut self, name: Name) -> Result<Vec<u8>, BackupError>;
    /// Keeps a head; every object of it must be there.
    ///
    /// # Errors
    /// [`BackupError`].
    fn put_head(&mut self, head: &Head) -> Result<(), BackupError>;
}
