//! The broker inside the node: the same users and rights as Mosquitto's files say, asked instead of written. A change of
//! them holds at once, for who is connected as well.

use super::files::{Change, TlsFiles};
use super::rules::CERTIFICATE;
use super::{AccessRules, BrokerError, BrokerSetup, INFLIGHT_MAX};
use model::mqtt::PAYLOAD_BYTES_MAX;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use store_broker::{Badge, Broker, Deed, Gate, Knock, Limits, Setup, StartError, Tls};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// How long the ports of a node that was killed may stay taken.
const PORT_PATIENCE: Duration = Duration::from_secs(2);

/// The store's rules, as the broker asks for them.
#[derive(Debug)]
pub struct RuleGate {
    rules: RwLock<AccessRules>,
    /// Proofs of certificates that were taken back.
    out: RwLock<BTreeSet<String>>,
}

impl RuleGate {
    /// With these rules to begin with.
    pub fn new(rules: AccessRules) -> Self {
        Self { rules: RwLock::new(rules), out: RwLock::default() }
    }

    fn change(&self, rules: AccessRules) {
        *self.rules.write().unwrap_or_else(PoisonError::into_inner) = rules;
    }

    pub(super) fn take_back(&self, serials: BTreeSet<String>) {
        let proofs = serials.into_iter().map(|serial| format!("{CERTIFICATE}{serial}")).collect();
        *self.out.write().unwrap_or_else(PoisonError::into_inner) = proofs;
    }

    fn is_out(&self, badge: &Badge) -> bool {
        self.out.read().unwrap_or_else(PoisonError::into_inner).contains(&*badge.proof)
    }

    fn ask<T>(&self, question: impl FnOnce(&AccessRules) -> T) -> T {
        question(&self.rules.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Gate for RuleGate {
    fn admit(&self, knock: &Knock<'_>) -> Option<Badge> {
        self.ask(|rules| rules.admit(knock)).filter(|badge| !self.is_out(badge))
    }

    fn holds(&self, badge: &Badge) -> bool {
        !self.is_out(badge) && self.ask(|rules| rules.holds(badge))
    }

    fn may(&self, badge: &Badge, deed: Deed, topic: &str) -> bool {
        self.ask(|rules| rules.may(&badge.user, &badge.client, deed, topic))
    }
}

/// How the node opens it: where it listens, what it keeps on disk, and its limits. Only who may come in is not in it.
pub fn settings(setup: &BrokerSetup, tls: Option<Tls>) -> Setup {
    Setup {
        tcp: SocketAddr::new(setup.bind, setup.tcp_port),
        web: SocketAddr::new(setup.bind, setup.ws_port),
        retained: Some(setup.dir.join("retained.db")),
        limits: Limits {
            // The topic and the packet's own bytes stand beside the payload.
            packet_max: u32::try_from(2 * PAYLOAD_BYTES_MAX).unwrap_or(u32::MAX),
            flight_max: INFLIGHT_MAX,
            // As many from a client: an agent's window and the node's own have to fit.
            receive_max: INFLIGHT_MAX,
            ..Limits::default()
        },
        tls,
    }
}

/// Starts it; a port that is still held by a node on its way out is waited for.
pub(super) async fn start(
    setup: &BrokerSetup,
    tls: Option<Tls>,
    gate: Arc<RuleGate>,
) -> Result<Broker, BrokerError> {
    std::fs::create_dir_all(&setup.dir)
        .map_err(|source| BrokerError::File { path: setup.dir.clone(), source })?;
    let wish = settings(setup, tls);
    let patient = async {
        loop {
            match Broker::start(wish.clone(), gate.clone()).await {
                Err(StartError::Listen { source, .. }) if is_taken(&source) => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                other => return other,
            }
        }
    };
    match tokio::time::timeout(PORT_PATIENCE, patient).await {
        Ok(started) => Ok(started?),
        // Once more without patience: its error names the port.
        Err(_) => Ok(Broker::start(wish, gate).await?),
    }
}

fn is_taken(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::AddrInUse
}

/// Hands new rules, new revocations and new certificates on until `stop`, then ends the broker.
pub(super) async fn supervise(
    broker: Broker,
    gate: &RuleGate,
    mut files: TlsFiles,
    mut reloads: watch::Receiver<AccessRules>,
    stop: CancellationToken,
) {
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            change = files.changed() => match change {
                Change::Revoked => {
                    gate.take_back(files.revoked());
                    broker.review();
                }
                Change::Renewed(tls) => broker.renew(tls),
            },
            changed = reloads.changed() => {
                if changed.is_err() { stop.cancelled().await; break; }
                gate.change(reloads.borrow_and_update().clone());
                broker.review();
            }
        }
    }
    broker.stop().await;
}
