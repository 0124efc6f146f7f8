//! From a head to a database file of everything that is needed to sell; and the same as a rehearsal, to find out whether a
//! backup can be read back. The file is made beside its place and gets its name when it is whole.

use super::keys::Keys;
use super::{BackupError, Shelf};
use crate::db::restore::{Backfill, NewDb, set_backfill, set_later};
use std::path::Path;
use sync::vault::{Head, Manifest, Pack, RecoveryKey, Sealed, StoreContents};

/// What a restore brought.
#[derive(Debug, Clone, PartialEq)]
pub struct Restored {
    /// What the head says.
    pub manifest: Manifest<StoreContents>,
    /// Objects and bytes that were fetched.
    pub fetched: (u64, u64),
}

/// The keys of a backup, for the recovery key.
///
/// # Errors
/// [`BackupError::Vault`] for another key.
pub fn keys_for(head: &Head, recovery: &RecoveryKey) -> Result<Keys, BackupError> {
    let wrapped = head.wrapped();
    Ok(Keys { data: recovery.unwrap(&head.note.owner, &wrapped)?, wrapped })
}

/// Makes the database file `to` of what a head lists first, and remembers in it what is still to come and from where.
///
/// # Errors
/// [`BackupError`]; `to` is not there then.
pub fn restore(
    shelf: &mut dyn Shelf,
    head: &Head,
    keys: &Keys,
    to: &Path,
    source: &str,
) -> Result<Restored, BackupError> {
    let manifest: Manifest<StoreContents> = head.open(&keys.data)?;
    let part = to.with_extension("part");
    let _ = std::fs::remove_file(&part);
    let fetched = build(shelf, &manifest, keys, &part, source);
    let fetched = match fetched {
        Ok(fetched) => fetched,
        Err(error) => {
            let _ = std::fs::remove_file(&part);
            return Err(error);
        }
    };
    let fail = |error| BackupError::file(to, error);
    std::fs::File::open(&part).and_then(|file| file.sync_all()).map_err(fail)?;
    std::fs::rename(&part, to).map_err(fail)?;
    if let Some(folder) = to.parent() {
        std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(fail)?;
    }
    Ok(Restored { manifest, fetched })
}

/// Reads everything back that a head lists first, makes a database of it in `folder`, compares, and throws it away.
///
/// # Errors
/// [`BackupError`] with what does not fit.
pub fn rehearse(
    shelf: &mut dyn Shelf,
    head: &Head,
    keys: &Keys,
    folder: &Path,
) -> Result<Restored, BackupError> {
    // The running node may rehearse at the same time as `store-node backup`.
    let to = folder.join(format!("rehearsal-{}.db", std::process::id()));
    let done = restore(shelf, head, keys, &to, "rehearsal");
    for left in [to.clone(), to.with_extension("db-journal")] {
        let _ = std::fs::remove_file(left);
    }
    let done = done?;
    let missing = shelf.missing(&done.manifest.note.later)?;
    if let Some(name) = missing.first() {
        return Err(BackupError::Told(format!("object {name} of older rows is not there")));
    }
    Ok(done)
}

fn build(
    shelf: &mut dyn Shelf,
    manifest: &Manifest<StoreContents>,
    keys: &Keys,
    path: &Path,
    source: &str,
) -> Result<(u64, u64), BackupError> {
    let (note, contents) = (&manifest.note, &manifest.contents);
    let mut db = NewDb::create(path, contents.schema)?;
    let mut fetched = (0, 0);
    let mut end = (contents.ledger_linked, contents.ledger_hash);
    for name in &note.first {
        let bytes = shelf.get(*name)?;
        fetched = (fetched.0 + 1, fetched.1 + bytes.len() as u64);
        match open(keys, &bytes)? {
            Pack::Tables(tables) => tables.iter().try_for_each(|rows| db.put(rows))?,
            Pack::Ledger(part) => {
                if part.first != end.0 + 1 || part.before != end.1 {
                    return Err(BackupError::Told(format!(
                        "ledger row {} does not follow the one before it",
                        part.first
                    )));
                }
                end = (end.0 + i64::try_from(part.rows.len()).unwrap_or(i64::MAX), db.put_ledger(&part)?);
            }
            Pack::File { .. } => {}
        }
    }
    if end != contents.ledger_head {
        return Err(BackupError::Told(format!(
            "the ledger ends at row {}, not at {}",
            end.0, contents.ledger_head.0
        )));
    }
    compare(&db, contents)?;
    db.latest()?;
    let whole = note.links == 0 && note.later.is_empty();
    let backfill = Backfill {
        source: source.to_owned(),
        link: note.link,
        links_left: note.links,
        ledger: (contents.ledger_linked + 1, contents.ledger_hash),
        whole_at: whole.then_some(note.at),
    };
    set_backfill(db.conn(), &backfill)?;
    set_later(db.conn(), &note.later)?;
    db.finish()?;
    Ok(fetched)
}

/// What stands in the new database is what stood in the store.
fn compare(db: &NewDb, contents: &StoreContents) -> Result<(), BackupError> {
    let found = db.counts()?;
    for (table, wanted) in
        contents.counts.iter().filter(|(table, _)| crate::db::backup::time_key(table).is_none())
    {
        let rows = found.iter().find(|(name, _)| name == table).map_or(0, |(_, rows)| *rows);
        if rows != *wanted {
            return Err(BackupError::Told(format!(
                "table {table} has {rows} rows, the backup speaks of {wanted}"
            )));
        }
    }
    Ok(())
}

/// Decrypts an object.
///
/// # Errors
/// [`BackupError::Vault`].
pub fn open(keys: &Keys, bytes: &[u8]) -> Result<Pack, BackupError> {
    let (_, plain) = Sealed::open(&keys.data, bytes)?;
    Ok(Pack::decode(&plain)?)
}
