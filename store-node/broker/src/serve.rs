//! Listeners, and the one place where the state and the sockets meet. Rules live in `hub`, bytes in `wire`.

mod line;
mod pipe;
mod tls;

pub use tls::{Tls, TlsError, revoked};

use crate::clock;
use crate::db::retained::Change;
use crate::gate::{Door, Gate};
use crate::hub::{Effect, Hub, Limits, LineId};
use crate::keep::{Keeper, Order};
use bytes::Bytes;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Packets that may wait to be written to one client.
const WRITE_QUEUE_MAX: usize = 4096;
/// Connections at once, those that have not said who they are included.
const LINES_MAX: usize = 1024;
/// How often time is looked at for wills and expiry.
const TICK: Duration = Duration::from_secs(1);
/// How long clients may take to be told of the end.
const FAREWELL: Duration = Duration::from_secs(1);

/// Where the broker listens and what it keeps.
#[derive(Debug, Clone)]
pub struct Setup {
    /// MQTT over TCP. Port 0 = one that is free.
    pub tcp: SocketAddr,
    /// MQTT over WebSocket.
    pub web: SocketAddr,
    /// File of the retained messages; `None` = they are lost with the process.
    pub retained: Option<PathBuf>,
    /// Bounds.
    pub limits: Limits,
    /// Certificates; `None` = both listeners speak in the clear.
    pub tls: Option<Tls>,
}

/// Why the broker does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An address is taken, or not ours to take.
    #[error(
        "the broker cannot listen on {address}: {source}; set another port in [broker], or stop who uses it"
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The retained messages cannot be kept.
    #[error("the broker cannot keep retained messages: {0}")]
    Keep(String),
}

/// A running broker.
#[derive(Debug)]
pub struct Broker {
    core: Arc<Core>,
    tasks: TaskTracker,
    stop: CancellationToken,
    keeper: Option<JoinHandle<()>>,
    tcp: SocketAddr,
    web: SocketAddr,
}

/// Shared by all connections.
struct Core {
    house: Mutex<House>,
    keeper: Option<Keeper>,
    limits: Limits,
    tls: RwLock<Option<Tls>>,
}

impl std::fmt::Debug for Core {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Core").field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// The state, and where each connection's packets go.
struct House {
    hub: Hub,
    ends: BTreeMap<LineId, End>,
    last: LineId,
    effects: Vec<Effect>,
}

struct End {
    packets: mpsc::Sender<Bytes>,
    cut: CancellationToken,
}

impl Broker {
    /// Opens the file, binds both listeners, serves.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(setup: Setup, gate: Arc<dyn Gate>) -> Result<Self, StartError> {
        let tcp_listener = bind(setup.tcp).await?;
        let web_listener = bind(setup.web).await?;
        let (keeper, kept, thread) = match &setup.retained {
            None => (None, Vec::new(), None),
            Some(path) => {
                let started = Keeper::start(path, clock::now_ms());
                let (keeper, kept, thread) = started.map_err(|error| StartError::Keep(error.to_string()))?;
                (Some(keeper), kept, Some(thread))
            }
        };
        let hub = Hub::new(gate, setup.limits, kept);
        let house = House { hub, ends: BTreeMap::new(), last: 0, effects: Vec::new() };
        let tls = RwLock::new(setup.tls);
        let core = Arc::new(Core { house: Mutex::new(house), keeper, limits: setup.limits, tls });
        let broker = Self {
            tcp: local(&tcp_listener, setup.tcp)?,
            web: local(&web_listener, setup.web)?,
            core,
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
            keeper: thread,
        };
        for (listener, door) in [(tcp_listener, Door::Tcp), (web_listener, Door::WebSocket)] {
            let (core, stop) = (broker.core.clone(), broker.stop.clone());
            broker.tasks.spawn(accept(listener, door, core, broker.tasks.clone(), stop));
        }
        broker.tasks.spawn(ticks(broker.core.clone(), broker.stop.clone()));
        Ok(broker)
    }

    /// The TCP listener's address.
    #[must_use]
    pub const fn tcp(&self) -> SocketAddr {
        self.tcp
    }

    /// The WebSocket listener's address.
    #[must_use]
    pub const fn web(&self) -> SocketAddr {
        self.web
    }

    /// The rules have changed: who would not be let in any more is cut now.
    pub fn review(&self) {
        self.core.with(|hub, out| hub.review(out));
    }

    /// From now on connections are taken with these certificates; who is connected stays.
    pub fn renew(&self, tls: Tls) {
        *self.core.tls.write().unwrap_or_else(PoisonError::into_inner) = Some(tls);
    }

    /// Clients that are connected.
    #[must_use]
    pub fn connected(&self) -> usize {
        self.core.lock().hub.connected()
    }

