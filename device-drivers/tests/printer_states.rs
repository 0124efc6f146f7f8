//! Every trouble of a printer at every moment of a job, in both languages: nothing silent, nothing twice. What stopped goes
//! on when it is mended and is printed once; what lost its power is in doubt and is never printed again by itself.

#![expect(clippy::unwrap_used, reason = "a test's helpers stop at what must not happen")]

mod common;

use std::collections::BTreeMap;

use common::{Broker, Heard, PATIENCE, Store, command_id, id, store_id};
use device_drivers::agent::{AgentConfig, run};
use device_drivers::printer::{Language, Press};
use device_drivers::sim::{Moment, PrinterTrouble, SimPrinter, Switches};
use firmware_config::{Device, Driver, Port, Settings};
use model::mqtt::{CommandBody, DeviceClass, EventBody, Health, Label, PrintOutcome, ReplyOutcome};
use model::{PrintJobId, Timestamp};
use tokio_util::sync::CancellationToken;

/// An agent with one printer, its broker and its store.
struct House {
    store: Store,
    printer: SimPrinter,
    language: Language,
    next: u8,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
    broker: Broker,
    _folder: tempfile::TempDir,
}

impl House {
    async fn open(language: Language) -> Self {
        let printer = SimPrinter::start(language, "127.0.0.1:0".parse().unwrap()).await.unwrap();
        let port = Port::Tcp(printer.address().to_string());
        Self::with(language, tempfile::tempdir().unwrap(), printer, port).await
    }

    async fn with(language: Language, folder: tempfile::TempDir, printer: SimPrinter, port: Port) -> Self {
        let broker = Broker::start(folder.path()).await;
        let store = Store::listen(broker.port, true).await;
        let driver = match language {
            Language::Escpos => Driver::Escpos,
            Language::Zpl => Driver::Zpl,
        };
        let settings = Settings::default();
        let device =
            Device { id: id("pr-1"), class: DeviceClass::Printer, driver, port, zone: None, settings };
        let config = AgentConfig {
            store: store_id(),
            broker_host: "127.0.0.1".into(),
            broker_port: broker.port,
            login: None,
            tls: None,
            devices: vec![device],
            bands: BTreeMap::new(),
            journal: folder.path().join("agent.db"),
        };
        let stop = CancellationToken::new();
        let token = stop.clone();
        let task = tokio::spawn(async move { run(config, token).await.unwrap() });
        let mut house = Self { store, printer, language, next: 0, stop, task, broker, _folder: folder };
        house.until(Health::Ok, "").await;
        assert_eq!(house.store.capability("pr-1").await.driver, driver.line().word);
        house
    }

    fn label(n: u8) -> Label {
        Label::Bag {
            number: format!("4K{n:03}"),
            bag: 1,
            of: 1,
            code: format!("LB:4K{n:03}-1-9F3A"),
            cold: false,
            fragile: false,
            first_name: "Ravi".into(),
            duplicate: false,
        }
    }

    fn job(n: u8) -> PrintJobId {
        PrintJobId::new(Timestamp::from_ms(1_795_000_000_000), u128::from(n))
    }

    /// Bytes of one label.
    fn bytes(&self) -> usize {
        let press = Press::of(self.language, &Settings::default());
        press.print(&Self::label(1), Self::job(1)).unwrap().len()
    }

    async fn order(&mut self) -> u8 {
        self.next += 1;
        let body = CommandBody::Print {
            job: Self::job(self.next),
            label: Box::new(Self::label(self.next)),
            waited_ms: 0,
        };
        self.store.command(DeviceClass::Printer, "pr-1", body).await;
        let answer = self.store.reply().await;
        assert_eq!((answer.device, answer.reply.outcome), (id("pr-1"), ReplyOutcome::Taken));
        assert_eq!(answer.correlation, Some(command_id().as_bytes().to_vec()));
        self.next
    }

    async fn outcome(&mut self, n: u8) -> PrintOutcome {
        let of = |heard: &Heard| {
            let Heard::Event(_, event) = heard else { return None };
            let EventBody::Print { job, outcome } = event.body else { return None };
            (job == Self::job(n)).then_some(outcome)
        };
        let outcome = self.store.until(of).await;
        while let Ok((_, beside)) = self.store.beside.try_recv() {
            assert_eq!(beside.response_topic.as_deref(), Some("ds/v1/s1/printer/pr-1/ack"));
        }
        outcome
    }

    async fn until(&mut self, health: Health, detail: &str) {
        let so = |heard: &Heard| match heard {
            Heard::State(_, state) if state.health == health && state.detail.contains(detail) => Some(()),
            Heard::State(..) | Heard::Birth(..) | Heard::Event(..) => None,
        };
        self.store.until(so).await;
    }

    /// How often the label came out.
    fn printed(&self, n: u8) -> usize {
        let number = format!("4K{n:03}-1");
        let jobs = self.printer.jobs();
        let drawn = |bytes: &Vec<u8>| {
            let text = String::from_utf8_lossy(bytes);
            text.contains(&number) || text.contains(&format!("4K{n:03} "))
        };
        jobs.iter().filter(|bytes| drawn(bytes)).count()
    }

    async fn close(self) {
        self.stop.cancel();
        tokio::time::timeout(PATIENCE, self.task).await.unwrap().unwrap();
    }
}

/// The moments of a job: its first byte, its middle, its last byte, and the page out but nobody told.
fn moments(bytes: usize) -> [Moment; 4] {
    [Moment::Bytes(1), Moment::Bytes(bytes / 2), Moment::Bytes(bytes), Moment::Printed]
}

