//! Builds the node from its parts, runs it, stops it in order: close inputs, drain the writer, checkpoint, end the
//! broker. Never decides about stock or orders.

use crate::backup::{BackupError, program, task};
use crate::broker::{AccessRules, AgentRight, Broker, BrokerError, hash_password};
use crate::claim::Claim;
use crate::db::ReadDb;
use crate::db::marks::{self, Mark};
use crate::doorkeeper::Doorkeeper;
use crate::engine::{Engine, OpenError};
use crate::http::{App, Facts};
use crate::lock::{Lock, LockError};
use crate::manifest::{self, ManifestError};
use crate::mqtt::MqttSetup;
use crate::pins::Pins;
use crate::reads::{ReadError, Reads};
use crate::replace::{self, ReplaceError};
use crate::secrets::{self, AGENT_USER, NODE_USER, SecretError};
use crate::setup::Policy;
use crate::ship::{self, Shipper};
use crate::uplink::{Uplink, UplinkSetup};
use crate::writer::Writer;
use crate::{clock, http, mqtt, notify, timers};
use axum::serve::ListenerExt;
use device_drivers::agent::{ClientTls, TlsError};
use firmware_config::{BrokerTls, StoreManifest};
use model::Timestamp;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long adapters may take to finish what they have begun.
const FAREWELL: Duration = Duration::from_secs(3);

/// Why a node does not start.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// store.toml does not make a store.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The database does not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The data folder cannot be made, or another process has it.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The HTTP port is taken or not ours to take.
    #[error("cannot listen on {address}: {source}; set another `http` in [node], or stop who uses it")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The broker does not start.
    #[error(transparent)]
    Broker(#[from] BrokerError),
    /// The node's certificate for the broker cannot be used.
    #[error("[broker.tls] {0}")]
    Tls(#[from] TlsError),
    /// A machine that waits for its epoch cannot be fenced.
    #[error(transparent)]
    Replace(#[from] ReplaceError),
    /// Backups cannot be made ready.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// A secret could not be made.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The database could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// No thread for the writer.
    #[error("cannot start the writing thread: {0}")]
    Thread(std::io::Error),
    /// HTTP ended by itself.
    #[error("the HTTP server ended: {0}")]
    Http(std::io::Error),
}

/// Where a store's database lies.
pub fn database(data_dir: &Path) -> PathBuf {
    data_dir.join("store.db")
}

/// Runs a store node until `stop`.
///
/// # Errors
/// [`RunError`], each with what to do.
pub async fn run(manifest: StoreManifest, policy: Policy, stop: CancellationToken) -> Result<(), RunError> {
    let data_dir = manifest.node.data_dir.clone();
    let address = manifest.node.http;
    let listener = TcpListener::bind(address).await.map_err(|source| RunError::Listen { address, source })?;
    let _lock = Lock::take(&data_dir)?;
    let mut setup = manifest::setup(&manifest)?;
    setup.policy = policy;
    let (calendar, policy) = (setup.calendar.clone(), setup.policy.clone());
    let path = database(&data_dir);
    let (known, hub) = remembered(&path);
    clock::begin(known, hub);
    let mut engine = Engine::open_by(&path, setup, (clock::now(), clock::wall()))?;
    replace::fence_while_waiting(&mut engine, &data_dir)?;
    let peer = engine.peer_config()?;
    let (writer, thread) = Writer::start(engine).map_err(RunError::Thread)?;
    let reads = Reads::new(path);
    let pins = Pins::new(&manifest.people);
    let node_password = secrets::node_password(&data_dir)?;
    let rules = rules(&manifest, &node_password, &reads).await?;
    let rules = watch::Sender::new(rules);

    let tasks = TaskTracker::new();
    let broker_stop = CancellationToken::new();
    let listed = manifest.devices.iter().map(|device| (device.class, device.id.clone())).collect();
    let (folder, doors) = (data_dir.join("enrol"), rules.clone());
    let keeper = Doorkeeper { folder, listed, reads: reads.clone(), rules: doors };
    tasks.spawn(keeper.run(stop.clone()));
    let first = rules.borrow().clone();
    let broker = Broker::start(&manifest, &first).await?;
    let broker_word = broker.word();
    tasks.spawn(broker.supervise(rules.subscribe(), broker_stop.clone()));
    let standing = watch::Sender::new(task::BackupStanding::default());
    let backups = program::setup(&manifest)?;
    let (lacking, hours) = mpsc::channel(ship::HOURS_MAX);
    let (dial, line) = (uplink_setup(&manifest, &backups), backups.hub.clone());
    let uplink = Uplink::new(dial, (writer.clone(), reads.clone()), lacking, clock::now());
    let gone = std::sync::atomic::AtomicUsize::new(0);
    let (reads_of, writer_of) = (reads.clone(), writer.clone());
    let shipper = Shipper { line, reads: reads_of, writer: writer_of, link: uplink.state(), hours, gone };
    tasks.spawn(shipper.run(stop.clone()));
    tasks.spawn(task::run(backups, writer.clone(), reads.clone(), standing.clone(), stop.clone()));
    let app = App {
        backup: standing.subscribe(),
        writer: writer.clone(),
        reads: reads.clone(),
        link: uplink.state(),
        pins: pins.clone(),
        rules,
        facts: Arc::new(facts(&manifest, address)?),
        desk: Arc::new(http::Desk::new(data_dir.join("enrol"))),
        openapi: Arc::new(http::openapi()),
    };
    let mqtt_setup = mqtt_setup(&manifest, node_password)?;
    let link = uplink.state();
    tasks.spawn(uplink.run(peer, stop.clone()));
    tasks.spawn(mqtt::run(mqtt_setup, writer.clone(), reads, pins, stop.clone()));
    tasks.spawn(timers::run(writer.clone(), (calendar, policy), link, stop.clone()));
    tracing::info!(store = %manifest.store.id, %address, broker = broker_word, "ready");
    // The port was bound at the beginning, the agent's password lies in its file, and the broker lets it in.
    notify::ready();

    let served = serve(listener, app, stop.clone()).await;
    stop.cancel();
    broker_stop.cancel();
    tasks.close();
    let _ = tokio::time::timeout(FAREWELL, tasks.wait()).await;
    writer.stop().await;
    let _ = tokio::task::spawn_blocking(move || thread.join()).await;
    served.map_err(RunError::Http)
}

/// The time that counted last and the hub's last one, where the store remembers them.
pub fn remembered(path: &Path) -> (Option<Timestamp>, Option<Timestamp>) {
    let of = |mark| move |conn: &crate::db::Connection| marks::get(conn, mark);
    let read =
        |db: &mut ReadDb, mark| db.snapshot(of(mark)).ok().filter(|ms| *ms > 0).map(Timestamp::from_ms);
    match ReadDb::open(path) {
        Ok(mut db) => (read(&mut db, Mark::CountedAt), read(&mut db, Mark::HubTime)),
        // A new store.
        Err(_) => (None, None),
    }
}

/// Serves until `stop`; open event streams are given a moment, then cut.
async fn serve(listener: TcpListener, app: App, stop: CancellationToken) -> Result<(), std::io::Error> {
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY not set");
        }
    });
    let server =
        axum::serve(listener, http::router(app)).with_graceful_shutdown(stop.clone().cancelled_owned());
    let patience = async {
        stop.cancelled().await;
        tokio::time::sleep(Duration::from_millis(500)).await;
    };
    tokio::select! {
        served = server.into_future() => served,
        () = patience => Ok(()),
    }
}

