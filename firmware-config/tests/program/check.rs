//! `check`, `explain` and `schema` as a person or an editor meets them: the program itself, its words and exit codes.

use crate::common::{example, golden, here, run};
use firmware_config::Driver;
use firmware_config::keys::{Default, KEYS};
use serde_json::Value;

fn checked(text: &str, more: &[&str]) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("store.toml");
    std::fs::write(&file, text).unwrap();
    let mut arguments = vec!["check", file.to_str().unwrap()];
    arguments.extend(more);
    let (code, out, _) = run(&arguments);
    (code, out.replace(file.to_str().unwrap(), "store.toml"))
}

/// One slip of each kind in one file.
fn spoiled() -> String {
    example()
        .replace("lat = 12.9719", "lat = 129.719")
        .replace("time_zone = \"Asia/Kolkata\"", "time_zone = \"Asia/Bangalore\"")
        .replace("capacity_orders = 60", "capacity_ordres = 60")
        .replace("token = \"change-me-to-32-random-characters\"", "")
        .replace("websocket_port = 9001", "websocket_port = 1883")
        .replace("id = \"scan-goods-in\"", "id = \"scan-pack-1\"")
        .replace("driver = \"zpl\"", "driver = \"zlp\"")
        .replace("tcp:127.0.0.1:9100", "tcp:127.0.0.1:8081")
        .replace("zone = \"frozen-1\"", "zone = \"freezer\"")
        .replace("baud = 9600, ", "baud = \"fast\", ")
        .replace("demo_pin = \"8080\"", "demo_pin = \"80\"")
}

#[test]
fn every_fault_is_shown_with_its_line_a_mark_and_a_hint() {
    let (code, shown) = checked(&spoiled(), &[]);
    assert_eq!(code, 1);
    let drivers: Vec<String> = Driver::TABLE.iter().map(|line| format!("`{}`", line.word)).collect();
    let drivers = drivers.join(", ");
    assert_eq!(shown.matches(&drivers).count(), 1, "a wrong driver is told the right ones: {shown}");
    // Not in the golden file: a new driver is a line of the table.
    golden("check.txt", &shown.replace(&drivers, "(every driver of the table)"));
    assert_eq!(shown.matches(": fault: ").count(), 11, "{shown}");
    assert_eq!(shown.matches("= hint: ").count(), 11, "{shown}");
    for hint in ["did you mean \"capacity_orders\"?", "did you mean \"zpl\"?"] {
        assert!(shown.contains(hint), "{hint} in {shown}");
    }
}

#[test]
fn programs_get_the_same_as_json() {
    let text = spoiled();
    let (code, shown) = checked(&text, &["--json"]);
    assert_eq!(code, 1);
    let report: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(report["sound"], false);
    let faults = report["faults"].as_array().unwrap();
    assert_eq!(faults.len(), 11);
    for fault in faults {
        let line = usize::try_from(fault["line"].as_u64().unwrap()).unwrap();
        assert_eq!(fault["text"].as_str().unwrap(), text.lines().nth(line - 1).unwrap());
    }
}

#[test]
fn a_sound_file_is_sound_and_advice_counts_only_when_asked() {
    let (code, shown) = checked(&example(), &[]);
    assert_eq!(code, 0, "{shown}");
    assert!(
        shown.contains("no sensor watches zone fresh-1") && shown.contains("sound, with advice"),
        "{shown}"
    );
    assert_eq!(checked(&example(), &["--strict"]).0, 1);
}

#[test]
fn advice_tells_what_is_unwise_in_a_live_store() {
    let text = example()
        .replace("http://127.0.0.1:8080", "https://hub.example")
        .replace("/dev/serial/by-id/usb-Zebra_DS2208-if00", "/dev/ttyACM0")
        .replace("poll_ms = 5000", "poll_ms = 90000")
        .replace("role = \"manager\"", "role = \"picker\"");
    let (code, shown) = checked(&text, &[]);
    assert_eq!(code, 0, "{shown}");
    for what in [
        "the example's token",
        "the PIN of asha can be read",
        "no one is a manager",
        "may be another device",
        "read more seldom than the 60 s",
    ] {
        assert!(shown.contains(what), "{what} in {shown}");
    }
}

#[test]
fn a_host_that_only_begins_like_loopback_gets_no_token_in_the_clear() {
    for url in ["http://127.0.0.1.evil.example", "http://localhost.evil.example:80", "http://hub.example"] {
        let (code, shown) = checked(&example().replace("http://127.0.0.1:8080", url), &[]);
        assert_eq!(code, 1, "{url}");
        assert!(shown.contains("in the clear"), "{shown}");
    }
}

