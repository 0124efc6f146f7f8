//! What a peer is told at the beginning, and the words of its conversation with its caller. No behaviour.

use model::id::StoreId;
use model::order::Owner;
use model::quota::{HubGeneration, StoreEpoch};

use crate::doc::{DocKey, RepairAnswer, Repairing};
use crate::lane::{Lane, LaneStates};
use crate::pledge::{Pledge, PledgeKey};
use crate::wire::{CloseReason, Closed, VERSION, WireError};

/// Bytes of a refused frame that are kept for a person.
pub const REFUSED_KEPT: usize = 256;

/// What one peer needs to know of itself. Everything here is durable at the caller's.
#[derive(Debug, Clone)]
pub struct PeerConfig {
    /// Which side this is.
    pub side: Owner,
    /// The store of this session.
    pub store: StoreId,
    /// The store's epoch.
    pub epoch: StoreEpoch,
    /// The hub's generation.
    pub generation: HubGeneration,
    /// A number never used by this side before; a new one at every start of the process.
    pub boot: u32,
    /// How far both logs of every lane have come.
    pub lanes: LaneStates,
    /// The newest frame version to speak; [`VERSION`] but for tests of older peers.
    pub newest: u8,
    /// What a hub makes its pledges from; a store has none.
    pub pledges: Option<PledgeKey>,
    /// Times and sizes.
    pub limits: Limits,
}

/// Times in milliseconds, sizes in bytes or records.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes sent and not yet acknowledged. One second of a 1 Mbit/s line.
    pub window_bytes: usize,
    /// Bytes in flight, of all lanes, beyond which no backfill is sent: what an urgent record may have to stand behind.
    pub backfill_window: usize,
    /// Bytes of backfill a second.
    pub backfill_per_s: usize,
    /// Bytes of backfill that may go at once after a rest.
    pub backfill_burst: usize,
    /// Bytes of one frame of backfill before compression.
    pub backfill_frame: usize,
    /// Records asked for at once from the caller's log.
    pub ask_records: u32,
    /// Records delivered and not yet committed, and likewise records held that came too early.
    pub receive_records: usize,
    /// First wait before sending again; doubles up to `retry_max_ms`.
    pub retry_first_ms: u64,
    /// Longest wait before sending again.
    pub retry_max_ms: u64,
    /// Send a ping after so long without sending.
    pub heartbeat_ms: u64,
    /// Say `Stale` after so long without hearing.
    pub stale_ms: u64,
    /// Close after so long without hearing.
    pub dead_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            window_bytes: 128 * 1024,
            backfill_window: 48 * 1024,
            backfill_per_s: 512 * 1024,
            backfill_burst: 64 * 1024,
            backfill_frame: 12 * 1024,
            ask_records: 256,
            receive_records: 1024,
            retry_first_ms: 3_000,
            retry_max_ms: 30_000,
            heartbeat_ms: 5_000,
            stale_ms: 12_000,
            dead_ms: 20_000,
        }
    }
}

impl PeerConfig {
    /// The newest version there is.
    pub const NEWEST: u8 = VERSION;
}

/// What a connection begins with.
#[derive(Debug, Clone, Default)]
pub struct Opening {
    /// Digests of the open documents, for the other side to compare; at most `wire::MAX_HEADS` are sent.
    pub heads: Vec<(DocKey, [u8; 8])>,
    /// The closed documents, newest first; at most `wire::MAX_MANIFEST` are sent.
    pub manifest: Vec<Closed>,
}

/// One record of the own durable log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutRecord {
    /// Place in its lane's log, from 1, without gaps.
    pub seq: u64,
    /// The document.
    pub doc: DocKey,
    /// A slim change, as the document gave it.
    pub change: Vec<u8>,
}

