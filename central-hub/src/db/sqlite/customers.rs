//! Tables `command`, `customer`, `address`, `staff`, `otp`, `session`, `message`.

use super::{Sqlite, row};
use crate::db::commands::Stored;
use crate::db::customers::{CustomerRow, OtpRow, SessionRow};
use crate::db::{Commands, Customers, Db};
use hub_core::otp::OtpState;
use model::api::hub::{Address, InboxMessage, Point};
use model::{AddressId, CommandId, CustomerId, Role, Timestamp};
use rusqlite::Row;

impl Commands for Sqlite {
    fn answer_of(&self, id: &CommandId) -> Db<Option<Stored>> {
        self.one("SELECT content, answer FROM command WHERE id = ?1", [id.as_bytes()], |r| {
            Ok(Stored { content: r.get(0)?, answer: r.get(1)? })
        })
    }

    fn keep_answer(&mut self, id: &CommandId, stored: &Stored, at: Timestamp) -> Db<()> {
        self.run(
            "INSERT INTO command (id, content, answer, at) VALUES (?1, ?2, ?3, ?4)",
            (id.as_bytes(), stored.content, &stored.answer, at.ms()),
        )
        .map(drop)
    }

    fn forget_answers(&mut self, before: Timestamp) -> Db<usize> {
        self.run("DELETE FROM command WHERE at < ?1", [before.ms()])
    }
}

fn role_word(role: Role) -> Db<String> {
    row::to_json(&role).map(|json| json.trim_matches('"').to_owned())
}

fn role(word: &str) -> Option<Role> {
    serde_json::from_value(serde_json::Value::String(word.to_owned())).ok()
}

fn customer(r: &Row<'_>) -> rusqlite::Result<CustomerRow> {
    Ok(CustomerRow { id: row::id(r, 0, CustomerId::from_bytes)?, phone: r.get(1)?, name: r.get(2)? })
}

fn address(r: &Row<'_>) -> rusqlite::Result<Address> {
    Ok(Address {
        id: row::id(r, 0, AddressId::from_bytes)?,
        text: r.get(1)?,
        at: Point { lat: r.get(2)?, lon: r.get(3)? },
    })
}

fn session(r: &Row<'_>) -> rusqlite::Result<SessionRow> {
    Ok(SessionRow {
        access_hash: r.get(0)?,
        refresh_hash: r.get(1)?,
        role: row::word(r, 2, role)?,
        subject: r.get(3)?,
        access_until: row::time(r, 4)?,
        refresh_until: row::time(r, 5)?,
        refreshed: r.get(6)?,
    })
}

impl Customers for Sqlite {
    fn customer_by_phone(&self, phone: &str) -> Db<Option<CustomerRow>> {
        self.one("SELECT id, phone, name FROM customer WHERE phone = ?1", [phone], customer)
    }

    fn customer(&self, id: &CustomerId) -> Db<Option<CustomerRow>> {
        self.one("SELECT id, phone, name FROM customer WHERE id = ?1", [id.as_bytes()], customer)
    }

    fn add_customer(&mut self, c: &CustomerRow, now: Timestamp) -> Db<()> {
        self.run(
            "INSERT INTO customer (id, phone, name, created_at) VALUES (?1, ?2, ?3, ?4)",
            (c.id.as_bytes(), &c.phone, &c.name, now.ms()),
        )
        .map(drop)
    }

    fn set_customer_name(&mut self, id: &CustomerId, name: &str) -> Db<()> {
        self.run("UPDATE customer SET name = ?2 WHERE id = ?1", (id.as_bytes(), name)).map(drop)
    }

    fn addresses(&self, customer: &CustomerId) -> Db<Vec<Address>> {
        self.all(
            "SELECT id, text, lat, lon FROM address WHERE customer = ?1 ORDER BY created_at DESC, id DESC",
            [customer.as_bytes()],
            address,
        )
    }

    fn address(&self, customer: &CustomerId, id: &AddressId) -> Db<Option<Address>> {
        self.one(
            "SELECT id, text, lat, lon FROM address WHERE id = ?1 AND customer = ?2",
            (id.as_bytes(), customer.as_bytes()),
            address,
        )
    }

    fn add_address(&mut self, customer: &CustomerId, a: &Address, now: Timestamp) -> Db<()> {
        self.run(
            "INSERT INTO address (id, customer, text, lat, lon, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            (a.id.as_bytes(), customer.as_bytes(), &a.text, a.at.lat, a.at.lon, now.ms()),
        )
        .map(drop)
    }

