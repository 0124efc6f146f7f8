//! What changes for a store from one `store.toml` to the next, in words, and what has to be started again for it.
//! Reads two manifests; changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use crate::StoreManifest;

/// A part of the machine that a change reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Service {
    /// The store node.
    StoreNode,
    /// The device agent.
    Agent,
    /// The MQTT broker.
    Broker,
    /// The packet filter.
    Firewall,
    /// The rules for stable names of devices.
    Udev,
}

impl Service {
    /// What brings the change in, on a machine set up by `firmware-config render`.
    #[must_use]
    pub const fn command(self) -> &'static str {
        match self {
            Service::StoreNode => "systemctl restart larder-store-node",
            Service::Agent => "systemctl restart larder-agent",
            Service::Broker => "systemctl restart larder-mosquitto",
            Service::Firewall => "systemctl reload nftables",
            Service::Udev => "udevadm control --reload && udevadm trigger",
        }
    }
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What changes, in words.
    pub what: String,
    /// What to mind before it is brought in; empty where nothing.
    pub mind: &'static str,
    /// What it reaches.
    pub reaches: BTreeSet<Service>,
}

/// Every change, in the order of the file.
#[must_use]
pub fn changes(old: &StoreManifest, new: &StoreManifest) -> Vec<Change> {
    let mut found = Vec::new();
    let sections = [
        ("store", flat(&old.store), flat(&new.store)),
        ("node", flat(&old.node), flat(&new.node)),
        ("hub", flat(&old.hub), flat(&new.hub)),
        ("broker", flat(&old.broker), flat(&new.broker)),
        ("layout", flat(&old.layout), flat(&new.layout)),
    ];
    for (section, old, new) in sections {
        fields(&mut found, section, section, &old, &new);
    }
    things(
        &mut found,
        "zone",
        &by_id(&old.zones, |zone| zone.id.as_str()),
        &by_id(&new.zones, |zone| zone.id.as_str()),
    );
    things(
        &mut found,
        "device",
        &by_id(&old.devices, |device| device.id.as_str()),
        &by_id(&new.devices, |device| device.id.as_str()),
    );
    things(
        &mut found,
        "person",
        &by_id(&old.people, |person| person.id.as_str()),
        &by_id(&new.people, |person| person.id.as_str()),
    );
    found
}

/// Everything that the changes reach, each once.
#[must_use]
pub fn reached(changes: &[Change]) -> BTreeSet<Service> {
    changes.iter().flat_map(|change| change.reaches.iter().copied()).collect()
}

/// The changes for people, and how to bring them in.
#[must_use]
pub fn for_people(changes: &[Change]) -> String {
    if changes.is_empty() {
        return "nothing changes for the store\n".to_owned();
    }
    let mut text = String::new();
    for change in changes {
        text.push_str(&change.what);
        text.push('\n');
        if !change.mind.is_empty() {
            text.push_str(&format!("  mind: {}\n", change.mind));
        }
    }
    text.push_str("\nto bring it in:\n");
    for service in reached(changes) {
        text.push_str(&format!("  {}\n", service.command()));
    }
    text
}

/// The leaves of a thing: path within it -> value as JSON.
type Leaves = BTreeMap<String, Value>;

fn flat(thing: &impl Serialize) -> Leaves {
    let mut leaves = Leaves::new();
    let value = serde_json::to_value(thing).unwrap_or_default();
    spread(&mut leaves, "", &value);
    leaves
}

fn spread(leaves: &mut Leaves, path: &str, value: &Value) {
    if let Some(object) = value.as_object() {
        let dot = if path.is_empty() { "" } else { "." };
        for (key, inner) in object {
            spread(leaves, &format!("{path}{dot}{key}"), inner);
        }
    } else if !value.is_null() {
        leaves.insert(path.to_owned(), value.clone());
    }
}

fn by_id<T: Serialize>(list: &[T], id: fn(&T) -> &str) -> BTreeMap<&str, Leaves> {
    list.iter().map(|thing| (id(thing), flat(thing))).collect()
}

