//! Tables `sku`, `gtin`, `gtin_name`: the products this store knows.

use super::{Connection, DbError, DbResult, Tx, all, number, one, row, run};
use model::catalogue::{Product, TempClass, Velocity};
use model::{BinId, Grams, Paise, SkuId};
use std::collections::BTreeSet;

const COLUMNS: &str = "sku, name, name_hi, brand, category, search_terms, temp, velocity, weight_g, fragile, food, mrp, \
                       price, shelf_life_days, hsn, gst_bp, unit, popularity, home_bin, min_qty, active, hub";

/// A product and what this store knows about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkuRow {
    /// The product, its barcodes left out ([`gtins_of`]).
    pub product: Product,
    /// Where it is kept.
    pub home: Option<BinId>,
    /// Below this it is low (REQ-12).
    pub min_qty: u32,
    /// The hub's catalogue names it: the hub alone says what it is and costs.
    pub hub: bool,
}

const fn velocity_word(velocity: Velocity) -> &'static str {
    match velocity {
        Velocity::A => "A",
        Velocity::B => "B",
        Velocity::C => "C",
    }
}

fn velocity_of(word: &str) -> Option<Velocity> {
    [Velocity::A, Velocity::B, Velocity::C].into_iter().find(|v| velocity_word(*v) == word)
}

fn read(r: &rusqlite::Row<'_>) -> rusqlite::Result<SkuRow> {
    let product = Product {
        sku: row::code(r, 0)?,
        gtins: Vec::new(),
        name: r.get(1)?,
        name_hi: r.get(2)?,
        brand: r.get(3)?,
        category: r.get(4)?,
        search_terms: r.get(5)?,
        temp: row::word(r, 6, "a temperature class", TempClass::from_word)?,
        velocity: row::word(r, 7, "a velocity", velocity_of)?,
        weight: Grams(r.get(8)?),
        fragile: r.get(9)?,
        food: r.get(10)?,
        mrp: Paise::new(r.get(11)?),
        price: Paise::new(r.get(12)?),
        shelf_life_days: r.get(13)?,
        hsn: r.get(14)?,
        gst_bp: r.get(15)?,
        unit: r.get(16)?,
        popularity: r.get(17)?,
        active: r.get(20)?,
    };
    Ok(SkuRow { product, home: row::code_or(r, 18)?, min_qty: r.get(19)?, hub: r.get(21)? })
}

/// Enters or renews a product with its barcodes; the home bin stays unless one is given.
///
/// # Errors
/// A fault of the database.
pub fn put(tx: &Tx<'_>, product: &Product, home: Option<&BinId>) -> DbResult<()> {
    write(tx, product, home, false)?;
    for gtin in &product.gtins {
        let sql = "INSERT INTO gtin (gtin, sku) VALUES (?1, ?2) ON CONFLICT (gtin) DO UPDATE SET sku = ?2";
        run(tx, sql, (gtin, product.sku.as_str()))?;
    }
    Ok(())
}

/// The same of one that the hub's catalogue names: from now on it is the hub's, and its barcodes are those of the hub and the
/// store's own. Says whether anything of it changed.
///
/// # Errors
/// A fault of the database.
pub fn put_of_hub(tx: &Tx<'_>, product: &Product, home: Option<&BinId>) -> DbResult<bool> {
    let sku = product.sku.as_str();
    let known = find(tx, &product.sku)?;
    let same =
        |row: &SkuRow| row.hub && Product { gtins: product.gtins.clone(), ..row.product.clone() } == *product;
    let mut changed = !known.as_ref().is_some_and(same);
    if changed || home.is_some_and(|home| known.as_ref().is_none_or(|row| row.home.as_ref() != Some(home))) {
        write(tx, product, home, true)?;
    }
    let listed: Vec<String> =
        all(tx, "SELECT gtin FROM gtin WHERE sku = ?1 AND hub = 1 ORDER BY gtin", [sku], |r| r.get(0))?;
    for gone in listed.iter().filter(|gtin| !product.gtins.contains(gtin)) {
        changed |= run(tx, "DELETE FROM gtin WHERE gtin = ?1 AND sku = ?2", (gone, sku))? > 0;
    }
    for gtin in product.gtins.iter().filter(|gtin| !listed.contains(gtin)) {
        let sql = "INSERT INTO gtin (gtin, sku, hub) VALUES (?1, ?2, 1)
                   ON CONFLICT (gtin) DO UPDATE SET sku = ?2, hub = 1";
        run(tx, sql, (gtin, sku))?;
        changed = true;
    }
    Ok(changed)
}

