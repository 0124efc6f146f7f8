//! Files that only the store's user may read: written whole or not at all, and refused when others could have read them.
//! Whoever writes, they belong to whom the store's data belong to: root enrols, and the node has to read.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::Path;

use super::EnrolError;

/// Mode of secrets.
pub(super) const SECRET: u32 = 0o600;
/// Mode of what everybody may read.
pub(super) const OPEN: u32 = 0o644;
/// Mode of the folder.
const FOLDER: u32 = 0o700;

fn fault(path: &Path) -> impl FnOnce(std::io::Error) -> EnrolError {
    let path = path.to_owned();
    move |source| EnrolError::File { path, source }
}

/// Makes the folder, or sees that others cannot look into it.
pub(super) fn folder(path: &Path) -> Result<(), EnrolError> {
    let made = !path.exists();
    std::fs::create_dir_all(path).map_err(fault(path))?;
    if made {
        belong(&File::open(path).map_err(fault(path))?, path)?;
    }
    std::fs::set_permissions(path, Permissions::from_mode(FOLDER)).map_err(fault(path))
}

/// Gives what was made to the owner of the folder around it.
fn belong(made: &File, path: &Path) -> Result<(), EnrolError> {
    let around = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let give = || {
        let owner = std::fs::metadata(around)?;
        if made.metadata()?.uid() == owner.uid() {
            return Ok(());
        }
        fchown(made, Some(owner.uid()), Some(owner.gid()))
    };
    give().map_err(fault(path))
}

/// Writes a file beside and puts it in place, so that a power cut leaves the old one or the new one.
pub(super) fn write(path: &Path, text: &str, mode: u32) -> Result<(), EnrolError> {
    let beside = path.with_extension("new");
    let _ = std::fs::remove_file(&beside);
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(mode).open(&beside).map_err(fault(&beside))?;
    belong(&file, &beside)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(fault(&beside))?;
    std::fs::rename(&beside, path).map_err(fault(path))?;
    let folder = path.parent().unwrap_or(path);
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(fault(folder))
}

/// Reads a secret; `None` when it is not there.
pub(super) fn read(path: &Path) -> Result<Option<String>, EnrolError> {
    let text = match std::fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        read => read.map_err(fault(path))?,
    };
    let mode = std::fs::metadata(path).map_err(fault(path))?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(EnrolError::Mode { path: path.to_owned(), want: SECRET });
    }
    Ok(Some(text))
}

/// Holds the folder alone until it is dropped: two programs that enrol at once do so one after the other.
pub(super) fn alone(folder: &Path) -> Result<File, EnrolError> {
    let path = folder.join("lock");
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(SECRET)
        .open(&path)
        .map_err(fault(&path))?;
    belong(&file, &path)?;
    rustix::fs::flock(&file, rustix::fs::FlockOperation::LockExclusive)
        .map_err(|error| EnrolError::File { path, source: error.into() })?;
    Ok(file)
}
