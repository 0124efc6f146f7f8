//! Scanners through the whole agent, a real Mosquitto, and simulators that speak the real bytes: what is acknowledged is
//! kept, what is repeated counts once, and what the store says is heard at the scanner.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use super::common::{Broker, Heard, PATIENCE, Store, id};
use super::{Agent, config, device, health, scanned, wait_for};
use device_drivers::db::Journal;
use device_drivers::scanner::ssi::opcode;
use device_drivers::scanner::wedge::typed;
use device_drivers::sim::{SimScanner, SimSsi, SimWedge, Trouble};
use firmware_config::{Driver, Port, Settings};
use model::mqtt::{CommandBody, DeviceClass, Event, EventBody, Health, Separators, Signal};
use model::{CommandId, Timestamp};

const EAN13: u8 = 0x0B;
const EAN8: u8 = 0x0A;

fn battery(heard: &Heard) -> Option<u8> {
    match heard {
        Heard::State(device, state) if *device == id("sc-1") => state.battery_pct,
        Heard::State(..) | Heard::Birth(..) | Heard::Event(..) => None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_zebra_scanner_is_answered_and_what_it_repeats_counts_once() {
    let folder = tempfile::tempdir().unwrap();
    let broker = Broker::start(folder.path()).await;
    let tty = folder.path().join("scanner");
    let scanner = SimSsi::plug_in(&tty).unwrap();
    let mut store = Store::listen(broker.port, true).await;
    let devices = vec![device("sc-1", Driver::ZebraSsi, Port::Serial(tty))];
    let agent = Agent::start(config(folder.path(), &broker, devices));
    assert_eq!(store.until(battery).await, 80);

    assert!(scanner.scan(EAN13, "9521321109995", Trouble::AckLost).await.unwrap());
    assert!(scanner.scan(EAN8, "96385074", Trouble::Garbled).await.unwrap());
    let long: String = ('a'..='z').cycle().take(300).collect();
    assert!(scanner.scan(0x1C, &long, Trouble::None).await.unwrap());
    for want in ["9521321109995", "96385074", long.as_str()] {
        assert_eq!(store.until(scanned).await, want);
    }

    let beeps = |scanner: &SimSsi| {
        let heard = scanner.commands().into_iter();
        heard.filter(|(word, _)| matches!(*word, opcode::BEEP | opcode::LED_ON)).collect::<Vec<_>>()
    };
    // Applied by the store: the green lamp.
    wait_for(|| beeps(&scanner).contains(&(opcode::LED_ON, vec![1]))).await;
    assert!(!beeps(&scanner).iter().any(|(word, _)| *word == opcode::BEEP));
    let signal = CommandBody::Signal { signal: Signal::Wrong };
    store.command(DeviceClass::Scanner, "sc-1", signal).await;
    wait_for(|| beeps(&scanner).contains(&(opcode::BEEP, vec![0x12]))).await;

    drop(scanner);
    store.until(health("sc-1", Health::Down)).await;
    let scanner = SimSsi::plug_in(&folder.path().join("scanner")).unwrap();
    store.until(health("sc-1", Health::Ok)).await;
    assert!(scanner.scan(EAN13, "9521321109995", Trouble::None).await.unwrap());
    assert_eq!(store.until(scanned).await, "9521321109995");
    agent.stop().await;
}

/// No answer of the store is needed for the acknowledgement: the journal keeps the scan while the broker is away.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_is_acknowledged_when_it_is_kept_even_without_a_broker() {
    let folder = tempfile::tempdir().unwrap();
    let mut broker = Broker::start(folder.path()).await;
    let tty = folder.path().join("scanner");
    let scanner = SimSsi::plug_in(&tty).unwrap();
    broker.kill();
    let devices = vec![device("sc-1", Driver::ZebraSsi, Port::Serial(tty))];
    let agent = Agent::start(config(folder.path(), &broker, devices.clone()));
    assert!(scanner.scan(EAN13, "9521321109995", Trouble::None).await.unwrap());
    agent.kill().await;
    broker.restart().await;
    let mut store = Store::listen(broker.port, true).await;
    let agent = Agent::start(config(folder.path(), &broker, devices));
    assert_eq!(store.until(scanned).await, "9521321109995");
    agent.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_serial_scanner_hears_whether_its_scan_was_good() {
    let folder = tempfile::tempdir().unwrap();
    let broker = Broker::start(folder.path()).await;
    let tty = folder.path().join("scanner");
    let mut scanner = SimScanner::plug_in(&tty).unwrap();
    let mut store = Store::listen(broker.port, true).await;
    let mut serial = device("sc-1", Driver::SerialLines, Port::Serial(tty));
    serial.settings = Settings {
        feedback_ok: Some("\u{6}".into()),
        feedback_bad: Some("\u{7}!".into()),
        ..Settings::default()
    };
    let agent = Agent::start(config(folder.path(), &broker, vec![serial]));
    store.until(health("sc-1", Health::Ok)).await;
    scanner.scan("]E09521321109995").await.unwrap();
    assert_eq!(store.until(scanned).await, "9521321109995");
    let hear = async |scanner: &mut SimScanner| tokio::time::timeout(PATIENCE, scanner.hear()).await.unwrap();
    assert_eq!(hear(&mut scanner).await.unwrap(), b"\x06");
    for disturbed in ["]E09521321109994", "]E0952132110]E09521321109995", "]E0\u{1}"] {
        scanner.scan(disturbed).await.unwrap();
        assert_eq!(hear(&mut scanner).await.unwrap(), b"\x07!", "{disturbed:?}");
    }
    // The end of this line never comes; the next scan is not glued to it.
    scanner.send(b"]E0952132").await.unwrap();
    assert_eq!(hear(&mut scanner).await.unwrap(), b"\x07!");
    tokio::time::sleep(Duration::from_millis(10)).await;
    scanner.scan("LP:asha").await.unwrap();
    assert_eq!(store.until(scanned).await, "LP:asha");
    assert_eq!(hear(&mut scanner).await.unwrap(), b"\x06");
    agent.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scanner_that_types_is_read_through_unplug_and_replug() {
    let folder = tempfile::tempdir().unwrap();
    let broker = Broker::start(folder.path()).await;
    let tty = folder.path().join("keyboard");
    let mut scanner = SimWedge::plug_in(&tty).unwrap();
    let mut store = Store::listen(broker.port, true).await;
    let devices = vec![device("sc-1", Driver::HidWedge, Port::File(tty))];
    let agent = Agent::start(config(folder.path(), &broker, devices));
    store.until(health("sc-1", Health::Ok)).await;
    for text in ["9521321109995", "LP:asha", "https://id.gs1.org/01/09521321109995?17=261200"] {
        scanner.scan(text).await.unwrap();
        assert_eq!(store.until(scanned).await, text);
    }
    scanner.scan("010952132110999510L-7\u{1d}17261200").await.unwrap();
    assert_eq!(store.until(scanned).await, "010952132110999510L-7\u{1d}17261200");
    let half = typed("96385", Duration::from_secs(60), Duration::from_millis(2));
    scanner.send(&half[..6]).await.unwrap();
    scanner.unplug();
    store.until(health("sc-1", Health::Down)).await;
    scanner.replug().unwrap();
    store.until(health("sc-1", Health::Ok)).await;
    scanner.scan("LP:ravi").await.unwrap();
    assert_eq!(store.until(scanned).await, "LP:ravi", "the half code before the unplug is gone");
    agent.stop().await;
}

/// A disk that takes nothing more.
fn refuse_scans(journal: &Path, refuse: bool) {
    let db = rusqlite::Connection::open(journal).unwrap();
    let full = "CREATE TRIGGER full BEFORE INSERT ON outbox BEGIN SELECT RAISE(FAIL, 'disk full'); END";
    db.execute_batch(if refuse { full } else { "DROP TRIGGER full" }).unwrap();
}

/// The ids of the scans that the store hears until it hears this text.
async fn ids_until(store: &mut Store, last: &str) -> BTreeSet<CommandId> {
    let mut ids = BTreeSet::new();
    store
        .until(|heard| match heard {
            Heard::Event(..) if scanned(heard).as_deref() == Some(last) => Some(()),
            Heard::Event(_, event) => {
                ids.insert(event.id);
                None
            }
            Heard::Birth(..) | Heard::State(..) => None,
        })
        .await;
    ids
}

/// What a scanner beeps well for is kept: a code that the journal refuses is not acknowledged, not even when it is repeated,
/// and after the outage the store has each code once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_that_cannot_be_kept_is_not_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let mut broker = Broker::start(folder.path()).await;
    let (tty, journal) = (folder.path().join("scanner"), folder.path().join("agent.db"));
    let scanner = SimSsi::plug_in(&tty).unwrap();
    broker.kill();
    let devices = vec![device("sc-1", Driver::ZebraSsi, Port::Serial(tty))];
    let agent = Agent::start(config(folder.path(), &broker, devices.clone()));
    // A code that is sent before anybody listens is repeated, and an acknowledgement says not of which copy it is.
    wait_for(|| !scanner.commands().is_empty()).await;
    assert!(scanner.scan(EAN13, "9521321109995", Trouble::None).await.unwrap());
    refuse_scans(&journal, true);
    let long: String = ('a'..='z').cycle().take(300).collect();
    assert!(!scanner.scan(EAN8, "96385074", Trouble::None).await.unwrap());
    assert!(!scanner.scan(0x1C, &long, Trouble::None).await.unwrap());
    refuse_scans(&journal, false);
    assert!(scanner.scan(EAN8, "96385074", Trouble::None).await.unwrap());
    assert!(scanner.scan(0x1C, &long, Trouble::None).await.unwrap());
    agent.kill().await;
    broker.restart().await;
    let mut store = Store::listen(broker.port, true).await;
    let agent = Agent::start(config(folder.path(), &broker, devices));
    for want in ["9521321109995", "96385074", long.as_str()] {
        assert_eq!(store.until(scanned).await, want);
    }
    agent.stop().await;
}

/// The store hears a scan that the journal refused, the person hears that it was not taken and scans again: one event.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scan_that_was_not_kept_counts_once_however_often_it_is_tried() {
    let folder = tempfile::tempdir().unwrap();
    let broker = Broker::start(folder.path()).await;
    let (zebra, serial) = (folder.path().join("zebra"), folder.path().join("serial"));
    let journal = folder.path().join("agent.db");
    let (ssi, mut lines) = (SimSsi::plug_in(&zebra).unwrap(), SimScanner::plug_in(&serial).unwrap());
    let mut store = Store::listen(broker.port, true).await;
    let mut second = device("sc-2", Driver::SerialLines, Port::Serial(serial));
    second.settings = Settings {
        feedback_ok: Some("\u{6}".into()),
        feedback_bad: Some("\u{7}!".into()),
        ..Settings::default()
    };
    let devices = vec![device("sc-1", Driver::ZebraSsi, Port::Serial(zebra)), second];
    let agent = Agent::start(config(folder.path(), &broker, devices));
    store.until(health("sc-1", Health::Ok)).await;
    let hear =
        async |lines: &mut SimScanner| tokio::time::timeout(PATIENCE, lines.hear()).await.unwrap().unwrap();

    refuse_scans(&journal, true);
    // It gives up or not, as the store's answer comes late or early; then a person tries again.
    let tries = async { while !ssi.scan(EAN13, "9521321109995", Trouble::None).await.unwrap() {} };
    tokio::time::timeout(PATIENCE, tries).await.unwrap();
    refuse_scans(&journal, false);
    assert!(ssi.scan(EAN8, "96385074", Trouble::None).await.unwrap());
    assert_eq!(ids_until(&mut store, "96385074").await.len(), 1);

    refuse_scans(&journal, true);
    lines.scan("LP:asha").await.unwrap();
    assert_eq!(hear(&mut lines).await, b"\x07!", "what is not kept sounds wrong");
    refuse_scans(&journal, false);
    lines.scan("LP:asha").await.unwrap();
    assert_eq!(hear(&mut lines).await, b"\x06");
    lines.scan("LP:ravi").await.unwrap();
    assert_eq!(ids_until(&mut store, "LP:ravi").await.len(), 1);
    agent.stop().await;
}

#[expect(clippy::disallowed_methods, reason = "the agent holds a kept code against its own clock")]
fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp::from_ms(i64::try_from(since.as_millis()).unwrap())
}