/// Products of the hub that its catalogue does not name any more are the store's own again, as they are.
///
/// # Errors
/// A fault of the database.
pub fn disown_others(tx: &Tx<'_>, named: &BTreeSet<&SkuId>) -> DbResult<()> {
    let of_hub: Vec<SkuId> = all(tx, "SELECT sku FROM sku WHERE hub = 1", [], |r| row::code(r, 0))?;
    for sku in of_hub.iter().filter(|sku| !named.contains(sku)) {
        run(tx, "UPDATE sku SET hub = 0 WHERE sku = ?1", [sku.as_str()])?;
        run(tx, "UPDATE gtin SET hub = 0 WHERE sku = ?1", [sku.as_str()])?;
        tx.shelves().forget(sku);
    }
    Ok(())
}

/// Which of some barcodes the hub's catalogue gives to another product.
///
/// # Errors
/// A fault of the database.
pub fn gtins_of_others(conn: &Connection, product: &Product) -> DbResult<Vec<String>> {
    let mut others = Vec::new();
    for gtin in &product.gtins {
        let sql = "SELECT 1 FROM gtin WHERE gtin = ?1 AND sku <> ?2 AND hub = 1";
        if one(conn, sql, (gtin, product.sku.as_str()), |r| r.get::<_, i64>(0))?.is_some() {
            others.push(gtin.clone());
        }
    }
    Ok(others)
}

fn write(tx: &Tx<'_>, product: &Product, home: Option<&BinId>, hub: bool) -> DbResult<()> {
    let sql = "INSERT INTO sku (sku, name, name_hi, brand, category, search_terms, temp, velocity, weight_g, fragile,
                 food, mrp, price, shelf_life_days, hsn, gst_bp, unit, popularity, home_bin, min_qty, max_qty, active,
                 hub)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, 10, 1000,
                 ?20, ?21)
               ON CONFLICT (sku) DO UPDATE SET name = ?2, name_hi = ?3, brand = ?4, category = ?5, search_terms = ?6,
                 temp = ?7, velocity = ?8, weight_g = ?9, fragile = ?10, food = ?11, mrp = ?12, price = ?13,
                 shelf_life_days = ?14, hsn = ?15, gst_bp = ?16, unit = ?17, popularity = ?18,
                 home_bin = coalesce(?19, home_bin), active = ?20, hub = max(hub, ?21)";
    let p = product;
    let params = rusqlite::params![
        p.sku.as_str(),
        p.name,
        p.name_hi,
        p.brand,
        p.category,
        p.search_terms,
        p.temp.word(),
        velocity_word(p.velocity),
        p.weight.0,
        p.fragile,
        p.food,
        p.mrp.get(),
        p.price.get(),
        p.shelf_life_days,
        p.hsn,
        p.gst_bp,
        p.unit,
        p.popularity,
        home.map(BinId::as_str),
        p.active,
        hub,
    ];
    run(tx, sql, params)?;
    tx.shelves().forget(&p.sku);
    Ok(())
}

/// One product.
///
/// # Errors
/// A fault of the database.
pub fn find(conn: &Connection, sku: &SkuId) -> DbResult<Option<SkuRow>> {
    one(conn, &format!("SELECT {COLUMNS} FROM sku WHERE sku = ?1"), [sku.as_str()], read)
}

/// One product that another row names.
///
/// # Errors
/// Also when it is not there: then the database is corrupt.
pub fn must(conn: &Connection, sku: &SkuId) -> DbResult<SkuRow> {
    find(conn, sku)?.ok_or_else(|| DbError::Corrupt(format!("no product {sku}")))
}

/// What selling a product needs: its price, its weight, its shelf life in days (0 = does not expire), and whether it is sold.
///
/// # Errors
/// A fault of the database.
pub fn sale(conn: &Connection, sku: &SkuId) -> DbResult<Option<(Paise, Grams, u32, bool)>> {
    let sql = "SELECT price, weight_g, shelf_life_days, active FROM sku WHERE sku = ?1";
    one(conn, sql, [sku.as_str()], |r| Ok((Paise::new(r.get(0)?), Grams(r.get(1)?), r.get(2)?, r.get(3)?)))
}

