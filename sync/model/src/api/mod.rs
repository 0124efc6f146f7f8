//! Shapes that cross HTTP, for both houses, the web surfaces (ts-rs writes `sync/web/types`) and the demo's people.
//! Shapes only: what they mean is decided in the cores.

pub mod enrol;
pub mod fence;
pub mod global;
pub mod hub;
pub mod machine;
#[cfg(feature = "schema")]
pub mod media;
pub mod store;
