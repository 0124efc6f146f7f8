//! The words of the escrow quotas (SYNC.md): who may sell what while the other side is away. Rules live in `sync::quota`.

use serde::{Deserialize, Serialize};

/// The store's epoch E: grows when a store is restored or replaced. Minted by the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct StoreEpoch(pub u32);

/// The hub's generation G: grows when a hub is restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct HubGeneration(pub u32);
