//! Quantities: checked, never negative. A counted good counts pieces; a weighed good counts grams.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The largest quantity one line, lot or bin may hold; above it the input is a mistake.
pub const QTY_MAX: u32 = 1_000_000;

/// A quantity of one SKU: pieces, or grams for goods sold by weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[cfg_attr(feature = "schema", schemars(with = "u32", extend("maximum" = QTY_MAX)), ts(type = "number"))]
pub struct Qty(u32);

/// Why a number is not a quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a quantity is a whole number from 0 to {QTY_MAX}, not {0}")]
pub struct QtyError(pub i64);

impl Qty {
    /// None.
    pub const ZERO: Qty = Qty(0);
    /// One.
    pub const ONE: Qty = Qty(1);

    /// Checks the range 0..=[`QTY_MAX`].
    pub fn new(count: i64) -> Result<Self, QtyError> {
        match u32::try_from(count) {
            Ok(n) if n <= QTY_MAX => Ok(Self(n)),
            Ok(_) | Err(_) => Err(QtyError(count)),
        }
    }
    /// The count.
    pub const fn get(self) -> u32 {
        self.0
    }
    /// Whether it is nothing.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }
    /// Sum; `None` above [`QTY_MAX`].
    pub fn checked_add(self, other: Qty) -> Option<Qty> {
        self.0.checked_add(other.0).filter(|n| *n <= QTY_MAX).map(Qty)
    }
    /// Difference; `None` below zero.
    pub fn checked_sub(self, other: Qty) -> Option<Qty> {
        self.0.checked_sub(other.0).map(Qty)
    }
    /// Difference, not below zero.
    pub fn saturating_sub(self, other: Qty) -> Qty {
        Qty(self.0.saturating_sub(other.0))
    }
}

impl TryFrom<i64> for Qty {
    type Error = QtyError;
    fn try_from(count: i64) -> Result<Self, QtyError> {
        Self::new(count)
    }
}
impl From<Qty> for i64 {
    fn from(qty: Qty) -> i64 {
        i64::from(qty.0)
    }
}
impl fmt::Display for Qty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A weight in grams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Grams(pub u32);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_negative_and_huge() {
        assert_eq!(Qty::new(-1), Err(QtyError(-1)));
        assert!(Qty::new(i64::from(QTY_MAX) + 1).is_err());
        assert!(serde_json::from_str::<Qty>("-3").is_err());
        assert_eq!(Qty::new(2).ok().and_then(|q| q.checked_sub(Qty::new(3).ok()?)), None);
    }
}
