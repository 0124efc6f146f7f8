//! Tables `catalogue_due`, `catalogue_edition`, `catalogue_told`, and the records of `sync_out` that are chunks.

use super::{Sqlite, row};
use crate::db::listing::{EditionRow, ToldRow};
use crate::db::{Db, Listings};
use ::sync::doc::DocId;
use ::sync::lane::{Lane, LaneSeq};
use model::StoreId;
use model::catalogue::Product;
use model::fact::Fact;
use model::quota::HubGeneration;

impl Listings for Sqlite {
    fn due_products(&self, limit: u32) -> Db<Vec<Product>> {
        let sql = "SELECT p.body FROM catalogue_due AS d JOIN product AS p ON p.sku = d.sku ORDER BY d.sku LIMIT ?1";
        self.all(sql, [limit], |r| row::json(r, 0))
    }

    fn due_count(&self) -> Db<u64> {
        self.sure("SELECT count(*) FROM catalogue_due", [], |r| row::count(r, 0))
    }

    fn not_due(&mut self, products: &[Product]) -> Db<()> {
        for product in products {
            self.run("DELETE FROM catalogue_due WHERE sku = ?1", [product.sku.as_str()])?;
        }
        Ok(())
    }

    fn all_due(&mut self) -> Db<()> {
        self.run(
            "INSERT INTO catalogue_due (sku) SELECT sku FROM product WHERE TRUE ON CONFLICT DO NOTHING",
            [],
        )
        .map(drop)
    }

    fn edition(&self) -> Db<Option<EditionRow>> {
        let sql = "SELECT generation, edition, publication, parts, whole, told, at FROM catalogue_edition WHERE one = 1";
        self.one(sql, [], |r| {
            Ok(EditionRow {
                generation: HubGeneration(r.get(0)?),
                edition: r.get(1)?,
                publication: row::count(r, 2)?,
                parts: r.get(3)?,
                whole: r.get(4)?,
                told: row::count(r, 5)?,
                at: row::time(r, 6)?,
            })
        })
    }

    fn set_edition(&mut self, e: &EditionRow) -> Db<()> {
        self.run(
            "INSERT INTO catalogue_edition (one, generation, edition, publication, parts, whole, told, at) \
             VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (one) DO UPDATE SET generation = ?1, edition = ?2, \
             publication = ?3, parts = ?4, whole = ?5, told = ?6, at = ?7",
            (
                e.generation.0,
                e.edition,
                row::int(e.publication)?,
                e.parts,
                e.whole,
                row::int(e.told)?,
                e.at.ms(),
            ),
        )
        .map(drop)
    }

    fn add_city_facts(&mut self, facts: &[Fact]) -> Db<()> {
        self.run("INSERT INTO outbox (store, facts) VALUES ('', ?1)", [row::to_json(&facts)?]).map(drop)
    }

    fn city_facts_wait(&self) -> Db<bool> {
        self.sure("SELECT EXISTS (SELECT 1 FROM outbox WHERE store = '')", [], |r| r.get(0))
    }

    fn told(&self, store: Option<&StoreId>) -> Db<Vec<ToldRow>> {
        let doc = self.edition()?.map_or_else(String::new, |edition| edition.doc().to_string());
        self.all(
            "SELECT s.id, coalesce(t.reads, 0), coalesce(t.doc, '') = ?1 AND t.chunk >= \
               (SELECT coalesce(max(c.seq), 0) FROM doc_chunk AS c WHERE c.doc = ?1), \
               (SELECT count(*) FROM sync_out AS o WHERE o.store = s.id AND o.lane = ?2) \
             FROM store AS s LEFT JOIN catalogue_told AS t ON t.store = s.id \
             WHERE ?3 IS NULL OR s.id = ?3 ORDER BY s.id",
            (doc, row::lane(Lane::Stock)?, store.map(StoreId::as_str)),
            |r| {
                let level: Option<bool> = r.get(2)?;
                Ok(ToldRow {
                    store: row::code(r, 0)?,
                    reads: r.get(1)?,
                    level: level.unwrap_or(false),
                    waiting: row::count(r, 3)?,
                })
            },
        )
    }

    fn set_reads(&mut self, store: &StoreId, version: u8) -> Db<()> {
        self.run(
            "INSERT INTO catalogue_told (store, reads, doc, chunk) VALUES (?1, ?2, '', 0) \
             ON CONFLICT (store) DO UPDATE SET reads = ?2 WHERE reads <> ?2",
            (store.as_str(), version),
        )
        .map(drop)
    }

    fn stores_behind(&self, doc: &DocId, version: u8, limit: u32) -> Db<Vec<StoreId>> {
        self.all(
            "SELECT t.store FROM catalogue_told AS t WHERE t.reads >= ?2 AND NOT (t.doc = ?1 AND t.chunk >= \
               (SELECT coalesce(max(c.seq), 0) FROM doc_chunk AS c WHERE c.doc = ?1)) \
             AND NOT EXISTS (SELECT 1 FROM sync_out AS o WHERE o.store = t.store AND o.lane = ?3) \
             ORDER BY t.store LIMIT ?4",
            (doc.to_string(), version, row::lane(Lane::Stock)?, limit),
            |r| row::code(r, 0),
        )
    }

    fn spread(&mut self, store: &StoreId, doc: &DocId, end: LaneSeq, limit: u32) -> Db<LaneSeq> {
        let name = doc.to_string();
        let records = self.run(
            "INSERT INTO sync_out (store, lane, seq, doc, change, chunk) \
             SELECT ?1, ?2, ?3 + row_number() OVER (ORDER BY c.seq), c.doc, x'', c.seq FROM doc_chunk AS c \
             WHERE c.doc = ?4 AND c.seq > \
               (SELECT CASE WHEN t.doc = ?4 THEN t.chunk ELSE 0 END FROM catalogue_told AS t WHERE t.store = ?1) \
             ORDER BY c.seq LIMIT ?5",
            (store.as_str(), row::lane(end.lane)?, row::int(end.seq)?, &name, limit),
        )?;
        self.run(
            "UPDATE catalogue_told SET doc = ?2, chunk = coalesce((SELECT max(chunk) FROM sync_out \
               WHERE store = ?1 AND lane = ?3), CASE WHEN doc = ?2 THEN chunk ELSE 0 END) WHERE store = ?1",
            (store.as_str(), &name, row::lane(end.lane)?),
        )?;
        Ok(LaneSeq { seq: end.seq.saturating_add(u64::try_from(records).unwrap_or(u64::MAX)), ..end })
    }

    fn drop_editions_before(&mut self, keep: &DocId) -> Db<()> {
        self.run(
            "DELETE FROM doc_chunk WHERE doc >= 'catalogue/' AND doc < 'catalogue0' AND doc <> ?1 \
             AND NOT EXISTS (SELECT 1 FROM sync_out AS o WHERE o.doc = doc_chunk.doc AND o.chunk IS NOT NULL)",
            [keep.to_string()],
        )
        .map(drop)
    }
}
