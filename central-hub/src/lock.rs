//! One process at a time writes a hub's data folder: a lock on a file in it. The system takes it back however the process
//! ends, so nothing is left to clear up. Whoever only reads (`sync inspect`, `backup to`) needs none.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

/// The file that is locked; it stays empty.
const FILE: &str = "hub.lock";

/// Why the folder is not ours.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process has it.
    #[error(
        "another process works with {0}: the hub is running, or an import or a restore. Stop it, and try again; two hubs on one \
         machine need a `data_dir` each"
    )]
    Held(PathBuf),
    /// The folder or its file cannot be made or locked.
    #[error("cannot lock the data folder {path}: {source}; set another `data_dir`, or mend its rights")]
    File {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// The data folder is this process's until this is dropped.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Makes the folder where there is none, and takes it.
    ///
    /// # Errors
    /// [`LockError`], with what to do.
    pub fn take(data_dir: &Path) -> Result<Self, LockError> {
        let error = |source| LockError::File { path: data_dir.to_owned(), source };
        std::fs::create_dir_all(data_dir).map_err(error)?;
        let file = File::options().create(true).append(true).open(data_dir.join(FILE)).map_err(error)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(LockError::Held(data_dir.to_owned())),
            Err(TryLockError::Error(source)) => Err(error(source)),
        }
    }
}
