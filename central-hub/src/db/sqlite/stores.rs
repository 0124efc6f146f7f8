//! Tables `store` and `hub`.

use super::{Sqlite, memory::Memory, row};
use crate::db::stores::{StoreRow, StoreSeed};
use crate::db::{Db, Stores};
use ::sync::lane::{LaneSeq, LaneState, LaneStates};
use model::api::hub::Point;
use model::quota::{HubGeneration, StoreEpoch};
use model::{StoreId, Timestamp};
use rusqlite::Row;

fn store(r: &Row<'_>) -> rusqlite::Result<StoreRow> {
    Ok(StoreRow {
        seed: StoreSeed {
            id: row::code(r, 0)?,
            name: r.get(1)?,
            at: Point { lat: r.get(2)?, lon: r.get(3)? },
            radius_m: r.get(4)?,
            capacity: r.get(5)?,
        },
        closed: r.get(6)?,
        epoch: StoreEpoch(r.get(7)?),
        heard_at: row::time_opt(r, 8)?,
        online: r.get(9)?,
    })
}

impl Stores for Sqlite {
    fn stores(&self) -> Db<Vec<StoreRow>> {
        let read = || {
            let sql = "SELECT id, name, lat, lon, radius_m, capacity, closed, epoch, heard_at, online \
                       FROM store ORDER BY id";
            self.all(sql, [], store)
        };
        if let Some(known) = self.memory.as_ref().and_then(Memory::stores) {
            debug_assert_eq!(read()?, known, "somebody wrote behind the memory's back");
            return Ok(known);
        }
        let found = read()?;
        if let Some(memory) = &self.memory {
            memory.learn_stores(&found);
        }
        Ok(found)
    }

    fn store(&self, id: &StoreId) -> Db<Option<StoreRow>> {
        self.one(
            "SELECT id, name, lat, lon, radius_m, capacity, closed, epoch, heard_at, online \
             FROM store WHERE id = ?1",
            [id.as_str()],
            store,
        )
    }

    fn put_store(&mut self, s: &StoreSeed) -> Db<()> {
        self.run(
            "INSERT INTO store (id, name, lat, lon, radius_m, capacity, closed, epoch, heard_at, online) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, 1, NULL, 0) \
             ON CONFLICT (id) DO UPDATE SET name = excluded.name, lat = excluded.lat, lon = excluded.lon, \
             radius_m = excluded.radius_m, capacity = excluded.capacity",
            (s.id.as_str(), &s.name, s.at.lat, s.at.lon, s.radius_m, s.capacity),
        )
        .map(drop)
    }

    fn set_heard(&mut self, id: &StoreId, at: Timestamp, online: bool) -> Db<()> {
        self.run(
            "UPDATE store SET online = ?3, \
             heard_at = CASE WHEN ?3 THEN max(coalesce(heard_at, ?2), ?2) ELSE heard_at END WHERE id = ?1",
            (id.as_str(), at.ms(), online),
        )
        .map(drop)
    }

    fn lanes(&self, id: &StoreId) -> Db<LaneStates> {
        let sql = "SELECT lane, received, sent, acked FROM store_lane WHERE store = ?1";
        let rows: Vec<(usize, LaneState)> = self.all(sql, [id.as_str()], |r| {
            let state = LaneState {
                received: row::count(r, 1)?,
                sent: row::count(r, 2)?,
                acked: row::count(r, 3)?,
                skipped: 0,
            };
            Ok((usize::try_from(row::count(r, 0)?).unwrap_or(usize::MAX), state))
        })?;
        let mut states = LaneStates::default();
        for (lane, state) in rows {
            if let Some(slot) = states.get_mut(lane) {
                *slot = state;
            }
        }
        Ok(states)
    }

    fn set_received(&mut self, id: &StoreId, upto: LaneSeq) -> Db<()> {
        self.run(
            "INSERT INTO store_lane (store, lane, received, sent, acked) VALUES (?1, ?2, ?3, 0, 0) \
             ON CONFLICT (store, lane) DO UPDATE SET received = excluded.received",
            (id.as_str(), row::lane(upto.lane)?, row::int(upto.seq)?),
        )
        .map(drop)
    }

    fn set_sent(&mut self, id: &StoreId, upto: LaneSeq) -> Db<()> {
        self.run(
            "INSERT INTO store_lane (store, lane, received, sent, acked) VALUES (?1, ?2, 0, ?3, 0) \
             ON CONFLICT (store, lane) DO UPDATE SET sent = excluded.sent",
            (id.as_str(), row::lane(upto.lane)?, row::int(upto.seq)?),
        )
        .map(drop)
    }

    fn set_acked(&mut self, id: &StoreId, upto: LaneSeq) -> Db<()> {
        self.run(
            "UPDATE store_lane SET acked = ?3 WHERE store = ?1 AND lane = ?2 AND acked < ?3",
            (id.as_str(), row::lane(upto.lane)?, row::int(upto.seq)?),
        )
        .map(drop)
    }

    fn generation(&self) -> Db<HubGeneration> {
        self.sure("SELECT generation FROM hub WHERE one = 1", [], |r| Ok(HubGeneration(r.get(0)?)))
    }

    fn boot(&self) -> Db<u32> {
        self.sure("SELECT boot FROM hub WHERE one = 1", [], |r| r.get(0))
    }

    fn set_boot(&mut self, boot: u32) -> Db<()> {
        self.run("UPDATE hub SET boot = ?1 WHERE one = 1", [boot]).map(drop)
    }
}
