//! How often something was how large: counted by any thread without waiting, read at any time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Counts by size. Sizes are whole numbers of a unit that the owner chooses; a bound is the largest size of its class.
#[derive(Debug)]
pub struct Histogram {
    bounds: &'static [u64],
    counts: Box<[AtomicU64]>,
    sum: AtomicU64,
}

impl Histogram {
    /// Nothing counted yet; `bounds` rise.
    pub fn new(bounds: &'static [u64]) -> Self {
        let counts = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Self { bounds, counts, sum: AtomicU64::new(0) }
    }

    /// One more of this size.
    pub fn count(&self, size: u64) {
        let class = self.bounds.partition_point(|bound| *bound < size);
        if let Some(count) = self.counts.get(class) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.sum.fetch_add(size, Ordering::Relaxed);
    }

    /// Each bound with how many were at most so large; without a bound: all.
    pub fn classes(&self) -> Vec<(Option<u64>, u64)> {
        let bounds = self.bounds.iter().map(|bound| Some(*bound)).chain([None]);
        let mut below = 0;
        bounds
            .zip(&self.counts)
            .map(|(bound, count)| {
                below += count.load(Ordering::Relaxed);
                (bound, below)
            })
            .collect()
    }

    /// The sum of all sizes.
    pub fn sum(&self) -> u64 {
        self.sum.load(Ordering::Relaxed)
    }
}

/// What a node's one writing thread tells of its work; clones share the counts.
#[derive(Debug, Clone)]
pub struct Writing {
    /// Microseconds from asking for a commit until it is on the disk: the disk's own pace.
    pub commit_us: Arc<Histogram>,
    /// Commands in one commit.
    pub group: Arc<Histogram>,
}

/// Half a millisecond, a good disk, up to a second, a dying one.
const COMMIT_US: &[u64] =
    &[250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000];
/// One, a quiet counter, up to the largest group.
const GROUP: &[u64] = &[1, 2, 4, 8, 16, 32, 64, 128, 256];

impl Default for Writing {
    fn default() -> Self {
        Self { commit_us: Arc::new(Histogram::new(COMMIT_US)), group: Arc::new(Histogram::new(GROUP)) }
    }
}

impl Writing {
    /// A commit took so long.
    pub fn committed(&self, took: Duration) {
        self.commit_us.count(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }

    /// A group of so many commands was taken together.
    pub fn grouped(&self, commands: usize) {
        self.group.count(u64::try_from(commands).unwrap_or(u64::MAX));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_counts_in_every_class_that_is_large_enough() {
        let sizes = Histogram::new(&[1, 4]);
        for size in [0, 1, 2, 4, 5, 900] {
            sizes.count(size);
        }
        assert_eq!(sizes.classes(), [(Some(1), 2), (Some(4), 4), (None, 6)]);
        assert_eq!(sizes.sum(), 912);
    }
}
