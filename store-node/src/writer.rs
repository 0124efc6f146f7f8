//! The one writing thread: takes what waits on its bounded queue, lets the engine run it as one group commit, and only
//! then answers everybody. Beside it the scribe's thread makes document changes of the facts; the next group's commit
//! stores them, and the checkpointer empties the write-ahead log. Never decides, never translates.

mod checkpointer;

use crate::command::{Envelope, Sealed};
use crate::effects::Effects;
use crate::engine::{Applied, Batch, Carried, Engine, Fault, InboundRecord, Scribe};
use crate::refusal::Refusal;
use crate::{answer::Answer, clock};
use checkpointer::Checkpointer;
use figures::Writing;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use tokio::sync::{broadcast, mpsc, oneshot};

/// Commands that may wait. HTTP answers 503 when it is full; scans and the uplink wait for a place.
pub const QUEUE_MAX: usize = 1024;
/// Commands in one commit: bounds the time until the first of them is answered.
const GROUP_MAX: usize = 256;

/// How much the scribe steps back where writer and callers want the processor too: what it makes may be late.
const SCRIBE_NICE: i32 = 5;

/// Why a command has no answer. Nothing of it was kept; the same id may be sent again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// The queue is full.
    #[error("the writer's queue of {QUEUE_MAX} commands is full")]
    Busy,
    /// The node is stopping.
    #[error("the store node is stopping")]
    Stopping,
    /// The database refused; its words.
    #[error("the database could not take it: {0}")]
    Fault(String),
}

type Reply = Result<Result<Answer, Refusal>, WriteError>;

enum Job {
    Apply {
        sealed: Box<Sealed>,
        reply: oneshot::Sender<Reply>,
    },
    Inbound {
        records: Vec<InboundRecord>,
        reply: oneshot::Sender<Result<(), WriteError>>,
    },
    OutAcked {
        upto: u64,
    },
    /// The scribe's answer.
    Composed(Result<Option<Batch>, Fault>),
    Stop,
}

/// A handle to the writing thread; clones share its queue.
#[derive(Debug, Clone)]
pub struct Writer {
    queue: mpsc::Sender<Job>,
    effects: broadcast::Sender<Effects>,
    writing: Writing,
}

