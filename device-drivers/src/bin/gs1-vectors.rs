//! Runs GS1's own test vectors against our reading of GS1: `gs1-vectors DIR` with `linter-vectors.jsonl`,
//! `syntax-engine-vectors.jsonl` or both in DIR. Prints each failure; the last line counts. A row that cannot be read is
//! a failure like any other: whatever stands in it has not been shown to hold. Never a rule of its own.
//!
//! Ends with 0 where all pass, 1 where one fails, 2 where no vectors are there at all.

use std::cell::Cell;
use std::path::Path;
use std::process::ExitCode;

use device_drivers::gs1::carrier::{self, CheckDigit, Symbology};
use device_drivers::gs1::lint::{CompanyPrefixes, Linter, PrefixVerdict};
use device_drivers::gs1::percent::{self, Where};
use device_drivers::gs1::rules::{self, Rule};
use device_drivers::gs1::{Ai, Allow, Gs1Fault, Reading, link, parse};
use serde_json::{Map, Value};

/// One row of a file, and where it stands.
struct Row {
    file: &'static str,
    line: usize,
    vector: Result<Vector, String>,
}

/// One vector: its fields.
struct Vector {
    fields: Map<String, Value>,
}

/// What was wanted and what came instead.
struct Failure {
    expected: String,
    got: String,
}

type Outcome = Result<(), Failure>;

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1) else {
        return unreadable("usage: gs1-vectors DIR");
    };
    match run(Path::new(&folder)) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(what) => unreadable(&what),
    }
}

#[expect(clippy::print_stderr, reason = "a program's own complaint")]
fn unreadable(what: &str) -> ExitCode {
    eprintln!("{what}");
    ExitCode::from(2)
}

/// Runs every vector and gives the number of failures.
#[expect(clippy::print_stdout, reason = "the program's report")]
fn run(folder: &Path) -> Result<usize, String> {
    let files = ["linter-vectors.jsonl", "syntax-engine-vectors.jsonl"];
    let mut rows = Vec::new();
    for file in files {
        let path = folder.join(file);
        match std::fs::read(&path) {
            Ok(bytes) => read(file, &bytes, &mut rows),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(format!("{}: {error}", path.display())),
        }
    }
    if rows.is_empty() {
        return Err(format!("{}: no vectors, neither in {} nor in {}", folder.display(), files[0], files[1]));
    }
    let mut failed = 0;
    for Row { file, line, vector } in &rows {
        let fault = match vector {
            Ok(vector) => vector.check().err().map(|Failure { expected, got }| {
                format!("{}: expected {expected}, got {got}", vector.input())
            }),
            Err(what) => Some(format!("cannot be read: {what}")),
        };
        if let Some(fault) = fault {
            failed += 1;
            println!("{file}:{line}: {fault}");
        }
    }
    println!("{} passed, {failed} failed", rows.len() - failed);
    Ok(failed)
}

/// Every row that is not blank, by its bytes: one that is no UTF-8 takes no other with it.
fn read(file: &'static str, bytes: &[u8], rows: &mut Vec<Row>) {
    for (index, row) in bytes.split(|byte| *byte == b'\n').enumerate() {
        if !row.trim_ascii().is_empty() {
            rows.push(Row { file, line: index + 1, vector: Vector::read(row) });
        }
    }
}

/// Company prefixes that answer as a vector says: the first look-ups find something, the others get its code.
struct Prefixes {
    answer: u64,
    good: Cell<u64>,
}

impl CompanyPrefixes for Prefixes {
    fn look_up(&self, _key: &[u8]) -> PrefixVerdict {
        if let Some(left) = self.good.get().checked_sub(1) {
            self.good.set(left);
            return PrefixVerdict::Accepted;
        }
        match self.answer {
            0 => PrefixVerdict::Accepted,
            1 => PrefixVerdict::Unknown,
            _ => PrefixVerdict::Offline,
        }
    }
}

/// The fields that a kind of vector is judged by; of an unknown kind none, it fails by its name.
fn needed(kind: &str) -> &'static [&'static str] {
    match kind {
        "linter" => &["linter", "in", "ok"],
        "parseAIdata" | "parseDLuri" | "generateDLuri" => &["in", "ok", "expect"],
        "processAIdata" => &["in", "ok"],
        "validateAIs" => &["fn", "in", "ok"],
        "existsInAIdata" => &["data", "needle", "ok", "expect"],
        "processScanData" => &["in", "sym", "ok", "expect"],
        "generateScanData" => &["in", "sym", "expect"],
        "URIescape" | "URIunescape" => &["in", "path", "query"],
        "errMarkup" => &["in", "expect"],
        _ => &[],
    }
}

