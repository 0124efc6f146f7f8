//! Tables `stock` and `stock_block`: the balances. Only the ledger's writer ([`crate::flows::moving`]) may call the
//! functions that change them.

use super::{Connection, DbResult, Sifted, Tx, all, one, row, run};
use model::{BinId, LotId, Qty, SkuId, Timestamp, ZoneId};
use serde::{Deserialize, Serialize};
use store_core::fefo::LotStock;
use store_core::movement::Balance;

/// Where units are: one row of stock.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// What.
    pub sku: SkuId,
    /// Which lot.
    pub lot: LotId,
    /// Where.
    pub bin: BinId,
}

fn read_balance(r: &rusqlite::Row<'_>, from: usize) -> rusqlite::Result<Balance> {
    Ok(Balance {
        on_hand: row::qty(r, from)?,
        reserved: row::qty(r, from + 1)?,
        blocked: row::qty(r, from + 2)?,
    })
}

fn read_place(r: &rusqlite::Row<'_>) -> rusqlite::Result<Place> {
    Ok(Place { sku: row::code(r, 0)?, lot: row::code(r, 1)?, bin: row::code(r, 2)? })
}

/// The balance of a place; nothing if it never held any.
///
/// # Errors
/// A fault of the database.
pub fn balance(conn: &Connection, place: &Place) -> DbResult<Balance> {
    let sql = "SELECT on_hand, reserved, blocked FROM stock WHERE sku = ?1 AND lot = ?2 AND bin = ?3";
    let params = (place.sku.as_str(), place.lot.as_str(), place.bin.as_str());
    Ok(one(conn, sql, params, |r| read_balance(r, 0))?.unwrap_or_default())
}

/// Sets the balance of a place.
///
/// # Errors
/// A fault of the database, also when the numbers do not fit together.
pub fn set(tx: &Tx<'_>, place: &Place, balance: &Balance) -> DbResult<()> {
    // Almost always it is there: an update touches no index and asks no parent.
    let there =
        "UPDATE stock SET on_hand = ?4, reserved = ?5, blocked = ?6 WHERE sku = ?1 AND lot = ?2 AND bin = ?3";
    let new = "INSERT INTO stock (sku, lot, bin, on_hand, reserved, blocked) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let params = rusqlite::params![
        place.sku.as_str(),
        place.lot.as_str(),
        place.bin.as_str(),
        i64::from(balance.on_hand),
        i64::from(balance.reserved),
        i64::from(balance.blocked),
    ];
    if run(tx, there, params)? == 0 {
        run(tx, new, params)?;
    }
    tx.shelves().balance(&place.sku, (&place.lot, &place.bin), balance);
    Ok(())
}

/// A SKU's units by lot and bin, as the allocation needs them; first expired first.
///
/// # Errors
/// A fault of the database.
pub fn lots_of(conn: &Connection, sku: &SkuId) -> DbResult<Vec<LotStock>> {
    let sql = "SELECT s.lot, s.bin, l.expiry, s.on_hand, s.reserved, s.blocked,
                 EXISTS (SELECT 1 FROM zone_state z WHERE z.zone = b.zone AND z.phase <> 'normal')
               FROM stock s JOIN lot l ON l.lot = s.lot JOIN bin b ON b.bin = s.bin
               WHERE s.sku = ?1 AND s.on_hand > 0 ORDER BY l.expiry IS NULL, l.expiry, s.lot, s.bin";
    all(conn, sql, [sku.as_str()], |r| {
        Ok(LotStock {
            lot: row::code(r, 0)?,
            bin: row::code(r, 1)?,
            expiry: row::date_or(r, 2)?,
            balance: read_balance(r, 3)?,
            suspended: r.get(6)?,
        })
    })
}

/// SKUs that have units somewhere, by code, after `after`.
///
/// # Errors
/// A fault of the database.
pub fn skus_after(conn: &Connection, after: &str, limit: u32) -> DbResult<Vec<SkuId>> {
    let sql = "SELECT DISTINCT sku FROM stock WHERE on_hand > 0 AND sku > ?1 ORDER BY sku LIMIT ?2";
    all(conn, sql, (after, limit), |r| row::code(r, 0))
}

const EVERY: &str = "SELECT sku, lot, bin, on_hand, reserved, blocked FROM stock ORDER BY sku, lot, bin";

/// Every place with its balance, by SKU, lot and bin.
///
/// # Errors
/// A fault of the database.
pub fn every(conn: &Connection) -> DbResult<Vec<(Place, Balance)>> {
    all(conn, EVERY, [], |r| Ok((read_place(r)?, read_balance(r, 3)?)))
}

