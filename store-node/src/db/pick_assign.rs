//! Table `assignment`, the picker's side: begins, and moves to another handheld. Its end is in `assignments.rs`.

use super::{Connection, DbResult, number, one, row, run};
use model::{DeviceId, OrderId, PersonId, Timestamp};

/// Gives an order to a person.
///
/// # Errors
/// A fault of the database, also when somebody has or had it.
pub fn begin(
    conn: &Connection,
    order: OrderId,
    person: &PersonId,
    device: &DeviceId,
    at: Timestamp,
) -> DbResult<()> {
    let sql = "INSERT INTO assignment (order_id, person, device, assigned_at) VALUES (?1, ?2, ?3, ?4)";
    run(conn, sql, (order.as_bytes(), person.as_str(), device.as_str(), at.ms())).map(|_| ())
}

/// The order a person picks now, and with which handheld.
///
/// # Errors
/// A fault of the database.
pub fn of_person(conn: &Connection, person: &PersonId) -> DbResult<Option<(OrderId, DeviceId)>> {
    let sql = "SELECT order_id, device FROM assignment WHERE person = ?1 AND ended_at IS NULL
               ORDER BY assigned_at, order_id LIMIT 1";
    one(conn, sql, [person.as_str()], |r| Ok((row::id(r, 0, OrderId::from_bytes)?, row::code(r, 1)?)))
}

/// Another person takes the order over, at that device.
///
/// # Errors
/// A fault of the database.
pub fn hand_to(conn: &Connection, order: OrderId, person: &PersonId, device: &DeviceId) -> DbResult<()> {
    let sql = "UPDATE assignment SET person = ?2, device = ?3 WHERE order_id = ?1 AND ended_at IS NULL";
    run(conn, sql, (order.as_bytes(), person.as_str(), device.as_str())).map(|_| ())
}

/// The person goes on with another handheld.
///
/// # Errors
/// A fault of the database.
pub fn move_to(conn: &Connection, order: OrderId, device: &DeviceId) -> DbResult<()> {
    let sql = "UPDATE assignment SET device = ?2 WHERE order_id = ?1 AND ended_at IS NULL";
    run(conn, sql, (order.as_bytes(), device.as_str())).map(|_| ())
}

/// A number that grows with everything a handheld can show: movements, histories, notices, logins.
///
/// # Errors
/// A fault of the database.
pub fn version(conn: &Connection) -> DbResult<u64> {
    let sql = "SELECT (SELECT coalesce(max(seq), 0) FROM ledger) + (SELECT coalesce(max(seq), 0) FROM order_event)
                 + (SELECT coalesce(max(seq), 0) FROM notice) + (SELECT count(*) + count(ended_at) FROM session)";
    Ok(u64::try_from(number(conn, sql, [])?).unwrap_or(0))
}
