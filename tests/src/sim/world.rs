//! The world of a run: machines, lines, people, and the loop that takes the next event, moves the clock, lets it happen
//! and looks whether all promises still hold. One thread, no socket; the seed decides everything.

use super::archive;
use super::city;
use super::clock::Queue;
use super::diary::Diary;
use super::event::{Event, Mishap, Node, Timer};
use super::folk::{self, Person};
use super::net::Line;
use super::plan::{Looks, Options, Plan};
use super::site::{HubSite, StoreSite};
use crate::checks::{self, Broken, Check, Checked, broken, machine};
use central_hub::engine::HubEngine;
use central_hub::rules::Rules;
use hub_core::proof::HubKey;
use model::catalogue::Product;
use model::order::Owner;
use model::{CommandId, OrderId, SkuId, Timestamp};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Full reads of balances and orders every so many events, of everything that was ever acknowledged every so many.
const FULL_EVERY: u64 = 200;
const DIARY_EVERY: u64 = 4_000;
/// Up to so many goods are looked at after every command.
pub(super) const FEW_GOODS: usize = 100;
/// How long nothing may move before the world counts as quiet, milliseconds.
const QUIET_MS: i64 = 90_000;

/// What a run counted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// Events.
    pub events: u64,
    /// Orders that customers were told of.
    pub orders: u32,
    /// Orders at counters.
    pub counter_orders: u32,
    /// Of these while the uplink was cut.
    pub counter_in_cut: u32,
    /// Delivered with proof.
    pub delivered: u32,
    /// Cancelled orders.
    pub cancelled: u32,
    /// Orders whose payment was refused or came too late.
    pub unpaid: u32,
    /// Times an order went to another rider before its bags were given.
    pub moved: u32,
    /// Times the store said that the bags were with another rider than the hub's.
    pub taken: u32,
    /// Orders that joined another one's way.
    pub shared: u32,
    /// Lines of a script that the hub had no units of.
    pub not_offered: u32,
    /// Baskets that became several orders at several stores.
    pub split: u32,
    /// Substitute questions that customers answered.
    pub answered: u32,
    /// Uplink cuts.
    pub cuts: u32,
    /// Deaths of processes.
    pub restarts: u32,
    /// Clock steps.
    pub steps: u32,
    /// Of these to 1970, three days back or a month ahead.
    pub leaps: u32,
    /// Breaches of the cold chain.
    pub breaches: u32,
    /// Commands that people repeated because no answer came.
    pub repeats: u32,
    /// Hours that were closed, at both sides to the same content.
    pub hours_closed: u32,
    /// Batches of ledger and temperatures that the hub took.
    pub batches: u32,
    /// Disks that became slow.
    pub slow_disks: u32,
    /// Frames that a line lost, cuts apart.
    pub frames_lost: u32,
    /// Frames that came twice.
    pub frames_doubled: u32,
    /// Frames that were sent later and came earlier than another of the same direction.
    pub frames_overtook: u32,
    /// Changes of the other side that a machine came up without.
    pub forgotten: u32,
    /// Documents that differed at the beginning of a session and were repaired.
    pub repairs: u32,
}

/// How a run that held all promises ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What was counted.
    pub tally: Tally,
    /// Of every event and both sides' state at the end.
    pub digest: String,
}

/// How a run that broke a promise ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The event.
    pub event: u64,
    /// When, by true time.
    pub at: Timestamp,
    /// What happened in the event.
    pub what: String,
    /// What broke.
    pub broken: Broken,
}

/// See the file. Its parts are the other files of this folder.
pub struct World {
    pub(super) queue: Queue<Event>,
    pub(super) rng: SmallRng,
    pub(super) options: Options,
    pub(super) plan: Plan,
    pub(super) hub: HubSite,
    pub(super) stores: Vec<StoreSite>,
    pub(super) lines: Vec<Line>,
    /// When each peer is to be looked at next, by true time.
    pub(super) peer_ticks: BTreeMap<(usize, Owner), i64>,
    pub(super) people: Vec<Person>,
    /// What is sold, as codes.
    pub(super) goods: Vec<SkuId>,
    /// What is sold.
    pub(super) catalogue: Vec<Product>,
    /// Baskets of a script that nobody has taken up yet.
    pub(super) baskets: Option<VecDeque<Basket>>,
    pub(super) diary: Diary,
    pub(super) tally: Tally,
    /// Stores whose cold room is warm.
    pub(super) warm: BTreeSet<usize>,
    /// Orders that customers were told of, with their stores.
    pub(super) told: BTreeMap<OrderId, usize>,
    /// Lives and versions of the machines' files at the last look after an event.
    seen: BTreeMap<Node, (u32, u64)>,
    /// Nobody orders any more.
    pub(super) resting: bool,
    /// And a night has passed: the day's hours are over.
    pub(super) after_night: bool,
    /// When something last moved that can still move.
    pub(super) moved_at: Timestamp,
    digest: Sha256,
    word: String,
    trace: bool,
    _dir: tempfile::TempDir,
}

