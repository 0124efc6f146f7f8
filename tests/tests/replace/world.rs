//! A hub and a store on this machine, and what people do at their screens.

use model::api::machine::BackupKept;
use model::api::store::counting::{CountAnswer, CountFound, CountRequest, CountTask};
use model::api::store::{CounterLine, CounterOrderAnswer, CounterOrderRequest};
use model::{CommandId, Qty, SkuId};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use store_node::backup::program::{self, Place};
use store_node::replace::{Made, Wish, replace};
use store_node::{clock, run};
use sync::vault::RecoveryKey;
use tests::demo::procs::Proc;
use tests::demo::web::{Site, WebError};
use tests::scorecard::order_commit::basket;
use tests::scorecard::served::House;
use tests::scorecard::stage::free_ports;

/// How long anything may take: a backup round, a dial, a claim.
pub const LIMIT: Duration = Duration::from_secs(90);

/// The phones of the city's operations.
pub const OPS: [&str; 2] = ["+919800020001", "+919800020002"];

pub struct World {
    pub dir: PathBuf,
    pub hub: Option<Proc>,
    pub hub_address: SocketAddr,
    pub token: String,
    /// Where stores show certificates; then nowhere else.
    pub sync: Option<SocketAddr>,
}

impl World {
    /// A hub and a store of it on its shelves, neither running.
    pub fn build(dir: &Path) -> (Self, House) {
        let [port] = free_ports().unwrap();
        let hub_address = SocketAddr::from(([127, 0, 0, 1], port));
        let mut house = House::build(&dir.join("old"), "").unwrap();
        house.program = env!("CARGO_BIN_EXE_demo").into();
        let text = std::fs::read_to_string(&house.config).unwrap();
        let at_hub = text.replace("http://127.0.0.1:9\"", &format!("http://{hub_address}\""));
        std::fs::write(&house.config, at_hub).unwrap();
        let token = firmware_config::load(&house.config).unwrap().hub.token;
        let world = Self { dir: dir.to_owned(), hub: None, hub_address, token, sync: None };
        world.write_hub("hub");
        (world, house)
    }

    /// The hub's configuration, with this data folder.
    pub fn write_hub(&self, folder: &str) {
        let (profile, sync) = match self.sync {
            None => ("demo", String::new()),
            Some(listen) => (
                "production",
                format!(
                    "[sync]\nlisten = \"{listen}\"\nca = \"ca/ca.crt\"\ncert = \"ca/broker.crt\"\n\
                     key = \"ca/broker.key\"\ncrl = \"ca/crl.pem\"\n"
                ),
            ),
        };
        let text = format!(
            "profile = \"{profile}\"\nlisten = \"{}\"\ndata_dir = \"{folder}\"\n{sync}[[stores]]\nid = \"s1\"\nname = \"Indiranagar\"\n\
             lat = 12.9719\nlon = 77.6412\ntoken = \"{}\"\n\
             [[staff]]\nname = \"Nisha\"\nphone = \"{}\"\nrole = \"city_ops\"\n\
             [[staff]]\nname = \"Bala\"\nphone = \"{}\"\nrole = \"city_ops\"\n",
            self.hub_address, self.token, OPS[0], OPS[1]
        );
        std::fs::write(self.hub_config(), text).unwrap();
    }

    pub fn hub_config(&self) -> PathBuf {
        self.dir.join("hub.toml")
    }

    pub async fn start_hub(&mut self) {
        let log = self.dir.join("hub.log");
        let program = Path::new(env!("CARGO_BIN_EXE_demo"));
        let mut hub = Proc::start_from(program, "__hub", &self.hub_config(), &log, &[]).unwrap();
        let ready = format!("http://{}/readyz", self.hub_address);
        hub.ready(&reqwest::Client::new(), &ready, LIMIT).await.unwrap();
        self.hub = Some(hub);
    }

    pub async fn stop_hub(&mut self) {
        assert!(self.hub.take().unwrap().stop(LIMIT).await);
    }

    /// The hub over HTTP, without a session.
    pub fn site(&self) -> Site {
        Site::new(reqwest::Client::new(), &format!("http://{}", self.hub_address))
    }

    /// What the hub keeps of the store.
    pub async fn kept(&self) -> Vec<BackupKept> {
        self.site().with_session(&self.token).get("/sync/v1/backup").await.unwrap()
    }

