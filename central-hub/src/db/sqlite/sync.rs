//! Tables `outbox`, `doc_chunk`, `sync_out`, `quarantine`.

use super::{Sqlite, row};
use crate::db::sync::{OutboxRow, SetAside};
use crate::db::{Db, SyncLog};
use ::sync::doc::{DocId, DocKey};
use ::sync::inspect::reason_kind;
use ::sync::lane::LaneSeq;
use model::fact::Fact;
use model::{StoreId, Timestamp};
use std::collections::BTreeMap;

/// Changes kept in quarantine of one store, and beside them bytes that name no document; older ones go, and are counted.
const KEPT_MAX: u32 = 1_000;

impl Sqlite {
    /// Lets the oldest in quarantine of a store and a document go (of all its documents: `None`; of what names none: ""), so
    /// that a store that sends rubbish for days fills a shelf, not the disk. What goes stays counted.
    pub(super) fn let_go(&mut self, store: &StoreId, doc: Option<&str>, kept: u32) -> Db<()> {
        let sql = "SELECT id, why FROM quarantine WHERE store = ?1 AND CASE WHEN ?2 IS NULL THEN doc <> '' ELSE doc = ?2 END \
                   ORDER BY id DESC LIMIT -1 OFFSET ?3";
        let older: Vec<(i64, String)> =
            self.all(sql, (store.as_str(), doc, kept), |r| Ok((r.get(0)?, r.get(1)?)))?;
        for (id, why) in older {
            self.run("DELETE FROM quarantine WHERE id = ?1", [id])?;
            self.run(
                "INSERT INTO quarantine_gone (store, kind, records) VALUES (?1, ?2, 1) \
                 ON CONFLICT (store, kind) DO UPDATE SET records = records + 1",
                (store.as_str(), reason_kind(&why)),
            )?;
        }
        Ok(())
    }
}

impl SyncLog for Sqlite {
    fn add_facts(&mut self, store: &StoreId, facts: &[Fact]) -> Db<()> {
        let sql = "INSERT INTO outbox (store, facts) VALUES (?1, ?2)";
        self.run(sql, (store.as_str(), row::to_json(&facts)?)).map(drop)
    }

    fn facts_waiting(&self, limit: u32) -> Db<Vec<OutboxRow>> {
        self.all("SELECT seq, store, facts FROM outbox ORDER BY seq LIMIT ?1", [limit], |r| {
            let city = r.get_ref(1)?.as_str()?.is_empty();
            let store = if city { None } else { Some(row::code(r, 1)?) };
            Ok(OutboxRow { seq: row::count(r, 0)?, store, facts: row::json(r, 2)? })
        })
    }

    fn drop_facts(&mut self, upto: u64) -> Db<()> {
        self.run("DELETE FROM outbox WHERE seq <= ?1", [row::int(upto)?]).map(drop)
    }

    fn add_chunk(&mut self, doc: &DocId, bytes: &[u8]) -> Db<()> {
        self.run("INSERT INTO doc_chunk (doc, bytes) VALUES (?1, ?2)", (doc.to_string(), bytes)).map(drop)
    }

    fn chunks(&self, doc: &DocId) -> Db<Vec<u8>> {
        let parts: Vec<Vec<u8>> =
            self.all("SELECT bytes FROM doc_chunk WHERE doc = ?1 ORDER BY seq", [doc.to_string()], |r| {
                r.get(0)
            })?;
        Ok(parts.concat())
    }

    fn chunk_count(&self, doc: &DocId) -> Db<usize> {
        let sql = "SELECT count(*) FROM doc_chunk WHERE doc = ?1";
        let count = self.sure(sql, [doc.to_string()], |r| row::count(r, 0))?;
        Ok(usize::try_from(count).unwrap_or(usize::MAX))
    }

    fn add_record(&mut self, store: &StoreId, at: LaneSeq, doc: DocKey, change: &[u8]) -> Db<()> {
        self.run(
            "INSERT INTO sync_out (store, lane, seq, doc, change) VALUES (?1, ?2, ?3, ?4, ?5)",
            (store.as_str(), row::lane(at.lane)?, row::int(at.seq)?, doc.of(store).to_string(), change),
        )
        .map(drop)
    }

