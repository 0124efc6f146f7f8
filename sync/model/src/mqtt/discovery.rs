//! Home Assistant's discovery documents for sensors and doors (REQ-46): retained, one for each thing that a device tells,
//! beside Larder's own topics. What a temperature means for goods never stands here; Home Assistant only watches.

use super::{DeviceClass, Leaf, Quantity, Topic};
use crate::id::{DeviceId, StoreId};
use serde::Serialize;

/// Where Home Assistant listens, unless somebody changed its discovery prefix.
const PREFIX: &str = "homeassistant";

/// What one entity of Home Assistant shows of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntityKind {
    /// A sensor's temperature.
    Temperature,
    /// A sensor's relative humidity.
    Humidity,
    /// A sensor's air pressure.
    Pressure,
    /// A door that is open or shut.
    Door,
}

/// How Home Assistant shows a kind.
struct Shape {
    component: &'static str,
    name: &'static str,
    /// What is added to the name of the device; nothing for what a device has always.
    suffix: &'static str,
    device_class: &'static str,
    /// From an event to its value. A reading that cannot be trusted has none: Home Assistant shows "unknown", as Larder does.
    value_template: &'static str,
    unit: Option<&'static str>,
    precision: Option<u8>,
}

impl EntityKind {
    /// What devices of a class may announce.
    #[must_use]
    pub const fn of_class(class: DeviceClass) -> &'static [EntityKind] {
        match class {
            DeviceClass::Sensor => &[EntityKind::Temperature, EntityKind::Humidity, EntityKind::Pressure],
            DeviceClass::Door => &[EntityKind::Door],
            DeviceClass::Scanner
            | DeviceClass::Printer
            | DeviceClass::Scale
            | DeviceClass::Output
            | DeviceClass::Handheld => &[],
        }
    }

    /// The entity of something measured; `None` for what is of no use there.
    #[must_use]
    pub const fn of_quantity(quantity: Quantity) -> Option<EntityKind> {
        match quantity {
            Quantity::Temperature => Some(EntityKind::Temperature),
            Quantity::Humidity => Some(EntityKind::Humidity),
            Quantity::Pressure => Some(EntityKind::Pressure),
            Quantity::Weight => None,
        }
    }

    const fn class(self) -> DeviceClass {
        match self {
            EntityKind::Temperature | EntityKind::Humidity | EntityKind::Pressure => DeviceClass::Sensor,
            EntityKind::Door => DeviceClass::Door,
        }
    }

    const fn shape(self) -> Shape {
        match self {
            EntityKind::Temperature => Shape {
                component: "sensor",
                name: "Temperature",
                suffix: "",
                device_class: "temperature",
                value_template: "{{ (value_json.body.milli_c / 1000) if value_json.body.milli_c is not none else 'None' }}",
                unit: Some("°C"),
                precision: Some(1),
            },
            EntityKind::Humidity => Shape {
                component: "sensor",
                name: "Humidity",
                suffix: "_humidity",
                device_class: "humidity",
                value_template: "{{ (value_json.body.humidity_milli_pct / 1000) if value_json.body.humidity_milli_pct is defined else 'None' }}",
                unit: Some("%"),
                precision: Some(0),
            },
            EntityKind::Pressure => Shape {
                component: "sensor",
                name: "Pressure",
                suffix: "_pressure",
                device_class: "atmospheric_pressure",
                value_template: "{{ (value_json.body.pressure_pa / 100) if value_json.body.pressure_pa is defined else 'None' }}",
                unit: Some("hPa"),
                precision: Some(0),
            },
            EntityKind::Door => Shape {
                component: "binary_sensor",
                name: "Door",
                suffix: "",
                device_class: "door",
                value_template: "{{ 'ON' if value_json.body.open else 'OFF' }}",
                unit: None,
                precision: None,
            },
        }
    }
}

