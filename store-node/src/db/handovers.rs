//! Tables `handover`, `bay` and `bay_bag`: who took an order, which rider stands at which scanner, and which bags were
//! scanned for that rider so far.

use super::{Connection, DbResult, all, one, row, run};
use model::{BagId, DeviceId, OrderId, PersonId, Timestamp};

/// Keeps who took an order, from whom.
///
/// # Errors
/// A fault of the database, also when it was handed over before.
pub fn insert(
    conn: &Connection,
    order: OrderId,
    rider: &str,
    by: (&PersonId, &DeviceId),
    at: Timestamp,
) -> DbResult<()> {
    let sql = "INSERT INTO handover (order_id, rider, person, device, at) VALUES (?1, ?2, ?3, ?4, ?5)";
    run(conn, sql, (order.as_bytes(), rider, by.0.as_str(), by.1.as_str(), at.ms())).map(|_| ())
}

/// Who took an order.
///
/// # Errors
/// A fault of the database.
pub fn rider_of(conn: &Connection, order: OrderId) -> DbResult<Option<String>> {
    one(conn, "SELECT rider FROM handover WHERE order_id = ?1", [order.as_bytes()], |r| r.get(0))
}

/// A rider stands at a scanner: bags scanned there from now on are theirs. Bags of an earlier rider that are not
/// handed over are forgotten.
///
/// # Errors
/// A fault of the database.
pub fn arrive(conn: &Connection, scanner: &DeviceId, rider: &str, at: Timestamp) -> DbResult<()> {
    run(conn, "DELETE FROM bay_bag WHERE scanner = ?1", [scanner.as_str()])?;
    let sql = "INSERT INTO bay (scanner, rider, since) VALUES (?1, ?2, ?3)
               ON CONFLICT (scanner) DO UPDATE SET rider = ?2, since = ?3";
    run(conn, sql, (scanner.as_str(), rider, at.ms())).map(|_| ())
}

/// The rider at a scanner and since when.
///
/// # Errors
/// A fault of the database.
pub fn rider_at(conn: &Connection, scanner: &DeviceId) -> DbResult<Option<(String, Timestamp)>> {
    let sql = "SELECT rider, since FROM bay WHERE scanner = ?1";
    one(conn, sql, [scanner.as_str()], |r| Ok((r.get(0)?, row::time(r, 1)?)))
}

/// Notes a bag that was scanned for the rider at the scanner.
///
/// # Errors
/// A fault of the database.
pub fn collect(conn: &Connection, scanner: &DeviceId, bag: &BagId, at: Timestamp) -> DbResult<()> {
    let sql =
        "INSERT INTO bay_bag (scanner, bag, at) VALUES (?1, ?2, ?3) ON CONFLICT (scanner, bag) DO NOTHING";
    run(conn, sql, (scanner.as_str(), bag.as_str(), at.ms())).map(|_| ())
}

/// The bags of an order that were scanned for the rider at the scanner.
///
/// # Errors
/// A fault of the database.
pub fn collected(conn: &Connection, scanner: &DeviceId, order: OrderId) -> DbResult<Vec<BagId>> {
    let sql =
        "SELECT b.bag FROM bay_bag c JOIN bag b ON b.bag = c.bag WHERE c.scanner = ?1 AND b.order_id = ?2
               ORDER BY b.n";
    all(conn, sql, (scanner.as_str(), order.as_bytes()), |r| row::code(r, 0))
}
