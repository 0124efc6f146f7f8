//! Writes the AsyncAPI 3 document of the store's MQTT broker (REQ-46) from the Rust payloads, and fails when the committed
//! one is stale: `LARDER_WRITE_TYPES=1 cargo test -p model --features schema` writes it. A unit test of sync/web judges it by
//! AsyncAPI's own schema. What the payloads mean stands on the types, never here.

#![expect(clippy::unwrap_used, reason = "a test's helpers stop at what must not happen")]

use model::mqtt::{
    Ack, Birth, COMMAND_EXPIRY_S, Capability, Command, DeviceClass, DeviceState, EVENT_EXPIRY_S, Event,
    HandheldEvent, HandheldView, PAYLOAD_BYTES_MAX, Reply, SESSION_EXPIRY_S,
};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};
use std::path::Path;

/// Version of the MQTT bindings that the document uses.
const BINDING: &str = "0.2.0";

/// One payload on one channel, seen from the store node.
struct Line {
    /// Name of the channel and, with a verb before it, of the operation.
    name: &'static str,
    /// `receive` = the device says it, `send` = the node says it.
    action: &'static str,
    /// Who stands in the topic's class part; `None` = every device that is no handheld.
    class: Option<DeviceClass>,
    leaf: &'static str,
    retained: bool,
    /// Seconds that it waits for who is away; 0 = for as long as the session lasts.
    expiry_s: u32,
    /// The line that answers it: by MQTT 5's response topic and correlation data.
    answered_by: Option<&'static str>,
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
        let (expiry_s, answered_by) = (0, None);
        self.lines.push(Line {
            name,
            action,
            class,
            leaf,
            retained,
            expiry_s,
            answered_by,
            message,
            schema,
            summary,
        });
        self
    }

    /// The line before is a request: it expires, and that line answers it.
    fn asks(mut self, expiry_s: u32, answered_by: &'static str) -> Self {
        let line = self.lines.last_mut().unwrap();
        (line.expiry_s, line.answered_by) = (expiry_s, Some(answered_by));
        self
    }

    fn render(mut self) -> Value {
        let (mut channels, mut operations, mut messages) = (Map::new(), Map::new(), Map::new());
        for line in &self.lines {
            channels.insert(line.name.into(), channel(line));
            operations.insert(format!("{}_{}", line.action, line.name), operation(line, &self.lines));
            if let Some(answer) = answer(line, &self.lines) {
                channels.insert(answering(line), answers(line, answer));
            }
            let asked_or_answer = line.answered_by.is_some() || asked_by(line, &self.lines).is_some();
            // A message of several channels is described by the one on which it is a request or an answer.
            if asked_or_answer || !messages.contains_key(line.message) {
                messages.insert(line.message.into(), message(line, asked_or_answer));
            }
        }
        let schemas = self.generator.take_definitions(true);
        json!({
            "asyncapi": "3.0.0",
            "info": {
                "title": "Larder store: devices and handhelds over MQTT",
                "version": env!("CARGO_PKG_VERSION"),
                "description": format!(
                    "Seen from the store node. QoS 1 everywhere; at most {PAYLOAD_BYTES_MAX} bytes a payload. A device writes \
                     birth, capability, state, event and reply of its own topics only; the node alone writes cmd and ack. \
                     Devices and node speak MQTT 5: an event and a command carry a response topic and, as correlation data, \
                     the sixteen bytes of their id; the answer comes there with the same bytes. The response topic of an event \
                     is the device's own ack, that of a command its own reply: no other is answered. Every event is repeated \
                     with its id, its idempotency key, until an ack with that id came. Handhelds speak 3.1.1 and find the id \
                     in the answer's payload."
                ),
                "license": { "name": "Apache-2.0" },
            },
            "defaultContentType": "application/json",
            "servers": servers(),
            "channels": channels,
            "operations": operations,
            "components": { "messages": messages, "schemas": schemas },
        })
    }
}

fn servers() -> Value {
    let will = json!({
        "topic": "ds/v1/{store}/{class}/{device}/state", "qos": 1, "retain": true,
        "message": "a DeviceState with health lost and the session's number",
    });
    json!({
        "devices": {
            "host": "127.0.0.1:1883",
            "protocol": "mqtt",
            "protocolVersion": "5.0",
            "description": "The device agent and the node. With TLS each shows a certificate of the store's own authority, \
                            whose common name is its user.",
            "security": [{ "type": "X509" }, { "type": "userPassword" }],
            "bindings": { "mqtt": {
                "cleanSession": false, "lastWill": will, "sessionExpiryInterval": SESSION_EXPIRY_S,
                "maximumPacketSize": 2 * PAYLOAD_BYTES_MAX, "bindingVersion": BINDING,
            } },
        },
        "handhelds": {
            "host": "127.0.0.1:9001",
            "protocol": "ws",
            "protocolVersion": "3.1.1",
            "pathname": "/mqtt",
            "description": "Browsers: user name = device id, password = the token of its enrolment.",
            "security": [{ "type": "userPassword" }],
        },
    })
}

