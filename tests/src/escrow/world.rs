//! One run: trade, a cut of up to three days with everything that goes wrong, trade again, then rest until both sides agree.

use super::goods;
use super::machines::{HubBox, StoreBox};
use super::people::Customer;
use super::specials::Specials;
use super::truth::Truth;
use crate::checks::{Check, Checked, broken, machine};
use crate::sim::clock::Queue;
use crate::sim::net::{Line, Weather};
use central_hub::command as hub;
use central_hub::engine::No;
use model::catalogue::Product;
use model::order::Owner;
use model::time::{HOUR_MS, MINUTE_MS, SECOND_MS};
use model::{CommandId, Date, SkuId, Timestamp};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use store_node::command as store;
use store_node::db::{fence, quota, stock, unknown};

/// 2026-11-21 10:00 in Bengaluru.
const MORNING: i64 = 1_795_235_400_000;
/// Steps after which a world that should be at rest counts as stuck.
const REST_STEPS: u32 = 3_000;

/// In a campaign hours are closed in one seed of so many.
const HOURS_EVERY: u64 = 3;

/// A trace tells so many lines at most: the last ones.
const NOTES_MAX: usize = 50_000;

/// A rule of the core that no flow uses yet, broken where this world uses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Careless {
    /// A sale shows what is left of its pool, whatever rights there are.
    FlashBeyondRights,
    /// A sale sells every right there is.
    FlashBeyondPool,
    /// Of a weighed good as much is reserved as was ordered.
    ReserveAsOrdered,
    /// A hub gives an epoch without a look at what it has pledged.
    MintUnweighed,
}

/// What a person asked for.
#[derive(Debug, Clone)]
pub struct Options {
    /// Everything else follows from it.
    pub seed: u64,
    /// Online orders to place.
    pub orders: u32,
    /// Goods.
    pub skus: usize,
    /// The cut, hours.
    pub cut_hours: i64,
    /// Whoever restores the hub must restore the store, too, and people take their time over what the hub has forgotten.
    pub both_lost: bool,
    /// A rule broken on purpose.
    pub store_mutation: Option<store_node::engine::Mutation>,
    /// A rule broken on purpose.
    pub hub_mutation: central_hub::mutation::Mutation,
    /// A rule of this world's people broken on purpose.
    pub careless: Option<Careless>,
    /// Whether hours are closed meanwhile.
    pub hours: bool,
    /// Whether a promise that breaks is told with what happened before it.
    pub trace: bool,
}

impl Options {
    /// 60 orders, 20 goods, 72 hours.
    pub fn usual(seed: u64) -> Self {
        let hub_mutation = central_hub::mutation::Mutation::None;
        Self {
            seed,
            orders: 60,
            skus: 20,
            cut_hours: 72,
            both_lost: false,
            store_mutation: None,
            hub_mutation,
            careless: None,
            hours: false,
            trace: false,
        }
    }

    /// As usual, but hub and store are lost together: what both have forgotten stands in other logs alone.
    pub fn both_lost(seed: u64) -> Self {
        Self { both_lost: true, ..Self::usual(seed) }
    }

    /// As usual, and hours are closed meanwhile.
    pub fn with_hours(seed: u64) -> Self {
        Self { hours: true, ..Self::usual(seed) }
    }

    /// As a campaign has them: every third seed with hours that are closed.
    pub fn of_campaign(seed: u64) -> Self {
        Self { hours: seed.is_multiple_of(HOURS_EVERY), ..Self::usual(seed) }
    }

    /// A store of full size.
    pub fn full(seed: u64) -> Self {
        Self { orders: 600, skus: 300, ..Self::usual(seed) }
    }
}

/// What happened in a run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// Steps that somebody took.
    pub steps: u64,
    /// Orders at the hub.
    pub orders: u32,
    /// Orders at the counter.
    pub counter: u32,
    /// Orders that left the store.
    pub shipped: u32,
    /// Units that vanished.
    pub lost: u32,
    /// Restarts.
    pub restarts: u32,
    /// Restores of the store from a backup.
    pub store_restores: u32,
    /// Restores of the hub.
    pub hub_restores: u32,
    /// Rollbacks that nobody announced.
    pub rollbacks: u32,
    /// Rollbacks that a session found out.
    pub rollbacks_seen: u32,
    /// UNKNOWN orders that people decided about.
    pub unknown: u32,
    /// Units that the hub gave back.
    pub returned: u32,
    /// Orders that people brought back from other logs.
    pub recovered: u32,
    /// Units that vanished unseen.
    pub unseen: u32,
    /// Questions about substitutes that customers answered.
    pub answered: u32,
    /// Units that orders got of another product than was ordered.
    pub swapped: u32,
    /// Units sold in a flash sale.
    pub flash: u32,
    /// Pieces that were weighed.
    pub weighed: u32,
    /// Hours that the store has closed.
    pub hours_closed: u32,
    /// Closed hours that one side had forgotten and got from the other.
    pub hours_brought: u32,
    /// Hubs that were set back unnoticed, and found it out when a machine asked for an epoch.
    pub wishes: u32,
}

