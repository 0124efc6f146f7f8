//! The live documents: loaded when needed, thrown away when a transaction they took part in did not commit, so that
//! memory never says more than the disk and the one batch that is on its way there. Writer and scribe share them.

use super::Fault;
use crate::db::{self, Connection};
use model::StoreId;
use model::order::Owner;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use sync::doc::{DocActor, DocError, DocKey, Document};

/// Documents kept in memory.
const LIVE_MAX: usize = 32;
/// A document of more chunks is written anew as one.
const CHUNKS_MAX: usize = 4_000;

/// One live document.
struct Live {
    document: Document,
    chunks: usize,
}

/// See the file.
pub(super) struct Docs {
    store: StoreId,
    actor: DocActor,
    live: BTreeMap<DocKey, Live>,
    edition: u64,
    /// A batch of changes is made and not stored yet.
    owing: bool,
}

impl Docs {
    pub(super) fn new(store: StoreId, boot: u32) -> Self {
        let actor = DocActor { side: Owner::Store, store: store.clone(), boot };
        Self { store, actor, live: BTreeMap::new(), edition: 0, owing: false }
    }

    /// The document, read from its chunks if it is not live.
    pub(super) fn get(&mut self, conn: &Connection, key: DocKey) -> Result<&mut Document, Fault> {
        if !self.live.contains_key(&key) {
            let live = self.read(conn, key)?;
            self.live.insert(key, live);
        }
        match self.live.get_mut(&key) {
            Some(live) => Ok(&mut live.document),
            None => Err(Fault::Db(db::DbError::Corrupt(format!("no document {key:?}")))),
        }
    }

    /// The document as the disk has it.
    fn read(&self, conn: &Connection, key: DocKey) -> Result<Live, Fault> {
        let id = key.of(&self.store);
        let name = id.to_string();
        let (bytes, chunks) = db::docs::load(conn, &name)?;
        let closed = if chunks == 0 { db::hours::blob(conn, &name)? } else { None };
        let document = match closed {
            Some(blob) => Document::of_closed(id, &self.actor, &blob)?,
            None => Document::load(id, &self.actor, &bytes)?,
        };
        Ok(Live { document, chunks })
    }

    /// Keeps a chunk of a live document. A document of very many chunks becomes one.
    pub(super) fn keep(&mut self, conn: &Connection, key: DocKey, bytes: &[u8]) -> Result<(), Fault> {
        let name = key.of(&self.store).to_string();
        let Some(live) = self.live.get_mut(&key) else { return Ok(db::docs::append(conn, &name, bytes)?) };
        live.chunks += 1;
        // Changes that wait for others are not part of the whole, and changes on their way would be part of it before
        // they are in the log: then every chunk stays.
        if live.chunks > CHUNKS_MAX && live.document.waiting() == 0 && !self.owing {
            db::docs::replace(conn, &name, &live.document.save_full()?)?;
            live.chunks = 1;
            return Ok(());
        }
        Ok(db::docs::append(conn, &name, bytes)?)
    }

    /// Works with the document as it durably stands: what is made and not stored yet is nothing to tell anybody.
    pub(super) fn durable<T>(
        &mut self,
        conn: &Connection,
        key: DocKey,
        work: impl FnOnce(&mut Document) -> T,
    ) -> Result<T, Fault> {
        if self.owing {
            return Ok(work(&mut self.read(conn, key)?.document));
        }
        Ok(work(self.get(conn, key)?))
    }

    /// The whole document in bytes, for somebody outside; none of one that is a closed hour, which is fetched by its hash.
    pub(super) fn whole(&mut self, conn: &Connection, key: DocKey) -> Result<Vec<u8>, Fault> {
        match self.durable(conn, key, |document| document.save_full())? {
            Ok(bytes) => Ok(bytes),
            Err(DocError::HourClosed { .. }) => Ok(Vec::new()),
            Err(error) => Err(error.into()),
        }
    }

    /// A digest of the document, for the other side to compare; none of a closed hour, whose blob the manifest names.
    pub(super) fn heads(&mut self, conn: &Connection, key: DocKey) -> Result<Option<[u8; 8]>, Fault> {
        let document = self.get(conn, key)?;
        Ok((!document.is_closed()).then(|| document.heads()))
    }

    /// Whether it is a closed hour: nothing about it is repaired.
    pub(super) fn is_closed(&mut self, conn: &Connection, key: DocKey) -> Result<bool, Fault> {
        Ok(self.get(conn, key)?.is_closed())
    }

    /// Which reading of the disk this is: another number after [`Docs::forget`].
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

    /// What becomes of memory after a transaction.
    pub(super) fn after(&mut self, committed: bool) {
        if committed {
            self.settle();
        } else {
            self.forget();
        }
    }

    /// Every change that was made is stored. Lets old hours go.
    fn settle(&mut self) {
        self.owing = false;
        self.trim();
    }

    /// Memory may say more than the disk: everything is read again when it is needed.
    pub(super) fn forget(&mut self) {
        self.live.clear();
        self.edition += 1;
        self.owing = false;
    }

    /// All must be read again, and what is written from now on is another life's.
    pub(super) fn renew(&mut self, boot: u32) {
        self.actor.boot = boot;
        self.forget();
    }

    /// What becomes of memory after a transaction that stored what came from outside.
    pub(super) fn trim_or_forget(&mut self, committed: bool) {
        if !committed {
            self.forget();
        }
        self.trim();
    }

    /// Lets old hours go; none whose changes are on their way.
    pub(super) fn trim(&mut self) {
        while !self.owing && self.live.len() > LIVE_MAX && self.live.pop_first().is_some() {}
    }

    /// Editions of the catalogue before this one are over.
    pub(super) fn drop_catalogues_before(&mut self, keep: DocKey) {
        self.live.retain(|key, _| !matches!(key, DocKey::Catalogue { .. }) || *key >= keep);
    }

    /// The store's name for a document.
    pub(super) fn name(&self, key: DocKey) -> String {
        key.of(&self.store).to_string()
    }
}

/// The documents as writer and scribe hold them.
#[derive(Clone)]
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