/// Milliseconds after the beginning, and what is wanted then: place in the catalogue from 0, units.
pub type Basket = (i64, Vec<(usize, u32)>);

/// A day of given baskets against a given catalogue.
#[derive(Debug, Clone)]
pub struct Script {
    /// What is sold, best seller first.
    pub catalogue: Vec<Product>,
    /// What people want, earliest first.
    pub baskets: Vec<Basket>,
}

/// Runs a script to its quiet end.
///
/// # Errors
/// The first promise that broke, and where.
pub fn run_script(options: &Options, script: Script) -> Result<Report, Failure> {
    run_world(options, Some(script), false)
}

/// Runs a seed to its quiet end.
///
/// # Errors
/// The first promise that broke, and where.
pub fn run(options: &Options, trace: bool) -> Result<Report, Failure> {
    run_world(options, None, trace)
}

fn run_world(options: &Options, script: Option<Script>, trace: bool) -> Result<Report, Failure> {
    let fail = |broken| Failure { event: 0, at: Timestamp::default(), what: "the beginning".into(), broken };
    let mut world = World::new(options, script, trace).map_err(fail)?;
    let done = world.live();
    let (event, at, what) = (world.tally.events, world.queue.now(), world.word.clone());
    done.map_err(|broken| Failure { event, at, what, broken })
}

impl World {
    /// A city at the beginning of the day.
    ///
    /// # Errors
    /// When the machine under it fails.
    fn new(options: &Options, script: Option<Script>, trace: bool) -> Checked<Self> {
        let mut rng = SmallRng::seed_from_u64(options.seed);
        let (plan, catalogue, bays, baskets) = match script {
            None => (Plan::draw(options, &mut rng), city::goods().map_err(machine)?, 12, None),
            Some(script) => {
                let plan = Plan::long_day(options, &mut rng);
                (plan, script.catalogue, 250, Some(script.baskets.into()))
            }
        };
        let dir = folder().map_err(machine)?;
        let mut rules = Rules::new(HubKey([7; 32]));
        rules.demo = true; // messages reach an inbox
        rules.gateway = true;
        let hub = HubSite::new(options.stores, rules, dir.path());
        let mut stores = Vec::new();
        for at in 0..options.stores {
            let setup = city::setup(at, plan.pickers, bays).map_err(machine)?;
            let mut site = StoreSite::new(at, setup, dir.path()).map_err(machine)?;
            site.orders_every *= if catalogue.len() > FEW_GOODS { 20 } else { 1 };
            stores.push(site);
        }
        let lines = (0..options.stores).map(|_| Line::new(plan.weather)).collect();
        let mut world = Self {
            queue: Queue::new(plan.start),
            rng,
            options: options.clone(),
            moved_at: plan.start,
            plan,
            hub,
            stores,
            lines,
            peer_ticks: BTreeMap::new(),
            people: Vec::new(),
            goods: catalogue.iter().map(|product| product.sku.clone()).collect(),
            catalogue,
            baskets,
            diary: Diary::default(),
            tally: Tally::default(),
            warm: BTreeSet::new(),
            told: BTreeMap::new(),
            seen: BTreeMap::new(),
            resting: false,
            after_night: false,
            digest: Sha256::new(),
            word: String::new(),
            trace,
            _dir: dir,
        };
        world.wake_up()?;
        Ok(world)
    }

    fn wake_up(&mut self) -> Checked {
        let now = self.queue.now();
        self.hub.start(now, self.options.mutation)?;
        for at in 0..self.stores.len() {
            self.stores[at].start(now, self.options.mutation)?;
            self.queue.after(500, Event::Dial(at));
            for timer in
                [Timer::Grant(at), Timer::Look(at), Timer::Sensors(at), Timer::Archive(Node::Store(at))]
            {
                self.queue.after(1_000, Event::Due(timer));
            }
        }
        self.queue.after(1_500, Event::Due(Timer::Hub));
        self.queue.after(1_700, Event::Due(Timer::Gateway));
        self.queue.after(1_900, Event::Due(Timer::Archive(Node::Hub)));
        self.queue.after(self.plan.misfortune_ms, Event::Mishap(Mishap::Next));
        folk::populate(self)
    }

