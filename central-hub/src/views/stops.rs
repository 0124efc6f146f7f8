//! In which order a rider does the doors of a way, for the rider's own screen and for the customers who wait (REQ-76, REQ-77).

use super::tracking;
use crate::db::orders::OrderRow;
use crate::db::{Db, HubTx};
use hub_core::batch;
use model::api::hub::Point;
use model::{OrderState, RiderId};

/// An order on a way.
#[derive(Debug)]
pub struct Stop {
    /// The order.
    pub row: OrderRow,
    /// Minutes from the way's start until its bags are given.
    pub minutes: f64,
}

/// What a rider has in hand, each part in its best order.
#[derive(Debug, Default)]
pub struct Way {
    /// In the box: a way that starts where the rider is.
    pub carried: Vec<Stop>,
    /// At the store still: a way that starts there.
    pub to_collect: Vec<Stop>,
}

impl Way {
    /// All of it, what is carried first.
    pub fn all(&self) -> impl Iterator<Item = &Stop> {
        self.carried.iter().chain(&self.to_collect)
    }
}

/// The way of a rider who is at a place; without one, the way is looked at from the store.
pub fn of(data: &dyn HubTx, rider: &RiderId, at: Option<Point>) -> Db<Way> {
    let (mut carried, mut to_collect) = (Vec::new(), Vec::new());
    for id in data.orders_of_rider(rider)? {
        match data.order(&id)? {
            Some(row) if row.state == OrderState::Dispatched => carried.push(row),
            Some(row) => to_collect.push(row),
            None => {}
        }
    }
    let store = match carried.first().or(to_collect.first()) {
        Some(row) => tracking::store_of(data, row)?.seed.at,
        None => return Ok(Way::default()),
    };
    Ok(Way { carried: best(at.unwrap_or(store), carried), to_collect: best(store, to_collect) })
}

fn best(from: Point, rows: Vec<OrderRow>) -> Vec<Stop> {
    let doors: Vec<Point> = rows.iter().map(|row| row.address.at).collect();
    let way = batch::best_way(from, &doors);
    let stop = |stop: &batch::Stop| Some(Stop { row: rows.get(stop.door)?.clone(), minutes: stop.minutes });
    way.iter().filter_map(stop).collect()
}
