//! Hours that are over become blobs: the hub's last word first, and once both sides' words stand and are acknowledged, the
//! canonical blob in place of the chunks. What cannot be read back is left as it is.

use super::inbound::Effect;
use super::{Fault, HubEngine};
use crate::db::{Db, HubTx};
use crate::flows;
use ::sync::doc::{ClosedHour, DocError, DocId, DocKey, ManifestEntry, SAID_AGAIN_HOURS};
use model::fact::Fact;
use model::order::Owner;
use model::quota::{FIRST_GENERATION, StoreEpoch};
use model::{StoreId, Timestamp};

/// Hours of one store that one look closes at most.
const CLOSES_MAX: u32 = 16;

/// What one look at the hours of all stores did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HoursSeen {
    /// Hours in which the hub said its last word: facts wait to be carried.
    pub marked: u32,
    /// Hours that are blobs now.
    pub closed: u32,
}

/// Why a blob from a store is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BlobRefused {
    /// Not a document that becomes a blob.
    #[error("only hours of orders are closed")]
    NoHour,
    /// It cannot be closed yet, or lies further back than anything is kept to be said again.
    #[error("the hour is not over here, or more than {SAID_AGAIN_HOURS} hours ago")]
    NotOver,
    /// Its content has another SHA-256 than its manifest says.
    #[error("the blob's content is not what its manifest says")]
    OtherContent,
    /// It stands here already, with another content: a person must look.
    #[error("the hour is closed here with another content")]
    Differs,
    /// Changes of that hour wait here; they would be lost.
    #[error("the hour is still open here")]
    Open,
    /// It has not what stands here, and nobody can say it again: the two are not of one life, and a person must look.
    #[error("the hour is closed there without something that stands here")]
    Apart,
    /// It does not read.
    #[error("{0}")]
    Unreadable(#[from] DocError),
    /// The store was replaced.
    #[error("this is the machine of epoch {}, and the store's epoch is {}", .given.0, .current.0)]
    Superseded {
        /// Of the sender.
        given: StoreEpoch,
        /// In force.
        current: StoreEpoch,
    },
}

impl BlobRefused {
    /// Whether somebody has to look: an hour that is merely still open ends by itself.
    const fn is_for_a_person(&self) -> bool {
        match self {
            Self::OtherContent | Self::Differs | Self::Apart | Self::Unreadable(_) => true,
            Self::NoHour | Self::NotOver | Self::Open | Self::Superseded { .. } => false,
        }
    }
}

impl HubEngine {
    /// Looks at the hours of every store: says last words, makes blobs.
    ///
    /// # Errors
    /// [`Fault`]: nothing of this look was kept.
    pub fn close_hours(&mut self, now: Timestamp) -> Result<HoursSeen, Fault> {
        let shared = self.docs.clone();
        let seen = self.within(|engine| {
            let mut seen = HoursSeen::default();
            for store in engine.db.stores()? {
                seen.marked += flows::hours::mark(&mut *engine.db, now, &store.seed.id)?;
                seen.closed += engine.close_ready(now, &store.seed.id)?;
                engine.settle_late(now, &store.seed.id)?;
                engine.give_up_late(now, &store.seed.id)?;
            }
            Ok(seen)
        })?;
        if seen.closed > 0 {
            shared.lock().forget();
        }
        Ok(seen)
    }

    fn close_ready(&mut self, now: Timestamp, store: &StoreId) -> Result<u32, Fault> {
        let shared = self.docs.clone();
        let mut docs = shared.lock();
        if docs.is_owing() {
            return Ok(0);
        }
        let mut closed = 0;
        for hour in self.db.hours_ready(store, CLOSES_MAX)? {
            let id = DocKey::Orders { hour }.of(store);
            let document = docs.open(&*self.db, &id)?;
            // A mark that is carried in this very moment, or a change that waits for another: the next look.
            if document.is_closed() || !document.is_complete()? {
                continue;
            }
            match document.close() {
                Ok(blob) => {
                    self.db.close_hour(&id, hour, &blob, now)?;
                    closed += 1;
                }
                Err(error) => tracing::error!(doc = %id, %error, "an hour stays a document"),
            }
        }
        Ok(closed)
    }

    /// As [`HubEngine::take_closed`], from the machine of an epoch: one that was replaced says nothing any more, whether it has a
    /// session or not.
    ///
    /// # Errors
    /// [`Fault`]: nothing of it happened.
    pub fn take_closed_of(
        &mut self,
        now: Timestamp,
        (store, epoch): (&StoreId, Option<StoreEpoch>),
        entry: &ManifestEntry,
        bytes: Vec<u8>,
    ) -> Result<Result<(), BlobRefused>, Fault> {
        let (current, _) = self.under(store)?;
        match epoch {
            Some(given) if given != current => Ok(Err(BlobRefused::Superseded { given, current })),
            Some(_) | None => self.take_closed(now, store, entry, bytes),
        }
    }

