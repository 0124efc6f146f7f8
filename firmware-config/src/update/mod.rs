//! New versions of Larder on a store's machine: a signed bundle, from disk or a USB stick, is laid into the slot that is not
//! in use; it stays only if the store is healthy with it, else the former one runs again. An older bundle than one that
//! was in use is refused, whoever signed it.
//!
//! A bundle is `NAME.larder`, a zstd-compressed tar of what belongs into the slot (`bin/store-node`, ...), beside
//! `NAME.larder.minisig`, made by `minisign -S` with the trusted comment `larder version=1.4.0 counter=17`. The counter
//! grows with every release.

mod bundle;
mod slots;

use std::path::PathBuf;

pub use bundle::{Bundle, Release, find};
pub use slots::{Slot, Slots, State};

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
    settle(slots, machine)?;
    let mut state = slots.state()?;
    state.admits(&bundle.release)?;
    let (former, new) = (state.active, state.active.other());
    state.forget(new);
    slots.save(&state)?;
    slots.lay(new, bundle)?;
    state.put(new, bundle.release.clone());
    state.trial = Some(new);
    slots.save(&state)?;
    slots.switch(new)?;
    machine.start();
    if steady(machine, patience) {
        (state.active, state.trial, state.floor) = (new, None, bundle.release.counter);
        slots.save(&state)?;
        return Ok(Ended::Kept);
    }
    slots.switch(former)?;
    machine.start();
    state.forget(new);
    state.trial = None;
    slots.save(&state)?;
    Ok(Ended::Former { healthy: steady(machine, patience) })
}

/// Ends a trial that a power cut broke off: the former version is started. Says whether there was one.
///
/// # Errors
/// [`UpdateError`].
pub fn settle(slots: &Slots, machine: &mut impl Machine) -> Result<bool, UpdateError> {
    let mut state = slots.state()?;
    let Some(tried) = state.trial.take() else { return Ok(false) };
    slots.switch(state.active)?;
    state.forget(tried);
    slots.save(&state)?;
    machine.start();
    Ok(true)
}

/// A person goes back to the version that was in use before; says whether the store is healthy with it. What is refused as
/// too old stays refused.
///
/// # Errors
/// [`UpdateError::NoOther`].
pub fn rollback(
    slots: &Slots,
    machine: &mut impl Machine,
    patience: Patience,
) -> Result<(Release, bool), UpdateError> {
    settle(slots, machine)?;
    let mut state = slots.state()?;
    let other = state.active.other();
    let release = state.release(other).cloned().ok_or(UpdateError::NoOther)?;
    state.active = other;
    slots.save(&state)?;
    slots.switch(other)?;
    machine.start();
    Ok((release, steady(machine, patience)))
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
