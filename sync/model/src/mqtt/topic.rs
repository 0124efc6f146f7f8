//! Topics: `ds/v1/{store}/{class}/{device}/{birth|capability|state|event|reply|cmd|ack}`.

use crate::id::{DeviceId, IdError, StoreId};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What kind of device stands behind a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub enum DeviceClass {
    /// A fixed or cordless barcode scanner.
    Scanner,
    /// A receipt or label printer.
    Printer,
    /// A temperature sensor.
    Sensor,
    /// A scale.
    Scale,
    /// A door contact (REQ-95).
    Door,
    /// Something that is switched: a relay, a buzzer, a pick-to-light lamp (REQ-43).
    Output,
    /// A picker's handheld.
    Handheld,
}

impl DeviceClass {
    /// Every class.
    pub const ALL: [DeviceClass; 7] = [
        DeviceClass::Scanner,
        DeviceClass::Printer,
        DeviceClass::Sensor,
        DeviceClass::Scale,
        DeviceClass::Door,
        DeviceClass::Output,
        DeviceClass::Handheld,
    ];
    /// The word in a topic, in SQL and in store.toml.
    pub const fn word(self) -> &'static str {
        match self {
            DeviceClass::Scanner => "scanner",
            DeviceClass::Printer => "printer",
            DeviceClass::Sensor => "sensor",
            DeviceClass::Scale => "scale",
            DeviceClass::Door => "door",
            DeviceClass::Output => "output",
            DeviceClass::Handheld => "handheld",
        }
    }
    /// The class of a word.
    pub fn from_word(word: &str) -> Option<DeviceClass> {
        DeviceClass::ALL.into_iter().find(|class| class.word() == word)
    }
}

/// The last part of a topic: who may write it, and whether it is retained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Leaf {
    /// Device -> store, retained: what it is (one per session).
    Birth,
    /// Device -> whoever asks, retained: what it can do ([`super::Capability`]). The store knows it from its own file.
    Capability,
    /// Device -> store, retained; also the last will.
    State,
    /// Device -> store, not retained: something happened. Its response topic is the device's [`Leaf::Ack`].
    Event,
    /// Device -> store, not retained: the answer to a command; the response topic of every [`Leaf::Cmd`].
    Reply,
    /// Store -> device: do something. For handhelds: the retained [`super::HandheldView`].
    Cmd,
    /// Store -> device, not retained: the answer to an event.
    Ack,
}

impl Leaf {
    const ALL: [Leaf; 7] =
        [Leaf::Birth, Leaf::Capability, Leaf::State, Leaf::Event, Leaf::Reply, Leaf::Cmd, Leaf::Ack];
    /// What a device may say; the node alone says the others.
    pub const OF_DEVICES: [Leaf; 5] = [Leaf::Birth, Leaf::Capability, Leaf::State, Leaf::Event, Leaf::Reply];
    /// What a device may hear.
    pub const FOR_DEVICES: [Leaf; 2] = [Leaf::Cmd, Leaf::Ack];
    /// What the node hears.
    const HEARD: [Leaf; 4] = [Leaf::Birth, Leaf::State, Leaf::Event, Leaf::Reply];

    /// The word in the topic.
    pub const fn word(self) -> &'static str {
        match self {
            Leaf::Birth => "birth",
            Leaf::Capability => "capability",
            Leaf::State => "state",
            Leaf::Event => "event",
            Leaf::Reply => "reply",
            Leaf::Cmd => "cmd",
            Leaf::Ack => "ack",
        }
    }
}

/// A parsed topic.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Topic {
    /// The store.
    pub store: StoreId,
    /// The kind of device.
    pub class: DeviceClass,
    /// The device.
    pub device: DeviceId,
    /// What is said.
    pub leaf: Leaf,
}

/// Why a topic is not one of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TopicError {
    /// Not `ds/v1/store/class/device/leaf`.
    #[error("want ds/v1/STORE/CLASS/DEVICE/LEAF, got {0}")]
    Shape(String),
    /// A part is not a code.
    #[error("{0}")]
    Id(#[from] IdError),
}

impl Topic {
    /// Builds a topic.
    pub fn new(store: &StoreId, class: DeviceClass, device: &DeviceId, leaf: Leaf) -> Self {
        Self { store: store.clone(), class, device: device.clone(), leaf }
    }
    /// The filters for everything that the node hears of a store's devices: one per leaf.
    pub fn filters(store: &StoreId) -> [String; 4] {
        Leaf::HEARD.map(|leaf| format!("ds/v1/{store}/+/+/{}", leaf.word()))
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ds/v1/{}/{}/{}/{}", self.store, self.class.word(), self.device, self.leaf.word())
    }
}

impl FromStr for Topic {
    type Err = TopicError;
    fn from_str(text: &str) -> Result<Self, TopicError> {
        let shape = || TopicError::Shape(text.chars().take(200).collect());
        let parts: Vec<&str> = text.split('/').collect();
        let ["ds", "v1", store, class, device, leaf] = parts.as_slice() else { return Err(shape()) };
        Ok(Topic {
            store: StoreId::new(*store)?,
            class: DeviceClass::from_word(class).ok_or_else(shape)?,
            device: DeviceId::new(*device)?,
            leaf: Leaf::ALL.into_iter().find(|l| l.word() == *leaf).ok_or_else(shape)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_round_trip_and_strangers_are_refused() {
        let topic: Topic = "ds/v1/s1/scanner/sc-1/event".parse().unwrap();
        assert_eq!(topic.to_string(), "ds/v1/s1/scanner/sc-1/event");
        for bad in [
            "",
            "ds/v1/s1/scanner/sc-1",
            "ds/v1/s1/camera/x/event",
            "ds/v1/s1/scanner/+/event",
            "a/b/c/d/e/f",
        ] {
            assert!(bad.parse::<Topic>().is_err(), "{bad}");
        }
    }
}
