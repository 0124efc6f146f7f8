//! The manager of a store: sells at the counter, takes goods in, counts a shelf now and then, and hands packed orders over
//! at the bay by scanning badge, rider and bags.

use super::Heard;
use crate::checks::{Checked, machine};
use crate::sim::city;
use crate::sim::diary::Reply;
use crate::sim::world::World;
use anyhow::Result;
use device_drivers::scanner::Code;
use model::api::store::{CounterLine, CounterOrderRequest, HandoverRequest, ReceiveRequest};
use model::catalogue::Product;
use model::code::OwnCode;
use model::order::{Channel, Moment};
use model::{Actor, CommandId, DeviceId, OrderId, OrderState, PersonId, Qty, Role, SkuId};
use rand::Rng;
use store_node::command::{Command, OpeningLine};
use store_node::db::{bags, orders};

/// See the file.
#[derive(Debug)]
pub struct Clerk {
    at: usize,
    person: PersonId,
    asked: Option<CommandId>,
    /// What is to be done at the bay, last first.
    bay: Vec<Command>,
}

/// The goods are known, and the shelves are filled: some lots end today, some tomorrow.
///
/// # Errors
/// When the machine under the simulation fails.
pub fn open_stores(world: &mut World) -> Checked {
    let goods = world.catalogue.clone();
    world.own_hub(vec![central_hub::command::Command::PutProducts { products: goods.clone() }])?;
    for at in 0..world.stores.len() {
        world
            .own_store(at, vec![Command::ImportCatalogue { products: goods.clone(), opening: Vec::new() }])?;
        let lines = opening(world, at, &goods)?;
        let actor = actor(&city::manager(at).map_err(machine)?)?;
        // Nobody waits for this one: it is repeated until it is answered like any other.
        world.ask_store(usize::MAX, at, actor, Command::OpenStock { lines });
    }
    Ok(())
}

fn opening(world: &mut World, at: usize, goods: &[Product]) -> Checked<Vec<OpeningLine>> {
    let today = world.stores[at].setup.calendar.date(world.queue.now());
    let mut lines = Vec::new();
    for product in goods {
        if world.baskets.is_some() {
            // A full house in the morning, all fresh.
            let qty = Qty::new(world.rng.random_range(20..=60)).map_err(machine)?;
            lines.push(OpeningLine { sku: product.sku.clone(), qty, expiry: None });
            continue;
        }
        for _ in 0..world.rng.random_range(1..=3) {
            let life = i64::from(product.shelf_life_days);
            let expiry = (life > 0).then(|| today.plus_days(world.rng.random_range(0..=life)));
            let qty = Qty::new(world.rng.random_range(3..=25)).map_err(machine)?;
            lines.push(OpeningLine { sku: product.sku.clone(), qty, expiry });
        }
    }
    Ok(lines)
}

fn actor(person: &PersonId) -> Checked<Actor> {
    Ok(Actor {
        person: person.clone(),
        device: DeviceId::new("console").map_err(machine)?,
        role: Role::Manager,
    })
}

impl Clerk {
    /// The manager of store `at`.
    ///
    /// # Errors
    /// Never for a number that fits a code.
    pub fn new(at: usize) -> Result<Self> {
        Ok(Self { at, person: city::manager(at)?, asked: None, bay: Vec::new() })
    }

    /// In the middle of something.
    pub const fn is_busy(&self) -> bool {
        self.asked.is_some() || !self.bay.is_empty()
    }

    /// See [`super::act`].
    ///
    /// # Errors
    /// What the checks found.
    pub fn act(&mut self, world: &mut World, who: usize, heard: Heard) -> Checked<Option<i64>> {
        match heard {
            Some((id, reply)) if self.asked == Some(id) => {
                self.asked = None;
                self.hear(world, &reply);
                Ok(Some(world.rng.random_range(300..1_500)))
            }
            Some(_) => Ok(None),
            None if self.asked.is_some() => Ok(None),
            None => self.wake(world, who),
        }
    }

    fn hear(&mut self, world: &mut World, reply: &Reply) {
        match reply {
            Reply::Store(Ok(store_node::answer::Answer::CounterOrder(_))) => {
                world.tally.counter_orders += 1;
                world.tally.counter_in_cut += u32::from(world.lines[self.at].cut);
            }
            // A refused scan ends this handover; the bay is looked at anew.
            Reply::Store(Err(_)) => self.bay.clear(),
            Reply::Store(Ok(_)) | Reply::Hub(_) => {}
        }
    }

    fn ask(&mut self, world: &mut World, who: usize, command: Command) -> Checked<Option<i64>> {
        // A scanner does not know who holds it; the store does, by the badge.
        let actor = if let Command::FixedScan { scanner, .. } = &command {
            store_node::command::system(scanner.as_str()).map_err(machine)?
        } else {
            actor(&self.person)?
        };
        self.asked = Some(world.ask_store(who, self.at, actor, command));
        Ok(None)
    }

    fn wake(&mut self, world: &mut World, who: usize) -> Checked<Option<i64>> {
        if let Some(command) = self.bay.pop() {
            return self.ask(world, who, command);
        }
        if let Some(bay) = self.at_the_bay(world)? {
            self.bay = bay;
            return Ok(Some(2_000));
        }
        if world.resting {
            return Ok(Some(3_000));
        }
        match world.rng.random_range(0..40) {
            0..=2 => self.sell(world, who),
            3 => self.receive(world, who),
            4 => self.count(world, who),
            5 => self.cancel(world, who),
            _ => Ok(Some(world.rng.random_range(2_000..6_000) * world.plan.slowness.min(4))),
        }
    }

