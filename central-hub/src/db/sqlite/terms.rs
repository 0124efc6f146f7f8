//! Tables `hub`, `store`, `closing`, as far as epochs and generations go; and the logs that begin anew.

use super::{Sqlite, row};
use crate::db::terms::{Holder, Installation};
use crate::db::{Db, Terms};
use ::sync::lane::Lane;
use model::fact::Fact;
use model::quota::{HubGeneration, StoreEpoch};
use model::{OrderId, StoreId, Timestamp};

impl Sqlite {
    /// Rights that were still to be said belong to the old terms.
    fn forget_rights(&self, store: &StoreId) -> Db<()> {
        let rows: Vec<(i64, Vec<Fact>)> =
            self.all("SELECT seq, facts FROM outbox WHERE store = ?1 ORDER BY seq", [store.as_str()], |r| {
                Ok((r.get(0)?, row::json(r, 1)?))
            })?;
        for (seq, mut facts) in rows {
            let before = facts.len();
            let of_old_terms = |fact: &Fact| {
                matches!(fact, Fact::Returned { .. } | Fact::Word { .. } | Fact::Closing { .. })
            };
            facts.retain(|fact| !of_old_terms(fact));
            if facts.is_empty() {
                self.run("DELETE FROM outbox WHERE seq = ?1", [seq])?;
            } else if facts.len() < before {
                self.run("UPDATE outbox SET facts = ?2 WHERE seq = ?1", (seq, row::to_json(&facts)?))?;
            }
        }
        Ok(())
    }
}

impl Terms for Sqlite {
    fn installation(&self) -> Db<Installation> {
        self.sure("SELECT hub_id, generation, log_whole FROM hub WHERE one = 1", [], |r| {
            Ok(Installation { hub: r.get(0)?, generation: HubGeneration(r.get(1)?), log_whole: r.get(2)? })
        })
    }

    fn set_installation(&mut self, i: &Installation) -> Db<()> {
        self.run(
            "UPDATE hub SET hub_id = ?1, generation = ?2, log_whole = ?3 WHERE one = 1",
            (&i.hub, i.generation.0, i.log_whole),
        )
        .map(drop)
    }

    fn lives(&self) -> Db<Vec<u32>> {
        self.all("SELECT life FROM hub_life ORDER BY life", [], |r| r.get(0))
    }

    fn add_life(&mut self, life: u32, first: bool) -> Db<()> {
        if first {
            self.run("DELETE FROM hub_life", [])?;
        }
        self.run("INSERT INTO hub_life (life) VALUES (?1) ON CONFLICT (life) DO NOTHING", [life]).map(drop)
    }

    fn holder(&self, store: &StoreId) -> Db<Option<Holder>> {
        self.one("SELECT epoch, node_key, word_epoch FROM store WHERE id = ?1", [store.as_str()], |r| {
            Ok(Holder { epoch: StoreEpoch(r.get(0)?), node_key: r.get(1)?, word: StoreEpoch(r.get(2)?) })
        })
    }

    fn set_holder(&mut self, store: &StoreId, h: &Holder) -> Db<()> {
        self.run(
            "UPDATE store SET epoch = ?2, node_key = ?3, word_epoch = ?4 WHERE id = ?1",
            (store.as_str(), h.epoch.0, &h.node_key, h.word.0),
        )
        .map(drop)
    }

    fn begin_log(&mut self, store: &StoreId, since_hour: i64) -> Db<()> {
        self.run("DELETE FROM sync_out WHERE store = ?1", [store.as_str()])?;
        self.forget_rights(store)?;
        let prefix = format!("orders/{store}/");
        // Everything the hub says of orders and rights goes by one lane: what follows in it builds on what is before.
        let lane = i64::try_from(Lane::Orders.index()).unwrap_or(0);
        let records = self.run(
            "INSERT INTO sync_out (store, lane, seq, doc, change) \
             SELECT ?1, ?4, row_number() OVER (ORDER BY seq), doc, bytes FROM doc_chunk \
             WHERE substr(doc, 1, length(?2)) = ?2 AND CAST(substr(doc, length(?2) + 1) AS INTEGER) >= ?3",
            (store.as_str(), prefix, since_hour, lane),
        )?;
        let sent = i64::try_from(records).unwrap_or(i64::MAX);
        self.run("DELETE FROM store_lane WHERE store = ?1", [store.as_str()])?;
        self.run("UPDATE catalogue_told SET doc = '', chunk = 0 WHERE store = ?1", [store.as_str()])?;
        self.run(
            "INSERT INTO store_lane (store, lane, received, sent, acked) VALUES (?1, ?2, 0, ?3, 0)",
            (store.as_str(), lane, sent),
        )?;
        self.run("UPDATE store SET online = 0 WHERE id = ?1", [store.as_str()]).map(drop)
    }

    fn holds(&self, store: Option<&StoreId>) -> Db<Vec<OrderId>> {
        self.all(
            "SELECT id FROM orders WHERE hold_until IS NOT NULL AND (?1 IS NULL OR store = ?1) \
             ORDER BY hold_until, id",
            [store.map(StoreId::as_str)],
            |r| row::id(r, 0, OrderId::from_bytes),
        )
    }

    fn voices(&self, generation: HubGeneration) -> Db<Vec<String>> {
        self.all("SELECT person FROM closing WHERE generation = ?1 ORDER BY person", [generation.0], |r| {
            r.get(0)
        })
    }

    fn add_voice(&mut self, generation: HubGeneration, person: &str, at: Timestamp) -> Db<Vec<String>> {
        self.run(
            "INSERT INTO closing (generation, person, at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
            (generation.0, person, at.ms()),
        )?;
        self.voices(generation)
    }
}
