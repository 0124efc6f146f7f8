//! Benchmark `agent-load`: the device agent of a full store (12 scanners, 6 printers, 60 sensors, 6 scales), every device
//! speaking its real bytes: memory and processor time while nobody works, then the scans of `scan-ack` with 20 handhelds
//! busy in the same store. The node and its broker are processes of their own and stand beside. As asked for, the broker is
//! encrypted, or the devices are of mixed kinds: scanners that are answered and that type, temperatures on Modbus lines,
//! scales of two makes.

use super::footprint::{broker_rss_mb, tenth};
use super::scan_ack::{self, More, Wire};
use super::served::House;
use crate::demo::procs::Proc;
use anyhow::{Context, Result, bail};
use device_drivers::printer::Language;
use device_drivers::sim::{SimDs18b20, SimModbus, SimPrinter, SimScale, SimScanner, SimSsi, SimWedge};
use model::api::store::DeviceRow;
use model::mqtt::Health;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A full store. One scanner and two printers stand in `scan-ack`'s own store already.
const SCANNERS: usize = 11;
const PRINTERS: usize = 4;
const SENSORS: usize = 60;
const SCALES: usize = 6;
/// All devices, the three of `scan-ack` too.
const ALL: usize = SCANNERS + PRINTERS + SENSORS + SCALES + 3;
/// Of mixed kinds so many sensors hang on Modbus lines, so many on each.
const TRANSMITTERS: usize = 12;
const ON_A_LINE: usize = 6;
/// How long every device may take to be there.
const THERE_LIMIT: Duration = Duration::from_secs(30);
/// From the last birth until idle is measured: connections have settled.
const SETTLE: Duration = Duration::from_secs(5);
/// How long idle is measured.
const IDLE: Duration = Duration::from_secs(15);
/// The goals of the issue.
const RSS_MB: f64 = 40.0;
const CPU_PERCENT: f64 = 5.0;

/// Which devices stand in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kinds {
    /// Of each class the commonest.
    Usual,
    /// Of each class several.
    Mixed,
}

/// Runs the benchmark below `base`; `error` stands in the answer if it cannot.
pub fn run(base: Option<&Path>, wire: Wire, kinds: Kinds) -> Value {
    scan_ack::answer("agent-load", async {
        let base_dir = base.map_or_else(std::env::temp_dir, Path::to_path_buf);
        let dir = tempfile::Builder::new().prefix("larder-fleet").tempdir_in(&base_dir)?;
        let fleet = Fleet::plug_in(dir.path(), wire, kinds).await?;
        let found = scan_ack::measure(base, &fleet).await?;
        let idle = fleet.idle.borrow().clone().context("idle was not measured")?;
        let busy = fleet.busy.borrow().clone().context("the end was not measured")?;
        let goals = json!([
            {"what": "agent idle, MB", "goal": format!("<= {RSS_MB}"), "reached": idle.agent_mb, "met": idle.agent_mb <= RSS_MB},
            {"what": "agent idle, % of a core", "goal": format!("<= {CPU_PERCENT}"), "reached": idle.agent_cpu, "met": idle.agent_cpu <= CPU_PERCENT},
            found.goal(),
        ]);
        let mut fields = found.fields;
        fields.insert("name".into(), "agent-load".into());
        fields.insert(
            "devices".into(),
            json!({"scanners": SCANNERS + 1, "printers": PRINTERS + 2, "sensors": SENSORS, "scales": SCALES}),
        );
        fields.insert("drivers".into(), json!(fleet.drivers));
        fields.insert("tls".into(), (wire == Wire::Tls).into());
        fields.insert("idle".into(), idle.as_json());
        fields.insert("busy".into(), busy);
        fields.insert("scan_ack_p99_ms".into(), found.p99.into());
        fields.insert("goals".into(), goals);
        Ok(Value::Object(fields))
    })
}

/// What the processes took while nobody worked: MiB, and percent of one core.
#[derive(Debug, Clone)]
struct Idle {
    agent_mb: f64,
    agent_cpu: f64,
    agent_peak_mb: f64,
    node_mb: f64,
    node_cpu: f64,
    broker_mb: f64,
    all_there_ms: f64,
}

