//! Tables `bag` and `bag_item`: what was closed at packing, what the scale said, what left the store.

use super::{Connection, DbResult, all, one, row, run};
use model::{BagId, Grams, LotId, OrderId, Qty, SkuId, Timestamp};

/// One bag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bag {
    /// The code on its label.
    pub bag: BagId,
    /// Its order.
    pub order: OrderId,
    /// Its number in the order, from 1.
    pub n: u8,
    /// Insulated.
    pub cold: bool,
    /// Something in it breaks.
    pub fragile: bool,
    /// What its goods weigh.
    pub weight: Grams,
    /// What the scale said.
    pub weighed: Option<Grams>,
    /// When it left the store.
    pub handed_over_at: Option<Timestamp>,
}

/// Units of one lot in a bag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// For which line.
    pub line: u8,
    /// What.
    pub sku: SkuId,
    /// Which lot.
    pub lot: LotId,
    /// How many.
    pub qty: Qty,
}

const COLUMNS: &str = "bag, order_id, n, cold, fragile, weight_g, weighed_g, handed_over_at";

fn read(r: &rusqlite::Row<'_>) -> rusqlite::Result<Bag> {
    Ok(Bag {
        bag: row::code(r, 0)?,
        order: row::id(r, 1, OrderId::from_bytes)?,
        n: r.get(2)?,
        cold: r.get(3)?,
        fragile: r.get(4)?,
        weight: Grams(r.get(5)?),
        weighed: r.get::<_, Option<u32>>(6)?.map(Grams),
        handed_over_at: row::time_or(r, 7)?,
    })
}

/// Enters a closed bag with its items.
///
/// # Errors
/// A fault of the database, also when the code is taken.
pub fn insert(conn: &Connection, bag: &Bag, items: &[Item]) -> DbResult<()> {
    let sql = "INSERT INTO bag (bag, order_id, n, cold, fragile, weight_g) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let key = (bag.bag.as_str(), bag.order.as_bytes(), bag.n, bag.cold, bag.fragile, bag.weight.0);
    run(conn, sql, key)?;
    for item in items {
        let sql = "INSERT INTO bag_item (bag, line, sku, lot, qty) VALUES (?1, ?2, ?3, ?4, ?5)";
        let qty = i64::from(item.qty);
        run(conn, sql, (bag.bag.as_str(), item.line, item.sku.as_str(), item.lot.as_str(), qty))?;
    }
    Ok(())
}

/// A bag by its code.
///
/// # Errors
/// A fault of the database.
pub fn find(conn: &Connection, bag: &BagId) -> DbResult<Option<Bag>> {
    one(conn, &format!("SELECT {COLUMNS} FROM bag WHERE bag = ?1"), [bag.as_str()], read)
}

/// An order's bags by number.
///
/// # Errors
/// A fault of the database.
pub fn of(conn: &Connection, order: OrderId) -> DbResult<Vec<Bag>> {
    all(conn, &format!("SELECT {COLUMNS} FROM bag WHERE order_id = ?1 ORDER BY n"), [order.as_bytes()], read)
}

/// What lies in a bag, by line and lot.
///
/// # Errors
/// A fault of the database.
pub fn items(conn: &Connection, bag: &BagId) -> DbResult<Vec<Item>> {
    let sql = "SELECT line, sku, lot, qty FROM bag_item WHERE bag = ?1 ORDER BY line, lot";
    all(conn, sql, [bag.as_str()], |r| {
        Ok(Item { line: r.get(0)?, sku: row::code(r, 1)?, lot: row::code(r, 2)?, qty: row::qty(r, 3)? })
    })
}

/// Keeps what the scale said.
///
/// # Errors
/// A fault of the database.
pub fn set_weighed(conn: &Connection, bag: &BagId, grams: Grams) -> DbResult<()> {
    run(conn, "UPDATE bag SET weighed_g = ?2 WHERE bag = ?1", (bag.as_str(), grams.0)).map(|_| ())
}

/// All bags of an order left the store.
///
/// # Errors
/// A fault of the database.
pub fn hand_over(conn: &Connection, order: OrderId, at: Timestamp) -> DbResult<()> {
    run(conn, "UPDATE bag SET handed_over_at = ?2 WHERE order_id = ?1", (order.as_bytes(), at.ms()))
        .map(|_| ())
}
