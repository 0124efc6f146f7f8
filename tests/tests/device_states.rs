//! Paper that is out, a cover that is open and a battery that runs low, from the device's own bytes to what the console is
//! told, each device in the words that help, and as alarms; and all of it is over when a person has mended it (REQ-41,
//! REQ-42, UX 31).

#![expect(clippy::unwrap_used, reason = "a test's helpers stop at what must not happen")]

use device_drivers::printer::Language;
use device_drivers::sim::{SimPrinter, SimSsi, Trouble};
use model::api::store::{AlarmRow, Board, ColdChain, DeviceRow};
use model::mqtt::Health;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::{Duration, Instant};
use tests::demo::web::Site;
use tests::scorecard::served::House;

/// How long a state may take to be seen: a look of the agent, an MQTT round, a commit; half a minute more for an alarm.
const SEEN_LIMIT: Duration = Duration::from_secs(60);
/// The kind of a QR code in SSI.
const QR: u8 = 0x1C;

fn devices(receipt: &SimPrinter, label: &SimPrinter, zebra: &Path) -> String {
    format!(
        "[[devices]]\nid = \"receipt\"\nclass = \"printer\"\ndriver = \"escpos\"\nport = \"tcp:{}\"\nsettings = {{ width_mm = 72 }}\n\n\
         [[devices]]\nid = \"label\"\nclass = \"printer\"\ndriver = \"zpl\"\nport = \"tcp:{}\"\nsettings = {{ width_mm = 50, height_mm = 50 }}\n\n\
         [[devices]]\nid = \"zebra\"\nclass = \"scanner\"\ndriver = \"zebra-ssi\"\nport = \"serial:{}\"\n\n",
        receipt.address(),
        label.address(),
        zebra.display(),
    )
}

/// A row of the devices page.
type Row = (Health, String, Option<u8>);

struct Console(Site);

impl Console {
    async fn row(&self, id: &str) -> DeviceRow {
        let rows: Vec<DeviceRow> = self.0.get("/api/v1/devices").await.unwrap();
        rows.into_iter().find(|row| row.device.as_str() == id).unwrap()
    }

    /// Waits until a device is shown so; what is wrong comes with what to do.
    async fn shows(&self, id: &str, wanted: Row) {
        let begun = Instant::now();
        loop {
            let row = self.row(id).await;
            if (row.health, row.detail.clone(), row.battery_pct) == wanted {
                assert_eq!(row.hint.is_empty(), row.health == Health::Ok, "{row:?}");
                return;
            }
            assert!(begun.elapsed() < SEEN_LIMIT, "wanted {wanted:?}: {row:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until a device that is not there is shown so.
    async fn is_down(&self, id: &str) {
        let begun = Instant::now();
        while self.row(id).await.health != Health::Down {
            assert!(begun.elapsed() < SEEN_LIMIT, "{id} was pulled");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until exactly these alarms of devices stand: device, kind, particulars.
    async fn alarms(&self, wanted: &[(&str, &str, &str)]) -> Vec<AlarmRow> {
        let begun = Instant::now();
        loop {
            let chain: ColdChain = self.0.get("/api/v1/cold").await.unwrap();
            let (mut open, over): (Vec<AlarmRow>, Vec<AlarmRow>) =
                chain.alarms.into_iter().partition(|alarm| alarm.cleared.is_none());
            open.sort_by(|one, other| (&one.device, &one.kind).cmp(&(&other.device, &other.kind)));
            let said: Vec<(&str, &str, &str)> = open
                .iter()
                .map(|alarm| (alarm.device.as_str(), alarm.kind.as_str(), alarm.detail.as_str()))
                .collect();
            if said == wanted {
                let board: Board = self.0.get("/api/v1/board").await.unwrap();
                assert_eq!(board.alarms as usize, wanted.len(), "the board counts them");
                return over;
            }
            assert!(begun.elapsed() < SEEN_LIMIT, "wanted {wanted:?}: {said:?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn paper_cover_and_battery_reach_the_console_and_its_alarms_and_are_over_again() {
    let dir = tempfile::tempdir().unwrap();
    let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let receipt = SimPrinter::start(Language::Escpos, free).await.unwrap();
    let label = SimPrinter::start(Language::Zpl, free).await.unwrap();
    let tty = dir.path().join("zebra");
    let house = House::build(&dir.path().join("store"), &devices(&receipt, &label, &tty)).unwrap();
    let house = House { program: env!("CARGO_BIN_EXE_demo").into(), ..house };
    let (node, _) = house.start().await.unwrap();
    let agent = house.start_agent().unwrap();
    // Behind the processes, so that they do not inherit the cable and hold it when it is pulled.
    let zebra = SimSsi::plug_in(&tty).unwrap();
    zebra.set_battery(9);
    let console = Console(house.manager().await.unwrap());
    let well = (Health::Ok, String::new(), None);
    let low = (Health::Warn, "battery 9 %".to_owned(), Some(9));

    console.shows("receipt", well.clone()).await;
    console.shows("label", well.clone()).await;
    console.shows("zebra", low.clone()).await;
    console.alarms(&[("zebra", "device_battery", "percent=9")]).await;

    receipt.set(|switches| switches.paper_out = true);
    label.set(|switches| switches.cover_open = true);
    console.shows("receipt", (Health::Down, "paper is out".to_owned(), None)).await;
    console.shows("label", (Health::Down, "the cover is open".to_owned(), None)).await;
    // A scan is taken all the same, and does not charge the battery.
    assert!(zebra.scan(QR, "LP:meena", Trouble::None).await.unwrap());
    console
        .alarms(&[
            ("label", "device_down", "says=\"the cover is open\""),
            ("receipt", "device_down", "says=\"paper is out\""),
            ("zebra", "device_battery", "percent=9"),
        ])
        .await;
    console.shows("zebra", low).await;
    assert_eq!(console.row("zebra").await.person.as_deref(), Some("Meena"), "the scan was taken");

    receipt.set(|switches| switches.paper_out = false);
    label.set(|switches| switches.cover_open = false);
    console.shows("receipt", well.clone()).await;
    console.shows("label", well).await;
    console.alarms(&[("zebra", "device_battery", "percent=9")]).await;
    // Into the cradle and out again: charged.
    drop(zebra);
    console.is_down("zebra").await;
    let zebra = SimSsi::plug_in(&tty).unwrap();
    console.shows("zebra", (Health::Ok, String::new(), Some(80))).await;
    let over = console.alarms(&[]).await;
    assert_eq!(over.len(), 3, "each was raised once: {over:?}");
    drop(zebra);
    agent.stop(Duration::from_secs(10)).await;
    node.stop(Duration::from_secs(10)).await;
}
