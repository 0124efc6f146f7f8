//! The same with a Zebra scanner in SSI, which is answered and repeats until it is. What it was answered for is counted
//! once, on its own line, whoever was killed meanwhile; what it gave up, with its beep for that, is counted at most once.

use super::{PATIENCE, SCANS, Store, Victim, at_work, kills};
use device_drivers::sim::{SimSsi, Trouble};
use model::OrderId;
use model::api::store::OrderDetail;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use rusqlite::{Connection, OpenFlags};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

/// The kind of a QR code in SSI.
const QR: u8 = 0x1C;
/// Badges shown before the story gives up: the agent may still be opening the port, and the scanner gives up within 2 s.
const TRIES: usize = 20;

/// A scan that took so long was sent more than once.
const REPEATED: Duration = Duration::from_millis(400);

/// What the scanner was told of one line's scans.
#[derive(Debug, Default, Clone, Copy)]
struct Told {
    acknowledged: u32,
    given_up: u32,
}

/// The broker a process of its own, as in production.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_scanner_was_answered_for_is_counted_once() {
    Box::pin(story("mosquitto-managed", &[Victim::Agent, Victim::Broker, Victim::Node])).await;
}

/// The node its own broker: who kills the one kills the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_with_the_broker_inside_the_node() {
    Box::pin(story("embedded", &[Victim::Agent, Victim::Node])).await;
}

async fn story(broker: &str, victims: &[Victim]) {
    let dir = tempfile::tempdir().unwrap();
    let tty = dir.path().join("scan-ssi");
    let zebra = SimSsi::plug_in(&tty).unwrap();
    let mut rng = SmallRng::seed_from_u64(43);
    let (mut store, picker, _printers) = at_work(dir.path(), broker, &listed(&tty), &mut rng).await;
    let (order, codes) = picker.goods().unwrap();
    let lines: Vec<u8> = codes.iter().map(|code| picker.line_of(code).unwrap()).collect();
    take_scanner(&store, &zebra, order, &codes[0]).await;
    let before = counts(&store, order).await;

    let mut told: BTreeMap<u8, Told> = BTreeMap::new();
    // The first product was scanned last, so the next one comes first.
    let (kills, mut sent, mut agents) = (kills(victims), 1, 0);
    for n in 0..kills {
        let victim = victims[n % victims.len()];
        agents += u32::from(victim == Victim::Agent);
        let at = rng.random_range(0..SCANS);
        for scan in 0..SCANS {
            let trouble = trouble(&mut rng, scan == at && victim == Victim::Agent);
            let moment = Duration::from_millis(rng.random_range(0..40));
            let killed = async {
                if scan == at {
                    tokio::time::sleep(moment).await;
                    store.kill(victim).await;
                }
            };
            // Another product each time: the same one at once again would be the scanner's echo.
            let turn = sent % codes.len();
            let ((acknowledged, took), ()) = tokio::join!(scanned(&zebra, &codes[turn], trouble), killed);
            sent += 1;
            let line = told.entry(lines[turn]).or_default();
            line.acknowledged += u32::from(acknowledged);
            line.given_up += u32::from(!acknowledged);
            if took >= REPEATED && acknowledged {
                // An answer says not of which copy it is: those of the repetitions are heard out, as in the time that a
                // person takes to the next shelf.
                reaches(&store, order, lines[turn], before[&lines[turn]] + line.acknowledged).await;
            }
            // A hand needs a moment.
            tokio::time::sleep(Duration::from_millis(rng.random_range(20..60))).await;
        }
    }
    everything_heard(&store).await;
    let after = counts(&store, order).await;
    let given_up: u32 = told.values().map(|line| line.given_up).sum();
    println!("{kills} kills, {} scans, {given_up} given up", sent - 1);
    for (line, told) in &told {
        let counted = after[line] - before[line];
        let most = told.acknowledged + told.given_up;
        assert!((told.acknowledged..=most).contains(&counted), "line {line}: {counted} counted of {told:?}");
    }
    // Only who dies with a code in hand leaves a scanner without an answer: neither broker nor store is asked for it.
    assert!(given_up <= agents, "{given_up} scans were given up, with {agents} agents killed");
}

/// Scans; says whether it was acknowledged, and how long that took.
async fn scanned(zebra: &SimSsi, code: &str, trouble: Trouble) -> (bool, Duration) {
    let begun = Instant::now();
    let acknowledged = zebra.scan(QR, code, trouble).await.unwrap();
    (acknowledged, begun.elapsed())
}

/// Until the store has counted so many pieces of a line, or a person goes on.
async fn reaches(store: &Store, order: OrderId, line: u8, wanted: u32) {
    let begun = Instant::now();
    while counts(store, order).await[&line] < wanted && begun.elapsed() < PATIENCE {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn listed(tty: &Path) -> String {
    let tty = tty.display();
    format!(
        "[[devices]]\nid = \"scan-ssi\"\nclass = \"scanner\"\ndriver = \"zebra-ssi\"\nport = \"serial:{tty}\"\n\n"
    )
}

/// What the line does to a scan. That an answer was lost is known to an agent only as long as it lives, so that one is not
/// killed for it.
fn trouble(rng: &mut SmallRng, agent_dies: bool) -> Trouble {
    match rng.random_range(0..8) {
        0 => Trouble::Garbled,
        1 if !agent_dies => Trouble::AckLost,
        _ => Trouble::None,
    }
}

/// Shows the badge until the scanner was answered for it, and scans one piece that counts.
async fn take_scanner(store: &Store, zebra: &SimSsi, order: OrderId, code: &str) {
    let mut tries = 0;
    while !zebra.scan(QR, "LP:p0", Trouble::None).await.unwrap() {
        tries += 1;
        assert!(tries < TRIES, "no agent answers the scanner");
    }
    let counted = store.counted(order).await;
    assert!(zebra.scan(QR, code, Trouble::None).await.unwrap());
    assert!(store.heard(order, counted).await, "a scan after the badge counts");
}

/// Pieces that the store has counted, by line, as soon as it answers.
async fn counts(store: &Store, order: OrderId) -> BTreeMap<u8, u32> {
    let begun = Instant::now();
    loop {
        match store.console.get::<OrderDetail>(&format!("/api/v1/orders/{order}")).await {
            Ok(detail) => {
                return detail.lines.iter().map(|line| (line.line, line.picked.get())).collect();
            }
            Err(error) => assert!(begun.elapsed() < PATIENCE, "{error:?}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Until the agent keeps no scan for the store any more: what will be counted is counted then.
async fn everything_heard(store: &Store) {
    let begun = Instant::now();
    let kept = || -> u32 {
        let path = store.house.dir.join("agent.db");
        let journal = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        let sql = "SELECT count(*) FROM outbox WHERE device = 'scan-ssi'";
        journal.query_row(sql, [], |row| row.get(0)).unwrap()
    };
    while kept() > 0 {
        assert!(begun.elapsed() < PATIENCE * 3, "{} scans never reached the store", kept());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
