//! New hardware becomes a store out of a backup (REQ-52): restore what is needed to sell, put the files in their places,
//! fence, and ask the hub for an epoch of its own, bound to a key that no other machine has. The old machine is shut out by
//! that. Where the hub is away the store is readable and fenced, and asks for its epoch as soon as the hub is there.

use crate::backup::program::{self, Place};
use crate::backup::restore::{keys_for, restore};
use crate::backup::{BackupError, Shelf, keys};
use crate::claim::{self, Wanted};
use crate::clock;
use crate::command::{Command, Envelope, FenceWhy, system};
use crate::db::backup::reader;
use crate::db::fence::{self, State};
use crate::engine::{Engine, Fault, OpenError};
use crate::line::HubLine;
use crate::lock::{Lock, LockError};
use crate::{derive, manifest, run};
use firmware_config::StoreManifest;
use model::api::machine::EpochRequest;
use model::quota::StoreEpoch;
use std::fmt;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, Instant};
use sync::pledge;
use sync::vault::{Head, RecoveryKey, StoredFile};
use tokio::runtime::Handle;

/// The name of store.toml in a backup.
const MANIFEST: &str = "store.toml";

/// Why no store was made.
#[derive(Debug, thiserror::Error)]
pub enum ReplaceError {
    /// The backup.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// The data folder cannot be made, or another process has it.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The new database does not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// store.toml does not make a store.
    #[error(transparent)]
    Manifest(#[from] manifest::ManifestError),
    /// The new database does not take its fence.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// What a person must mend.
    #[error("{0}")]
    Told(String),
}

/// What is wished.
#[derive(Debug, Clone)]
pub struct Wish {
    /// From where.
    pub from: Place,
    /// Which backup; the newest without a number.
    pub number: Option<u64>,
    /// The epoch of a machine that took the store over after this backup and is gone, too.
    pub instead_of: Option<u32>,
    /// store.toml, where it is there.
    pub manifest: Option<StoreManifest>,
    /// The hub, where there is no store.toml.
    pub hub: Option<HubLine>,
    /// Where store.toml is, or is written.
    pub config: PathBuf,
}

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The store.
    pub store: String,
    /// The moment that the backup shows.
    pub at: model::Timestamp,
    /// Objects and bytes fetched.
    pub fetched: (u64, u64),
    /// How long it took.
    pub took: Duration,
    /// Links of the history that follow.
    pub links: u64,
    /// The new epoch; `None` while the hub is away.
    pub epoch: Option<u32>,
    /// Why there is none yet.
    pub away: Option<String>,
}

impl fmt::Display for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} as of {}: {} bytes in {:.1} s",
            self.store,
            self.at,
            self.fetched.1,
            self.took.as_secs_f64()
        )?;
        match (self.epoch, &self.away) {
            (Some(epoch), _) => writeln!(f, "The hub gave it epoch {epoch}; the old machine is shut out.")?,
            (None, why) => {
                let why = why.as_deref().unwrap_or("it was not asked");
                writeln!(f, "The hub is away ({why}): the store asks for its epoch as soon as it is there.")?;
            }
        }
        writeln!(f, "It is fenced: start `store-node serve`, then count at the console under Counting.")?;
        write!(f, "{} links of older history follow while it works.", self.links)
    }
}

