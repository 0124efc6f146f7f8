//! A whole store from one store.toml (issue 3, point 9): every device class, on ptys, TCP, injected sysfs and umockdev, each
//! speaking its own bytes. Everything is plugged in, pulled and plugged in again, and what the console is told of each device
//! is right each time. Doors and outputs hang on an injected GPIO chip and on Modbus modules; chips on I2C and SPI and a
//! scanner that types answer the kernel's own calls. What hangs on a bus that the machine does not have says so and disturbs
//! nobody.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test's helpers stop at what must not happen"
)]

#[path = "whole_store/kernel.rs"]
mod kernel;

use device_drivers::printer::Language;
use device_drivers::sim::{SimDs18b20, SimGpio, SimModbus, SimPrinter, SimScale, SimScanner, SimSsi};
use kernel::{Kernel, Part};
use model::api::store::{ColdChain, DeviceRow};
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
    kernel: Kernel,
    plugged: BTreeMap<&'static str, Box<dyn Send>>,
}

/// The devices that can be pulled here, by id, with their line in store.toml.
const DEVICES: [(&str, &str, &str, &str); 15] = [
    ("scan-serial", "scanner", "serial-lines", "port = \"serial:DIR/scan-serial\""),
    ("scan-ssi", "scanner", "zebra-ssi", "port = \"serial:DIR/scan-ssi\""),
    ("scan-wedge", "scanner", "hid-wedge", "port = \"file:/dev/input/event7\""),
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
    (
        "temp-i2c",
        "sensor",
        "sht4x",
        "port = \"i2c:/dev/i2c-7:0x44\"\nzone = \"C\"\nsettings = { poll_ms = 300 }",
    ),
    (
        "temp-spi",
        "sensor",
        "max31865",
        "port = \"spi:/dev/spidev7.0\"\nzone = \"C\"\nsettings = { poll_ms = 300 }",
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

const COLD_ROOM: &str = "[[zones]]\nid = \"C\"\ntemp = \"chilled\"\naisles = 1\nbays = 5\nlevels = 3\n\
     band = { min_centi_c = 0, max_centi_c = 500, alarm_delay_s = 300 }\n\n";

/// Devices on buses that this machine may not have.
const ELSEWHERE: &str = "[[devices]]\nid = \"no-i2c\"\nclass = \"sensor\"\ndriver = \"sht4x\"\nport = \"i2c:/dev/i2c-99:0x44\"\nzone = \"A\"\n\n\
     [[devices]]\nid = \"no-spi\"\nclass = \"sensor\"\ndriver = \"max31865\"\nport = \"spi:/dev/spidev99.0\"\nzone = \"A\"\n\n\
     [[devices]]\nid = \"no-door\"\nclass = \"door\"\ndriver = \"gpio-door\"\nport = \"gpio:/dev/gpiochip99:17\"\nzone = \"A\"\n\n";

impl Bench {
    fn new(dir: &Path) -> Self {
        let [receipt, label] = free_ports().unwrap().map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
        std::fs::create_dir_all(dir.join("temp-w1")).unwrap();
        Self {
            dir: dir.to_owned(),
            receipt_at: receipt,
            label_at: label,
            kernel: Kernel::start(),
            plugged: BTreeMap::new(),
        }
    }

    async fn plug_in(&mut self, id: &'static str) {
        let path = self.dir.join(id);
        let part: Box<dyn Send> = match id {
            "scan-serial" => Box::new(SimScanner::plug_in(&path).unwrap()),
            "scan-ssi" => Box::new(SimSsi::plug_in(&path).unwrap()),
            "scan-wedge" => Box::new(self.kernel.plug_in(Part::Keys)),
            "temp-i2c" => Box::new(self.kernel.plug_in(Part::I2c)),
            "temp-spi" => Box::new(self.kernel.plug_in(Part::Spi)),
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
        let mut text = COLD_ROOM.to_owned();
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

/// Waits until both chips' newest reading is this, within a twentieth of a degree.
async fn measured(console: &Site, milli_c: i32) {
    let begun = Instant::now();
    loop {
        let chain: ColdChain = console.get("/api/v1/cold").await.unwrap();
        let near = |id: &str| {
            let of = chain.sensors.iter().find(|chart| chart.sensor.as_str() == id);
            let last = of.and_then(|chart| chart.last.as_ref()?.milli_c);
            last.is_some_and(|last| (last - milli_c).abs() <= 50)
        };
        if near("temp-i2c") && near("temp-spi") {
            return;
        }
        assert!(begun.elapsed() < SEEN_LIMIT, "wanted {milli_c}: {:?}", chain.sensors);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// What came by the kernel's own calls is what was measured and typed.
async fn kernel_tells_the_truth(kernel: &Kernel, console: &Site) {
    for celsius in [4.0, -18.5] {
        kernel.set_celsius(celsius);
        #[expect(clippy::cast_possible_truncation, reason = "a cold room")]
        measured(console, (celsius * 1_000.0) as i32).await;
    }
    kernel.scan("LP:meena");
    let begun = Instant::now();
    while seen(console, "scan-wedge", |health| health == Health::Ok, "in use").await.person.as_deref()
        != Some("Meena")
    {
        assert!(begun.elapsed() < SEEN_LIMIT, "the typed code was not heard");
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
    let agent = house.start_agent_in(&bench.kernel.environment()).unwrap();
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
    for id in ["no-i2c", "no-spi", "no-door"] {
        let row = seen(&console, id, down, "that is not there").await;
        assert!(!row.detail.is_empty() && !row.hint.is_empty(), "{row:?}");
    }
    for (id, ..) in DEVICES {
        seen(&console, id, up, "in the end").await;
    }
    kernel_tells_the_truth(&bench.kernel, &console).await;
    agent.stop(Duration::from_secs(10)).await;
    node.stop(Duration::from_secs(10)).await;
}
