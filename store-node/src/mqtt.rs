//! The node's place on the store's broker: hears what devices say, submits it as commands, publishes answers, views and
//! print jobs. An event is acknowledged to the broker only after its commit, so a crash in between repeats it and the
//! command's id makes the repeat harmless. Every connection is a new client that says everything anew: nothing stuck
//! survives a reconnect. Never decides.

mod hear;
mod lamps;
mod say;

use crate::pins::Pins;
use crate::reads::Reads;
use crate::writer::Writer;
use device_drivers::agent::ClientTls;
use model::mqtt::{PAYLOAD_BYTES_MAX, Reply, SESSION_EXPIRY_S};
use model::{BinId, DeviceId, StoreId};
use rumqttc::NetworkOptions;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Packet, PubAckReason, Publish};
use rumqttc::v5::{AsyncClient, ConnectionError, Event, EventLoop, MqttOptions};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Publishes that wait for the connection; who publishes waits for a place.
const SAY_QUEUE_MAX: usize = 512;
/// Pause before connecting again.
const RECONNECT_PAUSE: Duration = Duration::from_millis(200);
/// Replies of devices that wait to be noted; one that finds no place is asked for again with its command.
const REPLIES_MAX: usize = 256;

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
    /// The pick-to-light lamp at each bin that has one.
    pub lamps: BTreeMap<BinId, DeviceId>,
}

/// A device's answer to a command, with what it was correlated by.
#[derive(Debug)]
pub(crate) struct Replied {
    device: DeviceId,
    reply: Reply,
}

/// Runs the node's MQTT side until `stop`.
pub async fn run(setup: MqttSetup, writer: Writer, reads: Reads, pins: Pins, stop: CancellationToken) {
    let place = Place { setup, writer, reads, pins };
    tokio::select! {
        () = stop.cancelled() => {}
        () = place.keep() => {}
    }
}

struct Place {
    setup: MqttSetup,
    writer: Writer,
    reads: Reads,
    pins: Pins,
}

impl Place {
    /// One connection after the other, for ever.
    async fn keep(&self) {
        // One warning for each time the broker goes away, not one for each try.
        let mut told = false;
        loop {
            let (client, mut events) = connect(&self.setup);
            let error = match events.poll().await {
                Ok(_) => {
                    told = false;
                    Box::pin(self.session(client, events)).await
                }
                Err(error) => error,
            };
            if !std::mem::replace(&mut told, true) {
                tracing::warn!(%error, "broker not reached");
            }
            tokio::time::sleep(RECONNECT_PAUSE).await;
        }
    }

    /// One connection, from its welcome to its end. What was heard and not acknowledged comes again at the next.
    async fn session(&self, client: AsyncClient, events: EventLoop) -> ConnectionError {
        // The broker sends at most INFLIGHT_MAX unacknowledged events, so this queue never fills and the loop never blocks.
        let (heard, inbox) = mpsc::channel(usize::from(crate::broker::INFLIGHT_MAX) * 4);
        let (replied, replies) = mpsc::channel(REPLIES_MAX);
        let store = &self.setup.store;
        let hear = hear::Hear {
            store: store.clone(),
            client: client.clone(),
            writer: self.writer.clone(),
            pins: self.pins.clone(),
            reads: self.reads.clone(),
            replied,
        };
        let lamps = lamps::Lamps::new(self.setup.lamps.clone());
        let say =
            say::Say::new(store.clone(), client.clone(), self.reads.clone(), self.writer.clone(), lamps);
        tokio::select! {
            error = listen(store, client, events, heard) => error,
            () = hear.run(inbox) => ConnectionError::RequestsDone,
            () = say.run(replies) => ConnectionError::RequestsDone,
        }
    }
}

fn connect(setup: &MqttSetup) -> (AsyncClient, EventLoop) {
    let mut network = NetworkOptions::new();
    network.set_tcp_nodelay(true);
    let mut options = MqttOptions::new(&setup.user, &setup.host, setup.port);
    options
        .set_network_options(network)
        .set_credentials(&setup.user, &setup.password)
        .set_keep_alive(Duration::from_secs(10))
        .set_clean_start(false)
        .set_session_expiry_interval(Some(SESSION_EXPIRY_S))
        .set_manual_acks(true)
        .set_outgoing_inflight_upper_limit(crate::broker::INFLIGHT_MAX)
        .set_receive_maximum(Some(crate::broker::INFLIGHT_MAX))
        .set_max_packet_size(u32::try_from(PAYLOAD_BYTES_MAX * 2).ok());
    if let Some(tls) = &setup.tls {
        options.set_transport(tls.transport());
    }
    AsyncClient::new(options, SAY_QUEUE_MAX)
}

/// Drives the connection until it ends. Subscribes first: cheap, and right also after the broker lost its sessions.
async fn listen(
    store: &StoreId,
    client: AsyncClient,
    mut events: EventLoop,
    heard: mpsc::Sender<Publish>,
) -> ConnectionError {
    for filter in model::mqtt::Topic::filters(store) {
        if client.try_subscribe(filter, QoS::AtLeastOnce).is_err() {
            tracing::error!("subscription does not fit the queue; reconnecting");
            return ConnectionError::RequestsDone;
        }
    }
    loop {
        match events.poll().await {
            Ok(Event::Incoming(Packet::Publish(publish))) => {
                if heard.try_send(publish).is_err() {
                    // Unacknowledged, so the broker sends it again after the next connect.
                    tracing::error!("inbox is full; the broker will repeat this event");
                }
            }
            Ok(Event::Incoming(Packet::PubAck(ack))) => {
                if !matches!(ack.reason, PubAckReason::Success | PubAckReason::NoMatchingSubscribers) {
                    tracing::error!(reason = ?ack.reason, "the broker refuses what the node says");
                }
            }
            Ok(_) => {}
            Err(error) => return error,
        }
    }
}