/// Killed between the journal's commit and the acknowledgement: the scanner repeats the code to the next agent, and the store
/// hears one scan. A code whose acknowledgement has left is another one when it comes again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_that_was_kept_and_not_acknowledged_counts_once() {
    let folder = tempfile::tempdir().unwrap();
    let broker = Broker::start(folder.path()).await;
    let (tty, path) = (folder.path().join("scanner"), folder.path().join("agent.db"));
    let scanner = SimSsi::plug_in(&tty).unwrap();
    let devices = vec![device("sc-1", Driver::ZebraSsi, Port::Serial(tty))];
    let mut store = Store::listen(broker.port, true).await;
    let at = now();
    let (text, aim) = ("9521321109995".to_owned(), Some("]E0".to_owned()));
    let body = EventBody::Scan { text, aim, separators: Separators::Trusted };
    let event = Event { id: CommandId::new(at, 7), at, session: 1, seq: 1, body };
    Journal::open(&path).unwrap().add_code(&id("sc-1"), &event, b"]E09521321109995").unwrap();

    let agent = Agent::start(config(folder.path(), &broker, devices));
    wait_for(|| !scanner.commands().is_empty()).await;
    assert!(scanner.scan(EAN13, "9521321109995", Trouble::SentBefore).await.unwrap());
    assert!(scanner.scan(EAN8, "96385074", Trouble::None).await.unwrap());
    assert_eq!(ids_until(&mut store, "96385074").await, BTreeSet::from([event.id]));
    assert!(scanner.scan(EAN13, "9521321109995", Trouble::None).await.unwrap());
    assert_eq!(store.until(scanned).await, "9521321109995", "a person's own");
    wait_for(|| super::count(&path, "SELECT count(*) FROM last_code") == 0).await;
    agent.stop().await;
}
