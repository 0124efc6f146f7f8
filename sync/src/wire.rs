//! What travels between a store and its hub: one frame per message, version byte first, postcard after it.
//! Bytes <-> meaning only: no state, no clock, no socket. Nothing here trusts a length it was told.
//!
//! A frame names a document without its store: the session is bound to one store by its `Hello`, so that no frame can
//! point at another store's documents.

mod frame;
mod pack;
mod v1;

pub use frame::{
    CloseReason, Closed, Connection, Frame, Hello, LaneMark, MAX_HEADS, MAX_MANIFEST, known_since,
};
pub use pack::{Batch, BatchItem, MAX_BATCH_RAW};

use crate::pledge::Seal;
use v1::FrameV1;

/// The newest version this binary speaks. 1: one log. 2: lanes, the manifest of closed documents. 3: seals of a hub's pledges,
/// stock documents. 4: the city's catalogue. 5: repair by automerge's messages. 6: alarms documents.
pub const VERSION: u8 = 6;
/// Since this version records and acknowledgements may be sealed; an older reader would refuse what stands behind a frame.
pub const SEALS_SINCE: u8 = 3;
/// The oldest version this binary still reads: N-5. Hubs upgrade first.
pub const OLDEST_VERSION: u8 = 1;
/// Since this version a side knows stock documents. To an older one nothing of them may be sent: it would refuse the frame.
pub const STOCK_SINCE: u8 = 3;
/// Since this version a store knows the catalogue's document. To an older one nothing of it may be sent.
pub const CATALOGUE_SINCE: u8 = 4;
/// Since this version a side repairs a document by automerge's messages; an older one is given and asked for the whole of it.
pub const REPAIR_SINCE: u8 = 5;
/// Since this version a hub knows alarms documents. To an older one nothing of them may be sent.
pub const ALARMS_SINCE: u8 = 6;
/// The largest frame in bytes, version byte included.
pub const MAX_FRAME: usize = 256 * 1024;

/// Why bytes were not a frame. Nothing was changed by them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// The frame is longer than [`MAX_FRAME`].
    #[error("a frame of {len} bytes is over the limit of {MAX_FRAME}: send the document in parts")]
    TooLong {
        /// Its length in bytes.
        len: usize,
    },
    /// No bytes at all.
    #[error("an empty message is not a frame")]
    Empty,
    /// A version this binary does not read.
    #[error(
        "frame version {found} is not between {OLDEST_VERSION} and {VERSION}: upgrade the older side, the hub before its stores"
    )]
    Version {
        /// The version byte found.
        found: u8,
    },
    /// A kind of frame that a later version brought: to be passed over.
    #[error("a frame of kind {kind}, which this version does not know: passed over")]
    Unknown {
        /// Its number.
        kind: u8,
    },
    /// The frame says what an older version has no words for.
    #[error("the other side's version has no words for this frame")]
    NotInVersion,
    /// The bytes are no frame of that version.
    #[error("the frame does not decode: drop it and let the other side send it again")]
    Malformed,
    /// A batch unpacks to more than [`MAX_BATCH_RAW`], or to no list of changes.
    #[error("the batch does not unpack within {MAX_BATCH_RAW} bytes: drop it")]
    BadBatch,
}

/// Kinds of frames of this version: a first byte from here on is a later one's.
const KINDS: u8 = 11;

/// Bytes of one frame in the newest version.
///
/// # Errors
/// As [`encode_as`].
pub fn encode(frame: &Frame) -> Result<Vec<u8>, WireError> {
    encode_as(frame, VERSION)
}

/// Bytes of one frame for a reader of `version`.
///
/// # Errors
/// [`WireError::TooLong`] when the frame would pass [`MAX_FRAME`], [`WireError::NotInVersion`] when the version has no
/// words for it.
pub fn encode_as(frame: &Frame, version: u8) -> Result<Vec<u8>, WireError> {
    let version = version.clamp(OLDEST_VERSION, VERSION);
    if version < frame.since() {
        return Err(WireError::NotInVersion);
    }
    let bytes = if version == 1 {
        postcard::to_extend(&FrameV1::try_from(frame.clone())?, vec![version])
    } else {
        postcard::to_extend(frame, vec![version])
    };
    let mut bytes = bytes.map_err(|_| WireError::Malformed)?;
    if version >= SEALS_SINCE
        && let Frame::Change { seal: Some(seal), .. }
        | Frame::Batch(Batch { seal: Some(seal), .. })
        | Frame::Ack { seal: Some(seal), .. } = frame
    {
        bytes.extend_from_slice(seal);
    }
    if bytes.len() > MAX_FRAME {
        return Err(WireError::TooLong { len: bytes.len() });
    }
    Ok(bytes)
}

/// The frame in some bytes from outside. Never panics, whatever they are.
///
/// # Errors
/// Every [`WireError`] but `BadBatch`, which [`Batch::unpack`] gives, and `NotInVersion`.
pub fn decode(bytes: &[u8]) -> Result<Frame, WireError> {
    if bytes.len() > MAX_FRAME {
        return Err(WireError::TooLong { len: bytes.len() });
    }
    let (&version, body) = bytes.split_first().ok_or(WireError::Empty)?;
    match version {
        1 => match postcard::take_from_bytes::<FrameV1>(body) {
            Ok((frame, [])) => Ok(frame.into()),
            Ok(_) | Err(_) => Err(WireError::Malformed),
        },
        2..=VERSION => decode_body(version, body),
        found => Err(WireError::Version { found }),
    }
}

fn decode_body(version: u8, body: &[u8]) -> Result<Frame, WireError> {
    match postcard::take_from_bytes::<Frame>(body) {
        // A later version may say more in its hello; everything else is as long as it is.
        Ok((frame @ Frame::Hello(_), _) | (frame, [])) => Ok(frame),
        Ok(_) if version < SEALS_SINCE => Err(WireError::Malformed),
        Ok((Frame::Change { at, doc, change, .. }, rest)) => {
            Ok(Frame::Change { at, doc, change, seal: Some(seal(rest)?) })
        }
        Ok((Frame::Ack { upto, .. }, rest)) => Ok(Frame::Ack { upto, seal: Some(seal(rest)?) }),
        Ok((Frame::Batch(mut batch), rest)) => {
            batch.seal = Some(seal(rest)?);
            Ok(Frame::Batch(batch))
        }
        Ok(_) => Err(WireError::Malformed),
        Err(_) => match body.first() {
            Some(&kind) if kind >= KINDS => Err(WireError::Unknown { kind }),
            Some(_) | None => Err(WireError::Malformed),
        },
    }
}

/// What may stand behind records and acknowledgements: the seal of the last one.
fn seal(rest: &[u8]) -> Result<Seal, WireError> {
    rest.try_into().map_err(|_| WireError::Malformed)
}

#[cfg(test)]
mod tests;
