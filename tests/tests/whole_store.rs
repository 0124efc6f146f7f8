//! A whole store from one store.toml (issue 3, point 9): every device class that this machine can carry, on ptys, TCP and
//! injected sysfs, each speaking its own bytes. Everything is plugged in, pulled and plugged in again, and what the console
//! is told of each device is right each time. Doors and outputs hang on an injected GPIO chip and on Modbus modules. I2C and
//! SPI are not there on a machine without their chips: their devices say so and disturb nobody.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test's helpers stop at what must not happen")]

use device_drivers::printer::Language;
use device_drivers::sim::{
    SimDs18b20, SimGpio, SimModbus, SimPrinter, SimScale, SimScanner, SimSsi, SimWedge,
};
use model::api::store::DeviceRow;
use model::mqtt::Health;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tests::demo::web::Site;
use tests::scorecard::served::House;
use tests::scorecard::stage::free_ports;

/// How long a device may take to be seen as it is: a back-off, an MQTT round, a commit.
const SEEN_LIMIT: Duration = Duration::from_secs(40);

/// Everything that is plugged in. Dropping a part pulls its plug.
struct Bench {
    dir: PathBuf,
    receipt_at: SocketAddr,
    label_at: SocketAddr,
    plugged: BTreeMap<&'static str, Box<dyn Send>>,
}

/// The devices that can be pulled here, by id, with their line in store.toml.
const DEVICES: [(&str, &str, &str, &str); 13] = [
    ("scan-serial", "scanner", "serial-lines", "port = \"serial:DIR/scan-serial\""),
    ("scan-ssi", "scanner", "zebra-ssi", "port = \"serial:DIR/scan-ssi\""),
    ("scan-wedge", "scanner", "hid-wedge", "port = \"file:DIR/scan-wedge\""),
    ("receipt", "printer", "escpos", "port = \"tcp:RECEIPT\"\nsettings = { width_mm = 72 }"),
    ("label", "printer", "zpl", "port = \"tcp:LABEL\"\nsettings = { width_mm = 50, height_mm = 50 }"),
    (
        "temp-w1",
        "sensor",
        "ds18b20",
        "port = \"file:DIR/temp-w1\"\nzone = \"A\"\nsettings = { poll_ms = 300 }",
    ),
    (
        "temp-bus",
        "sensor",
        "modbus-rtu",
        "port = \"serial:DIR/temp-bus\"\nzone = \"A\"\nsettings = { poll_ms = 300, slave = 1, register = 0 }",
    ),
    ("scale-toledo", "scale", "toledo-w", "port = \"serial:DIR/scale-toledo\""),
    ("scale-nci", "scale", "nci", "port = \"serial:DIR/scale-nci\""),
    ("door-pin", "door", "gpio-door", "port = \"gpio:DIR/chip:17\"\nzone = \"A\""),
    ("buzzer-pin", "output", "gpio-output", "port = \"gpio:DIR/chip:4\""),
    (
        "door-module",
        "door",
        "modbus-door",
        "port = \"serial:DIR/door-module\"\nzone = \"A\"\nsettings = { slave = 3, register = 1 }",
    ),
    (
        "lamp-module",
        "output",
        "modbus-output",
        "port = \"serial:DIR/lamp-module\"\nsettings = { slave = 3, register = 7 }",
    ),
];

/// A module of the usual size.
const CHANNELS: u16 = 8;

/// A wire at a pin of the chip; dropping it tears it off.
struct Wire(SimGpio, u32);

impl Wire {
    fn plug_in(dir: &Path, line: u32) -> Self {
        let chip = SimGpio::plug_in(&dir.join("chip")).unwrap();
        chip.set(line, false).unwrap();
        Self(chip, line)
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.0.unplug(self.1).unwrap();
    }
}

/// Devices on buses that this machine may not have.
const ELSEWHERE: &str = "[[devices]]\nid = \"temp-i2c\"\nclass = \"sensor\"\ndriver = \"sht4x\"\nport = \"i2c:/dev/i2c-99:0x44\"\nzone = \"A\"\n\n\
     [[devices]]\nid = \"temp-spi\"\nclass = \"sensor\"\ndriver = \"max31865\"\nport = \"spi:/dev/spidev99.0\"\nzone = \"A\"\n\n\
     [[devices]]\nid = \"door-none\"\nclass = \"door\"\ndriver = \"gpio-door\"\nport = \"gpio:/dev/gpiochip99:17\"\nzone = \"A\"\n\n";

impl Bench {
    fn new(dir: &Path) -> Self {
        let [receipt, label] = free_ports().unwrap().map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
        std::fs::create_dir_all(dir.join("temp-w1")).unwrap();
        Self { dir: dir.to_owned(), receipt_at: receipt, label_at: label, plugged: BTreeMap::new() }
    }

