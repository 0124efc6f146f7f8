//! The one place of the store node that reads clocks: the machine's wall clock and the steady one that nobody sets. The time it
//! gives is the one that counts ([`store_core::trusted`]). Never decides anything else: flows and peers get `now` as an
//! argument.

use model::Timestamp;
use std::sync::{Mutex, PoisonError};
use std::time::UNIX_EPOCH;
use store_core::trusted::{Doubt, Trusted};

/// What counts; `None` before a store's memory was looked at, when the wall clock does.
static COUNTS: Mutex<Option<Trusted>> = Mutex::new(None);

/// The time that counts, as UTC milliseconds.
pub fn now() -> Timestamp {
    let clocks = clocks();
    with(|counts| counts.as_mut().map_or(clocks.0, |trusted| trusted.now(clocks)))
}

/// From now on the time counts that goes on from what a store remembers: its own last one, and the hub's.
pub fn begin(known: Option<Timestamp>, hub: Option<Timestamp>) {
    let clocks = clocks();
    with(|counts| *counts = Some(Trusted::begin(known, hub, clocks)));
}

/// The hub says its time; says whether it is believed.
pub fn hub_says(told: Timestamp) -> bool {
    let clocks = clocks();
    with(|counts| counts.as_mut().is_none_or(|trusted| trusted.hub_says(told, clocks)))
}

/// A manager says that the machine's clock is right.
pub fn believe_wall() -> Timestamp {
    let clocks = clocks();
    with(|counts| counts.as_mut().map_or(clocks.0, |trusted| trusted.believe_wall(clocks)))
}

/// What the machine's clock says, right or wrong.
pub fn wall() -> Timestamp {
    clocks().0
}

/// What is wrong with the machine's clock, and the last time of the hub that was believed.
pub fn standing() -> (Option<Doubt>, Option<Timestamp>) {
    now();
    with(|counts| counts.as_ref().map_or((None, None), |trusted| (trusted.doubt(), trusted.hub())))
}

fn with<T>(work: impl FnOnce(&mut Option<Trusted>) -> T) -> T {
    work(&mut COUNTS.lock().unwrap_or_else(PoisonError::into_inner))
}

/// The wall clock (before 1970 it reads as 0), and the steady clock, which also counts while the machine sleeps.
#[expect(
    clippy::disallowed_methods,
    reason = "the adapter's one reading of the clock; everything below takes `now`"
)]
fn clocks() -> (Timestamp, i64) {
    let since = std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let wall = Timestamp::from_ms(i64::try_from(since.as_millis()).unwrap_or(i64::MAX));
    let steady = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    (wall, steady.tv_sec.saturating_mul(1_000).saturating_add(steady.tv_nsec / 1_000_000))
}
