//! Tables `orders`, `order_line`, `order_moment`, `order_event`, `short`, `rider_card`: what is known of an order.

use super::{Connection, DbError, DbResult, add_rows, all, one, row, run};
use model::order::{Channel, Moment, Moments};
use model::order_doc::{HeadLine, OrderHead, RiderCard, SubstitutePreset};
use model::{CommandId, OrderId, Paise, Qty, Timestamp};
use rusqlite::ToSql;

/// An order without its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRow {
    /// The order.
    pub order: OrderId,
    /// Its short number.
    pub number: String,
    /// How it came in.
    pub channel: Channel,
    /// The hour of its document.
    pub hour: i64,
    /// When the customer was promised to have it.
    pub promise_at: Timestamp,
    /// For the label, or empty.
    pub first_name: String,
    /// Cash that was agreed at checkout; what is collected may be less (`flows/price.rs`).
    pub cod: Paise,
    /// What to do about missing goods.
    pub preset: SubstitutePreset,
    /// When the store got it.
    pub received_at: Timestamp,
    /// When nothing was left to do.
    pub ended_at: Option<Timestamp>,
}

const COLUMNS: &str =
    "order_id, number, channel, hour, promise_at, first_name, cod, preset, received_at, ended_at";

fn read(r: &rusqlite::Row<'_>) -> rusqlite::Result<OrderRow> {
    Ok(OrderRow {
        order: row::id(r, 0, OrderId::from_bytes)?,
        number: r.get(1)?,
        channel: row::serde_word(r, 2)?,
        hour: r.get(3)?,
        promise_at: row::time(r, 4)?,
        first_name: r.get(5)?,
        cod: Paise::new(r.get(6)?),
        preset: row::serde_word(r, 7)?,
        received_at: row::time(r, 8)?,
        ended_at: row::time_or(r, 9)?,
    })
}

/// Enters a new order with its lines. `head_sha` is the SHA-256 of what was ordered.
///
/// # Errors
/// A fault of the database, also when the order is there already.
pub fn insert(conn: &Connection, order: &OrderRow, lines: &[HeadLine], head_sha: &[u8; 32]) -> DbResult<()> {
    let sql =
        "INSERT INTO orders (order_id, number, channel, hour, promise_at, first_name, cod, preset, head_sha,
                 received_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    let params = rusqlite::params![
        order.order.as_bytes(),
        order.number,
        row::to_word(&order.channel)?,
        order.hour,
        order.promise_at.ms(),
        order.first_name,
        order.cod.get(),
        row::to_word(&order.preset)?,
        head_sha.as_slice(),
        order.received_at.ms(),
    ];
    run(conn, sql, params)?;
    let id = order.order.as_bytes();
    let line = |(place, line): (i64, &HeadLine)| (place, line.qty.get(), line.unit_price.get());
    let numbers: Vec<_> = (0_i64..).zip(lines).map(line).collect();
    let skus: Vec<&str> = lines.iter().map(|line| line.sku.as_str()).collect();
    let values: Vec<&dyn ToSql> = skus
        .iter()
        .zip(&numbers)
        .flat_map(|(sku, (place, qty, price))| [&id as &dyn ToSql, place, sku, qty, price])
        .collect();
    let into = ("order_line", "order_id, line, sku, qty, unit_price");
    add_rows(conn, into, lines.len(), &values)
}

/// One order.
///
/// # Errors
/// A fault of the database.
pub fn find(conn: &Connection, order: &OrderId) -> DbResult<Option<OrderRow>> {
    let sql = format!("SELECT {COLUMNS} FROM orders WHERE order_id = ?1");
    one(conn, &sql, [order.as_bytes()], read)
}

/// One order that another row names.
///
/// # Errors
/// Also when it is not there: then the database is corrupt.
pub fn must(conn: &Connection, order: &OrderId) -> DbResult<OrderRow> {
    find(conn, order)?.ok_or_else(|| DbError::Corrupt(format!("no order {order}")))
}

/// What was ordered.
///
/// # Errors
/// A fault of the database.
pub fn head(conn: &Connection, order: &OrderId) -> DbResult<Option<OrderHead>> {
    let Some(row) = find(conn, order)? else { return Ok(None) };
    Ok(Some(OrderHead {
        number: row.number,
        channel: row.channel,
        promise_at: row.promise_at,
        first_name: row.first_name,
        cod: row.cod,
        preset: row.preset,
        lines: lines(conn, order)?.into_iter().map(|(_, line)| line).collect(),
    }))
}