/// What the caller tells the peer.
#[derive(Debug, Clone)]
pub enum Input {
    /// A connection stands.
    Connected(Opening),
    /// The connection is gone.
    Disconnected,
    /// Bytes of one frame came.
    Frame(Vec<u8>),
    /// The answer to `Output::NeedOut`: the records after the number asked for, in order, none left out.
    Out {
        /// The lane.
        lane: Lane,
        /// Its records.
        records: Vec<OutRecord>,
    },
    /// The own log of a lane now ends here.
    OutGrew {
        /// The lane.
        lane: Lane,
        /// Its last record.
        last_seq: u64,
    },
    /// The own log was looked at anew, and records may have gone to other lanes.
    Lanes(LaneStates),
    /// Everything delivered up to here is durable, together with what it caused.
    Committed {
        /// The lane.
        lane: Lane,
        /// Last durable record of the other side's log.
        upto: u64,
    },
    /// A document of the other side's has what is not here: get it.
    Want {
        /// Which one.
        doc: DocKey,
    },
    /// The answer to `Output::Repair`.
    Repaired {
        /// Which one.
        doc: DocKey,
        /// What is known of it now.
        so_far: Box<Repairing>,
        /// What `Document::repair` has said.
        answer: RepairAnswer,
    },
    /// The answer to `Output::WantDoc`.
    Whole {
        /// Which one.
        doc: DocKey,
        /// `Document::save_full()`.
        bytes: Vec<u8>,
    },
    /// Say `Bye` and close.
    Stop,
    /// Time has passed.
    Tick,
}

/// What the peer asks of the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Send these bytes as one message; losing them is allowed.
    Send(Vec<u8>),
    /// The next record of the other side's log. Make it durable, then say `Committed`.
    Deliver {
        /// The lane.
        lane: Lane,
        /// Its number there; they grow, and are not always dense.
        seq: u64,
        /// The document.
        doc: DocKey,
        /// A slim change.
        change: Vec<u8>,
        /// What the hub has pledged of its log since the last record, this one included: to be kept with it.
        pledge: Option<Pledge>,
    },
    /// Give records of the own log by `Input::Out`.
    NeedOut {
        /// The lane.
        lane: Lane,
        /// The records after this one.
        after: u64,
        /// At most so many.
        limit: u32,
    },
    /// The other side has everything up to here: it need not be kept for sending.
    Acked {
        /// The lane.
        lane: Lane,
        /// Last acknowledged record of the own log.
        upto: u64,
        /// What the hub has pledged with it: to be kept with it.
        pledge: Option<Pledge>,
    },
    /// The other side has said who it is; once per connection, before `Live`.
    PeerHello {
        /// Its boot number.
        boot: u32,
        /// The version of the frames that both understand.
        version: u8,
        /// Nothing is on its way in either direction: documents with other heads differ.
        level: bool,
        /// Digests of its open documents.
        heads: Vec<(DocKey, [u8; 8])>,
    },
    /// What was on its way when the session opened has arrived: say `Input::Want` for each open document that this side
    /// writes to. Where both have the same, that costs some hundred bytes.
    Quiet,
    /// The other side is of version 1, and records wait in lanes that it does not know: put them into the first lane, and
    /// whatever comes, then say `Input::Lanes`.
    OneLane,
    /// The closed documents of the other side.
    Manifest(Vec<Closed>),
    /// A frame that was refused, and why: to be kept for a person. The session goes on, or a `Close` follows.
    Refused {
        /// Its first bytes, at most [`REFUSED_KEPT`].
        bytes: Vec<u8>,
        /// What is wrong with it.
        why: WireError,
    },
    /// Repair a document by automerge's protocol: with a message, check and apply the changes in it like records, as far as they
    /// can be, and make them durable; then say `Document::repair` and answer with `Input::Repaired`.
    Repair {
        /// Which one.
        doc: DocKey,
        /// What the session knows of the other side's copy.
        so_far: Box<Repairing>,
        /// What the other side has said, for `RepairMessage::read`; none when this side speaks first.
        message: Option<Vec<u8>>,
    },
    /// The other side asks for a whole document: answer with `Input::Whole`.
    WantDoc {
        /// Which one.
        doc: DocKey,
    },
    /// A whole document that was asked for.
    Whole {
        /// Which one.
        doc: DocKey,
        /// To be given to `Document::apply_whole`.
        bytes: Vec<u8>,
    },
    /// The other side is there.
    Live,
    /// The other side has not been heard for `Limits::stale_ms`, or the connection is gone.
    Stale,
    /// Close the connection, then say `Disconnected`.
    Close {
        /// Why; nothing further comes on this connection.
        reason: CloseReason,
    },
}
