//! Stories, the deterministic world, the demo and the scorecard.

pub mod baskets;
pub mod people;
pub mod scorecard;