impl Tally {
    /// Adds what another run counted.
    pub fn add(&mut self, other: &Tally) {
        self.steps += other.steps;
        self.orders += other.orders;
        self.counter += other.counter;
        self.shipped += other.shipped;
        self.lost += other.lost;
        self.restarts += other.restarts;
        self.store_restores += other.store_restores;
        self.hub_restores += other.hub_restores;
        self.rollbacks += other.rollbacks;
        self.rollbacks_seen += other.rollbacks_seen;
        self.unknown += other.unknown;
        self.returned += other.returned;
        self.recovered += other.recovered;
        self.unseen += other.unseen;
        self.answered += other.answered;
        self.swapped += other.swapped;
        self.flash += other.flash;
        self.weighed += other.weighed;
        self.hours_closed += other.hours_closed;
        self.hours_brought += other.hours_brought;
        self.wishes += other.wishes;
    }
}

/// What lies ahead on the line.
#[derive(Debug, Clone)]
pub(super) enum Event {
    /// A frame of a session reaches one end.
    Frame(Owner, u32, Vec<u8>),
    /// A peer's own clock.
    Tick(Owner),
    /// The connection of a session is gone.
    HangUp(u32),
}

/// See the file. What it does stands in the other files of this folder.
pub(super) struct World {
    pub(super) options: Options,
    pub(super) rng: SmallRng,
    pub(super) queue: Queue<Event>,
    pub(super) line: Line,
    pub(super) session: u32,
    /// When each peer is to be looked at next.
    pub(super) ticks: std::collections::BTreeMap<Owner, i64>,
    /// Generations that the hub has begun.
    pub(super) generations: u32,
    pub(super) store: StoreBox,
    pub(super) hub: HubBox,
    pub(super) goods: Vec<SkuId>,
    pub(super) catalogue: Vec<Product>,
    pub(super) customers: Vec<Customer>,
    pub(super) truth: Truth,
    pub(super) tally: Tally,
    pub(super) resting: bool,
    pub(super) hub_rolled_back: bool,
    pub(super) store_rolled_back: bool,
    /// Restored, and waits for an epoch.
    pub(super) needs_epoch: Option<store::FenceWhy>,
    /// Restored, and its past is not closed.
    pub(super) hub_owes: bool,
    /// The day that the store has begun.
    pub(super) day: Option<Date>,
    pub(super) specials: Specials,
    ids: u128,
    /// What happened last, for a trace.
    notes: std::collections::VecDeque<String>,
    _dir: tempfile::TempDir,
}

/// Runs a seed. The error names the step and what broke.
///
/// # Errors
/// The first promise that broke.
pub fn run(options: &Options) -> Result<Tally, String> {
    let named = |world: Option<&World>, broken: crate::checks::Broken| {
        let at = world.map_or((0, 0), |world| (world.tally.steps, world.now().ms() - MORNING));
        let notes = world.map(|world| world.notes.iter().fold(String::new(), |all, note| all + note + "\n"));
        let notes = notes.unwrap_or_default();
        let hours = if options.hours { " with hours" } else { "" };
        format!("{notes}seed {}{hours}, step {}, {} min: {broken}", options.seed, at.0, at.1 / MINUTE_MS)
    };
    let mut world = World::new(options).map_err(|broken| named(None, broken))?;
    match world.live() {
        Ok(()) => Ok(world.tally),
        Err(broken) => Err(named(Some(&world), broken)),
    }
}

