//! One device's MQTT session: birth, will, state, events, commands. Events are repeated until the store confirms them;
//! the journal is the truth, the broker only carries. Every reconnect is a new client: nothing stuck survives it.

mod flow;

use std::sync::Arc;
use std::time::Duration;

use firmware_config::Device;
use model::mqtt::{
    Ack, Birth, Command, CommandBody, DeviceClass, DeviceState, Health, Label, Leaf, PAYLOAD_BYTES_MAX,
    TemperatureEntity, Topic, discovery_topic,
};
use model::{PrintJobId, StoreId, Timestamp};
use rumqttc::{AsyncClient, EventLoop, LastWill, MqttOptions, NetworkOptions, Packet, Publish, QoS};
use serde::Serialize;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::agent::backoff::Backoff;
use crate::agent::link::flow::{Flow, WINDOW};
use crate::agent::memory::Memory;
use crate::agent::reporter::{ReporterEnds, Told};
use crate::agent::sensor::calibration;
use crate::agent::{AgentConfig, ClientTls, Login, clock};
use crate::db::Admission;

/// Version of the payloads.
const SCHEMA: u16 = 1;
/// Packets from the broker that may wait for the session.
const HEARD_MAX: usize = 64;
/// How often the journal is asked for events that were not confirmed.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Unconfirmed events that are looked at together.
const LOOK_AT_MOST: u32 = 256;
/// A temperature that Home Assistant still shows after this many seconds without a new one would be a lie; a sensor that is
/// asked more rarely has three of its own pauses.
const EXPIRE_AFTER_S: u32 = 60;
/// How long the last message may take to leave.
const FAREWELL: Duration = Duration::from_secs(1);

/// One device's session with the broker.
pub(crate) struct Link {
    store: StoreId,
    device: Device,
    session: u64,
    started: Timestamp,
    host: String,
    port: u16,
    login: Option<Login>,
    tls: Option<ClientTls>,
    memory: Memory,
    ends: ReporterEnds,
    wake: Arc<Notify>,
}

enum Ended {
    Stopped,
    /// The connection is gone; `true` = it had been up.
    Lost(bool),
}

impl Link {
    pub(crate) fn new(
        config: &AgentConfig,
        device: &Device,
        session: u64,
        started: Timestamp,
        memory: Memory,
        ends: ReporterEnds,
        wake: Arc<Notify>,
    ) -> Self {
        Self {
            store: config.store.clone(),
            device: device.clone(),
            session,
            started,
            host: config.broker_host.clone(),
            port: config.broker_port,
            login: config.login.clone(),
            tls: config.tls.clone(),
            memory,
            ends,
            wake,
        }
    }

