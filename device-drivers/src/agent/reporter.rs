//! What a driver says about its device: events to keep, values of which only the latest counts, and how it is; and what
//! the store tells it. Numbers events and hands them to the link; never speaks MQTT.

use firmware_config::Device;
use model::mqtt::{AckOutcome, CommandBody, DeviceState, Event, EventBody, Health};
use model::{CommandId, Timestamp};
use rand::Rng;
use rand::rngs::SmallRng;
use tokio::sync::{mpsc, watch};

use crate::agent::clock::{self, Uptime};
use crate::agent::memory::Memory;
use crate::db::JournalError;

/// Events on their way to the link. When it is full they stay in the journal, where the link finds them.
const EVENTS_MAX: usize = 64;
/// What the store told and the driver has not taken yet; more is dropped, for a late beep is worth nothing.
const TOLD_MAX: usize = 16;

/// What the store tells a driver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Told {
    /// Do this; never a print job, those stand in the journal.
    Command(CommandBody),
    /// What came of an event.
    Answer {
        /// The event's id.
        id: CommandId,
        /// What came of it.
        outcome: AckOutcome,
    },
}

/// The link's ends of the reporter's queues.
pub(crate) struct ReporterEnds {
    /// Events that stand in the journal too.
    pub kept: mpsc::Receiver<Event>,
    /// The latest reading or weight.
    pub latest: watch::Receiver<Option<Event>>,
    /// How the device is.
    pub state: watch::Receiver<DeviceState>,
    /// What the store tells the driver.
    pub told: mpsc::Sender<Told>,
}

/// A device's voice.
pub(crate) struct Reporter {
    device: Device,
    session: u64,
    uptime: Uptime,
    seq: u64,
    memory: Memory,
    random: SmallRng,
    kept: mpsc::Sender<Event>,
    latest: watch::Sender<Option<Event>>,
    state: watch::Sender<DeviceState>,
    told: mpsc::Receiver<Told>,
}

impl Reporter {
    /// A voice for one session, and the ends its link listens at.
    pub(crate) fn new(device: Device, session: u64, now: Timestamp, memory: Memory) -> (Self, ReporterEnds) {
        let first = DeviceState {
            session,
            at: now,
            health: Health::Down,
            detail: "starting".into(),
            hint: String::new(),
            battery_pct: None,
            queued: 0,
        };
        let (kept, kept_end) = mpsc::channel(EVENTS_MAX);
        let (latest, latest_end) = watch::channel(None);
        let (state, state_end) = watch::channel(first);
        let (told_end, told) = mpsc::channel(TOLD_MAX);
        let random = clock::random();
        let reporter = Self {
            device,
            session,
            uptime: Uptime::start(),
            seq: 0,
            memory,
            random,
            kept,
            latest,
            state,
            told,
        };
        (reporter, ReporterEnds { kept: kept_end, latest: latest_end, state: state_end, told: told_end })
    }

    /// Milliseconds since this session began.
    pub(crate) fn up_ms(&self) -> u64 {
        self.uptime.ms()
    }

    /// Random numbers of this device.
    pub(crate) fn random(&mut self) -> &mut SmallRng {
        &mut self.random
    }

    /// An event with a new id and the next number, not yet sent.
    pub(crate) fn event(&mut self, body: EventBody) -> Event {
        let at = clock::now();
        self.seq += 1;
        Event { id: CommandId::new(at, self.random.random()), at, session: self.session, seq: self.seq, body }
    }

    /// Sends an event that must arrive: it goes to the journal and the broker side by side, so that the disk adds
    /// nothing to the way of a scan, and it is repeated until the store confirms it.
    ///
    /// # Errors
    /// When the journal cannot keep it; it was sent once all the same.
    pub(crate) async fn keep(&mut self, event: Event) -> Result<(), JournalError> {
        let (device, copy) = (self.device.id.clone(), event.clone());
        let saving = self.memory.put(move |journal| journal.add_event(&device, &copy)).await;
        self.send_kept(event);
        saving.get().await
    }

    /// The same for a code that its scanner repeats until [`Self::acknowledged`]; the next agent finds it beside the event.
    ///
    /// # Errors
    /// When the journal cannot keep it; it was sent once all the same.
    pub(crate) async fn keep_code(&mut self, event: Event, code: &[u8]) -> Result<(), JournalError> {
        let (device, copy, code) = (self.device.id.clone(), event.clone(), code.to_vec());
        let saving = self.memory.put(move |journal| journal.add_code(&device, &copy, &code)).await;
        self.send_kept(event);
        saving.get().await
    }

    /// The scanner was told that its last code is kept. Nobody waits for the disk here.
    pub(crate) async fn acknowledged(&self) {
        let device = self.device.id.clone();
        drop(self.memory.put(move |journal| journal.code_acknowledged(&device)).await);
    }

    /// The code that a former agent kept and perhaps did not acknowledge, and when it came.
    pub(crate) async fn unacknowledged(&self) -> Result<Option<(Vec<u8>, Timestamp)>, JournalError> {
        let device = self.device.id.clone();
        self.memory.ask(move |journal| journal.unacknowledged_code(&device)).await
    }

    /// The same, for what happened at `at`.
    ///
    /// # Errors
    /// When the journal cannot keep it; it was sent once all the same.
    pub(crate) async fn keep_at(&mut self, at: Timestamp, body: EventBody) -> Result<(), JournalError> {
        let event = Event { at, ..self.event(body) };
        self.keep(event).await
    }

    /// Sends an event that already stands in the journal.
    pub(crate) fn send_kept(&self, event: Event) {
        if self.kept.try_send(event).is_err() {
            tracing::debug!(device = %self.device.id, "the link is busy; it finds the event in the journal");
        }
    }

    /// Keeps a reading until the store confirms it; the link finds it in the journal, in its turn.
    ///
    /// # Errors
    /// When the journal cannot keep it.
    pub(crate) async fn keep_reading(&self, event: Event) -> Result<(), JournalError> {
        let device = self.device.id.clone();
        self.memory.ask(move |journal| journal.add_reading(&device, &event)).await
    }

    /// Sends a value; a newer one replaces it while the broker is away.
    pub(crate) fn latest(&mut self, body: EventBody) {
        let event = self.event(body);
        self.latest_event(event);
    }

    /// The same, for an event that has its number.
    pub(crate) fn latest_event(&self, event: Event) {
        self.latest.send_replace(Some(event));
    }

    /// What the store says next; waits for ever where it says nothing.
    pub(crate) async fn told(&mut self) -> Told {
        match self.told.recv().await {
            Some(told) => told,
            // The link has ended, and with it soon this task.
            None => std::future::pending().await,
        }
    }

    /// Says what is left in the device's battery, percent.
    pub(crate) fn battery(&self, percent: u8) {
        self.state.send_if_modified(|state| {
            let changed = state.battery_pct != Some(percent);
            state.battery_pct = Some(percent);
            changed
        });
    }

    /// Says how the device is, if that has changed.
    pub(crate) fn state(&self, health: Health, detail: &str, hint: &str, queued: u32) {
        self.state.send_if_modified(|state| {
            let same = (state.health, state.queued) == (health, queued)
                && state.detail == detail
                && state.hint == hint;
            if !same {
                if state.health != health {
                    tracing::info!(device = %self.device.id, ?health, detail, "device");
                }
                state.at = clock::now();
                state.health = health;
                detail.clone_into(&mut state.detail);
                hint.clone_into(&mut state.hint);
                state.queued = queued;
            }
            !same
        });
    }
}
