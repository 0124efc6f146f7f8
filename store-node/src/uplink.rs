//! Carries sync frames to the hub and back: dials out by WebSocket, drives the sans-IO peer, hands what arrives to the
//! writer. Decides nothing about stock or orders; a cut here costs nothing but time.

use crate::claim::Claim;
use crate::clock;
use crate::engine::{InboundRecord, Refused};
use crate::line::{self, LineError};
use crate::reads::{ReadError, Reads};
use crate::writer::Writer;
use device_drivers::agent::ClientTls;
use futures_util::{SinkExt, StreamExt};
use model::api::machine::{EPOCH_HEADER, PLEDGES_HEADER};
use model::quota::StoreEpoch;
use model::{Problem, Timestamp};
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::Duration;
use sync::doc::{self, Difference, DocKey, MANIFEST_MAX, ManifestEntry};
use sync::lane::{Lane, LaneSeq, ends};
use sync::peer::{Input, Opening, Output, Peer, PeerConfig};
use sync::pledge::{self, Pledge};
use sync::wire::MAX_FRAME;
use tokio::sync::{mpsc, watch};
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error as SocketError, Message, client::IntoClientRequest};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};
use tokio_util::sync::CancellationToken;

/// First pause before dialling again; doubles up to [`REDIAL_MAX`], with jitter.
const REDIAL_FIRST: Duration = Duration::from_millis(300);
/// Longest pause before dialling again: a link that comes back is used within this time.
const REDIAL_MAX: Duration = Duration::from_secs(5);
/// The pause of a machine that was replaced: it looks once in a while whether that still holds.
const REPLACED_PAUSE: Duration = Duration::from_secs(60);
/// How long one attempt to connect may take.
const DIAL_LIMIT: Duration = Duration::from_secs(5);
/// Reasons for which the hub was not reached that are said before it is there again.
const TOLD_MAX: usize = 16;

/// Bytes read from the socket at once.
const READ_BUFFER: usize = 16 * 1024;

/// Where the hub is and how the store proves itself.
#[derive(Debug, Clone)]
pub struct UplinkSetup {
    /// `ws://host:port/sync/v1/connect`.
    pub url: String,
    /// The store's token at the hub.
    pub token: String,
    /// With `wss://`: the hub's authority and what the store comes with.
    pub tls: Option<ClientTls>,
    /// Settles whose store this is before anything is said.
    pub claim: Claim,
}

/// Whether the hub is there, and since when it is as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkState {
    /// The session is live.
    pub online: bool,
    /// Since when.
    pub since: Timestamp,
    /// The hub was dialled at least once, whatever came of it: a database that was set back knows so by now, if the hub could be
    /// reached.
    pub tried: bool,
}

type Socket = WebSocketStream<line::Stream>;

/// The uplink's parts; [`Uplink::run`] keeps a session open until it is stopped.
#[derive(Debug)]
pub struct Uplink {
    setup: UplinkSetup,
    writer: Writer,
    reads: Reads,
    state: watch::Sender<LinkState>,
    /// Closed hours that differ from the hub's and were named: once is enough.
    named: Mutex<BTreeSet<DocKey>>,
    /// Closed hours that the hub does not list: for who ships them.
    lacking: mpsc::Sender<ManifestEntry>,
}

