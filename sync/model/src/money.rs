//! Money: integer paise (1/100 INR), always checked. Never a float.

use serde::{Deserialize, Serialize};
use std::fmt;

/// An amount in paise; may be negative in a ledger, never in a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[cfg_attr(feature = "schema", ts(type = "number"))]
pub struct Paise(i64);

impl Paise {
    /// Nothing.
    pub const ZERO: Paise = Paise(0);

    /// From a count of paise.
    pub const fn new(paise: i64) -> Self {
        Self(paise)
    }
    /// The count of paise.
    pub const fn get(self) -> i64 {
        self.0
    }
    /// Sum; `None` on overflow.
    pub fn checked_add(self, other: Paise) -> Option<Paise> {
        self.0.checked_add(other.0).map(Paise)
    }
    /// Difference; `None` on overflow.
    pub fn checked_sub(self, other: Paise) -> Option<Paise> {
        self.0.checked_sub(other.0).map(Paise)
    }
    /// Price times quantity; `None` on overflow.
    pub fn checked_mul(self, times: u32) -> Option<Paise> {
        self.0.checked_mul(i64::from(times)).map(Paise)
    }
}

impl fmt::Display for Paise {
    /// `INR 12.50`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let abs = self.0.unsigned_abs();
        write!(f, "{sign}INR {}.{:02}", abs / 100, abs % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::Paise;

    #[test]
    fn overflow_is_none_and_display_has_two_places() {
        assert_eq!(Paise::new(i64::MAX).checked_add(Paise::new(1)), None);
        assert_eq!(Paise::new(1_205).to_string(), "INR 12.05");
        assert_eq!(Paise::new(-5).to_string(), "-INR 0.05");
    }
}
