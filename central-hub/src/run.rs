//! Builds the hub from its parts, runs it, stops it in order: close inputs, drain the writer, checkpoint.

use crate::backup::rounds::{self, Rounds};
use crate::backup::{self, BackupError};
use crate::backups::Backups;
use crate::cashier::Cashier;
use crate::command::{Answer, Command, Envelope};
use crate::config::{HubConfig, Profile};
use crate::engine::{Fault, HubEngine, No};
use crate::global::follow::Follower;
use crate::http::{self, App};
use crate::import::{self, ImportError};
use crate::lock::{Lock, LockError};
use crate::ports::pay::{Gateway, Simulator};
use crate::readers::Readers;
use crate::stores::{self, Links};
use crate::tls::{Certified, SyncListener, TlsError};
use crate::writer::Writer;
use crate::{clock, system};
use axum::serve::ListenerExt;
use hub_core::proof::HubKey;
use model::catalogue::Product;
use model::{StoreId, Timestamp};
use rand::TryRngCore;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use sync::vault::RecoveryKey;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How often holds are looked at and riders are matched.
const TICK: Duration = Duration::from_millis(500);
/// Ticks between two looks at the hours that are over (half a minute).
const HOURS_TICKS: u32 = 60;
/// Ticks between two rounds of forgetting (an hour).
const FORGET_TICKS: u32 = 7_200;
/// How often what changed in the catalogue is told.
const CATALOGUE_EVERY: Duration = Duration::from_secs(1);
/// Between two parts of it.
const CATALOGUE_NEXT: Duration = Duration::from_millis(100);
/// How long what is under way may take at a stop.
const FAREWELL: Duration = Duration::from_secs(3);

