//! Documents that differ at both sides of a session and are repaired by automerge's protocol: what that costs beside the whole
//! document, through loss and disorder, what a forged change does to it, how it stands behind orders, and who is too old for it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail the test")]

use model::id::{OrderId, SkuId, StoreId};
use model::money::Paise;
use model::order::{Channel, Moment, Owner};
use model::order_doc::{HeadLine, OrderHead, SubstitutePreset};
use model::qty::Qty;
use model::quota::{HubGeneration, StoreEpoch};
use model::time::{HOUR_MS, Timestamp};
use std::collections::VecDeque;
use sync::doc::{DocActor, DocError, DocKey, Document, MAX_MESSAGE, RepairMessage, RepairSaid, Repairing};
use sync::lane::{Lane, LaneStates};
use sync::peer::{Input, Limits, Opening, OutRecord, Output, Peer, PeerConfig};
use sync::wire::{self, Frame, MAX_FRAME};

const HOUR: i64 = 495_312;
const DOC: DocKey = DocKey::Orders { hour: HOUR };
const OTHER: DocKey = DocKey::Orders { hour: HOUR - 1 };

fn store() -> StoreId {
    StoreId::new("s1").unwrap()
}

fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(HOUR * HOUR_MS + ms)
}

fn order(n: u64) -> OrderId {
    OrderId::new(at(n as i64 * 3_000), u128::from(n) * 0x9e37_79b9_7f4a_7c15)
}

fn open(side: Owner, boot: u32) -> Document {
    Document::new(DOC.of(&store()), &DocActor { side, store: store(), boot }).unwrap()
}

fn head(n: u64) -> OrderHead {
    let line = |n: u64| HeadLine {
        sku: SkuId::new(format!("MLK-{n:04}")).unwrap(),
        qty: Qty::new(1 + n as i64 % 3).unwrap(),
        unit_price: Paise::new(4_950 + n as i64 * 50),
    };
    OrderHead {
        number: format!("4K{n}"),
        channel: Channel::Online,
        promise_at: at(900_000),
        first_name: "आशा".into(),
        cod: Paise::new(0),
        preset: SubstitutePreset::BestMatch,
        lines: (0..3).map(|i| line(n * 7 % 300 + i)).collect(),
    }
}

/// Everything that both sides say in an hour of `orders` orders, in the order in which it is said.
fn busy_hour(orders: u64) -> Vec<(Owner, Vec<u8>)> {
    let mut sides = [open(Owner::Hub, 1), open(Owner::Store, 1)];
    let mut said = Vec::new();
    let mut say = |by: Owner, write: &dyn Fn(&mut Document)| {
        let [hub, node] = &mut sides;
        let (mine, other) = if by == Owner::Hub { (hub, node) } else { (node, hub) };
        write(mine);
        let change = mine.commit().unwrap().unwrap();
        other.apply_change(&change).unwrap();
        said.push((by, change));
    };
    for n in 0..orders {
        let moment = |moment, ms: i64| {
            move |doc: &mut Document| {
                doc.put_moment(&order(n), moment, at(n as i64 * 3_000 + ms)).unwrap();
            }
        };
        say(Owner::Hub, &|doc| {
            doc.put_order(&order(n), &head(n)).unwrap();
            doc.put_moment(&order(n), Moment::Placed, at(n as i64 * 3_000)).unwrap();
            doc.put_moment(&order(n), Moment::Confirmed, at(n as i64 * 3_000 + 900)).unwrap();
            if let Some(before) = n.checked_sub(1) {
                doc.put_moment(&order(before), Moment::Delivered, at(n as i64 * 3_000 + 600_000)).unwrap();
            }
        });
        say(Owner::Store, &moment(Moment::Accepted, 1_400));
        say(Owner::Store, &moment(Moment::Picking, 60_000));
        say(Owner::Store, &moment(Moment::Packed, 200_000));
        say(Owner::Store, &moment(Moment::Dispatched, 260_000));
    }
    said
}

/// A document that has heard all of it but what `lost` says.
fn after(side: Owner, said: &[(Owner, Vec<u8>)], lost: impl Fn(usize) -> bool) -> Document {
    let chunks: Vec<&[u8]> = said
        .iter()
        .enumerate()
        .filter(|(i, _)| !lost(*i))
        .map(|(_, (_, change))| change.as_slice())
        .collect();
    Document::load(DOC.of(&store()), &DocActor { side, store: store(), boot: 9 }, &chunks.concat()).unwrap()
}

