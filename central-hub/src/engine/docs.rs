//! Live documents: loaded from their chunks when needed, the least recently used ones dropped. A cache of what the
//! database says and of the one batch that is on its way there, never more: after a fault everything is forgotten. Writer
//! and scribe share it.

use super::Fault;
use crate::db::HubTx;
use ::sync::doc::{DocActor, DocError, DocId, Document};
use model::SkuId;
use model::order::Owner;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

/// Documents kept in memory: an hour and rights of each of a thousand stores, and what they say about the hour before.
const LIVE: usize = 4_096;
/// Writes in their histories together, some 120 bytes each in `sync-fleet`: what keeps a city's busy hour open, and an end to memory.
const LIVE_OPERATIONS: usize = 2_000_000;

/// The cache.
#[derive(Debug)]
pub(super) struct Docs {
    boot: u32,
    tick: u64,
    live: BTreeMap<DocId, (u64, Document)>,
    edition: u64,
    /// A batch of changes is made and not stored yet.
    owing: bool,
    /// What was touched of a stock document since its last whole tick, where that is known.
    unshown: BTreeMap<DocId, BTreeSet<SkuId>>,
}

impl Docs {
    pub(super) fn new(boot: u32) -> Self {
        Self { boot, tick: 0, live: BTreeMap::new(), edition: 0, owing: false, unshown: BTreeMap::new() }
    }

    /// The document, as the database has it.
    pub(super) fn open(&mut self, tx: &dyn HubTx, id: &DocId) -> Result<&mut Document, Fault> {
        self.tick += 1;
        let tick = self.tick;
        if !self.live.contains_key(id) {
            let document = self.load(tx, id)?;
            self.live.insert(id.clone(), (tick, document));
        }
        let entry = self.live.get_mut(id).map(|(used, document)| {
            *used = tick;
            document
        });
        entry.ok_or_else(|| Fault::Db(crate::db::DbFault::Corrupt(format!("{id} vanished from memory"))))
    }

    /// Works with the document as it durably stands: what is made and not stored yet is nothing to tell anybody.
    pub(super) fn durable<T>(
        &mut self,
        tx: &dyn HubTx,
        id: &DocId,
        work: impl FnOnce(&mut Document) -> T,
    ) -> Result<T, Fault> {
        if self.owing {
            return Ok(work(&mut self.load(tx, id)?));
        }
        Ok(work(self.open(tx, id)?))
    }

    /// The whole document in bytes, for somebody outside; none of one that is a closed hour, which is fetched by its hash.
    pub(super) fn whole(&mut self, tx: &dyn HubTx, id: &DocId) -> Result<Vec<u8>, Fault> {
        match self.durable(tx, id, |document| document.save_full())? {
            Ok(bytes) => Ok(bytes),
            Err(DocError::HourClosed { .. }) => Ok(Vec::new()),
            Err(error) => Err(error.into()),
        }
    }

    fn load(&self, tx: &dyn HubTx, id: &DocId) -> Result<Document, Fault> {
        let chunks = tx.chunks(id)?;
        let blob = if chunks.is_empty() { tx.closed_blob(id)? } else { None };
        match (id.store(), blob) {
            (Some(store), Some(blob)) => {
                let actor = DocActor { side: Owner::Hub, store: store.clone(), boot: self.boot };
                Ok(Document::of_closed(id.clone(), &actor, &blob)?)
            }
            (_, _) => Ok(Document::load_as(id.clone(), Owner::Hub, self.boot, &chunks)?),
        }
    }

    /// The document, if it is in memory.
    pub(super) fn known(&self, id: &DocId) -> Option<&Document> {
        self.live.get(id).map(|(_, document)| document)
    }

    /// What was touched of a stock document since its last whole tick; `None` when that was forgotten.
    pub(super) fn unshown(&mut self, id: &DocId) -> Option<&mut BTreeSet<SkuId>> {
        self.unshown.get_mut(id)
    }

    /// All of a stock document's last whole tick was shown. Documents of earlier hours are forgotten.
    pub(super) fn shown(&mut self, id: &DocId) {
        self.unshown.retain(|known, _| known.store() != id.store());
        self.unshown.insert(id.clone(), BTreeSet::new());
    }

    /// Which reading of the database this is: another number after [`Docs::forget`].
    pub(super) const fn edition(&self) -> u64 {
        self.edition
    }

    /// Changes were made that are not stored yet.
    pub(super) const fn owe(&mut self) {
        self.owing = true;
    }

    /// Whether changes are made that are not stored yet.
    pub(super) const fn is_owing(&self) -> bool {
        self.owing
    }

    /// What becomes of memory after a transaction that stored a batch.
    pub(super) fn after(&mut self, committed: bool) {
        if committed {
            self.owing = false;
            self.trim();
        } else {
            self.forget();
        }
    }

    /// All must be read again.
    pub(super) fn forget(&mut self) {
        self.live.clear();
        self.unshown.clear();
        self.edition += 1;
        self.owing = false;
    }

    /// All must be read again, and what is written from now on is another life's.
    pub(super) fn renew(&mut self, boot: u32) {
        self.boot = boot;
        self.forget();
    }

    /// Lets the least recently used go; none while changes are on their way.
    pub(super) fn trim(&mut self) {
        if self.owing {
            return;
        }
        let mut operations: usize = self.live.values().map(|(_, document)| document.operations()).sum();
        while self.live.len() > LIVE || (operations > LIVE_OPERATIONS && self.live.len() > 1) {
            let oldest = self.live.iter().min_by_key(|(_, (used, _))| *used).map(|(id, _)| id.clone());
            let Some((_, gone)) = oldest.and_then(|id| self.live.remove(&id)) else { break };
            operations = operations.saturating_sub(gone.operations());
        }
    }
}

/// The documents as writer and scribe hold them.
#[derive(Debug, Clone)]
pub(super) struct SharedDocs(Arc<Mutex<Docs>>);

impl SharedDocs {
    pub(super) fn new(docs: Docs) -> Self {
        Self(Arc::new(Mutex::new(docs)))
    }

    /// One of the two works with them. Where the other panicked in the middle, they are read again.
    pub(super) fn lock(&self) -> MutexGuard<'_, Docs> {
        self.0.lock().unwrap_or_else(|poisoned| {
            self.0.clear_poison();
            let mut docs = poisoned.into_inner();
            docs.forget();
            docs
        })
    }
}
