//! One session per store over WebSocket: drives the sans-IO peer, hands records to the writer, sends the log. A newer
//! connection replaces an older one. Decides nothing about stock or orders.

use crate::command::{Command, Envelope};
use crate::engine::{HubEngine, Record, Said, Under, out_records};
use crate::readers::Readers;
use crate::rules::Rules;
use crate::writer::{LogEnd, WriteError, Writer};
use crate::{backup, clock, system};
use ::sync::doc::{self, Difference, DocKey, MANIFEST_MAX, ManifestEntry};
use ::sync::lane::{Lane, LaneSeq, ends};
use ::sync::peer::{Input, Opening, Output, Peer};
use ::sync::pledge::{Pledge, PledgeKey};
use ::sync::wire::{CloseReason, MAX_FRAME};
use axum::extract::ws::{Message, WebSocket};
use hub_core::proof;
use model::quota::{FIRST_EPOCH, HubGeneration, StoreEpoch};
use model::{StoreId, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// A sign of life is written down at most this often.
const HEARD_MS: i64 = 5_000;

/// Signs of life of all stores are written down together this often.
const BEAT_MS: i64 = 1_000;

/// Words of a connection that was cut.
const BROKEN_LINE: [&str; 4] = ["closed", "reset", "handshake", "pipe"];

/// How long a store may take no bytes before its connection counts as dead.
const SEND_LIMIT: Duration = Duration::from_secs(10);

/// What outlives a connection. The peer never delivers a record twice within a process, so what it has delivered is owed to
/// the writer until it is durable, whatever becomes of the connection.
struct Talk {
    peer: Peer,
    owed: Vec<Record>,
    /// Closed hours that differ from the store's and were named: once is enough.
    named: BTreeSet<DocKey>,
    /// Claims that were not believed, by their kind.
    claimed: BTreeSet<&'static str>,
}

impl Talk {
    const fn new(peer: Peer) -> Self {
        Self { peer, owed: Vec::new(), named: BTreeSet::new(), claimed: BTreeSet::new() }
    }
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
    pledges: PledgeKey,
    heard_every_ms: i64,
    /// Stores that were heard since the last beat.
    alive: Arc<Mutex<BTreeSet<StoreId>>>,
    /// Held while the writer is told who is alive or gone: a sign of life of a connection that is over never comes after its
    /// end, or the store would be online for ever.
    telling: Arc<tokio::sync::Mutex<()>>,
    stop: CancellationToken,
}

impl std::fmt::Debug for Links {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Links").field("stores", &self.seats.len()).finish_non_exhaustive()
    }
}

