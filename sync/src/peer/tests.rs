//! Two peers over a channel that loses, doubles, reorders and is cut, with restarts of either side.

use std::collections::BTreeMap;

use super::*;
use crate::doc::DocKey;
use crate::wire::CloseReason;
use model::id::StoreId;
use model::order::Owner;
use model::quota::{HubGeneration, StoreEpoch};
use model::time::Timestamp;

const DOC: DocKey = DocKey::Orders { hour: 7 };

/// A small generator, so that a seed replays.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % below
    }
}

/// One side with what it keeps on disk, and what it only holds in memory.
struct Node {
    peer: Peer,
    config: PeerConfig,
    log: Vec<Vec<u8>>,
    got: Vec<Vec<u8>>,
    delivered: Vec<(u64, Vec<u8>)>,
    acked: u64,
    whole: Option<Vec<u8>>,
    closed: Option<CloseReason>,
}

fn config(side: Owner) -> PeerConfig {
    PeerConfig {
        side,
        store: StoreId::new("s1").unwrap(),
        epoch: StoreEpoch(1),
        generation: HubGeneration(1),
        boot: 1,
        received: 0,
        sent: 0,
        acked: 0,
        limits: Limits { window_bytes: 2_000, receive_records: 16, ask_records: 8, ..Limits::default() },
    }
}

impl Node {
    fn new(side: Owner) -> Self {
        let config = config(side);
        let peer = Peer::new(config.clone(), Timestamp::from_ms(0));
        Self {
            peer,
            config,
            log: vec![],
            got: vec![],
            delivered: vec![],
            acked: 0,
            whole: None,
            closed: None,
        }
    }

    fn restart(&mut self, now: Timestamp) {
        self.delivered.clear();
        self.config.boot += 1;
        self.config.received = self.got.len() as u64;
        self.config.sent = self.log.len() as u64;
        self.config.acked = self.acked;
        self.peer = Peer::new(self.config.clone(), now);
    }

    fn write(&mut self, now: Timestamp, record: Vec<u8>) {
        self.log.push(record);
        self.peer.handle(now, Input::OutGrew { last_seq: self.log.len() as u64 });
    }

    fn commit(&mut self, now: Timestamp) {
        for (seq, change) in std::mem::take(&mut self.delivered) {
            assert_eq!(seq, self.got.len() as u64 + 1, "in order and once");
            self.got.push(change);
        }
        self.peer.handle(now, Input::Committed { upto: self.got.len() as u64 });
    }

    /// Empties the peer; gives the frames to send.
    fn pump(&mut self, now: Timestamp) -> Vec<Vec<u8>> {
        let mut frames = vec![];
        while let Some(output) = self.peer.poll() {
            match output {
                Output::Send(bytes) => frames.push(bytes),
                Output::Deliver { seq, doc, change } => {
                    assert_eq!(doc, DOC);
                    self.delivered.push((seq, change));
                }
                Output::NeedOut { after, limit } => {
                    let from = after as usize;
                    let upto = self.log.len().min(from + limit as usize);
                    let records = (from..upto)
                        .map(|i| OutRecord { seq: i as u64 + 1, doc: DOC, change: self.log[i].clone() })
                        .collect();
                    self.peer.handle(now, Input::Out(records));
                }
                Output::Acked { upto } => {
                    assert!(upto > self.acked && upto <= self.log.len() as u64);
                    self.acked = upto;
                }
                Output::WantDoc { doc } => {
                    self.peer.handle(now, Input::Whole { doc, bytes: vec![7; 300_000] });
                }
                Output::Whole { bytes, .. } => self.whole = Some(bytes),
                Output::Close { reason } => self.closed = Some(reason),
                Output::PeerHello { .. } | Output::Live | Output::Stale => {}
            }
        }
        frames
    }
}

/// Frames on their way, by arrival time.
#[derive(Default)]
struct Channel(BTreeMap<(i64, u64), (usize, Vec<u8>)>, u64);

impl Channel {
    fn put(&mut self, at: i64, to: usize, frame: Vec<u8>) {
        self.1 += 1;
        self.0.insert((at, self.1), (to, frame));
    }
}

