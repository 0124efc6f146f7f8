//! The one writing thread: takes what waits on its bounded queue, lets the engine run it as one commit, and only then answers
//! everybody; then carries facts into documents. Never decides, never blocks the async side.

use crate::clock;
use crate::command::{Answer, Envelope};
use crate::engine::{Fault, HubEngine, Inbound, No, Record};
use ::sync::doc::DocKey;
use model::StoreId;
use std::collections::BTreeMap;
use std::thread::JoinHandle;
use tokio::sync::{mpsc, oneshot, watch};

/// Jobs that may wait; HTTP answers 503 + Retry-After when it is full.
pub const QUEUE_MAX: usize = 1_024;
/// Jobs in one go: bounds the time until the first of them is answered.
const GROUP_MAX: usize = 256;

/// Why there is no answer. Nothing of it was kept; the same id may be sent again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// The queue is full.
    #[error("the writer's queue of {QUEUE_MAX} jobs is full")]
    Busy,
    /// The hub is stopping.
    #[error("the hub is stopping")]
    Stopping,
    /// The database could not take it.
    #[error("the database could not take it: {0}")]
    Fault(String),
}

type Reply<T> = oneshot::Sender<Result<T, WriteError>>;

enum Job {
    Apply(Box<Envelope>, Reply<Result<Answer, No>>),
    Inbound(StoreId, Vec<Record>, Reply<Inbound>),
    Whole(StoreId, DocKey, Option<Vec<u8>>, Reply<Vec<u8>>),
    Acked(StoreId, u64),
    Heard(StoreId, bool),
    Stop,
}

/// What has changed since the hub started; a watcher that sees another number looks anew.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changed {
    /// Grows with every commit that may have changed something.
    pub commits: u64,
    /// The last record of each store's log.
    pub logs: BTreeMap<StoreId, u64>,
}

/// A handle to the writing thread; clones share its queue.
#[derive(Debug, Clone)]
pub struct Writer {
    queue: mpsc::Sender<Job>,
    changed: watch::Receiver<Changed>,
}

impl Writer {
    /// Starts the thread. It ends at [`Writer::stop`], after everything that waits, with a checkpoint.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(engine: HubEngine) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (queue, jobs) = mpsc::channel(QUEUE_MAX);
        let (publish, changed) = watch::channel(Changed::default());
        let thread = std::thread::Builder::new()
            .name("hub-writer".into())
            .spawn(move || run(engine, jobs, &publish))?;
        Ok((Self { queue, changed }, thread))
    }

    /// Tells of every commit.
    pub fn changed(&self) -> watch::Receiver<Changed> {
        self.changed.clone()
    }

    /// Jobs that wait now.
    pub fn waiting(&self) -> usize {
        QUEUE_MAX - self.queue.capacity()
    }

    /// Runs a command, or says [`WriteError::Busy`] at once: for callers who can tell somebody to come back.
    ///
    /// # Errors
    /// [`WriteError`].
    pub async fn try_apply(&self, envelope: Envelope) -> Result<Result<Answer, No>, WriteError> {
        let (reply, answer) = oneshot::channel();
        self.queue.try_send(Job::Apply(Box::new(envelope), reply)).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => WriteError::Busy,
            mpsc::error::TrySendError::Closed(_) => WriteError::Stopping,
        })?;
        answer.await.map_err(|_| WriteError::Stopping)?
    }

    /// Runs a command, waiting for a place: for the hub's own work.
    ///
    /// # Errors
    /// [`WriteError`].
    pub async fn apply(&self, envelope: Envelope) -> Result<Result<Answer, No>, WriteError> {
        self.ask(|reply| Job::Apply(Box::new(envelope), reply)).await
    }

    /// Takes records of a store's log; durable, with what they caused, when this returns.
    ///
    /// # Errors
    /// [`WriteError`].
    pub async fn inbound(&self, store: &StoreId, records: Vec<Record>) -> Result<Inbound, WriteError> {
        self.ask(|reply| Job::Inbound(store.clone(), records, reply)).await
    }

    /// Takes in a store's whole document.
    ///
    /// # Errors
    /// [`WriteError`].
    pub async fn take_whole(&self, store: &StoreId, doc: DocKey, bytes: Vec<u8>) -> Result<(), WriteError> {
        self.ask(|reply| Job::Whole(store.clone(), doc, Some(bytes), reply)).await.map(drop)
    }

    /// A whole document as it stands here.
    ///
    /// # Errors
    /// [`WriteError`].
    pub async fn whole(&self, store: &StoreId, doc: DocKey) -> Result<Vec<u8>, WriteError> {
        self.ask(|reply| Job::Whole(store.clone(), doc, None, reply)).await
    }

    /// A store has its log up to here.
    ///
    /// # Errors
    /// [`WriteError::Stopping`].
    pub async fn acked(&self, store: &StoreId, upto: u64) -> Result<(), WriteError> {
        self.queue.send(Job::Acked(store.clone(), upto)).await.map_err(|_| WriteError::Stopping)
    }

    /// A sign of life of a store, or the end of its session.
    ///
    /// # Errors
    /// [`WriteError::Stopping`].
    pub async fn heard(&self, store: &StoreId, online: bool) -> Result<(), WriteError> {
        self.queue.send(Job::Heard(store.clone(), online)).await.map_err(|_| WriteError::Stopping)
    }

    /// Finish what waits and end.
    pub async fn stop(&self) {
        let _ = self.queue.send(Job::Stop).await;
    }

    async fn ask<T>(&self, job: impl FnOnce(Reply<T>) -> Job) -> Result<T, WriteError> {
        let (reply, answer) = oneshot::channel();
        self.queue.send(job(reply)).await.map_err(|_| WriteError::Stopping)?;
        answer.await.map_err(|_| WriteError::Stopping)?
    }
}

