//! One order id, two contents: the hub came from a backup, and people brought an order back from the logs with a wrong number of
//! units before the store was heard, which has it already. The first stands, and the hub hears "no".

use super::mishaps::ops;
use super::world::{Options, World};
use crate::checks::{Check, Checked, broken, machine};
use crate::sim::city;
use crate::sim::net::Weather;
use central_hub::command::{Command as Hub, Recovered};
use model::order::Moment;
use model::{OrderId, Qty};
use store_node::db::{docs, orders};

/// So many short waits at most for anything to happen.
const WAITS: u32 = 400;
/// One of them, milliseconds.
const WAIT_MS: i64 = 200;

/// What both sides kept, and how long the answer took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// From the store's hearing of the other content to the hub's hearing "no", milliseconds.
    pub ms: i64,
    /// The order.
    pub order: OrderId,
    /// Units of the order's line at the store, and at the hub.
    pub units: (u32, u32),
    /// The reasons in quarantine at the store.
    pub at_store: Vec<String>,
    /// The same at the hub.
    pub at_hub: Vec<String>,
}

/// Plays it. See the file.
///
/// # Errors
/// What did not happen, or what broke.
pub fn same_id(seed: u64) -> Result<Answered, String> {
    let mut world = World::new(&Options::usual(seed)).map_err(|error| error.to_string())?;
    world.says_no().map_err(|error| error.to_string())
}

impl World {
    fn says_no(&mut self) -> Checked<Answered> {
        self.line.weather = Weather::FAIR;
        self.dial()?;
        let now = self.now();
        self.hub.save(now)?;
        let order = self.sells_one()?;
        self.waits_for("the store has the order", |world| {
            let moments = world.store.reading(|conn| orders::moments(conn, &order))?;
            Ok(moments.get(Moment::Accepted).is_some())
        })?;
        self.line.cut = true;
        self.hang_up()?;
        self.brings_back_hub()?;
        self.begin_generation()?;
        let sold = self.truth.online.get(&order).ok_or_else(|| machine("nobody was told"))?;
        let mut wrong: Recovered = sold.recovered.clone();
        for line in &mut wrong.head.lines {
            line.qty = line.qty.checked_add(Qty::ONE).ok_or_else(|| machine("too many"))?;
        }
        let brought = self.ask_hub(ops("ops-a")?, Hub::RecoverOrders { orders: vec![wrong] })?;
        brought.map_err(|refusal| machine(format!("{refusal:?}")))?;
        self.line.cut = false;
        self.waits_for("the store refuses it", |world| Ok(world.store.reading(docs::quarantined)? > 0))?;
        let heard = self.now();
        self.waits_for("the hub hears so", |world| {
            Ok(world.hub.engine()?.data().quarantined().map_err(machine)? > 0)
        })?;
        self.found(order, self.now().since_ms(heard))
    }

    fn found(&mut self, order: OrderId, ms: i64) -> Checked<Answered> {
        // Whatever is said again later is refused once.
        for _ in 0..WAITS / 10 {
            self.pass(WAIT_MS)?;
        }
        let at_store = self.store.reading(|conn| docs::reasons(conn, 9))?;
        let lines = self.store.reading(|conn| orders::lines(conn, &order))?;
        let data = self.hub.engine()?.data();
        let at_hub = data.set_aside(None, 9).map_err(machine)?.into_iter().map(|row| row.why).collect();
        let here = data.lines(&order).map_err(machine)?;
        let units = (
            lines.iter().map(|(_, line)| line.qty.get()).sum(),
            here.iter().map(|line| line.qty.get()).sum(),
        );
        let at_store = at_store.into_iter().map(|(_, _, why)| why).collect();
        Ok(Answered { ms, order, units, at_store, at_hub })
    }

    pub(super) fn sells_one(&mut self) -> Checked<OrderId> {
        self.sells_of(0)
    }

    /// Sells a unit of the good at this place of the list.
    pub(super) fn sells_of(&mut self, good: usize) -> Checked<OrderId> {
        let sku = self.goods[good].clone();
        for _ in 0..WAITS {
            self.pass(WAIT_MS)?;
            let shown = self.offered()?.iter().any(|(offered, _)| *offered == sku);
            if let Some(order) = if shown { self.takes(0, &sku, 1)? } else { None } {
                self.customers[0].waits = Some(order);
                self.are_told()?;
                return Ok(order);
            }
        }
        Err(broken(Check::Stuck, "nothing was sold"))
    }

    fn waits_for(&mut self, what: &str, mut there: impl FnMut(&mut World) -> Checked<bool>) -> Checked {
        for _ in 0..WAITS {
            if there(self)? {
                return Ok(());
            }
            self.pass(WAIT_MS)?;
        }
        let store = city::store_id(0).map_err(machine)?;
        let aside = self.hub.engine()?.data().set_aside(Some(&store), 3).map_err(machine)?;
        Err(broken(Check::Stuck, format!("it never came that {what}; {aside:?}")))
    }
}