/// The vectors write a byte as the character of that number.
fn bytes(text: &str) -> Vec<u8> {
    text.chars().map(|sign| u8::try_from(u32::from(sign)).unwrap_or(b'?')).collect()
}

fn characters(data: &[u8]) -> String {
    data.iter().map(|byte| char::from(*byte)).collect()
}

fn compare<T: PartialEq + std::fmt::Debug>(expected: &T, got: &T) -> Outcome {
    if expected == got {
        return Ok(());
    }
    Err(Failure { expected: format!("{expected:?}"), got: format!("{got:?}") })
}

impl Vector {
    /// A row with all that its kind is judged by: what is missing must not pass for what is empty.
    fn read(row: &[u8]) -> Result<Self, String> {
        let fields = serde_json::from_slice(row).map_err(|error| error.to_string())?;
        let vector = Self { fields };
        let kind = vector.fields.get("kind").and_then(Value::as_str).ok_or("no text \"kind\"")?;
        for name in needed(kind) {
            let fits = |value: &Value| match *name {
                "ok" => value.is_boolean(),
                "expect" => value.is_string() || value.is_null(),
                _ => value.is_string(),
            };
            match vector.fields.get(*name) {
                Some(value) if fits(value) => {}
                Some(value) => return Err(format!("{name:?} cannot be {value}")),
                None => return Err(format!("no {name:?}, which {kind} needs")),
            }
        }
        Ok(vector)
    }

