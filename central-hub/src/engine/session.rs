//! What a store's session needs of the engine: where both logs stand, records to send, acknowledgements, signs of life.

use super::{Fault, HubEngine};
use crate::db::{Db, HubTx};
use ::sync::doc::DocKey;
use ::sync::peer::{Limits, OutRecord, PeerConfig};
use model::order::Owner;
use model::{StoreId, Timestamp};

/// Records of the log for a store, for a reader's connection.
///
/// # Errors
/// [`crate::db::DbFault`].
pub fn out_records(data: &dyn HubTx, store: &StoreId, after: u64, limit: u32) -> Db<Vec<OutRecord>> {
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
            received: row.received_seq,
            sent: row.sent_seq,
            acked: row.acked_seq,
            limits: Limits::default(),
        })
    }

    /// Records of the log for a store after `after`, in order, at most `limit`.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn out_records(&self, store: &StoreId, after: u64, limit: u32) -> Result<Vec<OutRecord>, Fault> {
        Ok(out_records(&*self.db, store, after, limit)?)
    }

    /// The store has everything up to `upto`: it need not be kept for sending.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn out_acked(&mut self, store: &StoreId, upto: u64) -> Result<(), Fault> {
        self.within(|engine| {
            engine.db.set_acked(store, upto)?;
            Ok(engine.db.drop_records(store, upto)?)
        })
    }

    /// A sign of life of a store, or (`online` false) the end of its session.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn heard(&mut self, now: Timestamp, store: &StoreId, online: bool) -> Result<(), Fault> {
        self.within(|engine| Ok(engine.db.set_heard(store, now, online)?))
    }

    /// A whole document, for a store that asks for it.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn whole(&mut self, store: &StoreId, key: DocKey) -> Result<Vec<u8>, Fault> {
        self.docs.lock().whole(&*self.db, &key.of(store))
    }
}
