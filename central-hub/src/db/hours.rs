//! Hours of a store's orders that are over, and the blobs that took their documents' place.

use super::Db;
use ::sync::doc::{ClosedBlob, DocId, ManifestEntry};
use model::quota::StoreEpoch;
use model::{OrderId, StoreId, Timestamp};

/// An hour whose document stands and in which the hub has not said its last word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unmarked {
    /// The hour.
    pub hour: i64,
    /// Orders of it that are open.
    pub open: u32,
    /// Orders of it of which the store has heard nothing yet, because their payment stands out.
    pub held: u32,
}

/// An order, and a document that says something late of it.
pub type Late = (OrderId, DocId);

/// The hours aggregate.
pub trait Hours {
    /// Hours of a store before `before` in which the hub has not said its last word, oldest first.
    fn hours_unmarked(&self, store: &StoreId, before: i64, limit: u32) -> Db<Vec<Unmarked>>;
    /// Hours of a store whose documents stand, the newest first.
    fn hours_open(&self, store: &StoreId, limit: u32) -> Db<Vec<i64>>;
    /// The hub has said its last word in an hour.
    fn mark_mine(&mut self, store: &StoreId, hour: i64, at: Timestamp) -> Db<()>;
    /// The store has said its last word in an hour.
    fn mark_theirs(&mut self, store: &StoreId, hour: i64, at: Timestamp) -> Db<()>;
    /// The hour after every one that the hub has marked: where late facts go.
    fn hour_after_marked(&self, store: &StoreId) -> Db<i64>;
    /// Hours that both have marked and that are no blob yet, none of whose changes waits to be acknowledged.
    fn hours_ready(&self, store: &StoreId, limit: u32) -> Db<Vec<i64>>;
    /// A blob takes the place of an hour's chunks.
    fn close_hour(&mut self, doc: &DocId, hour: i64, blob: &ClosedBlob, at: Timestamp) -> Db<()>;
    /// The store of this epoch has shown that an hour is closed there, too; of one that is open here nothing is noted.
    fn mark_there(&mut self, store: &StoreId, hour: i64, epoch: StoreEpoch) -> Db<()>;
    /// Whether it has.
    fn is_closed_there(&self, store: &StoreId, hour: i64, epoch: StoreEpoch) -> Db<bool>;
    /// The blob of a document, if it is closed.
    fn closed_blob(&self, doc: &DocId) -> Db<Option<Vec<u8>>>;
    /// Closed documents of a store, the newest first.
    fn manifest(&self, store: &StoreId, limit: u32) -> Db<Vec<ManifestEntry>>;
    /// The same of the hours before one.
    fn closed_before(&self, store: &StoreId, hour: i64, limit: u32) -> Db<Vec<ManifestEntry>>;
    /// What a document says late of an order waits until the order is known.
    fn await_order(&mut self, store: &StoreId, late: &Late) -> Db<()>;
    /// What waits for an order that is known by now.
    fn late_due(&self, store: &StoreId, limit: u32) -> Db<Vec<Late>>;
    /// What waits for an order that is not known, and no person was told of.
    fn late_untold(&self, store: &StoreId, limit: u32) -> Db<Vec<Late>>;
    /// What waits and stands in a document of an hour before this one.
    fn late_before(&self, store: &StoreId, hour: i64, limit: u32) -> Db<Vec<Late>>;
    /// A person was told.
    fn set_late_told(&mut self, store: &StoreId, late: &Late) -> Db<()>;
    /// It waits no more.
    fn drop_late(&mut self, store: &StoreId, late: &Late) -> Db<()>;
}
