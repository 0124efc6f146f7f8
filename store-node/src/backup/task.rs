//! The node's own backups to the hub, one after the other, and the history of a replaced store; both beside the work, on a
//! thread that may block. Says how old the newest backup is. Never decides about stock or orders.

use super::hub::HubShelf;
use super::keys::{self, Keys};
use super::packing::Memory;
use super::round::{self, Whose};
use super::{BackupError, Cut, EVERY_MS, Shelf, backfill, file::FileShelf};
use crate::clock;
use crate::db::backup::reader;
use crate::line::HubLine;
use crate::reads::Reads;
use crate::writer::Writer;
use model::{StoreId, Timestamp};
use std::path::{Path, PathBuf};
use std::time::Duration;
use sync::vault::StoredFile;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Between two rounds.
const EVERY: Duration = Duration::from_millis(EVERY_MS.unsigned_abs());
/// After a failure, and between two looks at whether there is something to do.
const AGAIN: Duration = Duration::from_secs(10);
/// Whole rounds after which a backup at the hub is read back as a rehearsal: about a day.
const REHEARSE_EVERY: u64 = 2_880;
/// A file beside the database that is backed up at most.
const FILE_BYTES_MAX: u64 = 64 * 1024;
/// Files beside the database that are backed up at most.
const FILES_MAX: usize = 256;

/// How the backups stand, for the console.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BackupStanding {
    /// A recovery key was made.
    pub enrolled: bool,
    /// The moment that the newest backup at the hub shows.
    pub hub_at: Option<Timestamp>,
    /// Bytes that it lists.
    pub hub_bytes: u64,
    /// When a backup was last read back whole.
    pub rehearsed_at: Option<Timestamp>,
    /// Why the last round did not succeed.
    pub error: Option<String>,
    /// Objects of the history that are still to come.
    pub history_left: Option<u64>,
    /// Why the history does not come.
    pub history_error: Option<String>,
}

/// What the task needs.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The store.
    pub store: StoreId,
    /// Folder of the database.
    pub data_dir: PathBuf,
    /// The database.
    pub database: PathBuf,
    /// store.toml as it is in force.
    pub manifest: String,
    /// The hub.
    pub hub: HubLine,
}

impl Setup {
    /// Whose backups these are, in an epoch.
    pub fn whose(&self, epoch: u64) -> Whose {
        Whose {
            store: self.store.to_string(),
            epoch,
            files: files(&self.data_dir, &self.manifest),
            cut: Cut::default(),
        }
    }
}

/// store.toml, the broker's secrets and what `enrol` keeps: everything beside the database that a new machine needs.
pub fn files(data_dir: &Path, manifest: &str) -> Vec<StoredFile> {
    let mut files = vec![StoredFile { name: "store.toml".to_owned(), bytes: manifest.as_bytes().to_vec() }];
    let mut folders = vec![data_dir.join("enrol")];
    let mut paths = vec![crate::secrets::agent_file(data_dir), crate::secrets::node_file(data_dir)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                Ok(kind) if kind.is_file() => paths.push(entry.path()),
                Ok(_) | Err(_) => {}
            }
        }
    }
    paths.sort();
    for path in paths.into_iter().take(FILES_MAX) {
        let small = std::fs::metadata(&path).is_ok_and(|about| about.len() <= FILE_BYTES_MAX);
        let name = path.strip_prefix(data_dir).ok().and_then(Path::to_str).map(str::to_owned);
        if let (true, Some(name), Ok(bytes)) = (small, name, std::fs::read(&path)) {
            files.push(StoredFile { name, bytes });
        }
    }
    files
}

/// Backs up and fills in until `stop`.
pub async fn run(
    setup: Setup,
    writer: Writer,
    reads: Reads,
    standing: watch::Sender<BackupStanding>,
    stop: CancellationToken,
) {
    let filling = fill_in(setup.clone(), writer, standing.clone(), stop.clone());
    tokio::join!(back_up(setup, reads, standing, stop), filling);
}

