//! The case files: groups of cases with inherited settings. Reads and flattens them; never speaks to a broker.

use std::path::{Path, PathBuf};

use serde::Deserialize;

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

/// A folder that is no folder of cases.
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
    /// No JSON of this shape.
    #[error("{path}: {source}")]
    Json {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// A payload that does not say bytes.
    #[error("{file}: {case}: {source}")]
    Token {
        /// The file.
        file: String,
        /// The case.
        case: String,
        /// What is wrong.
        source: TokenError,
    },
    /// A protocol level that MQTT does not have.
    #[error("{file}: {case}: there is no MQTT of level {level}")]
    Level {
        /// The file.
        file: String,
        /// The case.
        case: String,
        /// The level.
        level: u8,
    },
}

#[derive(Deserialize)]
struct RawGroup {
    group: String,
    ver: Option<u8>,
    connect: Option<bool>,
    expect_disconnect: Option<bool>,
    tests: Vec<RawCase>,
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

/// Every case of a folder's `.json` files: files by name, cases as they stand, for some build on the one before.
///
/// # Errors
/// [`CaseError`] names the file and the case.
pub fn read_folder(folder: &Path) -> Result<Vec<Case>, CaseError> {
    let fault = |path: &Path, source| CaseError::File { path: path.to_owned(), source };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|source| fault(folder, source))? {
        let path = entry.map_err(|source| fault(folder, source))?.path();
        if path.extension().is_some_and(|end| end == "json") {
            files.push(path);
        }
    }
    files.sort();
    let mut cases = Vec::new();
    for path in files {
        let text = std::fs::read(&path).map_err(|source| fault(&path, source))?;
        let groups: Vec<RawGroup> =
            serde_json::from_slice(&text).map_err(|source| CaseError::Json { path: path.clone(), source })?;
        let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        for group in groups {
            flatten(&file, group, &mut cases)?;
        }
    }
    Ok(cases)
}

fn flatten(file: &str, group: RawGroup, cases: &mut Vec<Case>) -> Result<(), CaseError> {
    let RawGroup { group, ver, connect, expect_disconnect, tests } = group;
    for raw in tests {
        let token = |source| CaseError::Token { file: file.to_owned(), case: raw.name.clone(), source };
        let steps = raw.msgs.iter().map(|step| step_of(step).map_err(token)).collect::<Result<_, _>>()?;
        let version = raw.ver.or(ver).unwrap_or(4);
        if !(3..=5).contains(&version) {
            return Err(CaseError::Level { file: file.to_owned(), case: raw.name, level: version });
        }
        cases.push(Case {
            file: file.to_owned(),
            group: group.clone(),
            name: raw.name,
            version,
            connect: raw.connect.or(connect).unwrap_or(true),
            closes: raw.expect_disconnect.or(expect_disconnect).unwrap_or(true),
            steps,
        });
    }
    Ok(())
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

    #[test]
    fn a_case_inherits_from_its_group_and_may_differ() {
        let text = r#"[{"group":"G","ver":5,"tests":[
            {"name":"a","msgs":[{"type":"send","payload":"C0 r0"}]},
            {"name":"b","ver":4,"connect":false,"expect_disconnect":false,"msgs":[]}]}]"#;
        let groups: Vec<RawGroup> = serde_json::from_str(text).unwrap();
        let mut cases = Vec::new();
        for group in groups {
            flatten("f.json", group, &mut cases).unwrap();
        }
        assert_eq!((cases[0].version, cases[0].connect, cases[0].closes), (5, true, true));
        assert_eq!(cases[0].steps, [Step::Send(vec![0xC0, 0])]);
        assert_eq!((cases[1].version, cases[1].connect, cases[1].closes), (4, false, false));
    }
}
