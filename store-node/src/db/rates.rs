//! Table `sale_rate`: what sells where, as the granting last saw it.

use super::{Connection, DbResult, number, one, row, run};
use model::{SkuId, Timestamp};

/// A SKU's rates.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Rate {
    /// When it was brought up to date; 1970 when never.
    pub at: Timestamp,
    /// Units that the hub had sold by then.
    pub hub_units: u64,
    /// Units seen in all.
    pub seen: u64,
    /// Sold by the hub, units per hour.
    pub hub_rate: f64,
    /// Sold at the counter, units per hour.
    pub counter_rate: f64,
}

/// The rates; all nought when never looked at.
///
/// # Errors
/// A fault of the database.
pub fn get(conn: &Connection, sku: &SkuId) -> DbResult<Rate> {
    let sql = "SELECT at, hub_units, seen, hub_rate, counter_rate FROM sale_rate WHERE sku = ?1";
    let count = |n: i64| u64::try_from(n).unwrap_or(0);
    let found = one(conn, sql, [sku.as_str()], |r| {
        Ok(Rate {
            at: row::time(r, 0)?,
            hub_units: count(r.get(1)?),
            seen: count(r.get(2)?),
            hub_rate: r.get(3)?,
            counter_rate: r.get(4)?,
        })
    })?;
    Ok(found.unwrap_or_default())
}

/// Keeps them.
///
/// # Errors
/// A fault of the database.
pub fn put(conn: &Connection, sku: &SkuId, rate: &Rate) -> DbResult<()> {
    let sql = "INSERT INTO sale_rate (sku, at, hub_units, seen, hub_rate, counter_rate)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)
               ON CONFLICT (sku) DO UPDATE SET at = ?2, hub_units = ?3, seen = ?4, hub_rate = ?5, counter_rate = ?6";
    let int = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let params = rusqlite::params![
        sku.as_str(),
        rate.at.ms(),
        int(rate.hub_units),
        int(rate.seen),
        rate.hub_rate,
        rate.counter_rate,
    ];
    run(conn, sql, params).map(|_| ())
}

/// Units of a SKU in hub orders, under all terms.
///
/// # Errors
/// A fault of the database.
pub fn hub_units(conn: &Connection, sku: &SkuId) -> DbResult<u64> {
    let sql = "SELECT coalesce(sum(orders_seen), 0) FROM quota WHERE sku = ?1";
    Ok(u64::try_from(number(conn, sql, [sku.as_str()])?).unwrap_or(0))
}
