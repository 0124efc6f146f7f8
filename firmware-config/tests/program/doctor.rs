//! `doctor`: a made-up machine below a folder, with listeners on loopback.

use crate::common::{example, run};
use firmware_config::enrol::Authority;
use model::time::DAY_MS;
use model::{DeviceId, Timestamp};
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
        "proc/77/comm",
    ] {
        let path = root.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, if file.ends_with("comm") { "device-agent\n" } else { "x" }).unwrap();
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
    // Seven devices, hub, node, two doors of the broker, agent, disk, database, clock.
    assert_eq!(states(&machine).len(), 15);
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
fn an_agent_that_does_not_run_is_bad_and_two_of_them_are_told() {
    let machine = healthy();
    let second = root(&machine, "proc/78/comm");
    std::fs::create_dir_all(second.parent().unwrap()).unwrap();
    std::fs::write(&second, "device-agent\n").unwrap();
    assert_eq!(state_of(&machine, "agent").0, "mind");
    for process in ["proc/77/comm", "proc/78/comm"] {
        std::fs::write(root(&machine, process), "store-node\n").unwrap();
    }
    assert_eq!(asked(&machine, &[]).0, 1);
    let (state, todo) = state_of(&machine, "agent");
    assert!(state == "bad" && todo.contains("systemctl start larder-agent"), "{state} {todo}");
}

/// The healthy store with the certificates of an authority made `days` ago, and a certificate from a hub's made `hub` days ago.
fn certified(days: i64, hub: i64) -> Machine {
    let machine = healthy();
    let ago = |days: i64| now().plus_ms(DAY_MS / 2 - days * DAY_MS);
    let enrol = root(&machine, "var/lib/larder/s1/enrol");
    Authority::create(&enrol, "s1", &["127.0.0.1".to_owned()], ago(days)).unwrap();
    let folder = machine.folder.path().join("hub");
    let authority = Authority::create(&folder, "hub", &["hub.example".to_owned()], ago(hub)).unwrap();
    let store: DeviceId = "s1".parse().unwrap();
    let code = authority.invite(&store, ago(hub), &mut std::fs::File::open("/dev/urandom").unwrap()).unwrap();
    let papers = authority.redeem(&store, &code, ago(hub)).unwrap();
    for (name, text) in
        [("hub-ca.crt", &papers.authority), ("hub.crt", &papers.certificate), ("hub.key", &papers.key)]
    {
        std::fs::write(enrol.join(name), text).unwrap();
    }
    let lines = |names: &[(&str, &str)]| -> String {
        names.iter().map(|(key, file)| format!("{key} = \"/var/lib/larder/s1/enrol/{file}\"\n")).collect()
    };
    let broker = [
        ("ca", "ca.crt"),
        ("cert", "broker.crt"),
        ("key", "broker.key"),
        ("crl", "crl.pem"),
        ("node_cert", "node.crt"),
        ("node_key", "node.key"),
        ("agent_cert", "agent.crt"),
        ("agent_key", "agent.key"),
    ];
    let file = machine.folder.path().join("store.toml");
    let mut text = std::fs::read_to_string(&file).unwrap() + "\n[broker.tls]\n" + &lines(&broker);
    text +=
        &format!("\n[hub.tls]\n{}", lines(&[("ca", "hub-ca.crt"), ("cert", "hub.crt"), ("key", "hub.key")]));
    std::fs::write(&file, text.replace("url = \"http://", "url = \"https://")).unwrap();
    machine
}

#[expect(clippy::disallowed_methods, reason = "doctor reads the machine's clock as well")]
fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::SystemTime::UNIX_EPOCH).unwrap();
    Timestamp::from_ms(since.as_millis().try_into().unwrap())
}

/// What is said of certificates, with its state.
fn said(machine: &Machine) -> Vec<(String, String, String)> {
    let (_, out, _) = asked(machine, &["--json"]);
    let told: Value = serde_json::from_str(&out).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let findings = told["findings"].as_array().unwrap().iter().filter(|one| one["about"] == "certificates");
    findings.map(|one| (text(&one["state"]), text(&one["what"]), text(&one["todo"]))).collect()
}

