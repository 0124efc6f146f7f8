//! What a store's session needs of the engine: where both logs stand, records to send, acknowledgements, signs of life.

use super::{Fault, HubEngine, Inbound, Record};
use crate::db::{Db, HubTx};
use ::sync::doc::{self, DocKey};
use ::sync::lane::LaneSeq;
use ::sync::peer::{Limits, OutRecord, PeerConfig};
use model::order::Owner;
use model::quota::{HubGeneration, StoreEpoch};
use model::{StoreId, Timestamp};

/// Bytes that are kept of what a store sent beside its session: as much as a frame may have.
const ASIDE_BYTES_MAX: usize = 256 * 1024;

/// The epoch and the generation that a session speaks under. A log belongs to them: what a session of older ones brings is
/// of a log that is over.
pub type Under = (StoreEpoch, HubGeneration);

/// Something that came from stores and must be kept.
#[derive(Debug, Clone)]
pub enum Said {
    /// Records of a store's log, in order.
    Records(StoreId, Under, Vec<Record>),
    /// It has a lane of the own log up to here.
    Acked(StoreId, Under, LaneSeq),
    /// Signs of life.
    Alive(Vec<StoreId>),
    /// The end of its session.
    Gone(StoreId),
    /// Bytes of its connection that were refused, and why.
    Refused(StoreId, Vec<u8>, String),
    /// These hours are closed there, with the same content as here.
    Closed(StoreId, Under, Vec<i64>),
    /// Its session knows frames up to this version.
    Reads(StoreId, u8),
}

/// Records of a lane of the log for a store, for a reader's connection.
///
/// # Errors
/// [`crate::db::DbFault`].
pub fn out_records(data: &dyn HubTx, store: &StoreId, after: LaneSeq, limit: u32) -> Db<Vec<OutRecord>> {
    let rows = data.records_after(store, after, limit)?;
    Ok(rows.into_iter().map(|(seq, doc, change)| OutRecord { seq, doc: doc.key(), change }).collect())
}

impl HubEngine {
    /// What a new [`::sync::peer::Peer`] for this store is told.
    ///
    /// # Errors
    /// [`Fault::UnknownStore`].
    pub fn session(&self, store: &StoreId) -> Result<PeerConfig, Fault> {
        let row = self.db.store(store)?.ok_or_else(|| Fault::UnknownStore(store.clone()))?;
        Ok(PeerConfig {
            side: Owner::Hub,
            store: store.clone(),
            epoch: row.epoch,
            generation: self.db.generation()?,
            boot: self.boot,
            lanes: self.db.lanes(store)?,
            newest: PeerConfig::NEWEST,
            pledges: Some(self.rules.pledges()),
            limits: Limits::default(),
        })
    }

