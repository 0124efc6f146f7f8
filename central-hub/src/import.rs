//! Reads a catalogue in Larder's own CSV, the same file that a store imports, and lets `files` judge every row. Nothing is put
//! in unless all rows are good. Never judges a row itself.

use files::{BadRow, Format};
use model::catalogue::Product;
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
    #[error("{path}: {}; nothing was imported:\n  {}", counted(bad.len()), named(bad))]
    Rows {
        /// Which.
        path: PathBuf,
        /// Each with its line, reason and hint.
        bad: Vec<BadRow>,
    },
}

/// Named rows, at most.
const NAMED: usize = 20;

fn counted(bad: usize) -> String {
    if bad == 1 { "1 bad row".to_owned() } else { format!("{bad} bad rows") }
}

fn named(bad: &[BadRow]) -> String {
    let row = |row: &BadRow| format!("line {}: {} ({})", row.line, row.reason, row.hint);
    let mut lines: Vec<String> = bad.iter().take(NAMED).map(row).collect();
    let more = bad.len().saturating_sub(NAMED);
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    lines.join("\n  ")
}

/// Reads a whole file.
///
/// # Errors
/// [`ImportError`].
pub fn catalogue(path: &Path) -> Result<Vec<Product>, ImportError> {
    let bytes = std::fs::read(path).map_err(|source| ImportError::Read { path: path.to_owned(), source })?;
    let outcome = files::catalogue(&bytes, Format::Csv);
    if outcome.bad.is_empty() {
        Ok(outcome.rows.into_iter().map(|row| row.product).collect())
    } else {
        Err(ImportError::Rows { path: path.to_owned(), bad: outcome.bad })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::catalogue::TempClass;

    const HEAD: &str = "sku,gtins,name,name_hi,brand,category,search_terms,temp,velocity,net_g,gross_g,fragile,food,\
                        mrp_paise,price_paise,shelf_life_days,hsn,gst_bp,unit,popularity,opening_stock\n";
    const MILK: &str = "MLK-1,9520001000010,Milk 1 L,दूध,G,Dairy > Milk | Breakfast,doodh,chilled,A,1000,1030,no,yes,6500,6400,2,0401,0,1 L,1,0\n";

    fn read(text: &str) -> Result<Vec<Product>, ImportError> {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("c.csv");
        std::fs::write(&file, text).unwrap();
        catalogue(&file)
    }

    #[test]
    fn a_row_is_read_and_bad_ones_are_named_by_line() {
        let good = read(&format!("{HEAD}{MILK}")).unwrap();
        assert_eq!((good[0].weight.0, good[0].price.get(), good[0].temp), (1_030, 6_400, TempClass::Chilled));
        assert_eq!(good[0].category, "Dairy > Milk", "the main one");
        let bad = MILK.replace("6400", "6501").replace("MLK-1", "MLK-2");
        let said = read(&format!("{HEAD}{MILK}\n{bad}")).unwrap_err().to_string();
        assert!(said.contains("1 bad row") && said.contains("line 4: ") && said.contains("MRP"), "{said}");
    }

    /// What a store refuses the hub refuses, too: else it would publish what no store takes.
    #[test]
    fn what_a_store_would_refuse_is_refused() {
        for (from, to, why) in [
            ("9520001000010", "9520001000011", "check digit"),
            ("1000,1030", "1000,0", "gross_g is zero"),
            ("1000,1030", "1000,900000", "gross_g"),
            ("6500,6400", "200000000,6400", "mrp_paise"),
            (",2,0401", ",99999,0401", "shelf_life_days"),
            (",0,1 L", ",7,1 L", "gst_bp"),
        ] {
            assert!(MILK.contains(from), "{from}");
            let said = read(&format!("{HEAD}{}", MILK.replace(from, to))).unwrap_err().to_string();
            assert!(said.contains("line 2: ") && said.contains(why), "{why}: {said}");
        }
        for twice in [MILK.replace("9520001000010", ""), MILK.replace("MLK-1", "MLK-2")] {
            let said = read(&format!("{HEAD}{MILK}{twice}")).unwrap_err().to_string();
            assert!(said.contains("already stands on line 2"), "{said}");
        }
    }

    #[test]
    fn the_count_is_of_all_bad_rows_however_many_are_named() {
        let rows: String = (0..25).map(|n| MILK.replace("MLK-1", &format!("M/{n}"))).collect();
        let said = read(&format!("{HEAD}{rows}")).unwrap_err().to_string();
        assert!(
            said.contains("25 bad rows") && said.contains("line 21: ") && said.contains("and 5 more"),
            "{said}"
        );
        assert!(!said.contains("line 22: "), "{said}");
    }
}
