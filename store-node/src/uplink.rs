//! Carries sync frames to the hub and back: dials out by WebSocket, drives the sans-IO peer, hands what arrives to the
//! writer. Decides nothing about stock or orders; a cut here costs nothing but time.

use crate::clock;
use crate::engine::InboundRecord;
use crate::reads::Reads;
use crate::writer::Writer;
use futures_util::{SinkExt, StreamExt};
use model::Timestamp;
use std::time::Duration;
use sync::peer::{Input, Output, Peer, PeerConfig};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest, http::HeaderValue};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use tokio_util::sync::CancellationToken;

/// First pause before dialling again; doubles up to [`REDIAL_MAX`], with jitter.
const REDIAL_FIRST: Duration = Duration::from_millis(300);
/// Longest pause before dialling again: a link that comes back is used within this time.
const REDIAL_MAX: Duration = Duration::from_secs(5);
/// How long one attempt to connect may take.
const DIAL_LIMIT: Duration = Duration::from_secs(5);

/// Where the hub is and how the store proves itself.
#[derive(Debug, Clone)]
pub struct UplinkSetup {
    /// `ws://host:port/sync/v1/connect`.
    pub url: String,
    /// The store's token at the hub.
    pub token: String,
}

/// Whether the hub is there, and since when it is as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkState {
    /// The session is live.
    pub online: bool,
    /// Since when.
    pub since: Timestamp,
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The uplink's parts; [`Uplink::run`] keeps a session open until it is stopped.
#[derive(Debug)]
pub struct Uplink {
    setup: UplinkSetup,
    writer: Writer,
    reads: Reads,
    state: watch::Sender<LinkState>,
}

impl Uplink {
    /// Nothing is dialled yet; the state says offline.
    pub fn new(setup: UplinkSetup, writer: Writer, reads: Reads, now: Timestamp) -> Self {
        Self { setup, writer, reads, state: watch::Sender::new(LinkState { online: false, since: now }) }
    }

    /// Follows the link's state.
    pub fn state(&self) -> watch::Receiver<LinkState> {
        self.state.subscribe()
    }

