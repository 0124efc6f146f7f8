//! What operations see of a store's backups.

use crate::Timestamp;
use serde::{Deserialize, Serialize};

/// What is here of a store's backups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum OpsBackup {
    /// None has ever come.
    None,
    /// It reads.
    Kept {
        /// The moment that it shows.
        at: Timestamp,
    },
    /// The newest does not read any more.
    Broken {
        /// The moment that the newest one shows that does.
        readable_at: Option<Timestamp>,
    },
}

impl OpsBackup {
    /// The moment that the newest readable one shows.
    pub const fn at(&self) -> Option<Timestamp> {
        match self {
            Self::None => None,
            Self::Kept { at } => Some(*at),
            Self::Broken { readable_at } => *readable_at,
        }
    }
}
