//! The simulation's own time and its queue of what is to come. Nothing here, and nothing driven from here, reads the
//! machine's clock: two runs of one seed see the same moments in the same order.

use model::Timestamp;
use std::collections::BTreeMap;

/// What will happen, by time and, at one time, in the order it was planned.
#[derive(Debug)]
pub struct Queue<E> {
    now: i64,
    planned: u64,
    events: BTreeMap<(i64, u64), E>,
}

impl<E> Queue<E> {
    /// An empty queue that stands at `start`.
    pub const fn new(start: Timestamp) -> Self {
        Self { now: start.ms(), planned: 0, events: BTreeMap::new() }
    }

    /// The true time. Nodes have their own, wrong ones: see [`Drift`].
    pub const fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.now)
    }

    /// Plans an event in `ms` milliseconds; a negative span counts as now.
    pub fn after(&mut self, ms: i64, event: E) {
        self.planned += 1;
        self.events.insert((self.now.saturating_add(ms.max(0)), self.planned), event);
    }

    /// As [`Queue::pop`], if the next event is not after `until`.
    pub fn pop_until(&mut self, until: Timestamp) -> Option<E> {
        let (at, _) = self.events.first_key_value().map(|(key, _)| *key)?;
        if at <= until.ms() { self.pop() } else { None }
    }

    /// Moves the time on, past no event that is planned.
    pub fn advance(&mut self, until: Timestamp) {
        self.now = self.now.max(until.ms());
    }

    /// Moves the time to the next event.
    pub fn pop(&mut self) -> Option<E> {
        let ((at, _), event) = self.events.pop_first()?;
        self.now = at;
        Some(event)
    }
}

/// How far a node's clock is off.
#[derive(Debug, Clone, Copy, Default)]
pub struct Drift(i64);

impl Drift {
    /// What the node believes the time to be.
    pub const fn sees(self, now: Timestamp) -> Timestamp {
        now.plus_ms(self.0)
    }

    /// Somebody, or a time server, sets the clock by `ms`.
    pub const fn step(&mut self, ms: i64) {
        self.0 = self.0.saturating_add(ms);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_in_time_and_in_the_order_planned() {
        let mut queue = Queue::new(Timestamp::from_ms(100));
        queue.after(5, "b");
        queue.after(0, "a");
        queue.after(5, "c");
        queue.after(-7, "a2");
        let order: Vec<_> = std::iter::from_fn(|| queue.pop()).collect();
        assert_eq!(order, ["a", "a2", "b", "c"]);
        assert_eq!(queue.now(), Timestamp::from_ms(105));
    }

    #[test]
    fn a_drifting_node_believes_its_own_clock() {
        let mut drift = Drift::default();
        drift.step(-60_000);
        assert_eq!(drift.sees(Timestamp::from_ms(1_000_000)), Timestamp::from_ms(940_000));
    }
}
