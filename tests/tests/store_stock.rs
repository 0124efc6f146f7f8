//! Scenario: a store's stock through a day of buying, receiving, retries, restarts and midnights, held against a plain
//! count of what people did. Runs the real engine over a real file; no sockets.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test's helpers stop at what must not happen")]

use model::api::store::{CounterLine, CounterOrderRequest, ReceiveRequest};
use model::catalogue::{Product, TempClass, Velocity};
use model::{
    Actor, CommandId, DeviceId, Grams, LotId, Paise, PersonId, Qty, Role, SkuId, StoreId, Timestamp,
};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use std::collections::BTreeMap;
use std::path::Path;
use store_core::layout::block::{Block, End};
use store_core::layout::{Zone, ZoneKind};
use store_node::answer::Answer;
use store_node::check::self_check;
use store_node::command::{Command, Envelope};
use store_node::engine::Engine;
use store_node::reader::Reader;
use store_node::refusal::Refusal;
use store_node::setup::{Calendar, PersonSetup, Policy, Setup, ZoneSetup};

const MINUTE_MS: i64 = 60_000;
/// 2026-11-21 10:00 in Bengaluru.
const MORNING: Timestamp = Timestamp::from_ms(1_795_235_400_000);
const SKUS: [(&str, u32); 4] = [("MILK", 10), ("CURD", 14), ("ATTA", 180), ("SALT", 0)];

fn setup() -> Setup {
    let zone = model::ZoneId::new("C").unwrap();
    let block = Block {
        zones: vec![Zone { id: zone.clone(), kind: ZoneKind::C }],
        aisles: vec![zone.clone()],
        bays: 4,
        levels: 3,
        aisle_gap_cm: 300,
        bay_gap_cm: 100,
        end_gap_cm: 150,
        packing_aisle: 0,
        packing_end: End::Front,
    };
    Setup {
        store: StoreId::new("s1").unwrap(),
        name: "Scenario".to_owned(),
        calendar: Calendar::new("Asia/Kolkata").unwrap(),
        layout: block.spec().unwrap(),
        zones: vec![ZoneSetup { zone, temp: TempClass::Ambient, band: None }],
        people: vec![PersonSetup {
            person: PersonId::new("meena").unwrap(),
            name: "Meena".to_owned(),
            role: Role::Manager,
            pin_hash: None,
        }],
        devices: vec![],
        trade: store_node::setup::Trade::default(),
        policy: Policy::default(),
    }
}

fn product(code: &str, shelf_life_days: u32) -> Product {
    Product {
        sku: SkuId::new(code).unwrap(),
        gtins: vec![],
        name: code.to_lowercase(),
        name_hi: String::new(),
        brand: String::new(),
        category: "Food".to_owned(),
        search_terms: String::new(),
        temp: TempClass::Ambient,
        velocity: Velocity::C,
        weight: Grams(500),
        fragile: false,
        food: true,
        mrp: Paise::new(10_000),
        price: Paise::new(9_000),
        shelf_life_days,
        hsn: "0402".to_owned(),
        gst_bp: 500,
        unit: "1 pack".to_owned(),
        popularity: 0,
        active: true,
    }
}

/// What people did, counted the plain way.
#[derive(Default)]
struct Plain {
    received: BTreeMap<String, u32>,
    promised: BTreeMap<String, u32>,
}

struct World {
    dir: tempfile::TempDir,
    engine: Engine,
    now: Timestamp,
    ids: u128,
    plain: Plain,
    lots: Vec<(LotId, i64)>,
}

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let engine = Engine::open(&dir.path().join("store.db"), setup(), MORNING).unwrap();
        let mut world = Self { dir, engine, now: MORNING, ids: 0, plain: Plain::default(), lots: vec![] };
        let products = SKUS.iter().map(|(code, life)| product(code, *life)).collect();
        world.send(Command::ImportCatalogue { products, opening: Vec::new() }).unwrap();
        world
    }

    fn path(&self) -> std::path::PathBuf {
        self.dir.path().join("store.db")
    }

    fn envelope(&mut self, command: Command) -> Envelope {
        self.ids += 1;
        let actor = Actor {
            person: PersonId::new("meena").unwrap(),
            device: DeviceId::new("console").unwrap(),
            role: Role::System,
        };
        Envelope { id: CommandId::new(self.now, self.ids), actor, command }
    }

    fn send(&mut self, command: Command) -> Result<Answer, Refusal> {
        let envelope = self.envelope(command);
        self.engine.apply(self.now, vec![envelope]).unwrap().replies.remove(0)
    }

    fn receive(&mut self, code: &str, n: i64, days: Option<i64>) {
        let expiry = days.map(|days| setup().calendar.date(self.now).plus_days(days));
        let request = ReceiveRequest {
            sku: SkuId::new(code).unwrap(),
            qty: Qty::new(n).unwrap(),
            batch: "B".to_owned(),
            expiry,
            mrp: Paise::new(10_000),
            bin: None,
        };
        let Answer::Received(answer) = self.send(Command::Receive(request)).unwrap() else {
            panic!("received")
        };
        self.lots.push((answer.lot, expiry.map_or(i64::MAX, |date| date.days())));
        *self.plain.received.entry(code.to_owned()).or_default() += u32::try_from(n).unwrap();
    }

    /// One group of orders, some of them sent twice. Every answer is counted once.
    fn buy(&mut self, rng: &mut SmallRng) {
        let mut group = Vec::new();
        for _ in 0..rng.random_range(1..=6) {
            let line = |rng: &mut SmallRng| CounterLine {
                sku: SkuId::new(SKUS[rng.random_range(0..SKUS.len())].0).unwrap(),
                qty: Qty::new(rng.random_range(1..=3)).unwrap(),
            };
            let lines = (0..rng.random_range(1..=4)).map(|_| line(rng)).collect();
            let request = CounterOrderRequest { lines, first_name: String::new() };
            let envelope = self.envelope(Command::CounterOrder(request));
            if rng.random_bool(0.3) {
                group.push(envelope.clone());
            }
            group.push(envelope);
        }
        let applied = self.engine.apply(self.now, group.clone()).unwrap();
        let mut first: BTreeMap<CommandId, Result<Answer, Refusal>> = BTreeMap::new();
        for (envelope, reply) in group.into_iter().zip(applied.replies) {
            if let Some(known) = first.get(&envelope.id) {
                assert_eq!(*known, reply, "a retry got another answer");
                continue;
            }
            if reply.is_ok()
                && let Command::CounterOrder(request) = &envelope.command
            {
                for line in &request.lines {
                    *self.plain.promised.entry(line.sku.to_string()).or_default() += line.qty.get();
                }
            }
            first.insert(envelope.id, reply);
        }
    }

    fn restart(self) -> Self {
        let Self { dir, engine, now, ids, plain, lots } = self;
        drop(engine);
        let engine = Engine::open(&dir.path().join("store.db"), setup(), now).unwrap();
        Self { dir, engine, now, ids, plain, lots }
    }

    /// The database against the plain count: nothing oversold, nothing lost, nothing doubled.
    fn check(&self) {
        let report = self_check(&self.path()).unwrap();
        assert!(report.is_clean(), "{:?}", report.findings);
        for (code, _) in SKUS {
            let (on_hand, reserved) = totals(&self.path(), code, self.now);
            assert_eq!(on_hand, self.plain.received.get(code).copied().unwrap_or(0), "{code} on hand");
            let short = shorts(&self.path(), code);
            let promised = self.plain.promised.get(code).copied().unwrap_or(0);
            assert_eq!(reserved + short, promised, "{code} promised");
            assert!(reserved <= on_hand, "{code} oversold");
        }
    }
}

