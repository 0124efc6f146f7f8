//! Tables `instrument`, `customer_leaving`, and what goes with a customer.

use super::{Sqlite, row};
use crate::db::{Db, Instruments};
use model::api::global::StoredInstrument;
use model::api::hub::InstrumentKind;
use model::{CustomerId, InstrumentId, Timestamp};
use rusqlite::Row;

const fn word(kind: InstrumentKind) -> &'static str {
    match kind {
        InstrumentKind::Card => "card",
        InstrumentKind::Upi => "upi",
    }
}

fn kind(word: &str) -> Option<InstrumentKind> {
    match word {
        "card" => Some(InstrumentKind::Card),
        "upi" => Some(InstrumentKind::Upi),
        _ => None,
    }
}

fn instrument(r: &Row<'_>) -> rusqlite::Result<StoredInstrument> {
    Ok(StoredInstrument {
        id: row::id(r, 0, InstrumentId::from_bytes)?,
        kind: row::word(r, 1, kind)?,
        label: r.get(2)?,
        token: r.get(3)?,
    })
}

impl Instruments for Sqlite {
    fn instruments(&self, customer: &CustomerId) -> Db<Vec<StoredInstrument>> {
        let sql = "SELECT id, kind, label, token FROM instrument WHERE customer = ?1 \
                   ORDER BY created_at DESC, id DESC";
        self.all(sql, [customer.as_bytes()], instrument)
    }

    fn instrument(&self, customer: &CustomerId, id: &InstrumentId) -> Db<Option<StoredInstrument>> {
        let sql = "SELECT id, kind, label, token FROM instrument WHERE id = ?1 AND customer = ?2";
        self.one(sql, (id.as_bytes(), customer.as_bytes()), instrument)
    }

    fn put_instrument(&mut self, customer: &CustomerId, kept: &StoredInstrument, now: Timestamp) -> Db<()> {
        let sql = "INSERT INTO instrument (id, customer, kind, label, token, created_at) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
                   ON CONFLICT (id) DO UPDATE SET kind = ?3, label = ?4, token = ?5 WHERE customer = ?2";
        let (id, customer) = (kept.id.as_bytes(), customer.as_bytes());
        self.run(sql, (id, customer, word(kept.kind), &kept.label, &kept.token, now.ms())).map(drop)
    }

    fn drop_instrument(&mut self, customer: &CustomerId, id: &InstrumentId) -> Db<()> {
        let sql = "DELETE FROM instrument WHERE id = ?1 AND customer = ?2";
        self.run(sql, (id.as_bytes(), customer.as_bytes())).map(drop)
    }

    fn open_order_of(&self, customer: &CustomerId) -> Db<Option<String>> {
        let sql = "SELECT number FROM orders WHERE customer = ?1 AND open = 1 LIMIT 1";
        self.one(sql, [customer.as_bytes()], |r| r.get(0))
    }

    fn erase_customer(&mut self, customer: &CustomerId) -> Db<()> {
        let id = customer.as_bytes();
        for table in ["otp", "message"] {
            let sql = format!("DELETE FROM {table} WHERE phone = (SELECT phone FROM customer WHERE id = ?1)");
            self.run(&sql, [id])?;
        }
        for table in ["cart_line", "address", "instrument", "customer_leaving"] {
            self.run(&format!("DELETE FROM {table} WHERE customer = ?1"), [id])?;
        }
        self.end_sessions_of(customer)?;
        self.run(
            "UPDATE orders SET first_name = '', \
             address = json_set(address, '$.text', '', '$.at.lat', 0.0, '$.at.lon', 0.0) WHERE customer = ?1",
            [id],
        )?;
        self.run("UPDATE customer SET phone = 'erased ' || lower(hex(id)), name = '' WHERE id = ?1", [id])
            .map(drop)
    }

    fn end_sessions_of(&mut self, customer: &CustomerId) -> Db<()> {
        let sql = "DELETE FROM session WHERE subject = ?1 AND role = 'customer'";
        self.run(sql, [customer.to_string()]).map(drop)
    }

    fn set_leaving(&mut self, customer: &CustomerId, leaving: bool) -> Db<()> {
        let sql = if leaving {
            "INSERT OR IGNORE INTO customer_leaving (customer) VALUES (?1)"
        } else {
            "DELETE FROM customer_leaving WHERE customer = ?1"
        };
        self.run(sql, [customer.as_bytes()]).map(drop)
    }

    fn leaving(&self, limit: u32) -> Db<Vec<CustomerId>> {
        let sql = "SELECT customer FROM customer_leaving ORDER BY customer LIMIT ?1";
        self.all(sql, [limit], |r| row::id(r, 0, CustomerId::from_bytes))
    }
}
