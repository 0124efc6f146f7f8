//! Table `hub_quota`. Its CHECK refuses promises beyond the right, whatever the code above believes.

use super::{Sqlite, row};
use crate::db::quotas::QuotaKey;
use crate::db::{Db, Quotas};
use ::sync::quota::HubQuota;
use model::quota::{HubGeneration, StoreEpoch};
use model::{SkuId, StoreId};

impl Quotas for Sqlite {
    fn rights(&self, key: &QuotaKey, sku: &SkuId) -> Db<HubQuota> {
        let found = self.one(
            "SELECT granted_seen, returned, held, sold FROM hub_quota \
             WHERE store = ?1 AND epoch = ?2 AND generation = ?3 AND sku = ?4",
            (key.store.as_str(), key.epoch.0, key.generation.0, sku.as_str()),
            |r| counts(r, 0),
        )?;
        Ok(found.unwrap_or_default())
    }

    fn set_rights(&mut self, key: &QuotaKey, sku: &SkuId, rights: HubQuota) -> Db<()> {
        let params = (
            key.store.as_str(),
            key.epoch.0,
            key.generation.0,
            sku.as_str(),
            row::int(rights.granted_seen())?,
            row::int(rights.returned())?,
            row::int(rights.held())?,
            row::int(rights.sold())?,
        );
        // Almost always it is there: an update asks no parent.
        let there = "UPDATE hub_quota SET granted_seen = ?5, returned = ?6, held = ?7, sold = ?8 \
                     WHERE store = ?1 AND epoch = ?2 AND generation = ?3 AND sku = ?4";
        let new = "INSERT INTO hub_quota (store, epoch, generation, sku, granted_seen, returned, held, sold) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        if self.run(there, params)? == 0 {
            self.run(new, params)?;
        }
        Ok(())
    }

    fn wanted(&self, key: &QuotaKey, sku: &SkuId) -> Db<u64> {
        let found = self.one(
            "SELECT wanted FROM hub_quota WHERE store = ?1 AND epoch = ?2 AND generation = ?3 AND sku = ?4",
            (key.store.as_str(), key.epoch.0, key.generation.0, sku.as_str()),
            |r| row::count(r, 0),
        )?;
        Ok(found.unwrap_or(0))
    }

    fn set_wanted(&mut self, key: &QuotaKey, sku: &SkuId, total: u64) -> Db<()> {
        self.run(
            "INSERT INTO hub_quota (store, epoch, generation, sku, granted_seen, returned, held, sold, wanted) \
             VALUES (?1, ?2, ?3, ?4, 0, 0, 0, 0, ?5) \
             ON CONFLICT (store, epoch, generation, sku) DO UPDATE SET wanted = excluded.wanted",
            (key.store.as_str(), key.epoch.0, key.generation.0, sku.as_str(), row::int(total)?),
        )
        .map(drop)
    }

    fn blocked_units(&self, key: &QuotaKey) -> Db<u64> {
        self.sure(
            "SELECT coalesce(sum(granted_seen - returned - sold), 0) FROM hub_quota \
             WHERE store = ?1 AND epoch = ?2 AND generation < ?3 \
             AND (SELECT log_whole FROM hub WHERE one = 1) = 0",
            (key.store.as_str(), key.epoch.0, key.generation.0),
            |r| row::count(r, 0),
        )
    }

    fn free_units(&self, key: &QuotaKey) -> Db<u64> {
        self.sure(
            "SELECT coalesce(sum(granted_seen - returned - held - sold), 0) FROM hub_quota \
             WHERE store = ?1 AND epoch = ?2 AND generation = ?3",
            (key.store.as_str(), key.epoch.0, key.generation.0),
            |r| row::count(r, 0),
        )
    }

    fn rights_by_terms(&self, store: &StoreId) -> Db<Vec<(QuotaKey, u64)>> {
        self.all(
            "SELECT epoch, generation, sum(granted_seen - returned - held - sold) FROM hub_quota \
             WHERE store = ?1 GROUP BY epoch, generation ORDER BY epoch, generation",
            [store.as_str()],
            |r| {
                let (epoch, generation) = (StoreEpoch(r.get(0)?), HubGeneration(r.get(1)?));
                Ok((QuotaKey { store: store.clone(), epoch, generation }, row::count(r, 2)?))
            },
        )
    }

    fn all_rights(&self, store: &StoreId) -> Db<Vec<(QuotaKey, SkuId, HubQuota)>> {
        self.all(
            "SELECT epoch, generation, sku, granted_seen, returned, held, sold FROM hub_quota \
             WHERE store = ?1 ORDER BY epoch, generation, sku",
            [store.as_str()],
            |r| {
                let (epoch, generation) = (StoreEpoch(r.get(0)?), HubGeneration(r.get(1)?));
                let key = QuotaKey { store: store.clone(), epoch, generation };
                Ok((key, row::code(r, 2)?, counts(r, 3)?))
            },
        )
    }
}

/// The four counts of a row, from this column on.
fn counts(r: &rusqlite::Row<'_>, from: usize) -> rusqlite::Result<HubQuota> {
    let at = |place| row::count(r, from + place);
    HubQuota::from_counts(at(0)?, at(1)?, at(2)?, at(3)?).map_err(|e| row::wrong(from, e))
}
