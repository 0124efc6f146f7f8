//! What lies in a bin, as somebody sees it who stands before it: read from the store's database, which nobody writes here.

use model::LotId;
use model::mqtt::PickLine;
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use std::path::{Path, PathBuf};

/// A store's shelves. Without a store behind it nobody sees anything.
#[derive(Debug, Clone, Default)]
pub struct Shelf(Option<PathBuf>);

impl Shelf {
    /// Of the store with this data folder.
    pub fn of(data_dir: &Path) -> Self {
        Self(Some(store_node::run::database(data_dir)))
    }

    /// A lot in the line's bin that is not the one to take first.
    pub fn another_lot(&self, line: &PickLine) -> Option<LotId> {
        let conn = Connection::open_with_flags(self.0.as_ref()?, OpenFlags::SQLITE_OPEN_READ_ONLY).ok()?;
        let sql = "SELECT lot FROM stock WHERE bin = ?1 AND sku = ?2 AND lot <> ?3 AND on_hand > 0 ORDER BY lot DESC";
        let there = (line.bin.as_str(), line.sku.as_str(), line.lot.lot.as_str());
        let lot = conn.query_row(sql, there, |row| row.get::<_, String>(0)).optional().ok()??;
        LotId::new(lot).ok()
    }
}