impl Uplink {
    /// Nothing is dialled yet; the state says offline.
    pub fn new(
        setup: UplinkSetup,
        (writer, reads): (Writer, Reads),
        lacking: mpsc::Sender<ManifestEntry>,
        now: Timestamp,
    ) -> Self {
        let state = watch::Sender::new(LinkState { online: false, since: now, tried: false });
        Self { setup, writer, reads, state, named: Mutex::default(), lacking }
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
        let mut told = Told::default();
        while !stop.is_cancelled() {
            let dialled = match self.on_terms(&mut peer, &mut owed).await {
                Ok(()) => self.dial(peer.terms().0).await,
                Err(error) => Err(error),
            };
            match dialled {
                Ok(socket) => {
                    told = Told::default();
                    let before = self.state.borrow().since;
                    let ended = self.talk(&mut peer, &mut owed, socket, &stop).await;
                    if ended == Ended::Replaced {
                        pause = REPLACED_PAUSE;
                    } else if self.state.borrow().since != before {
                        // Sessions that end before they begin are no line that came back: those are dialled ever more rarely.
                        pause = REDIAL_FIRST;
                    }
                }
                Err(DialError::Replaced(why)) => {
                    if told.is_news(&why) {
                        self.setup.claim.was_replaced(&self.writer, &why).await;
                    }
                    pause = REPLACED_PAUSE;
                }
                Err(error) if !told.is_news(&error.to_string()) => tracing::debug!(%error, "hub not reached"),
                Err(error) if error.is_for_a_person() => {
                    tracing::warn!("the hub at {} cannot be used as things are: {error}", self.setup.url);
                }
                Err(error) => {
                    tracing::warn!(
                        "cannot reach the hub at {}: {error}; check `url` in [hub] and the internet. The store sells its \
                         own share meanwhile",
                        self.setup.url
                    );
                }
            }
            self.set_online(false);
            self.state.send_if_modified(|state| !std::mem::replace(&mut state.tried, true));
            // Half to one and a half times the pause, so that a thousand stores do not dial as one.
            let jitter = crate::secrets::random::<1>().map_or(0, |[byte]| u32::from(byte));
            let wait = pause * (128 + jitter) / 256;
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(wait) => {}
            }
            pause = if pause == REPLACED_PAUSE { REDIAL_FIRST } else { (pause * 2).min(REDIAL_MAX) };
        }
    }

    /// A log belongs to an epoch and a generation: under other terms both sides begin anew, and what the old session still
    /// owed is void.
    async fn on_terms(&self, peer: &mut Peer, owed: &mut Vec<InboundRecord>) -> Result<(), DialError> {
        let shown = self.shown().await?;
        let settled = self.setup.claim.settle(&self.writer, &shown).await;
        settled.map_err(|error| DialError::NoEpoch(error.to_string()))?;
        let config =
            self.writer.peer_config().await.map_err(|error| DialError::NoEpoch(error.to_string()))?;
        if (config.epoch, config.generation) != peer.terms() {
            *peer = peer.renewed(config, clock::now());
            owed.clear();
        }
        Ok(())
    }

    /// What the hub has pledged of itself.
    async fn shown(&self) -> Result<Vec<Pledge>, DialError> {
        let unread = |error: ReadError| DialError::NoEpoch(error.to_string());
        self.reads.ask(|reader| reader.pledges()).await.map_err(unread)
    }

    /// Says whose epoch this machine has and what the hub has pledged, and keeps what it pledges now.
    async fn dial(&self, epoch: StoreEpoch) -> Result<Socket, DialError> {
        let shown = self.shown().await?;
        let mut request = self.setup.url.as_str().into_client_request()?;
        let bearer = HeaderValue::from_str(&format!("Bearer {}", self.setup.token))?;
        request.headers_mut().insert("authorization", bearer);
        request.headers_mut().insert(EPOCH_HEADER, HeaderValue::from(epoch.0));
        let pledges = HeaderValue::from_str(&pledge::to_text(&shown))?;
        request.headers_mut().insert(PLEDGES_HEADER, pledges);
        let limits = WebSocketConfig::default()
            .max_message_size(Some(MAX_FRAME))
            .max_frame_size(Some(MAX_FRAME))
            .read_buffer_size(READ_BUFFER);
        let dial = async {
            let stream = line::open(request.uri(), self.setup.tls.as_ref()).await?;
            client_async_with_config(request, stream, Some(limits)).await.map_err(why_not)
        };
        let (socket, answer) =
            tokio::time::timeout(DIAL_LIMIT, dial).await.map_err(|_| DialError::Slow)??;
        let said = answer.headers().get(PLEDGES_HEADER).and_then(|text| text.to_str().ok());
        let mut said = said.map(pledge::from_text).unwrap_or_default();
        said.retain(|pledge| !shown.contains(pledge));
        if !said.is_empty() {
            self.writer.pledged(said).await.map_err(|error| DialError::NoEpoch(error.to_string()))?;
        }
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
    ) -> Ended {
        let (mut sink, mut stream) = socket.split();
        let mut effects = self.writer.effects();
        // While nobody is connected, what waits may change its lane.
        let Ok((lanes, heads)) = self.writer.opening().await else { return Ended::Cut };
        peer.handle(clock::now(), Input::Lanes(lanes));
        let manifest = self.manifest().await.unwrap_or_default();
        peer.handle(clock::now(), Input::Connected(Opening { heads, manifest }));
        let mut ended = Ended::Cut;
        loop {
            if let Err(why) = self.flush(peer, owed, &mut sink).await {
                ended = why;
                break;
            }
            let wake = peer.next_timeout().map_or(Duration::from_secs(1), until);
            let input = tokio::select! {
                () = stop.cancelled() => Input::Stop,
                message = stream.next() => match message {
                    Some(Ok(Message::Binary(bytes))) => Input::Frame(bytes.into()),
                    Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                    Some(Ok(_)) => continue,
                },
                changed = effects.recv() => match changed {
                    Ok(what) if what.terms => break,
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
            if let Output::Deliver { lane, seq, doc, change, pledge } = output {
                owed.push(InboundRecord { lane, seq, doc, change, pledge });
            }
        }
        let _ = sink.close().await;
        ended
    }

    async fn tell_grown(&self, peer: &mut Peer) {
        match self.reads.ask(|reader| reader.lanes()).await {
            Ok(lanes) => {
                for (lane, state) in Lane::ALL.into_iter().zip(lanes) {
                    peer.handle(clock::now(), Input::OutGrew { lane, last_seq: state.sent });
                }
            }
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
                    return sink.flush().await.map_err(|_| Ended::Cut);
                }
                self.commit(peer, owed).await?;
                continue;
            };
            match output {
                Output::Send(bytes) => {
                    sink.feed(Message::Binary(bytes.into())).await.map_err(|_| Ended::Cut)?
                }
                Output::Deliver { lane, seq, doc, change, pledge } => {
                    owed.push(InboundRecord { lane, seq, doc, change, pledge });
                }
                Output::Live => self.set_online(true),
                Output::Stale => self.set_online(false),
                Output::Refused { bytes, why } => {
                    let refused = Refused { origin: "hub frame".to_owned(), bytes, why: why.to_string() };
                    self.writer.refused(refused).await.map_err(|_| Ended::Cut)?;
                }
                Output::Manifest(theirs) => self.judge(&theirs).await?,
                asked @ (Output::NeedOut { .. }
                | Output::Acked { .. }
                | Output::PeerHello { .. }
                | Output::OneLane
                | Output::Quiet
                | Output::Repair { .. }
                | Output::WantDoc { .. }
                | Output::Whole { .. }) => self.ask(peer, asked).await?,
                Output::Close { reason } => {
                    tracing::warn!(%reason, "session closed");
                    let _ = sink.flush().await;
                    let replaced = self.setup.claim.heed(&self.writer, reason).await;
                    return Err(if replaced { Ended::Replaced } else { Ended::Cut });
                }
            }
        }
    }

    /// What the peer wants of the data.
    async fn ask(&self, peer: &mut Peer, output: Output) -> Result<(), Ended> {
        match output {
            Output::NeedOut { lane, after, limit } => {
                let read = self.reads.ask(move |reader| reader.out_records(lane, after, limit)).await;
                peer.handle(clock::now(), Input::Out { lane, records: read.map_err(|_| Ended::Cut)? });
            }
            Output::Acked { lane, upto, pledge } => {
                self.writer.out_acked(lane, upto, pledge).await.map_err(|_| Ended::Cut)?
            }
            Output::PeerHello { version, level, heads, .. } => {
                let lanes = self.writer.hub_reads(version).await.map_err(|_| Ended::Cut)?;
                peer.handle(clock::now(), Input::Lanes(lanes));
                if level {
                    self.compare(peer, heads).await?;
                }
            }
            // The hub need not ask, too: a talk about a document gives each side what it lacks.
            Output::Quiet => {
                for (doc, _) in self.writer.heads(Vec::new()).await.map_err(|_| Ended::Cut)? {
                    peer.handle(clock::now(), Input::Want { doc });
                }
            }
            Output::OneLane => {
                let lanes = self.writer.hub_reads(1).await.map_err(|_| Ended::Cut)?;
                peer.handle(clock::now(), Input::Lanes(lanes));
            }
            Output::Repair { doc, so_far, message } => {
                let done = self.writer.repair(doc, so_far, message).await;
                let (so_far, answer) = done.map_err(|_| Ended::Cut)?;
                peer.handle(clock::now(), Input::Repaired { doc, so_far, answer });
            }
            Output::WantDoc { doc } => {
                let bytes = self.writer.whole(doc).await.map_err(|_| Ended::Cut)?;
                peer.handle(clock::now(), Input::Whole { doc, bytes });
            }
            Output::Whole { doc, bytes } => {
                self.writer.take_whole(doc, bytes).await.map_err(|_| Ended::Cut)?;
            }
            Output::Send(_)
            | Output::Deliver { .. }
            | Output::Manifest(_)
            | Output::Refused { .. }
            | Output::Close { .. }
            | Output::Live
            | Output::Stale => {}
        }
        Ok(())
    }

    async fn manifest(&self) -> Result<Vec<ManifestEntry>, Ended> {
        self.reads
            .ask(|reader| reader.manifest(u32::try_from(MANIFEST_MAX).unwrap_or(u32::MAX)))
            .await
            .map_err(|_| Ended::Cut)
    }

    /// Whether this hour was named in this life of the process already; it is from now on.
    fn named(&self, doc: DocKey) -> bool {
        self.named.lock().is_ok_and(|mut named| !named.insert(doc))
    }

    /// An hour that is closed at both sides with different content is a case for people; nothing is overwritten.
    async fn judge(&self, theirs: &[ManifestEntry]) -> Result<(), Ended> {
        let mine = self.manifest().await?;
        for difference in doc::compare(&mine, theirs) {
            match difference {
                Difference::Differs(doc) if self.named(doc) => {}
                Difference::Differs(doc) => {
                    let why = format!("{doc:?} is closed here and at the hub with different content");
                    let refused = Refused { origin: "hub manifest".to_owned(), bytes: Vec::new(), why };
                    self.writer.refused(refused).await.map_err(|_| Ended::Cut)?;
                }
                Difference::NotHere(doc) => {
                    tracing::debug!(?doc, "an hour is closed at the hub only, as yet")
                }
                Difference::NotThere(doc) => {
                    // Those that find no place are named again at the next connection.
                    let entry = mine.iter().find(|entry| entry.doc == doc);
                    let told = entry.map(|entry| self.lacking.try_send(*entry));
                    tracing::debug!(?doc, told = ?told.map(|told| told.is_ok()), "an hour is closed here only, as yet");
                }
            }
        }
        Ok(())
    }

    /// Nothing is on its way in either direction, so both must have the same documents; one that differs is repaired.
    async fn compare(&self, peer: &mut Peer, theirs: Vec<(DocKey, [u8; 8])>) -> Result<(), Ended> {
        let named = theirs.iter().map(|(doc, _)| *doc).collect();
        let mine = self.writer.heads(named).await.map_err(|_| Ended::Cut)?;
        for (doc, heads) in theirs {
            let own = mine.iter().find(|(key, _)| *key == doc).map(|(_, own)| *own);
            // The hub says that all of its catalogue was told: where it is not here it was lost.
            let lost = own.is_none() && matches!(doc, DocKey::Catalogue { .. });
            if lost || own.is_some_and(|own| own != heads) {
                tracing::warn!(?doc, "the hub has another document: it is repaired");
                peer.handle(clock::now(), Input::Want { doc });
            }
        }
        Ok(())
    }

    /// Makes durable what is owed; the engine passes over records that it has already.
    async fn commit(&self, peer: &mut Peer, owed: &mut Vec<InboundRecord>) -> Result<(), Ended> {
        let want = self.writer.inbound(owed.clone()).await.map_err(|_| Ended::Cut)?;
        let places = owed.drain(..).map(|record| LaneSeq { lane: record.lane, seq: record.seq });
        for LaneSeq { lane, seq: upto } in ends(places) {
            peer.handle(clock::now(), Input::Committed { lane, upto });
        }
        for doc in want {
            peer.handle(clock::now(), Input::Want { doc });
        }
        Ok(())
    }

    fn set_online(&self, online: bool) {
        self.state.send_if_modified(|state| {
            let changed = state.online != online;
            if changed {
                *state = LinkState { online, since: clock::now(), tried: state.tried || online };
                tracing::info!(online, "link to the hub");
            }
            changed
        });
    }
}

