//! How faults are shown: for people with the bad line and a mark under it, for programs as JSON. Finds none itself.

use std::fmt::Write as _;

use serde::Serialize;

use crate::Examination;
use crate::fault::{Fault, Place};

/// What was found in one file, in the shape `check --json` prints.
#[derive(Debug, Serialize)]
pub struct Report<'r> {
    /// The file, as it was named.
    pub file: &'r str,
    /// Whether the file makes a store.
    pub sound: bool,
    /// What stops it.
    pub faults: Vec<Line<'r>>,
    /// What works and is unwise.
    pub advice: Vec<Line<'r>>,
}

/// One finding with the line it stands on.
#[derive(Debug, Serialize)]
pub struct Line<'r> {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The line's text without its end.
    pub text: &'r str,
    /// What is wrong.
    pub what: &'r str,
    /// What to do.
    pub hint: &'r str,
}

impl<'r> Report<'r> {
    /// Joins what was found in `text` with the lines of it.
    #[must_use]
    pub fn new(file: &'r str, text: &'r str, seen: &'r Examination) -> Self {
        let lines = |faults: &'r [Fault]| faults.iter().map(|fault| Line::new(text, fault)).collect();
        Self {
            file,
            sound: seen.manifest.is_some(),
            faults: lines(&seen.faults),
            advice: lines(&seen.advice),
        }
    }

    /// The report for people.
    #[must_use]
    pub fn for_people(&self) -> String {
        let mut shown = String::new();
        for (kind, lines) in [("fault", &self.faults), ("advice", &self.advice)] {
            for line in lines {
                line.show(&mut shown, self.file, kind);
            }
        }
        let _ = match (self.faults.len(), self.advice.len()) {
            (0, 0) => writeln!(shown, "{}: sound", self.file),
            (0, advice) => writeln!(shown, "{}: sound, with advice on {}", self.file, count(advice, "line")),
            (faults, _) => writeln!(shown, "{}: {}", self.file, count(faults, "fault")),
        };
        shown
    }
}

impl<'r> Line<'r> {
    fn new(text: &'r str, fault: &'r Fault) -> Self {
        let Place { line, column } = fault.place;
        let text = text.lines().nth(line - 1).unwrap_or_default();
        Self { line, column, text, what: &fault.what, hint: &fault.hint }
    }

    fn show(&self, shown: &mut String, file: &str, kind: &str) {
        let Self { line, column, text, what, hint } = self;
        let number = line.to_string();
        let gutter = " ".repeat(number.len());
        // Tabs stay tabs, so that the mark stands under its sign however wide they are shown.
        let lead: String =
            text.chars().take(column - 1).map(|sign| if sign == '\t' { '\t' } else { ' ' }).collect();
        let mark = "^".repeat(width(text, *column));
        let _ = writeln!(shown, "{file}:{line}:{column}: {kind}: {what}");
        let _ = writeln!(shown, "  {number} | {text}\n  {gutter} | {lead}{mark}");
        if !hint.is_empty() {
            let _ = writeln!(shown, "  {gutter} = hint: {hint}");
        }
        shown.push('\n');
    }
}

/// How many characters belong together from `column` on: a quoted text, a bracketed header, or a bare word.
fn width(text: &str, column: usize) -> usize {
    let rest: Vec<char> = text.chars().skip(column - 1).collect();
    let Some(first) = rest.first() else { return 1 };
    let through = |end: char| rest.iter().skip(1).position(|sign| *sign == end).map(|at| at + 2);
    let whole = match first {
        '"' => through('"'),
        '\'' => through('\''),
        '{' => through('}'),
        '[' => rest.iter().rposition(|sign| *sign == ']').map(|at| at + 1),
        _ => rest.iter().position(|sign| sign.is_whitespace() || "=,]}#".contains(*sign)),
    };
    whole.unwrap_or(rest.len()).max(1)
}

fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_stands_under_the_whole_word() {
        for (text, column, wide) in [
            ("lat = 129.7 # x", 7, 5),
            ("name = \"a b\", c", 8, 5),
            ("[[devices]]", 1, 11),
            ("s = { a = 1 }", 5, 9),
            ("", 1, 1),
        ] {
            assert_eq!(width(text, column), wide, "{text}");
        }
    }

    #[test]
    fn people_see_the_line_a_mark_and_a_hint() {
        let text = "[store]\nलाट = 5\n";
        let fault = Fault {
            place: Place { line: 2, column: 1 },
            what: "unknown".into(),
            hint: "did you mean \"lat\"?".into(),
        };
        let seen = Examination { manifest: None, faults: vec![fault], advice: Vec::new() };
        let shown = Report::new("s.toml", text, &seen).for_people();
        assert_eq!(
            shown,
            "s.toml:2:1: fault: unknown\n  2 | लाट = 5\n    | ^^^\n    = hint: did you mean \"lat\"?\n\ns.toml: 1 fault\n"
        );
    }
}
