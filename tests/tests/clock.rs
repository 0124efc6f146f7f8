//! Scenarios: a store's clock goes to 1970, three days back or a month ahead while the internet is down (TRUST.md). Over a real
//! engine: nothing that has expired is sold, nothing that is good is held, the ledger's order and the orders' hours stay.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail the test")]

use model::api::store::{CounterLine, CounterOrderRequest, ReceiveRequest};
use model::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use model::{Actor, CommandId, DeviceId, PersonId, Qty, Role, SkuId, Timestamp};
use store_core::trusted::{OFF_MS, Trusted};
use store_node::answer::Answer;
use store_node::command::{Command, Envelope};
use store_node::engine::Engine;
use tests::sim::city;

/// 2026-11-21 10:00 in Bengaluru.
const MORNING: Timestamp = Timestamp::from_ms(1_795_235_400_000);
const CLOCKS: [(&str, i64); 3] =
    [("1970", -MORNING.ms()), ("three days back", -3 * DAY_MS), ("a month ahead", 30 * DAY_MS)];

/// A store, the true time, and how far its machine's clock is off.
struct Store {
    dir: tempfile::TempDir,
    engine: Option<Engine>,
    trusted: Trusted,
    at: Timestamp,
    off: i64,
    ids: u128,
    /// Numbers of the orders, in their order.
    orders: Vec<String>,
}

impl Store {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let trusted = Trusted::begin(None, None, (MORNING, 0));
        let mut store = Self { dir, engine: None, trusted, at: MORNING, off: 0, ids: 0, orders: Vec::new() };
        store.boot();
        store
            .does(
                Role::System,
                Command::ImportCatalogue { products: city::goods().unwrap(), opening: Vec::new() },
            )
            .unwrap();
        store
    }

    fn path(&self) -> std::path::PathBuf {
        self.dir.path().join("store.db")
    }

    /// The machine's two clocks.
    fn clocks(&self) -> (Timestamp, i64) {
        (self.at.plus_ms(self.off), self.at.ms())
    }

    /// As the node starts: with what the store remembers.
    fn boot(&mut self) {
        self.engine = None;
        let (known, hub) = store_node::run::remembered(&self.path());
        self.trusted = Trusted::begin(known, hub, self.clocks());
        let now = self.trusted.now(self.clocks());
        let setup = city::setup(0, 1, 4).unwrap();
        self.engine = Some(Engine::open_by(&self.path(), setup, (now, self.clocks().0)).unwrap());
    }

    fn pass(&mut self, ms: i64) {
        self.at = self.at.plus_ms(ms);
        let clocks = self.clocks();
        self.trusted.now(clocks);
        let (ahead_ms, hub) = (self.trusted.doubt().map(|doubt| doubt.ahead_ms), self.trusted.hub());
        self.does(Role::System, Command::ClockWatch { ahead_ms, hub }).unwrap();
        let day = city::setup(0, 1, 4).unwrap().calendar.date(self.trusted.now(clocks));
        self.does(Role::System, Command::StartDay { day }).unwrap();
    }

    fn does(&mut self, role: Role, command: Command) -> Result<Answer, store_node::refusal::Refusal> {
        self.ids += 1;
        let clocks = self.clocks();
        let now = self.trusted.now(clocks);
        let actor =
            Actor { person: PersonId::new("m1").unwrap(), device: DeviceId::new("console").unwrap(), role };
        let envelope = Envelope { id: CommandId::new(self.at, self.ids), actor, command };
        self.engine.as_mut().unwrap().apply(now, vec![envelope]).unwrap().replies.remove(0)
    }

    /// Receives curd that is good for so many days after today.
    fn receives(&mut self, days: i64) {
        let calendar = city::setup(0, 1, 4).unwrap().calendar;
        let request = ReceiveRequest {
            sku: curd(),
            qty: Qty::new(20).unwrap(),
            batch: "B".to_owned(),
            expiry: Some(calendar.date(self.at).plus_days(days)),
            mrp: model::Paise::new(9_000),
            bin: None,
        };
        self.does(Role::Manager, Command::Receive(request)).unwrap();
    }

    /// Whether the counter sells one.
    fn sells(&mut self) -> bool {
        let line = CounterLine { sku: curd(), qty: Qty::new(1).unwrap() };
        let request = CounterOrderRequest { lines: vec![line], first_name: String::new() };
        let Ok(answer) = self.does(Role::Manager, Command::CounterOrder(request)) else { return false };
        let Answer::CounterOrder(answer) = answer else { panic!("{answer:?}") };
        self.orders.push(answer.number);
        true
    }

    fn numbers(&self, sql: &str) -> Vec<i64> {
        let conn = rusqlite::Connection::open(self.path()).unwrap();
        let mut statement = conn.prepare(sql).unwrap();
        statement.query_map([], |r| r.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    }

    fn alarms(&self) -> i64 {
        self.numbers("SELECT count(*) FROM alarm WHERE kind = 'clock_wrong' AND cleared IS NULL")[0]
    }

    /// The ledger's times rise with its numbers, and so do the hours of orders; none lies outside the days that were.
    fn order_holds(&self, what: &str) {
        let hour = |number: &String| {
            self.numbers(&format!("SELECT hour * {HOUR_MS} FROM orders WHERE number = '{number}'"))[0]
        };
        let hours = self.orders.iter().map(hour).collect::<Vec<_>>();
        for times in [self.numbers("SELECT at FROM ledger ORDER BY seq"), hours] {
            assert!(times.is_sorted(), "{what}: {times:?}");
            let span = MORNING.ms() - HOUR_MS..=self.at.ms();
            assert!(times.iter().all(|at| span.contains(at)), "{what}: {times:?}");
        }
    }
}

