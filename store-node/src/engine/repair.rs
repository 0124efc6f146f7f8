//! Repair of a document that differs from the hub's: what the hub says by automerge's protocol comes in change by change, as it
//! would in a lane, and what there is to say next is worked out. Which document, and when, is the session's business.

use super::docs::Docs;
use super::inbound::{ASIDE_MAX, Came, take_one};
use super::{Applied, Engine, Fault};
use crate::db::docs;
use model::Timestamp;
use sync::doc::{DocKey, RepairAnswer, RepairMessage, Repairing};

/// What comes before a refused change's name in quarantine.
const ORIGIN: &str = "hub repair";

impl Engine {
    /// Takes in what the hub says of a document, and gives what to say next. Without a message: the first word. When this
    /// returns, everything that could be applied is durable; what could not is in quarantine.
    ///
    /// # Errors
    /// A fault; nothing of the message was kept.
    pub fn repair(
        &mut self,
        now: Timestamp,
        doc: DocKey,
        (so_far, message): (&mut Repairing, Option<&[u8]>),
    ) -> Result<(Applied, RepairAnswer), Fault> {
        let shared = self.docs.clone();
        let mut live = shared.lock();
        if live.is_closed(self.db.read(), doc)? {
            return Ok((Applied::default(), RepairAnswer::default()));
        }
        let Some(bytes) = message else {
            let answer = live.durable(self.db.read(), doc, |document| document.repair(so_far, None))?;
            return Ok((Applied::default(), answer?));
        };
        let mut applied = Applied::default();
        let done = self.take_message(now, (doc, bytes), &mut live, &mut applied);
        live.trim_or_forget(done.is_ok());
        let Some(came) = done? else { return Ok((applied, RepairAnswer::default())) };
        applied.effects.link = true;
        let answer = live.durable(self.db.read(), doc, |document| document.repair(so_far, Some(came)))?;
        Ok((applied, answer?))
    }

    /// Its changes, each by itself: what cannot be used is named, and the rest goes on.
    fn take_message(
        &mut self,
        now: Timestamp,
        (doc, bytes): (DocKey, &[u8]),
        live: &mut Docs,
        applied: &mut Applied,
    ) -> Result<Option<RepairMessage>, Fault> {
        let tx = self.db.begin()?;
        let came = match RepairMessage::read(bytes) {
            Ok(came) => Some(came),
            Err(error) => {
                let name = live.name(doc);
                if docs::set_aside_of(&tx, ORIGIN)? < ASIDE_MAX {
                    docs::quarantine(&tx, now, ORIGIN, &name, bytes, &error.to_string())?;
                }
                None
            }
        };
        for change in came.iter().flat_map(|came| &came.changes) {
            let one = Came { now, origin: ORIGIN.to_owned(), doc, bytes: change };
            take_one(&tx, &self.parts, live, &one, applied)?;
        }
        tx.commit()?;
        Ok(came)
    }
}