    /// Tells the clients, closes everything, writes what is to be kept.
    pub async fn stop(self) {
        self.core.with(|hub, out| hub.close(out));
        self.stop.cancel();
        self.tasks.close();
        let _ = tokio::time::timeout(FAREWELL, self.tasks.wait()).await;
        drop(self.core);
        if let Some(thread) = self.keeper {
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|source| StartError::Listen { address, source })
}

fn local(listener: &TcpListener, address: SocketAddr) -> Result<SocketAddr, StartError> {
    listener.local_addr().map_err(|source| StartError::Listen { address, source })
}

/// Takes connections until the end.
async fn accept(
    listener: TcpListener,
    door: Door,
    core: Arc<Core>,
    tasks: TaskTracker,
    stop: CancellationToken,
) {
    loop {
        let taken = tokio::select! {
            () = stop.cancelled() => return,
            taken = listener.accept() => taken,
        };
        match taken {
            Ok((stream, _)) if tasks.len() < LINES_MAX => {
                let (core, stop) = (core.clone(), stop.clone());
                tasks.spawn(serve(stream, door, core, stop));
            }
            Ok(_) => tracing::warn!("too many connections; one more is refused"),
            Err(error) => {
                // No file is free, or the like: others may end meanwhile.
                tracing::error!(%error, "a connection was not taken");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn serve(stream: TcpStream, door: Door, core: Arc<Core>, stop: CancellationToken) {
    // Else an answer waits 40 ms for the next packet.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY not set");
    }
    let tls = core.tls.read().unwrap_or_else(PoisonError::into_inner).clone();
    let open = pipe::open(stream, door, tls.as_ref(), core.limits.packet_max as usize);
    let opened = tokio::select! {
        () = stop.cancelled() => return,
        opened = tokio::time::timeout(line::FIRST_LIMIT, open) => opened,
    };
    match opened {
        Ok(Ok(opened)) => line::run(core, door, opened, stop).await,
        Ok(Err(error)) => tracing::debug!(%error, "a connection broke off before MQTT"),
        Err(_) => tracing::debug!("a connection said nothing"),
    }
}

async fn ticks(core: Arc<Core>, stop: CancellationToken) {
    let mut each = tokio::time::interval(TICK);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = each.tick() => {}
        }
        let changes = core.with(|hub, out| hub.tick(clock::now_ms(), out));
        for change in changes {
            core.keep(change).await;
        }
    }
}

impl Core {
    /// A panic elsewhere has not torn the state: it is changed by whole calls.
    fn lock(&self) -> MutexGuard<'_, House> {
        self.house.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Works on the state and carries out what follows, before anybody else sees the state: so each client is sent
    /// packets in the order in which they were decided.
    fn with<T>(&self, work: impl FnOnce(&mut Hub, &mut Vec<Effect>) -> T) -> T {
        let mut house = self.lock();
        let mut effects = std::mem::take(&mut house.effects);
        let done = work(&mut house.hub, &mut effects);
        for effect in effects.drain(..) {
            house.carry_out(effect);
        }
        house.effects = effects;
        done
    }

    /// A place for a new connection: its id, its packets, and the sign that it is to end.
    fn enter(&self) -> (LineId, mpsc::Sender<Bytes>, mpsc::Receiver<Bytes>, CancellationToken) {
        let (packets, to_write) = mpsc::channel(WRITE_QUEUE_MAX);
        let cut = CancellationToken::new();
        let mut house = self.lock();
        house.last += 1;
        let line = house.last;
        house.ends.insert(line, End { packets: packets.clone(), cut: cut.clone() });
        (line, packets, to_write, cut)
    }

    fn leave(&self, line: LineId) {
        self.lock().ends.remove(&line);
    }

    /// Brings a change to the disk; `false` = it is not there.
    async fn keep(&self, change: Change) -> bool {
        let Some(keeper) = &self.keeper else { return true };
        let (done, kept) = oneshot::channel();
        keeper.order(Order { change, done: Some(done) }).await;
        kept.await.unwrap_or(false)
    }
}

impl House {
    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Send(line, bytes) => {
                let Some(end) = self.ends.get(&line) else { return };
                if let Err(mpsc::error::TrySendError::Full(_)) = end.packets.try_send(bytes) {
                    tracing::warn!(line, "a client does not read what it is sent; it is cut");
                    end.cut.cancel();
                    self.ends.remove(&line);
                }
            }
            Effect::Try(line, bytes) => {
                if let Some(end) = self.ends.get(&line) {
                    let _ = end.packets.try_send(bytes);
                }
            }
            // The writer ends when it has written what waits.
            Effect::Cut(line) => {
                self.ends.remove(&line);
            }
        }
    }
}
