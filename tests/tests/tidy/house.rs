//! The house as tidy sees it: packages with their edges from `cargo metadata`, and every file that is committed.
//! Reads only; what is allowed is decided in `walls`, `sql`, `shape` and `code`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::facts::Facts;

/// Folders that hold what was built or what a run left, never sources.
const SKIPPED: [&str; 13] = [
    ".git",
    "target",
    "node_modules",
    "dist",
    "test-results",
    "playwright-report",
    "demo-data",
    ".larder",
    ".vite",
    ".cargo",
    // of a fuzz run
    "corpus",
    "artifacts",
    "seeds",
];
const TEXT: [&str; 16] = [
    "rs", "toml", "sql", "md", "ts", "js", "mjs", "svelte", "css", "html", "json", "sh", "yml", "txt", "csv",
    "service",
];

/// One thing that breaks a rule, named so that its author finds it without reading this test.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    pub rule: &'static str,
    pub file: String,
    pub line: usize,
    pub what: String,
}

/// When a dependency is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    Build,
    Test,
}

/// One line of a package's `[dependencies]`, whether of the house or from outside.
pub struct Edge {
    pub to: String,
    pub need: Need,
}

/// One workspace member.
pub struct Package {
    pub name: String,
    /// Folder relative to the root, "" for the root itself.
    pub folder: String,
    pub edges: Vec<Edge>,
}

/// A Rust file, parsed.
pub struct Rust {
    pub package: String,
    /// Relative to the root, with forward slashes.
    pub path: String,
    pub lines: usize,
    pub first_line: String,
    /// The whole file is test code: package `tests`, a `tests/`, `benches/` or `fuzz_targets/` folder, or `#[cfg(test)] mod x;`.
    pub is_test: bool,
    pub facts: Facts,
}

impl Rust {
    /// Does a folder of this name stand above the file?
    pub fn has_folder(&self, name: &str) -> bool {
        let mut parts: Vec<&str> = self.path.split('/').collect();
        parts.pop();
        parts.contains(&name)
    }
}

/// Any other committed text.
pub struct Text {
    pub path: String,
    pub text: String,
}

pub struct House {
    pub packages: Vec<Package>,
    pub rust: Vec<Rust>,
    /// Every text file, the Rust ones too.
    pub texts: Vec<Text>,
}

impl House {
    /// Reads the workspace at `root`. A file that does not parse is an error: nothing may hide from the rules.
    pub fn read(root: &Path) -> Result<House> {
        let packages = packages(root)?;
        let texts = texts(root)?;
        let mut rust = Vec::new();
        for file in texts.iter().filter(|file| file.path.ends_with(".rs")) {
            let ast = syn::parse_file(&file.text).with_context(|| format!("{} does not parse", file.path))?;
            let package = owner(&packages, &file.path);
            let in_tests = package == "tests"
                || file.path.split('/').any(|part| matches!(part, "benches" | "fuzz_targets"))
                || file.path.strip_prefix("tests/").is_none() && file.path.contains("/tests/");
            rust.push(Rust {
                package,
                path: file.path.clone(),
                lines: file.text.lines().count(),
                first_line: file.text.lines().next().unwrap_or_default().to_owned(),
                is_test: in_tests,
                facts: Facts::of(&ast),
            });
        }
        mark_test_modules(&mut rust);
        Ok(House { packages, rust, texts })
    }

    /// Rust files whose code ships.
    pub fn shipped(&self) -> impl Iterator<Item = &Rust> {
        self.rust.iter().filter(|file| !file.is_test)
    }
}

/// `#[cfg(test)] mod x;` makes the file x.rs test code, and what x declares in turn.
fn mark_test_modules(rust: &mut [Rust]) {
    loop {
        let mut marked = BTreeSet::new();
        for file in rust.iter() {
            let (folder, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
            let stem = name.trim_end_matches(".rs");
            let base = match stem {
                "lib" | "main" | "mod" => folder.to_owned(),
                _ => format!("{folder}/{stem}"),
            };
            for module in file.facts.modules.iter().filter(|module| module.is_test || file.is_test) {
                marked.extend(match &module.file {
                    Some(named) => vec![format!("{folder}/{named}")],
                    None => {
                        vec![format!("{base}/{}.rs", module.name), format!("{base}/{}/mod.rs", module.name)]
                    }
                });
            }
        }
        let mut changed = false;
        for file in rust.iter_mut().filter(|file| !file.is_test && marked.contains(&file.path)) {
            file.is_test = true;
            changed = true;
        }
        if !changed {
            return;
        }
    }
}

/// The package with the longest folder that holds `path`.
fn owner(packages: &[Package], path: &str) -> String {
    packages
        .iter()
        .filter(|package| path.starts_with(&format!("{}/", package.folder)))
        .max_by_key(|package| package.folder.len())
        .map(|package| package.name.clone())
        .unwrap_or_default()
}

fn packages(root: &Path) -> Result<Vec<Package>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let run = Command::new(cargo)
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(root)
        .output()
        .context("cargo metadata does not start")?;
    ensure!(run.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&run.stderr));
    let metadata: Value = serde_json::from_slice(&run.stdout)?;
    let root = PathBuf::from(metadata["workspace_root"].as_str().context("no workspace_root")?);
    let listed = metadata["packages"].as_array().context("no packages")?;
    listed.iter().map(|package| one_package(&root, package)).collect()
}

fn one_package(root: &Path, package: &Value) -> Result<Package> {
    let manifest = Path::new(package["manifest_path"].as_str().context("no manifest_path")?);
    let folder =
        manifest.parent().and_then(|folder| folder.strip_prefix(root).ok()).context("outside the house")?;
    let edges = package["dependencies"].as_array().context("no dependencies")?.iter().map(|edge| Edge {
        to: edge["name"].as_str().unwrap_or_default().to_owned(),
        need: if edge["kind"].as_str() == Some("dev") { Need::Test } else { Need::Build },
    });
    Ok(Package {
        name: package["name"].as_str().context("no name")?.to_owned(),
        folder: slashes(folder),
        edges: edges.collect(),
    })
}

fn texts(root: &Path) -> Result<Vec<Text>> {
    let walk = walkdir::WalkDir::new(root).sort_by_file_name().into_iter();
    let kept = walk.filter_entry(|entry| {
        entry.depth() == 0 || !SKIPPED.contains(&entry.file_name().to_string_lossy().as_ref())
    });
    let mut found = Vec::new();
    for entry in kept {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy();
        let known = match name.rsplit_once('.') {
            Some((_, ending)) => TEXT.contains(&ending),
            None => true,
        };
        if entry.file_type().is_file() && known && name != "package-lock.json" {
            // A file without an ending may be a binary that somebody left: not a source, so not ours to judge.
            if let Ok(text) = std::fs::read_to_string(entry.path()) {
                found.push(Text { path: slashes(entry.path().strip_prefix(root)?), text });
            }
        }
    }
    Ok(found)
}

fn slashes(path: &Path) -> String {
    path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}
