//! What one store is: place, layout, zones, people, and where its node listens. Devices are in `devices.rs`.
//! Plain data as it stands in `store.toml`; the rules that join its parts are in `check.rs`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use model::catalogue::TempClass;
use model::{PersonId, Role, StoreId, ZoneId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::devices::Device;

/// One store, whole and checked (REQ-1, REQ-2, REQ-48).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StoreManifest {
    /// Name, place, capacity.
    pub store: Store,
    /// Where the node keeps its data and listens.
    pub node: Node,
    /// The uplink.
    pub hub: Hub,
    /// The MQTT broker that devices and handhelds speak to.
    pub broker: Broker,
    /// Distances that hold for all zones.
    pub layout: Layout,
    /// What the store's own codes mean.
    #[serde(default)]
    pub scanning: Scanning,
    /// The zones, in file order.
    pub zones: Vec<Zone>,
    /// Scanners, printers, sensors, scales; handhelds enrol themselves and are not listed.
    #[serde(default)]
    pub devices: Vec<Device>,
    /// Staff.
    #[serde(default)]
    pub people: Vec<Person>,
}

impl StoreManifest {
    /// The zone of that id.
    #[must_use]
    pub fn zone(&self, id: &ZoneId) -> Option<&Zone> {
        self.zones.iter().find(|zone| zone.id == *id)
    }
}

/// What the store's own codes mean (REQ-41).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Scanning {
    /// Templates of in-store numbers: thirteen places each, `21IIIIIWWWWWC`. Empty = such numbers mean nothing here.
    pub in_store: Vec<String>,
}

/// The store record (REQ-1).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Store {
    /// Short id; stands in topics and document paths.
    pub id: StoreId,
    /// Name as people say it.
    pub name: String,
    /// City; the shard it belongs to.
    pub city: String,
    /// Street address, or empty.
    #[serde(default)]
    pub address: String,
    /// Latitude in degrees north.
    pub lat: f64,
    /// Longitude in degrees east.
    pub lon: f64,
    /// IANA time zone; the business day is the store's (REQ-101).
    pub time_zone: String,
    /// How far it delivers, metres.
    pub service_radius_m: u32,
    /// Orders in work at once (REQ-105 throttles below it).
    pub capacity_orders: u32,
}

/// The machine the store node runs on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Node {
    /// Folder for the database and everything else the node keeps.
    pub data_dir: PathBuf,
    /// Address of console, pickers' app and API.
    pub http: SocketAddr,
}

/// The way to the central hub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hub {
    /// Base address, `https://` or (on loopback) `http://`.
    pub url: String,
    /// What this store proves itself with, at least 16 characters.
    pub token: String,
    /// Certificates of the link; without them only a hub on loopback is reached.
    #[serde(default)]
    pub tls: Option<HubTls>,
}

/// Certificates of the link to the hub: both sides show one of the hub's own authority, and the store's bears its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HubTls {
    /// PEM file of the hub's authority.
    pub ca: PathBuf,
    /// PEM file of this store's certificate; its common name is the store's id.
    pub cert: PathBuf,
    /// PEM file of its private key.
    pub key: PathBuf,
}

impl Hub {
    /// Whether the hub runs on this very machine, as in demonstrations and tests.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let host = self.url.split_once("://").map_or("", |(_, rest)| rest);
        ["127.0.0.1", "localhost", "[::1]"].iter().any(|name| {
            host.strip_prefix(name).is_some_and(|tail| tail.is_empty() || tail.starts_with([':', '/']))
        })
    }
}

impl Hub {
    /// Host and port that [`Hub::url`] names, as `host:port`; the port is that of its kind where none is written.
    #[must_use]
    pub fn address(&self) -> String {
        let (kind, rest) = self.url.split_once("://").unwrap_or(("https", &self.url));
        let host = rest.split(['/', '?', '#']).next().unwrap_or(rest);
        let usual: u16 = if kind == "http" { 80 } else { 443 };
        let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        if has_port { host.to_owned() } else { format!("{host}:{usual}") }
    }
}

/// Who runs the MQTT broker.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BrokerMode {
    /// The node is the broker itself: nothing to install.
    #[default]
    Embedded,
    /// The node writes a Mosquitto configuration, starts and watches it.
    MosquittoManaged,
    /// Somebody else runs a broker at these ports.
    External,
}

/// The MQTT broker (REQ-45, REQ-46).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Broker {
    /// Who runs it.
    #[serde(default)]
    pub mode: BrokerMode,
    /// Address the listeners bind to, or the external broker's address.
    #[serde(default = "loopback")]
    pub host: std::net::IpAddr,
    /// MQTT over TCP: devices, agent, node.
    pub tcp_port: u16,
    /// MQTT over WebSocket: handhelds.
    pub websocket_port: u16,
    /// Certificates. Without them both listeners speak in the clear, which only this machine itself should hear.
    #[serde(default)]
    pub tls: Option<BrokerTls>,
}

