//! The hash chain of the ledger (REQ-6), as the hub knows it too: see [`sync::batch`].

pub use sync::batch::{Hash, first, next};