/// What a store says at its counter, all of it by itself.
fn counter(orders: u64) -> Document {
    let mut node = open(Owner::Store, 1);
    for n in 0..orders {
        let head = OrderHead { channel: Channel::Counter, ..head(n) };
        node.put_order(&order(n), &head).unwrap();
        node.put_moment(&order(n), Moment::Placed, at(n as i64 * 3_000)).unwrap();
        node.commit().unwrap().unwrap();
    }
    node
}

/// One end of a session with its copy of the document and a log in its first lane.
struct Side {
    peer: Peer,
    owner: Owner,
    doc: Document,
    log: Vec<Vec<u8>>,
    got: u64,
    aside: Vec<DocError>,
    wholes: u32,
    closed: bool,
}

impl Side {
    fn new(owner: Owner, doc: Document, newest: u8) -> Self {
        let config = PeerConfig {
            side: owner,
            store: store(),
            epoch: StoreEpoch(1),
            generation: HubGeneration(1),
            boot: 3,
            lanes: LaneStates::default(),
            newest,
            pledges: None,
            limits: Limits::default(),
        };
        let peer = Peer::new(config, at(0));
        Self { peer, owner, doc, log: vec![], got: 0, aside: vec![], wholes: 0, closed: false }
    }

    fn sender(&self) -> Owner {
        if self.owner == Owner::Hub { Owner::Store } else { Owner::Hub }
    }

    /// As the engines do it: each change by itself, what cannot be used is put aside, the rest goes on.
    fn repair(&mut self, so_far: &mut Repairing, message: Option<Vec<u8>>) -> sync::doc::RepairAnswer {
        let came = message.map(|bytes| RepairMessage::read(&bytes).unwrap());
        for change in came.iter().flat_map(|came| &came.changes) {
            self.aside.extend(self.doc.apply_from(self.sender(), change).err());
        }
        self.doc.repair(so_far, came).unwrap()
    }

    /// Empties the peer; gives what it sends.
    fn pump(&mut self, now: Timestamp) -> Vec<Vec<u8>> {
        let mut frames = vec![];
        while let Some(output) = self.peer.poll() {
            match output {
                Output::Send(bytes) => frames.push(bytes),
                Output::Repair { doc, mut so_far, message } => {
                    let answer = self.repair(&mut so_far, message);
                    self.peer.handle(now, Input::Repaired { doc, so_far, answer });
                }
                Output::WantDoc { doc } => {
                    let bytes = self.doc.save_full().unwrap();
                    self.peer.handle(now, Input::Whole { doc, bytes });
                }
                Output::Whole { bytes, .. } => {
                    self.wholes += 1;
                    self.aside.extend(self.doc.apply_from(self.sender(), &bytes).err());
                }
                Output::Deliver { lane, seq, .. } => {
                    self.got += 1;
                    self.peer.handle(now, Input::Committed { lane, upto: seq });
                }
                Output::NeedOut { lane, after, .. } => {
                    let rest = self.log.iter().zip(1u64..).skip(after as usize);
                    let record = |(change, seq): (&Vec<u8>, u64)| OutRecord {
                        seq,
                        doc: OTHER,
                        change: change.clone(),
                    };
                    let records = rest.map(record).collect();
                    self.peer.handle(now, Input::Out { lane, records });
                }
                Output::Refused { why, .. } => panic!("{why}"),
                Output::Close { .. } => self.closed = true,
                Output::Acked { .. }
                | Output::PeerHello { .. }
                | Output::Quiet
                | Output::Manifest(_)
                | Output::OneLane
                | Output::Live
                | Output::Stale => {}
            }
        }
        frames
    }
}

/// What went over the line, by direction: what stood in repairs, and in everything.
#[derive(Debug, Default, Clone, Copy)]
struct Bytes {
    repair: usize,
    largest: usize,
}

/// Two sides and a line between them that carries so many bytes a second each way, or loses, doubles and disorders.
struct Talk {
    sides: [Side; 2],
    line: [VecDeque<(i64, Vec<u8>)>; 2],
    free_at: [i64; 2],
    now: i64,
    per_s: usize,
    dice: u64,
    loss: u64,
    bytes: Bytes,
}

