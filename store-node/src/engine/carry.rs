//! From outbox rows to document changes in the own log: the change, its number and the end of the outbox commit
//! together, and only then may a byte of it be sent.

use super::{Engine, Fault};
use crate::db::{Connection, DbError, DbResult, docs, outbox};
use crate::flows;
use model::Timestamp;
use model::fact::Fact;
use std::collections::BTreeMap;
use sync::doc::{DocError, DocId, DocKey};
use sync::peer::OutRecord;

/// Facts in one transaction; one change per document comes of them.
const FACTS_MAX: u32 = 128;

/// What one batch came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Carried {
    /// Last number of the own log, if it grew.
    pub last: Option<u64>,
    /// More facts may wait.
    pub more: bool,
}

/// What one batch says in one document.
struct Said {
    facts: u32,
    oldest: Timestamp,
}

impl Engine {
    /// Carries every waiting fact; gives the last number of the own log if it grew.
    ///
    /// # Errors
    /// A fault; what was not carried stays in the outbox.
    pub fn carry(&mut self, now: Timestamp) -> Result<Option<u64>, Fault> {
        let mut last = None;
        loop {
            let carried = self.carry_batch(now)?;
            last = carried.last.or(last);
            if !carried.more {
                return Ok(last);
            }
        }
    }

    /// Carries some of the waiting facts, so that who waits for the engine does not wait long. A fact that fits no
    /// document is put in quarantine with its reason, and the rest goes on.
    ///
    /// # Errors
    /// A fault; what was not carried stays in the outbox.
    pub fn carry_batch(&mut self, now: Timestamp) -> Result<Carried, Fault> {
        let mut touched = BTreeMap::new();
        let done = self.carry_some(now, &mut touched);
        if done.is_err() {
            self.docs.forget(touched.into_keys());
        }
        self.docs.trim();
        done
    }

    fn carry_some(&mut self, now: Timestamp, touched: &mut BTreeMap<DocKey, Said>) -> Result<Carried, Fault> {
        let tx = self.db.begin()?;
        let waiting = outbox::waiting(&tx, FACTS_MAX)?;
        let Some(upto) = waiting.last().map(|fact| fact.seq) else { return Ok(Carried::default()) };
        let terms = flows::terms(&tx)?;
        for row in &waiting {
            let origin = format!("outbox {}", row.seq);
            let fact: Fact = match serde_json::from_str(&row.text) {
                Ok(fact) => fact,
                Err(error) => {
                    docs::quarantine(&tx, now, &origin, "", row.text.as_bytes(), &error.to_string())?;
                    continue;
                }
            };
            let key = DocKey::of_fact(&fact, terms.epoch, terms.generation);
            let document = self.docs.get(&tx, key)?;
            let said = touched.entry(key).or_insert(Said { facts: 0, oldest: row.at });
            match document.put_fact(&fact) {
                Ok(_) => said.facts += 1,
                Err(error @ DocError::Broken { .. }) => return Err(error.into()),
                Err(error) => {
                    let name = self.docs.name(key);
                    docs::quarantine(&tx, now, &origin, &name, row.text.as_bytes(), &error.to_string())?;
                }
            }
        }
        let mut last = None;
        for (key, said) in touched.iter() {
            let Some(change) = self.docs.get(&tx, *key)?.commit()? else { continue };
            self.docs.keep(&tx, *key, &change)?;
            last = Some(outbox::log(&tx, &self.docs.name(*key), &change, said.facts, said.oldest)?);
        }
        outbox::carried(&tx, upto)?;
        tx.commit()?;
        Ok(Carried { last, more: waiting.len() >= usize::try_from(FACTS_MAX).unwrap_or(usize::MAX) })
    }
}

/// The own log after a number.
///
/// # Errors
/// A fault of the database, also for a stored name that names no document.
pub fn records(conn: &Connection, after: u64, limit: u32) -> DbResult<Vec<OutRecord>> {
    let rows = outbox::logged(conn, after, limit)?;
    rows.into_iter()
        .map(|(seq, doc, change)| {
            let id: DocId = doc.parse().map_err(|error: DocError| DbError::Corrupt(error.to_string()))?;
            Ok(OutRecord { seq, doc: id.key(), change })
        })
        .collect()
}