impl Idle {
    fn as_json(&self) -> Value {
        json!({
            "agent_rss_mb": self.agent_mb, "agent_peak_rss_mb": self.agent_peak_mb, "agent_cpu_percent": self.agent_cpu,
            "node_rss_mb": self.node_mb,
            "node_cpu_percent": self.node_cpu, "broker_rss_mb": self.broker_mb, "all_devices_there_ms": self.all_there_ms,
            "seconds": IDLE.as_secs_f64(),
        })
    }
}

/// Simulated hardware beside that of `scan-ack`. It lives in the benchmark's own process, which is not measured.
struct Fleet {
    dir: PathBuf,
    wire: Wire,
    plugged: Vec<Box<dyn Send>>,
    manifest: String,
    /// How many devices each driver has.
    drivers: BTreeMap<&'static str, usize>,
    idle: RefCell<Option<Idle>>,
    busy: RefCell<Option<Value>>,
}

/// One device, and its own settings in store.toml.
struct Listed<'a> {
    id: String,
    class: &'a str,
    driver: &'static str,
    port: String,
    more: String,
}

impl Fleet {
    async fn plug_in(dir: &Path, wire: Wire, kinds: Kinds) -> Result<Self> {
        let mut fleet = Self {
            dir: dir.to_owned(),
            wire,
            plugged: Vec::new(),
            manifest: String::new(),
            // Those of `scan-ack`'s own devices.
            drivers: BTreeMap::from([("serial-lines", 1), ("escpos", 1), ("zpl", 1)]),
            idle: RefCell::new(None),
            busy: RefCell::new(None),
        };
        (0..SCANNERS).try_for_each(|n| fleet.scanner(n, kinds))?;
        for n in 0..PRINTERS {
            fleet.printer(n).await?;
        }
        let transmitters = match kinds {
            Kinds::Usual => 0,
            Kinds::Mixed => TRANSMITTERS,
        };
        (0..SENSORS - transmitters).try_for_each(|n| fleet.probe(n))?;
        (0..transmitters / ON_A_LINE).try_for_each(|line| fleet.transmitters(line))?;
        (0..SCALES).try_for_each(|n| fleet.scale(n, kinds))?;
        Ok(fleet)
    }

    fn list(&mut self, device: &Listed<'_>, part: impl Send + 'static) {
        let Listed { id, class, driver, port, more } = device;
        self.manifest += &format!(
            "[[devices]]\nid = \"{id}\"\nclass = \"{class}\"\ndriver = \"{driver}\"\nport = \"{port}\"\n{more}\n"
        );
        *self.drivers.entry(driver).or_default() += 1;
        self.plugged.push(Box::new(part));
    }

    fn scanner(&mut self, n: usize, kinds: Kinds) -> Result<()> {
        let id = format!("scan-{n}");
        let path = self.dir.join(&id);
        let (serial, file) = (format!("serial:{}", path.display()), format!("file:{}", path.display()));
        let listed = |driver, port| Listed { id, class: "scanner", driver, port, more: String::new() };
        match (kinds, n % 3) {
            (Kinds::Usual, _) | (Kinds::Mixed, 0) => {
                self.list(&listed("serial-lines", serial), SimScanner::plug_in(&path)?);
            }
            (Kinds::Mixed, 1) => self.list(&listed("zebra-ssi", serial), SimSsi::plug_in(&path)?),
            (Kinds::Mixed, _) => self.list(&listed("hid-wedge", file), SimWedge::plug_in(&path)?),
        }
        Ok(())
    }

    async fn printer(&mut self, n: usize) -> Result<()> {
        let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let (language, driver, paper) = match n % 2 {
            0 => (Language::Escpos, "escpos", "settings = { width_mm = 72 }\n"),
            _ => (Language::Zpl, "zpl", "settings = { width_mm = 50, height_mm = 50 }\n"),
        };
        let part = SimPrinter::start(language, free).await?;
        let (id, port) = (format!("printer-{n}"), format!("tcp:{}", part.address()));
        self.list(&Listed { id, class: "printer", driver, port, more: paper.to_owned() }, part);
        Ok(())
    }

