//! Sets the stage: files, ports, stock, processes, wires; and takes it down again. The people come in live.rs.

use super::bay::Bay;
use super::bench;
use super::devices::Devices;
use super::house::{self, Plan, Ports, STORES, free_ports};
use super::options::Options;
use super::procs::Proc;
use super::proxy::Wire;
use super::roles::SPEED_ENV;
use super::web::Site;
use super::{fresh_id, now};
use anyhow::{Context, Result, anyhow, bail};
use files::Format;
use model::api::store::{EnrolAnswer, EnrolRequest, LoginAnswer, LoginRequest};
use model::catalogue::{Product, Velocity};
use model::{Date, DeviceId, PersonId, Qty};
use rand::rngs::SmallRng;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use store_node::command::{Command, Envelope, OpeningLine};
use store_node::engine::Engine;
use store_node::refusal::Refusal;
use tokio::sync::Mutex;

/// The catalogue that ships.
const CATALOGUE: &[u8] = include_bytes!("../../../store-node/demo/catalogue.csv");
/// Days of life from which on best sellers lie there in two lots, of which the older may still be sold.
const TWO_LOTS_DAYS: i64 = 4;
/// How long a process may take until it is ready.
const READY_LIMIT: Duration = Duration::from_secs(20);

/// Everything that runs.
pub struct Stage {
    /// The folder of everything.
    pub dir: PathBuf,
    /// The hub's process.
    pub hub: Proc,
    /// Where it is.
    pub hub_url: String,
    /// The stores.
    pub stores: Vec<StoreStage>,
    /// For HTTP.
    pub http: reqwest::Client,
}

/// One store of the stage.
pub struct StoreStage {
    /// Who it is.
    pub plan: Plan,
    /// Its folder.
    pub dir: PathBuf,
    /// Its ports.
    pub ports: Ports,
    /// The node's process.
    pub node: Proc,
    /// The agent's process.
    pub agent: Proc,
    /// Its uplink, to be cut.
    pub uplink: Wire,
    /// Its hardware.
    pub devices: Arc<Mutex<Devices>>,
    /// Its console, the manager logged in.
    pub console: Site,
    /// Its bay.
    pub bay: Arc<Bay>,
    /// Milliseconds from the start of the process to `/readyz`.
    pub ready_ms: f64,
}

impl Stage {
    /// Builds and starts everything below `dir`. Who drops it half way kills what was started: stores are made for that.
    pub async fn set(options: &Options, dir: &Path, rng: &mut SmallRng) -> Result<Self> {
        let dir = dir.to_owned();
        let http = reqwest::Client::builder().pool_max_idle_per_host(64).tcp_nodelay(true).build()?;
        let [hub_port] = ports(options, [8080])?;
        let hub_address = SocketAddr::from(([127, 0, 0, 1], hub_port));
        let catalogue = dir.join("catalogue.csv");
        std::fs::write(&catalogue, CATALOGUE)?;
        let (mut hub, hub_url) = start_hub(options, &dir, hub_address, &catalogue)?;
        hub.ready(&http, &format!("{hub_url}/readyz"), READY_LIMIT).await?;
        let mut stores = Vec::new();
        for (place, plan) in (0u16..).zip(STORES) {
            let store = StoreStage::set(options, &dir, plan, place, hub_address, &catalogue, &http, rng);
            stores.push(store.await.with_context(|| format!("store {}", plan.id))?);
        }
        Ok(Self { dir, hub, hub_url, stores, http })
    }

    /// Stops every process; who has not stopped within three seconds is killed.
    pub async fn strike(self) -> Result<()> {
        let limit = Duration::from_secs(3);
        let (mut stops, mut shelves) = (Vec::new(), Vec::new());
        for store in self.stores {
            shelves.push(store.devices);
            stops.push(tokio::spawn(store.agent.stop(limit)));
            stops.push(tokio::spawn(store.node.stop(limit)));
        }
        stops.push(tokio::spawn(self.hub.stop(limit)));
        for stop in stops {
            let _ = stop.await;
        }
        // Last: an agent that stops ends the label that is in its printer.
        for devices in shelves {
            devices.lock().await.keep_labels()?;
        }
        Ok(())
    }
}

impl StoreStage {
    #[expect(clippy::too_many_arguments, reason = "one place builds one store from everything it needs")]
    async fn set(
        options: &Options,
        dir: &Path,
        plan: Plan,
        place: u16,
        hub: SocketAddr,
        catalogue: &Path,
        http: &reqwest::Client,
        rng: &mut SmallRng,
    ) -> Result<Self> {
        let dir = dir.join(plan.id);
        std::fs::create_dir_all(dir.join("devices"))?;
        let devices = Devices::plug_in(&dir.join("devices")).await?;
        let uplink = Wire::lay(hub).await?;
        let [web, tcp, ws] = ports(options, [8081 + place, 18_831 + place, 19_001 + place])?;
        let ports = Ports { http: web, tcp, ws };
        let hub_url = format!("http://{}", uplink.address);
        let config = house::write_store(&plan, &dir, ports, &hub_url, &devices)?;
        fill(&config, &dir, catalogue, options.quiet)?;
        let mut node = Proc::start("__store", &config, &dir.join("node.log"), &speed(options))?;
        let base = format!("http://127.0.0.1:{web}");
        let ready = node.ready(http, &format!("{base}/readyz"), READY_LIMIT).await?;
        let agent = Proc::start("__agent", &config, &dir.join("agent.log"), &[])?;
        let site = Site::new(http.clone(), &base);
        let console = log_in(&site, plan.manager.0, plan.manager.2, rng).await?;
        let clerk = log_in(&site, plan.clerk.0, plan.clerk.2, rng).await?;
        let devices = Arc::new(Mutex::new(devices));
        if options.data.is_some() {
            tokio::spawn(bench::tend(Arc::clone(&devices), dir.join("devices")));
        }
        let bay = Bay { console: clerk, clerk: plan.clerk.0.to_owned(), devices: Arc::clone(&devices) };
        Ok(Self {
            plan,
            dir,
            ports,
            node,
            agent,
            uplink,
            devices,
            console,
            bay: Arc::new(bay),
            ready_ms: ready.as_secs_f64() * 1000.0,
        })
    }

