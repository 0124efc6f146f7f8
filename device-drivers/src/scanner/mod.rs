//! Barcode scanners: bytes to lines, lines to scans. Knows labels and GS1, no stock and no orders.
//!
//! The parts are pure and serve a keyboard wedge as well: its text goes through [`parse_scan`] unchanged.

pub mod aim;
pub mod code;
pub mod dedup;
pub mod framing;
pub mod scan;
pub mod sieve;
pub mod ssi;
pub mod wedge;

pub use code::Code;
pub use dedup::Dedup;
pub use framing::{Ending, Framer, Framing, Line};
pub use scan::{Gs1Scan, Scan, ScanError, parse_scan, parse_scan_from};
pub use sieve::{Disturbance, Sieve};
