//! The one owner of a store's state: the writing connection and the live documents. Synchronous, takes `now`; knows no
//! socket. Commands go in by [`Engine::apply`], the hub's changes by [`Engine::inbound`], facts go out by
//! [`Engine::carry`] or the [`Scribe`]. Decides nothing itself: flows do.

mod backfill;
pub(crate) mod carry;
mod close;
#[cfg(test)]
mod close_tests;
mod docs;
mod group;
mod inbound;
mod lanes_of;
mod late;
#[cfg(feature = "mutations")]
mod mutation;
mod open;
mod repair;
#[cfg(test)]
mod repair_tests;
mod scribe;
pub mod ship;
#[cfg(test)]
mod ship_tests;
#[cfg(test)]
mod tests;
mod trial;

pub use backfill::OldRows;
pub use carry::{Batch, Carried};
pub use close::{BlobRefused, HoursSeen, closed_before, manifest};
#[cfg(feature = "mutations")]
pub use mutation::Mutation;
pub use scribe::Scribe;
pub use trial::trial;

use crate::answer::Answer;
use crate::db::{Db, DbError, lanes, pledges};
use crate::effects::Effects;
use crate::flows;
use crate::refusal::Refusal;
use crate::setup::Setup;
use docs::SharedDocs;
use model::order::Owner;
use store_core::layout::{Layout, LayoutError};
use sync::doc::{DocError, DocKey};
use sync::lane::{Lane, LaneStates};
use sync::peer::{Limits, OutRecord, PeerConfig};
use sync::pledge::Pledge;

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
    /// Documents to be asked for as a whole, because too much of them waits.
    pub want: Vec<DocKey>,
}

/// One record of the hub's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboundRecord {
    /// The lane of the log.
    pub lane: Lane,
    /// Its number there, from 1; it grows.
    pub seq: u64,
    /// The document.
    pub doc: DocKey,
    /// The change.
    pub change: Vec<u8>,
    /// What the hub has pledged of its log with it.
    pub pledge: Option<Pledge>,
}

/// Bytes that were no frame, or came where they must not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Where they came from.
    pub origin: String,
    /// The first of them.
    pub bytes: Vec<u8>,
    /// Why they were refused.
    pub why: String,
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
            lanes: lanes::states(conn)?,
            newest: PeerConfig::NEWEST,
            pledges: None,
            limits: Limits::default(),
        })
    }

    /// Keeps what the hub has pledged.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn pledged(&mut self, all: &[Pledge]) -> Result<(), Fault> {
        let tx = self.db.begin()?;
        for pledge in all {
            pledges::note(&tx, pledge)?;
        }
        Ok(tx.commit()?)
    }

    /// What the hub has pledged of itself, to be shown to it.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn pledges(&self) -> Result<Vec<Pledge>, Fault> {
        Ok(pledges::all_kept(self.db.read())?)
    }

    /// What its commits cost.
    pub const fn writing(&self) -> &figures::Writing {
        self.db.writing()
    }

    /// How far both logs of every lane have come.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn lanes(&self) -> Result<LaneStates, Fault> {
        Ok(lanes::states(self.db.read())?)
    }

    /// The hub has a lane of the own log up to here; a lower number than before changes nothing.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn out_acked(&mut self, lane: Lane, upto: u64) -> Result<(), Fault> {
        self.out_acked_with(lane, upto, None)
    }

    /// The same, with what the hub has pledged of it.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn out_acked_with(&mut self, lane: Lane, upto: u64, pledge: Option<&Pledge>) -> Result<(), Fault> {
        let tx = self.db.begin()?;
        lanes::acked(&tx, lane, upto)?;
        if let Some(pledge) = pledge {
            pledges::note(&tx, pledge)?;
        }
        Ok(tx.commit()?)
    }

    /// A lane of the own log after a number, at most `limit` records, in order.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn out_records(&self, lane: Lane, after: u64, limit: u32) -> Result<Vec<OutRecord>, Fault> {
        Ok(carry::records(self.db.read(), lane, after, limit)?)
    }

    /// Moves the write-ahead log into the file. For a clean stop; without it the next start does the same.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn close(self) -> Result<(), Fault> {
        Ok(self.db.checkpoint()?)
    }
}
