//! Facts that travel: what a flow writes into the outbox, in its own transaction, for the carrier to turn into document
//! changes (ARCHITECTURE, "How data flows"). Kept as JSON rows, so a newer field survives an older binary.

use crate::alarms::AlarmsTold;
use crate::catalogue_doc::CataloguePart;
use crate::id::{OrderId, SkuId};
use crate::order::Moment;
use crate::order_doc::{OrderHead, OtherContent, Picks, RiderCard, SubstituteAnswer, SubstituteAsk};
use crate::quota::{HubGeneration, StoreEpoch};
use crate::stock::StockTick;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

impl Fact {
    /// The order that a fact is about and the hour that names its document; none for rights and for an hour's end.
    pub const fn of_order(&self) -> Option<(&OrderId, i64)> {
        match self {
            Fact::Order { order, hour, .. }
            | Fact::Moment { order, hour, .. }
            | Fact::Picks { order, hour, .. }
            | Fact::Rider { order, hour, .. }
            | Fact::Taken { order, hour, .. }
            | Fact::Refused { order, hour, .. }
            | Fact::Ask { order, hour, .. }
            | Fact::Answer { order, hour, .. }
            | Fact::Terms { order, hour, .. } => Some((order, *hour)),
            Fact::Granted { .. }
            | Fact::Returned { .. }
            | Fact::HourClosed { .. }
            | Fact::Stock(_)
            | Fact::Alarms { .. }
            | Fact::Catalogue(_)
            | Fact::Wanted { .. }
            | Fact::Word { .. }
            | Fact::Closing { .. } => None,
        }
    }
}

/// One fact for the other side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fact {
    /// A new order enters the document of its hour.
    Order {
        /// The order.
        order: OrderId,
        /// The hour of placement ([`Timestamp::hour`]): names its document for ever.
        hour: i64,
        /// What was ordered.
        head: OrderHead,
    },
    /// A moment got its time.
    Moment {
        /// The order.
        order: OrderId,
        /// Its document's hour.
        hour: i64,
        /// Which moment.
        moment: Moment,
        /// When it happened.
        at: Timestamp,
    },
    /// What the store put into the bags.
    Picks {
        /// The order.
        order: OrderId,
        /// Its document's hour.
        hour: i64,
        /// The picks.
        picks: Picks,
    },
    /// The rider the hub chose (or chose anew).
    Rider {
        /// The order.
        order: OrderId,
        /// Its document's hour.
        hour: i64,
        /// The card for the bay.
        rider: RiderCard,
    },
    /// Who took the bags, where that is not the rider whose card the store had or got: what happened stands.
    Taken {
        /// The order.
        order: OrderId,
        /// Its document's hour.
        hour: i64,
        /// The badge code.
        rider: String,
    },
    /// The store's negative answer: it has this order already, with another content, which stands.
    Refused {
        /// The order.
        order: OrderId,
        /// The hour of the document in which the other content came.
        hour: i64,
        /// Which stands, and which came.
        refused: OtherContent,
    },
    /// The store asks the customer about a substitute (REQ-33).
    Ask {
        /// The order.
        order: OrderId,
        /// Its document's hour.
        hour: i64,
        /// The proposal.
        ask: SubstituteAsk,
    },
    /// The customer's answer.
    Answer {
        /// The order.
        order: OrderId,
        /// Its document's hour.
        hour: i64,
        /// Yes or no, for which line.
        answer: SubstituteAnswer,
    },
    /// The store's cumulative grant of one SKU in the current (E, G).
    Granted {
        /// What.
        sku: SkuId,
        /// Units granted since the epoch began; never falls.
        total: u64,
    },
    /// The hub's cumulative return of one SKU in the current (E, G).
    Returned {
        /// What.
        sku: SkuId,
        /// Units returned since the epoch began; never falls.
        total: u64,
    },
    /// A look at the store's shelf.
    Stock(StockTick),
    /// The alarms that stand at the store.
    Alarms {
        /// The hour of the look: names its document.
        hour: i64,
        /// What stands.
        told: AlarmsTold,
    },
    /// A part of what the hub publishes of its city's catalogue; for every store the same.
    Catalogue(CataloguePart),
    /// The side that says it writes no more into the document of an hour: later facts go to a later one.
    HourClosed {
        /// Which hour.
        hour: i64,
    },
    /// Under which (E, G) the hub sold an order. Said only where it is not the first of both.
    Terms {
        /// The order.
        order: OrderId,
        /// Its document's hour.
        hour: i64,
        /// E.
        epoch: StoreEpoch,
        /// G.
        generation: HubGeneration,
    },
    /// The store wants rights back: the hub's return is to reach this total. A register, not a sum: it falls when the
    /// store has units again.
    Wanted {
        /// What.
        sku: SkuId,
        /// The total that `Returned` is to reach.
        total: u64,
    },
    /// The hub's word: every order it sold under older epochs stands in its log before this.
    Word {
        /// The epoch it acknowledges.
        epoch: StoreEpoch,
    },
    /// Every order of an older generation stands in the hub's log before this: what is left of its rights is free.
    Closing {
        /// The generation that is closed, and all before it.
        generation: HubGeneration,
    },
}
