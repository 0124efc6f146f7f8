//! Benchmark `sync-bytes` (SYNC.md, figures to beat): what an order costs at rest and on the wire. 100 orders of 6 lines
//! live through six states between two real documents and two real peers; every frame is counted, acknowledgements too.
//! Control in the same run: the same facts as plain JSON events with JSON acknowledgements.

use anyhow::{Context, Result};
use model::fact::Fact;
use model::order::{Channel, Moment, Owner};
use model::order_doc::{HeadLine, OrderHead, PickedUnits, Picks, RiderCard, SubstitutePreset};
use model::quota::{HubGeneration, StoreEpoch};
use model::time::{HOUR_MS, MINUTE_MS};
use model::{LotId, OrderId, Paise, Qty, SkuId, StoreId, Timestamp};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use std::time::Instant;
use sync::doc::{DocActor, DocKey, Document};
use sync::lane::{Lane, LaneStates};
use sync::peer::{Input, Limits, Opening, OutRecord, Output, Peer, PeerConfig};
use sync::wire::{self, Frame};

const ORDERS: usize = 100;
const LINES: usize = 6;
const HOUR: i64 = 495_312;
/// Time over which the coalesced run gathers changes.
const GATHER_MS: i64 = 5_000;
const FAMILIES: [&str; 24] = [
    "MLK", "CRD", "PNR", "EGG", "BRD", "ATA", "RIC", "DAL", "OIL", "SPC", "SNK", "BIS", "CHO", "TEA", "COF",
    "JUI", "WTR", "VEG", "FRU", "ICE", "SOP", "SHM", "DET", "DIA",
];

/// Runs the benchmark; `error` stands in the answer if it cannot.
pub fn run() -> Value {
    match measure() {
        Ok(value) => value,
        Err(error) => json!({"name": "sync-bytes", "error": format!("{error:#}")}),
    }
}

fn measure() -> Result<Value> {
    let six_states = events(false)?;
    let with_rider = events(true)?;
    let at_once = live(&six_states, 0)?;
    let coalesced = live(&six_states, GATHER_MS)?;
    let rider = live(&with_rider, 0)?;
    let control = control(&six_states)?;
    let per_order = |bytes: usize| bytes as f64 / ORDERS as f64;
    Ok(json!({
        "name": "sync-bytes",
        "orders": ORDERS,
        "lines_per_order": LINES,
        "changes": at_once.changes,
        "bytes_at_rest_per_order": per_order(at_once.closed),
        "bytes_at_rest_open_hour_per_order": per_order(at_once.open),
        "bytes_wire_per_order": per_order(at_once.records + at_once.acks),
        "bytes_wire_acks_per_order": per_order(at_once.acks),
        "bytes_wire_coalesced": per_order(coalesced.records + coalesced.acks),
        "bytes_wire_with_rider_card": per_order(rider.records + rider.acks),
        "bytes_handshake_once": at_once.handshake,
        "bytes_heartbeat_per_hour": at_once.heartbeat,
        "json_control_bytes_per_order": per_order(control),
        "micros_per_change_both_sides": at_once.micros,
        "goals": {"bytes_at_rest_per_order": 110, "bytes_wire_per_order": 650, "bytes_wire_stretch": 450},
    }))
}

/// What one side says at one moment: one flow, one commit.
struct Event {
    at: Timestamp,
    by: Owner,
    facts: Vec<Fact>,
}

fn events(riders: bool) -> Result<Vec<Event>> {
    let mut rng = SmallRng::seed_from_u64(7);
    let mut all = Vec::new();
    for n in 0..ORDERS {
        all.extend(life(&mut rng, n, riders)?);
    }
    all.sort_by_key(|event| event.at);
    Ok(all)
}

fn life(rng: &mut SmallRng, n: usize, rider: bool) -> Result<Vec<Event>> {
    let placed = Timestamp::from_ms(HOUR * HOUR_MS + rng.random_range(0..HOUR_MS));
    let order = OrderId::new(placed, rng.random());
    let head = head(rng, n, placed)?;
    let picks = picks(rng, &head)?;
    let moment = |moment, at| Fact::Moment { order, hour: HOUR, moment, at };
    let confirmed = placed.plus_ms(rng.random_range(300..2_000));
    let accepted = confirmed.plus_ms(rng.random_range(100..1_500));
    let picking = accepted.plus_ms(rng.random_range(4_000..60_000));
    let packed = picking.plus_ms(rng.random_range(60_000..200_000));
    let dispatched = packed.plus_ms(rng.random_range(20_000..120_000));
    let delivered = dispatched.plus_ms(rng.random_range(240_000..720_000));
    let completed = delivered.plus_ms(rng.random_range(0..50));
    let event = |at, by, facts| Event { at, by, facts };
    let mut out = vec![
        event(
            confirmed,
            Owner::Hub,
            vec![
                Fact::Order { order, hour: HOUR, head },
                moment(Moment::Placed, placed),
                moment(Moment::Confirmed, confirmed),
            ],
        ),
        event(accepted, Owner::Store, vec![moment(Moment::Accepted, accepted)]),
        event(picking, Owner::Store, vec![moment(Moment::Picking, picking)]),
        event(
            packed,
            Owner::Store,
            vec![moment(Moment::Packed, packed), Fact::Picks { order, hour: HOUR, picks }],
        ),
        event(dispatched, Owner::Store, vec![moment(Moment::Dispatched, dispatched)]),
        event(
            completed,
            Owner::Hub,
            vec![moment(Moment::Delivered, delivered), moment(Moment::Completed, completed)],
        ),
    ];
    if rider {
        let rider = RiderCard {
            code: format!("R-{:03}", rng.random_range(1..80)),
            name: name(rng).to_owned(),
            eta_at: packed,
        };
        out.push(event(picking.plus_ms(1_000), Owner::Hub, vec![Fact::Rider { order, hour: HOUR, rider }]));
    }
    Ok(out)
}

