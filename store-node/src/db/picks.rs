//! Tables `pick_event` and `pick_stop`: what was scanned into which line, and the planned walk.

use super::stock::Place;
use super::{Connection, DbResult, all, one, row, run};
use model::order::Moment;
use model::{BinId, CommandId, DeviceId, LotId, OrderId, PersonId, Qty, SkuId, Timestamp};
use store_core::pick::pace::Promise;
use store_core::pick::scan::{Held, Proof};

/// Reason under which units stand blocked that a picker did not find (REQ-33).
pub const MISSING: &str = "missing";

/// One scanned piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pick {
    /// The command that scanned it.
    pub id: CommandId,
    /// For which order.
    pub order: OrderId,
    /// For which line.
    pub line: u8,
    /// From where.
    pub place: Place,
    /// Pieces.
    pub qty: Qty,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub person: PersonId,
    /// At which device.
    pub device: DeviceId,
}

/// One stop of the planned walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stop {
    /// The line.
    pub line: u8,
    /// Its place in the walk, from 0.
    pub place: u32,
    /// Its bag, from 1.
    pub bag: u8,
}

/// Remembers a pick and what proved its lot.
///
/// # Errors
/// A fault of the database, also when the id was used before.
pub fn insert(conn: &Connection, pick: &Pick, proof: Proof) -> DbResult<()> {
    let sql = "INSERT INTO pick_event (id, order_id, line, sku, lot, bin, qty, proof, at, person, device)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    let params = rusqlite::params![
        pick.id.as_bytes(),
        pick.order.as_bytes(),
        pick.line,
        pick.place.sku.as_str(),
        pick.place.lot.as_str(),
        pick.place.bin.as_str(),
        i64::from(pick.qty),
        proof.word(),
        pick.at.ms(),
        pick.person.as_str(),
        pick.device.as_str(),
    ];
    run(conn, sql, params).map(|_| ())
}

/// The person's newest pick of the order that was not taken back.
///
/// # Errors
/// A fault of the database.
pub fn last_of(conn: &Connection, order: OrderId, person: &PersonId) -> DbResult<Option<Pick>> {
    let sql = format!(
        "SELECT {PICK} FROM pick_event WHERE order_id = ?1 AND person = ?2 AND undone_by IS NULL
         ORDER BY at DESC, id DESC LIMIT 1"
    );
    one(conn, &sql, (order.as_bytes(), person.as_str()), read_pick)
}

const PICK: &str = "id, order_id, line, sku, lot, bin, qty, at, person, device";

fn read_pick(r: &rusqlite::Row<'_>) -> rusqlite::Result<Pick> {
    Ok(Pick {
        id: row::id(r, 0, CommandId::from_bytes)?,
        order: row::id(r, 1, OrderId::from_bytes)?,
        line: r.get(2)?,
        place: Place { sku: row::code(r, 3)?, lot: row::code(r, 4)?, bin: row::code(r, 5)? },
        qty: row::qty(r, 6)?,
        at: row::time(r, 7)?,
        person: row::code(r, 8)?,
        device: row::code(r, 9)?,
    })
}

/// Marks a pick as taken back by a command.
///
/// # Errors
/// A fault of the database.
pub fn undo(conn: &Connection, pick: CommandId, by: CommandId) -> DbResult<()> {
    let sql = "UPDATE pick_event SET undone_by = ?2 WHERE id = ?1 AND undone_by IS NULL";
    run(conn, sql, (pick.as_bytes(), by.as_bytes())).map(|_| ())
}

/// What is held for the order, in walking order, first expired first within a line. Units that nobody found are no lot
/// of their bin.
///
/// # Errors
/// A fault of the database.
pub fn held(conn: &Connection, order: OrderId) -> DbResult<Vec<Held>> {
    let sql = "SELECT a.line, a.sku, a.lot, a.bin, l.batch, l.expiry, a.qty, a.picked,
                 (SELECT count(*) FROM stock s WHERE s.bin = a.bin AND s.sku = a.sku AND s.on_hand >
                    (SELECT coalesce(sum(b.qty), 0) FROM stock_block b
                     WHERE b.sku = s.sku AND b.lot = s.lot AND b.bin = s.bin AND b.reason = ?2))
               FROM allocation a JOIN lot l ON l.lot = a.lot
                 LEFT JOIN pick_stop p ON p.order_id = a.order_id AND p.line = a.line
               WHERE a.order_id = ?1
               ORDER BY p.place IS NULL, p.place, a.line, l.expiry IS NULL, l.expiry, a.lot, a.bin";
    all(conn, sql, (order.as_bytes(), MISSING), |r| {
        Ok(Held {
            line: r.get(0)?,
            sku: row::code(r, 1)?,
            lot: row::code(r, 2)?,
            bin: row::code(r, 3)?,
            batch: r.get(4)?,
            expiry: row::date_or(r, 5)?,
            qty: row::qty(r, 6)?,
            picked: row::qty(r, 7)?,
            lots_in_bin: r.get(8)?,
        })
    })
}

