//! Temperature sensors: one file per chip, and the plausibility of what they say (REQ-43).
//! Alarms and bands are the store's; here a value is only good, or not to be trusted, and why.

pub mod bme280;
pub mod ds18b20;
pub mod filter;
pub mod marks;
pub mod max31865;
#[cfg(test)]
pub(crate) mod mock;
pub mod on_bus;
pub mod probe;
pub mod pt100;
pub mod ruuvi;
pub mod sht;
pub mod transmitter;

pub use ds18b20::{Ds18b20Error, W1Probe, parse_w1_slave};
pub use filter::{Correction, Filter, Limits, Verdict};
pub use marks::{Marks, Span};
pub use probe::{Chip, Measured, Probe, ProbeFault};
