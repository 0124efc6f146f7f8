//! The hub in numbers, for Prometheus and for the ages and lags on the operations page. No order, no product.

use super::{Look, place};
use crate::db::quotas::QuotaKey;
use crate::db::stores::StoreRow;
use crate::db::{Db, HubTx};
use ::sync::lane::LANES;
use hub_core::stop_selling::Selling;
use model::api::hub::OpsBackup;
use model::time::HOUR_MS;
use model::{Moment, StoreId};
use std::collections::{BTreeMap, BTreeSet};

/// The whole city.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HubFigures {
    /// Riders on shift.
    pub riders_on_shift: u32,
    /// Orders placed in the last hour.
    pub placed_last_hour: u32,
    /// Orders delivered in the last hour.
    pub delivered_last_hour: u32,
    /// The hub's generation.
    pub generation: u32,
    /// A restored hub's former life waits for two people to close it.
    pub former_life_open: bool,
    /// Changes in quarantine, by store and kind of reason.
    pub quarantine: BTreeMap<(StoreId, String), u64>,
    /// By store.
    pub stores: Vec<StoreFigures>,
}

/// One store.
#[derive(Debug, Clone, PartialEq)]
pub struct StoreFigures {
    /// Which.
    pub store: StoreId,
    /// The session is live.
    pub online: bool,
    /// Since when nothing was heard of it.
    pub heard_ms: Option<i64>,
    /// The hub sells for it now.
    pub selling: bool,
    /// Orders that have no end yet.
    pub open_orders: u32,
    /// Alarms that stand there, as it last said.
    pub alarms: Option<u32>,
    /// Facts for it that stand in no record yet.
    pub facts_waiting: u64,
    /// Records for it that it has not acknowledged, by lane.
    pub records_waiting: [u64; LANES],
    /// The epoch that holds.
    pub epoch: u32,
    /// Units that may still be sold under the terms in force.
    pub rights_outstanding: u64,
    /// Units of earlier terms that are still counted, and that nobody may sell.
    pub rights_blocked: u64,
    /// Its chained tables that what it sends does not continue.
    pub chains_broken: u32,
    /// The age of its newest backup here that reads.
    pub backup_ms: Option<i64>,
    /// It has all that was published of the catalogue.
    pub catalogue_current: bool,
}

/// The numbers now.
pub fn now(data: &dyn HubTx, look: &Look<'_>, backups: &BTreeMap<StoreId, OpsBackup>) -> Db<HubFigures> {
    let hour_ago = look.now.plus_ms(-HOUR_MS);
    let own = data.installation()?;
    let told = data.told(None)?.into_iter().filter(|told| told.level && told.waiting == 0);
    let told: BTreeSet<StoreId> = told.map(|told| told.store).collect();
    Ok(HubFigures {
        riders_on_shift: u32::try_from(data.riders_on_shift()?.len()).unwrap_or(u32::MAX),
        placed_last_hour: data.moment_count(Moment::Placed, hour_ago)?,
        delivered_last_hour: data.moment_count(Moment::Delivered, hour_ago)?,
        generation: own.generation.0,
        former_life_open: !own.log_whole,
        quarantine: data.quarantine_counts()?,
        stores: data
            .stores()?
            .iter()
            .map(|row| {
                let backup = backups.get(&row.seed.id).and_then(OpsBackup::at);
                let backup_ms = backup.map(|at| look.now.since_ms(at).max(0));
                let catalogue_current = told.contains(&row.seed.id);
                Ok(StoreFigures { backup_ms, catalogue_current, ..store(data, look, row)? })
            })
            .collect::<Db<_>>()?,
    })
}

fn store(data: &dyn HubTx, look: &Look<'_>, row: &StoreRow) -> Db<StoreFigures> {
    let (open_orders, _) = data.open_count(&row.seed.id, look.now)?;
    let (rights_outstanding, rights_blocked) = rights(data, row)?;
    Ok(StoreFigures {
        store: row.seed.id.clone(),
        online: row.online,
        heard_ms: row.heard_at.map(|at| look.now.since_ms(at).max(0)),
        selling: place::selling_of(look, row) == Selling::Open,
        open_orders,
        alarms: data.alarms(&row.seed.id)?.map(|known| known.told.standing),
        facts_waiting: data.facts_for(&row.seed.id)?,
        records_waiting: data.lanes(&row.seed.id)?.map(|lane| lane.waiting()),
        epoch: row.epoch.0,
        rights_outstanding,
        rights_blocked,
        chains_broken: broken(data, &row.seed.id)?,
        backup_ms: None,
        catalogue_current: false,
    })
}

fn broken(data: &dyn HubTx, store: &StoreId) -> Db<u32> {
    let broken = data.chains(store)?.iter().filter(|chain| chain.broken.is_some()).count();
    Ok(u32::try_from(broken).unwrap_or(u32::MAX))
}

/// Units that may still be sold under the terms in force, and units of earlier terms.
pub(super) fn rights(data: &dyn HubTx, row: &StoreRow) -> Db<(u64, u64)> {
    let (outstanding, blocked) = standing(data, row)?;
    Ok((outstanding, blocked.iter().fold(0, |sum, (_, units)| sum.saturating_add(*units))))
}

/// The same, earlier terms one by one. What was closed stands no more: older epochs by the hub's word on the present one,
/// older generations by the people who closed them; the store frees those by itself.
pub(super) fn standing(data: &dyn HubTx, row: &StoreRow) -> Db<(u64, Vec<(QuotaKey, u64)>)> {
    let own = data.installation()?;
    let now = QuotaKey { store: row.seed.id.clone(), epoch: row.epoch, generation: own.generation };
    let word = data.holder(&row.seed.id)?.is_some_and(|holder| holder.word == row.epoch);
    let (mut outstanding, mut blocked) = (0, Vec::new());
    for (key, units) in data.rights_by_terms(&row.seed.id)? {
        let closed = (key.epoch < now.epoch && word) || (key.generation < now.generation && own.log_whole);
        if key == now {
            outstanding = units;
        } else if units > 0 && !closed {
            blocked.push((key, units));
        }
    }
    Ok((outstanding, blocked))
}