/// SHA-256 of what was ordered.
///
/// # Errors
/// A fault of the database.
pub fn head_sha(conn: &Connection, order: &OrderId) -> DbResult<Option<[u8; 32]>> {
    one(conn, "SELECT head_sha FROM orders WHERE order_id = ?1", [order.as_bytes()], |r| r.get(0))
}

/// Orders that are not ended, most urgent first.
///
/// # Errors
/// A fault of the database.
pub fn open(conn: &Connection) -> DbResult<Vec<OrderRow>> {
    let sql = format!("SELECT {COLUMNS} FROM orders WHERE ended_at IS NULL ORDER BY promise_at, order_id");
    all(conn, &sql, [], read)
}

/// Orders that ended after a time, latest first.
///
/// # Errors
/// A fault of the database.
pub fn ended_since(conn: &Connection, since: Timestamp, limit: u32) -> DbResult<Vec<OrderRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM orders WHERE ended_at IS NOT NULL AND ended_at >= ?1
         ORDER BY ended_at DESC, order_id LIMIT ?2"
    );
    all(conn, &sql, (since.ms(), limit), read)
}

/// An order's lines, by number.
///
/// # Errors
/// A fault of the database.
pub fn lines(conn: &Connection, order: &OrderId) -> DbResult<Vec<(u8, HeadLine)>> {
    let sql = "SELECT line, sku, qty, unit_price FROM order_line WHERE order_id = ?1 ORDER BY line";
    all(conn, sql, [order.as_bytes()], |r| {
        let line =
            HeadLine { sku: row::code(r, 1)?, qty: row::qty(r, 2)?, unit_price: Paise::new(r.get(3)?) };
        Ok((r.get(0)?, line))
    })
}

/// An order's times.
///
/// # Errors
/// A fault of the database.
pub fn moments(conn: &Connection, order: &OrderId) -> DbResult<Moments> {
    let sql = "SELECT moment, at FROM order_moment WHERE order_id = ?1 ORDER BY moment";
    let read =
        |r: &rusqlite::Row<'_>| Ok((row::word(r, 0, "a moment", Moment::from_field)?, row::time(r, 1)?));
    Ok(Moments(all(conn, sql, [order.as_bytes()], read)?.into_iter().collect()))
}

/// Records moments that are not known yet.
///
/// # Errors
/// A fault of the database, also when one of them is known.
pub fn add_moments(conn: &Connection, order: &OrderId, moments: &[(Moment, Timestamp)]) -> DbResult<()> {
    let id = order.as_bytes();
    let rows: Vec<_> = moments.iter().map(|(moment, at)| (moment.field(), at.ms())).collect();
    let values: Vec<&dyn ToSql> =
        rows.iter().flat_map(|(moment, at)| [&id as &dyn ToSql, moment, at]).collect();
    add_rows(conn, ("order_moment", "order_id, moment, at"), rows.len(), &values)
}

/// Nothing is left to do about this order.
///
/// # Errors
/// A fault of the database.
pub fn end(conn: &Connection, order: &OrderId, at: Timestamp) -> DbResult<()> {
    let sql = "UPDATE orders SET ended_at = ?2 WHERE order_id = ?1 AND ended_at IS NULL";
    run(conn, sql, (order.as_bytes(), at.ms())).map(|_| ())
}

/// How many orders were dispatched at or after a time.
///
/// # Errors
/// A fault of the database.
pub fn dispatched_since(conn: &Connection, since: Timestamp) -> DbResult<i64> {
    // The word stands in the index's own condition.
    let sql = "SELECT count(*) FROM order_moment WHERE moment = 'ds' AND at >= ?1";
    super::number(conn, sql, [since.ms()])
}

/// How many online orders have not left the store.
///
/// # Errors
/// A fault of the database.
pub fn promised(conn: &Connection) -> DbResult<i64> {
    let sql = "SELECT count(*) FROM orders o WHERE o.channel = ?1 AND o.ended_at IS NULL AND NOT EXISTS
               (SELECT 1 FROM order_moment m WHERE m.order_id = o.order_id AND m.moment IN (?2, ?3))";
    let left = (Moment::Dispatched.field(), Moment::Delivered.field());
    super::number(conn, sql, (row::to_word(&Channel::Online)?, left.0, left.1))
}

