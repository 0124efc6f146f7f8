//! A backup as one file: a first line, then records one after the other, only ever appended. Bytes only; who reads and
//! writes the file is somebody else.

use super::VaultError;
use super::head::HEAD_MAX;
use super::object::{Name, OBJECT_MAX, name_of};

/// How a file begins.
pub const MAGIC: &[u8; 16] = b"larder backup 1\n";
/// Bytes before a record's own: kind, length, name.
pub const RECORD: usize = 1 + 4 + 32;

/// What a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordKind {
    /// A sealed object.
    Object,
    /// A head: everything that it speaks of stands before it.
    Head,
}

/// What stands before a record's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordHead {
    /// What it is.
    pub kind: RecordKind,
    /// How many bytes follow.
    pub length: u32,
    /// Their SHA-256.
    pub name: Name,
}

/// A whole record.
///
/// # Errors
/// [`VaultError::Large`].
pub fn record(kind: RecordKind, bytes: &[u8]) -> Result<Vec<u8>, VaultError> {
    let most = OBJECT_MAX.max(HEAD_MAX);
    let length = u32::try_from(bytes.len()).ok().filter(|_| bytes.len() <= most);
    let length = length.ok_or(VaultError::Large { size: bytes.len(), most })?;
    let mut record = Vec::with_capacity(RECORD + bytes.len());
    record.push(match kind {
        RecordKind::Object => b'o',
        RecordKind::Head => b'h',
    });
    record.extend(length.to_be_bytes());
    record.extend(name_of(bytes).0);
    record.extend(bytes);
    Ok(record)
}

/// Reads what stands before a record's bytes; `None` where a record was cut off, or there is none.
pub fn record_head(bytes: &[u8; RECORD]) -> Option<RecordHead> {
    let kind = match bytes[0] {
        b'o' => RecordKind::Object,
        b'h' => RecordKind::Head,
        _ => return None,
    };
    let length = u32::from_be_bytes([bytes[1], bytes[2], bytes[3], bytes[4]]);
    let mut name = [0; 32];
    name.copy_from_slice(&bytes[5..]);
    (length as usize <= OBJECT_MAX.max(HEAD_MAX)).then_some(RecordHead { kind, length, name: Name(name) })
}
