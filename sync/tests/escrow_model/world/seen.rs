//! What of a state can be seen from outside: what a walk over the real code compares after every step.

use super::{At, ORDERS, State, store_quota};

/// See the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Units on the books.
    pub hand: u8,
    /// The store is fenced.
    pub fenced: bool,
    /// Orders at the store: unheard, accepted, unknown, closed.
    pub orders: [u8; ORDERS],
    /// Granted, returned and seen under the present terms.
    pub store: [u8; 3],
    /// Rights of older generations of this epoch that are out.
    pub blocked: u8,
    /// Granted, returned and sold, as the hub has it.
    pub hub: [u8; 3],
    /// Times each order has left.
    pub shipped: [u8; ORDERS],
    /// Whose customers were told "short".
    pub shorted: [bool; ORDERS],
    /// Which were cancelled.
    pub cancelled: [bool; ORDERS],
}

impl State {
    /// What can be seen of it.
    pub fn seen(&self) -> Seen {
        let (e, g) = (usize::from(self.store.epoch), usize::from(self.store.generation));
        let ledger = self.store.ledgers[e][g];
        let older = self.store.ledgers[e].iter().take(g).map(|l| store_quota(*l).outstanding() as u8).sum();
        let rights = self.hub.rights[usize::from(self.hub_epoch)][usize::from(self.hub_generation)];
        let number = |at: &At| match at {
            At::Unheard => 0,
            At::Accepted => 1,
            At::Unknown => 2,
            At::Closed => 3,
        };
        Seen {
            hand: self.store.hand,
            fenced: self.store.fenced,
            orders: std::array::from_fn(|n| number(&self.store.orders[n])),
            store: [ledger.granted, ledger.returned, ledger.seen],
            blocked: older,
            hub: [rights.granted, rights.returned, rights.sold],
            shipped: self.shipped,
            shorted: self.shorted,
            cancelled: self.cancelled,
        }
    }
}
