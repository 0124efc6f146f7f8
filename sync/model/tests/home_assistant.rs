//! The discovery documents of sensors and doors, judged by a validator that other people wrote (PyPI ha-mqtt-models-pydantic, which
//! follows Home Assistant's own schema). `.ci/setup test` installs it.

#![expect(clippy::unwrap_used, reason = "a test's helpers stop at what must not happen")]

use model::mqtt::{Entity, EntityKind};
use model::{DeviceId, StoreId};
use serde_json::{Value, json};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// One line of JSON in, component and document; one line out: the device class and the state topic, or `refused`.
const JUDGE: &str = "import sys, json
from ha_mqtt_models_pydantic import parse_component_payload
for line in sys.stdin:
    try:
        component, document = json.loads(line)
        read = parse_component_payload(component, document)
        print(read.device_class, read.state_topic)
    except ValueError:
        print('refused')";

fn python() -> PathBuf {
    let home = || PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache/larder");
    let python = std::env::var_os("LARDER_CACHE").map_or_else(home, PathBuf::from).join("oracles/bin/python");
    assert!(python.exists(), "{} is missing: run .ci/setup test", python.display());
    python
}

fn judged(documents: &[Value]) -> Vec<String> {
    let mut child = Command::new(python())
        .args(["-c", JUDGE])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines: String = documents.iter().map(|document| format!("{document}\n")).collect();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let done = child.wait_with_output().unwrap();
    assert!(done.status.success());
    String::from_utf8(done.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn home_assistant_takes_the_documents_and_would_refuse_bent_ones() {
    let (store, device) = (StoreId::new("s1").unwrap(), DeviceId::new("cold-1").unwrap());
    let (mut documents, mut expected) = (Vec::new(), Vec::new());
    for (kind, component, class, topic) in [
        (EntityKind::Temperature, "sensor", "temperature", "sensor"),
        (EntityKind::Humidity, "sensor", "humidity", "sensor"),
        (EntityKind::Pressure, "sensor", "atmospheric_pressure", "sensor"),
        (EntityKind::Door, "binary_sensor", "door", "door"),
    ] {
        for area in [None, Some("chilled")] {
            let entity = Entity::new(kind, (&store, &device), "bme280", area, 60);
            let document = serde_json::to_value(entity).unwrap();
            for (field, bent) in
                [("qos", json!(7)), ("state_topic", Value::Null), ("availability", json!("x"))]
            {
                let mut other = document.clone();
                other[field] = bent;
                documents.push(json!([component, other]));
                expected.push("refused".to_owned());
            }
            documents.push(json!([component, document]));
            expected.push(format!("{class} ds/v1/s1/{topic}/cold-1/event"));
        }
    }
    assert_eq!(judged(&documents), expected);
}
