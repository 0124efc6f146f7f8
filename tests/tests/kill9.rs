//! A real store node under load is killed -9 at random moments and started again on the same data, 20 times
//! (`LARDER_KILLS` for more). Clients repeat a command with its key until they have an answer, as people's apps do.
//! Afterwards every acknowledged command must be in the database exactly once, and nothing else.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test's helpers stop at what must not happen"
)]

use model::api::store::{
    CounterLine, CounterOrderAnswer, CounterOrderRequest, LoginAnswer, LoginRequest, ReceiveAnswer,
    ReceiveRequest,
};
use model::order::Owner;
use model::{CommandId, OrderId, Paise, PersonId, Qty, SkuId, StoreId};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use rusqlite::Connection;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use store_node::engine::Engine;
use store_node::{check, clock, manifest, run};
use sync::doc::{DocActor, DocId, Document};
use tests::scorecard::order_commit::basket::{self, Baskets};
use tests::scorecard::stage;
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;

const CLIENTS: u64 = 8;
/// The node must answer again within this after a kill.
const UP_LIMIT: Duration = Duration::from_secs(30);

/// The store's process, its file and its address.
struct House {
    config: PathBuf,
    log: PathBuf,
    base: String,
    http: reqwest::Client,
}

impl House {
    fn build(dir: &Path) -> (Self, PathBuf) {
        let ports: [u16; 3] = stage::free_ports().unwrap();
        // Devices are not the point: no broker is started, and the node goes on without one.
        let text = stage::store_toml(dir, ports, "").replace("embedded", "external");
        let config = dir.join("store.toml");
        std::fs::write(&config, &text).unwrap();
        let db = run::database(dir);
        let setup = manifest::setup(&firmware_config::parse(&text).unwrap()).unwrap();
        let mut engine = Engine::open(&db, setup, clock::now()).unwrap();
        stage::fill(&mut engine, clock::now()).unwrap();
        engine.close().unwrap();
        let http = reqwest::Client::builder().tcp_nodelay(true).build().unwrap();
        let base = format!("http://127.0.0.1:{}", ports[0]);
        (Self { config, log: dir.join("node.log"), base, http }, db)
    }

