//! Brings the history of a replaced store, newest first, while the store works: the rows that were not needed to sell, then
//! the chain, each link held against the one after it until the first row of the ledger is reached.

use super::keys::Keys;
use super::restore::open;
use super::{BackupError, Shelf};
use crate::chain;
use crate::db::restore::{Backfill, backfill, later, ledger_end};
use crate::db::{DbResult, ReadDb};
use crate::engine::OldRows;
use model::Timestamp;
use sync::vault::{Kind, Name, Pack};

/// What is still to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// The chain.
    pub chain: Backfill,
    /// Objects before it.
    pub later: Vec<Name>,
}

impl Left {
    /// Objects that are still to come.
    pub fn objects(&self) -> u64 {
        self.later.len() as u64 + self.chain.links_left
    }
}

/// What is still to come to this database; `None` in a store that was never replaced, or is whole.
///
/// # Errors
/// A fault of the database.
pub fn left(db: &mut ReadDb) -> DbResult<Option<Left>> {
    db.snapshot(|conn| {
        let Some(chain) = backfill(conn)?.filter(|chain| chain.whole_at.is_none()) else { return Ok(None) };
        Ok(Some(Left { chain, later: later(conn)? }))
    })
}

/// Fetches the next object of what is left, and gives what the writer is to enter.
///
/// # Errors
/// [`BackupError`]; also when a link does not fit: then the history of this backup cannot be trusted further back.
pub fn next(
    left: &Left,
    store: &str,
    keys: &Keys,
    shelf: &mut dyn Shelf,
    now: Timestamp,
) -> Result<OldRows, BackupError> {
    if let Some(name) = left.later.first() {
        let pack = open(keys, &shelf.get(*name)?)?;
        return Ok(OldRows { pack: Some(pack), came: Some(*name), then: None });
    }
    let mut then = left.chain.clone();
    let Some(link) = left.chain.link else {
        let (first, before) = left.chain.ledger;
        if first != 1 || before != chain::first(store) {
            let what =
                format!("the ledger begins at row {first}: what came before was not in the backup yet");
            return Err(BackupError::Told(what));
        }
        then.whole_at = Some(now);
        return Ok(OldRows { pack: None, came: None, then: Some(then) });
    };
    let bytes = shelf.get(link)?;
    let Kind::Link(before) = Kind::of(&bytes)? else {
        return Err(BackupError::Told(format!("object {link} is no link of the chain")));
    };
    let pack = open(keys, &bytes)?;
    if let Pack::Ledger(part) = &pack {
        let next = part.first + i64::try_from(part.rows.len()).unwrap_or(i64::MAX);
        if next != left.chain.ledger.0 || ledger_end(part) != left.chain.ledger.1 {
            let what = format!(
                "ledger rows {} to {} do not lead to row {}: they were changed before they were backed up",
                part.first,
                next - 1,
                left.chain.ledger.0
            );
            return Err(BackupError::Told(what));
        }
        then.ledger = (part.first, part.before);
    }
    then.link = before;
    then.links_left = then.links_left.saturating_sub(1);
    Ok(OldRows { pack: Some(pack), came: None, then: Some(then) })
}