struct World {
    nodes: [Node; 2],
    channel: Channel,
    dice: Dice,
    now: i64,
    loss: u64,
}

impl World {
    fn new(seed: u64, loss: u64) -> Self {
        let nodes = [Node::new(Owner::Store), Node::new(Owner::Hub)];
        Self { nodes, channel: Channel::default(), dice: Dice(seed * 7_919 + 13), now: 0, loss }
    }

    fn time(&self) -> Timestamp {
        Timestamp::from_ms(self.now)
    }

    fn input(&mut self, node: usize, input: Input) {
        let now = self.time();
        self.nodes[node].peer.handle(now, input);
        self.flush(node);
    }

    fn flush(&mut self, node: usize) {
        let now = self.time();
        for frame in self.nodes[node].pump(now) {
            for _ in 0..=u64::from(self.dice.roll(100) < 10) {
                if self.dice.roll(100) >= self.loss {
                    let delay = 1 + self.dice.roll(400) as i64;
                    self.channel.put(self.now + delay, 1 - node, frame.clone());
                }
            }
        }
    }

    fn connect(&mut self) {
        for node in 0..2 {
            self.nodes[node].closed = None;
            self.input(node, Input::Connected { heads: vec![] });
        }
    }

    /// Runs to the next event; false when nothing will ever happen.
    fn step(&mut self) {
        let arrival = self.channel.0.keys().next().map(|k| k.0);
        let timer = |n: &Node| n.peer.next_timeout().map(Timestamp::ms);
        let timers = [timer(&self.nodes[0]), timer(&self.nodes[1])];
        let next = [arrival, timers[0], timers[1]].into_iter().flatten().min().unwrap_or(self.now + 1_000);
        self.now = self.now.max(next);
        if arrival == Some(next)
            && let Some((_, (to, frame))) = self.channel.0.pop_first()
        {
            self.input(to, Input::Frame(frame));
            if self.dice.roll(3) == 0 {
                let now = self.time();
                self.nodes[to].commit(now);
                self.flush(to);
            }
        }
        for node in 0..2 {
            self.input(node, Input::Tick);
            if self.nodes[node].closed.is_some() {
                self.input(node, Input::Disconnected);
                self.connect();
            }
        }
    }

    fn chaos(&mut self) {
        let now = self.time();
        let node = self.dice.roll(2) as usize;
        match self.dice.roll(40) {
            0 => {
                self.input(node, Input::Disconnected);
                self.input(1 - node, Input::Disconnected);
                self.connect();
            }
            1 => {
                self.nodes[node].restart(now);
                self.input(1 - node, Input::Disconnected);
                self.connect();
            }
            2..=9 => {
                let len = 1 + self.dice.roll(700) as usize;
                let fill = self.dice.roll(256) as u8;
                self.nodes[node].write(now, vec![fill; len]);
                self.flush(node);
            }
            _ => {}
        }
    }

    fn settled(&self) -> bool {
        let [a, b] = &self.nodes;
        a.got == b.log && b.got == a.log && a.acked == a.log.len() as u64 && b.acked == b.log.len() as u64
    }

    fn settle(&mut self, steps: usize) {
        for _ in 0..steps {
            if self.settled() {
                return;
            }
            self.step();
            for node in 0..2 {
                let now = self.time();
                self.nodes[node].commit(now);
                self.flush(node);
            }
        }
        panic!(
            "not settled at {}: {:?} {:?} {:?}",
            self.now,
            self.nodes[0].peer,
            self.nodes[1].peer,
            self.nodes.each_ref().map(|n| (n.log.len(), n.got.len(), n.acked))
        );
    }
}

#[test]
fn every_record_arrives_once_and_in_order_through_loss_doubles_cuts_and_restarts() {
    for seed in 1..=60 {
        let mut world = World::new(seed, 30);
        world.connect();
        for _ in 0..600 {
            world.chaos();
            world.step();
        }
        world.settle(20_000);
        assert!(world.nodes[0].log.len() > 20, "seed {seed} did little");
    }
}

