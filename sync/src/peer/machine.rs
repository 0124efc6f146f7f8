//! The machine itself: inputs in, outputs out, timers. The two halves (`outbound`, `inbound`), the handshake's judgement
//! (`hello`), documents that differ (`repair`) and what goes out in parts (`parcel`) stand beside it.

use std::collections::VecDeque;

use model::order::Owner;
use model::quota::{HubGeneration, StoreEpoch};
use model::time::Timestamp;

use super::config::{Input, Opening, OutRecord, Output, PeerConfig, REFUSED_KEPT};
use super::hello::{self, Marks};
use super::inbound::Record;
use super::lanes::{Lanes, is_before, is_last};
use super::outbound;
use super::parcel::{Kind, Parcels};
use super::quiet::Quiet;
use super::repair::{Ask, Part, Repair};
use crate::doc::{DocKey, RepairAnswer, RepairSaid, Repairing};
use crate::lane::{LANES, Lane, LaneSeq, LaneState};
use crate::pledge::{Pledge, Seal, Word};
use crate::wire::{
    self, Batch, BatchItem, CloseReason, Connection, Frame, Hello, LaneMark, MAX_BATCH_RAW, MAX_HEADS,
    MAX_MANIFEST, OLDEST_VERSION, REPAIR_SINCE, WireError,
};

/// Frames of one connection that may be refused before it is ended: a broken line, not an attack on our disk.
const REFUSED_MAX: u32 = 16;
/// A single record of so many bytes is worth compressing.
const PACK_FROM: usize = 512;

/// Where the connection stands.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Phase {
    /// None.
    Down,
    /// Connected; no fresh `Hello` of the other side yet.
    Greeting,
    /// Open.
    Live,
    /// Open, but silent for too long.
    Stale,
    /// Ended by this side; waiting for `Disconnected`.
    Closed,
}

/// What belongs to one connection.
#[derive(Debug)]
struct Link {
    phase: Phase,
    mine: Connection,
    theirs: Option<Connection>,
    /// The newest version that the other side reads, once it has spoken.
    newest: Option<u8>,
    marks: Marks,
    opening: Opening,
    hello_at: i64,
    hello_wait_ms: u64,
    sent_at: i64,
    heard_at: i64,
    nonce: u32,
    /// Frames refused on this connection.
    refused: u32,
}

/// One side of a session.
#[derive(Debug)]
pub struct Peer {
    config: PeerConfig,
    link: Link,
    lanes: Lanes,
    repair: Repair,
    quiet: Quiet,
    parcels: Parcels,
    /// The caller was asked to put everything into one lane and has not answered.
    one_lane_asked: bool,
    /// What the hub has pledged of each lane, before a record that it goes with is delivered.
    pledged: [Option<Pledge>; LANES],
    out: VecDeque<Output>,
}

impl Peer {
    /// A peer without a connection.
    pub fn new(config: PeerConfig, now: Timestamp) -> Self {
        let limits = config.limits;
        let lanes = Lanes::new(&config.lanes, &limits, now);
        let link = Link {
            phase: Phase::Down,
            mine: Connection { boot: config.boot, attempt: 0 },
            theirs: None,
            newest: None,
            marks: config.lanes,
            opening: Opening::default(),
            hello_at: now.ms(),
            hello_wait_ms: limits.retry_first_ms,
            sent_at: now.ms(),
            heard_at: now.ms(),
            nonce: 0,
            refused: 0,
        };
        let (repair, parcels, out) = (Repair::default(), Parcels::default(), VecDeque::new());
        let (quiet, pledged) = (Quiet::default(), [None; LANES]);
        Self { config, link, lanes, repair, quiet, parcels, one_lane_asked: false, pledged, out }
    }

    /// A peer of other terms after this one: nothing of its logs stays, and no connection is numbered twice.
    #[must_use]
    pub fn renewed(&self, config: PeerConfig, now: Timestamp) -> Self {
        let mut peer = Self::new(config, now);
        peer.link.mine.attempt = self.link.mine.attempt;
        peer
    }

    /// The epoch and the generation that this peer speaks under.
    pub const fn terms(&self) -> (StoreEpoch, HubGeneration) {
        (self.config.epoch, self.config.generation)
    }

