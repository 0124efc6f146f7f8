//! Rights in the order's own transaction (SYNC.md; ARCHITECTURE, decision 3): hold, sell, release. All lines or none, summed
//! by SKU, so that two lines of one product cannot both take the last unit.

use super::{Cx, Flow, Stop};
use crate::db::quotas::QuotaKey;
use crate::db::{DbFault, HubTx};
use crate::refusal::Refusal;
use ::sync::quota::{HubQuota, QuotaRefusal};
use model::SkuId;
use model::fact::Fact;
use std::collections::BTreeMap;

/// Units by SKU.
pub type Units = BTreeMap<SkuId, u64>;

/// Sums lines by SKU.
pub fn sum(lines: impl IntoIterator<Item = (SkuId, u64)>) -> Units {
    let mut units = Units::new();
    for (sku, qty) in lines {
        *units.entry(sku).or_default() += qty;
    }
    units
}

/// The rights to a SKU as a checkout may count on them.
pub fn rights(tx: &dyn HubTx, cx: &Cx<'_>, key: &QuotaKey, sku: &SkuId) -> Flow<HubQuota> {
    let rights = tx.rights(key, sku)?;
    if cx.mutation.reserves_without_summing() {
        // Broken on purpose: what others hold is forgotten.
        let forgotten = HubQuota::from_counts(rights.granted_seen(), rights.returned(), 0, rights.sold());
        return Ok(forgotten.unwrap_or(rights));
    }
    Ok(rights)
}

/// The rights to each SKU of an order, as they were read.
pub type Rights = BTreeMap<SkuId, HubQuota>;

/// What becomes of the units of a checkout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Held until the payment has stood or fallen.
    Held,
    /// Sold at once: nothing is waited for.
    Sold,
}

/// Takes units for a checkout, all or none. `rights` were read in this transaction.
///
/// # Errors
/// [`Refusal::OutOfStock`] with every SKU that has too few.
pub fn take(tx: &mut dyn HubTx, key: &QuotaKey, units: &Units, rights: &Rights, fate: Fate) -> Flow<()> {
    let mut missing = Vec::new();
    let mut after = Vec::new();
    for (sku, qty) in units {
        let mut rights = rights.get(sku).copied().unwrap_or_default();
        let done = rights.hold(*qty).and_then(|()| match fate {
            Fate::Held => Ok(()),
            Fate::Sold => rights.sell(*qty),
        });
        match done {
            Ok(()) => after.push((sku, rights)),
            Err(_) => missing.push((sku.clone(), rights.available())),
        }
    }
    if !missing.is_empty() {
        return Err(Refusal::OutOfStock { missing }.into());
    }
    for (sku, rights) in after {
        tx.set_rights(key, sku, rights)?;
    }
    Ok(())
}

/// Turns holds into sales.
pub fn sell(tx: &mut dyn HubTx, key: &QuotaKey, units: &Units) -> Flow<()> {
    change(tx, key, units, HubQuota::sell)
}

/// Lets holds go.
pub fn release(tx: &mut dyn HubTx, key: &QuotaKey, units: &Units) -> Flow<()> {
    change(tx, key, units, HubQuota::release)?;
    for sku in units.keys() {
        give_back(tx, key, sku)?;
    }
    Ok(())
}

fn change(
    tx: &mut dyn HubTx,
    key: &QuotaKey,
    units: &Units,
    step: fn(&mut HubQuota, u64) -> Result<(), QuotaRefusal>,
) -> Flow<()> {
    for (sku, qty) in units {
        let mut rights = tx.rights(key, sku)?;
        // Nobody but the order itself holds its units: less held than it took is a fault of ours, never a customer's.
        step(&mut rights, *qty).map_err(|e| Stop::Fault(DbFault::Corrupt(format!("{sku}: {e}"))))?;
        tx.set_rights(key, sku, rights)?;
    }
    Ok(())
}

/// A grant was seen: cumulative, an older number changes nothing. Says whether it was news.
pub fn learn(tx: &mut dyn HubTx, key: &QuotaKey, sku: &SkuId, total: u64) -> Flow<bool> {
    let mut rights = tx.rights(key, sku)?;
    let news = rights.learn_granted(total);
    if news {
        tx.set_rights(key, sku, rights)?;
        give_back(tx, key, sku)?;
    }
    Ok(news)
}

/// The store wants rights back: what is free goes back at once, the rest when it is let go. It is a register, and may fall.
pub fn wanted(tx: &mut dyn HubTx, key: &QuotaKey, sku: &SkuId, total: u64) -> Flow<()> {
    if tx.wanted(key, sku)? != total {
        tx.set_wanted(key, sku, total)?;
    }
    give_back(tx, key, sku)
}

/// Gives back what is wanted and free, for good; the store hears the cumulative number.
fn give_back(tx: &mut dyn HubTx, key: &QuotaKey, sku: &SkuId) -> Flow<()> {
    let mut rights = tx.rights(key, sku)?;
    let due = rights.due_back(tx.wanted(key, sku)?);
    let current = tx.generation()? == key.generation
        && tx.holder(&key.store)?.is_some_and(|holder| holder.epoch == key.epoch);
    if due == 0 || !current {
        return Ok(());
    }
    rights.give_back(due).map_err(|e| Stop::Fault(DbFault::Corrupt(format!("{sku}: {e}"))))?;
    tx.set_rights(key, sku, rights)?;
    Ok(tx.add_fact(&key.store, &Fact::Returned { sku: sku.clone(), total: rights.returned() })?)
}
