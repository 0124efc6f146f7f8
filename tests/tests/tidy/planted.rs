//! Tidy is itself tested: a small clean house, one violation planted in it, and the rule that must name it.

use std::collections::BTreeSet;
use std::fs;

use anyhow::Result;

use crate::house::Violation;

/// A violation, where it is planted, and the rule that must find it there.
struct Plant {
    rule: &'static str,
    file: &'static str,
    /// Replaces the file of the clean house, or adds one.
    text: String,
}

/// A clean house: each file keeps every rule, so that what is found comes from the plant alone.
const CLEAN: [(&str, &str); 15] = [
    (
        "Cargo.toml",
        "[workspace]\nresolver = \"3\"\nmembers = [\"sync/model\", \"store-node/core\", \"store-node\", \"tests\"]\n\
         [workspace.package]\nedition = \"2024\"\n\
         [workspace.dependencies]\nmodel = { path = \"sync/model\" }\nstore-core = { path = \"store-node/core\" }\n\
         store-node = { path = \"store-node\" }\nserde = \"1\"\nrusqlite = \"0.40\"\n",
    ),
    ("sync/model/Cargo.toml", "[package]\nname = \"model\"\nedition.workspace = true\n"),
    ("sync/model/src/lib.rs", "//! Words.\n/// A word.\npub struct Word;\n"),
    (
        "store-node/core/Cargo.toml",
        "[package]\nname = \"store-core\"\nedition.workspace = true\n[dependencies]\nmodel = { workspace = true }\n",
    ),
    (
        "store-node/core/src/lib.rs",
        "//! Decisions.\nuse model::Word;\n/// Decides.\npub fn decide(_: Word) -> u8 { 1 }\n\
         const FIRST: u8 = Some(1).expect(\"a constant\");\n\
         #[cfg(test)]\nmod tests {\n    #[test]\n    fn works() { Some(super::FIRST).unwrap(); }\n}\n",
    ),
    (
        "store-node/Cargo.toml",
        "[package]\nname = \"store-node\"\nedition.workspace = true\n[dependencies]\nmodel = { workspace = true }\n\
         store-core = { workspace = true }\nrusqlite = { workspace = true }\n",
    ),
    (
        "store-node/src/lib.rs",
        "//! The node.\npub mod db;\npub mod flows;\n#[cfg(test)]\n#[path = \"spare_tests.rs\"]\nmod spare;\n",
    ),
    ("store-node/src/spare_tests.rs", "//! Test code only.\nfn spare() { Some(1).unwrap(); }\n"),
    ("store-node/src/main.rs", "//! Starts.\nfn main() {}\n"),
    ("store-node/src/flows/mod.rs", "//! Flows.\n/// One thing.\npub fn receive(now: i64) -> i64 { now }\n"),
    (
        "store-node/src/db/mod.rs",
        "//! The only SQL.\nuse rusqlite::Connection;\n/// Lines in order.\n\
         pub fn lines(db: &Connection) { db.prepare(\"SELECT a FROM line ORDER BY a\").query_map([], |row| row); }\n\
         fn kind(word: &str) -> u8 { match word { \"a\" => 1, _ => 2 } }\n",
    ),
    ("store-node/migrations/0001_line.sql", "-- Lines.\nCREATE TABLE line (a INTEGER PRIMARY KEY) STRICT;\n"),
    (
        "tests/Cargo.toml",
        "[package]\nname = \"tests\"\nedition.workspace = true\n[dependencies]\nmodel = { workspace = true }\n",
    ),
    ("tests/src/lib.rs", "//! Stories.\n/// Counts.\npub fn count() -> usize { Some(1).unwrap() }\n"),
    ("README.md", "# A house\nSelect from the menu, update the set, delete from memory.\n"),
];

/// The violations of the clean house with `files` planted in it.
fn found(files: &[(String, String)]) -> Result<Vec<Violation>> {
    let root = tempfile::tempdir()?;
    let clean = CLEAN.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
    for (path, text) in clean.chain(files.iter().cloned()) {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap_or(root.path()))?;
        fs::write(path, text)?;
    }
    crate::violations(root.path())
}

fn plant(rule: &'static str, file: &'static str, text: impl Into<String>) -> Plant {
    Plant { rule, file, text: text.into() }
}

/// Source that keeps the rule on file documentation.
fn source(body: &str) -> String {
    format!("//! Planted.\n{body}")
}

fn core_manifest(dependency: &str) -> String {
    format!("[package]\nname = \"store-core\"\nedition.workspace = true\n[dependencies]\n{dependency}\n")
}

