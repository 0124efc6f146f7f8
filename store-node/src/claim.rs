//! Whose store this is. A machine that took a store over, or was set back to an older state, asks the hub for an epoch of its
//! own before it says anything else; one whose store has a later epoch at the hub was replaced itself, and stays shut.

use crate::backup::BackupError;
use crate::command::{Command, Envelope, FenceWhy, system};
use crate::line::{HubLine, Payload, Reply};
use crate::secrets;
use crate::writer::Writer;
use crate::{clock, derive};
use hyper::Method;
use hyper::header::HeaderValue;
use model::api::machine::{EpochAnswer, EpochRequest};
use model::quota::{HubGeneration, StoreEpoch};
use serde::{Deserialize, Serialize};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use sync::pledge::{self, Pledge};
use sync::wire::CloseReason;

/// Where epochs are asked for.
const EPOCH: &str = "/sync/v1/epoch";
/// The hub's code for: another machine was quicker.
const TAKEN: &str = "terms_taken";

/// What this machine still has to ask the hub for. It lies in a file beside the database until the epoch is in there: asked
/// again with the same key, the hub gives the same answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// Why it needs an epoch of its own.
    pub why: FenceWhy,
    /// The key that the epoch is bound to: made for this one wish, so that no copy of this machine has it.
    pub key: String,
    /// The epoch that it is to follow.
    pub expect: StoreEpoch,
}

impl Wanted {
    fn path(data_dir: &Path) -> PathBuf {
        data_dir.join("epoch.wanted")
    }

    /// What is still to be asked for.
    ///
    /// # Errors
    /// [`BackupError`]: a file that cannot be read is no reason to go on as if there were none.
    pub fn load(data_dir: &Path) -> Result<Option<Self>, BackupError> {
        let path = Self::path(data_dir);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(BackupError::file(&path, error)),
        };
        let told = |error: serde_json::Error| {
            BackupError::Told(format!("{}: {error}; replace this machine again", path.display()))
        };
        serde_json::from_str(&text).map(Some).map_err(told)
    }

    /// Remembers that an epoch is wanted; durable when this returns. A wish that is there already stays.
    ///
    /// # Errors
    /// [`BackupError`].
    pub fn note(data_dir: &Path, why: FenceWhy, expect: StoreEpoch) -> Result<Self, BackupError> {
        if let Some(there) = Self::load(data_dir)? {
            return Ok(there);
        }
        let bytes: [u8; 16] = secrets::random()?;
        let key = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let wanted = Self { why, key, expect };
        let (path, new) = (Self::path(data_dir), data_dir.join("epoch.wanted.new"));
        let text = serde_json::to_vec(&wanted).map_err(|error| BackupError::Told(error.to_string()))?;
        let mut options = std::fs::OpenOptions::new();
        let done = options.write(true).create(true).truncate(true).mode(0o600).open(&new);
        let done = done.and_then(|mut file| {
            file.write_all(&text)?;
            file.sync_all()?;
            std::fs::rename(&new, &path)?;
            std::fs::File::open(data_dir)?.sync_all()
        });
        done.map_err(|error| BackupError::file(&path, error))?;
        Ok(wanted)
    }

    /// Nothing is wanted any more.
    ///
    /// # Errors
    /// [`BackupError::File`]; then it is asked for again, and the same answer comes.
    pub fn settled(data_dir: &Path) -> Result<(), BackupError> {
        let path = Self::path(data_dir);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(BackupError::file(&path, error)),
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

/// What a machine needs to settle whose store it is.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The hub.
    pub hub: HubLine,
    /// Where the wish lies.
    pub data_dir: PathBuf,
}

impl Claim {
    /// Before anything is said to the hub: an epoch that is wanted is asked for and taken. `shown`: what the hub has pledged.
    ///
    /// # Errors
    /// [`BackupError`]: there is none yet, and no session may begin.
    pub async fn settle(&self, writer: &Writer, shown: &[Pledge]) -> Result<(), BackupError> {
        let Some(wanted) = Wanted::load(&self.data_dir)? else { return Ok(()) };
        let mine = writer.peer_config().await.map_err(told)?.epoch;
        let request = EpochRequest { node_key: wanted.key.clone(), expect: wanted.expect };
        match ask_epoch(&self.hub, &request, shown).await {
            Ok(EpochAnswer { epoch, generation, pledge }) => {
                // Before the epoch: a hub that forgets it is shown that it minted it.
                writer.pledged(pledge::from_text(&pledge)).await.map_err(told)?;
                if epoch > mine {
                    let why = wanted.why;
                    apply(writer, "epoch", Command::TakeEpoch { epoch, generation, why }).await?;
                }
                tracing::warn!(epoch = epoch.0, why = wanted.why.word(), "this machine is the store now");
            }
            Err(BackupError::Refused { code, detail, .. }) if code == TAKEN => {
                tracing::error!(detail, "another machine took this store over: switch this one off");
                apply(writer, "superseded", Command::Fence { why: FenceWhy::Superseded }).await?;
            }
            Err(other) => return Err(other),
        }
        Wanted::settled(&self.data_dir)
    }

