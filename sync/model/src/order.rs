//! The only table of order moments and states (REQ-27; ARCHITECTURE, decision 1). State is not a field: each lifecycle
//! moment has one time with one owner, and the highest-ranked time is the state. A late or repeated message therefore
//! never moves an order back.

use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// Which side alone may write a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// The central hub.
    Hub,
    /// The store node.
    Store,
}

/// A lifecycle moment of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub enum Moment {
    /// The customer placed it (hub), or the counter took it (store, see [`Channel`]).
    Placed,
    /// Payment was refused for good; its units are free again.
    PaymentFailed,
    /// Paid or promised; the order document is written at this moment (decision 4).
    Confirmed,
    /// The customer asked to cancel: a request, the store decides.
    CancelRequested,
    /// The store holds lots for it.
    Accepted,
    /// A picker began.
    Picking,
    /// Bags are closed and labelled.
    Packed,
    /// Handed to a rider or to the customer at the counter.
    Dispatched,
    /// The store gave the units back.
    Cancelled,
    /// The customer has it, with proof.
    Delivered,
    /// Nothing is left to do.
    Completed,
    /// It came back.
    Returned,
}

impl Moment {
    /// Every moment, in rank order.
    pub const ALL: [Moment; 12] = [
        Moment::Placed,
        Moment::PaymentFailed,
        Moment::Confirmed,
        Moment::CancelRequested,
        Moment::Accepted,
        Moment::Picking,
        Moment::Packed,
        Moment::Dispatched,
        Moment::Cancelled,
        Moment::Delivered,
        Moment::Completed,
        Moment::Returned,
    ];

    /// The side that alone writes this moment of an *online* order. Of a counter order the store writes all.
    pub const fn owner(self) -> Owner {
        match self {
            Moment::Placed
            | Moment::PaymentFailed
            | Moment::Confirmed
            | Moment::CancelRequested
            | Moment::Delivered
            | Moment::Completed
            | Moment::Returned => Owner::Hub,
            Moment::Accepted | Moment::Picking | Moment::Packed | Moment::Dispatched | Moment::Cancelled => {
                Owner::Store
            }
        }
    }

    /// The two-letter key in the order's document.
    pub const fn field(self) -> &'static str {
        match self {
            Moment::Placed => "pl",
            Moment::PaymentFailed => "pf",
            Moment::Confirmed => "cf",
            Moment::CancelRequested => "cr",
            Moment::Accepted => "ac",
            Moment::Picking => "pk",
            Moment::Packed => "pd",
            Moment::Dispatched => "ds",
            Moment::Cancelled => "cx",
            Moment::Delivered => "dl",
            Moment::Completed => "cp",
            Moment::Returned => "rt",
        }
    }

    /// The moment of a document key; `None` for a key of a later version.
    pub fn from_field(field: &str) -> Option<Moment> {
        Moment::ALL.into_iter().find(|m| m.field() == field)
    }

    /// The state that this moment brings; `None` for a request that changes no state by itself.
    pub const fn state(self) -> Option<OrderState> {
        match self {
            Moment::Placed => Some(OrderState::Placed),
            Moment::PaymentFailed => Some(OrderState::PaymentFailed),
            Moment::Confirmed | Moment::Accepted => Some(OrderState::Confirmed),
            Moment::CancelRequested => None,
            Moment::Picking => Some(OrderState::Picking),
            Moment::Packed => Some(OrderState::Packed),
            Moment::Dispatched => Some(OrderState::Dispatched),
            Moment::Cancelled => Some(OrderState::Cancelled),
            Moment::Delivered => Some(OrderState::Delivered),
            Moment::Completed => Some(OrderState::Completed),
            Moment::Returned => Some(OrderState::Returned),
        }
    }
}

