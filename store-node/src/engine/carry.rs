//! From outbox rows to document changes in the own log. First the changes are made ([`compose`], on the scribe's thread
//! or on the writer's), then they are stored with their numbers and the end of the outbox in one transaction, and only
//! then may a byte of them be sent. Crashes anywhere repeat it; a document says each fact once.

use super::docs::Docs;
use super::{Engine, Fault};
use crate::db::marks::{self, Mark};
use crate::db::quota::Terms;
use crate::db::{Connection, DbError, DbResult, Tx, docs, hours, orders, outbox};
use crate::flows;
use model::Timestamp;
use model::fact::Fact;
use model::order::Owner;
use serde::Deserialize as _;
use std::collections::BTreeMap;
use sync::doc::{self, DocError, DocId, DocKey};
use sync::lane::Lane;
use sync::peer::OutRecord;

/// Facts in one batch; one change per document comes of them. Small, so that a node that is killed again and again still
/// gets on.
const FACTS_MAX: u32 = 128;
/// Rows of the outbox that are looked at for one batch.
const ROWS_MAX: u32 = 128;
/// Batches that a clean stop may still write.
const REST_MAX: u32 = 64;

/// What one batch came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Carried {
    /// The own log grew.
    pub grew: bool,
    /// More facts may wait.
    pub more: bool,
}

/// Changes that are made and not stored yet. While there is one, no second is made.
#[derive(Debug)]
pub struct Batch {
    changes: Vec<Change>,
    spoiled: Vec<Spoiled>,
    upto: i64,
    more: bool,
    /// Of the documents in memory; a batch of documents that were forgotten since is worth nothing.
    edition: u64,
}

#[derive(Debug)]
struct Change {
    key: DocKey,
    bytes: Vec<u8>,
    facts: u32,
    oldest: Timestamp,
}

/// A fact that fits no document.
#[derive(Debug)]
struct Spoiled {
    seq: i64,
    doc: String,
    text: String,
    reason: String,
}

/// What one batch says in one document.
struct Said {
    facts: u32,
    oldest: Timestamp,
}

/// Makes changes of waiting facts; `None` when none wait. A fact that fits no document is set aside with its reason, and
/// the rest goes on.
///
/// # Errors
/// A fault; no document remembers anything of it.
pub(super) fn compose(docs: &mut Docs, conn: &Connection) -> Result<Option<Batch>, Fault> {
    let done = compose_some(docs, conn);
    match &done {
        Ok(Some(_)) => docs.owe(),
        Ok(None) => {}
        Err(_) => docs.forget(),
    }
    done
}

fn compose_some(docs: &mut Docs, conn: &Connection) -> Result<Option<Batch>, Fault> {
    let mut waiting = outbox::waiting(conn, ROWS_MAX)?;
    let mut more = waiting.len() >= usize::try_from(ROWS_MAX).unwrap_or(usize::MAX);
    let mut room = FACTS_MAX;
    let fitting = waiting.iter().take_while(|row| take(&mut room, row.count)).count();
    more |= fitting < waiting.len();
    waiting.truncate(fitting);
    let Some(upto) = waiting.last().map(|row| row.seq) else { return Ok(None) };
    let terms = flows::terms(conn)?;
    let mut touched: BTreeMap<DocKey, Said> = BTreeMap::new();
    let mut spoiled = Vec::new();
    for row in &waiting {
        for fact in facts_of(&row.facts) {
            let mut spoil = |doc, text, reason| spoiled.push(Spoiled { seq: row.seq, doc, text, reason });
            let fact = match fact {
                Ok(fact) => fact,
                Err((text, reason)) => {
                    spoil(String::new(), text, reason);
                    continue;
                }
            };
            let (key, done) = say(docs, conn, terms, &fact)?;
            let said = touched.entry(key).or_insert(Said { facts: 0, oldest: row.at });
            match done {
                Ok(_) => said.facts += 1,
                Err(error @ DocError::Broken { .. }) => return Err(error.into()),
                Err(error) => {
                    let text = serde_json::to_string(&fact).unwrap_or_default();
                    spoil(docs.name(key), text, error.to_string());
                }
            }
        }
    }
    let mut changes = Vec::with_capacity(touched.len());
    for (key, Said { facts, oldest }) in touched {
        let Some(bytes) = docs.get(conn, key)?.commit()? else { continue };
        changes.push(Change { key, bytes, facts, oldest });
    }
    Ok(Some(Batch { changes, spoiled, upto, more, edition: docs.edition() }))
}

/// Whether a row of `count` facts still has room in a batch; the first one always has.
fn take(room: &mut u32, count: u32) -> bool {
    let fits = count <= *room || *room == FACTS_MAX;
    *room = room.saturating_sub(count);
    fits
}

/// The facts of a row; of one that does not read its text and the reason.
fn facts_of(list: &str) -> Vec<Result<Fact, (String, String)>> {
    if let Ok(facts) = serde_json::from_str::<Vec<Fact>>(list) {
        return facts.into_iter().map(Ok).collect();
    }
    let values: Vec<serde_json::Value> = match serde_json::from_str(list) {
        Ok(values) => values,
        Err(error) => return vec![Err((list.to_owned(), error.to_string()))],
    };
    let read = |value: serde_json::Value| {
        Fact::deserialize(&value).map_err(|error| (value.to_string(), error.to_string()))
    };
    values.into_iter().map(read).collect()
}

