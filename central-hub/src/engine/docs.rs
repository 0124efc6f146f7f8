//! Live documents: loaded from their chunks when needed, the least recently used ones dropped. A cache of what the
//! database says, never more: after a fault everything is forgotten.

use super::Fault;
use crate::db::HubTx;
use ::sync::doc::{DocActor, DocId, Document};
use model::order::Owner;
use std::collections::BTreeMap;

/// Documents kept in memory.
const LIVE: usize = 512;

/// The cache.
#[derive(Debug)]
pub(super) struct Docs {
    boot: u32,
    tick: u64,
    live: BTreeMap<DocId, (u64, Document)>,
}

impl Docs {
    pub(super) fn new(boot: u32) -> Self {
        Self { boot, tick: 0, live: BTreeMap::new() }
    }

    /// The document, as the database has it.
    pub(super) fn open(&mut self, tx: &dyn HubTx, id: &DocId) -> Result<&mut Document, Fault> {
        self.tick += 1;
        let tick = self.tick;
        if !self.live.contains_key(id) {
            let actor = DocActor { side: Owner::Hub, store: id.store().clone(), boot: self.boot };
            let document = Document::load(id.clone(), &actor, &tx.chunks(id)?)?;
            self.make_room();
            self.live.insert(id.clone(), (tick, document));
        }
        let entry = self.live.get_mut(id).map(|(used, document)| {
            *used = tick;
            document
        });
        entry.ok_or_else(|| Fault::Db(crate::db::DbFault::Corrupt(format!("{id} vanished from memory"))))
    }

    /// One document must be read again.
    pub(super) fn drop_one(&mut self, id: &DocId) {
        self.live.remove(id);
    }

    /// All must be read again.
    pub(super) fn forget(&mut self) {
        self.live.clear();
    }

    fn make_room(&mut self) {
        while self.live.len() >= LIVE {
            let oldest = self.live.iter().min_by_key(|(_, (used, _))| *used).map(|(id, _)| id.clone());
            match oldest {
                Some(id) => self.live.remove(&id),
                None => break,
            };
        }
    }
}