/// One thing that happened to an order, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderEvent {
    /// When.
    pub at: Timestamp,
    /// A stable word.
    pub what: String,
    /// Particulars.
    pub detail: String,
    /// Who.
    pub person: String,
    /// At which device.
    pub device: String,
}

/// Writes down what happened, in this order.
///
/// # Errors
/// A fault of the database.
pub fn note(conn: &Connection, order: &OrderId, command: &CommandId, events: &[OrderEvent]) -> DbResult<()> {
    let (id, command) = (order.as_bytes(), command.as_bytes());
    let times: Vec<i64> = events.iter().map(|event| event.at.ms()).collect();
    let values: Vec<&dyn ToSql> = events
        .iter()
        .zip(&times)
        .flat_map(|(e, at)| [&id as &dyn ToSql, at, &e.what, &e.detail, &e.person, &e.device, &command])
        .collect();
    let into = ("order_event", "order_id, at, what, detail, person, device, command");
    add_rows(conn, into, events.len(), &values)
}

/// What happened to an order, oldest first.
///
/// # Errors
/// A fault of the database.
pub fn history(conn: &Connection, order: &OrderId) -> DbResult<Vec<OrderEvent>> {
    let sql = "SELECT at, what, detail, person, device FROM order_event WHERE order_id = ?1 ORDER BY seq";
    all(conn, sql, [order.as_bytes()], |r| {
        Ok(OrderEvent {
            at: row::time(r, 0)?,
            what: r.get(1)?,
            detail: r.get(2)?,
            person: r.get(3)?,
            device: r.get(4)?,
        })
    })
}

/// Adds units that a line's customer will not get.
///
/// # Errors
/// A fault of the database.
pub fn add_short(
    conn: &Connection,
    order: &OrderId,
    line: u8,
    qty: Qty,
    why: &str,
    at: Timestamp,
) -> DbResult<()> {
    let sql = "INSERT INTO short (order_id, line, why, qty, at) VALUES (?1, ?2, ?3, ?4, ?5)
               ON CONFLICT (order_id, line, why) DO UPDATE SET qty = qty + ?4";
    run(conn, sql, (order.as_bytes(), line, why, i64::from(qty), at.ms())).map(|_| ())
}

/// Units of an order that its customer will not get, by line.
///
/// # Errors
/// A fault of the database.
pub fn shorts(conn: &Connection, order: &OrderId) -> DbResult<Vec<(u8, Qty)>> {
    let sql = "SELECT line, sum(qty) FROM short WHERE order_id = ?1 GROUP BY line ORDER BY line";
    all(conn, sql, [order.as_bytes()], |r| Ok((r.get(0)?, row::qty(r, 1)?)))
}

/// The rider the hub chose.
///
/// # Errors
/// A fault of the database.
pub fn rider(conn: &Connection, order: &OrderId) -> DbResult<Option<RiderCard>> {
    let sql = "SELECT code, name, eta_at FROM rider_card WHERE order_id = ?1";
    one(conn, sql, [order.as_bytes()], |r| {
        Ok(RiderCard { code: r.get(0)?, name: r.get(1)?, eta_at: row::time(r, 2)? })
    })
}

/// Sets the rider.
///
/// # Errors
/// A fault of the database.
pub fn put_rider(conn: &Connection, order: &OrderId, rider: &RiderCard) -> DbResult<()> {
    let sql = "INSERT INTO rider_card (order_id, code, name, eta_at) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT (order_id) DO UPDATE SET code = ?2, name = ?3, eta_at = ?4";
    run(conn, sql, (order.as_bytes(), &rider.code, &rider.name, rider.eta_at.ms())).map(|_| ())
}

/// Takes a moment back: the order stands where it stood before. Only for a pick that begins anew after a restore.
///
/// # Errors
/// A fault of the database.
pub fn forget_moment(conn: &Connection, order: &OrderId, moment: Moment) -> DbResult<()> {
    let sql = "DELETE FROM order_moment WHERE order_id = ?1 AND moment = ?2";
    run(conn, sql, (order.as_bytes(), moment.field())).map(|_| ())
}
