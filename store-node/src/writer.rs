//! The one writing thread: takes what waits on its bounded queue, lets the engine run it as one group commit, and only
//! then answers everybody. Never decides, never translates.

use crate::command::Envelope;
use crate::effects::Effects;
use crate::engine::{Engine, Fault, InboundRecord};
use crate::refusal::Refusal;
use crate::{answer::Answer, clock};
use std::thread::JoinHandle;
use tokio::sync::{broadcast, mpsc, oneshot};

/// Commands that may wait. HTTP answers 503 when it is full; scans and the uplink wait for a place.
pub const QUEUE_MAX: usize = 1024;
/// Commands in one commit: bounds the time until the first of them is answered.
const GROUP_MAX: usize = 256;

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
    Apply { envelope: Box<Envelope>, reply: oneshot::Sender<Reply> },
    Inbound { records: Vec<InboundRecord>, reply: oneshot::Sender<Result<(), WriteError>> },
    OutAcked { upto: u64 },
    Stop,
}

/// A handle to the writing thread; clones share its queue.
#[derive(Debug, Clone)]
pub struct Writer {
    queue: mpsc::Sender<Job>,
    effects: broadcast::Sender<Effects>,
}

impl Writer {
    /// Starts the thread. It ends at [`Writer::stop`], after the last waiting command, with a WAL checkpoint.
    pub fn start(engine: Engine) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (queue, jobs) = mpsc::channel(QUEUE_MAX);
        let (effects, _) = broadcast::channel(1024);
        let publish = effects.clone();
        let thread =
            std::thread::Builder::new().name("writer".into()).spawn(move || run(engine, jobs, &publish))?;
        Ok((Self { queue, effects }, thread))
    }

    /// What changed, after each commit. A listener that lags is told so and must look at everything anew.
    pub fn effects(&self) -> broadcast::Receiver<Effects> {
        self.effects.subscribe()
    }

    /// Runs a command or says [`WriteError::Busy`] at once; for callers that can tell somebody to come back.
    pub async fn try_apply(&self, envelope: Envelope) -> Reply {
        let (reply, answer) = oneshot::channel();
        let job = Job::Apply { envelope: Box::new(envelope), reply };
        self.queue.try_send(job).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => WriteError::Busy,
            mpsc::error::TrySendError::Closed(_) => WriteError::Stopping,
        })?;
        answer.await.map_err(|_| WriteError::Stopping)?
    }

    /// Waits for a place in the queue; the answer comes by the returned channel. For scans, in their order.
    pub async fn submit(&self, envelope: Envelope) -> Result<oneshot::Receiver<Reply>, WriteError> {
        let (reply, answer) = oneshot::channel();
        let job = Job::Apply { envelope: Box::new(envelope), reply };
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

fn run(mut engine: Engine, mut jobs: mpsc::Receiver<Job>, publish: &broadcast::Sender<Effects>) {
    // Facts of the last run may wait in the outbox.
    let mut owed = true;
    loop {
        // While facts wait, nobody is waited for: they are carried batch by batch between groups, and all when it is quiet.
        let first = if owed { jobs.try_recv().ok() } else { jobs.blocking_recv() };
        let stop = match first {
            Some(first) => {
                let (effects, stop) = run_group(&mut engine, &mut jobs, first);
                owed |= effects.outbox_grew;
                let _ = publish.send(Effects { outbox_grew: false, ..effects });
                stop
            }
            None if owed && !jobs.is_closed() => false,
            None => true,
        };
        if owed {
            owed = carry(&mut engine, publish);
        }
        if stop {
            break;
        }
    }
    if let Err(error) = engine.close() {
        tracing::error!(%error, "database not closed cleanly; the next start recovers it");
    }
}

fn run_group(engine: &mut Engine, jobs: &mut mpsc::Receiver<Job>, first: Job) -> (Effects, bool) {
    let mut group = vec![first];
    while group.len() < GROUP_MAX {
        match jobs.try_recv() {
            Ok(job) => group.push(job),
            Err(_) => break,
        }
    }
    let stop = group.iter().any(|job| matches!(job, Job::Stop));
    (take_group(engine, group), stop)
}

/// Facts become document changes after the answers are out. Says whether more of them wait.
fn carry(engine: &mut Engine, publish: &broadcast::Sender<Effects>) -> bool {
    match engine.carry_batch(clock::now()) {
        Ok(carried) => {
            if carried.last.is_some() {
                let _ = publish.send(Effects { outbox_grew: true, link: true, ..Effects::default() });
            }
            carried.more
        }
        Err(error) => {
            tracing::error!(%error, "facts stay in the outbox; the next commit with a fact carries them");
            false
        }
    }
}

/// Runs a group: neighbouring commands as one commit, everything in the order it came.
fn take_group(engine: &mut Engine, group: Vec<Job>) -> Effects {
    let mut effects = Effects::default();
    let mut waiting: Vec<(Envelope, oneshot::Sender<Reply>)> = Vec::new();
    for job in group {
        match job {
            Job::Apply { envelope, reply } => waiting.push((*envelope, reply)),
            Job::Inbound { records, reply } => {
                effects.merge(apply_waiting(engine, std::mem::take(&mut waiting)));
                let done = engine.inbound(clock::now(), records);
                let done = done.map(|applied| effects.merge(applied.effects));
                let _ = reply.send(done.map_err(|error| fault(&error)));
            }
            Job::OutAcked { upto } => {
                if let Err(error) = engine.out_acked(upto) {
                    tracing::error!(%error, "acknowledgement not kept; the hub repeats it");
                }
                effects.link = true;
            }
            Job::Stop => {}
        }
    }
    effects.merge(apply_waiting(engine, waiting));
    effects
}

fn apply_waiting(engine: &mut Engine, waiting: Vec<(Envelope, oneshot::Sender<Reply>)>) -> Effects {
    if waiting.is_empty() {
        return Effects::default();
    }
    let (envelopes, replies): (Vec<_>, Vec<_>) = waiting.into_iter().unzip();
    match engine.apply(clock::now(), envelopes) {
        Ok(applied) => {
            for (reply, answer) in replies.into_iter().zip(applied.replies) {
                let _ = reply.send(Ok(answer));
            }
            applied.effects
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

fn fault(error: &Fault) -> WriteError {
    tracing::error!(%error, "commit failed");
    WriteError::Fault(error.to_string())
}
