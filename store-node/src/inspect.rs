//! What this store holds of what it replicates with the hub, read from its database for `store-node sync inspect`. Opens
//! query-only: the node may be running.

use crate::db::{Connection, DbResult, docs, hours, lanes, outbox, quota};
use crate::flows;
use crate::reader::Reader;
use model::StoreId;
use model::order::Owner;
use std::path::Path;
use sync::inspect::{DocumentState, Inspection, Log, Quarantined, QuotaState, Record};
use sync::lane::{self, Lane};

/// Quarantined records that are listed.
const QUARANTINE_MAX: u32 = 200;

/// Reads everything; of the own log at most `records`, oldest first.
///
/// # Errors
/// When it is no store's database, or cannot be read.
pub fn inspect(path: &Path, records: u32) -> DbResult<Inspection> {
    Reader::open(path)?.snapshot(|conn, facts| of(conn, &facts.store, records))
}

/// The same of an open database.
///
/// # Errors
/// When it cannot be read.
pub fn of(conn: &Connection, store: &StoreId, records: u32) -> DbResult<Inspection> {
    let terms = flows::terms(conn)?;
    let mut documents = Vec::new();
    for name in docs::names(conn)? {
        let (bytes, chunks) = docs::load(conn, &name)?;
        documents.push(DocumentState::read(&name, Owner::Store, &bytes, chunks));
    }
    for (name, sha256, length) in hours::manifest(conn, u32::MAX)? {
        documents.push(DocumentState::closed(&name, &sha256, usize::try_from(length).unwrap_or(usize::MAX)));
    }
    documents.sort_by(|a, b| a.name.cmp(&b.name));
    let quotas = quota::all_terms(conn)?.into_iter().map(|(terms, sku, rights)| QuotaState {
        epoch: terms.epoch,
        generation: terms.generation,
        sku,
        granted: rights.granted,
        returned: rights.returned,
        sold: rights.orders_seen,
    });
    let quarantine = docs::set_aside(conn, QUARANTINE_MAX)?.into_iter().map(|row| Quarantined {
        at: row.at,
        origin: row.origin,
        doc: row.doc,
        reason: row.reason,
    });
    Ok(Inspection {
        side: Owner::Store,
        store: store.clone(),
        epoch: terms.epoch,
        generation: terms.generation,
        log: log(conn, records)?,
        documents,
        quotas: quotas.collect(),
        quarantine: quarantine.collect(),
    })
}

fn log(conn: &Connection, records: u32) -> DbResult<Log> {
    let states = lanes::states(conn)?;
    let all = lane::total(&states);
    let mut open = Vec::new();
    for (lane, state) in Lane::ALL.into_iter().zip(states) {
        open.extend(outbox::logged(conn, lane, state.acked.max(state.skipped), records)?);
    }
    open.truncate(usize::try_from(records).unwrap_or(usize::MAX));
    Ok(Log {
        received: all.received,
        sent: all.sent,
        acked: all.acked,
        facts_waiting: outbox::uncarried(conn)?,
        records: open.into_iter().map(|(seq, doc, change)| Record::read(seq, doc, &change)).collect(),
    })
}
