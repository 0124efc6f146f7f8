//! All a rider's screen needs: one next action (REQ-74, UX 39), and what comes after it.

use super::stops::{self, Stop, Way};
use super::{Look, tracking};
use crate::db::orders::OrderRow;
use crate::db::riders::RiderRow;
use crate::db::{Db, HubTx};
use crate::flows::{reassign, refund};
use hub_core::geo;
use hub_core::saga::Method;
use model::api::hub::{DropOff, LostOrder, Point, RiderNow, RiderStop, RiderTask};
use model::time::MINUTE_MS;
use model::{Moment, OrderState, Paise, RiderId};

const PIECES: u32 = 8;
/// How long a rider's screen says that an order is gone.
const LOST_SHOWN_MS: i64 = 10 * MINUTE_MS;

/// The rider's screen; `None` when there is no such rider.
pub fn now(data: &dyn HubTx, look: &Look<'_>, id: &RiderId) -> Db<Option<RiderNow>> {
    let Some(rider) = data.rider(id)? else { return Ok(None) };
    let way = stops::of(data, id, rider.fix.map(|fix| fix.point))?;
    let next = match next(data, look, &rider, &way)? {
        Some(stop) => task(data, &rider, &stop.row)?,
        None => RiderTask::Wait,
    };
    let day = look.rules.calendar.day_start(look.now);
    Ok(Some(RiderNow {
        rider: rider.id,
        delivered_today: data.deliveries_since(id, day)?,
        stops: way.all().map(|stop| shown(data, &stop.row)).collect::<Db<Vec<_>>>()?,
        name: rider.name,
        code: rider.code,
        on_shift: rider.on_shift,
        next,
        cash: rider.cash,
        lost: lost(data, look, id)?,
    }))
}

fn lost(data: &dyn HubTx, look: &Look<'_>, id: &RiderId) -> Db<Option<LostOrder>> {
    let shown_from = look.now.plus_ms(-LOST_SHOWN_MS);
    let Some(row) = data.last_lost(id)?.filter(|row| row.at >= shown_from) else { return Ok(None) };
    // An order that came back is not gone.
    let order = data.order(&row.order)?.filter(|order| order.rider != Some(*id));
    Ok(order.map(|order| LostOrder { order: row.order, number: order.number, why: row.why, at: row.at }))
}

/// Everything is collected before the first door is ridden to, what is packed first. A rider who has left, or has waited for
/// the rest for as long as the rule for one way allows, rides.
fn next<'a>(data: &dyn HubTx, look: &Look<'_>, rider: &RiderRow, way: &'a Way) -> Db<Option<&'a Stop>> {
    let packed = way.to_collect.iter().find(|stop| stop.row.state == OrderState::Packed);
    let collect = packed.or(way.to_collect.first());
    let (Some(to_collect), Some(to_deliver)) = (collect, way.carried.first()) else {
        return Ok(way.carried.first().or(collect));
    };
    let store = tracking::store_of(data, &to_collect.row)?.seed.at;
    let here = rider.fix.is_some_and(|fix| geo::haversine_m(fix.point, store) <= reassign::AT_BAY_M);
    let mut waits = here;
    for stop in &way.carried {
        let took = data.moments(&stop.row.id)?.get(Moment::Dispatched);
        waits &= took.is_some_and(|took| reassign::waits_for_more(look.rules, look.now, took));
    }
    Ok(Some(if waits { to_collect } else { to_deliver }))
}

fn shown(data: &dyn HubTx, row: &OrderRow) -> Db<RiderStop> {
    let drop_off = drop_of(data, row)?;
    Ok(RiderStop { order: row.id, number: row.number.clone(), state: row.state, drop_off })
}

fn task(data: &dyn HubTx, rider: &RiderRow, row: &OrderRow) -> Db<RiderTask> {
    let store = tracking::store_of(data, row)?;
    let at = rider.fix.map_or(store.seed.at, |fix| fix.point);
    let drop = drop_of(data, row)?;
    let way = |to: Point| geo::straight_way(at, to, PIECES);
    Ok(match row.state {
        OrderState::Dispatched => RiderTask::Deliver {
            order: row.id,
            number: row.number.clone(),
            customer: drop.customer,
            address: drop.address,
            at: drop.at,
            bags: drop.bags,
            cod: drop.cod,
            cod_known: drop.cod_known,
            route: way(row.address.at),
        },
        OrderState::Placed
        | OrderState::Confirmed
        | OrderState::Picking
        | OrderState::Packed
        | OrderState::PaymentFailed
        | OrderState::Cancelled
        | OrderState::Delivered
        | OrderState::Completed
        | OrderState::Returned => RiderTask::Collect {
            order: row.id,
            number: row.number.clone(),
            store_name: store.seed.name.clone(),
            store_at: store.seed.at,
            state: row.state,
            route: way(store.seed.at),
            drop_off: drop,
        },
    })
}

fn drop_of(data: &dyn HubTx, row: &OrderRow) -> Db<DropOff> {
    let cod = match data.payment(&row.id)?.map(|p| p.method) {
        Some(Method::Cod) => refund::due(data, row)?,
        Some(Method::Upi | Method::Card) | None => Paise::ZERO,
    };
    Ok(DropOff {
        customer: row.first_name.clone(),
        address: row.address.text.clone(),
        at: row.address.at,
        bags: u32::from(row.bags),
        cod,
        cod_known: data.moments(&row.id)?.get(Moment::Packed).is_some(),
    })
}