    /// Dials, talks, dials again, until `stop`. `peer` knows from the database how far both logs have come.
    pub async fn run(self, config: PeerConfig, stop: CancellationToken) {
        let mut peer = Peer::new(config, clock::now());
        let mut pause = REDIAL_FIRST;
        let mut owed = Vec::new();
        while !stop.is_cancelled() {
            match self.dial().await {
                Ok(socket) => {
                    pause = REDIAL_FIRST;
                    self.talk(&mut peer, &mut owed, socket, &stop).await;
                }
                Err(error) => tracing::debug!(%error, "hub not reached"),
            }
            self.set_online(false);
            // Half to one and a half times the pause, so that a thousand stores do not dial as one.
            let jitter = crate::secrets::random::<1>().map_or(0, |[byte]| u32::from(byte));
            let wait = pause * (128 + jitter) / 256;
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(wait) => {}
            }
            pause = (pause * 2).min(REDIAL_MAX);
        }
    }

    async fn dial(&self) -> Result<Socket, DialError> {
        let mut request = self.setup.url.as_str().into_client_request()?;
        let bearer = HeaderValue::from_str(&format!("Bearer {}", self.setup.token))?;
        request.headers_mut().insert("authorization", bearer);
        let dial = tokio_tungstenite::connect_async_with_config(request, None, true);
        let (socket, _) = tokio::time::timeout(DIAL_LIMIT, dial).await.map_err(|_| DialError::Slow)??;
        Ok(socket)
    }

    /// One connection. `owed`: what the peer has delivered and the writer has not yet made durable. The peer delivers a
    /// record once in its life, so what is owed outlives the connection.
    async fn talk(
        &self,
        peer: &mut Peer,
        owed: &mut Vec<InboundRecord>,
        socket: Socket,
        stop: &CancellationToken,
    ) {
        let (mut sink, mut stream) = socket.split();
        let mut effects = self.writer.effects();
        peer.handle(clock::now(), Input::Connected { heads: Vec::new() });
        self.tell_grown(peer).await;
        loop {
            if self.flush(peer, owed, &mut sink).await.is_err() {
                break;
            }
            let wake = peer.next_timeout().map_or(Duration::from_secs(1), until);
            let input = tokio::select! {
                () = stop.cancelled() => Input::Stop,
                message = stream.next() => match message {
                    Some(Ok(Message::Binary(bytes))) => Input::Frame(bytes.to_vec()),
                    Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                    Some(Ok(_)) => continue,
                },
                changed = effects.recv() => match changed {
                    Ok(what) if !what.outbox_grew => continue,
                    Ok(_) | Err(_) => { self.tell_grown(peer).await; continue; }
                },
                () = tokio::time::sleep(wake) => Input::Tick,
            };
            let stopping = matches!(input, Input::Stop);
            peer.handle(clock::now(), input);
            if stopping {
                let _ = self.flush(peer, owed, &mut sink).await;
                break;
            }
        }
        peer.handle(clock::now(), Input::Disconnected);
        while let Some(output) = peer.poll() {
            if let Output::Deliver { seq, doc, change } = output {
                owed.push(InboundRecord { seq, doc, change });
            }
        }
        let _ = sink.close().await;
    }

    async fn tell_grown(&self, peer: &mut Peer) {
        match self.reads.ask(|reader| reader.last_out()).await {
            Ok(last_seq) => peer.handle(clock::now(), Input::OutGrew { last_seq }),
            Err(error) => tracing::error!(%error, "own log not read"),
        }
    }

    /// Does what the peer asks until it asks nothing more. An error ends the connection.
    async fn flush<S>(
        &self,
        peer: &mut Peer,
        owed: &mut Vec<InboundRecord>,
        sink: &mut S,
    ) -> Result<(), Ended>
    where
        S: SinkExt<Message> + Unpin,
    {
        loop {
            let Some(output) = peer.poll() else {
                if owed.is_empty() {
                    return sink.flush().await.map_err(|_| Ended);
                }
                self.commit(peer, owed).await?;
                continue;
            };
            match output {
                Output::Send(bytes) => sink.feed(Message::Binary(bytes.into())).await.map_err(|_| Ended)?,
                Output::Deliver { seq, doc, change } => owed.push(InboundRecord { seq, doc, change }),
                Output::NeedOut { after, limit } => {
                    let records = self.reads.ask(move |reader| reader.out_records(after, limit)).await;
                    let records = records.map_err(|_| Ended)?;
                    peer.handle(clock::now(), Input::Out(records));
                }
                Output::Acked { upto } => self.writer.out_acked(upto).await.map_err(|_| Ended)?,
                Output::Live => self.set_online(true),
                Output::Stale => self.set_online(false),
                Output::PeerHello { .. } | Output::WantDoc { .. } | Output::Whole { .. } => {}
                Output::Close { reason } => {
                    tracing::warn!(%reason, "session closed");
                    let _ = sink.flush().await;
                    return Err(Ended);
                }
            }
        }
    }

    /// Makes durable what is owed; the engine passes over records that it has already.
    async fn commit(&self, peer: &mut Peer, owed: &mut Vec<InboundRecord>) -> Result<(), Ended> {
        let Some(upto) = owed.last().map(|record| record.seq) else { return Ok(()) };
        self.writer.inbound(owed.clone()).await.map_err(|_| Ended)?;
        owed.clear();
        peer.handle(clock::now(), Input::Committed { upto });
        Ok(())
    }

    fn set_online(&self, online: bool) {
        self.state.send_if_modified(|state| {
            let changed = state.online != online;
            if changed {
                *state = LinkState { online, since: clock::now() };
                tracing::info!(online, "link to the hub");
            }
            changed
        });
    }
}

/// This connection is over; the reason is logged where it was seen.
struct Ended;

fn until(at: Timestamp) -> Duration {
    Duration::from_millis(u64::try_from(at.since_ms(clock::now())).unwrap_or(0))
}

#[derive(Debug, thiserror::Error)]
enum DialError {
    #[error("{0}")]
    Socket(#[from] tokio_tungstenite::tungstenite::Error),
    #[error("the token is not a header value: {0}")]
    Token(#[from] tokio_tungstenite::tungstenite::http::header::InvalidHeaderValue),
    #[error("no answer within {DIAL_LIMIT:?}")]
    Slow,
}
