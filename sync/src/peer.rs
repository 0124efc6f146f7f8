//! The session between one store and its hub, sans-IO: durable logs in each direction, one a lane, each delivered in order
//! and once over any channel that may lose, double, delay or reorder frames. Over a WebSocket it is the same, only quieter.
//!
//! The caller owns the socket, the clock and the logs: it feeds [`Input`] with `now`, empties [`Peer::poll`] after each,
//! and comes back at [`Peer::next_timeout`]. One `Peer` lives as long as its process; connections come and go under it.
//! No SQL, no documents, no clock here; what a change means is the caller's business.

mod bucket;
mod config;
mod hello;
mod inbound;
mod lanes;
mod machine;
mod outbound;
mod parcel;
mod quiet;
mod repair;

pub use config::{Input, Limits, Opening, OutRecord, Output, PeerConfig, REFUSED_KEPT};
pub use machine::Peer;

#[cfg(test)]
mod tests;
