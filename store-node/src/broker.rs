//! The store's MQTT broker: the node itself, a Mosquitto that the node runs, or one that somebody else runs. One seam:
//! start, follow the rules, stop. Never speaks MQTT (mqtt.rs does).

mod crl;
mod embedded;
mod external;
mod mosquitto;
mod rules;
mod secret;

pub use crl::List;
pub use embedded::RuleGate;
pub use external::ExternalBroker;
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
    #[error("mosquitto is not installed; run `make setup-demo`, or `apt-get install mosquitto`")]
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
    /// The list of revoked certificates cannot be read.
    #[error("[broker.tls] {0}")]
    Revoked(#[from] store_broker::TlsError),
}

/// The broker that a store's manifest asks for.
#[derive(Debug)]
pub enum Broker {
    /// The node itself.
    Embedded(Box<store_broker::Broker>, Arc<RuleGate>, List),
    /// The node's child.
    Mosquitto(Box<ManagedBroker>, List),
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
        let list = List::open(setup.tls.as_ref().and_then(|tls| tls.crl.clone()))?;
        match manifest.broker.mode {
            BrokerMode::Embedded => {
                let gate = Arc::new(RuleGate::new(rules.clone()));
                let broker = embedded::start(&setup, &list, gate.clone()).await?;
                Ok(Self::Embedded(Box::new(broker), gate, list))
            }
            BrokerMode::MosquittoManaged => {
                Ok(Self::Mosquitto(Box::new(ManagedBroker::start(setup, rules).await?), list))
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
            Self::Embedded(broker, gate, list) => {
                embedded::supervise(*broker, &gate, list, reloads, stop).await;
            }
            Self::Mosquitto(broker, list) => broker.supervise(list, reloads, stop).await,
            Self::External(broker) => broker.supervise(reloads, stop).await,
        }
    }
}
