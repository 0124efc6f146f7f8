//! What operations see of the stores' backups, and of the hub's own.

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

/// The backups that the hub makes of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum OpsHubBackup {
    /// Its configuration names no folder for them.
    Off,
    /// The first round is under way.
    Waiting,
    /// The newest one was read back when it was written.
    Kept {
        /// The moment that it shows.
        at: Timestamp,
        /// Its size.
        #[cfg_attr(feature = "schema", ts(type = "number"))]
        bytes: u64,
        /// How many are in the folder.
        files: u32,
        /// The folder.
        folder: String,
    },
    /// The last round came to nothing; it is tried again every minute.
    Failed {
        /// The moment that the newest one shows, where one is known.
        newest: Option<Timestamp>,
        /// What is wrong and what to do, in English.
        why: String,
    },
}

impl OpsHubBackup {
    /// The moment that the newest one shows.
    pub const fn at(&self) -> Option<Timestamp> {
        match self {
            Self::Off | Self::Waiting => None,
            Self::Kept { at, .. } => Some(*at),
            Self::Failed { newest, .. } => *newest,
        }
    }
}
