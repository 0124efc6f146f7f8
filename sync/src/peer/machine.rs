//! The machine itself: inputs in, outputs out, timers. The two halves (`outbound`, `inbound`), the handshake's judgement
//! (`hello`) and whole documents (`repair`) stand beside it.

use std::collections::VecDeque;

use model::time::Timestamp;

use super::config::{Input, OutRecord, Output, PeerConfig};
use super::hello::{self, Marks};
use super::inbound::{Inbound, Record};
use super::outbound::{self, Outbound};
use super::repair::{self, Repair};
use crate::doc::DocKey;
use crate::wire::{
    self, Batch, BatchItem, CloseReason, Connection, Frame, Hello, MAX_HEADS, OLDEST_VERSION, VERSION,
};

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
    marks: Marks,
    heads: Vec<(DocKey, [u8; 8])>,
    hello_at: i64,
    hello_wait_ms: u64,
    sent_at: i64,
    heard_at: i64,
    nonce: u32,
}

/// One side of a session.
#[derive(Debug)]
pub struct Peer {
    config: PeerConfig,
    link: Link,
    inbound: Inbound,
    outbound: Outbound,
    repair: Repair,
    ack_due: bool,
    out: VecDeque<Output>,
}

impl Peer {
    /// A peer without a connection.
    pub fn new(config: PeerConfig, now: Timestamp) -> Self {
        let limits = config.limits;
        let outbound = Outbound::new(config.acked, config.sent, &limits);
        let inbound = Inbound::new(config.received, limits.receive_records);
        let marks = Marks { acked: config.acked, sent: config.sent, received: config.received };
        let link = Link {
            phase: Phase::Down,
            mine: Connection { boot: config.boot, attempt: 0 },
            theirs: None,
            marks,
            heads: Vec::new(),
            hello_at: now.ms(),
            hello_wait_ms: limits.retry_first_ms,
            sent_at: now.ms(),
            heard_at: now.ms(),
            nonce: 0,
        };
        let (repair, out) = (Repair::default(), VecDeque::new());
        Self { config, link, inbound, outbound, repair, ack_due: false, out }
    }