/// The line that answers this one.
fn answer<'l>(line: &Line, all: &'l [Line]) -> Option<&'l Line> {
    all.iter().find(|other| Some(other.name) == line.answered_by)
}

/// The line that this one answers.
fn asked_by<'l>(line: &Line, all: &'l [Line]) -> Option<&'l Line> {
    all.iter().find(|other| other.answered_by == Some(line.name))
}

/// Name of the channel whose address is a request's response topic.
fn answering(line: &Line) -> String {
    format!("{}_response_topic", line.name)
}

fn answers(line: &Line, answer: &Line) -> Value {
    json!({
        "address": null,
        "description": format!(
            "The response topic of {}: the same device's {}, and no other.", line.name, answer.leaf
        ),
        "messages": { answer.message: { "$ref": format!("#/components/messages/{}", answer.message) } },
    })
}

fn message(line: &Line, correlated: bool) -> Value {
    let mut message =
        json!({ "name": line.message, "contentType": "application/json", "payload": line.schema });
    if !correlated {
        return message;
    }
    let correlation = json!({
        "type": "string", "format": "binary", "minLength": 16, "maxLength": 16,
        "description": "The sixteen bytes of the id that stands in the payload.",
    });
    let mut headers = Map::new();
    headers.insert("correlationData".into(), correlation.clone());
    let mut binding = json!({ "correlationData": correlation, "bindingVersion": BINDING });
    // A line that answers bears its leaf's name.
    if let Some(leaf) = line.answered_by {
        let topic = format!("ds/v1/{{store}}/{{class}}/{{device}}/{leaf}");
        let topic = json!({ "type": "string", "description": topic });
        headers.insert("responseTopic".into(), topic.clone());
        binding["responseTopic"] = topic;
    }
    message["headers"] =
        json!({ "type": "object", "description": "MQTT 5 properties.", "properties": headers });
    message["correlationId"] = json!({ "location": "$message.payload#/id" });
    message["bindings"] = json!({ "mqtt": binding });
    message
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

fn operation(line: &Line, all: &[Line]) -> Value {
    let mut binding = json!({ "qos": 1, "retain": line.retained, "bindingVersion": BINDING });
    if line.expiry_s > 0 {
        binding["messageExpiryInterval"] = json!(line.expiry_s);
    }
    let mut operation = json!({
        "action": line.action,
        "summary": line.summary,
        "channel": { "$ref": format!("#/channels/{}", line.name) },
        "messages": [{ "$ref": format!("#/channels/{}/messages/{}", line.name, line.message) }],
        "bindings": { "mqtt": binding },
    });
    if let Some(answer) = answer(line, all) {
        let channel = answering(line);
        operation["reply"] = json!({
            "address": {
                "location": "$message.header#/responseTopic",
                "description": format!("The same device's {}.", answer.leaf),
            },
            "channel": { "$ref": format!("#/channels/{channel}") },
            "messages": [{ "$ref": format!("#/channels/{channel}/messages/{}", answer.message) }],
        });
    }
    operation
}

fn document() -> Value {
    let devices = Document::new()
        .line::<Birth>(
            ("birth", "receive", "birth"),
            None,
            true,
            "A device introduces itself, once a session.",
        )
        .line::<Capability>(
            ("capability", "receive", "capability"),
            None,
            true,
            "What a device can do; for whoever integrates, the node knows it from its own file.",
        )
        .line::<DeviceState>(
            ("state", "receive", "state"),
            None,
            true,
            "How a device is; also its last will.",
        )
        .line::<Event>(("event", "receive", "event"), None, false, "Something happened at a device.")
        .asks(EVENT_EXPIRY_S, "ack")
        .line::<Command>(("command", "send", "cmd"), None, false, "A device is to do something.")
        .asks(COMMAND_EXPIRY_S, "reply")
        .line::<Reply>(
            ("reply", "receive", "reply"),
            None,
            false,
            "What became of one command: taken over, known, refused.",
        )
        .line::<Ack>(
            ("ack", "send", "ack"),
            None,
            false,
            "The durable answer to one event, after the commit.",
        );
    handhelds(devices).render()
}

fn handhelds(document: Document) -> Document {
    let handheld = Some(DeviceClass::Handheld);
    document
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
