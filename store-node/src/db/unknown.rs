//! Table `unknown_order`: orders that the store learnt again after a restore and whose end nobody knows; and lines that
//! wait for units because of them. Decides nothing.

use super::{Connection, DbResult, all, number, one, row, run};
use model::order::Moment;
use model::{OrderId, PersonId, Qty, SkuId, Timestamp};

/// An UNKNOWN order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// Which.
    pub order: OrderId,
    /// Its short number.
    pub number: String,
    /// Since when it is UNKNOWN.
    pub since: Timestamp,
    /// A person is to have decided by then.
    pub due: Timestamp,
    /// Whose decision it is: a role or a person.
    pub owner: String,
}

/// An order becomes UNKNOWN; one that is, or was, stays as it is.
///
/// # Errors
/// A fault of the database.
pub fn add(
    conn: &Connection,
    order: &OrderId,
    since: Timestamp,
    due: Timestamp,
    owner: &str,
) -> DbResult<()> {
    let sql = "INSERT INTO unknown_order (order_id, since, due_at, owner) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT (order_id) DO UPDATE SET since = ?2, due_at = ?3, owner = ?4, ended_at = NULL,
                 ended = NULL, person = NULL WHERE ended_at IS NOT NULL";
    run(conn, sql, (order.as_bytes(), since.ms(), due.ms(), owner)).map(|_| ())
}

/// Whether an order is UNKNOWN now.
///
/// # Errors
/// A fault of the database.
pub fn is_open(conn: &Connection, order: &OrderId) -> DbResult<bool> {
    let sql = "SELECT 1 FROM unknown_order WHERE order_id = ?1 AND ended_at IS NULL";
    Ok(one(conn, sql, [order.as_bytes()], |_| Ok(()))?.is_some())
}

/// Every UNKNOWN order, first due first.
///
/// # Errors
/// A fault of the database.
pub fn open(conn: &Connection) -> DbResult<Vec<Unknown>> {
    let sql = "SELECT u.order_id, o.number, u.since, u.due_at, u.owner
               FROM unknown_order u JOIN orders o ON o.order_id = u.order_id
               WHERE u.ended_at IS NULL ORDER BY u.due_at, u.order_id";
    all(conn, sql, [], |r| {
        Ok(Unknown {
            order: row::id(r, 0, OrderId::from_bytes)?,
            number: r.get(1)?,
            since: row::time(r, 2)?,
            due: row::time(r, 3)?,
            owner: r.get(4)?,
        })
    })
}

/// Somebody, or the hub's documents, said how it ended.
///
/// # Errors
/// A fault of the database.
pub fn end(
    conn: &Connection,
    order: &OrderId,
    at: Timestamp,
    ended: &str,
    person: &PersonId,
) -> DbResult<()> {
    let sql = "UPDATE unknown_order SET ended_at = ?2, ended = ?3, person = ?4 WHERE order_id = ?1";
    run(conn, sql, (order.as_bytes(), at.ms(), ended, person.as_str())).map(|_| ())
}

/// Whether an order with this SKU is UNKNOWN: its units may or may not be missing.
///
/// # Errors
/// A fault of the database.
pub fn any_on(conn: &Connection, sku: &SkuId) -> DbResult<bool> {
    let sql =
        "SELECT EXISTS (SELECT 1 FROM unknown_order u CROSS JOIN order_line l ON l.order_id = u.order_id
                 WHERE u.ended_at IS NULL AND l.sku = ?1)
                 OR EXISTS (SELECT 1 FROM unknown_order u CROSS JOIN allocation a ON a.order_id = u.order_id
                 WHERE u.ended_at IS NULL AND a.sku = ?1)";
    Ok(number(conn, sql, [sku.as_str()])? != 0)
}

