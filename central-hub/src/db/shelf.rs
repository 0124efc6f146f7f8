//! What stores say of their shelves. Read-only here: only their documents write it.

use super::Db;
use ::sync::doc::DocId;
use model::catalogue::Product;
use model::{SkuId, StoreId, Timestamp};

/// How old what is known of a store's shelf is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShelfRow {
    /// The store's epoch.
    pub epoch: u32,
    /// The hour of its document.
    pub hour: i64,
    /// The last whole tick.
    pub tick: u64,
    /// When the store looked, by its clock.
    pub at: Timestamp,
    /// When the hub heard of it.
    pub as_of: Timestamp,
}

/// One SKU of a store's shelf.
#[derive(Debug, Clone, PartialEq)]
pub struct ShelfSku {
    /// Which.
    pub sku: SkuId,
    /// Units on the shelf and free.
    pub units: u32,
    /// What it is, if the hub knows it.
    pub product: Option<Product>,
}

/// The aggregate.
pub trait Shelf {
    /// How old what is known of a store's shelf is; `None` before its first tick.
    fn shelf(&self, store: &StoreId) -> Db<Option<ShelfRow>>;
    /// A tick came whole. `anew`: what is not named is nought.
    fn put_shelf(&mut self, store: &StoreId, row: &ShelfRow, units: &[(SkuId, u32)], anew: bool) -> Db<()>;
    /// SKUs of a store's shelf as last heard, what is nearly gone first: those whose code begins so, or whose words hold it
    /// (lower case; empty: all). At most so many; and how many there are.
    fn shelf_rows(&self, store: &StoreId, find: &str, limit: u32) -> Db<(Vec<ShelfSku>, u32)>;
    /// Bytes that are kept of a document.
    fn doc_bytes(&self, doc: &DocId) -> Db<u64>;
    /// Chunks of a store's stock documents other than this hour's are of no use to anybody.
    fn drop_shelf_before(&mut self, store: &StoreId, keep: &DocId) -> Db<()>;
}
