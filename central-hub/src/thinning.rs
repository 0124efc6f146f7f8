//! Which of many backups stay. Pure; the caller lets the others go.

use model::Timestamp;
use model::time::{DAY_MS, HOUR_MS};
use std::collections::BTreeSet;

/// Of backups, oldest first, each with the moment it shows: the newest few, one for each hour of the last day, and one for
/// each of the last days.
pub fn staying<T: Ord + Copy>(
    kept: &[(T, Timestamp)],
    (newest, days): (usize, i64),
    now: Timestamp,
) -> BTreeSet<T> {
    let mut staying: BTreeSet<T> = kept.iter().rev().take(newest).map(|(which, _)| *which).collect();
    let mut hours = BTreeSet::new();
    let mut seen = BTreeSet::new();
    for (which, at) in kept.iter().rev() {
        let age = now.since_ms(*at);
        let hourly = age < DAY_MS && hours.insert(at.ms().div_euclid(HOUR_MS));
        let daily = age < days * DAY_MS && seen.insert(at.ms().div_euclid(DAY_MS));
        if hourly || daily {
            staying.insert(*which);
        }
    }
    staying
}
