//! How much to grant: a fixed share, until a forecast says better. Decides; neither stores nor publishes.
//!
//! Of the units that are free of reservations, `counter_percent` stay with the counter and the rest is the hub's target.
//! The counter's part is rounded down when the last unit goes to the hub, up when it goes to the counter: with 30 %, 1 to
//! 3 units go wholly to the hub in the first case, and a single unit to the counter in the second. Rights that are out
//! already count towards the target; they are never taken back here.

use model::id::SkuId;

use super::StoreQuota;

/// Where a unit goes that cannot be divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LastUnit {
    /// The hub: the next sale is likelier online.
    Hub,
    /// The counter.
    Counter,
}

/// The store's rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GrantPolicy {
    /// Percent of the free units kept for the counter, 0 to 100 (more counts as 100).
    pub counter_percent: u8,
    /// Where a unit goes that cannot be divided.
    pub last_unit: LastUnit,
}

impl Default for GrantPolicy {
    fn default() -> Self {
        Self { counter_percent: 30, last_unit: LastUnit::Hub }
    }
}

/// One SKU as the store's SQLite has it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkuStock {
    /// Which.
    pub sku: SkuId,
    /// Sellable units on hand (blocked and expired lots left out).
    pub on_hand: u64,
    /// Units reserved for orders.
    pub reserved: u64,
    /// The escrow.
    pub quota: StoreQuota,
    /// No new grants: a breach or a recall is open on it.
    pub suspended: bool,
}

/// Units to grant now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Which.
    pub sku: SkuId,
    /// How many more; at least 1, never more than what is free.
    pub units: u64,
}

/// What to grant on this tick, in the order of `stock`.
pub fn plan_grants(policy: GrantPolicy, stock: &[SkuStock]) -> Vec<Grant> {
    let plan = |sku: &SkuStock| {
        let units = if sku.suspended { 0 } else { units_to_grant(policy, sku) };
        (units > 0).then(|| Grant { sku: sku.sku.clone(), units })
    };
    stock.iter().filter_map(plan).collect()
}

fn units_to_grant(policy: GrantPolicy, sku: &SkuStock) -> u64 {
    let unreserved = sku.on_hand.saturating_sub(sku.reserved);
    let percent = u128::from(policy.counter_percent.min(100));
    let share = u128::from(unreserved) * percent;
    let counter = match policy.last_unit {
        LastUnit::Hub => share / 100,
        LastUnit::Counter => share.div_ceil(100),
    };
    let target = unreserved.saturating_sub(u64::try_from(counter).unwrap_or(u64::MAX));
    target.saturating_sub(sku.quota.outstanding()).min(sku.quota.grantable(unreserved))
}