    /// Keeps the device on the broker until `stop`.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let mut random = clock::random();
        let mut backoff = Backoff::for_broker();
        // One warning for each time the broker goes away, not one for each try.
        let mut told = false;
        loop {
            match self.session(&stop, told).await {
                Ended::Stopped => return,
                Ended::Lost(up) => {
                    told = !up;
                    if up {
                        backoff.reset();
                    }
                }
            }
            let pause = backoff.pause(&mut random);
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// One connection from CONNECT to its end.
    async fn session(&mut self, stop: &CancellationToken, quiet: bool) -> Ended {
        let (client, events) = self.connect();
        let (heard, mut inbox) = mpsc::channel(HEARD_MAX);
        let _poller = AbortOnDrop(tokio::spawn(poll(events, heard, quiet)));
        let mut flow = Flow::default();
        let mut up = false;
        let mut looks = tokio::time::interval(LOOK_EVERY);
        loop {
            tokio::select! {
                () = stop.cancelled() => {
                    self.farewell(&client, inbox, up).await;
                    return Ended::Stopped;
                }
                packet = inbox.recv() => match packet {
                    None => return Ended::Lost(up),
                    Some(Packet::ConnAck(_)) => {
                        if !self.greet(&client, &mut flow) {
                            return Ended::Lost(up);
                        }
                        up = true;
                        self.look(&mut flow).await;
                    }
                    Some(Packet::PubAck(_)) => flow.arrived(),
                    Some(Packet::Publish(publish)) => self.heard(&publish, &client, &mut flow).await,
                    Some(_) => {}
                },
                Some(event) = self.ends.kept.recv() => flow.offer(event),
                Ok(()) = self.ends.latest.changed() => flow.latest = true,
                Ok(()) = self.ends.state.changed() => flow.state = true,
                _ = looks.tick(), if up => self.look(&mut flow).await,
            }
            if up {
                self.pump(&client, &mut flow);
            }
        }
    }

    fn connect(&self) -> (AsyncClient, EventLoop) {
        let mut options = MqttOptions::new(self.device.id.as_str(), &self.host, self.port);
        options
            .set_keep_alive(Duration::from_secs(5))
            // The broker keeps commands for a device that is away for a moment.
            .set_clean_session(false)
            .set_manual_acks(true)
            // Twice the window: unacknowledged publishes never wrap round to the same packet id.
            .set_inflight(u16::try_from(2 * WINDOW).unwrap_or(u16::MAX))
            .set_max_packet_size(2 * PAYLOAD_BYTES_MAX, 2 * PAYLOAD_BYTES_MAX);
        if let Some(login) = &self.login {
            options.set_credentials(&login.user, &login.password);
        }
        if let Some(tls) = &self.tls {
            options.set_transport(tls.transport());
        }
        let will =
            self.state_of(Health::Lost, "the connection broke off", "check power and network of the agent");
        if let Ok(payload) = serde_json::to_vec(&will) {
            options.set_last_will(LastWill::new(self.topic(Leaf::State), payload, QoS::AtLeastOnce, true));
        }
        let (client, mut events) = AsyncClient::new(options, 4 * WINDOW);
        // Without this a round trip takes 40 ms instead of 0.1 ms.
        let mut network = NetworkOptions::new();
        network.set_tcp_nodelay(true);
        events.set_network_options(network);
        (client, events)
    }

    /// Subscribes and introduces the device. `false` = the client takes nothing; connect anew.
    fn greet(&self, client: &AsyncClient, flow: &mut Flow) -> bool {
        (flow.state, flow.latest) = (true, true);
        let birth = Birth {
            schema: SCHEMA,
            session: self.session,
            at: self.started,
            driver: self.device.driver.line().word.into(),
            model: String::new(),
            firmware: concat!("agent ", env!("CARGO_PKG_VERSION")).into(),
            calibration: calibration(&self.device.settings),
        };
        let subscribed = [Leaf::Cmd, Leaf::Ack]
            .iter()
            .all(|leaf| client.try_subscribe(self.topic(*leaf), QoS::AtLeastOnce).is_ok());
        subscribed && self.publish(client, flow, Leaf::Birth, &birth) && self.discovery(client, flow)
    }

    /// A sensor's document for Home Assistant, where somebody runs one on this broker.
    fn discovery(&self, client: &AsyncClient, flow: &mut Flow) -> bool {
        if self.device.class != DeviceClass::Sensor {
            return true;
        }
        let zone = self.device.zone.as_ref().map(ToString::to_string);
        let model = self.device.driver.line().word;
        let pause_s = self.device.settings.poll_ms.unwrap_or(0).div_ceil(1_000);
        let expire_s = EXPIRE_AFTER_S.max(pause_s.saturating_mul(3));
        let entity = TemperatureEntity::new(&self.store, &self.device.id, model, zone.as_deref(), expire_s);
        self.send(client, flow, discovery_topic(&self.store, &self.device.id), true, &entity)
    }

    /// Sends what waits, as far as the window allows: state first, then kept events, then the latest value.
    fn pump(&mut self, client: &AsyncClient, flow: &mut Flow) {
        if flow.has_room() && flow.state {
            let state = self.ends.state.borrow_and_update().clone();
            flow.state = !self.publish(client, flow, Leaf::State, &state);
        }
        while let Some(event) = flow.next_event(clock::now()) {
            if !self.publish(client, flow, Leaf::Event, &event) {
                flow.take_back(event);
                break;
            }
        }
        if flow.has_room() && flow.latest {
            let latest = self.ends.latest.borrow_and_update().clone();
            flow.latest = latest.is_some_and(|event| !self.publish(client, flow, Leaf::Event, &event));
        }
    }

    fn publish(&self, client: &AsyncClient, flow: &mut Flow, leaf: Leaf, payload: &impl Serialize) -> bool {
        let retained = matches!(leaf, Leaf::Birth | Leaf::State);
        self.send(client, flow, self.topic(leaf), retained, payload)
    }

    fn send(
        &self,
        client: &AsyncClient,
        flow: &mut Flow,
        topic: String,
        retained: bool,
        payload: &impl Serialize,
    ) -> bool {
        let sent = serde_json::to_vec(payload)
            .is_ok_and(|bytes| client.try_publish(topic, QoS::AtLeastOnce, retained, bytes).is_ok());
        if sent {
            flow.left();
        }
        sent
    }

    /// Finds events in the journal that the store has not confirmed, and offers those whose time has come.
    async fn look(&self, flow: &mut Flow) {
        let id = self.device.id.clone();
        match self.memory.ask(move |journal| journal.events(&id, LOOK_AT_MOST)).await {
            Ok(events) => flow.look_at(events, clock::now()),
            Err(error) => tracing::error!(device = %self.device.id, %error, "journal"),
        }
    }

    async fn heard(&self, publish: &Publish, client: &AsyncClient, flow: &mut Flow) {
        let leaf = publish.topic.parse::<Topic>().map(|topic| topic.leaf);
        let done = match leaf {
            Ok(Leaf::Ack) => self.confirmed(&publish.payload, flow).await,
            Ok(Leaf::Cmd) => self.commanded(&publish.payload, flow).await,
            Ok(Leaf::Birth | Leaf::State | Leaf::Event) | Err(_) => true,
        };
        // Not done = not acknowledged: the broker brings it again after the next connect.
        if done && client.try_ack(publish).is_err() {
            tracing::warn!(device = %self.device.id, "acknowledgement did not fit; the command comes again");
        }
    }

    async fn confirmed(&self, payload: &[u8], flow: &mut Flow) -> bool {
        let Ok(ack) = serde_json::from_slice::<Ack>(payload) else {
            tracing::warn!(device = %self.device.id, "an ack that cannot be read changes nothing");
            return true;
        };
        flow.confirmed(ack.id);
        self.tell(Told::Answer { id: ack.id, outcome: ack.outcome });
        drop(self.memory.put(move |journal| journal.confirm_event(ack.id)).await);
        true
    }

    /// Takes a command over. Only what is on disk is acknowledged.
    async fn commanded(&self, payload: &[u8], flow: &mut Flow) -> bool {
        let command = match serde_json::from_slice::<Command>(payload) {
            Ok(command) => command,
            Err(error) => {
                tracing::warn!(device = %self.device.id, %error, "a command that cannot be read changes nothing");
                return true;
            }
        };
        match command.body {
            CommandBody::Print { job, label } => self.print(job, label, flow).await,
            body @ (CommandBody::Signal { .. } | CommandBody::Output { .. }) => {
                self.tell(Told::Command(body));
                true
            }
        }
    }

    /// Says it to the driver, if it listens: a beep that comes late is worth nothing.
    fn tell(&self, told: Told) {
        if self.ends.told.try_send(told).is_err() {
            tracing::trace!(device = %self.device.id, "this driver does not listen");
        }
    }

    async fn print(&self, job: PrintJobId, label: Label, flow: &mut Flow) -> bool {
        if self.device.class != DeviceClass::Printer {
            tracing::warn!(device = %self.device.id, "only printers print");
            return true;
        }
        let (id, now) = (self.device.id.clone(), clock::now());
        match self.memory.ask(move |journal| journal.accept_job(&id, job, &label, now)).await {
            Ok(Admission::New) => self.wake.notify_one(),
            Ok(Admission::Pending) => {}
            Ok(Admission::Repeated(_)) => self.look(flow).await,
            Err(error) => {
                tracing::error!(device = %self.device.id, %error, "print job not taken over");
                return false;
            }
        }
        true
    }

    /// Says that the agent stops, so that the will is not needed.
    async fn farewell(&self, client: &AsyncClient, mut inbox: mpsc::Receiver<Packet>, up: bool) {
        if !up {
            return;
        }
        let last = self.state_of(Health::Down, "the agent was stopped", "start it again");
        self.publish(client, &mut Flow::default(), Leaf::State, &last);
        if client.try_disconnect().is_err() {
            return;
        }
        let closed = async { while inbox.recv().await.is_some() {} };
        if tokio::time::timeout(FAREWELL, closed).await.is_err() {
            tracing::warn!(device = %self.device.id, "the broker did not hear the farewell");
        }
    }

    fn state_of(&self, health: Health, detail: &str, hint: &str) -> DeviceState {
        DeviceState {
            session: self.session,
            at: if health == Health::Lost { self.started } else { clock::now() },
            health,
            detail: detail.to_owned(),
            hint: hint.to_owned(),
            battery_pct: None,
            queued: 0,
        }
    }

    fn topic(&self, leaf: Leaf) -> String {
        Topic::new(&self.store, self.device.class, &self.device.id, leaf).to_string()
    }
}

struct AbortOnDrop(JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Drives the connection in a task of its own: its `poll` must not be cut short in the middle of a connect.
async fn poll(mut events: EventLoop, heard: mpsc::Sender<Packet>, quiet: bool) {
    loop {
        match events.poll().await {
            Ok(rumqttc::Event::Incoming(packet)) => {
                if heard.send(packet).await.is_err() {
                    return;
                }
            }
            Ok(rumqttc::Event::Outgoing(_)) => {}
            Err(error) => {
                let client = events.mqtt_options.client_id();
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