fn name(rng: &mut SmallRng) -> &'static str {
    ["Asha", "Ravi", "Meenakshi", "Arjun", "Fatima", "Jo", "Lakshmi", "Imran"][rng.random_range(0..8)]
}

fn head(rng: &mut SmallRng, n: usize, placed: Timestamp) -> Result<OrderHead> {
    let mut lines = Vec::new();
    for _ in 0..LINES {
        // Popular goods sell more: the square leans to low numbers.
        let lean: f64 = rng.random();
        let family = FAMILIES[rng.random_range(0..FAMILIES.len())];
        lines.push(HeadLine {
            sku: SkuId::new(format!("{family}-{:04}", 1 + (lean * lean * 110.0) as u32))?,
            qty: Qty::new([1, 1, 1, 2, 2, 4][rng.random_range(0..6)])?,
            unit_price: Paise::new(rng.random_range(10..600) * 100 - [0, 0, 0, 50][rng.random_range(0..4)]),
        });
    }
    Ok(OrderHead {
        number: format!("{}{}{}", rng.random_range(1..9), ['K', 'M', 'P', 'R'][n % 4], n % 10),
        channel: Channel::Online,
        promise_at: placed.plus_ms(rng.random_range(8..16) * MINUTE_MS),
        first_name: name(rng).to_owned(),
        cod: if n.is_multiple_of(3) { Paise::new(rng.random_range(100..900) * 100) } else { Paise::ZERO },
        preset: [SubstitutePreset::BestMatch, SubstitutePreset::Ask][n % 2],
        lines,
    })
}

fn picks(rng: &mut SmallRng, head: &OrderHead) -> Result<Picks> {
    let mut picked = Vec::new();
    for (line, head) in (0u8..).zip(&head.lines) {
        let lot = LotId::new(format!("L-{:06}", rng.random_range(20_000..26_000)))?;
        picked.push(PickedUnits { line, sku: head.sku.clone(), lot, qty: head.qty });
    }
    Ok(Picks { picked, short: vec![], bags: rng.random_range(1..4) })
}

/// One side with its document, its session and its log.
struct Side {
    owner: Owner,
    doc: Document,
    peer: Peer,
    log: Vec<OutRecord>,
    kept: usize,
}

#[derive(Default)]
struct Figures {
    changes: usize,
    records: usize,
    acks: usize,
    handshake: usize,
    heartbeat: usize,
    closed: usize,
    open: usize,
    micros: f64,
}

fn side(owner: Owner, now: Timestamp) -> Result<Side> {
    let store = StoreId::new("s1")?;
    let key = DocKey::Orders { hour: HOUR };
    let doc = Document::new(key.of(&store), &DocActor { side: owner, store: store.clone(), boot: 12 })?;
    let config = PeerConfig {
        side: owner,
        store,
        epoch: StoreEpoch(1),
        generation: HubGeneration(1),
        boot: 12,
        lanes: LaneStates::default(),
        newest: PeerConfig::NEWEST,
        limits: Limits::default(),
    };
    Ok(Side { owner, doc, peer: Peer::new(config, now), log: vec![], kept: 0 })
}

