//! Benchmark `sync-catchup` (SYNC.md, figures to beat): a store was cut off for 8 h, 72 h, 30 days, took orders at its counter
//! (1,000 a day, three lines of the demo catalogue, eight moments), and comes back over a line of 1 Mbit/s with 40 ms each
//! way. Two real peers talk; every frame has its place on the line; the hub's side applies every change to its documents,
//! and the time that takes is measured, not assumed. Control in the same run: one change for each thing that happened, as
//! it is while the link is up; the store gathers facts while it is down.

use super::sync_bytes::life::{self, Event, Goods, HOUR, Life};
use anyhow::{Context, Result};
use model::order::{Channel, Owner};
use model::quota::{HubGeneration, StoreEpoch};
use model::time::HOUR_MS;
use model::{StoreId, Timestamp};
use serde_json::{Value, json};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};
use sync::doc::{DocActor, DocKey, Document};
use sync::lane::{Lane, LaneStates};
use sync::peer::{Input, Limits, Opening, OutRecord, Output, Peer, PeerConfig};

/// Bits a millisecond.
const LINE: f64 = 1_000.0;
/// One way, milliseconds.
const WAY_MS: i64 = 40;
/// A day at the counter begins and ends at these hours.
const OPEN: std::ops::Range<i64> = 6..24;
const ORDERS_A_DAY: usize = 1_000;
/// Facts that the store's carrier puts into one batch.
const FACTS: usize = 128;

/// Runs the benchmark; `error` stands in the answer if it cannot.
pub fn run() -> Value {
    match measure() {
        Ok(value) => value,
        Err(error) => json!({"name": "sync-catchup", "error": format!("{error:#}")}),
    }
}

fn measure() -> Result<Value> {
    let goods = Goods::demo()?;
    let mut cuts = Vec::new();
    for hours in [8, 72, 720] {
        let life = Life { goods: &goods, lines: 3, channel: Channel::Counter, riders: false };
        let plan = plan(hours);
        let orders: usize = plan.iter().map(|(_, n)| n).sum();
        let events = life::hours(&life, &plan)?;
        let gathered = catch_up(&events, FACTS)?;
        let control = if hours <= 72 { Some(catch_up(&events, 1)?) } else { None };
        cuts.push(json!({
            "hours": hours,
            "orders": orders,
            "gathered": gathered.json(orders),
            "control_one_change_each": control.map(|figures| figures.json(orders)),
        }));
    }
    Ok(json!({
        "name": "sync-catchup",
        "cuts": cuts,
        "goals": {"72": {"bytes": 400_000, "seconds": 5, "largest_message": 262_144}},
    }))
}

/// Orders of each hour of a cut that begins in the morning.
fn plan(hours: i64) -> Vec<(i64, usize)> {
    let begin = HOUR - HOUR.rem_euclid(24) + OPEN.start;
    let a_day = (OPEN.end - OPEN.start) as usize;
    let open: Vec<i64> = (begin..begin + hours).filter(|hour| OPEN.contains(&hour.rem_euclid(24))).collect();
    let wanted = ORDERS_A_DAY * hours as usize / 24;
    let per_hour = (ORDERS_A_DAY / a_day).max(wanted / open.len().max(1));
    let rest = wanted.saturating_sub(per_hour * open.len());
    (0..).zip(open).map(|(n, hour): (usize, i64)| (hour, per_hour + usize::from(n < rest))).collect()
}

#[derive(Debug, Default)]
struct Figures {
    changes: usize,
    bytes_up: usize,
    bytes_down: usize,
    messages: usize,
    largest: usize,
    line_ms: i64,
    hub_cpu: Duration,
}

impl Figures {
    fn json(&self, orders: usize) -> Value {
        let seconds = self.line_ms as f64 / 1e3;
        json!({
            "changes": self.changes,
            "bytes": self.bytes_up + self.bytes_down,
            "bytes_per_order": (self.bytes_up + self.bytes_down) as f64 / orders as f64,
            "messages": self.messages,
            "largest_message": self.largest,
            "seconds_on_the_line": seconds,
            "seconds_of_the_hubs_processor": self.hub_cpu.as_secs_f64(),
            "seconds_at_most": seconds + self.hub_cpu.as_secs_f64(),
        })
    }
}

/// The store's log of a cut: at most `facts` facts in one batch, a change for each document of a batch.
fn log_of(events: &[Event], facts: usize) -> Result<Vec<OutRecord>> {
    let mut documents = BTreeMap::new();
    let mut log = Vec::new();
    let mut waiting = 0;
    let mut touched: Vec<DocKey> = Vec::new();
    for (n, event) in events.iter().enumerate() {
        for fact in &event.facts {
            let key = DocKey::of_fact(fact, StoreEpoch(1), HubGeneration(1));
            document(&mut documents, key, Owner::Store)?.put_fact(fact)?;
            touched.push(key);
            waiting += 1;
        }
        if waiting >= facts || n + 1 == events.len() {
            touched.sort_unstable();
            touched.dedup();
            for key in touched.drain(..) {
                if let Some(change) = document(&mut documents, key, Owner::Store)?.commit()? {
                    log.push(OutRecord { seq: log.len() as u64 + 1, doc: key, change });
                }
            }
            waiting = 0;
        }
    }
    Ok(log)
}

