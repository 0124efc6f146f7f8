//! The JSON Schema of `store.toml`, for editors that complete and check while one types. The shape comes from the
//! types, limits and units from the table of keys; nothing is said twice.

use serde_json::{Value, json};

use crate::StoreManifest;
use crate::keys::{KEYS, Key};

/// The schema, draft 2020-12.
#[must_use]
pub fn document() -> Value {
    let mut schema = schemars::schema_for!(StoreManifest).to_value();
    for key in KEYS {
        if let Some(place) = find(&mut schema, key.path) {
            enrich(place, key);
        }
    }
    schema
}

fn enrich(place: &mut Value, key: &Key) {
    let Some(object) = place.as_object_mut() else { return };
    if let Some((least, most)) = key.limits {
        object.insert("minimum".into(), json!(least));
        object.insert("maximum".into(), json!(most));
    }
    if !key.unit.is_empty() {
        object.insert("x-unit".into(), json!(key.unit));
    }
}

/// Every key the schema knows, as paths of the table of keys, sorted.
#[must_use]
pub fn paths() -> Vec<String> {
    let schema = schemars::schema_for!(StoreManifest).to_value();
    let mut found = Vec::new();
    collect(&schema, &schema, "", &mut found);
    found.sort();
    found
}

fn collect(root: &Value, node: &Value, path: &str, found: &mut Vec<String>) {
    let node = behind(root, node);
    if let Some(items) = node.get("items") {
        collect(root, items, &format!("{path}[]"), found);
        return;
    }
    match node.get("properties").and_then(Value::as_object) {
        Some(properties) => {
            let dot = if path.is_empty() { "" } else { "." };
            for (name, child) in properties {
                collect(root, child, &format!("{path}{dot}{name}"), found);
            }
        }
        None => found.push(path.to_owned()),
    }
}

/// The schema a `$ref` names; an optional thing is `anyOf` of it and nothing.
fn behind<'v>(root: &'v Value, node: &'v Value) -> &'v Value {
    pointer(node).and_then(|place| root.pointer(&place)).unwrap_or(node)
}

fn pointer(node: &Value) -> Option<String> {
    let named = |node: &Value| node.get("$ref").and_then(Value::as_str).map(str::to_owned);
    let optional = || node.get("anyOf").and_then(Value::as_array)?.iter().find_map(named);
    named(node).or_else(optional).map(|name| name.trim_start_matches('#').to_owned())
}

/// The property at `path`: the place in its own table, not the type behind it.
fn find<'v>(schema: &'v mut Value, path: &str) -> Option<&'v mut Value> {
    let mut at = String::new();
    for step in path.split('.') {
        at = resolved(schema, at)?;
        at = format!("{at}/properties/{}", step.trim_end_matches("[]"));
        schema.pointer(&at)?;
        if step.ends_with("[]") {
            at = format!("{at}/items");
        }
    }
    schema.pointer_mut(&at)
}

fn resolved(schema: &Value, at: String) -> Option<String> {
    let node = schema.pointer(&at)?;
    Some(pointer(node).unwrap_or(at))
}