/// Plays the events, each side committing what it gathered for `gather_ms` (0: each event at once; a new order always).
fn live(events: &[Event], gather_ms: i64) -> Result<Figures> {
    let mut now = Timestamp::from_ms(HOUR * HOUR_MS);
    let mut sides = [side(Owner::Hub, now)?, side(Owner::Store, now)?];
    let mut figures = Figures::default();
    sides.iter_mut().for_each(|s| s.peer.handle(now, Input::Connected(Opening::default())));
    exchange(&mut sides, now, &mut figures)?;
    let begin = Instant::now();
    for event in events {
        let window = |t: Timestamp| t.ms().checked_div(gather_ms);
        if gather_ms > 0 && window(event.at) != window(now) {
            flush(&mut sides, now, &mut figures)?;
        }
        idle(&mut sides, event.at, &mut figures)?;
        now = event.at;
        let from = usize::from(event.by == Owner::Store);
        for fact in &event.facts {
            sides[from].doc.put_fact(fact)?;
        }
        let new = event.facts.iter().any(|fact| matches!(fact, Fact::Order { .. }));
        if gather_ms == 0 || new {
            flush(&mut sides, now, &mut figures)?;
        }
    }
    flush(&mut sides, now, &mut figures)?;
    figures.micros = begin.elapsed().as_secs_f64() * 1e6 / figures.changes as f64;
    anyhow::ensure!(sides[0].doc.heads() == sides[1].doc.heads(), "the two sides differ");
    let views = sides[1].doc.orders()?;
    anyhow::ensure!(views.len() == ORDERS && views.iter().all(|(_, v)| v.is_ok()), "orders are missing");
    figures.closed = sides[0].doc.save_full()?.len();
    figures.open = sides[0].kept;
    Ok(figures)
}

fn flush(sides: &mut [Side; 2], now: Timestamp, figures: &mut Figures) -> Result<()> {
    for side in sides.iter_mut() {
        if let Some(change) = side.doc.commit()? {
            figures.changes += 1;
            side.kept += change.len();
            let seq = side.log.len() as u64 + 1;
            side.log.push(OutRecord { seq, doc: side.doc.id().key(), change });
            let lane = Lane::of(side.owner, side.doc.id().key(), now);
            side.peer.handle(now, Input::OutGrew { lane, last_seq: seq });
        }
    }
    exchange(sides, now, figures)
}

/// Lets both peers' timers run until `until`: the hour is long and mostly quiet.
fn idle(sides: &mut [Side; 2], until: Timestamp, figures: &mut Figures) -> Result<()> {
    while let Some(due) = sides.iter().filter_map(|s| s.peer.next_timeout()).min().filter(|t| *t <= until) {
        sides.iter_mut().for_each(|s| s.peer.handle(due, Input::Tick));
        exchange(sides, due, figures)?;
    }
    Ok(())
}

/// Carries frames until both sides are quiet; a delivered change is durable at once.
fn exchange(sides: &mut [Side; 2], now: Timestamp, figures: &mut Figures) -> Result<()> {
    let mut quiet = false;
    while !quiet {
        quiet = true;
        for from in 0..2 {
            while let Some(output) = sides[from].peer.poll() {
                quiet = false;
                if let Some(frame) = step(&mut sides[from], now, output)? {
                    match wire::decode(&frame)? {
                        Frame::Ack { .. } => figures.acks += frame.len(),
                        Frame::Ping { .. } | Frame::Pong { .. } => figures.heartbeat += frame.len(),
                        Frame::Hello(_) | Frame::Bye { .. } | Frame::Manifest { .. } => {
                            figures.handshake += frame.len()
                        }
                        Frame::Change { .. } | Frame::Batch(_) | Frame::Want { .. } | Frame::Whole { .. } => {
                            figures.records += frame.len()
                        }
                    }
                    sides[1 - from].peer.handle(now, Input::Frame(frame));
                }
            }
        }
    }
    Ok(())
}

fn step(side: &mut Side, now: Timestamp, output: Output) -> Result<Option<Vec<u8>>> {
    match output {
        Output::Send(frame) => return Ok(Some(frame)),
        Output::Deliver { lane, seq, change, .. } => {
            side.doc.apply_change(&change)?;
            side.kept += change.len();
            side.peer.handle(now, Input::Committed { lane, upto: seq });
        }
        Output::NeedOut { lane, after, limit } => {
            let records = side.log.iter().skip(usize::try_from(after)?).take(usize::try_from(limit)?);
            side.peer.handle(now, Input::Out { lane, records: records.cloned().collect() });
        }
        Output::Close { reason } => anyhow::bail!("session closed: {reason}"),
        Output::Acked { .. }
        | Output::PeerHello { .. }
        | Output::Manifest(_)
        | Output::Refused { .. }
        | Output::OneLane
        | Output::WantDoc { .. }
        | Output::Whole { .. }
        | Output::Live
        | Output::Stale => {}
    }
    Ok(None)
}

/// The same events as JSON messages, each with its number and acknowledged once.
fn control(events: &[Event]) -> Result<usize> {
    let mut bytes = 0;
    for (seq, event) in (1u64..).zip(events) {
        let facts = serde_json::to_value(&event.facts).context("facts as JSON")?;
        bytes += json!({"seq": seq, "store": "s1", "facts": facts}).to_string().len();
        bytes += json!({"ack": seq}).to_string().len();
    }
    Ok(bytes)
}
