//! The one place where the agent reads the clock and takes random numbers. Nothing else lives here.

use model::Timestamp;
use rand::SeedableRng;
use rand::rngs::SmallRng;

/// The time now.
#[expect(
    clippy::disallowed_methods,
    reason = "the agent's clock: everything else takes `now` as an argument"
)]
pub(crate) fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Timestamp::from_ms(since.map_or(0, |span| i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))
}

/// Time since a run began, by a clock that nobody sets.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Uptime(std::time::Instant);

impl Uptime {
    /// Begins now.
    pub(crate) fn start() -> Self {
        Self(std::time::Instant::now())
    }

    /// Milliseconds since then.
    pub(crate) fn ms(self) -> u64 {
        u64::try_from(self.0.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// Random numbers of its own for one device, seeded by the system.
pub(crate) fn random() -> SmallRng {
    SmallRng::from_os_rng()
}
