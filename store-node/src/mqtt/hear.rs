//! What devices say, turned into commands: topic and payload in, envelope out; the answer goes back as an ack after the
//! commit: to the device, with the correlation data of what it answers, and for a fixed scanner, which has no screen, also
//! to its person's handheld. A payload that cannot be read changes nothing; its sender, who repeats an event until it is
//! answered, is told so where it names an id, and a person where it does not.

use super::Replied;
use crate::clock;
use crate::command::{Command, Envelope, Login, ReadingIn, ReadingMore};
use crate::engine::Refused;
use crate::pins::Pins;
use crate::reads::Reads;
use crate::refusal::Refusal;
use crate::writer::Writer;
use device_drivers::scanner::Code;
use futures_util::StreamExt;
use futures_util::stream::FuturesOrdered;
use model::mqtt::{
    Ack, AckOutcome, Action, Birth, DeviceClass, DeviceState, Event, EventBody, HandheldEvent, Leaf,
    PAYLOAD_BYTES_MAX, Reply, Topic,
};
use model::{Actor, CommandId, DeviceId, PersonId, Role, StoreId};
use rumqttc::v5::AsyncClient;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Publish, PublishProperties};
use std::future::Future;
use std::pin::Pin;
use tokio::sync::mpsc;

/// Commands that wait for their commit at a time; more wait in the inbox, unacknowledged.
const IN_FLIGHT_MAX: usize = 128;
/// Of a message that names no id so many bytes are set aside.
const ASIDE_BYTES_MAX: usize = 1_024;
/// Longest correlation data that is given back, bytes; our own is an id's sixteen.
const CORRELATION_BYTES_MAX: usize = 64;

/// The hearing side.
pub struct Hear {
    pub(super) store: StoreId,
    pub(super) client: AsyncClient,
    pub(super) writer: Writer,
    pub(super) pins: Pins,
    pub(super) reads: Reads,
    pub(super) replied: mpsc::Sender<Replied>,
}