fn run(mut engine: HubEngine, mut jobs: mpsc::Receiver<Job>, publish: &watch::Sender<Changed>) {
    while let Some(first) = jobs.blocking_recv() {
        let mut group = vec![first];
        while group.len() < GROUP_MAX {
            match jobs.try_recv() {
                Ok(job) => group.push(job),
                Err(_) => break,
            }
        }
        let stop = group.iter().any(|job| matches!(job, Job::Stop));
        let news = take_group(&mut engine, group);
        let grew = engine.carry(clock::now()).unwrap_or_else(|error| {
            tracing::error!(%error, "facts stay in the outbox; the next commit carries them");
            Vec::new()
        });
        if news || !grew.is_empty() {
            publish.send_modify(|changed| {
                changed.commits += 1;
                changed.logs.extend(grew);
            });
        }
        if stop {
            break;
        }
    }
    if let Err(error) = engine.checkpoint() {
        tracing::error!(%error, "no checkpoint at the stop; the next start recovers");
    }
}

/// Neighbouring commands as one commit, everything in the order it came. Says whether anything may have changed.
fn take_group(engine: &mut HubEngine, group: Vec<Job>) -> bool {
    let mut news = false;
    let mut waiting: Vec<(Envelope, Reply<Result<Answer, No>>)> = Vec::new();
    for job in group {
        if let Job::Apply(envelope, reply) = job {
            waiting.push((*envelope, reply));
            continue;
        }
        news |= apply(engine, std::mem::take(&mut waiting));
        news |= !matches!(job, Job::Acked(..) | Job::Stop);
        one_job(engine, job);
    }
    news | apply(engine, waiting)
}

fn one_job(engine: &mut HubEngine, job: Job) {
    match job {
        Job::Inbound(store, records, reply) => {
            let done = engine.inbound(clock::now(), &store, records);
            let _ = reply.send(done.map_err(|error| fault(&error)));
        }
        Job::Whole(store, doc, Some(bytes), reply) => {
            let done = engine.inbound_whole(clock::now(), &store, doc, bytes).map(|_| Vec::new());
            let _ = reply.send(done.map_err(|error| fault(&error)));
        }
        Job::Whole(store, doc, None, reply) => {
            let _ = reply.send(engine.whole(&store, doc).map_err(|error| fault(&error)));
        }
        Job::Acked(store, upto) => note(engine.out_acked(&store, upto)),
        Job::Heard(store, online) => note(engine.heard(clock::now(), &store, online)),
        Job::Apply(..) | Job::Stop => {}
    }
}

fn apply(engine: &mut HubEngine, waiting: Vec<(Envelope, Reply<Result<Answer, No>>)>) -> bool {
    if waiting.is_empty() {
        return false;
    }
    let (envelopes, replies): (Vec<_>, Vec<_>) = waiting.into_iter().unzip();
    match engine.apply(clock::now(), envelopes) {
        Ok(applied) => {
            // The clock's own commands mostly find nothing to do; nobody need look anew for those.
            let news = applied.answers.iter().any(|a| !matches!(a, Ok(Answer::Count { count: 0 })));
            for (reply, answer) in replies.into_iter().zip(applied.answers) {
                let _ = reply.send(Ok(answer));
            }
            news
        }
        Err(error) => {
            let error = fault(&error);
            for reply in replies {
                let _ = reply.send(Err(error.clone()));
            }
            false
        }
    }
}

/// What a store repeats by itself need not be answered.
fn note(done: Result<(), Fault>) {
    if let Err(error) = done {
        tracing::error!(%error, "not kept; the store repeats it");
    }
}

fn fault(error: &Fault) -> WriteError {
    tracing::error!(%error, "commit failed");
    WriteError::Fault(error.to_string())
}
