//! The node's place on the store's broker: hears what devices say, submits it as commands, publishes answers, views and
//! print jobs. An event is acknowledged to the broker only after its commit, so a crash in between repeats it and the
//! command's id makes the repeat harmless. Never decides.

mod hear;
mod say;

use crate::pins::Pins;
use crate::reads::Reads;
use crate::writer::Writer;
use device_drivers::agent::ClientTls;
use model::StoreId;
use rumqttc::{AsyncClient, Event, EventLoop, MqttOptions, NetworkOptions, Packet, Publish, QoS};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Publishes that wait for the connection; who publishes waits for a place.
const SAY_QUEUE_MAX: usize = 512;
/// Pause before connecting again.
const RECONNECT_PAUSE: Duration = Duration::from_millis(200);

/// How to reach the broker.
#[derive(Debug, Clone)]
pub struct MqttSetup {
    /// The store, for topics.
    pub store: StoreId,
    /// Host of the broker's TCP listener.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// User name.
    pub user: String,
    /// Password.
    pub password: String,
    /// The node's own certificate; `None` = the broker speaks in the clear.
    pub tls: Option<ClientTls>,
}

/// Runs the node's MQTT side until `stop`.
pub async fn run(setup: MqttSetup, writer: Writer, reads: Reads, pins: Pins, stop: CancellationToken) {
    let (client, events) = connect(&setup);
    // The broker sends at most INFLIGHT_MAX unacknowledged events, so this queue never fills and the loop never blocks.
    let (heard, inbox) = mpsc::channel(usize::from(crate::broker::INFLIGHT_MAX) * 4);
    let store = setup.store.clone();
    let hear = hear::Hear {
        store: store.clone(),
        client: client.clone(),
        writer: writer.clone(),
        pins,
        reads: reads.clone(),
    };
    let say = say::Say {
        store,
        client: client.clone(),
        reads,
        effects: writer.effects(),
        writer,
        loud: BTreeSet::new(),
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = listen(setup.store, client, events, heard) => {}
        () = hear.run(inbox) => {}
        () = say.run() => {}
    }
}

fn connect(setup: &MqttSetup) -> (AsyncClient, EventLoop) {
    let mut options = MqttOptions::new(&setup.user, &setup.host, setup.port);
    options
        .set_credentials(&setup.user, &setup.password)
        .set_keep_alive(Duration::from_secs(10))
        .set_clean_session(false)
        .set_manual_acks(true)
        .set_inflight(crate::broker::INFLIGHT_MAX)
        .set_max_packet_size(model::mqtt::PAYLOAD_BYTES_MAX * 2, model::mqtt::PAYLOAD_BYTES_MAX * 2);
    if let Some(tls) = &setup.tls {
        options.set_transport(tls.transport());
    }
    let (client, mut events) = AsyncClient::new(options, SAY_QUEUE_MAX);
    let mut network = NetworkOptions::new();
    network.set_tcp_nodelay(true);
    events.set_network_options(network);
    (client, events)
}

/// Drives the connection. Subscribes on every connect: cheap, and right also after the broker lost its sessions.
async fn listen(store: StoreId, client: AsyncClient, mut events: EventLoop, heard: mpsc::Sender<Publish>) {
    loop {
        match events.poll().await {
            Ok(Event::Incoming(Packet::ConnAck(_))) => {
                for filter in model::mqtt::Topic::filters(&store) {
                    if client.try_subscribe(filter, QoS::AtLeastOnce).is_err() {
                        tracing::error!("subscription does not fit the queue; reconnecting");
                        events.clean();
                    }
                }
            }
            Ok(Event::Incoming(Packet::Publish(publish))) => {
                if heard.try_send(publish).is_err() {
                    // Unacknowledged, so the broker sends it again after the next connect.
                    tracing::error!("inbox is full; the broker will repeat this event");
                }
            }
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%error, "broker not reached");
                tokio::time::sleep(RECONNECT_PAUSE).await;
            }
        }
    }
}
