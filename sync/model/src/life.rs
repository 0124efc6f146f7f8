//! Numbers of lives. Every start of a process and every restore of its database writes documents under a number that no
//! other life of its side has, also none that a restore has forgotten: a number used twice cannot be told apart afterwards.

use crate::time::{SECOND_MS, Timestamp};

/// 2026-01-01, 00:00 UTC: lives are counted in seconds from here, until 2162.
const BEGIN_MS: i64 = 1_767_225_600_000;
/// Bits by which terms keep lives apart when no clock does.
const SPREAD_BITS: u32 = 12;

/// The number of a life that begins now, after the one with number `before`. It is the clock's second, so that a database
/// that was set back takes no number that it has forgotten; where the clock does not go on, it is the next number.
pub fn next_life(before: u32, now: Timestamp) -> u32 {
    by_clock(before, now).unwrap_or_else(|| before.saturating_add(1))
}

/// As [`next_life`], for a life under new terms (an epoch, a generation): where the clock does not tell it from lives that
/// are forgotten, the terms do.
pub fn life_under(before: u32, now: Timestamp, terms: u32) -> u32 {
    let spread = terms.wrapping_mul(0x9e37_79b1) >> (u32::BITS - SPREAD_BITS);
    by_clock(before, now).unwrap_or_else(|| before.saturating_add(1).saturating_add(spread))
}

/// The highest number that a life may have by now: the clock's second, and what terms may have spread beyond it. Where the
/// clock says nothing, any.
pub fn latest_life(now: Timestamp) -> u32 {
    by_clock(0, now).map_or(u32::MAX, |second| second.saturating_add(1 << (SPREAD_BITS + 2)))
}

fn by_clock(before: u32, now: Timestamp) -> Option<u32> {
    let second = u32::try_from(now.ms().saturating_sub(BEGIN_MS).div_euclid(SECOND_MS)).ok()?;
    (second > before).then_some(second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_has_its_own_number_also_after_a_rollback_and_with_a_wrong_clock() {
        let at = |s: i64| Timestamp::from_ms(BEGIN_MS + s * SECOND_MS);
        let saved = next_life(0, at(100));
        let forgotten = next_life(next_life(saved, at(200)), at(201));
        let after = next_life(saved, at(300));
        assert_eq!((saved, forgotten, after), (100, 201, 300));
        assert_eq!(next_life(after, at(300)), 301, "twice in a second");
        assert_eq!(next_life(after, Timestamp::from_ms(0)), 301, "a clock at 1970");
        assert_eq!(life_under(after, at(400), 7), 400);
        let (a, b) = (life_under(after, at(0), 7), life_under(after, at(0), 8));
        assert!(a > after && b > after && a != b, "two hubs of one backup whose clocks say nothing: {a} {b}");
        assert_eq!(next_life(u32::MAX, at(1)), u32::MAX);
    }
}
