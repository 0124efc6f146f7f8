//! How much to grant (SYNC.md, REQ-50). With a measured rate: what the hub is likely to sell until the next tick and 180 s
//! beyond it, no more, so that a hub that falls silent holds little; a floor for the counter comes first; a small stock goes
//! wholly to where the next sale is likelier; what is out beyond need is wanted back when the counter's floor lacks it.
//! Without one, a fixed share. Decides; neither stores nor publishes.
//!
//! The fixed share: of the units that are free of reservations, `counter_percent` stay with the counter and the rest is the
//! hub's target, rounded in the hub's favour when the last unit goes to the hub, in the counter's when it goes there.

use model::id::SkuId;

use super::{Demand, StoreQuota};

/// A hub that falls silent may sell on for so long, and a tick may be ten seconds away.
pub const HORIZON_MS: i64 = 190_000;
/// The counter keeps what it is likely to sell in so long: the time a cut takes to be noticed and rights to come back.
const COUNTER_MS: i64 = 30 * 60_000;
/// A stock of so few units is not divided.
const SMALL: u64 = 2;

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
#[derive(Debug, Clone, PartialEq)]
pub struct SkuStock {
    /// Which.
    pub sku: SkuId,
    /// Sellable units on hand (blocked and expired lots left out).
    pub on_hand: u64,
    /// Units reserved for orders.
    pub reserved: u64,
    /// The escrow.
    pub quota: StoreQuota,
    /// No new grants: a breach, a recall or a fence is open on it.
    pub suspended: bool,
    /// The rate of sales, where enough was seen.
    pub demand: Option<Demand>,
}

/// Units to grant now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Which.
    pub sku: SkuId,
    /// How many more; at least 1, never more than what is free.
    pub units: u64,
}

impl SkuStock {
    fn unreserved(&self) -> u64 {
        self.on_hand.saturating_sub(self.reserved)
    }

    /// Rights that should be out, as far as there are units for them.
    pub fn target(&self, policy: GrantPolicy) -> u64 {
        let unreserved = self.unreserved();
        if let Some(demand) = self.demand {
            return by_demand(demand, unreserved);
        }
        let percent = u128::from(policy.counter_percent.min(100));
        let share = u128::from(unreserved) * percent;
        let counter = match policy.last_unit {
            LastUnit::Hub => share / 100,
            LastUnit::Counter => share.div_ceil(100),
        };
        unreserved.saturating_sub(u64::try_from(counter).unwrap_or(u64::MAX))
    }

    /// The total that the hub's return is to reach: rights beyond what is there always; with a measured rate also what is
    /// out beyond its target by more than half, when the counter has less than its floor (rebalance on every tick).
    pub fn wanted_back(&self, policy: GrantPolicy) -> u64 {
        let must = self.quota.wanted_back(self.unreserved());
        let Some(demand) = self.demand else { return must };
        let (out, target) = (self.quota.outstanding(), self.target(policy));
        let floor = demand.counter_likely_most(COUNTER_MS);
        let poor = self.unreserved().saturating_sub(out) < floor;
        let spare = out.saturating_sub(target);
        if poor && spare > target / 2 {
            must.max(self.quota.returned_seen().saturating_add(spare))
        } else {
            must
        }
    }
}

fn by_demand(demand: Demand, unreserved: u64) -> u64 {
    if unreserved <= SMALL {
        return if demand.hub_is_likelier() { unreserved } else { 0 };
    }
    let likely = demand.likely_most(HORIZON_MS);
    // The floor comes first, but never more than the counter's part of what both sell.
    let both = demand.hub_per_hour + demand.counter_per_hour;
    let part = if both > 0.0 { demand.counter_per_hour / both } else { 0.5 };
    let floor = demand.counter_likely_most(COUNTER_MS).min((unreserved as f64 * part).ceil() as u64);
    likely.min(unreserved.saturating_sub(floor))
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
    let target = sku.target(policy);
    target.saturating_sub(sku.quota.outstanding()).min(sku.quota.grantable(sku.unreserved()))
}