    /// Another machine in a folder of this name: its own ports, the same store.
    pub async fn replace(
        &self,
        house: &House,
        name: &str,
        (from, instead_of): (Place, Option<u32>),
        recovery: &RecoveryKey,
    ) -> Result<(House, Made), String> {
        let dir = self.dir.join(name);
        std::fs::create_dir_all(&dir).unwrap();
        let mut text = std::fs::read_to_string(&house.config).unwrap();
        let old = firmware_config::load(&house.config).unwrap();
        let [http, tcp, ws] = free_ports::<3>().unwrap();
        let ports =
            [(old.node.http.port(), http), (old.broker.tcp_port, tcp), (old.broker.websocket_port, ws)];
        for (from, to) in ports {
            text = text.replace(&from.to_string(), &to.to_string());
        }
        let text = text.replace(&house.dir.display().to_string(), &dir.display().to_string());
        let config = dir.join("store.toml");
        std::fs::write(&config, text).unwrap();
        let manifest = Some(firmware_config::load(&config).unwrap());
        let wish = Wish { from, number: None, instead_of, manifest, hub: None, config: config.clone() };
        let (recovery, handle) = (recovery.clone(), tokio::runtime::Handle::current());
        let made = tokio::task::spawn_blocking(move || replace(&wish, &recovery, handle)).await.unwrap();
        let base = format!("http://127.0.0.1:{http}");
        let program = house.program.clone();
        let house = House { dir, config, base, ws_port: ws, program, authority: None };
        made.map(|made| (house, made)).map_err(|error| error.to_string())
    }
}

pub fn id(n: u128) -> CommandId {
    CommandId::new(clock::now(), n)
}

pub async fn sell(console: &Site, key: u128, n: usize) -> Result<CounterOrderAnswer, String> {
    let sku = SkuId::new(basket::code(n)).unwrap();
    let request = CounterOrderRequest {
        lines: vec![CounterLine { sku, qty: Qty::new(2).unwrap() }],
        first_name: String::new(),
    };
    match console.post("/api/v1/counter-orders", id(key), &request).await {
        Ok(answer) => Ok(answer),
        Err(WebError::Refused(problem)) => Err(problem.code),
        Err(WebError::Broken(why)) => panic!("{why}"),
    }
}

/// Asks until the answer is as wanted.
pub async fn until<A: serde::de::DeserializeOwned + std::fmt::Debug>(
    site: &Site,
    path: &str,
    wanted: impl Fn(&A) -> bool,
) -> A {
    let begun = Instant::now();
    loop {
        let answer = site.get::<A>(path).await;
        match answer {
            Ok(answer) if wanted(&answer) => return answer,
            answer => assert!(begun.elapsed() < LIMIT, "{path}: {answer:?}"),
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Counts a SKU as a person does: looks it up by its code, walks to its places, types what is there.
pub async fn count(console: &Site, key: u128, n: usize, found: i64) -> CountAnswer {
    let sku = basket::code(n);
    let task = console.get::<Option<CountTask>>(&format!("/api/v1/counting/find?q={sku}")).await;
    let task = task.unwrap().unwrap();
    assert_eq!(task.sku.as_str(), sku);
    let mut left = found;
    let places = task.places.iter().map(|place| {
        let qty = Qty::new(left).unwrap();
        left = 0;
        CountFound { bin: place.bin.clone(), lot: place.lot.clone(), qty }
    });
    let request = CountRequest { found: places.collect() };
    console.post(&format!("/api/v1/counting/{sku}"), id(key), &request).await.unwrap()
}

pub fn enrol(house: &House) -> RecoveryKey {
    program::enrol(&firmware_config::load(&house.config).unwrap()).unwrap()
}

/// Backs a store up to a file, as `store-node backup to FILE` does.
pub async fn to_stick(house: &House, stick: &Path) {
    let setup = program::setup(&firmware_config::load(&house.config).unwrap()).unwrap();
    let (to, handle) = (Place::File(stick.to_owned()), tokio::runtime::Handle::current());
    tokio::task::spawn_blocking(move || program::back_up(&setup, &to, handle)).await.unwrap().unwrap();
}

/// The jobs of a database by state.
pub fn prints(house: &House, state: &str) -> i64 {
    let conn = rusqlite::Connection::open(run::database(&house.dir)).unwrap();
    conn.query_row("SELECT count(*) FROM print_job WHERE state = ?1", [state], |row| row.get(0)).unwrap()
}

/// The node's figures.
pub async fn metrics(house: &House) -> String {
    reqwest::get(format!("{}/metrics", house.base)).await.unwrap().text().await.unwrap()
}

/// What a process has logged.
pub fn log(house: &House) -> String {
    std::fs::read_to_string(house.dir.join("node.log")).unwrap()
}