/// The same for a check: each row by its key, or what is wrong with it.
///
/// # Errors
/// When SQLite cannot give the rows at all.
pub fn sifted(conn: &Connection) -> DbResult<Sifted<String, (Place, Balance)>> {
    let read = |r: &rusqlite::Row<'_>| Ok((read_place(r)?, read_balance(r, 3)?));
    super::sift(conn, EVERY, [], |r| row::shown(r, 3), read)
}

/// Places of a lot with units.
///
/// # Errors
/// A fault of the database.
pub fn places_of_lot(conn: &Connection, lot: &LotId) -> DbResult<Vec<(Place, Balance)>> {
    let sql = "SELECT sku, lot, bin, on_hand, reserved, blocked FROM stock WHERE lot = ?1 AND on_hand > 0
               ORDER BY sku, bin";
    all(conn, sql, [lot.as_str()], |r| Ok((read_place(r)?, read_balance(r, 3)?)))
}

/// Places where a SKU has units.
///
/// # Errors
/// A fault of the database.
pub fn places_of_sku(conn: &Connection, sku: &SkuId) -> DbResult<Vec<(Place, Balance)>> {
    let sql = "SELECT sku, lot, bin, on_hand, reserved, blocked FROM stock WHERE sku = ?1 AND on_hand > 0
               ORDER BY lot, bin";
    all(conn, sql, [sku.as_str()], |r| Ok((read_place(r)?, read_balance(r, 3)?)))
}

/// Places of a zone with units that are not yet blocked.
///
/// # Errors
/// A fault of the database.
pub fn places_in_zone(conn: &Connection, zone: &ZoneId) -> DbResult<Vec<(Place, Balance)>> {
    let sql = "SELECT s.sku, s.lot, s.bin, s.on_hand, s.reserved, s.blocked FROM stock s JOIN bin b ON b.bin = s.bin
               WHERE b.zone = ?1 AND s.on_hand > s.blocked ORDER BY s.sku, s.lot, s.bin";
    all(conn, sql, [zone.as_str()], |r| Ok((read_place(r)?, read_balance(r, 3)?)))
}

/// Lots with units in a bin.
///
/// # Errors
/// A fault of the database.
pub fn lots_in_bin(conn: &Connection, bin: &BinId) -> DbResult<Vec<(Place, Balance)>> {
    let sql = "SELECT sku, lot, bin, on_hand, reserved, blocked FROM stock WHERE bin = ?1 AND on_hand > 0
               ORDER BY sku, lot";
    all(conn, sql, [bin.as_str()], |r| Ok((read_place(r)?, read_balance(r, 3)?)))
}

/// Adds units to a reason.
///
/// # Errors
/// A fault of the database.
pub fn block(conn: &Connection, place: &Place, reason: &str, qty: Qty, at: Timestamp) -> DbResult<()> {
    let sql = "INSERT INTO stock_block (sku, lot, bin, reason, qty, since) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
               ON CONFLICT (sku, lot, bin, reason) DO UPDATE SET qty = qty + ?5";
    let params = rusqlite::params![
        place.sku.as_str(),
        place.lot.as_str(),
        place.bin.as_str(),
        reason,
        i64::from(qty),
        at.ms(),
    ];
    run(conn, sql, params).map(|_| ())
}

/// Takes units from a reason; says how many that reason still holds, or `None` when it holds fewer than `qty`.
///
/// # Errors
/// A fault of the database.
pub fn unblock(conn: &Connection, place: &Place, reason: &str, qty: Qty) -> DbResult<Option<Qty>> {
    let key = (place.sku.as_str(), place.lot.as_str(), place.bin.as_str(), reason);
    let sql = "SELECT qty FROM stock_block WHERE sku = ?1 AND lot = ?2 AND bin = ?3 AND reason = ?4";
    let held = one(conn, sql, key, |r| row::qty(r, 0))?.unwrap_or_default();
    let Some(left) = held.checked_sub(qty) else { return Ok(None) };
    if left.is_zero() {
        let sql = "DELETE FROM stock_block WHERE sku = ?1 AND lot = ?2 AND bin = ?3 AND reason = ?4";
        run(conn, sql, key)?;
    } else {
        let sql = "UPDATE stock_block SET qty = ?5 WHERE sku = ?1 AND lot = ?2 AND bin = ?3 AND reason = ?4";
        run(conn, sql, (key.0, key.1, key.2, key.3, i64::from(left)))?;
    }
    Ok(Some(left))
}

/// Why units of a place are blocked: reason and units.
///
/// # Errors
/// A fault of the database.
pub fn blocks_of(conn: &Connection, place: &Place) -> DbResult<Vec<(String, Qty)>> {
    let sql = "SELECT reason, qty FROM stock_block WHERE sku = ?1 AND lot = ?2 AND bin = ?3 ORDER BY reason";
    let key = (place.sku.as_str(), place.lot.as_str(), place.bin.as_str());
    all(conn, sql, key, |r| Ok((r.get(0)?, row::qty(r, 1)?)))
}
