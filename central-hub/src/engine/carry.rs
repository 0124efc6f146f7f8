//! The carrier: facts of the outbox become document changes and records of each store's log. First the changes are made
//! ([`compose`], on the scribe's thread or on the writer's), then they are stored with their numbers, and the
//! facts go from the outbox, in one transaction, and only then may a byte of them be sent. A crash anywhere repeats it; a document says each fact once.

use super::docs::Docs;
use super::{Fault, HubEngine};
use crate::db::HubTx;
use crate::flows::confirm::promised_head;
use ::sync::doc::{self, DocError, DocId, DocKey};
use ::sync::lane::{self, Lane, LaneSeq, LaneStates};
use model::fact::Fact;
use model::order::Owner;
use model::order_doc::OrderHead;
use model::quota::StoreEpoch;
use model::{OrderId, StoreId, Timestamp};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// Rows of facts in one batch. Small, so that a hub that is killed again and again still gets on.
const AT_ONCE: u32 = 64;
/// Batches that a clean stop may still write.
const REST_MAX: u32 = 64;

/// Changes that are made and not stored yet. While there is one, no second is made.
#[derive(Debug)]
pub struct Batch {
    changes: Vec<(DocId, Vec<u8>)>,
    spoiled: Vec<Spoiled>,
    upto: u64,
    more: bool,
    /// Of the documents in memory; a batch of documents that were forgotten since is worth nothing.
    edition: u64,
}

/// A fact of our own that does not fit its document.
#[derive(Debug)]
struct Spoiled {
    doc: DocId,
    seq: u64,
    fact: Vec<u8>,
    why: String,
}

/// What storing a batch came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Carried {
    /// The stores whose logs grew, each with the lanes that did and their last records.
    pub grew: BTreeMap<StoreId, Vec<LaneSeq>>,
    /// More facts may wait.
    pub more: bool,
}

/// Makes changes of waiting facts; `None` when none wait.
///
/// # Errors
/// A fault; no document remembers anything of it.
pub(super) fn compose(docs: &mut Docs, tx: &dyn HubTx) -> Result<Option<Batch>, Fault> {
    let done = compose_some(docs, tx);
    match &done {
        Ok(Some(_)) => docs.owe(),
        Ok(None) => {}
        Err(_) => docs.forget(),
    }
    done
}

fn compose_some(docs: &mut Docs, tx: &dyn HubTx) -> Result<Option<Batch>, Fault> {
    let rows = tx.facts_waiting(AT_ONCE)?;
    let Some(upto) = rows.last().map(|row| row.seq) else { return Ok(None) };
    let more = rows.len() >= usize::try_from(AT_ONCE).unwrap_or(usize::MAX);
    let generation = tx.generation()?;
    let mut epochs = BTreeMap::new();
    // All facts of one document become one change; documents in the order of their first fact.
    let mut order: Vec<DocId> = Vec::new();
    let mut facts: BTreeMap<DocId, Vec<(u64, Fact)>> = BTreeMap::new();
    for row in rows {
        let epoch = match row.store.as_ref().map(|store| (store, epochs.get(store))) {
            Some((_, Some(epoch))) => *epoch,
            Some((id, None)) => {
                let store = tx.store(id)?.ok_or_else(|| Fault::UnknownStore(id.clone()))?;
                epochs.insert(id.clone(), store.epoch);
                store.epoch
            }
            None => StoreEpoch(0),
        };
        for fact in row.facts {
            let Some(id) = DocKey::of_fact(&fact, epoch, generation).within(row.store.as_ref()) else {
                tracing::error!(
                    row = row.seq,
                    "a fact of the whole city that belongs to a store is passed over"
                );
                continue;
            };
            if !facts.contains_key(&id) {
                order.push(id.clone());
            }
            facts.entry(id).or_default().push((row.seq, fact));
        }
    }
    let (mut changes, mut late, mut spoiled) = (Vec::new(), Vec::new(), Vec::new());
    for id in order {
        let rows = facts.remove(&id).unwrap_or_default();
        if let Some(change) = one_document(docs, tx, &id, &rows, &mut late, &mut spoiled)? {
            changes.push((id, change));
        }
    }
    changes.extend(say_late(docs, tx, &late, &mut spoiled)?);
    // The hub's word is about everything that was said before it.
    changes.sort_by_key(|(id, _)| matches!(id, DocId::Quota { .. }));
    Ok(Some(Batch { changes, spoiled, upto, more, edition: docs.edition() }))
}