    /// Takes one input at `now`. Never fails: what cannot be right ends the connection by `Output::Close`.
    pub fn handle(&mut self, now: Timestamp, input: Input) {
        let ms = now.ms();
        match input {
            Input::Connected { heads } => self.connect(ms, heads),
            Input::Disconnected => self.disconnect(),
            Input::Frame(bytes) => self.frame(ms, &bytes),
            Input::Out(records) => {
                if let Err(reason) = self.outbound.load(records) {
                    self.close(ms, reason);
                }
            }
            Input::OutGrew { last_seq } => self.outbound.grew(last_seq),
            Input::Committed { upto } => {
                let before = self.inbound.committed();
                let ready = self.inbound.commit(upto);
                self.deliver(ready);
                self.ack_due |= self.inbound.committed() > before;
            }
            Input::Want { doc } => {
                if self.repair.want(doc, ms) && self.is_open() {
                    self.send(ms, &Frame::Want { doc });
                }
            }
            Input::Whole { doc, bytes } => {
                if self.is_open() {
                    repair::frames(doc, &bytes).iter().for_each(|frame| self.send(ms, frame));
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
        let log = if self.is_open() { self.outbound.resend_at() } else { None };
        let whole = if self.is_open() { self.repair.due_at(limits.retry_first_ms) } else { None };
        [Some(first), log, whole].into_iter().flatten().min().map(Timestamp::from_ms)
    }

    /// Whether the other side is there and was heard lately.
    pub fn is_live(&self) -> bool {
        self.link.phase == Phase::Live
    }

    /// When the other side was last heard on this connection, or the connection began.
    pub fn heard_at(&self) -> Timestamp {
        Timestamp::from_ms(self.link.heard_at)
    }

    /// Last own record that the other side has acknowledged.
    pub fn acked(&self) -> u64 {
        self.outbound.acked()
    }

    fn is_open(&self) -> bool {
        matches!(self.link.phase, Phase::Live | Phase::Stale)
    }

    fn connect(&mut self, ms: i64, mut heads: Vec<(DocKey, [u8; 8])>) {
        heads.truncate(MAX_HEADS);
        self.disconnect();
        self.link = Link {
            phase: Phase::Greeting,
            mine: Connection { attempt: self.link.mine.attempt.saturating_add(1), ..self.link.mine },
            theirs: None,
            marks: Marks {
                acked: self.outbound.acked(),
                sent: self.outbound.last(),
                received: self.inbound.committed(),
            },
            heads,
            hello_at: ms,
            hello_wait_ms: self.config.limits.retry_first_ms,
            sent_at: ms,
            heard_at: ms,
            nonce: self.link.nonce,
        };
    }

    fn disconnect(&mut self) {
        if self.is_open() {
            self.out.push_back(Output::Stale);
        }
        self.link.phase = Phase::Down;
        self.outbound.restart(&self.config.limits);
        self.ack_due = false;
        self.out.retain(|o| !matches!(o, Output::Send(_) | Output::NeedOut { .. }));
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
        let frame = match wire::decode(bytes) {
            Ok(frame) => frame,
            Err(wire::WireError::Version { .. }) => return self.close(ms, CloseReason::NoCommonVersion),
            // A torn frame is as good as a lost one: its content comes again.
            Err(_) => return,
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

    fn session_frame(&mut self, ms: i64, frame: Frame) {
        match frame {
            Frame::Hello(_) | Frame::Bye { .. } | Frame::Pong { .. } => {}
            Frame::Change { seq, doc, change } => self.receive(seq, doc, change),
            Frame::Batch(batch) => {
                let items = batch.unpack().unwrap_or_default();
                for (seq, item) in (batch.first_seq..).zip(items) {
                    self.receive(seq, item.doc, item.change);
                }
            }
            Frame::Ack { upto } => self.acknowledged(ms, upto),
            Frame::Want { doc } => self.out.push_back(Output::WantDoc { doc }),
            Frame::Whole { doc, digest, total, offset, bytes } => {
                if let Some(bytes) = self.repair.take(doc, digest, total, (offset, bytes)) {
                    self.out.push_back(Output::Whole { doc, bytes });
                }
            }
            Frame::Ping { nonce } => self.send(ms, &Frame::Pong { nonce }),
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
        }
        if fresh && self.link.phase == Phase::Greeting {
            if let Err(reason) = hello::continuity(self.link.marks, self.outbound.last(), &hello) {
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
        self.out.push_back(Output::PeerHello {
            boot: hello.connection.boot,
            received: hello.received_seq,
            sent: hello.sent_seq,
            heads: hello.heads.clone(),
        });
        self.acknowledged(ms, hello.received_seq);
        self.repair.restart();
        self.out.push_back(Output::Live);
    }

    fn bye(&mut self, reason: CloseReason) {
        if self.is_open() {
            self.out.push_back(Output::Stale);
        }
        self.link.phase = Phase::Closed;
        self.out.push_back(Output::Close { reason });
    }

    fn heard(&mut self, ms: i64) {
        self.link.heard_at = ms;
        if self.link.phase == Phase::Stale {
            self.link.phase = Phase::Live;
            self.out.push_back(Output::Live);
        }
    }

    fn receive(&mut self, seq: u64, doc: DocKey, change: Vec<u8>) {
        if self.inbound.is_old(seq) {
            self.ack_due = true;
            return;
        }
        let ready = self.inbound.take(seq, doc, change);
        self.deliver(ready);
    }

    fn deliver(&mut self, ready: Vec<Record>) {
        self.out.extend(ready.into_iter().map(|(seq, doc, change)| Output::Deliver { seq, doc, change }));
    }

    fn acknowledged(&mut self, ms: i64, upto: u64) {
        if upto > self.outbound.last() {
            return self.close(ms, CloseReason::WeRolledBack { mine: self.outbound.last(), theirs: upto });
        }
        if self.outbound.ack(ms, upto, &self.config.limits) {
            self.out.push_back(Output::Acked { upto });
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
        for doc in self.repair.again(ms, limits.retry_first_ms) {
            self.send(ms, &Frame::Want { doc });
        }
        let again = self.outbound.again(ms, &limits);
        self.send_records(ms, again);
    }

    /// Moves what can move: acknowledgement, new records, and the question for more of them.
    fn flow(&mut self, ms: i64) {
        if !self.is_open() {
            return;
        }
        if std::mem::take(&mut self.ack_due) {
            self.send(ms, &Frame::Ack { upto: self.inbound.committed() });
        }
        let limits = self.config.limits;
        let fresh = self.outbound.fresh(ms, &limits);
        self.send_records(ms, fresh);
        if let Some(after) = self.outbound.need(&limits) {
            self.out.push_back(Output::NeedOut { after, limit: limits.ask_records });
        }
    }

    fn send_records(&mut self, ms: i64, records: Vec<OutRecord>) {
        for group in outbound::groups(records) {
            let Some(first_seq) = group.first().map(|r| r.seq) else { continue };
            let frame = frame_of(first_seq, group);
            match frame.as_ref().and_then(|f| wire::encode(f).ok()) {
                Some(bytes) => self.push(ms, bytes),
                None => return self.close(ms, CloseReason::RecordTooBig { seq: first_seq }),
            }
        }
    }

    fn send_hello(&mut self, ms: i64) {
        let hello = Hello {
            oldest: OLDEST_VERSION,
            newest: VERSION,
            store: self.config.store.clone(),
            side: self.config.side,
            epoch: self.config.epoch,
            generation: self.config.generation,
            connection: self.link.mine,
            heard: self.link.theirs,
            settled: self.is_open(),
            received_seq: self.inbound.committed(),
            sent_seq: self.outbound.last(),
            heads: self.link.heads.clone(),
        };
        self.send(ms, &Frame::Hello(hello));
    }

    fn send(&mut self, ms: i64, frame: &Frame) {
        // Only records can be too long, and they are sent by `send_records`.
        if let Ok(bytes) = wire::encode(frame) {
            self.push(ms, bytes);
        }
    }

    fn push(&mut self, ms: i64, bytes: Vec<u8>) {
        self.link.sent_at = ms;
        self.out.push_back(Output::Send(bytes));
    }
}

/// One short record goes as it is, everything else packed; a record too big to be packed is tried as it is.
fn frame_of(first_seq: u64, group: Vec<OutRecord>) -> Option<Frame> {
    if group.len() > 1 || group.first().is_some_and(|r| r.change.len() >= PACK_FROM) {
        let items: Vec<BatchItem> =
            group.iter().map(|r| BatchItem { doc: r.doc, change: r.change.clone() }).collect();
        if let Ok(batch) = Batch::pack(first_seq, &items) {
            return Some(Frame::Batch(batch));
        }
    }
    let [record] = <[OutRecord; 1]>::try_from(group).ok()?;
    Some(Frame::Change { seq: record.seq, doc: record.doc, change: record.change })
}
