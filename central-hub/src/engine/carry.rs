//! The carrier: facts of the outbox become document changes and records of each store's log, in one transaction with
//! `carried_seq`. A crash anywhere repeats it; a document says each fact once.

use super::{Fault, HubEngine};
use crate::db::sync::OutboxRow;
use ::sync::doc::{DocError, DocId, DocKey};
use model::{StoreId, Timestamp};
use std::collections::BTreeMap;

/// Facts carried in one transaction.
const AT_ONCE: u32 = 512;

impl HubEngine {
    /// Carries what waits. Gives the stores whose logs grew, each with its last record.
    ///
    /// # Errors
    /// [`Fault`]: nothing was carried, ask again.
    pub fn carry(&mut self, now: Timestamp) -> Result<Vec<(StoreId, u64)>, Fault> {
        let mut grew: BTreeMap<StoreId, u64> = BTreeMap::new();
        while !self.db.facts_after(self.db.carried()?, 1)?.is_empty() {
            self.within(|engine| engine.carry_some(now, &mut grew))?;
        }
        Ok(grew.into_iter().collect())
    }

    fn carry_some(&mut self, now: Timestamp, grew: &mut BTreeMap<StoreId, u64>) -> Result<(), Fault> {
        let rows = self.db.facts_after(self.db.carried()?, AT_ONCE)?;
        let last = rows.last().map(|row| row.seq);
        let generation = self.db.generation()?;
        // All facts of one document become one change; documents in the order of their first fact.
        let mut order: Vec<DocId> = Vec::new();
        let mut facts: BTreeMap<DocId, Vec<OutboxRow>> = BTreeMap::new();
        for row in rows {
            let store = self.db.store(&row.store)?.ok_or_else(|| Fault::UnknownStore(row.store.clone()))?;
            let id = DocKey::of_fact(&row.fact, store.epoch, generation).of(&row.store);
            if !facts.contains_key(&id) {
                order.push(id.clone());
            }
            facts.entry(id).or_default().push(row);
        }
        for id in order {
            let rows = facts.remove(&id).unwrap_or_default();
            if let Some(seq) = self.carry_document(now, &id, &rows)? {
                grew.insert(id.store().clone(), seq);
            }
        }
        if let Some(last) = last {
            self.db.set_carried(last)?;
        }
        Ok(())
    }

    fn carry_document(
        &mut self,
        now: Timestamp,
        id: &DocId,
        rows: &[OutboxRow],
    ) -> Result<Option<u64>, Fault> {
        let document = self.docs.open(&*self.db, id)?;
        let mut poisoned = Vec::new();
        for row in rows {
            match document.put_fact(&row.fact) {
                Ok(_) => {}
                Err(error @ DocError::Broken { .. }) => return Err(error.into()),
                Err(error) => poisoned.push((row, error)),
            }
        }
        let change = document.commit()?;
        for (row, error) in poisoned {
            tracing::error!(doc = %id, fact = row.seq, %error, "a fact of our own does not fit its document");
            let fact = serde_json::to_vec(&row.fact).unwrap_or_default();
            self.db.quarantine(id, row.seq, &fact, &error.to_string(), now)?;
        }
        let Some(change) = change else { return Ok(None) };
        let store = id.store();
        let sent = self.db.store(store)?.map_or(0, |row| row.sent_seq) + 1;
        self.db.add_chunk(id, &change)?;
        self.db.add_record(store, sent, id.key(), &change)?;
        self.db.set_sent(store, sent)?;
        Ok(Some(sent))
    }
}
