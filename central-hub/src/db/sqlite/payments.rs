//! Tables `payment` and `payment_step`.

use super::{Sqlite, row};
use crate::db::payments::{PaymentRow, StepKind, StepRow, StepState};
use crate::db::{Db, Payments};
use hub_core::saga::{Method, Pay};
use model::{OrderId, Timestamp};
use rusqlite::Row;

fn step(r: &Row<'_>) -> rusqlite::Result<StepRow> {
    Ok(StepRow {
        key: r.get(0)?,
        order: row::id(r, 1, OrderId::from_bytes)?,
        kind: row::word(r, 2, StepKind::from_word)?,
        amount: row::paise(r, 3)?,
        state: row::word(r, 4, StepState::from_word)?,
        tries: r.get(5)?,
        due_at: row::time(r, 6)?,
    })
}

impl Payments for Sqlite {
    fn add_payment(&mut self, p: &PaymentRow) -> Db<()> {
        self.run(
            "INSERT INTO payment (order_id, method, token, state, amount, captured, refunded) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            (
                p.order.as_bytes(),
                p.method.word(),
                &p.token,
                p.state.word(),
                p.amount.get(),
                p.captured.get(),
                p.refunded.get(),
            ),
        )
        .map(drop)
    }

    fn payment(&self, order: &OrderId) -> Db<Option<PaymentRow>> {
        self.one(
            "SELECT order_id, method, token, state, amount, captured, refunded FROM payment WHERE order_id = ?1",
            [order.as_bytes()],
            |r| {
                Ok(PaymentRow {
                    order: row::id(r, 0, OrderId::from_bytes)?,
                    method: row::word(r, 1, Method::from_word)?,
                    token: r.get(2)?,
                    state: row::word(r, 3, Pay::from_word)?,
                    amount: row::paise(r, 4)?,
                    captured: row::paise(r, 5)?,
                    refunded: row::paise(r, 6)?,
                })
            },
        )
    }

    fn save_payment(&mut self, p: &PaymentRow) -> Db<()> {
        self.run(
            "UPDATE payment SET state = ?2, captured = ?3, refunded = ?4 WHERE order_id = ?1",
            (p.order.as_bytes(), p.state.word(), p.captured.get(), p.refunded.get()),
        )
        .map(drop)
    }

    fn add_step(&mut self, s: &StepRow) -> Db<()> {
        self.run(
            "INSERT INTO payment_step (key, order_id, kind, amount, state, tries, due_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (key) DO NOTHING",
            (
                &s.key,
                s.order.as_bytes(),
                s.kind.word(),
                s.amount.get(),
                s.state.word(),
                s.tries,
                s.due_at.ms(),
            ),
        )
        .map(drop)
    }

    fn step(&self, key: &str) -> Db<Option<StepRow>> {
        self.one(
            "SELECT key, order_id, kind, amount, state, tries, due_at FROM payment_step WHERE key = ?1",
            [key],
            step,
        )
    }

    fn save_step(&mut self, s: &StepRow) -> Db<()> {
        self.run(
            "UPDATE payment_step SET state = ?2, tries = ?3, due_at = ?4 WHERE key = ?1",
            (&s.key, s.state.word(), s.tries, s.due_at.ms()),
        )
        .map(drop)
    }

    fn due_steps(&self, now: Timestamp, limit: u32) -> Db<Vec<StepRow>> {
        self.all(
            "SELECT key, order_id, kind, amount, state, tries, due_at FROM payment_step \
             WHERE state = 'due' AND due_at <= ?1 ORDER BY due_at, seq LIMIT ?2",
            (now.ms(), limit),
            step,
        )
    }

    fn next_step_at(&self) -> Db<Option<Timestamp>> {
        let sql = "SELECT min(due_at) FROM payment_step WHERE state = 'due'";
        self.sure(sql, [], |r| row::time_opt(r, 0))
    }
}
