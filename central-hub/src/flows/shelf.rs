//! What a store says of its shelf, shown with its age. A tick counts when its header has come, never shard by shard. Only the
//! current hour of the current epoch is of use to anybody; nothing else is kept.

use super::{Cx, Flow};
use crate::db::HubTx;
use crate::db::shelf::ShelfRow;
use ::sync::doc::{DocId, StockHeader};
use model::SkuId;

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
