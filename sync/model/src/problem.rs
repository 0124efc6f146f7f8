//! An error that a person can act on: RFC 9457 problem details plus `hint` (what to do) and `offer` (what can be had instead).

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

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
    /// The particulars: which SKU, which line, which limit (English; surfaces fill `vars` into words of their own).
    pub detail: String,
    /// What the person should do now.
    pub hint: String,
    /// The particulars by name, for surfaces that speak another language.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "schema", ts(as = "Option<BTreeMap<String, String>>", optional))]
    pub vars: BTreeMap<String, String>,
    /// What can be had instead, for programs; its shape goes by `code` (`split_offered`: `api::hub::SplitOffer`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(type = "unknown", optional))]
    pub offer: Option<Value>,
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
            vars: BTreeMap::new(),
            offer: None,
        }
    }

    /// The same with a refusal's own fields as [`Problem::vars`]. `tag` is the field that names the refusal's kind.
    #[must_use]
    pub fn with_fields_of(mut self, refusal: &impl Serialize, tag: &str) -> Self {
        if let Ok(Value::Object(fields)) = serde_json::to_value(refusal) {
            let named = fields.into_iter().filter(|(name, _)| name != tag);
            self.vars = named.filter_map(|(name, value)| Some((name, flat(&value)?))).collect();
        }
        self
    }

    /// The same with what can be had instead.
    #[must_use]
    pub fn offering(mut self, offer: &impl Serialize) -> Self {
        self.offer = serde_json::to_value(offer).ok();
        self
    }
}

/// A field as text: lists by commas, the parts of a thing by spaces; nothing for nothing.
fn flat(value: &Value) -> Option<String> {
    let join = |parts: Vec<String>, by: &str| (!parts.is_empty()).then(|| parts.join(by));
    match value {
        Value::Null => None,
        Value::Bool(yes) => Some(yes.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.clone()),
        Value::Array(items) => join(items.iter().filter_map(flat).collect(), ", "),
        Value::Object(fields) => join(fields.values().filter_map(flat).collect(), " "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusals_fields_become_vars() {
        let refusal = serde_json::json!({ "code": "short", "line": 2, "who": null, "lacking": [{ "sku": "A", "wanted": 3 }, { "sku": "B", "wanted": 1 }] });
        let problem = Problem::new("short", 409, "Short", "", "").with_fields_of(&refusal, "code");
        let vars: Vec<(&str, &str)> = problem.vars.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(vars, [("lacking", "A 3, B 1"), ("line", "2")]);
        let plain = serde_json::to_string(&Problem::new("x", 400, "X", "", "")).unwrap();
        assert!(!plain.contains("vars"), "{plain}");
        assert_eq!(serde_json::from_str::<Problem>(&plain).unwrap().vars, BTreeMap::new());
    }
}
