//! What the hub holds of what it replicates with one store, read from its database for `central-hub sync inspect`. Opens
//! query-only: the hub may be running.

use crate::db::sqlite::Sqlite;
use crate::db::{Db, DbFault, HubTx, Stores};
use ::sync::inspect::{DocumentState, Inspection, Log, Quarantined, QuotaState, Record};
use ::sync::lane::{self, Lane, LaneSeq};
use model::StoreId;
use model::order::Owner;
use std::path::Path;

/// Quarantined changes that are listed.
const QUARANTINE_MAX: u32 = 200;

/// The stores of a hub's database, by id.
///
/// # Errors
/// When it is no hub's database, or cannot be read.
pub fn stores(path: &Path) -> Db<Vec<StoreId>> {
    Ok(Sqlite::open_reader(path)?.stores()?.into_iter().map(|row| row.seed.id).collect())
}

/// Reads everything of one store; of the log for it at most `records`, oldest first.
///
/// # Errors
/// When it is no hub's database, cannot be read, or does not know the store.
pub fn inspect(path: &Path, store: &StoreId, records: u32) -> Db<Inspection> {
    Sqlite::open_reader(path)?.snapshot(|data| of(data, store, records))
}

/// The same of an open database.
///
/// # Errors
/// When it cannot be read, or does not know the store.
pub fn of(data: &dyn HubTx, store: &StoreId, records: u32) -> Db<Inspection> {
    let row = data.store(store)?.ok_or_else(|| DbFault::Corrupt(format!("no store {store} here")))?;
    let mut documents = Vec::new();
    for doc in data.documents(store)? {
        let (bytes, chunks) = (data.chunks(&doc)?, data.chunk_count(&doc)?);
        documents.push(DocumentState::read(&doc.to_string(), Owner::Hub, &bytes, chunks));
    }
    for entry in data.manifest(store, u32::MAX)? {
        let (name, length) = (entry.doc.of(store).to_string(), usize::try_from(entry.length));
        documents.push(DocumentState::closed(&name, &entry.sha256, length.unwrap_or(usize::MAX)));
    }
    documents.sort_by(|a, b| a.name.cmp(&b.name));
    let quotas = data.all_rights(store)?.into_iter().map(|(key, sku, rights)| QuotaState {
        epoch: key.epoch,
        generation: key.generation,
        sku,
        granted: rights.granted_seen(),
        returned: rights.returned(),
        sold: rights.sold(),
    });
    let quarantine = data.set_aside(Some(store), QUARANTINE_MAX)?.into_iter().map(|row| Quarantined {
        at: row.at,
        origin: format!("{} {}", row.store, row.seq),
        doc: row.doc,
        reason: row.why,
    });
    let lanes = data.lanes(store)?;
    let log = lane::total(&lanes);
    let mut open = Vec::new();
    for (lane, state) in Lane::ALL.into_iter().zip(lanes) {
        open.extend(data.records_after(store, LaneSeq { lane, seq: state.acked }, records)?);
    }
    open.truncate(usize::try_from(records).unwrap_or(usize::MAX));
    Ok(Inspection {
        side: Owner::Hub,
        store: store.clone(),
        epoch: row.epoch,
        generation: data.generation()?,
        log: Log {
            received: log.received,
            sent: log.sent,
            acked: log.acked,
            facts_waiting: data.facts_for(store)?,
            records: open
                .into_iter()
                .map(|(seq, doc, change)| Record::read(seq, doc.to_string(), &change))
                .collect(),
        },
        documents,
        quotas: quotas.collect(),
        quarantine: quarantine.collect(),
    })
}
