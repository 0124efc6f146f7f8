//! The two machines: a file, an engine over it, a peer, and a backup made by SQLite's backup API. A restart closes nothing; a
//! restore opens a copy of the backup.

use crate::checks::{Checked, machine};
use crate::sim::city;
use central_hub::engine::HubEngine;
use central_hub::rules::Rules;
use hub_core::proof::HubKey;
use model::Timestamp;
use rusqlite::Connection as Raw;
use std::path::{Path, PathBuf};
use store_node::db::{Connection, DbError, ReadDb};
use store_node::engine::Engine;
use store_node::setup::Setup;
use sync::peer::Peer;

/// The hub's secret.
const KEY: [u8; 32] = [7; 32];

/// A copy of a database, and when it was made.
#[derive(Debug, Clone)]
pub(super) struct Backup {
    path: PathBuf,
    pub(super) at: Timestamp,
}

/// Where a machine's files lie, and how often it was restored.
#[derive(Debug)]
struct Files {
    dir: PathBuf,
    name: &'static str,
    life: u32,
    copies: u32,
}

impl Files {
    fn path(&self) -> PathBuf {
        self.dir.join(format!("{}-{}.db", self.name, self.life))
    }

    fn backup(&mut self, at: Timestamp) -> Checked<Backup> {
        self.copies += 1;
        let path = self.dir.join(format!("{}-copy-{}.db", self.name, self.copies));
        let from = Raw::open(self.path()).map_err(machine)?;
        let mut to = Raw::open(&path).map_err(machine)?;
        let copy = rusqlite::backup::Backup::new(&from, &mut to).map_err(machine)?;
        copy.run_to_completion(10_000, std::time::Duration::ZERO, None).map_err(machine)?;
        drop(copy);
        Ok(Backup { path, at })
    }

    fn restore(&mut self, backup: &Backup) -> Checked {
        self.life += 1;
        std::fs::copy(&backup.path, self.path()).map_err(machine)?;
        Ok(())
    }
}

/// The store node.
pub(super) struct StoreBox {
    pub(super) setup: Setup,
    pub(super) engine: Option<Engine>,
    pub(super) peer: Option<Peer>,
    pub(super) backup: Option<Backup>,
    read: Option<ReadDb>,
    files: Files,
}

impl StoreBox {
    pub(super) fn new(dir: &Path) -> Checked<Self> {
        let setup = city::setup(0, 1, 12).map_err(machine)?;
        let files = Files { dir: dir.to_owned(), name: "store", life: 0, copies: 0 };
        Ok(Self { setup, engine: None, peer: None, backup: None, read: None, files })
    }

    pub(super) fn start(&mut self, now: Timestamp) -> Checked {
        self.stop();
        let path = self.files.path();
        self.engine = Some(Engine::open(&path, self.setup.clone(), now).map_err(machine)?);
        self.read = Some(ReadDb::open(&path).map_err(machine)?);
        self.dial_anew(now)
    }

    /// A peer that knows the present terms.
    pub(super) fn dial_anew(&mut self, now: Timestamp) -> Checked {
        let config = self.engine()?.peer_config().map_err(machine)?;
        self.peer = Some(Peer::new(config, now));
        Ok(())
    }

    pub(super) fn path(&self) -> PathBuf {
        self.files.path()
    }

    pub(super) fn stop(&mut self) {
        (self.engine, self.peer, self.read) = (None, None, None);
    }

    pub(super) fn save(&mut self, now: Timestamp) -> Checked {
        self.backup = Some(self.files.backup(now)?);
        Ok(())
    }

    /// The database of the backup, in a new life.
    pub(super) fn restore(&mut self, now: Timestamp) -> Checked {
        let Some(backup) = self.backup.clone() else { return Ok(()) };
        self.stop();
        self.files.restore(&backup)?;
        self.start(now)
    }

    pub(super) fn engine(&mut self) -> Checked<&mut Engine> {
        self.engine.as_mut().ok_or_else(|| machine("the store is down"))
    }

    pub(super) fn reading<T>(&mut self, read: impl FnOnce(&Connection) -> Result<T, DbError>) -> Checked<T> {
        let db = self.read.as_mut().ok_or_else(|| machine("the store is down"))?;
        db.snapshot(read).map_err(machine)
    }
}

/// The hub.
pub(super) struct HubBox {
    pub(super) engine: Option<HubEngine>,
    pub(super) peer: Option<Peer>,
    pub(super) backup: Option<Backup>,
    files: Files,
}

impl HubBox {
    pub(super) fn new(dir: &Path) -> Self {
        let files = Files { dir: dir.to_owned(), name: "hub", life: 0, copies: 0 };
        Self { engine: None, peer: None, backup: None, files }
    }

    pub(super) fn start(&mut self, now: Timestamp) -> Checked {
        self.stop();
        let mut rules = Rules::new(HubKey(KEY));
        (rules.demo, rules.gateway) = (true, true);
        let mut engine = HubEngine::open(&self.files.path(), rules, now).map_err(machine)?;
        engine.put_stores(&[city::seed(0).map_err(machine)?]).map_err(machine)?;
        self.engine = Some(engine);
        self.answer_anew(now)
    }

    /// What the hub's key makes of its word; it outlives every restore.
    pub(super) fn pledges() -> sync::pledge::PledgeKey {
        Rules::new(HubKey(KEY)).pledges()
    }

    /// A peer that knows the present terms.
    pub(super) fn answer_anew(&mut self, now: Timestamp) -> Checked {
        let store = city::store_id(0).map_err(machine)?;
        let config = self.engine()?.session(&store).map_err(machine)?;
        self.peer = Some(Peer::new(config, now));
        Ok(())
    }

    pub(super) fn stop(&mut self) {
        (self.engine, self.peer) = (None, None);
    }

    pub(super) fn save(&mut self, now: Timestamp) -> Checked {
        self.backup = Some(self.files.backup(now)?);
        Ok(())
    }

    pub(super) fn restore(&mut self, now: Timestamp) -> Checked {
        let Some(backup) = self.backup.clone() else { return Ok(()) };
        self.stop();
        self.files.restore(&backup)?;
        self.start(now)
    }

    pub(super) fn engine(&mut self) -> Checked<&mut HubEngine> {
        self.engine.as_mut().ok_or_else(|| machine("the hub is down"))
    }
}
