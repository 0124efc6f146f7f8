//! The stores' chained tables as the hub has them: how far, since when broken, and the batches. Only batches write it.

use super::Db;
use ::sync::batch::{Batch, Head, Stream};
use model::quota::StoreEpoch;
use model::{StoreId, Timestamp};

/// A chain as the hub has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainRow {
    /// Which table.
    pub stream: Stream,
    /// How far it is known.
    pub head: Head,
    /// The store's epoch in which its last row came.
    pub epoch: StoreEpoch,
    /// When its last batch came.
    pub heard_at: Timestamp,
    /// Since when and why what the store sends does not continue it.
    pub broken: Option<(Timestamp, String)>,
}

/// The aggregate.
pub trait Chains {
    /// How far a chain is known; `None` before its first batch.
    fn chain(&self, store: &StoreId, stream: Stream) -> Db<Option<ChainRow>>;
    /// All chains of a store.
    fn chains(&self, store: &StoreId) -> Db<Vec<ChainRow>>;
    /// Where batches of a chain end, at or before a row, the newest first.
    fn chain_ends(&self, store: &StoreId, stream: Stream, upto: u64, limit: u32) -> Db<Vec<Head>>;
    /// A batch continues the chain.
    fn add_batch(&mut self, store: &StoreId, row: &ChainRow, batch: &Batch, bytes: &[u8]) -> Db<()>;
    /// What stands after a row was written in a life that is over: it stays, beside the chain.
    fn cut_chain(&mut self, store: &StoreId, stream: Stream, after: u64, life: StoreEpoch) -> Db<()>;
    /// What the store sends does not continue the chain. Its bytes are kept for a person, if any.
    fn break_chain(&mut self, store: &StoreId, row: &ChainRow, bytes: &[u8], why: &str) -> Db<()>;
    /// Batches with rows after a place, in order.
    fn batches(&self, store: &StoreId, stream: Stream, after: u64, limit: u32) -> Db<Vec<Vec<u8>>>;
    /// Batches whose last row is older go.
    fn forget_batches(&mut self, before: Timestamp) -> Db<usize>;
}
