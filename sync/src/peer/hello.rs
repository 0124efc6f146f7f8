//! The handshake: who may talk to whom, and whether one side has lost what it once had. Pure judgement, no frames sent.
//!
//! Three steps over a channel that may deliver old frames: each side repeats its `Hello` until it has one that proves to
//! have been written after its own (`heard` names this very connection). Only such a *fresh* one opens the session and
//! is held against the high-water marks.

use crate::lane::{LANES, LaneState};
use crate::wire::{CloseReason, Connection, Hello, LaneMark, OLDEST_VERSION};

use super::config::PeerConfig;

/// High-water marks as they stood when the connection began, lane by lane.
pub(super) type Marks = [LaneState; LANES];

/// Whether the speaker is the other side of this session at all.
pub(super) fn identity(config: &PeerConfig, hello: &Hello) -> Result<(), CloseReason> {
    if hello.oldest > config.newest || hello.newest < OLDEST_VERSION {
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

/// Whether both sides still have what they once had; only for a fresh `Hello`. `sent_now`: the ends of the own logs now.
/// A lane that the speaker does not know is not judged.
pub(super) fn continuity(marks: &Marks, sent_now: [u64; LANES], hello: &Hello) -> Result<(), CloseReason> {
    for ((mark, sent_now), said) in marks.iter().zip(sent_now).zip(&hello.lanes) {
        one_lane(mark, sent_now, *said)?;
    }
    Ok(())
}

fn one_lane(mark: &LaneState, sent_now: u64, said: LaneMark) -> Result<(), CloseReason> {
    if said.received < mark.acked {
        return Err(CloseReason::TheyRolledBack { mine: mark.acked, theirs: said.received });
    }
    if said.sent < mark.received {
        return Err(CloseReason::TheyRolledBack { mine: mark.received, theirs: said.sent });
    }
    if said.received > sent_now.max(mark.sent) {
        return Err(CloseReason::WeRolledBack { mine: sent_now, theirs: said.received });
    }
    Ok(())
}

/// Whether the `Hello` was written after this connection began.
pub(super) fn is_fresh(mine: Connection, hello: &Hello) -> bool {
    hello.heard == Some(mine)
}
