//! Two peers over a channel that loses, doubles, reorders and is cut, with restarts of either side.

use std::collections::BTreeMap;

use super::*;
use crate::doc::DocKey;
use crate::lane::{LANES, Lane, LaneState, LaneStates};
use crate::pledge::PledgeKey;
use crate::wire::{self, CloseReason, Frame, Hello, REPAIR_SINCE, VERSION};
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
    log: [Vec<Vec<u8>>; LANES],
    /// What will not be sent in a lane, by number of records.
    skipped: [usize; LANES],
    got: [BTreeMap<u64, Vec<u8>>; LANES],
    delivered: Vec<(Lane, u64, Vec<u8>)>,
    acked: [u64; LANES],
    whole: Option<Vec<u8>>,
    repairs: u32,
    quiets: u32,
    manifest: Vec<crate::wire::Closed>,
    manifests: u32,
    closed: Option<CloseReason>,
    version: u8,
    refused: Vec<crate::wire::WireError>,
}

fn config(side: Owner) -> PeerConfig {
    PeerConfig {
        side,
        store: StoreId::new("s1").unwrap(),
        epoch: StoreEpoch(1),
        generation: HubGeneration(1),
        boot: 1,
        lanes: LaneStates::default(),
        newest: PeerConfig::NEWEST,
        pledges: None,
        limits: Limits { window_bytes: 2_000, receive_records: 16, ask_records: 8, ..Limits::default() },
    }
}

impl Node {
    fn new(side: Owner) -> Self {
        Self::with(config(side))
    }

    fn with(config: PeerConfig) -> Self {
        let peer = Peer::new(config.clone(), Timestamp::from_ms(0));
        Self {
            peer,
            config,
            log: Default::default(),
            skipped: [0; LANES],
            got: Default::default(),
            delivered: vec![],
            acked: [0; LANES],
            whole: None,
            repairs: 0,
            quiets: 0,
            manifest: vec![],
            manifests: 0,
            closed: None,
            version: 0,
            refused: vec![],
        }
    }

    fn states(&self) -> LaneStates {
        Lane::ALL.map(|lane| {
            let at = lane.index();
            LaneState {
                received: self.got[at].keys().next_back().copied().unwrap_or(0),
                sent: self.log[at].len() as u64,
                acked: self.acked[at],
                skipped: self.skipped[at] as u64,
            }
        })
    }

    fn restart(&mut self, now: Timestamp) {
        self.delivered.clear();
        self.config.boot += 1;
        self.config.lanes = self.states();
        self.peer = Peer::new(self.config.clone(), now);
    }

    fn write(&mut self, now: Timestamp, lane: Lane, record: Vec<u8>) {
        let log = &mut self.log[lane.index()];
        log.push(record);
        let last_seq = log.len() as u64;
        self.peer.handle(now, Input::OutGrew { lane, last_seq });
    }

    /// What the store does while it has no link: what waits in a lane goes to the last one.
    fn age(&mut self, now: Timestamp, lane: Lane) {
        let at = lane.index();
        let from = (self.acked[at] as usize).max(self.skipped[at]);
        let moved: Vec<_> = self.log[at][from..].to_vec();
        self.skipped[at] = self.log[at].len();
        self.log[Lane::Backfill.index()].extend(moved);
        self.peer.handle(now, Input::Lanes(self.states()));
    }

    fn commit(&mut self, now: Timestamp) {
        for (lane, seq, change) in std::mem::take(&mut self.delivered) {
            let got = &mut self.got[lane.index()];
            assert!(got.keys().next_back().is_none_or(|last| seq > *last), "in order and once");
            got.insert(seq, change);
            self.peer.handle(now, Input::Committed { lane, upto: seq });
        }
    }

