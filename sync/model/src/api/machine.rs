//! Shapes between a store's machine and its hub besides the sync frames: backups and epochs. No browser sees them.

use crate::quota::{HubGeneration, StoreEpoch};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The header in which a machine says which store it is. A hub that reads another name in the certificate refuses, so that a
/// machine with another store's papers never speaks for that store.
pub const STORE_HEADER: &str = "x-larder-store";

/// The header in which a machine that dials says its epoch: one that was replaced is refused before it takes the seat.
pub const EPOCH_HEADER: &str = "x-larder-epoch";

/// The header with pledges (`sync::pledge`): the store shows the newest that it has, the hub answers with its present terms.
pub const PLEDGES_HEADER: &str = "x-larder-pledges";

/// A kept backup of a store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BackupKept {
    /// Its number.
    pub number: u64,
    /// The moment it shows.
    pub at: Timestamp,
    /// The store's epoch then.
    pub epoch: u64,
    /// Bytes it lists, without the history.
    pub bytes: u64,
    /// Links of the history.
    pub links: u64,
}

/// A machine asks for an epoch of its own: it becomes the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EpochRequest {
    /// What no other machine has: the epoch is bound to it.
    pub node_key: String,
    /// The epoch that the new one is to follow.
    pub expect: StoreEpoch,
}

/// The terms that hold now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EpochAnswer {
    /// E.
    pub epoch: StoreEpoch,
    /// The hub's G.
    pub generation: HubGeneration,
    /// The hub's pledge of these terms, as in [`PLEDGES_HEADER`].
    #[serde(default)]
    pub pledge: String,
}