/// The discovery document of one entity, as Home Assistant's MQTT integration reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entity {
    name: &'static str,
    unique_id: String,
    default_entity_id: String,
    state_topic: String,
    value_template: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit_of_measurement: Option<&'static str>,
    device_class: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_class: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suggested_display_precision: Option<u8>,
    /// Seconds after which a value counts for nothing. A door that nobody opens says nothing for hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    expire_after: Option<u32>,
    availability: [Availability; 1],
    qos: u8,
    device: About,
    origin: Origin,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Availability {
    topic: String,
    value_template: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct About {
    identifiers: [String; 1],
    name: String,
    model: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    suggested_area: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Origin {
    name: &'static str,
    sw_version: &'static str,
}

/// A device's name where Home Assistant takes letters, digits, `-` and `_` alone, so that no two names become one; behind a
/// single `_` a kind may stand.
fn spelt(device: &DeviceId, suffix: &str) -> String {
    device.as_str().replace('_', "__").replace('.', "_o") + suffix
}

/// The topic of a document: `homeassistant/{component}/{store}/{device}/config`, retained.
#[must_use]
pub fn discovery_topic(store: &StoreId, device: &DeviceId, kind: EntityKind) -> String {
    let Shape { component, suffix, .. } = kind.shape();
    let store = store.as_str().replace('_', "__").replace('.', "_o");
    format!("{PREFIX}/{component}/{store}/{}/config", spelt(device, suffix))
}

/// Every topic where a device of a class may say its documents.
pub fn discovery_topics(
    store: &StoreId,
    device: &DeviceId,
    class: DeviceClass,
) -> impl Iterator<Item = String> {
    EntityKind::of_class(class).iter().map(|kind| discovery_topic(store, device, *kind))
}

impl Entity {
    /// The document of what `device` in `store` tells; `model` is its driver's word, `area` the zone it watches,
    /// `expire_after_s` the silence that counts as lost, seconds.
    #[must_use]
    pub fn new(
        kind: EntityKind,
        (store, device): (&StoreId, &DeviceId),
        model: &str,
        area: Option<&str>,
        expire_after_s: u32,
    ) -> Self {
        let topic = |leaf| Topic::new(store, kind.class(), device, leaf).to_string();
        let Shape { component, name, suffix, device_class, value_template, unit, precision } = kind.shape();
        let measured = unit.is_some();
        let id = format!("larder_{store}_{device}");
        let plain = format!("{id}{suffix}").to_ascii_lowercase().replace(['-', '.'], "_");
        Self {
            name,
            default_entity_id: format!("{component}.{plain}"),
            state_topic: topic(Leaf::Event),
            value_template,
            unit_of_measurement: unit,
            device_class,
            state_class: measured.then_some("measurement"),
            suggested_display_precision: precision,
            expire_after: measured.then_some(expire_after_s),
            availability: [Availability {
                topic: topic(Leaf::State),
                value_template: "{{ 'offline' if value_json.health in ['down', 'lost'] else 'online' }}",
            }],
            qos: 1,
            device: About {
                identifiers: [id.clone()],
                name: device.to_string(),
                model: model.to_owned(),
                suggested_area: area.map(str::to_owned),
            },
            origin: Origin { name: "Larder", sw_version: env!("CARGO_PKG_VERSION") },
            unique_id: format!("larder_{store}_{}", spelt(device, suffix)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mqtt::{EventBody, Quality};
    use std::collections::BTreeSet;

    const KINDS: [EntityKind; 4] =
        [EntityKind::Temperature, EntityKind::Humidity, EntityKind::Pressure, EntityKind::Door];

    #[test]
    fn an_entity_has_a_topic_of_its_own_and_names_its_devices_topics_only() {
        let (store, device) = (StoreId::new("s1").unwrap(), DeviceId::new("temp-frozen-1").unwrap());
        let topics = KINDS.map(|kind| discovery_topic(&store, &device, kind));
        assert_eq!(
            topics,
            [
                "homeassistant/sensor/s1/temp-frozen-1/config",
                "homeassistant/sensor/s1/temp-frozen-1_humidity/config",
                "homeassistant/sensor/s1/temp-frozen-1_pressure/config",
                "homeassistant/binary_sensor/s1/temp-frozen-1/config",
            ]
        );
        for (kind, class, entity_id) in [
            (EntityKind::Temperature, "sensor", "sensor.larder_s1_temp_frozen_1"),
            (EntityKind::Humidity, "sensor", "sensor.larder_s1_temp_frozen_1_humidity"),
            (EntityKind::Pressure, "sensor", "sensor.larder_s1_temp_frozen_1_pressure"),
            (EntityKind::Door, "door", "binary_sensor.larder_s1_temp_frozen_1"),
        ] {
            let entity = Entity::new(kind, (&store, &device), "bme280", Some("frozen"), 60);
            let json = serde_json::to_value(entity).unwrap();
            assert_eq!(json["state_topic"], format!("ds/v1/s1/{class}/temp-frozen-1/event"));
            assert_eq!(json["availability"][0]["topic"], format!("ds/v1/s1/{class}/temp-frozen-1/state"));
            assert_eq!(json["default_entity_id"], entity_id);
            assert_eq!(json["device"]["suggested_area"], "frozen");
            assert_eq!(json["device"]["identifiers"][0], "larder_s1_temp-frozen-1");
        }
    }

    /// Names that differ stay apart, whatever signs they are made of, and each is one that Home Assistant takes.
    #[test]
    fn no_two_devices_share_a_topic() {
        let store = StoreId::new("s.1").unwrap();
        let names = [
            "t",
            "t_humidity",
            "t.humidity",
            "t__humidity",
            "t_",
            "t.",
            "t_.humidity",
            "t-humidity",
            "t_o",
            "t_.o",
        ];
        let mut topics = BTreeSet::new();
        for device in names.map(|name| DeviceId::new(name).unwrap()) {
            for kind in KINDS {
                let topic = discovery_topic(&store, &device, kind);
                assert!(topic.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_/".contains(&b)), "{topic}");
                assert!(topics.insert(topic.clone()), "{device}: {topic}");
            }
        }
    }

    /// What a template takes out of an event stands there under that name.
    #[test]
    fn a_template_names_what_an_event_carries() {
        let reading = EventBody::Reading {
            milli_c: Some(4_000),
            raw_milli_c: Some(4_000),
            quality: Quality::Good,
            humidity_milli_pct: Some(61_000),
            pressure_pa: Some(91_000),
            up_ms: None,
        };
        let events =
            [reading, EventBody::Door { open: true }].map(|body| serde_json::to_value(body).unwrap());
        for kind in KINDS {
            let parts: Vec<&str> = kind.shape().value_template.split("value_json.body.").skip(1).collect();
            assert!(!parts.is_empty());
            for part in parts {
                let end = part.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap();
                let of = usize::from(kind == EntityKind::Door);
                assert!(events[of].get(&part[..end]).is_some(), "{kind:?}: {part}");
            }
        }
    }
}
