//! The program as a person runs it: what `store-node` prints and with which code it ends, on real files and real ports.
//! What the library does inside is tested there.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test's helpers stop at what must not happen")]

#[path = "program/house.rs"]
mod house;
#[path = "program/surface.rs"]
mod surface;

use house::{House, run_homeless, shared};

const HEAD: &str = "sku,gtins,name,name_hi,brand,category,search_terms,temp,velocity,net_g,gross_g,fragile,food,mrp_paise,\
                    price_paise,shelf_life_days,hsn,gst_bp,unit,popularity,opening_stock";

fn row(sku: &str, temp: &str, price: u32, stock: u32) -> String {
    format!(
        "{sku},,{sku} one,,Larder,Staples,,{temp},A,500,510,no,yes,20000,{price},180,1006,500,500 g,1,{stock}"
    )
}

fn csv(rows: &[String]) -> String {
    format!("{HEAD}\n{}\n", rows.join("\n"))
}

#[test]
fn good_rows_are_entered_bad_ones_named_and_the_same_file_again_changes_nothing() {
    let house = House::new();
    let bad = row("RICE", "ambient", 30_000, 5);
    let file = house.file("goods.csv", &csv(&[row("SALT", "ambient", 2_000, 40), bad]));
    let said = house.import(&["catalogue", &file]);
    assert_eq!(said.code, 2, "{said:?}");
    assert!(said.out.contains("line 3: ") && said.out.contains("1 new or changed, 1 lots"), "{said:?}");
    let again = house.import(&["catalogue", &file]);
    assert_eq!(again.code, 2);
    assert!(again.out.contains("already entered, nothing changed"), "{again:?}");
    assert_eq!(house.stock(), [("SALT".to_owned(), 40)]);
}

#[test]
fn a_price_list_that_comes_back_after_another_holds_again() {
    let house = House::new();
    let first = house.file("a.csv", &csv(&[row("SALT", "ambient", 2_000, 40)]));
    let second = house.file("b.csv", &csv(&[row("SALT", "ambient", 2_500, 40)]));
    for (file, price) in [(&first, 2_000), (&second, 2_500), (&first, 2_000)] {
        let said = house.import(&["catalogue", file]);
        assert_eq!(said.code, 0, "{said:?}");
        assert!(
            said.out.contains("1 good rows (1 products), 0 bad rows: entered; 1 new or changed"),
            "{said:?}"
        );
        assert_eq!(house.price("SALT"), price);
    }
    assert_eq!(house.stock(), [("SALT".to_owned(), 40)], "what lies there is entered once");
}

#[test]
fn what_found_no_place_is_said_and_found_once_store_toml_has_one() {
    let house = House::new();
    let file = house.file("goods.csv", &csv(&[row("MILK", "chilled", 2_000, 9)]));
    let said = house.import(&["catalogue", &file]);
    assert!(said.out.contains("1 products have no bin") && said.out.contains("the stock of 1"), "{said:?}");
    assert_eq!(house.stock(), []);
    house.add_zone("cold-1", "chilled");
    let said = house.import(&["catalogue", &file]);
    assert!(said.out.contains("1 lots of opening stock"), "{said:?}");
    assert_eq!(house.stock(), [("MILK".to_owned(), 9)]);
}

#[test]
fn judging_a_file_touches_nothing() {
    let house = House::new();
    let good = csv(&[row("SALT", "ambient", 2_000, 40)]);
    let file = house.file("goods.csv", &good);
    let said = house.import(&["catalogue", &file, "--dry-run"]);
    assert_eq!((said.code, house.has_data()), (0, false), "{said:?}");
    let file = house.file("bad.csv", &format!("{good}{}\n", row("RICE", "ambient", 30_000, 5)));
    for how in ["--dry-run", "--strict"] {
        let said = house.import(&["catalogue", &file, how]);
        assert_eq!((said.code, house.has_data()), (2, false), "{how}: {said:?}");
        assert!(
            said.out.contains("1 good rows (1 products), 1 bad rows: nothing entered"),
            "{how}: {said:?}"
        );
    }
    let said = house.import(&["catalogue", "nowhere.csv"]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("cannot read nowhere.csv"), "{said:?}");
}