/// Why the hub was not reached since it was there last: each reason is said once, however often it comes back.
#[derive(Debug, Default)]
struct Told(BTreeSet<String>);

impl Told {
    fn is_news(&mut self, why: &str) -> bool {
        self.0.len() < TOLD_MAX && self.0.insert(why.to_owned())
    }
}

/// This connection is over; the reason is logged where it was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// The line, or something that the next connection may not meet.
    Cut,
    /// Another machine is this store now.
    Replaced,
}

fn until(at: Timestamp) -> Duration {
    Duration::from_millis(u64::try_from(at.since_ms(clock::now())).unwrap_or(0))
}

#[derive(Debug, thiserror::Error)]
enum DialError {
    #[error("the hub refused: {0}")]
    Refused(String),
    #[error("{0}")]
    Replaced(String),
    #[error("{0}")]
    Socket(#[from] SocketError),
    #[error("the token is not a header value: {0}")]
    Token(#[from] tokio_tungstenite::tungstenite::http::header::InvalidHeaderValue),
    #[error(transparent)]
    Line(#[from] LineError),
    #[error("this machine has no epoch of its own yet: {0}")]
    NoEpoch(String),
    #[error("no answer within {DIAL_LIMIT:?}")]
    Slow,
}

impl DialError {
    /// Whether trying again changes nothing before a person has.
    fn is_for_a_person(&self) -> bool {
        match self {
            Self::Line(error) => error.is_for_a_person(),
            Self::Token(_) | Self::NoEpoch(_) | Self::Refused(_) | Self::Replaced(_) => true,
            Self::Socket(_) | Self::Slow => false,
        }
    }
}

/// Why no session began: the hub's own words where it has said some.
fn why_not(error: SocketError) -> DialError {
    if let SocketError::Http(answer) = &error {
        let body = answer.body().as_deref().unwrap_or_default();
        if let Ok(problem) = serde_json::from_slice::<Problem>(body) {
            let Problem { code, title, detail, hint, .. } = problem;
            if code == "superseded" {
                return DialError::Replaced(detail);
            }
            return DialError::Refused(format!("{title}. {detail} {hint}"));
        }
    }
    line::told_by_tls(&error).map_or(DialError::Socket(error), DialError::Line)
}
