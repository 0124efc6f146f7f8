//! A hub that lets stores in by certificate alone and a node with papers, in this process, over real sockets.

use central_hub::config::HubConfig;
use firmware_config::enrol::Authority;
use model::{DeviceId, Timestamp};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tests::scorecard::stage;
use tokio_util::sync::CancellationToken;

/// A hub that lets stores in by certificate alone.
pub struct Hub {
    pub dir: tempfile::TempDir,
    pub authority: Authority,
    pub port: u16,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

pub fn now() -> Timestamp {
    central_hub::clock::now()
}

pub fn papers(authority: &Authority, name: &str, folder: &Path) {
    let device = DeviceId::new(name).unwrap();
    let mut random = std::fs::File::open("/dev/urandom").unwrap();
    let code = authority.invite(&device, now(), &mut random).unwrap();
    let papers = authority.redeem(&device, &code, now()).unwrap();
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join("ca.crt"), papers.authority).unwrap();
    std::fs::write(folder.join("store.crt"), papers.certificate).unwrap();
    std::fs::write(folder.join("store.key"), papers.key).unwrap();
}

impl Hub {
    pub async fn start(prepare: impl FnOnce(&Authority, &Path)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("ca");
        let authority = Authority::create(&folder, "hub", &["127.0.0.1".to_owned()], now()).unwrap();
        prepare(&authority, dir.path());
        let [http, sync] = stage::free_ports::<2>().unwrap();
        let text = format!(
            "profile = \"production\"\nlisten = \"127.0.0.1:{http}\"\ndata_dir = \"data\"\n\
             [sync]\nlisten = \"127.0.0.1:{sync}\"\nca = \"ca/ca.crt\"\ncert = \"ca/broker.crt\"\n\
             key = \"ca/broker.key\"\ncrl = \"ca/crl.pem\"\n\
             [[stores]]\nid = \"s1\"\nname = \"s1\"\nlat = 12.9\nlon = 77.6\ntoken = \"a-token-for-benchmarks-only\"\n"
        );
        std::fs::write(dir.path().join("hub.toml"), text).unwrap();
        let config = HubConfig::load(&dir.path().join("hub.toml")).unwrap();
        let stop = CancellationToken::new();
        let until = stop.clone();
        let task = tokio::spawn(async move { central_hub::run::run(config, until).await.unwrap() });
        Self { dir, authority, port: sync, stop, task }
    }

    pub fn data(&self) -> PathBuf {
        self.dir.path().join("data/hub.db")
    }

    /// Whether the hub hears s1 within so long.
    pub async fn hears(&self, limit: Duration) -> bool {
        self.comes_to(true, limit).await
    }

    /// Whether s1 is on line, or off it, within so long.
    pub async fn comes_to(&self, wanted: bool, limit: Duration) -> bool {
        let end = tokio::time::Instant::now() + limit;
        while tokio::time::Instant::now() < end {
            let online = rusqlite::Connection::open(self.data()).and_then(|conn| {
                conn.query_row("SELECT online FROM store WHERE id = 's1'", [], |r| r.get::<_, bool>(0))
            });
            if online == Ok(wanted) {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        false
    }

    pub async fn end(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }

    pub fn config(&self) -> HubConfig {
        HubConfig::load(&self.dir.path().join("hub.toml")).unwrap()
    }

    /// Stops it; `meanwhile` its database is nobody's. Then it runs again.
    pub async fn restart(&mut self, meanwhile: impl FnOnce(&HubConfig)) {
        self.stop.cancel();
        (&mut self.task).await.unwrap();
        let config = self.config();
        meanwhile(&config);
        self.stop = CancellationToken::new();
        let until = self.stop.clone();
        self.task = tokio::spawn(async move { central_hub::run::run(config, until).await.unwrap() });
    }
}

/// A store node s1 that dials with the papers in `folder`, until the token is cancelled.
pub fn store(hub: &Hub, folder: &Path, data: &Path) -> (CancellationToken, tokio::task::JoinHandle<()>) {
    let ports = stage::free_ports::<3>().unwrap();
    let old = "[hub]\nurl = \"http://127.0.0.1:9\"\ntoken = \"a-token-for-benchmarks-only\"\n";
    let new = format!(
        "[hub]\nurl = \"https://127.0.0.1:{}\"\ntoken = \"a-token-for-benchmarks-only\"\n\
         [hub.tls]\nca = \"{dir}/ca.crt\"\ncert = \"{dir}/store.crt\"\nkey = \"{dir}/store.key\"\n",
        hub.port,
        dir = folder.display()
    );
    let text = stage::store_toml(data, ports, "");
    assert!(text.contains(old));
    let manifest = firmware_config::parse(&text.replace(old, &new)).unwrap_or_else(|f| panic!("{f:?}"));
    let stop = CancellationToken::new();
    let until = stop.clone();
    let run = async move {
        store_node::run::run(manifest, store_node::setup::Policy::default(), until).await.unwrap();
    };
    (stop, tokio::spawn(run))
}
