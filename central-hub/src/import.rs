//! Reads a catalogue in Larder's own CSV (the same file a store imports): money in paise, weight in grams, barcodes and
//! search terms separated by blanks. Bad rows are named by line; nothing is put in unless all are good.

use model::catalogue::{Product, TempClass, Velocity};
use model::{Grams, Paise, SkuId};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// Why a file is no catalogue.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Rows that cannot stand.
    #[error("{path} has {} bad rows; nothing was imported:\n  {}", wrong.len(), wrong.join("\n  "))]
    Rows {
        /// Which.
        path: PathBuf,
        /// Each with its line, at most twenty.
        wrong: Vec<String>,
    },
}

/// Named rows, at most.
const NAMED: usize = 20;

#[derive(Deserialize)]
struct Row {
    sku: String,
    #[serde(default)]
    gtins: String,
    name: String,
    #[serde(default)]
    name_hi: String,
    #[serde(default)]
    brand: String,
    category: String,
    #[serde(default)]
    search_terms: String,
    temp: String,
    velocity: Velocity,
    gross_g: u32,
    fragile: String,
    food: String,
    mrp_paise: i64,
    price_paise: i64,
    shelf_life_days: u32,
    #[serde(default)]
    hsn: String,
    gst_bp: u32,
    unit: String,
    popularity: u32,
    #[serde(default)]
    active: String,
}

/// Reads a whole file.
///
/// # Errors
/// [`ImportError`].
pub fn catalogue(path: &Path) -> Result<Vec<Product>, ImportError> {
    let bytes = std::fs::read(path).map_err(|source| ImportError::Read { path: path.to_owned(), source })?;
    let mut products = Vec::new();
    let mut wrong = Vec::new();
    let mut reader = csv::Reader::from_reader(bytes.as_slice());
    for (at, row) in reader.deserialize::<Row>().enumerate() {
        // The header is line 1.
        match row.map_err(|e| e.to_string()).and_then(product) {
            Ok(product) => products.push(product),
            Err(why) if wrong.len() < NAMED => wrong.push(format!("row {}: {why}", at + 2)),
            Err(_) => {}
        }
    }
    if wrong.is_empty() { Ok(products) } else { Err(ImportError::Rows { path: path.to_owned(), wrong }) }
}

fn product(row: Row) -> Result<Product, String> {
    let yes = |column: &str, text: &str| match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        other => Err(format!("{column}: yes or no, not {other:?}")),
    };
    if row.price_paise <= 0 || row.price_paise > row.mrp_paise {
        return Err(format!(
            "price_paise {}: above 0 and at most the MRP {}",
            row.price_paise, row.mrp_paise
        ));
    }
    if row.name.trim().is_empty() {
        return Err("name: empty".to_owned());
    }
    Ok(Product {
        sku: SkuId::new(row.sku).map_err(|e| format!("sku: {e}"))?,
        gtins: row.gtins.split_whitespace().map(str::to_owned).collect(),
        name: row.name,
        name_hi: row.name_hi,
        brand: row.brand,
        // The first path is the main one, as a store reads it.
        category: row.category.split('|').next().unwrap_or_default().trim().to_owned(),
        search_terms: row.search_terms,
        temp: TempClass::from_word(&row.temp).ok_or(format!("temp: {:?} is no word", row.temp))?,
        velocity: row.velocity,
        weight: Grams(row.gross_g),
        fragile: yes("fragile", &row.fragile)?,
        food: yes("food", &row.food)?,
        mrp: Paise::new(row.mrp_paise),
        price: Paise::new(row.price_paise),
        shelf_life_days: row.shelf_life_days,
        hsn: row.hsn,
        gst_bp: row.gst_bp,
        unit: row.unit,
        popularity: row.popularity,
        active: row.active.is_empty() || yes("active", &row.active)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "sku,gtins,name,name_hi,brand,category,search_terms,temp,velocity,net_g,gross_g,fragile,food,\
                        mrp_paise,price_paise,shelf_life_days,hsn,gst_bp,unit,popularity,opening_stock\n";
    const MILK: &str = "MLK-1,9520001000010,Milk 1 L,दूध,G,Dairy > Milk,doodh,chilled,A,1000,1030,no,yes,6500,6400,2,0401,0,1 L,1,0\n";

    fn read(text: &str) -> Result<Vec<Product>, ImportError> {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("c.csv");
        std::fs::write(&file, text).unwrap();
        catalogue(&file)
    }

    #[test]
    fn a_row_is_read_and_bad_ones_are_named() {
        let good = read(&format!("{HEAD}{MILK}")).unwrap();
        assert_eq!((good[0].weight.0, good[0].price.get(), good[0].temp), (1_030, 6_400, TempClass::Chilled));
        let bad = MILK.replace("6400", "6501").replace("MLK-1", "M/1");
        let said = read(&format!("{HEAD}{MILK}{bad}")).unwrap_err().to_string();
        assert!(said.contains("row 3") && said.contains("MRP"), "{said}");
    }
}
