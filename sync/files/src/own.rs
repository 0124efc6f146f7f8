//! Larder's own catalogue format: one row per SKU, every column of the model, exact words. What is exported imports
//! again as the same rows.

use super::field::{self, not_a_word};
use super::gtins::padded;
use super::table::{Row, Table};
use super::{BadRow, CATEGORIES_MAX, CatalogueRow, GTINS_MAX, Outcome, Reason, SHELF_LIFE_DAYS_MAX};
use model::catalogue::{Product, TempClass, Velocity};
use model::{Qty, SkuId};
use std::collections::BTreeMap;

/// The columns in the order of an export. `gtins` and `search_terms` are separated by blanks, several category paths
/// by ` | `; money is in paise, weight in grams.
pub const COLUMNS: &[&str] = &[
    "sku",
    "gtins",
    "name",
    "name_hi",
    "brand",
    "category",
    "search_terms",
    "temp",
    "velocity",
    "net_g",
    "gross_g",
    "fragile",
    "food",
    "mrp_paise",
    "price_paise",
    "shelf_life_days",
    "hsn",
    "gst_bp",
    "unit",
    "popularity",
    "opening_stock",
    "active",
];

/// GST rates that exist or existed, in basis points.
const GST_RATES: &[u32] = &[0, 25, 300, 500, 1_200, 1_800, 2_800, 4_000];

/// Where codes and barcodes stood first.
#[derive(Default)]
struct Seen {
    skus: BTreeMap<SkuId, u64>,
    gtins: BTreeMap<String, u64>,
}

/// Reads a whole file.
pub fn read(bytes: &[u8]) -> Outcome<CatalogueRow> {
    let table = match Table::open(bytes, COLUMNS, &["opening_stock", "active"]) {
        Ok(table) => table,
        Err(bad) => return Outcome::refused(bad),
    };
    let ignored = table.ignored.clone();
    let rows = match table.rows() {
        Ok(rows) => rows,
        Err(bad) => return Outcome::refused(bad),
    };
    let mut outcome = Outcome { rows: Vec::new(), good: 0, bad: Vec::new(), notes: Vec::new() };
    if !ignored.is_empty() {
        outcome.notes.push(format!("columns ignored: {}", ignored.join(", ")));
    }
    let mut seen = Seen::default();
    for row in rows {
        match row.and_then(|row| entry(&row, &seen).map_err(|reason| BadRow::new(row.line, reason))) {
            Ok(entry) => {
                seen.skus.insert(entry.product.sku.clone(), entry.line);
                let gtins = entry.product.gtins.iter().map(|gtin| (padded(gtin), entry.line));
                seen.gtins.extend(gtins);
                outcome.good += 1;
                outcome.rows.push(entry);
            }
            Err(bad) => outcome.bad.push(bad),
        }
    }
    outcome
}

fn entry(row: &Row, seen: &Seen) -> Result<CatalogueRow, Reason> {
    let sku = SkuId::new(row.filled("sku")?).map_err(|e| Reason::SkuCode(e.to_string()))?;
    if let Some(line) = seen.skus.get(&sku) {
        return Err(Reason::Duplicate { column: "sku", text: sku.to_string(), line: *line });
    }
    let (mrp, price) = (field::price(row, "mrp_paise")?, field::price(row, "price_paise")?);
    field::price_within_mrp(price, mrp)?;
    let (net_weight, weight) = (field::weight(row, "net_g")?, field::weight(row, "gross_g")?);
    if net_weight > weight {
        return Err(Reason::NetAboveGross { net: net_weight.0, gross: weight.0 });
    }
    let mut categories = categories(row)?.into_iter();
    let product = Product {
        sku,
        gtins: gtins(row, seen)?,
        name: row.filled("name")?,
        name_hi: row.text("name_hi")?,
        brand: row.text("brand")?,
        category: categories.next().ok_or(Reason::Empty("category"))?,
        search_terms: row.text("search_terms")?,
        temp: temp(row)?,
        velocity: velocity(row)?,
        weight,
        fragile: yes(row, "fragile")?,
        food: yes(row, "food")?,
        mrp,
        price,
        shelf_life_days: field::number(row, "shelf_life_days", 0, SHELF_LIFE_DAYS_MAX)?,
        hsn: hsn(row)?,
        gst_bp: gst(row)?,
        unit: row.text("unit")?,
        popularity: field::number(row, "popularity", 0, u32::MAX)?,
        active: row.text("active")?.is_empty() || yes(row, "active")?,
    };
    let opening_stock = match row.text("opening_stock")?.as_str() {
        "" => Qty::ZERO,
        _ => field::pieces(row, "opening_stock")?,
    };
    Ok(CatalogueRow {
        line: row.line,
        product,
        more_categories: categories.collect(),
        net_weight,
        opening_stock,
    })
}

