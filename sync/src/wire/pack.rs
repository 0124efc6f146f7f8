//! Several changes in one frame, compressed together. No session state here.

use serde::{Deserialize, Serialize};

use super::{MAX_FRAME, WireError};
use crate::doc::DocKey;
use crate::lane::LaneSeq;
use crate::pledge::Seal;

/// The most bytes a batch may hold before compression; a batch that claims more is refused unread.
pub const MAX_BATCH_RAW: usize = MAX_FRAME / 2;
/// zstd level: small inputs, a slow store CPU; higher levels gain under 2 % here.
const LEVEL: i32 = 6;

/// A run of records of one log, packed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// Place of the first record.
    pub at: LaneSeq,
    packed: Vec<u8>,
    /// A hub's pledge that its log has come to the end of this; see [`super::Frame::Change`].
    #[serde(skip)]
    pub seal: Option<Seal>,
}

/// One record inside a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchItem {
    /// The document.
    pub doc: DocKey,
    /// A slim change.
    pub change: Vec<u8>,
}

impl Batch {
    /// Packs records with consecutive numbers from `at`.
    ///
    /// # Errors
    /// [`WireError::BadBatch`] when they hold more than [`MAX_BATCH_RAW`] bytes.
    pub fn pack(at: LaneSeq, items: &[BatchItem]) -> Result<Self, WireError> {
        let raw = postcard::to_stdvec(items).map_err(|_| WireError::BadBatch)?;
        if raw.len() > MAX_BATCH_RAW {
            return Err(WireError::BadBatch);
        }
        let packed = zstd::bulk::compress(&raw, LEVEL).map_err(|_| WireError::BadBatch)?;
        Ok(Self { at, packed, seal: None })
    }

    /// A batch of bytes that came; nothing is known of them yet.
    pub(super) const fn packed(at: LaneSeq, packed: Vec<u8>) -> Self {
        Self { at, packed, seal: None }
    }

    /// Its packed bytes.
    pub(super) fn into_packed(self) -> Vec<u8> {
        self.packed
    }

    /// Its packed bytes, to be shown.
    pub fn bytes(&self) -> &[u8] {
        &self.packed
    }

    /// The records, in order.
    ///
    /// # Errors
    /// [`WireError::BadBatch`] for anything that is no packed list or is larger than [`MAX_BATCH_RAW`].
    pub fn unpack(&self) -> Result<Vec<BatchItem>, WireError> {
        let raw = zstd::bulk::decompress(&self.packed, MAX_BATCH_RAW).map_err(|_| WireError::BadBatch)?;
        match postcard::take_from_bytes::<Vec<BatchItem>>(&raw) {
            Ok((items, [])) => Ok(items),
            Ok(_) | Err(_) => Err(WireError::BadBatch),
        }
    }
}
