//! Node, agent and broker of one store are killed -9 in turn, at random moments, while a picker scans at a fixed scanner and
//! others pick and print (issue 3, point 6). What a person heard as counted is counted, once; what was not heard was not
//! counted; no label comes out twice.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test's helpers stop at what must not happen"
)]

#[path = "kill9_devices/ssi.rs"]
mod ssi;

use device_drivers::printer::Language;
use device_drivers::sim::{SimPrinter, SimScanner};
use model::OrderId;
use model::api::store::OrderDetail;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use rusqlite::{Connection, OpenFlags};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::{Duration, Instant};
use tests::demo::diary::Diary;
use tests::demo::procs::Proc;
use tests::demo::web::Site;
use tests::scorecard::fixed_scanner::FixedScanner;
use tests::scorecard::order_commit::basket::Baskets;
use tests::scorecard::scan_ack::{busy, devices_and_people};
use tests::scorecard::served::{self, House};
use tokio_util::sync::CancellationToken;

/// Kills of each kind; `LARDER_KILLS` for more.
const ROUNDS: usize = 7;
/// Scans between two kills; those of a hundred kills fit into one order.
const SCANS: usize = 5;
/// A person who has heard nothing for this long scans on.
const PATIENCE: Duration = Duration::from_secs(20);
/// Others who pick, pack and so print, so many times faster than in life.
const SPEED: f64 = 40.0;
/// How many.
const OTHERS: usize = 2;

/// Labels that must have been asked for, so that the claim about them means something.
const LABELS: usize = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Victim {
    Agent,
    Broker,
    Node,
}

struct Store {
    house: House,
    node: Option<Proc>,
    agent: Option<Proc>,
    console: Site,
}

