//! The quick-commerce listing format: prices in paise, one line per product *and category*, no codes. What a product is:
//!
//! - Lines that agree in everything but the category are one SKU that stands in several categories.
//! - Lines that differ in anything else (another price, stock count or quantity under the same name) are different SKUs:
//!   nothing in the file says which of them is right, and merging them would invent a price or lose stock.
//! - The code is `Z-` and twelve hexadecimal digits of a hash over folded name, MRP and weight, so that the same product
//!   has the same code in tomorrow's file, at another price or with other stock. Where several different lines share all
//!   three, they are ordered by selling price, discount, stock and quantity; the first has the plain code and the others
//!   get `-2`, `-3`; they do not depend on the order of the file.
//!
//! `discountPercent` and `quantity` have no stable meaning: they take part in telling lines apart and in nothing else.

use super::field;
use super::guess;
use super::table::{Row, Table};
use super::{BadRow, CatalogueRow, Outcome, Reason};
use model::catalogue::{Product, Velocity};
use model::{Grams, Paise, Qty, SkuId};
use std::collections::{BTreeMap, BTreeSet};

const COLUMNS: &[&str] = &[
    "category",
    "name",
    "mrp",
    "discountPercent",
    "availableQuantity",
    "discountedSellingPrice",
    "weightInGms",
    "outOfStock",
    "quantity",
];

/// All that a line says except its category; the order decides who gets the plain code.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Listing {
    name: String,
    mrp: Paise,
    weight: Grams,
    price: Paise,
    discount: String,
    stock: Qty,
    quantity: String,
}

/// Where a listing stands.
struct Places {
    line: u64,
    lines: usize,
    categories: Vec<String>,
}

/// Reads a whole file.
pub fn read(bytes: &[u8]) -> Outcome<CatalogueRow> {
    let table = match Table::open(bytes, COLUMNS, &[]) {
        Ok(table) => table,
        Err(bad) => return Outcome::refused(bad),
    };
    let ignored = table.ignored.clone();
    let rows = match table.rows() {
        Ok(rows) => rows,
        Err(bad) => return Outcome::refused(bad),
    };
    let mut bad = Vec::new();
    let mut listings: BTreeMap<Listing, Places> = BTreeMap::new();
    let (mut good, mut folded) = (0, 0);
    for row in rows {
        match row.and_then(|row| line(&row).map_err(|reason| BadRow::new(row.line, reason))) {
            Ok(read) => {
                good += 1;
                folded += usize::from(read.name_was_folded);
                remember(&mut listings, read);
            }
            Err(row) => bad.push(row),
        }
    }
    let mut notes = notes(&ignored, good, folded, &listings);
    let rows = products(listings, &mut notes);
    Outcome { rows, good, bad, notes }
}

/// One good line.
struct Line {
    line: u64,
    category: String,
    listing: Listing,
    name_was_folded: bool,
}

fn line(row: &Row) -> Result<Line, Reason> {
    let category = row.filled("category")?;
    let name = row.filled("name")?;
    let mrp = field::price(row, "mrp")?;
    let price = field::price(row, "discountedSellingPrice")?;
    field::price_within_mrp(price, mrp)?;
    let weight = field::weight(row, "weightInGms")?;
    let stock = field::pieces(row, "availableQuantity")?;
    let sold_out = match row.filled("outOfStock")?.as_str() {
        "TRUE" => true,
        "FALSE" => false,
        other => return Err(field::not_a_word("outOfStock", other, "TRUE, FALSE")),
    };
    if sold_out != stock.is_zero() {
        return Err(Reason::StockContradiction { flag: sold_out, count: stock.get() });
    }
    let name_was_folded = row.was_folded("name", &name);
    let (discount, quantity) = (row.text("discountPercent")?, row.text("quantity")?);
    let listing = Listing { name, mrp, weight, price, discount, stock, quantity };
    // ` | ` parts several paths in our own format.
    Ok(Line { line: row.line, category: category.replace('|', "/"), listing, name_was_folded })
}

