//! Group commit: many commands, one transaction, a savepoint for each; answers leave only after the commit.

use super::carry::{self, Batch, Carried};
use super::{Applied, Engine, Fault, Parts};
use crate::answer::Answer;
use crate::command::{Envelope, Sealed};
use crate::db::marks::{self, Mark};
use crate::db::outbox::{self, Facts};
use crate::db::{DbError, Tx, commands, ledger};
use crate::effects::Effects;
use crate::flows::{self, Flow, Stop};
use crate::refusal::Refusal;
use model::Timestamp;

impl Engine {
    /// Carries out commands in their order and commits once. A repeated id gets its first answer.
    ///
    /// A command that meets a fault by itself is answered [`Refusal::Unavailable`], or [`Refusal::Broken`] where it would
    /// meet it however often it came; its neighbours are not held up.
    ///
    /// # Errors
    /// When nothing could be kept at all: everything may be sent again.
    pub fn apply(&mut self, now: Timestamp, envelopes: Vec<Envelope>) -> Result<Applied, Fault> {
        let sealed = envelopes.into_iter().map(Envelope::seal).collect::<Result<Vec<_>, _>>();
        let sealed = sealed.map_err(DbError::from)?;
        self.apply_and_keep(now, &sealed, None).map(|(applied, _)| applied)
    }

    /// As [`Engine::apply`], and stores what the scribe has made in the same commit. Where that fails, the batch is lost:
    /// its facts still wait.
    ///
    /// # Errors
    /// As [`Engine::apply`].
    pub fn apply_and_keep(
        &mut self,
        now: Timestamp,
        envelopes: &[Sealed],
        batch: Option<&Batch>,
    ) -> Result<(Applied, Carried), Fault> {
        match self.run_group(now, envelopes, batch) {
            Ok(done) => Ok(done),
            Err(fault) if envelopes.is_empty() && batch.is_none() => Err(fault),
            Err(_) => {
                let more = batch.is_some();
                Ok((self.run_singly(now, envelopes)?, Carried { grew: false, more }))
            }
        }
    }

    /// Documents are read anew, and written by a life of the node that no restore has forgotten.
    fn take_terms(&mut self) -> Result<(), Fault> {
        self.boot = u32::try_from(marks::get(self.db.read(), Mark::Boot)?).unwrap_or(u32::MAX);
        self.docs.lock().renew(self.boot);
        Ok(())
    }

    fn run_singly(&mut self, now: Timestamp, envelopes: &[Sealed]) -> Result<Applied, Fault> {
        let mut all = Applied::default();
        let mut faults = Vec::new();
        for envelope in envelopes {
            match self.run_group(now, std::slice::from_ref(envelope), None) {
                Ok((one, _)) => {
                    all.replies.extend(one.replies);
                    all.effects.merge(one.effects);
                }
                Err(Fault::Db(fault)) if fault.is_lasting() => {
                    let kind = envelope.envelope.command.kind();
                    tracing::error!(id = %envelope.envelope.id, kind, %fault, "a command that can never be done");
                    all.replies.push(Err(Refusal::Broken { detail: fault.to_string() }));
                }
                Err(fault) => {
                    all.replies.push(Err(Refusal::Unavailable { detail: fault.to_string() }));
                    faults.push(fault);
                }
            }
        }
        match faults.pop() {
            // Nothing at all could be kept: everybody sends again.
            Some(fault) if faults.len() + 1 == envelopes.len() => Err(fault),
            Some(_) | None => Ok(all),
        }
    }

    fn run_group(
        &mut self,
        now: Timestamp,
        envelopes: &[Sealed],
        batch: Option<&Batch>,
    ) -> Result<(Applied, Carried), Fault> {
        let done = self.run_within(now, envelopes, batch);
        if batch.is_some() {
            let stored = done.as_ref().is_ok_and(|(applied, _)| !applied.effects.terms);
            self.docs.lock().after(stored);
        }
        done
    }

