//! Rows that are read at every checkout and seldom written: the writer keeps them in memory. A statement that writes one of
//! their tables makes it forget, and so does everything that takes statements back. Readers have no memory.

use crate::db::stores::StoreRow;
use model::SkuId;
use model::catalogue::Product;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Products kept at most; then all are forgotten. A few MB.
const PRODUCTS_MAX: usize = 8_192;

/// See the file.
#[derive(Debug, Default)]
pub(super) struct Memory {
    products: RefCell<BTreeMap<SkuId, Product>>,
    stores: RefCell<Option<Vec<StoreRow>>>,
}

impl Memory {
    /// The product, if it is known.
    pub(super) fn product(&self, sku: &SkuId) -> Option<Product> {
        self.products.borrow().get(sku).cloned()
    }

    /// It was read.
    pub(super) fn learn_product(&self, product: &Product) {
        let mut products = self.products.borrow_mut();
        if products.len() >= PRODUCTS_MAX {
            products.clear();
        }
        products.insert(product.sku.clone(), product.clone());
    }

    /// All stores, if they are known.
    pub(super) fn stores(&self) -> Option<Vec<StoreRow>> {
        self.stores.borrow().clone()
    }

    /// They were read.
    pub(super) fn learn_stores(&self, stores: &[StoreRow]) {
        *self.stores.borrow_mut() = Some(stores.to_vec());
    }

    /// Everything is read anew when it is asked for.
    pub(super) fn forget(&self) {
        self.products.borrow_mut().clear();
        *self.stores.borrow_mut() = None;
    }

    /// A statement is about to run: what it may change is forgotten.
    pub(super) fn before(&self, sql: &str) {
        match written_by(sql) {
            Some("store") => *self.stores.borrow_mut() = None,
            Some("product") => self.products.borrow_mut().clear(),
            Some(_) | None => {}
        }
    }
}

/// The table that a statement of this folder writes.
fn written_by(sql: &str) -> Option<&str> {
    let verbs = ["INSERT INTO ", "UPDATE ", "DELETE FROM "];
    let rest = verbs.iter().find_map(|verb| sql.strip_prefix(verb))?;
    rest.split([' ', '(']).next()
}

#[cfg(test)]
mod tests {
    use crate::db::sqlite::Sqlite;
    use crate::db::stores::StoreSeed;
    use crate::db::{Catalogue, HubDb, Stores};
    use crate::testkit::{STORE_AT, product, sku};
    use model::{StoreId, Timestamp};

    fn opened() -> (tempfile::TempDir, Sqlite) {
        let dir = tempfile::tempdir().unwrap();
        let db = Sqlite::open(&dir.path().join("hub.db")).unwrap();
        (dir, db)
    }

    fn name_of(db: &Sqlite, n: u32) -> Option<String> {
        db.product(&sku(n)).unwrap().map(|product| product.name)
    }

    fn put(db: &mut Sqlite, name: &str) {
        db.put_product(&product(1, name), "Dairy", "milk").unwrap();
    }

    #[test]
    fn a_written_table_is_read_anew() {
        let (_dir, mut db) = opened();
        let id = StoreId::new("s1").unwrap();
        let seed = StoreSeed { id: id.clone(), name: "One".into(), at: STORE_AT, radius_m: 1, capacity: 1 };
        db.begin().unwrap();
        put(&mut db, "Milk");
        db.put_store(&seed).unwrap();
        assert_eq!(name_of(&db, 1).as_deref(), Some("Milk"));
        assert_eq!(db.stores().unwrap()[0].heard_at, None);
        put(&mut db, "Whole milk");
        db.set_heard(&id, Timestamp::from_ms(7), true).unwrap();
        assert_eq!(name_of(&db, 1).as_deref(), Some("Whole milk"));
        assert_eq!(db.stores().unwrap()[0].heard_at, Some(Timestamp::from_ms(7)));
        db.commit().unwrap();
    }

    #[test]
    fn what_is_taken_back_is_not_remembered() {
        let (_dir, mut db) = opened();
        db.begin().unwrap();
        put(&mut db, "Milk");
        db.mark().unwrap();
        put(&mut db, "Water");
        assert_eq!(name_of(&db, 1).as_deref(), Some("Water"));
        db.undo().unwrap();
        assert_eq!(name_of(&db, 1).as_deref(), Some("Milk"));
        db.rollback().unwrap();
        assert_eq!(name_of(&db, 1), None);
    }

    #[test]
    fn what_another_connection_wrote_is_seen_by_the_next_transaction() {
        let (dir, mut db) = opened();
        put(&mut db, "Milk");
        db.begin().unwrap();
        assert_eq!(name_of(&db, 1).as_deref(), Some("Milk"));
        db.commit().unwrap();
        put(&mut Sqlite::open(&dir.path().join("hub.db")).unwrap(), "Oil");
        db.begin().unwrap();
        assert_eq!(name_of(&db, 1).as_deref(), Some("Oil"));
        db.commit().unwrap();
    }
}
