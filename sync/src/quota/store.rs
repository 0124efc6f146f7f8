//! The store's side of one SKU's escrow. No stock here: the caller says what is free.

use super::QuotaRefusal;

/// Cumulative counts of one SKU in the current (E, G), as the store knows them. Always returned + seen <= granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StoreQuota {
    granted: u64,
    returned_seen: u64,
    orders_seen: u64,
}

impl StoreQuota {
    /// From the store's rows, in units since the epoch began.
    ///
    /// # Errors
    /// [`QuotaRefusal::BeyondGrant`] when the counts cannot stand together.
    pub fn from_counts(granted: u64, returned_seen: u64, orders_seen: u64) -> Result<Self, QuotaRefusal> {
        let used = returned_seen.checked_add(orders_seen).ok_or(QuotaRefusal::Overflow)?;
        if used > granted {
            return Err(QuotaRefusal::BeyondGrant { used, granted });
        }
        Ok(Self { granted, returned_seen, orders_seen })
    }

    /// Units granted so far.
    pub const fn granted(&self) -> u64 {
        self.granted
    }

    /// Units the hub is known to have given back.
    pub const fn returned_seen(&self) -> u64 {
        self.returned_seen
    }

    /// Units in hub orders that the store has taken over.
    pub const fn orders_seen(&self) -> u64 {
        self.orders_seen
    }

    /// Units the hub may still sell as far as the store knows.
    pub const fn outstanding(&self) -> u64 {
        self.granted - self.returned_seen - self.orders_seen
    }

    /// The total that the hub's return is to reach, when only `unreserved` units are there to be sold: rights beyond them
    /// are wanted back. Without such, what has come back already.
    pub const fn wanted_back(&self, unreserved: u64) -> u64 {
        self.returned_seen + self.outstanding().saturating_sub(unreserved)
    }

    /// Units that may be granted, or sold at the counter, out of `unreserved` = sellable on hand - reserved.
    pub const fn grantable(&self, unreserved: u64) -> u64 {
        unreserved.saturating_sub(self.outstanding())
    }

    /// Grants `units` more; publish [`Self::granted`] after the commit.
    ///
    /// # Errors
    /// [`QuotaRefusal::NotFree`] keeps I1.
    pub fn grant(&mut self, units: u64, unreserved: u64) -> Result<(), QuotaRefusal> {
        let grantable = self.grantable(unreserved);
        if units > grantable {
            return Err(QuotaRefusal::NotFree { wanted: units, grantable });
        }
        self.granted = self.granted.checked_add(units).ok_or(QuotaRefusal::Overflow)?;
        Ok(())
    }

    /// Takes over a hub order's units: they leave the rights and become a reservation. Once per order id (the caller's
    /// INSERT OR IGNORE).
    ///
    /// # Errors
    /// [`QuotaRefusal::BeyondGrant`].
    pub fn take_order(&mut self, units: u64) -> Result<(), QuotaRefusal> {
        let seen = self.orders_seen.checked_add(units).ok_or(QuotaRefusal::Overflow)?;
        *self = Self::from_counts(self.granted, self.returned_seen, seen)?;
        Ok(())
    }

    /// Learns the hub's cumulative return; an old or repeated number changes nothing. True when it was news.
    ///
    /// # Errors
    /// [`QuotaRefusal::BeyondGrant`].
    pub fn learn_returned(&mut self, total: u64) -> Result<bool, QuotaRefusal> {
        if total <= self.returned_seen {
            return Ok(false);
        }
        *self = Self::from_counts(self.granted, total, self.orders_seen)?;
        Ok(true)
    }
}
