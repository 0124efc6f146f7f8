//! Writes the AsyncAPI 3 document of the store's MQTT broker (REQ-46) from the Rust payloads, and fails when the committed
//! one is stale: `LARDER_WRITE_TYPES=1 cargo test -p model --features schema` writes it. A unit test of sync/web judges it by
//! AsyncAPI's own schema. What the payloads mean stands on the types, never here.

#![expect(clippy::unwrap_used, reason = "a test's helpers stop at what must not happen")]

use model::mqtt::{
    Ack, Birth, Command, DeviceClass, DeviceState, Event, HandheldEvent, HandheldView, PAYLOAD_BYTES_MAX,
};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};
use std::path::Path;

/// One payload on one channel, seen from the store node.
struct Line {
    /// Name of the channel and, with a verb before it, of the operation.
    name: &'static str,
    /// `receive` = the device says it, `send` = the node says it.
    action: &'static str,
    /// Who stands in the topic's class part; empty = every device that is no handheld.
    class: Option<DeviceClass>,
    leaf: &'static str,
    retained: bool,
    message: &'static str,
    schema: Value,
    summary: &'static str,
}

struct Document {
    generator: SchemaGenerator,
    lines: Vec<Line>,
}

impl Document {
    fn new() -> Self {
        let settings = SchemaSettings::draft07().with(|s| s.definitions_path = "/components/schemas".into());
        Self { generator: settings.into_generator(), lines: Vec::new() }
    }

    fn line<T: JsonSchema>(
        mut self,
        (name, action, leaf): (&'static str, &'static str, &'static str),
        class: Option<DeviceClass>,
        retained: bool,
        summary: &'static str,
    ) -> Self {
        let schema = self.generator.subschema_for::<T>().to_value();
        let message = std::any::type_name::<T>().rsplit("::").next().unwrap();
        self.lines.push(Line { name, action, class, leaf, retained, message, schema, summary });
        self
    }

    fn render(mut self) -> Value {
        let (mut channels, mut operations, mut messages) = (Map::new(), Map::new(), Map::new());
        for line in &self.lines {
            channels.insert(line.name.into(), channel(line));
            operations.insert(format!("{}_{}", line.action, line.name), operation(line));
            messages.insert(
                line.message.into(),
                json!({ "name": line.message, "contentType": "application/json", "payload": line.schema }),
            );
        }
        let schemas = self.generator.take_definitions(true);
        json!({
            "asyncapi": "3.0.0",
            "info": {
                "title": "Larder store: devices and handhelds over MQTT",
                "version": env!("CARGO_PKG_VERSION"),
                "description": format!(
                    "Seen from the store node. QoS 1 everywhere; at most {PAYLOAD_BYTES_MAX} bytes a payload. A device writes \
                     birth, state and event of its own topics only; the node alone writes cmd and ack. Every event \
                     carries an id, its idempotency key: it is repeated until an ack with that id came."
                ),
                "license": { "name": "Apache-2.0" },
            },
            "defaultContentType": "application/json",
            "servers": {
                "devices": { "host": "127.0.0.1:1883", "protocol": "mqtt", "description": "The device agent and the node." },
                "handhelds": { "host": "127.0.0.1:9001", "protocol": "ws", "pathname": "/mqtt", "description": "Browsers." },
            },
            "channels": channels,
            "operations": operations,
            "components": { "messages": messages, "schemas": schemas },
        })
    }
}

fn channel(line: &Line) -> Value {
    let class = line.class.map_or("{class}", DeviceClass::word);
    let mut parameters = Map::new();
    parameters.insert("store".into(), json!({ "description": "The store's id." }));
    parameters.insert("device".into(), json!({ "description": "The device's id; also its client id." }));
    if line.class.is_none() {
        let others = DeviceClass::ALL.into_iter().filter(|class| *class != DeviceClass::Handheld);
        let words: Vec<&str> = others.map(DeviceClass::word).collect();
        parameters.insert("class".into(), json!({ "enum": words, "description": "What kind of device." }));
    }
    json!({
        "address": format!("ds/v1/{{store}}/{class}/{{device}}/{}", line.leaf),
        "parameters": parameters,
        "messages": { line.message: { "$ref": format!("#/components/messages/{}", line.message) } },
    })
}

fn operation(line: &Line) -> Value {
    json!({
        "action": line.action,
        "summary": line.summary,
        "channel": { "$ref": format!("#/channels/{}", line.name) },
        "messages": [{ "$ref": format!("#/channels/{}/messages/{}", line.name, line.message) }],
        "bindings": { "mqtt": { "qos": 1, "retain": line.retained, "bindingVersion": "0.2.0" } },
    })
}

fn document() -> Value {
    let handheld = Some(DeviceClass::Handheld);
    Document::new()
        .line::<Birth>(
            ("birth", "receive", "birth"),
            None,
            true,
            "A device introduces itself, once a session.",
        )
        .line::<DeviceState>(
            ("state", "receive", "state"),
            None,
            true,
            "How a device is; also its last will.",
        )
        .line::<Event>(("event", "receive", "event"), None, false, "Something happened at a device.")
        .line::<Command>(("command", "send", "cmd"), None, false, "A device is to do something.")
        .line::<Ack>(
            ("ack", "send", "ack"),
            None,
            false,
            "The durable answer to one event, after the commit.",
        )
        .line::<Birth>(
            ("handheld_birth", "receive", "birth"),
            handheld,
            true,
            "A handheld introduces itself.",
        )
        .line::<DeviceState>(("handheld_state", "receive", "state"), handheld, true, "How a handheld is.")
        .line::<HandheldEvent>(
            ("handheld_event", "receive", "event"),
            handheld,
            false,
            "A picker did something.",
        )
        .line::<HandheldView>(
            ("handheld_view", "send", "cmd"),
            handheld,
            true,
            "Everything a handheld shows.",
        )
        .line::<Ack>(("handheld_ack", "send", "ack"), handheld, false, "The durable answer to one event.")
        .render()
}

#[test]
fn the_committed_document_is_that_of_the_rust_payloads() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/mqtt/asyncapi.json");
    let text = format!("{:#}\n", document());
    if std::env::var("LARDER_WRITE_TYPES").is_ok_and(|v| v == "1") {
        std::fs::write(&path, &text).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == text,
        "asyncapi.json is stale: LARDER_WRITE_TYPES=1 cargo test -p model --features schema"
    );
}
