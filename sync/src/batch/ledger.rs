//! The ledger's row and its chain (REQ-6): each row's hash covers the row and the hash before it, so that a changed bit shows
//! at its own row. Pure; reading and writing rows is `db/`.

use model::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// One row. Codes are texts here: the ledger outlives what it names, and must be readable even when a row is damaged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its place in the chain, from 1.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// The kind's word, as the store's movements name it.
    pub kind: String,
    /// What.
    pub sku: String,
    /// Which lot; `-` for rights to sell.
    pub lot: String,
    /// Where; `-` for rights to sell.
    pub bin: String,
    /// Units.
    pub qty: i64,
    /// On hand before and after.
    pub on_hand: (i64, i64),
    /// Reserved before and after.
    pub reserved: (i64, i64),
    /// Blocked before and after.
    pub blocked: (i64, i64),
    /// Who.
    pub person: String,
    /// At which device.
    pub device: String,
    /// Why.
    pub why: String,
    /// Order, lot, alarm or epoch it belongs to.
    pub reference: String,
    /// The command that caused it.
    pub command: Vec<u8>,
}

impl super::Row for Entry {
    const STREAM: super::Stream = super::Stream::Ledger;
    fn place(&self) -> i64 {
        self.seq
    }
    fn written(&self) -> Timestamp {
        self.at
    }
    fn hash(&self, before: &Hash) -> Hash {
        next(before, self)
    }
}

/// A SHA-256.
pub type Hash = [u8; 32];

/// The hash before the first row: binds the chain to its store.
pub fn first(store: &str) -> Hash {
    let mut hash = Sha256::new();
    hash.update(b"larder ledger 1\n");
    hash.update(store.as_bytes());
    hash.finalize().into()
}

/// The hash of a row. Texts carry their length, so that no two rows have the same bytes.
pub fn next(before: &Hash, entry: &Entry) -> Hash {
    let mut hash = Sha256::new();
    hash.update(before);
    let numbers = [
        entry.seq,
        entry.at.ms(),
        entry.qty,
        entry.on_hand.0,
        entry.on_hand.1,
        entry.reserved.0,
        entry.reserved.1,
        entry.blocked.0,
        entry.blocked.1,
    ];
    for number in numbers {
        hash.update(number.to_be_bytes());
    }
    let texts = [
        entry.kind.as_bytes(),
        entry.sku.as_bytes(),
        entry.lot.as_bytes(),
        entry.bin.as_bytes(),
        entry.person.as_bytes(),
        entry.device.as_bytes(),
        entry.why.as_bytes(),
        entry.reference.as_bytes(),
        &entry.command,
    ];
    for text in texts {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    }
    hash.finalize().into()
}
