//! Temperature sensors: one file per chip, and the plausibility of what they say (REQ-43).
//! Alarms and bands are the store's; here a value is only good, or not to be trusted, and why.

pub mod ds18b20;
pub mod filter;

pub use ds18b20::{Ds18b20Error, parse_w1_slave};
pub use filter::{Filter, Limits, Verdict};
