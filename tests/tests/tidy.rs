//! The walls of the house, as a test: reads `cargo metadata` and the sources and names every bad edge, file and line.
//! Its own parts are in `tidy/`; planted violations in `tidy/planted.rs` show that each rule can fail.

#[path = "tidy/code.rs"]
mod code;
#[path = "tidy/facts.rs"]
mod facts;
#[path = "tidy/house.rs"]
mod house;
#[path = "tidy/planted.rs"]
mod planted;
#[path = "tidy/shape.rs"]
mod shape;
#[path = "tidy/sql.rs"]
mod sql;
#[path = "tidy/walk.rs"]
mod walk;
#[path = "tidy/walls.rs"]
mod walls;

use std::path::Path;

use house::{House, Violation};

/// Every rule by its name; each has a plant.
const RULES: [&str; 27] = [
    "adapter-type",
    "allow-attribute",
    "clock",
    "debt",
    "expect-reason",
    "file-doc",
    "file-length",
    "file-median",
    "file-p90",
    "function-length",
    "list-order",
    "machine-path",
    "main-length",
    "panic",
    "public-docs",
    "pure-async",
    "pure-dependency",
    "pure-import",
    "rusqlite-home",
    "sql-clock",
    "sql-home",
    "strict-table",
    "unbounded-queue",
    "unwrap",
    "version-home",
    "wall-edge",
    "wildcard-arms",
];

/// What is allowed to differ, each with its reason: (rule, file, why). An entry that nothing needs any more fails too.
const EXCEPTIONS: [(&str, &str, &str); 0] = [];

/// Everything that breaks a rule in the workspace at `root`, sorted by rule, file and line.
fn violations(root: &Path) -> anyhow::Result<Vec<Violation>> {
    let house = House::read(root)?;
    let mut found = walls::violations(&house);
    found.extend(sql::violations(&house));
    found.extend(shape::violations(&house));
    found.extend(code::violations(&house));
    let unlisted = found.iter().find(|one| !RULES.contains(&one.rule));
    anyhow::ensure!(unlisted.is_none(), "not in RULES: {unlisted:?}");
    found.sort();
    found.dedup();
    Ok(found)
}

#[test]
fn the_house_keeps_its_walls() -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or_else(|| anyhow::anyhow!("no root"))?;
    let found = violations(root)?;
    let excepted =
        |one: &Violation| EXCEPTIONS.iter().any(|(rule, file, _)| *rule == one.rule && *file == one.file);
    let report: Vec<String> = found
        .iter()
        .filter(|one| !excepted(one))
        .map(|one| format!("{} {}:{} {}", one.rule, one.file, one.line, one.what))
        .collect();
    assert!(report.is_empty(), "{} violations:\n{}", report.len(), report.join("\n"));
    for (rule, file, reason) in EXCEPTIONS {
        let needed = found.iter().any(|one| one.rule == rule && one.file == file);
        assert!(needed, "nothing needs the exception {rule} {file} ({reason}) any more: remove it");
    }
    Ok(())
}
