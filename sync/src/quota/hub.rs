//! The hub's side of one SKU's escrow: the row `hub_quota` (ARCHITECTURE, decision 3). What was sold never falls; a
//! cancelled order's units come back only by a new grant of the store.

use super::QuotaRefusal;

/// Counts of one SKU at one store in the current (E, G). Always held + sold + returned <= granted seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HubQuota {
    granted_seen: u64,
    returned: u64,
    held: u64,
    sold: u64,
}

impl HubQuota {
    /// From the hub's row: granted seen, returned and sold are cumulative, held is what open checkouts hold now.
    ///
    /// # Errors
    /// [`QuotaRefusal::BeyondGrant`] when the counts cannot stand together.
    pub fn from_counts(granted_seen: u64, returned: u64, held: u64, sold: u64) -> Result<Self, QuotaRefusal> {
        let used =
            returned.checked_add(held).and_then(|n| n.checked_add(sold)).ok_or(QuotaRefusal::Overflow)?;
        if used > granted_seen {
            return Err(QuotaRefusal::BeyondGrant { used, granted: granted_seen });
        }
        Ok(Self { granted_seen, returned, held, sold })
    }

    /// Units granted, as far as the hub has heard.
    pub const fn granted_seen(&self) -> u64 {
        self.granted_seen
    }

    /// Units given back so far.
    pub const fn returned(&self) -> u64 {
        self.returned
    }

    /// Units held by open checkouts.
    pub const fn held(&self) -> u64 {
        self.held
    }

    /// Units sold so far.
    pub const fn sold(&self) -> u64 {
        self.sold
    }

    /// Units that a checkout may hold now.
    pub const fn available(&self) -> u64 {
        self.granted_seen - self.returned - self.held - self.sold
    }

    /// Units to give back now, when the store wants the return to reach `wanted`: what is free of holds and sales. The rest
    /// follows when holds are let go; what is sold never comes back.
    pub const fn due_back(&self, wanted: u64) -> u64 {
        let due = wanted.saturating_sub(self.returned);
        let available = self.available();
        if due < available { due } else { available }
    }

    /// Learns the store's cumulative grant; an old or repeated number changes nothing. True when it was news.
    pub const fn learn_granted(&mut self, total: u64) -> bool {
        let news = total > self.granted_seen;
        if news {
            self.granted_seen = total;
        }
        news
    }

    /// Holds units for a checkout (saga, first step).
    ///
    /// # Errors
    /// [`QuotaRefusal::NotEnough`].
    pub const fn hold(&mut self, units: u64) -> Result<(), QuotaRefusal> {
        let available = self.available();
        if units > available {
            return Err(QuotaRefusal::NotEnough { wanted: units, available });
        }
        self.held += units;
        Ok(())
    }

    /// Lets held units go: the checkout failed or timed out.
    ///
    /// # Errors
    /// [`QuotaRefusal::NotHeld`].
    pub const fn release(&mut self, units: u64) -> Result<(), QuotaRefusal> {
        if units > self.held {
            return Err(QuotaRefusal::NotHeld { wanted: units, held: self.held });
        }
        self.held -= units;
        Ok(())
    }

    /// Turns held units into sold ones, in the transaction that makes the order durable.
    ///
    /// # Errors
    /// [`QuotaRefusal::NotHeld`].
    pub const fn sell(&mut self, units: u64) -> Result<(), QuotaRefusal> {
        if units > self.held {
            return Err(QuotaRefusal::NotHeld { wanted: units, held: self.held });
        }
        self.held -= units;
        self.sold += units;
        Ok(())
    }

    /// Gives rights back for good; publish [`Self::returned`] after the commit.
    ///
    /// # Errors
    /// [`QuotaRefusal::NotEnough`].
    pub const fn give_back(&mut self, units: u64) -> Result<(), QuotaRefusal> {
        let available = self.available();
        if units > available {
            return Err(QuotaRefusal::NotEnough { wanted: units, available });
        }
        self.returned += units;
        Ok(())
    }
}
