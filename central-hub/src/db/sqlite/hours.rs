//! Tables `hour_mark`, `doc_closed` and `late_wait`.

use super::{Sqlite, row};
use crate::db::hours::{Late, Unmarked};
use crate::db::{Db, Hours};
use ::sync::doc::{ClosedBlob, DocId, ManifestEntry};
use model::quota::StoreEpoch;
use model::time::HOUR_MS;
use model::{OrderId, StoreId, Timestamp};

/// Where the names of a store's hours lie: from the first to before the second.
fn span(store: &StoreId) -> (String, String) {
    (format!("orders/{store}/"), format!("orders/{store}0"))
}

impl Hours for Sqlite {
    fn hours_unmarked(&self, store: &StoreId, before: i64, limit: u32) -> Db<Vec<Unmarked>> {
        let (from, to) = span(store);
        // From name to name, not from chunk to chunk.
        self.all(
            "WITH RECURSIVE name (doc) AS ( \
               SELECT min(doc) FROM doc_chunk WHERE doc >= ?1 AND doc < ?2 UNION ALL \
               SELECT (SELECT min(doc) FROM doc_chunk WHERE doc > name.doc AND doc < ?2) FROM name \
               WHERE name.doc IS NOT NULL), \
             hour (hour) AS (SELECT CAST(substr(doc, length(?1) + 1) AS INTEGER) FROM name WHERE doc IS NOT NULL) \
             SELECT hour, (SELECT count(*) FROM orders WHERE open = 1 AND store = ?3 \
                           AND placed_at >= hour * ?4 AND placed_at < (hour + 1) * ?4), \
                    (SELECT count(*) FROM orders WHERE open = 1 AND store = ?3 AND hold_until IS NOT NULL \
                           AND placed_at >= hour * ?4 AND placed_at < (hour + 1) * ?4) \
             FROM hour WHERE hour < ?5 \
               AND NOT EXISTS (SELECT 1 FROM hour_mark WHERE hour_mark.store = ?3 \
                               AND hour_mark.hour = hour.hour AND mine_at IS NOT NULL) \
             ORDER BY hour LIMIT ?6",
            (from, to, store.as_str(), HOUR_MS, before, limit),
            |r| Ok(Unmarked { hour: r.get(0)?, open: r.get(1)?, held: r.get(2)? }),
        )
    }

    // Hours have six digits until the year 2084, so names lie as hours do.
    fn hours_open(&self, store: &StoreId, limit: u32) -> Db<Vec<i64>> {
        let (from, to) = span(store);
        self.all(
            "WITH RECURSIVE name (doc) AS ( \
               SELECT max(doc) FROM doc_chunk WHERE doc >= ?1 AND doc < ?2 UNION ALL \
               SELECT (SELECT max(doc) FROM doc_chunk WHERE doc >= ?1 AND doc < name.doc) FROM name \
               WHERE name.doc IS NOT NULL) \
             SELECT CAST(substr(doc, length(?1) + 1) AS INTEGER) FROM name WHERE doc IS NOT NULL LIMIT ?3",
            (from, to, limit),
            |r| r.get(0),
        )
    }

    fn mark_mine(&mut self, store: &StoreId, hour: i64, at: Timestamp) -> Db<()> {
        self.run(
            "INSERT INTO hour_mark (store, hour, mine_at) VALUES (?1, ?2, ?3) \
             ON CONFLICT (store, hour) DO UPDATE SET mine_at = coalesce(mine_at, ?3)",
            (store.as_str(), hour, at.ms()),
        )
        .map(drop)
    }

    fn mark_theirs(&mut self, store: &StoreId, hour: i64, at: Timestamp) -> Db<()> {
        self.run(
            "INSERT INTO hour_mark (store, hour, theirs_at) VALUES (?1, ?2, ?3) \
             ON CONFLICT (store, hour) DO UPDATE SET theirs_at = coalesce(theirs_at, ?3)",
            (store.as_str(), hour, at.ms()),
        )
        .map(drop)
    }

    fn hour_after_marked(&self, store: &StoreId) -> Db<i64> {
        self.sure(
            "SELECT coalesce(max(hour), 0) + 1 FROM hour_mark WHERE store = ?1 AND mine_at IS NOT NULL",
            [store.as_str()],
            |r| r.get(0),
        )
    }

    fn hours_ready(&self, store: &StoreId, limit: u32) -> Db<Vec<i64>> {
        self.all(
            "SELECT hour FROM hour_mark WHERE store = ?1 AND closed_at IS NULL \
               AND mine_at IS NOT NULL AND theirs_at IS NOT NULL \
               AND NOT EXISTS (SELECT 1 FROM sync_out WHERE sync_out.store = ?1 \
                               AND sync_out.doc = ?2 || hour_mark.hour) \
             ORDER BY hour LIMIT ?3",
            (store.as_str(), span(store).0, limit),
            |r| r.get(0),
        )
    }

