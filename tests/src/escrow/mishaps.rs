//! What goes wrong on purpose: restarts, backups, restores and rollbacks of either side; and what people do afterwards: an
//! epoch for the new node, the count, decisions about UNKNOWN orders, orders brought back from other logs.

use super::people::manager;
use super::world::{Careless, World};
use crate::checks::{Check, Checked, broken, machine};
use crate::sim::city;
use central_hub::command::{Answer as HubAnswer, Command as Hub};
use model::order::Owner;
use model::time::{MINUTE_MS, SECOND_MS};
use model::{Actor, DeviceId, OrderId, OrderState, PersonId, Role};
use rand::Rng;
use store_node::command::{Command, FenceWhy, UnknownEnd};
use store_node::db::{allocations, fence, orders, unknown};

/// Restores of each side in one run, at most.
const RESTORES: u32 = 2;
/// Two people have brought back what the hub has forgotten after so many steps, on average; with the store to be counted,
/// too, they have less time for it.
const RECOVERY_STEPS: u32 = 8;
const RECOVERY_STEPS_LOST: u32 = 150;
/// A rollback goes unnoticed no longer than this: a node dials before anybody sells (see the file's last word).
const ROLLBACK_STEPS: u32 = 80;
/// A hub that was rolled back sells nothing on its own memory: its stores have been silent for longer than this.
const OLD_ENOUGH_MS: i64 = 10 * MINUTE_MS;

impl World {
    /// Backups are made now and then.
    pub(super) fn saves(&mut self) -> Checked {
        let now = self.now();
        let end = if self.rng.random_range(0..2) == 0 { Owner::Store } else { Owner::Hub };
        self.note(|| format!("{end:?} is backed up"));
        match end {
            Owner::Store => self.store.save(now),
            Owner::Hub => self.hub.save(now),
        }
    }

    pub(super) fn mishap(&mut self) -> Checked {
        match self.rng.random_range(0..12) {
            0..=2 => self.dies(Owner::Store),
            3 | 4 => self.dies(Owner::Hub),
            5 | 6 => {
                self.store_restored()?;
                if self.rng.random_range(0..2) == 0 { self.hub_rolls_back_under_a_wish() } else { Ok(()) }
            }
            7 | 8 if self.options.both_lost => self.both_restored(),
            7 | 8 => self.hub_restored(),
            9 => self.store_rolls_back(),
            10 => self.hub_rolls_back(),
            _ => {
                // A short cut, noticed by silence alone.
                self.line.cut = !self.line.cut && self.rng.random_range(0..2) == 0;
                Ok(())
            }
        }
    }

    /// A process dies and is up again at once; whoever was connected is not.
    pub(super) fn dies(&mut self, end: Owner) -> Checked {
        self.note(|| format!("{end:?} dies and is up again"));
        self.tally.restarts += 1;
        self.hang_up()?;
        self.session += 1;
        let now = self.now();
        match end {
            Owner::Store => {
                self.day = None;
                self.store.start(now)?;
            }
            Owner::Hub => self.hub.start(now)?,
        }
        self.mutate()?;
        self.carry(end)?;
        self.look()
    }

    fn store_restored(&mut self) -> Checked {
        if self.tally.store_restores >= RESTORES || self.store.backup.is_none() {
            return Ok(());
        }
        self.tally.store_restores += 1;
        self.brings_back_store()?;
        self.clears_totes()?;
        self.own_store(Command::Fence { why: FenceWhy::Restored })?;
        self.take_epoch(FenceWhy::Restored)
    }

    /// The store's database comes from its backup.
    pub(super) fn brings_back_store(&mut self) -> Checked {
        self.note(|| "the store comes from its backup".to_owned());
        self.hang_up()?;
        self.session += 1;
        self.takes_a_while();
        let now = self.now();
        self.store.restore(now)?;
        self.day = None;
        self.shorts_of_the_backup()?;
        self.mutate()
    }

    /// People know that the store was set back. Goods in totes go back to the shelves, unless the books know of bags; whoever
    /// waits at the counter with an order that is in no book any more gets the money back.
    pub(super) fn clears_totes(&mut self) -> Checked {
        let waiting: Vec<OrderId> =
            self.truth.counter.keys().filter(|order| !self.truth.ended(order)).copied().collect();
        for order in waiting {
            if self.store.reading(|conn| orders::find(conn, &order))?.is_none() {
                self.truth.cancelled.insert(order);
                self.puts_back(&order);
            }
        }
        let held: Vec<OrderId> = self.truth.bags.keys().copied().collect();
        for order in held {
            let state = self.store.reading(|conn| orders::moments(conn, &order))?.state();
            if state != OrderState::Packed {
                self.puts_back(&order);
            }
        }
        Ok(())
    }

