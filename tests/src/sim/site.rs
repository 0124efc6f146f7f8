//! The machines of a run: store nodes and the hub, each an engine over a file of its own, a peer per link, a clock of its
//! own. A restart opens a copy of the file as it lay on the disk, as after a kill: nothing is closed.

use super::city;
use super::clock::Drift;
use super::plan::Mutation;
use crate::checks::{self, Books, Checked, Look, machine};
use anyhow::Result;
use central_hub::engine::HubEngine;
use central_hub::rules::Rules;
use model::Timestamp;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use store_core::trusted::Trusted;
use store_node::command::Command;
use store_node::db::{Connection, ReadDb, stock};
use store_node::engine::Engine;
use store_node::setup::Setup;
use sync::peer::Peer;

/// The usual number of looks between two at the open orders.
const ORDERS_EVERY: u64 = 20;

/// What every machine has.
#[derive(Debug, Default)]
pub struct Body {
    /// Its clock.
    pub drift: Drift,
    /// Milliseconds that its disk takes for a commit at present.
    pub slow_ms: i64,
    /// Starts so far: names the file.
    pub starts: u32,
}

/// A store node.
pub struct StoreSite {
    /// Its number.
    pub at: usize,
    /// What it is made of.
    pub setup: Setup,
    /// Clock, disk.
    pub body: Body,
    /// Running, or down.
    pub engine: Option<Engine>,
    /// Its end of the uplink.
    pub peer: Option<Peer>,
    /// The auditor's books.
    pub books: Books,
    read: Option<ReadDb>,
    suspended: BTreeSet<String>,
    audits: u64,
    trusted: Cell<Trusted>,
    /// Every so many looks the auditor asks for open orders too.
    pub orders_every: u64,
    dir: PathBuf,
}

impl StoreSite {
    /// A store that was never started.
    ///
    /// # Errors
    /// Never for a floor that holds together.
    pub fn new(at: usize, setup: Setup, dir: &Path) -> Result<Self> {
        Ok(Self {
            at,
            body: Body::default(),
            engine: None,
            peer: None,
            books: Books::new(setup.store.as_str()),
            read: None,
            suspended: BTreeSet::new(),
            audits: 0,
            trusted: Cell::new(Trusted::begin(None, None, (Timestamp::default(), 0))),
            orders_every: ORDERS_EVERY,
            dir: dir.to_owned(),
            setup,
        })
    }

    /// The time that counts at the node, by its clocks: the steady one goes like the true time.
    pub fn now(&self, now: Timestamp) -> Timestamp {
        self.ask_clock(now, |trusted, clocks| trusted.now(clocks))
    }

    /// The hub says its time.
    pub fn hub_says(&self, now: Timestamp, told: Timestamp) -> bool {
        self.ask_clock(now, |trusted, clocks| trusted.hub_says(told, clocks))
    }

    /// What the node's timer tells of its clocks.
    pub fn clock_watch(&self) -> Command {
        let known = self.trusted.get();
        Command::ClockWatch { ahead_ms: known.doubt().map(|doubt| doubt.ahead_ms), hub: known.hub() }
    }

    fn ask_clock<T>(&self, now: Timestamp, ask: impl FnOnce(&mut Trusted, (Timestamp, i64)) -> T) -> T {
        let mut trusted = self.trusted.get();
        let answer = ask(&mut trusted, (self.body.drift.sees(now), now.ms()));
        self.trusted.set(trusted);
        answer
    }

    /// The file of the present life.
    pub fn path(&self) -> PathBuf {
        self.dir.join(format!("store-{}-{}.db", self.at, self.body.starts))
    }

    /// Opens the database and takes a peer.
    ///
    /// # Errors
    /// What the engine says.
    pub fn start(&mut self, now: Timestamp, mutation: Option<Mutation>) -> Checked {
        let wall = self.body.drift.sees(now);
        let (known, hub) = store_node::run::remembered(&self.path());
        self.trusted.set(Trusted::begin(known, hub, (wall, now.ms())));
        let now = self.now(now);
        let mut engine = Engine::open_by(&self.path(), self.setup.clone(), (now, wall)).map_err(machine)?;
        if let Some(Mutation::Store(mutation)) = mutation {
            engine.mutate(mutation);
        }
        let config = engine.peer_config().map_err(machine)?;
        self.peer = Some(Peer::new(config, now));
        self.engine = Some(engine);
        self.read = Some(ReadDb::open(&self.path()).map_err(machine)?);
        Ok(())
    }

    /// The process dies: the next life begins with the files as they lie there now.
    ///
    /// # Errors
    /// When the files cannot be copied.
    pub fn kill(&mut self) -> Checked {
        let old = self.path();
        self.body.starts += 1;
        copy(&old, &self.path()).map_err(machine)?;
        (self.engine, self.peer, self.read) = (None, None, None);
        remove(&old);
        Ok(())
    }

    /// Reads the database; `None` while the node is down.
    ///
    /// # Errors
    /// What `read` finds.
    pub fn reading<T>(&mut self, read: impl FnOnce(&Connection) -> Checked<T>) -> Checked<Option<T>> {
        match &mut self.read {
            Some(db) => {
                db.snapshot(|conn| read(conn).map_err(Wrapped)).map(Some).map_err(|wrapped| wrapped.0)
            }
            None => Ok(None),
        }
    }