    fn close_hour(&mut self, doc: &DocId, hour: i64, blob: &ClosedBlob, at: Timestamp) -> Db<()> {
        let (name, store) = (doc.to_string(), doc.store().map_or("", StoreId::as_str));
        let orders = i64::try_from(blob.orders).unwrap_or(i64::MAX);
        self.run(
            "INSERT INTO doc_closed (doc, store, sha256, orders, closed_at, bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            (&name, store, blob.sha256.as_slice(), orders, at.ms(), &blob.bytes),
        )?;
        self.run("DELETE FROM doc_chunk WHERE doc = ?1", [&name])?;
        self.run(
            "INSERT INTO hour_mark (store, hour, mine_at, theirs_at, closed_at) VALUES (?1, ?2, ?3, ?3, ?3) \
             ON CONFLICT (store, hour) DO UPDATE SET closed_at = ?3, mine_at = coalesce(mine_at, ?3), \
               theirs_at = coalesce(theirs_at, ?3)",
            (store, hour, at.ms()),
        )
        .map(drop)
    }

    fn mark_there(&mut self, store: &StoreId, hour: i64, epoch: StoreEpoch) -> Db<()> {
        let sql = "UPDATE hour_mark SET there_epoch = ?3 WHERE store = ?1 AND hour = ?2 \
                     AND closed_at IS NOT NULL AND there_epoch IS NOT ?3";
        self.run(sql, (store.as_str(), hour, epoch.0)).map(drop)
    }

    fn is_closed_there(&self, store: &StoreId, hour: i64, epoch: StoreEpoch) -> Db<bool> {
        let sql = "SELECT 1 FROM hour_mark WHERE store = ?1 AND hour = ?2 AND there_epoch = ?3";
        let found: Option<i64> = self.one(sql, (store.as_str(), hour, epoch.0), |r| r.get(0))?;
        Ok(found.is_some())
    }

    fn closed_blob(&self, doc: &DocId) -> Db<Option<Vec<u8>>> {
        self.one("SELECT bytes FROM doc_closed WHERE doc = ?1", [doc.to_string()], |r| r.get(0))
    }

    fn manifest(&self, store: &StoreId, limit: u32) -> Db<Vec<ManifestEntry>> {
        self.all(
            "SELECT doc, sha256, length(bytes) FROM doc_closed WHERE store = ?1 ORDER BY n DESC LIMIT ?2",
            (store.as_str(), limit),
            entry,
        )
    }

    // Hours have six digits until the year 2084, so names lie as hours do.
    fn closed_before(&self, store: &StoreId, hour: i64, limit: u32) -> Db<Vec<ManifestEntry>> {
        let (from, _) = span(store);
        self.all(
            "SELECT doc, sha256, length(bytes) FROM doc_closed WHERE doc > ?1 AND doc < ?1 || ?2 \
             ORDER BY doc DESC LIMIT ?3",
            (from, hour, limit),
            entry,
        )
    }

    fn await_order(&mut self, store: &StoreId, (order, doc): &Late) -> Db<()> {
        let sql = "INSERT INTO late_wait (store, order_id, doc) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
        self.run(sql, (store.as_str(), order.as_bytes(), doc.to_string())).map(drop)
    }

    fn late_due(&self, store: &StoreId, limit: u32) -> Db<Vec<Late>> {
        self.all(
            "SELECT order_id, doc FROM late_wait WHERE store = ?1 \
               AND EXISTS (SELECT 1 FROM orders WHERE orders.id = late_wait.order_id) \
             ORDER BY order_id, doc LIMIT ?2",
            (store.as_str(), limit),
            late,
        )
    }

    fn late_untold(&self, store: &StoreId, limit: u32) -> Db<Vec<Late>> {
        self.all(
            "SELECT order_id, doc FROM late_wait WHERE store = ?1 AND told = 0 \
               AND NOT EXISTS (SELECT 1 FROM orders WHERE orders.id = late_wait.order_id) \
             ORDER BY order_id, doc LIMIT ?2",
            (store.as_str(), limit),
            late,
        )
    }

    // Hours have six digits until the year 2084, so names lie as hours do.
    fn late_before(&self, store: &StoreId, hour: i64, limit: u32) -> Db<Vec<Late>> {
        self.all(
            "SELECT order_id, doc FROM late_wait WHERE store = ?1 AND doc < ?2 || ?3 \
             ORDER BY doc, order_id LIMIT ?4",
            (store.as_str(), span(store).0, hour, limit),
            late,
        )
    }

    fn set_late_told(&mut self, store: &StoreId, (order, doc): &Late) -> Db<()> {
        let sql = "UPDATE late_wait SET told = 1 WHERE store = ?1 AND order_id = ?2 AND doc = ?3";
        self.run(sql, (store.as_str(), order.as_bytes(), doc.to_string())).map(drop)
    }

    fn drop_late(&mut self, store: &StoreId, (order, doc): &Late) -> Db<()> {
        let sql = "DELETE FROM late_wait WHERE store = ?1 AND order_id = ?2 AND doc = ?3";
        self.run(sql, (store.as_str(), order.as_bytes(), doc.to_string())).map(drop)
    }
}

fn late(r: &rusqlite::Row<'_>) -> rusqlite::Result<Late> {
    Ok((row::id(r, 0, OrderId::from_bytes)?, row::code(r, 1)?))
}

fn entry(r: &rusqlite::Row<'_>) -> rusqlite::Result<ManifestEntry> {
    let id: DocId = row::code(r, 0)?;
    Ok(ManifestEntry { doc: id.key(), sha256: r.get(1)?, length: r.get(2)? })
}
