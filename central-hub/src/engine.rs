//! The hub's one writer: takes commands and the stores' records, runs a flow per command inside a savepoint, commits once,
//! then answers. Synchronous, without socket, clock or randomness: the writing thread and the simulation drive it alike.

mod carry;
mod chain;
mod close;
mod docs;
mod inbound;
mod late;
mod repair;
#[cfg(test)]
mod repair_tests;
mod scribe;
mod session;
mod spread;
#[cfg(test)]
mod tests;

pub use carry::{Batch, Carried};
pub use chain::{BATCH_BYTES_MAX, BatchRefused};
pub use close::{BlobRefused, HoursSeen};
pub use inbound::{Inbound, Record};
pub use scribe::Scribe;
pub use session::{Said, Under, out_records};

use crate::command::{Answer, Envelope, Sealed};
use crate::db::commands::Stored;
use crate::db::sqlite::Sqlite;
use crate::db::stores::StoreSeed;
use crate::db::{DbFault, HubDb, HubTx};
use crate::flows::{self, Cx, Stop};
use crate::mutation::Mutation;
use crate::refusal::Refusal;
use crate::rules::Rules;
use ::sync::doc::DocError;
use docs::{Docs, SharedDocs};
use model::life::next_life;
use model::{StoreId, Timestamp};
use std::path::Path;

/// Why the engine could not do its work. Nothing of what was asked has happened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Below.
    #[error(transparent)]
    Db(#[from] DbFault),
    /// A document of our own.
    #[error("document: {0}")]
    Doc(#[from] DocError),
    /// A store that is not configured.
    #[error("store {0} is not configured at this hub")]
    UnknownStore(StoreId),
    /// A session that began under an older epoch or generation.
    #[error("the session with store {0} is of older terms: begin a new one")]
    OldTerms(StoreId),
}

/// Why a command got no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum No {
    /// A value for people.
    Refused(Refusal),
    /// This one command hit a rule of the schema or a broken row; nothing of it happened.
    Fault(DbFault),
}

/// What came of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// One for each command, in order.
    pub answers: Vec<Result<Answer, No>>,
}

/// The engine.
pub struct HubEngine {
    db: Box<dyn HubDb>,
    rules: Rules,
    docs: SharedDocs,
    boot: u32,
    mutation: Mutation,
    /// Only under a mutation: a batch that was answered and not yet made durable.
    open_batch: bool,
}

impl std::fmt::Debug for HubEngine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HubEngine").field("boot", &self.boot).finish_non_exhaustive()
    }
}

impl HubEngine {
    /// What its commits cost; the writer's groups are told there too.
    pub fn writing(&self) -> figures::Writing {
        self.db.writing().clone()
    }

    /// Opens the database file, creating and migrating it, and takes a boot number never used before.
    ///
    /// # Errors
    /// [`Fault::Db`].
    pub fn open(path: &Path, rules: Rules, now: Timestamp) -> Result<Self, Fault> {
        Self::over(Box::new(Sqlite::open(path)?), rules, now)
    }

    /// The engine over any store of data.
    ///
    /// # Errors
    /// [`Fault::Db`].
    pub fn over(mut db: Box<dyn HubDb>, rules: Rules, now: Timestamp) -> Result<Self, Fault> {
        let boot = next_life(db.boot()?, now);
        db.set_boot(boot)?;
        db.add_life(boot, false)?;
        let docs = SharedDocs::new(Docs::new(boot));
        Ok(Self { db, rules, docs, boot, mutation: Mutation::None, open_batch: false })
    }

    /// Breaks a rule on purpose (tests).
    pub fn mutate(&mut self, mutation: Mutation) {
        self.mutation = mutation;
    }

    /// The numbers it decides by.
    pub const fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The data, for views and checks.
    pub fn data(&self) -> &dyn HubTx {
        &*self.db
    }

    /// Rows changed since it was opened: the same number before and after means that nothing was written in between.
    pub fn changes(&self) -> u64 {
        self.db.changes()
    }

    /// New or changed stores of the configuration.
    ///
    /// # Errors
    /// [`Fault::Db`].
    pub fn put_stores(&mut self, stores: &[StoreSeed]) -> Result<(), Fault> {
        self.within(|engine| {
            for store in stores {
                engine.db.put_store(store)?;
            }
            Ok(())
        })
    }

