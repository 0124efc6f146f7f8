//! Tables `rider`, `rider_fix`, `delivery`, `rider_score`, `rider_lost`.

use super::{Sqlite, row};
use crate::db::riders::{DeliveryRow, LostRow, RiderRow};
use crate::db::{Db, Riders};
use model::api::hub::{Fix, LostWhy, Point, RiderScore};
use model::{OrderId, RiderId, Timestamp};
use rusqlite::Row;

const RIDER: &str = "SELECT id, phone, name, code, rating, on_shift, shift_until, lat, lon, fix_at, cash, heard_at \
    FROM rider";
const LOST: &str = "SELECT rider, order_id, at, why FROM rider_lost";

fn rider(r: &Row<'_>) -> rusqlite::Result<RiderRow> {
    let (lat, lon): (Option<f64>, Option<f64>) = (r.get(7)?, r.get(8)?);
    let at = row::time_opt(r, 9)?;
    let fix = match (lat, lon, at) {
        (Some(lat), Some(lon), Some(at)) => Some(Fix { at, point: Point { lat, lon } }),
        (_, _, _) => None,
    };
    Ok(RiderRow {
        id: row::id(r, 0, RiderId::from_bytes)?,
        phone: r.get(1)?,
        name: r.get(2)?,
        code: r.get(3)?,
        rating: r.get(4)?,
        on_shift: r.get(5)?,
        shift_until: row::time_opt(r, 6)?,
        fix,
        cash: row::paise(r, 10)?,
        heard_at: row::time_opt(r, 11)?,
    })
}

fn lost(r: &Row<'_>) -> rusqlite::Result<LostRow> {
    Ok(LostRow {
        rider: row::id(r, 0, RiderId::from_bytes)?,
        order: row::id(r, 1, OrderId::from_bytes)?,
        at: row::time(r, 2)?,
        why: row::word(r, 3, LostWhy::from_word)?,
    })
}

impl Riders for Sqlite {
    fn rider(&self, id: &RiderId) -> Db<Option<RiderRow>> {
        self.one(&format!("{RIDER} WHERE id = ?1"), [id.as_bytes()], rider)
    }

    fn rider_by_phone(&self, phone: &str) -> Db<Option<RiderRow>> {
        self.one(&format!("{RIDER} WHERE phone = ?1"), [phone], rider)
    }

    fn rider_by_code(&self, code: &str) -> Db<Option<RiderRow>> {
        self.one(&format!("{RIDER} WHERE code = ?1"), [code], rider)
    }

    fn put_rider(&mut self, r: &RiderRow) -> Db<()> {
        self.run(
            "INSERT INTO rider (id, phone, name, code, rating, on_shift, shift_until, lat, lon, fix_at, cash) \
             VALUES (?1, ?2, ?3, ?4, ?5, 0, NULL, NULL, NULL, NULL, 0) \
             ON CONFLICT (phone) DO UPDATE SET name = excluded.name",
            (r.id.as_bytes(), &r.phone, &r.name, &r.code, r.rating),
        )
        .map(drop)
    }

    fn save_rider(&mut self, r: &RiderRow) -> Db<()> {
        self.run(
            "UPDATE rider SET on_shift = ?2, shift_until = ?3, lat = ?4, lon = ?5, fix_at = ?6, cash = ?7, \
             heard_at = ?8 WHERE id = ?1",
            (
                r.id.as_bytes(),
                r.on_shift,
                r.shift_until.map(Timestamp::ms),
                r.fix.map(|f| f.point.lat),
                r.fix.map(|f| f.point.lon),
                r.fix.map(|f| f.at.ms()),
                r.cash.get(),
                r.heard_at.map(Timestamp::ms),
            ),
        )
        .map(drop)
    }

    fn riders_on_shift(&self) -> Db<Vec<RiderRow>> {
        self.all(&format!("{RIDER} WHERE on_shift = 1 ORDER BY code"), [], rider)
    }

    fn add_fix(&mut self, rider: &RiderId, fix: &Fix) -> Db<()> {
        self.run(
            "INSERT INTO rider_fix (rider, at, lat, lon) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
            (rider.as_bytes(), fix.at.ms(), fix.point.lat, fix.point.lon),
        )
        .map(drop)
    }