/// Makes this machine the store. The wish for an epoch is durable before there is a database: whatever breaks off, this
/// machine neither sells nor talks to the hub as the one that it replaces.
///
/// # Errors
/// [`ReplaceError`]; a database that is there already is never touched.
pub fn replace(wish: &Wish, recovery: &RecoveryKey, handle: Handle) -> Result<Made, ReplaceError> {
    let begun = Instant::now();
    let listed = wish.manifest.as_ref().map(|manifest| HubLine::of(manifest).map_err(BackupError::from));
    let first = wish.hub.clone().map(Ok).or(listed).transpose()?;
    let mut shelf = place(&wish.from, first.clone(), handle.clone())?;
    let head = program::newest(&mut *shelf, wish.number)?;
    let keys = keys_for(&head, recovery)?;
    let files =
        head.open::<sync::vault::StoreContents>(&keys.data).map_err(BackupError::from)?.contents.files;
    let manifest = whose(wish, &files, &head.note.owner)?;
    let hub = match first {
        Some(hub) => HubLine { store: Some(manifest.store.id.clone()), ..hub },
        None => HubLine::of(&manifest).map_err(BackupError::from)?,
    };
    let data_dir = &manifest.node.data_dir;
    let database = run::database(data_dir);
    let expect = follows(wish, &head, &hub, &handle)?;
    let _lock = Lock::take(data_dir)?;
    Wanted::settled(data_dir)?;
    let wanted = Wanted::note(data_dir, FenceWhy::Replaced, expect)?;
    let restored = restore(&mut *shelf, &head, &keys, &database, &source(&wish.from)?)?;
    keys::keep(data_dir, &keys)?;
    put_files(wish, data_dir, &files)?;
    let mut engine = Engine::open(&database, manifest::setup(&manifest)?, clock::now())?;
    apply(&mut engine, "restored", Command::Fence { why: FenceWhy::Replaced })?;
    let asked = take_epoch(&hub, &wanted, &mut engine, &handle).and_then(|epoch| {
        Wanted::settled(data_dir)?;
        Ok(epoch)
    });
    engine.close()?;
    let (epoch, away) = match asked {
        Ok(epoch) => (Some(epoch.0), None),
        Err(error) => (None, Some(error.to_string())),
    };
    Ok(Made {
        store: head.note.owner.clone(),
        at: head.note.at,
        fetched: restored.fetched,
        took: begun.elapsed(),
        links: head.note.links,
        epoch,
        away,
    })
}

fn place(from: &Place, hub: Option<HubLine>, handle: Handle) -> Result<Box<dyn Shelf>, ReplaceError> {
    let hub = match (from, hub) {
        (Place::Hub, None) => {
            let what = "which hub? There is no store.toml here: give its address and the store's token";
            return Err(ReplaceError::Told(what.to_owned()));
        }
        (Place::Hub, Some(hub)) => hub,
        (Place::File(_), hub) => hub.unwrap_or_else(|| HubLine::plain("", "")),
    };
    Ok(program::shelf(from, hub, handle)?)
}

/// What the history is fetched from later: a file by its whole path.
fn source(from: &Place) -> Result<String, ReplaceError> {
    match from {
        Place::Hub => Ok("hub".to_owned()),
        Place::File(path) => {
            let whole = std::fs::canonicalize(path).map_err(|error| BackupError::file(path, error))?;
            Ok(whole.display().to_string())
        }
    }
}

/// store.toml that is there, or the one in the backup; of the backup's store, and of a machine that is none yet.
fn whose(wish: &Wish, files: &[StoredFile], owner: &str) -> Result<StoreManifest, ReplaceError> {
    let manifest = match &wish.manifest {
        Some(manifest) => manifest.clone(),
        None => stored_manifest(files)?.0,
    };
    let ours = manifest.store.id.as_str();
    if ours != owner {
        return Err(ReplaceError::Told(format!("the backup is of store {owner}, store.toml is of {ours}")));
    }
    let database = run::database(&manifest.node.data_dir);
    if database.exists() {
        let what = "is there already: this machine has been a store. Move the data folder away first";
        return Err(ReplaceError::Told(format!("{} {what}", database.display())));
    }
    Ok(manifest)
}

fn stored_manifest(files: &[StoredFile]) -> Result<(StoreManifest, String), ReplaceError> {
    let none = || ReplaceError::Told("there is no store.toml in the backup: give one by --config".to_owned());
    let file = files.iter().find(|file| file.name == MANIFEST).ok_or_else(none)?;
    let text = String::from_utf8_lossy(&file.bytes).into_owned();
    let manifest = firmware_config::parse(&text)
        .map_err(|faults| ReplaceError::Told(format!("store.toml of the backup: {faults:?}")))?;
    Ok((manifest, text))
}