/// Why the hub does not run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Values that cannot stand together.
    #[error("the configuration cannot stand:\n  {}", .0.join("\n  "))]
    Config(Vec<String>),
    /// The data folder or a file in it.
    #[error("cannot use {path}: {source}")]
    Data {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Another process writes there.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The port is taken, or not ours to take.
    #[error("cannot listen on {listen}: {source}. Stop whoever holds it, or set another `listen`.")]
    Listen {
        /// Which.
        listen: std::net::SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The stores' encrypted address.
    #[error("[sync] {0}")]
    Tls(#[from] TlsError),
    /// The database.
    #[error(transparent)]
    Engine(#[from] Fault),
    /// The backup.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// The catalogue.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// A seed or product was refused.
    #[error("the hub refused its own configuration: {0}")]
    Refused(String),
    /// The system gives no random bytes or no thread.
    #[error("the system gives no {0}")]
    System(&'static str),
}

/// Runs until `shutdown`. Says `ready` in the log once it answers.
///
/// # Errors
/// [`RunError`], each with what to do.
pub async fn run(config: HubConfig, shutdown: CancellationToken) -> Result<(), RunError> {
    let wrong = config.wrong();
    if !wrong.is_empty() {
        return Err(RunError::Config(wrong));
    }
    let listen = config.listen;
    let listener = TcpListener::bind(listen).await.map_err(|source| RunError::Listen { listen, source })?;
    let lock = Lock::take(&config.data_dir)?;
    let engine = open(&config, &lock)?;
    let (app, writer_thread, tasks) = start(&config, engine, &shutdown)?;
    let address = listener.local_addr().unwrap_or(listen);
    tracing::info!(%address, stores = config.stores.len(), "ready");
    if let Some(files) = &config.sync {
        let sync = SyncListener::bind(files, shutdown.child_token()).await?;
        let router = http::sync_router(app.clone()).into_make_service_with_connect_info::<Certified>();
        let stop = shutdown.clone();
        tracing::info!(address = %files.listen, "stores connect here, by certificate");
        let served = axum::serve(sync, router).with_graceful_shutdown(stop.cancelled_owned());
        tasks.spawn(async move {
            if let Err(error) = served.await {
                tracing::error!(%error, "serving the stores ended");
            }
        });
    }
    let router = http::router(app.clone());
    let stop = shutdown.clone();
    let nodelay = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    let served = axum::serve(nodelay, router).with_graceful_shutdown(async move { stop.cancelled().await });
    tokio::select! {
        done = served.into_future() => {
            if let Err(error) = done {
                tracing::error!(%error, "serving ended");
            }
        }
        // A browser that keeps a stream open must not keep the hub.
        () = async { shutdown.cancelled().await; tokio::time::sleep(FAREWELL).await } => {}
    }
    shutdown.cancel();
    tasks.close();
    let _ = tokio::time::timeout(FAREWELL, tasks.wait()).await;
    app.writer.stop().await;
    drop(app);
    let _ = tokio::task::spawn_blocking(move || writer_thread.join()).await;
    drop(lock);
    tracing::info!("stopped");
    Ok(())
}

/// The engine with stores, people and catalogue of the configuration in it. Who opens it shows that the folder is theirs.
///
/// # Errors
/// [`RunError`].
pub fn open(config: &HubConfig, _held: &Lock) -> Result<HubEngine, RunError> {
    let rules = config.rules(key(&config.data_dir.join("hub.key"))?);
    let mut engine = HubEngine::open(&database(config), rules, clock::now())?;
    engine.put_stores(&config.store_seeds())?;
    take_generation(config, &mut engine)?;
    put(&mut engine, "people", Command::SeedPeople { people: config.seeds() })?;
    if let Some(path) = &config.catalogue {
        put_catalogue(&mut engine, import::catalogue(path)?)?;
    }
    Ok(engine)
}

/// Makes a hub out of a backup and takes its next generation, before anybody is served.
///
/// # Errors
/// [`RunError`].
pub fn restore(
    config: &HubConfig,
    file: &Path,
    recovery: &RecoveryKey,
) -> Result<(Timestamp, u32), RunError> {
    let lock = Lock::take(&config.data_dir)?;
    let at = backup::restore(file, recovery, &config.data_dir)?;
    let mut engine = open(config, &lock)?;
    let generation = engine.data().generation().map_err(Fault::from)?;
    engine.checkpoint()?;
    Ok((at, generation.0))
}

/// Brings a catalogue into a hub that is not running, once all its rows are judged good; says how many products it has.
///
/// # Errors
/// [`RunError`]; then nothing is put in.
pub fn import(config: &HubConfig, file: &Path) -> Result<usize, RunError> {
    let products = import::catalogue(file)?;
    let lock = Lock::take(&config.data_dir)?;
    let mut engine = open(config, &lock)?;
    let count = put_catalogue(&mut engine, products)?;
    engine.checkpoint()?;
    Ok(count)
}

/// A database that came from a backup takes its generation before anything else is done with it.
fn take_generation(config: &HubConfig, engine: &mut HubEngine) -> Result<(), RunError> {
    if !backup::wants_generation(&config.data_dir) {
        return Ok(());
    }
    let hub = backup::installation(&config.data_dir)?;
    let expect = engine.data().generation().map_err(Fault::from)?;
    put(engine, "generation", Command::BeginGeneration { hub, expect })?;
    Ok(backup::has_generation(&config.data_dir)?)
}

/// Puts a catalogue in, as one command and so in one transaction; says how many products it has.
fn put_catalogue(engine: &mut HubEngine, products: Vec<Product>) -> Result<usize, RunError> {
    let count = products.len();
    put(engine, "catalogue", Command::PutProducts { products })?;
    Ok(count)
}

/// Where a hub of this configuration keeps its data.
pub fn database(config: &HubConfig) -> PathBuf {
    config.data_dir.join("hub.db")
}

fn put(engine: &mut HubEngine, what: &'static str, command: Command) -> Result<(), RunError> {
    let now = clock::now();
    let envelope = Envelope { id: system::id(now, what), actor: system::actor("config"), command };
    let applied = engine.apply(now, vec![envelope])?;
    for answer in applied.answers {
        answer.map_err(|no| match no {
            No::Refused(refusal) => RunError::Refused(format!("{what}: {}", refusal.problem().detail)),
            No::Fault(fault) => RunError::Engine(fault.into()),
        })?;
    }
    Ok(())
}

/// The hub's key: read, or made once with the system's randomness and kept to its owner.
fn key(path: &Path) -> Result<HubKey, RunError> {
    let fault = |source| RunError::Data { path: path.to_owned(), source };
    match std::fs::read(path) {
        Ok(bytes) => <[u8; 32]>::try_from(bytes.as_slice())
            .map(HubKey)
            .map_err(|_| fault(std::io::Error::other("not 32 bytes; put the right key back"))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let mut bytes = [0; 32];
            rand::rngs::OsRng.try_fill_bytes(&mut bytes).map_err(|_| RunError::System("random bytes"))?;
            write_private(path, &bytes).map_err(fault)?;
            Ok(HubKey(bytes))
        }
        Err(error) => Err(fault(error)),
    }
}

fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

type Started = (App, std::thread::JoinHandle<()>, TaskTracker);

fn start(config: &HubConfig, engine: HubEngine, shutdown: &CancellationToken) -> Result<Started, RunError> {
    let named = config.stores.iter().filter_map(|s| Some((StoreId::new(&s.id).ok()?, s.token.clone())));
    let peers = stores::peers(&engine, &named.collect::<Vec<_>>(), clock::now())?;
    let rules = Arc::new(engine.rules().clone());
    let (writer, thread) = Writer::start(engine).map_err(|_| RunError::System("thread"))?;
    let readers = Readers::new(database(config));
    let links = Links::new(peers, (writer.clone(), readers.clone()), &rules, shutdown.child_token());
    let tasks = TaskTracker::new();
    tasks.spawn(ticks(writer.clone(), shutdown.clone()));
    tasks.spawn(links.clone().beat());
    tasks.spawn(tell_catalogue(writer.clone(), shutdown.clone()));
    if let Some(link) = &config.global {
        let follower = Follower::new(link.clone(), writer.clone(), readers.clone());
        tasks.spawn(follower.run(shutdown.clone()));
    }
    if config.profile == Profile::Demo {
        let file = config.data_dir.join("gateway-simulator.jsonl");
        let simulator = Simulator::open(&file).map_err(|source| RunError::Data { path: file, source })?;
        let gateway = Arc::new(Gateway::Simulator(simulator));
        let cashier = Cashier { gateway, writer: writer.clone(), readers: readers.clone() };
        tasks.spawn(cashier.run(shutdown.clone()));
    }
    let own_backup = match &config.backup {
        None => rounds::off(),
        Some(wanted) => {
            let rounds = Rounds::new(&config.data_dir, wanted);
            let says = rounds.says();
            tasks.spawn(rounds.run(clock::now, shutdown.clone()));
            says
        }
    };
    let backups = Backups::new(config.data_dir.join("backups"));
    let stop = shutdown.clone();
    let app = App { writer, readers, links, rules, profile: config.profile, backups, own_backup, stop };
    Ok((app, thread, tasks))
}

/// What the hub does by the clock: lets holds go, matches riders, forgets.
async fn ticks(writer: Writer, stop: CancellationToken) {
    let mut beat = tokio::time::interval(TICK);
    beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut count: u32 = 0;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = beat.tick() => {}
        }
        let mut due = vec![("holds", Command::ExpireHolds), ("riders", Command::AssignRiders)];
        if count.is_multiple_of(FORGET_TICKS) {
            due.push(("forget", Command::Forget));
        }
        if count % HOURS_TICKS == HOURS_TICKS - 1
            && let Err(error) = writer.close_hours().await
        {
            tracing::warn!(%error, "hours not looked at; the next look does it");
        }
        count = count.wrapping_add(1);
        for (what, command) in due {
            let envelope =
                Envelope { id: system::id(clock::now(), what), actor: system::actor("clock"), command };
            if let Err(error) = writer.apply(envelope).await {
                tracing::warn!(%error, what, "not done; the next beat does it");
            }
        }
    }
}

/// Publishes what changed in the catalogue and puts it into the stores' logs. Nobody waits for it.
async fn tell_catalogue(writer: Writer, stop: CancellationToken) {
    let mut wait = CATALOGUE_NEXT;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(wait) => {}
        }
        let (id, actor) = (system::id(clock::now(), "listing"), system::actor("clock"));
        let done = writer.apply(Envelope { id, actor, command: Command::PublishCatalogue }).await;
        wait = match done {
            Ok(Ok(Answer::Count { count })) if count > 0 => CATALOGUE_NEXT,
            Ok(_) => CATALOGUE_EVERY,
            Err(error) => {
                tracing::warn!(%error, "the catalogue is not told; the next beat does it");
                CATALOGUE_EVERY
            }
        };
        if let Err(error) = writer.spread_catalogue().await {
            tracing::warn!(%error, "the catalogue is not told; the next beat does it");
        }
    }
}
