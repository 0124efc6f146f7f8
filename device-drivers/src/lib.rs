//! Bytes to meaning and back: scanners, printers, sensors, scales, and the agent that runs them.
//! Knows devices and labels; never stock, orders or who may do what.
//!
//! How to add a device: a line in [`firmware_config::Driver::TABLE`], a file with its bytes beside its kin
//! (`scanner/`, `printer/`, `sensor/`, `scale.rs`), a task in `agent/`, a simulator in `sim/` that speaks the real bytes.

pub mod agent;
pub mod db;
pub mod gpio;
pub mod gs1;
pub mod modbus;
pub mod port;
pub mod printer;
pub mod scale;
pub mod scanner;
pub mod sensor;
pub mod sim;