impl Talk {
    fn new(sides: [Side; 2]) -> Self {
        let line = Default::default();
        let mut talk = Self {
            sides,
            line,
            free_at: [0; 2],
            now: 0,
            per_s: 125_000,
            dice: 77,
            loss: 0,
            bytes: Bytes::default(),
        };
        for side in 0..2 {
            talk.input(side, Input::Connected(Opening::default()));
        }
        talk.run(|talk| talk.sides.iter().all(|side| side.peer.is_live()) && talk.is_quiet());
        talk
    }

    fn roll(&mut self, below: u64) -> u64 {
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        (self.dice >> 11) % below
    }

    fn input(&mut self, side: usize, input: Input) {
        let now = at(self.now);
        self.sides[side].peer.handle(now, input);
        for frame in self.sides[side].pump(now) {
            let read = wire::decode(&frame).unwrap();
            if matches!(read, Frame::Repair { .. } | Frame::Want { .. } | Frame::Whole { .. }) {
                self.bytes.repair += frame.len();
                self.bytes.largest = self.bytes.largest.max(frame.len());
            }
            assert!(frame.len() <= MAX_FRAME);
            if self.loss > 0 {
                for _ in 0..=u64::from(self.roll(100) < 10) {
                    if self.roll(100) >= self.loss {
                        let arrives = self.now + 1 + self.roll(400) as i64;
                        let line = &mut self.line[1 - side];
                        let place = line.partition_point(|(at, _)| *at <= arrives);
                        line.insert(place, (arrives, frame.clone()));
                    }
                }
                continue;
            }
            let takes = (frame.len() * 1_000).div_ceil(self.per_s) as i64;
            self.free_at[side] = self.free_at[side].max(self.now) + takes;
            self.line[1 - side].push_back((self.free_at[side] + 20, frame));
        }
    }

    fn is_quiet(&self) -> bool {
        self.line.iter().all(VecDeque::is_empty)
    }

    fn step(&mut self) {
        self.now = self.now.max(self.next_at().unwrap_or(self.now + 1_000));
        for side in 0..2 {
            if self.line[side].front().is_some_and(|(at, _)| *at <= self.now) {
                let (_, frame) = self.line[side].pop_front().unwrap();
                self.input(side, Input::Frame(frame));
            }
            self.input(side, Input::Tick);
        }
        if self.sides.iter().any(|side| side.closed) {
            self.connect_anew();
        }
    }

    /// Both ends lose the connection and make another one, on which they find out again whether they differ.
    fn connect_anew(&mut self) {
        self.line.iter_mut().for_each(VecDeque::clear);
        self.sides.iter_mut().for_each(|side| side.closed = false);
        (0..2).for_each(|side| self.input(side, Input::Disconnected));
        (0..2).for_each(|side| self.input(side, Input::Connected(Opening::default())));
        (0..2).for_each(|side| self.input(side, Input::Want { doc: DOC }));
    }

    /// Lets time pass.
    fn wait(&mut self, ms: i64) {
        let then = self.now + ms;
        while self.next_at().is_some_and(|next| next <= then) {
            self.step();
        }
        self.now = then;
    }

    /// When something happens next.
    fn next_at(&self) -> Option<i64> {
        let arrival = |line: &VecDeque<(i64, Vec<u8>)>| line.front().map(|(at, _)| *at);
        let timer = |side: &Side| side.peer.next_timeout().map(|due| due.since_ms(at(0)));
        self.line.iter().filter_map(arrival).chain(self.sides.iter().filter_map(timer)).min()
    }

    fn run(&mut self, done: impl Fn(&Self) -> bool) {
        for _ in 0..100_000 {
            if done(self) {
                return;
            }
            self.step();
        }
        panic!("not done at {}: {:?}", self.now, self.sides.each_ref().map(|side| &side.peer));
    }

    fn is_level(&self) -> bool {
        self.sides[0].doc.heads() == self.sides[1].doc.heads()
    }

    fn wholes(&self) -> u32 {
        self.sides.iter().map(|side| side.wholes).sum()
    }
}

fn hub(doc: Document) -> Side {
    Side::new(Owner::Hub, doc, wire::VERSION)
}

fn node(doc: Document) -> Side {
    Side::new(Owner::Store, doc, wire::VERSION)
}

