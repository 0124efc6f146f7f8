//! Tables `orders`, `order_line`, `order_moment`, `order_history`, `substitute`, `counter_order`.

use super::{Sqlite, row};
use crate::db::orders::{CounterRow, HOLD_IN_DOUBT, LineRow, OrderRow, SubstituteRow};
use crate::db::{Db, Orders};
use model::api::store::HistoryRow;
use model::order::Moments;
use model::order_doc::SubstituteAsk;
use model::quota::{HubGeneration, StoreEpoch};
use model::{CustomerId, Moment, OrderId, OrderState, Paise, RiderId, StoreId, Timestamp};
use rusqlite::{Row, ToSql};

const ORDER: &str = "SELECT id, number, customer, store, epoch, generation, store_why, address, first_name, \
    preset, subtotal, delivery_fee, total, placed_at, hold_until, promise_at, state, rider, bags, code_tries \
    FROM orders";

fn order(r: &Row<'_>) -> rusqlite::Result<OrderRow> {
    Ok(OrderRow {
        id: row::id(r, 0, OrderId::from_bytes)?,
        number: r.get(1)?,
        customer: row::id(r, 2, CustomerId::from_bytes)?,
        store: row::code(r, 3)?,
        epoch: StoreEpoch(r.get(4)?),
        generation: HubGeneration(r.get(5)?),
        store_why: r.get(6)?,
        address: row::json(r, 7)?,
        first_name: r.get(8)?,
        preset: row::json(r, 9)?,
        subtotal: row::paise(r, 10)?,
        delivery_fee: row::paise(r, 11)?,
        total: row::paise(r, 12)?,
        placed_at: row::time(r, 13)?,
        hold_until: row::time_opt(r, 14)?,
        promise_at: row::time(r, 15)?,
        state: row::word(r, 16, row::state)?,
        rider: row::id_opt(r, 17, RiderId::from_bytes)?,
        bags: r.get(18)?,
        code_tries: r.get(19)?,
    })
}

fn line(r: &Row<'_>) -> rusqlite::Result<LineRow> {
    let picked: Option<i64> = r.get(6)?;
    Ok(LineRow {
        line: r.get(0)?,
        sku: row::code(r, 1)?,
        name: r.get(2)?,
        name_hi: r.get(3)?,
        qty: row::qty(r, 4)?,
        unit_price: row::paise(r, 5)?,
        picked: picked.map(|n| model::Qty::new(n).map_err(|e| row::wrong(6, e))).transpose()?,
        short: row::qty(r, 7)?,
        substitute: r.get(8)?,
        refunded: row::paise(r, 9)?,
    })
}

fn history(r: &Row<'_>) -> rusqlite::Result<HistoryRow> {
    Ok(HistoryRow {
        at: row::time(r, 0)?,
        what: r.get(1)?,
        detail: r.get(2)?,
        person: r.get(3)?,
        device: r.get(4)?,
    })
}

impl Orders for Sqlite {
    fn next_order_seq(&mut self) -> Db<u64> {
        let sql = "UPDATE hub SET order_seq = order_seq + 1 WHERE one = 1 RETURNING order_seq";
        self.sure(sql, [], |r| row::count(r, 0))
    }

    fn add_order(&mut self, o: &OrderRow, lines: &[LineRow]) -> Db<()> {
        self.run(
            "INSERT INTO orders (id, number, customer, store, epoch, generation, store_why, address, first_name, \
             preset, subtotal, delivery_fee, total, placed_at, hold_until, promise_at, state, open, rider, bags, \
             code_tries) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, \
             NULL, 0, 0)",
            rusqlite::params![
                o.id.as_bytes(),
                o.number,
                o.customer.as_bytes(),
                o.store.as_str(),
                o.epoch.0,
                o.generation.0,
                o.store_why,
                row::to_json(&o.address)?,
                o.first_name,
                row::to_json(&o.preset)?,
                o.subtotal.get(),
                o.delivery_fee.get(),
                o.total.get(),
                o.placed_at.ms(),
                o.hold_until.map(Timestamp::ms),
                o.promise_at.ms(),
                o.state.word(),
                !o.state.is_terminal(),
            ],
        )?;
        let id = o.id.as_bytes();
        let numbers: Vec<_> =
            lines.iter().map(|l| (l.sku.as_str(), l.qty.get(), l.unit_price.get())).collect();
        let values: Vec<&dyn ToSql> = lines
            .iter()
            .zip(&numbers)
            .flat_map(|(l, (sku, qty, price))| {
                [&id as &dyn ToSql, &l.line, sku, &l.name, &l.name_hi, qty, price, &0_u32, &0_i64]
            })
            .collect();
        let columns = "order_id, line, sku, name, name_hi, qty, unit_price, short, refunded";
        self.add_rows("order_line", columns, lines.len(), &values)
    }

