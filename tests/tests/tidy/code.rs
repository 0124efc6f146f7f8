//! Rules about single lines of code: failures, documentation, queues, lint attributes, wildcard arms.

use crate::facts::{At, Call};
use crate::house::{House, Rust, Violation};

/// Macros that end the program where a refusal or a fault was due.
const PANICS: [&str; 4] = ["panic", "todo", "unimplemented", "unreachable"];
/// At most this share of all matches may hide variants behind `_`, in percent.
const WILDCARD_PERCENT: usize = 10;

/// Every rule about lines of code.
pub fn violations(house: &House) -> Vec<Violation> {
    let mut found = wildcard_share(house).into_iter().collect::<Vec<_>>();
    for file in &house.rust {
        found.extend(lint_attributes(file));
        found.extend(unbounded_queues(file));
    }
    for file in house.shipped() {
        found.extend(unwraps(file));
        found.extend(panics(file));
        found.extend(undocumented(file));
    }
    found.extend(undocumented_test_library(house));
    found
}

fn lint_attributes(file: &Rust) -> Vec<Violation> {
    let allows = file.facts.allows.iter().map(|attr| {
        at(file, attr.at, "allow-attribute", format!("allow({}): use expect with a reason", attr.name))
    });
    let unreasoned = file.facts.unreasoned.iter();
    allows
        .chain(unreasoned.map(|attr| {
            at(file, attr.at, "expect-reason", format!("expect({}) without a reason", attr.name))
        }))
        .collect()
}

/// std's `mpsc::channel()` takes no bound, tokio's takes one; `unbounded` says it in its name.
fn unbounded_queues(file: &Rust) -> Vec<Violation> {
    let by_import = file.facts.paths.iter().any(|path| path.segments == ["std", "sync", "mpsc", "channel"]);
    let is_unbounded = |call: &&Call| {
        let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
        match segments.as_slice() {
            [.., "unbounded_channel" | "unbounded"] => true,
            [.., "mpsc", "channel"] => call.arguments == 0,
            ["channel"] => call.arguments == 0 && by_import,
            _ => false,
        }
    };
    let calls = file.facts.calls.iter().filter(|call| !call.is_method);
    calls
        .filter(is_unbounded)
        .map(|call| at(file, call.at, "unbounded-queue", call.segments.join("::")))
        .collect()
}

fn unwraps(file: &Rust) -> Vec<Violation> {
    let calls =
        file.facts.calls.iter().filter(|call| call.is_method && !call.at.is_test && !call.at.is_const);
    calls
        .filter(|call| match call.segments[0].as_str() {
            "unwrap" | "unwrap_err" => call.arguments == 0,
            "expect" | "expect_err" => call.arguments == 1,
            _ => false,
        })
        .map(|call| at(file, call.at, "unwrap", format!(".{}() outside tests", call.segments[0])))
        .collect()
}

fn panics(file: &Rust) -> Vec<Violation> {
    let macros = file.facts.macros.iter().filter(|name| !name.at.is_test && !name.at.is_const);
    macros
        .filter(|name| PANICS.contains(&name.name.as_str()))
        .map(|name| at(file, name.at, "panic", format!("{}! outside tests", name.name)))
        .collect()
}

fn undocumented(file: &Rust) -> Vec<Violation> {
    let items = file.facts.undocumented.iter();
    items
        .map(|item| at(file, item.at, "public-docs", format!("{} has no documentation", item.name)))
        .collect()
}

/// The library of package `tests` is read by everybody who writes a story, so its items are documented too.
fn undocumented_test_library(house: &House) -> Vec<Violation> {
    let library = house.rust.iter().filter(|file| file.path.starts_with("tests/src/"));
    library.flat_map(undocumented).collect()
}

fn wildcard_share(house: &House) -> Option<Violation> {
    let matches: Vec<(&Rust, At, bool)> = house
        .shipped()
        .flat_map(|file| file.facts.matches.iter().map(move |(at, hides)| (file, *at, *hides)))
        .filter(|(_, at, _)| !at.is_test)
        .collect();
    let hiding: Vec<&(&Rust, At, bool)> = matches.iter().filter(|(_, _, hides)| *hides).collect();
    let (file, first, _) = hiding.first()?;
    let places: Vec<String> =
        hiding.iter().map(|(file, at, _)| format!("{}:{}", file.path, at.line)).collect();
    let what =
        format!("`_` hides variants in {} of {} matches: {}", hiding.len(), matches.len(), places.join(" "));
    (hiding.len() * 100 > matches.len() * WILDCARD_PERCENT).then(|| at(file, *first, "wildcard-arms", what))
}

fn at(file: &Rust, at: At, rule: &'static str, what: String) -> Violation {
    Violation { rule, file: file.path.clone(), line: at.line, what }
}
