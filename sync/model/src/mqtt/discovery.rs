//! Home Assistant's discovery documents for sensors (REQ-46): retained, one per sensor, beside Larder's own topics. What a
//! temperature means for goods never stands here; Home Assistant only watches.

use super::{DeviceClass, Leaf, Topic};
use crate::id::{DeviceId, StoreId};
use serde::Serialize;

/// Where Home Assistant listens, unless somebody changed its discovery prefix.
const PREFIX: &str = "homeassistant";

/// The discovery document of one temperature sensor, as Home Assistant's MQTT integration reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TemperatureEntity {
    name: String,
    unique_id: String,
    default_entity_id: String,
    state_topic: String,
    value_template: &'static str,
    unit_of_measurement: &'static str,
    device_class: &'static str,
    state_class: &'static str,
    suggested_display_precision: u8,
    /// Seconds after which a value counts for nothing.
    expire_after: u32,
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

/// The topic of a sensor's document: `homeassistant/sensor/{store}/{device}/config`, retained.
#[must_use]
pub fn discovery_topic(store: &StoreId, device: &DeviceId) -> String {
    format!("{PREFIX}/sensor/{store}/{device}/config")
}

impl TemperatureEntity {
    /// The document of `device` in `store`; `model` is its driver's word, `area` the zone it watches, `expire_after_s` the
    /// silence that counts as lost, seconds.
    #[must_use]
    pub fn new(
        store: &StoreId,
        device: &DeviceId,
        model: &str,
        area: Option<&str>,
        expire_after_s: u32,
    ) -> Self {
        let topic = |leaf| Topic::new(store, DeviceClass::Sensor, device, leaf).to_string();
        let id = format!("larder_{store}_{device}");
        Self {
            name: "Temperature".into(),
            default_entity_id: format!("sensor.{}", id.replace('-', "_")),
            state_topic: topic(Leaf::Event),
            // A reading that cannot be trusted has no value: Home Assistant shows "unknown", as Larder does.
            value_template: "{{ (value_json.body.milli_c / 1000) if value_json.body.milli_c is not none else 'None' }}",
            unit_of_measurement: "°C",
            device_class: "temperature",
            state_class: "measurement",
            suggested_display_precision: 1,
            expire_after: expire_after_s,
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
            unique_id: id,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sensor_has_one_topic_and_names_its_own_topics_only() {
        let (store, device) = (StoreId::new("s1").unwrap(), DeviceId::new("temp-frozen-1").unwrap());
        assert_eq!(discovery_topic(&store, &device), "homeassistant/sensor/s1/temp-frozen-1/config");
        let entity = TemperatureEntity::new(&store, &device, "ds18b20", Some("frozen"), 60);
        let json = serde_json::to_value(entity).unwrap();
        assert_eq!(json["state_topic"], "ds/v1/s1/sensor/temp-frozen-1/event");
        assert_eq!(json["availability"][0]["topic"], "ds/v1/s1/sensor/temp-frozen-1/state");
        assert_eq!(json["default_entity_id"], "sensor.larder_s1_temp_frozen_1");
        assert_eq!(json["device"]["suggested_area"], "frozen");
    }
}
