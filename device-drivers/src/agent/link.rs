//! One device's MQTT session: birth, capabilities, will, state, events, commands and their replies. Events are repeated
//! until the store confirms them; the journal is the truth, the broker only carries. Every reconnect is a new client:
//! nothing stuck survives it.

mod flow;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use firmware_config::Device;
use model::mqtt::{
    Ack, Birth, COMMAND_EXPIRY_S, Command, CommandBody, DeviceClass, DeviceState, Entity, Event, Health,
    Label, Leaf, Reply, ReplyOutcome, Topic, discovery_topic,
};
use model::{CommandId, PrintJobId, StoreId, Timestamp};
use rumqttc::v5::AsyncClient;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Packet, PubAck, PubAckReason, Publish, PublishProperties};
use serde::Serialize;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::agent::backoff::Backoff;
use crate::agent::capability::{capability, entities, model_of, takes};
use crate::agent::link::flow::{Flow, Order};
use crate::agent::link::wire::Address;
use crate::agent::memory::Memory;
use crate::agent::reporter::{ReporterEnds, Told};
use crate::agent::sensor::calibration;
use crate::agent::{AgentConfig, clock};
use crate::db::Admission;

/// Version of the payloads.
const SCHEMA: u16 = 1;
/// Packets from the broker that may wait for the session; it sends no more commands than that without an acknowledgement.
const HEARD_MAX: usize = 64;
/// How often the journal is asked for events that were not confirmed.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Unconfirmed events that are looked at together.
const LOOK_AT_MOST: u32 = 256;
/// A temperature that Home Assistant still shows after this many seconds without a new one would be a lie; a sensor that is
/// asked more rarely has three of its own pauses.
const EXPIRE_AFTER_S: u32 = 60;
/// No job waits longer; the rest is somebody's mistake and changes nothing.
const WAITED_MOST_MS: i64 = 366 * model::time::DAY_MS;
/// How long the last message may take to leave.
const FAREWELL: Duration = Duration::from_secs(1);

/// One device's session with the broker.
pub(crate) struct Link {
    store: StoreId,
    device: Device,
    session: u64,
    started: Timestamp,
    at: Address,
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
            at: Address {
                host: config.broker_host.clone(),
                port: config.broker_port,
                login: config.login.clone(),
                tls: config.tls.clone(),
            },
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
        let lost =
            self.state_of(Health::Lost, "the connection broke off", "check power and network of the agent");
        let will = serde_json::to_vec(&lost).ok().map(|payload| wire::will(self.topic(Leaf::State), payload));
        let (client, events) = wire::connect(self.device.id.as_str(), &self.at, will);
        let (heard, mut inbox) = mpsc::channel(HEARD_MAX);
        let _poller = AbortOnDrop(tokio::spawn(wire::poll(events, heard, quiet)));
        let mut flow = Flow::new(self.order());
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
                    Some(Packet::PubAck(ack)) => {
                        flow.arrived();
                        self.refused(&ack, &mut flow);
                    }
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

    fn order(&self) -> Order {
        match self.device.class {
            DeviceClass::Sensor => Order::OneByOne,
            DeviceClass::Scanner
            | DeviceClass::Printer
            | DeviceClass::Scale
            | DeviceClass::Door
            | DeviceClass::Output
            | DeviceClass::Handheld => Order::AsTheyCome,
        }
    }

    /// The broker has no place for it, or gives this device no right to it: what must arrive is said again, and a person
    /// should know why it does not, once a connection.
    fn refused(&self, ack: &PubAck, flow: &mut Flow) {
        let taken = matches!(ack.reason, PubAckReason::Success | PubAckReason::NoMatchingSubscribers);
        if !taken && !std::mem::replace(&mut flow.refused, true) {
            tracing::warn!(device = %self.device.id, reason = ?ack.reason, "the broker refuses what this device says");
        }
    }

    /// Subscribes and introduces the device. `false` = the client takes nothing; connect anew.
    fn greet(&self, client: &AsyncClient, flow: &mut Flow) -> bool {
        (flow.state, flow.latest) = (true, true);
        let birth = Birth {
            schema: SCHEMA,
            session: self.session,
            at: self.started,
            driver: self.device.driver.line().word.into(),
            model: model_of(&self.device),
            firmware: concat!("agent ", env!("CARGO_PKG_VERSION")).into(),
            calibration: calibration(&self.device.settings),
        };
        let subscribed = [Leaf::Cmd, Leaf::Ack]
            .iter()
            .all(|leaf| client.try_subscribe(self.topic(*leaf), QoS::AtLeastOnce).is_ok());
        subscribed
            && self.publish(client, flow, Leaf::Birth, &birth)
            && self.publish(client, flow, Leaf::Capability, &capability(&self.device))
            && self.discovery(client, flow)
    }

