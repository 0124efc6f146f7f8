//! Tables `outbox`, `doc_chunk`, `sync_out`, `quarantine`.

use super::{Sqlite, row};
use crate::db::sync::OutboxRow;
use crate::db::{Db, SyncLog};
use ::sync::doc::{DocId, DocKey};
use model::fact::Fact;
use model::{StoreId, Timestamp};

impl SyncLog for Sqlite {
    fn add_fact(&mut self, store: &StoreId, fact: &Fact) -> Db<()> {
        self.run("INSERT INTO outbox (store, fact) VALUES (?1, ?2)", (store.as_str(), row::to_json(fact)?))
            .map(drop)
    }

    fn facts_after(&self, seq: u64, limit: u32) -> Db<Vec<OutboxRow>> {
        self.all(
            "SELECT seq, store, fact FROM outbox WHERE seq > ?1 ORDER BY seq LIMIT ?2",
            (row::int(seq)?, limit),
            |r| Ok(OutboxRow { seq: row::count(r, 0)?, store: row::code(r, 1)?, fact: row::json(r, 2)? }),
        )
    }

    fn carried(&self) -> Db<u64> {
        self.sure("SELECT carried_seq FROM hub WHERE one = 1", [], |r| row::count(r, 0))
    }

    fn set_carried(&mut self, seq: u64) -> Db<()> {
        let seq = row::int(seq)?;
        self.run("UPDATE hub SET carried_seq = ?1 WHERE one = 1", [seq])?;
        self.run("DELETE FROM outbox WHERE seq <= ?1", [seq]).map(drop)
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

    fn add_record(&mut self, store: &StoreId, seq: u64, doc: DocKey, change: &[u8]) -> Db<()> {
        self.run(
            "INSERT INTO sync_out (store, seq, doc, change) VALUES (?1, ?2, ?3, ?4)",
            (store.as_str(), row::int(seq)?, doc.of(store).to_string(), change),
        )
        .map(drop)
    }

    fn records_after(&self, store: &StoreId, seq: u64, limit: u32) -> Db<Vec<(u64, DocId, Vec<u8>)>> {
        self.all(
            "SELECT seq, doc, change FROM sync_out WHERE store = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3",
            (store.as_str(), row::int(seq)?, limit),
            |r| Ok((row::count(r, 0)?, row::code(r, 1)?, r.get(2)?)),
        )
    }

    fn drop_records(&mut self, store: &StoreId, upto: u64) -> Db<()> {
        self.run("DELETE FROM sync_out WHERE store = ?1 AND seq <= ?2", (store.as_str(), row::int(upto)?))
            .map(drop)
    }

    fn quarantine(&mut self, doc: &DocId, seq: u64, change: &[u8], why: &str, at: Timestamp) -> Db<()> {
        self.run(
            "INSERT INTO quarantine (store, doc, seq, change, why, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            (doc.store().as_str(), doc.to_string(), row::int(seq)?, change, why, at.ms()),
        )
        .map(drop)
    }

    fn quarantined(&self) -> Db<u32> {
        self.sure("SELECT count(*) FROM quarantine", [], |r| r.get(0))
    }
}