fn remember(listings: &mut BTreeMap<Listing, Places>, read: Line) {
    let first = Places { line: read.line, lines: 0, categories: Vec::new() };
    let places = listings.entry(read.listing).or_insert(first);
    places.lines += 1;
    if !places.categories.contains(&read.category) {
        places.categories.push(read.category);
    }
}

fn notes(
    ignored: &[String],
    good: usize,
    folded: usize,
    listings: &BTreeMap<Listing, Places>,
) -> Vec<String> {
    let several = listings.values().filter(|places| places.categories.len() > 1).count();
    let repeats: usize = listings.values().map(|places| places.lines - places.categories.len()).sum();
    let mut notes = vec![
        format!(
            "{good} good rows are {} products; {several} stand in two or more categories",
            listings.len()
        ),
        format!("{repeats} rows repeat another one exactly, category included, and count once"),
        format!("{folded} names had blanks at an edge, doubled or U+00A0: folded"),
        "temperature class, food, fragility and shelf life are guessed from category and name: check them"
            .to_owned(),
        "the file has no Hindi names, brands, barcodes, HSN codes or GST rates: left empty, GST 0".to_owned(),
        "net and gross weight are both the file's weight; velocity is C until sales are known".to_owned(),
        "discountPercent and quantity have no stable meaning and are not imported".to_owned(),
    ];
    if !ignored.is_empty() {
        notes.push(format!("columns ignored: {}", ignored.join(", ")));
    }
    notes
}

fn products(listings: BTreeMap<Listing, Places>, notes: &mut Vec<String>) -> Vec<CatalogueRow> {
    let mut used: BTreeMap<String, u32> = BTreeMap::new();
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let mut rows = Vec::new();
    for (listing, places) in listings {
        let base = code(&listing);
        let nth = used.entry(base.clone()).or_insert(0);
        *nth += 1;
        let text = if *nth == 1 { base } else { format!("{base}-{nth}") };
        if *nth > 1 {
            notes.push(format!(
                "line {}: {:?} differs from its namesake: a SKU of its own, {text}",
                places.line, listing.name
            ));
        }
        if let Ok(sku) = SkuId::new(text.clone())
            && taken.insert(text)
        {
            rows.push(product(sku, listing, places));
        }
    }
    rows.sort_by_key(|row| row.line);
    rows
}

fn product(sku: SkuId, listing: Listing, places: Places) -> CatalogueRow {
    let guess = guess::keeping(&listing.name, &places.categories);
    let mut categories = places.categories.into_iter();
    let category = categories.next().unwrap_or_default();
    let mut more_categories: Vec<String> = categories.collect();
    more_categories.sort();
    let unit = format!("{} g", listing.weight.0);
    let product = Product {
        sku,
        gtins: Vec::new(),
        name: listing.name,
        name_hi: String::new(),
        brand: String::new(),
        category,
        search_terms: String::new(),
        temp: guess.temp,
        velocity: Velocity::C,
        weight: listing.weight,
        fragile: guess.fragile,
        food: guess.food,
        mrp: listing.mrp,
        price: listing.price,
        shelf_life_days: guess.shelf_life_days,
        hsn: String::new(),
        gst_bp: 0,
        unit,
        popularity: 0,
        active: true,
    };
    CatalogueRow {
        line: places.line,
        product,
        more_categories,
        net_weight: listing.weight,
        opening_stock: listing.stock,
    }
}

/// The plain code of a listing: a hash of name, MRP and weight alone.
fn code(listing: &Listing) -> String {
    let text = format!("{}\u{1f}{}\u{1f}{}", listing.name, listing.mrp.get(), listing.weight.0);
    format!("Z-{:012X}", fnv1a(text.as_bytes()) >> 16)
}

/// FNV-1a, 64 bits: short, the same on every machine and in every release.
fn fnv1a(bytes: &[u8]) -> u64 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    bytes.iter().fold(OFFSET, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(PRIME))
}
