//! What is on a store's shelf and free, as it tells the hub every ten seconds: absolute numbers, read-only there.

use crate::id::SkuId;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// One look at the shelf: all of it at the beginning of an hour, else what changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockTick {
    /// The hour of the look: names its document.
    pub hour: i64,
    /// Its number; grows by one with every look that is told.
    pub tick: u64,
    /// When the store looked.
    pub at: Timestamp,
    /// Units on the shelf and free, by SKU. At the beginning of an hour what is not named is nought.
    pub units: Vec<(SkuId, u32)>,
    /// The look ends with this; otherwise more of it follows, and nothing of it is shown yet.
    pub whole: bool,
}