#[test]
fn what_cannot_be_read_or_asked_ends_with_two() {
    for arguments in [
        &["check", "no-such-folder/store.toml"][..],
        &["explain", "colour"],
        &["chekc"],
        &["check", "a", "b"],
    ] {
        let (code, out, error) = run(arguments);
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}");
        assert!(!error.is_empty());
    }
    assert!(run(&["explain", "store.time_zoen"]).2.contains("did you mean store.time_zone?"));
}

#[test]
fn a_key_is_explained_with_unit_default_limits_and_requirement() {
    let (code, out, _) = run(&["explain", "zones.band.silent_after_s"]);
    assert_eq!(code, 0);
    for part in ["seconds", "60", "REQ-18", "alarm of its own"] {
        assert!(out.contains(part), "{part} in {out}");
    }
    let (_, all, _) = run(&["explain"]);
    assert_eq!(all.lines().count(), KEYS.len());
}

#[test]
fn help_teaches() {
    let (code, out, _) = run(&["--help"]);
    assert_eq!(code, 0);
    for part in ["examples/store.toml", "Exit codes", "check", "explain"] {
        assert!(out.contains(part), "{part} in {out}");
    }
}

#[test]
fn the_schema_is_the_committed_one() {
    let (code, out, _) = run(&["schema"]);
    assert_eq!(code, 0);
    let mut schema: Value = serde_json::from_str(&out).unwrap();
    let drivers = schema.pointer_mut("/$defs/Driver/oneOf").unwrap();
    let words = drivers.as_array().unwrap().iter().map(|driver| driver["const"].as_str().unwrap().to_owned());
    let table = Driver::TABLE.iter().map(|line| line.word);
    assert!(words.eq(table), "an editor offers every driver: {drivers}");
    // Not in the golden file: a new driver is a line of the table.
    *drivers = "every driver of the table".into();
    golden("store.schema.json", &format!("{}\n", serde_json::to_string_pretty(&schema).unwrap()));
}

/// The table's limits are those that `check` holds: at each limit a file is sound, one beyond it is refused.
#[test]
fn limits_in_the_table_are_the_limits_that_hold() {
    let mut tried = 0;
    for key in KEYS {
        let Some((least, most)) = key.limits else { continue };
        let name = key.path.rsplit('.').next().unwrap();
        for (value, sound) in [(least, true), (most, true), (least - 1, false), (most + 1, false)] {
            let Some(text) = with(name, value) else { continue };
            let (code, shown) = checked(&text, &[]);
            assert_eq!(code == 0, sound, "{} = {value}: {shown}", key.path);
            tried += 1;
        }
    }
    assert!(tried >= 70, "only {tried} limits tried");
}

/// The example with the first `name = ` given `value`, wherever it stands.
fn with(name: &str, value: i64) -> Option<String> {
    let text = example();
    let text = if text.contains(&format!("{name} = ")) { text } else { return None };
    let at = text.find(&format!("{name} = ")).unwrap() + name.len() + 3;
    let end = at + text[at..].find([',', ' ', '\n', '}']).unwrap();
    Some(format!("{}{value}{}", &text[..at], &text[end..]))
}

#[test]
fn a_default_of_the_table_is_the_default_of_the_types() {
    let (_, out, _) = run(&["schema"]);
    let schema: Value = serde_json::from_str(&out).unwrap();
    let of = |table: &str, key: &str| schema["$defs"][table]["properties"][key]["default"].clone();
    assert_eq!(of("Layout", "walk_cm_per_s"), 120);
    assert_eq!(of("Band", "silent_after_s"), 60);
    assert_eq!(of("Broker", "host"), "127.0.0.1");
    let told = |path: &str| KEYS.iter().find(|key| key.path == path).unwrap().default;
    assert_eq!(told("layout.walk_cm_per_s"), Default::Is("120"));
    assert_eq!(told("zones[].band.silent_after_s"), Default::Is("60"));
    // What the schema asks for and what the table calls needed are one list.
    let required = schema["$defs"]["Device"]["required"].as_array().unwrap();
    let needed: Vec<&str> = KEYS
        .iter()
        .filter(|key| key.default == Default::Needed)
        .filter_map(|key| key.path.strip_prefix("devices[]."))
        .collect();
    assert_eq!(required.iter().map(|name| name.as_str().unwrap()).collect::<Vec<_>>(), needed);
    assert!(here("examples/store.toml").exists());
}
