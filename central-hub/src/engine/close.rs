//! Hours that are over become blobs: the hub's last word first, and once both sides' words stand and are acknowledged, the
//! canonical blob in place of the chunks. What cannot be read back is left as it is.

use super::{Fault, HubEngine};
use crate::flows;
use ::sync::doc::{ClosedHour, DocError, DocId, DocKey, ManifestEntry};
use model::{StoreId, Timestamp};

/// Hours of one store that one look closes at most.
const CLOSES_MAX: u32 = 16;

/// What one look at the hours of all stores did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HoursSeen {
    /// Hours in which the hub said its last word: facts wait to be carried.
    pub marked: u32,
    /// Hours that are blobs now.
    pub closed: u32,
}

/// Why a blob from a store is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BlobRefused {
    /// Not a document that becomes a blob.
    #[error("only hours of orders are closed")]
    NoHour,
    /// Its content has another SHA-256 than its manifest says.
    #[error("the blob's content is not what its manifest says")]
    OtherContent,
    /// It stands here already, with another content: a person must look.
    #[error("the hour is closed here with another content")]
    Differs,
    /// Changes of that hour wait here; they would be lost.
    #[error("the hour is still open here")]
    Open,
    /// It does not read.
    #[error("{0}")]
    Unreadable(#[from] DocError),
}

impl BlobRefused {
    /// Whether somebody has to look: an hour that is merely still open ends by itself.
    const fn is_for_a_person(&self) -> bool {
        match self {
            Self::OtherContent | Self::Differs | Self::Unreadable(_) => true,
            Self::NoHour | Self::Open => false,
        }
    }
}

impl HubEngine {
    /// Looks at the hours of every store: says last words, makes blobs.
    ///
    /// # Errors
    /// [`Fault`]: nothing of this look was kept.
    pub fn close_hours(&mut self, now: Timestamp) -> Result<HoursSeen, Fault> {
        let shared = self.docs.clone();
        let seen = self.within(|engine| {
            let mut seen = HoursSeen::default();
            for store in engine.db.stores()? {
                seen.marked += flows::hours::mark(&mut *engine.db, now, &store.seed.id)?;
                seen.closed += engine.close_ready(now, &store.seed.id)?;
            }
            Ok(seen)
        })?;
        if seen.closed > 0 {
            shared.lock().forget();
        }
        Ok(seen)
    }

    fn close_ready(&mut self, now: Timestamp, store: &StoreId) -> Result<u32, Fault> {
        let shared = self.docs.clone();
        let mut docs = shared.lock();
        if docs.is_owing() {
            return Ok(0);
        }
        let mut closed = 0;
        for hour in self.db.hours_ready(store, CLOSES_MAX)? {
            let id = DocKey::Orders { hour }.of(store);
            let document = docs.open(&*self.db, &id)?;
            // A mark that is carried in this very moment, or a change that waits for another: the next look.
            if document.is_closed() || !document.is_complete()? {
                continue;
            }
            match document.close() {
                Ok(blob) => {
                    self.db.close_hour(&id, hour, &blob, now)?;
                    closed += 1;
                }
                Err(error) => tracing::error!(doc = %id, %error, "an hour stays a document"),
            }
        }
        Ok(closed)
    }

    /// Takes an hour of a store as a blob, as a restored hub gets it. `Ok(Err)`: it is refused, with the reason; what a person
    /// must look at is kept with it.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn take_closed(
        &mut self,
        now: Timestamp,
        store: &StoreId,
        entry: &ManifestEntry,
        bytes: Vec<u8>,
    ) -> Result<Result<(), BlobRefused>, Fault> {
        let taken = self.within(|engine| {
            let taken = engine.judge_closed(now, store, entry, &bytes)?;
            if let Err(refused) = &taken
                && refused.is_for_a_person()
            {
                let why = format!("{}: {refused}", entry.doc.of(store));
                engine.keep_aside(now, store, &bytes, &why)?;
            }
            Ok(taken)
        });
        self.docs.lock().forget();
        taken
    }

    fn judge_closed(
        &mut self,
        now: Timestamp,
        store: &StoreId,
        entry: &ManifestEntry,
        bytes: &[u8],
    ) -> Result<Result<(), BlobRefused>, Fault> {
        let id = entry.doc.of(store);
        let DocId::Orders { hour, .. } = id else { return Ok(Err(BlobRefused::NoHour)) };
        let closed = match ClosedHour::read(hour, bytes) {
            Ok(closed) => closed,
            Err(error) => return Ok(Err(error.into())),
        };
        if ClosedHour::digest(bytes) != Ok(entry.sha256) {
            return Ok(Err(BlobRefused::OtherContent));
        }
        if let Some(known) = self.db.closed_blob(&id)? {
            let same = ClosedHour::digest(&known) == Ok(entry.sha256);
            return Ok(if same { Ok(()) } else { Err(BlobRefused::Differs) });
        }
        if !self.db.chunks(&id)?.is_empty() {
            return Ok(Err(BlobRefused::Open));
        }
        self.db.close_hour(&id, hour, &closed.blob(entry.sha256, bytes.to_vec()), now)?;
        Ok(Ok(()))
    }
}
