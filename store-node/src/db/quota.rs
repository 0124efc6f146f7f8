//! Table `quota`: cumulative rights to sell, per epoch, generation and SKU (SYNC.md). Numbers here never fall.

use super::{Connection, DbResult, Sifted, Tx, all, one, row, run};
use model::SkuId;
use model::order::{Channel, Moment};
use model::quota::{FIRST_EPOCH, FIRST_GENERATION, HubGeneration, StoreEpoch};
use serde::{Deserialize, Serialize};

/// The pair (E, G) that rights are keyed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// E.
    pub epoch: StoreEpoch,
    /// G.
    pub generation: HubGeneration,
}

impl Terms {
    /// Those of a store and a hub that nobody has restored.
    pub const FIRST: Terms = Terms { epoch: FIRST_EPOCH, generation: FIRST_GENERATION };
}

/// Rights of one SKU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rights {
    /// Units granted so far.
    pub granted: u64,
    /// Units the hub gave back so far.
    pub returned: u64,
    /// Units in hub orders that the store has taken over.
    pub orders_seen: u64,
}

impl Rights {
    /// Units the hub may still sell, or has sold in orders that are not here yet.
    pub const fn outstanding(&self) -> u64 {
        self.granted.saturating_sub(self.returned).saturating_sub(self.orders_seen)
    }
}

fn read(r: &rusqlite::Row<'_>, from: usize) -> rusqlite::Result<Rights> {
    let number = |i: usize| r.get::<_, i64>(i).map(|n| u64::try_from(n).unwrap_or(0));
    Ok(Rights { granted: number(from)?, returned: number(from + 1)?, orders_seen: number(from + 2)? })
}

/// A SKU's rights under these terms.
///
/// # Errors
/// A fault of the database.
pub fn get(conn: &Connection, terms: Terms, sku: &SkuId) -> DbResult<Rights> {
    let sql =
        "SELECT granted, returned, orders_seen FROM quota WHERE epoch = ?1 AND generation = ?2 AND sku = ?3";
    let params = (terms.epoch.0, terms.generation.0, sku.as_str());
    Ok(one(conn, sql, params, |r| read(r, 0))?.unwrap_or_default())
}

/// Every SKU's rights under these terms, by SKU.
///
/// # Errors
/// A fault of the database.
pub fn every(conn: &Connection, terms: Terms) -> DbResult<Vec<(SkuId, Rights)>> {
    let sql = "SELECT sku, granted, returned, orders_seen FROM quota WHERE epoch = ?1 AND generation = ?2 ORDER BY sku";
    all(conn, sql, (terms.epoch.0, terms.generation.0), |r| Ok((row::code(r, 0)?, read(r, 1)?)))
}

/// Sets a SKU's rights; each number at least what it was.
///
/// # Errors
/// A fault of the database.
pub fn raise(tx: &Tx<'_>, terms: Terms, sku: &SkuId, rights: &Rights) -> DbResult<()> {
    let sql = "INSERT INTO quota (epoch, generation, sku, granted, returned, orders_seen)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)
               ON CONFLICT (epoch, generation, sku) DO UPDATE SET granted = max(granted, ?4),
                 returned = max(returned, ?5), orders_seen = max(orders_seen, ?6)";
    let signed = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let params = rusqlite::params![
        terms.epoch.0,
        terms.generation.0,
        sku.as_str(),
        signed(rights.granted),
        signed(rights.returned),
        signed(rights.orders_seen),
    ];
    run(tx, sql, params)?;
    tx.shelves().forget(sku);
    Ok(())
}

/// Units of a SKU that the hub may still sell, under any terms: rights of earlier terms stay counted (rule 6).
///
/// # Errors
/// A fault of the database.
pub fn outstanding(conn: &Connection, sku: &SkuId) -> DbResult<u64> {
    let sql = "SELECT coalesce(sum(max(granted - returned - orders_seen, 0)), 0) FROM quota WHERE sku = ?1";
    Ok(u64::try_from(super::number(conn, sql, [sku.as_str()])?).unwrap_or(0))
}

/// The same over all SKUs.
///
/// # Errors
/// A fault of the database.
pub fn outstanding_total(conn: &Connection) -> DbResult<u64> {
    let sql = "SELECT coalesce(sum(max(granted - returned - orders_seen, 0)), 0) FROM quota";
    Ok(u64::try_from(super::number(conn, sql, [])?).unwrap_or(0))
}

/// Products with units that the hub may still sell, and those units, by category.
///
/// # Errors
/// A fault of the database.
pub fn outstanding_by_category(conn: &Connection) -> DbResult<Vec<(String, i64, i64)>> {
    let sql = "SELECT s.category, count(DISTINCT q.sku), sum(q.granted - q.returned - q.orders_seen)
               FROM quota q JOIN sku s ON s.sku = q.sku
               WHERE q.granted > q.returned + q.orders_seen GROUP BY s.category ORDER BY s.category";
    all(conn, sql, [], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))
}

