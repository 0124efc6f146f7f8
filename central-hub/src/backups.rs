//! Keeps the stores' backups: sealed objects and heads as files, one folder per store. It cannot read them; it checks every
//! object against its name, keeps only what a kept head needs, and bounds size and count. No SQL, no socket.
//!
//! ```text
//! backups/s1/objects/3f/3f82...   one sealed object each, named by its SHA-256
//! backups/s1/heads/17             one head each
//! ```

use crate::thinning::staying;
use model::api::hub::OpsBackup;
use model::time::HOUR_MS;
use model::{StoreId, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;
use sync::vault::object::name_of;
use sync::vault::{Head, Kind, Name, OBJECT_MAX, VaultError};

/// Bytes of one store's backups at most: five years of a thousand orders a day.
pub const STORE_BYTES_MAX: u64 = 8 * 1024 * 1024 * 1024;
/// Heads that are kept whatever their age.
pub const NEWEST: usize = 20;
/// Of older heads one is kept for each hour of the last day, and one for each day of these.
pub const DAYS: i64 = 14;
/// New heads after which objects that no head needs are thrown away.
const SWEEP_EVERY: u64 = 120;
/// An object that no head needs yet may belong to a round that is under way.
const SPARED_MS: i64 = HOUR_MS;

/// Why something was not kept or not found.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// The disk.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// No object or head, or not the one it is called.
    #[error("{0}")]
    Vault(#[from] VaultError),
    /// The bytes have another name.
    #[error("these bytes are object {0}, not the one they were sent as: send them again")]
    OtherName(Name),
    /// A head of another store, or its number is not the next.
    #[error("the next head of {store} has number {next}, not {given}")]
    Number {
        /// Whose.
        store: String,
        /// What would fit.
        next: u64,
        /// What came.
        given: u64,
    },
    /// A head speaks of an object that is not there.
    #[error("object {0} of this head is not here: send it first")]
    Lacking(Name),
    /// The store's share of the disk is used up.
    #[error("the backups of {store} would be larger than {most} bytes")]
    Full {
        /// Whose.
        store: String,
        /// The bound.
        most: u64,
    },
}

/// One kept head, for lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// Its number.
    pub number: u64,
    /// The moment it shows.
    pub at: Timestamp,
    /// The store's epoch then.
    pub epoch: u64,
    /// Bytes it lists, without the chain.
    pub bytes: u64,
    /// Links of the chain.
    pub links: u64,
}

/// All stores' backups; clones share it.
#[derive(Debug, Clone)]
pub struct Backups {
    folder: PathBuf,
    most: u64,
    /// One change at a time; reading needs no turn.
    turn: Arc<Mutex<()>>,
    /// The moment that each store's newest head shows, once it was looked for.
    newest: Arc<Mutex<BTreeMap<StoreId, (Stamp, OpsBackup)>>>,
}

