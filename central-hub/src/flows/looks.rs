//! Looks that a store tells, at its shelf and at its alarms: only those of its present epoch are of use to anybody, and of the
//! shelf only those of the newest hour. What is old, from far ahead or too much is known before a byte of it is looked at. What
//! a look says is `shelf.rs`'s and `alarms.rs`'s.

use crate::db::{Db, HubTx};
use ::sync::doc::DocId;
use model::Timestamp;

/// A store's clock may be ahead of the hub's by so many hours: a look at the shelf from further on would hide all after it.
pub const AHEAD_HOURS_MAX: i64 = 24;
/// Bytes of one hour's document of looks: 20,000 SKUs, and every look of the hour with 200 of them, take less.
pub const BYTES_MAX: u64 = 4 * 1024 * 1024;

/// What is done with a change of a document.
#[derive(Debug, PartialEq, Eq)]
pub enum Heed {
    /// It is applied.
    Take,
    /// An hour or an epoch that is over: nobody needs it.
    Old,
    /// It cannot be true.
    Wrong(String),
}

/// Whether a change is of use. Of documents that hold no looks it is.
pub fn heed(tx: &dyn HubTx, now: Timestamp, doc: &DocId, bytes: usize) -> Db<Heed> {
    let (store, epoch, hour, older) = match doc {
        DocId::Stock { store, epoch, hour } => {
            let older = tx.shelf(store)?.is_some_and(|known| (known.epoch, known.hour) > (epoch.0, *hour));
            (store, epoch, hour, older)
        }
        // The newest look holds, whatever hour it names: a store whose clock was set back is not unheard until it has caught up.
        DocId::Alarms { store, epoch, hour } => (store, epoch, hour, false),
        DocId::Orders { .. } | DocId::Quota { .. } | DocId::Catalogue { .. } => return Ok(Heed::Take),
    };
    let ahead = hour.saturating_sub(now.hour());
    if ahead > AHEAD_HOURS_MAX {
        return Ok(Heed::Wrong(format!("a look from {ahead} hours ahead of the hub's clock")));
    }
    let current = tx.store(store)?.is_some_and(|row| row.epoch == *epoch);
    if !current || older {
        return Ok(Heed::Old);
    }
    let standing = tx.doc_bytes(doc)?.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
    if standing > BYTES_MAX {
        return Ok(Heed::Wrong(format!("an hour of looks is over the limit of {BYTES_MAX} bytes")));
    }
    Ok(Heed::Take)
}
