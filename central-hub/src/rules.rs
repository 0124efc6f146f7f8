//! The numbers that flows decide by: from the configuration, the same for the process's whole life.

use crate::calendar::Calendar;
use ::sync::pledge::PledgeKey;
use hub_core::proof::HubKey;
use hub_core::rider_score::{Scorer, Weights};
use hub_core::stop_selling::STOP_AFTER_MS;
use model::time::MINUTE_MS;

/// A placed order that nobody has paid lets its units go after 15 min (REQ-9; ARCHITECTURE, decision 4). A checkout begins
/// and places in one request here, so that the 120 s before placing have no length.
pub const HOLD_MS: i64 = 15 * MINUTE_MS;

/// What flows decide by.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Makes codes and tokens.
    pub key: HubKey,
    /// Profile demo: messages go to the inbox.
    pub demo: bool,
    /// A gateway takes cards and UPI.
    pub gateway: bool,
    /// How long units are held for a placed order while the customer pays, ms.
    pub hold_ms: i64,
    /// How long the hub sells to a store it does not hear, ms (SYNC.md, rule 8).
    pub stop_after_ms: i64,
    /// Picking and packing within the promise, minutes.
    pub prepare_min: f64,
    /// People walk, ride and wait so many times faster (demo only); 1 in earnest.
    pub speed: f64,
    /// Other cities hear of this one's users.
    pub global: bool,
    /// When the city's days begin.
    pub calendar: Calendar,
    /// By which formula riders are scored.
    pub scorer: Scorer,
    /// What that formula weighs.
    pub weights: Weights,
}

impl Rules {
    /// The usual numbers with this key.
    pub fn new(key: HubKey) -> Self {
        Self {
            key,
            demo: false,
            gateway: false,
            hold_ms: HOLD_MS,
            stop_after_ms: STOP_AFTER_MS,
            prepare_min: 5.0,
            speed: 1.0,
            global: false,
            calendar: Calendar::default(),
            scorer: Scorer::default(),
            weights: Weights::default(),
        }
    }

    /// What the hub's pledges to stores are made from.
    pub fn pledges(&self) -> PledgeKey {
        PledgeKey::new(self.key.secret("pledges"))
    }

    /// Minutes of people's time as milliseconds of the clock.
    pub fn people_ms(&self, minutes: f64) -> i64 {
        (minutes * MINUTE_MS as f64 / self.speed.max(0.001)) as i64
    }
}
