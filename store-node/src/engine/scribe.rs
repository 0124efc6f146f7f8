//! The scribe: makes document changes of waiting facts beside the writer, on a reading connection of its own, so that
//! commands do not wait for automerge. Stores nothing: the writer does, in the transaction of its next group.

use super::carry::{Batch, compose};
use super::docs::SharedDocs;
use super::{Engine, Fault};
use crate::db::{DbError, ReadDb};
use std::path::Path;

/// See the file.
pub struct Scribe {
    docs: SharedDocs,
    db: ReadDb,
}

impl std::fmt::Debug for Scribe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scribe").finish_non_exhaustive()
    }
}

impl Scribe {
    /// A batch of what waits now; `None` when nothing does. The one before must be stored or lost already.
    ///
    /// # Errors
    /// A fault; the facts stay in the outbox.
    pub fn compose(&mut self) -> Result<Option<Batch>, Fault> {
        // The documents first: what is read afterwards is not older than they are.
        let mut docs = self.docs.lock();
        self.db.snapshot(|conn| compose(&mut docs, conn))
    }
}

impl Engine {
    /// The one who makes the changes of this engine's facts.
    ///
    /// # Errors
    /// When the database cannot be opened once more.
    pub fn scribe(&self) -> Result<Scribe, Fault> {
        Ok(Scribe { docs: self.docs.clone(), db: self.second_connection()? })
    }

    /// A connection that reads the same file.
    ///
    /// # Errors
    /// When the database cannot be opened once more.
    pub fn second_connection(&self) -> Result<ReadDb, Fault> {
        let path =
            self.db.read().path().ok_or_else(|| DbError::Corrupt("a database without a file".into()))?;
        Ok(ReadDb::open(Path::new(path))?)
    }

    /// Rows that were written since the start.
    pub fn rows_written(&self) -> u64 {
        self.db.read().total_changes()
    }

    /// As after a transaction that failed.
    #[cfg(test)]
    pub(super) fn forget_documents(&self) {
        self.docs.lock().forget();
    }
}