fn one_document(
    docs: &mut Docs,
    tx: &dyn HubTx,
    id: &DocId,
    facts: &[(u64, Fact)],
    late: &mut Vec<(StoreId, u64, Fact)>,
    spoiled: &mut Vec<Spoiled>,
) -> Result<Option<Vec<u8>>, Fault> {
    for (seq, fact) in facts {
        match docs.open(tx, id)?.put_fact(fact) {
            Ok(_) => {}
            Err(DocError::HourClosed { .. } | DocError::UnknownOrder { .. }) => {
                late.extend(id.store().map(|store| (store.clone(), *seq, fact.clone())));
            }
            Err(error @ DocError::Broken { .. }) => return Err(error.into()),
            Err(error) => {
                tracing::error!(doc = %id, fact = seq, %error, "a fact of our own does not fit its document");
                let fact = serde_json::to_vec(fact).unwrap_or_default();
                spoiled.push(Spoiled { doc: id.clone(), seq: *seq, fact, why: error.to_string() });
            }
        }
    }
    Ok(docs.open(tx, id)?.commit()?)
}

/// Facts for hours in which the hub has said its last word go to a later one, and so do those about an order that its hour has
/// lost and the hub knows: they must not wait for a repair.
fn say_late(
    docs: &mut Docs,
    tx: &dyn HubTx,
    late: &[(StoreId, u64, Fact)],
    spoiled: &mut Vec<Spoiled>,
) -> Result<Vec<(DocId, Vec<u8>)>, Fault> {
    let mut touched: Vec<DocId> = Vec::new();
    for (store, seq, fact) in late {
        let Some((order, hour)) = fact.of_order() else { continue };
        let own = DocKey::Orders { hour }.of(store);
        let head = head_of(docs, tx, &own, order)?;
        let said = match head {
            Some(head) => put_late(docs, tx, &own, hour, &head, fact)?,
            None => Err(DocError::UnknownOrder { order: order.to_string() }),
        };
        match said {
            Ok(later) => touched.push(later),
            Err(error @ DocError::Broken { .. }) => return Err(error.into()),
            Err(error) => {
                let fact = serde_json::to_vec(fact).unwrap_or_default();
                spoiled.push(Spoiled { doc: own, seq: *seq, fact, why: error.to_string() });
            }
        }
    }
    touched.sort_unstable();
    touched.dedup();
    let mut changes = Vec::new();
    for id in touched {
        changes.extend(docs.open(tx, &id)?.commit()?.map(|change| (id, change)));
    }
    Ok(changes)
}

/// The head of an order, as the document of its hour has it, or the blob in its place; of one that its hour has lost, as it was
/// promised.
fn head_of(
    docs: &mut Docs,
    tx: &dyn HubTx,
    own: &DocId,
    order: &OrderId,
) -> Result<Option<OrderHead>, Fault> {
    let placed = tx.order(order)?.map(|row| DocKey::Orders { hour: row.placed_at.hour() }.of(&row.store));
    for doc in [Some(own.clone()), placed].into_iter().flatten() {
        if let Some(view) = docs.open(tx, &doc)?.order(order).ok().flatten() {
            return Ok(Some(view.head));
        }
    }
    Ok(promised_head(tx, order)?)
}

