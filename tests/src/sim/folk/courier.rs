//! A rider: starts a shift, goes to the bay of the store that the screen names, waits for the bags, rides, and delivers
//! with the customer's code.

use super::Heard;
use crate::checks::{Checked, machine};
use crate::sim::city;
use crate::sim::event::Node;
use crate::sim::site::StoreSite;
use crate::sim::world::World;
use central_hub::command::{Command, Seed};
use central_hub::db::HubTx;
use central_hub::db::orders::OrderRow;
use central_hub::flows::refund;
use hub_core::saga::Method;
use model::api::hub::{Fix, Point};
use model::mqtt::Label;
use model::order::Moment;
use model::time::HOUR_MS;
use model::{Actor, CommandId, DeviceId, OrderId, Paise, PersonId, RiderId, Role};
use rand::Rng;
use store_node::db::{handovers, prints};

#[derive(Debug, Clone, PartialEq)]
enum Step {
    /// Not known to the hub yet.
    New,
    /// Wants to start a shift.
    OffShift,
    /// Waits for work.
    Free,
    /// At the bay.
    AtBay { order: OrderId, at: usize },
    /// On the way to the customer.
    Riding(OrderId),
}

/// See the file.
#[derive(Debug)]
pub struct Courier {
    phone: String,
    place: Point,
    step: Step,
    me: Option<(RiderId, String)>,
    asked: Option<CommandId>,
    shift_until: i64,
}

impl Courier {
    /// Rider number `n`.
    pub fn new(n: usize, stores: usize) -> Self {
        let place = city::place(n % stores.max(1));
        Self {
            phone: format!("+9190000{n:05}"),
            place,
            step: Step::New,
            me: None,
            asked: None,
            shift_until: 0,
        }
    }

    /// In the middle of something.
    pub const fn is_busy(&self) -> bool {
        self.asked.is_some() || matches!(self.step, Step::AtBay { .. } | Step::Riding(_))
    }

    /// The order this rider waits for at the bay of store `at`, and the badge.
    pub fn stands_for(&self, at: usize) -> Option<(OrderId, String)> {
        match (&self.step, &self.me) {
            (Step::AtBay { order, at: here }, Some((_, code))) if *here == at => Some((*order, code.clone())),
            (_, _) => None,
        }
    }

    /// See [`super::act`].
    ///
    /// # Errors
    /// What the checks found.
    pub fn act(&mut self, world: &mut World, who: usize, heard: Heard) -> Checked<Option<i64>> {
        match heard {
            Some((id, reply)) if self.asked == Some(id) => {
                self.asked = None;
                let crate::sim::diary::Reply::Hub(answer) = reply else { return Ok(Some(1_000)) };
                match (&self.step, answer.is_ok()) {
                    (Step::OffShift, true) | (Step::Riding(_), true) => self.step = Step::Free,
                    // Whatever was refused is looked at again: cash may have changed, the order may be over.
                    (_, _) => {}
                }
                Ok(Some(world.rng.random_range(1_000..3_000)))
            }
            Some(_) => Ok(None),
            None if self.asked.is_some() => Ok(None),
            None => self.wake(world, who),
        }
    }

    fn ask(&mut self, world: &mut World, who: usize, command: Command) -> Checked<Option<i64>> {
        let person = PersonId::new(format!("r{}", self.phone.trim_start_matches('+'))).map_err(machine)?;
        let actor = Actor { person, device: DeviceId::new("rider-app").map_err(machine)?, role: Role::Rider };
        self.asked = Some(world.ask_hub(who, actor, command));
        Ok(None)
    }

    fn wake(&mut self, world: &mut World, who: usize) -> Checked<Option<i64>> {
        if !world.is_up(Node::Hub) {
            return Ok(Some(1_500));
        }
        match (self.step.clone(), self.me.clone()) {
            (Step::New, _) => self.enrol(world),
            (Step::OffShift, Some((rider, _))) => {
                let until = world.hub.now(world.queue.now()).plus_ms(10 * HOUR_MS);
                self.shift_until = until.ms();
                self.ask(world, who, Command::SetShift { rider, on: true, until, at: self.place })
            }
            (Step::Free, Some((rider, _))) => self.look_for_work(world, rider),
            (Step::AtBay { order, at }, Some((rider, _))) => self.at_bay(world, rider, order, at),
            (Step::Riding(order), Some((rider, _))) => self.deliver(world, who, rider, order),
            (_, None) => Ok(Some(1_000)),
        }
    }