impl Writer {
    /// Starts the threads. They end at [`Writer::stop`], after the last waiting command, with a WAL checkpoint.
    ///
    /// # Errors
    /// When the system gives no thread, or no second connection.
    pub fn start(engine: Engine) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (queue, jobs) = mpsc::channel(QUEUE_MAX);
        let (effects, _) = broadcast::channel(1024);
        let scribe = engine.scribe().map_err(std::io::Error::other)?;
        let (ask, asked) = sync_channel(1);
        let answers = queue.downgrade();
        let scribe = std::thread::Builder::new()
            .name("scribe".into())
            .spawn(move || compose(scribe, &asked, &answers))?;
        // Facts of the last run may wait in the outbox.
        let writing = engine.writing().clone();
        let checkpointer = Checkpointer::start(engine.second_connection().map_err(std::io::Error::other)?)?;
        let desk = Desk {
            engine,
            ask,
            asked: false,
            owed: true,
            publish: effects.clone(),
            checkpointer,
            writing: writing.clone(),
        };
        let thread =
            std::thread::Builder::new().name("writer".into()).spawn(move || desk.run(jobs, scribe))?;
        Ok((Self { queue, effects, writing }, thread))
    }

    /// Jobs that wait now.
    pub fn waiting(&self) -> usize {
        QUEUE_MAX - self.queue.capacity()
    }

    /// How large groups are and what their commits cost.
    pub const fn writing(&self) -> &Writing {
        &self.writing
    }

    /// What changed, after each commit. A listener that lags is told so and must look at everything anew.
    pub fn effects(&self) -> broadcast::Receiver<Effects> {
        self.effects.subscribe()
    }

    /// Runs a command or says [`WriteError::Busy`] at once; for callers that can tell somebody to come back.
    pub async fn try_apply(&self, envelope: Envelope) -> Reply {
        let (job, answer) = apply(envelope)?;
        self.queue.try_send(job).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => WriteError::Busy,
            mpsc::error::TrySendError::Closed(_) => WriteError::Stopping,
        })?;
        answer.await.map_err(|_| WriteError::Stopping)?
    }

    /// Waits for a place in the queue; the answer comes by the returned channel. For scans, in their order.
    pub async fn submit(&self, envelope: Envelope) -> Result<oneshot::Receiver<Reply>, WriteError> {
        let (job, answer) = apply(envelope)?;
        self.queue.send(job).await.map_err(|_| WriteError::Stopping)?;
        Ok(answer)
    }

    /// Waits for a place and for the answer.
    pub async fn apply(&self, envelope: Envelope) -> Reply {
        self.submit(envelope).await?.await.map_err(|_| WriteError::Stopping)?
    }

    /// Takes records of the hub's log; durable, with what they caused, when this returns.
    pub async fn inbound(&self, records: Vec<InboundRecord>) -> Result<(), WriteError> {
        let (reply, answer) = oneshot::channel();
        self.queue.send(Job::Inbound { records, reply }).await.map_err(|_| WriteError::Stopping)?;
        answer.await.map_err(|_| WriteError::Stopping)?
    }

    /// The hub has our log up to here.
    pub async fn out_acked(&self, upto: u64) -> Result<(), WriteError> {
        self.queue.send(Job::OutAcked { upto }).await.map_err(|_| WriteError::Stopping)
    }

    /// Asks the thread to finish what waits and end.
    pub async fn stop(&self) {
        let _ = self.queue.send(Job::Stop).await;
    }
}

/// The scribe's thread: one batch for each question, until nobody asks any more. Holds no place in the queue meanwhile,
/// so that a queue that nobody else holds ends.
fn compose(mut scribe: Scribe, asked: &Receiver<()>, answers: &mpsc::WeakSender<Job>) {
    // On Linux this is the thread's own.
    if let Err(error) = rustix::process::nice(SCRIBE_NICE) {
        tracing::debug!(%error, "the scribe runs with the writer's priority");
    }
    while asked.recv().is_ok() {
        let batch = scribe.compose();
        let Some(queue) = answers.upgrade() else { return };
        if queue.blocking_send(Job::Composed(batch)).is_err() {
            return;
        }
    }
}

/// What the writing thread works with.
struct Desk {
    engine: Engine,
    ask: SyncSender<()>,
    /// The scribe was asked and has not answered: there is never a second batch on its way.
    asked: bool,
    /// Facts came in since, or more than fitted in the batch.
    owed: bool,
    publish: broadcast::Sender<Effects>,
    checkpointer: Checkpointer,
    writing: Writing,
}

impl Desk {
    fn run(mut self, mut jobs: mpsc::Receiver<Job>, scribe: JoinHandle<()>) {
        self.ask_the_scribe();
        while let Some(first) = jobs.blocking_recv() {
            let group = group(&mut jobs, first);
            let stop = group.iter().any(|job| matches!(job, Job::Stop));
            self.take_group(group);
            self.ask_the_scribe();
            self.checkpointer.after(self.engine.rows_written());
            if stop {
                break;
            }
        }
        // Jobs that came too late are told so; a batch that is on its way is made anew.
        drop(jobs);
        drop(self.ask);
        self.checkpointer.stop();
        if scribe.join().is_err() {
            tracing::error!("the scribe panicked; its facts stay in the outbox");
        }
        if let Err(error) = self.engine.carry_rest(clock::now()) {
            tracing::error!(%error, "facts stay in the outbox; the next start carries them");
        }
        if let Err(error) = self.engine.close() {
            tracing::error!(%error, "database not closed cleanly; the next start recovers it");
        }
    }