fn totals(path: &Path, code: &str, now: Timestamp) -> (u32, u32) {
    let row = Reader::open(path).unwrap().stock_detail(&SkuId::new(code).unwrap(), now).unwrap().unwrap().row;
    (row.on_hand, row.reserved)
}

fn shorts(path: &Path, code: &str) -> u32 {
    let conn = rusqlite::Connection::open(path).unwrap();
    let sql = "SELECT coalesce(sum(s.qty), 0) FROM short s JOIN order_line l USING (order_id, line) WHERE l.sku = ?1";
    conn.query_row(sql, [code], |row| row.get(0)).unwrap()
}

#[test]
fn a_hundred_groups_of_buyers_never_oversell_and_replay_equals_the_balances() {
    for seed in 0..6 {
        let mut rng = SmallRng::seed_from_u64(seed);
        let mut world = World::new();
        for round in 0..100 {
            let (code, life) = SKUS[rng.random_range(0..SKUS.len())];
            if round % 4 == 0 {
                let days = (life > 0).then(|| i64::from(life) - rng.random_range(0..3));
                let n = rng.random_range(1..=12);
                world.receive(code, n, days);
            }
            world.buy(&mut rng);
            world.now = world.now.plus_ms(rng.random_range(1..30) * MINUTE_MS);
            if rng.random_bool(0.05) {
                world = world.restart();
            }
            let day = setup().calendar.date(world.now);
            world.send(Command::StartDay { day }).unwrap();
        }
        world.check();
    }
}

#[test]
fn the_last_unit_is_sold_once_however_many_reach_for_it() {
    let mut world = World::new();
    world.receive("SALT", 1, None);
    let lines = vec![CounterLine { sku: SkuId::new("SALT").unwrap(), qty: Qty::ONE }];
    let request = CounterOrderRequest { lines, first_name: String::new() };
    let group: Vec<Envelope> =
        (0..64).map(|_| world.envelope(Command::CounterOrder(request.clone()))).collect();
    let replies = world.engine.apply(world.now, group).unwrap().replies;
    assert_eq!(replies.iter().filter(|reply| reply.is_ok()).count(), 1);
    for refused in replies.iter().filter_map(|reply| reply.as_ref().err()) {
        assert!(matches!(refused, Refusal::OutOfStock { lacking } if lacking[0].free == 0), "{refused:?}");
    }
    assert_eq!(totals(&world.path(), "SALT", world.now), (1, 1));
}

#[test]
fn expired_goods_block_themselves_at_the_stores_own_midnight() {
    let mut world = World::new();
    world.receive("MILK", 4, Some(3));
    // 23:59 on the last day in Bengaluru, then a minute later.
    world.now = setup().calendar.day_start(MORNING).plus_ms(4 * 86_400_000 - MINUTE_MS);
    let day = setup().calendar.date(world.now);
    assert_eq!(world.send(Command::StartDay { day }).unwrap(), Answer::DayBegan { expired: 0 });
    world.now = world.now.plus_ms(MINUTE_MS);
    let day = setup().calendar.date(world.now);
    assert_eq!(world.send(Command::StartDay { day }).unwrap(), Answer::DayBegan { expired: 1 });
    let sku = SkuId::new("MILK").unwrap();
    let detail = Reader::open(&world.path()).unwrap().stock_detail(&sku, world.now).unwrap().unwrap();
    assert_eq!((detail.row.blocked, detail.row.free), (4, 0));
    assert_eq!(detail.lots[0].blocked_why, "expired");
    assert_eq!(detail.movements[0].kind, "expired");
    world.check();
}
