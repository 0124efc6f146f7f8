//! An error that a person can act on: RFC 9457 problem details plus `hint` (what to do) and `kept` (what was not lost).

use serde::{Deserialize, Serialize};

/// A refusal or fault as it crosses HTTP and MQTT (`application/problem+json`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Problem {
    /// A stable machine word, for example `out_of_stock`, `wrong_item`; clients switch on this, never on text.
    pub code: String,
    /// HTTP status that fits, also when it travels by MQTT.
    pub status: u16,
    /// What happened, in one short sentence (English; surfaces translate by `code`).
    pub title: String,
    /// The particulars: which SKU, which line, which limit.
    pub detail: String,
    /// What the person should do now.
    pub hint: String,
}

impl Problem {
    /// All five parts at once.
    pub fn new(code: &str, status: u16, title: &str, detail: impl Into<String>, hint: &str) -> Self {
        Self {
            code: code.to_owned(),
            status,
            title: title.to_owned(),
            detail: detail.into(),
            hint: hint.to_owned(),
        }
    }
}
