//! The one writing thread: takes what waits on its bounded queue, lets the engine run it as one commit, and only then answers
//! everybody. Beside it the scribe's thread makes document changes of the facts; the next group's commit stores them. Never
//! decides, never blocks the async side.

mod checkpointer;

use crate::clock;
use crate::command::{Anew, Answer, Envelope, Sealed};
use crate::engine::{Applied, Batch, Carried, Fault, HubEngine, Inbound, No, Record, Said, Scribe, Under};
use ::sync::doc::{DocKey, RepairAnswer, Repairing};
use ::sync::lane::LANES;
use ::sync::peer::PeerConfig;
use checkpointer::Checkpointer;
use figures::Writing;
use model::{StoreId, Timestamp};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use tokio::sync::{mpsc, oneshot, watch};

/// Jobs that may wait; HTTP answers 503 + Retry-After when it is full.
pub const QUEUE_MAX: usize = 1_024;
/// Jobs in one go: bounds the time until the first of them is answered.
const GROUP_MAX: usize = 256;

/// How much the scribe steps back where writer and callers want the processor too: what it makes may be late.
const SCRIBE_NICE: i32 = 5;

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
    Apply(Box<Sealed>, Reply<Result<Answer, No>>),
    /// What stores say; neighbours in the queue are kept by one commit.
    Said(Said, Option<Reply<Inbound>>),
    /// A whole document to give out.
    Whole(StoreId, DocKey, Reply<Vec<u8>>),
    /// A whole document to take in.
    TakeWhole(StoreId, Under, DocKey, Vec<u8>, Reply<()>),
    Heads(StoreId, Vec<DocKey>, Reply<Heads>),
    /// What is rare and has a transaction of its own: archives of a store, and repairs of its documents.
    Archive(Box<dyn FnOnce(&mut HubEngine) + Send>),
    Session(StoreId, Reply<PeerConfig>),
    CloseHours,
    /// Tell stores what the catalogue's document has.
    Spread,
    /// The scribe's answer.
    Composed(Result<Option<Batch>, Fault>),
    Stop,
}

/// Digests of a store's open documents.
pub type Heads = Vec<(DocKey, [u8; 8])>;

/// What has changed since the hub started; a watcher that sees another number looks anew.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Changed {
    /// Grows with every commit that may have changed something.
    pub commits: u64,
}

/// A store's log as it stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LogEnd {
    /// Grows when the log begins anew: whoever sends the old one is to stop.
    pub life: u32,
    /// The end of each lane; nought where nothing grew in this life since the hub started.
    pub lanes: [u64; LANES],
}

/// One channel a store: a session wakes for its own store and for no other.
type Logs = BTreeMap<StoreId, watch::Sender<LogEnd>>;

/// A handle to the writing thread; clones share its queue.
#[derive(Debug, Clone)]
pub struct Writer {
    queue: mpsc::Sender<Job>,
    changed: watch::Receiver<Changed>,
    writing: Writing,
    logs: Arc<Logs>,
}