impl World {
    pub(super) fn new(options: &Options) -> Checked<Self> {
        let dir = folder().map_err(machine)?;
        let catalogue = goods::goods(options.skus)?;
        let mut world = Self {
            options: options.clone(),
            rng: SmallRng::seed_from_u64(options.seed),
            queue: Queue::new(Timestamp::from_ms(MORNING)),
            line: Line::new(Weather::FOUL),
            session: 0,
            ticks: std::collections::BTreeMap::new(),
            generations: 0,
            store: StoreBox::new(dir.path())?,
            hub: HubBox::new(dir.path()),
            goods: catalogue.iter().map(|product| product.sku.clone()).collect(),
            catalogue,
            customers: Vec::new(),
            truth: Truth::default(),
            tally: Tally::default(),
            resting: false,
            hub_rolled_back: false,
            store_rolled_back: false,
            needs_epoch: None,
            hub_owes: false,
            day: None,
            specials: Specials::default(),
            ids: u128::from(options.seed) << 64,
            notes: std::collections::VecDeque::new(),
            _dir: dir,
        };
        let now = world.now();
        world.store.start(now)?;
        world.hub.start(now)?;
        world.mutate()?;
        world.open()?;
        Ok(world)
    }

    pub(super) fn mutate(&mut self) -> Checked {
        if let (Some(mutation), Some(engine)) = (self.options.store_mutation, &mut self.store.engine) {
            engine.mutate(mutation);
        }
        if let Some(hub) = &mut self.hub.engine {
            hub.mutate(self.options.hub_mutation);
        }
        Ok(())
    }

    fn live(&mut self) -> Checked {
        let third = self.options.orders / 3;
        self.dial()?;
        self.trade(third * 2, 20 * SECOND_MS)?;
        self.line.cut = true;
        if self.rng.random_range(0..2) == 0 {
            self.hang_up()?;
        }
        let until = self.now().plus_ms(self.options.cut_hours * HOUR_MS);
        while self.now() < until {
            self.pass(40 * MINUTE_MS)?;
            self.step()?;
        }
        self.line.cut = false;
        self.trade(self.options.orders, 20 * SECOND_MS)?;
        self.rest()
    }

    /// Steps until so many orders were placed in all, or nobody can place any for long.
    fn trade(&mut self, orders: u32, pause: i64) -> Checked {
        let mut left = orders.saturating_sub(self.tally.orders).saturating_mul(40);
        while self.tally.orders < orders && left > 0 {
            left -= 1;
            self.pass(pause)?;
            self.step()?;
        }
        Ok(())
    }

    fn rest(&mut self) -> Checked {
        self.resting = true;
        self.line.weather = Weather::FAIR;
        for _ in 0..REST_STEPS {
            self.pass(4 * SECOND_MS)?;
            self.tidy_up()?;
            if self.is_quiet()? {
                return self.agree();
            }
        }
        Err(broken(Check::Stuck, self.state()?))
    }

    pub(super) fn now(&self) -> Timestamp {
        self.queue.now()
    }

    /// Time passes, up to twice `mean`; what is on the line happens meanwhile.
    pub(super) fn pass(&mut self, mean: i64) -> Checked {
        let until = self.now().plus_ms(self.rng.random_range(mean / 4..mean * 2));
        while let Some(event) = self.queue.pop_until(until) {
            self.happens(event)?;
        }
        self.queue.advance(until);
        self.begins_day()?;
        self.dial()?;
        if self.hub.peer.as_ref().is_some_and(sync::peer::Peer::is_live) {
            self.heard(Owner::Hub)?;
        }
        Ok(())
    }

    /// A line for the trace of a run, where one was asked for.
    pub(super) fn note(&mut self, line: impl FnOnce() -> String) {
        if self.options.trace {
            let minutes = (self.now().ms() - MORNING) / MINUTE_MS;
            self.notes.push_back(format!("step {}, {minutes} min: {}", self.tally.steps, line()));
            if self.notes.len() > NOTES_MAX {
                self.notes.pop_front();
            }
        }
    }

    pub(super) fn id(&mut self) -> CommandId {
        self.ids += 1;
        CommandId::new(self.now(), self.ids)
    }

    /// A command of the store's own clock or uplink.
    pub(super) fn own_store(&mut self, command: store::Command) -> Checked {
        let actor = store::system("timer").map_err(machine)?;
        self.ask_store(actor, command).map(drop)
    }