fn things(
    found: &mut Vec<Change>,
    noun: &'static str,
    old: &BTreeMap<&str, Leaves>,
    new: &BTreeMap<&str, Leaves>,
) {
    let say = |leaves: &Leaves, key: &str| match leaves.get(key) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    for (id, leaves) in old.iter().filter(|(id, _)| !new.contains_key(*id)) {
        let what = format!("{noun} {id}{} is removed", described(noun, &say(leaves, kind_key(noun))));
        found.push(Change { what, mind: removal(noun), reaches: whole(noun, leaves) });
    }
    for (id, leaves) in new {
        match old.get(id) {
            Some(before) => fields(found, noun, &format!("{noun} {id}"), before, leaves),
            None => {
                let at =
                    if noun == "device" { format!(" at {}", say(leaves, "port")) } else { String::new() };
                let what =
                    format!("{noun} {id}{} is added{at}", described(noun, &say(leaves, kind_key(noun))));
                found.push(Change { what, mind: "", reaches: whole(noun, leaves) });
            }
        }
    }
}

/// The key that says what kind of thing it is.
fn kind_key(noun: &str) -> &'static str {
    match noun {
        "device" => "class",
        "zone" => "temp",
        _ => "role",
    }
}

fn described(noun: &str, kind: &str) -> String {
    if noun == "zone" { format!(" ({kind} shelves)") } else { format!(" ({kind})") }
}

fn removal(noun: &str) -> &'static str {
    match noun {
        "zone" => "empty its bins first: the node refuses a floor that its stock does not fit",
        "device" => "what it has queued is not printed any more",
        _ => "the ledger keeps the id for ever; open sessions end at the restart",
    }
}

fn whole(noun: &str, leaves: &Leaves) -> BTreeSet<Service> {
    let mut reached = BTreeSet::from([Service::StoreNode]);
    if noun == "device" {
        reached.insert(Service::Agent);
        if leaves.get("port").and_then(Value::as_str).is_some_and(|port| port.starts_with("serial:")) {
            reached.insert(Service::Udev);
        }
    }
    reached
}

fn fields(found: &mut Vec<Change>, section: &str, name: &str, old: &Leaves, new: &Leaves) {
    let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for key in keys {
        let (before, after) = (old.get(key), new.get(key));
        if before == after {
            continue;
        }
        let secret = ["token", "pin_hash", "demo_pin"].contains(&key.as_str());
        let show = |value: Option<&Value>| value.map_or_else(|| "not set".to_owned(), Value::to_string);
        let what = if section == "device" && key == "port" {
            format!("{name} moves from {} to {}", plain(before), plain(after))
        } else if secret {
            format!("{name}: {key} changes (a secret, not shown)")
        } else {
            format!("{name}: {key} changes from {} to {}", show(before), show(after))
        };
        found.push(Change {
            what,
            mind: caution(section, key),
            reaches: reaches(section, key, before, after),
        });
    }
}

fn plain(value: Option<&Value>) -> &str {
    value.and_then(Value::as_str).unwrap_or_default()
}

fn caution(section: &str, key: &str) -> &'static str {
    match (section, key) {
        ("store", "id") => "this is another store: it needs its own data folder, token and stock",
        ("store", "time_zone") => "lots may expire and business days end at another hour",
        ("node", "data_dir") => "stop the node and move the folder first, or it starts with an empty store",
        ("zone", "temp" | "aisles" | "bays" | "levels") | ("layout", _) => {
            "bins may appear and vanish: empty those that vanish first"
        }
        ("device", "class") => "a device of another class is another device: give it another id",
        _ => "",
    }
}

fn reaches(section: &str, key: &str, before: Option<&Value>, after: Option<&Value>) -> BTreeSet<Service> {
    use Service::{Agent, Broker, Firewall, StoreNode, Udev};
    let serial = [before, after].into_iter().any(|value| plain(value).starts_with("serial:"));
    match (section, key) {
        ("store", "id") => BTreeSet::from([StoreNode, Agent, Broker]),
        ("node", "http") => BTreeSet::from([StoreNode, Firewall]),
        ("broker", _) => BTreeSet::from([StoreNode, Agent, Broker, Firewall]),
        ("device", "class" | "zone") => BTreeSet::from([StoreNode, Agent]),
        ("device", "port") if serial => BTreeSet::from([Agent, Udev]),
        ("device", _) => BTreeSet::from([Agent]),
        _ => BTreeSet::from([StoreNode]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_changes_between_a_file_and_itself_and_secrets_stay_secret() {
        let text = include_str!("../examples/store.toml");
        let old = crate::parse(text).unwrap();
        assert!(changes(&old, &old).is_empty());
        let new =
            crate::parse(&text.replace("change-me-to-32-random-characters", "0123456789abcdef")).unwrap();
        let told = for_people(&changes(&old, &new));
        assert!(told.contains("hub: token changes") && !told.contains("0123456789abcdef"), "{told}");
        assert_eq!(reached(&changes(&old, &new)), BTreeSet::from([Service::StoreNode]));
    }
}
