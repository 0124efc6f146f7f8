//! Two folders, of which one is in use: `a`, `b`, and the link `current` that services start from. `state.json` remembers
//! which versions they hold and what was ever in use.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Bundle, Release, UpdateError};

/// One of the two folders.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Slot {
    /// The first.
    #[default]
    A,
    /// The second.
    B,
}

impl Slot {
    /// The one that is not this.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Slot::A => Slot::B,
            Slot::B => Slot::A,
        }
    }

    /// Its folder's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Slot::A => "a",
            Slot::B => "b",
        }
    }
}

/// What is remembered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// The slot that is in use, or was before a trial.
    pub active: Slot,
    /// A version that was started and is not proved yet.
    pub trial: Option<Slot>,
    /// The highest counter that was ever in use: nothing at or below it is taken.
    pub floor: u64,
    a: Option<Release>,
    b: Option<Release>,
}

impl State {
    /// What lies in a slot.
    #[must_use]
    pub const fn release(&self, slot: Slot) -> Option<&Release> {
        match slot {
            Slot::A => self.a.as_ref(),
            Slot::B => self.b.as_ref(),
        }
    }

    pub(super) fn put(&mut self, slot: Slot, release: Release) {
        match slot {
            Slot::A => self.a = Some(release),
            Slot::B => self.b = Some(release),
        }
    }

    pub(super) fn forget(&mut self, slot: Slot) {
        match slot {
            Slot::A => self.a = None,
            Slot::B => self.b = None,
        }
    }

    /// Whether a release may come.
    ///
    /// # Errors
    /// [`UpdateError::NotNewer`].
    pub fn admits(&self, release: &Release) -> Result<(), UpdateError> {
        if release.counter > self.floor {
            return Ok(());
        }
        let Release { version, counter } = release.clone();
        Err(UpdateError::NotNewer { version, counter, floor: self.floor })
    }
}

/// The folder of the slots.
#[derive(Debug, Clone)]
pub struct Slots {
    root: PathBuf,
}

impl Slots {
    /// The slots below `root`, `/opt/larder` on a store's machine.
    #[must_use]
    pub fn at(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    fn fault(path: &Path) -> impl Fn(std::io::Error) -> UpdateError {
        let path = path.to_owned();
        move |source| UpdateError::File { path: path.clone(), source }
    }

    /// What is remembered; nothing yet where nothing was ever laid down.
    ///
    /// # Errors
    /// [`UpdateError::State`] for a damaged record: then nobody knows what was in use, and a person has to look.
    pub fn state(&self) -> Result<State, UpdateError> {
        let path = self.root.join("state.json");
        let text = match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(State::default()),
            read => read.map_err(Self::fault(&path))?,
        };
        serde_json::from_str(&text).map_err(|source| UpdateError::State { path, source })
    }

    pub(super) fn save(&self, state: &State) -> Result<(), UpdateError> {
        let path = self.root.join("state.json");
        let text = serde_json::to_string_pretty(state)
            .map_err(|source| UpdateError::State { path: path.clone(), source })?;
        std::fs::create_dir_all(&self.root).map_err(Self::fault(&self.root))?;
        let part = self.root.join("state.part");
        File::create(&part)
            .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
            .and_then(|()| std::fs::rename(&part, &path))
            .map_err(Self::fault(&path))?;
        self.sync()
    }

    /// Unpacks beside and puts the whole in place: a slot is never half a version.
    pub(super) fn lay(&self, slot: Slot, bundle: &Bundle) -> Result<(), UpdateError> {
        let (part, place) = (self.root.join("incoming"), self.root.join(slot.name()));
        for old in [&part, &place] {
            match std::fs::remove_dir_all(old) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(Self::fault(old)(error)),
                Ok(()) | Err(_) => {}
            }
        }
        bundle.unpack(&part)?;
        rustix::fs::sync();
        std::fs::rename(&part, &place).map_err(Self::fault(&place))?;
        self.sync()
    }

    /// `current` names the slot from now on, without a moment in which it names none.
    pub(super) fn switch(&self, slot: Slot) -> Result<(), UpdateError> {
        let (part, link) = (self.root.join("current.part"), self.root.join("current"));
        let _ = std::fs::remove_file(&part);
        std::os::unix::fs::symlink(slot.name(), &part)
            .and_then(|()| std::fs::rename(&part, &link))
            .map_err(Self::fault(&link))?;
        self.sync()
    }

    fn sync(&self) -> Result<(), UpdateError> {
        File::open(&self.root).and_then(|folder| folder.sync_all()).map_err(Self::fault(&self.root))
    }
}
