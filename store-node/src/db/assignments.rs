//! Table `assignment`: who picks which order.

use super::{Connection, DbResult, one, row, run};
use model::{DeviceId, OrderId, PersonId, Timestamp};

/// Who picks an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The order.
    pub order: OrderId,
    /// Who.
    pub person: PersonId,
    /// With which handheld.
    pub device: DeviceId,
    /// Since when.
    pub assigned_at: Timestamp,
    /// When the pick was over.
    pub ended_at: Option<Timestamp>,
}

/// Who picks, or picked, an order.
///
/// # Errors
/// A fault of the database.
pub fn of_order(conn: &Connection, order: &OrderId) -> DbResult<Option<Assignment>> {
    let sql = "SELECT order_id, person, device, assigned_at, ended_at FROM assignment WHERE order_id = ?1";
    one(conn, sql, [order.as_bytes()], |r| {
        Ok(Assignment {
            order: row::id(r, 0, OrderId::from_bytes)?,
            person: row::code(r, 1)?,
            device: row::code(r, 2)?,
            assigned_at: row::time(r, 3)?,
            ended_at: row::time_or(r, 4)?,
        })
    })
}

/// The pick is over.
///
/// # Errors
/// A fault of the database.
pub fn end(conn: &Connection, order: &OrderId, at: Timestamp) -> DbResult<()> {
    let sql = "UPDATE assignment SET ended_at = ?2 WHERE order_id = ?1 AND ended_at IS NULL";
    run(conn, sql, (order.as_bytes(), at.ms())).map(|_| ())
}

/// As if nobody had ever picked it: it may be given to somebody again.
///
/// # Errors
/// A fault of the database.
pub fn forget(conn: &Connection, order: &OrderId) -> DbResult<()> {
    run(conn, "DELETE FROM assignment WHERE order_id = ?1", [order.as_bytes()]).map(|_| ())
}