async fn back_up(
    setup: Setup,
    reads: Reads,
    standing: watch::Sender<BackupStanding>,
    stop: CancellationToken,
) {
    let mut memory = Memory::default();
    let mut rounds: u64 = 0;
    loop {
        let wait = match keys::load(&setup.data_dir) {
            Ok(None) => AGAIN,
            Ok(Some(keys)) => {
                standing.send_modify(|now| now.enrolled = true);
                let rehearse = rounds.is_multiple_of(REHEARSE_EVERY);
                let epoch =
                    reads.ask(|reader| reader.epoch()).await.map_err(|e| BackupError::Told(e.to_string()));
                let (setup, handle) = (setup.clone(), Handle::current());
                let mut held = std::mem::take(&mut memory);
                let work = move || {
                    let done =
                        epoch.and_then(|epoch| one_round(&setup, &keys, &mut held, handle, epoch, rehearse));
                    (held, done)
                };
                let Ok((kept, done)) = tokio::task::spawn_blocking(work).await else { return };
                memory = kept;
                rounds += u64::from(done.is_ok());
                told(&standing, done)
            }
            Err(error) => told(&standing, Err(error)),
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(wait) => {}
        }
    }
}

fn told(
    standing: &watch::Sender<BackupStanding>,
    done: Result<(round::Done, bool), BackupError>,
) -> Duration {
    match done {
        Ok((done, rehearsed)) => {
            standing.send_modify(|now| {
                (now.hub_at, now.hub_bytes, now.error) = (Some(done.at), done.listed.1, None);
                now.rehearsed_at = if rehearsed { Some(done.at) } else { now.rehearsed_at };
            });
            tracing::debug!(number = done.number, objects = done.sent.0, bytes = done.sent.1, "backed up");
            // History that waits does not wait for the next turn.
            if done.more { Duration::from_secs(1) } else { EVERY }
        }
        Err(error) => {
            let text = error.to_string();
            standing.send_if_modified(|now| {
                let new = now.error.as_ref() != Some(&text);
                if new {
                    tracing::warn!(error = %text, "not backed up");
                    now.error = Some(text);
                }
                new
            });
            AGAIN
        }
    }
}

fn one_round(
    setup: &Setup,
    keys: &Keys,
    memory: &mut Memory,
    handle: Handle,
    epoch: u64,
    rehearse: bool,
) -> Result<(round::Done, bool), BackupError> {
    let mut shelf = HubShelf::new(setup.hub.clone(), handle);
    let mut db = reader(&setup.database)?;
    let done = round::take(&mut db, keys, &mut shelf, memory, &setup.whose(epoch), clock::now())?;
    if rehearse {
        let head = shelf.head(None)?.ok_or_else(|| BackupError::Nothing("at the hub".to_owned()))?;
        super::restore::rehearse(&mut shelf, &head, keys, &setup.data_dir)?;
    }
    Ok((done, rehearse))
}

/// One object after the other, so that orders never wait behind more than one on the line.
async fn fill_in(
    setup: Setup,
    writer: Writer,
    standing: watch::Sender<BackupStanding>,
    stop: CancellationToken,
) {
    loop {
        let step = {
            let (setup, handle) = (setup.clone(), Handle::current());
            tokio::task::spawn_blocking(move || one_object(&setup, handle)).await
        };
        let wait = match step {
            Ok(Ok(None)) => {
                standing.send_modify(|now| (now.history_left, now.history_error) = (None, None));
                return;
            }
            Ok(Ok(Some((left, rows)))) => {
                standing.send_modify(|now| (now.history_left, now.history_error) = (Some(left), None));
                match writer.put_old(rows).await {
                    Ok(()) => Duration::ZERO,
                    Err(_) => AGAIN,
                }
            }
            Ok(Err(error)) => {
                let text = error.to_string();
                tracing::warn!(error = %text, "the history does not come");
                standing.send_modify(|now| now.history_error = Some(text));
                AGAIN
            }
            Err(_) => return,
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(wait) => {}
        }
    }
}

fn one_object(setup: &Setup, handle: Handle) -> Result<Option<(u64, crate::engine::OldRows)>, BackupError> {
    let mut db = reader(&setup.database)?;
    let Some(left) = backfill::left(&mut db)? else { return Ok(None) };
    let keys = keys::load(&setup.data_dir)?.ok_or_else(|| {
        BackupError::Told(
            "backup.key is not there any more: put it back, the history is sealed with it".to_owned(),
        )
    })?;
    let mut shelf: Box<dyn Shelf> = if left.chain.source == "hub" {
        Box::new(HubShelf::new(setup.hub.clone(), handle))
    } else {
        Box::new(FileShelf::open(Path::new(&left.chain.source))?)
    };
    let rows = backfill::next(&left, setup.store.as_str(), &keys, &mut *shelf, clock::now())?;
    Ok(Some((left.objects(), rows)))
}
