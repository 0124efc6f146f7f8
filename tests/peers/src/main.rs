//! Peers of the documents: automerge, loro and yrs as they come, on the same events. A map for each order; head, picks and rider
//! as one value of packed bytes (postcard, the same bytes for all three), each moment an integer from the promised time.
//! Both sides write, each update is applied at the other and counted bare: no frames, no acknowledgements.
//!
//! A package of its own with a lock file of its own, so that the workspace carries none of these libraries. Reads the events
//! as JSON on standard input, writes its figures as JSON on standard output; `scorecard sync-bytes` runs it.
#![expect(clippy::print_stdout, reason = "the JSON line is the program's answer")]

use anyhow::{Context, Result, anyhow};
use automerge::transaction::Transactable;
use automerge::{ActorId, Automerge, ObjType, ROOT, ReadDoc};
use loro::{ExportMode, LoroDoc};
use model::fact::Fact;
use model::order::Owner;
use model::{OrderId, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Instant;
use yrs::updates::decoder::Decode;
use yrs::{Any, Doc, Map, MapPrelim, Out, ReadTxn, StateVector, Transact, Update};

/// One write: which order, which field, what.
struct Write {
    order: String,
    field: &'static str,
    value: Field,
}

enum Field {
    Ms(i64),
    Packed(Vec<u8>),
}

/// A library that holds the document of one side.
trait Peer {
    fn write(&mut self, writes: &[Write]) -> Result<Vec<u8>>;
    fn take(&mut self, update: &[u8]) -> Result<()>;
    fn at_rest(&self) -> Result<Vec<u8>>;
}

#[derive(Deserialize)]
struct Input {
    orders: usize,
    events: Vec<Event>,
}

/// What one side said at one moment.
#[derive(Deserialize)]
struct Event {
    by: Owner,
    facts: Vec<Fact>,
}

fn main() -> Result<()> {
    let input: Input = serde_json::from_reader(std::io::stdin().lock())?;
    let (events, orders) = (writes_of(&input.events)?, input.orders);
    let figures = json!({
        "automerge": live(&events, orders, [automerge(1), automerge(2)])?,
        "loro": live(&events, orders, [loro(1)?, loro(2)?])?,
        "yrs": live(&events, orders, [yjs(1), yjs(2)])?,
    });
    println!("{figures}");
    Ok(())
}

fn writes_of(events: &[Event]) -> Result<Vec<(Owner, Vec<Write>)>> {
    let mut promised: BTreeMap<OrderId, Timestamp> = BTreeMap::new();
    let mut all = Vec::new();
    for event in events {
        let mut writes = Vec::new();
        for fact in &event.facts {
            let Some((order, _)) = fact.of_order() else { continue };
            let (field, value) = match fact {
                Fact::Order { head, .. } => {
                    promised.insert(*order, head.promise_at);
                    ("h", Field::Packed(postcard::to_stdvec(head)?))
                }
                Fact::Picks { picks, .. } => ("p", Field::Packed(postcard::to_stdvec(picks)?)),
                Fact::Rider { rider, .. } => ("r", Field::Packed(postcard::to_stdvec(rider)?)),
                Fact::Moment { moment, at, .. } => {
                    let from = promised.get(order).context("a moment before its order")?;
                    (moment.field(), Field::Ms(at.since_ms(*from)))
                }
                other => return Err(anyhow!("no such fact here: {other:?}")),
            };
            writes.push(Write { order: order.to_string(), field, value });
        }
        all.push((event.by, writes));
    }
    Ok(all)
}

fn live<P: Peer>(events: &[(Owner, Vec<Write>)], orders: usize, mut sides: [P; 2]) -> Result<Value> {
    let mut wire = 0;
    let began = Instant::now();
    for (by, writes) in events {
        let from = usize::from(*by == Owner::Store);
        let update = sides[from].write(writes)?;
        wire += update.len();
        sides[1 - from].take(&update)?;
    }
    let micros = began.elapsed().as_secs_f64() * 1e6 / events.len() as f64;
    let rest = sides[0].at_rest()?;
    let per_order = |bytes: usize| bytes as f64 / orders as f64;
    Ok(json!({
        "bytes_wire_per_order": per_order(wire),
        "bytes_at_rest_per_order": per_order(rest.len()),
        "bytes_at_rest_zstd_per_order": per_order(zstd::bulk::compress(&rest, 19)?.len()),
        "micros_per_change_both_sides": micros,
    }))
}

struct Plain(Automerge);

fn automerge(side: u8) -> Plain {
    let mut document = Automerge::new().with_actor(ActorId::from([0u8].as_slice()));
    let mut tx = document.transaction();
    let made = tx.put_object(ROOT, "o", ObjType::Map);
    tx.commit_with(automerge::transaction::CommitOptions::default().with_time(0));
    drop(made);
    document.set_actor(ActorId::from([side, 1, 2, 3, 4, 12].as_slice()));
    Plain(document)
}

impl Peer for Plain {
    fn write(&mut self, writes: &[Write]) -> Result<Vec<u8>> {
        let (_, root) = self.0.get(ROOT, "o")?.context("the root map")?;
        let mut tx = self.0.transaction();
        for write in writes {
            let map = match tx.get(&root, write.order.as_str())? {
                Some((_, map)) => map,
                None => tx.put_object(&root, write.order.as_str(), ObjType::Map)?,
            };
            match &write.value {
                Field::Ms(ms) => tx.put(&map, write.field, *ms)?,
                Field::Packed(bytes) => tx.put(&map, write.field, bytes.clone())?,
            }
        }
        tx.commit_with(automerge::transaction::CommitOptions::default().with_time(0));
        Ok(self.0.get_last_local_change().context("a change")?.raw_bytes().to_vec())
    }

    fn take(&mut self, update: &[u8]) -> Result<()> {
        Ok(self.0.apply_changes([automerge::Change::from_bytes(update.to_vec())?])?)
    }

    fn at_rest(&self) -> Result<Vec<u8>> {
        Ok(self.0.save_nocompress())
    }
}

struct Loro(LoroDoc);

fn loro(side: u64) -> Result<Loro> {
    let document = LoroDoc::new();
    document.set_peer_id(side)?;
    Ok(Loro(document))
}

impl Peer for Loro {
    fn write(&mut self, writes: &[Write]) -> Result<Vec<u8>> {
        let before = self.0.oplog_vv();
        let root = self.0.get_map("o");
        for write in writes {
            let map = root.ensure_mergeable_map(&write.order)?;
            match &write.value {
                Field::Ms(ms) => map.insert(write.field, *ms)?,
                Field::Packed(bytes) => map.insert(write.field, bytes.clone())?,
            }
        }
        self.0.commit();
        Ok(self.0.export(ExportMode::updates(&before))?)
    }

    fn take(&mut self, update: &[u8]) -> Result<()> {
        self.0.import(update)?;
        Ok(())
    }

    fn at_rest(&self) -> Result<Vec<u8>> {
        Ok(self.0.export(ExportMode::Snapshot)?)
    }
}

struct Yjs(Doc);

fn yjs(side: u64) -> Yjs {
    Yjs(Doc::with_client_id(side))
}

impl Peer for Yjs {
    fn write(&mut self, writes: &[Write]) -> Result<Vec<u8>> {
        let root = self.0.get_or_insert_map("o");
        let mut tx = self.0.transact_mut();
        for write in writes {
            let map = match root.get(&tx, &write.order) {
                Some(Out::YMap(map)) => map,
                _ => root.insert(&mut tx, write.order.as_str(), MapPrelim::default()),
            };
            match &write.value {
                Field::Ms(ms) => drop(map.insert(&mut tx, write.field, Any::Number((*ms).into()))),
                Field::Packed(bytes) => drop(map.insert(&mut tx, write.field, Any::Buffer(bytes.as_slice().into()))),
            }
        }
        Ok(tx.encode_update_v1())
    }

    fn take(&mut self, update: &[u8]) -> Result<()> {
        let _ = self.0.get_or_insert_map("o");
        Ok(self.0.transact_mut().apply_update(Update::decode_v1(update)?)?)
    }

    fn at_rest(&self) -> Result<Vec<u8>> {
        Ok(self.0.transact().encode_state_as_update_v2(&StateVector::default()))
    }
}
