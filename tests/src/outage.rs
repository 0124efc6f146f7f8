//! A long outage: a store is cut off for weeks and sells on at its counter; then the line comes back. Both engines over real
//! databases, one thread, no sleeping, a line of 1 Mbit/s by the simulation's own time. What must hold: nothing is dropped,
//! the disk is bounded, what happens now is not behind what happened then, and in the end both sides have the same.

mod line;
mod people;

use crate::sim::city;
use anyhow::{Context, Result, ensure};
use central_hub::command as hub_command;
use central_hub::engine::HubEngine;
use central_hub::rules::Rules;
use hub_core::proof::HubKey;
use line::Line;
use model::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use model::{CommandId, StoreId, Timestamp};
use store_node::command::{self as store_command, Command, Envelope};
use store_node::db::{ReadDb, docs};
use store_node::engine::{Engine, manifest};
use store_node::reader::Reader;
use sync::lane;

/// 2026-11-21 00:00 in Bengaluru.
const MIDNIGHT: Timestamp = Timestamp::from_ms(1_795_199_400_000);
/// The counter is open from so many hours after midnight, for so many.
const OPENS: i64 = 6;
const OPEN_HOURS: i64 = 18;
/// Readings of each sensor in an hour.
const READINGS: i64 = 6;
/// The most bytes that the store's database may grow by for an order of an outage: lines, moments, ledger, documents, log.
pub const BYTES_PER_ORDER_MAX: u64 = 12 * 1024;
/// What its write-ahead log may have beside it: it is emptied at 64 MB (`wal_autocheckpoint`).
const LOG_BYTES_MAX: u64 = 72 * 1024 * 1024;

/// How long, how busy.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Days without a line.
    pub days: i64,
    /// Counter orders of a day.
    pub orders_a_day: i64,
    /// Of the line, thousands of bits a second.
    pub kbits: u32,
}

impl Options {
    /// What issue 4 asks for.
    pub const FULL: Self = Self { days: 30, orders_a_day: 1_000, kbits: 1_000 };
    /// The same story, short; the line is thinner, so that the catch-up still lasts longer than what the windows let through at once.
    pub const SHORT: Self = Self { days: 2, orders_a_day: 400, kbits: 256 };
}

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Orders taken while the line was cut.
    pub orders: u64,
    /// Records that waited when it came back.
    pub records: u64,
    /// Bytes of the store's database before the cut, and when the line came back.
    pub database: (u64, u64),
    /// Bytes over the line until nothing waited any more.
    pub bytes: usize,
    /// Until then, by the simulation's time.
    pub seconds: f64,
    /// Orders taken during the catch-up, and how many of them the hub knew while older records still waited.
    pub fresh: (u64, u64),
    /// The longest that one of these took to be known at the hub, milliseconds.
    pub slowest_fresh_ms: i64,
    /// Batches of ledger and temperatures, and their bytes.
    pub batches: (usize, usize),
    /// Hours that were closed at both sides to the same content.
    pub hours: usize,
}

/// The two machines.
struct World {
    dir: tempfile::TempDir,
    store: Engine,
    hub: HubEngine,
    line: Line,
    now: Timestamp,
    ids: u128,
    orders: u64,
    /// Which.
    taken: line::Taken,
}

/// Lives through it.
///
/// # Errors
/// Whatever does not hold, and faults of the machines.
pub fn run(options: Options) -> Result<Report> {
    let mut world = World::new(options.kbits)?;
    world.settle()?;
    let before = world.database()?;
    for day in 0..options.days {
        world.day(day, options.orders_a_day)?;
    }
    let records = lane::total(&world.store.lanes()?).waiting();
    let (orders, after) = (world.orders, world.database()?);
    world.is_bounded(before, after)?;
    let caught = world.catch_up()?;
    world.is_level()?;
    let batches = world.ship()?;
    let hours = world.close_hours()?;
    Ok(Report {
        orders,
        records,
        database: (before, after),
        bytes: caught.bytes,
        seconds: caught.ms as f64 / 1e3,
        fresh: caught.fresh,
        slowest_fresh_ms: caught.slowest_ms,
        batches,
        hours,
    })
}

