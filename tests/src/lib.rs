//! Stories, the deterministic world, the demo and the scorecard.

pub mod baskets;