    fn order(&self, id: &OrderId) -> Db<Option<OrderRow>> {
        self.one(&format!("{ORDER} WHERE id = ?1"), [id.as_bytes()], order)
    }

    fn save_order(&mut self, o: &OrderRow) -> Db<()> {
        self.run(
            "UPDATE orders SET hold_until = ?2, promise_at = ?3, state = ?4, open = ?5, rider = ?6, bags = ?7, \
             code_tries = ?8 WHERE id = ?1",
            (
                o.id.as_bytes(),
                o.hold_until.map(Timestamp::ms),
                o.promise_at.ms(),
                o.state.word(),
                !o.state.is_terminal(),
                o.rider.as_ref().map(RiderId::as_bytes),
                o.bags,
                o.code_tries,
            ),
        )
        .map(drop)
    }

    fn lines(&self, id: &OrderId) -> Db<Vec<LineRow>> {
        self.all(
            "SELECT line, sku, name, name_hi, qty, unit_price, picked, short, substitute, refunded \
             FROM order_line WHERE order_id = ?1 ORDER BY line",
            [id.as_bytes()],
            line,
        )
    }

    fn save_line(&mut self, id: &OrderId, l: &LineRow) -> Db<()> {
        self.run(
            "UPDATE order_line SET picked = ?3, short = ?4, substitute = ?5, refunded = ?6 \
             WHERE order_id = ?1 AND line = ?2",
            (
                id.as_bytes(),
                l.line,
                l.picked.map(|q| q.get()),
                l.short.get(),
                &l.substitute,
                l.refunded.get(),
            ),
        )
        .map(drop)
    }

    fn moments(&self, id: &OrderId) -> Db<Moments> {
        let rows = self.all(
            "SELECT moment, at FROM order_moment WHERE order_id = ?1 ORDER BY moment",
            [id.as_bytes()],
            |r| Ok((row::word(r, 0, row::moment)?, row::time(r, 1)?)),
        )?;
        Ok(Moments(rows.into_iter().collect()))
    }

    fn add_moments(&mut self, id: &OrderId, moments: &[(Moment, Timestamp)]) -> Db<()> {
        let id = id.as_bytes();
        let rows: Vec<_> = moments.iter().map(|(moment, at)| (moment.field(), at.ms())).collect();
        let values: Vec<&dyn ToSql> =
            rows.iter().flat_map(|(moment, at)| [&id as &dyn ToSql, moment, at]).collect();
        self.add_rows("order_moment", "order_id, moment, at", rows.len(), &values)
    }

    fn orders_of(&self, customer: &CustomerId, limit: u32) -> Db<Vec<OrderId>> {
        self.all(
            "SELECT id FROM orders WHERE customer = ?1 ORDER BY placed_at DESC, id DESC LIMIT ?2",
            (customer.as_bytes(), limit),
            |r| row::id(r, 0, OrderId::from_bytes),
        )
    }

    fn waiting_for_payment(&self, customer: &CustomerId) -> Db<Option<OrderId>> {
        self.one(
            "SELECT id FROM orders WHERE customer = ?1 AND state = ?2 AND hold_until IS NOT NULL \
             AND hold_until < ?3 ORDER BY placed_at LIMIT 1",
            (customer.as_bytes(), OrderState::Placed.word(), HOLD_IN_DOUBT.ms()),
            |r| row::id(r, 0, OrderId::from_bytes),
        )
    }

    fn open_orders(&self, store: Option<&StoreId>, limit: u32) -> Db<Vec<OrderRow>> {
        match store {
            Some(store) => self.all(
                &format!("{ORDER} WHERE open = 1 AND store = ?1 ORDER BY promise_at, id LIMIT ?2"),
                (store.as_str(), limit),
                order,
            ),
            None => {
                self.all(&format!("{ORDER} WHERE open = 1 ORDER BY promise_at, id LIMIT ?1"), [limit], order)
            }
        }
    }

    fn waiting_for_rider(&self, store: &StoreId, limit: u32) -> Db<Vec<OrderRow>> {
        self.all(
            &format!(
                "{ORDER} WHERE open = 1 AND store = ?1 AND rider IS NULL \
                 AND state IN ('confirmed', 'picking', 'packed') ORDER BY promise_at, id LIMIT ?2"
            ),
            (store.as_str(), limit),
            order,
        )
    }

    fn with_rider(&self, store: &StoreId, limit: u32) -> Db<Vec<OrderRow>> {
        self.all(
            &format!(
                "{ORDER} WHERE open = 1 AND store = ?1 AND rider IS NOT NULL \
                 AND state IN ('confirmed', 'picking', 'packed') ORDER BY promise_at, id LIMIT ?2"
            ),
            (store.as_str(), limit),
            order,
        )
    }

