//! Table `lot`: received batches (REQ-5).

use super::{Connection, DbError, DbResult, all, one, row, run};
use model::catalogue::TempClass;
use model::{Date, LotId, Paise, SkuId, Timestamp};

/// One received batch of one SKU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lot {
    /// Its code, as on the lot label.
    pub lot: LotId,
    /// What.
    pub sku: SkuId,
    /// Maker's batch number, or empty.
    pub batch: String,
    /// Manufactured on.
    pub made_on: Option<Date>,
    /// Last day of use.
    pub expiry: Option<Date>,
    /// MRP on the pack.
    pub mrp: Paise,
    /// What it cost, for one unit.
    pub cost: Option<Paise>,
    /// Who delivered it, or empty.
    pub supplier: String,
    /// How it must be kept.
    pub temp: TempClass,
    /// When it came.
    pub received_at: Timestamp,
}

fn read(r: &rusqlite::Row<'_>) -> rusqlite::Result<Lot> {
    Ok(Lot {
        lot: row::code(r, 0)?,
        sku: row::code(r, 1)?,
        batch: r.get(2)?,
        made_on: row::date_or(r, 3)?,
        expiry: row::date_or(r, 4)?,
        mrp: Paise::new(r.get(5)?),
        cost: r.get::<_, Option<i64>>(6)?.map(Paise::new),
        supplier: r.get(7)?,
        temp: row::word(r, 8, "a temperature class", TempClass::from_word)?,
        received_at: row::time(r, 9)?,
    })
}

const COLUMNS: &str = "lot, sku, batch, made_on, expiry, mrp, cost, supplier, temp, received_at";

/// Enters a new lot.
///
/// # Errors
/// A fault of the database, also when its code is taken.
pub fn insert(conn: &Connection, lot: &Lot) -> DbResult<()> {
    let sql = "INSERT INTO lot (lot, sku, batch, made_on, expiry, mrp, cost, supplier, gstin, fssai, temp, received_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, '', '', ?9, ?10)";
    let params = rusqlite::params![
        lot.lot.as_str(),
        lot.sku.as_str(),
        lot.batch,
        lot.made_on.map(Date::days),
        lot.expiry.map(Date::days),
        lot.mrp.get(),
        lot.cost.map(Paise::get),
        lot.supplier,
        lot.temp.word(),
        lot.received_at.ms(),
    ];
    run(conn, sql, params).map(|_| ())
}

/// One lot.
///
/// # Errors
/// A fault of the database.
pub fn find(conn: &Connection, lot: &LotId) -> DbResult<Option<Lot>> {
    one(conn, &format!("SELECT {COLUMNS} FROM lot WHERE lot = ?1"), [lot.as_str()], read)
}

/// Whether the store has ever had a lot of a product.
///
/// # Errors
/// A fault of the database.
pub fn any_of(conn: &Connection, sku: &SkuId) -> DbResult<bool> {
    Ok(one(conn, "SELECT 1 FROM lot WHERE sku = ?1 LIMIT 1", [sku.as_str()], |_| Ok(()))?.is_some())
}

/// One lot that another row names.
///
/// # Errors
/// Also when it is not there: then the database is corrupt.
pub fn must(conn: &Connection, lot: &LotId) -> DbResult<Lot> {
    find(conn, lot)?.ok_or_else(|| DbError::Corrupt(format!("no lot {lot}")))
}

/// Lots whose last day lies before `day` and that still have unblocked units somewhere.
///
/// # Errors
/// A fault of the database.
pub fn expired_before(conn: &Connection, day: Date) -> DbResult<Vec<Lot>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM lot WHERE expiry IS NOT NULL AND expiry < ?1
           AND EXISTS (SELECT 1 FROM stock s WHERE s.lot = lot.lot AND s.on_hand > s.blocked)
         ORDER BY expiry, lot"
    );
    all(conn, &sql, [day.days()], read)
}