impl Store {
    async fn open(dir: &Path, broker: &str, text: &str) -> Self {
        let house = House { program: env!("CARGO_BIN_EXE_demo").into(), ..House::build(dir, text).unwrap() };
        let file = dir.join("store.toml");
        let manifest = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, manifest.replace("mode = \"embedded\"", &format!("mode = \"{broker}\"")))
            .unwrap();
        let (node, _) = house.start().await.unwrap();
        let agent = house.start_agent().unwrap();
        let console = house.manager().await.unwrap();
        Self { house, node: Some(node), agent: Some(agent), console }
    }

    async fn kill(&mut self, victim: Victim) {
        match victim {
            Victim::Agent => {
                self.agent.take().unwrap().kill().await.unwrap();
                self.agent = Some(self.house.start_agent().unwrap());
            }
            Victim::Broker => {
                let text = std::fs::read_to_string(self.house.dir.join("broker/mosquitto.pid")).unwrap();
                let pid = rustix::process::Pid::from_raw(text.trim().parse().unwrap()).unwrap();
                rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
            }
            Victim::Node => {
                self.node.take().unwrap().kill().await.unwrap();
                self.node = Some(self.house.start().await.unwrap().0);
            }
        }
    }

    /// Pieces that the store has counted for `order`, as soon as it answers.
    async fn counted(&self, order: OrderId) -> u32 {
        loop {
            if let Ok(detail) = self.console.get::<OrderDetail>(&format!("/api/v1/orders/{order}")).await {
                return detail.lines.iter().map(|line| line.picked.get()).sum();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until more than `before` pieces are counted, as a person looks at the screen.
    async fn heard(&self, order: OrderId, before: u32) -> bool {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if self.counted(order).await > before {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        false
    }
}

/// Each job's state at the store, by its id in text.
fn jobs(house: &House) -> BTreeMap<String, String> {
    let path = store_node::run::database(&house.dir);
    let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let mut list =
        db.prepare("SELECT job, state FROM print_job WHERE printer = 'label-1' ORDER BY job").unwrap();
    let rows = list.query_map([], |row| {
        let id: [u8; 16] = row.get(0)?;
        Ok((uuid::Uuid::from_bytes(id).to_string(), row.get(1)?))
    });
    rows.unwrap().collect::<Result<_, _>>().unwrap()
}

fn times_printed(printer: &SimPrinter, job: &str) -> usize {
    printer.jobs().iter().filter(|bytes| String::from_utf8_lossy(bytes).contains(job)).count()
}

/// The broker a process of its own, as in production.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_heard_is_counted_once_and_nothing_prints_twice() {
    Box::pin(story("mosquitto-managed", &[Victim::Agent, Victim::Broker, Victim::Node])).await;
}

/// The node its own broker: who kills the one kills the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_the_broker_inside_the_node_as_well() {
    Box::pin(story("embedded", &[Victim::Agent, Victim::Node])).await;
}

/// A store whose devices are these and `more`, with a picker who has a large order in hand and a badge at the fixed scanner.
async fn at_work(
    dir: &Path,
    broker: &str,
    more: &str,
    rng: &mut SmallRng,
) -> (Store, FixedScanner, [SimPrinter; 2]) {
    let tty = dir.join("scan-pack");
    let scanner = SimScanner::plug_in(&tty).unwrap();
    let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let printers = [
        SimPrinter::start(Language::Escpos, free).await.unwrap(),
        SimPrinter::start(Language::Zpl, free).await.unwrap(),
    ];
    let text = devices_and_people(&tty, &printers) + more;
    let store = Store::open(&dir.join("store"), broker, &text).await;
    let basket = [(1, 80), (2, 80), (3, 80), (4, 80), (5, 80), (6, 80), (7, 80)];
    served::order(&store.console, rng.random(), &basket).await.unwrap();
    let picker = FixedScanner::take_work(&store.house, &store.console, scanner, rng).await.unwrap();
    (store, picker, printers)
}

/// How many kills a story has.
fn kills(victims: &[Victim]) -> usize {
    std::env::var("LARDER_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(victims.len() * ROUNDS)
}

async fn story(broker: &str, victims: &[Victim]) {
    let dir = tempfile::tempdir().unwrap();
    let mut rng = SmallRng::seed_from_u64(41);
    let (mut store, mut picker, printers) = at_work(dir.path(), broker, "", &mut rng).await;
    let (order, codes) = picker.goods().unwrap();
    let stop = CancellationToken::new();
    let others = others_at_work(&store, &mut rng, &stop).await;

    let mut heard = store.counted(order).await;
    let (first, mut sent, mut unheard, mut agents) = (heard, 0, 0, 0);
    let kills = kills(victims);
    for n in 0..kills {
        let victim = victims[n % victims.len()];
        agents += usize::from(victim == Victim::Agent);
        let at = rng.random_range(0..SCANS);
        for scan in 0..SCANS {
            picker.scanner.scan(&codes[sent % codes.len()]).await.unwrap();
            sent += 1;
            if scan == at {
                tokio::time::sleep(Duration::from_millis(rng.random_range(0..12))).await;
                store.kill(victim).await;
            }
            if store.heard(order, heard).await {
                heard += 1;
            } else {
                unheard += 1;
            }
        }
    }
    let begun = Instant::now();
    while jobs(&store.house).len() < LABELS && begun.elapsed() < PATIENCE * 3 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    stop.cancel();
    for other in others {
        other.await.unwrap();
    }
    let counted = store.counted(order).await;
    println!("{kills} kills, {sent} scans, {unheard} unheard, {} labels", printers[1].jobs().len());
    assert_eq!(
        counted, heard,
        "counted is what was heard: {first} at first, {sent} scans, {unheard} unheard"
    );
    // Bytes that an agent had read and not yet kept go down with it; nobody heard them counted, so they are scanned again.
    assert!(unheard <= agents, "{unheard} scans were never heard, with {agents} agents killed");
    settle_prints(&store.house, &printers[1]).await;
}

/// Pickers at their handhelds, with orders that keep coming.
async fn others_at_work(
    store: &Store,
    rng: &mut SmallRng,
    stop: &CancellationToken,
) -> Vec<tokio::task::JoinHandle<()>> {
    let diary = Diary::default();
    let mut tasks = Vec::new();
    for n in 1..=OTHERS {
        let life = busy(&store.house, &store.console, n, SPEED, &diary, rng).await.unwrap();
        let stop = stop.clone();
        tasks.push(tokio::spawn(async move {
            if let Err(error) = life.live(stop).await {
                println!("picker {n} went home: {error:#}");
            }
        }));
    }
    let (console, stop) = (store.console.clone(), stop.clone());
    tasks.push(tokio::spawn(async move {
        let mut baskets = Baskets::new(5);
        while !stop.is_cancelled() {
            let basket = baskets.draw();
            // A node that is down takes no order; the next one comes.
            drop(served::order(&console, basket.key, &basket.lines).await);
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }));
    tasks
}

/// Every job comes to an end: printed once and done, or in doubt and on paper at most once, for a person to look.
async fn settle_prints(house: &House, printer: &SimPrinter) {
    let begun = Instant::now();
    let open = |jobs: &BTreeMap<String, String>| {
        jobs.values().filter(|state| matches!(state.as_str(), "queued" | "sent")).count()
    };
    while open(&jobs(house)) > 0 && begun.elapsed() < Duration::from_secs(60) {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let jobs = jobs(house);
    assert!(jobs.len() >= LABELS, "the others printed too little: {jobs:?}");
    assert_eq!(open(&jobs), 0, "{jobs:?}");
    for (job, state) in &jobs {
        let times = times_printed(printer, job);
        match state.as_str() {
            "done" => assert_eq!(times, 1, "{job} is done"),
            _ => assert!(times <= 1, "{job} ({state}) was printed {times} times"),
        }
    }
}
