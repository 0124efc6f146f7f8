//! Pauses between tries: growing, bounded, and jittered, so that a store's devices do not knock in step.

use std::time::Duration;

use rand::Rng;

/// The next pause doubles up to a limit; half of it is chance.
#[derive(Debug, Clone)]
pub(crate) struct Backoff {
    first: Duration,
    most: Duration,
    next: Duration,
}

impl Backoff {
    /// Pauses from `first` to `most`.
    pub(crate) const fn new(first: Duration, most: Duration) -> Self {
        Self { first, most, next: first }
    }

    /// For devices: a replugged cable is found within two seconds.
    pub(crate) const fn for_device() -> Self {
        Self::new(Duration::from_millis(100), Duration::from_secs(2))
    }

    /// For the broker.
    pub(crate) const fn for_broker() -> Self {
        Self::new(Duration::from_millis(100), Duration::from_secs(5))
    }

    /// It worked: the next failure begins small.
    pub(crate) fn reset(&mut self) {
        self.next = self.first;
    }

    /// The pause before the next try.
    pub(crate) fn pause(&mut self, random: &mut impl Rng) -> Duration {
        let whole = self.next;
        self.next = whole.saturating_mul(2).min(self.most);
        whole.mul_f64(random.random_range(0.5..=1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::SmallRng;

    #[test]
    fn pauses_grow_to_the_limit_and_start_small_again() {
        let mut random = SmallRng::seed_from_u64(1);
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(2));
        let pauses: Vec<u128> = (0..8).map(|_| backoff.pause(&mut random).as_millis()).collect();
        for (pause, whole) in pauses.iter().zip([100, 200, 400, 800, 1600, 2000, 2000, 2000]) {
            assert!((whole / 2..=whole).contains(pause), "{pauses:?}");
        }
        backoff.reset();
        assert!(backoff.pause(&mut random).as_millis() <= 100);
    }
}
