//! What waits to be published and what is on its way, without a socket: the window, repeats, confirmations.

use std::collections::{BTreeMap, VecDeque};

use model::mqtt::Event;
use model::{CommandId, Timestamp};

/// Publishes without the broker's acknowledgement at once.
pub(crate) const WINDOW: usize = 16;
/// An event that the store has not confirmed by then is sent again; the pause doubles.
const REPEAT_AFTER_MS: i64 = 4_000;
/// The longest pause between two repeats.
const REPEAT_MOST_MS: i64 = 5 * model::time::MINUTE_MS;

/// While a reading that is kept has not been confirmed for so long, the store is behind: nothing newer is sent past it.
const BEHIND_AFTER_MS: i64 = 10_000;

/// In which order a device's kept events reach the store.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// Several are on their way at a time; a repeated one may come behind a newer.
    #[default]
    AsTheyCome,
    /// The next one leaves when the store has the one before, and a value that only counts while it is the latest waits
    /// until then: whoever watches a band needs the readings in the order of time.
    OneByOne,
}

/// One connection's traffic.
#[derive(Debug, Default)]
pub(crate) struct Flow {
    /// The state has changed.
    pub state: bool,
    /// The latest value has changed.
    pub latest: bool,
    /// The broker has refused something.
    pub refused: bool,
    order: Order,
    waiting: VecDeque<Event>,
    sent: BTreeMap<CommandId, Sent>,
    outstanding: usize,
}

#[derive(Debug, Clone, Copy)]
struct Sent {
    first: Timestamp,
    at: Timestamp,
    pause_ms: i64,
}

impl Flow {
    /// A new connection's traffic.
    pub(crate) fn new(order: Order) -> Self {
        Self { order, ..Self::default() }
    }

    /// Whether the latest value must wait for what is older.
    pub(crate) fn is_behind(&self, now: Timestamp) -> bool {
        let unheard = |sent: &Sent| now.since_ms(sent.first).abs() >= BEHIND_AFTER_MS;
        match self.order {
            Order::AsTheyCome => false,
            Order::OneByOne => !self.waiting.is_empty() || self.sent.values().any(unheard),
        }
    }

    /// Whether one more publish fits.
    pub(crate) const fn has_room(&self) -> bool {
        self.outstanding < WINDOW
    }

    /// A publish has left.
    pub(crate) const fn left(&mut self) {
        self.outstanding += 1;
    }

    /// The broker has acknowledged one.
    pub(crate) const fn arrived(&mut self) {
        self.outstanding = self.outstanding.saturating_sub(1);
    }

    /// A new event to send; one that waits or was sent already is left to its repeats.
    pub(crate) fn offer(&mut self, event: Event) {
        if !self.sent.contains_key(&event.id) {
            self.queue(event);
        }
    }

    /// An event that [`Flow::next_event`] gave and that did not fit the client.
    pub(crate) fn take_back(&mut self, event: Event) {
        self.sent.remove(&event.id);
        self.waiting.push_front(event);
    }

    fn queue(&mut self, event: Event) {
        if !self.waiting.iter().any(|other| other.id == event.id) {
            self.waiting.push_back(event);
        }
    }

    /// Unconfirmed events from the journal, oldest first: new ones and those whose pause is over.
    pub(crate) fn look_at(&mut self, events: Vec<Event>, now: Timestamp) {
        let before = std::mem::take(&mut self.waiting);
        for event in events {
            let due = self.sent.get(&event.id).is_none_or(|sent| now.since_ms(sent.at) >= sent.pause_ms);
            if due {
                self.queue(event);
            }
        }
        // What the journal did not show yet stays behind what it showed.
        before.into_iter().for_each(|event| self.queue(event));
    }

    /// The next event to publish, if the window has room.
    pub(crate) fn next_event(&mut self, now: Timestamp) -> Option<Event> {
        if !self.has_room() {
            return None;
        }
        let next = self.waiting.front()?.id;
        match self.order {
            Order::OneByOne if self.sent.keys().any(|id| *id != next) => return None,
            Order::OneByOne | Order::AsTheyCome => {}
        }
        let event = self.waiting.pop_front()?;
        let before = self.sent.get(&event.id).copied();
        let pause_ms = before.map_or(REPEAT_AFTER_MS, |sent| (sent.pause_ms * 2).min(REPEAT_MOST_MS));
        let first = before.map_or(now, |sent| sent.first);
        self.sent.insert(event.id, Sent { first, at: now, pause_ms });
        Some(event)
    }