    fn enrol(&mut self, world: &mut World) -> Checked<Option<i64>> {
        let seed = Seed { phone: self.phone.clone(), name: "Rider".to_owned(), role: Role::Rider };
        world.own_hub(vec![Command::SeedPeople { people: vec![seed] }])?;
        let Some(hub) = &world.hub.engine else { return Ok(Some(1_000)) };
        if let Some(row) = hub.data().rider_by_phone(&self.phone).map_err(machine)? {
            self.me = Some((row.id, row.code));
            self.step = Step::OffShift;
        }
        Ok(Some(500))
    }

    fn look_for_work(&mut self, world: &mut World, rider: RiderId) -> Checked<Option<i64>> {
        let local = world.hub.now(world.queue.now());
        if local.ms() + HOUR_MS > self.shift_until {
            self.step = Step::OffShift;
            return Ok(Some(500));
        }
        let fixes = vec![Fix { at: local, point: self.place }];
        world.own_hub(vec![Command::Positions { rider, fixes }])?;
        let Some(hub) = &world.hub.engine else { return Ok(Some(1_000)) };
        let data = hub.data();
        if let Some(order) = data.orders_of_rider(&rider).map_err(machine)?.first() {
            let row = data.order(order).map_err(machine)?;
            let at = row.and_then(|row| world.stores.iter().position(|site| site.setup.store == row.store));
            if let Some(at) = at {
                self.step = Step::AtBay { order: *order, at };
                return Ok(Some(world.rng.random_range(30_000..180_000)));
            }
        }
        Ok(Some(world.rng.random_range(4_000..9_000) * world.plan.slowness))
    }

    /// The clerk gives the bags; the rider sees them in hand. An order that was cancelled or taken away frees the rider.
    fn at_bay(
        &mut self,
        world: &mut World,
        rider: RiderId,
        order: OrderId,
        at: usize,
    ) -> Checked<Option<i64>> {
        let code = self.me.as_ref().map(|(_, code)| code.clone());
        let took = world.stores[at].reading(|conn| {
            let moments = store_node::db::orders::moments(conn, &order).map_err(machine)?;
            let who = handovers::rider_of(conn, order).map_err(machine)?;
            // A store that was set back knows that it left, and not with whom.
            Ok(moments.get(Moment::Dispatched).is_some() && (who.is_none() || who == code))
        })?;
        if took == Some(true) {
            self.step = Step::Riding(order);
            return Ok(Some(world.rng.random_range(60_000..360_000)));
        }
        let Some(hub) = &world.hub.engine else { return Ok(Some(1_000)) };
        let mine = hub.data().orders_of_rider(&rider).map_err(machine)?;
        if !mine.contains(&order) {
            self.step = Step::Free;
        }
        Ok(Some(world.rng.random_range(2_000..5_000) * world.plan.slowness.min(3)))
    }

    fn deliver(
        &mut self,
        world: &mut World,
        who: usize,
        rider: RiderId,
        order: OrderId,
    ) -> Checked<Option<i64>> {
        let Some(hub) = &world.hub.engine else { return Ok(Some(1_000)) };
        let data = hub.data();
        let Some(row) = data.order(&order).map_err(machine)? else { return Ok(Some(5_000)) };
        if row.state.is_terminal() || data.moments(&order).map_err(machine)?.get(Moment::Delivered).is_some()
        {
            self.step = Step::Free;
            return Ok(Some(2_000));
        }
        let cash = due_at_the_door(&mut world.stores, data, &row)?;
        let code = world.hub.rules().key.delivery_code(row.store.as_str(), row.placed_at, &order);
        // A wrong digit now and then.
        let code = if world.rng.random_range(0..25) == 0 { "0000".to_owned() } else { code };
        let delivered_at = world.hub.now(world.queue.now());
        let at = row.address.at;
        self.ask(world, who, Command::Deliver { rider, order, code, cash, at, delivered_at })
    }
}

/// What is to be collected: the delivery label on the bags says it; where none is at hand, the rider's screen.
fn due_at_the_door(stores: &mut [StoreSite], data: &dyn HubTx, row: &OrderRow) -> Checked<Paise> {
    let payment = data.payment(&row.id).map_err(machine)?;
    if payment.is_none_or(|payment| payment.method != Method::Cod) {
        return Ok(Paise::ZERO);
    }
    let mut labels = Vec::new();
    if let Some(site) = stores.iter_mut().find(|site| site.setup.store == row.store) {
        labels.extend(site.reading(|conn| prints::of_order(conn, row.id).map_err(machine))?);
    }
    let label = labels.into_iter().flatten().find_map(|job| {
        let Label::Delivery { cod, .. } = job.label else { return None };
        Some(cod)
    });
    match label {
        Some(cod) => Ok(cod),
        None => refund::due(data, row).map_err(machine),
    }
}
