//! What a rider's screen shows: the next action, the stops of the way, an order that is gone.

use super::Point;
use crate::id::{OrderId, RiderId};
use crate::order::OrderState;
use crate::{Paise, Timestamp};
use serde::{Deserialize, Serialize};

/// All a rider's screen needs: one next action (UX 39).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct RiderNow {
    /// The rider.
    pub rider: RiderId,
    /// First name.
    pub name: String,
    /// Badge code to show at the bay (`LR:` QR).
    pub code: String,
    /// On shift.
    pub on_shift: bool,
    /// What to do.
    pub next: RiderTask,
    /// All orders in hand, in the order in which their doors are ridden to; those that are still at the store, after the rider
    /// has left it, come last (REQ-76).
    pub stops: Vec<RiderStop>,
    /// Delivered today.
    pub delivered_today: u32,
    /// Cash collected and not yet handed in.
    pub cash: Paise,
    /// An order that this rider was sent for and lost just now.
    pub lost: Option<LostOrder>,
}

/// An order that is not this rider's any more (REQ-75).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct LostOrder {
    /// The order.
    pub order: OrderId,
    /// Its number.
    pub number: String,
    /// Why.
    pub why: LostWhy,
    /// Since when.
    pub at: Timestamp,
}

/// Why an order was taken from the rider who was sent for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub enum LostWhy {
    /// The shift is over.
    ShiftOver,
    /// Nothing was heard of where the rider is.
    Silent,
    /// The rider has left with the other orders of the same way.
    Away,
    /// Somebody free is much better placed.
    Better,
    /// Another rider has the bags.
    Taken,
}

impl LostWhy {
    const ALL: [Self; 5] = [Self::ShiftOver, Self::Silent, Self::Away, Self::Better, Self::Taken];

    /// The stable word in APIs, histories and SQL.
    pub const fn word(self) -> &'static str {
        match self {
            LostWhy::ShiftOver => "shift_over",
            LostWhy::Silent => "silent",
            LostWhy::Away => "away",
            LostWhy::Better => "better",
            LostWhy::Taken => "taken",
        }
    }

    /// What a stable word says.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|why| why.word() == word)
    }
}

/// What a rider does next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub enum RiderTask {
    /// Nothing: wait near the store.
    Wait,
    /// Go to the store, show the badge, take the bags.
    Collect {
        /// The order.
        order: OrderId,
        /// Its number.
        number: String,
        /// The store.
        store_name: String,
        /// Where it is.
        store_at: Point,
        /// How far the store is with it.
        state: OrderState,
        /// The way there.
        route: Vec<Point>,
        /// Where it goes then: a store that is cut off hands over without the hub hearing of it.
        drop_off: DropOff,
    },
    /// Ride to the customer.
    Deliver {
        /// The order.
        order: OrderId,
        /// Its number.
        number: String,
        /// First name.
        customer: String,
        /// House, street, landmark.
        address: String,
        /// Where it is.
        at: Point,
        /// Bags to give.
        bags: u32,
        /// Cash to take.
        cod: Paise,
        /// Whether the hub has heard what was packed. If not, the label on the bag may say less, and counts.
        cod_known: bool,
        /// The way there.
        route: Vec<Point>,
    },
}

/// One of the orders that a rider has in hand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct RiderStop {
    /// The order.
    pub order: OrderId,
    /// Its number.
    pub number: String,
    /// Where it stands, as far as the hub knows.
    pub state: OrderState,
    /// Where it goes.
    pub drop_off: DropOff,
}

/// Where an order goes and what to take there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct DropOff {
    /// First name.
    pub customer: String,
    /// House, street, landmark.
    pub address: String,
    /// Where it is.
    pub at: Point,
    /// Bags, as far as the hub knows.
    pub bags: u32,
    /// Cash to take.
    pub cod: Paise,
    /// Whether the hub has heard what was packed. If not, the label on the bag may say less, and counts.
    pub cod_known: bool,
}