    /// The store has it.
    pub(crate) fn confirmed(&mut self, id: CommandId) {
        self.sent.remove(&id);
        self.waiting.retain(|event| event.id != id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::mqtt::{EventBody, Separators};

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_ms(ms)
    }

    fn scan(n: u128) -> Event {
        let body = EventBody::Scan { text: n.to_string(), aim: None, separators: Separators::Unknown };
        Event { id: CommandId::new(at(0), n), at: at(0), session: 1, seq: 1, body }
    }

    fn drain(flow: &mut Flow, now: i64) -> Vec<Event> {
        std::iter::from_fn(|| flow.next_event(at(now)).inspect(|_| flow.left())).collect()
    }

    #[test]
    fn the_window_is_never_exceeded() {
        let mut flow = Flow::default();
        (0..40).for_each(|n| flow.offer(scan(n)));
        assert_eq!(drain(&mut flow, 0).len(), WINDOW);
        flow.arrived();
        assert_eq!(drain(&mut flow, 0), vec![scan(16)]);
    }

    #[test]
    fn unconfirmed_events_are_repeated_ever_slower_and_confirmed_ones_never() {
        let mut flow = Flow::default();
        let both = || vec![scan(1), scan(2)];
        flow.look_at(both(), at(0));
        assert_eq!(drain(&mut flow, 0), both());
        flow.look_at(both(), at(3_999));
        assert_eq!(drain(&mut flow, 3_999), vec![]);
        flow.confirmed(scan(1).id);
        flow.look_at(vec![scan(2)], at(4_000));
        assert_eq!(drain(&mut flow, 4_000), vec![scan(2)]);
        flow.look_at(vec![scan(2)], at(11_999));
        assert_eq!(drain(&mut flow, 11_999), vec![]);
        flow.look_at(vec![scan(2)], at(12_000));
        assert_eq!(drain(&mut flow, 12_000), vec![scan(2)]);
    }

    #[test]
    fn an_event_found_in_the_journal_and_then_handed_over_is_sent_once() {
        let mut flow = Flow::default();
        flow.look_at(vec![scan(1)], at(0));
        let event = flow.next_event(at(0)).unwrap();
        flow.offer(event.clone());
        assert_eq!(flow.next_event(at(1)), None);
        flow.take_back(event.clone());
        assert_eq!(flow.next_event(at(1)), Some(event), "it had not left after all");
    }

    #[test]
    fn the_order_is_that_of_the_journal() {
        let mut flow = Flow::default();
        flow.offer(scan(3));
        flow.offer(scan(9));
        flow.look_at(vec![scan(1), scan(2), scan(3)], at(0));
        let order: Vec<Event> = drain(&mut flow, 0);
        assert_eq!(order, vec![scan(1), scan(2), scan(3), scan(9)]);
    }

    /// Readings reach the store in the order of time, whatever is repeated, and the latest value is never before them.
    #[test]
    fn one_by_one_nothing_overtakes() {
        let mut flow = Flow::new(Order::OneByOne);
        let all = || vec![scan(1), scan(2), scan(3)];
        assert!(!flow.is_behind(at(0)));
        flow.look_at(all(), at(0));
        assert_eq!(drain(&mut flow, 0), [scan(1)]);
        flow.look_at(all(), at(2_000));
        assert_eq!(drain(&mut flow, 2_000), []);
        flow.look_at(all(), at(4_000));
        assert_eq!(drain(&mut flow, 4_000), [scan(1)], "repeated, and nothing past it");
        assert!(flow.is_behind(at(4_000)));
        flow.confirmed(scan(1).id);
        assert_eq!(drain(&mut flow, 4_001), [scan(2)]);
        flow.confirmed(scan(2).id);
        assert_eq!(drain(&mut flow, 4_002), [scan(3)]);
        assert!(!flow.is_behind(at(4_003)), "on its way since a moment");
        assert!(flow.is_behind(at(14_002)), "nobody answers");
        flow.confirmed(scan(3).id);
        assert!(!flow.is_behind(at(14_003)));
    }
}