    /// A document for each thing that a sensor or a door tells, where somebody runs Home Assistant on this broker.
    fn discovery(&self, client: &AsyncClient, flow: &mut Flow) -> bool {
        let zone = self.device.zone.as_ref().map(ToString::to_string);
        let model = self.device.driver.line().word;
        let pause_s = self.device.settings.poll_ms.unwrap_or(0).div_ceil(1_000);
        let expire_s = EXPIRE_AFTER_S.max(pause_s.saturating_mul(3));
        let (store, id) = (&self.store, &self.device.id);
        entities(&self.device).all(|kind| {
            let entity = Entity::new(kind, (store, id), model, zone.as_deref(), expire_s);
            let topic = discovery_topic(store, id, kind);
            self.send(client, flow, (topic, true), PublishProperties::default(), &entity)
        })
    }

    /// Sends what waits, as far as window and order allow: state first, then kept events, then the latest value.
    fn pump(&mut self, client: &AsyncClient, flow: &mut Flow) {
        if flow.has_room() && flow.state {
            let state = self.ends.state.borrow_and_update().clone();
            flow.state = !self.publish(client, flow, Leaf::State, &state);
        }
        while let Some(event) = flow.next_event(clock::now()) {
            let answer_to = (self.topic(Leaf::Ack), event.id);
            if !self.event(client, flow, &event, Some(answer_to)) {
                flow.take_back(event);
                break;
            }
        }
        if flow.has_room() && flow.latest && !flow.is_behind(clock::now()) {
            let latest = self.ends.latest.borrow_and_update().clone();
            flow.latest = latest.is_some_and(|event| !self.event(client, flow, &event, None));
        }
    }

    /// Says an event; `answer_to`: where its answer is wanted, for one that is kept until then.
    fn event(
        &self,
        client: &AsyncClient,
        flow: &mut Flow,
        event: &Event,
        answer_to: Option<(String, CommandId)>,
    ) -> bool {
        self.send(client, flow, (self.topic(Leaf::Event), false), wire::event(answer_to), event)
    }

    /// Says something that is retained: what the device is, and how.
    fn publish(&self, client: &AsyncClient, flow: &mut Flow, leaf: Leaf, payload: &impl Serialize) -> bool {
        self.send(client, flow, (self.topic(leaf), true), PublishProperties::default(), payload)
    }

    fn send(
        &self,
        client: &AsyncClient,
        flow: &mut Flow,
        (topic, retained): (String, bool),
        beside: PublishProperties,
        payload: &impl Serialize,
    ) -> bool {
        let qos = QoS::AtLeastOnce;
        let sent = serde_json::to_vec(payload).is_ok_and(|bytes| {
            client.try_publish_with_properties(topic, qos, retained, bytes, beside).is_ok()
        });
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
        let topic = str::from_utf8(&publish.topic).unwrap_or_default();
        let leaf = topic.parse::<Topic>().map(|topic| topic.leaf);
        let done = match leaf {
            Ok(Leaf::Ack) => self.confirmed(publish, flow).await,
            Ok(Leaf::Cmd) => self.commanded(publish, client, flow).await,
            Ok(Leaf::Birth | Leaf::Capability | Leaf::State | Leaf::Event | Leaf::Reply) | Err(_) => true,
        };
        // Not done = not acknowledged: the broker brings it again after the next connect.
        if done && client.try_ack(publish).is_err() {
            tracing::warn!(device = %self.device.id, "acknowledgement did not fit; the command comes again");
        }
    }

    async fn confirmed(&self, publish: &Publish, flow: &mut Flow) -> bool {
        let Ok(ack) = serde_json::from_slice::<Ack>(&publish.payload) else {
            tracing::warn!(device = %self.device.id, "an ack that cannot be read changes nothing");
            return true;
        };
        let asked = publish.properties.as_ref().and_then(|beside| beside.correlation_data.as_ref());
        if asked.is_some_and(|asked| **asked != ack.id.as_bytes()[..]) {
            tracing::warn!(device = %self.device.id, "an ack that answers another event than it names changes nothing");
            return true;
        }
        flow.confirmed(ack.id);
        self.tell(Told::Answer { id: ack.id, outcome: ack.outcome });
        drop(self.memory.put(move |journal| journal.confirm_event(ack.id)).await);
        true
    }

