//! The case files: groups of cases with inherited settings. Reads and flattens them; never speaks to a broker. What cannot
//! be read is an entry like any other, with its reason: a case that nobody played has not passed.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::token::{TokenError, encode};

/// One case, with what its group said folded in.
#[derive(Debug, Clone)]
pub struct Case {
    /// Its file.
    pub file: String,
    /// Its group.
    pub group: String,
    /// Its name; not always unique.
    pub name: String,
    /// Protocol level of the CONNECT before the steps: 3, 4 or 5.
    pub version: u8,
    /// Whether a CONNECT stands before the steps.
    pub connect: bool,
    /// Whether the broker has to close at the end; else it has to answer a ping.
    pub closes: bool,
    /// What is said and heard, in order.
    pub steps: Vec<Step>,
}

impl Case {
    /// Where it stands and what it is called.
    #[must_use]
    pub fn title(&self) -> String {
        format!("{}: {}: {}", self.file, self.group, self.name)
    }
}

/// One step of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// We send these bytes.
    Send(Vec<u8>),
    /// The broker sends these bytes.
    Hear(Vec<u8>),
    /// A second client publishes.
    Publish {
        /// To where.
        topic: String,
        /// 0, 1 or 2.
        qos: u8,
        /// What.
        payload: String,
    },
}

/// Something that stands where a case should stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Its file, and its group and name as far as they are known.
    pub title: String,
    /// What is wrong with it.
    pub why: String,
}

/// What stands in the files: cases, and what should have been one.
pub type Entry = Result<Case, Unreadable>;

/// Nothing to play at all.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    /// Not readable.
    #[error("{path}: {source}")]
    File {
        /// What was read.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A folder without a `.json` file.
    #[error("{0}: no .json file in it")]
    Empty(PathBuf),
}

#[derive(Deserialize)]
struct RawGroup {
    group: String,
    ver: Option<u8>,
    connect: Option<bool>,
    expect_disconnect: Option<bool>,
    tests: Vec<Value>,
}

