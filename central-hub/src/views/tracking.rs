//! An order on its way: rider, position, ETA (REQ-78, REQ-79).

use super::{Look, order, stops};
use crate::db::orders::OrderRow;
use crate::db::stores::StoreRow;
use crate::db::{Db, DbFault, HubTx};
use hub_core::eta::{Conditions, arrival_min};
use hub_core::geo;
use model::api::hub::{Fix, Tracking};
use model::{Moment, OrderId, OrderState, Timestamp};

/// Pieces of a drawn way.
const PIECES: u32 = 8;

/// All that the tracking page shows; `None` when there is no such order.
pub fn tracking(data: &dyn HubTx, look: &Look<'_>, id: &OrderId) -> Db<Option<Tracking>> {
    let Some(row) = data.order(id)? else { return Ok(None) };
    let Some(order) = order::order(data, look, id)? else { return Ok(None) };
    let store = store_of(data, &row)?;
    let rider = match &row.rider {
        Some(rider) => data.rider(rider)?,
        None => None,
    };
    let fix = rider.as_ref().and_then(|r| r.fix).filter(|_| !row.state.is_terminal());
    // Another door comes first: its way is nobody else's to see.
    let is_next = match (&row.rider, &fix) {
        (Some(rider), Some(fix)) => {
            let way = stops::of(data, rider, Some(fix.point))?;
            way.carried.first().is_some_and(|stop| stop.row.id == row.id)
        }
        (_, _) => false,
    };
    let route = match &fix {
        Some(fix) if is_next => geo::straight_way(fix.point, row.address.at, PIECES),
        Some(_) | None => Vec::new(),
    };
    Ok(Some(Tracking {
        eta_at: eta_at(data, look, &row, &store, fix)?,
        order,
        rider: rider.map(|r| r.name),
        position: fix.map(|f| f.point),
        position_at: fix.map(|f| f.at),
        store_at: store.seed.at,
        route,
        updated_at: look.now,
    }))
}

/// When an order should arrive: from the rider's place once it is on its way, else from the store, never before the way
/// can be ridden, with the doors that come before; the time it arrived once it has.
pub fn eta_at(
    data: &dyn HubTx,
    look: &Look<'_>,
    row: &OrderRow,
    store: &StoreRow,
    fix: Option<Fix>,
) -> Db<Timestamp> {
    if let Some(at) = data.moments(&row.id)?.get(Moment::Delivered) {
        return Ok(at);
    }
    let minutes = match &row.rider {
        Some(rider) => {
            let way = stops::of(data, rider, fix.map(|fix| fix.point))?;
            way.all().find(|stop| stop.row.id == row.id).map(|stop| stop.minutes)
        }
        None => None,
    };
    let alone = || arrival_min(store.seed.at, row.address.at, Conditions::default());
    let at = look.now.plus_ms(look.rules.people_ms(minutes.unwrap_or_else(alone)));
    Ok(match (row.state, fix) {
        (OrderState::Dispatched, Some(_)) => at,
        (_, _) => row.promise_at.max(at),
    })
}

/// The store of an order.
pub fn store_of(data: &dyn HubTx, row: &OrderRow) -> Db<StoreRow> {
    let store = data.store(&row.store)?;
    store.ok_or_else(|| DbFault::Corrupt(format!("order {} of an unknown store {}", row.id, row.store)))
}
