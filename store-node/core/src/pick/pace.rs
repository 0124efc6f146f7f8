//! Which order must be begun first, until when it should be picked, and whether a packed bag weighs what it should
//! (REQ-29, REQ-32, REQ-35). Plain sums; nothing here is measured.

use model::order::Channel;
use model::time::SECOND_MS;
use model::{Grams, Timestamp};

/// Of the promise, kept for dispatch and the ride (REQ-35: 60 s and 360 s of 600 s).
pub const AFTER_PICKING_MS: i64 = 420 * SECOND_MS;
/// The same as a share of a shorter promise, percent: 420 s of 600 s.
const AFTER_PICKING_PERCENT: i64 = 70;
/// What one line takes on average (REQ-35: 10 lines in 90 s).
pub const LINE_MS: i64 = 9 * SECOND_MS;
/// A bag may be off by this at least, grams.
pub const WEIGHT_SLACK_G: u32 = 50;
/// A bag may be off by this share of what it should weigh, percent.
pub const WEIGHT_SLACK_PERCENT: u32 = 5;

/// What was promised to whom: enough to say how urgent an order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Promise {
    /// A counter order is taken where it is packed: it has no ride.
    pub channel: Channel,
    /// When it was ordered.
    pub placed_at: Timestamp,
    /// When the customer was promised to have it.
    pub promise_at: Timestamp,
}

impl Promise {
    /// When picking should be done for the promise to hold.
    pub const fn pick_by(self) -> Timestamp {
        self.promise_at.plus_ms(-self.after_picking_ms())
    }

    /// The last moment to begin an order of so many lines; the order with the earliest has the least slack.
    pub fn begin_by(self, lines: u32) -> Timestamp {
        let work = i64::from(lines).saturating_mul(LINE_MS);
        self.pick_by().plus_ms(work.saturating_neg())
    }

    /// Dispatch and ride: nothing at the counter, else [`AFTER_PICKING_MS`] or its share of a shorter promise.
    const fn after_picking_ms(self) -> i64 {
        match self.channel {
            Channel::Counter => 0,
            Channel::Online => {
                let whole = self.promise_at.since_ms(self.placed_at);
                let share = if whole > 0 { whole.saturating_mul(AFTER_PICKING_PERCENT) / 100 } else { 0 };
                if share < AFTER_PICKING_MS { share } else { AFTER_PICKING_MS }
            }
        }
    }
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

    fn promise(channel: Channel, within_ms: i64) -> Promise {
        let placed_at = Timestamp::from_ms(1_000_000);
        Promise { channel, placed_at, promise_at: placed_at.plus_ms(within_ms) }
    }

    #[test]
    fn more_lines_must_begin_earlier() {
        let order = promise(Channel::Online, 600_000);
        assert!(order.begin_by(10) < order.begin_by(2));
        assert_eq!(order.begin_by(0), order.pick_by());
        let later = promise(Channel::Online, 660_000);
        assert!(later.begin_by(2) < later.begin_by(1));
    }

    #[test]
    fn a_counter_order_has_no_ride() {
        let counter = promise(Channel::Counter, 600_000);
        assert_eq!(counter.pick_by(), counter.promise_at, "its promise is pick time alone");
        let online = promise(Channel::Online, 600_000);
        assert_eq!(online.pick_by().since_ms(online.placed_at), 180_000);
    }

    #[test]
    fn a_shorter_promise_keeps_its_share_for_picking() {
        let fast = promise(Channel::Online, 60_000);
        assert_eq!(fast.pick_by().since_ms(fast.placed_at), 18_000, "not late from the first second");
        let long = promise(Channel::Online, 900_000);
        assert_eq!(long.promise_at.since_ms(long.pick_by()), AFTER_PICKING_MS);
        let clock_off = promise(Channel::Online, -5_000);
        assert_eq!(clock_off.pick_by(), clock_off.promise_at);
    }

    #[test]
    fn a_bag_may_be_off_by_the_larger_slack() {
        assert_eq!(weight_off(Grams(400), Grams(450)), None);
        assert_eq!(weight_off(Grams(400), Grams(451)), Some(51));
        assert_eq!(weight_off(Grams(4_000), Grams(3_800)), None);
        assert_eq!(weight_off(Grams(4_000), Grams(3_799)), Some(-201));
    }
}
