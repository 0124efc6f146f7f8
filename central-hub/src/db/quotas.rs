//! What the hub may sell: rights by store, epoch, generation and SKU (SYNC.md, ARCHITECTURE decision 3).

use super::Db;
use ::sync::quota::HubQuota;
use model::quota::{HubGeneration, StoreEpoch};
use model::{SkuId, StoreId};

/// Whose rights.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct QuotaKey {
    /// Store.
    pub store: StoreId,
    /// E.
    pub epoch: StoreEpoch,
    /// G.
    pub generation: HubGeneration,
}

/// The quotas aggregate.
pub trait Quotas {
    /// The rights to one SKU; nought where nothing was granted.
    fn rights(&self, key: &QuotaKey, sku: &SkuId) -> Db<HubQuota>;
    /// Writes them; the schema refuses more promises than rights.
    fn set_rights(&mut self, key: &QuotaKey, sku: &SkuId, rights: HubQuota) -> Db<()>;
    /// What the store wants the return of a SKU to reach.
    fn wanted(&self, key: &QuotaKey, sku: &SkuId) -> Db<u64>;
    /// Sets it.
    fn set_wanted(&mut self, key: &QuotaKey, sku: &SkuId, total: u64) -> Db<()>;
    /// Rights of older generations that nobody has closed, in units, as far as this hub has heard of them.
    fn blocked_units(&self, key: &QuotaKey) -> Db<u64>;
    /// Units that may be promised of all SKUs together.
    fn free_units(&self, key: &QuotaKey) -> Db<u64>;
    /// Units of a store that may be promised, of all SKUs together, by the terms they were granted under.
    fn rights_by_terms(&self, store: &StoreId) -> Db<Vec<(QuotaKey, u64)>>;
    /// A store's rights under any terms, by epoch, generation and SKU.
    fn all_rights(&self, store: &StoreId) -> Db<Vec<(QuotaKey, SkuId, HubQuota)>>;
}
