//! CRDT documents, escrow quotas and the sans-IO session between a store and its hub.
//!
//! Everything here is deterministic: no clock, no randomness, no socket, no SQL. `doc` carries what was decided, `quota`
//! says who may sell what, `batch` carries chained tables, `wire` is bytes, `peer` is the conversation, `pledge` is what a hub has said of itself, `inspect` shows all
//! of it to a person. Two callers drive it: the store's uplink and the hub's `stores.rs`; the simulation drives both in
//! one thread.

pub mod batch;
pub mod doc;
pub mod inspect;
pub mod lane;
pub mod peer;
pub mod pledge;
pub mod quota;
pub mod vault;
pub mod wire;
