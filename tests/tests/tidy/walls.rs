//! The walls: who may depend on whom, what a pure package may name, and where the types of a wire may stand.

use crate::facts::{At, Path};
use crate::house::{House, Need, Rust, Violation};

/// The only edges inside the house (ARCHITECTURE, Walls). Package `tests` may name everybody.
pub const TABLE: [(&str, &[&str]); 13] = [
    ("mqtt-cases", &[]),
    ("store-broker", &["mqtt-cases"]),
    ("model", &[]),
    ("figures", &[]),
    ("files", &["model"]),
    ("firmware-config", &["model"]),
    ("device-drivers", &["model", "firmware-config"]),
    ("sync", &["model"]),
    ("store-core", &["model"]),
    ("hub-core", &["model"]),
    (
        "store-node",
        &[
            "store-core",
            "store-broker",
            "sync",
            "model",
            "figures",
            "files",
            "device-drivers",
            "firmware-config",
        ],
    ),
    ("central-hub", &["hub-core", "sync", "model", "figures", "files"]),
    (
        "tests",
        &[
            "model",
            "files",
            "firmware-config",
            "device-drivers",
            "sync",
            "store-core",
            "store-node",
            "hub-core",
            "central-hub",
            "store-broker",
            "mqtt-cases",
        ],
    ),
];

/// Packages that decide and nothing else: a seed must replay them, so no IO, clock, SQL, async or randomness.
const PURE: [&str; 6] = ["model", "store-core", "hub-core", "sync", "figures", "files"];

/// Crates that bring IO, SQL, async or randomness.
const IMPURE_CRATES: [&str; 14] = [
    "tokio",
    "tokio-util",
    "futures-util",
    "rusqlite",
    "rusqlite_migration",
    "postgres",
    "axum",
    "tower-http",
    "reqwest",
    "rumqttc",
    "tokio-tungstenite",
    "rand",
    "getrandom",
    "tokio-serial",
];

/// The parts of std that touch the machine.
const IMPURE_STD: [&[&str]; 11] = [
    &["std", "fs"],
    &["std", "env"],
    &["std", "process"],
    &["std", "thread"],
    &["std", "net", "TcpStream"],
    &["std", "net", "TcpListener"],
    &["std", "net", "UdpSocket"],
    &["std", "time", "SystemTime"],
    &["std", "time", "Instant"],
    &["std", "sync", "mpsc"],
    &["std", "os"],
];

/// Reading the clock, or drawing an id or a number nobody can replay.
const CLOCKS: [&[&str]; 8] = [
    &["SystemTime", "now"],
    &["Instant", "now"],
    &["Timestamp", "now"],
    &["Zoned", "now"],
    &["Uuid", "now_v7"],
    &["Uuid", "new_v4"],
    &["rand", "rng"],
    &["rand", "random"],
];

/// Crates whose types belong to an adapter: they translate, they never decide or store.
const ADAPTER_CRATES: [&str; 9] = [
    "axum",
    "rumqttc",
    "tower_http",
    "tower",
    "hyper",
    "http",
    "reqwest",
    "tokio_tungstenite",
    "tokio_serial",
];

/// Every wall of the house.
pub fn violations(house: &House) -> Vec<Violation> {
    let mut found = wall_edges(house);
    found.extend(pure_dependencies(house));
    for file in house.shipped() {
        if PURE.contains(&file.package.as_str()) {
            found.extend(pure_imports(file));
            found.extend(pure_async(file));
        }
        if is_decision(file) {
            found.extend(clocks(file));
            found.extend(adapter_types(file));
        }
    }
    found
}

/// Code that a seed replays: pure packages, the flows, and what the flows ask of the database.
fn is_decision(file: &Rust) -> bool {
    PURE.contains(&file.package.as_str()) || file.has_folder("flows") || file.has_folder("db")
}