    /// Takes a command over, and says so where an answer is wanted. Only what is on disk is acknowledged.
    async fn commanded(&self, publish: &Publish, client: &AsyncClient, flow: &mut Flow) -> bool {
        let command = match serde_json::from_slice::<Command>(&publish.payload) {
            Ok(command) => command,
            Err(error) => {
                tracing::warn!(device = %self.device.id, %error, "a command that cannot be read changes nothing");
                // Its id stands beside it too: a store that is newer than this agent has to know.
                let detail = "this agent cannot read the command".to_owned();
                if let Some(id) = named(publish) {
                    let outcome = ReplyOutcome::Refused { detail };
                    self.reply(publish, client, flow, &Reply { id, outcome });
                }
                return true;
            }
        };
        let id = command.id;
        match self.carry_out(command.body, flow).await {
            Some(outcome) => self.reply(publish, client, flow, &Reply { id, outcome }),
            None => return false,
        }
        true
    }

    /// What becomes of a command; `None` = it has to come again.
    async fn carry_out(&self, body: CommandBody, flow: &mut Flow) -> Option<ReplyOutcome> {
        if !takes(&self.device, &body) {
            tracing::warn!(device = %self.device.id, ?body, "this device takes no such command");
            return Some(ReplyOutcome::Refused { detail: "this device takes no such command".to_owned() });
        }
        match body {
            CommandBody::Print { job, label, waited_ms } => self.print(job, *label, waited_ms, flow).await,
            body @ (CommandBody::Signal { .. } | CommandBody::Output { .. }) => {
                Some(if self.tell(Told::Command(body)) {
                    ReplyOutcome::Taken
                } else {
                    ReplyOutcome::Refused { detail: "the driver does not listen now".to_owned() }
                })
            }
        }
    }

    /// Answers where the command asks for it: at this device's own reply, for it has no right to say anything elsewhere.
    fn reply(&self, publish: &Publish, client: &AsyncClient, flow: &mut Flow, reply: &Reply) {
        let Some(asked) = &publish.properties else { return };
        let own = self.topic(Leaf::Reply);
        match &asked.response_topic {
            None => {}
            Some(topic) if *topic == own => {
                let beside = PublishProperties {
                    message_expiry_interval: Some(COMMAND_EXPIRY_S),
                    correlation_data: asked.correlation_data.clone(),
                    ..PublishProperties::default()
                };
                if !self.send(client, flow, (own, false), beside, reply) {
                    tracing::debug!(device = %self.device.id, "a reply did not fit; the store asks again");
                }
            }
            Some(topic) => {
                tracing::warn!(device = %self.device.id, topic, "an answer is wanted where this device may not speak");
            }
        }
    }

    /// Says it to the driver, if it listens: a beep that comes late is worth nothing.
    fn tell(&self, told: Told) -> bool {
        let heard = self.ends.told.try_send(told).is_ok();
        if !heard {
            tracing::trace!(device = %self.device.id, "this driver does not listen");
        }
        heard
    }

    /// A print job goes to the journal; `None` = it is not there, and has to come again.
    async fn print(
        &self,
        job: PrintJobId,
        label: Label,
        waited_ms: u64,
        flow: &mut Flow,
    ) -> Option<ReplyOutcome> {
        let (id, now) = (self.device.id.clone(), clock::now());
        // Both clocks measure a time alike, whatever they show.
        let made = now.plus_ms(-i64::try_from(waited_ms).unwrap_or(i64::MAX).min(WAITED_MOST_MS));
        match self.memory.ask(move |journal| journal.accept_job(&id, job, &label, made, now)).await {
            Ok(Admission::New) => {
                self.wake.notify_one();
                Some(ReplyOutcome::Taken)
            }
            Ok(Admission::Pending) => Some(ReplyOutcome::Known),
            Ok(Admission::Repeated(_)) => {
                self.look(flow).await;
                Some(ReplyOutcome::Known)
            }
            Err(error) => {
                tracing::error!(device = %self.device.id, %error, "print job not taken over");
                None
            }
        }
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

/// The id that a command's correlation data is, by our own store.
fn named(publish: &Publish) -> Option<CommandId> {
    let data = publish.properties.as_ref()?.correlation_data.as_ref()?;
    Some(CommandId::from_bytes(data.as_ref().try_into().ok()?))
}

struct AbortOnDrop(JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
