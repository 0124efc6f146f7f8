//! What a peer is told at the beginning, and the words of its conversation with its caller. No behaviour.

use model::id::StoreId;
use model::order::Owner;
use model::quota::{HubGeneration, StoreEpoch};

use crate::doc::DocKey;
use crate::wire::CloseReason;

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
    /// Last record of the other side's log that is durable here.
    pub received: u64,
    /// Last record of the own log.
    pub sent: u64,
    /// Last record of the own log that the other side has acknowledged.
    pub acked: u64,
    /// Times and sizes.
    pub limits: Limits,
}

/// Times in milliseconds, sizes in bytes or records.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes sent and not yet acknowledged. One second of a 1 Mbit/s line.
    pub window_bytes: usize,
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

/// One record of the own durable log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutRecord {
    /// Place in the log, from 1, without gaps.
    pub seq: u64,
    /// The document.
    pub doc: DocKey,
    /// A slim change, as the document gave it.
    pub change: Vec<u8>,
}

/// What the caller tells the peer.
#[derive(Debug, Clone)]
pub enum Input {
    /// A connection stands. `heads`: digests of the open documents, for the other side to compare (may be empty).
    Connected {
        /// At most `wire::MAX_HEADS` are sent.
        heads: Vec<(DocKey, [u8; 8])>,
    },
    /// The connection is gone.
    Disconnected,
    /// Bytes of one frame came.
    Frame(Vec<u8>),
    /// The answer to `Output::NeedOut`: the records after the number asked for, in order, none left out.
    Out(Vec<OutRecord>),
    /// The own log now ends here.
    OutGrew {
        /// Its last record.
        last_seq: u64,
    },
    /// Everything delivered up to here is durable, together with what it caused.
    Committed {
        /// Last durable record of the other side's log.
        upto: u64,
    },
    /// Ask the other side for a whole document.
    Want {
        /// Which one.
        doc: DocKey,
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
        /// Its number.
        seq: u64,
        /// The document.
        doc: DocKey,
        /// A slim change.
        change: Vec<u8>,
    },
    /// Give records of the own log by `Input::Out`.
    NeedOut {
        /// The records after this one.
        after: u64,
        /// At most so many.
        limit: u32,
    },
    /// The other side has everything up to here: it need not be kept for sending.
    Acked {
        /// Last acknowledged record of the own log.
        upto: u64,
    },
    /// The other side has said who it is; once per connection, before `Live`.
    PeerHello {
        /// Its boot number.
        boot: u32,
        /// Last own record that is durable there.
        received: u64,
        /// Last record of its log.
        sent: u64,
        /// Digests of its open documents.
        heads: Vec<(DocKey, [u8; 8])>,
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
