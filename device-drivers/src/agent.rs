//! The device agent: one supervised task per device, each with its own MQTT session, birth and will (REQ-46).
//! Carries bytes and facts between devices and the store's broker; decides nothing about stock or orders.

mod backoff;
mod capability;
mod clock;
mod gpio;
mod io_line;
mod link;
mod memory;
mod print_line;
mod printer;
mod reporter;
mod scale;
mod scanner;
mod sensor;
mod tls;

pub use tls::{ClientTls, TlsError};

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use firmware_config::{Band, Device, Driver, StoreManifest};
use model::{StoreId, ZoneId};
use tokio::sync::Notify;
use tokio::task::{Id, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::agent::memory::Memory;
use crate::agent::reporter::Reporter;
use crate::db::JournalError;
use crate::modbus::Lines;
use crate::printer::Language;
use crate::sensor::Span;

/// Pause before a device task that broke down is started again.
const RESTART_AFTER: Duration = Duration::from_secs(1);
/// How long devices may take to say farewell.
const FAREWELL: Duration = Duration::from_secs(3);
/// Ended print jobs are remembered this long, as refusals are (decision 5).
const REMEMBER_JOBS_MS: i64 = 31 * model::time::DAY_MS;

/// How the agent proves itself to the broker. The client id is always the device's id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// MQTT user name.
    pub user: String,
    /// Its password.
    pub password: String,
}

/// What an agent needs to run.
#[derive(Debug, Clone)]
pub struct AgentConfig {
    /// The store; stands in every topic.
    pub store: StoreId,
    /// Host or address of the broker.
    pub broker_host: String,
    /// The broker's TCP port.
    pub broker_port: u16,
    /// `None` for a broker that asks no one.
    pub login: Option<Login>,
    /// `None` for a broker that speaks in the clear.
    pub tls: Option<ClientTls>,
    /// The devices this agent carries.
    pub devices: Vec<Device>,
    /// The bands of the zones that sensors watch: which readings are kept for a store that is away.
    pub bands: BTreeMap<ZoneId, Band>,
    /// The journal file; its folder must exist.
    pub journal: PathBuf,
}

impl AgentConfig {
    /// All devices of a store, with the journal `agent.db` in `folder`.
    ///
    /// # Errors
    /// [`TlsError`]: the broker is encrypted and the agent's certificate cannot be used.
    pub fn from_manifest(
        manifest: &StoreManifest,
        folder: &Path,
        login: Option<Login>,
    ) -> Result<Self, TlsError> {
        let tls = match &manifest.broker.tls {
            None => None,
            Some(files) => {
                let (Some(cert), Some(key)) = (&files.agent_cert, &files.agent_key) else {
                    return Err(TlsError::NoneNamed);
                };
                Some(ClientTls::read(&files.ca, cert, key)?)
            }
        };
        Ok(Self {
            store: manifest.store.id.clone(),
            broker_host: manifest.broker.host.to_string(),
            broker_port: manifest.broker.tcp_port,
            login,
            tls,
            devices: manifest.devices.clone(),
            bands: manifest.zones.iter().filter_map(|zone| Some((zone.id.clone(), zone.band?))).collect(),
            journal: folder.join("agent.db"),
        })
    }
}

/// Why an agent cannot run at all. Unplugged devices and a missing broker are not among them.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// The journal cannot be used; without it a print could come twice.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// No thread for the journal.
    #[error("cannot start the journal's thread: {0}")]
    Thread(std::io::Error),
}