fn wall_plants() -> Vec<Plant> {
    let core = "store-node/core/src/lib.rs";
    let core_toml = "store-node/core/Cargo.toml";
    vec![
        plant(
            "wall-edge",
            "sync/model/Cargo.toml",
            "[package]\nname = \"model\"\nedition.workspace = true\n[dev-dependencies]\nstore-core = { workspace = true }\n",
        ),
        plant("wall-edge", core_toml, core_manifest("store-node = { workspace = true }")),
        plant("pure-dependency", core_toml, core_manifest("rusqlite = { workspace = true }")),
        plant("pure-import", core, source("use std::fs;\n")),
        plant("pure-import", core, source("fn roll() -> u8 { rand::random_range(0..6) }\n")),
        plant("pure-async", core, source("async fn later() {}\n")),
        plant(
            "clock",
            "store-node/src/flows/mod.rs",
            source("fn late() { let _ = jiff::Timestamp::now(); }\n"),
        ),
        plant("clock", core, source("fn id() { let _ = uuid::Uuid::now_v7(); }\n")),
        plant("adapter-type", "store-node/src/flows/mod.rs", source("use axum::Json;\n")),
        plant("adapter-type", "store-node/src/db/mqtt.rs", source("fn send(_: rumqttc::Publish) {}\n")),
    ]
}

fn sql_plants() -> Vec<Plant> {
    let flow = "store-node/src/flows/mod.rs";
    let db = "store-node/src/db/lots.rs";
    let migration = "store-node/migrations/0002_more.sql";
    vec![
        plant("sql-home", flow, source("const Q: &str = \"UPDATE lot SET qty = 0\";\n")),
        plant("sql-home", flow, source("fn q() { db!(\"select qty\n from lot where id = ?\"); }\n")),
        plant("rusqlite-home", flow, source("fn q(_: &rusqlite::Connection) {}\n")),
        plant("strict-table", migration, "CREATE TABLE loose (a INTEGER);\n"),
        plant("strict-table", db, source("const T: &str = \"CREATE TABLE t (a INTEGER) WITHOUT ROWID\";\n")),
        plant("sql-clock", migration, "UPDATE line SET a = datetime('now');\n"),
        plant("sql-clock", db, source("const Q: &str = \"SELECT a FROM lot ORDER BY random() LIMIT 1\";\n")),
        plant(
            "list-order",
            db,
            source("fn q(db: Db) { db.prepare(\"SELECT a FROM lot WHERE b = 1\").query_map([], f); }\n"),
        ),
    ]
}

fn shape_plants() -> Vec<Plant> {
    let new = "store-node/src/planted.rs";
    vec![
        plant("file-length", new, source(&"// a line\n".repeat(800))),
        plant("file-length", "store-node/web/app.svelte", "<p>a line</p>\n".repeat(801)),
        plant("main-length", "store-node/src/main.rs", source(&"// a line\n".repeat(150))),
        plant("function-length", new, source(&format!("fn long() {{\n{}}}\n", "    step();\n".repeat(69)))),
        plant("file-doc", new, "fn quiet() {}\n"),
        plant("machine-path", "README.md", concat!("See /ro", "ot/notes.\n")),
        plant("debt", new, source(concat!("// TO", "DO later\n"))),
        plant(
            "version-home",
            "tests/Cargo.toml",
            "[package]\nname = \"tests\"\nedition.workspace = true\n[dependencies]\nserde = \"1\"\n",
        ),
    ]
}

fn code_plants() -> Vec<Plant> {
    let new = "store-node/src/planted.rs";
    vec![
        plant("unwrap", new, source("fn f(a: Option<u8>) -> u8 { a.unwrap() }\n")),
        plant(
            "unwrap",
            new,
            source("fn f(a: Option<u8>) -> String { format!(\"{}\", a.expect(\"one\")) }\n"),
        ),
        plant("panic", new, source("fn f() { panic!(\"no\") }\n")),
        plant("public-docs", new, source("pub fn bare() {}\n")),
        plant(
            "public-docs",
            new,
            source("/// A thing.\npub struct Thing;\nimpl Thing { pub fn bare(&self) {} }\n"),
        ),
        plant("public-docs", "tests/src/lib.rs", source("pub enum Bare {}\n")),
        plant(
            "unbounded-queue",
            new,
            source("fn f() { let _ = tokio::sync::mpsc::unbounded_channel::<u8>(); }\n"),
        ),
        plant(
            "unbounded-queue",
            new,
            source("use std::sync::mpsc;\nfn f() { let _ = mpsc::channel::<u8>(); }\n"),
        ),
        plant("allow-attribute", "tests/src/lib.rs", source("#[allow(dead_code)]\nfn f() {}\n")),
        plant("expect-reason", new, source("#[expect(dead_code)]\nfn f() {}\n")),
        plant("wildcard-arms", new, source("fn f(a: Way) -> u8 { match a { Way::Out => 1, _ => 2 } }\n")),
    ]
}