    /// Empties the peer; gives the frames to send.
    fn pump(&mut self, now: Timestamp) -> Vec<Vec<u8>> {
        let mut frames = vec![];
        while let Some(output) = self.peer.poll() {
            match output {
                Output::Send(bytes) => frames.push(bytes),
                Output::Deliver { lane, seq, doc, change, .. } => {
                    assert_eq!(doc, DOC);
                    self.delivered.push((lane, seq, change));
                }
                Output::NeedOut { lane, after, limit } => {
                    let (from, log) = (after as usize, &self.log[lane.index()]);
                    let upto = log.len().min(from + limit as usize);
                    let records = (from..upto)
                        .map(|i| OutRecord { seq: i as u64 + 1, doc: DOC, change: log[i].clone() })
                        .collect();
                    self.peer.handle(now, Input::Out { lane, records });
                }
                Output::Acked { lane, upto, pledge } => {
                    let at = lane.index();
                    assert!(upto > self.acked[at] || pledge.is_some());
                    assert!(upto <= self.log[at].len() as u64);
                    self.acked[at] = self.acked[at].max(upto);
                }
                Output::OneLane => {
                    for lane in &Lane::ALL[1..] {
                        let at = lane.index();
                        let from = (self.acked[at] as usize).max(self.skipped[at]);
                        let moved: Vec<_> = self.log[at][from..].to_vec();
                        self.skipped[at] = self.log[at].len();
                        self.log[0].extend(moved);
                    }
                    self.peer.handle(now, Input::Lanes(self.states()));
                }
                Output::WantDoc { doc } => {
                    self.peer.handle(now, Input::Whole { doc, bytes: vec![7; 300_000] });
                }
                Output::Whole { bytes, .. } => self.whole = Some(bytes),
                Output::Manifest(entries) => {
                    self.manifest = entries;
                    self.manifests += 1;
                }
                Output::Close { reason } => self.closed = Some(reason),
                Output::PeerHello { version, .. } => self.version = version,
                Output::Refused { why, .. } => self.refused.push(why),
                // Nobody answers: there are no documents here (`tests/repair.rs` has some).
                Output::Repair { .. } => self.repairs += 1,
                Output::Quiet => self.quiets += 1,
                Output::Live | Output::Stale => {}
            }
        }
        frames
    }

    /// What the other side must have in the end, and may have: numbers that were not skipped.
    fn has_all_of(&self, other: &Node) -> bool {
        (0..LANES).all(|at| {
            (other.skipped[at]..other.log[at].len())
                .all(|i| self.got[at].get(&(i as u64 + 1)) == Some(&other.log[at][i]))
        })
    }

    fn is_acked(&self) -> bool {
        (0..LANES).all(|at| self.acked[at].max(self.skipped[at] as u64) == self.log[at].len() as u64)
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
            self.input(node, Input::Connected(Opening::default()));
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
                if self.nodes[node].config.newest > 1 && self.nodes[1 - node].config.newest > 1 {
                    let lane = [Lane::States, Lane::Stock][self.dice.roll(2) as usize];
                    self.nodes[node].age(now, lane);
                }
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
                let new = self.nodes[node].config.newest > 1;
                let lane = if new { Lane::ALL[self.dice.roll(5) as usize] } else { Lane::Orders };
                self.nodes[node].write(now, lane, vec![fill; len]);
                self.flush(node);
            }
            _ => {}
        }
    }

    fn settled(&self) -> bool {
        let [a, b] = &self.nodes;
        a.has_all_of(b) && b.has_all_of(a) && a.is_acked() && b.is_acked()
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
            self.nodes.each_ref().map(|n| (n.log.each_ref().map(Vec::len), n.skipped, n.acked))
        );
    }
}

#[test]
fn every_record_arrives_once_and_in_order_through_loss_doubles_cuts_restarts_and_ageing() {
    for seed in 1..=60 {
        let mut world = World::new(seed, 30);
        world.connect();
        for _ in 0..600 {
            world.chaos();
            world.step();
        }
        world.settle(30_000);
        let written: usize = world.nodes.iter().flat_map(|n| &n.log).map(Vec::len).sum();
        assert!(written > 20, "seed {seed} did little");
    }
}

#[test]
fn a_peer_that_knows_one_lane_gets_everything_in_it_from_either_side() {
    for seed in 1..=30 {
        let mut world = World::new(seed, 30);
        let old = (seed % 2) as usize;
        let side = [Owner::Store, Owner::Hub][old];
        world.nodes[old] = Node::with(PeerConfig { newest: 1, ..config(side) });
        world.connect();
        for _ in 0..600 {
            world.chaos();
            world.step();
        }
        world.settle(30_000);
        assert!(world.nodes[old].got[1..].iter().all(BTreeMap::is_empty), "seed {seed}");
        assert!(!world.nodes[old].got[0].is_empty(), "seed {seed} did little");
        assert_eq!(world.nodes[1 - old].version, 1);
    }
}

#[test]
fn a_quiet_channel_carries_a_backlog_in_batches() {
    let mut world = World::new(5, 0);
    for n in 0..500u32 {
        world.nodes[1].write(Timestamp::from_ms(0), Lane::Orders, n.to_be_bytes().to_vec());
    }
    world.connect();
    world.settle(2_000);
    assert_eq!(world.nodes[0].got[0].len(), 500);
}