/// Where an order stands (REQ-27).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub enum OrderState {
    /// Placed, payment open.
    Placed,
    /// Payment refused; ended.
    PaymentFailed,
    /// Confirmed; the store holds or will hold lots.
    Confirmed,
    /// Being picked. API alias `preparing`.
    #[serde(alias = "preparing")]
    Picking,
    /// In bags. API alias `ready_for_pickup`.
    #[serde(alias = "ready_for_pickup")]
    Packed,
    /// With the rider. API alias `out_for_delivery`.
    #[serde(alias = "out_for_delivery")]
    Dispatched,
    /// Ended before dispatch.
    Cancelled,
    /// With the customer.
    Delivered,
    /// Closed.
    Completed,
    /// Came back.
    Returned,
}

impl OrderState {
    /// Whether nothing more will happen by itself.
    pub const fn is_terminal(self) -> bool {
        match self {
            OrderState::PaymentFailed
            | OrderState::Cancelled
            | OrderState::Completed
            | OrderState::Returned => true,
            OrderState::Placed
            | OrderState::Confirmed
            | OrderState::Picking
            | OrderState::Packed
            | OrderState::Dispatched
            | OrderState::Delivered => false,
        }
    }

    /// The stable word in APIs and SQL.
    pub const fn word(self) -> &'static str {
        match self {
            OrderState::Placed => "placed",
            OrderState::PaymentFailed => "payment_failed",
            OrderState::Confirmed => "confirmed",
            OrderState::Picking => "picking",
            OrderState::Packed => "packed",
            OrderState::Dispatched => "dispatched",
            OrderState::Cancelled => "cancelled",
            OrderState::Delivered => "delivered",
            OrderState::Completed => "completed",
            OrderState::Returned => "returned",
        }
    }
}

/// How an order came in; decides who owns its moments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub enum Channel {
    /// Through the hub, sold from the store's quota.
    Online,
    /// At the store's counter or by phone, sold from the store's own share (REQ-28).
    Counter,
}

impl Channel {
    /// The side that may write `moment` of an order that came in this way.
    pub const fn owner_of(self, moment: Moment) -> Owner {
        match self {
            Channel::Online => moment.owner(),
            Channel::Counter => Owner::Store,
        }
    }
}

/// A step that does not fit where the order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an order that is {} cannot become {to:?}", state.word())]
pub struct IllegalMove {
    /// Where the order stands.
    pub state: OrderState,
    /// The refused moment.
    pub to: Moment,
}

/// The times of an order's moments; the highest-ranked one is its state.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[cfg_attr(feature = "schema", ts(type = "Partial<Record<Moment, number>>"))]
pub struct Moments(pub BTreeMap<Moment, Timestamp>);

impl Moments {
    /// The state: that of the highest-ranked moment that has a time. Without any, the order is not yet placed. Of an order that
    /// has left the cancellation does not count: only a life of the store that had forgotten its leaving can have written it.
    pub fn state(&self) -> OrderState {
        let void = |moment: &Moment| *moment == Moment::Cancelled && self.has_left();
        self.0.keys().rev().filter(|m| !void(m)).find_map(|m| m.state()).unwrap_or(OrderState::Placed)
    }

    /// Whether the goods are out of the store: they were handed over, or somebody has heard of what comes after that.
    pub fn has_left(&self) -> bool {
        let after = [Moment::Dispatched, Moment::Delivered, Moment::Completed, Moment::Returned];
        after.into_iter().any(|moment| self.get(moment).is_some())
    }

    /// The time of a moment.
    pub fn get(&self, moment: Moment) -> Option<Timestamp> {
        self.0.get(&moment).copied()
    }

    /// Whether no moment has a time.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Records a moment if it has no time yet; says whether it was new. The first time stands for ever.
    pub fn record(&mut self, moment: Moment, at: Timestamp) -> bool {
        match self.0.entry(moment) {
            std::collections::btree_map::Entry::Vacant(slot) => {
                slot.insert(at);
                true
            }
            std::collections::btree_map::Entry::Occupied(_) => false,
        }
    }
}