/// Every SKU's rights under any terms, by epoch, generation and SKU.
///
/// # Errors
/// A fault of the database.
pub fn all_terms(conn: &Connection) -> DbResult<Vec<(Terms, SkuId, Rights)>> {
    let sql = "SELECT epoch, generation, sku, granted, returned, orders_seen FROM quota
               ORDER BY epoch, generation, sku";
    all(conn, sql, [], |r| {
        let terms = Terms { epoch: StoreEpoch(r.get(0)?), generation: HubGeneration(r.get(1)?) };
        Ok((terms, row::code(r, 2)?, read(r, 3)?))
    })
}

/// The same for a check: each row by its key, or what is wrong with it.
///
/// # Errors
/// When SQLite cannot give the rows at all.
pub fn sifted(conn: &Connection) -> DbResult<Sifted<String, (Terms, SkuId, Rights)>> {
    let sql = "SELECT epoch, generation, sku, granted, returned, orders_seen FROM quota
               ORDER BY epoch, generation, sku";
    let read = |r: &rusqlite::Row<'_>| {
        let terms = Terms { epoch: StoreEpoch(r.get(0)?), generation: HubGeneration(r.get(1)?) };
        Ok((terms, row::code(r, 2)?, read(r, 3)?))
    };
    super::sift(conn, sql, [], |r| row::shown(r, 3), read)
}

/// Units of the hub's orders that used rights of this store when they came, by SKU: of those that were accepted as they
/// came. One that a restored store hears of again was accepted in a former life and used nothing here.
///
/// # Errors
/// A fault of the database.
pub fn used_by_orders(conn: &Connection) -> DbResult<std::collections::BTreeMap<SkuId, u64>> {
    let sql = "SELECT l.sku, sum(l.qty) FROM orders o
               JOIN order_moment m ON m.order_id = o.order_id AND m.moment = ?1 AND m.at = o.received_at
               JOIN order_line l ON l.order_id = o.order_id
               WHERE o.channel = ?2 GROUP BY l.sku ORDER BY l.sku";
    let units = |n: i64| u64::try_from(n).unwrap_or(0);
    let channel = row::to_word(&Channel::Online)?;
    let params = (Moment::Accepted.field(), channel);
    Ok(all(conn, sql, params, |r| Ok((row::code(r, 0)?, units(r.get(1)?))))?.into_iter().collect())
}

/// What the store wants the hub's return of a SKU to reach under these terms.
///
/// # Errors
/// A fault of the database.
pub fn wanted(conn: &Connection, terms: Terms, sku: &SkuId) -> DbResult<u64> {
    let sql = "SELECT wanted FROM quota WHERE epoch = ?1 AND generation = ?2 AND sku = ?3";
    let params = (terms.epoch.0, terms.generation.0, sku.as_str());
    let found: Option<i64> = one(conn, sql, params, |r| r.get(0))?;
    Ok(u64::try_from(found.unwrap_or(0)).unwrap_or(0))
}

/// Sets it; a SKU without rights has no row, and nothing to want.
///
/// # Errors
/// A fault of the database.
pub fn set_wanted(tx: &Tx<'_>, terms: Terms, sku: &SkuId, total: u64) -> DbResult<()> {
    let sql = "UPDATE quota SET wanted = ?4 WHERE epoch = ?1 AND generation = ?2 AND sku = ?3";
    let total = i64::try_from(total).unwrap_or(i64::MAX);
    run(tx, sql, (terms.epoch.0, terms.generation.0, sku.as_str(), total))?;
    tx.shelves().forget(sku);
    Ok(())
}

/// SKUs with rights that are out, with their units, under terms before these: of older epochs, or of older generations of
/// this epoch.
///
/// # Errors
/// A fault of the database.
pub fn earlier(conn: &Connection, terms: Terms) -> DbResult<Vec<(Terms, SkuId, u64)>> {
    let sql = "SELECT epoch, generation, sku, granted - returned - orders_seen FROM quota
               WHERE (epoch < ?1 OR (epoch = ?1 AND generation < ?2)) AND granted > returned + orders_seen
               ORDER BY epoch, generation, sku";
    all(conn, sql, (terms.epoch.0, terms.generation.0), |r| {
        let terms = Terms { epoch: StoreEpoch(r.get(0)?), generation: HubGeneration(r.get(1)?) };
        Ok((terms, row::code(r, 2)?, u64::try_from(r.get::<_, i64>(3)?).unwrap_or(0)))
    })
}
