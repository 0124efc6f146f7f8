//! What a command is answered when it was done. Stored with the command, so that a retry gets the same.

use model::api::store::{CounterOrderAnswer, HandoverAnswer, ReceiveAnswer};
use model::{OrderId, PersonId, Role, SkuId, Timestamp};
use serde::{Deserialize, Serialize};

/// What came of the stock that a catalogue claims.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// Lots made.
    pub lots: u32,
    /// Lines left out: the floor has no place for them.
    pub left_out: u32,
    /// Lines left out because the store has had the product before: what lies there is counted, not read from a file.
    pub known: u32,
}

/// What came of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "of", rename_all = "snake_case")]
pub enum Answer {
    /// Done; there is nothing more to say.
    Done,
    /// A catalogue was taken.
    Imported {
        /// Products in it.
        products: u32,
        /// Products or names that are new or say something else than before.
        changed: u32,
        /// Barcodes they carry, or names of barcodes.
        gtins: u32,
        /// Products that share their home bin with another, because all bins of their kind are taken.
        shared_bins: u32,
        /// Products without a home: the floor has no zone for their temperature.
        homeless: u32,
        /// The stock that came with it.
        opening: Opening,
    },
    /// A publication of the hub's catalogue was taken over.
    Listed {
        /// Products that are new or changed by it.
        products: u32,
    },
    /// Goods came in.
    Received(ReceiveAnswer),
    /// Opening stock was entered.
    Opened {
        /// Lots made.
        lots: u32,
        /// Lines left out: the floor has no place for them.
        left_out: u32,
    },
    /// An order of the hub is in the store.
    Accepted {
        /// The order.
        order: OrderId,
        /// Units it will not get.
        short: u32,
    },
    /// An order was taken at the counter.
    CounterOrder(CounterOrderAnswer),
    /// An order was handed over.
    Handover(HandoverAnswer),
    /// The hub may sell more.
    Granted {
        /// SKUs with new rights.
        skus: u32,
        /// Units of new rights.
        units: u64,
    },
    /// A SKU was counted.
    Counted {
        /// Which.
        sku: SkuId,
        /// Units found more than the books said; negative: fewer.
        variance: i64,
    },
    /// A new business day began.
    DayBegan {
        /// Lots that blocked themselves.
        expired: u32,
    },
    /// Somebody logged in.
    LoggedIn {
        /// Who.
        person: PersonId,
        /// Name to greet by.
        name: String,
        /// What the person may do.
        role: Role,
        /// When the session ends by itself.
        until: Timestamp,
    },
}
