//! The whole agent against a real Mosquitto and simulators that speak the real bytes: nothing lost, nothing twice.

#![expect(clippy::unwrap_used, reason = "a test's helpers stop at what must not happen")]

mod common;
#[path = "agent/keyboard.rs"]
mod keyboard;
#[path = "agent/lines.rs"]
mod lines;
#[path = "agent/mqtt5.rs"]
mod mqtt5;
#[path = "agent/scanners.rs"]
mod scanners;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use common::{Broker, Heard, PATIENCE, Store, id, store_id};
use device_drivers::agent::{AgentConfig, run};
use device_drivers::printer::Language;
use device_drivers::sim::{Moment, PrinterTrouble, SimDs18b20, SimPrinter, SimScale, SimScanner};
use firmware_config::{Device, Driver, Port, Settings};
use model::mqtt::{CommandBody, DeviceClass, EventBody, Health, Label, PrintOutcome, Quality};
use model::{Grams, PrintJobId, Timestamp};
use tokio_util::sync::CancellationToken;

fn device(name: &str, driver: Driver, port: Port) -> Device {
    let settings = match driver.line().class {
        DeviceClass::Sensor => Settings { poll_ms: Some(100), ..Settings::default() },
        DeviceClass::Scale => Settings { poll_ms: Some(20), ..Settings::default() },
        DeviceClass::Scanner
        | DeviceClass::Printer
        | DeviceClass::Door
        | DeviceClass::Output
        | DeviceClass::Handheld => Settings::default(),
    };
    Device { id: id(name), class: driver.line().class, driver, port, zone: None, settings }
}

fn config(folder: &Path, broker: &Broker, devices: Vec<Device>) -> AgentConfig {
    AgentConfig {
        store: store_id(),
        broker_host: "127.0.0.1".into(),
        broker_port: broker.port,
        login: None,
        tls: None,
        devices,
        bands: BTreeMap::new(),
        journal: folder.join("agent.db"),
    }
}

/// An agent in a task of its own.
struct Agent {
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

impl Agent {
    fn start(config: AgentConfig) -> Self {
        let stop = CancellationToken::new();
        let token = stop.clone();
        Self { stop, task: tokio::spawn(async move { run(config, token).await.unwrap() }) }
    }

    async fn stop(self) {
        self.stop.cancel();
        tokio::time::timeout(PATIENCE, self.task).await.unwrap().unwrap();
    }

