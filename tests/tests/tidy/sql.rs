//! Where SQL may stand and what it must look like: strict tables, no clock or chance of its own, ordered lists.

use crate::facts::{At, Text};
use crate::house::{House, Rust, Violation};

/// The packages that own a database, each with its `db/` folder.
const OWNERS: [&str; 4] = ["store-node", "central-hub", "device-drivers", "store-broker"];

/// Words that make a statement read the clock or draw a number inside SQL.
const UNREPLAYABLE: [&str; 8] = [
    "'now'",
    "current_timestamp",
    "current_time",
    "current_date",
    "unixepoch()",
    "random()",
    "randomblob(",
    "julianday()",
];

/// Calls that read more than one row: rusqlite's, and the names a helper around them would have.
const MANY_ROWS: [&str; 6] = ["query_map", "query_and_then", "query", "rows", "many", "list"];

/// Every rule about SQL.
pub fn violations(house: &House) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in house.shipped() {
        let home = OWNERS.contains(&file.package.as_str()) && file.has_folder("db");
        if !home {
            found.extend(sql_away_from_home(file));
            found.extend(rusqlite_away_from_home(file));
        }
        for text in statements(file) {
            found.extend(bad_statement(&file.path, text.at.line, &text.value));
        }
        found.extend(unordered_lists(file));
    }
    for text in house.texts.iter().filter(|text| text.path.ends_with(".sql")) {
        for (line, statement) in split(&text.text) {
            found.extend(bad_statement(&text.path, line, &statement));
        }
    }
    found
}

fn sql_away_from_home(file: &Rust) -> Vec<Violation> {
    statements(file).map(|text| at(file, text.at, "sql-home", one_line(&text.value))).collect()
}

fn rusqlite_away_from_home(file: &Rust) -> Vec<Violation> {
    let paths = file.facts.paths.iter().filter(|path| !path.at.is_test);
    paths
        .filter(|path| path.segments.first().is_some_and(|first| first.starts_with("rusqlite")))
        .map(|path| at(file, path.at, "rusqlite-home", path.segments.join("::")))
        .collect()
}

fn statements(file: &Rust) -> impl Iterator<Item = &Text> {
    file.facts.strings.iter().filter(|text| !text.at.is_test && is_sql(&text.value))
}

/// A sentence about selecting something is no SQL: keywords must stand in a statement's order, in one case of letters.
pub fn is_sql(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    let lower: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
    (0..words.len()).any(|start| {
        let upper = words[start].chars().all(|c| !c.is_lowercase());
        let all_lower = start == 0 && text == text.to_lowercase();
        (upper || all_lower) && opens_statement(&lower[start..], upper)
    })
}

fn opens_statement(words: &[String], upper: bool) -> bool {
    let word = |index: usize| words.get(index).map_or("", String::as_str);
    let follows = |wanted: &str| words.iter().skip(1).any(|word| word == wanted);
    match word(0).trim_start_matches('(') {
        "select" => follows("from") && words.len() > 3,
        "insert" | "replace" => word(1) == "into" || word(1) == "or" && follows("into"),
        "update" => word(2) == "set" || word(1) == "or" && follows("set"),
        "delete" => word(1) == "from" && (upper || words.len() == 3 || word(3) == "where"),
        "create" => ["table", "index", "trigger", "view", "virtual", "unique", "temp"].contains(&word(1)),
        "alter" | "drop" => ["table", "index", "trigger", "view"].contains(&word(1)),
        "pragma" => words.len() > 1,
        _ => false,
    }
}

fn bad_statement(file: &str, line: usize, statement: &str) -> Vec<Violation> {
    let lower = one_line(statement).to_lowercase();
    let mut found = Vec::new();
    let violation = |rule, what| Violation { rule, file: file.to_owned(), line, what };
    for part in lower.split(';').map(str::trim) {
        let table = ["create table", "create temp table"].iter().any(|opening| part.starts_with(opening));
        let options = part.rsplit_once(')').map_or("", |(_, options)| options);
        if table && !part.contains(" as select ") && !options.contains("strict") {
            found.push(violation("strict-table", format!("not STRICT: {}", clipped(part))));
        }
    }
    if let Some(word) = UNREPLAYABLE.iter().find(|word| lower.contains(*word)) {
        found.push(violation("sql-clock", format!("{word} in SQL: {}", clipped(&lower))));
    }
    found
}

/// A function that reads many rows says in which order: the file's order is nobody's promise.
fn unordered_lists(file: &Rust) -> Vec<Violation> {
    let lists = file.facts.calls.iter().filter(|call| {
        let last = call.segments.last().map_or("", String::as_str);
        !call.at.is_test && MANY_ROWS.contains(&last)
    });
    let functions: Vec<Option<usize>> = lists.map(|call| call.at.function).collect();
    statements(file)
        .filter(|text| text.at.function.is_some() && functions.contains(&text.at.function))
        .filter(|text| is_unordered_list(&one_line(&text.value).to_lowercase()))
        .map(|text| {
            at(file, text.at, "list-order", format!("no ORDER BY: {}", clipped(&one_line(&text.value))))
        })
        .collect()
}

/// A sum over everything is one row and needs no order; a single row read by its key is no list and not asked for here.
fn is_unordered_list(select: &str) -> bool {
    let one_row = [
        "select count(",
        "select sum(",
        "select coalesce(sum(",
        "select max(",
        "select min(",
        "select exists",
    ];
    let summed = one_row.iter().any(|opening| select.starts_with(opening)) && !select.contains("group by");
    select.starts_with("select ") && !select.contains("order by") && !summed
}

/// The statements of a migration with their lines; comments are blanked, so that words in them do not count.
fn split(text: &str) -> Vec<(usize, String)> {
    let bare: String =
        text.lines().map(|line| line.split("--").next().unwrap_or_default()).collect::<Vec<_>>().join("\n");
    let mut line = 1;
    let mut found = Vec::new();
    for statement in bare.split(';') {
        let blank = statement.chars().take_while(|c| c.is_whitespace()).filter(|c| *c == '\n').count();
        found.push((line + blank, statement.to_owned()));
        line += statement.matches('\n').count();
    }
    found
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn clipped(text: &str) -> String {
    text.chars().take(80).collect()
}

fn at(file: &Rust, at: At, rule: &'static str, what: String) -> Violation {
    Violation { rule, file: file.path.clone(), line: at.line, what }
}