    /// Takes one input at `now`. Never fails: what cannot be right ends the connection by `Output::Close`.
    pub fn handle(&mut self, now: Timestamp, input: Input) {
        let ms = now.ms();
        match input {
            Input::Connected(opening) => self.connect(ms, opening),
            Input::Disconnected => self.disconnect(),
            Input::Frame(bytes) => self.frame(ms, &bytes),
            Input::Out { lane, records } => {
                if let Err(reason) = self.lanes.outbound_mut(lane).load(records) {
                    self.close(ms, reason);
                }
            }
            Input::OutGrew { lane, last_seq } => {
                self.quiet.moved();
                self.lanes.outbound_mut(lane).grew(last_seq);
            }
            Input::Lanes(states) => {
                self.one_lane_asked = false;
                self.lanes.restate(&states, &self.config.limits);
            }
            Input::Committed { lane, upto } => {
                let ready = self.lanes.inbound_mut(lane).commit(upto);
                self.deliver(lane, ready);
            }
            // Said by the timers, at once while the session is open.
            Input::Want { doc } => self.repair.want(doc),
            Input::Repaired { doc, so_far, answer } => self.repaired(doc, so_far, answer),
            Input::Whole { doc, bytes } => {
                if self.is_open() {
                    self.parcels.put(doc, Kind::Whole, bytes);
                }
            }
            Input::Stop => self.close(ms, CloseReason::Stopping),
            Input::Tick => {}
        }
        self.timers(ms);
        self.flow(ms);
    }

