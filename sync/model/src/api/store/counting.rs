//! The count screen of a store that was restored or replaced.
//!
//! | route | who | shape |
//! |---|---|---|
//! | GET /api/v1/counting | staff | [`Counting`] |
//! | GET /api/v1/counting/find?q= | staff | [`CountTask`] or null: a scan, a SKU or a name |
//! | POST /api/v1/counting/{sku} | manager, receiver | [`CountRequest`] -> [`CountAnswer`] |

use crate::id::{BinId, LotId, SkuId};
use crate::{Date, Qty, Timestamp};
use serde::{Deserialize, Serialize};

/// How far the count has come, and what to count next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Counting {
    /// Whether anything must be counted: the store is fenced.
    pub needed: bool,
    /// `open`, `fenced` or `emergency`.
    pub fence: String,
    /// Why it is fenced: a stable word, or empty.
    pub why: String,
    /// The hub has said what it sold: what is counted is open for selling.
    pub word: bool,
    /// SKUs that are counted.
    pub done: u32,
    /// SKUs with units in the books, or counted.
    pub total: u32,
    /// Of the best sellers: counted.
    pub top_done: u32,
    /// Of the best sellers: all; at most 200.
    pub top_total: u32,
    /// What to count next, in walking order: the best sellers first, then the rest. At most 50.
    pub next: Vec<CountTask>,
}

/// One SKU to count. How many the books believe in is not told: people find what they expect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct CountTask {
    /// Which.
    pub sku: SkuId,
    /// Its name.
    pub name: String,
    /// Its name in Hindi, or empty.
    pub name_hi: String,
    /// One of the best sellers.
    pub top: bool,
    /// When it was counted, if it was.
    pub counted_at: Option<Timestamp>,
    /// Where the books say that it lies, in walking order.
    pub places: Vec<CountPlace>,
}

/// A place to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct CountPlace {
    /// Where.
    pub bin: BinId,
    /// Which lot.
    pub lot: LotId,
    /// Its last day of use.
    pub expiry: Option<Date>,
}

/// What was found, in every place of the SKU; a place that is not named holds nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct CountRequest {
    /// The places.
    pub found: Vec<CountFound>,
}

/// What was found in one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct CountFound {
    /// Where.
    pub bin: BinId,
    /// Which lot.
    pub lot: LotId,
    /// How many.
    pub qty: Qty,
}

/// What a count came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct CountAnswer {
    /// Units that the books believed in.
    pub expected: u32,
    /// Units found.
    pub counted: u32,
    /// Found less expected.
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub difference: i64,
    /// Whether it may be sold now.
    pub open: bool,
}