    fn run_within(
        &mut self,
        now: Timestamp,
        envelopes: &[Sealed],
        batch: Option<&Batch>,
    ) -> Result<(Applied, Carried), Fault> {
        let mut applied = Applied::default();
        let tx = self.db.begin()?;
        let tx = match run_all(&tx, &self.parts, now, envelopes, &mut applied, Care::Quick) {
            Ok(()) => tx,
            Err(Halt::Fault(fault)) => return Err(fault.into()),
            Err(Halt::Careful) => {
                tx.rollback()?;
                applied = Applied::default();
                let tx = self.db.begin()?;
                run_all(&tx, &self.parts, now, envelopes, &mut applied, Care::Savepoints)?;
                tx
            }
        };
        #[cfg(feature = "mutations")]
        {
            self.groups += 1;
            let early = self.parts.mutations.contains(&super::Mutation::AnswerBeforeCommit);
            if early && self.groups.is_multiple_of(5) {
                tx.rollback()?;
                return Ok((applied, Carried::default()));
            }
        }
        let carried = match batch {
            // Under new terms the log has begun anew: what was made under the old ones is made again.
            Some(_) if applied.effects.terms => Carried { grew: false, more: true },
            Some(batch) => carry::store(&mut self.docs.lock(), &tx, now, batch)?,
            None => Carried::default(),
        };
        tx.commit()?;
        if applied.effects.terms {
            self.take_terms()?;
        }
        Ok((applied, carried))
    }
}

/// How a refused command's writes are taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Care {
    /// Refusals come before the first write, as good as always: no savepoints. The one that does not halts the group,
    /// which is then run anew with savepoints. Half the cost of a short command.
    Quick,
    /// A savepoint for each command.
    Savepoints,
}

/// Why a group does not go on.
pub(super) enum Halt {
    /// The database.
    Fault(DbError),
    /// A command was refused after it had written, and there is no savepoint to go back to.
    Careful,
}

impl From<DbError> for Halt {
    fn from(error: DbError) -> Self {
        Halt::Fault(error)
    }
}

impl From<Halt> for Fault {
    fn from(halt: Halt) -> Self {
        match halt {
            Halt::Fault(error) => Fault::Db(error),
            Halt::Careful => {
                Fault::Db(DbError::Corrupt("a savepoint was asked for where there is one".into()))
            }
        }
    }
}

fn run_all(
    tx: &Tx<'_>,
    parts: &Parts,
    now: Timestamp,
    envelopes: &[Sealed],
    applied: &mut Applied,
    care: Care,
) -> Result<(), Halt> {
    for envelope in envelopes {
        let reply = run_one(tx, parts, now, envelope, &mut applied.effects, care)?;
        applied.replies.push(reply);
    }
    Ok(())
}

/// One command inside a transaction.
///
/// # Errors
/// A fault; the transaction is to be rolled back.
pub(super) fn run_one(
    tx: &Tx<'_>,
    parts: &Parts,
    now: Timestamp,
    Sealed { envelope, content: sha }: &Sealed,
    effects: &mut Effects,
    care: Care,
) -> Result<Result<Answer, Refusal>, Halt> {
    let kept = envelope.command.is_kept();
    if kept && let Some(stored) = commands::find(tx, &envelope.id)? {
        #[cfg(feature = "mutations")]
        let again = parts.mutations.contains(&super::Mutation::SkipIdempotency);
        #[cfg(not(feature = "mutations"))]
        let again = false;
        if !again {
            return Ok(if stored.sha == *sha { stored.reply } else { Err(Refusal::IdReused) });
        }
        #[cfg(feature = "mutations")]
        commands::forget(tx, &envelope.id)?;
    }
    let before = tx.changes();
    if care == Care::Savepoints {
        tx.save()?;
    }
    let (mut changed, mut facts) = (Effects::default(), Facts::default());
    let mut flow = Flow {
        tx,
        now,
        id: envelope.id,
        actor: &envelope.actor,
        setup: &parts.setup,
        layout: &parts.layout,
        effects: &mut changed,
        facts: &mut facts,
        #[cfg(feature = "mutations")]
        mutations: &parts.mutations,
    };
    let reply = match flows::run(&mut flow, &envelope.command) {
        Ok(answer) => Ok(answer),
        Err(Stop::RefusedAndKept(refusal)) => Err((refusal, true)),
        Err(Stop::Refused(refusal)) => Err((refusal, false)),
        Err(Stop::Fault(fault)) => return Err(fault.into()),
    };
    let stays = !matches!(reply, Err((_, false)));
    if stays {
        ledger::flush(tx)?;
        outbox::push(tx, now, facts)?;
    }
    match (care, stays) {
        (Care::Savepoints, true) => tx.keep()?,
        (Care::Savepoints, false) => tx.take_back()?,
        (Care::Quick, false) if tx.wrote_since(before) => return Err(Halt::Careful),
        (Care::Quick, _) => {}
    }
    if stays {
        effects.merge(changed);
    }
    let reply = reply.map_err(|(refusal, _)| refusal);
    if kept {
        let what = (&envelope.id, envelope.command.kind(), sha);
        commands::store(tx, what, (now, &envelope.actor), &reply)?;
    }
    Ok(reply)
}
