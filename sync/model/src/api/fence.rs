//! A restored or replaced store at the console: how it stands, and the orders whose end nobody knows.
//!
//! | route | who | shape |
//! |---|---|---|
//! | GET /api/v1/fence | staff | [`FenceView`] |
//! | POST /api/v1/fence/emergency | manager | -> 204 |
//! | POST /api/v1/fence/unknown | manager | [`UnknownDecision`] -> 204 |

use crate::Timestamp;
use crate::id::OrderId;
use serde::{Deserialize, Serialize};

/// How the store stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct FenceView {
    /// `open`, `fenced` or `emergency`.
    pub state: String,
    /// Since when.
    pub since: Timestamp,
    /// `restored`, `replaced`, `rolled_back`, `superseded`, `by_hand`; empty when it was never fenced.
    pub why: String,
    /// When the hub said what it had sold; without it nothing opens by itself.
    pub word_at: Option<Timestamp>,
    /// Who called for the fence, or opened in an emergency.
    pub person: String,
    /// Products with units in the books that nobody has counted.
    pub uncounted: u32,
    /// Orders that a person must decide about, first due first.
    pub unknown: Vec<UnknownRow>,
}

/// An order whose end nobody knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct UnknownRow {
    /// Which.
    pub order: OrderId,
    /// Its short number.
    pub number: String,
    /// Since when.
    pub since: Timestamp,
    /// When somebody must have decided.
    pub due: Timestamp,
    /// Whose decision it is.
    pub owner: String,
}

/// A person's decision about such an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct UnknownDecision {
    /// Which order.
    pub order: OrderId,
    /// How it ended, or that it goes on.
    pub end: UnknownEnd,
}

/// How an order ended whose end nobody knew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub enum UnknownEnd {
    /// It has left the store.
    Delivered,
    /// It was cancelled; nothing of it has left.
    Cancelled,
    /// It is still to be done.
    GoOn,
}

impl UnknownEnd {
    /// The stable word.
    pub const fn word(self) -> &'static str {
        match self {
            UnknownEnd::Delivered => "delivered",
            UnknownEnd::Cancelled => "cancelled",
            UnknownEnd::GoOn => "go_on",
        }
    }
}