fn document(all: &mut BTreeMap<DocKey, Document>, key: DocKey, side: Owner) -> Result<&mut Document> {
    Ok(match all.entry(key) {
        Entry::Occupied(known) => known.into_mut(),
        Entry::Vacant(place) => {
            let store = StoreId::new("s1")?;
            let actor = DocActor { side, store: store.clone(), boot: 12 };
            place.insert(Document::new(key.of(&store), &actor)?)
        }
    })
}

/// One direction of the line: frames in their order, each with the time at which its last bit is there.
#[derive(Debug, Default)]
struct Way {
    free_at: f64,
    under_way: VecDeque<(i64, Vec<u8>)>,
}

impl Way {
    fn send(&mut self, now: Timestamp, frame: Vec<u8>) {
        self.free_at = self.free_at.max(now.ms() as f64) + frame.len() as f64 * 8.0 / LINE;
        self.under_way.push_back((self.free_at.ceil() as i64 + WAY_MS, frame));
    }

    fn next_at(&self) -> Option<i64> {
        self.under_way.front().map(|(at, _)| *at)
    }
}

fn peer(side: Owner, sent: u64, now: Timestamp) -> Result<Peer> {
    let mut lanes = LaneStates::default();
    lanes[Lane::Backfill.index()].sent = sent;
    let config = PeerConfig {
        side,
        store: StoreId::new("s1")?,
        epoch: StoreEpoch(1),
        generation: HubGeneration(1),
        boot: 12,
        lanes,
        newest: PeerConfig::NEWEST,
        pledges: None,
        limits: Limits::default(),
    };
    Ok(Peer::new(config, now))
}

/// Carries a log over the line until the store knows that the hub has all of it.
fn catch_up(events: &[Event], facts: usize) -> Result<Figures> {
    let log = log_of(events, facts)?;
    let last = log.len() as u64;
    let begin = events.last().context("no events")?.at.plus_ms(HOUR_MS);
    let mut now = begin;
    let mut figures = Figures { changes: log.len(), ..Figures::default() };
    let mut peers = [peer(Owner::Store, last, now)?, peer(Owner::Hub, 0, now)?];
    let mut ways = [Way::default(), Way::default()];
    let mut hub = BTreeMap::new();
    let mut acked = 0;
    peers.iter_mut().for_each(|peer| peer.handle(now, Input::Connected(Opening::default())));
    loop {
        for from in 0..2 {
            while let Some(output) = peers[from].poll() {
                match output {
                    Output::Send(frame) => {
                        figures.messages += 1;
                        figures.largest = figures.largest.max(frame.len());
                        *[&mut figures.bytes_up, &mut figures.bytes_down][from] += frame.len();
                        ways[from].send(now, frame);
                    }
                    Output::NeedOut { lane, after, limit } => {
                        let records = log.iter().skip(usize::try_from(after)?).take(usize::try_from(limit)?);
                        peers[from].handle(now, Input::Out { lane, records: records.cloned().collect() });
                    }
                    Output::Deliver { lane, seq, doc, change, .. } => {
                        let began = Instant::now();
                        document(&mut hub, doc, Owner::Hub)?.apply_change(&change)?;
                        figures.hub_cpu += began.elapsed();
                        peers[from].handle(now, Input::Committed { lane, upto: seq });
                    }
                    Output::Acked { upto, .. } => acked = acked.max(upto),
                    Output::Close { reason } => anyhow::bail!("session closed: {reason}"),
                    Output::PeerHello { .. }
                    | Output::Quiet
                    | Output::Manifest(_)
                    | Output::Refused { .. }
                    | Output::OneLane
                    | Output::WantDoc { .. }
                    | Output::Repair { .. }
                    | Output::Whole { .. }
                    | Output::Live
                    | Output::Stale => {}
                }
            }
        }
        if acked >= last {
            break;
        }
        let timers = peers.iter().filter_map(Peer::next_timeout).map(Timestamp::ms);
        let next = timers.chain(ways.iter().filter_map(Way::next_at)).min().context("nothing goes on")?;
        now = Timestamp::from_ms(next.max(now.ms()));
        for from in 0..2 {
            while ways[from].next_at().is_some_and(|at| at <= now.ms()) {
                if let Some((_, frame)) = ways[from].under_way.pop_front() {
                    peers[1 - from].handle(now, Input::Frame(frame));
                }
            }
            peers[from].handle(now, Input::Tick);
        }
    }
    figures.line_ms = now.since_ms(begin);
    let orders: usize = hub.values().map(|d| d.orders().map(|all| all.len())).sum::<Result<usize, _>>()?;
    let placed =
        events.iter().flat_map(|e| &e.facts).filter(|f| matches!(f, model::fact::Fact::Order { .. }));
    anyhow::ensure!(orders == placed.count(), "orders are missing at the hub");
    Ok(figures)
}
