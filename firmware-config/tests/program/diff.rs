//! `diff`: what changes for the store, in words, and what has to be started again.

use crate::common::{example, golden, run};
use serde_json::Value;

fn compared(new: &str, more: &[&str]) -> (i32, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let (old_file, new_file) = (folder.path().join("old.toml"), folder.path().join("new.toml"));
    std::fs::write(&old_file, example()).unwrap();
    std::fs::write(&new_file, new).unwrap();
    let mut arguments = vec!["diff", old_file.to_str().unwrap(), new_file.to_str().unwrap()];
    arguments.extend(more);
    run(&arguments)
}

fn changed() -> String {
    example()
        .replace("capacity_orders = 60", "capacity_orders = 80")
        .replace("http = \"127.0.0.1:8081\"", "http = \"192.168.8.2:8081\"")
        .replace("usb-Honeywell_1950g-if00", "usb-Honeywell_1950g_2-if00")
        .replace("id = \"label-1\"", "id = \"label-2\"")
        .replace("levels = 6", "levels = 5")
        .replace("offset_milli_c = -120", "offset_milli_c = -90")
        .replace("demo_pin = \"8080\"", "demo_pin = \"9090\"")
}

#[test]
fn added_removed_moved_and_changed_things_are_told_apart() {
    let (code, out, _) = compared(&changed(), &[]);
    assert_eq!(code, 1);
    golden("diff.txt", &out);
    for part in [
        "device scan-goods-in moves from",
        "device label-1 (printer) is removed",
        "device label-2 (printer) is added at tcp:127.0.0.1:9101",
        "zone C: levels changes from 6 to 5",
        "systemctl reload nftables",
        "udevadm control --reload",
    ] {
        assert!(out.contains(part), "{part} in {out}");
    }
    assert!(!out.contains("9090") && !out.contains("larder-mosquitto"), "{out}");
}

#[test]
fn a_sensors_offset_restarts_the_agent_alone() {
    let (code, out, _) =
        compared(&example().replace("offset_milli_c = -120", "offset_milli_c = -90"), &["--json"]);
    assert_eq!(code, 1);
    let told: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(told["reaches"], serde_json::json!(["agent"]));
    assert_eq!(told["changes"].as_array().unwrap().len(), 1);
}

#[test]
fn the_same_store_in_other_words_is_no_change_and_a_bad_file_no_answer() {
    let (code, out, _) =
        compared(&example().replace("walk_cm_per_s = 120\n", "").replace("# lett", "# Lett"), &[]);
    assert_eq!((code, out.as_str()), (0, "nothing changes for the store\n"));
    let (code, out, error) = compared("[store]\n", &[]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(error.contains("new.toml") && error.contains("missing field"), "{error}");
}
