//! Pickers of the demo: a handheld's MQTT over WebSocket, byte for byte as the web app speaks it. An event is repeated
//! with its id until it is acknowledged, also through a cut and a reconnect.

use super::diary::{Answered, Deed, Diary, Screen};
use super::shelf::Shelf;
use super::{Pace, fresh_id, now};
use crate::people::picker::{self, Habits, Step};
use anyhow::{Context, Result};
use model::mqtt::{
    Ack, AckOutcome, Action, Birth, DeviceClass, DeviceState, HandheldEvent, HandheldView, Health, Leaf,
    Topic,
};
use model::{CommandId, DeviceId, PersonId, StoreId, Timestamp};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use rumqttc::tokio_rustls::rustls::ClientConfig;
use rumqttc::{
    AsyncClient, Event, EventLoop, LastWill, MqttOptions, Packet, QoS, TlsConfiguration, Transport,
};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

/// An unanswered event goes out again after this.
const AGAIN: Duration = Duration::from_secs(2);

/// Charge of a handheld that has hung on its charger over night, percent.
const CHARGED: u8 = 97;

/// One picker with a handheld.
pub struct PickerLife {
    /// The store.
    pub store: StoreId,
    /// The handheld.
    pub device: DeviceId,
    /// Its token.
    pub token: String,
    /// Port of the broker's WebSocket listener.
    pub ws_port: u16,
    /// Whom the handheld trusts, where the broker is encrypted.
    pub trusts: Option<Arc<ClientConfig>>,
    /// Who holds it.
    pub person: PersonId,
    /// Her PIN.
    pub pin: String,
    /// How often she errs.
    pub habits: Habits,
    /// Where a bin holds two lots that only their labels tell apart: how often the hand takes the wrong one, in thousandths.
    pub wrong_lot: u32,
    /// What she sees before her.
    pub shelf: Shelf,
    /// A barcode that belongs to no order.
    pub strange: String,
    /// Shared diary.
    pub diary: Diary,
    /// How fast people live.
    pub pace: Pace,
    /// Her luck.
    pub seed: u64,
}

struct Line {
    client: AsyncClient,
    views: watch::Receiver<Option<HandheldView>>,
    acks: mpsc::Receiver<Ack>,
    topic: String,
}

impl PickerLife {
    /// Picks until `stop`.
    pub async fn live(self, stop: CancellationToken) -> Result<()> {
        let mut rng = SmallRng::seed_from_u64(self.seed);
        self.diary.open().handhelds.insert(self.device.to_string());
        let (mut line, listen) = self.connect()?;
        let listening = tokio::spawn(listen);
        let login = Action::Login { person: self.person.clone(), pin: self.pin.clone() };
        self.send(&mut line, (login, Deed::Other), false, &mut rng, &stop).await?;
        let mut walked = false;
        while !stop.is_cancelled() {
            let view = line.views.borrow_and_update().clone();
            let Some(view) = view.filter(|view| view.person.is_some()) else {
                self.wait_for_news(&mut line, &stop).await;
                continue;
            };
            let mut step = picker::next(&view, self.habits, &self.strange, &mut rng);
            self.may_take_the_wrong_lot(&view, &mut step, &mut rng);
            let Some(action) = step.action else {
                walked = false;
                self.wait_for_news(&mut line, &stop).await;
                continue;
            };
            if !walked {
                self.pace.wait(step.takes_ms, &stop).await;
                walked = true;
                // The answer comes a moment before the new screen: she acts on what it shows when she is there.
                if line.views.has_changed().unwrap_or(false) {
                    continue;
                }
            }
            walked = false;
            let deed = match &action {
                Action::Scan { order, .. } => {
                    Deed::Scan { order: *order, sku: step.takes.as_ref().map(ToString::to_string) }
                }
                Action::Login { .. }
                | Action::Logout
                | Action::Ready
                | Action::NotFound { .. }
                | Action::Undo { .. }
                | Action::Pack { .. } => Deed::Other,
            };
            self.send(&mut line, (action, deed), step.twice, &mut rng, &stop).await?;
        }
        listening.abort();
        Ok(())
    }

    /// Two lots of one product stand in a bin, and she takes a piece of the one that is not to go yet.
    fn may_take_the_wrong_lot(&self, view: &HandheldView, step: &mut Step, rng: &mut SmallRng) {
        let (Some(Action::Scan { text, .. }), Some(sku)) = (&mut step.action, &step.takes) else { return };
        let lines = view.task.iter().flat_map(|task| &task.lines);
        let line = lines.filter(|line| line.lot.scan_label).find(|line| line.sku == *sku);
        let Some(line) = line.filter(|_| rng.random_range(0..1000) < self.wrong_lot) else { return };
        if let Some(other) = self.shelf.another_lot(line) {
            *text = format!("LL:{other}");
        }
    }

    /// What the app says of itself whenever it connects.
    fn birth(&self, session: Timestamp) -> Result<Vec<u8>> {
        let birth = Birth {
            schema: 1,
            session: session.ms().unsigned_abs(),
            at: session,
            driver: "picker-web".to_owned(),
            model: "demo handheld".to_owned(),
            firmware: env!("CARGO_PKG_VERSION").to_owned(),
            calibration: None,
        };
        Ok(serde_json::to_vec(&birth)?)
    }

    fn state(&self, session: Timestamp, health: Health) -> Result<Vec<u8>> {
        let state = DeviceState {
            session: session.ms().unsigned_abs(),
            at: session,
            health,
            detail: String::new(),
            hint: String::new(),
            battery_pct: (health == Health::Ok).then(|| CHARGED - (self.seed % 30) as u8),
            queued: 0,
        };
        Ok(serde_json::to_vec(&state)?)
    }

