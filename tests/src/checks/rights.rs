//! The hub's side of the escrow (SYNC.md, I2): sold, held and returned units stay within what was granted, and what is
//! held is what open checkouts hold.

use super::{Check, Checked, broken, machine};
use crate::sim::city;
use central_hub::db::HubTx;
use central_hub::db::quotas::QuotaKey;
use model::SkuId;
use std::collections::BTreeMap;

/// All rights of all stores.
///
/// # Errors
/// The first SKU of which more is sold than was granted.
pub fn hub_rights(data: &dyn HubTx, goods: &[SkuId], stores: usize) -> Checked {
    let generation = data.generation().map_err(machine)?;
    for at in 0..stores {
        let store = city::store_id(at).map_err(machine)?;
        let Some(row) = data.store(&store).map_err(machine)? else { continue };
        let key = QuotaKey { store: store.clone(), epoch: row.epoch, generation };
        let mut held: BTreeMap<SkuId, u64> = BTreeMap::new();
        for order in data.open_orders(Some(&store), 10_000).map_err(machine)? {
            if order.hold_until.is_none() {
                continue;
            }
            for line in data.lines(&order.id).map_err(machine)? {
                *held.entry(line.sku).or_default() += u64::from(line.qty.get());
            }
        }
        for sku in goods {
            let rights = data.rights(&key, sku).map_err(machine)?;
            if rights.sold() + rights.held() + rights.returned() > rights.granted_seen() {
                return Err(broken(Check::Oversold, format!("{store} {}: {rights:?}", sku)));
            }
            let wanted = held.get(sku).copied().unwrap_or(0);
            if rights.held() != wanted {
                let detail =
                    format!("{store} {}: open checkouts hold {wanted}, the hub's row says {rights:?}", sku);
                return Err(broken(Check::Oversold, detail));
            }
        }
    }
    Ok(())
}
