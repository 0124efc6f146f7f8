//! Repair of a document that differs from the store's: what the store says by automerge's protocol comes in change by change, as
//! it would in a lane, and what there is to say next is worked out. Which document, and when, is the session's business.

use super::{Fault, HubEngine, Inbound, Under};
use ::sync::doc::{DocKey, RepairAnswer, RepairMessage, Repairing};
use model::{StoreId, Timestamp};

impl HubEngine {
    /// Takes in what a store says of a document, and gives what to say next. Without a message: the first word. When this
    /// returns, everything that could be applied is durable; what could not is in quarantine.
    ///
    /// # Errors
    /// [`Fault::OldTerms`]: the session is over. Any other: nothing of the message was kept.
    pub fn repair(
        &mut self,
        now: Timestamp,
        (store, under): (&StoreId, Under),
        doc: DocKey,
        (so_far, message): (&mut Repairing, Option<&[u8]>),
    ) -> Result<(Inbound, RepairAnswer), Fault> {
        self.still(store, under)?;
        if self.is_settled(store, doc)? {
            return Ok((Inbound::default(), RepairAnswer::default()));
        }
        let (inbound, came) = match message {
            None => (Inbound::default(), None),
            Some(bytes) => match RepairMessage::read(bytes) {
                Ok(came) => (self.take_changes(now, store, doc, &came.changes)?, Some(came)),
                Err(error) => {
                    let what = format!("a repair of {}: {error}", doc.of(store));
                    self.aside(now, store, bytes, &what)?;
                    return Ok((Inbound { quarantined: 1, ..Inbound::default() }, RepairAnswer::default()));
                }
            },
        };
        let shared = self.docs.clone();
        let answer =
            shared.lock().durable(&*self.db, &doc.of(store), |document| document.repair(so_far, came))?;
        self.trim_documents();
        Ok((inbound, answer?))
    }

    fn take_changes(
        &mut self,
        now: Timestamp,
        store: &StoreId,
        doc: DocKey,
        changes: &[Vec<u8>],
    ) -> Result<Inbound, Fault> {
        self.within(|engine| {
            let mut out = Inbound::default();
            for change in changes {
                engine.one_record(now, store, (0, doc, change), &mut out)?;
            }
            Ok(out)
        })
    }
}