    fn live(&mut self) -> Checked<Report> {
        let trade_until = self.plan.start.plus_ms(self.plan.trade_ms);
        let end = trade_until.plus_ms(self.plan.rest_ms);
        while let Some(event) = self.queue.pop() {
            let now = self.queue.now();
            if !self.resting && now >= trade_until {
                self.rest()?;
            }
            if self.resting && now.since_ms(self.moved_at) > QUIET_MS && self.is_quiet()? {
                if std::mem::replace(&mut self.after_night, true) {
                    break;
                }
                self.night();
            }
            if now > end {
                return Err(self.stuck());
            }
            self.tally.events += 1;
            self.note(&event);
            self.happens(event)?;
            self.look_around()?;
        }
        self.look_at_all()?;
        self.look_at_diary()?;
        self.look_at_both_sides()?;
        Ok(self.report())
    }

    /// The full looks that are due after an event.
    fn look_around(&mut self) -> Checked {
        let many = self.goods.len() > FEW_GOODS;
        let (full, diary) = match self.options.looks {
            Looks::EveryEvent => return self.look_at_written(),
            Looks::Usual if many => (FULL_EVERY * 20, DIARY_EVERY * 10),
            Looks::Usual => (FULL_EVERY, DIARY_EVERY),
        };
        if self.tally.events.is_multiple_of(full) {
            self.look_at_all()?;
        }
        if self.tally.events.is_multiple_of(diary) {
            self.look_at_diary()?;
        }
        Ok(())
    }

    /// All full checks after one event. A machine whose file nobody has written since the last look, and which has not begun
    /// another life, is as it was found then.
    fn look_at_written(&mut self) -> Checked {
        let mut written = BTreeSet::new();
        for at in 0..self.stores.len() {
            let site = &mut self.stores[at];
            let version = site.reading(|conn| store_node::db::version(conn).map_err(machine))?;
            let now = (site.body.starts, version.unwrap_or_default().cast_unsigned());
            if self.seen.insert(Node::Store(at), now) != Some(now) {
                written.insert(Node::Store(at));
            }
        }
        let changes = self.hub.engine.as_ref().map_or(0, HubEngine::changes);
        let now = (self.hub.body.starts, changes);
        if self.seen.insert(Node::Hub, now) != Some(now) {
            written.insert(Node::Hub);
        }
        if written.is_empty() {
            return Ok(());
        }
        self.look_at_all()?;
        self.look_at_diary_of(&written)
    }

    fn note(&mut self, event: &Event) {
        self.word = format!("{} {}", self.queue.now().ms(), event.word());
        self.digest.update(self.word.as_bytes());
        if self.trace {
            tracing::info!("{} {}", self.tally.events, self.word);
        }
    }

    fn happens(&mut self, event: Event) -> Checked {
        match event {
            Event::Arrives(id) => self.arrives(id),
            Event::Told(id, reply) => self.hears(id, &reply),
            Event::Again(id) => self.again(id),
            Event::Frame(at, to, bytes) => self.frame(at, to, bytes),
            Event::PeerTick(at, end) => self.peer_tick(at, end),
            Event::Dial(at) => self.dial(at),
            Event::HungUp(at, end) => self.hung_up(at, end),
            Event::Wakes(who) => folk::act(self, who, None),
            Event::Due(timer) => self.due(timer),
            Event::Mishap(mishap) => self.mishap(mishap),
            Event::Up(node) => self.up(node),
        }
    }

    /// A new id.
    pub(super) fn id(&mut self) -> CommandId {
        let random = self.rng.random::<u128>();
        CommandId::new(self.queue.now(), random)
    }

    /// Whether something with so many thousandths happens now.
    pub(super) fn chance(&mut self, thousandths: u32) -> bool {
        self.rng.random_range(0..1_000) < thousandths
    }

    /// Something moved.
    pub(super) const fn moved(&mut self) {
        self.moved_at = self.queue.now();
    }

    /// Whether a machine runs.
    pub(super) fn is_up(&self, node: Node) -> bool {
        match node {
            Node::Hub => self.hub.engine.is_some(),
            Node::Store(at) => self.stores[at].engine.is_some(),
        }
    }

    /// All full checks, at every machine that runs.
    fn look_at_all(&mut self) -> Checked {
        for store in &mut self.stores {
            let books = std::mem::replace(&mut store.books, checks::Books::new(""));
            let done = store.reading(|conn| {
                books.balances(conn)?;
                checks::live_orders(conn, &books)
            });
            store.books = books;
            done?;
        }
        if let Some(hub) = &self.hub.engine {
            checks::hub_rights(hub.data(), &self.goods, self.stores.len())?;
        }
        Ok(())
    }

