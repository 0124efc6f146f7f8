//! A store as a process of its own with everything it runs (HTTP, broker, timers), for what is measured from outside:
//! memory, time to ready, orders over HTTP.

use super::order_commit::basket::{self, Basket};
use super::order_commit::load::{Client, Reply};
use super::stage;
use crate::demo::procs::Proc;
use crate::demo::web::{Site, WebError};
use anyhow::{Context, Result, anyhow, bail};
use model::api::store::{CounterLine, CounterOrderAnswer, CounterOrderRequest, LoginAnswer, LoginRequest};
use model::{CommandId, PersonId, Qty, SkuId};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use store_node::engine::Engine;
use store_node::{clock, manifest, run};
use tokio::runtime::Handle;

/// How long the process may take to be ready.
const READY_LIMIT: Duration = Duration::from_secs(20);
/// How long it may take to stop.
const STOP_LIMIT: Duration = Duration::from_secs(10);

/// The files and ports of a store.
#[derive(Debug, Clone)]
pub struct House {
    /// Its folder.
    pub dir: PathBuf,
    /// Its store.toml.
    pub config: PathBuf,
    /// Of its HTTP server.
    pub base: String,
    /// Of its broker, for handhelds.
    pub ws_port: u16,
    /// The binary that plays node and agent: this one, unless somebody says otherwise.
    pub program: PathBuf,
    /// Certificate of the store's authority, where its broker is encrypted.
    pub authority: Option<PathBuf>,
}

impl House {
    /// Writes store.toml (with `more` at its end) into `dir` and fills the shelves.
    ///
    /// # Errors
    /// When the files cannot be written.
    pub fn build(dir: &Path, more: &str) -> Result<Self> {
        let ports = stage::free_ports()?;
        std::fs::create_dir_all(dir)?;
        let config = dir.join("store.toml");
        std::fs::write(&config, stage::store_toml(dir, ports, more))?;
        let manifest = stage::manifest(dir, ports, more)?;
        let mut engine = Engine::open(&run::database(dir), manifest::setup(&manifest)?, clock::now())?;
        stage::fill(&mut engine, clock::now())?;
        engine.close()?;
        let [http, _, ws_port] = ports;
        Ok(Self {
            dir: dir.to_owned(),
            config,
            base: format!("http://127.0.0.1:{http}"),
            ws_port,
            program: std::env::current_exe()?,
            authority: None,
        })
    }

    /// Starts the process; gives it with the time from its start to its first `ready`.
    ///
    /// # Errors
    /// When it does not become ready.
    pub async fn start(&self) -> Result<(Proc, Duration)> {
        let begun = Instant::now();
        let log = self.dir.join("node.log");
        let mut proc = Proc::start_from(&self.program, "__store", &self.config, &log, &[])?;
        proc.ready(&reqwest::Client::new(), &format!("{}/readyz", self.base), READY_LIMIT).await?;
        Ok((proc, begun.elapsed()))
    }

    /// Starts the device agent.
    ///
    /// # Errors
    /// When the process cannot be started.
    pub fn start_agent(&self) -> Result<Proc> {
        self.start_agent_in(&[])
    }

    /// Starts the device agent with these variables in its environment.
    ///
    /// # Errors
    /// When the process cannot be started.
    pub fn start_agent_in(&self, environment: &[(&str, String)]) -> Result<Proc> {
        Proc::start_from(&self.program, "__agent", &self.config, &self.dir.join("agent.log"), environment)
    }

    /// A session of the manager, on a connection of its own.
    ///
    /// # Errors
    /// When the login is refused.
    pub async fn manager(&self) -> Result<Site> {
        let site = Site::new(reqwest::Client::builder().tcp_nodelay(true).build()?, &self.base);
        let request = LoginRequest { person: PersonId::new("meena")?, pin: "8080".to_owned() };
        let answer =
            site.post::<LoginAnswer>("/api/v1/login", CommandId::new(clock::now(), 1 << 60), &request).await;
        let answer = answer.map_err(|error| anyhow!("login: {error:?}"))?;
        Ok(site.with_session(&answer.token))
    }
}

/// Takes an order at the counter.
///
/// # Errors
/// The refusal, as text.
pub async fn order(console: &Site, key: u128, lines: &[(usize, u32)]) -> Result<Option<CounterOrderAnswer>> {
    let line = |(sku, qty): &(usize, u32)| -> Result<CounterLine> {
        Ok(CounterLine { sku: SkuId::new(basket::code(*sku))?, qty: Qty::new(i64::from(*qty))? })
    };
    let lines = lines.iter().map(line).collect::<Result<_>>()?;
    let request = CounterOrderRequest { lines, first_name: "Asha".to_owned() };
    match console.post("/api/v1/counter-orders", CommandId::new(clock::now(), key), &request).await {
        Ok(answer) => Ok(Some(answer)),
        Err(WebError::Refused(problem)) if problem.code == "out_of_stock" => Ok(None),
        Err(other) => bail!("{other:?}"),
    }
}

/// The store behind its HTTP server.
#[derive(Debug)]
pub struct Served {
    house: House,
    proc: Proc,
    runtime: Handle,
}

impl Served {
    /// Builds and starts it below `dir`.
    ///
    /// # Errors
    /// When it does not become ready.
    pub fn start(dir: &Path, runtime: Handle) -> Result<Self> {
        let house = House::build(&dir.join("served"), "")?;
        let (proc, _) = runtime.block_on(house.start())?;
        Ok(Self { house, proc, runtime })
    }

    /// A client with a connection of its own.
    ///
    /// # Errors
    /// When the login is refused.
    pub fn client(&self) -> Result<Box<dyn Client>> {
        let console = self.runtime.block_on(self.house.manager())?;
        Ok(Box::new(Caller { console, runtime: self.runtime.clone() }))
    }

    /// Its database, for checking.
    pub fn database(&self) -> PathBuf {
        run::database(&self.house.dir)
    }

    /// Stops it in order.
    ///
    /// # Errors
    /// When it had to be killed.
    pub fn close(self) -> Result<()> {
        self.runtime
            .block_on(self.proc.stop(STOP_LIMIT))
            .then_some(())
            .context("the store did not stop by itself")
    }
}

struct Caller {
    console: Site,
    runtime: Handle,
}

impl Client for Caller {
    fn order(&mut self, basket: &Basket) -> Result<Reply> {
        let answer = self.runtime.block_on(order(&self.console, basket.key, &basket.lines))?;
        Ok(if answer.is_some() { Reply::Taken } else { Reply::SoldOut })
    }
}
