//! The line of the outage: so many bits a second, and 40 ms each way, by the simulation's own time. Two real peers; what they deliver is
//! committed by the engines before it is acknowledged.

use super::World;
use anyhow::{Context, Result, bail, ensure};
use central_hub::engine::HubEngine;
use model::order::Moments;
use model::{OrderId, StoreId, Timestamp};
use std::collections::{BTreeMap, VecDeque};
use store_node::engine::{Engine, InboundRecord};
use sync::doc::DocKey;
use sync::lane::{self, Lane, LaneSeq, ends};
use sync::peer::{Input, Opening, Output, Peer};

/// One way, milliseconds.
const WAY_MS: i64 = 40;
/// While the line catches up, somebody buys something so often.
const BUYS_MS: i64 = 500;
/// At most so many: on a thin line they would keep it busy for ever.
const BUYS_MAX: u64 = 8;
/// Steps of the line after which it counts as hung.
const STEPS_MAX: u64 = 20_000_000;

/// One direction: frames in their order, each with the time at which its last bit is there.
#[derive(Debug, Default)]
struct Way {
    free_at: f64,
    under_way: VecDeque<(i64, Vec<u8>)>,
}

/// Both ends; place 0 is the store's.
pub(super) struct Line {
    peers: [Peer; 2],
    ways: [Way; 2],
    bytes: usize,
    bits_a_ms: f64,
}

/// What a catch-up took.
pub(super) struct Caught {
    pub(super) bytes: usize,
    pub(super) ms: i64,
    pub(super) fresh: (u64, u64),
    pub(super) slowest_ms: i64,
}

impl Line {
    pub(super) fn new(store: &Engine, hub: &HubEngine, now: Timestamp, kbits: u32) -> Result<Self> {
        let id = store.setup().store.clone();
        let peers = [Peer::new(store.peer_config()?, now), Peer::new(hub.session(&id)?, now)];
        Ok(Self { peers, ways: Default::default(), bytes: 0, bits_a_ms: f64::from(kbits) })
    }
}

/// Counter orders by their number.
pub(super) type Taken = BTreeMap<u64, OrderId>;

type Delivered = Vec<(LaneSeq, DocKey, Vec<u8>)>;

impl World {
    fn id_of_store(&self) -> StoreId {
        self.store.setup().store.clone()
    }

    /// The store dials; nobody waits for what the outage has gathered.
    fn dial(&mut self) -> Result<()> {
        let lanes = self.store.age_lanes(self.now)?;
        self.line.peers[0].handle(self.now, Input::Lanes(lanes));
        for peer in &mut self.line.peers {
            peer.handle(self.now, Input::Connected(Opening::default()));
        }
        self.grew()
    }

    fn hang_up(&mut self) {
        for peer in &mut self.line.peers {
            peer.handle(self.now, Input::Disconnected);
        }
        self.line.ways = Default::default();
    }

    fn grew(&mut self) -> Result<()> {
        for (lane, state) in Lane::ALL.into_iter().zip(self.store.lanes()?) {
            self.line.peers[0].handle(self.now, Input::OutGrew { lane, last_seq: state.sent });
        }
        for (_, ends) in self.hub.carry(self.now)? {
            for LaneSeq { lane, seq: last_seq } in ends {
                self.line.peers[1].handle(self.now, Input::OutGrew { lane, last_seq });
            }
        }
        Ok(())
    }

    /// A session that ends as soon as nothing waits at either side.
    pub(super) fn settle(&mut self) -> Result<()> {
        self.dial()?;
        for _ in 0..STEPS_MAX {
            while self.store.carry(self.now)? {}
            self.grew()?;
            self.speak()?;
            if self.waiting()? == 0 {
                self.hang_up();
                return Ok(());
            }
            self.wait()?;
        }
        bail!("the line does not settle")
    }

    /// The line is back. While it catches up the counter sells on; when each of these orders is known at the hub, and whether
    /// older records still wait then.
    pub(super) fn catch_up(&mut self) -> Result<Caught> {
        let (began, mut next) = (self.now, self.now);
        let (mut fresh, mut waits, mut slowest_ms) = ((0, 0), BTreeMap::<u64, Timestamp>::new(), 0);
        self.line.bytes = 0;
        self.dial()?;
        for _ in 0..STEPS_MAX {
            if fresh.0 < BUYS_MAX && self.now >= next && self.waiting()? > 0 {
                next = self.now.plus_ms(BUYS_MS);
                self.buys()?;
                waits.insert(self.orders, self.now);
                fresh.0 += 1;
            }
            while self.store.carry(self.now)? {}
            self.grew()?;
            self.speak()?;
            let backlog = self.store.lanes()?[Lane::Backfill.index()].waiting();
            for (order, since) in std::mem::take(&mut waits) {
                if self.hub_knows(order)? {
                    slowest_ms = slowest_ms.max(self.now.since_ms(since));
                    fresh.1 += u64::from(backlog > 0);
                } else {
                    waits.insert(order, since);
                }
            }
            if self.waiting()? == 0 {
                ensure!(waits.is_empty(), "acknowledged, and the hub does not know them: {waits:?}");
                self.hang_up();
                let (bytes, ms) = (self.line.bytes, self.now.since_ms(began));
                return Ok(Caught { bytes, ms, fresh, slowest_ms });
            }
            self.wait()?;
        }
        bail!("the line does not catch up")
    }

