//! What travels between a store and its hub: one frame per message, version byte first, postcard after it.
//! Bytes <-> meaning only: no state, no clock, no socket. Nothing here trusts a length it was told.
//!
//! A frame names a document without its store: the session is bound to one store by its `Hello`, so that no frame can
//! point at another store's documents.

mod frame;
mod pack;

pub use frame::{CloseReason, Connection, Frame, Hello, MAX_HEADS};
pub use pack::{Batch, BatchItem, MAX_BATCH_RAW};

/// The version this binary writes.
pub const VERSION: u8 = 1;
/// The oldest version this binary still reads (hubs upgrade first; N-2 once there are three).
pub const OLDEST_VERSION: u8 = 1;
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
    /// The bytes are no frame of that version.
    #[error("the frame does not decode: drop it and let the other side send it again")]
    Malformed,
    /// A batch unpacks to more than [`MAX_BATCH_RAW`], or to no list of changes.
    #[error("the batch does not unpack within {MAX_BATCH_RAW} bytes: drop it")]
    BadBatch,
}

/// Bytes of one frame.
///
/// # Errors
/// [`WireError::TooLong`] when the frame would pass [`MAX_FRAME`].
pub fn encode(frame: &Frame) -> Result<Vec<u8>, WireError> {
    let bytes = postcard::to_extend(frame, vec![VERSION]).map_err(|_| WireError::Malformed)?;
    if bytes.len() > MAX_FRAME {
        return Err(WireError::TooLong { len: bytes.len() });
    }
    Ok(bytes)
}

/// The frame in some bytes from outside. Never panics, whatever they are.
///
/// # Errors
/// Every [`WireError`] but `BadBatch`, which [`Batch::unpack`] gives.
pub fn decode(bytes: &[u8]) -> Result<Frame, WireError> {
    if bytes.len() > MAX_FRAME {
        return Err(WireError::TooLong { len: bytes.len() });
    }
    let (&version, body) = bytes.split_first().ok_or(WireError::Empty)?;
    if !(OLDEST_VERSION..=VERSION).contains(&version) {
        return Err(WireError::Version { found: version });
    }
    match postcard::take_from_bytes::<Frame>(body) {
        Ok((frame, [])) => Ok(frame),
        Ok(_) | Err(_) => Err(WireError::Malformed),
    }
}

#[cfg(test)]
mod tests;
