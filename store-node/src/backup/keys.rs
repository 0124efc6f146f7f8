//! The store's keys as a file that only the node's user can read. The recovery key itself is kept nowhere: it is shown once.

use super::BackupError;
use crate::secrets;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
pub use sync::vault::Keys;
use sync::vault::RecoveryKey;

/// Where they lie.
pub fn path(data_dir: &Path) -> PathBuf {
    data_dir.join("backup.key")
}

/// The store's keys; `None` when no recovery key was ever made.
///
/// # Errors
/// [`BackupError`].
pub fn load(data_dir: &Path) -> Result<Option<Keys>, BackupError> {
    let path = path(data_dir);
    match std::fs::read(&path) {
        Ok(bytes) => Ok(Some(Keys::decode(&bytes)?)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(BackupError::file(&path, error)),
    }
}

/// Makes a recovery key and gives it, to be shown once.
///
/// # Errors
/// [`BackupError`].
pub fn enrol(data_dir: &Path, owner: &str) -> Result<RecoveryKey, BackupError> {
    let (keys, recovery) = Keys::enrol(owner, load(data_dir)?, secrets::random()?, secrets::random()?)?;
    keep(data_dir, &keys)?;
    Ok(recovery)
}

/// Keeps keys, whole or not at all.
///
/// # Errors
/// [`BackupError::File`].
pub fn keep(data_dir: &Path, keys: &Keys) -> Result<(), BackupError> {
    let (path, new) = (path(data_dir), data_dir.join("backup.key.new"));
    let mut options = std::fs::OpenOptions::new();
    let done = options.write(true).create(true).truncate(true).mode(0o600).open(&new).and_then(|mut file| {
        file.write_all(&keys.encode())?;
        file.sync_all()?;
        std::fs::rename(&new, &path)
    });
    done.map_err(|error| BackupError::file(&path, error))
}