/// Percentiles need many files, so these two plant a whole folder.
fn many_files(lines: &[usize]) -> Vec<(String, String)> {
    let text = |lines: usize| source(&"// a line\n".repeat(lines.saturating_sub(1)));
    lines
        .iter()
        .enumerate()
        .map(|(n, lines)| (format!("store-node/src/many/n{n}.rs"), text(*lines)))
        .collect()
}

#[test]
fn a_clean_house_passes() -> Result<()> {
    assert_eq!(found(&[])?, []);
    Ok(())
}

#[test]
fn every_planted_violation_is_named() -> Result<()> {
    let plants = [wall_plants(), sql_plants(), shape_plants(), code_plants()].into_iter().flatten();
    let mut planted = BTreeSet::from(["file-median", "file-p90"]);
    for plant in plants {
        planted.insert(plant.rule);
        let found = found(&[(plant.file.to_owned(), plant.text.clone())])?;
        let named: BTreeSet<(&str, &str)> = found.iter().map(|one| (one.rule, one.file.as_str())).collect();
        let wanted = BTreeSet::from([(plant.rule, plant.file)]);
        assert_eq!(
            named, wanted,
            "planted {} in {}:\n{}\nfound {found:?}",
            plant.rule, plant.file, plant.text
        );
    }
    Ok(())
}

#[test]
fn too_many_long_files_are_named_by_percentile() -> Result<()> {
    let rules = |found: Vec<Violation>| found.iter().map(|one| one.rule).collect::<Vec<_>>();
    assert_eq!(rules(found(&many_files(&[[401; 6].as_slice(), &[20; 20]].concat()))?), ["file-p90"]);
    assert_eq!(rules(found(&many_files(&[151; 20]))?), ["file-median"]);
    assert_eq!(rules(found(&many_files(&[150; 20]))?), [""; 0]);
    Ok(())
}

/// The five of the house's own list, each by its own name.
#[test]
fn a_core_that_imports_rusqlite_is_caught() -> Result<()> {
    let found = found(&[("store-node/core/src/lib.rs".into(), source("use rusqlite::Connection;\n"))])?;
    assert!(found.iter().any(|one| one.rule == "pure-import" && one.what.contains("rusqlite")), "{found:?}");
    Ok(())
}

#[test]
fn sql_outside_a_db_folder_is_caught() -> Result<()> {
    let text = source("fn q() -> &'static str { \"SELECT qty FROM lot WHERE id = ?1\" }\n");
    let found = found(&[("store-node/src/http.rs".into(), text)])?;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        (found[0].rule, found[0].file.as_str(), found[0].line),
        ("sql-home", "store-node/src/http.rs", 2)
    );
    Ok(())
}

#[test]
fn an_overlong_function_is_caught_and_one_of_70_lines_is_not() -> Result<()> {
    let function = |steps: usize| source(&format!("fn long() {{\n{}}}\n", "    step();\n".repeat(steps)));
    let file = || "store-node/src/long.rs".to_owned();
    assert_eq!(found(&[(file(), function(68))])?, []);
    let found = found(&[(file(), function(69))])?;
    assert_eq!(found[0].rule, "function-length");
    assert!(found[0].what.contains("fn long has 71 lines"), "{found:?}");
    Ok(())
}

#[test]
fn an_undocumented_public_item_is_caught() -> Result<()> {
    let found = found(&[("store-node/src/bare.rs".into(), source("pub struct Bare;\n"))])?;
    assert_eq!(found[0].rule, "public-docs");
    assert!(found[0].what.contains("struct Bare"), "{found:?}");
    Ok(())
}

#[test]
fn an_unbounded_channel_is_caught_and_a_bounded_one_is_not() -> Result<()> {
    let file = || "store-node/src/queue.rs".to_owned();
    let bounded = "fn f() { let _ = tokio::sync::mpsc::channel::<u8>(8); let _ = oneshot::channel(); }\n";
    assert_eq!(found(&[(file(), source(bounded))])?, []);
    let found =
        found(&[(file(), source("use std::sync::mpsc::channel;\nfn f() { let _ = channel::<u8>(); }\n"))])?;
    assert_eq!((found[0].rule, found[0].line), ("unbounded-queue", 3));
    Ok(())
}
