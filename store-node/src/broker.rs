//! The store's MQTT broker: the node itself, a Mosquitto that the node runs, or one that somebody else runs. One seam:
//! start, follow the rules, stop. Never speaks MQTT (mqtt.rs does).

mod embedded;
mod external;
mod files;
mod mosquitto;
mod rules;
mod secret;

pub use embedded::{RuleGate, settings};
pub use external::ExternalBroker;
pub use files::TlsFiles;
pub use mosquitto::ManagedBroker;
pub use rules::{AccessRules, AgentRight};
pub use secret::{hash_password, password_fits};

use firmware_config::{BrokerMode, BrokerTls, StoreManifest};
use mosquitto::START_LIMIT;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Messages in flight per client before the broker waits for acknowledgements; mqtt.rs sizes its queue by it.
pub const INFLIGHT_MAX: u16 = 200;

/// Where the broker listens and keeps its files.
#[derive(Debug, Clone)]
pub struct BrokerSetup {
    /// Address both listeners bind to.
    pub bind: IpAddr,
    /// MQTT over TCP.
    pub tcp_port: u16,
    /// MQTT over WebSocket, for handhelds.
    pub ws_port: u16,
    /// Its own folder: configuration, users, rules, retained messages.
    pub dir: PathBuf,
    /// Certificates; `None` = both listeners speak in the clear.
    pub tls: Option<BrokerTls>,
}

/// What can go wrong with the broker.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    /// No `mosquitto` on this machine.
    #[error(
        "mosquitto is not installed: `apt-get install mosquitto`, or let the node be the broker (`mode = \"embedded\"` in [broker])"
    )]
    Missing,
    /// A file could not be written.
    #[error("cannot write {path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Somebody else holds a port.
    #[error("port {port} is busy; set another `broker` port in store.toml, or stop who uses it")]
    PortBusy {
        /// The port.
        port: u16,
    },
    /// It did not come up; its log says why.
    #[error("mosquitto did not accept a connection within {START_LIMIT:?}; see {log}")]
    NotUp {
        /// Its log file.
        log: PathBuf,
    },
    /// The process could not be started.
    #[error("mosquitto cannot be started: {0}")]
    Spawn(std::io::Error),
    /// The embedded broker does not start.
    #[error(transparent)]
    Embedded(#[from] store_broker::StartError),
    /// A file of certificates cannot be read.
    #[error("[broker.tls] {0}")]
    Pem(#[from] firmware_config::pem::PemError),
    /// The certificates do not go together, or the list of revoked ones cannot be read.
    #[error("[broker.tls] {0}")]
    Tls(#[from] store_broker::TlsError),
}

/// The broker that a store's manifest asks for.
#[derive(Debug)]
pub enum Broker {
    /// The node itself.
    Embedded(Box<store_broker::Broker>, Arc<RuleGate>, TlsFiles),
    /// The node's child.
    Mosquitto(Box<ManagedBroker>, TlsFiles),
    /// Somebody else's: nothing to start or to end. Users and rules are written for whoever runs it to copy.
    External(ExternalBroker),
}

impl Broker {
    /// Starts it and waits until it accepts connections.
    ///
    /// # Errors
    /// [`BrokerError`], each with what to do.
    pub async fn start(manifest: &StoreManifest, rules: &AccessRules) -> Result<Self, BrokerError> {
        let setup = BrokerSetup {
            bind: manifest.broker.host,
            tcp_port: manifest.broker.tcp_port,
            ws_port: manifest.broker.websocket_port,
            dir: manifest.node.data_dir.join("broker"),
            tls: manifest.broker.tls.clone(),
        };
        match manifest.broker.mode {
            BrokerMode::Embedded => {
                let (files, tls) = TlsFiles::open(setup.tls.clone())?;
                let gate = Arc::new(RuleGate::new(rules.clone()));
                gate.take_back(files.revoked());
                let broker = embedded::start(&setup, tls, gate.clone()).await?;
                Ok(Self::Embedded(Box::new(broker), gate, files))
            }
            BrokerMode::MosquittoManaged => {
                let (files, _) = TlsFiles::open(setup.tls.clone())?;
                Ok(Self::Mosquitto(Box::new(ManagedBroker::start(setup, rules).await?), files))
            }
            BrokerMode::External => Ok(Self::External(ExternalBroker::start(setup, rules)?)),
        }
    }

    /// What it is, in a word.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Embedded(..) => "embedded",
            Self::Mosquitto(..) => "mosquitto",
            Self::External(_) => "external",
        }
    }

    /// Keeps it running and by the rules until `stop`, then ends it.
    pub async fn supervise(self, reloads: watch::Receiver<AccessRules>, stop: CancellationToken) {
        match self {
            Self::Embedded(broker, gate, files) => {
                embedded::supervise(*broker, &gate, files, reloads, stop).await;
            }
            Self::Mosquitto(broker, files) => broker.supervise(files, reloads, stop).await,
            Self::External(broker) => broker.supervise(reloads, stop).await,
        }
    }
}
