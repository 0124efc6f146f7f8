//! The one writing thread: takes what waits on its bounded queue, lets the engine run it as one group commit, and only
//! then answers everybody. Beside it the scribe's thread makes document changes of the facts; the next group's commit
//! stores them, and the checkpointer empties the write-ahead log. Never decides, never translates.

mod checkpointer;

use crate::command::{Envelope, Sealed};
use crate::effects::Effects;
use crate::engine::{
    Applied, Batch, BlobRefused, Carried, Engine, Fault, InboundRecord, OldRows, Refused, Scribe,
};
use crate::refusal::Refusal;
use crate::{answer::Answer, clock};
use checkpointer::Checkpointer;
use figures::Writing;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use sync::batch::{Head, Stream};
use sync::doc::{DocKey, ManifestEntry, RepairAnswer, Repairing};
use sync::lane::{Lane, LaneStates};
use sync::peer::PeerConfig;
use sync::pledge::Pledge;
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

/// Digests of open documents.
pub type Heads = Vec<(DocKey, [u8; 8])>;

type Reply = Result<Result<Answer, Refusal>, WriteError>;

/// What is known of the hub's copy of a document now, and what to say next.
pub type Repaired = (Box<Repairing>, RepairAnswer);

enum Job {
    Apply {
        sealed: Box<Sealed>,
        reply: oneshot::Sender<Reply>,
    },
    Inbound {
        records: Vec<InboundRecord>,
        reply: oneshot::Sender<Result<Vec<DocKey>, WriteError>>,
    },
    OutAcked {
        lane: Lane,
        upto: u64,
        pledge: Option<Pledge>,
    },
    /// What a peer must know now.
    Peer(oneshot::Sender<Result<PeerConfig, WriteError>>),
    /// The hub has pledged something of itself.
    Pledged(Vec<Pledge>, oneshot::Sender<Result<(), WriteError>>),
    /// The uplink is about to open a session.
    Opening(oneshot::Sender<Result<(LaneStates, Heads), WriteError>>),
    /// What the open documents are like.
    Heads(Vec<DocKey>, oneshot::Sender<Result<Heads, WriteError>>),
    /// The hub reads frames up to this version.
    HubReads(u8, oneshot::Sender<Result<LaneStates, WriteError>>),
    /// A whole document of the hub to take in.
    TakeWhole(DocKey, Vec<u8>, oneshot::Sender<Result<(), WriteError>>),
    /// What the hub says of a document that differs, or the first word about one.
    Repair(DocKey, Box<Repairing>, Option<Vec<u8>>, oneshot::Sender<Result<Repaired, WriteError>>),
    /// A closed hour of the hub.
    TakeHour(ManifestEntry, Vec<u8>, oneshot::Sender<Result<Result<(), BlobRefused>, WriteError>>),
    /// Bytes from the hub that were refused.
    Refused(Refused),
    /// A whole document to give out.
    Whole(DocKey, oneshot::Sender<Result<Vec<u8>, WriteError>>),
    CloseHours,
    /// History of a replaced store.
    Old {
        rows: Box<OldRows>,
        reply: oneshot::Sender<Result<(), WriteError>>,
    },
    /// The hub has a chained table up to here.
    Shipped(Stream, Head, oneshot::Sender<Result<(), WriteError>>),
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

    /// Takes records of the hub's log; durable, with what they caused, when this returns. Gives the documents of which
    /// so much waits that they are to be asked for as a whole.
    pub async fn inbound(&self, records: Vec<InboundRecord>) -> Result<Vec<DocKey>, WriteError> {
        self.ask(|reply| Job::Inbound { records, reply }).await
    }

    /// The hub has a lane of our log up to here.
    pub async fn out_acked(&self, lane: Lane, upto: u64, pledge: Option<Pledge>) -> Result<(), WriteError> {
        self.queue.send(Job::OutAcked { lane, upto, pledge }).await.map_err(|_| WriteError::Stopping)
    }

    /// What a sync peer must know now: terms, and how far the logs have come.
    pub async fn peer_config(&self) -> Result<PeerConfig, WriteError> {
        self.ask(Job::Peer).await
    }