    /// Enrols a handheld; gives its token.
    pub async fn enrol(&self, device: &DeviceId, rng: &mut SmallRng) -> Result<EnrolAnswer> {
        let request = EnrolRequest { device: device.clone() };
        let answer = self.console.post("/api/v1/handhelds", fresh_id(rng), &request).await;
        answer.map_err(|error| anyhow!("enrolling {device}: {error:?}"))
    }
}

async fn log_in(site: &Site, person: &str, pin: &str, rng: &mut SmallRng) -> Result<Site> {
    let request = LoginRequest { person: PersonId::new(person)?, pin: pin.to_owned() };
    let answer = site.post::<LoginAnswer>("/api/v1/login", fresh_id(rng), &request).await;
    let answer = answer.map_err(|error| anyhow!("login of {person}: {error:?}"))?;
    Ok(site.with_session(&answer.token))
}

fn speed(options: &Options) -> [(&'static str, String); 1] {
    [(SPEED_ENV, options.speed.to_string())]
}

fn start_hub(options: &Options, dir: &Path, address: SocketAddr, catalogue: &Path) -> Result<(Proc, String)> {
    let config = house::write_hub(&dir.join("hub"), address, options.speed, catalogue)?;
    let hub = Proc::start("__hub", &config, &dir.join("hub").join("hub.log"), &[])?;
    Ok((hub, format!("http://{address}")))
}

/// Catalogue and opening stock, before the node runs. A catalogue that comes again changes nothing, and the stock's command
/// has one id, so a resumed demo does not stock up twice.
fn fill(config: &Path, dir: &Path, catalogue: &Path, quiet: bool) -> Result<()> {
    let manifest = firmware_config::load(config)?;
    let setup = store_node::manifest::setup(&manifest)?;
    let db = store_node::run::database(dir);
    store_node::import::catalogue(catalogue, Format::Csv)?.enter(dir, setup.clone())?;
    let outcome = files::catalogue(CATALOGUE, Format::Csv);
    let today = (!quiet).then(|| setup.calendar.date(now()));
    let lines = outcome.rows.iter().map(|row| opening(&row.product, today)).collect::<Result<Vec<_>>>()?;
    let lines = lines.concat();
    let mut engine = Engine::open(&db, setup, now())?;
    let command = Command::OpenStock { lines };
    let id = store_node::derive::command(b"demo", command.kind());
    let actor = store_node::command::system("import")?;
    for reply in engine.apply(now(), vec![Envelope { id, actor, command }])?.replies {
        match reply {
            // An earlier run in this folder has filled the shelves, on another day with other dates.
            Ok(_) | Err(Refusal::IdReused) => {}
            Err(refusal) => bail!("opening stock: {:?}", refusal.problem()),
        }
    }
    engine.close()?;
    Ok(())
}

/// Best sellers that expire lie there in two lots, the older to go first: only a label tells them apart. Where nobody shops
/// (no day given) each product is one lot, whose barcode a walk can scan.
fn opening(product: &Product, today: Option<Date>) -> Result<Vec<OpeningLine>> {
    let line = |qty, expiry| -> Result<OpeningLine> {
        Ok(OpeningLine { sku: product.sku.clone(), qty: Qty::new(qty)?, expiry })
    };
    let days = i64::from(product.shelf_life_days);
    match (product.velocity, today) {
        (Velocity::A, Some(today)) if days >= TWO_LOTS_DAYS => {
            Ok(vec![line(20, Some(today.plus_days(days / 2)))?, line(20, None)?])
        }
        (Velocity::A, _) => Ok(vec![line(40, None)?]),
        (Velocity::B, _) => Ok(vec![line(16, None)?]),
        (Velocity::C, _) => Ok(vec![line(6, None)?]),
    }
}

/// The wished ports where they are free, so that the addresses are the same at every start; else any.
fn ports<const N: usize>(options: &Options, wished: [u16; N]) -> Result<[u16; N]> {
    let mut ports = free_ports::<N>()?;
    if options.any_ports {
        return Ok(ports);
    }
    for (port, wish) in ports.iter_mut().zip(wished) {
        if std::net::TcpListener::bind(("127.0.0.1", wish)).is_ok() {
            *port = wish;
        }
    }
    Ok(ports)
}
