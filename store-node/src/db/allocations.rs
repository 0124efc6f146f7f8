//! Table `allocation`: the units held for each line. The sum of `qty - picked` over a place is its reserved units.

use super::stock::Place;
use super::{Connection, DbResult, Sifted, add_rows, all, row, run};
use model::{OrderId, Qty};
use rusqlite::ToSql;

/// Units of one place held for one line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Allocation {
    /// The order.
    pub order: OrderId,
    /// Its line.
    pub line: u8,
    /// From where; the SKU differs from the line's for a substitute.
    pub place: Place,
    /// Units held, picked ones among them.
    pub qty: Qty,
    /// Of these, picked.
    pub picked: Qty,
}

impl Allocation {
    /// Units still on the shelf for this line.
    pub fn open(&self) -> Qty {
        self.qty.saturating_sub(self.picked)
    }
}

const COLUMNS: &str = "order_id, line, sku, lot, bin, qty, picked";

fn read(r: &rusqlite::Row<'_>) -> rusqlite::Result<Allocation> {
    Ok(Allocation {
        order: row::id(r, 0, OrderId::from_bytes)?,
        line: r.get(1)?,
        place: Place { sku: row::code(r, 2)?, lot: row::code(r, 3)?, bin: row::code(r, 4)? },
        qty: row::qty(r, 5)?,
        picked: row::qty(r, 6)?,
    })
}

/// What is held for an order, by line, lot and bin.
///
/// # Errors
/// A fault of the database.
pub fn of_order(conn: &Connection, order: &OrderId) -> DbResult<Vec<Allocation>> {
    let sql = format!("SELECT {COLUMNS} FROM allocation WHERE order_id = ?1 ORDER BY line, lot, bin");
    all(conn, &sql, [order.as_bytes()], read)
}

/// Who holds units of a place that are still on the shelf, most urgent order first.
///
/// # Errors
/// A fault of the database.
pub fn open_at(conn: &Connection, place: &Place) -> DbResult<Vec<Allocation>> {
    // An order that has ended holds nothing on a shelf; the open ones are few. The order of the tables is ours.
    let sql = "SELECT a.order_id, a.line, a.sku, a.lot, a.bin, a.qty, a.picked
               FROM orders o CROSS JOIN allocation a ON a.order_id = o.order_id
               WHERE o.ended_at IS NULL AND a.sku = ?1 AND a.lot = ?2 AND a.bin = ?3 AND a.qty > a.picked
               ORDER BY o.promise_at, a.order_id, a.line";
    all(conn, sql, (place.sku.as_str(), place.lot.as_str(), place.bin.as_str()), read)
}

/// Every holding with units still on the shelf, by order and line.
///
/// # Errors
/// A fault of the database.
pub fn every_open(conn: &Connection) -> DbResult<Vec<Allocation>> {
    let sql =
        format!("SELECT {COLUMNS} FROM allocation WHERE qty > picked ORDER BY order_id, line, lot, bin");
    all(conn, &sql, [], read)
}

/// The same for a check: each row by its key, or what is wrong with it.
///
/// # Errors
/// When SQLite cannot give the rows at all.
pub fn sifted_open(conn: &Connection) -> DbResult<Sifted<String, Allocation>> {
    let sql =
        format!("SELECT {COLUMNS} FROM allocation WHERE qty > picked ORDER BY order_id, line, lot, bin");
    super::sift(conn, &sql, [], |r| row::shown(r, 5), read)
}

/// Holds more units of a place for a line.
///
/// # Errors
/// A fault of the database.
pub fn add(conn: &Connection, order: &OrderId, line: u8, place: &Place, qty: Qty) -> DbResult<()> {
    let sql = "INSERT INTO allocation (order_id, line, sku, lot, bin, qty, picked) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0)
               ON CONFLICT (order_id, line, lot, bin) DO UPDATE SET qty = qty + ?6";
    let params = rusqlite::params![
        order.as_bytes(),
        line,
        place.sku.as_str(),
        place.lot.as_str(),
        place.bin.as_str(),
        i64::from(qty),
    ];
    run(conn, sql, params).map(|_| ())
}

/// Holds units for lines that held none before.
///
/// # Errors
/// A fault of the database, also when a line holds units of the place already.
pub fn add_all(conn: &Connection, order: &OrderId, held: &[(u8, Place, Qty)]) -> DbResult<()> {
    let order = order.as_bytes();
    let texts: Vec<_> =
        held.iter().map(|(_, p, _)| (p.sku.as_str(), p.lot.as_str(), p.bin.as_str())).collect();
    let units: Vec<i64> = held.iter().map(|(_, _, qty)| i64::from(*qty)).collect();
    let values: Vec<&dyn ToSql> = held
        .iter()
        .zip(&texts)
        .zip(&units)
        .flat_map(|(((line, ..), (sku, lot, bin)), qty)| {
            [&order as &dyn ToSql, line, sku, lot, bin, qty, &0_u32]
        })
        .collect();
    add_rows(conn, ("allocation", COLUMNS), held.len(), &values)
}

/// Sets the numbers of a holding; one of nothing goes.
///
/// # Errors
/// A fault of the database, also when more would be picked than held.
pub fn set(conn: &Connection, allocation: &Allocation) -> DbResult<()> {
    let a = allocation;
    let key = (a.order.as_bytes(), a.line, a.place.lot.as_str(), a.place.bin.as_str());
    if a.qty.is_zero() {
        let sql = "DELETE FROM allocation WHERE order_id = ?1 AND line = ?2 AND lot = ?3 AND bin = ?4";
        return run(conn, sql, key).map(|_| ());
    }
    let sql = "UPDATE allocation SET qty = ?5, picked = ?6 WHERE order_id = ?1 AND line = ?2 AND lot = ?3 AND bin = ?4";
    run(conn, sql, (key.0, key.1, key.2, key.3, i64::from(a.qty), i64::from(a.picked))).map(|_| ())
}
