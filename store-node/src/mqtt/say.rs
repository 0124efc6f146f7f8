//! What the node tells devices: each handheld's view (retained), each print job (until the agent has it). Looks up what
//! to say after a commit said where something changed, and notes what devices reply. Never decides what is true.

use super::Replied;
use super::lamps::Lamps;
use crate::clock;
use crate::command::{Command as StoreCommand, Envelope};
use crate::db::prints::{PrintJob, PrintState};
use crate::effects::Effects;
use crate::reads::Reads;
use crate::writer::Writer;
use model::mqtt::{
    Command, CommandBody, DeviceClass, Drive, HandheldView, Leaf, PrintOutcome, ReplyOutcome, Topic,
};
use model::time::MINUTE_MS;
use model::{CommandId, DeviceId, PrintJobId, StoreId, Timestamp};
use rumqttc::v5::AsyncClient;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::PublishProperties;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::sync::{broadcast, mpsc};

/// A print job that no agent has taken over is said again after this; the agent prints a job id once.
const PRINT_AGAIN: Duration = Duration::from_secs(5);
/// One that an agent has taken over is said again after this, milliseconds: an agent's disk may be replaced.
const TAKEN_AGAIN_MS: i64 = MINUTE_MS;

/// A little longer than until the next word, so that the buzzer does not stop between two.
const BUZZ: Drive = Drive::Blink { on_ms: 500, off_ms: 500, times: Some(6) };

/// The saying side.
pub struct Say {
    store: StoreId,
    client: AsyncClient,
    reads: Reads,
    effects: broadcast::Receiver<Effects>,
    writer: Writer,
    /// Buzzers that were told to sound.
    loud: BTreeSet<DeviceId>,
    /// Lamps at bins, and those that were told to shine.
    lamps: Lamps,
    /// Print commands that were said and are not ended, by their command's id.
    asked: BTreeMap<CommandId, Asked>,
}

/// A print command that was said.
struct Asked {
    job: PrintJobId,
    printer: DeviceId,
    /// When the agent said that it has it.
    taken: Option<Timestamp>,
}

impl Say {
    /// Speaks over one connection.
    pub(super) fn new(
        store: StoreId,
        client: AsyncClient,
        reads: Reads,
        writer: Writer,
        lamps: Lamps,
    ) -> Self {
        let effects = writer.effects();
        Self { store, client, reads, effects, writer, loud: BTreeSet::new(), lamps, asked: BTreeMap::new() }
    }

    /// Follows the commits for ever.
    pub(super) async fn run(mut self, mut replies: mpsc::Receiver<Replied>) {
        self.everything().await;
        let mut again = tokio::time::interval(PRINT_AGAIN);
        loop {
            tokio::select! {
                change = self.effects.recv() => match change {
                    Ok(effects) => self.changed(effects).await,
                    Err(broadcast::error::RecvError::Lagged(_)) => self.everything().await,
                    Err(broadcast::error::RecvError::Closed) => return,
                },
                Some(replied) = replies.recv() => self.replied(replied).await,
                _ = again.tick() => {
                    self.prints().await;
                    self.buzzers().await;
                    self.lamps().await;
                }
            }
        }
    }

    /// A device has answered a command. What it cannot do is told to a person by the job's own state.
    async fn replied(&mut self, replied: Replied) {
        let Replied { device, reply } = replied;
        let asked = self.asked.get_mut(&reply.id).filter(|asked| asked.printer == device);
        match (reply.outcome, asked) {
            (ReplyOutcome::Taken | ReplyOutcome::Known, Some(asked)) => asked.taken = Some(clock::now()),
            (ReplyOutcome::Taken | ReplyOutcome::Known, None) => {}
            (ReplyOutcome::Refused { detail }, Some(asked)) => {
                tracing::warn!(%device, job = %asked.job, detail, "the device refuses a print job");
                let job = asked.job;
                self.refused(job, &device).await;
            }
            (ReplyOutcome::Refused { detail }, None) => {
                tracing::warn!(%device, detail, "the device refuses a command");
            }
        }
    }

    async fn refused(&self, job: PrintJobId, printer: &DeviceId) {
        let Ok(actor) = crate::command::system(printer.as_str()) else { return };
        let command = StoreCommand::PrintResult { job, outcome: PrintOutcome::Rejected };
        let id = crate::derive::command(job.as_bytes(), "refused");
        if let Err(error) = self.writer.apply(Envelope { id, actor, command }).await {
            tracing::error!(%error, "a refused print job stays open; it is said again");
        }
    }

    async fn changed(&mut self, mut effects: Effects) {
        // Commits that came meanwhile are said together: a view is whole, so the newest is enough.
        while let Ok(more) = self.effects.try_recv() {
            effects.merge(more);
        }
        let moved = effects.all_handhelds || !effects.handhelds.is_empty();
        if effects.all_handhelds {
            self.views(None).await;
        } else if !effects.handhelds.is_empty() {
            self.views(Some(effects.handhelds)).await;
        }
        if moved {
            self.lamps().await;
        }
        if effects.prints {
            self.prints().await;
        }
        // An alarm shows on the board: a commit without one has moved no buzzer.
        if effects.cold && effects.board {
            self.buzzers().await;
        }
    }