/// store.toml, secrets and certificates; what is there already stays.
fn put_files(wish: &Wish, data_dir: &Path, files: &[StoredFile]) -> Result<(), ReplaceError> {
    if wish.manifest.is_none() {
        write_new(&wish.config, stored_manifest(files)?.1.as_bytes())?;
    }
    for file in files.iter().filter(|file| file.name != MANIFEST) {
        let inside = Path::new(&file.name).components().all(|part| matches!(part, Component::Normal(_)));
        if !inside {
            return Err(ReplaceError::Told(format!(
                "the backup has a file {:?} outside the data folder",
                file.name
            )));
        }
        let path = data_dir.join(&file.name);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| BackupError::file(folder, error))?;
        }
        if !path.exists() {
            write_new(&path, &file.bytes)?;
        }
    }
    Ok(())
}

fn write_new(path: &Path, bytes: &[u8]) -> Result<(), ReplaceError> {
    let mut options = std::fs::OpenOptions::new();
    let made = options.write(true).create_new(true).mode(0o600).open(path).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    Ok(made.map_err(|error| BackupError::file(path, error))?)
}

fn apply(engine: &mut Engine, purpose: &str, command: Command) -> Result<(), ReplaceError> {
    let now = clock::now();
    let actor = system("replace").map_err(|error| ReplaceError::Told(error.to_string()))?;
    let id = derive::command(&now.ms().to_be_bytes(), purpose);
    let applied = engine.apply(now, vec![Envelope { id, actor, command }])?;
    match applied.replies.into_iter().next() {
        Some(Err(refusal)) => Err(ReplaceError::Told(format!("{purpose}: {}", refusal.problem().detail))),
        Some(Ok(_)) | None => Ok(()),
    }
}

/// Asks the hub for an epoch and takes it.
fn take_epoch(
    hub: &HubLine,
    wanted: &Wanted,
    engine: &mut Engine,
    handle: &Handle,
) -> Result<StoreEpoch, ReplaceError> {
    let request = EpochRequest { node_key: wanted.key.clone(), expect: wanted.expect };
    let shown = engine.pledges()?;
    let answer = handle.block_on(claim::ask_epoch(hub, &request, &shown))?;
    engine.pledged(&pledge::from_text(&answer.pledge))?;
    let (epoch, generation) = (answer.epoch, answer.generation);
    apply(engine, "epoch", Command::TakeEpoch { epoch, generation, why: wanted.why })?;
    Ok(epoch)
}

/// The epoch that this machine's is to follow: the backup's, unless another machine took the store over since. That one is
/// shut out only by somebody who names it.
fn follows(wish: &Wish, head: &Head, hub: &HubLine, handle: &Handle) -> Result<StoreEpoch, ReplaceError> {
    let of_backup = StoreEpoch(u32::try_from(head.note.term).unwrap_or(u32::MAX));
    let named = wish.instead_of.map_or(of_backup, StoreEpoch).max(of_backup);
    match handle.block_on(claim::current(hub)) {
        Ok(now) if now.epoch > named => {
            let (theirs, ours) = (now.epoch.0, of_backup.0);
            Err(ReplaceError::Told(format!(
                "the store runs on a machine of epoch {theirs}, which took it over after this backup of epoch {ours}. \
                 If that machine is gone, too, take its own backup, or say --instead-of {theirs}: it is shut out then"
            )))
        }
        // The hub is away, or has forgotten: what is known here holds.
        Ok(_) | Err(_) => Ok(named),
    }
}

/// A machine that waits for its epoch is fenced before it serves anybody, whatever broke off when it was made.
///
/// # Errors
/// [`ReplaceError`].
pub fn fence_while_waiting(engine: &mut Engine, data_dir: &Path) -> Result<(), ReplaceError> {
    let Some(wanted) = Wanted::load(data_dir)? else { return Ok(()) };
    let now = reader(&run::database(data_dir)).and_then(|mut db| db.snapshot(fence::state));
    let now = now.map_err(BackupError::from)?;
    if now.state == State::Open {
        apply(engine, "waits", Command::Fence { why: wanted.why })?;
    }
    Ok(())
}
