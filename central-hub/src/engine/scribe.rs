//! The scribe: makes document changes of waiting facts beside the writer, on a reading connection of its own, so that
//! checkouts do not wait for automerge. Stores nothing: the writer does, in the transaction of its next group.

use super::carry::{Batch, compose};
use super::docs::SharedDocs;
use super::{Fault, HubEngine};
use crate::db::HubReader;

/// See the file.
pub struct Scribe {
    docs: SharedDocs,
    db: Box<dyn HubReader>,
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
    /// [`Fault`]: the facts stay in the outbox.
    pub fn compose(&mut self) -> Result<Option<Batch>, Fault> {
        // The documents first: what is read afterwards is not older than they are.
        let mut docs = self.docs.lock();
        let mut done = Ok(None);
        self.db.snapshot(&mut |data| done = compose(&mut docs, data))?;
        done
    }
}

impl HubEngine {
    /// The one who makes the changes of this engine's facts.
    ///
    /// # Errors
    /// [`Fault`] when the database cannot be opened once more.
    pub fn scribe(&self) -> Result<Scribe, Fault> {
        Ok(Scribe { docs: self.docs.clone(), db: self.reader()? })
    }

    /// A second access to the data, which only reads.
    ///
    /// # Errors
    /// [`Fault`] when the database cannot be opened once more.
    pub fn reader(&self) -> Result<Box<dyn HubReader>, Fault> {
        Ok(self.db.reader()?)
    }

    /// Rows that were written since the start.
    pub fn rows_written(&self) -> u64 {
        self.db.changes()
    }
}