    /// Nobody knows yet. What lies in a tote beyond what the books know of goes back, to be scanned again.
    fn clears_what_no_book_knows(&mut self) -> Checked {
        let held: Vec<OrderId> = self.truth.bags.keys().copied().collect();
        for order in held {
            let known = self.store.reading(|conn| {
                let packed = orders::moments(conn, &order)?.state() == OrderState::Packed;
                Ok((packed, allocations::of_order(conn, &order)?))
            })?;
            let (packed, known) = known;
            let Some(bag) = self.truth.bags.get_mut(&order).filter(|_| !packed) else { continue };
            for (place, units) in bag {
                let picked: i64 =
                    known.iter().filter(|held| held.place == *place).map(|held| i64::from(held.picked)).sum();
                let more = (*units - picked).max(0);
                *units -= more;
                *self.truth.shelf.entry(place.clone()).or_default() += more;
            }
        }
        Ok(())
    }

    /// The node asks the hub for an epoch of its own, as soon as it reaches it.
    pub(super) fn take_epoch(&mut self, why: FenceWhy) -> Checked {
        self.needs_epoch = Some(why);
        if self.line.cut || self.hub.engine.is_none() || self.hub_rolled_back {
            return Ok(());
        }
        // What the machine shows is weighed first: its new epoch ends the logs that would have shown a hub that was set back.
        if self.options.careless != Some(Careless::MintUnweighed) && self.shows_set_back()? {
            self.begin_generation()?;
        }
        let store = city::store_id(0).map_err(machine)?;
        let node_key =
            format!("node-{}-{}-{}", self.tally.store_restores, self.tally.rollbacks_seen, self.generations);
        let holder = self.hub.engine()?.data().holder(&store).map_err(machine)?;
        let known = holder.ok_or_else(|| machine("a store without a row"))?.epoch;
        let expect = known.max(self.store.engine()?.peer_config().map_err(machine)?.epoch);
        // The first answer may be lost: the same key asks again, and gets the same.
        let ask = Hub::MintEpoch { store, node_key, expect };
        if self.rng.random_range(0..4) == 0 {
            self.own_hub(ask.clone())?;
        }
        let actor = store_node::command::system("replace").map_err(machine)?;
        let Ok(HubAnswer::Terms { epoch, generation }) = self.ask_hub(actor, ask)? else {
            // The node has heard of an epoch that this hub does not know: the hub has forgotten it.
            return self.begin_generation();
        };
        self.pledges_terms()?;
        let actor = store_node::command::system("replace").map_err(machine)?;
        if self.ask_store(actor, Command::TakeEpoch { epoch, generation, why })?.is_err() {
            // The store has heard of a later life of the hub.
            return self.begin_generation();
        }
        self.needs_epoch = None;
        self.new_session()
    }

    fn hub_restored(&mut self) -> Checked {
        if self.tally.hub_restores >= RESTORES || self.hub.backup.is_none() {
            return Ok(());
        }
        self.tally.hub_restores += 1;
        self.brings_back_hub()?;
        self.begin_generation()
    }

    /// One fire, or one provider's disks: what was sold since the older backup, no database knows any more.
    fn both_restored(&mut self) -> Checked {
        self.hub_restored()?;
        self.store_restored()
    }

    /// No machine is brought back within the second in which it began: nothing else tells its lives apart.
    fn takes_a_while(&mut self) {
        let until = self.now().plus_ms(SECOND_MS);
        while self.queue.pop_until(until).is_some() {}
        self.queue.advance(until);
    }

    pub(super) fn brings_back_hub(&mut self) -> Checked {
        self.note(|| "the hub comes from its backup".to_owned());
        self.hang_up()?;
        self.session += 1;
        self.takes_a_while();
        let now = self.now();
        self.hub.restore(now)?;
        self.mutate()
    }

    /// The hub takes its next generation, and its peers know it.
    pub(super) fn begin_generation(&mut self) -> Checked {
        let expect = self.hub.engine()?.data().generation().map_err(machine)?;
        self.generations += 1;
        let hub = format!("hub-{}", self.generations);
        self.own_hub(Hub::BeginGeneration { hub, expect })?;
        self.hub_owes = true;
        self.new_session()
    }

    /// The machine under the store is set back, and nobody says so. It dials before anybody sells: what it could sell alone
    /// in a cut, no protocol can know.
    fn store_rolls_back(&mut self) -> Checked {
        if !self.may_roll_back(self.store.backup.is_some())? {
            return Ok(());
        }
        self.tally.rollbacks += 1;
        self.brings_back_store()?;
        self.clears_what_no_book_knows()?;
        self.store_rolled_back = true;
        self.until_live()?;
        self.store_rolled_back = false;
        Ok(())
    }

    /// A store that was restored in a cut wants an epoch, and the hub is set back meanwhile. Nobody says so; the logs that
    /// would show it end with the new epoch. What the store has of the hub's pledges shows it, when the line comes back.
    fn hub_rolls_back_under_a_wish(&mut self) -> Checked {
        let old = self.hub.backup.as_ref().is_some_and(|b| self.now().since_ms(b.at) > OLD_ENOUGH_MS);
        let Some(why) = self.needs_epoch.filter(|_| self.line.cut && old && !self.hub_owes) else {
            return Ok(());
        };
        if self.tally.rollbacks >= RESTORES {
            return Ok(());
        }
        self.tally.rollbacks += 1;
        self.brings_back_hub()?;
        if !self.shows_set_back()? {
            // Nothing in the store's backup shows it: people have to say it.
            return self.begin_generation();
        }
        self.tally.wishes += 1;
        self.line.cut = false;
        self.take_epoch(why)?;
        self.line.cut = true;
        self.hang_up()
    }

