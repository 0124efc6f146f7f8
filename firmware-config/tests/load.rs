//! The documented example loads; a file with many faults is answered with all of them.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test's helpers stop at what must not happen")]

use std::path::Path;

use firmware_config::{Driver, LoadError, Port, load, parse};

fn example() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/store.toml");
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn the_documented_example_loads_and_survives_a_round_trip() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/store.toml");
    let manifest = load(&path).unwrap();
    assert_eq!(manifest.store.id.as_str(), "s1");
    assert_eq!(manifest.zones.len(), 6);
    assert_eq!(manifest.devices.len(), 7);
    assert_eq!(manifest.devices[2].driver, Driver::Escpos);
    assert_eq!(manifest.devices[2].port, Port::Tcp("127.0.0.1:9100".into()));
    let cold = manifest.zone(&"cold-1".parse().unwrap()).unwrap();
    assert_eq!(cold.band.unwrap().silent_after_s, 60);
    let written = toml::to_string(&manifest).unwrap();
    assert_eq!(parse(&written).unwrap(), manifest);
}

/// The line number of the first line that contains `needle`, from 1.
fn line_of(text: &str, needle: &str) -> usize {
    text.lines().position(|line| line.contains(needle)).map(|at| at + 1).unwrap_or_else(|| panic!("{needle}"))
}

#[test]
fn every_fault_comes_at_once_with_its_line() {
    let text = example()
        .replace("lat = 12.9719", "lat = 129.719")
        .replace("time_zone = \"Asia/Kolkata\"", "time_zone = \"Asia/Bangalore\"")
        .replace("id = \"scan-goods-in\"", "id = \"scan-pack-1\" # again")
        .replace(
            "class = \"printer\"\ndriver = \"escpos\"",
            "class = \"printer\"\ndriver = \"ds18b20\" # wrong",
        )
        .replace("zone = \"frozen-1\"", "zone = \"freezer\"")
        .replace("websocket_port = 9001", "websocket_port = 1883")
        .replace("width_mm = 50, height_mm = 50", "width_mm = 50, max_g = 9600")
        .replace("demo_pin = \"8080\"", "demo_pin = \"80\"")
        .replace("token = \"change-me-to-32-random-characters\"", "token = \"short\"\ncolour = \"red\"")
        .replace("capacity_orders = 60 ", "capacity_orders = \"many\" ")
        .replace("levels = 6", "");
    let Err(faults) = parse(&text) else { panic!("it loaded") };
    let shown: Vec<String> = faults.iter().map(ToString::to_string).collect();
    for needle in [
        "id = \"scan-pack-1\" # again",
        "driver = \"ds18b20\" # wrong",
        "websocket_port = 1883",
        "max_g = 9600",
        "demo_pin = \"80\"",
        "colour = \"red\"",
        "capacity_orders = \"many\"",
    ] {
        let line = line_of(&text, needle);
        assert!(faults.iter().any(|fault| fault.place.line == line), "{needle} (line {line}) in {shown:#?}");
    }
    assert!(faults.iter().any(|fault| fault.what.contains("missing field `levels`")), "{shown:#?}");
    assert!(faults.iter().all(|fault| !fault.hint.is_empty()), "{shown:#?}");
    assert!(faults.windows(2).all(|pair| pair[0].place <= pair[1].place), "in file order: {shown:#?}");
}

/// A section with a fault of its shape is left out; the rules for the others still speak.
#[test]
fn a_broken_section_hides_no_other() {
    let text = example()
        .replace("lat = 12.9719", "lat = 129.719")
        .replace("time_zone = \"Asia/Kolkata\"", "time_zone = \"Asia/Bangalore\"")
        .replace("token = \"change-me-to-32-random-characters\"", "token = \"short\"")
        .replace("zone = \"frozen-1\"", "zone = \"freezer\"")
        .replace("port = \"tcp:127.0.0.1:9101\"", "port = \"9101\"")
        .replace("max_g = 30000", "max_g = 0");
    let Err(faults) = parse(&text) else { panic!("it loaded") };
    let lines: Vec<usize> = faults.iter().map(|fault| fault.place.line).collect();
    let want: Vec<usize> = [
        "lat = 129",
        "Asia/Bangalore",
        "token = \"short\"",
        "port = \"9101\"",
        "zone = \"freezer\"",
        "max_g = 0",
    ]
    .iter()
    .map(|needle| line_of(&text, needle))
    .collect();
    assert_eq!(lines, want, "{faults:#?}");
}

#[test]
fn an_empty_file_says_what_is_missing() {
    let Err(faults) = parse("") else { panic!("it loaded") };
    assert_eq!(faults.len(), 6, "{faults:#?}");
    assert!(faults.iter().all(|fault| fault.place.line == 1));
}

#[test]
fn a_missing_file_is_named() {
    let error = load(Path::new("no-such-folder/store.toml")).unwrap_err();
    assert!(matches!(error, LoadError::Read { .. }));
    assert!(error.to_string().contains("no-such-folder/store.toml"));
}
