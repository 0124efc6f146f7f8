//! An order on its way: rider, position, ETA (REQ-78, REQ-79).

use super::{Look, order};
use crate::db::orders::OrderRow;
use crate::db::stores::StoreRow;
use crate::db::{Db, DbFault, HubTx};
use hub_core::eta::{Conditions, arrival_min};
use hub_core::geo;
use model::api::hub::{Fix, Point, Tracking};
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
    let route = match (&fix, row.state) {
        (Some(fix), OrderState::Dispatched) => geo::straight_way(fix.point, row.address.at, PIECES),
        (_, _) => Vec::new(),
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
/// can be ridden; the time it arrived once it has.
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
    let way = |from: Point| {
        let minutes = arrival_min(from, row.address.at, Conditions::default());
        look.now.plus_ms(look.rules.people_ms(minutes))
    };
    Ok(match (row.state, fix) {
        (OrderState::Dispatched, Some(fix)) => way(fix.point),
        (_, _) => row.promise_at.max(way(store.seed.at)),
    })
}

/// The store of an order.
pub fn store_of(data: &dyn HubTx, row: &OrderRow) -> Db<StoreRow> {
    let store = data.store(&row.store)?;
    store.ok_or_else(|| DbFault::Corrupt(format!("order {} of an unknown store {}", row.id, row.store)))
}