/// A file is judged before a store is looked for, and a dry run needs none.
#[test]
fn a_dry_run_without_a_store_judges_the_file_by_itself() {
    let house = House::new();
    let good = csv(&[row("SALT", "ambient", 2_000, 40)]);
    let file = house.file("goods.csv", &good);
    let said = run_homeless(&["import", "catalogue", &file, "--dry-run"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.contains("note: no --config and no store.toml here"), "{said:?}");
    assert!(said.out.contains("1 good rows (1 products), 0 bad rows: nothing entered"), "{said:?}");
    let file = house.file("bad.csv", &format!("{good}{}\n", row("RICE", "ambient", 30_000, 5)));
    let said = run_homeless(&["import", "catalogue", &file, "--dry-run"]);
    assert_eq!(said.code, 2, "{said:?}");
    assert!(said.out.contains("line 3: ") && said.out.contains("1 bad rows"), "{said:?}");
    let said = run_homeless(&["import", "catalogue", "nowhere.csv"]);
    assert!(said.code == 1 && said.err.contains("cannot read nowhere.csv"), "{said:?}");
    let said = run_homeless(&["import", "catalogue", &file]);
    assert!(
        said.code == 1 && said.err.contains("store.toml"),
        "without a dry run a store is needed: {said:?}"
    );
    let said = run_homeless(&["import", "catalogue", &file, "--dry-run", "--config", "other.toml"]);
    assert!(said.code == 1 && said.err.contains("other.toml"), "one that is named has to be there: {said:?}");
}

/// With a store a dry run says what the store would do, and it stays as it is.
#[test]
fn a_dry_run_says_what_the_store_would_do_and_changes_nothing() {
    let house = House::new();
    let file = house.file("goods.csv", &csv(&[row("SALT", "ambient", 2_000, 40)]));
    assert_eq!(house.import(&["catalogue", &file]).code, 0);
    let before = ["command", "ledger", "sku", "lot"].map(|table| house.count(table));
    let said = house.import(&["catalogue", &file, "--dry-run"]);
    assert!(
        said.code == 0 && said.out.contains("nothing entered; the store has all of it already"),
        "{said:?}"
    );
    let more =
        house.file("more.csv", &csv(&[row("SALT", "ambient", 2_500, 40), row("RICE", "ambient", 9_000, 5)]));
    let said = house.import(&["catalogue", &more, "--dry-run"]);
    let would = "2 good rows (2 products), 0 bad rows: nothing entered; the store would enter 2 new or changed, 1 lots";
    assert!(said.code == 0 && said.out.contains(would), "{said:?}");
    house.tamper(
        "UPDATE sku SET hub = 1;
         INSERT INTO listing (one, generation, edition, publication, at, taken_at, named) VALUES (1, 1, 1, 1, 1, 1, 1);",
    );
    let said = house.import(&["catalogue", &more, "--dry-run"]);
    assert!(said.code == 1 && said.out.contains("nothing entered; the store would refuse it: "), "{said:?}");
    assert!(said.out.contains("SALT"), "{said:?}");
    assert_eq!(["command", "ledger", "sku", "lot"].map(|table| house.count(table)), before);
    assert_eq!(house.price("SALT"), 2_000);
    let _node = house.serve();
    let said = house.import(&["catalogue", &file, "--dry-run"]);
    assert!(said.code == 0 && said.out.contains("the store's node is running"), "{said:?}");
}

#[test]
fn a_sound_store_is_proved_and_a_damaged_one_named_row_by_row() {
    let house = House::new();
    let file =
        house.file("goods.csv", &csv(&[row("SALT", "ambient", 2_000, 40), row("RICE", "ambient", 9_000, 5)]));
    assert_eq!(house.import(&["catalogue", &file]).code, 0);
    let sound = house.run(&["self-check"]);
    assert_eq!(sound.code, 0, "{sound:?}");
    assert!(
        sound.out.starts_with("2 ledger rows, 2 places, 0 rights, 0 temperature rows, head "),
        "{sound:?}"
    );
    house.tamper("UPDATE stock SET on_hand = on_hand + 3 WHERE sku = 'SALT'");
    // The first byte of a word in the ledger is no text any more.
    assert_eq!(house.flip(b"receivedRICE", 0, 0x80), 1);
    let said = house.run(&["self-check", "--repair"]);
    assert_eq!(said.code, 1, "{said:?}");
    let lines: Vec<&str> = said.out.lines().collect();
    assert!(
        lines.iter().any(|line| line.starts_with("ledger row ") && line.contains("cannot be read")),
        "{lines:?}"
    );
    assert!(
        lines.iter().any(|line| line.contains("stock of SALT") && line.contains("+3 on hand")),
        "{lines:?}"
    );
    assert!(lines.last().unwrap().starts_with("nothing mended"), "{lines:?}");
    assert_eq!(house.stock()[1], ("SALT".to_owned(), 43));
}

/// A flipped byte that leaves a text a text: the row's hash says so, and so does the index over it.
#[test]
fn a_bit_flip_in_the_file_is_seen_by_the_chain_and_by_the_file() {
    let house = House::new();
    let file = house.file("goods.csv", &csv(&[row("SALT", "ambient", 2_000, 40)]));
    assert_eq!(house.import(&["catalogue", &file]).code, 0);
    assert_eq!(house.flip(b"receivedSALT", 8, 0x01), 1, "once in the ledger's row");
    let said = house.run(&["self-check"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.out.contains("ledger row 1 was changed: ") && said.out.contains("RALT"), "{said:?}");
    assert!(said.out.contains("the file is damaged: row 1 missing from index ledger_by_block"), "{said:?}");
}

#[test]
fn the_real_listing_and_the_real_barcodes_come_in_as_they_are() {
    let (Some(listing), Some(barcodes)) = (shared("zepto_v2.csv"), shared("off_india_890.csv")) else {
        println!("skipped: LARDER_SHARED is not set");
        return;
    };
    let house = House::new();
    for how in ["--dry-run", "--strict"] {
        let said = house.import(&["catalogue", &listing, "--format", "zepto", how]);
        assert_eq!((said.code, house.has_data()), (2, false), "{how}: {}", said.err);
        assert!(
            said.out.contains("3727 good rows (1798 products), 5 bad rows: nothing entered"),
            "{how}: {}",
            said.err
        );
    }
    let said = house.import(&["catalogue", &listing, "--format", "zepto"]);
    assert_eq!(said.code, 2, "{}", said.err);
    for line in [2842, 2931, 3186, 3275, 3608] {
        assert!(said.out.contains(&format!("line {line}: ")), "{}", said.out);
    }
    assert!(
        said.out.contains("3727 good rows (1798 products), 5 bad rows: entered; 1798 new"),
        "{}",
        said.out
    );
    assert_eq!(house.count("sku"), 1_798);
    let before = house.stock();
    let again = house.import(&["catalogue", &listing, "--format", "zepto"]);
    assert!(again.out.contains("already entered, nothing changed"), "{}", again.out);
    assert_eq!(house.stock(), before);
    let said = house.import(&["gtins", &barcodes]);
    assert!(said.out.contains(": entered; "), "{said:?}");
    assert!(house.count("gtin_name") > 0);
}

#[test]
fn a_running_node_keeps_its_ports_and_its_folder_to_itself() {
    let house = House::new();
    let file = house.file("goods.csv", &csv(&[row("SALT", "ambient", 2_000, 40)]));
    let _node = house.serve();
    let said = house.import(&["catalogue", &file]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("another process works with") && said.err.contains("Stop it"), "{said:?}");
    let said = house.run(&["serve"]);
    assert_eq!(said.code, 1);
    assert!(
        said.err.contains("cannot listen on 127.0.0.1:") && said.err.contains("another `http`"),
        "{said:?}"
    );
    let said = house.neighbour().run(&["serve"]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("the broker cannot listen on") && said.err.contains("[broker]"), "{said:?}");
}

#[test]
fn a_hub_that_is_not_there_is_said_once_with_what_to_do() {
    let house = House::new();
    let mut node = house.start();
    let mut said = node.until("cannot reach the hub at ws://127.0.0.1:9/");
    assert!(said.last().unwrap().contains("check `url` in [hub] and the internet"), "{said:?}");
    for _ in 0..2 {
        said = node.until("hub not reached");
        assert!(!said.iter().any(|line| line.contains("cannot reach the hub")), "{said:?}");
    }
}

#[test]
fn a_broken_file_is_named_with_every_bad_line() {
    let house = House::new();
    house.replace("capacity_orders = 60", "capacity_orders = \"many\"");
    house.replace("aisles = 10", "isles = 10");
    let said = house.run(&["serve"]);
    assert_eq!(said.code, 1);
    for word in ["store.toml has 2 fault(s)", "line 9, column", "did you mean \"aisles\"?"] {
        assert!(said.err.contains(word), "{word}: {said:?}");
    }
    assert!(!house.has_data());
}