fn curd() -> SkuId {
    city::goods().unwrap()[1].sku.clone()
}

/// The clock goes wrong in the morning; a day's and a week's selling by it, with the machine switched off and on between.
fn story(what: &str, off: i64, off_and_on: bool) {
    let mut store = Store::new();
    store.receives(5);
    assert!(store.sells(), "{what}: fresh");
    store.pass(MINUTE_MS);
    store.off = off;
    for _ in 0..4 {
        store.pass(HOUR_MS);
        if off_and_on {
            store.boot();
            store.pass(MINUTE_MS);
        }
        assert_eq!(store.alarms(), 1, "{what}: said once");
        assert!(store.sells(), "{what}: still good");
    }
    for _ in 0..6 {
        store.pass(DAY_MS);
    }
    assert!(!store.sells(), "{what}: a day too old");
    store.order_holds(what);
    store.off = 0;
    store.pass(MINUTE_MS);
    assert_eq!(store.alarms(), 0, "{what}: set right");
    store.receives(5);
    assert!(store.sells(), "{what}");
    store.order_holds(what);
}

#[test]
fn at_1970_three_days_back_or_a_month_ahead_expiry_and_order_hold() {
    for (what, off) in CLOCKS {
        story(what, off, false);
    }
}

#[test]
fn the_same_when_the_machine_is_switched_off_and_on_with_the_wrong_clock() {
    for (what, off) in CLOCKS {
        story(what, off, true);
    }
}

#[test]
fn a_store_that_was_off_for_a_week_sells_by_its_clock_and_nothing_that_expired_meanwhile() {
    let mut store = Store::new();
    store.receives(5);
    store.receives(30);
    store.pass(MINUTE_MS);
    store.at = store.at.plus_ms(7 * DAY_MS);
    store.boot();
    store.pass(MINUTE_MS);
    assert_eq!(store.alarms(), 0);
    assert!(store.sells(), "the later lot");
    let left = store.numbers("SELECT on_hand - reserved FROM stock JOIN lot USING (lot) ORDER BY expiry");
    assert_eq!(left, [20, 19], "of the later lot");
}

#[test]
fn a_store_that_was_off_for_longer_than_is_believed_asks_and_the_hub_or_a_manager_answers() {
    for by_hub in [true, false] {
        let mut store = Store::new();
        store.pass(MINUTE_MS);
        store.at = store.at.plus_ms(OFF_MS + 20 * DAY_MS);
        store.boot();
        store.pass(MINUTE_MS);
        assert_eq!(store.alarms(), 1);
        let (at, clocks) = (store.at, store.clocks());
        if by_hub {
            assert!(store.trusted.hub_says(at, clocks));
        } else {
            store.does(Role::Manager, Command::BelieveClock { wall: clocks.0 }).unwrap();
            store.trusted.believe_wall(clocks);
        }
        store.pass(MINUTE_MS);
        assert_eq!((store.alarms(), store.trusted.now(store.clocks())), (0, store.at), "{by_hub}");
        store.receives(5);
        assert!(store.sells());
    }
}