async fn rules(manifest: &StoreManifest, node: &str, reads: &Reads) -> Result<AccessRules, RunError> {
    let agent = secrets::agent_password(&manifest.node.data_dir)?;
    let handhelds = reads.ask(|reader| reader.handheld_tokens()).await?;
    let devices = manifest.devices.iter().map(|device| (device.class, device.id.clone()));
    Ok(AccessRules {
        store: manifest.store.id.clone(),
        node: (NODE_USER.to_owned(), hash_password(node, secrets::random()?)),
        agents: vec![AgentRight {
            user: AGENT_USER.to_owned(),
            hash: hash_password(&agent, secrets::random()?),
            devices: devices.collect(),
        }],
        handhelds,
    })
}

fn facts(manifest: &StoreManifest, address: SocketAddr) -> Result<Facts, SecretError> {
    Ok(Facts {
        store: manifest.store.id.clone(),
        name: manifest.store.name.clone(),
        ws_port: manifest.broker.websocket_port,
        ws_tls: manifest.broker.tls.is_some(),
        base_url: format!("http://{address}"),
        secret: secrets::token_secret(&manifest.node.data_dir)?,
    })
}

/// The hub's address as a WebSocket's: http becomes ws, https becomes wss.
fn uplink_setup(manifest: &StoreManifest, backups: &task::Setup) -> UplinkSetup {
    let base = &backups.hub.base;
    let url = base.strip_prefix("http").map_or_else(|| base.clone(), |rest| format!("ws{rest}"));
    UplinkSetup {
        url: format!("{url}/sync/v1/connect?store={}", manifest.store.id),
        token: backups.hub.token.clone(),
        tls: backups.hub.tls.clone(),
        claim: Claim { hub: backups.hub.clone(), data_dir: backups.data_dir.clone() },
    }
}

fn mqtt_setup(manifest: &StoreManifest, password: String) -> Result<MqttSetup, RunError> {
    let files = manifest.broker.tls.as_ref();
    let own = |files: &BrokerTls| {
        let cert = files.node_cert.as_ref().unwrap_or(&files.cert);
        ClientTls::read(&files.ca, cert, files.node_key.as_ref().unwrap_or(&files.key))
    };
    let tls = files.map(own).transpose()?;
    Ok(MqttSetup {
        store: manifest.store.id.clone(),
        host: manifest.broker.host.to_string(),
        port: manifest.broker.tcp_port,
        user: NODE_USER.to_owned(),
        password,
        tls,
        lamps: manifest::lamps(manifest),
    })
}