/// Units of a SKU that are promised and not held: of UNKNOWN orders, and of lines that wait for units. A line that waits
/// for its customer's word about a substitute needs none. What a former life picked for an UNKNOWN order that nobody
/// packed is on the shelf again, where the count finds it, and is picked from the beginning if the order goes on: it is
/// needed once more.
///
/// # Errors
/// A fault of the database.
pub fn need(conn: &Connection, sku: &SkuId) -> DbResult<u64> {
    let waiting = gaps(conn, sku)?.iter().map(|gap| u64::from(gap.qty.get())).sum::<u64>();
    let sql = "SELECT coalesce(sum(max(l.qty
                 - (SELECT coalesce(sum(a.qty - CASE WHEN p.order_id IS NULL THEN a.picked ELSE 0 END), 0)
                    FROM allocation a WHERE a.order_id = l.order_id AND a.line = l.line)
                 - (SELECT coalesce(sum(s.qty), 0) FROM short s WHERE s.order_id = l.order_id AND s.line = l.line), 0)), 0)
               FROM unknown_order u CROSS JOIN order_line l ON l.order_id = u.order_id
                 LEFT JOIN order_moment p ON p.order_id = u.order_id AND p.moment = ?2
               WHERE u.ended_at IS NULL AND l.sku = ?1";
    let unknown = u64::try_from(number(conn, sql, [sku.as_str(), Moment::Packed.field()])?).unwrap_or(0);
    Ok(waiting.saturating_add(unknown))
}

/// A line that waits for units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// The order.
    pub order: OrderId,
    /// Its line.
    pub line: u8,
    /// Units that are neither held, nor given up, nor asked about.
    pub qty: Qty,
}

/// Lines of orders whose end is known and that wait for units of a SKU, most urgent first.
///
/// # Errors
/// A fault of the database.
pub fn gaps(conn: &Connection, sku: &SkuId) -> DbResult<Vec<Gap>> {
    let sql = "SELECT l.order_id, l.line, max(l.qty
                 - (SELECT coalesce(sum(a.qty), 0) FROM allocation a WHERE a.order_id = l.order_id AND a.line = l.line)
                 - (SELECT coalesce(sum(s.qty), 0) FROM short s WHERE s.order_id = l.order_id AND s.line = l.line), 0) AS gap
               FROM waits w CROSS JOIN order_line l ON l.order_id = w.order_id AND l.line = w.line
                 CROSS JOIN orders o ON o.order_id = w.order_id
               WHERE l.sku = ?1 AND o.ended_at IS NULL AND gap > 0
                 AND NOT EXISTS (SELECT 1 FROM unknown_order u WHERE u.order_id = w.order_id AND u.ended_at IS NULL)
               ORDER BY o.promise_at, l.order_id, l.line";
    all(conn, sql, [sku.as_str()], |r| {
        Ok(Gap { order: row::id(r, 0, OrderId::from_bytes)?, line: r.get(1)?, qty: row::qty(r, 2)? })
    })
}

/// SKUs that lines wait for.
///
/// # Errors
/// A fault of the database.
pub fn waited_for(conn: &Connection) -> DbResult<Vec<SkuId>> {
    let sql = "SELECT DISTINCT l.sku FROM waits w CROSS JOIN order_line l ON l.order_id = w.order_id AND l.line = w.line
               ORDER BY l.sku";
    all(conn, sql, [], |r| row::code(r, 0))
}

/// A line begins to wait for units.
///
/// # Errors
/// A fault of the database.
pub fn wait(conn: &Connection, order: &OrderId, line: u8) -> DbResult<()> {
    let sql = "INSERT INTO waits (order_id, line) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
    run(conn, sql, (order.as_bytes(), line)).map(|_| ())
}

/// A line waits no longer.
///
/// # Errors
/// A fault of the database.
pub fn waited(conn: &Connection, order: &OrderId, line: u8) -> DbResult<()> {
    let sql = "DELETE FROM waits WHERE order_id = ?1 AND line = ?2";
    run(conn, sql, (order.as_bytes(), line)).map(|_| ())
}

/// No line of an order waits any longer: it has ended.
///
/// # Errors
/// A fault of the database.
pub fn waited_all(conn: &Connection, order: &OrderId) -> DbResult<()> {
    run(conn, "DELETE FROM waits WHERE order_id = ?1", [order.as_bytes()]).map(|_| ())
}

/// Whether a line waits for units.
///
/// # Errors
/// A fault of the database.
pub fn waits(conn: &Connection, order: &OrderId, line: u8) -> DbResult<bool> {
    let sql = "SELECT 1 FROM waits WHERE order_id = ?1 AND line = ?2";
    Ok(one(conn, sql, (order.as_bytes(), line), |_| Ok(()))?.is_some())
}