/// Certificates of the broker and of who connects to it. Who connects over TCP needs one of the same authority; its
/// common name is the MQTT user name and with it the part of the topics that it may use. Handhelds come over WebSocket,
/// encrypted, and prove themselves by their token: browsers cannot be made to carry certificates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BrokerTls {
    /// PEM file of the store's own authority: it has signed every certificate here and of every device.
    pub ca: PathBuf,
    /// PEM file of the broker's certificate, valid for its address.
    pub cert: PathBuf,
    /// PEM file of its private key.
    pub key: PathBuf,
    /// PEM file of those whose certificates were taken back; read anew when it changes.
    #[serde(default)]
    pub crl: Option<PathBuf>,
    /// PEM file of the certificate that the node itself comes with, common name `larder-node`. Without it the broker's
    /// own, which then has to bear that name and to be good for both.
    #[serde(default)]
    pub node_cert: Option<PathBuf>,
    /// PEM file of its private key.
    #[serde(default)]
    pub node_key: Option<PathBuf>,
    /// PEM file of the device agent's certificate, common name `agent`. Needed where devices stand in this file.
    #[serde(default)]
    pub agent_cert: Option<PathBuf>,
    /// PEM file of its private key.
    #[serde(default)]
    pub agent_key: Option<PathBuf>,
}

impl BrokerTls {
    /// Name of the authority's file among copies.
    pub const CA: &'static str = "ca.crt";
    /// Name of the certificate's file among copies.
    pub const CERT: &'static str = "own.crt";
    /// Name of the key's file among copies.
    pub const KEY: &'static str = "own.key";

    /// The same for an agent that has copies of its three files in a folder: systemd gives them to it and to nobody else,
    /// while the originals are the node's.
    #[must_use]
    pub fn agents_copies(self, folder: &Path) -> Self {
        Self {
            ca: folder.join(Self::CA),
            agent_cert: Some(folder.join(Self::CERT)),
            agent_key: Some(folder.join(Self::KEY)),
            ..self
        }
    }
}

fn loopback() -> std::net::IpAddr {
    std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST)
}

/// Distances of the rectangular layout, centimetres. A zone's aisles run beside each other, its bays along the aisle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// From the middle of one aisle to the next.
    pub aisle_spacing_cm: u32,
    /// From one bay to the next along an aisle.
    pub bay_spacing_cm: u32,
    /// From one shelf level to the next.
    pub level_height_cm: u32,
    /// Walking pace, centimetres per second.
    #[serde(default = "pace")]
    pub walk_cm_per_s: u32,
    /// Packing stations (REQ-2: 3 to 5).
    pub packing_stations: u8,
}

fn pace() -> u32 {
    120
}

/// A zone of shelves (REQ-2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Zone {
    /// Its id: `A`, `B`, `C`, `cold-1`.
    pub id: ZoneId,
    /// What may be kept there.
    pub temp: TempClass,
    /// Aisles side by side.
    pub aisles: u16,
    /// Bays along each aisle.
    pub bays: u16,
    /// Shelf levels of each bay.
    pub levels: u16,
    /// The band that is watched; every cold zone has one.
    #[serde(default)]
    pub band: Option<Band>,
}

/// A watched temperature band (REQ-18).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// Lowest allowed, hundredths of a degree Celsius.
    pub min_centi_c: i32,
    /// Highest allowed, hundredths of a degree Celsius.
    pub max_centi_c: i32,
    /// How long it may be outside before the alarm, seconds.
    pub alarm_delay_s: u32,
    /// No reading for this long is an alarm of its own, seconds.
    #[serde(default = "silence")]
    pub silent_after_s: u32,
    /// Below this people are warned, hundredths of a degree Celsius; nothing is blocked.
    #[serde(default)]
    pub warn_min_centi_c: Option<i32>,
    /// Above this people are warned, hundredths of a degree Celsius; nothing is blocked.
    #[serde(default)]
    pub warn_max_centi_c: Option<i32>,
    /// How much longer the zone may be outside because its door was open, seconds; never more than this in all.
    #[serde(default = "door_grace")]
    pub door_grace_s: u32,
}

fn door_grace() -> u32 {
    300
}

fn silence() -> u32 {
    60
}

/// A member of staff (REQ-3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// Pseudonym; stands in the ledger for ever.
    pub id: PersonId,
    /// Name to greet by; never in the ledger.
    pub name: String,
    /// What the person may do at the store.
    pub role: Role,
    /// An argon2 hash (`$argon2...`) for the PIN login.
    #[serde(default)]
    pub pin_hash: Option<String>,
    /// The PIN itself, 4 to 8 digits: for demonstrations only.
    #[serde(default)]
    pub demo_pin: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hubs_address_is_read_from_its_url() {
        for (url, address) in [
            ("https://hub.example", "hub.example:443"),
            ("https://hub.example:8443/sync", "hub.example:8443"),
            ("http://[::1]:8080", "[::1]:8080"),
            ("http://hub", "hub:80"),
            ("https://[fd00::1]", "[fd00::1]:443"),
        ] {
            assert_eq!(Hub { url: url.into(), token: String::new(), tls: None }.address(), address);
        }
    }
}
