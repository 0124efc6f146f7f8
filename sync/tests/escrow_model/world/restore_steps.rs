//! Databases that come back from an earlier moment, and the way out of that: fence, count, the hub's word, generations.

use super::{At, Hub, State, Store};
use crate::rules::{Bounds, Rule};

impl State {
    /// A backup that a restore may come back to.
    pub(super) fn store_backup(&self, bounds: &Bounds) -> Option<State> {
        let useful = self.store_restores < bounds.store_restores && self.store_backup != self.store;
        useful.then_some(State { store_backup: self.store, ..*self })
    }

    /// New hardware with an old database. The hub mints the epoch and from then on sells nothing from older ones.
    pub(super) fn store_restored(&self, bounds: &Bounds, out: Option<Rule>) -> Option<State> {
        (self.store_restores < bounds.store_restores).then(|| {
            let old = self.store_backup;
            let again = |at: At| if at == At::Accepted { At::Unknown } else { at };
            let store = Store {
                epoch: self.hub_epoch + 1,
                generation: self.hub_generation,
                fenced: true,
                counted: false,
                acknowledged: false,
                deficit: if out == Some(Rule::DeficitIsCountedAnew) { old.deficit } else { 0 },
                orders: old.orders.map(again),
                ..old
            };
            let mut next = State {
                store,
                hub_epoch: self.hub_epoch + 1,
                store_restores: self.store_restores + 1,
                ..*self
            };
            next.give_word(out);
            next
        })
    }

    /// The hub names every order of older epochs, once it has them all.
    fn give_word(&mut self, out: Option<Rule>) {
        let sure = self.hub_log_whole || out == Some(Rule::WordNeedsWholeLog);
        if self.hub_epoch > 0 && self.word.is_none() && sure {
            self.word = Some(self.hub.knows);
        }
    }

    /// People count the shelf.
    pub(super) fn counted(&self) -> Option<State> {
        (self.store.fenced && !self.store.counted).then(|| {
            let mut next = *self;
            (next.store.hand, next.store.counted) = (self.physical, true);
            next
        })
    }

    /// The hub's word arrives: every order it names is known now, though not how it ended.
    pub(super) fn hears_word(&self) -> Option<State> {
        let named = self.word.filter(|_| self.store.fenced && !self.store.acknowledged)?;
        let mut next = *self;
        next.store.acknowledged = true;
        for (at, _) in
            next.store.orders.iter_mut().zip(named).filter(|(at, named)| *named && **at == At::Unheard)
        {
            *at = At::Unknown;
        }
        Some(next)
    }

    /// A person looks at the bay, the log and the customer, and says how an UNKNOWN order ended.
    pub(super) fn resolves(&self, order: usize) -> Option<State> {
        (self.store.orders[order] == At::Unknown).then(|| {
            let mut next = *self;
            let ended = self.shipped[order] > 0 || self.shorted[order] || self.cancelled[order];
            next.store.orders[order] = if ended { At::Closed } else { At::Accepted };
            next.record_deficit();
            next
        })
    }

    /// Open again.
    pub(super) fn opens(&self, out: Option<Rule>) -> Option<State> {
        let counted = self.store.counted || out == Some(Rule::Count);
        let acknowledged = self.store.acknowledged || out == Some(Rule::HubAcknowledges);
        (self.store.fenced && counted && acknowledged).then(|| {
            let mut next = *self;
            next.store.fenced = false;
            next.record_deficit();
            next
        })
    }

    /// What is promised beyond the count is written down, once nothing is UNKNOWN any more.
    fn record_deficit(&mut self) {
        if self.store.counted && !self.store.orders.contains(&At::Unknown) {
            self.store.deficit = self.need().saturating_sub(u32::from(self.store.hand)) as u8;
        }
    }

    /// A backup of the hub.
    pub(super) fn hub_backup(&self, bounds: &Bounds) -> Option<State> {
        let useful = self.hub_restores < bounds.hub_restores && self.hub_backup != self.hub;
        useful.then_some(State { hub_backup: self.hub, ..*self })
    }

    /// The hub comes back from an earlier moment, as a new generation without rights.
    pub(super) fn hub_restored(&self, bounds: &Bounds) -> Option<State> {
        (self.hub_restores < bounds.hub_restores).then(|| State {
            hub: self.hub_backup,
            hub_generation: self.hub_generation + 1,
            hub_restores: self.hub_restores + 1,
            hub_log_whole: false,
            ..*self
        })
    }

    /// The store hears of the new generation; it grants to that one from now on.
    pub(super) fn hears_generation(&self) -> Option<State> {
        (self.store.generation < self.hub_generation).then(|| {
            let mut next = *self;
            next.store.generation = self.hub_generation;
            next
        })
    }

    /// Two people have brought the lost orders back from the gateway's and the notifications' logs.
    pub(super) fn log_recovered(&self, out: Option<Rule>) -> Option<State> {
        (!self.hub_log_whole).then(|| {
            let mut next = *self;
            next.hub = Hub { knows: self.sold.map(|at| at.is_some()), ..self.hub };
            (next.hub_log_whole, next.closing) = (true, true);
            next.give_word(out);
            next
        })
    }

    /// The lost generation is closed: its orders are taken over, the rest of its rights is free again.
    pub(super) fn hears_closing(&self) -> Option<State> {
        let old = self.store.generation.checked_sub(1).filter(|_| self.closing)?;
        let mut next = *self;
        let named: Vec<usize> =
            (0..self.sold.len()).filter(|n| self.sold[*n] == Some((self.store.epoch, old))).collect();
        for order in named {
            next = next.hears_order(order, None).unwrap_or(next);
        }
        let ledger = &mut next.store.ledgers[usize::from(self.store.epoch)][usize::from(old)];
        ledger.returned = ledger.granted - ledger.seen;
        (next != *self).then_some(next)
    }
}
