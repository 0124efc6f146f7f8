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

/// One store's seat: its token, its peer, and the connection that holds it now.
struct Seat {
    token: String,
    peer: tokio::sync::Mutex<Peer>,
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
            (store, Seat { token, peer: tokio::sync::Mutex::new(peer), current })
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
        // The older connection lets go of the peer as soon as it sees that it was replaced.
        let mut peer = seat.peer.lock().await;
        tracing::info!(%store, "store connected");
        peer.handle(clock::now(), Input::Connected { heads: Vec::new() });
        let mut session = Session { links: self, store: &store, peer: &mut peer, heard_at: None };
        session.talk(&mut socket, &mine).await;
        session.peer.handle(clock::now(), Input::Disconnected);
        while session.peer.poll().is_some() {}
        drop(peer);
        let _ = self.writer.heard(&store, false).await;
        tracing::info!(%store, "store disconnected");
        let _ = socket.send(Message::Close(None)).await;
    }
}

struct Session<'a> {
    links: &'a Links,
    store: &'a StoreId,
    peer: &'a mut Peer,
    heard_at: Option<Timestamp>,
}

impl Session<'_> {
    async fn talk(&mut self, socket: &mut WebSocket, replaced: &CancellationToken) {
        let mut changed = self.links.writer.changed();
        self.grew(changed.borrow_and_update().logs.get(self.store).copied());
        loop {
            if self.flush(socket).await.is_err() {
                return;
            }
            let now = clock::now();
            let wake = self.peer.next_timeout().map_or(1_000, |at| at.since_ms(now).clamp(1, 60_000));
            tokio::select! {
                () = replaced.cancelled() => {
                    self.peer.handle(clock::now(), Input::Stop);
                    let _ = self.flush(socket).await;
                    return;
                }
                message = socket.recv() => match message {
                    Some(Ok(Message::Binary(bytes))) if bytes.len() <= MAX_FRAME => {
                        self.peer.handle(clock::now(), Input::Frame(bytes.to_vec()));
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
                    self.peer.handle(clock::now(), Input::Tick);
                }
            }
        }
    }

    fn grew(&mut self, last: Option<u64>) {
        if let Some(last_seq) = last {
            self.peer.handle(clock::now(), Input::OutGrew { last_seq });
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

    /// Does what the peer asks until it asks nothing more; records are committed together.
    async fn flush(&mut self, socket: &mut WebSocket) -> Result<(), Over> {
        let mut delivered: Vec<Record> = Vec::new();
        loop {
            let Some(output) = self.peer.poll() else {
                if delivered.is_empty() {
                    return Ok(());
                }
                self.commit(std::mem::take(&mut delivered)).await?;
                continue;
            };
            match output {
                Output::Send(bytes) => {
                    socket.send(Message::Binary(bytes.into())).await.map_err(|_| Over)?;
                }
                Output::Deliver { seq, doc, change } => delivered.push((seq, doc, change)),
                Output::NeedOut { after, limit } => {
                    let store = self.store.clone();
                    let read = self.links.readers.ask(move |data| out_records(data, &store, after, limit));
                    let records = read.await.map_err(|error| {
                        tracing::error!(%error, "the log for a store cannot be read");
                        Over
                    })?;
                    self.peer.handle(clock::now(), Input::Out(records));
                }
                Output::Acked { upto } => self.links.writer.acked(self.store, upto).await?,
                Output::WantDoc { doc } => {
                    let bytes = self.links.writer.whole(self.store, doc).await?;
                    self.peer.handle(clock::now(), Input::Whole { doc, bytes });
                }
                Output::Whole { doc, bytes } => {
                    self.links.writer.take_whole(self.store, doc, bytes).await?;
                }
                Output::PeerHello { .. } | Output::Live | Output::Stale => {}
                Output::Close { reason } => {
                    tracing::warn!(store = %self.store, %reason, "session closed");
                    return Err(Over);
                }
            }
        }
    }

    async fn commit(&mut self, records: Vec<Record>) -> Result<(), Over> {
        let done = self.links.writer.inbound(self.store, records).await?;
        self.peer.handle(clock::now(), Input::Committed { upto: done.upto });
        for doc in done.want {
            self.peer.handle(clock::now(), Input::Want { doc });
        }
        Ok(())
    }
}
