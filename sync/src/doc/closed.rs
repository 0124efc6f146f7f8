//! A closed hour of orders: one immutable blob in place of a document (SYNC.md). Its content is canonical - orders by id,
//! values in columns - so that both sides make the same SHA-256 of it without exchanging a byte. Automerge's own save
//! cannot do that (it keeps the order in which changes came) and takes half as much again, since it also keeps who wrote
//! what in which change: of use for merging only, and nothing merges here any more.
//!
//! ```text
//! blob     0x01  leb(noisy length)  noisy bytes  zstd(easy bytes)
//! sha256   over version, noisy bytes, easy bytes: the compressor may change, the content may not
//! ```
//! What a map holds beyond an order of this version is kept beside it, field by field.

mod columns;
mod manifest;
mod orders;
mod prices;
mod rest;

pub use manifest::{Difference, MANIFEST_MAX, ManifestEntry, compare, same_hours};

use automerge::ReadDoc;
use model::time::{HOUR_MS, Timestamp};
use sha2::{Digest, Sha256};

use super::chunk::leb;
use super::document::Document;
use super::{DocError, DocId, DocKey, OrderView, chunk};
use columns::{Columns, Reader};
use rest::Rest;

const V1: u8 = 1;
/// zstd level: written once, read rarely.
const LEVEL: i32 = 19;

/// A closed hour as bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosedBlob {
    /// SHA-256 of the content, the same at both sides.
    pub sha256: [u8; 32],
    /// Orders in it.
    pub orders: usize,
    /// What is kept.
    pub bytes: Vec<u8>,
}

/// A closed hour, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosedHour {
    /// The hour of placement.
    pub hour: i64,
    /// Its orders by id, each followed by what came late for it.
    pub orders: Vec<OrderView>,
    rest: Vec<Rest>,
}

impl Document {
    /// The content of an orders document as a closed blob. Both sides must have said that they write no more here
    /// ([`Document::is_complete`]); what is staged and not committed is not in it.
    ///
    /// # Errors
    /// [`DocError::WrongKind`]; [`DocError::Broken`] if it could not be read back.
    pub fn close(&self) -> Result<ClosedBlob, DocError> {
        let DocId::Orders { hour, .. } = *self.id() else {
            return Err(DocError::WrongKind { wanted: "orders" });
        };
        let mut orders = Vec::new();
        let mut rest = Vec::new();
        for place in self.order_maps()? {
            let view = self.view_at(&place);
            if !matches!(&view, Ok(view) if self.says_only(&place, view)?) {
                rest.push(Rest::of(self, &place)?);
            }
            // Who took the bags, and a negative answer, stand in the rest, and in no column.
            orders.extend(view.ok().map(|view| OrderView { taken: None, refused: None, ..view }));
        }
        orders.sort_by_key(|view| (view.order, view.late));
        rest.sort();
        let closed = ClosedHour { hour, orders, rest };
        let blob = closed.pack()?;
        match ClosedHour::read(hour, &blob.bytes) {
            Ok(again) if again == closed => Ok(blob),
            Ok(_) | Err(_) => {
                Err(DocError::Broken { what: format!("hour {hour} does not read back as it was closed") })
            }
        }
    }

    /// Fields of an order's map, and how many values stand in each.
    pub(super) fn field_counts(&self, obj: &automerge::ObjId) -> Result<Vec<(String, usize)>, DocError> {
        let count = |key: String| match self.am.get_all(obj, key.as_str()) {
            Ok(values) => Ok((key, values.len())),
            Err(error) => Err(super::document::broken(error)),
        };
        self.am.keys(obj).map(count).collect()
    }
}

impl ClosedHour {
    /// Reads a blob.
    ///
    /// # Errors
    /// [`DocError::Poisoned`] for bytes that no side of this house wrote.
    pub fn read(hour: i64, bytes: &[u8]) -> Result<Self, DocError> {
        let (noisy, easy) = unpack(bytes)?;
        let mut from = Reader { easy: &easy, noisy };
        let mut orders = orders::read(&mut from, base(hour))?;
        let rest = postcard::from_bytes(from.blob()?)
            .map_err(|_| DocError::poisoned("a closed hour whose other fields do not read"))?;
        prices::read(&mut from, &mut orders)?;
        if !from.easy.is_empty() || !from.noisy.is_empty() {
            return Err(DocError::poisoned("bytes after a closed hour"));
        }
        Ok(Self { hour, orders, rest })
    }

    /// The SHA-256 that a blob's content has.
    ///
    /// # Errors
    /// As [`ClosedHour::read`].
    pub fn digest(bytes: &[u8]) -> Result<[u8; 32], DocError> {
        let (noisy, easy) = unpack(bytes)?;
        Ok(sha256(noisy, &easy))
    }

    /// The blob whose content has this SHA-256, as it is kept.
    pub fn blob(&self, sha256: [u8; 32], bytes: Vec<u8>) -> ClosedBlob {
        ClosedBlob { sha256, orders: self.orders.len(), bytes }
    }

    /// Maps that are no order of this version, as `root/key`: kept, not understood.
    pub fn strange(&self) -> impl Iterator<Item = String> {
        self.rest.iter().map(Rest::name)
    }

    fn pack(&self) -> Result<ClosedBlob, DocError> {
        let mut to = Columns::default();
        orders::write(&mut to, &self.orders, base(self.hour))?;
        let rest = postcard::to_stdvec(&self.rest).map_err(|e| DocError::Broken { what: e.to_string() })?;
        to.blob(&rest);
        prices::write(&mut to, &self.orders);
        let packed = zstd::bulk::compress(&to.easy, LEVEL)
            .map_err(|e| DocError::Broken { what: format!("zstd: {e}") })?;
        let mut bytes = vec![V1];
        leb::write(&mut bytes, to.noisy.len() as u64);
        bytes.extend(&to.noisy);
        bytes.extend(packed);
        Ok(ClosedBlob { sha256: sha256(&to.noisy, &to.easy), orders: self.orders.len(), bytes })
    }
}

/// Who a document's key belongs to in a manifest of `store`.
pub(super) fn entry(doc: DocKey, blob: &ClosedBlob) -> ManifestEntry {
    ManifestEntry { doc, sha256: blob.sha256, length: u32::try_from(blob.bytes.len()).unwrap_or(u32::MAX) }
}

impl ClosedBlob {
    /// Its line in a manifest.
    pub fn entry(&self, id: &DocId) -> ManifestEntry {
        entry(id.key(), self)
    }
}

fn unpack(bytes: &[u8]) -> Result<(&[u8], Vec<u8>), DocError> {
    let (&version, after) = bytes.split_first().ok_or_else(columns::cut)?;
    if version != V1 {
        return Err(DocError::poisoned(format!("a closed hour of version {version}")));
    }
    let (len, after) = leb::read(after).ok_or_else(columns::cut)?;
    let (noisy, packed) =
        usize::try_from(len).ok().and_then(|len| after.split_at_checked(len)).ok_or_else(columns::cut)?;
    Ok((noisy, chunk::unpack_whole(packed)?))
}

fn sha256(noisy: &[u8], easy: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update([V1]);
    hash.update((noisy.len() as u64).to_be_bytes());
    hash.update(noisy);
    hash.update(easy);
    hash.finalize().into()
}

fn base(hour: i64) -> Timestamp {
    Timestamp::from_ms(hour.saturating_mul(HOUR_MS))
}