    fn open_up_to(&self, store: &StoreId, most: u32) -> Db<u32> {
        self.sure(
            "SELECT count(*) FROM (SELECT 1 FROM orders WHERE open = 1 AND store = ?1 LIMIT ?2)",
            (store.as_str(), most),
            |r| r.get(0),
        )
    }

    fn open_count(&self, store: &StoreId, now: Timestamp) -> Db<(u32, u32)> {
        self.sure(
            "SELECT count(*), coalesce(sum(promise_at < ?2), 0) FROM orders WHERE open = 1 AND store = ?1",
            (store.as_str(), now.ms()),
            |r| Ok((r.get(0)?, r.get(1)?)),
        )
    }

    fn holds_ended(&self, now: Timestamp, limit: u32) -> Db<Vec<OrderId>> {
        self.all(
            "SELECT id FROM orders WHERE hold_until IS NOT NULL AND hold_until <= ?1 \
             ORDER BY hold_until, id LIMIT ?2",
            (now.ms(), limit),
            |r| row::id(r, 0, OrderId::from_bytes),
        )
    }

    fn moment_count(&self, moment: Moment, since: Timestamp) -> Db<u32> {
        self.sure(
            "SELECT count(*) FROM order_moment WHERE moment = ?1 AND at > ?2",
            (moment.field(), since.ms()),
            |r| r.get(0),
        )
    }

    fn add_histories(&mut self, id: &OrderId, rows: &[HistoryRow]) -> Db<()> {
        let id = id.as_bytes();
        let times: Vec<i64> = rows.iter().map(|h| h.at.ms()).collect();
        let values: Vec<&dyn ToSql> = rows
            .iter()
            .zip(&times)
            .flat_map(|(h, at)| [&id as &dyn ToSql, at, &h.what, &h.detail, &h.person, &h.device])
            .collect();
        let columns = "order_id, at, what, detail, person, device";
        self.add_rows("order_history", columns, rows.len(), &values)
    }

    fn history(&self, id: &OrderId) -> Db<Vec<HistoryRow>> {
        self.all(
            "SELECT at, what, detail, person, device FROM order_history WHERE order_id = ?1 ORDER BY seq",
            [id.as_bytes()],
            history,
        )
    }

    fn substitutes(&self, id: &OrderId) -> Db<Vec<SubstituteRow>> {
        self.all(
            "SELECT line, sku, qty, until, accepted, price FROM substitute WHERE order_id = ?1 ORDER BY line",
            [id.as_bytes()],
            |r| {
                let ask = SubstituteAsk {
                    line: r.get(0)?,
                    sku: row::code(r, 1)?,
                    qty: row::qty(r, 2)?,
                    until: row::time(r, 3)?,
                    price: r.get::<_, Option<i64>>(5)?.map(Paise::new),
                };
                Ok(SubstituteRow { ask, accepted: r.get(4)? })
            },
        )
    }

    fn put_substitute(&mut self, id: &OrderId, s: &SubstituteRow) -> Db<()> {
        self.run(
            "INSERT INTO substitute (order_id, line, sku, qty, until, accepted, price) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
             ON CONFLICT (order_id, line) DO UPDATE SET accepted = excluded.accepted",
            (
                id.as_bytes(),
                s.ask.line,
                s.ask.sku.as_str(),
                s.ask.qty.get(),
                s.ask.until.ms(),
                s.accepted,
                s.ask.price.map(Paise::get),
            ),
        )
        .map(drop)
    }

    fn put_counter_order(&mut self, c: &CounterRow, now: Timestamp) -> Db<()> {
        self.run(
            "INSERT INTO counter_order (id, store, number, head, moments, state, seen_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (id) DO UPDATE SET moments = excluded.moments, \
             state = excluded.state",
            (
                c.id.as_bytes(),
                c.store.as_str(),
                &c.head.number,
                row::to_json(&c.head)?,
                row::to_json(&c.moments)?,
                c.moments.state().word(),
                now.ms(),
            ),
        )
        .map(drop)
    }

    fn counter_moments(&self, order: &OrderId) -> Db<Moments> {
        let found = self.one("SELECT moments FROM counter_order WHERE id = ?1", [order.as_bytes()], |r| {
            row::json(r, 0)
        })?;
        Ok(found.unwrap_or_default())
    }

    fn counter_count(&self, store: &StoreId) -> Db<u32> {
        self.sure("SELECT count(*) FROM counter_order WHERE store = ?1", [store.as_str()], |r| r.get(0))
    }
}