/// Other bins that hold a product, without units that are blocked; the fullest first.
///
/// # Errors
/// A fault of the database.
pub fn other_bins(conn: &Connection, sku: &SkuId, not: &BinId, limit: u32) -> DbResult<Vec<BinId>> {
    let sql = "SELECT bin FROM stock WHERE sku = ?1 AND bin <> ?2 AND on_hand > blocked
               GROUP BY bin ORDER BY sum(on_hand - blocked) DESC, bin LIMIT ?3";
    all(conn, sql, (sku.as_str(), not.as_str(), limit), |r| row::code(r, 0))
}

/// Any lot that a product ever had here.
///
/// # Errors
/// A fault of the database.
pub fn any_lot(conn: &Connection, sku: &SkuId) -> DbResult<Option<LotId>> {
    let sql = "SELECT lot FROM lot WHERE sku = ?1 ORDER BY expiry IS NULL, expiry, lot LIMIT 1";
    one(conn, sql, [sku.as_str()], |r| row::code(r, 0))
}

/// Replaces the order's walk.
///
/// # Errors
/// A fault of the database.
pub fn set_stops(conn: &Connection, order: OrderId, stops: &[Stop]) -> DbResult<()> {
    run(conn, "DELETE FROM pick_stop WHERE order_id = ?1", [order.as_bytes()])?;
    for stop in stops {
        let sql = "INSERT INTO pick_stop (order_id, line, place, bag) VALUES (?1, ?2, ?3, ?4)";
        run(conn, sql, rusqlite::params![order.as_bytes(), stop.line, stop.place, stop.bag])?;
    }
    Ok(())
}

/// The order's walk.
///
/// # Errors
/// A fault of the database.
pub fn stops(conn: &Connection, order: OrderId) -> DbResult<Vec<Stop>> {
    let sql = "SELECT line, place, bag FROM pick_stop WHERE order_id = ?1 ORDER BY place, line";
    all(conn, sql, [order.as_bytes()], |r| Ok(Stop { line: r.get(0)?, place: r.get(1)?, bag: r.get(2)? }))
}

/// An order that nobody picks yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// Which.
    pub order: OrderId,
    /// When the store accepted it.
    pub accepted_at: Timestamp,
    /// What was promised.
    pub promise: Promise,
    /// Its lines.
    pub lines: u32,
}

/// Orders that the store has accepted and nobody picks, first promised first.
///
/// # Errors
/// A fault of the database.
pub fn waiting(conn: &Connection) -> DbResult<Vec<Waiting>> {
    let sql = "SELECT o.order_id, o.channel, o.received_at, o.promise_at,
                 (SELECT at FROM order_moment m WHERE m.order_id = o.order_id AND m.moment = ?5),
                 (SELECT count(*) FROM order_line l WHERE l.order_id = o.order_id),
                 (SELECT at FROM order_moment m WHERE m.order_id = o.order_id AND m.moment = ?1)
               FROM orders o WHERE o.ended_at IS NULL
                 AND EXISTS (SELECT 1 FROM order_moment m WHERE m.order_id = o.order_id AND m.moment = ?1)
                 AND NOT EXISTS (SELECT 1 FROM order_moment m WHERE m.order_id = o.order_id AND m.moment IN (?2, ?3, ?4, ?6))
                 AND NOT EXISTS (SELECT 1 FROM unknown_order u WHERE u.order_id = o.order_id AND u.ended_at IS NULL)
               ORDER BY o.promise_at, o.order_id";
    // One that a former life of the store sent off, and nobody picked in this one, has left all the same.
    let [accepted, picking, cancelled, delivered, placed, dispatched] = [
        Moment::Accepted,
        Moment::Picking,
        Moment::Cancelled,
        Moment::Delivered,
        Moment::Placed,
        Moment::Dispatched,
    ]
    .map(Moment::field);
    all(conn, sql, (accepted, picking, cancelled, delivered, placed, dispatched), |r| {
        let placed_at = row::time_or(r, 4)?.unwrap_or(row::time(r, 2)?);
        let promise = Promise { channel: row::serde_word(r, 1)?, placed_at, promise_at: row::time(r, 3)? };
        let (order, accepted_at) = (row::id(r, 0, OrderId::from_bytes)?, row::time(r, 6)?);
        Ok(Waiting { order, accepted_at, promise, lines: r.get(5)? })
    })
}