#[test]
fn one_lost_change_of_a_busy_hour_costs_a_fraction_of_the_whole_document() {
    let said = busy_hour(250);
    let mut figures = Vec::new();
    for (name, lost) in [("late", said.len() - 3), ("in the middle", said.len() / 2), ("early", 10)] {
        // The hub has lost what the store said: everything later of the store's waits for it there.
        let lost = (lost..).find(|i| said[*i].0 == Owner::Store).unwrap();
        let mut talk = Talk::new([
            hub(after(Owner::Hub, &said, |i| i == lost)),
            node(after(Owner::Store, &said, |_| false)),
        ]);
        assert!(!talk.is_level());
        let whole = talk.sides[1].doc.save_full().unwrap().len();
        talk.input(0, Input::Want { doc: DOC });
        talk.run(|talk| talk.is_level() && talk.is_quiet());
        assert_eq!((talk.wholes(), talk.sides[0].doc.waiting()), (0, 0), "{name}");
        figures.push((name, talk.bytes.repair, whole));
    }
    for (name, repair, whole) in figures {
        println!("{} changes, one lost {name}: {repair} bytes, the whole document {whole}", said.len());
        assert!(repair * 4 < whole, "one lost {name}: {repair} bytes, the whole document {whole}");
    }
}

#[test]
fn both_sides_lack_something_and_one_conversation_mends_both() {
    let said = busy_hour(80);
    let lost = |by: Owner, nth: usize| said.iter().enumerate().filter(|(_, s)| s.0 == by).nth(nth).unwrap().0;
    let (mine, theirs) = (lost(Owner::Store, 40), lost(Owner::Hub, 60));
    let mut talk = Talk::new([
        hub(after(Owner::Hub, &said, |i| i == mine)),
        node(after(Owner::Store, &said, |i| i == theirs)),
    ]);
    for side in 0..2 {
        talk.input(side, Input::Want { doc: DOC });
    }
    talk.run(|talk| talk.is_level() && talk.is_quiet());
    assert_eq!(talk.wholes(), 0);
    assert_eq!(talk.sides[0].doc.heads(), after(Owner::Hub, &said, |_| false).heads());
}

#[test]
fn a_repair_ends_through_loss_doubles_and_disorder() {
    let said = busy_hour(25);
    for seed in 1..20 {
        let gone = |i: usize| i as u64 % 17 == seed % 17;
        let mut talk = Talk::new([
            hub(after(Owner::Hub, &said, |i| said[i].0 == Owner::Store && gone(i))),
            node(after(Owner::Store, &said, |i| said[i].0 == Owner::Hub && gone(i + 5))),
        ]);
        (talk.loss, talk.dice) = (20, seed * 7_919);
        talk.input(0, Input::Want { doc: DOC });
        talk.input(1, Input::Want { doc: DOC });
        for _ in 0..20 {
            talk.wait(40_000);
            if talk.is_level() {
                break;
            }
            talk.connect_anew();
        }
        let waiting = talk.sides.each_ref().map(|side| side.doc.waiting());
        let aside = talk.sides.each_ref().map(|side| side.aside.clone());
        assert!(talk.is_level(), "seed {seed}: {waiting:?} {aside:?}, {}", talk.wholes());
        assert!(talk.sides.iter().all(|side| side.aside.is_empty()), "seed {seed}");
    }
}

#[test]
fn a_forged_change_in_a_repair_is_put_aside_by_name_and_the_rest_is_taken() {
    let said = busy_hour(20);
    let lost = said.len() - 1;
    // A store that writes as the hub: it has the hub's actor, and everything else is right.
    let mut forger = after(Owner::Store, &said, |_| false);
    let mut as_hub = open(Owner::Hub, 77);
    as_hub.apply_whole(&forger.save_full().unwrap()).unwrap();
    as_hub.put_moment(&order(3), Moment::Completed, at(9_000)).unwrap();
    forger.apply_change(&as_hub.commit().unwrap().unwrap()).unwrap();
    let mut talk = Talk::new([hub(after(Owner::Hub, &said, |i| i == lost)), node(forger)]);
    talk.input(0, Input::Want { doc: DOC });
    let whole = after(Owner::Hub, &said, |_| false).heads();
    talk.run(|talk| talk.sides[0].doc.heads() == whole && talk.is_quiet());
    let aside = &talk.sides[0].aside;
    assert!(!aside.is_empty() && aside.iter().all(|e| matches!(e, DocError::Stranger { .. })), "{aside:?}");
    let rounds = aside.len();
    talk.wait(120_000);
    assert!(talk.sides[0].aside.len() < rounds + 10, "it is not asked for without end");
    assert_eq!(talk.sides[0].doc.heads(), whole);
}

