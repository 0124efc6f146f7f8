//! A batch as bytes: a version, then postcard; the rows compressed together.

use serde::{Deserialize, Serialize};

use super::{Entry, Hash, Reading, Row, Stream, wrong};
use crate::doc::DocError;

const V1: u8 = 1;
/// The most rows of one batch.
pub const ROWS_MAX: usize = 1_500;
/// The most bytes of one batch: fits a frame with much room.
pub const MAX_BATCH: usize = 120 * 1024;
/// The most bytes of a batch's rows before compression.
const MAX_RAW: usize = 4 * 1024 * 1024;
/// zstd level: written once by a machine that has other work.
const LEVEL: i32 = 12;

/// Rows in a row of one chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// First row.
    pub first: u64,
    /// Last row.
    pub last: u64,
    /// Hash of the row before the first.
    pub before: Hash,
    /// Hash of the last row.
    pub after: Hash,
    /// Time of the last row, UTC milliseconds.
    pub at: i64,
    rows: Vec<u8>,
}

impl Batch {
    /// Rows, with the hash before the first of them; as many as fit. `None` for no rows.
    ///
    /// # Errors
    /// [`DocError::Poisoned`] for one row that is larger than a batch.
    pub fn of<R: Row>(before: Hash, rows: &[R]) -> Result<Option<Self>, DocError> {
        let mut rows = rows.get(..rows.len().min(ROWS_MAX)).unwrap_or_default();
        while let (Some(first), Some(last)) = (rows.first(), rows.last()) {
            let raw = postcard::to_stdvec(rows).map_err(|e| wrong(e.to_string()))?;
            let packed = zstd::bulk::compress(&raw, LEVEL).map_err(|e| wrong(format!("zstd: {e}")))?;
            if packed.len() <= MAX_BATCH && raw.len() <= MAX_RAW {
                return Ok(Some(Self {
                    first: place(first)?,
                    last: place(last)?,
                    before,
                    after: rows.iter().fold(before, |hash, row| row.hash(&hash)),
                    at: last.written().ms(),
                    rows: packed,
                }));
            }
            if rows.len() == 1 {
                return Err(wrong(format!("row {} is larger than a batch", first.place())));
            }
            rows = rows.get(..rows.len() / 2).unwrap_or_default();
        }
        Ok(None)
    }

    /// Whether it is what it says: its rows follow each other, and their chain ends in its hash.
    ///
    /// # Errors
    /// As [`Batch::rows`].
    pub fn check(&self, stream: Stream) -> Result<(), DocError> {
        match stream {
            Stream::Ledger => self.rows::<Entry>().map(drop),
            Stream::Temperatures => self.rows::<Reading>().map(drop),
        }
    }

    /// The rows, their numbers and the whole chain checked.
    ///
    /// # Errors
    /// [`DocError::Poisoned`] names what is wrong.
    pub fn rows<R: Row>(&self) -> Result<Vec<R>, DocError> {
        let size = zstd::zstd_safe::get_frame_content_size(&self.rows).ok().flatten();
        let size = size.and_then(|size| usize::try_from(size).ok()).filter(|size| *size <= MAX_RAW);
        let size = size.ok_or_else(|| wrong("a batch of no size, or over 4 MB"))?;
        let raw =
            zstd::bulk::decompress(&self.rows, size).map_err(|_| wrong("a batch that does not unpack"))?;
        let rows: Vec<R> = postcard::from_bytes(&raw).map_err(|_| wrong("a batch whose rows do not read"))?;
        if rows.is_empty() || rows.len() > ROWS_MAX {
            return Err(wrong(format!("a batch of {} rows", rows.len())));
        }
        let mut hash = self.before;
        for (want, row) in (self.first..).zip(&rows) {
            if place(row)? != want {
                return Err(wrong(format!("row {} stands where row {want} should", row.place())));
            }
            hash = row.hash(&hash);
        }
        if self.last != self.first + rows.len() as u64 - 1 {
            return Err(wrong(format!("rows {} to {} are {} rows", self.first, self.last, rows.len())));
        }
        if rows.last().is_none_or(|row| row.written().ms() != self.at) {
            return Err(wrong(format!("row {} has another time than its batch says", self.last)));
        }
        if hash != self.after {
            return Err(wrong(format!(
                "the chain from row {} does not end in its hash: a row was changed",
                self.first
            )));
        }
        Ok(rows)
    }
}

fn place(row: &impl Row) -> Result<u64, DocError> {
    let n = row.place();
    u64::try_from(n).ok().filter(|n| *n > 0).ok_or_else(|| wrong(format!("a row of number {n}")))
}

impl Batch {
    /// The bytes.
    ///
    /// # Errors
    /// Never for what this house makes.
    pub fn encode(&self) -> Result<Vec<u8>, DocError> {
        postcard::to_extend(self, vec![V1]).map_err(|e| wrong(e.to_string()))
    }

    /// From the bytes.
    ///
    /// # Errors
    /// [`DocError::Poisoned`] for bytes that are none.
    pub fn decode(bytes: &[u8]) -> Result<Self, DocError> {
        match bytes.split_first() {
            Some((&V1, rest)) => postcard::from_bytes(rest).map_err(|_| wrong("a batch that does not read")),
            Some((version, _)) => Err(wrong(format!("a batch of version {version}"))),
            None => Err(wrong("a batch without bytes")),
        }
    }
}