    async fn everything(&mut self) {
        self.views(None).await;
        self.prints().await;
    }

    async fn views(&self, of: Option<BTreeSet<DeviceId>>) {
        let views = self.reads.ask(move |reader| reader.handheld_views(of.as_ref(), clock::now())).await;
        match views {
            Ok(views) => {
                for (device, view) in views {
                    self.view(&device, &view).await;
                }
            }
            Err(error) => tracing::error!(%error, "views not said; the next commit says them"),
        }
    }

    async fn view(&self, device: &DeviceId, view: &HandheldView) {
        let topic = Topic::new(&self.store, DeviceClass::Handheld, device, Leaf::Cmd).to_string();
        self.publish(topic, true, PublishProperties::default(), view).await;
    }

    async fn prints(&mut self) {
        let jobs = match self.reads.ask(|reader| reader.prints_to_send()).await {
            Ok(jobs) => jobs,
            Err(error) => return tracing::error!(%error, "print jobs not said; tried again soon"),
        };
        let now = clock::now();
        let mut open = BTreeSet::new();
        for job in jobs {
            let id = crate::derive::command(job.job.as_bytes(), "print");
            open.insert(id);
            let asked = self.asked.get(&id).filter(|asked| asked.printer == job.printer);
            let taken = asked.and_then(|asked| asked.taken);
            if taken.is_some_and(|at| now.since_ms(at) < TAKEN_AGAIN_MS)
                || (job.state == PrintState::Queued && !self.sent(&job).await)
            {
                continue;
            }
            let asked = Asked { job: job.job, printer: job.printer.clone(), taken: None };
            self.asked.insert(id, asked);
            let waited_ms = u64::try_from(now.since_ms(job.created_at)).unwrap_or(0);
            let body = CommandBody::Print { job: job.job, label: Box::new(job.label), waited_ms };
            self.command(DeviceClass::Printer, &job.printer, Command { id, body }).await;
        }
        self.asked.retain(|id, _| open.contains(id));
    }

    /// The buzzer at a door that stands open for too long (REQ-95): told again and again, because each command ends by
    /// itself, and told once to be quiet.
    async fn buzzers(&mut self) {
        let buzzers = match self.reads.ask(|reader| reader.buzzers()).await {
            Ok(buzzers) => buzzers,
            Err(error) => return tracing::error!(%error, "buzzers not told; tried again soon"),
        };
        let now = clock::now().ms();
        for (device, sounds) in buzzers {
            let was_loud = if sounds { !self.loud.insert(device.clone()) } else { self.loud.remove(&device) };
            if !sounds && !was_loud {
                continue;
            }
            let id = crate::derive::command(device.as_str().as_bytes(), &format!("buzzer {now}"));
            let drive = if sounds { BUZZ } else { Drive::Off };
            self.command(DeviceClass::Output, &device, Command { id, body: CommandBody::Output { drive } })
                .await;
        }
    }

    /// The lamp at the bin where each picker goes next.
    async fn lamps(&mut self) {
        if self.lamps.is_empty() {
            return;
        }
        let views = match self.reads.ask(|reader| reader.handheld_views(None, clock::now())).await {
            Ok(views) => views,
            Err(error) => return tracing::error!(%error, "lamps not told; tried again soon"),
        };
        let now = clock::now().ms();
        for (device, drive) in self.lamps.turn(views.iter().map(|(_, view)| view)) {
            let id = crate::derive::command(device.as_str().as_bytes(), &format!("lamp {now}"));
            self.command(DeviceClass::Output, &device, Command { id, body: CommandBody::Output { drive } })
                .await;
        }
    }

    /// Marks a job as sent before its first byte leaves: from then on no other printer may have it (REQ-96). A job that
    /// moved meanwhile is said with the next look.
    async fn sent(&self, job: &PrintJob) -> bool {
        let Ok(actor) = crate::command::system("mqtt") else { return false };
        let command = StoreCommand::PrintSent { job: job.job, printer: job.printer.clone() };
        let id = crate::derive::command(job.job.as_bytes(), "sent");
        matches!(self.writer.apply(Envelope { id, actor, command }).await, Ok(Ok(_)))
    }

    /// Says a command: its answer is wanted on the device's own reply, with the id as correlation data.
    async fn command(&self, class: DeviceClass, device: &DeviceId, command: Command) {
        let topic = |leaf| Topic::new(&self.store, class, device, leaf).to_string();
        let beside = PublishProperties {
            message_expiry_interval: Some(command.body.expiry_s()),
            response_topic: Some(topic(Leaf::Reply)),
            correlation_data: Some(command.id.as_bytes().to_vec().into()),
            ..PublishProperties::default()
        };
        self.publish(topic(Leaf::Cmd), false, beside, &command).await;
    }

    async fn publish(
        &self,
        topic: String,
        retain: bool,
        beside: PublishProperties,
        what: &impl serde::Serialize,
    ) {
        match serde_json::to_vec(what) {
            Ok(payload) => {
                let qos = QoS::AtLeastOnce;
                let _ = self.client.publish_with_properties(topic, qos, retain, payload, beside).await;
            }
            Err(error) => tracing::error!(%error, topic, "not written as JSON"),
        }
    }
}