/// Stages a fact in its document. What belongs to an hour in which the store has said its last word goes to a later one, and so
/// does what is about an order that the document has lost and the store knows: it must not wait for a repair.
fn say(
    docs: &mut Docs,
    conn: &Connection,
    terms: Terms,
    fact: &Fact,
) -> Result<(DocKey, Result<bool, DocError>), Fault> {
    let key = DocKey::of_fact(fact, terms.epoch, terms.generation);
    let document = docs.get(conn, key)?;
    let done = document.put_fact(fact);
    let (Err(DocError::HourClosed { .. } | DocError::UnknownOrder { .. }), Some((order, hour))) =
        (&done, fact.of_order())
    else {
        return Ok((key, done));
    };
    let head = match document.order(order) {
        Ok(Some(view)) => view.head,
        // A change was lost, or the hour came closed from a hub that had forgotten the order when it ended.
        Ok(None) | Err(_) => match orders::head(conn, order)? {
            Some(head) => head,
            None => return Ok((key, done)),
        },
    };
    // A former life, which this one has forgotten, may have said its last word in hours that no mark of this one names.
    let first = hours::after_marked(conn)?.max(hour + 1);
    for later in (first..).take(doc::LATER_HOURS).map(|hour| DocKey::Orders { hour }) {
        match docs.get(conn, later)?.put_late(&head, fact) {
            Err(DocError::HourClosed { .. }) => {}
            said => return Ok((later, said)),
        }
    }
    Ok((key, done))
}

/// Stores a batch in the transaction that is open. After its commit [`Docs::settle`] is due, after its failure
/// [`Docs::forget`].
///
/// # Errors
/// A fault of the database.
pub(super) fn store(docs: &mut Docs, tx: &Tx<'_>, now: Timestamp, batch: &Batch) -> Result<Carried, Fault> {
    if batch.edition != docs.edition() {
        // The documents were read anew since: the facts still wait, and are said again.
        return Ok(Carried { grew: false, more: true });
    }
    for fact in &batch.spoiled {
        let origin = format!("outbox {}", fact.seq);
        docs::quarantine(tx, now, &origin, &fact.doc, fact.text.as_bytes(), &fact.reason)?;
    }
    let single = is_single(tx)?;
    for change in &batch.changes {
        docs.keep(tx, change.key, &change.bytes)?;
        let lane = if single { Lane::Orders } else { Lane::of(Owner::Store, change.key, now) };
        outbox::log(tx, lane, &docs.name(change.key), &change.bytes, change.facts, change.oldest)?;
    }
    outbox::carried(tx, batch.upto)?;
    Ok(Carried { grew: !batch.changes.is_empty(), more: batch.more })
}

/// The hub was last heard to read version 1 only: it knows one lane.
///
/// # Errors
/// A fault of the database.
pub(super) fn is_single(conn: &Connection) -> DbResult<bool> {
    Ok(marks::get(conn, Mark::HubVersion)? == 1)
}

impl Engine {
    /// Carries every waiting fact; says whether the own log grew.
    ///
    /// # Errors
    /// A fault; what was not carried stays in the outbox.
    pub fn carry(&mut self, now: Timestamp) -> Result<bool, Fault> {
        let mut grew = false;
        loop {
            let batch = compose(&mut self.docs.lock(), self.db.read())?;
            let Some(batch) = batch else { return Ok(grew) };
            let carried = self.keep(now, &batch)?;
            grew |= carried.grew;
            if !carried.more {
                return Ok(grew);
            }
        }
    }

    /// Carries what waits at a clean stop, as far as that takes no long time. Of a batch that is on its way nothing is
    /// remembered: its facts are among those that wait.
    ///
    /// # Errors
    /// A fault; what was not carried stays in the outbox.
    pub fn carry_rest(&mut self, now: Timestamp) -> Result<(), Fault> {
        self.docs.lock().forget();
        for _ in 0..REST_MAX {
            let batch = compose(&mut self.docs.lock(), self.db.read())?;
            let Some(batch) = batch else { return Ok(()) };
            self.keep(now, &batch)?;
        }
        Ok(())
    }

    /// Stores a batch in a transaction of its own.
    ///
    /// # Errors
    /// A fault; what was not carried stays in the outbox.
    pub fn keep(&mut self, now: Timestamp, batch: &Batch) -> Result<Carried, Fault> {
        let mut docs = self.docs.lock();
        let done = (|| {
            let tx = self.db.begin()?;
            let carried = store(&mut docs, &tx, now, batch)?;
            tx.commit()?;
            Ok(carried)
        })();
        docs.after(done.is_ok());
        done
    }
}

/// A lane of the own log after a number.
///
/// # Errors
/// A fault of the database, also for a stored name that names no document.
pub fn records(conn: &Connection, lane: Lane, after: u64, limit: u32) -> DbResult<Vec<OutRecord>> {
    let rows = outbox::logged(conn, lane, after, limit)?;
    rows.into_iter()
        .map(|(seq, doc, change)| {
            let id: DocId = doc.parse().map_err(|error: DocError| DbError::Corrupt(error.to_string()))?;
            Ok(OutRecord { seq, doc: id.key(), change })
        })
        .collect()
}
