//! Table `pick_price`: what a piece costs that costs not just what was agreed - a weighed one, a cheaper substitute - for as
//! long as its pick stands.

use super::{Connection, DbResult, all, number, run};
use model::order_doc::LessPaid;
use model::{CommandId, DeviceId, OrderId, Paise, Timestamp};

/// What a weighed piece, or one of a substitute, costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PickPrice {
    /// Its weight in grams; `None` where a label said the price alone, and for goods that are sold by the piece.
    pub grams: Option<u32>,
    /// Its price.
    pub paise: Paise,
    /// What the order reckoned with for it.
    pub instead_of: Paise,
    /// The scale and when it weighed; `None` where the weight stood on a label.
    pub weighed: Option<(DeviceId, Timestamp)>,
}

/// Keeps the price of a pick.
///
/// # Errors
/// A fault of the database, also when the scale's weight has priced another piece.
pub fn put(conn: &Connection, pick: CommandId, order: OrderId, line: u8, price: &PickPrice) -> DbResult<()> {
    let sql = "INSERT INTO pick_price (pick, order_id, line, grams, paise, instead_of, scale, weighed_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let params = rusqlite::params![
        pick.as_bytes(),
        order.as_bytes(),
        line,
        price.grams,
        price.paise.get(),
        price.instead_of.get(),
        price.weighed.as_ref().map(|(scale, _)| scale.as_str()),
        price.weighed.as_ref().map(|(_, at)| at.ms()),
    ];
    run(conn, sql, params).map(|_| ())
}

/// Forgets the price of a pick that was taken back, if it had one.
///
/// # Errors
/// A fault of the database.
pub fn take_back(conn: &Connection, pick: CommandId) -> DbResult<()> {
    run(conn, "DELETE FROM pick_price WHERE pick = ?1", [pick.as_bytes()]).map(drop)
}

/// What the pieces of an order's lines cost less than was reckoned, by line; none where a line costs as much or more. What
/// one product weighs more takes nothing off what another is cheaper.
///
/// # Errors
/// A fault of the database.
pub fn less(conn: &Connection, order: OrderId) -> DbResult<Vec<LessPaid>> {
    let sql = "SELECT line, sum(less) FROM (
                   SELECT p.line, max(sum(p.instead_of - p.paise), 0) AS less FROM pick_event e
                   JOIN pick_price p ON p.pick = e.id WHERE e.order_id = ?1 GROUP BY p.line, e.sku)
               GROUP BY line HAVING sum(less) > 0 ORDER BY line";
    all(conn, sql, [order.as_bytes()], |r| Ok(LessPaid { line: r.get(0)?, paise: Paise::new(r.get(1)?) }))
}

/// Forgets the prices of all of an order's pieces: it is picked from the beginning.
///
/// # Errors
/// A fault of the database.
pub fn forget(conn: &Connection, order: OrderId) -> DbResult<()> {
    let sql = "DELETE FROM pick_price WHERE pick IN (SELECT id FROM pick_event WHERE order_id = ?1)";
    run(conn, sql, [order.as_bytes()]).map(drop)
}

/// Whether a scale's weight has priced a piece already.
///
/// # Errors
/// A fault of the database.
pub fn is_used(conn: &Connection, scale: &DeviceId, at: Timestamp) -> DbResult<bool> {
    let sql = "SELECT count(*) FROM pick_price WHERE scale = ?1 AND weighed_at = ?2";
    Ok(number(conn, sql, (scale.as_str(), at.ms()))? > 0)
}
