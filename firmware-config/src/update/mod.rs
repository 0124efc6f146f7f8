//! New versions of Larder on a store's machine. Three places hold one: what the package brought, and the slots `a` and `b`
//! for signed bundles, from disk or a USB stick; services start what `current` names. A bundle is laid into a slot that is
//! not in use and stays only if the store is healthy with it, else the former version runs again; before the first bundle
//! that is the package's. An older bundle than one that was in use is refused, whoever signed it.
//!
//! Package against bundle: both carry the release's counter. A package that is installed or upgraded is used unless a bundle
//! with a higher counter is ([`adopt`]): no slot hides a newer package, and no older package undoes an update.
//!
//! A bundle is `NAME.larder`, a zstd-compressed tar of what belongs into the slot (`bin/store-node`, ...), beside
//! `NAME.larder.minisig`, made by `minisign -S` with the trusted comment `larder version=1.4.0 counter=17`. The counter
//! grows with every release. Units, and this program, come with the package: no version judges itself.

mod bundle;
mod slots;

use std::path::{Path, PathBuf};

pub use bundle::{Bundle, Release, find, pack, unpack};
pub use slots::{Place, Slots, State};

/// Why a bundle is not in use now.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// No signature beside it, or one of somebody else, or of another file.
    #[error("{path} is not signed by the key of this store: {source}")]
    Signature {
        /// The bundle.
        path: PathBuf,
        /// What is wrong.
        source: minisign_verify::Error,
    },
    /// The signature does not say which version this is.
    #[error("the signature of {0} names no version: its trusted comment is not `larder version=V counter=N`")]
    Comment(PathBuf),
    /// Larger than any bundle is.
    #[error("{0} is larger than a bundle can be")]
    TooLarge(PathBuf),
    /// Something in it belongs into no slot: a link, a device, a way out of the folder.
    #[error("the bundle holds {0:?}, which no bundle may")]
    Content(String),
    /// Nothing in it can be started.
    #[error("the bundle holds no programs: they belong into its folder bin/")]
    NoPrograms,
    /// Older than what was in use, or the same.
    #[error("version {version} (counter {counter}) is not newer than what was in use (counter {floor})")]
    NotNewer {
        /// Its version.
        version: String,
        /// Its counter.
        counter: u64,
        /// The counter that it would have to exceed.
        floor: u64,
    },
    /// There is no other version to go back to.
    #[error("there is no other version to go back to")]
    NoOther,
    /// Nothing to go back to if the bundle is ill: what should be in use is not there.
    #[error(
        "there is nothing to go back to: install the package, or tell what it brought with `firmware-config update adopt`"
    )]
    NothingInUse,
    /// Another update is under way.
    #[error("another update is under way; ask again when it has ended")]
    Busy,
    /// A release file that says nothing.
    #[error("{path} does not say which version this is: {source}")]
    Release {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The record of the slots is damaged.
    #[error("{path} cannot be read: {source}")]
    State {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

/// What starts versions and looks at them.
pub trait Machine {
    /// Starts the version that `current` names; whatever ran before has ended then.
    fn start(&mut self);
    /// Waits a little, then says whether the store is healthy.
    fn look(&mut self) -> bool;
}

/// How an update ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The new version is in use.
    Kept,
    /// It was not healthy in time; the former one runs again.
    Former {
        /// Whether the store is healthy with the former one.
        healthy: bool,
    },
}

/// How long a version gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Looks until it has to be healthy.
    pub looks: u32,
    /// Healthy looks in a row that are believed.
    pub steady: u32,
}

/// Lays a bundle into the free slot, starts it and keeps it only if the store is healthy with it.
///
/// # Errors
/// [`UpdateError`]: then nothing was started. Ill health is no error but [`Ended::Former`].
pub fn apply(
    slots: &Slots,
    bundle: &Bundle,
    machine: &mut impl Machine,
    patience: Patience,
) -> Result<Ended, UpdateError> {
    let _held = slots.hold(false)?;
    end_trial(slots, machine)?;
    let mut state = slots.state()?;
    state.admits(&bundle.release)?;
    let (former, new) = (state.active, state.free());
    if state.release(former).is_none() || !slots.holds(former) {
        return Err(UpdateError::NothingInUse);
    }
    state.forget(new);
    slots.save(&state)?;
    slots.lay(new, bundle)?;
    state.put(new, bundle.release.clone());
    state.trial = Some(new);
    slots.save(&state)?;
    slots.switch(new)?;
    machine.start();
    if steady(machine, patience) {
        state.trial = None;
        state.use_from(new);
        slots.save(&state)?;
        return Ok(Ended::Kept);
    }
    slots.switch(former)?;
    machine.start();
    state.trial = None;
    state.forget(new);
    slots.save(&state)?;
    Ok(Ended::Former { healthy: steady(machine, patience) })
}