/// Runs every device until `stop`, then says farewell and closes the journal.
///
/// # Errors
/// [`AgentError`] when the journal cannot be opened.
pub async fn run(config: AgentConfig, stop: CancellationToken) -> Result<(), AgentError> {
    let (memory, thread) = Memory::open(&config.journal)?;
    let horizon = clock::now().plus_ms(-REMEMBER_JOBS_MS);
    memory.ask(move |journal| journal.forget_jobs(horizon)).await?;
    let config = Arc::new(config);
    let lines = Lines::default();
    let mut tasks = JoinSet::new();
    let mut running: BTreeMap<Id, usize> = BTreeMap::new();
    for index in 0..config.devices.len() {
        let task = tasks.spawn(carry(
            index,
            Duration::ZERO,
            Arc::clone(&config),
            memory.clone(),
            lines.clone(),
            stop.clone(),
        ));
        running.insert(task.id(), index);
    }
    while !stop.is_cancelled() {
        let ended = tokio::select! {
            () = stop.cancelled() => break,
            Some(ended) = tasks.join_next_with_id() => ended,
            else => { stop.cancelled().await; break }
        };
        let id = match ended {
            Ok((id, ())) => id,
            Err(broken) => {
                tracing::error!(error = %broken, "a device task broke down and is started again");
                broken.id()
            }
        };
        if let Some(index) = running.remove(&id).filter(|_| !stop.is_cancelled()) {
            let again =
                carry(index, RESTART_AFTER, Arc::clone(&config), memory.clone(), lines.clone(), stop.clone());
            running.insert(tasks.spawn(again).id(), index);
        }
    }
    let farewell = async { while tasks.join_next().await.is_some() {} };
    if tokio::time::timeout(FAREWELL, farewell).await.is_err() {
        tasks.shutdown().await;
    }
    drop(memory);
    if tokio::task::spawn_blocking(move || thread.join()).await.is_err() {
        tracing::warn!("the journal's thread did not end well");
    }
    Ok(())
}

/// One device: its link to the broker and its driver, side by side, until `stop`.
async fn carry(
    index: usize,
    after: Duration,
    config: Arc<AgentConfig>,
    memory: Memory,
    lines: Lines,
    stop: CancellationToken,
) {
    tokio::time::sleep(after).await;
    let Some(device) = config.devices.get(index).cloned() else { return };
    let now = clock::now();
    let id = device.id.clone();
    let session = match memory.ask(move |journal| journal.next_session(&id, now)).await {
        Ok(session) => session,
        Err(error) => {
            tracing::error!(device = %device.id, %error, "no session");
            return;
        }
    };
    let wake = Arc::new(Notify::new());
    let (reporter, ends) = Reporter::new(device.clone(), session, now, memory.clone());
    let link = link::Link::new(&config, &device, session, now, memory.clone(), ends, Arc::clone(&wake));
    let span = device.zone.as_ref().and_then(|zone| config.bands.get(zone)).map(span);
    let driver = drive((device, span), reporter, memory, wake, lines, stop.clone());
    tokio::join!(link.run(stop), Box::pin(driver));
}

fn span(band: &Band) -> Span {
    Span {
        low_milli_c: band.min_centi_c.saturating_mul(10),
        high_milli_c: band.max_centi_c.saturating_mul(10),
        silent_ms: i64::from(band.silent_after_s) * model::time::SECOND_MS,
    }
}

/// The table of drivers.
async fn drive(
    (device, span): (Device, Option<Span>),
    reporter: Reporter,
    memory: Memory,
    wake: Arc<Notify>,
    lines: Lines,
    stop: CancellationToken,
) {
    match device.driver {
        Driver::SerialLines => scanner::run_serial(device, reporter, stop).await,
        Driver::ZebraSsi => scanner::run_ssi(device, reporter, stop).await,
        Driver::HidWedge => scanner::run_wedge(device, reporter, stop).await,
        Driver::Escpos => printer::run(Language::Escpos, device, reporter, memory, wake, stop).await,
        Driver::Zpl => printer::run(Language::Zpl, device, reporter, memory, wake, stop).await,
        Driver::Ds18b20
        | Driver::Sht3x
        | Driver::Sht4x
        | Driver::Bme280
        | Driver::Max31865
        | Driver::ModbusRtu => sensor::run(device, span, reporter, lines, stop).await,
        Driver::ToledoW | Driver::Nci => scale::run(device, reporter, stop).await,
        Driver::GpioDoor | Driver::ModbusDoor => gpio::run_door(device, reporter, lines, stop).await,
        Driver::GpioOutput | Driver::ModbusOutput => gpio::run_output(device, reporter, lines, stop).await,
    }
}
