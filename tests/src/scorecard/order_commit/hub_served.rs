//! Larder's hub as a process of its own: checkouts of customers who are logged in and have filled their carts, each over
//! HTTP with the customer's own session. What `hub` measures at the queue, and everything in front of it.

use super::basket::Basket;
use super::hub;
use super::load::{Client, Reply};
use crate::demo::procs::Proc;
use crate::demo::web::{Site, WebError};
use crate::scorecard::stage;
use anyhow::{Context, Result, bail};
use central_hub::clock;
use central_hub::db::customers::SessionRow;
use central_hub::db::sqlite::Sqlite;
use central_hub::db::{Customers, HubDb};
use hub_core::proof::HubKey;
use model::api::hub::{CheckoutRequest, Order, Payment};
use model::order_doc::SubstitutePreset;
use model::{AddressId, CommandId, Role};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::runtime::Handle;

/// How long the process may take to be ready, and to stop.
const LIMIT: Duration = Duration::from_secs(20);
/// How long the sessions are good, milliseconds.
const SESSION_MS: i64 = 3_600_000;
const KEY: [u8; 32] = [7; 32];

/// The hub behind its HTTP server.
#[derive(Debug)]
pub struct Served {
    proc: Proc,
    runtime: Handle,
    base: String,
    database: PathBuf,
    addresses: Arc<[AddressId]>,
    next: Arc<AtomicUsize>,
}

impl Served {
    /// Builds and starts it below `dir`.
    ///
    /// # Errors
    /// When it does not become ready.
    pub fn start(dir: &Path, runtime: Handle) -> Result<Self> {
        let dir = dir.join("served-hub");
        std::fs::create_dir_all(&dir)?;
        std::fs::write(dir.join("hub.key"), KEY)?;
        let database = dir.join("hub.db");
        let addresses = fill(&database)?;
        let [port, _, _] = stage::free_ports()?;
        let config = write_config(&dir, port)?;
        let base = format!("http://127.0.0.1:{port}");
        let proc = runtime.block_on(async {
            let mut proc = Proc::start("__hub", &config, &dir.join("hub.log"), &[])?;
            proc.ready(&reqwest::Client::new(), &format!("{base}/readyz"), LIMIT).await?;
            Ok::<_, anyhow::Error>(proc)
        })?;
        Ok(Self { proc, runtime, base, database, addresses: addresses.into(), next: Arc::default() })
    }

    /// A client with a connection of its own, ordering for one customer after the other.
    ///
    /// # Errors
    /// When the system gives no connection.
    pub fn client(&self) -> Result<Box<dyn Client>> {
        let http = reqwest::Client::builder().tcp_nodelay(true).build()?;
        Ok(Box::new(Caller {
            site: Site::new(http, &self.base),
            runtime: self.runtime.clone(),
            addresses: Arc::clone(&self.addresses),
            next: Arc::clone(&self.next),
        }))
    }

    /// As for the hub at its queue.
    ///
    /// # Errors
    /// With what is wrong.
    pub fn verify(&self, taken: u64) -> Result<()> {
        hub::verify(&self.database, taken)
    }

    /// Stops it in order.
    ///
    /// # Errors
    /// When it had to be killed.
    pub fn close(self) -> Result<()> {
        self.runtime.block_on(self.proc.stop(LIMIT)).then_some(()).context("the hub did not stop by itself")
    }
}

/// Customers with carts, rights, and a session for each.
fn fill(database: &Path) -> Result<Vec<AddressId>> {
    let mut db = Sqlite::open(database)?;
    let now = clock::now();
    let key = HubKey(KEY);
    db.begin()?;
    let people = hub::people(&mut db, now)?;
    hub::shelves(&mut db, now)?;
    let until = now.plus_ms(SESSION_MS);
    for (n, (customer, _)) in people.iter().enumerate() {
        db.add_session(&SessionRow {
            access_hash: key.keep(&token(n)),
            refresh_hash: key.keep(&format!("refresh-{n}")),
            role: Role::Customer,
            subject: customer.to_string(),
            access_until: until,
            refresh_until: until,
            refreshed: false,
        })?;
    }
    db.commit()?;
    Ok(people.into_iter().map(|(_, address)| address).collect())
}

fn token(n: usize) -> String {
    format!("access-{n}")
}

fn write_config(dir: &Path, port: u16) -> Result<PathBuf> {
    let mut text = format!(
        "profile = \"demo\"\nlisten = \"127.0.0.1:{port}\"\ndata_dir = \"{}\"\nstop_after_ms = 3600000\n\n",
        dir.display()
    );
    for n in 0..hub::STORES {
        let seed = hub::seed(n)?;
        writeln!(
            text,
            "[[stores]]\nid = \"{}\"\nname = \"{}\"\nlat = {}\nlon = {}\nradius_m = {}\ncapacity = {}\ntoken = \"token-of-the-benchmark-{n}\"\n",
            seed.id, seed.name, seed.at.lat, seed.at.lon, seed.radius_m, seed.capacity
        )?;
    }
    let path = dir.join("hub.toml");
    std::fs::write(&path, text)?;
    Ok(path)
}

struct Caller {
    site: Site,
    runtime: Handle,
    addresses: Arc<[AddressId]>,
    next: Arc<AtomicUsize>,
}

impl Client for Caller {
    fn order(&mut self, basket: &Basket) -> Result<Reply> {
        let n = self.next.fetch_add(1, Ordering::Relaxed);
        let Some(address) = self.addresses.get(n).copied() else { return Ok(Reply::Done) };
        let request = CheckoutRequest { address, payment: Payment::Cod, preset: SubstitutePreset::Refund };
        let site = self.site.with_session(&token(n));
        let key = CommandId::new(clock::now(), basket.key);
        match self.runtime.block_on(site.post::<Order>("/api/v1/checkout", key, &request)) {
            Ok(_) => Ok(Reply::Taken),
            Err(WebError::Refused(problem)) if problem.code == "out_of_stock" => Ok(Reply::SoldOut),
            Err(other) => bail!("{other:?}"),
        }
    }
}
