//! The hub's own backups by themselves: into a folder, one file for each round, old ones thinned out. A fault is told on the
//! operations page and tried again; it never keeps the hub from selling. Never here: how a backup is made and read.

use super::{BackupError, back_up};
use crate::config::BackupConfig;
use crate::thinning::staying;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use model::Timestamp;
use model::api::hub::OpsHubBackup;
use model::time::MINUTE_MS;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{oneshot, watch};
use tokio_util::sync::CancellationToken;

/// Files that are kept whatever their age; each is a whole hub.
pub const NEWEST: usize = 8;
/// Of older ones one is kept for each hour of the last day, and one for each day of these.
pub const DAYS: i64 = 14;
/// After a round that failed.
const AGAIN: Duration = Duration::from_secs(60);
/// A round may take this share of the time, so that a large hub is not always copying.
const SHARE: u32 = 20;
/// Steps of priority that a round gives up.
const GIVES_WAY: i32 = 10;
/// How a file is called: the moment it shows, UTC.
const NAME: &str = "hub-%Y%m%dT%H%M%SZ.larder";

/// Makes backups into one folder, and says how it goes. Clones share what is said.
#[derive(Debug, Clone)]
pub struct Rounds {
    data_dir: PathBuf,
    folder: PathBuf,
    every_ms: i64,
    says: Arc<watch::Sender<OpsHubBackup>>,
}

/// How it goes, where no round is made.
pub fn off() -> watch::Receiver<OpsHubBackup> {
    watch::channel(OpsHubBackup::Off).1
}

impl Rounds {
    /// Of a hub's data into the folder that its configuration names.
    pub fn new(data_dir: &Path, config: &BackupConfig) -> Self {
        Self {
            data_dir: data_dir.to_owned(),
            folder: config.folder.clone(),
            every_ms: i64::from(config.every_min) * MINUTE_MS,
            says: Arc::new(watch::channel(OpsHubBackup::Waiting).0),
        }
    }

    /// How it goes.
    pub fn says(&self) -> watch::Receiver<OpsHubBackup> {
        self.says.subscribe()
    }

