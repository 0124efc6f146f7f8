//! Group commit: many commands, one transaction, a savepoint for each; answers leave only after the commit.

use super::{Applied, Engine, Fault, Parts};
use crate::answer::Answer;
use crate::command::Envelope;
use crate::db::{DbError, Tx, commands};
use crate::effects::Effects;
use crate::flows::{self, Flow, Stop};
use crate::refusal::Refusal;
use model::Timestamp;

impl Engine {
    /// Carries out commands in their order and commits once. A repeated id gets its first answer.
    ///
    /// A command that meets a fault by itself is answered [`Refusal::Unavailable`]; its neighbours are not held up.
    ///
    /// # Errors
    /// When nothing could be kept at all: everything may be sent again.
    pub fn apply(&mut self, now: Timestamp, envelopes: Vec<Envelope>) -> Result<Applied, Fault> {
        match self.run_group(now, &envelopes) {
            Ok(applied) => Ok(applied),
            Err(fault) if envelopes.len() < 2 => Err(fault),
            Err(_) => self.run_singly(now, &envelopes),
        }
    }

    fn run_singly(&mut self, now: Timestamp, envelopes: &[Envelope]) -> Result<Applied, Fault> {
        let mut all = Applied::default();
        let mut faults = Vec::new();
        for envelope in envelopes {
            match self.run_group(now, std::slice::from_ref(envelope)) {
                Ok(one) => {
                    all.replies.extend(one.replies);
                    all.effects.merge(one.effects);
                }
                Err(fault) => {
                    all.replies.push(Err(Refusal::Unavailable { detail: fault.to_string() }));
                    faults.push(fault);
                }
            }
        }
        match faults.pop() {
            Some(fault) if faults.len() + 1 == envelopes.len() => Err(fault),
            Some(_) | None => Ok(all),
        }
    }

    fn run_group(&mut self, now: Timestamp, envelopes: &[Envelope]) -> Result<Applied, Fault> {
        let tx = self.db.begin()?;
        let mut applied = Applied::default();
        for envelope in envelopes {
            let reply = run_one(&tx, &self.parts, now, envelope, &mut applied.effects)?;
            applied.replies.push(reply);
        }
        #[cfg(feature = "mutations")]
        {
            self.groups += 1;
            let early = self.parts.mutations.contains(&super::Mutation::AnswerBeforeCommit);
            if early && self.groups.is_multiple_of(5) {
                tx.rollback()?;
                return Ok(applied);
            }
        }
        tx.commit()?;
        Ok(applied)
    }
}

/// One command inside a transaction.
///
/// # Errors
/// A fault; the transaction is to be rolled back.
pub(super) fn run_one(
    tx: &Tx<'_>,
    parts: &Parts,
    now: Timestamp,
    envelope: &Envelope,
    effects: &mut Effects,
) -> Result<Result<Answer, Refusal>, DbError> {
    let kept = envelope.command.is_kept();
    let sha = if kept { envelope.command.sha()? } else { [0; 32] };
    if kept && let Some(stored) = commands::find(tx, &envelope.id)? {
        #[cfg(feature = "mutations")]
        let again = parts.mutations.contains(&super::Mutation::SkipIdempotency);
        #[cfg(not(feature = "mutations"))]
        let again = false;
        if !again {
            return Ok(if stored.sha == sha { stored.reply } else { Err(Refusal::IdReused) });
        }
        #[cfg(feature = "mutations")]
        commands::forget(tx, &envelope.id)?;
    }
    tx.save()?;
    let mut changed = Effects::default();
    let mut flow = Flow {
        tx,
        now,
        id: envelope.id,
        actor: &envelope.actor,
        setup: &parts.setup,
        layout: &parts.layout,
        effects: &mut changed,
        #[cfg(feature = "mutations")]
        mutations: &parts.mutations,
    };
    let reply = match flows::run(&mut flow, &envelope.command) {
        Ok(answer) => {
            tx.keep()?;
            effects.merge(changed);
            Ok(answer)
        }
        Err(Stop::RefusedAndKept(refusal)) => {
            tx.keep()?;
            effects.merge(changed);
            Err(refusal)
        }
        Err(Stop::Refused(refusal)) => {
            tx.take_back()?;
            Err(refusal)
        }
        Err(Stop::Fault(fault)) => return Err(fault),
    };
    if kept {
        let what = (&envelope.id, envelope.command.kind(), &sha);
        commands::store(tx, what, (now, &envelope.actor), &reply)?;
    }
    Ok(reply)
}