/// Why a message is dropped. It is acknowledged to the broker, because a repeat would be the same.
#[derive(Debug, thiserror::Error)]
enum Unheard {
    #[error("the topic is not ours: {0}")]
    Topic(#[from] model::mqtt::TopicError),
    #[error("the payload is not what this topic carries: {0}")]
    Payload(#[from] serde_json::Error),
    #[error("a payload of {0} bytes is over the limit of {PAYLOAD_BYTES_MAX}")]
    TooLong(usize),
    #[error("a name is no code: {0}")]
    Name(#[from] model::id::IdError),
    #[error("{0} does not write {1}")]
    NotTheirs(&'static str, &'static str),
}

/// What every event has, also one that is otherwise not understood.
#[derive(serde::Deserialize)]
struct Named {
    id: CommandId,
}

/// A message as commands: at most two (a login that was checked, or one event).
struct Heard {
    envelope: Envelope,
    ack_to: Option<(DeviceClass, DeviceId, CommandId)>,
}

type Waiting = Pin<Box<dyn Future<Output = (Publish, Option<Outcome>)> + Send>>;

struct Outcome {
    to: (DeviceClass, DeviceId),
    ack: Ack,
}

impl Hear {
    /// Submits in the order heard, answers in the order committed.
    pub(super) async fn run(self, mut inbox: mpsc::Receiver<Publish>) {
        let mut waiting: FuturesOrdered<Waiting> = FuturesOrdered::new();
        loop {
            tokio::select! {
                Some((publish, outcome)) = waiting.next(), if !waiting.is_empty() => {
                    self.answer(publish, outcome).await;
                }
                heard = inbox.recv(), if waiting.len() < IN_FLIGHT_MAX => match heard {
                    Some(publish) => self.take(publish, &mut waiting).await,
                    None => return,
                },
            }
        }
    }

    async fn take(&self, publish: Publish, waiting: &mut FuturesOrdered<Waiting>) {
        match self.read(&publish).await {
            Ok(Some(heard)) => match self.writer.submit(heard.envelope).await {
                Ok(answer) => waiting.push_back(Box::pin(async move {
                    let outcome = match (answer.await, heard.ack_to) {
                        (Ok(Ok(reply)), Some((class, device, id))) => {
                            let outcome = match reply {
                                Ok(_) => AckOutcome::Applied,
                                // Not committed: no ack, so that whoever keeps it sends it again.
                                Err(Refusal::Unavailable { .. }) => return (publish, None),
                                Err(refusal) => AckOutcome::Refused { problem: refusal.problem() },
                            };
                            Some(Outcome { to: (class, device), ack: Ack { id, outcome, scanner: None } })
                        }
                        // What has no ack of its own is the broker's to keep.
                        (Ok(Ok(Err(Refusal::Unavailable { .. }))), None) => {
                            return (unacknowledged(publish), None);
                        }
                        (Ok(Ok(_)), None) => None,
                        // Likewise. The broker is told that it came all the same: it would say no more to this node once
                        // enough of these repeats had piled up.
                        (Ok(Err(_)) | Err(_), Some(_)) => None,
                        (Ok(Err(_)) | Err(_), None) => return (unacknowledged(publish), None),
                    };
                    (publish, outcome)
                })),
                Err(error) => tracing::warn!(%error, "an event waits at the broker"),
            },
            Ok(None) => self.done(&publish).await,
            Err(error) => {
                let topic: String = String::from_utf8_lossy(&publish.topic).chars().take(200).collect();
                tracing::warn!(%error, topic, "message dropped; nothing was changed");
                let outcome = self.unreadable(&publish, &error).await;
                self.answer(publish, outcome).await;
            }
        }
    }

    /// The answer to an event that cannot be read: without one, its sender would repeat it for ever and everything behind
    /// it would wait. What names no id cannot be answered; it is set aside for a person.
    async fn unreadable(&self, publish: &Publish, error: &Unheard) -> Option<Outcome> {
        let topic: Topic = String::from_utf8_lossy(&publish.topic).parse().ok()?;
        let (Leaf::Event, Unheard::Payload(_) | Unheard::TooLong(_) | Unheard::Name(_)) = (topic.leaf, error)
        else {
            return None;
        };
        let why = error.to_string();
        let Ok(Named { id }) = serde_json::from_slice(&publish.payload) else {
            let bytes = publish.payload.iter().copied().take(ASIDE_BYTES_MAX).collect();
            let refused = Refused { origin: format!("device {}", topic.device), bytes, why };
            if let Err(error) = self.writer.refused(refused).await {
                tracing::warn!(%error, "not set aside");
            }
            return None;
        };
        let outcome = AckOutcome::Refused { problem: Refusal::Unreadable { detail: why }.problem() };
        Some(Outcome { to: (topic.class, topic.device), ack: Ack { id, outcome, scanner: None } })
    }

    async fn answer(&self, publish: Publish, outcome: Option<Outcome>) {
        if let Some(Outcome { to: (class, device), ack }) = outcome {
            let asked = publish.properties.as_ref();
            let own = Topic::new(&self.store, class, &device, Leaf::Ack).to_string();
            if asked.and_then(|asked| asked.response_topic.as_ref()).is_some_and(|topic| *topic != own) {
                // It may hear nothing else, and the node may say anything: it speaks for nobody.
                tracing::warn!(%device, "wants its answer on a topic that it may not hear; it goes to its own ack");
            }
            let correlation = asked.and_then(|asked| asked.correlation_data.clone());
            let correlation = correlation.filter(|data| data.len() <= CORRELATION_BYTES_MAX);
            let beside = PublishProperties { correlation_data: correlation, ..PublishProperties::default() };
            self.say(own, beside, &ack).await;
            if class == DeviceClass::Scanner {
                self.tell_person(device, ack).await;
            }
        }
        self.done(&publish).await;
    }

    /// Who scanned at a fixed scanner hears the answer at the handheld: beep, colour and words. A handheld that is away
    /// misses it, as its person has missed the beep.
    async fn tell_person(&self, scanner: DeviceId, ack: Ack) {
        let at = scanner.clone();
        match self.reads.ask(move |reader| reader.handheld_behind(&at, clock::now())).await {
            Ok(Some(handheld)) => {
                let topic = Topic::new(&self.store, DeviceClass::Handheld, &handheld, Leaf::Ack).to_string();
                let ack = Ack { scanner: Some(scanner), ..ack };
                self.say(topic, PublishProperties::default(), &ack).await;
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "nobody's handheld heard of the scan"),
        }
    }

    async fn say(&self, topic: String, beside: PublishProperties, ack: &Ack) {
        match serde_json::to_vec(ack) {
            Ok(payload) => {
                let qos = QoS::AtLeastOnce;
                let _ = self.client.publish_with_properties(topic, qos, false, payload, beside).await;
            }
            Err(error) => tracing::error!(%error, "ack not written"),
        }
    }

    /// Tells the broker that this message needs no repeat.
    async fn done(&self, publish: &Publish) {
        if publish.qos != QoS::AtMostOnce && publish.pkid != 0 {
            let _ = self.client.ack(publish).await;
        }
    }

    async fn read(&self, publish: &Publish) -> Result<Option<Heard>, Unheard> {
        let topic: Topic = String::from_utf8_lossy(&publish.topic).parse()?;
        if publish.payload.len() > PAYLOAD_BYTES_MAX {
            return Err(Unheard::TooLong(publish.payload.len()));
        }
        if publish.payload.is_empty() {
            return Ok(None); // a retained message was cleared
        }
        match (topic.leaf, topic.class) {
            (Leaf::Birth, class) => {
                let birth: Birth = serde_json::from_slice(&publish.payload)?;
                let key = once(&publish.payload, &topic);
                Ok(Some(self.plain(
                    key,
                    &topic,
                    Command::DeviceBorn { device: topic.device.clone(), class, birth },
                )?))
            }
            (Leaf::State, class) => {
                let state: DeviceState = serde_json::from_slice(&publish.payload)?;
                let key = once(&publish.payload, &topic);
                Ok(Some(self.plain(
                    key,
                    &topic,
                    Command::DeviceIs { device: topic.device.clone(), class, state },
                )?))
            }
            (Leaf::Event, DeviceClass::Handheld) => {
                let event: HandheldEvent = serde_json::from_slice(&publish.payload)?;
                self.handheld(&topic, event).await.map(Some)
            }
            (Leaf::Event, _) => {
                let event: Event = serde_json::from_slice(&publish.payload)?;
                self.device(&topic, event, asks(publish))
            }
            (Leaf::Reply, _) => {
                let reply: Reply = serde_json::from_slice(&publish.payload)?;
                self.replied(topic.device, reply);
                Ok(None)
            }
            (Leaf::Capability, _) => Ok(None),
            (Leaf::Cmd, _) => Err(Unheard::NotTheirs("a device", "cmd")),
            (Leaf::Ack, _) => Err(Unheard::NotTheirs("a device", "ack")),
        }
    }

    /// What became of a command, for who has said it.
    fn replied(&self, device: DeviceId, reply: Reply) {
        if self.replied.try_send(Replied { device, reply }).is_err() {
            tracing::debug!("a reply is not noted; its command is said again");
        }
    }

    fn plain(&self, id: CommandId, topic: &Topic, command: Command) -> Result<Heard, Unheard> {
        let actor = crate::command::system(topic.device.as_str())?;
        Ok(Heard { envelope: Envelope { id, actor, command }, ack_to: None })
    }

    fn device(&self, topic: &Topic, event: Event, asks: Asks) -> Result<Option<Heard>, Unheard> {
        let device = topic.device.clone();
        let kept =
            matches!(event.body, EventBody::Scan { .. } | EventBody::Print { .. } | EventBody::Door { .. });
        let reading = matches!(event.body, EventBody::Reading { .. });
        let command = match event.body {
            EventBody::Reading { milli_c, quality, raw_milli_c, humidity_milli_pct, pressure_pa, up_ms } => {
                let (session, seq) = (event.session, event.seq);
                let more = ReadingMore { raw_milli_c, humidity_milli_pct, pressure_pa, session, seq, up_ms };
                Command::Reading(ReadingIn { sensor: device, at: event.at, milli_c, quality, more })
            }
            EventBody::Weight { grams } => Command::Weight { scale: device, at: event.at, grams },
            EventBody::Door { open } => Command::Door { door: device, at: event.at, open },
            EventBody::Print { job, outcome } => Command::PrintResult { job, outcome },
            EventBody::Scan { text, aim, separators } => {
                Command::FixedScan { scanner: device, code: Code { text, aim, separators } }
            }
        };
        let mut heard = self.plain(event.id, topic, command)?;
        // The agent keeps scans, doors, print results and some readings until this ack; of other values only the latest counts.
        let answered = kept || (reading && asks == Asks::Answer);
        heard.ack_to = answered.then(|| (topic.class, topic.device.clone(), event.id));
        Ok(Some(heard))
    }

    async fn handheld(&self, topic: &Topic, event: HandheldEvent) -> Result<Heard, Unheard> {
        let device = topic.device.clone();
        let person = match (&event.action, event.person) {
            (Action::Login { person, .. }, _) => person.clone(),
            (_, Some(person)) => person,
            (_, None) => PersonId::new("nobody")?,
        };
        let role = self.pins.known(&person).map_or(Role::Picker, |known| known.role);
        let command = match event.action {
            Action::Login { person, pin } => {
                let pin_right = self.pins.right(&person, &pin).await;
                Command::Login(Login { device: device.clone(), person, pin_right, token_sha: None })
            }
            Action::Logout => Command::Logout { device: device.clone() },
            Action::Ready => Command::Ready,
            Action::Scan { order, text, line } => Command::Scan { order, text, line },
            Action::NotFound { order, line } => Command::NotFound { order, line },
            Action::Undo { order } => Command::Undo { order },
            Action::Pack { order } => Command::Pack { order },
        };
        let actor = Actor { person, device: device.clone(), role };
        let ack_to = Some((DeviceClass::Handheld, device, event.id));
        Ok(Heard { envelope: Envelope { id: event.id, actor, command }, ack_to })
    }
}

/// Whether the device wants to hear what became of its event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asks {
    Answer,
    Nothing,
}

fn asks(publish: &Publish) -> Asks {
    let topic = publish.properties.as_ref().and_then(|beside| beside.response_topic.as_ref());
    if topic.is_some() { Asks::Answer } else { Asks::Nothing }
}

/// Births and states carry no id: the same words from the same device are the same command.
fn once(payload: &[u8], topic: &Topic) -> CommandId {
    crate::derive::command(payload, &topic.to_string())
}

/// The same message without its broker id, so that it is not acknowledged.
fn unacknowledged(mut publish: Publish) -> Publish {
    publish.pkid = 0;
    publish
}
