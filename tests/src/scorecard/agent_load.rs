//! Benchmark `agent-load`: the device agent of a full store (12 scanners, 6 printers, 60 sensors, 6 scales), every device
//! speaking its real bytes: memory and processor time while nobody works, then the scans of `scan-ack` with 20 handhelds
//! busy in the same store. The node and its broker are processes of their own and stand beside.

use super::footprint::{broker_rss_mb, tenth};
use super::scan_ack::{self, More};
use super::served::House;
use crate::demo::procs::Proc;
use anyhow::{Context, Result, bail};
use device_drivers::printer::Language;
use device_drivers::sim::{SimDs18b20, SimPrinter, SimScale, SimScanner};
use model::api::store::DeviceRow;
use model::mqtt::Health;
use serde_json::{Value, json};
use std::cell::RefCell;
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
/// How long every device may take to be there.
const THERE_LIMIT: Duration = Duration::from_secs(30);
/// From the last birth until idle is measured: connections have settled.
const SETTLE: Duration = Duration::from_secs(5);
/// How long idle is measured.
const IDLE: Duration = Duration::from_secs(15);
/// The goals of the issue.
const RSS_MB: f64 = 40.0;
const CPU_PERCENT: f64 = 5.0;

/// Runs the benchmark below `base`; `error` stands in the answer if it cannot.
pub fn run(base: Option<&Path>) -> Value {
    scan_ack::answer("agent-load", async {
        let base_dir = base.map_or_else(std::env::temp_dir, Path::to_path_buf);
        let dir = tempfile::Builder::new().prefix("larder-fleet").tempdir_in(&base_dir)?;
        let fleet = Fleet::plug_in(dir.path()).await?;
        let found = scan_ack::measure(base, &fleet).await?;
        let idle = fleet.idle.borrow().clone().context("idle was not measured")?;
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
        fields.insert("idle".into(), idle.as_json());
        fields.insert("goals".into(), goals);
        Ok(Value::Object(fields))
    })
}

/// What the processes took while nobody worked: MiB, and percent of one core.
#[derive(Debug, Clone)]
struct Idle {
    agent_mb: f64,
    agent_cpu: f64,
    node_mb: f64,
    node_cpu: f64,
    broker_mb: f64,
    all_there_ms: f64,
}

impl Idle {
    fn as_json(&self) -> Value {
        json!({
            "agent_rss_mb": self.agent_mb, "agent_cpu_percent": self.agent_cpu, "node_rss_mb": self.node_mb,
            "node_cpu_percent": self.node_cpu, "broker_rss_mb": self.broker_mb, "all_devices_there_ms": self.all_there_ms,
            "seconds": IDLE.as_secs_f64(),
        })
    }
}

/// Simulated hardware beside that of `scan-ack`. It lives in the benchmark's own process, which is not measured.
struct Fleet {
    dir: PathBuf,
    _scanners: Vec<SimScanner>,
    printers: Vec<(Language, SimPrinter)>,
    _sensors: Vec<SimDs18b20>,
    _scales: Vec<SimScale>,
    idle: RefCell<Option<Idle>>,
}

impl Fleet {
    async fn plug_in(dir: &Path) -> Result<Self> {
        let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut printers = Vec::new();
        for n in 0..PRINTERS {
            let language = if n % 2 == 0 { Language::Escpos } else { Language::Zpl };
            printers.push((language, SimPrinter::start(language, free).await?));
        }
        let mut sensors = Vec::new();
        for n in 0..SENSORS {
            let folder = dir.join(format!("temp-{n}"));
            std::fs::create_dir_all(&folder)?;
            sensors.push(SimDs18b20::plug_in(&folder, 3_000 + 10 * i32::try_from(n)?)?);
        }
        let scanners = (0..SCANNERS).map(|n| SimScanner::plug_in(&dir.join(format!("scan-{n}"))));
        let scales = (0..SCALES).map(|n| SimScale::plug_in(&dir.join(format!("scale-{n}"))));
        Ok(Self {
            dir: dir.to_owned(),
            _scanners: scanners.collect::<Result<_, _>>()?,
            printers,
            _sensors: sensors,
            _scales: scales.collect::<Result<_, _>>()?,
            idle: RefCell::new(None),
        })
    }
}

fn device(id: &str, class: &str, driver: &str, port: &str, more: &str) -> String {
    format!(
        "[[devices]]\nid = \"{id}\"\nclass = \"{class}\"\ndriver = \"{driver}\"\nport = \"{port}\"\n{more}\n"
    )
}

impl More for Fleet {
    fn manifest(&self) -> String {
        let dir = self.dir.display();
        let mut text = String::new();
        for n in 0..SCANNERS {
            let port = format!("serial:{dir}/scan-{n}");
            text += &device(&format!("scan-{n}"), "scanner", "serial-lines", &port, "");
        }
        for (n, (language, printer)) in self.printers.iter().enumerate() {
            let (driver, size) = match language {
                Language::Escpos => ("escpos", "settings = { width_mm = 72 }\n"),
                Language::Zpl => ("zpl", "settings = { width_mm = 50, height_mm = 50 }\n"),
            };
            let port = format!("tcp:{}", printer.address());
            text += &device(&format!("printer-{n}"), "printer", driver, &port, size);
        }
        for n in 0..SENSORS {
            let port = format!("file:{dir}/temp-{n}");
            text += &device(&format!("temp-{n}"), "sensor", "ds18b20", &port, "zone = \"A\"\n");
        }
        for n in 0..SCALES {
            let port = format!("serial:{dir}/scale-{n}");
            text += &device(&format!("scale-{n}"), "scale", "toledo-w", &port, "");
        }
        text
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
            node_mb: tenth(node.rss_mb()),
            broker_mb: tenth(broker_rss_mb(&house.dir)),
            all_there_ms,
        });
        Ok(())
    }
}
