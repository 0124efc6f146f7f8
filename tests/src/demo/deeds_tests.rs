//! One planted loss and one planted double of each kind is found, and nothing where nothing is wrong.

use super::{Deeds, compare};
use crate::demo::books::Books;
use crate::demo::diary::{Answered, Deed, Pages, Placed};
use model::{CommandId, OrderId};
use rusqlite::Connection;

fn placed() -> OrderId {
    OrderId::from_bytes([1; 16])
}

fn walk_in() -> OrderId {
    OrderId::from_bytes([2; 16])
}

fn scan() -> CommandId {
    CommandId::from_bytes([3; 16])
}

fn wrong() -> CommandId {
    CommandId::from_bytes([4; 16])
}

/// An order that was placed, picked by one scan after a refused one, and delivered; and a walk-in's.
struct World {
    books: Books,
    pages: Pages,
}

impl World {
    fn new() -> Self {
        let hub = Connection::open_in_memory().unwrap();
        hub.execute_batch(
            "CREATE TABLE orders (id, customer); CREATE TABLE customer (id, phone);
             CREATE TABLE order_line (order_id, line, sku, qty); CREATE TABLE order_moment (order_id, moment, at);",
        )
        .unwrap();
        let store = Connection::open_in_memory().unwrap();
        store
            .execute_batch(
                "CREATE TABLE command (id, answer, refusal); CREATE TABLE pick_event (id, order_id, sku, device);
                 CREATE TABLE ledger (seq INTEGER PRIMARY KEY, kind, command, reference, sku);
                 CREATE TABLE order_line (order_id, line, sku, qty);",
            )
            .unwrap();
        let order = placed();
        let order = order.as_bytes();
        hub.execute("INSERT INTO order_line VALUES (?1, 0, 'milk', 1)", [order]).unwrap();
        hub.execute("INSERT INTO order_moment VALUES (?1, 'dl', 9)", [order]).unwrap();
        store.execute("INSERT INTO order_line VALUES (?1, 0, 'milk', 1)", [order]).unwrap();
        store.execute("INSERT INTO order_line VALUES (?1, 0, 'tea', 2)", [walk_in().as_bytes()]).unwrap();
        store.execute("INSERT INTO command VALUES (?1, '{}', NULL)", [scan().as_bytes()]).unwrap();
        store.execute("INSERT INTO command VALUES (?1, NULL, '{}')", [wrong().as_bytes()]).unwrap();
        let books = Books { hub, stores: [("s1", store)].into() };
        let answered = |applied, sku: Option<&str>| Answered {
            store: "s1".into(),
            applied,
            deed: Deed::Scan { order: placed(), sku: sku.map(str::to_owned) },
        };
        let pages = Pages {
            placed: [(placed(), Placed { store: "s1".into(), lines: vec![("milk".into(), 1)] })].into(),
            delivered: vec![placed()],
            counter: [(walk_in(), vec![("tea".into(), 1), ("tea".into(), 1)])].into(),
            answered: [(scan(), answered(true, Some("milk"))), (wrong(), answered(false, None))].into(),
            handhelds: ["h1".to_owned()].into(),
            ..Pages::default()
        };
        let world = Self { books, pages };
        world.picked(scan(), "milk");
        world.moved(scan(), "milk");
        world
    }

    fn at_store(&self, sql: &str) {
        self.books.stores["s1"].execute_batch(sql).unwrap();
    }

    fn at_hub(&self, sql: &str) {
        self.books.hub.execute_batch(sql).unwrap();
    }

    fn picked(&self, id: CommandId, sku: &str) {
        let sql = "INSERT INTO pick_event VALUES (?1, ?2, ?3, 'h1')";
        self.books.stores["s1"].execute(sql, (id.as_bytes(), placed().as_bytes(), sku)).unwrap();
    }

    fn moved(&self, id: CommandId, sku: &str) {
        let sql = "INSERT INTO ledger (kind, command, reference, sku) VALUES ('picked', ?1, ?2, ?3)";
        self.books.stores["s1"].execute(sql, (id.as_bytes(), placed().to_string(), sku)).unwrap();
    }

    fn finds(&self, lost: i64, doubled: i64) {
        assert_eq!(compare(&self.books, &self.pages).unwrap(), Deeds { lost, doubled });
    }
}

#[test]
fn where_nothing_is_wrong_nothing_is_found() {
    World::new().finds(0, 0);
}

#[test]
fn a_pick_that_is_only_a_command_is_lost() {
    for table in ["pick_event", "ledger"] {
        let world = World::new();
        world.at_store(&format!("DELETE FROM {table}"));
        world.finds(1, 0);
    }
    let world = World::new();
    world.at_store("UPDATE ledger SET sku = 'tea'");
    world.finds(1, 0);
    let world = World::new();
    world.at_store("UPDATE pick_event SET order_id = zeroblob(16)");
    world.finds(1, 0);
    let world = World::new();
    world.at_store("DELETE FROM command WHERE answer IS NOT NULL");
    world.finds(1, 0);
}

#[test]
fn a_scan_that_took_two_and_a_refused_one_that_took_any_are_doubled() {
    let world = World::new();
    world.moved(scan(), "milk");
    world.finds(0, 1);
    let world = World::new();
    world.moved(wrong(), "milk");
    world.finds(0, 1);
}

#[test]
fn a_pick_that_nobody_sent_is_doubled_unless_its_answer_never_came() {
    let mut world = World::new();
    let repeat = CommandId::from_bytes([5; 16]);
    world.picked(repeat, "milk");
    world.finds(0, 1);
    world.pages.unanswered.insert(repeat);
    world.finds(0, 0);
}

#[test]
fn an_order_with_another_product_in_it_is_lost_and_doubled() {
    let world = World::new();
    world.at_hub("UPDATE order_line SET sku = 'tea'");
    world.finds(1, 1);
    let world = World::new();
    world.at_store("UPDATE order_line SET qty = 2 WHERE sku = 'milk'");
    world.finds(0, 1);
    let world = World::new();
    world.at_store("UPDATE order_line SET sku = 'milk' WHERE sku = 'tea'");
    world.finds(1, 1);
    let world = World::new();
    world.at_hub("DELETE FROM order_line");
    world.finds(1, 0);
}

#[test]
fn a_delivery_that_the_hub_forgot_is_lost_and_one_told_twice_is_doubled() {
    let world = World::new();
    world.at_hub("DELETE FROM order_moment");
    world.finds(1, 0);
    let mut world = World::new();
    world.pages.delivered.push(placed());
    world.finds(0, 1);
}
