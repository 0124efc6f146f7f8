//! The live documents: loaded when needed, thrown away when a transaction they took part in did not commit, so that
//! memory never says more than the disk.

use super::Fault;
use crate::db::{self, Connection};
use model::StoreId;
use model::order::Owner;
use std::collections::BTreeMap;
use sync::doc::{DocActor, DocKey, Document};

/// Documents kept in memory.
const LIVE_MAX: usize = 32;
/// A document of more chunks is written anew as one.
const CHUNKS_MAX: usize = 4_000;

/// One live document.
pub(super) struct Live {
    /// The document.
    pub(super) document: Document,
    chunks: usize,
}

/// See the file.
pub(super) struct Docs {
    store: StoreId,
    actor: DocActor,
    live: BTreeMap<DocKey, Live>,
}

impl Docs {
    pub(super) fn new(store: StoreId, boot: u32) -> Self {
        let actor = DocActor { side: Owner::Store, store: store.clone(), boot };
        Self { store, actor, live: BTreeMap::new() }
    }

    /// The document, read from its chunks if it is not live.
    pub(super) fn get(&mut self, conn: &Connection, key: DocKey) -> Result<&mut Document, Fault> {
        if !self.live.contains_key(&key) {
            let id = key.of(&self.store);
            let (bytes, chunks) = db::docs::load(conn, &id.to_string())?;
            let document = Document::load(id, &self.actor, &bytes)?;
            self.live.insert(key, Live { document, chunks });
        }
        match self.live.get_mut(&key) {
            Some(live) => Ok(&mut live.document),
            None => Err(Fault::Db(db::DbError::Corrupt(format!("no document {key:?}")))),
        }
    }

    /// Keeps a chunk of a live document. A document of very many chunks becomes one.
    pub(super) fn keep(&mut self, conn: &Connection, key: DocKey, bytes: &[u8]) -> Result<(), Fault> {
        let name = key.of(&self.store).to_string();
        let Some(live) = self.live.get_mut(&key) else { return Ok(db::docs::append(conn, &name, bytes)?) };
        live.chunks += 1;
        // Changes that wait for others are not part of the whole: then every chunk stays.
        if live.chunks > CHUNKS_MAX && live.document.waiting() == 0 {
            db::docs::replace(conn, &name, &live.document.save_full()?)?;
            live.chunks = 1;
            return Ok(());
        }
        Ok(db::docs::append(conn, &name, bytes)?)
    }

    /// These were changed in memory, but not on disk.
    pub(super) fn forget(&mut self, keys: impl IntoIterator<Item = DocKey>) {
        for key in keys {
            self.live.remove(&key);
        }
    }

    /// Lets old hours go.
    pub(super) fn trim(&mut self) {
        while self.live.len() > LIVE_MAX && self.live.pop_first().is_some() {}
    }

    /// The store's name for a document.
    pub(super) fn name(&self, key: DocKey) -> String {
        key.of(&self.store).to_string()
    }
}