/// The connection is over; why is logged where it was seen.
#[derive(Debug)]
pub struct Over;

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
        (writer, readers): (Writer, Readers),
        rules: &Rules,
        stop: CancellationToken,
    ) -> Self {
        let seat = |(store, token, peer)| {
            let current = Mutex::new(CancellationToken::new());
            let talk = tokio::sync::Mutex::new(Talk::new(peer));
            (store, Seat { token, talk, current })
        };
        let seats = Arc::new(peers.into_iter().map(seat).collect());
        // A short stop-selling time (a hurried demo) needs fresher signs of life.
        let heard_every_ms = HEARD_MS.min(rules.stop_after_ms / 6).max(100);
        let pledges = rules.pledges();
        Self {
            seats,
            writer,
            readers,
            pledges,
            heard_every_ms,
            alive: Arc::default(),
            telling: Arc::default(),
            stop,
        }
    }

    /// Writes down, together, which stores were heard; until the hub stops.
    pub async fn beat(self) {
        let every = Duration::from_millis(self.heard_every_ms.min(BEAT_MS).unsigned_abs());
        let mut beat = tokio::time::interval(every);
        beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return,
                _ = beat.tick() => {}
            }
            let _telling = self.telling.lock().await;
            let heard = self.alive.lock().map(|mut alive| std::mem::take(&mut *alive)).unwrap_or_default();
            if !heard.is_empty() && self.writer.note(Said::Alive(heard.into_iter().collect())).await.is_err()
            {
                return;
            }
        }
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

    /// The closed hours of a store, newest first, as it is told them.
    async fn manifest(&self, store: &StoreId) -> Option<Vec<ManifestEntry>> {
        let (store, most) = (store.clone(), u32::try_from(MANIFEST_MAX).unwrap_or(u32::MAX));
        self.readers.ask(move |data| data.manifest(&store, most)).await.ok()
    }

    /// Nobody is there any more, whatever was heard before.
    async fn gone(&self, store: &StoreId) {
        let _telling = self.telling.lock().await;
        if let Ok(mut alive) = self.alive.lock() {
            alive.remove(store);
        }
        let _ = self.writer.note(Said::Gone(store.clone())).await;
    }

    /// Whether a store of this name may connect.
    pub fn knows(&self, store: &StoreId) -> bool {
        self.seats.contains_key(store)
    }

    /// A log belongs to an epoch and a generation: under other terms the talk begins anew, and what the old one owed is
    /// void.
    async fn on_terms(&self, store: &StoreId, talk: &mut Talk) -> Result<(), Over> {
        let config = self.writer.session(store).await?;
        if (config.epoch, config.generation) != talk.peer.terms() {
            let peer = talk.peer.renewed(config, clock::now());
            *talk = Talk::new(peer);
        }
        Ok(())
    }

    /// Before a machine gets an epoch of its own: a hub that has forgotten what it pledged was set back, and begins
    /// generations until it is past every one that it took before.
    ///
    /// # Errors
    /// [`Over`]: nothing was found out, and nothing may be minted.
    pub async fn weigh(&self, store: &StoreId, shown: &[Pledge]) -> Result<(), Over> {
        let pledged: Vec<&Pledge> = shown.iter().filter(|pledge| self.pledges.made(store, pledge)).collect();
        loop {
            let now = self.writer.session(store).await?;
            let terms = (now.epoch, now.generation);
            let Some(forgotten) = pledged.iter().find(|pledge| pledge.is_forgotten(terms, &now.lanes)) else {
                return Ok(());
            };
            let why = format!("it has forgotten {:?} of {:?}", forgotten.word, forgotten.terms());
            if !self.was_set_back(store, now.generation, &why).await? {
                // Another was quicker, or the numbers are used up: the minting says which.
                return Ok(());
            }
        }
    }

    /// A new generation is the hub's fence. Another session may have been quicker; then its one holds. Says whether it began.
    async fn was_set_back(&self, store: &StoreId, expect: HubGeneration, why: &str) -> Result<bool, Over> {
        let hub = backup::new_id().map_err(|error| {
            tracing::error!(%error, "no id for a new generation");
            Over
        })?;
        let what = format!("generation after {}", expect.0);
        let begun = self.command(store, &what, Command::BeginGeneration { hub, expect }).await?;
        if begun {
            tracing::error!(
                %store, why,
                "this hub was set back to an older state and begins a new generation: see what it has lost"
            );
        }
        Ok(begun)
    }

    /// Whether it was done.
    async fn command(&self, store: &StoreId, what: &str, command: Command) -> Result<bool, Over> {
        let id = system::id(clock::now(), &format!("{what} {store}"));
        let done = self.writer.apply(Envelope { id, actor: system::actor("sync"), command }).await?;
        if let Err(no) = &done {
            tracing::warn!(%store, what, ?no, "not done");
        }
        Ok(done.is_ok())
    }

    /// Gives the store's seat to the connection that asks for it now; whoever held it is told to go. To be called before the
    /// store hears that it may talk: whoever asks later then has asked after that, however late a connection's task begins.
    /// Nothing: there is no such store.
    pub fn take_seat(&self, store: &StoreId) -> Option<CancellationToken> {
        let seat = self.seats.get(store)?;
        let mine = self.stop.child_token();
        let mut current = seat.current.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *current, mine.clone()).cancel();
        Some(mine)
    }

    /// Holds a session until the connection ends, a newer one has taken the seat, or the hub stops. `shown`: what the store
    /// says that this hub has pledged.
    pub async fn serve(
        &self,
        store: StoreId,
        (mut socket, mine): (WebSocket, CancellationToken),
        shown: Vec<Pledge>,
    ) {
        let Some(seat) = self.seats.get(&store) else { return };
        // The older connection lets go of the talk as soon as it sees that it was replaced. One that was replaced before its
        // turn says nothing: the newer one may be talking already.
        let Some(mut talk) = mine.run_until_cancelled(seat.talk.lock()).await else { return };
        let Some(mut log) = self.writer.log_of(&store) else { return };
        let life = log.borrow_and_update().life;
        if self.on_terms(&store, &mut talk).await.is_err() {
            return;
        }
        tracing::info!(%store, "store connected");
        let heads = self.writer.heads(&store, Vec::new()).await.unwrap_or_default();
        let manifest = self.manifest(&store).await.unwrap_or_default();
        talk.peer.handle(clock::now(), Input::Connected(Opening { heads, manifest }));
        let pledged = shown.into_iter().filter(|pledge| self.pledges.made(&store, pledge)).collect();
        let mut session =
            Session { links: self, store: &store, talk: &mut talk, life, heard_at: None, pledged };
        session.run(&mut socket, log, &mine).await;
        session.talk.peer.handle(clock::now(), Input::Disconnected);
        let _ = session.flush(None).await;
        // Before the talk is let go: a newer connection that waits for it must be heard after this.
        self.gone(&store).await;
        drop(talk);
        tracing::info!(%store, "store disconnected");
        let _ = socket.send(Message::Close(None)).await;
    }
}

