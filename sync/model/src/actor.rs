//! Who did it: every change is attributed to a person and a device (REQ-3, REQ-6).

use crate::id::{DeviceId, PersonId};
use serde::{Deserialize, Serialize};

/// What a person may do (REQ-3, REQ-55). Roles are not ordered: each surface names those it admits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub enum Role {
    /// Picks and packs at a store.
    Picker,
    /// Receives and puts away at a store.
    Receiver,
    /// Runs a store's shift.
    Manager,
    /// Reads everything at a store, changes nothing.
    Auditor,
    /// Orders at the hub.
    Customer,
    /// Delivers.
    Rider,
    /// Leads a city's operations.
    CityOps,
    /// Runs the hub.
    Admin,
    /// The system itself (timers, imports, the other side's facts).
    System,
}

/// A person at a device.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Actor {
    /// The pseudonym of the person; `system` for timers.
    pub person: PersonId,
    /// The device the person used.
    pub device: DeviceId,
    /// The role in which the person acts now.
    pub role: Role,
}