#[test]
fn a_session_that_opens_behind_compares_once_when_nothing_moves() {
    for newest in [VERSION, REPAIR_SINCE - 1] {
        let mut world = World::new(5, 0);
        for node in &mut world.nodes {
            node.config.newest = newest;
            node.peer = Peer::new(node.config.clone(), Timestamp::from_ms(0));
        }
        let quiets = |world: &World| world.nodes.each_ref().map(|node| node.quiets);
        let idle = |world: &mut World| {
            let until = world.now + 60_000;
            while world.now < until {
                world.step();
            }
        };
        for n in 0..50u32 {
            world.nodes[1].write(Timestamp::from_ms(0), Lane::Orders, n.to_be_bytes().to_vec());
        }
        world.connect();
        world.settle(2_000);
        idle(&mut world);
        let once = u32::from(newest >= REPAIR_SINCE);
        assert_eq!(quiets(&world), [once; 2], "version {newest}");
        // The next one opens level and compares by its heads.
        (0..2).for_each(|node| world.input(node, Input::Disconnected));
        world.connect();
        idle(&mut world);
        assert_eq!(quiets(&world), [once; 2], "version {newest}");
    }
}

#[test]
fn what_somebody_waits_for_overtakes_a_backlog_of_days() {
    let mut world = World::new(5, 0);
    for node in &mut world.nodes {
        node.config.limits = Limits::default();
        node.peer = Peer::new(node.config.clone(), Timestamp::from_ms(0));
    }
    for n in 0..4_000u32 {
        world.nodes[0].write(Timestamp::from_ms(0), Lane::Backfill, n.to_be_bytes().repeat(40));
    }
    world.connect();
    let mut before = usize::MAX;
    for _ in 0..100_000 {
        world.step();
        let now = world.time();
        world.nodes.iter_mut().for_each(|node| node.commit(now));
        (0..2).for_each(|node| world.flush(node));
        let old = world.nodes[1].got[Lane::Backfill.index()].len();
        if before == usize::MAX && old > 200 {
            world.nodes[0].write(now, Lane::States, vec![1]);
            world.flush(0);
            before = old;
        }
        if !world.nodes[1].got[Lane::States.index()].is_empty() {
            let window = Limits::default().backfill_window / 160;
            assert!(
                old - before <= window + 80,
                "{old} old records before the new one, {before} at its birth"
            );
            return world.settle(100_000);
        }
    }
    panic!("the new record never came");
}

#[test]
fn closed_documents_are_told_once_a_connection() {
    let mut world = World::new(5, 0);
    let entries = vec![crate::doc::ManifestEntry { doc: DOC, sha256: [9; 32], length: 77 }];
    let opening = Opening { heads: vec![], manifest: entries.clone() };
    world.input(0, Input::Connected(opening));
    world.input(1, Input::Connected(Opening::default()));
    (0..40).for_each(|_| world.step());
    assert_eq!(world.nodes[1].manifest, entries);
    assert_eq!(world.nodes[0].manifests, 1, "one that is empty is told as well");
    assert!(world.nodes[0].manifest.is_empty());
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
        a.handle(now, Input::Connected(Opening::default()));
        b.handle(now, Input::Connected(Opening::default()));
        let Some(Output::Send(hello)) = a.poll() else { panic!("no hello") };
        b.handle(now, Input::Frame(hello));
        let outputs: Vec<Output> = std::iter::from_fn(|| b.poll()).collect();
        assert!(outputs.contains(&Output::Close { reason }), "{outputs:?}");
        assert!(!outputs.contains(&Output::Live));
        // The other side hears of it in its own words: what is "mine" there is "theirs" here.
        for output in outputs {
            if let Output::Send(frame) = output
                && matches!(wire::decode(&frame), Ok(Frame::Bye { .. }))
            {
                a.handle(now, Input::Frame(frame));
            }
        }
        let outputs: Vec<Output> = std::iter::from_fn(|| a.poll()).collect();
        assert!(outputs.contains(&Output::Close { reason: reason.mirrored() }), "{outputs:?}");
        assert_eq!(reason.mirrored().mirrored(), reason);
    }
}

