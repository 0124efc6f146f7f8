//! Where a SKU lies, for people who walk and count: shelf by shelf along the aisles.

use super::{Connection, DbResult, all, row};
use model::{BinId, Date, LotId, SkuId};

/// A place on the walk.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stop {
    /// The zone.
    pub zone: String,
    /// The node of the floor: nodes are numbered along the aisles.
    pub node: i64,
    /// The bin.
    pub bin: BinId,
    /// The lot.
    pub lot: LotId,
    /// Its last day of use.
    pub expiry: Option<Date>,
}

/// Places of a SKU in walking order: those where the books believe in units; without any, the newest that once held some.
///
/// # Errors
/// A fault of the database.
pub fn stops(conn: &Connection, sku: &SkuId, empty: u32) -> DbResult<Vec<Stop>> {
    let sql = "SELECT b.zone, b.node, s.bin, s.lot, l.expiry FROM stock s JOIN bin b ON b.bin = s.bin JOIN lot l ON l.lot = s.lot
               WHERE s.sku = ?1 AND s.on_hand > 0 ORDER BY b.zone, b.node, s.bin, s.lot";
    let found = all(conn, sql, [sku.as_str()], stop)?;
    if !found.is_empty() {
        return Ok(found);
    }
    let sql = "SELECT b.zone, b.node, s.bin, s.lot, l.expiry FROM stock s JOIN bin b ON b.bin = s.bin JOIN lot l ON l.lot = s.lot
               WHERE s.sku = ?1 ORDER BY l.received_at DESC, s.bin, s.lot LIMIT ?2";
    all(conn, sql, (sku.as_str(), empty), stop)
}

fn stop(r: &rusqlite::Row<'_>) -> rusqlite::Result<Stop> {
    let expiry = r.get::<_, Option<i64>>(4)?.map(Date::from_days);
    Ok(Stop { zone: r.get(0)?, node: r.get(1)?, bin: row::code(r, 2)?, lot: row::code(r, 3)?, expiry })
}

/// SKUs in a bin.
///
/// # Errors
/// A fault of the database.
pub fn in_bin(conn: &Connection, bin: &str) -> DbResult<Vec<SkuId>> {
    let sql = "SELECT DISTINCT sku FROM stock WHERE bin = ?1 AND on_hand > 0 ORDER BY sku";
    all(conn, sql, [bin], |r| row::code(r, 0))
}
