//! The hub's own backup to a file and back (SYNC.md rule 6). The database is copied by SQLite's backup in one step, so the
//! hub goes on selling meanwhile; the file is sealed like a store's. What comes back is a *new generation*: the rights of
//! the older ones stay blocked until people have closed them.

pub mod rounds;

use crate::db::DbFault;
use crate::db::sqlite::Sqlite;
use crate::db::stores::Stores as _;
use model::Timestamp;
use rand::TryRngCore as _;
use sha2::{Digest as _, Sha256};
use std::fs::{File, TryLockError};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use sync::vault::object::name_of;
use sync::vault::record::{MAGIC, RECORD, RecordKind, record, record_head};
use sync::vault::{
    Head, HubContents, Keys, Kind, Manifest, Name, Note, Pack, RecoveryKey, Sealed, StoredFile, VaultError,
};

/// Whose backups they are: the wrapping of the key is bound to it.
const OWNER: &str = "hub";
/// Bytes of the database in one object, before they are packed.
const PIECE: usize = 512 * 1024;
/// Files beside the database that a new machine needs.
const BESIDE: [&str; 2] = ["hub.key", "gateway-simulator.jsonl"];
/// The largest of them.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Why there is no backup, or no restored hub.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A file.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The bytes, or the key.
    #[error("{0}")]
    Vault(#[from] VaultError),
    /// The database.
    #[error("{0}")]
    Db(#[from] DbFault),
    /// What a person must mend.
    #[error("{0}")]
    Told(String),
}

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// The moment it shows.
    pub at: Timestamp,
    /// Bytes of the database.
    pub database_bytes: u64,
    /// Bytes of the file.
    pub file_bytes: u64,
}

fn fail(path: &Path) -> impl Fn(std::io::Error) -> BackupError {
    let path = path.to_owned();
    move |source| BackupError::File { path: path.clone(), source }
}

fn key_path(data_dir: &Path) -> PathBuf {
    data_dir.join("backup.key")
}

/// Makes a recovery key; it is shown once and kept nowhere.
///
/// # Errors
/// [`BackupError`].
pub fn enrol(data_dir: &Path) -> Result<RecoveryKey, BackupError> {
    let path = key_path(data_dir);
    let before = match std::fs::read(&path) {
        Ok(bytes) => Some(Keys::decode(&bytes)?),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(fail(&path)(error)),
    };
    let (keys, recovery) = Keys::enrol(OWNER, before, random()?, random()?)?;
    write_private(&path, &keys.encode())?;
    Ok(recovery)
}

fn random<const N: usize>() -> Result<[u8; N], BackupError> {
    let mut bytes = [0; N];
    rand::rngs::OsRng
        .try_fill_bytes(&mut bytes)
        .map_err(|error| BackupError::Told(format!("the system gives no random bytes: {error}")))?;
    Ok(bytes)
}

fn write_private(path: &Path, bytes: &[u8]) -> Result<(), BackupError> {
    let new = path.with_extension("new");
    let mut options = std::fs::OpenOptions::new();
    let done = options.write(true).create(true).truncate(true).mode(0o600).open(&new).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&new, path)
    });
    done.map_err(fail(path))
}

/// Writes a backup of a hub, running or not, and reads it back. A file that is there is replaced when the new one is whole.
///
/// # Errors
/// [`BackupError`].
pub fn back_up(data_dir: &Path, to: &Path, now: Timestamp) -> Result<Done, BackupError> {
    let path = key_path(data_dir);
    let keys = std::fs::read(&path).map_err(|_| {
        BackupError::Told(format!(
            "{} is not there: make a recovery key first with `central-hub backup enrol`",
            path.display()
        ))
    })?;
    let keys = Keys::decode(&keys)?;
    let _turn = turn(data_dir)?;
    let copy = data_dir.join("backup.copy");
    let _ = std::fs::remove_file(&copy);
    let live = Sqlite::open_reader(&data_dir.join("hub.db"))?;
    let generation = u64::from(live.generation()?.0);
    live.copy_to(&copy)?;
    let done = seal(&keys, &copy, data_dir, generation, to, now);
    let _ = std::fs::remove_file(&copy);
    let done = done?;
    let check = data_dir.join("backup.check");
    let back = unseal(to, &keys, &check);
    let _ = std::fs::remove_file(&check);
    back?;
    Ok(done)
}

