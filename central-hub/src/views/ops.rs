//! The operations page: stores, riders, open orders, one order's story (UX 27-29). Every figure carries its age.

use super::{Look, order, place, tracking};
use crate::db::orders::OrderRow;
use crate::db::quotas::QuotaKey;
use crate::db::riders::RiderRow;
use crate::db::stores::StoreRow;
use crate::db::{Db, HubTx};
use ::sync::lane::LaneState;
use hub_core::stop_selling::Selling;
use model::api::hub::{OpsNow, OpsOrder, OpsOrderRow, OpsRider, OpsStore};
use model::time::HOUR_MS;
use model::{Moment, OrderId};

/// Open orders shown.
const SHOWN: u32 = 200;

/// Everything now.
pub fn now(data: &dyn HubTx, look: &Look<'_>) -> Db<OpsNow> {
    let hour_ago = look.now.plus_ms(-HOUR_MS);
    let stores = data.stores()?.into_iter().map(|s| store(data, look, s)).collect::<Db<Vec<_>>>()?;
    let riders = data.riders_on_shift()?.into_iter().map(|r| rider(data, r)).collect::<Db<Vec<_>>>()?;
    let open = data.open_orders(None, SHOWN)?;
    Ok(OpsNow {
        at: look.now,
        stores,
        riders,
        orders: open.into_iter().map(|o| row(data, look, o)).collect::<Db<Vec<_>>>()?,
        placed_last_hour: data.moment_count(Moment::Placed, hour_ago)?,
        delivered_last_hour: data.moment_count(Moment::Delivered, hour_ago)?,
    })
}

/// One order with its story.
pub fn story(data: &dyn HubTx, look: &Look<'_>, id: &OrderId) -> Db<Option<OpsOrder>> {
    let Some(order) = order::order(data, look, id)? else { return Ok(None) };
    Ok(Some(OpsOrder { order, history: data.history(id)?, rider_scores: data.scores(id)? }))
}

fn store(data: &dyn HubTx, look: &Look<'_>, s: StoreRow) -> Db<OpsStore> {
    let selling = place::selling_of(look, &s);
    let (open_orders, late_orders) = data.open_count(&s.seed.id, look.now)?;
    let key = QuotaKey { store: s.seed.id.clone(), epoch: s.epoch, generation: data.generation()? };
    let units = data.free_units(&key)?;
    let alarms = data.alarms(&s.seed.id)?.map_or(0, |known| known.told.standing);
    let waiting: u64 = data.lanes(&s.seed.id)?.iter().map(LaneState::waiting).sum();
    Ok(OpsStore {
        store: s.seed.id,
        name: s.seed.name,
        at: s.seed.at,
        radius_m: s.seed.radius_m,
        online: s.online,
        link_age_ms: s.heard_at.map(|at| look.now.since_ms(at).max(0)),
        selling: selling == Selling::Open,
        selling_why: if selling == Selling::Open { String::new() } else { selling.word().to_owned() },
        open_orders,
        late_orders,
        alarms,
        quota_units: u32::try_from(units).unwrap_or(u32::MAX),
        facts_waiting: u32::try_from(waiting).unwrap_or(u32::MAX),
    })
}

fn rider(data: &dyn HubTx, r: RiderRow) -> Db<OpsRider> {
    let mut numbers = Vec::new();
    for id in data.orders_of_rider(&r.id)? {
        numbers.extend(data.order(&id)?.map(|o| o.number));
    }
    let order = (!numbers.is_empty()).then(|| numbers.join(", "));
    let at_time = r.fix.map(|f| f.at);
    Ok(OpsRider { rider: r.id, name: r.name, at: r.fix.map(|f| f.point), at_time, order })
}

fn row(data: &dyn HubTx, look: &Look<'_>, o: OrderRow) -> Db<OpsOrderRow> {
    let store = tracking::store_of(data, &o)?;
    let rider = match &o.rider {
        Some(id) => data.rider(id)?,
        None => None,
    };
    let fix = rider.as_ref().and_then(|r| r.fix);
    Ok(OpsOrderRow {
        order: o.id,
        eta_at: tracking::eta_at(data, look, &o, &store, fix)?,
        number: o.number,
        store: o.store,
        state: o.state,
        promise_at: o.promise_at,
        rider: rider.map(|r| r.name),
        to: o.address.at,
    })
}