#[test]
fn a_quiet_channel_carries_a_backlog_in_batches() {
    let mut world = World::new(5, 0);
    for n in 0..500u32 {
        world.nodes[1].write(Timestamp::from_ms(0), n.to_be_bytes().to_vec());
    }
    world.connect();
    world.settle(2_000);
    assert_eq!(world.nodes[0].got.len(), 500);
}

#[test]
fn the_wrong_store_epoch_generation_or_side_is_closed_with_a_reason() {
    type Case = (fn(&mut PeerConfig), CloseReason);
    let cases: [Case; 4] = [
        (|c| c.store = StoreId::new("s2").unwrap(), CloseReason::WrongStore),
        (|c| c.epoch = StoreEpoch(2), CloseReason::WrongEpoch { mine: 1, theirs: 2 }),
        (|c| c.generation = HubGeneration(9), CloseReason::WrongGeneration { mine: 1, theirs: 9 }),
        (|c| c.side = Owner::Hub, CloseReason::SameSide),
    ];
    for (spoil, reason) in cases {
        let mut store = config(Owner::Store);
        spoil(&mut store);
        let now = Timestamp::from_ms(0);
        let (mut a, mut b) = (Peer::new(store, now), Peer::new(config(Owner::Hub), now));
        a.handle(now, Input::Connected { heads: vec![] });
        b.handle(now, Input::Connected { heads: vec![] });
        let Some(Output::Send(hello)) = a.poll() else { panic!("no hello") };
        b.handle(now, Input::Frame(hello));
        let outputs: Vec<Output> = std::iter::from_fn(|| b.poll()).collect();
        assert!(outputs.contains(&Output::Close { reason }), "{outputs:?}");
        assert!(!outputs.contains(&Output::Live));
    }
}

#[test]
fn a_side_that_forgot_acknowledged_records_is_found_out_by_both() {
    let mut world = World::new(3, 0);
    world.connect();
    for n in 0..5u8 {
        world.nodes[0].write(Timestamp::from_ms(0), vec![n]);
    }
    world.settle(1_000);
    let now = world.time();
    world.nodes[0].log.truncate(2);
    world.nodes[0].acked = 2;
    world.nodes[0].restart(now);
    world.input(1, Input::Disconnected);
    world.connect();
    let reasons: Vec<CloseReason> = (0..40)
        .filter_map(|_| {
            let arrival = world.channel.0.pop_first();
            let ((at, _), (to, frame)) = arrival?;
            world.now = world.now.max(at);
            world.input(to, Input::Frame(frame));
            world.nodes[to].closed
        })
        .collect();
    assert!(
        reasons.iter().any(|r| matches!(
            r,
            CloseReason::WeRolledBack { mine: 2, theirs: 5 }
                | CloseReason::TheyRolledBack { mine: 5, theirs: 2 }
        )),
        "{reasons:?}"
    );
}

#[test]
fn silence_turns_stale_and_then_closes() {
    let mut world = World::new(9, 0);
    world.connect();
    world.nodes[0].write(Timestamp::from_ms(0), vec![1]);
    world.settle(200);
    world.channel.0.clear();
    let limits = Limits::default();
    let peer = &mut world.nodes[0].peer;
    let heard = peer.heard_at();
    peer.handle(heard.plus_ms(limits.stale_ms as i64), Input::Tick);
    assert!(!peer.is_live());
    peer.handle(heard.plus_ms(limits.dead_ms as i64), Input::Tick);
    let outputs: Vec<Output> = std::iter::from_fn(|| peer.poll()).collect();
    assert!(outputs.contains(&Output::Close { reason: CloseReason::Silent { ms: limits.dead_ms } }));
    assert_eq!(outputs.iter().filter(|o| **o == Output::Stale).count(), 2, "{outputs:?}");
}

#[test]
fn a_whole_document_comes_in_parts_through_loss() {
    let mut world = World::new(11, 30);
    world.connect();
    world.input(0, Input::Want { doc: DOC });
    for _ in 0..4_000 {
        if world.nodes[0].whole.is_some() {
            break;
        }
        world.step();
    }
    assert_eq!(world.nodes[0].whole.as_deref(), Some(vec![7u8; 300_000].as_slice()));
}