impl Backups {
    /// Below a folder, which is made when something comes.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder, most: STORE_BYTES_MAX, turn: Arc::default(), newest: Arc::default() }
    }

    /// With another bound of bytes per store.
    #[must_use]
    pub fn at_most(self, most: u64) -> Self {
        Self { most, ..self }
    }

    fn objects(&self, store: &StoreId) -> PathBuf {
        self.folder.join(store.as_str()).join("objects")
    }

    fn heads(&self, store: &StoreId) -> PathBuf {
        self.folder.join(store.as_str()).join("heads")
    }

    fn object(&self, store: &StoreId, name: Name) -> PathBuf {
        let text = name.to_string();
        self.objects(store).join(text.get(..2).unwrap_or("")).join(&text)
    }

    /// Which of these objects are not there.
    pub fn missing(&self, store: &StoreId, names: &[Name]) -> Vec<Name> {
        names.iter().filter(|name| !self.object(store, **name).exists()).copied().collect()
    }

    /// Keeps an object and reads it back.
    ///
    /// # Errors
    /// [`KeepError`]; then it is not there.
    pub fn put(&self, store: &StoreId, name: Name, bytes: &[u8]) -> Result<(), KeepError> {
        if bytes.len() > OBJECT_MAX {
            return Err(VaultError::Large { size: bytes.len(), most: OBJECT_MAX }.into());
        }
        Kind::of(bytes)?;
        let found = name_of(bytes);
        if found != name {
            return Err(KeepError::OtherName(found));
        }
        let _turn = self.turn.lock();
        let path = self.object(store, name);
        if path.exists() {
            return Ok(());
        }
        let (used, size) = (self.used(store)?, bytes.len() as u64);
        if used + size > self.most {
            return Err(KeepError::Full { store: store.to_string(), most: self.most });
        }
        write(&path, bytes)?;
        let back = read(&path)?.map(|bytes| name_of(&bytes));
        if back != Some(name) {
            let _ = std::fs::remove_file(&path);
            return Err(fail(&path, std::io::Error::other("what was written does not read back")));
        }
        self.set_used(store, used + size)
    }

    /// An object's bytes.
    ///
    /// # Errors
    /// [`KeepError::File`].
    pub fn get(&self, store: &StoreId, name: Name) -> Result<Option<Vec<u8>>, KeepError> {
        read(&self.object(store, name))
    }

    /// Keeps a head, if it is the next one and all its objects are here; then lets old heads go.
    ///
    /// # Errors
    /// [`KeepError`].
    pub fn put_head(&self, store: &StoreId, bytes: &[u8], now: Timestamp) -> Result<(), KeepError> {
        let head = Head::decode(bytes)?;
        let _turn = self.turn.lock();
        // After a head that does not read comes that number again: the store goes on from the newest that does.
        let kept = self.list(store)?;
        let next = kept.last().map_or(1, |kept| kept.number + 1);
        // The answer to the first sending was lost.
        if head.note.number + 1 == next && self.head(store, None)?.as_deref() == Some(bytes) {
            return Ok(());
        }
        if head.note.owner != store.as_str() || head.note.number != next {
            return Err(KeepError::Number { store: store.to_string(), next, given: head.note.number });
        }
        let needed = head.note.first.iter().chain(&head.note.later).chain(&head.note.link);
        if let Some(name) = needed.into_iter().find(|name| !self.object(store, **name).exists()) {
            return Err(KeepError::Lacking(*name));
        }
        write(&self.heads(store).join(next.to_string()), bytes)?;
        self.expire(store, (kept, next), now)?;
        if next.is_multiple_of(SWEEP_EVERY) { self.sweep(store, now) } else { Ok(()) }
    }

    /// A head's bytes; without a number the newest that reads.
    ///
    /// # Errors
    /// [`KeepError::File`].
    pub fn head(&self, store: &StoreId, number: Option<u64>) -> Result<Option<Vec<u8>>, KeepError> {
        match number {
            Some(number) => read(&self.heads(store).join(number.to_string())),
            None => Ok(self.newest_readable(store)?.0.map(|(bytes, _)| bytes)),
        }
    }

    /// The newest head that reads, with its bytes; and how many newer ones do not.
    fn newest_readable(&self, store: &StoreId) -> Result<(Option<Readable>, usize), KeepError> {
        let mut torn = 0;
        for number in self.numbers(store)?.into_iter().rev() {
            let Some(bytes) = read(&self.heads(store).join(number.to_string()))? else { continue };
            match Head::decode(&bytes) {
                Ok(head) => return Ok((Some((bytes, head)), torn)),
                Err(error) => {
                    tracing::error!(%store, number, %error, "a backup's head does not read");
                    torn += 1;
                }
            }
        }
        Ok((None, torn))
    }

    /// What is here of a store's backups. A head is read again only when its file is another one.
    pub fn newest(&self, store: &StoreId) -> OpsBackup {
        let _turn = self.turn.lock();
        self.look(store).unwrap_or_else(|error| {
            tracing::error!(%store, %error, "a store's backups cannot be read");
            OpsBackup::Broken { readable_at: None }
        })
    }

    fn look(&self, store: &StoreId) -> Result<OpsBackup, KeepError> {
        let Some(number) = self.numbers(store)?.pop() else { return Ok(OpsBackup::None) };
        let path = self.heads(store).join(number.to_string());
        let about = std::fs::metadata(&path).map_err(|error| fail(&path, error))?;
        let stamp = Stamp { number, bytes: about.len(), written: about.modified().ok() };
        let seen = self.newest.lock().ok().and_then(|newest| newest.get(store).copied());
        if let Some((_, known)) = seen.filter(|(of, _)| *of == stamp) {
            return Ok(known);
        }
        let (readable, torn) = self.newest_readable(store)?;
        let readable_at = readable.map(|(_, head)| head.note.at);
        let found = match readable_at {
            Some(at) if torn == 0 => OpsBackup::Kept { at },
            readable_at => OpsBackup::Broken { readable_at },
        };
        if let Ok(mut newest) = self.newest.lock() {
            newest.insert(store.clone(), (stamp, found));
        }
        Ok(found)
    }

    /// The kept heads that read, oldest first.
    ///
    /// # Errors
    /// [`KeepError::File`].
    pub fn list(&self, store: &StoreId) -> Result<Vec<Kept>, KeepError> {
        let mut kept = Vec::new();
        for number in self.numbers(store)? {
            let Some(bytes) = read(&self.heads(store).join(number.to_string()))? else { continue };
            match Head::decode(&bytes) {
                Ok(Head { note, .. }) => kept.push(Kept {
                    number,
                    at: note.at,
                    epoch: note.term,
                    bytes: note.bytes,
                    links: note.links,
                }),
                Err(error) => tracing::error!(%store, number, %error, "a backup's head does not read"),
            }
        }
        Ok(kept)
    }

    /// Bytes that a store's objects take.
    ///
    /// # Errors
    /// [`KeepError::File`].
    pub fn used(&self, store: &StoreId) -> Result<u64, KeepError> {
        let path = self.folder.join(store.as_str()).join("bytes");
        let text = read(&path)?.unwrap_or_default();
        match std::str::from_utf8(&text).ok().and_then(|text| text.trim().parse().ok()) {
            Some(bytes) => Ok(bytes),
            None => Ok(walk(&self.objects(store))?.iter().map(|(_, bytes, _)| bytes).sum()),
        }
    }

    fn set_used(&self, store: &StoreId, bytes: u64) -> Result<(), KeepError> {
        let path = self.folder.join(store.as_str()).join("bytes");
        std::fs::write(&path, bytes.to_string()).map_err(|error| fail(&path, error))
    }

    fn numbers(&self, store: &StoreId) -> Result<Vec<u64>, KeepError> {
        let folder = self.heads(store);
        let mut numbers = Vec::new();
        for entry in entries(&folder)? {
            numbers.extend(entry.file_name().and_then(|name| name.to_str()?.parse::<u64>().ok()));
        }
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// Lets heads before `next` go that are too many, and those that do not read.
    fn expire(
        &self,
        store: &StoreId,
        (kept, next): (Vec<Kept>, u64),
        now: Timestamp,
    ) -> Result<(), KeepError> {
        let moments: Vec<_> = kept.iter().map(|kept| (kept.number, kept.at)).collect();
        let staying = staying(&moments, (NEWEST, DAYS), now);
        for gone in self.numbers(store)?.into_iter().filter(|n| *n < next && !staying.contains(n)) {
            let path = self.heads(store).join(gone.to_string());
            std::fs::remove_file(&path).map_err(|error| fail(&path, error))?;
        }
        Ok(())
    }

    /// Throws away what no kept head needs. Of what was written within the hour nothing goes.
    ///
    /// # Errors
    /// [`KeepError`].
    pub fn sweep(&self, store: &StoreId, now: Timestamp) -> Result<(), KeepError> {
        let mut needed = BTreeSet::new();
        for number in self.numbers(store)? {
            let Some(bytes) = read(&self.heads(store).join(number.to_string()))? else { continue };
            // Of a head that does not read nobody knows what it needed; nobody can restore from it either.
            let Ok(Head { note, .. }) = Head::decode(&bytes) else { continue };
            needed.extend(note.first.iter().chain(&note.later).copied());
            let mut link = note.link;
            // Chains of heads meet soon: what is known already was followed already.
            while let Some(name) = link.filter(|name| needed.insert(*name)) {
                link = match read(&self.object(store, name))?.map(|bytes| Kind::of(&bytes)) {
                    Some(Ok(Kind::Link(before))) => before,
                    Some(Ok(Kind::Listed | Kind::Manifest) | Err(_)) | None => None,
                };
            }
        }
        let mut used = 0;
        for (path, bytes, written) in walk(&self.objects(store))? {
            let name = path.file_name().and_then(|name| name.to_str()?.parse::<Name>().ok());
            let wanted = name.is_some_and(|name| needed.contains(&name));
            if wanted || now.since_ms(written) < SPARED_MS {
                used += bytes;
            } else {
                std::fs::remove_file(&path).map_err(|error| fail(&path, error))?;
            }
        }
        self.set_used(store, used)
    }
}