    /// Runs a batch: one transaction, a savepoint per command, durable before this returns. A command with an id seen
    /// before gets its first answer; the same id with another content is refused.
    ///
    /// # Errors
    /// [`Fault`]: nothing of the batch happened, ask again.
    pub fn apply(&mut self, now: Timestamp, batch: Vec<Envelope>) -> Result<Applied, Fault> {
        let sealed = batch.into_iter().map(Envelope::seal).collect::<Result<Vec<_>, _>>();
        let sealed = sealed.map_err(|error| DbFault::Corrupt(error.to_string()))?;
        self.apply_and_keep(now, &sealed, None).map(|(applied, _)| applied)
    }

    /// As [`HubEngine::apply`], and stores what the scribe has made in the same commit.
    ///
    /// # Errors
    /// As [`HubEngine::apply`]; the facts of the batch are said again.
    pub fn apply_and_keep(
        &mut self,
        now: Timestamp,
        envelopes: &[Sealed],
        batch: Option<&Batch>,
    ) -> Result<(Applied, Carried), Fault> {
        // Under new terms the logs begin anew: what was made under the old ones is made again.
        let terms = envelopes.iter().any(|envelope| envelope.envelope.command.changes_terms());
        let (batch, dropped) = if terms { (None, batch.is_some()) } else { (batch, false) };
        let done = match self.attempt(now, envelopes, batch, Care::Quick) {
            Err(Halt::Careful) => self.attempt(now, envelopes, batch, Care::Savepoints),
            other => other,
        };
        if terms {
            self.take_terms()?;
            return done
                .map(|(applied, carried)| (applied, Carried { more: dropped, ..carried }))
                .map_err(Fault::from);
        }
        if batch.is_some() {
            self.docs.lock().after(done.is_ok());
        }
        done.map_err(Fault::from)
    }

    /// Documents are read anew, and written by a life of the process that no restore has forgotten.
    fn take_terms(&mut self) -> Result<(), Fault> {
        self.boot = self.db.boot()?;
        self.docs.lock().renew(self.boot);
        Ok(())
    }

    fn attempt(
        &mut self,
        now: Timestamp,
        envelopes: &[Sealed],
        batch: Option<&Batch>,
        care: Care,
    ) -> Result<(Applied, Carried), Halt> {
        self.begin()?;
        let done = self.attempt_within(now, envelopes, batch, care);
        match &done {
            Ok(_) if self.mutation.answers_before_commit() => self.open_batch = true,
            Ok(_) => self.commit()?,
            // Only commands ran, and no document was touched: there is nothing to forget.
            Err(Halt::Careful) => self.db.rollback().map_err(Fault::Db)?,
            Err(Halt::Fault(_)) => self.abandon(),
        }
        done
    }

    fn attempt_within(
        &mut self,
        now: Timestamp,
        envelopes: &[Sealed],
        batch: Option<&Batch>,
        care: Care,
    ) -> Result<(Applied, Carried), Halt> {
        let mut answers = Vec::with_capacity(envelopes.len());
        for envelope in envelopes {
            answers.push(self.one(now, envelope, care)?);
        }
        let carried = match batch {
            Some(batch) => self.store_batch(now, batch)?,
            None => Carried::default(),
        };
        Ok((Applied { answers }, carried))
    }

    /// Moves the write-ahead log into the file: the last thing at a stop.
    ///
    /// # Errors
    /// [`Fault::Db`].
    pub fn checkpoint(&mut self) -> Result<(), Fault> {
        Ok(self.db.checkpoint()?)
    }