    /// What the end of a session means for the store: whoever is behind what the other side has seen fences itself.
    /// Says whether this machine was replaced.
    pub async fn heed(&self, writer: &Writer, reason: CloseReason) -> bool {
        let done = match reason {
            CloseReason::WrongEpoch { mine, theirs } if theirs > mine => {
                let why = format!("its epoch is {mine}, the store's is {theirs}");
                self.was_replaced(writer, &why).await;
                return true;
            }
            CloseReason::WeRolledBack { .. } => self.was_set_back(writer).await,
            CloseReason::WrongGeneration { mine, theirs } if theirs > mine => {
                let generation = HubGeneration(theirs);
                apply(writer, "generation", Command::LearnGeneration { generation }).await
            }
            CloseReason::WrongEpoch { .. }
            | CloseReason::WrongGeneration { .. }
            | CloseReason::WrongStore
            | CloseReason::SameSide
            | CloseReason::NoCommonVersion
            | CloseReason::TheyRolledBack { .. }
            | CloseReason::Silent { .. }
            | CloseReason::LogGap { .. }
            | CloseReason::RecordTooBig { .. }
            | CloseReason::Stopping
            | CloseReason::Refused { .. } => Ok(()),
        };
        if let Err(error) = done {
            tracing::error!(%error, %reason, "not heeded; the next attempt to connect does it");
        }
        false
    }

    /// Another machine is the store now, as the hub says: this one shuts itself.
    pub async fn was_replaced(&self, writer: &Writer, why: &str) {
        tracing::error!(why, "this store was replaced: switch this machine off");
        if let Err(error) = apply(writer, "superseded", Command::Fence { why: FenceWhy::Superseded }).await {
            tracing::error!(%error, "not fenced; the next attempt to connect does it");
        }
    }

    /// The database is an older one than the hub has seen: a copy of a disk, a snapshot of a virtual machine.
    async fn was_set_back(&self, writer: &Writer) -> Result<(), BackupError> {
        let expect = writer.peer_config().await.map_err(told)?.epoch;
        Wanted::note(&self.data_dir, FenceWhy::RolledBack, expect)?;
        apply(writer, "rolled back", Command::Fence { why: FenceWhy::RolledBack }).await?;
        tracing::error!("this store was set back to an older state: it is fenced until it is counted");
        Ok(())
    }
}

/// Asks the hub for the epoch after the expected one, bound to a key. The same key gets the same answer again. With the new
/// epoch both logs begin anew, so this is the last moment at which a hub that was set back can find it out: it is shown what
/// it has pledged.
///
/// # Errors
/// [`BackupError::Refused`] when another machine was quicker; [`BackupError::Unreachable`].
pub async fn ask_epoch(
    hub: &HubLine,
    request: &EpochRequest,
    shown: &[Pledge],
) -> Result<EpochAnswer, BackupError> {
    let body = serde_json::to_vec(request).map_err(told)?;
    let pledges = HeaderValue::from_str(&pledge::to_text(shown)).map_err(told)?;
    answer(&hub.call(Method::POST, EPOCH, Payload::Shown(body.into(), pledges)).await?)
}

/// The terms that hold now.
///
/// # Errors
/// [`BackupError`].
pub async fn current(hub: &HubLine) -> Result<EpochAnswer, BackupError> {
    answer(&hub.call(Method::GET, EPOCH, Vec::new()).await?)
}

fn answer(reply: &Reply) -> Result<EpochAnswer, BackupError> {
    if !reply.status.is_success() {
        return Err(BackupError::refused(reply.status, &reply.body));
    }
    let unread = |error| BackupError::Unreachable(format!("its answer does not read: {error}"));
    serde_json::from_slice(&reply.body).map_err(unread)
}

fn told(error: impl std::fmt::Display) -> BackupError {
    BackupError::Told(error.to_string())
}

async fn apply(writer: &Writer, purpose: &str, command: Command) -> Result<(), BackupError> {
    let actor = system("claim").map_err(told)?;
    let id = derive::command(&clock::now().ms().to_be_bytes(), purpose);
    match writer.apply(Envelope { id, actor, command }).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(refusal)) => Err(told(refusal.problem().detail)),
        Err(error) => Err(told(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_is_kept_until_it_is_settled_and_no_two_share_a_key() {
        let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        assert_eq!(Wanted::load(dir.path()).unwrap(), None);
        let first = Wanted::note(dir.path(), FenceWhy::Replaced, StoreEpoch(3)).unwrap();
        let again = Wanted::note(dir.path(), FenceWhy::RolledBack, StoreEpoch(9)).unwrap();
        assert_eq!((&first, Some(&first)), (&again, Wanted::load(dir.path()).unwrap().as_ref()));
        let elsewhere = Wanted::note(other.path(), FenceWhy::Replaced, StoreEpoch(3)).unwrap();
        assert_ne!(first.key, elsewhere.key);
        Wanted::settled(dir.path()).unwrap();
        Wanted::settled(dir.path()).unwrap();
        assert_eq!(Wanted::load(dir.path()).unwrap(), None);
        std::fs::write(dir.path().join("epoch.wanted"), b"{").unwrap();
        assert!(Wanted::load(dir.path()).is_err(), "a broken wish is not no wish");
    }
}
