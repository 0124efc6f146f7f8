//! Facts that must travel, the bytes of documents, and the log that is sent to each store.

use super::Db;
use ::sync::doc::{DocId, DocKey};
use ::sync::lane::LaneSeq;
use model::fact::Fact;
use model::{StoreId, Timestamp};
use std::collections::BTreeMap;

/// Facts that wait together for the carrier.
#[derive(Debug, Clone, PartialEq)]
pub struct OutboxRow {
    /// Their number; numbers begin anew when everything is carried.
    pub seq: u64,
    /// For whom; none for a document of the whole city.
    pub store: Option<StoreId>,
    /// What, in order.
    pub facts: Vec<Fact>,
}

/// One change in quarantine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    /// Whose.
    pub store: StoreId,
    /// Its document.
    pub doc: String,
    /// Its number in the store's log.
    pub seq: u64,
    /// Why.
    pub why: String,
    /// When it was set aside.
    pub at: Timestamp,
}

/// The sync aggregate.
pub trait SyncLog {
    /// Facts for a store.
    fn add_facts(&mut self, store: &StoreId, facts: &[Fact]) -> Db<()>;
    /// A fact for a store.
    fn add_fact(&mut self, store: &StoreId, fact: &Fact) -> Db<()> {
        self.add_facts(store, std::slice::from_ref(fact))
    }
    /// Rows of facts that wait, in order.
    fn facts_waiting(&self, limit: u32) -> Db<Vec<OutboxRow>>;
    /// Facts up to this row stand in documents and need not be kept.
    fn drop_facts(&mut self, upto: u64) -> Db<()>;
    /// A chunk of a document.
    fn add_chunk(&mut self, doc: &DocId, bytes: &[u8]) -> Db<()>;
    /// All chunks of a document, in order, as one run of bytes.
    fn chunks(&self, doc: &DocId) -> Db<Vec<u8>>;
    /// How many chunks a document has.
    fn chunk_count(&self, doc: &DocId) -> Db<usize>;
    /// A record of the log for a store.
    fn add_record(&mut self, store: &StoreId, at: LaneSeq, doc: DocKey, change: &[u8]) -> Db<()>;
    /// Records of a lane after a place, in order.
    fn records_after(&self, store: &StoreId, at: LaneSeq, limit: u32) -> Db<Vec<(u64, DocId, Vec<u8>)>>;
    /// Records of a lane up to here are acknowledged and need not be kept.
    fn drop_records(&mut self, store: &StoreId, upto: LaneSeq) -> Db<()>;
    /// A change that cannot be true is kept for a person: whose, and its document with its number in the store's log.
    fn quarantine(
        &mut self,
        store: &StoreId,
        place: (&DocId, u64),
        change: &[u8],
        why: &str,
        at: Timestamp,
    ) -> Db<()>;
    /// Bytes of a store's connection that belong to no document are kept for a person.
    fn quarantine_bytes(&mut self, store: &StoreId, bytes: &[u8], why: &str, at: Timestamp) -> Db<()>;
    /// Whether something of a store was set aside for just this reason.
    fn is_set_aside(&self, store: &StoreId, why: &str) -> Db<bool>;
    /// Changes that ever went to quarantine, of all stores, those that are gone from it among them.
    fn quarantined(&self) -> Db<u32>;
    /// The same by store and by kind of reason.
    fn quarantine_counts(&self) -> Db<BTreeMap<(StoreId, String), u64>>;
    /// What is in quarantine, newest first; of one store or of all.
    fn set_aside(&self, store: Option<&StoreId>, limit: u32) -> Db<Vec<SetAside>>;
    /// Names of a store's documents, and of the whole city's.
    fn documents(&self, store: &StoreId) -> Db<Vec<DocId>>;
    /// Facts for a store that stand in no document yet.
    fn facts_for(&self, store: &StoreId) -> Db<u64>;
}
