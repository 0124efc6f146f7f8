//! How the backups of a store stand: `GET /api/v1/backup`, for staff.

use crate::Timestamp;
use serde::{Deserialize, Serialize};

/// How the backups stand.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct BackupState {
    /// A recovery key was made; without one nothing is backed up.
    pub enrolled: bool,
    /// The moment that the newest backup at the hub shows.
    pub hub_at: Option<Timestamp>,
    /// Its age in milliseconds: what would be lost with this machine.
    #[cfg_attr(feature = "schema", ts(type = "number | null"))]
    pub hub_age_ms: Option<i64>,
    /// Bytes that are needed to sell, in the newest backup.
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub hub_bytes: u64,
    /// When a backup was last read back whole.
    pub rehearsed_at: Option<Timestamp>,
    /// Why the last one did not succeed.
    pub error: Option<String>,
    /// Of a replaced store: parts of the history that are still to come.
    #[cfg_attr(feature = "schema", ts(type = "number | null"))]
    pub history_left: Option<u64>,
    /// Why the history does not come.
    pub history_error: Option<String>,
}
