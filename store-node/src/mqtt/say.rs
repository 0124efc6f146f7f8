//! What the node tells devices: each handheld's view (retained), each print job (until the agent has it). Looks up what
//! to say after a commit said where something changed. Never decides what is true.

use crate::clock;
use crate::command::{Command as StoreCommand, Envelope};
use crate::db::prints::{PrintJob, PrintState};
use crate::effects::Effects;
use crate::reads::Reads;
use crate::writer::Writer;
use model::mqtt::{Command, CommandBody, DeviceClass, Drive, HandheldView, Leaf, Topic};
use model::{DeviceId, StoreId};
use rumqttc::{AsyncClient, QoS};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::sync::broadcast;

/// A print job that no agent has confirmed is said again after this; the agent prints a job id once.
const PRINT_AGAIN: Duration = Duration::from_secs(5);

/// A little longer than until the next word, so that the buzzer does not stop between two.
const BUZZ: Drive = Drive::Blink { on_ms: 500, off_ms: 500, times: Some(6) };

/// The saying side.
pub struct Say {
    pub(super) store: StoreId,
    pub(super) client: AsyncClient,
    pub(super) reads: Reads,
    pub(super) effects: broadcast::Receiver<Effects>,
    pub(super) writer: Writer,
    /// Buzzers that were told to sound.
    pub(super) loud: BTreeSet<DeviceId>,
}

impl Say {
    /// Follows the commits for ever.
    pub(super) async fn run(mut self) {
        self.everything().await;
        let mut again = tokio::time::interval(PRINT_AGAIN);
        loop {
            tokio::select! {
                change = self.effects.recv() => match change {
                    Ok(effects) => self.changed(effects).await,
                    Err(broadcast::error::RecvError::Lagged(_)) => self.everything().await,
                    Err(broadcast::error::RecvError::Closed) => return,
                },
                _ = again.tick() => {
                    self.prints().await;
                    self.buzzers().await;
                }
            }
        }
    }

    async fn changed(&mut self, mut effects: Effects) {
        // Commits that came meanwhile are said together: a view is whole, so the newest is enough.
        while let Ok(more) = self.effects.try_recv() {
            effects.merge(more);
        }
        if effects.all_handhelds {
            self.views(None).await;
        } else if !effects.handhelds.is_empty() {
            self.views(Some(effects.handhelds)).await;
        }
        if effects.prints {
            self.prints().await;
        }
        // An alarm shows on the board: a commit without one has moved no buzzer.
        if effects.cold && effects.board {
            self.buzzers().await;
        }
    }

    async fn everything(&self) {
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
        self.publish(topic, true, view).await;
    }

    async fn prints(&self) {
        match self.reads.ask(|reader| reader.prints_to_send()).await {
            Ok(jobs) => {
                for job in jobs {
                    if job.state == PrintState::Queued && !self.sent(&job).await {
                        continue;
                    }
                    let topic =
                        Topic::new(&self.store, DeviceClass::Printer, &job.printer, Leaf::Cmd).to_string();
                    let body = CommandBody::Print { job: job.job, label: job.label };
                    let id = crate::derive::command(job.job.as_bytes(), "print");
                    self.publish(topic, false, &Command { id, body }).await;
                }
            }
            Err(error) => tracing::error!(%error, "print jobs not said; tried again soon"),
        }
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
            let topic = Topic::new(&self.store, DeviceClass::Output, &device, Leaf::Cmd).to_string();
            let id = crate::derive::command(device.as_str().as_bytes(), &format!("buzzer {now}"));
            let drive = if sounds { BUZZ } else { Drive::Off };
            self.publish(topic, false, &Command { id, body: CommandBody::Output { drive } }).await;
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

    async fn publish(&self, topic: String, retain: bool, what: &impl serde::Serialize) {
        match serde_json::to_vec(what) {
            Ok(payload) => {
                let _ = self.client.publish(topic, QoS::AtLeastOnce, retain, payload).await;
            }
            Err(error) => tracing::error!(%error, topic, "not written as JSON"),
        }
    }
}
