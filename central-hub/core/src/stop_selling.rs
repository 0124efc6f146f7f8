//! Whether the hub may sell for a store now (SYNC.md, rule 8): not for one it has not heard for 120-180 s, because nobody
//! there would pick the order in time. The customer sees why.

use model::Timestamp;
use model::time::SECOND_MS;

/// The usual span: 150 s.
pub const STOP_AFTER_MS: i64 = 150 * SECOND_MS;

/// Whether the hub sells for a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selling {
    /// Yes.
    Open,
    /// No: not heard for so long.
    Unreachable {
        /// Milliseconds since it was heard.
        silent_ms: i64,
    },
    /// No: it has never connected.
    NeverConnected,
    /// No: closed by people.
    Closed,
}

impl Selling {
    /// The stable word of the ops page: `open`, `unreachable`, `never_connected`, `closed`.
    pub const fn word(self) -> &'static str {
        match self {
            Selling::Open => "open",
            Selling::Unreachable { .. } => "unreachable",
            Selling::NeverConnected => "never_connected",
            Selling::Closed => "closed",
        }
    }
    /// For the customer.
    pub fn reason(self) -> String {
        match self {
            Selling::Open => "Delivering to your area.".to_owned(),
            Selling::Unreachable { silent_ms } => format!(
                "Your store has been out of reach for {} s, so nobody there would see a new order in time. \
                 Orders already placed go on.",
                silent_ms / SECOND_MS
            ),
            Selling::NeverConnected => "Your store has not opened yet.".to_owned(),
            Selling::Closed => "Your store is closed now.".to_owned(),
        }
    }
}

/// The rule. `heard`: the last sign of life; `closed`: people closed it.
pub fn selling(heard: Option<Timestamp>, closed: bool, now: Timestamp, stop_after_ms: i64) -> Selling {
    match heard {
        _ if closed => Selling::Closed,
        None => Selling::NeverConnected,
        Some(at) if now.since_ms(at) > stop_after_ms => Selling::Unreachable { silent_ms: now.since_ms(at) },
        Some(_) => Selling::Open,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hub_sells_to_a_silent_store_only_for_the_span() {
        let at = Timestamp::from_ms(0);
        let ask = |ms| selling(Some(at), false, Timestamp::from_ms(ms), STOP_AFTER_MS);
        assert_eq!(ask(150_000), Selling::Open);
        assert_eq!(ask(150_001), Selling::Unreachable { silent_ms: 150_001 });
        assert_eq!(selling(None, false, at, STOP_AFTER_MS), Selling::NeverConnected);
        assert_eq!(selling(Some(at), true, at, STOP_AFTER_MS), Selling::Closed);
    }
}