/// The legal moves: the state after `moment` happens to an order in `state`. Deliberately permissive forward (a side
/// that was cut off learns of `Delivered` before it learns of `Dispatched`) and closed backward.
pub const fn next(state: OrderState, moment: Moment) -> Result<OrderState, IllegalMove> {
    let legal = match moment {
        Moment::Placed => matches!(state, OrderState::Placed),
        Moment::PaymentFailed => matches!(state, OrderState::Placed),
        Moment::Confirmed => matches!(state, OrderState::Placed),
        Moment::CancelRequested => {
            matches!(state, OrderState::Placed | OrderState::Confirmed | OrderState::Picking)
        }
        Moment::Accepted => matches!(state, OrderState::Placed | OrderState::Confirmed),
        Moment::Picking => matches!(state, OrderState::Confirmed),
        Moment::Packed => matches!(state, OrderState::Picking),
        Moment::Dispatched => matches!(state, OrderState::Packed),
        Moment::Cancelled => {
            matches!(state, OrderState::Placed | OrderState::Confirmed | OrderState::Picking)
        }
        Moment::Delivered => matches!(
            state,
            OrderState::Confirmed | OrderState::Picking | OrderState::Packed | OrderState::Dispatched
        ),
        Moment::Completed => matches!(state, OrderState::Delivered),
        Moment::Returned => matches!(state, OrderState::Dispatched | OrderState::Delivered),
    };
    match (legal, moment.state()) {
        (true, Some(after)) => Ok(after),
        (true, None) => Ok(state),
        (false, _) => Err(IllegalMove { state, to: moment }),
    }
}

impl fmt::Display for OrderState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_message_never_moves_an_order_back() {
        let mut moments = Moments::default();
        assert!(moments.record(Moment::Placed, Timestamp::from_ms(1)));
        assert!(moments.record(Moment::Dispatched, Timestamp::from_ms(9)));
        assert!(moments.record(Moment::Picking, Timestamp::from_ms(5)));
        assert_eq!(moments.state(), OrderState::Dispatched);
        assert!(!moments.record(Moment::Placed, Timestamp::from_ms(99)));
        assert_eq!(moments.get(Moment::Placed), Some(Timestamp::from_ms(1)));
    }

    #[test]
    fn what_has_left_is_not_cancelled_whichever_was_written_first() {
        for both in [[Moment::Dispatched, Moment::Cancelled], [Moment::Cancelled, Moment::Dispatched]] {
            let mut moments = Moments::default();
            both.into_iter().for_each(|moment| assert!(moments.record(moment, Timestamp::from_ms(7))));
            assert_eq!(moments.state(), OrderState::Dispatched);
            assert!(moments.has_left());
        }
        let cancelled = Moments(
            [(Moment::Packed, Timestamp::from_ms(1)), (Moment::Cancelled, Timestamp::from_ms(2))].into(),
        );
        assert_eq!((cancelled.state(), cancelled.has_left()), (OrderState::Cancelled, false));
    }

    #[test]
    fn fields_are_unique_and_come_back() {
        for moment in Moment::ALL {
            assert_eq!(Moment::from_field(moment.field()), Some(moment));
        }
        assert_eq!(Moment::from_field("zz"), None);
    }

    #[test]
    fn ranks_grow_along_the_happy_path() {
        let path = [
            Moment::Placed,
            Moment::Confirmed,
            Moment::Accepted,
            Moment::Picking,
            Moment::Packed,
            Moment::Dispatched,
            Moment::Delivered,
            Moment::Completed,
        ];
        let mut state = OrderState::Placed;
        for moment in path {
            state = next(state, moment).unwrap();
        }
        assert_eq!(state, OrderState::Completed);
        assert!(next(OrderState::Packed, Moment::Cancelled).is_err());
        assert!(next(OrderState::Cancelled, Moment::Picking).is_err());
    }

    #[test]
    fn api_aliases_are_accepted() {
        let state: OrderState = serde_json::from_str("\"out_for_delivery\"").unwrap();
        assert_eq!(state, OrderState::Dispatched);
    }
}