    fn text(&self, name: &str) -> &str {
        self.fields.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    fn number(&self, name: &str) -> u64 {
        self.fields.get(name).and_then(Value::as_u64).unwrap_or_default()
    }

    fn flag(&self, name: &str, default: bool) -> bool {
        self.fields.get(name).and_then(Value::as_bool).unwrap_or(default)
    }

    fn allow(&self, name: &str) -> Allow {
        if self.flag(name, false) { Allow::Yes } else { Allow::No }
    }

    /// What is expected: `None` where it is refused.
    fn expected(&self) -> Option<&str> {
        self.fields.get("expect").and_then(Value::as_str)
    }

    /// The whole input, for the report.
    fn input(&self) -> String {
        let kind = if self.text("linter").is_empty() { self.text("kind") } else { self.text("linter") };
        let names = ["fn", "sym", "stem", "data", "needle", "ignore", "in"];
        let given =
            names.iter().filter_map(|name| Some(format!("{name} {:?}", self.fields.get(*name)?.as_str()?)));
        format!("{kind} {}", given.collect::<Vec<_>>().join(" "))
    }

    fn check(&self) -> Outcome {
        let prefixes = Prefixes { answer: self.number("gcp"), good: Cell::new(self.number("gcp_countdown")) };
        let reading = Reading {
            unknown_ais: self.allow("permitUnknownAIs"),
            short_gtins_in_links: self.allow("permitZeroSuppressedGTINinDLuris"),
            // No vector says so, but those for old links have it on.
            words_in_links: Allow::Yes,
            unknown_link_attributes: if self.flag("v_unknownAInotDLattr", true) {
                Allow::No
            } else {
                Allow::Yes
            },
            prefixes: &prefixes,
        };
        match self.text("kind") {
            "linter" => self.linter(&prefixes),
            "parseAIdata" => {
                let read = parse::bracketed(&bytes(self.text("in")), &reading);
                self.message(read.map(|message| message.to_caret()).ok())
            }
            "processAIdata" => self.verdict(parse::caret(&bytes(self.text("in")), &reading).is_ok()),
            "parseDLuri" => {
                let read = link::parse(&bytes(self.text("in")), &reading);
                self.message(read.map(|link| link.message.to_caret()).ok())
            }
            "generateDLuri" => self.generate_link(&reading),
            "validateAIs" => self.rule(&reading),
            "existsInAIdata" => self.exists(&reading),
            "processScanData" => self.scan(&reading),
            "generateScanData" => self.scan_data(),
            "URIescape" | "URIunescape" => self.escape(),
            "errMarkup" => self.markup(&reading),
            other => Err(Failure { expected: "a known kind of vector".to_owned(), got: other.to_owned() }),
        }
    }

    fn verdict(&self, ok: bool) -> Outcome {
        compare(&self.flag("ok", true), &ok)
    }

    /// A text where it must succeed (none given = not compared), nothing where it must not.
    fn message(&self, got: Option<String>) -> Outcome {
        self.verdict(got.is_some())?;
        match (got, self.expected()) {
            (Some(got), Some(expected)) => compare(&expected, &got.as_str()),
            (Some(_), None) | (None, _) => Ok(()),
        }
    }

    fn linter(&self, prefixes: &Prefixes) -> Outcome {
        let name = self.text("linter").trim_start_matches("gs1_lint_");
        let Some(linter) = Linter::by_name(name) else {
            return Err(Failure { expected: "a known linter".to_owned(), got: name.to_owned() });
        };
        let data = bytes(self.text("in"));
        let got = linter.check(&data, prefixes).err().map(|fault| {
            let (start, end) = (fault.start, fault.start + fault.length);
            let part = |range: std::ops::Range<usize>| characters(data.get(range).unwrap_or_default());
            let marked = format!("{}*{}*{}", part(0..start), part(start..end), part(end..data.len()));
            (fault.error.name().to_owned(), marked)
        });
        let expected = (!self.flag("ok", true))
            .then(|| (self.text("err").to_owned(), self.text("highlight").to_owned()));
        compare(&expected, &got)
    }

    fn generate_link(&self, reading: &Reading<'_>) -> Outcome {
        let message = parse::bracketed(&bytes(self.text("in")), reading);
        let stem = self.fields.get("stem").and_then(Value::as_str).unwrap_or(link::CANONICAL_STEM);
        self.message(message.and_then(|message| link::build(&message, stem, reading)).ok())
    }

    fn rule(&self, reading: &Reading<'_>) -> Outcome {
        let rule = match self.text("fn") {
            "validateAIrepeats" => Rule::Repeated,
            "validateAImutex" => Rule::Exclusive,
            "validateAIrequisites" => Rule::Required,
            "validateDigSigRequiresSerialisedKey" => Rule::SignedKey,
            other => return Err(Failure { expected: "a known rule".to_owned(), got: other.to_owned() }),
        };
        let read = parse::bracketed(&bytes(self.text("in")), reading);
        self.verdict(read.and_then(|message| rule.check(&message)).is_ok())
    }

    fn exists(&self, reading: &Reading<'_>) -> Outcome {
        let ignore = Ai::parse(self.text("ignore").as_bytes());
        let read = parse::bracketed(&bytes(self.text("data")), reading);
        let found = read.ok().and_then(|message| rules::find(&message, self.text("needle"), ignore));
        self.message(found.map(|ai| ai.to_string()))
    }

    fn scan(&self, reading: &Reading<'_>) -> Outcome {
        let read = carrier::read(&bytes(self.text("in")), reading).ok();
        let symbology = read.as_ref().map_or("NONE", |scanned| scanned.symbology.name());
        compare(&self.text("sym"), &symbology)?;
        self.message(read.map(|scanned| characters(&scanned.data)))
    }

    fn scan_data(&self) -> Outcome {
        let digit = if self.flag("addCheckDigit", false) { CheckDigit::Missing } else { CheckDigit::Given };
        let symbology = Symbology::by_name(self.text("sym"));
        let got =
            symbology.and_then(|symbology| carrier::write(symbology, &bytes(self.text("in")), digit).ok());
        compare(&self.expected().map(str::to_owned), &got.as_deref().map(characters))
    }

    fn escape(&self) -> Outcome {
        let data = bytes(self.text("in"));
        for (name, place) in [("path", Where::Path), ("query", Where::Query)] {
            let got = if self.text("kind") == "URIescape" {
                percent::encode(&data, place)
            } else {
                // A zero byte is refused: nothing comes out.
                percent::decode(&data, place).as_deref().map(characters).unwrap_or_default()
            };
            compare(&self.text(name), &got.as_str())?;
        }
        Ok(())
    }

    fn markup(&self, reading: &Reading<'_>) -> Outcome {
        let got = match parse::bracketed(&bytes(self.text("in")), reading).map_err(|error| error.fault) {
            Err(Gs1Fault::Lint { markup, .. }) => Some(markup),
            Err(_) | Ok(_) => None,
        };
        compare(&self.expected().map(str::to_owned), &got)
    }
}