fn wall_edges(house: &House) -> Vec<Violation> {
    let mut found = Vec::new();
    for package in &house.packages {
        let row = TABLE.iter().find(|(name, _)| *name == package.name);
        let allowed = row.map_or(&[][..], |(_, allowed)| *allowed);
        let inside = |name: &str| house.packages.iter().any(|other| other.name == name);
        for edge in package.edges.iter().filter(|edge| inside(&edge.to)) {
            if !allowed.contains(&edge.to.as_str()) {
                found.push(manifest(
                    &package.folder,
                    "wall-edge",
                    format!("{} -> {}", package.name, edge.to),
                ));
            }
        }
        if row.is_none() {
            let what = format!("package {} has no row in the table of walls", package.name);
            found.push(manifest(&package.folder, "wall-edge", what));
        }
    }
    found
}

fn pure_dependencies(house: &House) -> Vec<Violation> {
    let pure = house.packages.iter().filter(|package| PURE.contains(&package.name.as_str()));
    pure.flat_map(|package| {
        let impure = package.edges.iter().filter(|edge| {
            let crdt = edge.to == "automerge" && package.name != "sync";
            edge.need == Need::Build && (crdt || IMPURE_CRATES.contains(&edge.to.as_str()))
        });
        impure.map(|edge| {
            manifest(&package.folder, "pure-dependency", format!("{} -> {}", package.name, edge.to))
        })
    })
    .collect()
}

fn pure_imports(file: &Rust) -> Vec<Violation> {
    let crdt_here = file.package == "sync";
    shipped_paths(file)
        .filter(|path| {
            let first = path.segments[0].as_str();
            let foreign = path.segments.len() > 1 || path.segments == ["rand"];
            let named = IMPURE_CRATES.iter().any(|name| name.replace('-', "_") == first);
            foreign && (named || first == "automerge" && !crdt_here)
                || IMPURE_STD.iter().any(|banned| {
                    path.segments.iter().map(String::as_str).take(banned.len()).eq(banned.iter().copied())
                })
        })
        .map(|path| at(file, path.at, "pure-import", path.segments.join("::")))
        .collect()
}

fn pure_async(file: &Rust) -> Vec<Violation> {
    let shipped = file.facts.asyncs.iter().filter(|at| !at.is_test);
    shipped.map(|place| at(file, *place, "pure-async", "async code in a pure package".to_owned())).collect()
}

fn clocks(file: &Rust) -> Vec<Violation> {
    // The writer measures its own batches: a duration, never a time that is stored.
    let may_measure = file.has_folder("db");
    shipped_paths(file)
        .filter(|path| CLOCKS.iter().any(|clock| ends_with(&path.segments, clock)))
        .filter(|path| !(may_measure && ends_with(&path.segments, &["Instant", "now"])))
        .map(|path| {
            at(file, path.at, "clock", format!("{} (take `now` as an argument)", path.segments.join("::")))
        })
        .collect()
}

fn adapter_types(file: &Rust) -> Vec<Violation> {
    shipped_paths(file)
        .filter(|path| path.segments.len() > 1 && ADAPTER_CRATES.contains(&path.segments[0].as_str()))
        .map(|path| at(file, path.at, "adapter-type", path.segments.join("::")))
        .collect()
}

fn shipped_paths(file: &Rust) -> impl Iterator<Item = &Path> {
    file.facts.paths.iter().filter(|path| !path.at.is_test && !path.segments.is_empty())
}

fn ends_with(segments: &[String], wanted: &[&str]) -> bool {
    segments.len() >= wanted.len()
        && segments[segments.len() - wanted.len()..].iter().map(String::as_str).eq(wanted.iter().copied())
}

fn manifest(folder: &str, rule: &'static str, what: String) -> Violation {
    Violation { rule, file: format!("{folder}/Cargo.toml"), line: 1, what }
}

fn at(file: &Rust, at: At, rule: &'static str, what: String) -> Violation {
    Violation { rule, file: file.path.clone(), line: at.line, what }
}
