//! Shapes between a store's machine and its hub besides the sync frames. No browser sees them.

use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

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
