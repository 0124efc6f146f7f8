//! What people do after a hub was restored: they bring back what it has lost, and close its former life, two of them.

use super::Address;
use crate::Timestamp;
use crate::id::{CustomerId, OrderId, StoreId};
use crate::order_doc::OrderHead;
use crate::quota::{HubGeneration, StoreEpoch};
use serde::{Deserialize, Serialize};

/// A restored hub's former life that is not closed yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct OpsClosing {
    /// Everything up to this generation is closed together.
    pub upto: HubGeneration,
    /// So many people have said that its orders are all here.
    pub voices: u32,
    /// So many must.
    pub needed: u32,
    /// Who asks has said so already.
    pub said: bool,
}

/// Orders that a restore has lost, brought back from other logs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct RecoverRequest {
    /// From the gateway's and the notifications' logs; at most [`RECOVER_MAX`].
    pub orders: Vec<Recovered>,
}

/// Orders of one [`RecoverRequest`].
pub const RECOVER_MAX: usize = 200;

/// An order that a restore has lost, as other logs have it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Recovered {
    /// Its id.
    pub order: OrderId,
    /// Which store.
    pub store: StoreId,
    /// Under which E it was sold.
    pub epoch: StoreEpoch,
    /// Under which G.
    pub generation: HubGeneration,
    /// What was sold.
    pub head: OrderHead,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// When it was confirmed.
    pub confirmed_at: Timestamp,
    /// Whose, where that is known.
    pub customer: Option<CustomerId>,
    /// Where to, where that is known.
    pub address: Option<Address>,
    /// The gateway has the money.
    pub paid: bool,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct RecoverAnswer {
    /// Orders that were not here and are now.
    pub recovered: u32,
    /// Orders that were here already and stay as they are.
    pub known: u32,
}