    fn hub_rolls_back(&mut self) -> Checked {
        let old = self.hub.backup.as_ref().is_some_and(|b| self.now().since_ms(b.at) > OLD_ENOUGH_MS);
        if !self.may_roll_back(old)? {
            return Ok(());
        }
        self.tally.rollbacks += 1;
        self.brings_back_hub()?;
        self.hub_rolled_back = true;
        self.until_live()?;
        self.hub_rolled_back = false;
        Ok(())
    }

    /// Only of what the other side has seen can a rollback be noticed: both logs are level before it.
    fn may_roll_back(&mut self, backup: bool) -> Checked<bool> {
        let calm = self.needs_epoch.is_none() && !self.hub_owes && !self.line.cut && self.line.connected;
        Ok(calm && backup && self.tally.rollbacks < RESTORES && self.is_level()?)
    }

    fn until_live(&mut self) -> Checked {
        for _ in 0..ROLLBACK_STEPS {
            if self.hub.peer.as_ref().is_some_and(sync::peer::Peer::is_live)
                && self.store.peer.as_ref().is_some_and(sync::peer::Peer::is_live)
            {
                break;
            }
            self.pass(2 * SECOND_MS)?;
        }
        Ok(())
    }

    /// What waits since a restore: an epoch, and the recovery of what the hub has forgotten.
    pub(super) fn after_restores(&mut self) -> Checked {
        if let Some(why) = self.needs_epoch {
            self.take_epoch(why)?;
        }
        let steps = if self.options.both_lost { RECOVERY_STEPS_LOST } else { RECOVERY_STEPS };
        if self.hub_owes && (self.resting || self.rng.random_range(0..steps) == 0) {
            self.recovers()?;
        }
        Ok(())
    }

    /// Two people bring back, from the gateway's and the notifications' logs, what neither the hub nor its store has. They
    /// hear the store out first.
    fn recovers(&mut self) -> Checked {
        let live = self.hub.peer.as_ref().is_some_and(sync::peer::Peer::is_live);
        if !live || self.needs_epoch.is_some() {
            return Ok(());
        }
        if !self.is_level()? {
            return Ok(());
        }
        let hub = self.hub.engine()?;
        let mut lost = Vec::new();
        for (order, sold) in &self.truth.online {
            let known = hub.data().order(order).map_err(machine)?;
            if known.is_none_or(|row| row.hold_until.is_some()) {
                lost.push(sold.recovered.clone());
            }
        }
        let generation = hub.data().generation().map_err(machine)?;
        self.tally.recovered += u32::try_from(lost.len()).unwrap_or(u32::MAX);
        let brought = self.ask_hub(ops("ops-a")?, Hub::RecoverOrders { orders: lost })?;
        brought.map_err(|refusal| broken(Check::Machine, format!("nothing recovered: {refusal:?}")))?;
        let upto = model::quota::HubGeneration(generation.0.saturating_sub(1));
        for person in ["ops-a", "ops-b"] {
            let closed = self.ask_hub(ops(person)?, Hub::CloseGeneration { upto })?;
            closed.map_err(|refusal| broken(Check::Machine, format!("nothing closed: {refusal:?}")))?;
        }
        self.hub_owes = false;
        Ok(())
    }

    /// People count the next SKU of the list, best sellers first.
    pub(super) fn counts_next(&mut self) -> Checked {
        if self.store.engine.is_none() {
            return Ok(());
        }
        let next = self.store.reading(|conn| {
            if fence::state(conn)?.state == fence::State::Open {
                return Ok(None);
            }
            let list = fence::to_count(conn, 1_000)?;
            Ok(list.into_iter().find(|row| row.counted_at.is_none()).map(|row| row.sku))
        })?;
        match next {
            Some(sku) => self.counts(&sku),
            None => Ok(()),
        }
    }

    /// A person looks at the bay and the customer, and decides about the order that is due first.
    pub(super) fn decides_next(&mut self) -> Checked {
        if self.store.engine.is_none() {
            return Ok(());
        }
        let Some(first) = self.store.reading(unknown::open)?.into_iter().next() else { return Ok(()) };
        let order = first.order;
        let end = if self.truth.shipped.contains_key(&order) {
            UnknownEnd::Delivered
        } else if self.truth.cancelled.contains(&order) {
            UnknownEnd::Cancelled
        } else {
            UnknownEnd::GoOn
        };
        self.tally.unknown += 1;
        let decided = self.ask_store(manager()?, Command::ResolveUnknown { order, end })?;
        decided.map_err(|refusal| broken(Check::Machine, format!("not decided: {refusal:?}"))).map(drop)
    }
}

pub(super) fn ops(person: &str) -> Checked<Actor> {
    Ok(Actor {
        person: PersonId::new(person).map_err(machine)?,
        device: DeviceId::new("ops").map_err(machine)?,
        role: Role::CityOps,
    })
}