    fn one(&mut self, now: Timestamp, sealed: &Sealed, care: Care) -> Result<Result<Answer, No>, Halt> {
        let Sealed { envelope, content } = sealed;
        let keeps = envelope.command.keeps_answer();
        let first = if keeps { self.db.answer_of(&envelope.id)? } else { None };
        if let Some(first) = &first
            && !self.mutation.skips_idempotency()
        {
            return Ok(first_answer(first, content)?);
        }
        let rules = self.rules.clone();
        let cx = Cx { now, id: &envelope.id, actor: &envelope.actor, rules: &rules, mutation: self.mutation };
        let before = self.db.changes();
        if care == Care::Savepoints {
            self.db.mark()?;
        }
        let outcome: Result<Answer, Refusal> = match flows::run(&mut *self.db, &cx, &envelope.command) {
            Ok(answer) => {
                self.stays(care)?;
                Ok(answer)
            }
            Err(Stop::Counted(refusal)) => {
                self.stays(care)?;
                Err(refusal)
            }
            Err(Stop::Refused(refusal)) => {
                self.goes(care, before)?;
                Err(refusal)
            }
            Err(Stop::Fault(fault @ DbFault::Storage(_))) => return Err(fault.into()),
            Err(Stop::Fault(fault @ (DbFault::Rule(_) | DbFault::Corrupt(_)))) => {
                self.goes(care, before)?;
                tracing::error!(command = %envelope.id, %fault, "a command hit a rule of the schema");
                return Ok(Err(No::Fault(fault)));
            }
        };
        // Refusals are stored outside the undone savepoint (decision 5), so that a retry gets the same no.
        if keeps && first.is_none() {
            let answer = serde_json::to_string(&outcome).map_err(|e| DbFault::Corrupt(e.to_string()))?;
            self.db.keep_answer(&envelope.id, &Stored { content: *content, answer }, now)?;
        }
        Ok(outcome.map_err(No::Refused))
    }

    /// What a command wrote stays.
    fn stays(&mut self, care: Care) -> Result<(), Halt> {
        match care {
            Care::Quick => Ok(()),
            Care::Savepoints => Ok(self.db.keep()?),
        }
    }

    /// What a command wrote goes; where there is no savepoint to go back to, the group is run anew with them.
    fn goes(&mut self, care: Care, before: u64) -> Result<(), Halt> {
        match care {
            Care::Quick if self.db.changes() == before => Ok(()),
            Care::Quick => Err(Halt::Careful),
            Care::Savepoints => Ok(self.db.undo()?),
        }
    }

    /// Runs `work` in a transaction of its own.
    fn within<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        self.begin()?;
        match work(self) {
            Ok(value) => {
                self.commit()?;
                Ok(value)
            }
            Err(fault) => {
                self.abandon();
                Err(fault)
            }
        }
    }

    fn begin(&mut self) -> Result<(), Fault> {
        if self.open_batch {
            self.open_batch = false;
            self.db.commit()?;
        }
        Ok(self.db.begin()?)
    }

    fn commit(&mut self) -> Result<(), Fault> {
        if let Err(fault) = self.db.commit() {
            self.abandon();
            return Err(fault.into());
        }
        Ok(())
    }

    /// After a fault: nothing was made durable, and no document in memory may know more than the database.
    fn abandon(&mut self) {
        if let Err(fault) = self.db.rollback() {
            tracing::error!(%fault, "rollback failed");
        }
        self.docs.lock().forget();
    }
}

/// How a refused command's writes are taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Care {
    /// Refusals come before the first write, as good as always: no savepoints. The one that does not halts the group,
    /// which is then run anew with savepoints.
    Quick,
    /// A savepoint for each command.
    Savepoints,
}

/// Why a group does not go on.
enum Halt {
    /// The group failed.
    Fault(Fault),
    /// A command was refused after it had written, and there is no savepoint to go back to.
    Careful,
}

impl From<Fault> for Halt {
    fn from(fault: Fault) -> Self {
        Halt::Fault(fault)
    }
}

impl From<DbFault> for Halt {
    fn from(fault: DbFault) -> Self {
        Halt::Fault(fault.into())
    }
}

impl From<Halt> for Fault {
    fn from(halt: Halt) -> Self {
        match halt {
            Halt::Fault(fault) => fault,
            Halt::Careful => {
                Fault::Db(DbFault::Corrupt("a savepoint was asked for where there is one".to_owned()))
            }
        }
    }
}

fn first_answer(first: &Stored, content: &[u8; 32]) -> Result<Result<Answer, No>, Fault> {
    if first.content != *content {
        return Ok(Err(No::Refused(Refusal::KeyReused)));
    }
    let outcome: Result<Answer, Refusal> =
        serde_json::from_str(&first.answer).map_err(|e| DbFault::Corrupt(e.to_string()))?;
    Ok(outcome.map_err(No::Refused))
}