    fn connect(&self) -> Result<(Line, impl Future<Output = ()> + use<>)> {
        let session = now();
        let topic = |leaf| Topic::new(&self.store, DeviceClass::Handheld, &self.device, leaf).to_string();
        let will =
            LastWill::new(topic(Leaf::State), self.state(session, Health::Lost)?, QoS::AtLeastOnce, true);
        let (kind, transport) = match &self.trusts {
            None => ("ws", Transport::Ws),
            Some(trusts) => ("wss", Transport::wss_with_config(TlsConfiguration::Rustls(Arc::clone(trusts)))),
        };
        let url = format!("{kind}://127.0.0.1:{}/mqtt", self.ws_port);
        let mut options = MqttOptions::new(self.device.as_str(), url, self.ws_port);
        options
            .set_transport(transport)
            .set_credentials(self.device.as_str(), &self.token)
            .set_keep_alive(Duration::from_secs(10))
            .set_max_packet_size(model::mqtt::PAYLOAD_BYTES_MAX * 2, model::mqtt::PAYLOAD_BYTES_MAX * 2)
            .set_last_will(will)
            .set_clean_session(false);
        let (client, events) = AsyncClient::new(options, 64);
        let (view_in, views) = watch::channel(None);
        let (ack_in, acks) = mpsc::channel(256);
        let filters = [topic(Leaf::Cmd), topic(Leaf::Ack)];
        let hello = [
            (topic(Leaf::Birth), self.birth(session)?),
            (topic(Leaf::State), self.state(session, Health::Ok)?),
        ];
        let notes = (self.diary.clone(), self.store.to_string());
        let listen = listen(client.clone(), events, (filters, hello), notes, view_in, ack_in);
        Ok((Line { client, views, acks, topic: topic(Leaf::Event) }, listen))
    }

    async fn wait_for_news(&self, line: &mut Line, stop: &CancellationToken) {
        tokio::select! {
            () = stop.cancelled() => {}
            _ = line.views.changed() => {}
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
        }
    }

    /// Sends an event until its answer is here; writes both into the diary.
    async fn send(
        &self,
        line: &mut Line,
        (action, deed): (Action, Deed),
        twice: bool,
        rng: &mut SmallRng,
        stop: &CancellationToken,
    ) -> Result<()> {
        let id: CommandId = fresh_id(rng);
        let person = (!matches!(action, Action::Login { .. })).then(|| self.person.clone());
        let scan = matches!(action, Action::Scan { .. });
        let payload = serde_json::to_vec(&HandheldEvent { id, at: now(), person, action })?;
        self.diary.open().unanswered.insert(id);
        let begun = Instant::now();
        loop {
            for _ in 0..=u8::from(twice) {
                line.client.publish(&line.topic, QoS::AtLeastOnce, false, payload.clone()).await?;
            }
            let answer = tokio::time::timeout(AGAIN, answer_to(&mut line.acks, id)).await;
            if let Ok(ack) = answer {
                let outcome = ack.context("handheld's line ended")?.outcome;
                let mut diary = self.diary.open();
                if scan {
                    diary.scan_to_ack_ms.push(begun.elapsed().as_secs_f64() * 1000.0);
                }
                let applied = match outcome {
                    AckOutcome::Applied => true,
                    AckOutcome::Refused { problem } if scan => {
                        *diary.refused_scans.entry(problem.code).or_default() += 1;
                        false
                    }
                    AckOutcome::Refused { .. } => false,
                };
                diary.unanswered.remove(&id);
                diary.answered.insert(id, Answered { store: self.store.to_string(), applied, deed });
                return Ok(());
            }
            if stop.is_cancelled() {
                return Ok(());
            }
        }
    }
}

async fn answer_to(acks: &mut mpsc::Receiver<Ack>, id: CommandId) -> Option<Ack> {
    loop {
        let ack = acks.recv().await?;
        if ack.id == id {
            return Some(ack);
        }
    }
}

async fn listen(
    client: AsyncClient,
    mut events: EventLoop,
    (filters, hello): ([String; 2], [(String, Vec<u8>); 2]),
    (diary, store): (Diary, String),
    views: watch::Sender<Option<HandheldView>>,
    acks: mpsc::Sender<Ack>,
) {
    loop {
        match events.poll().await {
            Ok(Event::Incoming(Packet::ConnAck(_))) => {
                for filter in &filters {
                    let _ = client.try_subscribe(filter, QoS::AtLeastOnce);
                }
                for (topic, payload) in &hello {
                    let _ = client.try_publish(topic, QoS::AtLeastOnce, true, payload.clone());
                }
            }
            Ok(Event::Incoming(Packet::Publish(message))) if message.topic.ends_with("/cmd") => {
                if let Ok(view) = serde_json::from_slice::<HandheldView>(&message.payload) {
                    let order = view.task.as_ref().map(|task| task.order);
                    let newest = view.newest_at;
                    let screen = Screen { store: store.clone(), at: now(), order, newest };
                    diary.open().screens.push(screen);
                    views.send_if_modified(|old| {
                        let newer = old.as_ref().is_none_or(|old| view.version >= old.version);
                        if newer {
                            *old = Some(view);
                        }
                        newer
                    });
                }
            }
            Ok(Event::Incoming(Packet::Publish(message))) => {
                if let Ok(ack) = serde_json::from_slice::<Ack>(&message.payload) {
                    let _ = acks.try_send(ack);
                }
            }
            Ok(_) => {}
            Err(_) => tokio::time::sleep(Duration::from_millis(300)).await,
        }
    }
}
