//! The one owner of a store's state: the writing connection and the live documents. Synchronous, takes `now`; knows no
//! socket. Commands go in by [`Engine::apply`], the hub's changes by [`Engine::inbound`], facts go out by
//! [`Engine::carry`] or the [`Scribe`]. Decides nothing itself: flows do.

pub(crate) mod carry;
mod docs;
mod group;
mod inbound;
#[cfg(feature = "mutations")]
mod mutation;
mod open;
mod scribe;
#[cfg(test)]
mod tests;

pub use carry::{Batch, Carried};
#[cfg(feature = "mutations")]
pub use mutation::Mutation;
pub use scribe::Scribe;

use crate::answer::Answer;
use crate::db::marks::{self, Mark};
use crate::db::{Db, DbError, outbox};
use crate::effects::Effects;
use crate::flows;
use crate::refusal::Refusal;
use crate::setup::Setup;
use docs::SharedDocs;
use model::order::Owner;
use store_core::layout::{Layout, LayoutError};
use sync::doc::{DocError, DocKey};
use sync::peer::{Limits, OutRecord, PeerConfig};

/// Why a database cannot be worked with.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// SQLite refuses it.
    #[error("{0}")]
    Db(#[from] DbError),
    /// The floor does not hold together.
    #[error("layout: {0}")]
    Layout(#[from] LayoutError),
    /// A bin or zone of the floor is not described.
    #[error("zone {0} is on the floor, but nothing says how it is kept")]
    Zone(String),
    /// It is another store's.
    #[error("this database belongs to store {found}, not to {wanted}")]
    OtherStore {
        /// Whose it is.
        found: String,
        /// Whose it should be.
        wanted: String,
    },
}

/// A failure that is nobody's doing. Nothing of the batch was kept; all of it may be sent again.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The database.
    #[error("{0}")]
    Db(#[from] DbError),
    /// A document.
    #[error("document: {0}")]
    Doc(#[from] DocError),
}

/// What came of a batch.
#[derive(Debug, Default)]
pub struct Applied {
    /// One reply per command, in their order.
    pub replies: Vec<Result<Answer, Refusal>>,
    /// What changed.
    pub effects: Effects,
}

/// One record of the hub's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboundRecord {
    /// Its number, from 1, without gaps.
    pub seq: u64,
    /// The document.
    pub doc: DocKey,
    /// The change.
    pub change: Vec<u8>,
}

/// See the file.
pub struct Engine {
    db: Db,
    parts: Parts,
    docs: SharedDocs,
    boot: u32,
    #[cfg(feature = "mutations")]
    groups: u64,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("store", &self.parts.setup.store).finish_non_exhaustive()
    }
}

/// What flows need besides the transaction.
struct Parts {
    setup: Setup,
    layout: Layout,
    #[cfg(feature = "mutations")]
    mutations: std::collections::BTreeSet<Mutation>,
}

impl Engine {
    /// The store.
    pub const fn setup(&self) -> &Setup {
        &self.parts.setup
    }

    /// What a sync peer must know of this store: terms, boot number, and how far both logs have come.
    ///
    /// # Errors
    /// [`OpenError::Db`].
    pub fn peer_config(&self) -> Result<PeerConfig, OpenError> {
        let conn = self.db.read();
        let terms = flows::terms(conn)?;
        Ok(PeerConfig {
            side: Owner::Store,
            store: self.parts.setup.store.clone(),
            epoch: terms.epoch,
            generation: terms.generation,
            boot: self.boot,
            received: marks::count(conn, Mark::Received)?,
            sent: marks::count(conn, Mark::OutLast)?,
            acked: marks::count(conn, Mark::OutAcked)?,
            limits: Limits::default(),
        })
    }

    /// What its commits cost.
    pub const fn writing(&self) -> &figures::Writing {
        self.db.writing()
    }

    /// Last record of the hub's log that is durable here.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn received(&self) -> Result<u64, Fault> {
        Ok(marks::count(self.db.read(), Mark::Received)?)
    }

    /// The hub has the own log up to here; a lower number than before changes nothing.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn out_acked(&mut self, upto: u64) -> Result<(), Fault> {
        let tx = self.db.begin()?;
        outbox::acked(&tx, upto)?;
        Ok(tx.commit()?)
    }

    /// The own log after a number, at most `limit` records, in order.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn out_records(&self, after: u64, limit: u32) -> Result<Vec<OutRecord>, Fault> {
        Ok(carry::records(self.db.read(), after, limit)?)
    }

    /// Moves the write-ahead log into the file. For a clean stop; without it the next start does the same.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn close(self) -> Result<(), Fault> {
        Ok(self.db.checkpoint()?)
    }
}
