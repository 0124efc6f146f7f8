//! All a rider's screen needs: one next action (REQ-74, UX 39).

use super::{Look, tracking};
use crate::db::orders::OrderRow;
use crate::db::riders::RiderRow;
use crate::db::{Db, HubTx};
use crate::flows::refund;
use hub_core::geo;
use hub_core::saga::Method;
use model::api::hub::{DropOff, Point, RiderNow, RiderTask};
use model::{Moment, OrderState, Paise, RiderId};

const PIECES: u32 = 8;

/// The rider's screen; `None` when there is no such rider.
pub fn now(data: &dyn HubTx, look: &Look<'_>, id: &RiderId) -> Db<Option<RiderNow>> {
    let Some(rider) = data.rider(id)? else { return Ok(None) };
    let next = match data.orders_of_rider(id)?.first() {
        Some(order) => match data.order(order)? {
            Some(row) => task(data, &rider, &row)?,
            None => RiderTask::Wait,
        },
        None => RiderTask::Wait,
    };
    let day = look.rules.calendar.day_start(look.now);
    Ok(Some(RiderNow {
        rider: rider.id,
        delivered_today: data.deliveries_since(id, day)?,
        name: rider.name,
        code: rider.code,
        on_shift: rider.on_shift,
        next,
        cash: rider.cash,
    }))
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