struct Session<'a> {
    links: &'a Links,
    store: &'a StoreId,
    talk: &'a mut Talk,
    /// Which life of the log this session sends.
    life: u32,
    heard_at: Option<Timestamp>,
    /// What this hub has pledged to the store, in this life or a former one.
    pledged: Vec<Pledge>,
}

impl Session<'_> {
    async fn run(
        &mut self,
        socket: &mut WebSocket,
        mut log: watch::Receiver<LogEnd>,
        replaced: &CancellationToken,
    ) {
        let now = *log.borrow_and_update();
        if !self.grew(now) {
            return self.bid_farewell(socket).await;
        }
        loop {
            if self.flush(Some(socket)).await.is_err() {
                return;
            }
            let now = clock::now();
            let wake = self.talk.peer.next_timeout().map_or(1_000, |at| at.since_ms(now).clamp(1, 60_000));
            tokio::select! {
                () = replaced.cancelled() => return self.bid_farewell(socket).await,
                message = socket.recv() => match message {
                    Some(Ok(Message::Binary(bytes))) if bytes.len() <= MAX_FRAME => {
                        self.talk.peer.handle(clock::now(), Input::Frame(bytes.into()));
                        self.heard();
                    }
                    Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Text(_))) => {}
                    Some(Ok(Message::Close(_))) | None => return,
                    // Over the limit of a message, or no WebSocket at all. A line that broke is no offence.
                    Some(Ok(Message::Binary(_))) => return,
                    Some(Err(error)) => {
                        let why = error.to_string();
                        if !BROKEN_LINE.iter().any(|word| why.contains(word)) {
                            let _ = self.refused(Vec::new(), format!("the connection was ended: {why}")).await;
                        }
                        return;
                    }
                },
                news = log.changed() => {
                    if news.is_err() {
                        return;
                    }
                    let now = *log.borrow_and_update();
                    if !self.grew(now) {
                        return self.bid_farewell(socket).await;
                    }
                }
                () = tokio::time::sleep(Duration::from_millis(wake.unsigned_abs())) => {
                    self.talk.peer.handle(clock::now(), Input::Tick);
                }
            }
        }
    }

    /// Whether the log is still the one that this session sends.
    fn grew(&mut self, log: LogEnd) -> bool {
        if log.life != self.life {
            return false;
        }
        for (lane, last_seq) in Lane::ALL.into_iter().zip(log.lanes).filter(|(_, last)| *last > 0) {
            self.talk.peer.handle(clock::now(), Input::OutGrew { lane, last_seq });
        }
        true
    }

    async fn bid_farewell(&mut self, socket: &mut WebSocket) {
        self.talk.peer.handle(clock::now(), Input::Stop);
        let _ = self.flush(Some(socket)).await;
    }

    fn under(&self) -> Under {
        self.talk.peer.terms()
    }

    /// A sign of life, told with those of all other stores.
    fn heard(&mut self) {
        let now = clock::now();
        if self.heard_at.is_none_or(|at| now.since_ms(at) >= self.links.heard_every_ms) {
            self.heard_at = Some(now);
            if let Ok(mut alive) = self.links.alive.lock() {
                alive.insert(self.store.clone());
            }
        }
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
                Output::Deliver { lane, seq, doc, change, .. } => {
                    self.talk.owed.push((LaneSeq { lane, seq }, doc, change));
                }
                Output::Close { reason } => {
                    tracing::warn!(store = %self.store, %reason, "session closed");
                    self.heed(reason).await?;
                    (socket, alive) = (None, Err(Over));
                }
                // Of what came late the store asks, for both.
                Output::Live | Output::Stale | Output::OneLane | Output::Quiet => {}
                Output::Refused { bytes, why } => self.refused(bytes, why.to_string()).await?,
                Output::Manifest(theirs) => self.judge(&theirs).await?,
                asked @ (Output::PeerHello { .. }
                | Output::NeedOut { .. }
                | Output::Acked { .. }
                | Output::Repair { .. }
                | Output::WantDoc { .. }
                | Output::Whole { .. }) => self.ask(asked).await?,
            }
        }
    }

    /// What the peer wants of the data.
    async fn ask(&mut self, output: Output) -> Result<(), Over> {
        match output {
            Output::PeerHello { version, level, heads, .. } => {
                self.links.writer.note(Said::Reads(self.store.clone(), version)).await?;
                if level {
                    self.compare(heads).await?;
                }
            }
            Output::NeedOut { lane, after, limit } => {
                let (store, at) = (self.store.clone(), LaneSeq { lane, seq: after });
                let read = self.links.readers.ask(move |data| out_records(data, &store, at, limit));
                let records = read.await.map_err(|error| {
                    tracing::error!(%error, "the log for a store cannot be read");
                    Over
                })?;
                self.talk.peer.handle(clock::now(), Input::Out { lane, records });
            }
            Output::Acked { lane, upto, .. } => {
                let upto = LaneSeq { lane, seq: upto };
                self.links.writer.note(Said::Acked(self.store.clone(), self.under(), upto)).await?;
            }
            Output::Repair { doc, so_far, message } => {
                let said = self.links.writer.repair(self.store, self.under(), doc, (so_far, message));
                let (so_far, answer) = said.await?;
                self.talk.peer.handle(clock::now(), Input::Repaired { doc, so_far, answer });
            }
            Output::WantDoc { doc } => {
                let bytes = self.links.writer.whole(self.store, doc).await?;
                self.talk.peer.handle(clock::now(), Input::Whole { doc, bytes });
            }
            Output::Whole { doc, bytes } => {
                self.links.writer.take_whole(self.store, self.under(), doc, bytes).await?;
            }
            Output::Send(_)
            | Output::Deliver { .. }
            | Output::Close { .. }
            | Output::Manifest(_)
            | Output::Refused { .. }
            | Output::OneLane
            | Output::Quiet
            | Output::Live
            | Output::Stale => {}
        }
        Ok(())
    }

    /// Nothing is on its way in either direction, so both must have the same documents; one that differs is repaired.
    async fn compare(&mut self, theirs: Vec<(DocKey, [u8; 8])>) -> Result<(), Over> {
        let mine = self.links.writer.heads(self.store, theirs.iter().map(|(doc, _)| *doc).collect()).await?;
        // Of what this hub alone writes no store has more.
        let theirs = theirs.into_iter().filter(|(doc, _)| !matches!(doc, DocKey::Catalogue { .. }));
        for (doc, heads) in theirs {
            if mine.iter().any(|(key, own)| *key == doc && *own != heads) {
                tracing::warn!(store = %self.store, ?doc, "the store has another document: it is repaired");
                self.talk.peer.handle(clock::now(), Input::Want { doc });
            }
        }
        Ok(())
    }

    /// An hour that is closed at both sides with different content is a case for people; nothing is overwritten.
    async fn judge(&mut self, theirs: &[ManifestEntry]) -> Result<(), Over> {
        let mine = self.links.manifest(self.store).await.ok_or(Over)?;
        let same = doc::same_hours(&mine, theirs);
        // Of a store's first life nothing is ever said again.
        if self.under().0 != FIRST_EPOCH && !same.is_empty() {
            self.links.writer.note(Said::Closed(self.store.clone(), self.under(), same)).await?;
        }
        for difference in doc::compare(&mine, theirs) {
            match difference {
                Difference::Differs(doc) if !self.talk.named.insert(doc) => {}
                Difference::Differs(doc) => {
                    let why = format!("{doc:?} is closed here and at the store with different content");
                    self.refused(Vec::new(), why).await?;
                }
                Difference::NotHere(doc) | Difference::NotThere(doc) => {
                    tracing::debug!(store = %self.store, ?doc, "an hour is closed at one side only, as yet");
                }
            }
        }
        Ok(())
    }

    /// What the end of a session means for the hub: whoever is behind what the other side has seen takes new terms, and has
    /// no rights under them before the stores have heard of it.
    async fn heed(&mut self, reason: CloseReason) -> Result<(), Over> {
        match reason {
            CloseReason::WrongEpoch { mine, theirs } if theirs > mine => {
                let (store, epoch) = (self.store.clone(), StoreEpoch(theirs));
                if !self.pledged.iter().any(|pledge| pledge.epoch == epoch) {
                    return self.not_believed("epoch", reason).await;
                }
                if !self.command("adopt", Command::AdoptEpoch { store, epoch }).await? {
                    // Nobody but this hub mints, and it knows of no restore: it was set back.
                    self.was_set_back(&format!("the store's epoch is {theirs}, here it is {mine}")).await?;
                }
            }
            CloseReason::WrongGeneration { mine, theirs }
                if HubGeneration(theirs).number() >= HubGeneration(mine).number() =>
            {
                if !self.pledged.iter().any(|pledge| pledge.generation == HubGeneration(theirs)) {
                    return self.not_believed("generation", reason).await;
                }
                self.was_set_back(&format!("the store knows generation {theirs}, here it is {mine}")).await?;
            }
            CloseReason::WeRolledBack { .. } => {
                if !self.has_pledged_more().await? {
                    return self.not_believed("log", reason).await;
                }
                self.was_set_back(&reason.to_string()).await?;
            }
            CloseReason::WrongEpoch { .. }
            | CloseReason::WrongGeneration { .. }
            | CloseReason::WrongStore
            | CloseReason::SameSide
            | CloseReason::NoCommonVersion
            | CloseReason::TheyRolledBack { .. }
            | CloseReason::Silent { .. }
            | CloseReason::LogGap { .. }
            | CloseReason::RecordTooBig { .. }
            | CloseReason::Stopping
            | CloseReason::Refused { .. } => {}
        }
        Ok(())
    }

    /// Whether this hub has pledged more of a log, its own or the store's, than there is here under the present terms.
    async fn has_pledged_more(&self) -> Result<bool, Over> {
        let now = self.links.writer.session(self.store).await?;
        let terms = (now.epoch, now.generation);
        Ok(self.pledged.iter().any(|pledge| pledge.is_forgotten(terms, &now.lanes)))
    }

    /// A store may say anything, and a new generation concerns all of them: without the hub's own pledge a claim is kept for
    /// a person, and changes nothing.
    async fn not_believed(&mut self, claim: &'static str, reason: CloseReason) -> Result<(), Over> {
        tracing::warn!(store = %self.store, %reason, "a claim without a pledge of this hub: not believed");
        if !self.talk.claimed.insert(claim) {
            return Ok(());
        }
        let why = format!(
            "claims by its {claim} that this hub was set back, and shows no pledge of this hub for it: {reason}"
        );
        self.refused(Vec::new(), why).await
    }

    async fn was_set_back(&self, why: &str) -> Result<(), Over> {
        self.links.was_set_back(self.store, self.under().1, why).await.map(|_| ())
    }

    /// Whether it was done.
    async fn command(&self, what: &str, command: Command) -> Result<bool, Over> {
        self.links.command(self.store, what, command).await
    }

    /// What came and was no frame is kept for a person.
    async fn refused(&mut self, bytes: Vec<u8>, why: String) -> Result<(), Over> {
        Ok(self.links.writer.note(Said::Refused(self.store.clone(), bytes, why)).await?)
    }

    /// Makes durable what is owed. What cannot be kept now stays owed and goes first on the next connection.
    async fn commit(&mut self) -> Result<(), Over> {
        let owed = self.talk.owed.clone();
        let done = self.links.writer.inbound(self.store, self.under(), owed).await?;
        for at in ends(self.talk.owed.drain(..).map(|record| record.0)) {
            let upto = done.upto[at.lane.index()];
            self.talk.peer.handle(clock::now(), Input::Committed { lane: at.lane, upto });
        }
        for doc in done.want {
            self.talk.peer.handle(clock::now(), Input::Want { doc });
        }
        Ok(())
    }
}
