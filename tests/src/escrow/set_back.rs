//! A store's database is set back by a week and nobody says so: the node's first deed is its midnight, before it has heard the hub.
//! The goods of an order that it remembers as waiting are past their date, so it gives the order up, which has left long ago.

use super::late::Overtaken;
use super::world::{Options, World};
use crate::checks::{Check, Checked, broken, machine};
use crate::sim::net::Weather;
use hub_core::saga::Pay;
use model::OrderId;
use model::order::{Moment, OrderState};
use model::time::{HOUR_MS, SECOND_MS};
use store_node::db::orders;

/// Longer than any good of this world keeps.
const AWAY_MS: i64 = 7 * 24 * HOUR_MS;
/// The place of a good with a date in the world's list.
const PERISHABLE: usize = 3;
/// Looks at most for anything to happen.
const LOOKS: u32 = 200;

/// What both sides know of the order at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetBack {
    /// Its moments at both sides, and what lies in quarantine.
    pub known: Overtaken,
    /// Its state at the hub.
    pub state: OrderState,
    /// Its payment there.
    pub payment: Pay,
    /// Units of it that the hub takes for missing.
    pub short: u32,
}

/// Plays it. See the file.
///
/// # Errors
/// What did not happen, or what broke.
pub fn set_back_over_a_date(seed: u64) -> Result<SetBack, String> {
    let mut world = World::new(&Options::usual(seed)).map_err(|error| error.to_string())?;
    world.is_set_back().map_err(|error| error.to_string())
}

impl World {
    fn is_set_back(&mut self) -> Checked<SetBack> {
        self.line.weather = Weather::FAIR;
        self.resting = true;
        self.dial()?;
        let order = self.sells_of(PERISHABLE)?;
        self.waits_till("the store has the order", |world| {
            let moments = world.store.reading(|conn| orders::moments(conn, &order))?;
            Ok(moments.get(Moment::Accepted).is_some())
        })?;
        let now = self.now();
        self.store.save(now)?;
        self.waits_till("it has left", |world| {
            world.ship()?;
            Ok(world.truth.shipped.contains_key(&order) && world.is_level()?)
        })?;
        let until = self.now().plus_ms(AWAY_MS);
        while self.now() < until {
            self.pass(HOUR_MS)?;
        }
        self.waits_till("both are level", |world| world.is_level())?;
        self.brings_back_store()?;
        self.store_rolled_back = true;
        // Its midnight comes first.
        self.begins_day()?;
        let given_up = self.store.reading(|conn| orders::moments(conn, &order))?;
        if given_up.state() != OrderState::Cancelled {
            return Err(broken(Check::Stuck, format!("it was not given up: {given_up:?}")));
        }
        for _ in 0..LOOKS {
            self.pass(2 * SECOND_MS)?;
            if self.tally.rollbacks_seen > 0 && self.is_level()? {
                return self.told(order);
            }
        }
        Err(broken(Check::Stuck, "nobody found out that the store was set back"))
    }

    fn told(&mut self, order: OrderId) -> Checked<SetBack> {
        let known = self.ended(order)?;
        let data = self.hub.engine()?.data();
        let row = data.order(&order).map_err(machine)?.ok_or_else(|| machine("the order is gone"))?;
        let payment = data.payment(&order).map_err(machine)?.ok_or_else(|| machine("no payment"))?;
        let short = data.lines(&order).map_err(machine)?.iter().map(|line| line.short.get()).sum();
        Ok(SetBack { known, state: row.state, payment: payment.state, short })
    }
}