/// Shelf life in days of a product that is known; 0 = does not expire.
///
/// # Errors
/// A fault of the database.
pub fn shelf_life(conn: &Connection, sku: &SkuId) -> DbResult<Option<u32>> {
    one(conn, "SELECT shelf_life_days FROM sku WHERE sku = ?1", [sku.as_str()], |r| r.get(0))
}

/// Every product with popularity, best first (0 = unknown comes last).
///
/// # Errors
/// A fault of the database.
pub fn every(conn: &Connection) -> DbResult<Vec<SkuRow>> {
    let sql = format!("SELECT {COLUMNS} FROM sku ORDER BY popularity = 0, popularity, sku");
    all(conn, &sql, [], read)
}

/// Products that may stand in for another: same category, most popular first.
///
/// # Errors
/// A fault of the database.
pub fn like(conn: &Connection, product: &Product, limit: u32) -> DbResult<Vec<SkuRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM sku WHERE category = ?1 AND sku <> ?2 AND temp = ?3 AND active = 1
         ORDER BY brand <> ?4, popularity = 0, popularity, sku LIMIT ?5"
    );
    let params = (&product.category, product.sku.as_str(), product.temp.word(), &product.brand, limit);
    all(conn, &sql, params, read)
}

/// The products that match a search text (name, code or barcode), by code, after `after`.
///
/// # Errors
/// A fault of the database.
pub fn search(conn: &Connection, text: &str, after: &str, limit: u32) -> DbResult<Vec<SkuRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM sku WHERE sku > ?2 AND (?1 = '' OR instr(lower(name), ?1) > 0
           OR instr(lower(sku), ?1) > 0 OR instr(name_hi, ?1) > 0
           OR sku IN (SELECT g.sku FROM gtin g WHERE g.gtin = ?1))
         ORDER BY sku LIMIT ?3"
    );
    all(conn, &sql, (text.to_lowercase(), after, limit), read)
}

/// How many products match a search text.
///
/// # Errors
/// A fault of the database.
pub fn matches(conn: &Connection, text: &str) -> DbResult<i64> {
    let sql =
        "SELECT count(*) FROM sku WHERE ?1 = '' OR instr(lower(name), ?1) > 0 OR instr(lower(sku), ?1) > 0
               OR instr(name_hi, ?1) > 0 OR sku IN (SELECT g.sku FROM gtin g WHERE g.gtin = ?1)";
    number(conn, sql, [text.to_lowercase()])
}

/// Barcodes of a product.
///
/// # Errors
/// A fault of the database.
pub fn gtins_of(conn: &Connection, sku: &SkuId) -> DbResult<Vec<String>> {
    all(conn, "SELECT gtin FROM gtin WHERE sku = ?1 ORDER BY gtin", [sku.as_str()], |r| r.get(0))
}

/// The product that a barcode names. The digits as stored: leading zeros count.
///
/// # Errors
/// A fault of the database.
pub fn sku_of_gtin(conn: &Connection, gtin: &str) -> DbResult<Option<SkuId>> {
    one(conn, "SELECT sku FROM gtin WHERE gtin = ?1", [gtin], |r| row::code(r, 0))
}

/// Remembers the name of a barcode that no product carries yet; whether that is news.
///
/// # Errors
/// A fault of the database.
pub fn put_gtin_name(conn: &Connection, gtin: &str, name: &str, image_url: &str) -> DbResult<bool> {
    let sql = "INSERT INTO gtin_name (gtin, name, image_url) VALUES (?1, ?2, ?3)
               ON CONFLICT (gtin) DO UPDATE SET name = ?2, image_url = ?3 WHERE name <> ?2 OR image_url <> ?3";
    Ok(run(conn, sql, (gtin, name, image_url))? > 0)
}

/// How many products there are.
///
/// # Errors
/// A fault of the database.
pub fn count(conn: &Connection) -> DbResult<i64> {
    number(conn, "SELECT count(*) FROM sku", [])
}
