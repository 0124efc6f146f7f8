//! What the store does in an ordinary hour.

use super::{At, Ledger, State, store_quota};
use crate::rules::{Bounds, Rule};

impl State {
    fn ledger_mut(&mut self, generation: u8) -> &mut Ledger {
        &mut self.store.ledgers[usize::from(self.store.epoch)][usize::from(generation)]
    }

    /// The open deficit never grows by itself; it falls as needs fall.
    fn settle(&mut self) {
        let missing = self.need().saturating_sub(u32::from(self.store.hand));
        self.store.deficit = self.store.deficit.min(missing as u8);
    }

    /// Grants one unit more, and publishes.
    pub(super) fn grants(&self, bounds: &Bounds, out: Option<Rule>) -> Option<State> {
        let mut next = *self;
        let (epoch, generation) = (self.store.epoch, self.store.generation);
        let ledger = next.ledger_mut(generation);
        if !self.open_for_business(out) || ledger.granted > bounds.units {
            return None;
        }
        if out == Some(Rule::GrantFromFree) {
            (u32::from(self.store.hand) > self.reserved()).then_some(())?;
            ledger.granted += 1;
        } else {
            // The product's own rule, with what other generations hold taken off.
            let mut quota = store_quota(*ledger);
            let unreserved = u64::from(self.free(out)) + quota.outstanding();
            quota.grant(1, unreserved).ok()?;
            ledger.granted = quota.granted() as u8;
        }
        let total = ledger.granted;
        let published = &mut next.granted[usize::from(epoch)][usize::from(generation)];
        *published = total.max(*published);
        Some(next)
    }

    /// Sells one unit at the counter.
    pub(super) fn counter_sells(&self, bounds: &Bounds, out: Option<Rule>) -> Option<State> {
        let free = match out {
            Some(Rule::CounterFromFree) => u32::from(self.store.hand),
            Some(_) | None => self.free(out),
        };
        let may = self.open_for_business(out) && self.local < bounds.local && free > 0 && self.physical > 0;
        may.then(|| {
            let mut next = *self;
            (next.store.hand, next.physical, next.local) =
                (self.store.hand - 1, self.physical - 1, self.local + 1);
            next
        })
    }

    /// An order of the hub arrives, for the first time or again.
    pub(super) fn hears_order(&self, order: usize, out: Option<Rule>) -> Option<State> {
        let (epoch, generation) = self.sold[order]?;
        let mut next = *self;
        match self.store.orders[order] {
            At::Unheard if epoch == self.store.epoch => {
                let ledger = next.ledger_mut(generation);
                let mut quota = store_quota(*ledger);
                // Beyond the grant: the store must not take it; a person is told. Nothing changes.
                quota.take_order(1).ok()?;
                ledger.seen += 1;
                next.store.orders[order] = At::Accepted;
            }
            At::Unheard => next.store.orders[order] = At::Unknown,
            At::Closed if out == Some(Rule::IdempotentOrders) => next.store.orders[order] = At::Accepted,
            At::Accepted | At::Unknown | At::Closed => return None,
        }
        Some(next)
    }

    /// Picks and hands over.
    pub(super) fn ships(&self, order: usize, out: Option<Rule>) -> Option<State> {
        let picked = match self.store.orders[order] {
            At::Accepted => true,
            At::Unknown => out == Some(Rule::UnknownIsNotPicked),
            At::Unheard | At::Closed => false,
        };
        (picked && self.store.hand > 0 && self.physical > 0).then(|| {
            let mut next = *self;
            next.store.orders[order] = At::Closed;
            (next.store.hand, next.physical) = (self.store.hand - 1, self.physical - 1);
            next.shipped[order] += 1;
            next
        })
    }

    /// A unit is found to be gone; what is promised beyond the rest becomes the open deficit.
    pub(super) fn vanishes(&self, bounds: &Bounds) -> Option<State> {
        let may =
            self.shrunk < bounds.shrinks && self.physical > 0 && self.store.hand > 0 && !self.store.fenced;
        may.then(|| {
            let mut next = *self;
            (next.store.hand, next.physical, next.shrunk) =
                (self.store.hand - 1, self.physical - 1, self.shrunk + 1);
            next.store.deficit = next.need().saturating_sub(u32::from(next.store.hand)) as u8;
            next
        })
    }

    /// Tells a customer that the order cannot be filled.
    pub(super) fn shorts(&self, order: usize, out: Option<Rule>) -> Option<State> {
        let counted = self.store.deficit > 0 || out == Some(Rule::ShortsAreCounted);
        let known = !self.store.orders.contains(&At::Unknown) || out == Some(Rule::ShortsWaitForUnknown);
        (self.store.orders[order] == At::Accepted && counted && known).then(|| {
            let mut next = *self;
            next.store.orders[order] = At::Closed;
            next.shorted[order] = true;
            next.settle();
            next
        })
    }

    /// Does what the customer asked for: the units are free again, for whomever the store grants them.
    pub(super) fn store_cancels(&self, order: usize) -> Option<State> {
        (self.cancel_asked[order] && self.store.orders[order] == At::Accepted).then(|| {
            let mut next = *self;
            next.store.orders[order] = At::Closed;
            next.cancelled[order] = true;
            next.settle();
            next
        })
    }

    /// Hears how much the hub gave back.
    pub(super) fn hears_return(&self, generation: u8, total: u8) -> Option<State> {
        let mut next = *self;
        let ledger = next.ledger_mut(generation);
        let mut quota = store_quota(*ledger);
        quota.learn_returned(total.into()).ok()?.then_some(())?;
        ledger.returned = total;
        next.settle();
        Some(next)
    }

    /// A lease that ran out: only without the rule.
    pub(super) fn takes_back(&self, out: Option<Rule>) -> Option<State> {
        let mut next = *self;
        let ledger = next.ledger_mut(self.store.generation);
        let may = out == Some(Rule::NoLeases) && store_quota(*ledger).outstanding() > 0;
        ledger.returned += u8::from(may);
        may.then_some(next)
    }
}
