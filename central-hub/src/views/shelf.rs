//! A store's shelf for operations: by SKU, as of when it was last heard.

use super::Look;
use crate::db::{Db, HubTx};
use model::StoreId;
use model::api::hub::{OpsShelf, OpsShelfRow};

/// SKUs that are listed.
pub const ROWS_MAX: u32 = 100;

/// What is known of a store's shelf; `find` is the beginning of a code, or a part of the words of a product.
pub fn shelf(data: &dyn HubTx, look: &Look<'_>, store: &StoreId, find: &str) -> Db<Option<OpsShelf>> {
    let Some(row) = data.store(store)? else { return Ok(None) };
    let known = data.shelf(store)?;
    let (rows, matching) = data.shelf_rows(store, &find.trim().to_lowercase(), ROWS_MAX)?;
    let row_of = |row: crate::db::shelf::ShelfSku| {
        let (name, name_hi) = row.product.map(|product| (product.name, product.name_hi)).unwrap_or_default();
        OpsShelfRow { sku: row.sku, name, name_hi, units: row.units }
    };
    Ok(Some(OpsShelf {
        at: look.now,
        store: row.seed.id,
        as_of: known.map(|known| known.as_of),
        rows: rows.into_iter().map(row_of).collect(),
        matching,
    }))
}
