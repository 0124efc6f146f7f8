//! Benchmark `sync-bytes` (SYNC.md, figures to beat): what an order costs at rest and on the wire. 100 orders live through six
//! states (eight moments) between two real documents and two real peers; every frame is counted, acknowledgements too.
//! Two kinds of goods: made ones with six lines whose prices and lots are as good as random (the hardest case, and what
//! earlier runs measured), and the demo catalogue's with three lines, by popularity, at their own prices and lots.
//! Controls in the same run: the same facts as JSON over HTTPS; automerge's own save of the same document, which the closed
//! blob takes the place of; automerge, loro and yrs as they come on the same operations (`tests/peers`).

pub mod life;

use anyhow::{Context, Result};
use life::{Event, Goods, HOUR, Life};
use model::fact::Fact;
use model::order::{Channel, Owner};
use model::quota::{HubGeneration, StoreEpoch};
use model::time::HOUR_MS;
use model::{StoreId, Timestamp};
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;
use sync::doc::{DocActor, DocKey, Document};
use sync::lane::{Lane, LaneStates};
use sync::peer::{Input, Limits, Opening, OutRecord, Output, Peer, PeerConfig};
use sync::wire::{self, Frame};

const ORDERS: usize = 100;
/// Time over which the coalesced run gathers changes.
const GATHER_MS: i64 = 5_000;
/// Runs the benchmark; `error` stands in the answer if it cannot.
pub fn run() -> Value {
    match measure() {
        Ok(value) => value,
        Err(error) => json!({"name": "sync-bytes", "error": format!("{error:#}")}),
    }
}

fn measure() -> Result<Value> {
    let made = Life { goods: &Goods::made(), lines: 6, channel: Channel::Online, riders: false };
    let six_states = life::hour(&made, ORDERS)?;
    let with_rider = life::hour(&Life { riders: true, ..made }, ORDERS)?;
    let goods = Goods::demo()?;
    let real =
        life::hour(&Life { goods: &goods, lines: 3, channel: Channel::Online, riders: false }, ORDERS)?;
    let real_live = live(&real, 0)?;
    let at_once = live(&six_states, 0)?;
    let coalesced = live(&six_states, GATHER_MS)?;
    let rider = live(&with_rider, 0)?;
    let control = control(&six_states)?;
    let per_order = |bytes: usize| bytes as f64 / ORDERS as f64;
    let peers = peers_of(&six_states);
    let mut answer = json!({
        "name": "sync-bytes",
        "orders": ORDERS,
        "lines_per_order": 6,
        "changes": at_once.changes,
        "bytes_at_rest_per_order": per_order(at_once.closed),
        "bytes_at_rest_automerge_save": per_order(at_once.saved),
        "three_lines": {
            "bytes_at_rest_per_order": per_order(real_live.closed),
            "bytes_at_rest_automerge_save": per_order(real_live.saved),
            "bytes_wire_per_order": per_order(real_live.records + real_live.acks),
        },
        "bytes_at_rest_open_hour_per_order": per_order(at_once.open),
        "bytes_wire_per_order": per_order(at_once.records + at_once.acks),
        "bytes_wire_acks_per_order": per_order(at_once.acks),
        "bytes_wire_coalesced": per_order(coalesced.records + coalesced.acks),
        "bytes_wire_with_rider_card": per_order(rider.records + rider.acks),
        "bytes_handshake_once": at_once.handshake,
        "bytes_heartbeat_per_hour": at_once.heartbeat,
        "json_control_bytes_per_order": per_order(control.body),
        "json_https_control_bytes_per_order": per_order(control.https),
        "peers": peers.as_ref().ok(),
        "micros_per_change_both_sides": at_once.micros,
        "goals": {"bytes_at_rest_per_order": 110, "bytes_wire_per_order": 650, "bytes_wire_stretch": 450},
    });
    // What was measured stands there; that the comparison is missing is an error of the whole.
    if let Err(error) = peers {
        answer["error"] = json!(format!("peers: {error:#}"));
    }
    Ok(answer)
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
    saved: usize,
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
        pledges: None,
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
    figures.saved = sides[0].doc.save_full()?.len();
    let blobs = [sides[0].doc.close()?, sides[1].doc.close()?];
    anyhow::ensure!(blobs[0].sha256 == blobs[1].sha256, "the two sides close to different contents");
    figures.closed = blobs[0].bytes.len();
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
                        Frame::Change { .. }
                        | Frame::Batch(_)
                        | Frame::Want { .. }
                        | Frame::Repair { .. }
                        | Frame::Whole { .. } => figures.records += frame.len(),
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
    Ok(None)
}

struct Control {
    body: usize,
    https: usize,
}

/// The same events as JSON messages, each with its number and acknowledged once. Over HTTPS each is a request on a
/// connection that stays open: the header fields that a plain client and server send, and a TLS record each way.
fn control(events: &[Event]) -> Result<Control> {
    /// Header, nonce and tag of a TLS 1.2 or 1.3 record with AES-GCM.
    const RECORD: usize = 22;
    let (mut body, mut https) = (0, 0);
    for (seq, event) in (1u64..).zip(events) {
        let facts = serde_json::to_value(&event.facts).context("facts as JSON")?;
        let said = json!({"seq": seq, "store": "s1", "facts": facts}).to_string();
        let answer = json!({"ack": seq}).to_string();
        let request = format!(
            "POST /sync/v1/events HTTP/1.1\r\nhost: hub.example.in\r\nauthorization: Bearer {}\r\n\
             content-type: application/json\r\naccept: */*\r\ncontent-length: {}\r\n\r\n",
            "x".repeat(43),
            said.len()
        );
        let response = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
             date: Sun, 29 Nov 2026 14:00:00 GMT\r\n\r\n",
            answer.len()
        );
        body += said.len() + answer.len();
        https += request.len() + said.len() + response.len() + answer.len() + 2 * RECORD;
    }
    Ok(Control { body, https })
}

/// automerge, loro and yrs as they come, on the same events: the package `tests/peers`, which is none of the workspace's.
fn peers_of(events: &[Event]) -> Result<Value> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/Cargo.toml");
    let events: Vec<Value> = events.iter().map(|e| json!({"by": e.by, "facts": e.facts})).collect();
    let mut child = Command::new("cargo")
        .args(["run", "--quiet", "--release", "--manifest-path"])
        .arg(&manifest)
        .env("CARGO_TARGET_DIR", manifest.with_file_name("target"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let input = json!({"orders": ORDERS, "events": events}).to_string();
    child.stdin.take().context("standard input")?.write_all(input.as_bytes())?;
    let output = child.wait_with_output()?;
    anyhow::ensure!(output.status.success(), "tests/peers: {}", output.status);
    Ok(serde_json::from_slice(&output.stdout)?)
}