    /// Whether the hub knows the counter order of this number, counted from one.
    fn hub_knows(&self, n: u64) -> Result<bool> {
        let order = self.taken.get(&n).copied().context("an order that was not taken")?;
        Ok(self.hub.data().counter_moments(&order)? != Moments::default())
    }

    /// Records and facts that wait, of both.
    fn waiting(&self) -> Result<u64> {
        let theirs = self.hub.data().lanes(&self.id_of_store())?;
        let own = lane::total(&self.store.lanes()?);
        Ok(own.waiting() + lane::total(&theirs).waiting() + self.hub.data().facts_for(&self.id_of_store())?)
    }

    /// Moves the time to whatever is next.
    fn wait(&mut self) -> Result<()> {
        let Line { peers, ways, .. } = &mut self.line;
        let timers = peers.iter().filter_map(Peer::next_timeout).map(Timestamp::ms);
        let frames = ways.iter().filter_map(|way| way.under_way.front().map(|(at, _)| *at));
        let next = timers.chain(frames).min().context("nothing goes on")?;
        self.now = self.now.max(Timestamp::from_ms(next));
        for from in 0..2 {
            while ways[from].under_way.front().is_some_and(|(at, _)| *at <= self.now.ms()) {
                if let Some((_, frame)) = ways[from].under_way.pop_front() {
                    peers[1 - from].handle(self.now, Input::Frame(frame));
                }
            }
            peers[from].handle(self.now, Input::Tick);
        }
        Ok(())
    }

    /// Does what both peers ask until they ask nothing more.
    fn speak(&mut self) -> Result<()> {
        for at in 0..2 {
            let mut delivered: Delivered = Vec::new();
            loop {
                match self.line.peers[at].poll() {
                    Some(Output::Deliver { lane, seq, doc, change, .. }) => {
                        delivered.push((LaneSeq { lane, seq }, doc, change));
                    }
                    Some(output) => self.obey(at, output)?,
                    None if delivered.is_empty() => break,
                    None => self.commit(at, std::mem::take(&mut delivered))?,
                }
            }
        }
        Ok(())
    }

    fn obey(&mut self, at: usize, output: Output) -> Result<()> {
        let store = self.id_of_store();
        match output {
            Output::Send(frame) => {
                let way = &mut self.line.ways[at];
                way.free_at =
                    way.free_at.max(self.now.ms() as f64) + frame.len() as f64 * 8.0 / self.line.bits_a_ms;
                self.line.bytes += frame.len();
                way.under_way.push_back((way.free_at.ceil() as i64 + WAY_MS, frame));
            }
            Output::NeedOut { lane, after, limit } => {
                let from = LaneSeq { lane, seq: after };
                let records = match at {
                    0 => self.store.out_records(lane, after, limit)?,
                    _ => self.hub.out_records(&store, from, limit)?,
                };
                self.line.peers[at].handle(self.now, Input::Out { lane, records });
            }
            Output::Acked { lane, upto, .. } => match at {
                0 => self.store.out_acked(lane, upto)?,
                _ => self.hub.out_acked(&store, LaneSeq { lane, seq: upto })?,
            },
            Output::PeerHello { version, .. } if at == 0 => {
                let lanes = self.store.hub_reads(version)?;
                self.line.peers[0].handle(self.now, Input::Lanes(lanes));
            }
            Output::Close { reason } => bail!("{at} ends the session: {reason}"),
            Output::Refused { why, .. } => bail!("{at} refuses a frame: {why}"),
            Output::WantDoc { doc } | Output::Repair { doc, .. } => {
                bail!("{at} is to repair {doc:?}: something was lost")
            }
            Output::Deliver { .. }
            | Output::PeerHello { .. }
            | Output::Quiet
            | Output::Manifest(_)
            | Output::OneLane
            | Output::Whole { .. }
            | Output::Live
            | Output::Stale => {}
        }
        Ok(())
    }

    fn commit(&mut self, at: usize, records: Delivered) -> Result<()> {
        let upto = ends(records.iter().map(|record| record.0));
        if at == 0 {
            let record =
                |(LaneSeq { lane, seq }, doc, change)| InboundRecord { lane, seq, doc, change, pledge: None };
            self.store.inbound(self.now, records.into_iter().map(record).collect())?;
        } else {
            let store = self.id_of_store();
            let done = self.hub.inbound(self.now, &store, records)?;
            ensure!(done.quarantined == 0, "the hub put a record into quarantine");
        }
        for LaneSeq { lane, seq: upto } in upto {
            self.line.peers[at].handle(self.now, Input::Committed { lane, upto });
        }
        Ok(())
    }
}
