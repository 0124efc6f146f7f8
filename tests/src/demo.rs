//! The demo: a hub, two stores with brokers, agents and devices that speak real bytes, and people. Everything that can
//! be a process of its own is one; people act in this process, through the same doors as anybody.

pub mod arrivals;
pub mod bay;
pub mod bench;
pub mod books;
pub mod counter;
pub mod cuts;
pub mod deeds;
pub mod devices;
pub mod diary;
pub mod folder;
pub mod house;
pub mod live;
pub mod options;
pub mod papers;
pub mod pickers;
pub mod procs;
pub mod proxy;
pub mod report;
pub mod riders;
pub mod roles;
pub mod shelf;
pub mod shoppers;
pub mod stage;
pub mod web;

use model::{CommandId, Timestamp};
use rand::Rng;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How fast people live: their waits are divided by `speed`, machines' are not.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// 1 = as in life.
    pub speed: f64,
}

impl Pace {
    /// Waits as a person would, or until `stop`.
    pub async fn wait(&self, ms: i64, stop: &CancellationToken) {
        let wait = Duration::from_secs_f64((ms.max(0) as f64 / 1000.0 / self.speed).max(0.001));
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// A fresh idempotency key, as a browser would make one.
pub fn fresh_id(rng: &mut impl Rng) -> CommandId {
    CommandId::new(now(), rng.random())
}

/// The clock on people's phones.
#[expect(clippy::disallowed_methods, reason = "the demo's people have a clock")]
pub fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_ms(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
