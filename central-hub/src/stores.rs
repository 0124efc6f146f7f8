//! One session per store over WebSocket: drives the sans-IO peer, hands records to the writer, sends the log. A newer
//! connection replaces an older one. Decides nothing about stock or orders.

use crate::clock;
use crate::engine::{HubEngine, Record, out_records};
use crate::readers::Readers;
use crate::writer::{WriteError, Writer};
use ::sync::peer::{Input, Output, Peer};
use ::sync::wire::MAX_FRAME;
use axum::extract::ws::{Message, WebSocket};
use hub_core::proof;
use model::{StoreId, Timestamp};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// A sign of life is written down at most this often.
const HEARD_MS: i64 = 5_000;

/// How long a store may take no bytes before its connection counts as dead.
const SEND_LIMIT: Duration = Duration::from_secs(10);

/// What outlives a connection. The peer never delivers a record twice within a process, so what it has delivered is owed to
/// the writer until it is durable, whatever becomes of the connection.
struct Talk {
    peer: Peer,
    owed: Vec<Record>,
}

/// One store's seat: its token, its talk, and the connection that holds it now.
struct Seat {
    token: String,
    talk: tokio::sync::Mutex<Talk>,
    current: Mutex<CancellationToken>,
}

/// All stores that may connect.
#[derive(Clone)]
pub struct Links {
    seats: Arc<BTreeMap<StoreId, Seat>>,
    writer: Writer,
    readers: Readers,
    heard_every_ms: i64,
    stop: CancellationToken,
}

impl std::fmt::Debug for Links {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Links").field("stores", &self.seats.len()).finish_non_exhaustive()
    }
}

/// The connection is over; why is logged where it was seen.
struct Over;

impl From<WriteError> for Over {
    fn from(error: WriteError) -> Self {
        tracing::warn!(%error, "a store's session ends");
        Over
    }
}

/// The peers, made while the engine is still at hand.
///
/// # Errors
/// A store that the engine does not know.
pub fn peers(
    engine: &HubEngine,
    stores: &[(StoreId, String)],
    now: Timestamp,
) -> Result<Vec<(StoreId, String, Peer)>, crate::engine::Fault> {
    let mut peers = Vec::new();
    for (store, token) in stores {
        peers.push((store.clone(), token.clone(), Peer::new(engine.session(store)?, now)));
    }
    Ok(peers)
}

impl Links {
    /// Seats for these stores; nobody sits yet.
    pub fn new(
        peers: Vec<(StoreId, String, Peer)>,
        writer: Writer,
        readers: Readers,
        stop_after_ms: i64,
        stop: CancellationToken,
    ) -> Self {
        let seat = |(store, token, peer)| {
            let current = Mutex::new(CancellationToken::new());
            let talk = tokio::sync::Mutex::new(Talk { peer, owed: Vec::new() });
            (store, Seat { token, talk, current })
        };
        let seats = Arc::new(peers.into_iter().map(seat).collect());
        // A short stop-selling time (a hurried demo) needs fresher signs of life.
        let heard_every_ms = HEARD_MS.min(stop_after_ms / 6).max(100);
        Self { seats, writer, readers, heard_every_ms, stop }
    }

    /// Whose token this is. Every seat is compared, so that the time tells nothing.
    pub fn store_of(&self, token: &str) -> Option<StoreId> {
        let mut found = None;
        for (store, seat) in self.seats.iter() {
            if proof::same(&seat.token, token) {
                found = Some(store.clone());
            }
        }
        found
    }

    /// Holds a session until the connection ends, a newer one comes, or the hub stops.
    pub async fn serve(&self, store: StoreId, mut socket: WebSocket) {
        let Some(seat) = self.seats.get(&store) else { return };
        let mine = self.stop.child_token();
        if let Ok(mut current) = seat.current.lock() {
            current.cancel();
            *current = mine.clone();
        }
        // The older connection lets go of the talk as soon as it sees that it was replaced.
        let mut talk = seat.talk.lock().await;
        tracing::info!(%store, "store connected");
        talk.peer.handle(clock::now(), Input::Connected { heads: Vec::new() });
        let mut session = Session { links: self, store: &store, talk: &mut talk, heard_at: None };
        session.run(&mut socket, &mine).await;
        session.talk.peer.handle(clock::now(), Input::Disconnected);
        let _ = session.flush(None).await;
        drop(talk);
        let _ = self.writer.heard(&store, false).await;
        tracing::info!(%store, "store disconnected");
        let _ = socket.send(Message::Close(None)).await;
    }
}

struct Session<'a> {
    links: &'a Links,
    store: &'a StoreId,
    talk: &'a mut Talk,
    heard_at: Option<Timestamp>,
}