    fn places_since(&self, rider: &RiderId, since: Timestamp) -> Db<Vec<Point>> {
        self.all(
            "SELECT lat, lon FROM rider_fix WHERE rider = ?1 AND at >= ?2 ORDER BY at",
            (rider.as_bytes(), since.ms()),
            |r| Ok(Point { lat: r.get(0)?, lon: r.get(1)? }),
        )
    }

    fn forget_fixes(&mut self, before: Timestamp) -> Db<usize> {
        self.run("DELETE FROM rider_fix WHERE at < ?1", [before.ms()])
    }

    fn orders_of_rider(&self, rider: &RiderId) -> Db<Vec<OrderId>> {
        self.all(
            "SELECT id FROM orders WHERE rider = ?1 AND open = 1 AND state <> 'delivered' \
             ORDER BY promise_at, id",
            [rider.as_bytes()],
            |r| row::id(r, 0, OrderId::from_bytes),
        )
    }

    fn deliveries_since(&self, rider: &RiderId, since: Timestamp) -> Db<u32> {
        self.sure(
            "SELECT count(*) FROM delivery WHERE rider = ?1 AND at > ?2",
            (rider.as_bytes(), since.ms()),
            |r| r.get(0),
        )
    }

    fn add_delivery(&mut self, d: &DeliveryRow) -> Db<()> {
        self.run(
            "INSERT INTO delivery (order_id, rider, at, lat, lon, cash) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            (d.order.as_bytes(), d.rider.as_bytes(), d.at.ms(), d.point.lat, d.point.lon, d.cash.get()),
        )
        .map(drop)
    }

    fn put_score(
        &mut self,
        order: &OrderId,
        rider: &RiderId,
        score: f64,
        parts: &str,
        at: Timestamp,
    ) -> Db<()> {
        self.run(
            "INSERT INTO rider_score (order_id, rider, at, score, parts) VALUES (?1, ?2, ?3, ?4, ?5) \
             ON CONFLICT (order_id, rider) DO UPDATE SET at = excluded.at, score = excluded.score, \
             parts = excluded.parts",
            (order.as_bytes(), rider.as_bytes(), at.ms(), score, parts),
        )
        .map(drop)
    }

    fn scored_at(&self, order: &OrderId, rider: &RiderId) -> Db<Option<Timestamp>> {
        self.one(
            "SELECT at FROM rider_score WHERE order_id = ?1 AND rider = ?2",
            (order.as_bytes(), rider.as_bytes()),
            |r| row::time(r, 0),
        )
    }

    fn put_lost(&mut self, l: &LostRow) -> Db<()> {
        self.run(
            "INSERT INTO rider_lost (rider, order_id, at, why) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT (rider, order_id) DO UPDATE SET at = excluded.at, why = excluded.why",
            (l.rider.as_bytes(), l.order.as_bytes(), l.at.ms(), l.why.word()),
        )
        .map(drop)
    }

    fn lost(&self, rider: &RiderId, order: &OrderId) -> Db<Option<LostRow>> {
        let key = (rider.as_bytes(), order.as_bytes());
        self.one(&format!("{LOST} WHERE rider = ?1 AND order_id = ?2"), key, lost)
    }

    fn last_lost(&self, rider: &RiderId) -> Db<Option<LostRow>> {
        let sql = format!("{LOST} WHERE rider = ?1 ORDER BY at DESC, order_id LIMIT 1");
        self.one(&sql, [rider.as_bytes()], lost)
    }

    fn forget_lost(&mut self, before: Timestamp) -> Db<usize> {
        self.run("DELETE FROM rider_lost WHERE at < ?1", [before.ms()])
    }

    fn scores(&self, order: &OrderId) -> Db<Vec<RiderScore>> {
        self.all(
            "SELECT r.name, s.score, s.parts FROM rider_score s JOIN rider r ON r.id = s.rider \
             WHERE s.order_id = ?1 ORDER BY s.score DESC, r.code",
            [order.as_bytes()],
            |r| Ok(RiderScore { rider: r.get(0)?, score: r.get(1)?, parts: r.get(2)? }),
        )
    }
}
