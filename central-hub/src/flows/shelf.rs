//! What a store says of its shelf, shown with its age. A tick counts when its header has come, never shard by shard. Only the
//! current hour of the current epoch is of use to anybody; nothing else is kept.

use super::{Cx, Flow};
use crate::db::shelf::ShelfRow;
use crate::db::{Db, HubTx};
use ::sync::doc::{DocId, StockHeader};
use model::{SkuId, Timestamp};

/// A store's clock may be ahead of the hub's by so many hours: a look from further on would hide all that come after it.
pub const AHEAD_HOURS_MAX: i64 = 24;
/// Bytes of one hour's document: 20,000 SKUs, and every look of the hour with 200 of them, take less.
pub const BYTES_MAX: u64 = 4 * 1024 * 1024;

/// What is done with a change of a document.
#[derive(Debug, PartialEq, Eq)]
pub enum Heed {
    /// It is applied.
    Take,
    /// An hour or an epoch that is over: nobody needs it.
    Old,
    /// It cannot be true.
    Wrong(String),
}

/// Whether a change of a stock document is of use, before a byte of it is looked at. Other documents are.
pub fn heed(tx: &dyn HubTx, now: Timestamp, doc: &DocId, bytes: usize) -> Db<Heed> {
    let DocId::Stock { store, epoch, hour } = doc else { return Ok(Heed::Take) };
    let ahead = hour.saturating_sub(now.hour());
    if ahead > AHEAD_HOURS_MAX {
        return Ok(Heed::Wrong(format!("a look at the shelf {ahead} hours ahead of the hub's clock")));
    }
    let current = tx.store(store)?.is_some_and(|row| row.epoch == *epoch);
    let older = tx.shelf(store)?.is_some_and(|known| (known.epoch, known.hour) > (epoch.0, *hour));
    if !current || older {
        return Ok(Heed::Old);
    }
    let standing = tx.shelf_bytes(doc)?.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
    if standing > BYTES_MAX {
        return Ok(Heed::Wrong(format!(
            "an hour of looks at the shelf is over the limit of {BYTES_MAX} bytes"
        )));
    }
    Ok(Heed::Take)
}

/// A tick came whole: `units` is what it and the parts before it touched.
pub fn seen(
    tx: &mut dyn HubTx,
    cx: &Cx<'_>,
    doc: &DocId,
    header: StockHeader,
    units: &[(SkuId, u32)],
) -> Flow<()> {
    let DocId::Stock { store, epoch, hour } = doc else { return Ok(()) };
    let known = tx.shelf(store)?;
    let place = |known: ShelfRow| (known.epoch, known.hour);
    if known.is_some_and(|known| place(known) == (epoch.0, *hour) && known.tick > header.tick) {
        return Ok(());
    }
    let anew = known.is_none_or(|known| place(known) != (epoch.0, *hour));
    let row = ShelfRow { epoch: epoch.0, hour: *hour, tick: header.tick, at: header.at, as_of: cx.now };
    tx.put_shelf(store, &row, units, anew)?;
    if anew {
        tx.drop_shelf_before(store, doc)?;
    }
    Ok(())
}
