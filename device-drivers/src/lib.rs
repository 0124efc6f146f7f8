//! Bytes to meaning and back: scanners, printers, sensors, scales, and the agent that runs them.
//! Knows devices and labels; never stock, orders or who may do what.

pub mod gs1;
pub mod printer;
pub mod scale;
pub mod scanner;
pub mod sensor;
