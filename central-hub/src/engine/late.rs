//! What came late for an order that a restored hub has forgotten, before the order. That one stands in another document, which
//! comes in its own time (a closed hour beside the session), or people bring it back from other logs; till then the fact waits, and
//! is read again in its document when the order is known. Once two people have said that everything is here, what still waits is
//! for a person; and after [`SAID_AGAIN_HOURS`] it waits no more.

use super::inbound::Effect;
use super::{Fault, HubEngine};
use crate::db::hours::Late;
use crate::refusal::Refusal;
use ::sync::doc::{ClosedHour, DocError, DocId, OrderView, SAID_AGAIN_HOURS};
use model::order::Channel;
use model::quota::FIRST_GENERATION;
use model::{StoreId, Timestamp};

/// What one look settles at most.
const AT_ONCE: u32 = 256;
/// What one look gives up at most; the rest goes with the next.
const GIVEN_UP_AT_ONCE: u32 = 1_000;

impl HubEngine {
    /// Whether something came before the order that it is about, which this hub has forgotten.
    pub(super) fn is_early(&self, view: &OrderView) -> Result<bool, Fault> {
        Ok(view.late.is_some()
            && view.head.channel == Channel::Online
            && self.db.generation()? != FIRST_GENERATION
            && self.db.order(&view.order)?.is_none())
    }

    /// Takes what waited for orders that are known by now. What waits in vain, because the past is closed, goes to quarantine once,
    /// and waits on. Gives how many those are.
    pub(super) fn settle_late(&mut self, now: Timestamp, store: &StoreId) -> Result<u32, Fault> {
        let installation = self.db.installation()?;
        if installation.generation == FIRST_GENERATION {
            return Ok(0);
        }
        let mut aside = 0;
        for late in self.db.late_due(store, AT_ONCE)? {
            for (said, effect) in effects(self.late_views(&late)?) {
                if let Err(why) = self.take_effect(now, (store, &late.1), said.as_bytes(), effect)? {
                    self.db.quarantine(store, (&late.1, 0), said.as_bytes(), &why, now)?;
                    aside += 1;
                }
            }
            self.db.drop_late(store, &late)?;
        }
        if !installation.log_whole {
            return Ok(aside);
        }
        let why = Refusal::UnknownOrder.problem().title;
        for late in self.db.late_untold(store, AT_ONCE)? {
            let said = format!("{:?}", self.late_views(&late)?);
            tracing::warn!(%store, doc = %late.1, order = %late.0, %why, "what came late waits in vain");
            self.db.quarantine(store, (&late.1, 0), said.as_bytes(), &why, now)?;
            self.db.set_late_told(store, &late)?;
            aside += 1;
        }
        Ok(aside)
    }

    /// What waits for longer than anything is said again waits no more, and one line says what it was: its order comes no more.
    pub(super) fn give_up_late(&mut self, now: Timestamp, store: &StoreId) -> Result<(), Fault> {
        let gone =
            self.db.late_before(store, now.hour().saturating_sub(SAID_AGAIN_HOURS), GIVEN_UP_AT_ONCE)?;
        if gone.is_empty() {
            return Ok(());
        }
        let names = gone.iter().map(|(order, doc)| format!("{order} {doc}\n"));
        let named = names.collect::<String>();
        let why = format!(
            "{} facts that came late were about orders that never came in {SAID_AGAIN_HOURS} hours, and wait no more",
            gone.len()
        );
        tracing::warn!(%store, %why, %named, "late facts are given up");
        self.db.quarantine_bytes(store, named.as_bytes(), &why, now)?;
        for late in &gone {
            self.db.drop_late(store, late)?;
        }
        Ok(())
    }

    /// What a document, or the blob that took its place, says late of an order, as far as it can be read.
    fn late_views(&self, (order, doc): &Late) -> Result<LateViews, Fault> {
        let DocId::Orders { hour, .. } = *doc else { return Ok(Ok(Vec::new())) };
        let Some(blob) = self.db.closed_blob(doc)? else {
            return Ok(self.docs.lock().open(&*self.db, doc)?.late(order));
        };
        let of_order = |view: &OrderView| view.late.is_some() && view.order == *order;
        Ok(ClosedHour::read(hour, &blob).map(|closed| closed.orders.into_iter().filter(of_order).collect()))
    }
}

type LateViews = Result<Vec<OrderView>, DocError>;

/// What it means for the tables, each with its words.
fn effects(views: LateViews) -> Vec<(String, Effect)> {
    match views {
        Ok(views) => {
            views.into_iter().map(|view| (format!("{view:?}"), Effect::Order(Box::new(view)))).collect()
        }
        Err(error) => vec![(error.to_string(), Effect::Wrong(error.to_string()))],
    }
}
