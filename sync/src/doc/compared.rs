//! Which hours of orders two sides compare when a session opens and nothing is on its way: those of the moment, those that are
//! open at either side. An hour that is closed is compared by its blob's hash (`closed`), never here.

use super::DocKey;
use model::Timestamp;
use std::collections::BTreeSet;

/// Open hours that a side names, the newest first; with rights and catalogue fewer than a `Hello` may have. An hour closes when
/// its orders are over, so only a cut of days leaves so many, and those that are older are named when the newer are closed.
pub const COMPARED_HOURS: u32 = 48;

/// The hours of `now`, then those that are `open` here, the newest first, then those that the other side named.
pub fn compared_hours(now: Timestamp, open: &[i64], theirs: &[DocKey]) -> Vec<DocKey> {
    let named = theirs.iter().filter_map(|doc| match doc {
        DocKey::Orders { hour } => Some(*hour),
        DocKey::Stock { .. } | DocKey::Quota { .. } | DocKey::Catalogue { .. } | DocKey::Alarms { .. } => {
            None
        }
    });
    let mut seen = BTreeSet::new();
    let hours = [now.hour(), now.hour() - 1].into_iter().chain(open.iter().copied()).chain(named);
    hours.filter(|hour| seen.insert(*hour)).map(|hour| DocKey::Orders { hour }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::quota::StoreEpoch;
    use model::time::HOUR_MS;

    #[test]
    fn each_hour_is_named_once_and_those_of_the_moment_first() {
        let orders = |hour| DocKey::Orders { hour };
        let now = Timestamp::from_ms(100 * HOUR_MS + 5);
        let theirs = [DocKey::Stock { epoch: StoreEpoch(1), hour: 1 }, orders(97), orders(100), orders(90)];
        let hours = compared_hours(now, &[100, 97, 95], &theirs);
        assert_eq!(hours, [100, 99, 97, 95, 90].map(orders));
    }
}