    fn probe(&mut self, n: usize) -> Result<()> {
        let id = format!("temp-{n}");
        let folder = self.dir.join(&id);
        std::fs::create_dir_all(&folder)?;
        let part = SimDs18b20::plug_in(&folder, 3_000 + 10 * i32::try_from(n)?)?;
        let (port, more) = (format!("file:{}", folder.display()), "zone = \"A\"\n".to_owned());
        self.list(&Listed { id, class: "sensor", driver: "ds18b20", port, more }, part);
        Ok(())
    }

    /// A line with its transmitters, in tenths of a degree.
    fn transmitters(&mut self, line: usize) -> Result<()> {
        let path = self.dir.join(format!("line-{line}"));
        let bus = SimModbus::plug_in(&path)?;
        for slave in 1..=ON_A_LINE {
            let number = u8::try_from(slave)?;
            bus.set(number, 0, 30 + u16::from(number));
            let (id, port) = (format!("trans-{line}-{slave}"), format!("serial:{}", path.display()));
            let more = format!("zone = \"A\"\nsettings = {{ slave = {slave}, register = 0 }}\n");
            // The line is one part, however many hang on it.
            self.list(&Listed { id, class: "sensor", driver: "modbus-rtu", port, more }, ());
        }
        self.plugged.push(Box::new(bus));
        Ok(())
    }

    fn scale(&mut self, n: usize, kinds: Kinds) -> Result<()> {
        let id = format!("scale-{n}");
        let path = self.dir.join(&id);
        let port = format!("serial:{}", path.display());
        let (driver, part) = match (kinds, n % 2) {
            (Kinds::Usual, _) | (Kinds::Mixed, 0) => ("toledo-w", SimScale::plug_in(&path)?),
            (Kinds::Mixed, _) => ("nci", SimScale::plug_in_nci(&path)?),
        };
        self.list(&Listed { id, class: "scale", driver, port, more: String::new() }, part);
        Ok(())
    }
}

impl More for Fleet {
    fn manifest(&self) -> String {
        self.manifest.clone()
    }

    fn wire(&self) -> Wire {
        self.wire
    }

    fn look_again(&self, node: &Proc, agent: &Proc) {
        *self.busy.borrow_mut() = Some(json!({
            "agent_rss_mb": tenth(agent.rss_mb()), "agent_peak_rss_mb": tenth(agent.peak_rss_mb()),
            "node_rss_mb": tenth(node.rss_mb()), "node_peak_rss_mb": tenth(node.peak_rss_mb()),
        }));
    }

    async fn look(&self, house: &House, node: &Proc, agent: &Proc) -> Result<()> {
        let began = Instant::now();
        let console = house.manager().await?;
        loop {
            let rows: Result<Vec<DeviceRow>, _> = console.get("/api/v1/devices").await;
            let well = rows.map_or(0, |rows| rows.iter().filter(|row| row.health == Health::Ok).count());
            if well == ALL {
                break;
            }
            if began.elapsed() > THERE_LIMIT {
                bail!("only {well} of {ALL} devices were there after {THERE_LIMIT:?}");
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let all_there_ms = tenth(began.elapsed().as_secs_f64() * 1_000.0);
        tokio::time::sleep(SETTLE).await;
        let before = (agent.cpu(), node.cpu(), Instant::now());
        tokio::time::sleep(IDLE).await;
        let percent = |now: Duration, then: Duration| {
            tenth(100.0 * (now - then).as_secs_f64() / before.2.elapsed().as_secs_f64())
        };
        *self.idle.borrow_mut() = Some(Idle {
            agent_cpu: percent(agent.cpu(), before.0),
            node_cpu: percent(node.cpu(), before.1),
            agent_mb: tenth(agent.rss_mb()),
            agent_peak_mb: tenth(agent.peak_rss_mb()),
            node_mb: tenth(node.rss_mb()),
            broker_mb: tenth(broker_rss_mb(&house.dir)),
            all_there_ms,
        });
        Ok(())
    }
}
