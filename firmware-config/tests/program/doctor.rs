//! `doctor`: a made-up machine below a folder, with listeners on loopback.

use crate::common::{example, run};
use serde_json::Value;
use std::net::TcpListener;

struct Machine {
    folder: tempfile::TempDir,
    // Held open as long as the machine stands.
    _listeners: Vec<TcpListener>,
}

/// The example's store in good health.
fn healthy() -> Machine {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("root");
    for file in [
        "dev/serial/by-id/usb-Zebra_DS2208-if00",
        "dev/serial/by-id/usb-Honeywell_1950g-if00",
        "dev/serial/by-id/usb-FTDI_scale-if00",
        "sys/bus/w1/devices/28-0316a2794bff",
        "sys/bus/w1/devices/28-0316a2794c01",
        "var/lib/larder/s1/store.db",
        "run/systemd/timesync/synchronized",
    ] {
        let path = root.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "x").unwrap();
    }
    let listeners: Vec<TcpListener> = (0..6).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    let mut text = example();
    for (listener, was) in listeners.iter().zip(["9100", "9101", "8081", "8080", "1883", "9001"]) {
        let port = listener.local_addr().unwrap().port().to_string();
        text = text
            .replace(&format!("127.0.0.1:{was}\""), &format!("127.0.0.1:{port}\""))
            .replace(&format!("_port = {was}"), &format!("_port = {port}"));
    }
    std::fs::write(folder.path().join("store.toml"), text).unwrap();
    Machine { folder, _listeners: listeners }
}

fn asked(machine: &Machine, more: &[&str]) -> (i32, String, String) {
    let file = machine.folder.path().join("store.toml");
    let root = machine.folder.path().join("root");
    let arguments = ["doctor", file.to_str().unwrap(), "--root", root.to_str().unwrap()];
    run(&[&arguments[..], more].concat())
}

fn states(machine: &Machine) -> Vec<(String, String, String)> {
    let (_, out, error) = asked(machine, &["--json"]);
    assert_eq!(error, "");
    let told: Value = serde_json::from_str(&out).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let findings = told["findings"].as_array().unwrap();
    findings.iter().map(|one| (text(&one["about"]), text(&one["state"]), text(&one["todo"]))).collect()
}

fn state_of(machine: &Machine, about: &str) -> (String, String) {
    let found = states(machine).into_iter().find(|(name, ..)| name == about).unwrap();
    (found.1, found.2)
}

fn root(machine: &Machine, path: &str) -> std::path::PathBuf {
    machine.folder.path().join("root").join(path)
}

#[test]
fn a_healthy_store_is_well() {
    let machine = healthy();
    let (code, out, _) = asked(&machine, &[]);
    assert_eq!(code, 0, "{out}");
    assert!(!out.contains("BAD"), "{out}");
    // Seven devices, hub, node, two doors of the broker, disk, database, clock.
    assert_eq!(states(&machine).len(), 14);
}

#[test]
fn an_unplugged_scanner_is_named_with_what_lies_beside_it() {
    let machine = healthy();
    let path = root(&machine, "dev/serial/by-id/usb-Zebra_DS2208-if00");
    std::fs::rename(&path, path.with_file_name("usb-Zebra_DS2278-if00")).unwrap();
    assert_eq!(asked(&machine, &[]).0, 1);
    let (state, todo) = state_of(&machine, "scan-pack-1");
    assert_eq!(state, "bad");
    assert!(todo.contains("usb-Zebra_DS2278-if00"), "{todo}");
}

#[test]
fn silent_printers_brokers_and_nodes_are_bad_and_a_silent_hub_is_not() {
    let mut machine = healthy();
    machine._listeners.clear();
    assert_eq!(asked(&machine, &[]).0, 1);
    for about in ["receipt-1", "label-1", "broker", "broker-websocket", "node"] {
        let (state, todo) = state_of(&machine, about);
        assert!(state == "bad" && !todo.is_empty(), "{about}: {state} {todo}");
    }
    assert_eq!(state_of(&machine, "hub").0, "mind");
}

#[test]
fn database_clock_and_calibration_are_looked_at() {
    let machine = healthy();
    std::fs::write(root(&machine, "var/lib/larder/s1/store.db"), "").unwrap();
    assert_eq!(state_of(&machine, "database").0, "bad");
    std::fs::remove_file(root(&machine, "var/lib/larder/s1/store.db")).unwrap();
    assert_eq!(state_of(&machine, "database").0, "mind");
    std::fs::remove_file(root(&machine, "run/systemd/timesync/synchronized")).unwrap();
    assert_eq!(state_of(&machine, "clock").0, "mind");
    let file = machine.folder.path().join("store.toml");
    let text = std::fs::read_to_string(&file).unwrap().replace("2027-05-31", "2024-05-31");
    std::fs::write(&file, text).unwrap();
    let due: Vec<_> = states(&machine).into_iter().filter(|(about, ..)| about == "temp-cold-1").collect();
    assert!(due.iter().any(|(_, state, todo)| state == "mind" && todo.contains("certificate")), "{due:?}");
}

#[test]
fn certificates_that_are_missing_or_not_the_nodes_are_named() {
    let machine = healthy();
    let file = machine.folder.path().join("store.toml");
    let lines = ["ca", "cert", "key", "node_cert", "node_key", "agent_cert", "agent_key"]
        .map(|key| format!("{key} = \"/var/lib/larder/s1/enrol/{key}\"\n"))
        .concat();
    let text = std::fs::read_to_string(&file).unwrap() + "\n[broker.tls]\n" + &lines;
    std::fs::write(&file, text).unwrap();
    let (state, todo) = state_of(&machine, "certificates");
    assert!(state == "bad" && todo.contains("enrol ca"), "{state} {todo}");
    let enrol = root(&machine, "var/lib/larder/s1/enrol");
    std::fs::create_dir(&enrol).unwrap();
    for key in ["ca", "cert", "key", "node_cert", "node_key", "agent_cert", "agent_key"] {
        std::fs::write(enrol.join(key), "x").unwrap();
    }
    assert_eq!(state_of(&machine, "certificates").0, "well");
    // Only root can give a file away.
    if std::os::unix::fs::chown(enrol.join("agent_key"), Some(65_534), None).is_ok() {
        let (state, todo) = state_of(&machine, "certificates");
        assert!(state == "bad" && todo.starts_with("chown"), "{state} {todo}");
    }
}

#[test]
fn a_file_with_faults_is_not_examined() {
    let machine = healthy();
    std::fs::write(machine.folder.path().join("store.toml"), "[store]\n").unwrap();
    let (code, out, error) = asked(&machine, &[]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(error.contains("missing field"), "{error}");
}