#[test]
fn a_peer_of_new_terms_numbers_its_connections_on_and_forgets_the_logs() {
    let now = Timestamp::from_ms(0);
    let mut old = config(Owner::Store);
    old.lanes[0].sent = 9;
    let mut peer = Peer::new(old, now);
    peer.handle(now, Input::Connected(Opening::default()));
    let hello = |peer: &mut Peer| -> Hello {
        let Some(Output::Send(frame)) = peer.poll() else { panic!("no hello") };
        let Ok(Frame::Hello(hello)) = wire::decode(&frame) else { panic!("no hello") };
        hello
    };
    let first = hello(&mut peer);
    let new = PeerConfig { epoch: StoreEpoch(2), ..config(Owner::Store) };
    let mut peer = peer.renewed(new, now);
    assert_eq!(peer.terms(), (StoreEpoch(2), HubGeneration(1)));
    peer.handle(now, Input::Connected(Opening::default()));
    let second = hello(&mut peer);
    assert!(second.connection > first.connection);
    assert_eq!((first.lanes[0].sent, second.lanes[0].sent), (9, 0));
}

#[test]
fn a_side_that_forgot_acknowledged_records_is_found_out_by_both() {
    let mut world = World::new(3, 0);
    world.connect();
    for n in 0..5u8 {
        world.nodes[0].write(Timestamp::from_ms(0), Lane::States, vec![n]);
    }
    world.settle(1_000);
    let now = world.time();
    world.nodes[0].log[1].truncate(2);
    world.nodes[0].acked[1] = 2;
    world.nodes[0].restart(now);
    world.input(1, Input::Disconnected);
    world.connect();
    let reasons: Vec<(usize, CloseReason)> = (0..40)
        .filter_map(|_| {
            let arrival = world.channel.0.pop_first();
            let ((at, _), (to, frame)) = arrival?;
            world.now = world.now.max(at);
            world.input(to, Input::Frame(frame));
            world.nodes[to].closed.map(|reason| (to, reason))
        })
        .collect();
    // Whichever of the two says it first: each knows which side it is about.
    for (side, reason) in [
        (0, CloseReason::WeRolledBack { mine: 2, theirs: 5 }),
        (1, CloseReason::TheyRolledBack { mine: 5, theirs: 2 }),
    ] {
        assert!(reasons.contains(&(side, reason)), "{reasons:?}");
        assert!(reasons.iter().all(|(to, said)| *to != side || *said == reason), "{reasons:?}");
    }
}

/// A hub says what it has again whenever its store dials. What the store skips is no part of that: the hub would have
/// forgotten it when it dies, and would be found set back though it lost nothing.
#[test]
fn what_the_other_side_skips_is_never_claimed() {
    let mut world = World::new(5, 0);
    let pledges = Some(PledgeKey::new([9; 32]));
    world.nodes[1] = Node::with(PeerConfig { pledges, ..config(Owner::Hub) });
    world.connect();
    let now = world.time();
    world.nodes[0].write(now, Lane::States, vec![1]);
    world.settle(1_000);
    for node in 0..2 {
        world.input(node, Input::Disconnected);
    }
    let now = world.time();
    for n in 2..5_u8 {
        world.nodes[0].write(now, Lane::States, vec![n]);
    }
    world.nodes[0].age(now, Lane::States);
    world.connect();
    world.settle(1_000);
    assert_eq!(world.nodes[0].acked[Lane::States.index()], 1, "the others came in another lane");
    let now = world.time();
    world.nodes[1].restart(now);
    world.input(0, Input::Disconnected);
    world.connect();
    world.nodes[0].write(now, Lane::Orders, vec![6]);
    world.settle(1_000);
}

#[test]
fn silence_turns_stale_and_then_closes() {
    let mut world = World::new(9, 0);
    world.connect();
    world.nodes[0].write(Timestamp::from_ms(0), Lane::Orders, vec![1]);
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

#[test]
fn what_is_no_frame_is_named_and_too_much_of_it_ends_the_connection() {
    let mut world = World::new(3, 0);
    world.connect();
    (0..20).for_each(|_| world.step());
    let now = world.time();
    for n in 0..15 {
        world.nodes[0].peer.handle(now, Input::Frame(vec![2, 1, n]));
        let _ = world.nodes[0].pump(now);
    }
    assert_eq!((world.nodes[0].refused.len(), world.nodes[0].closed), (15, None));
    world.nodes[0].peer.handle(now, Input::Frame(vec![]));
    let _ = world.nodes[0].pump(now);
    assert_eq!(world.nodes[0].refused[15], crate::wire::WireError::Empty);
    assert_eq!(world.nodes[0].closed, Some(CloseReason::Refused { count: 16 }));
}