    /// Whether nothing more will move by itself.
    fn is_quiet(&mut self) -> Checked<bool> {
        if self.diary.waiting() > 0 || self.people.iter().any(Person::is_busy) {
            return Ok(false);
        }
        let Some(hub) = &self.hub.engine else { return Ok(false) };
        let data = hub.data();
        if !data.open_orders(None, 1).map_err(machine)?.is_empty() {
            return Ok(false);
        }
        for store in &mut self.stores {
            let row = data.store(&store.setup.store).map_err(machine)?;
            let Some(engine) = &store.engine else { return Ok(false) };
            row.ok_or_else(|| broken(Check::Machine, "a store without a row"))?;
            let theirs = data.lanes(&store.setup.store).map_err(machine)?;
            let mine = engine.lanes().map_err(machine)?;
            let level = mine.iter().zip(&theirs).all(|(mine, theirs)| {
                let arrived = theirs.received.max(mine.skipped) == mine.sent && mine.received == theirs.sent;
                arrived && mine.waiting() == 0 && theirs.waiting() == 0
            });
            if !level {
                return Ok(false);
            }
            // After the night every hour of the day is closed, at both sides to the same content.
            if self.after_night && !archive::is_level(store, hub)? {
                return Ok(false);
            }
            let open = store.reading(|conn| store_node::db::orders::open(conn).map_err(machine))?;
            if open.is_none_or(|open| !open.is_empty()) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn stuck(&mut self) -> Broken {
        let busy: Vec<_> =
            self.people.iter().filter(|person| person.is_busy()).map(Person::describe).collect();
        let mut open = Vec::new();
        if let Some(hub) = &self.hub.engine {
            for row in hub.data().open_orders(None, 20).unwrap_or_default() {
                open.push(format!("hub {} {} rider {:?}", row.number, row.state, row.rider.is_some()));
            }
        }
        for store in &self.stores {
            let own = store.engine.as_ref().and_then(|engine| engine.lanes().ok());
            let hub = self.hub.engine.as_ref().and_then(|hub| hub.data().lanes(&store.setup.store).ok());
            open.push(format!("{} store {own:?}; hub {hub:?}", store.setup.store));
        }
        for store in &mut self.stores {
            let found = store.reading(|conn| {
                let rows = store_node::db::orders::open(conn).map_err(machine)?;
                let state = |order: &OrderId| {
                    store_node::db::orders::moments(conn, order)
                        .map(|moments| moments.state())
                        .map_err(machine)
                };
                rows.iter()
                    .map(|row| Ok(format!("store {} {}", row.number, state(&row.order)?)))
                    .collect::<Checked<Vec<_>>>()
            });
            open.extend(found.ok().flatten().unwrap_or_default());
        }
        let detail = format!(
            "no rest {} min after trade ended: {} commands without an answer, open {open:?}, busy {busy:?}",
            self.plan.rest_ms / 60_000,
            self.diary.waiting()
        );
        broken(Check::Stuck, detail)
    }

    fn report(&mut self) -> Report {
        for store in &self.stores {
            self.digest.update(format!("{:?}", store.books.end()).as_bytes());
        }
        for (order, at) in &self.told {
            let moments = self.hub.engine.as_ref().and_then(|hub| hub.data().moments(order).ok());
            self.digest.update(format!("{order} {at} {moments:?}").as_bytes());
        }
        self.count_riders();
        let digest = self.digest.clone().finalize();
        let digest = digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
        Report { tally: self.tally.clone(), digest }
    }

    /// What became of riders, as the orders' histories say it.
    fn count_riders(&mut self) {
        let Some(hub) = &self.hub.engine else { return };
        for order in self.told.keys() {
            for row in hub.data().history(order).unwrap_or_default() {
                let joined = row.what == "rider_assigned" && !row.detail.contains("batch=0.0");
                self.tally.moved += u32::from(row.what == "rider_moved");
                self.tally.taken += u32::from(row.what == "rider_has_it");
                self.tally.shared += u32::from(joined);
            }
        }
    }
}

/// A folder for the databases: in memory where the machine offers it, since the simulation itself decides what a crash loses.
fn folder() -> std::io::Result<tempfile::TempDir> {
    let memory = std::path::Path::new("/dev/shm");
    let name = "larder-sim-";
    match tempfile::Builder::new().prefix(name).tempdir_in(memory) {
        Ok(dir) => Ok(dir),
        Err(_) => tempfile::Builder::new().prefix(name).tempdir(),
    }
}