    /// Keeps what the hub has pledged of itself; durable when this returns.
    pub async fn pledged(&self, pledges: Vec<Pledge>) -> Result<(), WriteError> {
        self.ask(|reply| Job::Pledged(pledges, reply)).await
    }

    /// Puts what waits into the lanes where it belongs now, and gives how far they have come and what the documents are
    /// like. Only while no session is open.
    pub async fn opening(&self) -> Result<(LaneStates, Heads), WriteError> {
        self.ask(Job::Opening).await
    }

    /// Digests of the open documents, and of those of the hub's that it names.
    pub async fn heads(&self, theirs: Vec<DocKey>) -> Result<Heads, WriteError> {
        self.ask(|reply| Job::Heads(theirs, reply)).await
    }

    /// Notes which version of the frames the hub reads.
    pub async fn hub_reads(&self, version: u8) -> Result<LaneStates, WriteError> {
        self.ask(|reply| Job::HubReads(version, reply)).await
    }

    /// Takes in a whole document of the hub.
    pub async fn take_whole(&self, doc: DocKey, bytes: Vec<u8>) -> Result<(), WriteError> {
        self.ask(|reply| Job::TakeWhole(doc, bytes, reply)).await
    }

    /// Takes in what the hub says of a document, change by change, and gives what to say next.
    pub async fn repair(
        &self,
        doc: DocKey,
        so_far: Box<Repairing>,
        message: Option<Vec<u8>>,
    ) -> Result<Repaired, WriteError> {
        self.ask(|reply| Job::Repair(doc, so_far, message, reply)).await
    }

    /// Takes in an hour that is closed at the hub and not here; `Ok(Err)`: it is refused.
    pub async fn take_hour(
        &self,
        entry: ManifestEntry,
        bytes: Vec<u8>,
    ) -> Result<Result<(), BlobRefused>, WriteError> {
        self.ask(|reply| Job::TakeHour(entry, bytes, reply)).await
    }

    /// Keeps what was refused for a person to look at.
    pub async fn refused(&self, refused: Refused) -> Result<(), WriteError> {
        self.queue.send(Job::Refused(refused)).await.map_err(|_| WriteError::Stopping)
    }

    /// A whole document as it durably stands here.
    pub async fn whole(&self, doc: DocKey) -> Result<Vec<u8>, WriteError> {
        self.ask(|reply| Job::Whole(doc, reply)).await
    }

    /// Notes how far the hub has a chained table.
    pub async fn shipped(&self, stream: Stream, head: Head) -> Result<(), WriteError> {
        self.ask(|reply| Job::Shipped(stream, head, reply)).await
    }

    async fn ask<T>(
        &self,
        job: impl FnOnce(oneshot::Sender<Result<T, WriteError>>) -> Job,
    ) -> Result<T, WriteError> {
        let (reply, answer) = oneshot::channel();
        self.queue.send(job(reply)).await.map_err(|_| WriteError::Stopping)?;
        answer.await.map_err(|_| WriteError::Stopping)?
    }

    /// Looks at the hours that are over: says last words, makes blobs.
    pub async fn close_hours(&self) -> Result<(), WriteError> {
        self.queue.send(Job::CloseHours).await.map_err(|_| WriteError::Stopping)
    }