    fn put_address(&mut self, customer: &CustomerId, a: &Address, now: Timestamp) -> Db<()> {
        self.run(
            "INSERT INTO address (id, customer, text, lat, lon, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
             ON CONFLICT (id) DO UPDATE SET text = ?3, lat = ?4, lon = ?5 WHERE customer = ?2",
            (a.id.as_bytes(), customer.as_bytes(), &a.text, a.at.lat, a.at.lon, now.ms()),
        )
        .map(drop)
    }

    fn drop_address(&mut self, customer: &CustomerId, id: &AddressId) -> Db<()> {
        let sql = "DELETE FROM address WHERE id = ?1 AND customer = ?2";
        self.run(sql, (id.as_bytes(), customer.as_bytes())).map(drop)
    }

    fn staff(&self, phone: &str) -> Db<Option<(Role, String)>> {
        self.one("SELECT role, name FROM staff WHERE phone = ?1", [phone], |r| {
            Ok((row::word(r, 0, role)?, r.get(1)?))
        })
    }

    fn put_staff(&mut self, phone: &str, role: Role, name: &str) -> Db<()> {
        self.run(
            "INSERT INTO staff (phone, role, name) VALUES (?1, ?2, ?3) \
             ON CONFLICT (phone) DO UPDATE SET role = excluded.role, name = excluded.name",
            (phone, role_word(role)?, name),
        )
        .map(drop)
    }

    fn last_otp(&self, phone: &str) -> Db<Option<OtpRow>> {
        self.one(
            "SELECT seq, code_hash, sent_at, wrong, used FROM otp WHERE phone = ?1 ORDER BY seq DESC LIMIT 1",
            [phone],
            |r| {
                Ok(OtpRow {
                    seq: r.get(0)?,
                    code_hash: r.get(1)?,
                    state: OtpState { sent_at: row::time(r, 2)?, wrong: r.get(3)?, used: r.get(4)? },
                })
            },
        )
    }

    fn otps_since(&self, phone: &str, since: Timestamp) -> Db<u32> {
        let sql = "SELECT count(*) FROM otp WHERE phone = ?1 AND sent_at > ?2";
        self.sure(sql, (phone, since.ms()), |r| r.get(0))
    }

    fn add_otp(&mut self, phone: &str, code_hash: &str, at: Timestamp) -> Db<()> {
        self.run(
            "INSERT INTO otp (phone, sent_at, code_hash, wrong, used) VALUES (?1, ?2, ?3, 0, 0)",
            (phone, at.ms(), code_hash),
        )
        .map(drop)
    }

    fn set_otp(&mut self, seq: i64, wrong: u32, used: bool) -> Db<()> {
        self.run("UPDATE otp SET wrong = ?2, used = ?3 WHERE seq = ?1", (seq, wrong, used)).map(drop)
    }

    fn session_by_access(&self, hash: &str) -> Db<Option<SessionRow>> {
        self.one(
            "SELECT access_hash, refresh_hash, role, subject, access_until, refresh_until, refreshed \
             FROM session WHERE access_hash = ?1",
            [hash],
            session,
        )
    }

    fn session_by_refresh(&self, hash: &str) -> Db<Option<SessionRow>> {
        self.one(
            "SELECT access_hash, refresh_hash, role, subject, access_until, refresh_until, refreshed \
             FROM session WHERE refresh_hash = ?1",
            [hash],
            session,
        )
    }

    fn add_session(&mut self, s: &SessionRow) -> Db<()> {
        self.run(
            "INSERT INTO session (access_hash, refresh_hash, role, subject, access_until, refresh_until, \
             refreshed) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            (
                &s.access_hash,
                &s.refresh_hash,
                role_word(s.role)?,
                &s.subject,
                s.access_until.ms(),
                s.refresh_until.ms(),
                s.refreshed,
            ),
        )
        .map(drop)
    }

    fn end_session(&mut self, access_hash: &str, now: Timestamp) -> Db<()> {
        self.run(
            "UPDATE session SET refreshed = 1, access_until = min(access_until, ?2) WHERE access_hash = ?1",
            (access_hash, now.ms()),
        )
        .map(drop)
    }

    fn add_message(&mut self, phone: &str, at: Timestamp, text: &str) -> Db<()> {
        self.run("INSERT INTO message (phone, at, text) VALUES (?1, ?2, ?3)", (phone, at.ms(), text))
            .map(drop)
    }

    fn messages(&self, phone: &str, limit: u32) -> Db<Vec<InboxMessage>> {
        self.all(
            "SELECT at, text FROM message WHERE phone = ?1 ORDER BY seq DESC LIMIT ?2",
            (phone, limit),
            |r| Ok(InboxMessage { at: row::time(r, 0)?, text: r.get(1)? }),
        )
    }
}
