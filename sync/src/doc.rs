//! The CRDT documents between one store and its hub: their names, shape, load, merge and write rules (SYNC.md).
//! Carries what was decided, decides nothing; SQLite at each side remains the truth. No SQL, no clock, no randomness.
//!
//! A document's bytes at rest and on the wire are *chunks*: one slim change each (what `commit` gives and `apply_change`
//! takes), or a whole document (`save_full`). `load` reads any run of chunks, so a caller may append change after change
//! and replace them by one `save_full` when they are many. An hour of orders that is over becomes a blob (`closed.rs`).

mod actor;
mod alarms;
mod catalogue;
mod chunk;
mod closed;
mod code;
mod compared;
mod document;
mod error;
mod facts;
mod guard;
mod id;
mod orders;
mod pack;
mod quota;
mod read;
mod rebuild;
mod repair;
mod stock;
mod tell;

pub use actor::DocActor;
pub use catalogue::{CatalogueHeader, Listing};
pub use closed::{ClosedBlob, ClosedHour, Difference, MANIFEST_MAX, ManifestEntry, compare, same_hours};
pub use compared::{COMPARED_HOURS, compared_hours};
pub use document::{Document, MAX_PENDING, Touched};
pub use error::DocError;
pub use id::{DocId, DocKey};
pub use orders::{LATER_HOURS, OrderRead, OrderView, SAID_AGAIN_HOURS};
pub use repair::{MAX_MESSAGE, RepairAnswer, RepairMessage, RepairSaid, Repairing};
pub use stock::StockHeader;
pub use tell::change_says;

#[cfg(test)]
mod tests;
