//! One side's share of what it replicates with the other, for a person: documents, log, quotas, quarantine; printed, kept
//! as JSON, and compared with another database's. Pure: each node reads its own tables and fills these shapes.

mod diff;
#[cfg(test)]
mod tests;
mod text;

pub use diff::{Difference, differences};
pub use text::{Wish, differences_text, text};

use model::order::Owner;
use model::quota::{HubGeneration, StoreEpoch};
use model::{SkuId, StoreId, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use crate::doc::{DocError, DocId, Document, change_says};

/// Everything that one side holds for one store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inspection {
    /// Whose database it is.
    pub side: Owner,
    /// The store.
    pub store: StoreId,
    /// E, as this side knows it.
    pub epoch: StoreEpoch,
    /// G, as this side knows it.
    pub generation: HubGeneration,
    /// How far both logs have come.
    pub log: Log,
    /// By name.
    pub documents: Vec<DocumentState>,
    /// By epoch, generation and SKU; only those with units.
    pub quotas: Vec<QuotaState>,
    /// The newest first.
    pub quarantine: Vec<Quarantined>,
}

/// How far both logs have come.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Log {
    /// Last record of the other side's log that is durable here.
    pub received: u64,
    /// Last record of the own log.
    pub sent: u64,
    /// Last record of the own log that the other side has acknowledged.
    pub acked: u64,
    /// Facts that are in no record yet.
    pub facts_waiting: u64,
    /// Records that wait for an acknowledgement, oldest first, as many as were asked for.
    pub records: Vec<Record>,
}

/// A record of the own log, as a frame carries it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Its number.
    pub seq: u64,
    /// The document.
    pub doc: String,
    /// Its length in bytes.
    pub bytes: usize,
    /// Who wrote what.
    pub says: String,
}

/// A document as it stands here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentState {
    /// Its name: `orders/s1/495312`.
    pub name: String,
    /// Digest of its heads, or of its content once it is closed: the same at both sides when both have the same. Empty when
    /// it cannot be read.
    pub heads: String,
    /// Chunks at rest.
    pub chunks: usize,
    /// Bytes at rest.
    pub bytes: usize,
    /// Changes that wait for a missing one.
    pub waiting: usize,
    /// Why it cannot be read.
    pub fault: Option<String>,
    /// What it says, by key.
    pub entries: BTreeMap<String, String>,
}

/// Rights of one SKU under one pair (E, G).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuotaState {
    /// E.
    pub epoch: StoreEpoch,
    /// G.
    pub generation: HubGeneration,
    /// The product.
    pub sku: SkuId,
    /// Units granted, at the hub: granted as far as it has heard.
    pub granted: u64,
    /// Units given back.
    pub returned: u64,
    /// Units sold, at the store: in orders that it has taken over.
    pub sold: u64,
}

impl QuotaState {
    /// Units that may still be sold.
    pub const fn outstanding(&self) -> u64 {
        self.granted.saturating_sub(self.returned).saturating_sub(self.sold)
    }
}

/// Something that could not be used, with its reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarantined {
    /// When it was set aside.
    pub at: Timestamp,
    /// Where it came from: `hub 17`, `s1 204`, `outbox 3`.
    pub origin: String,
    /// Its document, if it named one.
    pub doc: String,
    /// Why.
    pub reason: String,
}

/// What stands before the hash of a closed document in place of heads.
const CLOSED: &str = "closed ";

impl DocumentState {
    /// A closed hour: one blob, the same at both sides when its content's hash is.
    pub fn closed(name: &str, sha256: &[u8; 32], length: usize) -> Self {
        let hash: String = sha256.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Self {
            name: name.to_owned(),
            heads: format!("{CLOSED}{hash}"),
            chunks: 1,
            bytes: length,
            waiting: 0,
            fault: None,
            entries: BTreeMap::new(),
        }
    }

    /// Whether nothing is added to it any more.
    pub fn is_closed(&self) -> bool {
        self.heads.starts_with(CLOSED)
    }

    /// Reads what was kept of a document. One that cannot be read is named with its fault and stops none of the rest.
    pub fn read(name: &str, side: Owner, bytes: &[u8], chunks: usize) -> Self {
        let mut state = Self {
            name: name.to_owned(),
            heads: String::new(),
            chunks,
            bytes: bytes.len(),
            waiting: 0,
            fault: None,
            entries: BTreeMap::new(),
        };
        match open(name, side, bytes) {
            Ok((document, entries)) => {
                state.heads = document.heads().iter().map(|byte| format!("{byte:02x}")).collect();
                state.waiting = document.waiting();
                state.entries = entries;
            }
            Err(error) => state.fault = Some(error.to_string()),
        }
        state
    }
}

fn open(name: &str, side: Owner, bytes: &[u8]) -> Result<(Document, BTreeMap<String, String>), DocError> {
    let id: DocId = name.parse()?;
    // Nothing is written: the boot number is never used.
    let document = Document::load_as(id, side, u32::MAX, bytes)?;
    let entries = document.entries()?;
    Ok((document, entries))
}

/// Of which kind a reason for quarantine is: one of few words, where the reason itself names the case.
pub fn reason_kind(reason: &str) -> &'static str {
    const KINDS: [(&str, &str); 22] = [
        ("shows no pledge", "unproved"),
        ("do not follow row", "gap"),
        ("builds on another row", "broken_chain"),
        ("is another one than", "broken_chain"),
        ("a row was changed", "broken_chain"),
        ("poisoned", "poisoned"),
        ("by a stranger", "stranger"),
        ("its certificate is that of", "stranger"),
        ("is not what its manifest says", "malformed"),
        ("used number", "number_twice"),
        ("with another content", "other_content"),
        ("may not write", "not_its_own"),
        ("is not in this document", "unknown_order"),
        ("orders that never came", "unknown_order"),
        ("wait for missing", "gap"),
        ("over the limit", "too_big"),
        ("does not unpack", "too_big"),
        ("does not decode", "malformed"),
        ("is not a frame", "malformed"),
        ("does not know", "version"),
        ("has no words for", "version"),
        ("frame version", "version"),
    ];
    KINDS.iter().find(|(part, _)| reason.contains(part)).map_or("other", |(_, kind)| kind)
}

impl Record {
    /// Describes a record.
    pub fn read(seq: u64, doc: String, change: &[u8]) -> Self {
        Self { seq, doc, bytes: change.len(), says: change_says(change) }
    }
}
