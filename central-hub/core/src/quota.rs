//! The hub's rights to sell one SKU of one store (SYNC.md): what was granted, given back, held and sold. What the hub sold
//! never falls, and nothing is promised beyond the right.

/// Units by SKU, store, epoch and generation. `held + sold + returned <= granted`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rights {
    /// Granted as far as the hub has seen; never falls.
    pub granted: u64,
    /// Given back; never falls.
    pub returned: u64,
    /// Held for checkouts under way.
    pub held: u64,
    /// Sold; never falls, not even by a cancellation.
    pub sold: u64,
}

/// Too few units are left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{left} left of {asked}")]
pub struct TooFew {
    /// Asked for.
    pub asked: u64,
    /// Left.
    pub left: u64,
}

impl Rights {
    /// Units that may be promised now.
    pub const fn free(self) -> u64 {
        self.granted.saturating_sub(self.returned).saturating_sub(self.held).saturating_sub(self.sold)
    }

    /// Holds units for a checkout.
    ///
    /// # Errors
    /// [`TooFew`]; nothing is held.
    pub const fn hold(self, units: u64) -> Result<Self, TooFew> {
        if units > self.free() {
            return Err(TooFew { asked: units, left: self.free() });
        }
        Ok(Self { held: self.held + units, ..self })
    }

    /// Lets a hold go.
    ///
    /// # Errors
    /// [`TooFew`] when fewer are held: a fault of ours.
    pub const fn release(self, units: u64) -> Result<Self, TooFew> {
        match self.held.checked_sub(units) {
            Some(held) => Ok(Self { held, ..self }),
            None => Err(TooFew { asked: units, left: self.held }),
        }
    }

    /// Turns a hold into a sale.
    ///
    /// # Errors
    /// [`TooFew`] when fewer are held: a fault of ours.
    pub const fn sell(self, units: u64) -> Result<Self, TooFew> {
        match self.release(units) {
            Ok(after) => Ok(Self { sold: after.sold + units, ..after }),
            Err(few) => Err(few),
        }
    }

    /// Takes note of a cumulative grant; an older, smaller number changes nothing.
    pub fn granted(self, total: u64) -> Self {
        Self { granted: self.granted.max(total), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_step_promises_beyond_the_right() {
        let rights = Rights::default().granted(5).hold(3).unwrap();
        assert_eq!(rights.hold(3), Err(TooFew { asked: 3, left: 2 }));
        let sold = rights.sell(3).unwrap();
        assert_eq!((sold.free(), sold.sold, sold.held), (2, 3, 0));
        assert_eq!(sold.granted(4).granted, 5);
        assert!(sold.release(1).is_err());
        assert_eq!(rights.release(3).unwrap().free(), 5);
    }
}