    /// Starts the node (the demo's binary in its role of a store) and waits until it is ready.
    async fn start(&self) -> Child {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(&self.log).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_demo"))
            .arg("__store")
            .arg(&self.config)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let begun = Instant::now();
        while !self
            .http
            .get(format!("{}/readyz", self.base))
            .send()
            .await
            .is_ok_and(|a| a.status().is_success())
        {
            let ended = child.try_wait().unwrap();
            let said = || std::fs::read_to_string(&self.log).unwrap_or_default();
            assert!(ended.is_none(), "the node ended: {ended:?}\n{}", said());
            assert!(begun.elapsed() < UP_LIMIT, "the node is not ready\n{}", said());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        child
    }

    /// Sends a command with its key until there is an answer that is one: not while the node is away or stopping.
    async fn until_answered(&self, token: &str, path: &str, id: CommandId, body: &Value) -> (u16, Value) {
        let begun = Instant::now();
        loop {
            let request = self.http.post(format!("{}{path}", self.base)).bearer_auth(token);
            let sent =
                request.header("idempotency-key", id.to_string()).json(body).timeout(UP_LIMIT).send().await;
            if let Ok(answer) = sent {
                let status = answer.status().as_u16();
                // A connection may break between the head of an answer and its end.
                if let (true, Ok(said)) = (status < 500, answer.json::<Value>().await) {
                    return (status, said);
                }
            }
            assert!(begun.elapsed() < UP_LIMIT, "no answer to {path} within {UP_LIMIT:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn login(&self) -> String {
        let request = LoginRequest { person: PersonId::new("meena").unwrap(), pin: "8080".to_owned() };
        let id = CommandId::new(clock::now(), 1 << 70);
        let body = serde_json::to_value(request).unwrap();
        let (status, said) = self.until_answered("", "/api/v1/login", id, &body).await;
        assert_eq!(status, 200, "{said}");
        serde_json::from_value::<LoginAnswer>(said).unwrap().token
    }
}

/// What the clients were told.
#[derive(Default, Clone)]
struct Diary {
    orders: BTreeMap<OrderId, BTreeMap<String, u32>>,
    lots: BTreeMap<String, u32>,
    refused: BTreeSet<CommandId>,
    sent: BTreeSet<CommandId>,
    repeated: usize,
}

/// Orders and receives, one after the other, until `stop`; now and then an answered command is sent again.
async fn client(
    house: Arc<House>,
    token: String,
    seed: u64,
    answered: Arc<AtomicUsize>,
    stop: CancellationToken,
) -> Diary {
    let (mut rng, mut baskets) = (SmallRng::seed_from_u64(seed), Baskets::new(seed));
    let mut diary = Diary::default();
    while !stop.is_cancelled() {
        let basket = baskets.draw();
        let id = CommandId::new(clock::now(), basket.key);
        let receives = rng.random_bool(0.25);
        let (path, body) = if receives { receive(basket.lines[0]) } else { order(&basket.lines) };
        diary.sent.insert(id);
        let (status, said) = house.until_answered(&token, path, id, &body).await;
        answered.fetch_add(1, Ordering::Relaxed);
        match status {
            200 if receives => {
                let lot = serde_json::from_value::<ReceiveAnswer>(said.clone()).unwrap().lot;
                assert!(diary.lots.insert(lot.to_string(), basket.lines[0].1).is_none(), "{lot} twice");
            }
            200 => {
                let order = serde_json::from_value::<CounterOrderAnswer>(said.clone()).unwrap().order;
                let lines = basket.lines.iter().map(|(sku, qty)| (basket::code(*sku), *qty)).collect();
                assert!(diary.orders.insert(order, lines).is_none(), "{order} twice");
            }
            409 => assert!(diary.refused.insert(id)),
            other => panic!("{path}: {other} {said}"),
        }
        if rng.random_bool(0.2) {
            let again = house.until_answered(&token, path, id, &body).await;
            assert_eq!((status, said), again, "a repeated command got another answer");
            diary.repeated += 1;
        }
    }
    diary
}

fn order(lines: &[(usize, u32)]) -> (&'static str, Value) {
    let line = |(sku, qty): &(usize, u32)| CounterLine {
        sku: SkuId::new(basket::code(*sku)).unwrap(),
        qty: Qty::new(i64::from(*qty)).unwrap(),
    };
    let request =
        CounterOrderRequest { lines: lines.iter().map(line).collect(), first_name: "Asha".to_owned() };
    ("/api/v1/counter-orders", serde_json::to_value(request).unwrap())
}

fn receive((sku, qty): (usize, u32)) -> (&'static str, Value) {
    let request = ReceiveRequest {
        sku: SkuId::new(basket::code(sku)).unwrap(),
        qty: Qty::new(i64::from(qty)).unwrap(),
        batch: "B-7".to_owned(),
        expiry: Some(clock::now().utc_date().plus_days(150)),
        mrp: Paise::new(basket::price(sku)),
        bin: None,
    };
    ("/api/v1/receive", serde_json::to_value(request).unwrap())
}

/// Kills and restarts; gives what all clients were told.
async fn kill_again_and_again(house: &Arc<House>, kills: usize, seed: u64) -> Diary {
    let mut rng = SmallRng::seed_from_u64(seed);
    let mut node = house.start().await;
    let token = house.login().await;
    let (stop, answered) = (CancellationToken::new(), Arc::new(AtomicUsize::new(0)));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|n| {
            let (house, token, stop) = (house.clone(), token.clone(), stop.clone());
            tokio::spawn(client(house, token, seed * 100 + n, answered.clone(), stop))
        })
        .collect();
    for kill in 0..kills {
        let before = answered.load(Ordering::Relaxed);
        // The moment is random: among the first answers of this start, or in the middle of its work.
        let wanted = before + rng.random_range(1..20);
        while answered.load(Ordering::Relaxed) < wanted {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        tokio::time::sleep(Duration::from_millis(rng.random_range(0..30))).await;
        node.kill().await.unwrap();
        let begun = Instant::now();
        node = house.start().await;
        println!(
            "kill {}: {} answered so far, up after {:?}",
            kill + 1,
            answered.load(Ordering::Relaxed),
            begun.elapsed()
        );
    }
    stop.cancel();
    let mut all = Diary::default();
    for client in clients {
        let diary = client.await.unwrap();
        all.orders.extend(diary.orders);
        all.lots.extend(diary.lots);
        all.refused.extend(diary.refused);
        all.sent.extend(diary.sent);
        all.repeated += diary.repeated;
    }
    // A clean stop writes what waits and moves the log into the file.
    let pid = rustix::process::Pid::from_raw(i32::try_from(node.id().unwrap()).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert!(node.wait().await.unwrap().success());
    all
}

/// What does not fit between the database and what people were told.
fn findings(db: &Path, told: &Diary) -> Vec<&'static str> {
    let conn = Connection::open(db).unwrap();
    let pairs = |sql: &str| -> Vec<(String, u32)> {
        let mut statement = conn.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.map(Result::unwrap).collect()
    };
    let received =
        pairs("SELECT reference, qty FROM ledger WHERE kind = 'received' AND person = 'meena' ORDER BY seq");
    let lots: BTreeMap<_, _> = received.iter().cloned().collect();
    let reserved =
        pairs("SELECT reference, sum(qty) FROM ledger WHERE kind = 'reserved' GROUP BY 1 ORDER BY 1");
    let ordered = told.orders.iter().map(|(order, lines)| (order.to_string(), lines.values().sum()));
    let mut ids = conn
        .prepare("SELECT id FROM command WHERE kind IN ('counter_order', 'receive') ORDER BY id")
        .unwrap();
    let answered: BTreeSet<CommandId> = ids
        .query_map([], |row| Ok(CommandId::from_bytes(row.get(0)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    [
        (orders(&conn) == told.orders, "orders kept and orders acknowledged differ"),
        (received.len() == lots.len(), "a receipt stands twice in the ledger"),
        (lots == told.lots, "receipts in the ledger and receipts acknowledged differ"),
        (
            reserved.into_iter().collect::<BTreeMap<_, _>>() == ordered.collect(),
            "the ledger holds other units",
        ),
        (answered == told.sent, "answers kept and commands sent differ"),
        (documents(&conn) == told.orders.keys().copied().collect(), "the documents tell other orders"),
        (check::self_check(db).unwrap().is_clean(), "the self-check finds something"),
    ]
    .into_iter()
    .filter_map(|(fits, what)| (!fits).then_some(what))
    .collect()
}

fn orders(conn: &Connection) -> BTreeMap<OrderId, BTreeMap<String, u32>> {
    let mut kept: BTreeMap<OrderId, BTreeMap<String, u32>> = BTreeMap::new();
    let mut lines =
        conn.prepare("SELECT order_id, sku, qty FROM order_line ORDER BY order_id, line").unwrap();
    let mut rows = lines.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let order = OrderId::from_bytes(row.get(0).unwrap());
        kept.entry(order).or_default().insert(row.get(1).unwrap(), row.get(2).unwrap());
    }
    kept
}

/// Every order that the hub would read, once each.
fn documents(conn: &Connection) -> BTreeSet<OrderId> {
    let waiting: i64 = conn.query_row("SELECT count(*) FROM outbox", [], |row| row.get(0)).unwrap();
    assert_eq!(waiting, 0, "facts were never carried");
    let mut chunks = conn.prepare("SELECT doc, bytes FROM doc_chunk ORDER BY doc, n").unwrap();
    let mut docs: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let mut rows = chunks.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        docs.entry(row.get(0).unwrap()).or_default().extend(row.get::<_, Vec<u8>>(1).unwrap());
    }
    let actor = DocActor { side: Owner::Hub, store: StoreId::new("s1").unwrap(), boot: 1 };
    let mut orders = BTreeSet::new();
    for (name, bytes) in docs {
        let id: DocId = name.parse().unwrap();
        if !matches!(id, DocId::Orders { .. }) {
            continue;
        }
        for (order, read) in Document::load(id, &actor, &bytes).unwrap().orders().unwrap() {
            read.unwrap();
            assert!(orders.insert(order), "{order} stands in two documents");
        }
    }
    orders
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_node_loses_and_doubles_nothing() {
    let kills = std::env::var("LARDER_KILLS").ok().map_or(20, |text| text.parse().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let (house, db) = House::build(dir.path());
    let told = kill_again_and_again(&Arc::new(house), kills, 9).await;
    println!(
        "{kills} kills: {} orders, {} receipts, {} refusals acknowledged, {} answered commands repeated",
        told.orders.len(),
        told.lots.len(),
        told.refused.len(),
        told.repeated
    );
    assert!(told.orders.len() > kills && told.repeated > 0, "hardly any load");
    assert_eq!(findings(&db, &told), Vec::<&str>::new());

    // The checks can fail: an acknowledgement of something that is not there, and something that nobody was told of.
    let mut lost = told.clone();
    lost.orders.insert(OrderId::from_bytes([7; 16]), BTreeMap::from([(basket::code(1), 1)]));
    lost.lots.insert("L0000000000".to_owned(), 1);
    assert_eq!(findings(&db, &lost).len(), 4);
    let mut doubled = told.clone();
    doubled.orders.pop_first();
    doubled.sent.pop_first();
    assert_eq!(findings(&db, &doubled).len(), 4);
}
