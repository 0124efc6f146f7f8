//! The size of things, what every file says about itself, and what no committed text may hold.

use crate::house::{House, Rust, Violation};

const FILE_MAX: usize = 800;
const FILE_P90: usize = 400;
const FILE_MEDIAN: usize = 150;
const FUNCTION_MAX: usize = 70;
const MAIN_MAX: usize = 150;
/// Below this many files a percentile says nothing.
const FILES_FOR_PERCENTILES: usize = 20;

/// Every rule about size and text.
pub fn violations(house: &House) -> Vec<Violation> {
    let mut found = percentiles(house);
    for file in &house.rust {
        found.extend(file_length(&file.path, file.lines));
        found.extend(function_length(file));
        found.extend(file_doc(file));
        found.extend(main_length(file));
    }
    for text in &house.texts {
        if [".ts", ".svelte"].iter().any(|ending| text.path.ends_with(ending)) {
            found.extend(file_length(&text.path, text.text.lines().count()));
        }
        found.extend(machine_paths(&text.path, &text.text));
        found.extend(debts(&text.path, &text.text));
        found.extend(own_versions(&text.path, &text.text));
    }
    found
}

/// The value below which `share` (0 to 1) of the sorted lengths lie.
fn percentile(sorted: &[usize], share: f64) -> usize {
    let last = sorted.len().saturating_sub(1);
    sorted.get((last as f64 * share).round() as usize).copied().unwrap_or_default()
}

fn percentiles(house: &House) -> Vec<Violation> {
    let mut lengths: Vec<usize> =
        house.rust.iter().filter(|file| file.package != "tests").map(|file| file.lines).collect();
    lengths.sort_unstable();
    if lengths.len() < FILES_FOR_PERCENTILES {
        return Vec::new();
    }
    let measured = [
        ("file-median", percentile(&lengths, 0.5), FILE_MEDIAN),
        ("file-p90", percentile(&lengths, 0.9), FILE_P90),
    ];
    let over = measured.into_iter().filter(|(_, is, most)| is > most);
    over.map(|(rule, is, most)| violation(rule, "Cargo.toml", 1, format!("{is} lines, at most {most}")))
        .collect()
}

fn file_length(path: &str, lines: usize) -> Option<Violation> {
    (lines > FILE_MAX)
        .then(|| violation("file-length", path, lines, format!("{lines} lines, at most {FILE_MAX}")))
}

fn main_length(file: &Rust) -> Option<Violation> {
    let entry = file.package != "tests" && file.path.ends_with("/src/main.rs");
    let what = || format!("{} lines, at most {MAIN_MAX}: main reads config, builds, runs, stops", file.lines);
    (entry && file.lines > MAIN_MAX).then(|| violation("main-length", &file.path, file.lines, what()))
}

fn function_length(file: &Rust) -> Vec<Violation> {
    let long = file.facts.functions.iter().filter(|function| function.lines > FUNCTION_MAX);
    long.map(|function| {
        let what = format!("fn {} has {} lines, at most {FUNCTION_MAX}", function.name, function.lines);
        violation("function-length", &file.path, function.at.line, what)
    })
    .collect()
}

fn file_doc(file: &Rust) -> Option<Violation> {
    let what = || "the first line says with `//!` what lives here and what never does".to_owned();
    (!file.first_line.starts_with("//! ")).then(|| violation("file-doc", &file.path, 1, what()))
}

fn machine_paths(path: &str, text: &str) -> Vec<Violation> {
    let banned = [concat!("/ro", "ot/"), concat!("/wo", "rk/"), concat!("/ho", "me/")];
    lines_with(text, &banned)
        .map(|(line, word)| {
            violation("machine-path", path, line, format!("{word} is a folder of one machine"))
        })
        .collect()
}

fn debts(path: &str, text: &str) -> Vec<Violation> {
    let source =
        ["rs", "sql", "ts", "svelte", "css"].iter().any(|ending| path.ends_with(&format!(".{ending}")));
    let banned = [concat!("TO", "DO"), concat!("FIX", "ME")];
    let hits = lines_with(if source { text } else { "" }, &banned);
    hits.map(|(line, word)| violation("debt", path, line, format!("{word}: do it or leave it out"))).collect()
}

fn lines_with<'a>(text: &'a str, words: &'a [&'a str]) -> impl Iterator<Item = (usize, &'a str)> {
    text.lines().enumerate().filter_map(|(index, line)| {
        let word = words.iter().find(|word| line.contains(**word))?;
        Some((index + 1, *word))
    })
}

/// Versions of dependencies stand once, in the root manifest.
fn own_versions(path: &str, text: &str) -> Vec<Violation> {
    // Fuzz targets are workspaces of their own (they need a nightly compiler), so nothing can be inherited.
    if path.ends_with("/fuzz/Cargo.toml") || path.ends_with("tests/peers/Cargo.toml") {
        return Vec::new();
    }
    if !path.ends_with("/Cargo.toml") {
        return Vec::new();
    }
    let Ok(manifest) = text.parse::<toml::Table>() else {
        return vec![violation("version-home", path, 1, "not TOML".to_owned())];
    };
    let mut tables: Vec<&toml::Table> = Vec::new();
    let kinds = ["dependencies", "dev-dependencies", "build-dependencies"];
    tables.extend(kinds.iter().filter_map(|kind| manifest.get(*kind)?.as_table()));
    let targets = manifest.get("target").and_then(toml::Value::as_table);
    for target in targets.into_iter().flat_map(|targets| targets.values()) {
        tables.extend(kinds.iter().filter_map(|kind| target.get(*kind)?.as_table()));
    }
    let entries = tables.into_iter().flatten();
    entries
        .filter(|(_, entry)| entry.get("workspace").and_then(toml::Value::as_bool) != Some(true))
        .map(|(name, _)| violation("version-home", path, 1, format!("{name} is not `workspace = true`")))
        .collect()
}

fn violation(rule: &'static str, file: &str, line: usize, what: String) -> Violation {
    Violation { rule, file: file.to_owned(), line, what }
}