/// A head that reads, with its bytes.
type Readable = (Vec<u8>, Head);

/// By what a head's file is known to be the one that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    number: u64,
    bytes: u64,
    written: Option<SystemTime>,
}

fn fail(path: &Path, source: std::io::Error) -> KeepError {
    KeepError::File { path: path.to_owned(), source }
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, KeepError> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(fail(path, error)),
    }
}

/// Whole or not at all, and on the disk when this returns.
fn write(path: &Path, bytes: &[u8]) -> Result<(), KeepError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(|error| fail(folder, error))?;
    let new = path.with_extension("new");
    let done = std::fs::File::create(&new).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&new, path)?;
        std::fs::File::open(folder)?.sync_all()
    });
    done.map_err(|error| fail(path, error))
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, KeepError> {
    match std::fs::read_dir(folder) {
        Ok(entries) => entries
            .map(|entry| entry.map(|entry| entry.path()).map_err(|error| fail(folder, error)))
            .collect(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(fail(folder, error)),
    }
}

/// Every object with its bytes and when it was written.
fn walk(objects: &Path) -> Result<Vec<(PathBuf, u64, Timestamp)>, KeepError> {
    let mut found = Vec::new();
    for folder in entries(objects)? {
        for path in entries(&folder)? {
            let about = std::fs::metadata(&path).map_err(|error| fail(&path, error))?;
            let written = about.modified().ok().and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
            let ms = written.map_or(0, |at| i64::try_from(at.as_millis()).unwrap_or(i64::MAX));
            found.push((path, about.len(), Timestamp::from_ms(ms)));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::time::DAY_MS;
    use sync::vault::{DataKey, Manifest, Note, RecoveryKey, Sealed};

    fn store() -> StoreId {
        StoreId::new("s1").unwrap()
    }

    fn object(text: &str) -> Sealed {
        Sealed::new(&DataKey::new([1; 32]), Kind::Listed, text.as_bytes()).unwrap()
    }

    fn head(number: u64, at: i64, first: &[Name]) -> Vec<u8> {
        let mut note = Note::new("s1".to_owned(), 1, number, Timestamp::from_ms(at));
        note.first = first.to_vec();
        let key = DataKey::new([1; 32]);
        let wrapped = RecoveryKey::new([2; 20]).wrap("s1", &key).unwrap();
        Head::seal(&key, &wrapped, &Manifest { note, contents: () }).unwrap().encode().unwrap()
    }

    #[test]
    fn an_object_is_kept_under_its_own_name_only_and_within_the_bound() {
        let dir = tempfile::tempdir().unwrap();
        let backups = Backups::new(dir.path().to_owned()).at_most(200);
        let (rice, dal) = (object("rice"), object("dal"));
        assert!(matches!(backups.put(&store(), dal.name, &rice.bytes), Err(KeepError::OtherName(_))));
        assert!(matches!(backups.put(&store(), rice.name, b"rice"), Err(KeepError::Vault(_))));
        backups.put(&store(), rice.name, &rice.bytes).unwrap();
        assert_eq!(backups.missing(&store(), &[rice.name, dal.name]), [dal.name]);
        assert_eq!(backups.get(&store(), rice.name).unwrap(), Some(rice.bytes.clone()));
        let large = object(&(0..99).map(|n| format!("{n} kilos ")).collect::<String>());
        assert!(matches!(backups.put(&store(), large.name, &large.bytes), Err(KeepError::Full { .. })));
    }

    #[test]
    fn a_head_comes_after_its_objects_and_in_its_turn() {
        let dir = tempfile::tempdir().unwrap();
        let backups = Backups::new(dir.path().to_owned());
        let (rice, now) = (object("rice"), Timestamp::from_ms(50));
        assert!(matches!(
            backups.put_head(&store(), &head(1, 50, &[rice.name]), now),
            Err(KeepError::Lacking(_))
        ));
        backups.put(&store(), rice.name, &rice.bytes).unwrap();
        backups.put_head(&store(), &head(1, 50, &[rice.name]), now).unwrap();
        // Two nodes that both think that they are the store: the second one is not the next.
        assert!(matches!(
            backups.put_head(&store(), &head(1, 51, &[rice.name]), now),
            Err(KeepError::Number { next: 2, .. })
        ));
        let other = StoreId::new("s2").unwrap();
        assert!(matches!(backups.put_head(&other, &head(1, 50, &[]), now), Err(KeepError::Number { .. })));
        assert_eq!(backups.list(&store()).unwrap().len(), 1);
    }

    #[test]
    fn a_head_that_is_torn_is_told_and_the_store_goes_on_from_the_one_before() {
        let dir = tempfile::tempdir().unwrap();
        let backups = Backups::new(dir.path().to_owned());
        let (torn, whole) = (store(), StoreId::new("s2").unwrap());
        let at = Timestamp::from_ms;
        assert_eq!(backups.newest(&torn), OpsBackup::None);
        for number in 1..=2 {
            backups
                .put_head(&torn, &head(number, 50 * i64::try_from(number).unwrap(), &[]), at(200))
                .unwrap();
        }
        let mut note = Note::new("s2".to_owned(), 1, 1, at(70));
        note.bytes = 9;
        let key = DataKey::new([1; 32]);
        let wrapped = RecoveryKey::new([2; 20]).wrap("s2", &key).unwrap();
        let other = Head::seal(&key, &wrapped, &Manifest { note, contents: () }).unwrap().encode().unwrap();
        backups.put_head(&whole, &other, at(200)).unwrap();
        assert_eq!(backups.newest(&torn), OpsBackup::Kept { at: at(100) });

        let newest = backups.heads(&torn).join("2");
        let bytes = std::fs::read(&newest).unwrap();
        std::fs::write(&newest, &bytes[..bytes.len() / 2]).unwrap();
        assert_eq!(backups.newest(&torn), OpsBackup::Broken { readable_at: Some(at(50)) });
        assert_eq!(backups.newest(&whole), OpsBackup::Kept { at: at(70) }, "no other store's figure suffers");
        // What is given out and listed is what reads; the number that is torn comes again, and heals it.
        assert_eq!(backups.head(&torn, None).unwrap(), Some(head(1, 50, &[])));
        assert_eq!(backups.list(&torn).unwrap().len(), 1);
        backups.sweep(&torn, at(200)).unwrap();
        let gap = backups.put_head(&torn, &head(3, 150, &[]), at(200));
        assert!(matches!(gap, Err(KeepError::Number { next: 2, .. })));
        backups.put_head(&torn, &head(2, 150, &[]), at(200)).unwrap();
        assert_eq!(backups.newest(&torn), OpsBackup::Kept { at: at(150) });
        // Torn ones that are older go with the next.
        std::fs::write(backups.heads(&torn).join("1"), b"").unwrap();
        backups.put_head(&torn, &head(3, 160, &[]), at(200)).unwrap();
        assert_eq!(backups.numbers(&torn).unwrap(), [2, 3]);
        // Nothing that reads at all.
        for number in 2..=3 {
            std::fs::write(backups.heads(&torn).join(number.to_string()), b"torn").unwrap();
        }
        assert_eq!(backups.newest(&torn), OpsBackup::Broken { readable_at: None });
    }

    #[test]
    fn old_heads_thin_out_and_what_only_they_needed_goes() {
        let dir = tempfile::tempdir().unwrap();
        let backups = Backups::new(dir.path().to_owned());
        let every = 2 * HOUR_MS;
        let start = 100 * DAY_MS;
        for number in 1..=16 * 12 {
            let now = Timestamp::from_ms(start + i64::try_from(number).unwrap() * every);
            let mine = object(&number.to_string());
            backups.put(&store(), mine.name, &mine.bytes).unwrap();
            backups.put_head(&store(), &head(number, now.ms(), &[mine.name]), now).unwrap();
        }
        let kept = backups.list(&store()).unwrap();
        assert!(kept.len() <= NEWEST + 24 + 15, "{}", kept.len());
        assert!(kept.windows(2).all(|pair| pair[0].number < pair[1].number));
        // Everything was written just now by the disk's clock: an hour later nothing is spared.
        let later = Timestamp::from_ms(i64::MAX / 2);
        backups.sweep(&store(), later).unwrap();
        assert_eq!(walk(&backups.objects(&store())).unwrap().len(), kept.len());
        let newest = object(&kept.last().unwrap().number.to_string());
        assert_eq!(backups.missing(&store(), &[newest.name]), []);
    }
}