    /// As kill -9 does: no farewell, nothing is put in order.
    async fn kill(self) {
        self.task.abort();
        let _ = self.task.await;
    }
}

fn scanned(heard: &Heard) -> Option<String> {
    match heard {
        Heard::Event(_, event) => match &event.body {
            EventBody::Scan { text, .. } => Some(text.clone()),
            EventBody::Reading { .. }
            | EventBody::Weight { .. }
            | EventBody::Print { .. }
            | EventBody::Door { .. } => None,
        },
        Heard::Birth(..) | Heard::State(..) => None,
    }
}

fn printed(heard: &Heard) -> Option<(PrintJobId, PrintOutcome)> {
    match heard {
        Heard::Event(_, event) => match event.body {
            EventBody::Print { job, outcome } => Some((job, outcome)),
            EventBody::Scan { .. }
            | EventBody::Reading { .. }
            | EventBody::Weight { .. }
            | EventBody::Door { .. } => None,
        },
        Heard::Birth(..) | Heard::State(..) => None,
    }
}

fn health(name: &'static str, want: Health) -> impl FnMut(&Heard) -> Option<String> {
    move |heard| match heard {
        Heard::State(device, state) if *device == id(name) && state.health == want => {
            Some(state.detail.clone())
        }
        Heard::State(..) | Heard::Birth(..) | Heard::Event(..) => None,
    }
}

fn bag_label(n: u8) -> Label {
    Label::Bag {
        number: format!("4K{n}"),
        bag: 1,
        of: 1,
        code: format!("LB:4K{n}-1-9F3A"),
        cold: false,
        fragile: false,
        first_name: "Ravi".into(),
        duplicate: false,
    }
}

fn job(n: u128) -> PrintJobId {
    PrintJobId::new(Timestamp::from_ms(1_795_000_000_000), n)
}

fn print(n: u8) -> CommandBody {
    CommandBody::Print { job: job(u128::from(n)), label: Box::new(bag_label(n)), waited_ms: 0 }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scans_readings_and_weights_arrive() {
    let folder = tempfile::tempdir().unwrap();
    let broker = Broker::start(folder.path()).await;
    let [tty, scale_tty, w1] = ["scanner", "scale", "w1/28-01"].map(|name| folder.path().join(name));
    let mut scanner = SimScanner::plug_in(&tty).unwrap();
    let scale = SimScale::plug_in(&scale_tty).unwrap();
    let sensor = SimDs18b20::plug_in(&w1, 4_000).unwrap();
    let devices = vec![
        device("sc-1", Driver::SerialLines, Port::Serial(tty)),
        device("scale-1", Driver::ToledoW, Port::Serial(scale_tty)),
        device("t-1", Driver::Ds18b20, Port::File(w1)),
    ];
    let mut store = Store::listen(broker.port, true).await;
    let agent = Agent::start(config(folder.path(), &broker, devices));

    let birth = store.until(|heard| match heard {
        Heard::Birth(device, birth) if *device == id("sc-1") => Some(birth.clone()),
        Heard::Birth(..) | Heard::State(..) | Heard::Event(..) => None,
    });
    assert_eq!(birth.await.driver, "serial-lines");
    store.until(health("sc-1", Health::Ok)).await;
    scanner.send(b"]E09521321").await.unwrap();
    scanner.send(b"109995\r\nnoise\x07\r").await.unwrap();
    scanner.scan("]Q1LB:4K7-1-9F3A").await.unwrap();
    assert_eq!(store.until(scanned).await, "9521321109995");
    assert_eq!(store.until(scanned).await, "LB:4K7-1-9F3A", "the disturbed line went nowhere");

    scale.set_weight(Grams(1_250));
    let weight = |heard: &Heard| match heard {
        Heard::Event(_, event) => match event.body {
            EventBody::Weight { grams } => grams,
            EventBody::Scan { .. }
            | EventBody::Reading { .. }
            | EventBody::Print { .. }
            | EventBody::Door { .. } => None,
        },
        Heard::Birth(..) | Heard::State(..) => None,
    };
    assert_eq!(store.until(weight).await, Grams(1_250));

    let reading = |want: Quality| {
        move |heard: &Heard| match heard {
            Heard::Event(_, event) => match event.body {
                EventBody::Reading { milli_c, quality, .. } if quality == want => Some(milli_c),
                EventBody::Reading { .. }
                | EventBody::Scan { .. }
                | EventBody::Weight { .. }
                | EventBody::Print { .. }
                | EventBody::Door { .. } => None,
            },
            Heard::Birth(..) | Heard::State(..) => None,
        }
    };
    assert_eq!(store.until(reading(Quality::Good)).await, Some(4_000));
    sensor.set_crc_error(4_000).unwrap();
    assert_eq!(store.until(reading(Quality::CrcError)).await, None);
    sensor.silence().unwrap();
    assert_eq!(store.until(reading(Quality::Silent)).await, None);
    sensor.set(4_500).unwrap();
    assert_eq!(store.until(reading(Quality::Good)).await, Some(4_500));
    agent.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unplug_and_replug_are_normal_events() {
    let folder = tempfile::tempdir().unwrap();
    let broker = Broker::start(folder.path()).await;
    let tty = folder.path().join("scanner");
    let mut scanner = SimScanner::plug_in(&tty).unwrap();
    let mut store = Store::listen(broker.port, true).await;
    let devices = vec![device("sc-1", Driver::SerialLines, Port::Serial(tty))];
    let agent = Agent::start(config(folder.path(), &broker, devices));
    store.until(health("sc-1", Health::Ok)).await;
    scanner.send(b"half a li").await.unwrap();
    scanner.unplug();
    store.until(health("sc-1", Health::Down)).await;
    scanner.replug().unwrap();
    store.until(health("sc-1", Health::Ok)).await;
    scanner.scan("LP:asha").await.unwrap();
    assert_eq!(store.until(scanned).await, "LP:asha", "the half line before the unplug is gone");
    agent.stop().await;
}

/// The broker dies with everything it holds; the agent dies too; every scan reaches the store all the same, in order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_scan_is_lost_when_broker_and_agent_die() {
    let folder = tempfile::tempdir().unwrap();
    let mut broker = Broker::start(folder.path()).await;
    let tty = folder.path().join("scanner");
    let mut scanner = SimScanner::plug_in(&tty).unwrap();
    let devices = vec![device("sc-1", Driver::SerialLines, Port::Serial(tty))];
    let mut store = Store::listen(broker.port, true).await;
    let agent = Agent::start(config(folder.path(), &broker, devices.clone()));
    store.until(health("sc-1", Health::Ok)).await;
    let journal = folder.path().join("agent.db");
    broker.kill();
    for n in 1..=50 {
        scanner.scan(&format!("code-{n}")).await.unwrap();
    }
    wait_for(|| kept_events(&journal) == 50).await;
    agent.kill().await;
    drop(store);
    let agent = Agent::start(config(folder.path(), &broker, devices));
    broker.restart().await;
    let mut store = Store::listen(broker.port, true).await;
    // A broker that was killed has forgotten the store: what the agent sends before it listens again comes once more,
    // after the rest.
    let mut seen = BTreeSet::new();
    while seen.len() < 50 {
        seen.insert(store.until(scanned).await);
    }
    assert_eq!(seen, (1..=50).map(|n| format!("code-{n}")).collect());
    wait_for(|| kept_events(&journal) == 0).await;
    agent.stop().await;
}

/// A store that hears but never confirms: the broker's acknowledgement alone deletes nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scan_is_kept_until_the_store_confirms_it() {
    let folder = tempfile::tempdir().unwrap();
    let broker = Broker::start(folder.path()).await;
    let tty = folder.path().join("scanner");
    let mut scanner = SimScanner::plug_in(&tty).unwrap();
    let devices = vec![device("sc-1", Driver::SerialLines, Port::Serial(tty))];
    let mut mute = Store::listen(broker.port, false).await;
    let agent = Agent::start(config(folder.path(), &broker, devices));
    mute.until(health("sc-1", Health::Ok)).await;
    scanner.scan("once").await.unwrap();
    let first = mute.until(event_id).await;
    let journal = folder.path().join("agent.db");
    wait_for(|| kept_events(&journal) == 1).await;
    drop(mute);
    // It comes again under the same id, and the confirmation ends it.
    let mut store = Store::listen(broker.port, true).await;
    assert_eq!(store.until(event_id).await, first);
    wait_for(|| kept_events(&journal) == 0).await;
    agent.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn labels_print_once_and_paper_out_is_waited_for() {
    for (language, driver) in [(Language::Escpos, Driver::Escpos), (Language::Zpl, Driver::Zpl)] {
        let folder = tempfile::tempdir().unwrap();
        let broker = Broker::start(folder.path()).await;
        let printer = SimPrinter::start(language, "127.0.0.1:0".parse().unwrap()).await.unwrap();
        let mut store = Store::listen(broker.port, true).await;
        let devices = vec![device("pr-1", driver, Port::Tcp(printer.address().to_string()))];
        let agent = Agent::start(config(folder.path(), &broker, devices));
        store.until(health("pr-1", Health::Ok)).await;
        store.command(DeviceClass::Printer, "pr-1", print(1)).await;
        store.command(DeviceClass::Printer, "pr-1", print(1)).await;
        assert_eq!(store.until(printed).await, (job(1), PrintOutcome::Done));

        printer.set(|switches| switches.paper_out = true);
        assert_eq!(store.until(health("pr-1", Health::Down)).await, "paper is out");
        store.command(DeviceClass::Printer, "pr-1", print(2)).await;
        printer.set(|switches| (switches.paper_out, switches.cover_open) = (false, true));
        let open = |heard: &Heard| match heard {
            Heard::State(_, state) if state.detail == "the cover is open" => Some(state.queued),
            Heard::State(..) | Heard::Birth(..) | Heard::Event(..) => None,
        };
        store.until(open).await;
        assert_eq!(printer.jobs().len(), 1);
        printer.set(|switches| switches.cover_open = false);
        assert_eq!(store.until(printed).await, (job(2), PrintOutcome::Done));
        // Asked again after the end: the same answer, no second print.
        store.command(DeviceClass::Printer, "pr-1", print(1)).await;
        assert_eq!(store.until(printed).await, (job(1), PrintOutcome::Done));
        store.command(DeviceClass::Printer, "pr-1", print(3)).await;
        assert_eq!(store.until(printed).await, (job(3), PrintOutcome::Done));
        let jobs = printer.jobs();
        assert_eq!(jobs.len(), 3, "{driver:?}");
        for (n, bytes) in jobs.iter().enumerate() {
            let text = String::from_utf8_lossy(bytes);
            assert!(text.contains(&format!("4K{}", n + 1)), "{text}");
        }
        agent.stop().await;
    }
}

/// An hour without paper, thirty jobs, and an agent that is started anew before it is back: the first job and the fresh ones
/// are printed, the others are a person's to ask for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn paper_that_is_back_prints_no_backlog_unasked() {
    for restarts in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let broker = Broker::start(folder.path()).await;
        let printer = SimPrinter::start(Language::Zpl, "127.0.0.1:0".parse().unwrap()).await.unwrap();
        printer.set(|switches| switches.paper_out = true);
        let mut store = Store::listen(broker.port, true).await;
        let devices = vec![device("pr-1", Driver::Zpl, Port::Tcp(printer.address().to_string()))];
        let mut agent = Agent::start(config(folder.path(), &broker, devices.clone()));
        let out = |heard: &Heard| matches!(heard, Heard::State(_, state) if state.detail == "paper is out");
        store.until(|heard| out(heard).then_some(())).await;
        // As the store says them when it hears of the printer again: how long each has waited, the oldest first.
        for n in 1..=30_u8 {
            let waited_ms = u64::from(62 - 2 * n) * 60_000;
            let body =
                CommandBody::Print { job: job(u128::from(n)), label: Box::new(bag_label(n)), waited_ms };
            store.command(DeviceClass::Printer, "pr-1", body).await;
        }
        let journal = folder.path().join("agent.db");
        wait_for(|| count(&journal, "SELECT count(*) FROM print_job") == 30).await;
        if restarts {
            agent.kill().await;
            agent = Agent::start(config(folder.path(), &broker, devices));
            store.until(|heard| out(heard).then_some(())).await;
        }
        printer.set(|switches| switches.paper_out = false);
        let mut ended = BTreeMap::new();
        while ended.len() < 30 {
            let (job, outcome) = store.until(printed).await;
            ended.insert(job, outcome);
        }
        let done: Vec<u8> = (1..=30).filter(|n| ended[&job(u128::from(*n))] == PrintOutcome::Done).collect();
        assert_eq!(done, [1, 27, 28, 29, 30], "restarted: {restarts}");
        let others = ended.values().filter(|outcome| **outcome == PrintOutcome::Rejected).count();
        assert_eq!((others, printer.jobs().len()), (25, 5));
        agent.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn power_lost_in_the_middle_is_in_doubt_and_is_not_printed_again() {
    let folder = tempfile::tempdir().unwrap();
    let broker = Broker::start(folder.path()).await;
    let printer = SimPrinter::start(Language::Escpos, "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let mut store = Store::listen(broker.port, true).await;
    let devices = vec![device("pr-1", Driver::Escpos, Port::Tcp(printer.address().to_string()))];
    let agent = Agent::start(config(folder.path(), &broker, devices));
    store.until(health("pr-1", Health::Ok)).await;
    // Enough for the beginning of the label.
    printer.set(|switches| switches.breaks = Some((Moment::Bytes(150), PrinterTrouble::Power)));
    store.command(DeviceClass::Printer, "pr-1", print(1)).await;
    assert_eq!(store.until(printed).await, (job(1), PrintOutcome::InDoubt));
    store.until(health("pr-1", Health::Down)).await;
    store.command(DeviceClass::Printer, "pr-1", print(2)).await;
    printer.set(|switches| switches.power = true);
    assert_eq!(store.until(printed).await, (job(2), PrintOutcome::Done));
    store.command(DeviceClass::Printer, "pr-1", print(1)).await;
    assert_eq!(
        store.until(printed).await,
        (job(1), PrintOutcome::InDoubt),
        "the same doubt, not a second print"
    );
    assert_eq!((printer.jobs().len(), printer.torn_pages()), (1, 1));
    agent.stop().await;
}

/// kill -9 while bytes are on their way to a printer without paper: after the restart the job is in doubt.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_killed_while_printing_never_prints_twice() {
    let folder = tempfile::tempdir().unwrap();
    let broker = Broker::start(folder.path()).await;
    let printer = SimPrinter::start(Language::Escpos, "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let mut store = Store::listen(broker.port, true).await;
    let devices = vec![device("pr-1", Driver::Escpos, Port::Tcp(printer.address().to_string()))];
    let agent = Agent::start(config(folder.path(), &broker, devices.clone()));
    store.until(health("pr-1", Health::Ok)).await;
    printer.set(|switches| switches.job_time = Duration::from_millis(1_000));
    store.command(DeviceClass::Printer, "pr-1", print(1)).await;
    let journal = folder.path().join("agent.db");
    wait_for(|| started_jobs(&journal) == 1).await;
    agent.kill().await;
    let agent = Agent::start(config(folder.path(), &broker, devices));
    assert_eq!(store.until(printed).await, (job(1), PrintOutcome::InDoubt));
    printer.set(|switches| switches.job_time = Duration::ZERO);
    store.command(DeviceClass::Printer, "pr-1", print(2)).await;
    // The outcome of the first may come once more: its confirmation and the new agent's session can miss each other.
    let second = |heard: &Heard| printed(heard).filter(|(which, _)| *which == job(2));
    assert_eq!(store.until(second).await, (job(2), PrintOutcome::Done));
    let firsts = printer.jobs().iter().filter(|bytes| String::from_utf8_lossy(bytes).contains("4K1")).count();
    assert!(firsts <= 1, "printed {firsts} times");
    agent.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_printer_without_status_is_never_called_done_and_a_mute_one_keeps_the_job() {
    let folder = tempfile::tempdir().unwrap();
    let broker = Broker::start(folder.path()).await;
    let printer = SimPrinter::start(Language::Escpos, "127.0.0.1:0".parse().unwrap()).await.unwrap();
    printer.set(|switches| switches.mute = true);
    let mut store = Store::listen(broker.port, true).await;
    let mut silent = device("pr-1", Driver::Escpos, Port::Tcp(printer.address().to_string()));
    silent.settings.reports_status = Some(false);
    let agent = Agent::start(config(folder.path(), &broker, vec![silent.clone()]));
    store.until(health("pr-1", Health::Ok)).await;
    store.command(DeviceClass::Printer, "pr-1", print(1)).await;
    assert_eq!(store.until(printed).await, (job(1), PrintOutcome::SentUnconfirmed));
    printer.wait_for_jobs(1, PATIENCE).await.unwrap();
    agent.stop().await;

    silent.settings.reports_status = Some(true);
    let agent = Agent::start(config(folder.path(), &broker, vec![silent]));
    store.command(DeviceClass::Printer, "pr-1", print(2)).await;
    let unanswered = store.until(|heard| match heard {
        Heard::State(_, state) if state.detail.contains("did not answer") => Some(state.queued),
        Heard::State(..) | Heard::Birth(..) | Heard::Event(..) => None,
    });
    unanswered.await;
    assert_eq!(printer.jobs().len(), 1, "unknown status is never ready");
    printer.set(|switches| switches.mute = false);
    assert_eq!(store.until(printed).await, (job(2), PrintOutcome::Done));
    agent.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_label_that_cannot_be_printed_is_rejected_and_a_broken_command_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let broker = Broker::start(folder.path()).await;
    let printer = SimPrinter::start(Language::Zpl, "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let mut store = Store::listen(broker.port, true).await;
    let devices = vec![device("pr-1", Driver::Zpl, Port::Tcp(printer.address().to_string()))];
    let agent = Agent::start(config(folder.path(), &broker, devices));
    store.until(health("pr-1", Health::Ok)).await;
    for broken in ["", "{", "[]", "{\"id\":1}", "\u{0}\u{1}"] {
        let topic = "ds/v1/s1/printer/pr-1/cmd";
        store.client.publish(topic, rumqttc::v5::mqttbytes::QoS::AtLeastOnce, false, broken).await.unwrap();
    }
    // There is a font for Devanagari and none for Tamil, whose name is left out; a code that no square holds is the label.
    let long = format!("LL:{}", "x".repeat(400));
    for (n, name, code, outcome) in [
        (8, "दही", "LL:L-7", PrintOutcome::Done),
        (9, "தயிர்", "LL:L-7", PrintOutcome::Done),
        (10, "Curd", long.as_str(), PrintOutcome::Rejected),
    ] {
        let lot = Label::Lot {
            name: name.into(),
            gtin: String::new(),
            code: code.into(),
            expiry: String::new(),
            duplicate: false,
        };
        store
            .command(
                DeviceClass::Printer,
                "pr-1",
                CommandBody::Print { job: job(n), label: Box::new(lot), waited_ms: 0 },
            )
            .await;
        assert_eq!(store.until(printed).await, (job(n), outcome));
    }
    store.command(DeviceClass::Printer, "pr-1", print(1)).await;
    assert_eq!(store.until(printed).await, (job(1), PrintOutcome::Done));
    assert_eq!(printer.jobs().len(), 3);
    agent.stop().await;
}

/// A will tells of a killed agent; its session number keeps it from burying the next birth.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_agent_is_lost_and_its_successor_has_a_higher_session() {
    let folder = tempfile::tempdir().unwrap();
    let broker = Broker::start(folder.path()).await;
    let tty = folder.path().join("scanner");
    let _scanner = SimScanner::plug_in(&tty).unwrap();
    let devices = vec![device("sc-1", Driver::SerialLines, Port::Serial(tty))];
    let mut store = Store::listen(broker.port, true).await;
    let agent = Agent::start(config(folder.path(), &broker, devices.clone()));
    store.until(health("sc-1", Health::Ok)).await;
    agent.kill().await;
    let lost = |heard: &Heard| match heard {
        Heard::State(_, state) if state.health == Health::Lost => Some(state.session),
        Heard::State(..) | Heard::Birth(..) | Heard::Event(..) => None,
    };
    let first = store.until(lost).await;
    let agent = Agent::start(config(folder.path(), &broker, devices));
    let second = store.until(|heard| match heard {
        Heard::Birth(_, birth) => Some(birth.session),
        Heard::State(..) | Heard::Event(..) => None,
    });
    assert!(second.await > first);
    agent.stop().await;
}

fn event_id(heard: &Heard) -> Option<model::CommandId> {
    match heard {
        Heard::Event(_, event) => Some(event.id),
        Heard::Birth(..) | Heard::State(..) => None,
    }
}

fn count(journal: &Path, sql: &str) -> i64 {
    let db =
        rusqlite::Connection::open_with_flags(journal, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    db.query_row(sql, [], |row| row.get(0)).unwrap()
}

fn kept_events(journal: &Path) -> i64 {
    count(journal, "SELECT count(*) FROM outbox")
}

fn started_jobs(journal: &Path) -> i64 {
    count(journal, "SELECT count(*) FROM print_job WHERE state = 'started'")
}

/// Looks until it is so; a test fails after its patience.
async fn wait_for(mut so: impl FnMut() -> bool) {
    let looking = async {
        while !so() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, looking).await.unwrap();
}