/// What was to be settled when the machine, or the node, starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// Nothing.
    Nothing,
    /// Somebody is trying a version just now, and judges it himself.
    UnderWay,
    /// A trial was broken off: the former version is started.
    BrokenOff,
    /// `current` named nothing, or not what is in use.
    Mended,
}

/// Ends a trial that a power cut broke off: the former version is started. Mends `current` where it names nothing that could
/// be started.
///
/// # Errors
/// [`UpdateError`].
pub fn settle(slots: &Slots, machine: &mut impl Machine) -> Result<Settled, UpdateError> {
    match slots.hold(false) {
        Ok(_held) => end_trial(slots, machine),
        Err(UpdateError::Busy) => Ok(Settled::UnderWay),
        Err(fault) => Err(fault),
    }
}

fn end_trial(slots: &Slots, machine: &mut impl Machine) -> Result<Settled, UpdateError> {
    let mut state = slots.state()?;
    let tried = state.trial.take();
    if let Some(tried) = tried {
        state.forget(tried);
    }
    if !slots.holds(state.active) {
        state.forget(state.active);
    }
    if tried.is_none() && (slots.is_current(state.active) || !slots.holds(state.active)) {
        return Ok(Settled::Nothing);
    }
    slots.switch(state.active)?;
    slots.save(&state)?;
    machine.start();
    Ok(if tried.is_some() { Settled::BrokenOff } else { Settled::Mended })
}

/// A person goes back to the version that was in use before, or to the package's; says whether the store is healthy with it.
/// What is refused as too old stays refused.
///
/// # Errors
/// [`UpdateError::NoOther`].
pub fn rollback(
    slots: &Slots,
    machine: &mut impl Machine,
    patience: Patience,
) -> Result<(Release, bool), UpdateError> {
    let _held = slots.hold(false)?;
    end_trial(slots, machine)?;
    let mut state = slots.state()?;
    let others = state.former.into_iter().chain([Place::Package]);
    let mut others = others.filter(|place| *place != state.active && slots.holds(*place));
    let found = others.find_map(|place| Some((place, state.release(place).cloned()?)));
    let (other, release) = found.ok_or(UpdateError::NoOther)?;
    state.use_from(other);
    slots.save(&state)?;
    slots.switch(other)?;
    machine.start();
    Ok((release, steady(machine, patience)))
}

/// Which version is used after a package was installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Adopted {
    /// The package's.
    Package,
    /// A bundle's, which is newer.
    Newer(Release),
}

/// Takes up what the package has just brought: it is used from the next start on, unless a newer bundle is. Waits for an
/// update that is under way; starts nothing.
///
/// # Errors
/// [`UpdateError`].
pub fn adopt(slots: &Slots, release: Release) -> Result<Adopted, UpdateError> {
    let _held = slots.hold(true)?;
    let mut state = slots.state()?;
    if let Some(tried) = state.trial.take() {
        state.forget(tried);
    }
    // A package that was removed took the slots along.
    for place in [Place::A, Place::B] {
        if !slots.holds(place) {
            state.forget(place);
        }
    }
    let bundle = match state.active {
        Place::Package => None,
        place @ (Place::A | Place::B) => state.release(place).cloned(),
    };
    let newer = bundle.filter(|bundle| bundle.counter > release.counter);
    state.put(Place::Package, release);
    if newer.is_none() {
        state.use_from(Place::Package);
    }
    slots.save(&state)?;
    slots.switch(state.active)?;
    Ok(newer.map_or(Adopted::Package, Adopted::Newer))
}

/// What the release file of a package, or of a bundle to be, says.
///
/// # Errors
/// [`UpdateError::Release`].
pub fn release(path: &Path) -> Result<Release, UpdateError> {
    let fault = |source| UpdateError::File { path: path.to_owned(), source };
    let text = std::fs::read_to_string(path).map_err(fault)?;
    serde_json::from_str(&text).map_err(|source| UpdateError::Release { path: path.to_owned(), source })
}

fn steady(machine: &mut impl Machine, patience: Patience) -> bool {
    let mut in_a_row = 0;
    for _ in 0..patience.looks {
        in_a_row = if machine.look() { in_a_row + 1 } else { 0 };
        if in_a_row >= patience.steady {
            return true;
        }
    }
    false
}
