//! Stories, the deterministic world, the demo and the scorecard.

pub mod baskets;
pub mod demo;
pub mod paper;
pub mod checks;
pub mod people;
pub mod scorecard;
pub mod sim;