    fn ask_the_scribe(&mut self) {
        if self.owed && !self.asked {
            self.asked = self.ask.try_send(()).is_ok();
            self.owed = !self.asked;
        }
    }

    /// Runs a group: neighbouring commands as one commit, everything in the order it came.
    fn take_group(&mut self, group: Vec<Job>) {
        let mut effects = Effects::default();
        let mut batch = None;
        let mut waiting: Vec<Caller> = Vec::new();
        for job in group {
            match job {
                Job::Apply { sealed, reply } => waiting.push((*sealed, reply)),
                Job::Inbound { records, reply } => {
                    effects.merge(self.apply(&mut waiting, batch.take()));
                    let done = self.engine.inbound(clock::now(), records);
                    let done = done.map(|applied| effects.merge(applied.effects));
                    let _ = reply.send(done.map_err(|error| fault(&error)));
                }
                Job::OutAcked { upto } => {
                    if let Err(error) = self.engine.out_acked(upto) {
                        tracing::error!(%error, "acknowledgement not kept; the hub repeats it");
                    }
                    effects.link = true;
                }
                Job::Composed(answer) => batch = self.composed(answer),
                Job::Stop => {}
            }
        }
        effects.merge(self.apply(&mut waiting, batch));
        self.owed |= effects.outbox_grew;
        let _ = self.publish.send(Effects { outbox_grew: false, ..effects });
    }

    fn composed(&mut self, answer: Result<Option<Batch>, Fault>) -> Option<Batch> {
        self.asked = false;
        answer.unwrap_or_else(|error| {
            tracing::error!(%error, "facts stay in the outbox; the next commit with a fact carries them");
            None
        })
    }

    /// One commit: the commands that wait, and the scribe's batch if there is one.
    fn apply(&mut self, waiting: &mut Vec<Caller>, batch: Option<Batch>) -> Effects {
        let (envelopes, replies): (Vec<_>, Vec<_>) = waiting.drain(..).unzip();
        if !envelopes.is_empty() {
            self.writing.grouped(envelopes.len());
        }
        let now = clock::now();
        let done = match (envelopes.is_empty(), batch) {
            (true, None) => return Effects::default(),
            (true, Some(batch)) => self.engine.keep(now, &batch).map(|carried| (Applied::default(), carried)),
            (false, batch) => self.engine.apply_and_keep(now, &envelopes, batch.as_ref()),
        };
        match done {
            Ok((applied, carried)) => {
                for (reply, answer) in replies.into_iter().zip(applied.replies) {
                    let _ = reply.send(Ok(answer));
                }
                self.published(carried);
                let more = applied.effects.outbox_grew || carried.more;
                Effects { outbox_grew: more, ..applied.effects }
            }
            Err(error) => {
                let error = fault(&error);
                for reply in replies {
                    let _ = reply.send(Err(error.clone()));
                }
                Effects::default()
            }
        }
    }

    /// The own log grew: who sends it is told.
    fn published(&self, carried: Carried) {
        if carried.last.is_some() {
            let _ = self.publish.send(Effects { outbox_grew: true, link: true, ..Effects::default() });
        }
    }
}

type Caller = (Sealed, oneshot::Sender<Reply>);

/// A command on its way to the thread, and where its answer comes out.
fn apply(envelope: Envelope) -> Result<(Job, oneshot::Receiver<Reply>), WriteError> {
    let sealed = envelope.seal().map_err(|error| WriteError::Fault(error.to_string()))?;
    let (reply, answer) = oneshot::channel();
    Ok((Job::Apply { sealed: Box::new(sealed), reply }, answer))
}

fn group(jobs: &mut mpsc::Receiver<Job>, first: Job) -> Vec<Job> {
    let mut group = vec![first];
    while group.len() < GROUP_MAX {
        match jobs.try_recv() {
            Ok(job) => group.push(job),
            Err(_) => break,
        }
    }
    group
}

fn fault(error: &Fault) -> WriteError {
    tracing::error!(%error, "commit failed");
    WriteError::Fault(error.to_string())
}