#[test]
fn an_older_side_is_given_the_whole_document_and_asked_for_it() {
    let said = busy_hour(60);
    let lost = said.len() - 1;
    for old in 1..wire::REPAIR_SINCE {
        for (of_hub, of_store) in [(old, wire::VERSION), (wire::VERSION, old)] {
            let mut talk = Talk::new([
                Side::new(Owner::Hub, after(Owner::Hub, &said, |i| i == lost), of_hub),
                Side::new(Owner::Store, after(Owner::Store, &said, |_| false), of_store),
            ]);
            talk.input(0, Input::Want { doc: DOC });
            talk.run(|talk| talk.is_level() && talk.is_quiet());
            assert_eq!(talk.wholes(), 1, "{of_hub} and {of_store}");
        }
    }
}

#[test]
fn what_no_message_can_hold_goes_as_a_whole_document() {
    let node_doc = counter(700);
    let mut talk = Talk::new([hub(open(Owner::Hub, 9)), node(node_doc)]);
    talk.input(0, Input::Want { doc: DOC });
    talk.run(|talk| talk.is_level());
    assert_eq!(talk.wholes(), 1);
    assert!(talk.bytes.largest <= 17 * 1024, "in parts: {:?}", talk.bytes);
}

#[test]
fn an_order_overtakes_a_document_that_is_sent_whole() {
    for newest in [wire::VERSION, wire::CATALOGUE_SINCE] {
        let (hub_doc, store_doc) = (open(Owner::Hub, 1), open(Owner::Store, 1));
        let mut talk = Talk::new([
            Side::new(Owner::Hub, hub_doc, wire::VERSION),
            Side::new(Owner::Store, store_doc, newest),
        ]);
        // A megabyte that nobody can make smaller: eight seconds of this line.
        let noise: Vec<u8> = (0..1_000_000).map(|_| talk.roll(256) as u8).collect();
        talk.input(1, Input::Whole { doc: DOC, bytes: noise });
        let mut lags = Vec::new();
        for n in 1..=12u64 {
            let written = talk.now;
            talk.sides[1].log.push(vec![n as u8; 60]);
            talk.input(1, Input::OutGrew { lane: Lane::Orders, last_seq: n });
            talk.run(|talk| talk.sides[0].got == n);
            lags.push(talk.now - written);
            talk.wait(437);
        }
        let worst = lags.iter().max().unwrap();
        println!("version {newest}: an order behind parts of a whole document waits {lags:?} ms at 1 Mbit/s");
        // Parts for an older reader are as large as it takes them.
        let most = if newest == wire::VERSION { 500 } else { 1_500 };
        assert!(*worst <= most, "version {newest}: {lags:?}");
    }
}

#[test]
fn messages_that_lie_about_themselves_are_refused_unread() {
    let said = busy_hour(5);
    let mut document = after(Owner::Hub, &said, |_| false);
    let RepairSaid::Message(honest) = document.repair(&mut Repairing::default(), None).unwrap().said else {
        panic!("nothing said")
    };
    assert!(RepairMessage::read(&honest).is_ok());
    for cut in 0..honest.len() {
        let _ = RepairMessage::read(&honest[..cut]);
        let mut bent = honest.clone();
        bent[cut] ^= 0x41;
        if let Ok(message) = RepairMessage::read(&bent) {
            let _ = document.repair(&mut Repairing::default(), Some(message));
        }
    }
    // No places; a message of no heads, no needs and one filter: so many entries, so many bits each, so many probes.
    let lie = |filter: &[u8]| {
        let mut said = vec![0x42, 0, 0, 1, 0, filter.len() as u8];
        said.extend(filter);
        said.push(0);
        let mut out = vec![0, 0, said.len() as u8];
        out.extend(said);
        RepairMessage::read(&out)
    };
    assert!(lie(&[1, 10, 7, 0xff, 0xff]).is_ok());
    assert!(lie(&[1, 10, 0xff, 0xff, 0xff, 0xff, 0x0f, 0xff, 0xff]).is_err(), "four milliards of probes");
    assert!(lie(&[1, 0, 7]).is_err(), "a filter without a bit");
    let whole = document.save_full().unwrap();
    let mut out = honest.clone();
    out.extend(whole);
    assert!(RepairMessage::read(&out).is_err(), "a whole document is no change");
    assert!(RepairMessage::read(&vec![0; MAX_MESSAGE + 1]).is_err());
}
