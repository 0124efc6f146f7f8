//! Version 1 of the frames, as it was written until lanes came: frozen. One log in each direction, no lanes; kept so that
//! a hub can be newer than its stores and the other way round. Never changes again.

use model::id::StoreId;
use model::order::Owner;
use model::quota::{HubGeneration, StoreEpoch};
use serde::{Deserialize, Serialize};

use super::frame::{CloseReason, Connection, Frame, Hello, LaneMark};
use super::{Batch, WireError};
use crate::doc::DocKey;
use crate::lane::{Lane, LaneSeq, SEQ_MAX};

/// See `super::Frame`; the order of the kinds is the format.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum FrameV1 {
    Hello(HelloV1),
    Change { seq: Seq, doc: DocKey, change: Vec<u8> },
    Batch { first_seq: Seq, packed: Vec<u8> },
    Ack { upto: Seq },
    Want { doc: DocKey },
    Whole { doc: DocKey, digest: [u8; 8], total: u32, offset: u32, bytes: Vec<u8> },
    Ping { nonce: u32 },
    Pong { nonce: u32 },
    Bye { reason: CloseReason },
}

/// A record's number. No log gets past [`SEQ_MAX`]; a number that does is no frame, since as a place it would be another's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u64")]
pub(super) struct Seq(u64);

impl TryFrom<u64> for Seq {
    type Error = &'static str;

    fn try_from(seq: u64) -> Result<Self, Self::Error> {
        if seq > SEQ_MAX { Err("a number beyond any log") } else { Ok(Self(seq)) }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct HelloV1 {
    oldest: u8,
    newest: u8,
    store: StoreId,
    side: Owner,
    epoch: StoreEpoch,
    generation: HubGeneration,
    connection: Connection,
    heard: Option<Connection>,
    settled: bool,
    received_seq: u64,
    sent_seq: u64,
    heads: Vec<(DocKey, [u8; 8])>,
}

const fn only(Seq(seq): Seq) -> LaneSeq {
    LaneSeq { lane: Lane::Orders, seq }
}

impl From<FrameV1> for Frame {
    fn from(frame: FrameV1) -> Self {
        match frame {
            FrameV1::Hello(hello) => Frame::Hello(hello.into()),
            FrameV1::Change { seq, doc, change } => Frame::Change { at: only(seq), doc, change, seal: None },
            FrameV1::Batch { first_seq, packed } => Frame::Batch(Batch::packed(only(first_seq), packed)),
            FrameV1::Ack { upto } => Frame::Ack { upto: only(upto), seal: None },
            FrameV1::Want { doc } => Frame::Want { doc },
            FrameV1::Whole { doc, digest, total, offset, bytes } => {
                Frame::Whole { doc, digest, total, offset, bytes }
            }
            FrameV1::Ping { nonce } => Frame::Ping { nonce },
            FrameV1::Pong { nonce } => Frame::Pong { nonce },
            FrameV1::Bye { reason } => Frame::Bye { reason },
        }
    }
}

impl From<HelloV1> for Hello {
    fn from(hello: HelloV1) -> Self {
        let mark = LaneMark { received: hello.received_seq, sent: hello.sent_seq, skipped: 0 };
        Self {
            oldest: hello.oldest,
            newest: hello.newest,
            store: hello.store,
            side: hello.side,
            epoch: hello.epoch,
            generation: hello.generation,
            connection: hello.connection,
            heard: hello.heard,
            settled: hello.settled,
            lanes: vec![mark],
            heads: hello.heads,
        }
    }
}

impl From<Hello> for HelloV1 {
    fn from(hello: Hello) -> Self {
        let mark = hello.lanes.first().copied().unwrap_or_default();
        Self {
            oldest: hello.oldest,
            newest: hello.newest,
            store: hello.store,
            side: hello.side,
            epoch: hello.epoch,
            generation: hello.generation,
            connection: hello.connection,
            heard: hello.heard,
            settled: hello.settled,
            received_seq: mark.received,
            sent_seq: mark.sent,
            heads: hello.heads,
        }
    }
}

impl TryFrom<Frame> for FrameV1 {
    type Error = WireError;

    /// What a peer of version 1 understands; a record of another lane, or a newer kind, it does not.
    fn try_from(frame: Frame) -> Result<Self, WireError> {
        let seq = |at: LaneSeq| match at.lane {
            Lane::Orders => Ok(Seq(at.seq)),
            Lane::States | Lane::Alarms | Lane::Stock | Lane::Backfill => Err(WireError::NotInVersion),
        };
        Ok(match frame {
            Frame::Hello(hello) => FrameV1::Hello(hello.into()),
            Frame::Change { at, doc, change, seal: _ } => FrameV1::Change { seq: seq(at)?, doc, change },
            Frame::Batch(batch) => FrameV1::Batch { first_seq: seq(batch.at)?, packed: batch.into_packed() },
            Frame::Ack { upto, seal: _ } => FrameV1::Ack { upto: seq(upto)? },
            Frame::Want { doc } => FrameV1::Want { doc },
            Frame::Whole { doc, digest, total, offset, bytes } => {
                FrameV1::Whole { doc, digest, total, offset, bytes }
            }
            Frame::Ping { nonce } => FrameV1::Ping { nonce },
            Frame::Pong { nonce } => FrameV1::Pong { nonce },
            Frame::Bye { reason } => FrameV1::Bye { reason },
            Frame::Manifest { .. } | Frame::Repair { .. } => return Err(WireError::NotInVersion),
        })
    }
}
