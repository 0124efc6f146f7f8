//! What is said on the store's MQTT broker (REQ-46; DEVICES.md "MQTT"). Devices publish birth, capability, state, event and
//! reply; the store publishes cmd and ack; nobody else writes (ARCHITECTURE, decision 8). Payloads are JSON; every event and
//! every command carries an id, which is its idempotency key and, as sixteen bytes, its MQTT 5 correlation data: the answer
//! goes to the response topic with the same bytes. Handhelds speak 3.1.1 and find the id in the answer itself.

mod capability;
mod device;
mod discovery;
mod handheld;
mod label;
mod topic;

pub use capability::{Capability, CommandKind, EventKind, Measure, Paper, Quantity};
pub use device::{
    BATTERY_LOW_PCT, Birth, Calibration, Command, CommandBody, DeviceState, Drive, Event, EventBody, Health,
    PrintOutcome, Quality, Reply, ReplyOutcome, Separators, Signal,
};
pub use discovery::{Entity, EntityKind, discovery_topic, discovery_topics};
pub use handheld::{
    Ack, AckOutcome, Action, HandheldEvent, HandheldView, LotHint, Notice, PickLine, PickTask,
    SubstituteOffer,
};
pub use label::{Label, ManifestLine, Name, PickListLine};
pub use topic::{DeviceClass, Leaf, Topic, TopicError};

/// The largest payload on the broker in bytes; a bigger one is refused by the broker and by the node.
pub const PAYLOAD_BYTES_MAX: usize = 64 * 1024;

/// How long the broker keeps the session of a device or of the node that is away, seconds. A day: longer away, everything
/// is said anew from the agent's journal and the store's tables, which are the truth anyway.
pub const SESSION_EXPIRY_S: u32 = 86_400;

/// Events wait at the broker for so long, seconds: twice the agent's longest pause between two repeats, so that one copy
/// of an event that counts always waits there for a node that is away, and not hundreds.
pub const EVENT_EXPIRY_S: u32 = 600;

/// A command waits at the broker for at most so long, seconds: a print job, which the store says again. Others wait less
/// ([`CommandBody::expiry_s`]).
pub const COMMAND_EXPIRY_S: u32 = 60;

/// The AsyncAPI 3 document of all topics and payloads, written from these types (`tests/asyncapi.rs`).
pub const ASYNCAPI: &str = include_str!("asyncapi.json");