async fn what_stops_goes_on(language: Language) {
    let mut house = House::open(language).await;
    let troubles = [
        (PrinterTrouble::Paper, "paper is out"),
        (PrinterTrouble::Cover, "the cover is open"),
        (PrinterTrouble::Cutter, "error"),
    ];
    for (trouble, words) in troubles {
        // Before the job is asked for: it waits, and the printer is told as it is.
        house.printer.set(|switches| match trouble {
            PrinterTrouble::Paper => switches.paper_out = true,
            PrinterTrouble::Cover => switches.cover_open = true,
            PrinterTrouble::Cutter | PrinterTrouble::Power => switches.cutter_stuck = true,
        });
        house.until(Health::Down, words).await;
        let n = house.order().await;
        house.until(Health::Down, words).await;
        assert_eq!(house.printed(n), 0);
        house.printer.set(|switches| *switches = Switches::default());
        assert_eq!(house.outcome(n).await, PrintOutcome::Done);
        assert_eq!(house.printed(n), 1, "{language:?} {trouble:?} before");
        for moment in moments(house.bytes()) {
            house.printer.set(|switches| switches.breaks = Some((moment, trouble)));
            let n = house.order().await;
            house.until(Health::Down, words).await;
            house.printer.set(|switches| *switches = Switches::default());
            assert_eq!(house.outcome(n).await, PrintOutcome::Done);
            assert_eq!(house.printed(n), 1, "{language:?} {trouble:?} {moment:?}");
        }
    }
    assert_eq!((house.printer.jobs().len(), house.printer.torn_pages()), (usize::from(house.next), 0));
    house.close().await;
}

async fn what_lost_its_power_is_asked_about(mut house: House) {
    let language = house.language;
    // Off before the job: kept, and printed once when it is back.
    house.printer.set(|switches| switches.power = false);
    house.until(Health::Down, "").await;
    let n = house.order().await;
    house.printer.set(|switches| switches.power = true);
    assert_eq!(house.outcome(n).await, PrintOutcome::Done);
    assert_eq!(house.printed(n), 1);
    for moment in moments(house.bytes()) {
        house.printer.set(|switches| switches.breaks = Some((moment, PrinterTrouble::Power)));
        let n = house.order().await;
        assert_eq!(house.outcome(n).await, PrintOutcome::InDoubt, "{language:?} {moment:?}");
        house.printer.set(|switches| *switches = Switches::default());
        let after = house.order().await;
        assert_eq!(house.outcome(after).await, PrintOutcome::Done);
        let whole = usize::from(moment == Moment::Printed);
        assert_eq!((house.printed(n), house.printed(after)), (whole, 1), "{language:?} {moment:?}");
    }
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_printer_that_stops_goes_on() {
    what_stops_goes_on(Language::Escpos).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_label_printer_that_stops_goes_on() {
    what_stops_goes_on(Language::Zpl).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_printer_without_power_is_asked_about() {
    what_lost_its_power_is_asked_about(House::open(Language::Escpos).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_label_printer_without_power_is_asked_about() {
    what_lost_its_power_is_asked_about(House::open(Language::Zpl).await).await;
}

/// The same at the end of a cable: a character device as `/dev/usb/lp0` is one, and a serial line.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_printer_on_a_cable_is_no_other() {
    for language in [Language::Escpos, Language::Zpl] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lp0");
        let printer = SimPrinter::plug_in(language, &path).unwrap();
        let port = match language {
            Language::Escpos => Port::File(path),
            Language::Zpl => Port::Serial(path),
        };
        what_lost_its_power_is_asked_about(House::with(language, folder, printer, port).await).await;
    }
}

/// The broker dies with all that it holds while the printer waits for paper: the label comes out once all the same, and the
/// store hears of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_dies_meanwhile_changes_nothing() {
    let mut house = House::open(Language::Zpl).await;
    house.printer.set(|switches| switches.breaks = Some((Moment::Bytes(9), PrinterTrouble::Paper)));
    let n = house.order().await;
    house.until(Health::Down, "paper is out").await;
    house.broker.kill();
    house.printer.set(|switches| switches.paper_out = false);
    house.printer.wait_for_jobs(1, PATIENCE).await.unwrap();
    house.broker.restart().await;
    assert_eq!(house.outcome(n).await, PrintOutcome::Done);
    assert_eq!(house.printed(n), 1);
    house.close().await;
}

/// A printer that says every change unasked, as some are set to at the factory, is understood all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_printer_that_speaks_unasked_is_understood() {
    let mut house = House::open(Language::Escpos).await;
    house.printer.set(|switches| switches.speaks_unasked = true);
    house.printer.set(|switches| switches.paper_out = true);
    house.until(Health::Down, "paper is out").await;
    let n = house.order().await;
    house.printer.set(|switches| switches.paper_out = false);
    assert_eq!(house.outcome(n).await, PrintOutcome::Done);
    house.printer.set(|switches| switches.breaks = Some((Moment::Bytes(200), PrinterTrouble::Cover)));
    let n = house.order().await;
    house.until(Health::Down, "the cover is open").await;
    house.printer.set(|switches| switches.cover_open = false);
    assert_eq!(house.outcome(n).await, PrintOutcome::Done);
    assert_eq!((house.printed(n), house.printer.torn_pages()), (1, 0));
    house.close().await;
}
