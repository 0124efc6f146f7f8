//! The kinds of frame and what each says, in the newest version. No bytes here.

use model::id::StoreId;
use model::order::Owner;
use model::quota::{HubGeneration, StoreEpoch};
use serde::{Deserialize, Serialize};

use super::{ALARMS_SINCE, Batch, CATALOGUE_SINCE, REPAIR_SINCE, STOCK_SINCE};
use crate::doc::{DocKey, MANIFEST_MAX, ManifestEntry};
use crate::lane::{LaneSeq, LaneState};
use crate::pledge::Seal;

/// The most document heads one `Hello` may carry.
pub const MAX_HEADS: usize = 64;
/// The most closed documents one `Manifest` may name.
pub const MAX_MANIFEST: usize = MANIFEST_MAX;

/// One message of a session. Append new kinds at the end; never renumber.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Frame {
    /// Who I am and how far I have come. First frame of each direction, repeated until answered.
    Hello(Hello),
    /// One record of the sender's log.
    Change {
        /// Place in the sender's log.
        at: LaneSeq,
        /// The document it belongs to.
        doc: DocKey,
        /// A slim change (see `doc::slim`).
        change: Vec<u8>,
        /// A hub's pledge that its log has come here. Behind the frame, where an older reader does not look.
        #[serde(skip)]
        seal: Option<Seal>,
    },
    /// Several records of the sender's log in a row, compressed.
    Batch(Batch),
    /// Everything of this lane up to here is durable at my side.
    Ack {
        /// Last durable record of the receiver of this frame.
        upto: LaneSeq,
        /// A hub's pledge that it has it; as that of a record.
        #[serde(skip)]
        seal: Option<Seal>,
    },
    /// Repair: send me all of this document.
    Want {
        /// Which one.
        doc: DocKey,
    },
    /// Repair: a part of a whole document.
    Whole {
        /// Which one.
        doc: DocKey,
        /// First 8 bytes of the SHA-256 of the whole.
        digest: [u8; 8],
        /// Length of the whole in bytes.
        total: u32,
        /// Where this part begins.
        offset: u32,
        /// The part.
        bytes: Vec<u8>,
    },
    /// Are you there?
    Ping {
        /// Comes back in the `Pong`.
        nonce: u32,
    },
    /// Yes.
    Pong {
        /// Of the `Ping`.
        nonce: u32,
    },
    /// I end the session, and why.
    Bye {
        /// For the log and the operator at the other side.
        reason: CloseReason,
    },
    /// The closed documents that I have, newest first: key, SHA-256 of the canonical content, its length. Since version 2.
    Manifest {
        /// At most [`MAX_MANIFEST`].
        entries: Vec<Closed>,
    },
    /// Repair: a part of what automerge says to the other side about one document. Since version 5.
    Repair {
        /// Which one.
        doc: DocKey,
        /// The speaker knows nothing yet of the listener's copy, and the listener is to forget what it knows of the speaker's.
        begins: bool,
        /// First 8 bytes of the SHA-256 of the whole message.
        digest: [u8; 8],
        /// Its length in bytes.
        total: u32,
        /// Where this part begins.
        offset: u32,
        /// The part.
        bytes: Vec<u8>,
    },
}

impl Frame {
    /// The version that brought what this frame names. A packed batch is not looked into: who fills a log for an older
    /// reader leaves out what it does not know.
    pub(super) fn since(&self) -> u8 {
        match self {
            Frame::Change { doc, .. } | Frame::Want { doc } | Frame::Whole { doc, .. } => known_since(*doc),
            Frame::Hello(hello) => hello.heads.iter().map(|(doc, _)| known_since(*doc)).max().unwrap_or(1),
            Frame::Manifest { entries } => {
                entries.iter().map(|entry| known_since(entry.doc)).max().unwrap_or(2).max(2)
            }
            Frame::Repair { doc, .. } => known_since(*doc).max(REPAIR_SINCE),
            Frame::Batch(_)
            | Frame::Ack { .. }
            | Frame::Ping { .. }
            | Frame::Pong { .. }
            | Frame::Bye { .. } => 1,
        }
    }
}

/// The version that brought a kind of document.
pub const fn known_since(doc: DocKey) -> u8 {
    match doc {
        DocKey::Orders { .. } | DocKey::Quota { .. } => 1,
        DocKey::Stock { .. } => STOCK_SINCE,
        DocKey::Catalogue { .. } => CATALOGUE_SINCE,
        DocKey::Alarms { .. } => ALARMS_SINCE,
    }
}

/// A closed document by its content.
pub type Closed = ManifestEntry;

/// How far both logs of a lane have come as the speaker durably knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LaneMark {
    /// Last record of the listener's log that is durable at the speaker.
    pub received: u64,
    /// Last record of the speaker's own log.
    pub sent: u64,
    /// Records of the speaker's log up to here will not come in this lane.
    pub skipped: u64,
}

