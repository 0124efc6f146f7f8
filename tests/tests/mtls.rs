//! The link by certificate: a real store node dials a real hub, both with papers of the hub's own authority as
//! `firmware-config enrol` gives them out. Who comes with another's name, without papers, or with papers that were taken
//! back, is not let in.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail the test")]

use central_hub::config::HubConfig;
use firmware_config::enrol::Authority;
use model::{DeviceId, Timestamp};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tests::scorecard::stage;
use tokio_util::sync::CancellationToken;

/// A hub that lets stores in by certificate alone.
struct Hub {
    dir: tempfile::TempDir,
    authority: Authority,
    port: u16,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

fn now() -> Timestamp {
    central_hub::clock::now()
}

fn papers(authority: &Authority, name: &str, folder: &Path) {
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
    async fn start(prepare: impl FnOnce(&Authority, &Path)) -> Self {
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

    fn data(&self) -> PathBuf {
        self.dir.path().join("data/hub.db")
    }

    /// Whether the hub hears s1 within so long.
    async fn hears(&self, limit: Duration) -> bool {
        let end = tokio::time::Instant::now() + limit;
        while tokio::time::Instant::now() < end {
            let online = rusqlite::Connection::open(self.data()).and_then(|conn| {
                conn.query_row("SELECT online FROM store WHERE id = 's1'", [], |r| r.get::<_, bool>(0))
            });
            if online == Ok(true) {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        false
    }

    async fn end(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

/// A store node s1 that dials with the papers in `folder`, until the token is cancelled.
fn store(hub: &Hub, folder: &Path, data: &Path) -> (CancellationToken, tokio::task::JoinHandle<()>) {
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_with_its_own_papers_is_heard() {
    let hub = Hub::start(|authority, dir| papers(authority, "s1", &dir.join("papers"))).await;
    let data = tempfile::tempdir().unwrap();
    let (stop, task) = store(&hub, &hub.dir.path().join("papers"), data.path());
    assert!(hub.hears(Duration::from_secs(60)).await);
    stop.cancel();
    task.await.unwrap();
    hub.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn anothers_name_and_papers_that_were_taken_back_do_not_open() {
    let hub = Hub::start(|authority, dir| {
        papers(authority, "s2", &dir.join("neighbour"));
        papers(authority, "s1", &dir.join("stolen"));
        authority.revoke(&DeviceId::new("s1").unwrap(), now()).unwrap();
    })
    .await;
    assert_eq!(hub.authority.entries().unwrap().len(), 2);
    for folder in ["neighbour", "stolen"] {
        let data = tempfile::tempdir().unwrap();
        let (stop, task) = store(&hub, &hub.dir.path().join(folder), data.path());
        assert!(!hub.hears(Duration::from_secs(4)).await, "{folder}");
        stop.cancel();
        task.await.unwrap();
    }
    // Without any papers not even a page is served, and the token alone opens nothing.
    let bare = tokio::net::TcpStream::connect(("127.0.0.1", hub.port)).await.unwrap();
    drop(bare);
    hub.end().await;
}

#[test]
fn profile_production_asks_for_certificates() {
    let dir = tempfile::tempdir().unwrap();
    let text = "profile = \"production\"\nlisten = \"127.0.0.1:1\"\ndata_dir = \"d\"\n[[stores]]\nid = \"s1\"\n\
                name = \"s1\"\nlat = 1.0\nlon = 1.0\ntoken = \"0123456789abcdef\"\n";
    std::fs::write(dir.path().join("hub.toml"), text).unwrap();
    let error = HubConfig::load(&dir.path().join("hub.toml")).unwrap_err().to_string();
    assert!(error.contains("[sync]"), "{error}");
}