#[derive(Deserialize)]
struct RawCase {
    name: String,
    ver: Option<u8>,
    connect: Option<bool>,
    expect_disconnect: Option<bool>,
    msgs: Vec<RawStep>,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum RawStep {
    Send { payload: String },
    Recv { payload: String },
    ExternalPublish { topic: String, qos: u8, payload: String },
}

/// Everything in a file, or in a folder's `.json` files: files by name, cases as they stand, for some build on the one before.
///
/// # Errors
/// [`CaseError`] where there is no such folder or file, or nothing in it. What is wrong inside a file is an [`Unreadable`].
pub fn read(at: &Path) -> Result<Vec<Entry>, CaseError> {
    let fault = |path: &Path, source| CaseError::File { path: path.to_owned(), source };
    let mut files = Vec::new();
    if at.is_dir() {
        for entry in std::fs::read_dir(at).map_err(|source| fault(at, source))? {
            let path = entry.map_err(|source| fault(at, source))?.path();
            if path.extension().is_some_and(|end| end == "json") {
                files.push(path);
            }
        }
        if files.is_empty() {
            return Err(CaseError::Empty(at.to_owned()));
        }
        files.sort();
    } else {
        files.push(at.to_owned());
    }
    let mut entries = Vec::new();
    for path in files {
        let text = std::fs::read(&path).map_err(|source| fault(&path, source))?;
        let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        read_text(&file, &text, &mut entries);
    }
    Ok(entries)
}

/// One file. A group or a case that cannot be read takes no other with it; of a file that is no JSON nothing is left.
fn read_text(file: &str, text: &[u8], entries: &mut Vec<Entry>) {
    let broken = |title: String, why: String| Err(Unreadable { title, why });
    let groups: Vec<Value> = match serde_json::from_slice(text) {
        Ok(groups) => groups,
        Err(error) => return entries.push(broken(file.to_owned(), error.to_string())),
    };
    for (place, raw) in groups.into_iter().enumerate() {
        let name = raw["group"].as_str().map_or_else(|| format!("group {}", place + 1), str::to_owned);
        let title = format!("{file}: {name}");
        let RawGroup { group, ver, connect, expect_disconnect, tests } = match shaped(raw) {
            Ok(group) => group,
            Err(why) => {
                entries.push(broken(title, why));
                continue;
            }
        };
        for (place, raw) in tests.into_iter().enumerate() {
            let name = raw["name"].as_str().map_or_else(|| format!("case {}", place + 1), str::to_owned);
            let read = shaped(raw).and_then(|raw: RawCase| {
                let version = raw.ver.or(ver).unwrap_or(4);
                if !(3..=5).contains(&version) {
                    return Err(format!("there is no MQTT of level {version}"));
                }
                let steps: Result<_, TokenError> = raw.msgs.iter().map(step_of).collect();
                Ok(Case {
                    file: file.to_owned(),
                    group: group.clone(),
                    name: raw.name,
                    version,
                    connect: raw.connect.or(connect).unwrap_or(true),
                    closes: raw.expect_disconnect.or(expect_disconnect).unwrap_or(true),
                    steps: steps.map_err(|error| error.to_string())?,
                })
            });
            entries.push(read.map_err(|why| Unreadable { title: format!("{title}: {name}"), why }));
        }
    }
}

fn shaped<T: DeserializeOwned>(raw: Value) -> Result<T, String> {
    serde_json::from_value(raw).map_err(|error| error.to_string())
}

fn step_of(raw: &RawStep) -> Result<Step, TokenError> {
    Ok(match raw {
        RawStep::Send { payload } => Step::Send(encode(payload)?),
        RawStep::Recv { payload } => Step::Hear(encode(payload)?),
        RawStep::ExternalPublish { topic, qos, payload } => {
            Step::Publish { topic: topic.clone(), qos: *qos, payload: payload.clone() }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(text: &str) -> Vec<Entry> {
        let mut entries = Vec::new();
        read_text("f.json", text.as_bytes(), &mut entries);
        entries
    }

    #[test]
    fn a_case_inherits_from_its_group_and_may_differ() {
        let read = entries(
            r#"[{"group":"G","ver":5,"tests":[
            {"name":"a","msgs":[{"type":"send","payload":"C0 r0"}]},
            {"name":"b","ver":4,"connect":false,"expect_disconnect":false,"msgs":[]}]}]"#,
        );
        let cases: Vec<Case> = read.into_iter().map(Result::unwrap).collect();
        assert_eq!((cases[0].version, cases[0].connect, cases[0].closes), (5, true, true));
        assert_eq!(cases[0].steps, [Step::Send(vec![0xC0, 0])]);
        assert_eq!((cases[1].version, cases[1].connect, cases[1].closes), (4, false, false));
    }

    /// Each is named with its place and its reason, and those beside it are read.
    #[test]
    fn what_cannot_be_read_stands_among_the_cases() {
        let read = entries(
            r#"[{"tests":[]},{"group":"G","tests":[
            {"name":"level","ver":7,"msgs":[]},
            {"name":"bytes","msgs":[{"type":"send","payload":"XY"}]},
            {"name":"kind","msgs":[{"type":"shout","payload":"00"}]},
            {"msgs":[]},
            {"name":"good","msgs":[]}]}]"#,
        );
        let said: Vec<String> = read
            .iter()
            .filter_map(|one| one.as_ref().err().map(|it| format!("{}: {}", it.title, it.why)))
            .collect();
        let starts = [
            "f.json: group 1: missing field `group`",
            "f.json: G: level: there is no MQTT of level 7",
            "f.json: G: bytes: neither a number nor hexadecimal: XY",
            "f.json: G: kind: unknown variant `shout`",
            "f.json: G: case 4: missing field `name`",
        ];
        assert_eq!(said.len(), starts.len(), "{said:#?}");
        for (said, start) in said.iter().zip(starts) {
            assert!(said.starts_with(start), "{said}");
        }
        assert_eq!(read.last().unwrap().as_ref().unwrap().title(), "f.json: G: good");
        assert_eq!(entries("{").len(), 1);
    }

    #[test]
    fn a_file_alone_is_enough_and_nothing_is_a_fault() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(read(folder.path()), Err(CaseError::Empty(_))));
        let file = folder.path().join("a.json");
        assert!(matches!(read(&file), Err(CaseError::File { .. })));
        std::fs::write(&file, r#"[{"group":"G","tests":[{"name":"a","msgs":[]}]}]"#).unwrap();
        assert_eq!((read(&file).unwrap().len(), read(folder.path()).unwrap().len()), (1, 1));
    }
}