impl World {
    fn new(kbits: u32) -> Result<Self> {
        let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir())?;
        let store = Engine::open(&dir.path().join("store.db"), city::setup(0, 1, 12)?, MIDNIGHT)?;
        let mut hub = HubEngine::open(&dir.path().join("hub.db"), Rules::new(HubKey([7; 32])), MIDNIGHT)?;
        hub.put_stores(&[city::seed(0)?])?;
        let line = Line::new(&store, &hub, MIDNIGHT, kbits)?;
        let mut world =
            Self { dir, store, hub, line, now: MIDNIGHT, ids: 0, orders: 0, taken: line::Taken::new() };
        let products = city::goods()?;
        let id = world.id();
        let actor = store_command::system("hub")?;
        let put = hub_command::Command::PutProducts { products: products.clone() };
        world.hub.apply(MIDNIGHT, vec![hub_command::Envelope { id, actor, command: put }])?;
        world.own(vec![Command::ImportCatalogue { products, opening: Vec::new() }])?;
        Ok(world)
    }

    fn id(&mut self) -> CommandId {
        self.ids += 1;
        CommandId::new(self.now, self.ids)
    }

    /// Commands of the store's own clock.
    fn own(&mut self, commands: Vec<Command>) -> Result<()> {
        let actor = store_command::system("timer")?;
        let envelopes =
            commands.into_iter().map(|command| Envelope { id: self.id(), actor: actor.clone(), command });
        let envelopes = envelopes.collect();
        for reply in self.store.apply(self.now, envelopes)?.replies {
            reply.map_err(|no| anyhow::anyhow!("refused: {no:?}"))?;
        }
        Ok(())
    }

    /// A day without a line: goods come, people buy, sensors speak, hours end.
    fn day(&mut self, day: i64, orders: i64) -> Result<()> {
        let midnight = MIDNIGHT.plus_ms(day * DAY_MS);
        for hour in 0..24 {
            self.now = midnight.plus_ms(hour * HOUR_MS);
            if hour == OPENS {
                self.goods_come(orders)?;
            }
            let date = self.store.setup().calendar.date(self.now);
            self.own(vec![Command::StartDay { day: date }, Command::GrantTick])?;
            let open = hour - OPENS;
            let so_far = |open: i64| orders * open.clamp(0, OPEN_HOURS) / OPEN_HOURS;
            let wanted = so_far(open + 1) - so_far(open);
            for n in 0..READINGS {
                self.now = self.now.plus_ms(HOUR_MS / READINGS - 1);
                self.sensors_speak()?;
                for _ in wanted * n / READINGS..wanted * (n + 1) / READINGS {
                    self.buys()?;
                }
                self.serves_all()?;
                self.own(vec![Command::WatchTick])?;
                while self.store.carry(self.now)? {}
            }
            self.store.close_hours(self.now)?;
        }
        Ok(())
    }

    /// Bytes of the store's database, with what of its log is not in the file yet.
    fn database(&self) -> Result<u64> {
        let size = |end: &str| {
            let path = self.dir.path().join(format!("store.db{end}"));
            std::fs::metadata(path).map_or(0, |about| about.len())
        };
        Ok(size("") + size("-wal"))
    }

    fn is_bounded(&self, before: u64, after: u64) -> Result<()> {
        let most = before + LOG_BYTES_MAX + self.orders * BYTES_PER_ORDER_MAX;
        ensure!(after <= most, "{} orders: the database grew from {before} to {after} bytes", self.orders);
        Ok(())
    }

    /// Everything that was said is at the hub: orders, documents; and nothing is in quarantine.
    fn is_level(&mut self) -> Result<()> {
        let (store, data) = (self.store.setup().store.clone(), self.hub.data());
        let known = u64::from(data.counter_count(&store)?);
        ensure!(known == self.orders, "{} orders were taken, the hub knows {known}", self.orders);
        let mut db = ReadDb::open(&self.dir.path().join("store.db"))?;
        let found = db.snapshot(|conn| {
            let both = crate::checks::Both { store: &store, conn, data };
            let told = std::collections::BTreeMap::new();
            let done = crate::checks::documents(&both).and_then(|()| crate::checks::orders(&both, &told));
            Ok::<_, store_node::db::DbError>(done.map_err(|broken| broken.to_string()))
        })?;
        found.map_err(anyhow::Error::msg)
    }

    /// Ledger and temperatures go to the hub, from where it is, in batches.
    fn ship(&mut self) -> Result<(usize, usize)> {
        let mut reader = Reader::open(&self.dir.path().join("store.db"))?;
        let (mut batches, mut bytes) = (0, 0);
        loop {
            // A few at a time, as the line has room for them.
            let turn = crate::shipping::turn((&mut self.store, &mut reader), &mut self.hub, self.now, 3)?;
            ensure!(turn.broken.is_empty(), "{:?}", turn.broken);
            if turn.batches == 0 {
                break;
            }
            (batches, bytes) = (batches + turn.batches, bytes + turn.bytes);
        }
        let figures = reader.figures(self.now)?;
        ensure!(figures.rows_unshipped.iter().all(|(_, rows)| *rows == 0), "{:?}", figures.rows_unshipped);
        Ok((batches, bytes))
    }

    /// The hours of the outage end at both sides, with the same content.
    fn close_hours(&mut self) -> Result<usize> {
        let store: StoreId = self.store.setup().store.clone();
        self.now = self.now.plus_ms(2 * DAY_MS);
        for _ in 0..1_000 {
            self.now = self.now.plus_ms(MINUTE_MS);
            let here = self.store.close_hours(self.now)?;
            let there = self.hub.close_hours(self.now)?;
            self.settle()?;
            if here.marked + here.closed + there.marked + there.closed == 0 {
                break;
            }
        }
        let mut db = ReadDb::open(&self.dir.path().join("store.db"))?;
        let (mut mine, open) = db.snapshot(|conn| {
            let open = docs::names(conn)?.into_iter().filter(|name| name.starts_with("orders/")).count();
            Ok::<_, store_node::db::DbError>((manifest(conn, u32::MAX)?, open))
        })?;
        let mut theirs = self.hub.data().manifest(&store, u32::MAX)?;
        mine.sort_by_key(|entry| entry.doc);
        theirs.sort_by_key(|entry| entry.doc);
        let first = mine.iter().zip(&theirs).find(|(a, b)| a != b);
        ensure!(mine == theirs, "{} and {} closed hours, first {first:?}", mine.len(), theirs.len());
        ensure!(open == 0, "{open} hours stay open");
        mine.first().context("no hour was closed")?;
        Ok(mine.len())
    }
}
