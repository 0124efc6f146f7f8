//! Which store serves a place, and what it has: the shop before a checkout (REQ-57). The checkout decides anew.

use super::Look;
use crate::db::quotas::QuotaKey;
use crate::db::stores::StoreRow;
use crate::db::{Db, HubTx};
use hub_core::stop_selling::{Selling, selling};
use hub_core::{eta, geo};
use model::api::hub::{Point, Serviceable};
use model::{SkuId, StoreId};

/// At most so many units are told to a shopper.
const TOLD: u64 = 20;

/// Whether the hub sells for a store now.
pub fn selling_of(look: &Look<'_>, store: &StoreRow) -> Selling {
    selling(store.heard_at, store.closed, look.now, look.rules.stop_after_ms)
}

/// The store that would serve a place: one that sells before one that does not, then the nearest.
pub fn store_at(data: &dyn HubTx, look: &Look<'_>, at: Point) -> Db<Option<StoreRow>> {
    let mut near: Vec<(bool, f64, StoreRow)> = Vec::new();
    for store in data.stores()? {
        let far = geo::haversine_m(store.seed.at, at);
        if far <= f64::from(store.seed.radius_m) {
            near.push((selling_of(look, &store) != Selling::Open, far, store));
        }
    }
    near.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    Ok(near.into_iter().next().map(|(_, _, store)| store))
}

/// Whether and from where a place is served.
pub fn serviceable(data: &dyn HubTx, look: &Look<'_>, at: Point) -> Db<Serviceable> {
    let Some(store) = store_at(data, look, at)? else {
        return Ok(Serviceable {
            store: None,
            store_name: String::new(),
            promise_min: 0,
            status: "outside".to_owned(),
            reason: "We do not deliver there yet.".to_owned(),
        });
    };
    let selling = selling_of(look, &store);
    let minutes = eta::promise_min(look.rules.prepare_min, store.seed.at, at).ceil();
    let status = match selling {
        Selling::Open => "delivering",
        Selling::Unreachable { .. } => "store_unreachable",
        Selling::NeverConnected | Selling::Closed => "closed",
    };
    Ok(Serviceable {
        store: (selling == Selling::Open).then_some(store.seed.id),
        store_name: store.seed.name,
        promise_min: minutes as u32,
        status: status.to_owned(),
        reason: selling.reason(),
    })
}

/// Units that can be promised of a SKU: at one store, or at the best one; nought where the hub does not sell.
pub fn available(data: &dyn HubTx, look: &Look<'_>, sku: &SkuId, store: Option<&StoreRow>) -> Db<u32> {
    let generation = data.generation()?;
    let mut most = 0;
    let all = match store {
        Some(one) => vec![one.clone()],
        None => data.stores()?,
    };
    for store in all {
        if selling_of(look, &store) == Selling::Open {
            let key = QuotaKey { store: store.seed.id, epoch: store.epoch, generation };
            most = most.max(data.rights(&key, sku)?.available());
        }
    }
    Ok(most.min(TOLD) as u32)
}

/// The name of a store.
pub fn name_of(data: &dyn HubTx, store: &StoreId) -> Db<String> {
    Ok(data.store(store)?.map_or_else(|| store.to_string(), |row| row.seed.name))
}
