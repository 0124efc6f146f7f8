//! A shelf that is one file, for a USB stick: records one after the other, only ever appended. A record that was cut off (the
//! stick pulled) is cut away at the next opening, and the backup goes on behind what is whole.

use super::{BackupError, Shelf};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use sync::vault::object::name_of;
use sync::vault::record::{MAGIC, RECORD, RecordKind, record, record_head};
use sync::vault::{Head, Name, Sealed};

/// See the file.
#[derive(Debug)]
pub struct FileShelf {
    path: PathBuf,
    file: File,
    end: u64,
    objects: BTreeMap<Name, (u64, u32)>,
    heads: Vec<(u64, u64, u32)>,
}

impl FileShelf {
    /// Opens a file that is there, to read it.
    ///
    /// # Errors
    /// [`BackupError::File`], or that it is no backup.
    pub fn open(path: &Path) -> Result<Self, BackupError> {
        let file = File::open(path).map_err(|error| BackupError::file(path, error))?;
        Self::over(path, file)
    }

    /// Opens a file to add to it, or makes it; a record that was cut off is cut away.
    ///
    /// # Errors
    /// As [`FileShelf::open`]; a file that is something else stays as it is.
    pub fn grow(path: &Path) -> Result<Self, BackupError> {
        let fail = |error| BackupError::file(path, error);
        let mut options = std::fs::OpenOptions::new();
        let mut file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)
            .map_err(fail)?;
        if file.metadata().map_err(fail)?.len() == 0 {
            file.write_all(MAGIC).map_err(fail)?;
        }
        let shelf = Self::over(path, file)?;
        shelf.file.set_len(shelf.end).map_err(fail)?;
        Ok(shelf)
    }

    fn over(path: &Path, mut file: File) -> Result<Self, BackupError> {
        let fail = |error| BackupError::file(path, error);
        let size = file.metadata().map_err(fail)?.len();
        let mut magic = [0; MAGIC.len()];
        file.seek(SeekFrom::Start(0)).map_err(fail)?;
        if file.read_exact(&mut magic).is_err() || magic != *MAGIC {
            let what = format!(
                "{} is no backup of Larder: choose another name, nothing was written",
                path.display()
            );
            return Err(BackupError::Told(what));
        }
        let mut shelf = Self {
            path: path.to_owned(),
            file,
            end: MAGIC.len() as u64,
            objects: BTreeMap::new(),
            heads: Vec::new(),
        };
        let mut head = [0; RECORD];
        while shelf.file.read_exact_at(&mut head, shelf.end).is_ok() {
            let Some(found) = record_head(&head) else { break };
            let (at, length) = (shelf.end + RECORD as u64, found.length);
            if at + u64::from(length) > size {
                break;
            }
            match found.kind {
                RecordKind::Object => {
                    shelf.objects.insert(found.name, (at, length));
                }
                // A restore begins with a head: one that was cut off in the middle does not count.
                RecordKind::Head => {
                    let Ok(bytes) = shelf.bytes(at, length) else { break };
                    let Ok(head) = Head::decode(&bytes) else { break };
                    if name_of(&bytes) != found.name {
                        break;
                    }
                    shelf.heads.push((head.note.number, at, length));
                }
            }
            shelf.end = at + u64::from(length);
        }
        Ok(shelf)
    }

    /// Bytes of the file as far as it is whole.
    pub const fn size(&self) -> u64 {
        self.end
    }

    /// Numbers of its heads, oldest first.
    pub fn numbers(&self) -> Vec<u64> {
        self.heads.iter().map(|(number, _, _)| *number).collect()
    }

    fn bytes(&self, at: u64, length: u32) -> Result<Vec<u8>, BackupError> {
        let mut bytes = vec![0; length as usize];
        self.file.read_exact_at(&mut bytes, at).map_err(|error| BackupError::file(&self.path, error))?;
        Ok(bytes)
    }

    fn append(&mut self, kind: RecordKind, bytes: &[u8]) -> Result<(u64, u32), BackupError> {
        let record = record(kind, bytes)?;
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.file.write_all_at(&record, self.end).map_err(|error| BackupError::file(&self.path, error))?;
        let at = self.end + RECORD as u64;
        self.end += record.len() as u64;
        Ok((at, length))
    }

    /// Everything written is on the stick, and what is read next comes from it and not from memory.
    fn settle(&self) -> Result<(), BackupError> {
        let fail = |error| BackupError::file(&self.path, error);
        self.file.sync_all().map_err(fail)?;
        rustix::fs::fadvise(&self.file, 0, None, rustix::fs::Advice::DontNeed)
            .map_err(|error| fail(error.into()))
    }
}

impl Shelf for FileShelf {
    fn told(&self) -> String {
        self.path.display().to_string()
    }

    fn head(&mut self, number: Option<u64>) -> Result<Option<Head>, BackupError> {
        let found = match number {
            None => self.heads.last(),
            Some(wanted) => self.heads.iter().find(|(number, _, _)| *number == wanted),
        };
        let Some((_, at, length)) = found.copied() else { return Ok(None) };
        Ok(Some(Head::decode(&self.bytes(at, length)?)?))
    }

    fn missing(&mut self, names: &[Name]) -> Result<Vec<Name>, BackupError> {
        Ok(names.iter().filter(|name| !self.objects.contains_key(name)).copied().collect())
    }

    fn put(&mut self, object: &Sealed) -> Result<(), BackupError> {
        let place = self.append(RecordKind::Object, &object.bytes)?;
        self.objects.insert(object.name, place);
        Ok(())
    }

    fn get(&mut self, name: Name) -> Result<Vec<u8>, BackupError> {
        let lost =
            || BackupError::Told(format!("{}: object {name} is not in it, or damaged", self.path.display()));
        let (at, length) = self.objects.get(&name).copied().ok_or_else(lost)?;
        let bytes = self.bytes(at, length)?;
        if name_of(&bytes) == name { Ok(bytes) } else { Err(lost()) }
    }

    fn put_head(&mut self, head: &Head) -> Result<(), BackupError> {
        // The objects first: a head that is there speaks of nothing that is not.
        self.settle()?;
        let (at, length) = self.append(RecordKind::Head, &head.encode()?)?;
        self.heads.push((head.note.number, at, length));
        self.settle()
    }
}