impl Session<'_> {
    async fn run(&mut self, socket: &mut WebSocket, replaced: &CancellationToken) {
        let mut changed = self.links.writer.changed();
        self.grew(changed.borrow_and_update().logs.get(self.store).copied());
        loop {
            if self.flush(Some(socket)).await.is_err() {
                return;
            }
            let now = clock::now();
            let wake = self.talk.peer.next_timeout().map_or(1_000, |at| at.since_ms(now).clamp(1, 60_000));
            tokio::select! {
                () = replaced.cancelled() => {
                    self.talk.peer.handle(clock::now(), Input::Stop);
                    let _ = self.flush(Some(socket)).await;
                    return;
                }
                message = socket.recv() => match message {
                    Some(Ok(Message::Binary(bytes))) if bytes.len() <= MAX_FRAME => {
                        self.talk.peer.handle(clock::now(), Input::Frame(bytes.to_vec()));
                        if self.heard().await.is_err() {
                            return;
                        }
                    }
                    Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Text(_))) => {}
                    Some(Ok(Message::Binary(_) | Message::Close(_)) | Err(_)) | None => return,
                },
                news = changed.changed() => {
                    if news.is_err() {
                        return;
                    }
                    let last = changed.borrow_and_update().logs.get(self.store).copied();
                    self.grew(last);
                }
                () = tokio::time::sleep(Duration::from_millis(wake.unsigned_abs())) => {
                    self.talk.peer.handle(clock::now(), Input::Tick);
                }
            }
        }
    }

    fn grew(&mut self, last: Option<u64>) {
        if let Some(last_seq) = last {
            self.talk.peer.handle(clock::now(), Input::OutGrew { last_seq });
        }
    }

    async fn heard(&mut self) -> Result<(), Over> {
        let now = clock::now();
        if self.heard_at.is_none_or(|at| now.since_ms(at) >= self.links.heard_every_ms) {
            self.heard_at = Some(now);
            self.links.writer.heard(self.store, true).await?;
        }
        Ok(())
    }

    /// Does what the peer asks until it asks nothing more; records are committed together. Without a socket, or once it is
    /// dead, frames are dropped and everything else is still done.
    async fn flush(&mut self, mut socket: Option<&mut WebSocket>) -> Result<(), Over> {
        let mut alive = Ok(());
        loop {
            let Some(output) = self.talk.peer.poll() else {
                if self.talk.owed.is_empty() {
                    return alive;
                }
                self.commit().await?;
                continue;
            };
            match output {
                Output::Send(bytes) => {
                    if let Some(open) = socket.as_mut() {
                        let sent = open.send(Message::Binary(bytes.into()));
                        if !matches!(tokio::time::timeout(SEND_LIMIT, sent).await, Ok(Ok(()))) {
                            (socket, alive) = (None, Err(Over));
                        }
                    }
                }
                Output::Deliver { seq, doc, change } => self.talk.owed.push((seq, doc, change)),
                Output::Close { reason } => {
                    tracing::warn!(store = %self.store, %reason, "session closed");
                    (socket, alive) = (None, Err(Over));
                }
                Output::PeerHello { .. } | Output::Live | Output::Stale => {}
                asked @ (Output::NeedOut { .. }
                | Output::Acked { .. }
                | Output::WantDoc { .. }
                | Output::Whole { .. }) => self.ask(asked).await?,
            }
        }
    }

    /// What the peer wants of the data.
    async fn ask(&mut self, output: Output) -> Result<(), Over> {
        match output {
            Output::NeedOut { after, limit } => {
                let store = self.store.clone();
                let read = self.links.readers.ask(move |data| out_records(data, &store, after, limit));
                let records = read.await.map_err(|error| {
                    tracing::error!(%error, "the log for a store cannot be read");
                    Over
                })?;
                self.talk.peer.handle(clock::now(), Input::Out(records));
            }
            Output::Acked { upto } => self.links.writer.acked(self.store, upto).await?,
            Output::WantDoc { doc } => {
                let bytes = self.links.writer.whole(self.store, doc).await?;
                self.talk.peer.handle(clock::now(), Input::Whole { doc, bytes });
            }
            Output::Whole { doc, bytes } => self.links.writer.take_whole(self.store, doc, bytes).await?,
            Output::Send(_)
            | Output::Deliver { .. }
            | Output::Close { .. }
            | Output::PeerHello { .. }
            | Output::Live
            | Output::Stale => {}
        }
        Ok(())
    }

    /// Makes durable what is owed. What cannot be kept now stays owed and goes first on the next connection.
    async fn commit(&mut self) -> Result<(), Over> {
        let done = self.links.writer.inbound(self.store, self.talk.owed.clone()).await?;
        self.talk.owed.clear();
        self.talk.peer.handle(clock::now(), Input::Committed { upto: done.upto });
        for doc in done.want {
            self.talk.peer.handle(clock::now(), Input::Want { doc });
        }
        Ok(())
    }
}