    /// The next thing for the caller to do.
    pub fn poll(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// When to come back with `Input::Tick` at the latest; `None` while there is no connection.
    pub fn next_timeout(&self) -> Option<Timestamp> {
        let limits = &self.config.limits;
        let dead = self.link.heard_at.saturating_add_unsigned(limits.dead_ms);
        let heartbeat = self.link.sent_at.saturating_add_unsigned(limits.heartbeat_ms);
        let first = match self.link.phase {
            Phase::Down | Phase::Closed => None,
            Phase::Greeting => Some(dead.min(self.link.hello_at)),
            Phase::Live => Some(self.link.heard_at.saturating_add_unsigned(limits.stale_ms).min(heartbeat)),
            Phase::Stale => Some(dead.min(heartbeat)),
        }?;
        let log = if self.is_open() { self.lanes.due_at(self.link.sent_at) } else { None };
        let parts = if self.is_open() { self.parts_due_at() } else { None };
        let quiet = if self.is_open() { self.quiet.due_at(limits.retry_first_ms) } else { None };
        [Some(first), log, parts, quiet].into_iter().flatten().min().map(Timestamp::from_ms)
    }

    /// Whether the other side is there and was heard lately.
    pub fn is_live(&self) -> bool {
        self.link.phase == Phase::Live
    }

    /// When the other side was last heard on this connection, or the connection began.
    pub fn heard_at(&self) -> Timestamp {
        Timestamp::from_ms(self.link.heard_at)
    }

    /// Last own record of a lane that the other side has acknowledged.
    pub fn acked(&self, lane: Lane) -> u64 {
        self.lanes.outbound(lane).acked()
    }

    fn is_open(&self) -> bool {
        matches!(self.link.phase, Phase::Live | Phase::Stale)
    }

    /// When a wish is to be said again, a part has been lost, or the bucket has what the next one takes.
    fn parts_due_at(&self) -> Option<i64> {
        let wait_ms = self.config.limits.retry_first_ms;
        let waits = self.parcels.next_len(self.version()).is_some();
        let bucket = if waits { self.lanes.full_at(self.link.sent_at) } else { None };
        [self.repair.due_at(wait_ms), self.parcels.due_at(wait_ms), bucket].into_iter().flatten().min()
    }

    fn connect(&mut self, ms: i64, mut opening: Opening) {
        opening.heads.truncate(MAX_HEADS);
        opening.manifest.truncate(MAX_MANIFEST);
        self.disconnect();
        self.link = Link {
            phase: Phase::Greeting,
            mine: Connection { attempt: self.link.mine.attempt.saturating_add(1), ..self.link.mine },
            theirs: None,
            newest: None,
            marks: self.lanes.states(),
            opening,
            hello_at: ms,
            hello_wait_ms: self.config.limits.retry_first_ms,
            sent_at: ms,
            heard_at: ms,
            nonce: self.link.nonce,
            refused: 0,
        };
    }

    fn disconnect(&mut self) {
        if self.is_open() {
            self.out.push_back(Output::Stale);
        }
        self.link.phase = Phase::Down;
        self.lanes.restart(&self.config.limits);
        self.one_lane_asked = false;
        self.repair.forget();
        self.quiet.forget();
        self.parcels.forget();
        let of_session = |output: &Output| match output {
            Output::Send(_)
            | Output::NeedOut { .. }
            | Output::OneLane
            | Output::Repair { .. }
            | Output::Quiet => true,
            Output::Deliver { .. }
            | Output::Acked { .. }
            | Output::PeerHello { .. }
            | Output::Manifest(_)
            | Output::Refused { .. }
            | Output::WantDoc { .. }
            | Output::Whole { .. }
            | Output::Live
            | Output::Stale
            | Output::Close { .. } => false,
        };
        self.out.retain(|output| !of_session(output));
    }

    fn close(&mut self, ms: i64, reason: CloseReason) {
        if matches!(self.link.phase, Phase::Down | Phase::Closed) {
            return;
        }
        self.send(ms, &Frame::Bye { reason });
        if self.is_open() {
            self.out.push_back(Output::Stale);
        }
        self.link.phase = Phase::Closed;
        self.out.push_back(Output::Close { reason });
    }

    fn frame(&mut self, ms: i64, bytes: &[u8]) {
        if matches!(self.link.phase, Phase::Down | Phase::Closed) {
            return;
        }
        let newest = self.config.newest;
        let frame = match wire::decode(bytes) {
            Ok(_) if bytes.first().is_some_and(|version| *version > newest) => {
                return self.close(ms, CloseReason::NoCommonVersion);
            }
            Ok(frame) => frame,
            Err(why @ WireError::Version { .. }) => {
                self.refuse(ms, bytes, why);
                return self.close(ms, CloseReason::NoCommonVersion);
            }
            // A later version's: nothing is wrong with it.
            Err(WireError::Unknown { .. }) => return,
            // As good as lost: what was in it comes again, if it came from the other side at all.
            Err(why) => return self.refuse(ms, bytes, why),
        };
        if let Frame::Hello(hello) = frame {
            return self.hello(ms, hello);
        }
        if let Frame::Bye { reason } = frame {
            return self.bye(reason);
        }
        if !self.is_open() {
            return;
        }
        self.heard(ms);
        self.session_frame(ms, frame);
    }

    /// Names a frame that cannot be used, and ends the connection when there are too many of them.
    fn refuse(&mut self, ms: i64, bytes: &[u8], why: WireError) {
        self.link.refused += 1;
        let bytes = bytes.iter().take(REFUSED_KEPT).copied().collect();
        self.out.push_back(Output::Refused { bytes, why });
        if self.link.refused >= REFUSED_MAX {
            self.close(ms, CloseReason::Refused { count: self.link.refused });
        }
    }

    fn session_frame(&mut self, ms: i64, frame: Frame) {
        match frame {
            Frame::Hello(_) | Frame::Bye { .. } => {}
            Frame::Pong { nonce } => self.parcels.came(nonce),
            Frame::Change { at, doc, change, seal } => {
                self.pledged(at, seal);
                self.receive(at, doc, change);
            }
            Frame::Batch(batch) => {
                let items = match batch.unpack() {
                    Ok(items) => items,
                    Err(why) => return self.refuse(ms, batch.bytes(), why),
                };
                if let Some(before) = (items.len() as u64).checked_sub(1) {
                    let end = LaneSeq { seq: batch.at.seq.saturating_add(before), ..batch.at };
                    self.pledged(end, batch.seal);
                }
                for (seq, item) in (batch.at.seq..).zip(items) {
                    self.receive(LaneSeq { lane: batch.at.lane, seq }, item.doc, item.change);
                }
            }
            Frame::Ack { upto, seal } => self.acknowledged(ms, upto, seal),
            Frame::Want { doc } => self.out.push_back(Output::WantDoc { doc }),
            Frame::Whole { doc, digest, total, offset, bytes } => {
                let part = Part { digest, total, offset, bytes };
                if let Some(bytes) = self.repair.take_whole(ms, doc, part) {
                    self.out.push_back(Output::Whole { doc, bytes });
                }
            }
            Frame::Repair { doc, begins, digest, total, offset, bytes } => {
                let part = Part { digest, total, offset, bytes };
                if let Some((so_far, message)) = self.repair.hear(ms, (doc, begins), part) {
                    self.out.push_back(Output::Repair { doc, so_far, message: Some(message) });
                }
            }
            Frame::Ping { nonce } => self.send(ms, &Frame::Pong { nonce }),
            Frame::Manifest { mut entries } => {
                entries.truncate(MAX_MANIFEST);
                self.out.push_back(Output::Manifest(entries));
            }
        }
    }

    /// What the caller says of a document after it has heard the other side, or first.
    fn repaired(&mut self, doc: DocKey, so_far: Box<Repairing>, answer: RepairAnswer) {
        if !self.is_open() {
            return;
        }
        let (begins, wished) = self.repair.heard(doc, so_far, answer.level);
        match answer.said {
            RepairSaid::Message(bytes) => self.parcels.put(doc, Kind::Message { begins }, bytes),
            RepairSaid::TooMuch if wished => self.out.push_back(Output::WantDoc { doc }),
            // Nobody over there waits for it; and whoever lacks something of it here asks by himself.
            RepairSaid::TooMuch | RepairSaid::Nothing => {}
        }
    }

    fn hello(&mut self, ms: i64, hello: Hello) {
        if let Err(reason) = hello::identity(&self.config, &hello) {
            return self.close(ms, reason);
        }
        let newer = self.link.theirs.is_none_or(|known| known < hello.connection);
        let fresh = hello::is_fresh(self.link.mine, &hello);
        if newer || fresh {
            self.link.theirs = Some(hello.connection);
            self.link.newest = Some(hello.newest);
        }
        if fresh && self.link.phase == Phase::Greeting {
            let ends = Lane::ALL.map(|lane| self.lanes.outbound(lane).last());
            if let Err(reason) = hello::continuity(&self.link.marks, ends, &hello) {
                return self.close(ms, reason);
            }
            self.open(ms, &hello);
        } else if self.is_open() && fresh {
            self.heard(ms);
        }
        if !hello.settled && (newer || fresh) {
            self.send_hello(ms);
        }
    }

    fn open(&mut self, ms: i64, hello: &Hello) {
        self.link.phase = Phase::Live;
        self.link.heard_at = ms;
        self.lanes.set_version(self.version(), self.config.side);
        let is_level = |(mine, said): (&LaneState, &LaneMark)| {
            mine.received.max(said.skipped) == said.sent && said.received.max(mine.skipped) == mine.sent
        };
        let level = self.lanes.states().iter().zip(&hello.lanes).all(is_level);
        // Who knows no messages would be asked for whole documents.
        if !level && self.version() >= REPAIR_SINCE {
            self.quiet.owe(ms);
        }
        self.out.push_back(Output::PeerHello {
            boot: hello.connection.boot,
            version: self.version(),
            level,
            heads: hello.heads.clone(),
        });
        for (lane, mark) in Lane::ALL.into_iter().zip(&hello.lanes) {
            self.acknowledged(ms, LaneSeq { lane, seq: mark.received }, None);
            if self.config.pledges.is_some() {
                // What the hello has acknowledged is pledged as well.
                self.lanes.inbound_mut(lane).say_again();
            }
            let ready = self.lanes.inbound_mut(lane).skip(mark.skipped);
            self.deliver(lane, ready);
        }
        self.repair.restart();
        let entries = std::mem::take(&mut self.link.opening.manifest);
        // Also an empty one: who has lost every closed hour is given all of them.
        if self.version() > 1 {
            self.send(ms, &Frame::Manifest { entries });
        }
        self.out.push_back(Output::Live);
    }

    /// The newest version that both sides read; of this side alone until the other has spoken, the oldest.
    fn version(&self) -> u8 {
        self.link.newest.map_or(OLDEST_VERSION, |theirs| theirs.min(self.config.newest))
    }

    fn bye(&mut self, reason: CloseReason) {
        if self.is_open() {
            self.out.push_back(Output::Stale);
        }
        self.link.phase = Phase::Closed;
        self.out.push_back(Output::Close { reason: reason.mirrored() });
    }

    fn heard(&mut self, ms: i64) {
        self.link.heard_at = ms;
        if self.link.phase == Phase::Stale {
            self.link.phase = Phase::Live;
            self.out.push_back(Output::Live);
        }
    }

    /// Records came with the hub's pledge that its log has come here.
    fn pledged(&mut self, upto: LaneSeq, seal: Option<Seal>) {
        if let Some(pledge) = seal.and_then(|seal| self.pledge(Word::Sent(upto), seal)) {
            let there = &mut self.pledged[upto.lane.index()];
            if there.is_none_or(|known| known.word.number() < pledge.word.number()) {
                *there = Some(pledge);
            }
        }
    }

    /// What a hub has said, as a store keeps it.
    fn pledge(&self, word: Word, seal: Seal) -> Option<Pledge> {
        let (epoch, generation) = self.terms();
        (self.config.side == Owner::Store).then_some(Pledge { epoch, generation, word, seal })
    }

    /// This hub's pledge of a word.
    fn seal(&self, word: Word) -> Option<Seal> {
        let key = self.config.pledges.as_ref()?;
        Some(key.pledge(&self.config.store, self.terms(), word).seal)
    }

    fn receive(&mut self, at: LaneSeq, doc: DocKey, change: Vec<u8>) {
        self.quiet.moved();
        let ready = self.lanes.inbound_mut(at.lane).take(at.seq, doc, change);
        self.deliver(at.lane, ready);
    }

    fn deliver(&mut self, lane: Lane, ready: Vec<Record>) {
        for (seq, doc, change) in ready {
            let pledge = self.pledged[lane.index()].take();
            self.out.push_back(Output::Deliver { lane, seq, doc, change, pledge });
        }
    }

    fn acknowledged(&mut self, ms: i64, at: LaneSeq, seal: Option<Seal>) {
        let LaneSeq { lane, seq: upto } = at;
        let mine = self.lanes.outbound(lane).last();
        if upto > mine {
            return self.close(ms, CloseReason::WeRolledBack { mine, theirs: upto });
        }
        let pledge = seal.and_then(|seal| self.pledge(Word::Received(at), seal));
        if self.lanes.outbound_mut(lane).ack(ms, upto, &self.config.limits) || pledge.is_some() {
            self.out.push_back(Output::Acked { lane, upto, pledge });
        }
    }

    fn timers(&mut self, ms: i64) {
        let limits = self.config.limits;
        let silent = u64::try_from(ms.saturating_sub(self.link.heard_at)).unwrap_or(0);
        match self.link.phase {
            Phase::Down | Phase::Closed => {}
            Phase::Greeting | Phase::Live | Phase::Stale if silent >= limits.dead_ms => {
                self.close(ms, CloseReason::Silent { ms: silent });
            }
            Phase::Greeting => {
                if ms >= self.link.hello_at {
                    self.link.hello_at = ms.saturating_add_unsigned(self.link.hello_wait_ms);
                    self.link.hello_wait_ms = (self.link.hello_wait_ms * 2).min(limits.retry_max_ms);
                    self.send_hello(ms);
                }
            }
            Phase::Live if silent >= limits.stale_ms => {
                self.link.phase = Phase::Stale;
                self.out.push_back(Output::Stale);
            }
            Phase::Live | Phase::Stale => {}
        }
        if !self.is_open() {
            return;
        }
        if ms >= self.link.sent_at.saturating_add_unsigned(limits.heartbeat_ms) {
            self.link.nonce = self.link.nonce.wrapping_add(1);
            self.send(ms, &Frame::Ping { nonce: self.link.nonce });
        }
        let level = self.lanes.states().iter().all(|lane| lane.acked == lane.sent);
        if self.quiet.has_come(ms, level, limits.retry_first_ms) {
            self.out.push_back(Output::Quiet);
        }
        self.parcels.lose(ms, limits.retry_first_ms);
        for (doc, ask) in self.repair.due(ms, limits.retry_first_ms, self.version() >= REPAIR_SINCE) {
            match ask {
                Ask::Messages => {
                    self.repair.begin(doc);
                    self.out.push_back(Output::Repair { doc, so_far: Box::default(), message: None });
                }
                Ask::Whole => self.send(ms, &Frame::Want { doc }),
            }
        }
        for (lane, records) in self.lanes.again(ms, &limits) {
            self.send_records(ms, lane, records);
        }
    }

    /// Moves what can move: acknowledgements, new records, and the question for more of them.
    fn flow(&mut self, ms: i64) {
        if !self.is_open() {
            return;
        }
        for &lane in self.lanes.known() {
            if self.lanes.inbound_mut(lane).ack_due() {
                let seq = self.lanes.inbound(lane).committed();
                let upto = LaneSeq { lane, seq };
                self.send(ms, &Frame::Ack { upto, seal: self.seal(Word::Received(upto)) });
            }
        }
        let limits = self.config.limits;
        for (lane, records) in self.lanes.fresh(ms, &limits, (is_before, self.parcels.in_flight())) {
            self.send_records(ms, lane, records);
        }
        self.send_parts(ms);
        for (lane, records) in self.lanes.fresh(ms, &limits, (is_last, self.parcels.in_flight())) {
            self.send_records(ms, lane, records);
        }
        for (lane, after) in self.lanes.need(&limits) {
            self.out.push_back(Output::NeedOut { lane, after, limit: limits.ask_records });
        }
        if self.lanes.is_stuck() && !self.one_lane_asked {
            self.one_lane_asked = true;
            self.out.push_back(Output::OneLane);
        }
    }

    /// Parts of what is larger than a record: before the backfill, behind everything else.
    fn send_parts(&mut self, ms: i64) {
        let (limits, version) = (self.config.limits, self.version());
        while let Some(bytes) = self.parcels.next_len(version) {
            if !self.lanes.has_room(ms, &limits, (self.parcels.in_flight(), bytes)) {
                return;
            }
            let Some((frame, more)) = self.parcels.next(version) else { return };
            self.lanes.took(bytes);
            self.send(ms, &frame);
            if more {
                self.link.nonce = self.link.nonce.wrapping_add(1);
                self.parcels.went(self.link.nonce, bytes, ms);
                self.send(ms, &Frame::Ping { nonce: self.link.nonce });
            }
        }
    }

    fn send_records(&mut self, ms: i64, lane: Lane, records: Vec<OutRecord>) {
        let small = lane == Lane::Backfill || lane == Lane::Stock;
        let most = if small { self.config.limits.backfill_frame } else { MAX_BATCH_RAW };
        for group in outbound::groups(records, most) {
            let (Some(seq), Some(end)) = (group.first().map(|r| r.seq), group.last().map(|r| r.seq)) else {
                continue;
            };
            let seal = self.seal(Word::Sent(LaneSeq { lane, seq: end }));
            let frame = frame_of(LaneSeq { lane, seq }, group, seal);
            match frame.as_ref().and_then(|f| wire::encode_as(f, self.version()).ok()) {
                Some(bytes) => self.push(ms, bytes),
                None => return self.close(ms, CloseReason::RecordTooBig { seq }),
            }
        }
    }

    fn send_hello(&mut self, ms: i64) {
        let hello = Hello {
            oldest: OLDEST_VERSION,
            newest: self.config.newest,
            store: self.config.store.clone(),
            side: self.config.side,
            epoch: self.config.epoch,
            generation: self.config.generation,
            connection: self.link.mine,
            heard: self.link.theirs,
            settled: self.is_open(),
            lanes: self.lanes.marks(),
            heads: self.heads(),
        };
        self.send(ms, &Frame::Hello(hello));
    }

    /// Digests of the documents that the other side knows, as far as its version is known.
    fn heads(&self) -> Vec<(DocKey, [u8; 8])> {
        let version = self.version();
        let knows = |(doc, _): &&(DocKey, [u8; 8])| wire::known_since(*doc) <= version;
        self.link.opening.heads.iter().filter(knows).copied().collect()
    }

    fn send(&mut self, ms: i64, frame: &Frame) {
        // Only records can be too long, and they are sent by `send_records`.
        if let Ok(bytes) = wire::encode_as(frame, self.version()) {
            self.push(ms, bytes);
        }
    }

    fn push(&mut self, ms: i64, bytes: Vec<u8>) {
        self.link.sent_at = ms;
        self.out.push_back(Output::Send(bytes));
    }
}

/// One short record goes as it is, everything else packed; a record too big to be packed is tried as it is.
fn frame_of(at: LaneSeq, group: Vec<OutRecord>, seal: Option<Seal>) -> Option<Frame> {
    if group.len() > 1 || group.first().is_some_and(|r| r.change.len() >= PACK_FROM) {
        let items: Vec<BatchItem> =
            group.iter().map(|r| BatchItem { doc: r.doc, change: r.change.clone() }).collect();
        if let Ok(mut batch) = Batch::pack(at, &items) {
            batch.seal = seal;
            return Some(Frame::Batch(batch));
        }
    }
    let [record] = <[OutRecord; 1]>::try_from(group).ok()?;
    Some(Frame::Change { at, doc: record.doc, change: record.change, seal })
}
