//! Barcode lists (`gtin,name,image_url`): which barcode names which product. No prices, no stock.

use super::field;
use super::table::{Row, Table};
use super::{BadRow, GtinRow, Outcome, Reason};
use std::collections::BTreeMap;

const COLUMNS: &[&str] = &["gtin", "name", "image_url"];

/// Reads a whole barcode list; further columns are ignored. A barcode stands once: repeating it is a bad row.
pub fn gtins(bytes: &[u8]) -> Outcome<GtinRow> {
    let table = match Table::open(bytes, COLUMNS, &["image_url"]) {
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
    let mut first_line = BTreeMap::new();
    for row in rows {
        let read =
            row.and_then(|row| entry(&row, &first_line).map_err(|reason| BadRow::new(row.line, reason)));
        match read {
            Ok(entry) => {
                first_line.insert(padded(&entry.gtin), entry.line);
                outcome.good += 1;
                outcome.rows.push(entry);
            }
            Err(bad) => outcome.bad.push(bad),
        }
    }
    outcome
}

fn entry(row: &Row, first_line: &BTreeMap<String, u64>) -> Result<GtinRow, Reason> {
    let gtin = row.filled("gtin")?;
    field::gtin(&gtin)?;
    if let Some(line) = first_line.get(&padded(&gtin)) {
        return Err(Reason::Duplicate { column: "gtin", text: gtin, line: *line });
    }
    let name = row.filled("name")?;
    let image_url = row.text("image_url")?;
    let web = image_url.starts_with("https://") || image_url.starts_with("http://");
    if !image_url.is_empty() && !web {
        return Err(Reason::Url(field::shown(&image_url)));
    }
    Ok(GtinRow { line: row.line, gtin, name, image_url })
}

/// The same trade item may be written with 12, 13 or 14 digits: compare with leading zeros.
pub(super) fn padded(gtin: &str) -> String {
    format!("{gtin:0>14}")
}
