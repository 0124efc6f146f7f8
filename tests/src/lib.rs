//! Stories, the deterministic world, the demo and the scorecard.

pub mod baskets;
pub mod checks;
pub mod demo;
pub mod escrow;
pub mod outage;
pub mod packet_cases;
pub mod paper;
pub mod people;
pub mod scorecard;
pub mod shipping;
pub mod sim;