    /// Makes rounds until `stop`.
    pub async fn run(self, now: fn() -> Timestamp, stop: CancellationToken) {
        loop {
            let begun = Instant::now();
            let done = tokio::select! {
                () = stop.cancelled() => return,
                done = self.clone().beside(now()) => done,
            };
            let wait = match done {
                Some(due_ms) => Duration::from_millis(due_ms.unsigned_abs()).max(begun.elapsed() * SHARE),
                None => {
                    tracing::error!("a round of the hub's backup broke off");
                    AGAIN
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// A round on a thread of its own that gives way to all others. A stop does not wait for it: what it has begun has no name
    /// yet and is thrown away by the next.
    async fn beside(self, now: Timestamp) -> Option<i64> {
        let (done, told) = oneshot::channel();
        let work = move || {
            if let Err(error) = rustix::process::nice(GIVES_WAY) {
                tracing::debug!(%error, "the backup keeps its priority");
            }
            let _ = done.send(self.round(now));
        };
        std::thread::Builder::new().name("hub-backup".to_owned()).spawn(work).ok()?;
        told.await.ok()
    }

    /// A backup, where one is due. Says after how many milliseconds to come again.
    pub fn round(&self, now: Timestamp) -> i64 {
        let kept = match self.kept() {
            Ok(kept) => kept,
            Err(error) => return self.failed(None, &error),
        };
        let newest = newest(&kept, now).map(|(at, _)| *at);
        let left = newest.map(|at| self.every_ms - now.since_ms(at)).filter(|left| *left > 0);
        if let Some(left) = left {
            self.tell(&kept, now);
            return left;
        }
        self.sweep();
        let to = self.folder.join(name(now));
        let done = back_up(&self.data_dir, &to, now).and_then(|_| self.thin(now));
        match done {
            Ok(kept) => {
                self.tell(&kept, now);
                self.every_ms
            }
            Err(error) => self.failed(newest, &error),
        }
    }

    fn tell(&self, kept: &[(Timestamp, PathBuf)], now: Timestamp) {
        let Some((at, path)) = newest(kept, now) else { return };
        let bytes = std::fs::metadata(path).map_or(0, |about| about.len());
        let files = u32::try_from(kept.len()).unwrap_or(u32::MAX);
        let folder = self.folder.display().to_string();
        self.says.send_replace(OpsHubBackup::Kept { at: *at, bytes, files, folder });
    }

    fn failed(&self, newest: Option<Timestamp>, error: &BackupError) -> i64 {
        tracing::error!(%error, "no backup of the hub; it is tried again");
        let newest = newest.or_else(|| self.says.borrow().at());
        self.says.send_replace(OpsHubBackup::Failed { newest, why: error.to_string() });
        i64::try_from(AGAIN.as_millis()).unwrap_or(i64::MAX)
    }

    /// The folder's backups, oldest first. A folder that is not there is not made: mostly a disk that should be mounted is not.
    fn kept(&self) -> Result<Vec<(Timestamp, PathBuf)>, BackupError> {
        let entries = std::fs::read_dir(&self.folder).map_err(|source| {
            if source.kind() == std::io::ErrorKind::NotFound {
                let folder = self.folder.display();
                BackupError::Told(format!("{folder} is not there: mount its disk, or make the folder"))
            } else {
                BackupError::File { path: self.folder.clone(), source }
            }
        })?;
        let dated = |path: PathBuf| Some((moment(path.file_name()?.to_str()?)?, path));
        let mut kept: Vec<_> = entries.filter_map(|entry| dated(entry.ok()?.path())).collect();
        kept.sort();
        Ok(kept)
    }

    /// Throws away what a round left that was broken off.
    fn sweep(&self) {
        let Ok(entries) = std::fs::read_dir(&self.folder) else { return };
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            let half = path.extension().is_some_and(|ending| ending == "part");
            let named = path.with_extension("larder");
            let ours = named.file_name().and_then(|name| moment(name.to_str()?));
            if half
                && ours.is_some()
                && let Err(error) = std::fs::remove_file(&path)
            {
                tracing::warn!(%error, path = %path.display(), "half a backup stays");
            }
        }
    }

    /// Lets old ones go; says which are left.
    fn thin(&self, now: Timestamp) -> Result<Vec<(Timestamp, PathBuf)>, BackupError> {
        let kept = self.kept()?;
        let moments: Vec<_> = kept.iter().map(|(at, _)| (*at, *at)).collect();
        let stays = staying(&moments, (NEWEST, DAYS), now);
        let (left, gone): (Vec<_>, Vec<_>) = kept.into_iter().partition(|(at, _)| stays.contains(at));
        for (_, path) in gone {
            std::fs::remove_file(&path).map_err(|source| BackupError::File { path, source })?;
        }
        Ok(left)
    }
}

/// The newest of them. One that shows a later moment was written by a clock that went wrong: it is no reason to wait, and says
/// nothing of how old the last one is.
fn newest(kept: &[(Timestamp, PathBuf)], now: Timestamp) -> Option<&(Timestamp, PathBuf)> {
    kept.iter().rev().find(|(at, _)| *at <= now)
}

fn name(at: Timestamp) -> String {
    let moment = jiff::Timestamp::from_millisecond(at.ms()).unwrap_or_default();
    moment.strftime(NAME).to_string()
}

/// The moment of a file's name; `None` for a stranger's file.
fn moment(name: &str) -> Option<Timestamp> {
    let moment = DateTime::strptime(NAME, name).ok()?.to_zoned(TimeZone::UTC).ok()?;
    Some(Timestamp::from_ms(moment.timestamp().as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::sqlite::Sqlite;
    use model::time::{DAY_MS, HOUR_MS};

    const EVERY: i64 = 15 * MINUTE_MS;

    /// A hub's data with a recovery key, and the folder.
    fn stage() -> (tempfile::TempDir, Rounds) {
        let dir = tempfile::tempdir().unwrap();
        let data_dir = dir.path().join("data");
        std::fs::create_dir_all(&data_dir).unwrap();
        drop(Sqlite::open(&data_dir.join("hub.db")).unwrap());
        super::super::enrol(&data_dir).unwrap();
        let folder = dir.path().join("disk");
        std::fs::create_dir(&folder).unwrap();
        let rounds = Rounds::new(&data_dir, &BackupConfig { folder, every_min: 15 });
        (dir, rounds)
    }

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_ms(1_796_065_375_000 + ms)
    }

    #[test]
    fn a_file_is_called_by_its_moment_and_no_other_file_is() {
        assert_eq!(name(at(0)), "hub-20261130T190255Z.larder");
        assert_eq!(moment(&name(at(0))), Some(at(0)));
        for other in ["hub.larder", "hub-20261130T190255Z.part", "hub-20261330T190255Z.larder", "s1.larder"] {
            assert_eq!(moment(other), None, "{other}");
        }
    }

    #[test]
    fn a_round_is_made_when_it_is_due_and_the_hub_that_comes_out_is_whole() {
        let (_dir, rounds) = stage();
        assert_eq!(*rounds.says().borrow(), OpsHubBackup::Waiting);
        assert_eq!(rounds.round(at(0)), EVERY);
        let (first, files) = (rounds.says().borrow().clone(), rounds.kept().unwrap());
        assert_eq!((first.at(), files.len()), (Some(at(0)), 1));
        assert_eq!(rounds.round(at(MINUTE_MS)), EVERY - MINUTE_MS, "not due");
        assert_eq!(rounds.kept().unwrap().len(), 1);
        // A hub that starts anew goes on from what lies there.
        let config = BackupConfig { folder: rounds.folder.clone(), every_min: 15 };
        let again = Rounds::new(&rounds.data_dir, &config);
        assert_eq!(again.round(at(EVERY - 1)), 1);
        assert_eq!(again.says().borrow().at(), Some(at(0)));
        assert_eq!(again.round(at(EVERY)), EVERY);
        assert_eq!(again.kept().unwrap().len(), 2);
        // A clock that goes back is no reason to wait for days.
        assert_eq!(again.round(at(-DAY_MS)), EVERY);
        assert_eq!(again.says().borrow().at(), Some(at(-DAY_MS)), "not what shows a later moment");
        assert_eq!(again.round(at(-DAY_MS + MINUTE_MS)), EVERY - MINUTE_MS);
    }

    #[test]
    fn a_disk_that_is_not_there_or_a_missing_key_is_told_and_tried_again() {
        let (_dir, rounds) = stage();
        rounds.round(at(0));
        std::fs::rename(&rounds.folder, rounds.folder.with_extension("away")).unwrap();
        assert_eq!(rounds.round(at(EVERY)), 60_000);
        let OpsHubBackup::Failed { newest, why } = rounds.says().borrow().clone() else {
            panic!("not told");
        };
        assert_eq!(newest, Some(at(0)), "what was there once");
        assert!(why.contains("mount its disk"), "{why}");
        assert!(!rounds.folder.exists(), "no folder is made where a disk should be");
        std::fs::rename(rounds.folder.with_extension("away"), &rounds.folder).unwrap();
        std::fs::remove_file(super::super::key_path(&rounds.data_dir)).unwrap();
        rounds.round(at(EVERY));
        let said = rounds.says().borrow().clone();
        assert!(
            matches!(&said, OpsHubBackup::Failed { why, .. } if why.contains("central-hub backup enrol")),
            "{said:?}"
        );
    }

    #[test]
    fn old_files_thin_out_and_a_strangers_file_stays() {
        let (_dir, rounds) = stage();
        let stranger = rounds.folder.join("photo.jpg");
        std::fs::write(&stranger, b"mine").unwrap();
        let half = rounds.folder.join(name(at(-1_000))).with_extension("part");
        std::fs::write(&half, b"half").unwrap();
        for hour in 1..=20 * 24 {
            std::fs::write(rounds.folder.join(name(at(-hour * HOUR_MS))), b"old").unwrap();
        }
        rounds.round(at(0));
        let kept = rounds.kept().unwrap();
        assert!((24 + 13..=24 + 16).contains(&kept.len()), "{}", kept.len());
        assert!(kept.first().unwrap().0 >= at(-DAYS * DAY_MS));
        assert!(stranger.exists() && !half.exists());
    }
}