    /// Somebody asks the store; a refusal is an answer. What changed is looked at, and carried.
    pub(super) fn ask_store(
        &mut self,
        actor: model::Actor,
        command: store::Command,
    ) -> Checked<Result<store_node::answer::Answer, store_node::refusal::Refusal>> {
        let envelope = store::Envelope { id: self.id(), actor, command };
        let now = self.now();
        // Now and then a command comes twice.
        let twice = self.rng.random_range(0..20) == 0;
        let applied = self.store.engine()?.apply(now, vec![envelope.clone()]).map_err(machine)?;
        let reply = applied.replies.into_iter().next();
        let reply = reply.ok_or_else(|| broken(Check::Lost, "a command without a reply"))?;
        self.note(|| format!("store {:?} -> {reply:?}", envelope.command));
        if let Err(store_node::refusal::Refusal::Unavailable { detail }) = &reply {
            return Err(broken(Check::Machine, format!("{:?}: {detail}", envelope.command)));
        }
        if twice && envelope.command.is_kept() {
            let again = self.store.engine()?.apply(now, vec![envelope.clone()]).map_err(machine)?;
            if again.replies != [reply.clone()] {
                let detail = format!("{:?}: {reply:?}, then {:?}", envelope.command, again.replies);
                return Err(broken(Check::Doubled, detail));
            }
        }
        self.look()?;
        self.carry(Owner::Store)?;
        Ok(reply)
    }

    /// A command of the hub's own clock.
    pub(super) fn own_hub(&mut self, command: hub::Command) -> Checked {
        let actor = store::system("hub").map_err(machine)?;
        self.ask_hub(actor, command).map(drop)
    }

    /// Somebody asks the hub.
    pub(super) fn ask_hub(
        &mut self,
        actor: model::Actor,
        command: hub::Command,
    ) -> Checked<Result<hub::Answer, central_hub::refusal::Refusal>> {
        let word = format!("{command:?}");
        let envelope = hub::Envelope { id: self.id(), actor, command };
        let now = self.now();
        let applied = self.hub.engine()?.apply(now, vec![envelope]).map_err(machine)?;
        let reply = match applied.answers.into_iter().next() {
            Some(Ok(answer)) => Ok(answer),
            Some(Err(No::Refused(refusal))) => Err(refusal),
            Some(Err(No::Fault(fault))) => return Err(broken(Check::Machine, format!("{word}: {fault}"))),
            None => return Err(broken(Check::Lost, "a command without an answer")),
        };
        self.note(|| format!("hub {word} -> {reply:?}"));
        self.look()?;
        self.carry(Owner::Hub)?;
        Ok(reply)
    }

    /// I1 to I5, after everything that a database did.
    pub(super) fn look(&mut self) -> Checked {
        self.hear_shorts()?;
        self.hear_rights()?;
        self.goes_off();
        self.truth.check()?;
        // I1 is asked of an unfenced store. One that was set back a moment ago will be fenced as soon as it dials, before anybody
        // sells: its books are of another day, when shorts that customers have heard of since were open deficits.
        if self.store.engine.is_none() || self.store_rolled_back {
            return Ok(());
        }
        let (goods, on) = (self.goods.clone(), self.delivered_on(0));
        let found = self.store.reading(|conn| {
            let open = fence::state(conn)?.state == fence::State::Open;
            let mut found = Vec::new();
            for sku in goods.iter().filter(|_| open) {
                if unknown::any_on(conn, sku)? {
                    continue;
                }
                let out = quota::outstanding(conn, sku)?.saturating_add(unknown::need(conn, sku)?);
                let lots = stock::lots_of(conn, sku)?;
                found.push((sku.clone(), lots, i64::try_from(out).unwrap_or(i64::MAX)));
            }
            Ok(found)
        })?;
        let shorts = self.truth.given_up();
        for (sku, lots, out) in found {
            let (mut sellable, mut reserved) = (0_i64, 0_i64);
            for row in lots {
                reserved += i64::from(row.balance.reserved);
                // What no customer may get any more stands for what was promised of it: the open deficit of a lot's date.
                sellable += i64::from(row.balance.on_hand);
                if self.fits(&sku, &row.lot, on) {
                    sellable -= i64::from(row.balance.blocked);
                }
            }
            let lost = Truth::of(&self.truth.lost, &sku);
            let deficit = lost - Truth::of(&shorts, &sku) - self.truth.replaced(&sku);
            if reserved + out > sellable + deficit {
                let detail = format!(
                    "I1: {sku}: {reserved} reserved and {out} granted or owed, {sellable} there, {deficit} of counted shrink open"
                );
                return Err(broken(Check::Oversold, detail));
            }
        }
        Ok(())
    }
}

/// Memory holds the databases where there is such a folder.
fn folder() -> std::io::Result<tempfile::TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("larder-escrow-");
    builder.tempdir_in("/dev/shm").or_else(|_| builder.tempdir())
}