/// One at a time: the running hub's own rounds and `backup to` use the same files in between.
fn turn(data_dir: &Path) -> Result<File, BackupError> {
    let path = data_dir.join("backup.lock");
    let file = File::options().create(true).append(true).open(&path).map_err(fail(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(BackupError::Told(
            "another backup of this hub is under way: try again when it is written".to_owned(),
        )),
        Err(TryLockError::Error(source)) => Err(fail(&path)(source)),
    }
}

fn seal(
    keys: &Keys,
    copy: &Path,
    data_dir: &Path,
    generation: u64,
    to: &Path,
    now: Timestamp,
) -> Result<Done, BackupError> {
    let new = to.with_extension("part");
    let mut options = std::fs::OpenOptions::new();
    let mut file =
        options.write(true).create(true).truncate(true).mode(0o600).open(&new).map_err(fail(&new))?;
    file.write_all(MAGIC).map_err(fail(&new))?;
    let database = File::open(copy).map_err(fail(copy))?;
    let (mut hash, mut size) = (Sha256::new(), 0);
    let mut note = Note::new(OWNER.to_owned(), generation, 1, now);
    loop {
        let mut bytes = Vec::with_capacity(PIECE);
        let read = (&database).take(PIECE as u64).read_to_end(&mut bytes).map_err(fail(copy))?;
        if read == 0 {
            break;
        }
        hash.update(&bytes);
        size += read as u64;
        let pack = Pack::File { name: "hub.db".to_owned(), bytes };
        let object = Sealed::new(&keys.data, Kind::Listed, &pack.encode()?)?;
        file.write_all(&record(RecordKind::Object, &object.bytes)?).map_err(fail(&new))?;
        note.bytes += object.bytes.len() as u64;
        note.first.push(object.name);
    }
    let contents = HubContents {
        database_bytes: size,
        database_sha256: hash.finalize().into(),
        files: beside(data_dir),
    };
    let head = Head::seal(&keys.data, &keys.wrapped, &Manifest { note, contents })?;
    file.write_all(&record(RecordKind::Head, &head.encode()?)?).map_err(fail(&new))?;
    file.sync_all().map_err(fail(&new))?;
    let file_bytes = file.metadata().map_err(fail(&new))?.len();
    std::fs::rename(&new, to).map_err(fail(to))?;
    Ok(Done { at: now, database_bytes: size, file_bytes })
}

fn beside(data_dir: &Path) -> Vec<StoredFile> {
    let file = |name: &&str| {
        let path = data_dir.join(name);
        std::fs::metadata(&path).ok().filter(|about| about.len() <= FILE_BYTES_MAX)?;
        Some(StoredFile { name: (*name).to_owned(), bytes: std::fs::read(&path).ok()? })
    };
    BESIDE.iter().filter_map(file).collect()
}

/// Where an object lies in a file: offset and length.
type Places = std::collections::BTreeMap<Name, (u64, u32)>;

fn read_at(file: &File, path: &Path, (at, length): (u64, u32)) -> Result<Vec<u8>, BackupError> {
    let mut bytes = vec![0; length as usize];
    file.read_exact_at(&mut bytes, at).map_err(fail(path))?;
    Ok(bytes)
}

/// The newest head of a file and where its objects lie.
fn head_of(path: &Path) -> Result<(File, Head, Places), BackupError> {
    let file = File::open(path).map_err(fail(path))?;
    let none = || BackupError::Told(format!("{} is no whole backup of a hub", path.display()));
    let mut magic = [0; MAGIC.len()];
    file.read_exact_at(&mut magic, 0).map_err(|_| none())?;
    if magic != *MAGIC {
        return Err(none());
    }
    let (mut places, mut head, mut at) = (Places::new(), None, MAGIC.len() as u64);
    let mut first = [0; RECORD];
    while file.read_exact_at(&mut first, at).is_ok() {
        let Some(found) = record_head(&first) else { break };
        let place = (at + RECORD as u64, found.length);
        match found.kind {
            RecordKind::Object => {
                places.insert(found.name, place);
            }
            RecordKind::Head => {
                let bytes = read_at(&file, path, place)?;
                if name_of(&bytes) != found.name {
                    return Err(none());
                }
                head = Some(Head::decode(&bytes)?);
            }
        }
        at = place.0 + u64::from(found.length);
    }
    let head = head.filter(|head| head.note.owner == OWNER).ok_or_else(none)?;
    Ok((file, head, places))
}

/// Makes the database file `to` out of a backup, held against its hash.
fn unseal(from: &Path, keys: &Keys, to: &Path) -> Result<Manifest<HubContents>, BackupError> {
    let (file, head, places) = head_of(from)?;
    let manifest: Manifest<HubContents> = head.open(&keys.data)?;
    let mut database = File::create(to).map_err(fail(to))?;
    let mut hash = Sha256::new();
    for name in &manifest.note.first {
        let lost =
            || BackupError::Told(format!("{}: object {name} is not in it, or damaged", from.display()));
        let bytes = read_at(&file, from, *places.get(name).ok_or_else(lost)?)?;
        if name_of(&bytes) != *name {
            return Err(lost());
        }
        let (_, plain) = Sealed::open(&keys.data, &bytes)?;
        let Pack::File { bytes, .. } = Pack::decode(&plain)? else { return Err(lost()) };
        hash.update(&bytes);
        database.write_all(&bytes).map_err(fail(to))?;
    }
    database.sync_all().map_err(fail(to))?;
    let found: [u8; 32] = hash.finalize().into();
    if found != manifest.contents.database_sha256 {
        return Err(BackupError::Told(
            "the database in the backup is not the one that was put in".to_owned(),
        ));
    }
    Ok(manifest)
}

/// Makes a hub's data folder out of a backup. That a new generation is due is durable before there is a database:
/// whatever breaks off, nobody is served under the old one.
///
/// # Errors
/// [`BackupError`]; a database that is there is never touched.
pub fn restore(from: &Path, recovery: &RecoveryKey, data_dir: &Path) -> Result<Timestamp, BackupError> {
    let to = data_dir.join("hub.db");
    if to.exists() {
        return Err(BackupError::Told(format!(
            "{} is there already: move the data folder away first",
            to.display()
        )));
    }
    std::fs::create_dir_all(data_dir).map_err(fail(data_dir))?;
    let (_, head, _) = head_of(from)?;
    let keys = Keys { data: recovery.unwrap(OWNER, &head.wrapped())?, wrapped: head.wrapped() };
    let part = data_dir.join("hub.db.part");
    let manifest = unseal(from, &keys, &part)?;
    write_private(&key_path(data_dir), &keys.encode())?;
    for file in manifest.contents.files.iter().filter(|file| BESIDE.contains(&file.name.as_str())) {
        let path = data_dir.join(&file.name);
        if !path.exists() {
            write_private(&path, &file.bytes)?;
        }
    }
    write_private(&wanted_path(data_dir), b"")?;
    std::fs::rename(&part, &to).map_err(fail(&to))?;
    Ok(manifest.note.at)
}

fn wanted_path(data_dir: &Path) -> PathBuf {
    data_dir.join("generation.wanted")
}

/// Whether the database came from a backup and has no generation of its own yet.
pub fn wants_generation(data_dir: &Path) -> bool {
    wanted_path(data_dir).exists()
}

/// The generation is in the database.
///
/// # Errors
/// [`BackupError::File`]; then the next start takes yet another generation, which does no harm.
pub fn has_generation(data_dir: &Path) -> Result<(), BackupError> {
    let path = wanted_path(data_dir);
    std::fs::remove_file(&path).map_err(fail(&path))
}

/// The id of this installation, made once and never backed up: a restored hub is another one.
///
/// # Errors
/// [`BackupError`].
pub fn installation(data_dir: &Path) -> Result<String, BackupError> {
    let path = data_dir.join("hub.id");
    if let Ok(text) = std::fs::read_to_string(&path) {
        return Ok(text.trim().to_owned());
    }
    let text = new_id()?;
    write_private(&path, text.as_bytes())?;
    Ok(text)
}

/// An id that no other installation has.
///
/// # Errors
/// [`BackupError::Told`] when the system gives no random bytes.
pub fn new_id() -> Result<String, BackupError> {
    let bytes: [u8; 16] = random()?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hub_comes_back_out_of_its_file_and_only_with_its_recovery_key() {
        let (dir, new) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut live = Sqlite::open(&dir.path().join("hub.db")).unwrap();
        let boot = 41;
        live.set_boot(boot).unwrap();
        write_private(&dir.path().join("hub.key"), &[5; 32]).unwrap();
        let (now, stick) = (Timestamp::from_ms(77), dir.path().join("stick.larder"));
        assert!(matches!(back_up(dir.path(), &stick, now), Err(BackupError::Told(_))));
        let recovery = enrol(dir.path()).unwrap();
        let held = turn(dir.path()).unwrap();
        assert!(matches!(back_up(dir.path(), &stick, now), Err(BackupError::Told(_))), "one at a time");
        drop(held);
        // While the hub has its database open, and again over the file that is there.
        for _ in 0..2 {
            assert!(back_up(dir.path(), &stick, now).unwrap().database_bytes > 0);
        }
        let data = new.path().join("data");
        assert!(restore(&stick, &RecoveryKey::new([1; 20]), &data).is_err());
        assert_eq!(restore(&stick, &recovery, &data).unwrap(), now);
        assert!(wants_generation(&data) && !wants_generation(dir.path()));
        assert_eq!(Sqlite::open_reader(&data.join("hub.db")).unwrap().boot().unwrap(), boot);
        assert_eq!(std::fs::read(data.join("hub.key")).unwrap(), [5; 32]);
        assert!(matches!(restore(&stick, &recovery, &data), Err(BackupError::Told(_))));
        assert_ne!(installation(dir.path()).unwrap(), installation(&data).unwrap());
        assert_eq!(installation(&data).unwrap(), installation(&data).unwrap());
    }

    #[test]
    fn every_flipped_bit_of_a_hubs_file_is_found() {
        let dir = tempfile::tempdir().unwrap();
        Sqlite::open(&dir.path().join("hub.db")).unwrap();
        let recovery = enrol(dir.path()).unwrap();
        let stick = dir.path().join("stick.larder");
        back_up(dir.path(), &stick, Timestamp::from_ms(1)).unwrap();
        let good = std::fs::read(&stick).unwrap();
        for at in (0..good.len()).step_by(101) {
            let mut bad = good.clone();
            bad[at] ^= 4;
            std::fs::write(&stick, &bad).unwrap();
            assert!(restore(&stick, &recovery, &dir.path().join("data")).is_err(), "byte {at}");
            assert!(!dir.path().join("data/hub.db").exists());
        }
    }
}
