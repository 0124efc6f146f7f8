//! Which order must be begun first, until when it should be picked, and whether a packed bag weighs what it should
//! (REQ-29, REQ-32, REQ-35). Plain sums; nothing here is measured.

use model::time::SECOND_MS;
use model::{Grams, Timestamp};

/// Of the promise, kept for dispatch and the ride (REQ-35: 60 s and 360 s).
pub const AFTER_PICKING_MS: i64 = 420 * SECOND_MS;
/// What one line takes on average (REQ-35: 10 lines in 90 s).
pub const LINE_MS: i64 = 9 * SECOND_MS;
/// A bag may be off by this at least, grams.
pub const WEIGHT_SLACK_G: u32 = 50;
/// A bag may be off by this share of what it should weigh, percent.
pub const WEIGHT_SLACK_PERCENT: u32 = 5;

/// When picking should be done for the promise to hold.
pub const fn pick_by(promise_at: Timestamp) -> Timestamp {
    promise_at.plus_ms(-AFTER_PICKING_MS)
}

/// The last moment to begin an order of so many lines; the order with the earliest has the least slack.
pub fn begin_by(promise_at: Timestamp, lines: u32) -> Timestamp {
    let work = i64::from(lines).saturating_mul(LINE_MS);
    pick_by(promise_at).plus_ms(work.saturating_neg())
}

/// How far a bag is off when it is off by too much: grams above (positive) or below what its goods weigh. `None` when
/// the difference is within 5 % or 50 g, whichever is more.
pub fn weight_off(expected: Grams, weighed: Grams) -> Option<i64> {
    let off = i64::from(weighed.0) - i64::from(expected.0);
    let share = u64::from(expected.0) * u64::from(WEIGHT_SLACK_PERCENT) / 100;
    let slack = share.max(u64::from(WEIGHT_SLACK_G));
    (off.unsigned_abs() > slack).then_some(off)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_lines_must_begin_earlier() {
        let promise = Timestamp::from_ms(1_000_000);
        assert!(begin_by(promise, 10) < begin_by(promise, 2));
        assert_eq!(begin_by(promise, 0), pick_by(promise));
        assert!(begin_by(promise.plus_ms(60_000), 2) < begin_by(promise.plus_ms(60_000), 1));
    }

    #[test]
    fn a_bag_may_be_off_by_the_larger_slack() {
        assert_eq!(weight_off(Grams(400), Grams(450)), None);
        assert_eq!(weight_off(Grams(400), Grams(451)), Some(51));
        assert_eq!(weight_off(Grams(4_000), Grams(3_800)), None);
        assert_eq!(weight_off(Grams(4_000), Grams(3_799)), Some(-201));
    }
}
