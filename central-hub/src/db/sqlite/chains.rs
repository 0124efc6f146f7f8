//! Tables `chain` and `chain_batch`.

use super::{Sqlite, row};
use crate::db::Db;
use crate::db::chains::{ChainRow, Chains};
use ::sync::batch::{Batch, Head, Stream};
use model::quota::StoreEpoch;
use model::{StoreId, Timestamp};

/// Batches that do not continue a chain are kept of one store for a person; older ones go.
const BROKEN_KEPT: u32 = 20;

const COLUMNS: &str = "stream, upto, hash, epoch, heard_at, broken_at, why";

fn read(r: &rusqlite::Row<'_>) -> rusqlite::Result<ChainRow> {
    let why: String = r.get(6)?;
    Ok(ChainRow {
        stream: row::word(r, 0, |word| word.parse().ok())?,
        head: Head { upto: row::count(r, 1)?, hash: r.get(2)? },
        epoch: StoreEpoch(r.get(3)?),
        heard_at: row::time(r, 4)?,
        broken: row::time_opt(r, 5)?.map(|at| (at, why)),
    })
}

impl Chains for Sqlite {
    fn chain(&self, store: &StoreId, stream: Stream) -> Db<Option<ChainRow>> {
        let sql = format!("SELECT {COLUMNS} FROM chain WHERE store = ?1 AND stream = ?2");
        self.one(&sql, (store.as_str(), stream.word()), read)
    }

    fn chains(&self, store: &StoreId) -> Db<Vec<ChainRow>> {
        let sql = format!("SELECT {COLUMNS} FROM chain WHERE store = ?1 ORDER BY stream");
        self.all(&sql, [store.as_str()], read)
    }

    fn chain_ends(&self, store: &StoreId, stream: Stream, upto: u64, limit: u32) -> Db<Vec<Head>> {
        self.all(
            "SELECT last, hash FROM chain_batch WHERE store = ?1 AND stream = ?2 AND former IS NULL AND last <= ?3 \
             ORDER BY last DESC LIMIT ?4",
            (store.as_str(), stream.word(), row::int(upto)?, limit),
            |r| Ok(Head { upto: row::count(r, 0)?, hash: r.get(1)? }),
        )
    }

    fn add_batch(&mut self, store: &StoreId, known: &ChainRow, batch: &Batch, bytes: &[u8]) -> Db<()> {
        let (stream, hash) = (known.stream.word(), known.head.hash.as_slice());
        self.run(
            "INSERT INTO chain_batch (store, stream, first, last, hash, at, bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            (store.as_str(), stream, row::int(batch.first)?, row::int(batch.last)?, hash, batch.at, bytes),
        )?;
        self.run(
            "INSERT INTO chain (store, stream, upto, hash, epoch, heard_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
             ON CONFLICT (store, stream) DO UPDATE SET upto = ?3, hash = ?4, epoch = ?5, heard_at = ?6, \
             broken_at = NULL, why = ''",
            (store.as_str(), stream, row::int(known.head.upto)?, hash, known.epoch.0, known.heard_at.ms()),
        )
        .map(drop)
    }

    fn cut_chain(&mut self, store: &StoreId, stream: Stream, after: u64, life: StoreEpoch) -> Db<()> {
        self.run(
            "UPDATE chain_batch SET former = ?4 WHERE store = ?1 AND stream = ?2 AND last > ?3 AND former IS NULL",
            (store.as_str(), stream.word(), row::int(after)?, life.0),
        )
        .map(drop)
    }

    fn break_chain(&mut self, store: &StoreId, known: &ChainRow, bytes: &[u8], why: &str) -> Db<()> {
        let (stream, at) = (known.stream.word(), known.heard_at.ms());
        let doc = format!("rows/{store}/{stream}");
        self.run(
            "INSERT INTO quarantine (store, doc, seq, change, why, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            (store.as_str(), &doc, row::int(known.head.upto)?, bytes, why, at),
        )?;
        self.let_go(store, Some(&doc), BROKEN_KEPT)?;
        self.run(
            "INSERT INTO chain (store, stream, upto, hash, epoch, heard_at, broken_at, why) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7) \
             ON CONFLICT (store, stream) DO UPDATE SET broken_at = coalesce(broken_at, ?6), why = ?7",
            (
                store.as_str(),
                stream,
                row::int(known.head.upto)?,
                known.head.hash.as_slice(),
                known.epoch.0,
                at,
                why,
            ),
        )
        .map(drop)
    }

    fn batches(&self, store: &StoreId, stream: Stream, after: u64, limit: u32) -> Db<Vec<Vec<u8>>> {
        self.all(
            "SELECT bytes FROM chain_batch WHERE store = ?1 AND stream = ?2 AND former IS NULL AND last > ?3 \
             ORDER BY last LIMIT ?4",
            (store.as_str(), stream.word(), row::int(after)?, limit),
            |r| r.get(0),
        )
    }

    fn forget_batches(&mut self, before: Timestamp) -> Db<usize> {
        self.run("DELETE FROM chain_batch WHERE at < ?1", [before.ms()])
    }
}
