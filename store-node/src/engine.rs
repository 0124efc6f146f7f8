//! The one owner of a store's state: the writing connection and the live documents. Synchronous, takes `now`; knows no
//! socket. Commands go in by [`Engine::apply`], the hub's changes by [`Engine::inbound`], facts go out by
//! [`Engine::carry`]. Decides nothing itself: flows do.

mod carry;
mod docs;
mod group;
mod inbound;
#[cfg(feature = "mutations")]
mod mutation;
mod open;

#[cfg(feature = "mutations")]
pub use mutation::Mutation;

use crate::answer::Answer;
use crate::db::marks::{self, Mark};
use crate::db::quota::Terms;
use crate::db::{Db, DbError, outbox};
use crate::effects::Effects;
use crate::flows;
use crate::refusal::Refusal;
use crate::setup::Setup;
use docs::Docs;
use store_core::layout::{Layout, LayoutError};
use sync::doc::{DocError, DocKey};

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

/// How far the logs between the store and its hub have come, and under which terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// E and G.
    pub terms: Terms,
    /// This start of the process.
    pub boot: u32,
    /// Last record of the hub's log that is durable here.
    pub received: u64,
    /// Last record of the own log.
    pub sent: u64,
    /// Last record of it that the hub has.
    pub acked: u64,
}

/// See the file.
pub struct Engine {
    db: Db,
    parts: Parts,
    docs: Docs,
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

    /// How far the logs have come.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn standing(&mut self) -> Result<Standing, Fault> {
        let tx = self.db.begin()?;
        Ok(Standing {
            terms: flows::terms(&tx)?,
            boot: self.boot,
            received: marks::count(&tx, Mark::Received)?,
            sent: marks::count(&tx, Mark::OutLast)?,
            acked: marks::count(&tx, Mark::OutAcked)?,
        })
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
    pub fn out_records(&mut self, after: u64, limit: u32) -> Result<Vec<sync::peer::OutRecord>, Fault> {
        let tx = self.db.begin()?;
        Ok(carry::records(&tx, after, limit)?)
    }

    /// Moves the write-ahead log into the file. For a clean stop; without it the next start does the same.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn close(self) -> Result<(), Fault> {
        Ok(self.db.checkpoint()?)
    }
}