impl From<LaneState> for LaneMark {
    fn from(state: LaneState) -> Self {
        Self { received: state.received, sent: state.sent, skipped: state.skipped }
    }
}

/// One attempt to connect by one life of one side; never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Connection {
    /// The boot number of that side.
    pub boot: u32,
    /// Counted from 1 within the boot.
    pub attempt: u32,
}

/// Who speaks, for which store, and how far both logs have come as the speaker durably knows it. A later version may
/// append fields: bytes behind the last known one are passed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// Oldest frame version the speaker reads.
    pub oldest: u8,
    /// Newest frame version the speaker reads.
    pub newest: u8,
    /// The store this session is about.
    pub store: StoreId,
    /// Which side speaks.
    pub side: Owner,
    /// The store's epoch as the speaker knows it.
    pub epoch: StoreEpoch,
    /// The hub's generation as the speaker knows it.
    pub generation: HubGeneration,
    /// This connection of the speaker.
    pub connection: Connection,
    /// The listener's connection, if the speaker has had a `Hello` on this one: proof that this `Hello` is not an old one.
    pub heard: Option<Connection>,
    /// The speaker needs no further `Hello`.
    pub settled: bool,
    /// How far the logs have come, lane by lane; a speaker of version 1 has one.
    pub lanes: Vec<LaneMark>,
    /// Heads digest of the speaker's open documents, at most [`MAX_HEADS`].
    pub heads: Vec<(DocKey, [u8; 8])>,
}

impl CloseReason {
    /// What the other side says, as this side sees it: its `mine` is our `theirs`.
    #[must_use]
    pub const fn mirrored(self) -> Self {
        match self {
            Self::WrongEpoch { mine, theirs } => Self::WrongEpoch { mine: theirs, theirs: mine },
            Self::WrongGeneration { mine, theirs } => Self::WrongGeneration { mine: theirs, theirs: mine },
            Self::TheyRolledBack { mine, theirs } => Self::WeRolledBack { mine: theirs, theirs: mine },
            Self::WeRolledBack { mine, theirs } => Self::TheyRolledBack { mine: theirs, theirs: mine },
            Self::WrongStore
            | Self::SameSide
            | Self::NoCommonVersion
            | Self::Silent { .. }
            | Self::LogGap { .. }
            | Self::RecordTooBig { .. }
            | Self::Stopping
            | Self::Refused { .. } => self,
        }
    }
}

/// Why a session ends. Travels in `Bye` and stands in the log; says what to do where somebody must do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum CloseReason {
    /// The other side speaks of another store.
    #[error("the other side serves another store: check the store id and the certificate")]
    WrongStore,
    /// Two stores or two hubs talk to each other.
    #[error("both sides have the same role: a store must dial a hub")]
    SameSide,
    /// The store's epoch differs.
    #[error(
        "store epoch is {mine} here and {theirs} there: the node was replaced or restored, enrol it again"
    )]
    WrongEpoch {
        /// Known at the side that closes.
        mine: u32,
        /// Said by the other.
        theirs: u32,
    },
    /// The hub's generation differs.
    #[error(
        "hub generation is {mine} here and {theirs} there: the hub was restored, acknowledge its generation"
    )]
    WrongGeneration {
        /// Known at the side that closes.
        mine: u32,
        /// Said by the other.
        theirs: u32,
    },
    /// No common frame version.
    #[error("no common protocol version: upgrade the hub first, then the store")]
    NoCommonVersion,
    /// The other side has lost records it once had.
    #[error("the other side knows up to {theirs}, but had {mine}: it was rolled back and must be fenced")]
    TheyRolledBack {
        /// High-water mark known here.
        mine: u64,
        /// High-water mark said there.
        theirs: u64,
    },
    /// This side has lost records it once had.
    #[error(
        "this side knows up to {mine}, but the other has {theirs}: this side was rolled back and must fence itself"
    )]
    WeRolledBack {
        /// High-water mark known here.
        mine: u64,
        /// High-water mark said there.
        theirs: u64,
    },
    /// Nothing was heard for the configured time.
    #[error("nothing heard for {ms} ms: reconnect")]
    Silent {
        /// Milliseconds.
        ms: u64,
    },
    /// The log given to the peer has a gap.
    #[error("the outbound log has no record {seq}: it must be dense, check the outbox")]
    LogGap {
        /// The missing record.
        seq: u64,
    },
    /// A record does not fit a frame.
    #[error("record {seq} is too big for a frame: commit smaller batches")]
    RecordTooBig {
        /// The record.
        seq: u64,
    },
    /// This side is being stopped.
    #[error("the other side is stopping: reconnect later")]
    Stopping,
    /// Too much of what came on this connection was no frame. Since version 2.
    #[error("{count} frames of this connection were refused: look at the quarantine, reconnect later")]
    Refused {
        /// So many.
        count: u32,
    },
}
