//! What the hub replicates with its stores (REQ-49, REQ-50): link, lag, rights, quarantine. Every figure of a store is as of
//! when it was last heard.

use super::Look;
use crate::db::stores::StoreRow;
use crate::db::{Db, HubTx};
use crate::flows::terms::VOICES;
use ::sync::inspect::reason_kind;
use ::sync::lane;
use model::api::hub::{
    BlockedRights, OpsAlarms, OpsBackup, OpsClosing, OpsHubBackup, OpsQuarantined, OpsSync, OpsSyncStore,
};
use model::quota::HubGeneration;
use model::{PersonId, StoreId};
use std::collections::BTreeMap;

/// Changes in quarantine that are listed.
const QUARANTINE_MAX: u32 = 200;

/// Everything now.
pub fn now(
    data: &dyn HubTx,
    look: &Look<'_>,
    person: &PersonId,
    (own_backup, backups): (OpsHubBackup, &BTreeMap<StoreId, OpsBackup>),
) -> Db<OpsSync> {
    let mut quarantined: BTreeMap<StoreId, u64> = BTreeMap::new();
    for ((store, _), count) in data.quarantine_counts()? {
        *quarantined.entry(store).or_default() += count;
    }
    let stores = data.stores()?.into_iter().map(|row| {
        let aside = quarantined.get(&row.seed.id).copied().unwrap_or(0);
        let backup = backups.get(&row.seed.id).copied().unwrap_or(OpsBackup::None);
        Ok(OpsSyncStore { backup, ..store(data, row, aside)? })
    });
    let quarantine = data.set_aside(None, QUARANTINE_MAX)?.into_iter().map(|row| OpsQuarantined {
        store: row.store,
        at: row.at,
        doc: row.doc,
        seq: row.seq,
        kind: reason_kind(&row.why).to_owned(),
        reason: row.why,
    });
    Ok(OpsSync {
        at: look.now,
        generation: data.generation()?,
        closing: closing(data, person)?,
        own_backup,
        stores: stores.collect::<Db<_>>()?,
        quarantine: quarantine.collect(),
    })
}

fn store(data: &dyn HubTx, row: StoreRow, quarantined: u64) -> Db<OpsSyncStore> {
    let (rights_units, blocked) = super::figures::standing(data, &row)?;
    let blocked = blocked.into_iter().map(|(key, units)| BlockedRights {
        epoch: key.epoch,
        generation: key.generation,
        units: count(units),
    });
    let alarms = data.alarms(&row.seed.id)?.map(|known| OpsAlarms {
        as_of: known.as_of,
        standing: known.told.standing,
        alarms: known.told.alarms,
    });
    let log = lane::total(&data.lanes(&row.seed.id)?);
    Ok(OpsSyncStore {
        records_waiting: count(log.waiting()),
        facts_waiting: count(data.facts_for(&row.seed.id)?),
        alarms,
        store: row.seed.id,
        name: row.seed.name,
        online: row.online,
        heard_at: row.heard_at,
        epoch: row.epoch,
        received: log.received,
        rights_units: count(rights_units),
        blocked: blocked.collect(),
        quarantined: count(quarantined),
        backup: OpsBackup::None,
    })
}

/// What a restored hub waits for: everything before its present generation.
fn closing(data: &dyn HubTx, person: &PersonId) -> Db<Option<OpsClosing>> {
    let own = data.installation()?;
    if own.log_whole {
        return Ok(None);
    }
    let upto = HubGeneration(own.generation.0.saturating_sub(1));
    let voices = data.voices(upto)?;
    let said = voices.iter().any(|voice| voice == person.as_str());
    Ok(Some(OpsClosing { upto, voices: count(voices.len() as u64), needed: VOICES, said }))
}

fn count(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