impl Writer {
    /// Starts the threads. They end at [`Writer::stop`], after everything that waits, with a checkpoint.
    ///
    /// # Errors
    /// When the system gives no thread, or no second connection.
    pub fn start(engine: HubEngine) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (queue, jobs) = mpsc::channel(QUEUE_MAX);
        let (publish, changed) = watch::channel(Changed::default());
        let scribe = engine.scribe().map_err(std::io::Error::other)?;
        let (ask, asked) = sync_channel(1);
        let answers = queue.downgrade();
        let scribe = std::thread::Builder::new()
            .name("hub-scribe".into())
            .spawn(move || compose(scribe, &asked, &answers))?;
        // Facts of the last run may wait in the outbox.
        let writing = engine.writing();
        let checkpointer = Checkpointer::start(engine.reader().map_err(std::io::Error::other)?)?;
        let stores = engine.data().stores().map_err(std::io::Error::other)?;
        let logs: Logs =
            stores.into_iter().map(|s| (s.seed.id, watch::Sender::new(LogEnd::default()))).collect();
        let logs = Arc::new(logs);
        let desk = Desk {
            engine,
            ask,
            asked: false,
            owed: true,
            publish,
            checkpointer,
            writing: writing.clone(),
            logs: Arc::clone(&logs),
        };
        let thread =
            std::thread::Builder::new().name("hub-writer".into()).spawn(move || desk.run(jobs, scribe))?;
        Ok((Self { queue, changed, writing, logs }, thread))
    }

    /// Tells of every commit.
    pub fn changed(&self) -> watch::Receiver<Changed> {
        self.changed.clone()
    }

    /// Tells where a store's log ends, whenever it grows or begins anew.
    pub fn log_of(&self, store: &StoreId) -> Option<watch::Receiver<LogEnd>> {
        self.logs.get(store).map(watch::Sender::subscribe)
    }

    /// Jobs that wait now.
    pub fn waiting(&self) -> usize {
        QUEUE_MAX - self.queue.capacity()
    }

    /// How large groups are and what their commits cost.
    pub const fn writing(&self) -> &Writing {
        &self.writing
    }

    /// Runs a command, or says [`WriteError::Busy`] at once: for callers who can tell somebody to come back.
    ///
    /// # Errors
    /// [`WriteError`].
    pub async fn try_apply(&self, envelope: Envelope) -> Result<Result<Answer, No>, WriteError> {
        let (reply, answer) = oneshot::channel();
        self.queue.try_send(Job::Apply(seal(envelope)?, reply)).map_err(|error| match error {
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
        let sealed = seal(envelope)?;
        self.ask(|reply| Job::Apply(sealed, reply)).await
    }

    /// Takes records of a store's log; durable, with what they caused, when this returns.
    ///
    /// # Errors
    /// [`WriteError`].
    pub async fn inbound(
        &self,
        store: &StoreId,
        under: Under,
        records: Vec<Record>,
    ) -> Result<Inbound, WriteError> {
        self.ask(|reply| Job::Said(Said::Records(store.clone(), under, records), Some(reply))).await
    }

    /// Takes in a store's whole document.
    ///
    /// # Errors
    /// [`WriteError`].
    pub async fn take_whole(
        &self,
        store: &StoreId,
        under: Under,
        doc: DocKey,
        bytes: Vec<u8>,
    ) -> Result<(), WriteError> {
        self.ask(|reply| Job::TakeWhole(store.clone(), under, doc, bytes, reply)).await
    }

    /// Takes in what a store says of a document that differs, change by change, and gives what to say next; without a message
    /// the first word.
    ///
    /// # Errors
    /// [`WriteError`].
    pub async fn repair(
        &self,
        store: &StoreId,
        under: Under,
        doc: DocKey,
        (mut so_far, message): (Box<Repairing>, Option<Vec<u8>>),
    ) -> Result<(Box<Repairing>, RepairAnswer), WriteError> {
        let store = store.clone();
        self.archive(move |engine, now| {
            let said = (&mut *so_far, message.as_deref());
            let (_, answer) = engine.repair(now, (&store, under), doc, said)?;
            Ok((so_far, answer))
        })
        .await
    }

    /// What a peer of this store must know now: terms, and how far the logs have come.
    ///
    /// # Errors
    /// [`WriteError`].
    pub async fn session(&self, store: &StoreId) -> Result<PeerConfig, WriteError> {
        self.ask(|reply| Job::Session(store.clone(), reply)).await
    }

    /// A whole document as it stands here.
    ///
    /// # Errors
    /// [`WriteError`].
    pub async fn whole(&self, store: &StoreId, doc: DocKey) -> Result<Vec<u8>, WriteError> {
        self.ask(|reply| Job::Whole(store.clone(), doc, reply)).await
    }

    /// Digests of a store's open documents, and of those of the store's that it names.
    ///
    /// # Errors
    /// [`WriteError`].
    pub async fn heads(&self, store: &StoreId, theirs: Vec<DocKey>) -> Result<Heads, WriteError> {
        self.ask(|reply| Job::Heads(store.clone(), theirs, reply)).await
    }

    /// Something that a store repeats by itself, so that nobody waits for it: an acknowledgement, a sign of life.
    ///
    /// # Errors
    /// [`WriteError::Stopping`].
    pub async fn note(&self, said: Said) -> Result<(), WriteError> {
        self.queue.send(Job::Said(said, None)).await.map_err(|_| WriteError::Stopping)
    }

    /// Takes in something rare, in a transaction of its own: archives of a store.
    ///
    /// # Errors
    /// [`WriteError`].
    pub async fn archive<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut HubEngine, Timestamp) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, WriteError> {
        self.ask(|reply| {
            Job::Archive(Box::new(move |engine| {
                let _ = reply.send(work(engine, clock::now()).map_err(|error| fault(&error)));
            }))
        })
        .await
    }

    /// Look at the hours of every store: say last words, make blobs.
    ///
    /// # Errors
    /// [`WriteError::Stopping`].
    pub async fn close_hours(&self) -> Result<(), WriteError> {
        self.queue.send(Job::CloseHours).await.map_err(|_| WriteError::Stopping)
    }

    /// Look which stores lack what the catalogue's document has, and put it into their logs.
    ///
    /// # Errors
    /// [`WriteError::Stopping`].
    pub async fn spread_catalogue(&self) -> Result<(), WriteError> {
        self.queue.send(Job::Spread).await.map_err(|_| WriteError::Stopping)
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
    engine: HubEngine,
    ask: SyncSender<()>,
    /// The scribe was asked and has not answered: there is never a second batch on its way.
    asked: bool,
    /// Facts may have come in since, or more than fitted in the batch.
    owed: bool,
    publish: watch::Sender<Changed>,
    checkpointer: Checkpointer,
    writing: Writing,
    logs: Arc<Logs>,
}

type Caller = (Sealed, Reply<Result<Answer, No>>);
type Speaker = (Said, Option<Reply<Inbound>>);

fn seal(envelope: Envelope) -> Result<Box<Sealed>, WriteError> {
    envelope.seal().map(Box::new).map_err(|error| WriteError::Fault(error.to_string()))
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
        if let Err(error) = self.engine.checkpoint() {
            tracing::error!(%error, "no checkpoint at the stop; the next start recovers");
        }
    }

    fn ask_the_scribe(&mut self) {
        if self.owed && !self.asked {
            self.asked = self.ask.try_send(()).is_ok();
            self.owed = !self.asked;
        }
    }

    /// Neighbouring commands as one commit, everything in the order it came.
    fn take_group(&mut self, group: Vec<Job>) {
        let mut news = false;
        let mut batch = None;
        let mut waiting: Vec<Caller> = Vec::new();
        let mut said: Vec<Speaker> = Vec::new();
        for job in group {
            match job {
                Job::Apply(sealed, reply) => waiting.push((*sealed, reply)),
                Job::Said(what, reply) => said.push((what, reply)),
                Job::Composed(answer) => batch = self.composed(answer),
                Job::Stop => {}
                Job::Spread => {
                    news |= self.apply(&mut waiting, batch.take());
                    self.spread();
                }
                // Documents: what was made of facts is stored before anybody else works with them.
                other @ (Job::Whole(..)
                | Job::TakeWhole(..)
                | Job::Heads(..)
                | Job::Session(..)
                | Job::Archive(_)
                | Job::CloseHours) => {
                    self.apply(&mut waiting, batch.take());
                    self.hear(std::mem::take(&mut said));
                    news = true;
                    self.one_job(other);
                }
            }
        }
        news |= self.apply(&mut waiting, batch);
        news |= self.hear(said);
        self.owed |= news;
        if news {
            self.publish.send_modify(|changed| changed.commits += 1);
        }
    }

    /// One commit for everything that stores said; where that fails, one each, so that one store's trouble is its own.
    /// Says whether anything may have changed.
    fn hear(&mut self, said: Vec<Speaker>) -> bool {
        if said.is_empty() {
            return false;
        }
        let news = said
            .iter()
            .any(|(what, _)| matches!(what, Said::Records(..) | Said::Gone(_) | Said::Refused(..)));
        let now = clock::now();
        let (whats, replies): (Vec<_>, Vec<_>) = said.into_iter().unzip();
        let answers: Vec<Result<Inbound, Fault>> = match self.engine.hear(now, &whats) {
            Ok(answers) => answers.into_iter().map(Ok).collect(),
            Err(error) if whats.len() == 1 => vec![Err(error)],
            Err(_) => {
                let one = |what: &Said| {
                    let mut done = self.engine.hear(now, std::slice::from_ref(what))?;
                    Ok(done.pop().unwrap_or_default())
                };
                whats.iter().map(one).collect()
            }
        };
        for (answer, reply) in answers.into_iter().zip(replies) {
            let answer = answer.map_err(|error| fault(&error));
            if let Some(reply) = reply {
                let _ = reply.send(answer);
            }
        }
        news
    }

    fn composed(&mut self, answer: Result<Option<Batch>, Fault>) -> Option<Batch> {
        self.asked = false;
        answer.unwrap_or_else(|error| {
            tracing::error!(%error, "facts stay in the outbox; the next commit carries them");
            None
        })
    }

    fn one_job(&mut self, job: Job) {
        let engine = &mut self.engine;
        match job {
            Job::TakeWhole(store, under, doc, bytes, reply) => {
                let done = engine.whole_under(clock::now(), (&store, under), doc, bytes).map(drop);
                let _ = reply.send(done.map_err(|error| fault(&error)));
            }
            Job::Whole(store, doc, reply) => {
                let _ = reply.send(engine.whole(&store, doc).map_err(|error| fault(&error)));
            }
            Job::Session(store, reply) => {
                let _ = reply.send(engine.session(&store).map_err(|error| fault(&error)));
            }
            Job::Heads(store, theirs, reply) => {
                let _ =
                    reply.send(engine.heads(clock::now(), &store, &theirs).map_err(|error| fault(&error)));
            }
            Job::Archive(work) => work(engine),
            Job::CloseHours => {
                if let Err(error) = engine.close_hours(clock::now()) {
                    tracing::error!(%error, "hours not looked at; the next look does it");
                }
            }
            Job::Apply(..) | Job::Said(..) | Job::Composed(_) | Job::Spread | Job::Stop => {}
        }
    }

    /// The catalogue's document goes into logs.
    fn spread(&mut self) {
        match self.engine.spread_catalogue() {
            Ok(grew) => {
                let grew = grew.into_iter().map(|(store, end)| (store, vec![end])).collect();
                self.carried(Carried { grew, more: false });
            }
            Err(error) => tracing::error!(%error, "the catalogue is not told; the next look does it"),
        }
    }

    /// One commit: the commands that wait, and the scribe's batch if there is one. Says whether anything may have
    /// changed.
    fn apply(&mut self, waiting: &mut Vec<Caller>, batch: Option<Batch>) -> bool {
        let (envelopes, replies): (Vec<_>, Vec<_>) = waiting.drain(..).unzip();
        if !envelopes.is_empty() {
            self.writing.grouped(envelopes.len());
        }
        let now = clock::now();
        let done = match (envelopes.is_empty(), batch) {
            (true, None) => return false,
            (true, Some(batch)) => {
                self.engine.keep(now, &batch).map(|carried| (Applied { answers: Vec::new() }, carried))
            }
            (false, batch) => self.engine.apply_and_keep(now, &envelopes, batch.as_ref()),
        };
        match done {
            Ok((applied, carried)) => {
                // The clock's own commands mostly find nothing to do; nobody need look anew for those.
                let news = applied.answers.iter().any(|a| !matches!(a, Ok(Answer::Count { count: 0 })));
                let done = envelopes.iter().zip(&applied.answers).filter(|(_, answer)| answer.is_ok());
                done.filter_map(|(said, _)| said.envelope.command.anew()).for_each(|of| self.began_anew(of));
                for (reply, answer) in replies.into_iter().zip(applied.answers) {
                    let _ = reply.send(Ok(answer));
                }
                self.carried(carried);
                news
            }
            Err(error) => {
                // A batch that was lost with the group is made anew.
                self.owed = true;
                let error = fault(&error);
                for reply in replies {
                    let _ = reply.send(Err(error.clone()));
                }
                false
            }
        }
    }

    /// Logs began anew: how far the old ones had come says nothing any more, and their sessions end.
    fn began_anew(&self, of: Anew<'_>) {
        let next = |log: &mut LogEnd| *log = LogEnd { life: log.life.wrapping_add(1), lanes: [0; LANES] };
        match of {
            Anew::Store(store) => self.logs.get(store).into_iter().for_each(|log| log.send_modify(next)),
            Anew::All => self.logs.values().for_each(|log| log.send_modify(next)),
        }
    }

    /// Logs grew: who sends them is told.
    fn carried(&mut self, carried: Carried) {
        self.owed |= carried.more;
        for (store, ends) in carried.grew {
            let Some(log) = self.logs.get(&store) else { continue };
            log.send_modify(|log| ends.iter().for_each(|end| log.lanes[end.lane.index()] = end.seq));
        }
    }
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
    if matches!(error, Fault::OldTerms(_)) {
        tracing::info!(%error, "not taken");
    } else {
        tracing::error!(%error, "commit failed");
    }
    WriteError::Fault(error.to_string())
}
