//! A token bucket: so many bytes a second, saved up to a limit. Pure arithmetic.

/// See the file. Filled at the beginning.
#[derive(Debug)]
pub(super) struct Bucket {
    size: usize,
    per_s: usize,
    level: usize,
    at_ms: i64,
}

impl Bucket {
    pub(super) const fn new(size: usize, per_s: usize, now_ms: i64) -> Self {
        Self { size, per_s, level: size, at_ms: now_ms }
    }

    /// Bytes that may go now.
    pub(super) fn level(&mut self, now_ms: i64) -> usize {
        let passed = usize::try_from(now_ms.saturating_sub(self.at_ms)).unwrap_or(0);
        let gained = passed.saturating_mul(self.per_s) / 1_000;
        // Time too short for a byte is kept, and a clock that went back begins anew.
        if gained > 0 || now_ms < self.at_ms {
            self.at_ms = now_ms;
            self.level = self.level.saturating_add(gained).min(self.size);
        }
        self.level
    }

    pub(super) fn is_full(&mut self, now_ms: i64) -> bool {
        self.level(now_ms) >= self.size
    }

    pub(super) const fn take(&mut self, bytes: usize) {
        self.level = self.level.saturating_sub(bytes);
    }

    /// When it is full again; `None` when it is.
    pub(super) fn full_at(&self, now_ms: i64) -> Option<i64> {
        let missing = self.size.saturating_sub(self.level);
        let ms = missing.saturating_mul(1_000).div_ceil(self.per_s.max(1));
        let at = self.at_ms.saturating_add(i64::try_from(ms).unwrap_or(i64::MAX));
        (missing > 0).then_some(at.max(now_ms.saturating_add(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_gives_what_it_has_and_fills_with_time() {
        let mut bucket = Bucket::new(1_000, 500, 0);
        assert_eq!((bucket.level(0), bucket.full_at(0)), (1_000, None));
        bucket.take(900);
        assert_eq!((bucket.level(1), bucket.level(200)), (100, 200));
        assert_eq!(bucket.full_at(200), Some(1_800));
        assert!(bucket.is_full(60_000) && bucket.level(60_000) == 1_000);
        bucket.take(1_000);
        assert_eq!(bucket.level(-5_000), 0, "a clock that went back gives nothing");
        assert_eq!(bucket.level(-4_000), 500);
    }
}
