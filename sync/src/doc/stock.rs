//! Shape of a stock document, one per store epoch and hour: what is on the shelf and free, as absolute numbers of the store
//! (SYNC.md). 64 root maps as in `quota.rs`, because a remote change costs time in proportion to the history of one map; and a
//! header with the tick's number and time. The header gates all shards of a tick: whoever reads shows nothing of a tick
//! whose header has not come, and since a change builds on all earlier ones of its writer, a header never comes first.

use automerge::ScalarValue;
use model::id::SkuId;
use model::order::Owner;
use model::stock::StockTick;
use model::time::Timestamp;

use super::document::{Document, MapAt};
use super::quota::{SHARDS, shard_of};
use super::{DocError, DocId};

/// The header's root map.
pub(super) const HEADER: &str = "h";
const TICK: &str = "t";
const AT: &str = "a";

/// The root maps of the first change.
pub(super) fn roots() -> Vec<&'static str> {
    std::iter::once(HEADER).chain(SHARDS).collect()
}

/// The last tick that came whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StockHeader {
    /// Its number, from 1 within a store's life.
    pub tick: u64,
    /// When the store looked, by its own clock.
    pub at: Timestamp,
}

impl Document {
    /// Stages a tick or a part of one: its numbers, as far as they are news, and with the last part its header.
    /// `Ok(false)`: this tick or a later one stands.
    ///
    /// # Errors
    /// [`DocError::NotMine`] at the hub; [`DocError::WrongKind`]; [`DocError::Poisoned`] for what stands there.
    pub fn put_stock(&mut self, tick: &StockTick) -> Result<bool, DocError> {
        self.wants_stock()?;
        if self.side() != Owner::Store {
            return Err(DocError::NotMine { field: "stock".into() });
        }
        if self.stock_header()?.is_some_and(|header| header.tick >= tick.tick) {
            return Ok(false);
        }
        for (sku, units) in &tick.units {
            if self.stock(sku)? != Some(*units) {
                self.staged.insert((shard_of(sku), sku.to_string()), ScalarValue::Uint(u64::from(*units)));
            }
        }
        if !tick.whole {
            return Ok(true);
        }
        let header = || MapAt { root: HEADER, inner: None };
        self.staged.insert((header(), TICK.to_owned()), ScalarValue::Uint(tick.tick));
        let at = tick.at.since_ms(self.base());
        self.staged.insert((header(), AT.to_owned()), ScalarValue::Int(at));
        Ok(true)
    }

    /// The last whole tick; `None` before the first.
    ///
    /// # Errors
    /// [`DocError::WrongKind`]; [`DocError::Poisoned`] for a header that is none.
    pub fn stock_header(&self) -> Result<Option<StockHeader>, DocError> {
        self.wants_stock()?;
        let root = self.root(HEADER)?;
        let newest = |field| -> Result<Option<i64>, DocError> {
            let bad = |value: &ScalarValue| DocError::poisoned(format!("stock header {field} is {value:?}"));
            let mut most = None;
            for value in self.scalars(&root, field, Owner::Store)? {
                most = most.max(Some(value.as_i64().ok_or_else(|| bad(&value))?));
            }
            Ok(most)
        };
        match (newest(TICK)?, newest(AT)?) {
            (Some(tick), Some(at)) => {
                let tick = u64::try_from(tick).map_err(|_| DocError::poisoned("a tick below nought"))?;
                Ok(Some(StockHeader { tick, at: self.base().plus_ms(at) }))
            }
            (_, _) => Ok(None),
        }
    }

    /// Units of a SKU on the shelf and free; `None` when nothing was said of it.
    ///
    /// # Errors
    /// [`DocError::WrongKind`]; [`DocError::Poisoned`] for a value that is no count.
    pub fn stock(&self, sku: &SkuId) -> Result<Option<u32>, DocError> {
        self.wants_stock()?;
        let Some(map) = self.map_made_by(&shard_of(sku), Owner::Store)? else { return Ok(None) };
        // Two lives of the store may have written at once: then the smaller is the safe one to show.
        let mut least: Option<u32> = None;
        for value in self.scalars(&map, sku.as_str(), Owner::Store)? {
            let units = value.as_u64().filter(|_| matches!(value, ScalarValue::Uint(_)));
            let units = units.and_then(|n| u32::try_from(n).ok());
            let units = units.ok_or_else(|| DocError::poisoned(format!("stock of {sku} is {value:?}")))?;
            least = Some(least.map_or(units, |known| known.min(units)));
        }
        Ok(least)
    }

    /// Every SKU of which something was said, by code.
    ///
    /// # Errors
    /// [`DocError::WrongKind`], or a root map that was overwritten.
    pub fn stock_skus(&self) -> Result<Vec<SkuId>, DocError> {
        self.wants_stock()?;
        let mut all = Vec::new();
        for root in SHARDS {
            all.extend(self.keys(root)?.iter().filter_map(|key| SkuId::new(key.as_str()).ok()));
        }
        all.sort_unstable();
        Ok(all)
    }

    fn wants_stock(&self) -> Result<(), DocError> {
        match self.id() {
            DocId::Stock { .. } => Ok(()),
            DocId::Orders { .. } | DocId::Quota { .. } | DocId::Catalogue { .. } | DocId::Alarms { .. } => {
                Err(DocError::WrongKind { wanted: "stock" })
            }
        }
    }
}
