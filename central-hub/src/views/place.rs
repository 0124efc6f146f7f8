//! Which store serves a place, and what it has: the shop before a checkout (REQ-57). The checkout decides anew.

use super::Look;
use crate::db::quotas::QuotaKey;
use crate::db::stores::StoreRow;
use crate::db::{Db, HubTx};
use hub_core::split::DELIVERIES_MAX;
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

/// The store whose shelf a shopper sees, and those that could bring more to the same door in deliveries of their own.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    /// The one that would serve; none where no place is known or nobody serves it.
    pub store: Option<StoreRow>,
    /// The nearest others that sell.
    pub others: Vec<StoreRow>,
}

/// Who could bring something to a place. `store`: the one that the shopper was told, else the one that would serve now.
pub fn reach(data: &dyn HubTx, look: &Look<'_>, at: Point, store: Option<StoreRow>) -> Db<Reach> {
    let mut near = serving(data, look, at)?;
    let first = store.or_else(|| near.first().cloned());
    let Some(chosen) = &first else { return Ok(Reach::default()) };
    near.retain(|other| other.seed.id != chosen.seed.id && selling_of(look, other) == Selling::Open);
    near.truncate(DELIVERIES_MAX - 1);
    Ok(Reach { store: first, others: near })
}

/// The store that would serve a place.
pub fn store_at(data: &dyn HubTx, look: &Look<'_>, at: Point) -> Db<Option<StoreRow>> {
    Ok(serving(data, look, at)?.into_iter().next())
}

/// The stores that reach a place: one that sells before one that does not, then the nearest.
fn serving(data: &dyn HubTx, look: &Look<'_>, at: Point) -> Db<Vec<StoreRow>> {
    let mut near: Vec<(bool, f64, StoreRow)> = Vec::new();
    for store in data.stores()? {
        let far = geo::haversine_m(store.seed.at, at);
        if far <= f64::from(store.seed.radius_m) {
            near.push((selling_of(look, &store) != Selling::Open, far, store));
        }
    }
    near.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    Ok(near.into_iter().map(|(_, _, store)| store).collect())
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

/// Units that can be promised of a SKU: at the store and at the others together; without a place, at the best store of all.
/// Nought where the hub does not sell.
pub fn available(data: &dyn HubTx, look: &Look<'_>, sku: &SkuId, reach: &Reach) -> Db<(u32, u32)> {
    let here = match &reach.store {
        Some(one) => units(data, look, sku, one)?,
        None => {
            let mut most = 0;
            for store in data.stores()? {
                most = most.max(units(data, look, sku, &store)?);
            }
            most
        }
    };
    let mut elsewhere = 0u64;
    for other in &reach.others {
        elsewhere = elsewhere.saturating_add(units(data, look, sku, other)?);
    }
    Ok((here.min(TOLD) as u32, elsewhere.min(TOLD) as u32))
}

fn units(data: &dyn HubTx, look: &Look<'_>, sku: &SkuId, store: &StoreRow) -> Db<u64> {
    if selling_of(look, store) != Selling::Open {
        return Ok(0);
    }
    let key = QuotaKey { store: store.seed.id.clone(), epoch: store.epoch, generation: data.generation()? };
    Ok(data.rights(&key, sku)?.available())
}

/// The name of a store.
pub fn name_of(data: &dyn HubTx, store: &StoreId) -> Db<String> {
    Ok(data.store(store)?.map_or_else(|| store.to_string(), |row| row.seed.name))
}
