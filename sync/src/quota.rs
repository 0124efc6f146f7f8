//! The escrow: units of one SKU that the hub may sell while the store is away (SYNC.md, REQ-50). Pure transitions of the
//! two ledgers of one (epoch, generation), all arithmetic checked; the rows they stand for are kept by the store's and
//! the hub's SQLite, and the cumulative numbers travel in the quota document. A new (E, G) begins with empty ledgers; fences
//! and closings are the store's and the hub's flows.
//!
//! What must hold (checked by the tests here, and again in the simulation):
//! - I1: reserved + outstanding <= on hand, at the store;
//! - I2: sold + returned <= granted seen <= granted, at the hub.

mod demand;
mod grant;
mod hub;
mod store;
mod tag;

pub use demand::{Demand, rate_after};
pub use grant::{Grant, GrantPolicy, HORIZON_MS, LastUnit, SkuStock, plan_grants};
pub use hub::HubQuota;
pub use store::StoreQuota;
pub use tag::{FlashPool, grams_to_reserve, settle_grams};

/// Why a step of the escrow is not taken. Nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QuotaRefusal {
    /// The hub has no right to so many: the customer must choose fewer or another store.
    #[error("{wanted} units wanted, {available} left to sell")]
    NotEnough {
        /// Units asked for.
        wanted: u64,
        /// Units left.
        available: u64,
    },
    /// More than what is held is to be sold or released: a caller's mistake.
    #[error("{wanted} units wanted of {held} held")]
    NotHeld {
        /// Units asked for.
        wanted: u64,
        /// Units held.
        held: u64,
    },
    /// The store would promise what it does not have free.
    #[error("{wanted} units to grant, {grantable} are free")]
    NotFree {
        /// Units to grant.
        wanted: u64,
        /// Units free of reservations and rights.
        grantable: u64,
    },
    /// The other side used more rights than were granted: it was restored, or lies. Fence and tell a person.
    #[error("{used} units used of {granted} granted: the other side must be fenced")]
    BeyondGrant {
        /// Units used, with this step.
        used: u64,
        /// Units granted.
        granted: u64,
    },
    /// A count beyond what the house counts to.
    #[error("a count out of range")]
    Overflow,
}

#[cfg(test)]
mod tests;