/// The state of the one finding, which says this and names what to do.
fn certificates(machine: &Machine, what: &str) -> String {
    let found = said(machine);
    let [(state, said, todo)] = found.as_slice() else { panic!("one was wanted: {found:?}") };
    assert!(said.contains(what), "{what}: {found:?}");
    assert_eq!(todo.is_empty(), state == "well", "{found:?}");
    state.clone()
}

#[test]
fn certificates_that_end_soon_are_told_and_ended_ones_are_bad() {
    assert_eq!(certificates(&certified(10, 10), "4 are there, each with its key"), "well");
    // A device's certificate is good for 397 days, the store's own for ten years.
    assert_eq!(certificates(&certified(10, 380), "hub.crt ends in 17 days"), "mind");
    assert_eq!(certificates(&certified(10, 400), "hub.crt ended 2 days ago"), "bad");
    let old = said(&certified(3_700, 10));
    assert!(
        old.len() == 3 && old.iter().all(|(state, what, _)| state == "bad" && what.contains("days")),
        "{old:?}"
    );
    assert_eq!(asked(&certified(10, 400), &[]).0, 1);
    let early = said(&certified(-2, 10));
    assert!(early.iter().all(|(state, what, _)| state == "bad" && what.contains("clock")), "{early:?}");
}

#[test]
fn certificates_that_are_missing_taken_back_or_do_not_fit_are_named() {
    let machine = certified(10, 10);
    let enrol = root(&machine, "var/lib/larder/s1/enrol");
    let at = |name: &str| enrol.join(name);
    let former = std::fs::read(at("agent.crt")).unwrap();

    // Only root can give a file away.
    if std::os::unix::fs::chown(at("agent.key"), Some(65_534), None).is_ok() {
        let found = said(&machine);
        assert!(found[0].0 == "bad" && found[0].2.starts_with("chown"), "{found:?}");
        std::os::unix::fs::chown(at("agent.key"), Some(0), None).unwrap();
    }
    std::fs::rename(at("agent.key"), at("away")).unwrap();
    assert_eq!(certificates(&machine, "agent.key cannot be seen"), "bad");
    std::fs::copy(at("node.key"), at("agent.key")).unwrap();
    assert_eq!(certificates(&machine, "agent.key is the key of another certificate"), "bad");
    std::fs::rename(at("away"), at("agent.key")).unwrap();

    std::fs::copy(at("hub.crt"), at("agent.crt")).unwrap();
    let hubs = std::fs::read(at("hub.key")).unwrap();
    let own = std::fs::read(at("agent.key")).unwrap();
    std::fs::write(at("agent.key"), &hubs).unwrap();
    assert_eq!(certificates(&machine, "agent.crt is of another authority"), "bad");
    std::fs::write(at("agent.key"), own).unwrap();
    std::fs::write(at("agent.crt"), former).unwrap();

    let authority = Authority::open(&enrol).unwrap();
    let kept = ["agent.crt", "agent.key"].map(|name| (name, std::fs::read(at(name)).unwrap()));
    authority.renew(&["127.0.0.9".to_owned()], true, now()).unwrap();
    assert_eq!(certificates(&machine, "broker.crt is not for 127.0.0.1"), "bad");
    authority.renew(&["127.0.0.1".to_owned()], true, now()).unwrap();
    assert_eq!(certificates(&machine, "4 are there"), "well");
    for (name, was) in kept {
        std::fs::write(at(name), was).unwrap();
    }
    assert_eq!(certificates(&machine, "agent.crt was taken back"), "bad");
    std::fs::write(at("crl.pem"), "x").unwrap();
    assert!(said(&machine).iter().all(|(state, ..)| state == "bad"));
}

#[test]
fn a_file_with_faults_is_not_examined() {
    let machine = healthy();
    std::fs::write(machine.folder.path().join("store.toml"), "[store]\n").unwrap();
    let (code, out, error) = asked(&machine, &[]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(error.contains("missing field"), "{error}");
}
