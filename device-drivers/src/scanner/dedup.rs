//! A device's habit of sending one scan twice. Never a person's second scan, which is slower.

use std::time::Duration;

/// Drops the second of two equal codes that come at once.
#[derive(Debug)]
pub struct Dedup {
    within: Duration,
    last: Option<(Vec<u8>, Duration)>,
}

impl Dedup {
    /// Equal codes within this time are one; zero lets each one count.
    #[must_use]
    pub const fn new(within: Duration) -> Self {
        Self { within, last: None }
    }

    /// Whether `raw` repeats what came just before. `now` is any clock that only goes forward.
    pub fn is_repeat(&mut self, raw: &[u8], now: Duration) -> bool {
        let repeat =
            self.last.as_ref().is_some_and(|(last, at)| last == raw && now.saturating_sub(*at) < self.within);
        // Counted from the first of them, so that a stuck trigger is not swallowed for ever.
        if !repeat {
            self.last = Some((raw.to_vec(), now));
        }
        repeat
    }

    /// The last code came to nothing: the same one is no echo of it.
    pub fn forget(&mut self) {
        self.last = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_echo_is_one_scan_and_two_scans_are_two() {
        let at = Duration::from_millis;
        let mut dedup = Dedup::new(at(100));
        assert!(!dedup.is_repeat(b"a", at(0)));
        assert!(dedup.is_repeat(b"a", at(60)));
        assert!(!dedup.is_repeat(b"a", at(120)), "counted from the first");
        assert!(!dedup.is_repeat(b"b", at(121)));
        assert!(!dedup.is_repeat(b"a", at(122)));
        dedup.forget();
        assert!(!dedup.is_repeat(b"a", at(123)));
        let mut every = Dedup::new(Duration::ZERO);
        assert!(!every.is_repeat(b"a", at(0)));
        assert!(!every.is_repeat(b"a", at(0)));
    }
}
