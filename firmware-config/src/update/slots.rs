//! Where versions lie: what the package brought, and two folders for bundles, `a` and `b`. The link `current`, which services
//! start from, names one of the three. `state.json` remembers which versions they hold and what was ever in use.

use std::fs::{File, Permissions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};

use super::{Bundle, Release, UpdateError};

/// Who may read and start what lies in a slot: everybody, because services have users of their own.
const EVERYBODY: u32 = 0o755;

/// Where a version lies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// Where the package put it; no bundle comes here, so it is always there to go back to.
    #[default]
    Package,
    /// The first folder for bundles.
    A,
    /// The second.
    B,
}

impl Place {
    /// All of them.
    pub const ALL: [Self; 3] = [Place::Package, Place::A, Place::B];

    /// Its name; of a folder for bundles also the folder's.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Place::Package => "package",
            Place::A => "a",
            Place::B => "b",
        }
    }
}

/// What is remembered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// What is in use, or was before a trial.
    pub active: Place,
    /// What was in use before that, to go back to.
    #[serde(default)]
    pub former: Option<Place>,
    /// A version that was started and is not proved yet.
    pub trial: Option<Place>,
    /// The highest counter that was ever in use: no bundle at or below it is taken.
    pub floor: u64,
    #[serde(default)]
    package: Option<Release>,
    a: Option<Release>,
    b: Option<Release>,
}

impl State {
    /// What lies in a place.
    #[must_use]
    pub const fn release(&self, place: Place) -> Option<&Release> {
        match place {
            Place::Package => self.package.as_ref(),
            Place::A => self.a.as_ref(),
            Place::B => self.b.as_ref(),
        }
    }

    const fn entry(&mut self, place: Place) -> &mut Option<Release> {
        match place {
            Place::Package => &mut self.package,
            Place::A => &mut self.a,
            Place::B => &mut self.b,
        }
    }

    pub(super) fn put(&mut self, place: Place, release: Release) {
        *self.entry(place) = Some(release);
    }

    /// A folder for bundles holds nothing any more; nobody goes back to it. What the package brought stays.
    pub(super) fn forget(&mut self, place: Place) {
        if place == Place::Package {
            return;
        }
        *self.entry(place) = None;
        self.former = self.former.filter(|former| *former != place);
        if self.active == place {
            self.active = Place::Package;
        }
    }

    /// This version is in use from now on, and nothing older comes by a bundle again.
    pub(super) fn use_from(&mut self, place: Place) {
        if self.active != place {
            self.former = Some(std::mem::replace(&mut self.active, place));
        }
        self.floor = self.floor.max(self.release(place).map_or(0, |release| release.counter));
    }

    /// Where the next bundle is laid: never over what is in use, nor over what a person would go back to while there is
    /// another.
    #[must_use]
    pub fn free(&self) -> Place {
        match (self.active, self.former) {
            (Place::A, _) | (Place::Package, Some(Place::A)) => Place::B,
            (Place::B, _) | (Place::Package, Some(Place::Package | Place::B) | None) => Place::A,
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

/// The folders of the versions.
#[derive(Debug, Clone)]
pub struct Slots {
    root: PathBuf,
    package: PathBuf,
}

/// Nobody else changes the slots while this is held; it ends with the process, however that ends.
#[derive(Debug)]
pub(super) struct Held {
    _lock: File,
}

impl Slots {
    /// The slots below `root` beside what the package brought: `/opt/larder` and `/usr/lib/larder-store` on a store's machine.
    #[must_use]
    pub fn at(root: &Path, package: &Path) -> Self {
        Self { root: root.to_owned(), package: package.to_owned() }
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

    /// Takes the slots for a change.
    ///
    /// # Errors
    /// [`UpdateError::Busy`] while somebody else has them and `wait` is false.
    pub(super) fn hold(&self, wait: bool) -> Result<Held, UpdateError> {
        std::fs::create_dir_all(&self.root)
            .and_then(|()| std::fs::set_permissions(&self.root, Permissions::from_mode(EVERYBODY)))
            .map_err(Self::fault(&self.root))?;
        let path = self.root.join("lock");
        let lock = File::create(&path).map_err(Self::fault(&path))?;
        let how = if wait { FlockOperation::LockExclusive } else { FlockOperation::NonBlockingLockExclusive };
        match flock(&lock, how) {
            Ok(()) => Ok(Held { _lock: lock }),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(UpdateError::Busy),
            Err(error) => Err(Self::fault(&path)(error.into())),
        }
    }

    pub(super) fn save(&self, state: &State) -> Result<(), UpdateError> {
        let path = self.root.join("state.json");
        let text = serde_json::to_string_pretty(state)
            .map_err(|source| UpdateError::State { path: path.clone(), source })?;
        let part = self.root.join("state.part");
        File::create(&part)
            .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
            .and_then(|()| std::fs::rename(&part, &path))
            .map_err(Self::fault(&path))?;
        self.sync()
    }

    /// Unpacks beside and puts the whole in place: a slot is never half a version.
    pub(super) fn lay(&self, place: Place, bundle: &Bundle) -> Result<(), UpdateError> {
        let (part, folder) = (self.root.join("incoming"), self.folder(place));
        for old in [&part, &folder] {
            match std::fs::remove_dir_all(old) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(Self::fault(old)(error)),
                Ok(()) | Err(_) => {}
            }
        }
        bundle.unpack(&part)?;
        if !part.join("bin").is_dir() {
            return Err(UpdateError::NoPrograms);
        }
        // Whoever laid it down may make files that nobody else can enter (umask 077); folders are opened here.
        for open in [part.clone(), part.join("bin")] {
            std::fs::set_permissions(&open, Permissions::from_mode(EVERYBODY)).map_err(Self::fault(&open))?;
        }
        rustix::fs::sync();
        std::fs::rename(&part, &folder).map_err(Self::fault(&folder))?;
        self.sync()
    }

    /// A place's folder.
    fn folder(&self, place: Place) -> PathBuf {
        match place {
            Place::Package => self.package.clone(),
            Place::A | Place::B => self.root.join(place.name()),
        }
    }

    /// Where the programs lie that services start.
    #[must_use]
    pub fn programs(&self) -> PathBuf {
        self.root.join("current/bin")
    }

    /// Whether programs lie in a place.
    pub(super) fn holds(&self, place: Place) -> bool {
        self.folder(place).join("bin").is_dir()
    }

    /// Whether `current` names this place.
    pub(super) fn is_current(&self, place: Place) -> bool {
        std::fs::read_link(self.root.join("current")).is_ok_and(|to| to == self.target(place))
    }

    /// What the link says for a place: by name beside it, by its whole path elsewhere.
    fn target(&self, place: Place) -> PathBuf {
        match place {
            Place::Package => self.package.clone(),
            Place::A | Place::B => place.name().into(),
        }
    }

    /// `current` names the place from now on, without a moment in which it names none.
    pub(super) fn switch(&self, place: Place) -> Result<(), UpdateError> {
        let (part, link) = (self.root.join("current.part"), self.root.join("current"));
        let _ = std::fs::remove_file(&part);
        std::os::unix::fs::symlink(self.target(place), &part)
            .and_then(|()| std::fs::rename(&part, &link))
            .map_err(Self::fault(&link))?;
        self.sync()
    }

    fn sync(&self) -> Result<(), UpdateError> {
        File::open(&self.root).and_then(|folder| folder.sync_all()).map_err(Self::fault(&self.root))
    }
}