    async fn plug_in(&mut self, id: &'static str) {
        let path = self.dir.join(id);
        let part: Box<dyn Send> = match id {
            "scan-serial" => Box::new(SimScanner::plug_in(&path).unwrap()),
            "scan-ssi" => Box::new(SimSsi::plug_in(&path).unwrap()),
            "scan-wedge" => Box::new(SimWedge::plug_in(&path).unwrap()),
            "receipt" => Box::new(SimPrinter::start(Language::Escpos, self.receipt_at).await.unwrap()),
            "label" => Box::new(SimPrinter::start(Language::Zpl, self.label_at).await.unwrap()),
            "temp-w1" => Box::new(SimDs18b20::plug_in(&path, 3_000).unwrap()),
            "temp-bus" => {
                let transmitter = SimModbus::plug_in(&path).unwrap();
                transmitter.set(1, 0, 31);
                Box::new(transmitter)
            }
            "scale-toledo" => Box::new(SimScale::plug_in(&path).unwrap()),
            "scale-nci" => Box::new(SimScale::plug_in_nci(&path).unwrap()),
            "door-pin" => Box::new(Wire::plug_in(&self.dir, 17)),
            "buzzer-pin" => Box::new(Wire::plug_in(&self.dir, 4)),
            "door-module" | "lamp-module" => {
                let module = SimModbus::plug_in(&path).unwrap();
                module.power_module(3, CHANNELS);
                Box::new(module)
            }
            other => panic!("no simulator for {other}"),
        };
        self.plugged.insert(id, part);
    }

    fn pull(&mut self, id: &str) {
        drop(self.plugged.remove(id));
        // What stands for the device node goes with it, as udev would take it away.
        let path = self.dir.join(id);
        if path.is_dir() {
            std::fs::remove_file(path.join("w1_slave")).unwrap();
        } else {
            drop(std::fs::remove_file(path));
        }
    }

    fn manifest(&self) -> String {
        let mut text = String::new();
        for (id, class, driver, rest) in DEVICES {
            let rest = rest
                .replace("DIR", &self.dir.display().to_string())
                .replace("RECEIPT", &self.receipt_at.to_string())
                .replace("LABEL", &self.label_at.to_string());
            text += &format!(
                "[[devices]]\nid = \"{id}\"\nclass = \"{class}\"\ndriver = \"{driver}\"\n{rest}\n\n"
            );
        }
        text + ELSEWHERE
    }
}

async fn seen(console: &Site, id: &str, want: fn(Health) -> bool, when: &str) -> DeviceRow {
    let begun = Instant::now();
    loop {
        let rows: Vec<DeviceRow> = console.get("/api/v1/devices").await.unwrap();
        let row = rows.iter().find(|row| row.device.as_str() == id);
        if let Some(row) = row.filter(|row| want(row.health)) {
            return row.clone();
        }
        assert!(begun.elapsed() < SEEN_LIMIT, "{id} {when}: {row:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_device_of_one_manifest_is_seen_pulled_and_seen_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut bench = Bench::new(dir.path());
    let text = bench.manifest();
    let house = House {
        program: env!("CARGO_BIN_EXE_demo").into(),
        ..House::build(&dir.path().join("store"), &text).unwrap()
    };
    let (node, _) = house.start().await.unwrap();
    let agent = house.start_agent().unwrap();
    let console = house.manager().await.unwrap();
    let up: fn(Health) -> bool = |health| health == Health::Ok;
    let down: fn(Health) -> bool = |health| health == Health::Down;
    // The processes first, so that no simulated cable is inherited by them and stays in when it is pulled.
    for (id, ..) in DEVICES {
        seen(&console, id, down, "before it is plugged in").await;
        bench.plug_in(id).await;
    }
    for (id, ..) in DEVICES {
        seen(&console, id, up, "plugged in").await;
    }
    for (id, ..) in DEVICES {
        bench.pull(id);
        let row = seen(&console, id, down, "pulled").await;
        assert!(!row.detail.is_empty() && !row.hint.is_empty(), "a person is told what to do: {row:?}");
        bench.plug_in(id).await;
        seen(&console, id, up, "plugged in again").await;
    }
    for id in ["temp-i2c", "temp-spi", "door-none"] {
        let row = seen(&console, id, down, "that is not there").await;
        assert!(!row.detail.is_empty() && !row.hint.is_empty(), "{row:?}");
    }
    for (id, ..) in DEVICES {
        seen(&console, id, up, "in the end").await;
    }
    agent.stop(Duration::from_secs(10)).await;
    node.stop(Duration::from_secs(10)).await;
}