    /// A packed order whose rider stands here is scanned out: badge, rider, bags. One whose customer waits at the counter
    /// is given away at the console.
    fn at_the_bay(&self, world: &mut World) -> Checked<Option<Vec<Command>>> {
        let here: Vec<(OrderId, String)> = world
            .people
            .iter()
            .filter_map(|person| match person {
                super::Person::Courier(courier) => courier.stands_for(self.at),
                super::Person::Shopper(_)
                | super::Person::Picker(_)
                | super::Person::Clerk(_)
                | super::Person::Acting => None,
            })
            .collect();
        let scanner = city::scanner().map_err(machine)?;
        let scan = |code: OwnCode| Command::FixedScan {
            scanner: scanner.clone(),
            code: Code::of_line(&code.text()),
        };
        let found = world.stores[self.at].reading(|conn| {
            for row in orders::open(conn).map_err(machine)? {
                let packed =
                    orders::moments(conn, &row.order).map_err(machine)?.state() == OrderState::Packed;
                let rider = here.iter().find(|(order, _)| *order == row.order).map(|(_, code)| code.clone());
                if !packed || (row.channel == Channel::Online && rider.is_none()) {
                    continue;
                }
                let bags = bags::of(conn, row.order).map_err(machine)?.into_iter().map(|bag| bag.bag);
                let Some(rider) = rider else {
                    let request =
                        HandoverRequest { order: row.order, rider: String::new(), bags: bags.collect() };
                    return Ok(Some(vec![Command::Handover(request)]));
                };
                let codes = [OwnCode::Badge(self.person.clone()), OwnCode::Rider(rider)].into_iter();
                let mut scans: Vec<Command> = codes.chain(bags.map(OwnCode::Bag)).map(scan).collect();
                scans.reverse();
                return Ok(Some(scans));
            }
            Ok(None)
        })?;
        Ok(found.flatten())
    }

    fn some_sku(world: &mut World) -> SkuId {
        let at = world.rng.random_range(0..world.goods.len());
        world.goods[at].clone()
    }

    fn sell(&mut self, world: &mut World, who: usize) -> Checked<Option<i64>> {
        let mut lines = Vec::new();
        for _ in 0..world.rng.random_range(1..=3) {
            let sku = Self::some_sku(world);
            let qty = Qty::new(world.rng.random_range(1..=4)).map_err(machine)?;
            // The same thing is often typed in twice: both lines count against what is there (REQ-8).
            if world.rng.random_range(0..3) == 0 {
                lines.push(CounterLine { sku: sku.clone(), qty });
            }
            lines.push(CounterLine { sku, qty });
        }
        let request = CounterOrderRequest { lines, first_name: "Walk-in".to_owned() };
        self.ask(world, who, Command::CounterOrder(request))
    }

    fn receive(&mut self, world: &mut World, who: usize) -> Checked<Option<i64>> {
        let sku = Self::some_sku(world);
        let today = world.stores[self.at].setup.calendar.date(world.queue.now());
        let Some(product) = world.catalogue.iter().find(|p| p.sku == sku).cloned() else {
            return Ok(Some(1_000));
        };
        let life = i64::from(product.shelf_life_days);
        let expiry = (life > 0).then(|| today.plus_days(world.rng.random_range(0..=life)));
        let qty = Qty::new(world.rng.random_range(1..=20)).map_err(machine)?;
        let batch = format!("B{}", world.rng.random_range(100..999));
        let request = ReceiveRequest { sku, qty, batch, expiry, mrp: product.mrp, bin: None };
        self.ask(world, who, Command::Receive(request))
    }

    /// Somebody counts a shelf and finds a little more or less.
    fn count(&mut self, world: &mut World, who: usize) -> Checked<Option<i64>> {
        let rows = world.stores[self.at].on_shelves()?;
        if rows.is_empty() {
            return Ok(Some(1_000));
        }
        let (place, free) = rows[world.rng.random_range(0..rows.len())].clone();
        let held = world.stores[self.at]
            .reading(|conn| store_node::db::stock::balance(conn, &place).map_err(machine))?;
        let Some(balance) = held else { return Ok(Some(1_000)) };
        let change = world.rng.random_range(-2..=1).max(-free);
        let on_hand = Qty::new(i64::from(balance.on_hand) + change).map_err(machine)?;
        self.ask(world, who, Command::Count { place, on_hand, why: "shelf check".to_owned() })
    }

    /// A counter customer walks away.
    fn cancel(&mut self, world: &mut World, who: usize) -> Checked<Option<i64>> {
        let open = world.stores[self.at].reading(|conn| {
            let rows = orders::open(conn).map_err(machine)?;
            let counter = rows.into_iter().filter(|row| row.channel == Channel::Counter);
            let mut waiting = Vec::new();
            for row in counter {
                if orders::moments(conn, &row.order).map_err(machine)?.get(Moment::Packed).is_none() {
                    waiting.push(row.order);
                }
            }
            Ok(waiting)
        })?;
        match open.unwrap_or_default().first() {
            Some(order) => self.ask(world, who, Command::CancelCounterOrder { order: *order }),
            None => Ok(Some(1_000)),
        }
    }
}