    /// Records of a lane of the log for a store after `after`, in order, at most `limit`.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn out_records(&self, store: &StoreId, after: LaneSeq, limit: u32) -> Result<Vec<OutRecord>, Fault> {
        Ok(out_records(&*self.db, store, after, limit)?)
    }

    /// What stores have said, of any number of them, in one transaction: a thousand of them cost one commit.
    ///
    /// # Errors
    /// [`Fault`]: nothing of it happened. Tried again one by one, what cannot be kept is found out.
    pub fn hear(&mut self, now: Timestamp, said: &[Said]) -> Result<Vec<Inbound>, Fault> {
        let done = self.within(|engine| {
            said.iter().map(|said| engine.hear_one(now, said)).collect::<Result<Vec<_>, _>>()
        });
        self.trim_documents();
        done
    }

    fn hear_one(&mut self, now: Timestamp, said: &Said) -> Result<Inbound, Fault> {
        match said {
            Said::Records(store, under, records) => {
                self.still(store, *under)?;
                self.take_records(now, store, records)
            }
            Said::Acked(store, under, upto) => match self.still(store, *under) {
                Ok(()) => {
                    self.db.set_acked(store, *upto)?;
                    self.db.drop_records(store, *upto)?;
                    Ok(Inbound::default())
                }
                // Of a log that is over: the new one has the same numbers for other records.
                Err(Fault::OldTerms(_)) => Ok(Inbound::default()),
                Err(other) => Err(other),
            },
            Said::Alive(stores) => {
                for store in stores {
                    self.db.set_heard(store, now, true)?;
                }
                Ok(Inbound::default())
            }
            Said::Refused(store, bytes, why) => {
                tracing::warn!(%store, why, "bytes of a store went to quarantine");
                self.db.quarantine_bytes(store, bytes, why, now)?;
                Ok(Inbound::default())
            }
            Said::Reads(store, version) => {
                self.db.set_reads(store, *version)?;
                Ok(Inbound::default())
            }
            Said::Closed(store, under, hours) => {
                if self.still(store, *under).is_ok() {
                    for hour in hours {
                        self.db.mark_there(store, *hour, under.0)?;
                    }
                }
                Ok(Inbound::default())
            }
            Said::Gone(store) => {
                self.db.set_heard(store, now, false)?;
                Ok(Inbound::default())
            }
        }
    }

    /// What a store sent beside its session and cannot be used is kept for a person: once for each reason, and of what is
    /// large its beginning.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn aside(&mut self, now: Timestamp, store: &StoreId, bytes: &[u8], why: &str) -> Result<(), Fault> {
        self.within(|engine| engine.keep_aside(now, store, bytes, why))
    }

    /// As [`HubEngine::aside`], in the transaction that is open.
    pub(super) fn keep_aside(
        &mut self,
        now: Timestamp,
        store: &StoreId,
        bytes: &[u8],
        why: &str,
    ) -> Result<(), Fault> {
        if self.db.is_set_aside(store, why)? {
            return Ok(());
        }
        tracing::warn!(%store, why, "bytes of a store went to quarantine");
        let kept = bytes.get(..ASIDE_BYTES_MAX).unwrap_or(bytes);
        Ok(self.db.quarantine_bytes(store, kept, why, now)?)
    }

    /// The store has a lane up to `upto`: it need not be kept for sending.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn out_acked(&mut self, store: &StoreId, upto: LaneSeq) -> Result<(), Fault> {
        let under = self.under(store)?;
        self.hear(Timestamp::from_ms(0), &[Said::Acked(store.clone(), under, upto)]).map(drop)
    }

    /// The terms that hold now between this hub and a store.
    ///
    /// # Errors
    /// [`Fault::UnknownStore`].
    pub fn under(&self, store: &StoreId) -> Result<Under, Fault> {
        let holder = self.db.holder(store)?.ok_or_else(|| Fault::UnknownStore(store.clone()))?;
        Ok((holder.epoch, self.db.generation()?))
    }

    /// Whether a session of these terms still stands.
    pub(super) fn still(&self, store: &StoreId, terms: Under) -> Result<(), Fault> {
        if terms == self.under(store)? { Ok(()) } else { Err(Fault::OldTerms(store.clone())) }
    }

    /// A sign of life of a store, or (`online` false) the end of its session.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn heard(&mut self, now: Timestamp, store: &StoreId, online: bool) -> Result<(), Fault> {
        let said = if online { Said::Alive(vec![store.clone()]) } else { Said::Gone(store.clone()) };
        self.hear(now, &[said]).map(drop)
    }

    /// Digests of the documents that both sides write to, for a store to compare: rights, catalogue, the hours of `now`, those
    /// that are open here, and those of `theirs`.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn heads(
        &mut self,
        now: Timestamp,
        store: &StoreId,
        theirs: &[DocKey],
    ) -> Result<Vec<(DocKey, [u8; 8])>, Fault> {
        let row = self.db.store(store)?.ok_or_else(|| Fault::UnknownStore(store.clone()))?;
        let quota = DocKey::Quota { epoch: row.epoch, generation: self.db.generation()? };
        let hours = doc::compared_hours(now, &self.db.hours_open(store, doc::COMPARED_HOURS)?, theirs);
        let catalogue = self.told_catalogue(store)?;
        let mut docs = self.docs.lock();
        let mut heads = Vec::new();
        for doc in [quota].into_iter().chain(catalogue).chain(hours) {
            let document = docs.open(&*self.db, &doc.of(store))?;
            // A closed hour is compared by its blob, which the manifest names.
            if !document.is_closed() {
                heads.push((doc, document.heads()));
            }
        }
        Ok(heads)
    }

    /// Whether this is an edition of the catalogue that is over: the present one comes by itself.
    pub(super) fn is_over(&self, key: DocKey) -> Result<bool, Fault> {
        match key {
            DocKey::Catalogue { .. } => {
                Ok(self.db.edition()?.is_none_or(|edition| edition.doc().key() != key))
            }
            DocKey::Orders { .. } | DocKey::Quota { .. } | DocKey::Stock { .. } | DocKey::Alarms { .. } => {
                Ok(false)
            }
        }
    }

    /// Whether nothing about a document is repaired: a closed hour, and what [`HubEngine::is_over`] says.
    pub(super) fn is_settled(&self, store: &StoreId, key: DocKey) -> Result<bool, Fault> {
        Ok(self.is_over(key)? || self.is_closed(store, key)?)
    }

    /// Whether it is a closed hour.
    pub(super) fn is_closed(&self, store: &StoreId, key: DocKey) -> Result<bool, Fault> {
        Ok(self.docs.lock().open(&*self.db, &key.of(store))?.is_closed())
    }

    /// A whole document, for a store that asks for it.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn whole(&mut self, store: &StoreId, key: DocKey) -> Result<Vec<u8>, Fault> {
        if self.is_over(key)? {
            return Ok(Vec::new());
        }
        self.docs.lock().whole(&*self.db, &key.of(store))
    }
}