    /// Takes an hour of a store as a blob, as a restored hub gets it, and learns from it what its former life knew. `Ok(Err)`:
    /// it is refused, with the reason; what a person must look at is kept with it.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn take_closed(
        &mut self,
        now: Timestamp,
        store: &StoreId,
        entry: &ManifestEntry,
        bytes: Vec<u8>,
    ) -> Result<Result<(), BlobRefused>, Fault> {
        let shared = self.docs.clone();
        let taken = self.within(|engine| {
            let id = entry.doc.of(store);
            let taken = match engine.judge_closed(now, &id, entry, &bytes)? {
                Ok(None) => Ok(()),
                Ok(Some(new)) => {
                    engine.db.close_hour(
                        &id,
                        new.closed.hour,
                        &new.closed.blob(entry.sha256, bytes.clone()),
                        now,
                    )?;
                    engine.learn_closed(now, (store, &id), &new)?;
                    Ok(())
                }
                Err(refused) => Err(refused),
            };
            if let Err(refused) = &taken
                && refused.is_for_a_person()
            {
                let why = format!("{id}: {refused}");
                engine.keep_aside(now, store, &bytes, &why)?;
            }
            Ok(taken)
        });
        if !matches!(taken, Ok(Err(_))) {
            shared.lock().forget();
        }
        taken
    }

    /// `None`: it stands here already, the same.
    fn judge_closed(
        &mut self,
        now: Timestamp,
        id: &DocId,
        entry: &ManifestEntry,
        bytes: &[u8],
    ) -> Result<Result<Option<New>, BlobRefused>, Fault> {
        let DocId::Orders { hour, .. } = *id else { return Ok(Err(BlobRefused::NoHour)) };
        let closed = match ClosedHour::read(hour, bytes) {
            Ok(closed) => closed,
            Err(error) => return Ok(Err(error.into())),
        };
        if ClosedHour::digest(bytes) != Ok(entry.sha256) {
            return Ok(Err(BlobRefused::OtherContent));
        }
        if let Some(known) = self.db.closed_blob(id)? {
            let same = ClosedHour::digest(&known) == Ok(entry.sha256);
            return Ok(if same { Ok(None) } else { Err(BlobRefused::Differs) });
        }
        if !(now.hour() - SAID_AGAIN_HOURS..now.hour()).contains(&hour) {
            return Ok(Err(BlobRefused::NotOver));
        }
        if self.db.chunks(id)?.is_empty() {
            return Ok(Ok(Some(New { closed, late: Vec::new() })));
        }
        // Of a hub that has forgotten a part of its life, the store knows that the hour ended: what stands here is older.
        if self.db.generation()? == FIRST_GENERATION {
            return Ok(Err(BlobRefused::Open));
        }
        let shared = self.docs.clone();
        let mut docs = shared.lock();
        let here = docs.open(&*self.db, id)?.close().and_then(|blob| ClosedHour::read(hour, &blob.bytes));
        let Ok(here) = here else { return Ok(Err(BlobRefused::Open)) };
        let late = said_since(&*self.db, &closed, &here)?;
        Ok(late.map_or(Err(BlobRefused::Apart), |late| Ok(Some(New { closed, late }))))
    }

    /// The orders of an hour that came closed, as those of an open one are learnt; and what this life of the hub has said there,
    /// which goes to a later hour.
    fn learn_closed(
        &mut self,
        now: Timestamp,
        (store, id): (&StoreId, &DocId),
        new: &New,
    ) -> Result<(), Fault> {
        for view in &new.closed.orders {
            let whose = format!("{id} {} {:?}", view.order, view.late);
            let effect = Effect::Order(Box::new(view.clone()));
            if let Err(why) = self.take_effect(now, (store, id), whose.as_bytes(), effect)? {
                self.keep_aside(now, store, whose.as_bytes(), &format!("{whose}: {why}"))?;
            }
        }
        self.settle_late(now, store)?;
        Ok(self.db.add_facts(store, &new.late)?)
    }
}

/// An hour that is taken.
struct New {
    closed: ClosedHour,
    /// What this side has said in it and the blob does not know.
    late: Vec<Fact>,
}

/// What the hub has said in a document beyond what the closed hour shows. What it has said late there it says late again, of the
/// order's own hour. `None` when something stands in the document that is not the hub's to say again, and not in the closed hour:
/// the two are not of one life, and nothing is overwritten.
fn said_since(tx: &dyn HubTx, closed: &ClosedHour, here: &ClosedHour) -> Db<Option<Vec<Fact>>> {
    let mut late = Vec::new();
    for view in &here.orders {
        let order = view.order;
        let known = closed.orders.iter().find(|other| (other.order, other.late) == (order, view.late));
        let hour = match (known, view.late) {
            (None, None | Some(Owner::Store)) => return Ok(None),
            (Some(_), None) => closed.hour,
            (_, Some(_)) => tx.order(&order)?.map_or(closed.hour, |row| row.placed_at.hour()),
        };
        for (moment, at) in &view.moments.0 {
            let said = known.is_some_and(|known| known.moments.get(*moment).is_some());
            if view.head.channel.owner_of(*moment) == Owner::Hub && !said {
                late.push(Fact::Moment { order, hour, moment: *moment, at: *at });
            }
        }
        for answer in &view.answers {
            if known.is_none_or(|known| known.answers.iter().all(|other| other.line != answer.line)) {
                late.push(Fact::Answer { order, hour, answer: answer.clone() });
            }
        }
        if let Some(rider) = view.rider.as_ref().filter(|_| known.is_none_or(|known| known.rider.is_none())) {
            late.push(Fact::Rider { order, hour, rider: rider.clone() });
        }
    }
    Ok(Some(late))
}
