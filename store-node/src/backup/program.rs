//! What `store-node backup` does, step by step; main prints what comes back. The node may run meanwhile.

use super::file::FileShelf;
use super::hub::HubShelf;
use super::keys::{self, Keys};
use super::packing::Memory;
use super::restore::{Restored, keys_for, rehearse};
use super::round::{self, Done};
use super::task::Setup;
use super::{BackupError, Shelf};
use crate::clock;
use crate::db::backup::reader;
use crate::db::marks::{self, Mark};
use crate::line::HubLine;
use firmware_config::StoreManifest;
use model::Timestamp;
use std::path::{Path, PathBuf};
use sync::vault::{Head, RecoveryKey};
use tokio::runtime::Handle;

/// Where a backup goes or comes from, as a person writes it: `hub`, or a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The hub.
    Hub,
    /// A file, such as one on a USB stick.
    File(PathBuf),
}

impl std::str::FromStr for Place {
    type Err = std::convert::Infallible;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(if text == "hub" { Place::Hub } else { Place::File(PathBuf::from(text)) })
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Place::Hub => f.write_str("hub"),
            Place::File(path) => write!(f, "{}", path.display()),
        }
    }
}

/// One kept head, for a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed {
    /// Its number.
    pub number: u64,
    /// The moment it shows.
    pub at: Timestamp,
    /// The store's epoch then.
    pub epoch: u64,
    /// Bytes that are needed to sell, and of newer history.
    pub bytes: u64,
    /// Links of the history.
    pub links: u64,
}

/// The node's parts that backups need.
///
/// # Errors
/// When `[hub.tls]` cannot be used, or the manifest cannot be written as text.
pub fn setup(manifest: &StoreManifest) -> Result<Setup, BackupError> {
    let text =
        toml::to_string(manifest).map_err(|error| BackupError::Told(format!("store.toml: {error}")))?;
    Ok(Setup {
        store: manifest.store.id.clone(),
        data_dir: manifest.node.data_dir.clone(),
        database: crate::run::database(&manifest.node.data_dir),
        manifest: text,
        hub: HubLine::of(manifest)?,
    })
}

/// The shelf at a place, to read from.
///
/// # Errors
/// [`BackupError`].
pub fn shelf(place: &Place, hub: HubLine, handle: Handle) -> Result<Box<dyn Shelf>, BackupError> {
    Ok(match place {
        Place::Hub => Box::new(HubShelf::new(hub, handle)),
        Place::File(path) => Box::new(FileShelf::open(path)?),
    })
}

/// Makes a recovery key; it is shown once and kept nowhere.
///
/// # Errors
/// [`BackupError`].
pub fn enrol(manifest: &StoreManifest) -> Result<RecoveryKey, BackupError> {
    std::fs::create_dir_all(&manifest.node.data_dir)
        .map_err(|error| BackupError::file(&manifest.node.data_dir, error))?;
    keys::enrol(&manifest.node.data_dir, manifest.store.id.as_str())
}

/// Backs up until no history waits, and reads everything back.
///
/// # Errors
/// [`BackupError`].
pub fn back_up(setup: &Setup, place: &Place, handle: Handle) -> Result<(Done, Restored), BackupError> {
    let keys = own_keys(setup)?;
    let mut shelf: Box<dyn Shelf> = match place {
        Place::Hub => Box::new(HubShelf::new(setup.hub.clone(), handle)),
        Place::File(path) => Box::new(FileShelf::grow(path)?),
    };
    let mut memory = Memory::default();
    let mut db = reader(&setup.database)?;
    let epoch = db.snapshot(|conn| marks::count(conn, Mark::Epoch))?;
    let whose = setup.whose(epoch);
    let mut sent = (0, 0);
    let mut done = loop {
        let done = round::take(&mut db, &keys, &mut *shelf, &mut memory, &whose, clock::now())?;
        sent = (sent.0 + done.sent.0, sent.1 + done.sent.1);
        if !done.more {
            break done;
        }
    };
    done.sent = sent;
    let head = newest(&mut *shelf, None)?;
    let back = rehearse(&mut *shelf, &head, &keys, &setup.data_dir)?;
    Ok((done, back))
}

/// Reads a backup back and makes a database of it, to find out whether that would work.
///
/// # Errors
/// [`BackupError`] with what does not fit.
pub fn verify(
    setup: &Setup,
    place: &Place,
    number: Option<u64>,
    recovery: Option<&RecoveryKey>,
    handle: Handle,
) -> Result<Restored, BackupError> {
    let mut shelf = shelf(place, setup.hub.clone(), handle)?;
    let head = newest(&mut *shelf, number)?;
    let keys = match recovery {
        Some(recovery) => keys_for(&head, recovery)?,
        None => own_keys(setup)?,
    };
    rehearse(&mut *shelf, &head, &keys, &setup.data_dir)
}

/// The heads that a place keeps, oldest first.
///
/// # Errors
/// [`BackupError`].
pub fn list(setup: &Setup, place: &Place, handle: Handle) -> Result<Vec<Listed>, BackupError> {
    let listed = |head: &Head| Listed {
        number: head.note.number,
        at: head.note.at,
        epoch: head.note.term,
        bytes: head.note.bytes,
        links: head.note.links,
    };
    match place {
        Place::Hub => {
            let kept = HubShelf::new(setup.hub.clone(), handle).list()?;
            Ok(kept
                .iter()
                .map(|k| Listed {
                    number: k.number,
                    at: k.at,
                    epoch: k.epoch,
                    bytes: k.bytes,
                    links: k.links,
                })
                .collect())
        }
        Place::File(path) => {
            let mut shelf = FileShelf::open(path)?;
            let heads = shelf.numbers().into_iter().map(|number| shelf.head(Some(number)));
            Ok(heads.collect::<Result<Vec<_>, _>>()?.iter().flatten().map(listed).collect())
        }
    }
}

/// The head of a number, or the newest; it must be there.
///
/// # Errors
/// [`BackupError::Nothing`].
pub fn newest(shelf: &mut dyn Shelf, number: Option<u64>) -> Result<Head, BackupError> {
    let which = number.map_or_else(String::new, |number| format!("number {number} "));
    shelf.head(number)?.ok_or_else(|| BackupError::Nothing(format!("{which}in {}", shelf.told())))
}

fn own_keys(setup: &Setup) -> Result<Keys, BackupError> {
    keys::load(&setup.data_dir)?.ok_or_else(|| {
        let path = keys::path(&setup.data_dir);
        BackupError::Told(format!(
            "{} is not there: make a recovery key first with `store-node backup enrol`, or give --recovery-key-file",
            path.display()
        ))
    })
}

/// A file's text as a recovery key.
///
/// # Errors
/// [`BackupError`].
pub fn recovery_key(path: &Path) -> Result<RecoveryKey, BackupError> {
    let text = std::fs::read_to_string(path).map_err(|error| BackupError::file(path, error))?;
    Ok(RecoveryKey::parse(text.trim())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn store_toml_comes_out_of_a_backup_as_it_went_in() {
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../firmware-config/examples/store.toml");
        let manifest = firmware_config::load(&example).unwrap();
        let text = setup(&manifest).unwrap().manifest;
        assert_eq!(
            firmware_config::parse(&text).map_err(|faults| format!("{faults:?}\n{text}")),
            Ok(manifest)
        );
    }
}
