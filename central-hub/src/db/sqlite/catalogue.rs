//! Tables `product`, `product_fts`, `product_word`, `search_log`.

use super::{Sqlite, row};
use crate::db::catalogue::SearchAsk;
use crate::db::{Catalogue, Db};
use model::catalogue::Product;
use model::{SkuId, StoreId, Timestamp};
use rusqlite::types::Value;

/// One FTS5 expression: every word, each by any of its prefixes. Words carry letters and digits only; the quotes make
/// sure that none is read as an operator.
fn expression(ask: &SearchAsk) -> String {
    let word = |any: &[String]| {
        let parts: Vec<String> = any.iter().map(|p| format!("\"{}\"*", p.replace('"', ""))).collect();
        format!("({})", parts.join(" OR "))
    };
    ask.words.iter().map(|w| word(&w.any)).collect::<Vec<_>>().join(" AND ")
}

impl Catalogue for Sqlite {
    fn product(&self, sku: &SkuId) -> Db<Option<Product>> {
        let read = || {
            let sql = "SELECT body FROM product WHERE sku = ?1";
            self.one(sql, [sku.as_str()], |r| row::json::<Product>(r, 0))
        };
        if let Some(known) = self.memory.as_ref().and_then(|memory| memory.product(sku)) {
            debug_assert_eq!(read()?.as_ref(), Some(&known), "somebody wrote behind the memory's back");
            return Ok(Some(known));
        }
        let found = read()?;
        if let (Some(memory), Some(product)) = (&self.memory, &found) {
            memory.learn_product(product);
        }
        Ok(found)
    }

    fn put_product(&mut self, product: &Product, top_category: &str, search: &str) -> Db<()> {
        let (sku, body) = (product.sku.as_str(), row::to_json(product)?);
        let changed = self.run(
            "INSERT INTO product (sku, top_category, popularity, body, search, active) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (sku) DO UPDATE SET top_category = excluded.top_category, \
             popularity = excluded.popularity, body = excluded.body, search = excluded.search, \
             active = excluded.active WHERE body <> excluded.body OR search <> excluded.search",
            (sku, top_category, product.popularity, body, search, product.active),
        )?;
        if changed > 0 {
            self.run("INSERT INTO catalogue_due (sku) VALUES (?1) ON CONFLICT DO NOTHING", [sku])?;
        }
        Ok(())
    }

    fn product_count(&self) -> Db<u32> {
        self.sure("SELECT count(*) FROM product", [], |r| r.get(0))
    }

    fn categories(&self) -> Db<Vec<(String, u32)>> {
        self.all(
            "SELECT top_category, count(*) FROM product WHERE active = 1 GROUP BY top_category ORDER BY top_category",
            [],
            |r| Ok((r.get(0)?, r.get(1)?)),
        )
    }

    fn search(&self, ask: &SearchAsk) -> Db<(Vec<Product>, u32)> {
        let mut filter = vec!["p.active = 1".to_owned()];
        let mut params: Vec<Value> = Vec::new();
        let mut from = "product p";
        let mut order = "CASE WHEN p.popularity = 0 THEN 1000000 ELSE p.popularity END, p.sku";
        if !ask.words.is_empty() {
            from = "product_fts JOIN product p ON p.row = product_fts.rowid";
            order = "bm25(product_fts) + 0.0005 * CASE WHEN p.popularity = 0 THEN 1000000 ELSE p.popularity END, p.sku";
            filter.push("product_fts MATCH ?".to_owned());
            params.push(expression(ask).into());
        }
        if let Some(category) = &ask.category {
            filter.push("p.top_category = ?".to_owned());
            params.push(category.clone().into());
        }
        let filter = format!("WHERE {}", filter.join(" AND "));
        let total = self.sure(
            &format!("SELECT count(*) FROM {from} {filter}"),
            rusqlite::params_from_iter(&params),
            |r| r.get(0),
        )?;
        params.push(i64::from(ask.limit).into());
        let hits = self.all(
            &format!("SELECT p.body FROM {from} {filter} ORDER BY {order} LIMIT ?"),
            rusqlite::params_from_iter(&params),
            |r| row::json(r, 0),
        )?;
        Ok((hits, total))
    }

    fn has_prefix(&self, prefix: &str) -> Db<bool> {
        let beyond = format!("{prefix}\u{10FFFF}");
        self.sure(
            "SELECT EXISTS (SELECT 1 FROM product_word WHERE term >= ?1 AND term < ?2)",
            (prefix, beyond),
            |r| r.get(0),
        )
    }

    fn words(&self, shortest: u32, longest: u32) -> Db<Vec<String>> {
        self.all(
            "SELECT term FROM product_word WHERE length(term) BETWEEN ?1 AND ?2 ORDER BY doc DESC, term",
            (shortest, longest),
            |r| r.get(0),
        )
    }

    fn log_search(&mut self, at: Timestamp, query: &str, store: Option<&StoreId>, hits: u32) -> Db<()> {
        self.run(
            "INSERT INTO search_log (at, query, store, hits) VALUES (?1, ?2, ?3, ?4)",
            (at.ms(), query, store.map(StoreId::as_str), hits),
        )
        .map(drop)
    }
}