    /// Enters rows of a replaced store's history.
    pub async fn put_old(&self, rows: OldRows) -> Result<(), WriteError> {
        let (reply, answer) = oneshot::channel();
        let job = Job::Old { rows: Box::new(rows), reply };
        self.queue.send(job).await.map_err(|_| WriteError::Stopping)?;
        answer.await.map_err(|_| WriteError::Stopping)?
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
                Job::CloseHours => match self.engine.close_hours(clock::now()) {
                    Ok(seen) => effects.outbox_grew |= seen.marked > 0,
                    Err(error) => tracing::error!(%error, "hours not looked at; the next look does it"),
                },
                Job::Old { rows, reply } => {
                    let done = self.engine.put_old(&rows);
                    let _ = reply.send(done.map_err(|error| fault(&error)));
                }
                Job::Shipped(stream, head, reply) => {
                    let done = self.engine.shipped(stream, head);
                    let _ = reply.send(done.map_err(|error| fault(&error)));
                }
                Job::Composed(answer) => batch = self.composed(answer),
                Job::Stop => {}
                other @ (Job::Inbound { .. }
                | Job::OutAcked { .. }
                | Job::Peer(_)
                | Job::Pledged(..)
                | Job::Opening(_)
                | Job::Heads(..)
                | Job::HubReads(..)
                | Job::TakeWhole(..)
                | Job::Repair(..)
                | Job::TakeHour(..)
                | Job::Refused(_)
                | Job::Whole(..)) => {
                    effects.merge(self.apply(&mut waiting, batch.take()));
                    self.of_session(other, &mut effects);
                }
            }
        }
        effects.merge(self.apply(&mut waiting, batch));
        self.owed |= effects.outbox_grew;
        let _ = self.publish.send(Effects { outbox_grew: false, ..effects });
    }

    /// What the session with the hub asks for, each in a transaction of its own.
    fn of_session(&mut self, job: Job, effects: &mut Effects) {
        let now = clock::now();
        let mut merge = |applied: Applied| {
            effects.merge(applied.effects);
            applied.want
        };
        match job {
            Job::Inbound { records, reply } => {
                let done = self.engine.inbound(now, records).map(merge);
                let _ = reply.send(done.map_err(|error| fault(&error)));
            }
            Job::TakeWhole(doc, bytes, reply) => {
                let done = self.engine.inbound_whole(now, doc, &bytes).map(|applied| drop(merge(applied)));
                let _ = reply.send(done.map_err(|error| fault(&error)));
            }
            Job::Repair(doc, mut so_far, message, reply) => {
                let done = self.engine.repair(now, doc, (&mut so_far, message.as_deref()));
                let done = done.map(|(applied, answer)| {
                    merge(applied);
                    (so_far, answer)
                });
                let _ = reply.send(done.map_err(|error| fault(&error)));
            }
            Job::TakeHour(entry, bytes, reply) => {
                let done = self.engine.take_closed(now, &entry, bytes);
                let done = done.map(|taken| taken.map(|applied| drop(merge(applied))));
                let _ = reply.send(done.map_err(|error| fault(&error)));
            }
            Job::OutAcked { lane, upto, pledge } => {
                if let Err(error) = self.engine.out_acked_with(lane, upto, pledge.as_ref()) {
                    tracing::error!(%error, "acknowledgement not kept; the hub repeats it");
                }
                effects.link = true;
            }
            Job::Refused(refused) => {
                tracing::warn!(origin = refused.origin, why = refused.why, "bytes went to quarantine");
                if let Err(error) = self.engine.refused(now, &refused) {
                    tracing::error!(%error, "not kept");
                }
                effects.link = true;
            }
            Job::Peer(reply) => {
                let done = self.engine.peer_config();
                let _ = reply.send(done.map_err(|error| WriteError::Fault(error.to_string())));
            }
            Job::Pledged(pledges, reply) => {
                let _ = reply.send(self.engine.pledged(&pledges).map_err(|error| fault(&error)));
            }
            Job::Opening(reply) => {
                let done = self.engine.age_lanes(now);
                let done = done.and_then(|lanes| Ok((lanes, self.engine.heads(now, &[])?)));
                let _ = reply.send(done.map_err(|error| fault(&error)));
            }
            Job::Heads(theirs, reply) => {
                let _ = reply.send(self.engine.heads(now, &theirs).map_err(|error| fault(&error)));
            }
            Job::HubReads(version, reply) => {
                let _ = reply.send(self.engine.hub_reads(version).map_err(|error| fault(&error)));
            }
            Job::Whole(doc, reply) => {
                let _ = reply.send(self.engine.whole(doc).map_err(|error| fault(&error)));
            }
            Job::Apply { .. }
            | Job::Old { .. }
            | Job::Shipped(..)
            | Job::CloseHours
            | Job::Composed(_)
            | Job::Stop => {}
        }
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
        if carried.grew {
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