    /// The auditor looks at what the last event did.
    ///
    /// # Errors
    /// The first thing that is not true.
    pub fn audit(&mut self, now: Timestamp) -> Checked {
        let promised = self.now(now).plus_ms(self.setup.policy.promise_ms);
        let delivery_day = self.setup.calendar.date(promised).days();
        let suspended = self.suspended_bins()?;
        let suspended_before = std::mem::replace(&mut self.suspended, suspended.clone());
        let look = Look { delivery_day, suspended, suspended_before };
        let mut books = std::mem::replace(&mut self.books, Books::new(""));
        self.audits += 1;
        let orders_too = self.audits.is_multiple_of(self.orders_every);
        let done = self.reading(|conn| {
            books.look(conn, &look)?;
            if orders_too { checks::live_orders(conn, &books) } else { Ok(()) }
        });
        self.books = books;
        done.map(|_| ())
    }

    /// Bins of zones whose watch stands outside its band.
    fn suspended_bins(&mut self) -> Checked<BTreeSet<String>> {
        let sensors = city::sensors().map_err(machine)?;
        let out = self.reading(|conn| {
            let mut zones = Vec::new();
            for (sensor, zone, _) in sensors {
                let watch = store_node::db::cold::watch(conn, &sensor).map_err(machine)?;
                if watch.is_some_and(|watch| watch.phase != store_core::cold::Phase::Normal) {
                    zones.push(zone);
                }
            }
            Ok(zones)
        })?;
        let zones = out.unwrap_or_default();
        let bins = self.setup.layout.bins.iter().filter(|bin| zones.contains(&bin.zone));
        Ok(bins.map(|bin| bin.id.to_string()).collect())
    }

    /// Units free by SKU as the counter sees them: sellable and not promised, before the hub's share is taken off.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn on_shelves(&mut self) -> Checked<Vec<(store_node::db::stock::Place, i64)>> {
        let rows = self.reading(|conn| {
            let rows = stock::every(conn).map_err(machine)?;
            Ok(rows.into_iter().map(|(place, balance)| (place, i64::from(balance.available()))).collect())
        })?;
        Ok(rows.unwrap_or_default())
    }
}

/// A finding that came up inside a snapshot.
struct Wrapped(crate::checks::Broken);

impl From<store_node::db::DbError> for Wrapped {
    fn from(error: store_node::db::DbError) -> Self {
        Wrapped(machine(error))
    }
}

/// The hub.
pub struct HubSite {
    /// Clock, disk.
    pub body: Body,
    /// Running, or down.
    pub engine: Option<HubEngine>,
    /// Its end of each store's link.
    pub peers: Vec<Option<Peer>>,
    rules: Rules,
    dir: PathBuf,
}

impl HubSite {
    /// A hub that was never started.
    pub fn new(stores: usize, rules: Rules, dir: &Path) -> Self {
        let peers = (0..stores).map(|_| None).collect();
        Self { body: Body::default(), engine: None, peers, rules, dir: dir.to_owned() }
    }

    /// The hub's own time.
    pub const fn now(&self, now: Timestamp) -> Timestamp {
        self.body.drift.sees(now)
    }

    pub(super) fn path(&self) -> PathBuf {
        self.dir.join(format!("hub-{}.db", self.body.starts))
    }

    /// The numbers it decides by.
    pub const fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Opens the database and takes a peer for each store.
    ///
    /// # Errors
    /// What the engine says.
    pub fn start(&mut self, now: Timestamp, mutation: Option<Mutation>) -> Checked {
        let mut engine = HubEngine::open(&self.path(), self.rules.clone(), now).map_err(machine)?;
        if let Some(Mutation::Hub(mutation)) = mutation {
            engine.mutate(mutation);
        }
        let seeds: Result<Vec<_>> = (0..self.peers.len()).map(city::seed).collect();
        engine.put_stores(&seeds.map_err(machine)?).map_err(machine)?;
        for at in 0..self.peers.len() {
            let config = engine.session(&city::store_id(at).map_err(machine)?).map_err(machine)?;
            self.peers[at] = Some(Peer::new(config, self.now(now)));
        }
        self.engine = Some(engine);
        Ok(())
    }

    /// The process dies.
    ///
    /// # Errors
    /// When the files cannot be copied.
    pub fn kill(&mut self) -> Checked {
        let old = self.path();
        self.body.starts += 1;
        copy(&old, &self.path()).map_err(machine)?;
        self.engine = None;
        self.peers.iter_mut().for_each(|peer| *peer = None);
        remove(&old);
        Ok(())
    }
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

/// The database and its write-ahead log, as a killed process leaves them; the shared memory index is rebuilt.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::copy(from, to)?;
    if beside(from, "-wal").exists() {
        std::fs::copy(beside(from, "-wal"), beside(to, "-wal"))?;
    }
    Ok(())
}

fn remove(path: &Path) {
    for end in ["", "-wal", "-shm"] {
        // A file that is not there need not go.
        let _ = std::fs::remove_file(beside(path, end));
    }
}