fn gtins(row: &Row, seen: &Seen) -> Result<Vec<String>, Reason> {
    let text = row.text("gtins")?;
    let gtins: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    if gtins.len() > GTINS_MAX {
        return Err(Reason::TooMany("gtins", gtins.len(), GTINS_MAX));
    }
    let mut own = BTreeMap::new();
    for gtin in &gtins {
        field::gtin(gtin)?;
        let repeated = seen.gtins.get(&padded(gtin)).copied().or(own.insert(padded(gtin), row.line));
        if let Some(line) = repeated {
            return Err(Reason::Duplicate { column: "gtins", text: gtin.clone(), line });
        }
    }
    Ok(gtins)
}

/// The category paths: the first is the main one, the others sorted and without repeats.
fn categories(row: &Row) -> Result<Vec<String>, Reason> {
    let text = row.filled("category")?;
    let mut paths: Vec<String> = text.split('|').map(|path| path.trim().to_owned()).collect();
    if paths.iter().any(String::is_empty) {
        return Err(Reason::Empty("category"));
    }
    if paths.len() > CATEGORIES_MAX {
        return Err(Reason::TooMany("category", paths.len(), CATEGORIES_MAX));
    }
    let main = paths.remove(0);
    paths.retain(|path| *path != main);
    paths.sort();
    paths.dedup();
    paths.insert(0, main);
    Ok(paths)
}

fn temp(row: &Row) -> Result<TempClass, Reason> {
    let text = row.filled("temp")?;
    TempClass::from_word(&text).ok_or_else(|| not_a_word("temp", &text, "ambient, fresh, chilled, frozen"))
}

fn velocity(row: &Row) -> Result<Velocity, Reason> {
    match row.filled("velocity")?.as_str() {
        "A" => Ok(Velocity::A),
        "B" => Ok(Velocity::B),
        "C" => Ok(Velocity::C),
        other => Err(not_a_word("velocity", other, "A, B, C")),
    }
}

fn yes(row: &Row, column: &'static str) -> Result<bool, Reason> {
    match row.filled(column)?.as_str() {
        "yes" => Ok(true),
        "no" => Ok(false),
        other => Err(not_a_word(column, other, "yes, no")),
    }
}

fn hsn(row: &Row) -> Result<String, Reason> {
    let text = row.text("hsn")?;
    let form = matches!(text.len(), 0 | 4 | 6 | 8) && text.bytes().all(|b| b.is_ascii_digit());
    if form { Ok(text) } else { Err(not_a_word("hsn", &text, "4, 6 or 8 digits, or empty")) }
}

fn gst(row: &Row) -> Result<u32, Reason> {
    let rate = field::number(row, "gst_bp", 0, 4_000)?;
    if GST_RATES.contains(&rate) {
        return Ok(rate);
    }
    Err(not_a_word("gst_bp", &rate.to_string(), "0, 25, 300, 500, 1200, 1800, 2800, 4000"))
}

/// Writes rows as a file of this format: UTF-8 without byte-order mark, LF, header first, in the order given. Fails only
/// as the CSV writer does.
pub fn export(rows: &[CatalogueRow]) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    writer.write_record(COLUMNS)?;
    for row in rows {
        writer.write_record(record(row))?;
    }
    writer.into_inner().map_err(|e| e.into_error().into())
}

fn record(row: &CatalogueRow) -> [String; 22] {
    let p = &row.product;
    let yes = |is: bool| if is { "yes" } else { "no" }.to_owned();
    let velocity = match p.velocity {
        Velocity::A => "A",
        Velocity::B => "B",
        Velocity::C => "C",
    };
    let categories: Vec<&str> =
        std::iter::once(&p.category).chain(&row.more_categories).map(String::as_str).collect();
    [
        p.sku.to_string(),
        p.gtins.join(" "),
        p.name.clone(),
        p.name_hi.clone(),
        p.brand.clone(),
        categories.join(" | "),
        p.search_terms.clone(),
        p.temp.word().to_owned(),
        velocity.to_owned(),
        row.net_weight.0.to_string(),
        p.weight.0.to_string(),
        yes(p.fragile),
        yes(p.food),
        p.mrp.get().to_string(),
        p.price.get().to_string(),
        p.shelf_life_days.to_string(),
        p.hsn.clone(),
        p.gst_bp.to_string(),
        p.unit.clone(),
        p.popularity.to_string(),
        row.opening_stock.to_string(),
        yes(p.active),
    ]
}
