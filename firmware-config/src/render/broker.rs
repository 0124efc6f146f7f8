//! mosquitto.conf and its access rules for a broker that is a service of this machine. The managed broker's files are
//! written by the store node, not here.

use model::StoreId;
use model::mqtt::{Leaf, discovery_topics};
use std::fmt::Write as _;

use super::HEAD;
use super::papers::{BROKERS, CRL};
use crate::devices::Device;
use crate::store::{Broker, BrokerTls, StoreManifest};

/// Messages in flight per client; as the store node expects.
const INFLIGHT_MAX: u16 = 200;

/// What a listener needs for TLS: TCP asks for a certificate, whose common name is the user; handhelds have tokens. The files
/// are the service's own copies.
fn encryption(broker: &Broker) -> (String, String) {
    let Some(tls) = &broker.tls else { return (String::new(), String::new()) };
    let [ca, cert, key] = [BrokerTls::CA, BrokerTls::CERT, BrokerTls::KEY];
    let files = format!("cafile {BROKERS}/{ca}\ncertfile {BROKERS}/{cert}\nkeyfile {BROKERS}/{key}\n");
    let crl = tls.crl.as_ref().map(|_| format!("crlfile {BROKERS}/{CRL}\n")).unwrap_or_default();
    let devices = format!("{files}{crl}require_certificate true\nuse_identity_as_username true\n");
    (devices, files)
}

pub(super) fn configuration(manifest: &StoreManifest) -> String {
    let broker = &manifest.broker;
    let (tcp_tls, websocket_tls) = encryption(broker);
    let payload = model::mqtt::PAYLOAD_BYTES_MAX;
    format!(
        "{HEAD}# Nobody is anonymous: users and hashes stand in mosquitto.users, rights in mosquitto.acl.\n\
         per_listener_settings false\n\
         allow_anonymous false\n\
         password_file /etc/larder/mosquitto.users\n\
         acl_file /etc/larder/mosquitto.acl\n\
         \n\
         # What is retained survives a kill: written at every change, not at the end.\n\
         persistence true\n\
         persistence_location /var/lib/larder-mosquitto/\n\
         autosave_interval 1\n\
         autosave_on_changes true\n\
         persistent_client_expiration 30d\n\
         \n\
         max_inflight_messages {INFLIGHT_MAX}\n\
         max_queued_messages 10000\n\
         message_size_limit {payload}\n\
         max_keepalive 120\n\
         # Without it an answer waits 40 ms for the next packet.\n\
         set_tcp_nodelay true\n\
         \n\
         log_dest stderr\n\
         log_type error\n\
         log_type warning\n\
         \n\
         # Devices, agents, node.\n\
         listener {tcp} {host}\n{tcp_tls}\
         \n\
         # Handhelds.\n\
         listener {websocket} {host}\n\
         protocol websockets\n{websocket_tls}",
        tcp = broker.tcp_port,
        websocket = broker.websocket_port,
        host = broker.host,
    )
}

/// The node may say everything of its store; the agent speaks for the devices of the manifest. Nobody else has a right: no
/// pattern gives one to a name only because the store's authority has signed it. Handhelds are known to the node, whose own
/// list takes the place of this one once it runs.
pub(super) fn access(manifest: &StoreManifest) -> String {
    let store = &manifest.store.id;
    let mut text = format!("{HEAD}user larder-node\ntopic readwrite ds/v1/{store}/#\n\nuser agent\n");
    for device in &manifest.devices {
        rights(&mut text, store, device);
    }
    if manifest.broker.tls.is_some() {
        text.push_str("\n# Devices with a certificate of their own: common name = device id.\n");
        for device in &manifest.devices {
            let _ = writeln!(text, "user {}", device.id);
            rights(&mut text, store, device);
        }
    }
    text.push_str(
        "\n# Handhelds stand in the node's own list: install broker/acl of its data folder over this file.\n",
    );
    text
}

fn rights(text: &mut String, store: &StoreId, device: &Device) {
    let base = format!("ds/v1/{store}/{}/{}", device.class.word(), device.id);
    for leaf in Leaf::OF_DEVICES {
        let _ = writeln!(text, "topic write {base}/{}", leaf.word());
    }
    for leaf in Leaf::FOR_DEVICES {
        let _ = writeln!(text, "topic read {base}/{}", leaf.word());
    }
    for topic in discovery_topics(store, &device.id, device.class) {
        let _ = writeln!(text, "topic write {topic}");
    }
}
