//! Tables `shelf` and `shelf_sku`.

use super::{Sqlite, row};
use crate::db::Db;
use crate::db::shelf::{Shelf, ShelfRow, ShelfSku};
use ::sync::doc::DocId;
use model::catalogue::Product;
use model::{SkuId, StoreId};

impl Shelf for Sqlite {
    fn shelf(&self, store: &StoreId) -> Db<Option<ShelfRow>> {
        self.one("SELECT epoch, hour, tick, at, as_of FROM shelf WHERE store = ?1", [store.as_str()], |r| {
            Ok(ShelfRow {
                epoch: r.get(0)?,
                hour: r.get(1)?,
                tick: row::count(r, 2)?,
                at: row::time(r, 3)?,
                as_of: row::time(r, 4)?,
            })
        })
    }

    fn put_shelf(&mut self, store: &StoreId, shelf: &ShelfRow, units: &[(SkuId, u32)], anew: bool) -> Db<()> {
        self.run(
            "INSERT INTO shelf (store, epoch, hour, tick, at, as_of) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
             ON CONFLICT (store) DO UPDATE SET epoch = ?2, hour = ?3, tick = ?4, at = ?5, as_of = ?6",
            (store.as_str(), shelf.epoch, shelf.hour, row::int(shelf.tick)?, shelf.at.ms(), shelf.as_of.ms()),
        )?;
        if anew {
            self.run("DELETE FROM shelf_sku WHERE store = ?1", [store.as_str()])?;
        }
        for (sku, units) in units {
            self.run(
                "INSERT INTO shelf_sku (store, sku, units) VALUES (?1, ?2, ?3) \
                 ON CONFLICT (store, sku) DO UPDATE SET units = ?3",
                (store.as_str(), sku.as_str(), units),
            )?;
        }
        Ok(())
    }

    fn shelf_rows(&self, store: &StoreId, find: &str, limit: u32) -> Db<(Vec<ShelfSku>, u32)> {
        const FOUND: &str = "FROM shelf_sku AS s LEFT JOIN product AS p ON p.sku = s.sku \
             WHERE s.store = ?1 AND (instr(lower(s.sku), ?2) = 1 OR instr(p.search, ?2) > 0)";
        let sql = format!("SELECT s.sku, s.units, p.body {FOUND} ORDER BY s.units, s.sku LIMIT ?3");
        let rows = self.all(&sql, (store.as_str(), find, limit), |r| {
            let product = r.get::<_, Option<String>>(2)?.map(|_| row::json::<Product>(r, 2)).transpose()?;
            Ok(ShelfSku { sku: row::code(r, 0)?, units: r.get(1)?, product })
        })?;
        let sql = format!("SELECT count(*) {FOUND}");
        Ok((rows, self.sure(&sql, (store.as_str(), find), |r| r.get(0))?))
    }

    fn doc_bytes(&self, doc: &DocId) -> Db<u64> {
        let sql = "SELECT coalesce(sum(length(bytes)), 0) FROM doc_chunk WHERE doc = ?1";
        self.sure(sql, [doc.to_string()], |r| row::count(r, 0))
    }

    fn drop_shelf_before(&mut self, store: &StoreId, keep: &DocId) -> Db<()> {
        self.run(
            "DELETE FROM doc_chunk WHERE doc >= ?1 AND doc < ?2 AND doc <> ?3",
            (format!("stock/{store}/"), format!("stock/{store}0"), keep.to_string()),
        )
        .map(drop)
    }
}
