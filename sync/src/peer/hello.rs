//! The handshake: who may talk to whom, and whether one side has lost what it once had. Pure judgement, no frames sent.
//!
//! Three steps over a channel that may deliver old frames: each side repeats its `Hello` until it has one that proves to
//! have been written after its own (`heard` names this very connection). Only such a *fresh* one opens the session and
//! is held against the high-water marks.

use crate::wire::{CloseReason, Connection, Hello, OLDEST_VERSION, VERSION};

use super::config::PeerConfig;

/// High-water marks as they stood when the connection began.
#[derive(Debug, Clone, Copy)]
pub(super) struct Marks {
    /// Own records the other side had acknowledged.
    pub(super) acked: u64,
    /// Last own record.
    pub(super) sent: u64,
    /// Other side's records durable here.
    pub(super) received: u64,
}

/// Whether the speaker is the other side of this session at all.
pub(super) fn identity(config: &PeerConfig, hello: &Hello) -> Result<(), CloseReason> {
    if hello.oldest > VERSION || hello.newest < OLDEST_VERSION {
        return Err(CloseReason::NoCommonVersion);
    }
    if hello.store != config.store {
        return Err(CloseReason::WrongStore);
    }
    if hello.side == config.side {
        return Err(CloseReason::SameSide);
    }
    if hello.epoch != config.epoch {
        return Err(CloseReason::WrongEpoch { mine: config.epoch.0, theirs: hello.epoch.0 });
    }
    if hello.generation != config.generation {
        return Err(CloseReason::WrongGeneration { mine: config.generation.0, theirs: hello.generation.0 });
    }
    Ok(())
}

/// Whether both sides still have what they once had; only for a fresh `Hello`. `sent_now` is the end of the own log now.
pub(super) fn continuity(marks: Marks, sent_now: u64, hello: &Hello) -> Result<(), CloseReason> {
    if hello.received_seq < marks.acked {
        return Err(CloseReason::TheyRolledBack { mine: marks.acked, theirs: hello.received_seq });
    }
    if hello.sent_seq < marks.received {
        return Err(CloseReason::TheyRolledBack { mine: marks.received, theirs: hello.sent_seq });
    }
    if hello.received_seq > sent_now.max(marks.sent) {
        return Err(CloseReason::WeRolledBack { mine: sent_now, theirs: hello.received_seq });
    }
    Ok(())
}

/// Whether the `Hello` was written after this connection began.
pub(super) fn is_fresh(mine: Connection, hello: &Hello) -> bool {
    hello.heard == Some(mine)
}
