//! Table `substitute`, and how far each line of an order is: ordered, held, picked, given up.

use super::{Connection, DbResult, all, one, row, run};
use model::{OrderId, Paise, Qty, SkuId, Timestamp};

/// One line with its sums.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineState {
    /// Its number.
    pub line: u8,
    /// What was ordered.
    pub sku: SkuId,
    /// How many.
    pub qty: Qty,
    /// Units held for it, picked ones among them.
    pub held: Qty,
    /// Picked.
    pub picked: Qty,
    /// Given up and refunded.
    pub short: Qty,
}

impl LineState {
    /// Units that wait for the customer's word about a substitute.
    pub fn gap(&self) -> Qty {
        self.qty.saturating_sub(self.held).saturating_sub(self.short)
    }
    /// Whether nothing is left to pick or to ask.
    pub fn is_done(&self) -> bool {
        self.picked == self.held && self.gap().is_zero()
    }
}

/// An order's lines with their sums, by number.
///
/// # Errors
/// A fault of the database.
pub fn lines(conn: &Connection, order: OrderId) -> DbResult<Vec<LineState>> {
    let sql = "SELECT l.line, l.sku, l.qty,
                 (SELECT coalesce(sum(a.qty), 0) FROM allocation a WHERE a.order_id = l.order_id AND a.line = l.line),
                 (SELECT coalesce(sum(a.picked), 0) FROM allocation a WHERE a.order_id = l.order_id AND a.line = l.line),
                 (SELECT coalesce(sum(s.qty), 0) FROM short s WHERE s.order_id = l.order_id AND s.line = l.line)
               FROM order_line l WHERE l.order_id = ?1 ORDER BY l.line";
    all(conn, sql, [order.as_bytes()], |r| {
        Ok(LineState {
            line: r.get(0)?,
            sku: row::code(r, 1)?,
            qty: row::qty(r, 2)?,
            held: row::qty(r, 3)?,
            picked: row::qty(r, 4)?,
            short: row::qty(r, 5)?,
        })
    })
}

/// How a question about a substitute ended. The words stand in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The customer takes it.
    Accepted,
    /// The customer wants the money back.
    Declined,
    /// No answer in time.
    Timeout,
    /// Nothing of it was left when the answer came.
    Gone,
}

impl Ended {
    /// The word in the database and in the order's history.
    pub const fn word(self) -> &'static str {
        match self {
            Ended::Accepted => "accepted",
            Ended::Declined => "declined",
            Ended::Timeout => "timeout",
            Ended::Gone => "gone",
        }
    }
}

/// A question to the customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The order.
    pub order: OrderId,
    /// Its line.
    pub line: u8,
    /// What is offered.
    pub sku: SkuId,
    /// How many.
    pub qty: Qty,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// The line is refunded after this time.
    pub until: Timestamp,
    /// What one piece was said to cost, where that is less than what was ordered.
    pub price: Option<Paise>,
}

const COLUMNS: &str = "order_id, line, sku, qty, asked_at, until_at, price";

fn read(r: &rusqlite::Row<'_>) -> rusqlite::Result<Question> {
    Ok(Question {
        order: row::id(r, 0, OrderId::from_bytes)?,
        line: r.get(1)?,
        sku: row::code(r, 2)?,
        qty: row::qty(r, 3)?,
        asked_at: row::time(r, 4)?,
        until: row::time(r, 5)?,
        price: r.get::<_, Option<i64>>(6)?.map(Paise::new),
    })
}

/// Keeps a question.
///
/// # Errors
/// A fault of the database, also when the line was asked about before.
pub fn ask(conn: &Connection, question: &Question) -> DbResult<()> {
    let sql = "INSERT INTO substitute (order_id, line, sku, qty, asked_at, until_at, price)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let params = rusqlite::params![
        question.order.as_bytes(),
        question.line,
        question.sku.as_str(),
        i64::from(question.qty),
        question.asked_at.ms(),
        question.until.ms(),
        question.price.map(Paise::get),
    ];
    run(conn, sql, params).map(|_| ())
}

/// Whether the customer was ever asked about a line: one proposal per line.
///
/// # Errors
/// A fault of the database.
pub fn was_asked(conn: &Connection, order: OrderId, line: u8) -> DbResult<bool> {
    let sql = "SELECT 1 FROM substitute WHERE order_id = ?1 AND line = ?2";
    Ok(one(conn, sql, (order.as_bytes(), line), |_| Ok(()))?.is_some())
}

/// What the customer was told that a piece of a substitute costs, where that is less than what was ordered.
///
/// # Errors
/// A fault of the database.
pub fn quoted(conn: &Connection, order: OrderId, line: u8, sku: &SkuId) -> DbResult<Option<Paise>> {
    let sql = "SELECT price FROM substitute WHERE order_id = ?1 AND line = ?2 AND sku = ?3";
    let price = one(conn, sql, (order.as_bytes(), line, sku.as_str()), |r| r.get::<_, Option<i64>>(0))?;
    Ok(price.flatten().map(Paise::new))
}

/// The question about a line that has no answer yet.
///
/// # Errors
/// A fault of the database.
pub fn open_of(conn: &Connection, order: OrderId, line: u8) -> DbResult<Option<Question>> {
    let sql =
        format!("SELECT {COLUMNS} FROM substitute WHERE order_id = ?1 AND line = ?2 AND answer IS NULL");
    one(conn, &sql, (order.as_bytes(), line), read)
}

/// Questions of an order that have no answer yet, by time.
///
/// # Errors
/// A fault of the database.
pub fn open_in(conn: &Connection, order: OrderId) -> DbResult<Vec<Question>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM substitute WHERE order_id = ?1 AND answer IS NULL ORDER BY until_at, line"
    );
    all(conn, &sql, [order.as_bytes()], read)
}

/// Questions whose time is over, oldest first.
///
/// # Errors
/// A fault of the database.
pub fn overdue(conn: &Connection, now: Timestamp, limit: u32) -> DbResult<Vec<Question>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM substitute WHERE answer IS NULL AND until_at <= ?1
         ORDER BY until_at, order_id, line LIMIT ?2"
    );
    all(conn, &sql, (now.ms(), limit), read)
}

/// Ends a question.
///
/// # Errors
/// A fault of the database.
pub fn close(conn: &Connection, order: OrderId, line: u8, ended: Ended, at: Timestamp) -> DbResult<()> {
    let sql = "UPDATE substitute SET answer = ?3, answered_at = ?4
               WHERE order_id = ?1 AND line = ?2 AND answer IS NULL";
    run(conn, sql, (order.as_bytes(), line, ended.word(), at.ms())).map(|_| ())
}