    fn records_after(&self, store: &StoreId, at: LaneSeq, limit: u32) -> Db<Vec<(u64, DocId, Vec<u8>)>> {
        self.all(
            "SELECT seq, doc, CASE WHEN chunk IS NULL THEN change \
               ELSE (SELECT bytes FROM doc_chunk AS c WHERE c.seq = o.chunk) END \
             FROM sync_out AS o WHERE store = ?1 AND lane = ?2 AND seq > ?3 ORDER BY seq LIMIT ?4",
            (store.as_str(), row::lane(at.lane)?, row::int(at.seq)?, limit),
            |r| Ok((row::count(r, 0)?, row::code(r, 1)?, r.get(2)?)),
        )
    }

    fn drop_records(&mut self, store: &StoreId, upto: LaneSeq) -> Db<()> {
        self.run(
            "DELETE FROM sync_out WHERE store = ?1 AND lane = ?2 AND seq <= ?3",
            (store.as_str(), row::lane(upto.lane)?, row::int(upto.seq)?),
        )
        .map(drop)
    }

    fn quarantine(
        &mut self,
        store: &StoreId,
        (doc, seq): (&DocId, u64),
        change: &[u8],
        why: &str,
        at: Timestamp,
    ) -> Db<()> {
        self.run(
            "INSERT INTO quarantine (store, doc, seq, change, why, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            (store.as_str(), doc.to_string(), row::int(seq)?, change, why, at.ms()),
        )?;
        self.let_go(store, None, KEPT_MAX)
    }

    fn quarantine_bytes(&mut self, store: &StoreId, bytes: &[u8], why: &str, at: Timestamp) -> Db<()> {
        self.run(
            "INSERT INTO quarantine (store, doc, seq, change, why, at) VALUES (?1, '', 0, ?2, ?3, ?4)",
            (store.as_str(), bytes, why, at.ms()),
        )?;
        self.let_go(store, Some(""), KEPT_MAX)
    }

    fn is_set_aside(&self, store: &StoreId, why: &str) -> Db<bool> {
        let sql = "SELECT 1 FROM quarantine WHERE store = ?1 AND why = ?2 LIMIT 1";
        let found: Option<i64> = self.one(sql, (store.as_str(), why), |r| r.get(0))?;
        Ok(found.is_some())
    }

    fn quarantined(&self) -> Db<u32> {
        let sql = "SELECT (SELECT count(*) FROM quarantine) + (SELECT coalesce(sum(records), 0) FROM quarantine_gone)";
        self.sure(sql, [], |r| r.get(0))
    }

    fn quarantine_counts(&self) -> Db<BTreeMap<(StoreId, String), u64>> {
        let read = |r: &rusqlite::Row<'_>| Ok((row::code(r, 0)?, r.get::<_, String>(1)?, row::count(r, 2)?));
        let mut counts = BTreeMap::new();
        let gone = "SELECT store, kind, records FROM quarantine_gone ORDER BY store, kind";
        for (store, kind, count) in self.all(gone, [], read)? {
            *counts.entry((store, kind)).or_default() += count;
        }
        let kept = "SELECT store, why, count(*) FROM quarantine GROUP BY store, why ORDER BY store, why";
        for (store, why, count) in self.all(kept, [], read)? {
            *counts.entry((store, reason_kind(&why).to_owned())).or_default() += count;
        }
        Ok(counts)
    }

    fn set_aside(&self, store: Option<&StoreId>, limit: u32) -> Db<Vec<SetAside>> {
        self.all(
            "SELECT store, doc, seq, why, at FROM quarantine WHERE ?1 IS NULL OR store = ?1 \
             ORDER BY id DESC LIMIT ?2",
            (store.map(StoreId::as_str), limit),
            |r| {
                let (store, at) = (row::code(r, 0)?, Timestamp::from_ms(r.get(4)?));
                Ok(SetAside { store, doc: r.get(1)?, seq: row::count(r, 2)?, why: r.get(3)?, at })
            },
        )
    }

    fn documents(&self, store: &StoreId) -> Db<Vec<DocId>> {
        let all: Vec<DocId> =
            self.all("SELECT DISTINCT doc FROM doc_chunk ORDER BY doc", [], |r| row::code(r, 0))?;
        Ok(all.into_iter().filter(|doc| doc.store().is_none_or(|of| of == store)).collect())
    }

    fn facts_for(&self, store: &StoreId) -> Db<u64> {
        let sql = "SELECT coalesce(sum(json_array_length(facts)), 0) FROM outbox WHERE store = ?1";
        self.sure(sql, [store.as_str()], |r| row::count(r, 0))
    }
}