/// Stages a fact in the first later hour in which the hub has not said its last word. A former life, which this one has
/// forgotten, may have said it in hours that no mark of this one names.
fn put_late(
    docs: &mut Docs,
    tx: &dyn HubTx,
    own: &DocId,
    hour: i64,
    head: &OrderHead,
    fact: &Fact,
) -> Result<Result<DocId, DocError>, Fault> {
    let Some(store) = own.store() else { return Ok(Err(DocError::WrongKind { wanted: "late" })) };
    let first = tx.hour_after_marked(store)?.max(hour + 1);
    for later in (first..).take(doc::LATER_HOURS).map(|hour| DocKey::Orders { hour }.of(store)) {
        match docs.open(tx, &later)?.put_late(head, fact) {
            Err(DocError::HourClosed { .. }) => {}
            Err(error) => return Ok(Err(error)),
            Ok(_) => return Ok(Ok(later)),
        }
    }
    Ok(Err(DocError::HourClosed { doc: own.to_string() }))
}

impl HubEngine {
    /// Carries what waits. Gives the stores whose logs grew, each with the lanes that did and their last records.
    ///
    /// # Errors
    /// [`Fault`]: what was not carried is carried the next time.
    pub fn carry(&mut self, now: Timestamp) -> Result<Vec<(StoreId, Vec<LaneSeq>)>, Fault> {
        let mut grew: BTreeMap<StoreId, Vec<LaneSeq>> = BTreeMap::new();
        loop {
            let batch = compose(&mut self.docs.lock(), &*self.db)?;
            let Some(batch) = batch else { return Ok(grew.into_iter().collect()) };
            grew.extend(self.keep(now, &batch)?.grew);
        }
    }

    /// Carries what waits at a clean stop, as far as that takes no long time. Of a batch that is on its way nothing is
    /// remembered: its facts are among those that wait.
    ///
    /// # Errors
    /// [`Fault`]: what was not carried is carried after the next start.
    pub fn carry_rest(&mut self, now: Timestamp) -> Result<(), Fault> {
        self.docs.lock().forget();
        for _ in 0..REST_MAX {
            let batch = compose(&mut self.docs.lock(), &*self.db)?;
            let Some(batch) = batch else { return Ok(()) };
            self.keep(now, &batch)?;
        }
        Ok(())
    }

    /// Stores a batch in a transaction of its own.
    ///
    /// # Errors
    /// [`Fault`]; its facts are said again.
    pub fn keep(&mut self, now: Timestamp, batch: &Batch) -> Result<Carried, Fault> {
        let done = self.within(|engine| engine.store_batch(now, batch));
        self.docs.lock().after(done.is_ok());
        done
    }

    /// Stores a batch in the transaction that is open.
    pub(super) fn store_batch(&mut self, now: Timestamp, batch: &Batch) -> Result<Carried, Fault> {
        if batch.edition != self.docs.lock().edition() {
            // The documents were read anew since: the facts still wait, and are said again.
            return Ok(Carried { grew: BTreeMap::new(), more: true });
        }
        for fact in &batch.spoiled {
            // What is sold stands in its table; of the city's own document nothing is lost by that.
            if let Some(store) = fact.doc.store() {
                self.db.quarantine(store, (&fact.doc, fact.seq), &fact.fact, &fact.why, now)?;
            }
        }
        let mut known: BTreeMap<&StoreId, LaneStates> = BTreeMap::new();
        let mut places: BTreeMap<&StoreId, Vec<LaneSeq>> = BTreeMap::new();
        for (id, change) in &batch.changes {
            self.db.add_chunk(id, change)?;
            // The city's document goes into the stores' logs by `spread_catalogue`.
            let Some(store) = id.store() else { continue };
            let lanes = match known.entry(store) {
                Entry::Occupied(lanes) => lanes.into_mut(),
                Entry::Vacant(place) => place.insert(self.db.lanes(store)?),
            };
            let lane = Lane::of(Owner::Hub, id.key(), now);
            lanes[lane.index()].sent += 1;
            let at = LaneSeq { lane, seq: lanes[lane.index()].sent };
            self.db.add_record(store, at, id.key(), change)?;
            places.entry(store).or_default().push(at);
        }
        let mut grew = BTreeMap::new();
        for (store, places) in places {
            let ends = lane::ends(places);
            for end in &ends {
                self.db.set_sent(store, *end)?;
            }
            grew.insert(store.clone(), ends);
        }
        self.db.drop_facts(batch.upto)?;
        Ok(Carried { grew, more: batch.more })
    }
}
