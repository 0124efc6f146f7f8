//! Rights with a tag, and goods without a fixed weight: two rules that later features stand on. Pure arithmetic.

use super::QuotaRefusal;

/// Units of a flash sale: a pool per sale and SKU, sold only from live rights (REQ-71).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FlashPool {
    pool: u64,
    sold: u64,
}

impl FlashPool {
    /// A pool of so many units.
    pub const fn new(pool: u64) -> Self {
        Self { pool, sold: 0 }
    }

    /// Units that the sale may sell now, of `available` rights: never more than either.
    pub const fn available(&self, available: u64) -> u64 {
        let left = self.pool - self.sold;
        if left < available { left } else { available }
    }

    /// Sells from the pool.
    ///
    /// # Errors
    /// [`QuotaRefusal::NotEnough`]: sold out, whatever the page said.
    pub const fn sell(&mut self, units: u64, available: u64) -> Result<(), QuotaRefusal> {
        let left = self.available(available);
        if units > left {
            return Err(QuotaRefusal::NotEnough { wanted: units, available: left });
        }
        self.sold += units;
        Ok(())
    }
}

/// Grams to reserve for a weighed good: what was ordered and the tolerance above it, rounded up.
///
/// # Errors
/// [`QuotaRefusal::Overflow`].
pub fn grams_to_reserve(ordered: u64, tolerance_pct: u8) -> Result<u64, QuotaRefusal> {
    let over = ordered.checked_mul(u64::from(tolerance_pct)).ok_or(QuotaRefusal::Overflow)?.div_ceil(100);
    ordered.checked_add(over).ok_or(QuotaRefusal::Overflow)
}

/// What the scale said settles the reservation: gives the grams that are free again.
///
/// # Errors
/// [`QuotaRefusal::NotEnough`] for more than was reserved: the piece is too big, another one is taken.
pub const fn settle_grams(reserved: u64, actual: u64) -> Result<u64, QuotaRefusal> {
    if actual > reserved {
        return Err(QuotaRefusal::NotEnough { wanted: actual, available: reserved });
    }
    Ok(reserved - actual)
}
