//! MQTT 5 as a device speaks it: the options of its connection, what stands beside a payload, and the task that drives the
//! socket. Knows no journal and no driver.

use std::time::Duration;

use model::CommandId;
use model::mqtt::{EVENT_EXPIRY_S, PAYLOAD_BYTES_MAX, SESSION_EXPIRY_S};
use rumqttc::NetworkOptions;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{LastWill, Packet, PublishProperties};
use rumqttc::v5::{AsyncClient, Event, EventLoop, MqttOptions};
use tokio::sync::mpsc;

use crate::agent::link::flow::WINDOW;
use crate::agent::{ClientTls, Login};

/// Where the broker is, and how a client proves itself there.
#[derive(Debug, Clone)]
pub(super) struct Address {
    pub host: String,
    pub port: u16,
    pub login: Option<Login>,
    pub tls: Option<ClientTls>,
}

/// The most that one packet may have: the topic and MQTT's own bytes stand beside the payload.
fn packet_bytes_max() -> Option<u32> {
    u32::try_from(2 * PAYLOAD_BYTES_MAX).ok()
}

/// A client that is not connected yet: polling its events connects it.
pub(super) fn connect(id: &str, at: &Address, will: Option<LastWill>) -> (AsyncClient, EventLoop) {
    let mut options = MqttOptions::new(id, &at.host, at.port);
    // Without this a round trip takes 40 ms instead of 0.1 ms.
    let mut network = NetworkOptions::new();
    network.set_tcp_nodelay(true);
    options
        .set_network_options(network)
        .set_keep_alive(Duration::from_secs(5))
        // The broker keeps commands for a device that is away for a moment.
        .set_clean_start(false)
        .set_session_expiry_interval(Some(SESSION_EXPIRY_S))
        .set_manual_acks(true)
        // Twice the window: unacknowledged publishes never wrap round to the same packet id. Unset, the client would also
        // keep a place for each of 65,535.
        .set_outgoing_inflight_upper_limit(u16::try_from(2 * WINDOW).unwrap_or(u16::MAX))
        .set_receive_maximum(u16::try_from(super::HEARD_MAX).ok())
        .set_max_packet_size(packet_bytes_max());
    if let Some(login) = &at.login {
        options.set_credentials(&login.user, &login.password);
    }
    if let Some(tls) = &at.tls {
        options.set_transport(tls.transport());
    }
    if let Some(will) = will {
        options.set_last_will(will);
    }
    AsyncClient::new(options, 4 * WINDOW)
}

/// A last will: retained, as the state it takes the place of.
pub(super) fn will(topic: String, payload: Vec<u8>) -> LastWill {
    LastWill::new(topic, payload, QoS::AtLeastOnce, true, None)
}

/// Beside an event: how long it waits for a store that is away, and where its answer is wanted.
pub(super) fn event(answer_to: Option<(String, CommandId)>) -> PublishProperties {
    let (response_topic, id) = answer_to.unzip();
    PublishProperties {
        message_expiry_interval: Some(EVENT_EXPIRY_S),
        response_topic,
        correlation_data: id.map(|id| id.as_bytes().to_vec().into()),
        ..PublishProperties::default()
    }
}

/// Drives the connection in a task of its own: its `poll` must not be cut short in the middle of a connect.
pub(super) async fn poll(mut events: EventLoop, heard: mpsc::Sender<Packet>, quiet: bool) {
    loop {
        match events.poll().await {
            Ok(Event::Incoming(packet)) => {
                if heard.send(packet).await.is_err() {
                    return;
                }
            }
            Ok(Event::Outgoing(_)) => {}
            Err(error) => {
                let client = events.options.client_id();
                if quiet {
                    tracing::debug!(%error, client, "broker still not reached");
                } else {
                    tracing::warn!(%error, client, "broker not reached; events wait in the journal");
                }
                return;
            }
        }
    }
}
