//! What is said on the store's MQTT broker (REQ-46; DEVICES.md "MQTT"). Devices publish birth, state, event; the store
//! publishes cmd and ack; nobody else writes (ARCHITECTURE, decision 8). Payloads are JSON; every event carries an id,
//! which is its idempotency key.

mod device;
mod discovery;
mod handheld;
mod label;
mod topic;

pub use device::{
    Birth, Calibration, Command, CommandBody, DeviceState, Drive, Event, EventBody, Health, PrintOutcome,
    Quality, Signal,
};
pub use discovery::{TemperatureEntity, discovery_topic};
pub use handheld::{
    Ack, AckOutcome, Action, HandheldEvent, HandheldView, LotHint, Notice, PickLine, PickTask,
    SubstituteOffer,
};
pub use label::{Label, ManifestLine, Name, PickListLine};
pub use topic::{DeviceClass, Leaf, Topic, TopicError};

/// The largest payload on the broker in bytes; a bigger one is refused by the broker and by the node.
pub const PAYLOAD_BYTES_MAX: usize = 64 * 1024;

/// The AsyncAPI 3 document of all topics and payloads, written from these types (`tests/asyncapi.rs`).
pub const ASYNCAPI: &str = include_str!("asyncapi.json");
