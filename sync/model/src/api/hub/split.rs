//! Several deliveries for one basket (REQ-62): what is offered where no single store has all of it, and the customer's yes.

use super::Payment;
use crate::id::{AddressId, SkuId, StoreId};
use crate::order_doc::SubstitutePreset;
use crate::{Paise, Qty};
use serde::{Deserialize, Serialize};

/// Several deliveries for one basket: `offer` of the problem `split_offered`. Nothing is held for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct SplitOffer {
    /// Two or three, the one with the most products first. Each is an order of its own.
    pub parts: Vec<SplitPart>,
    /// To pay for all of them.
    pub total: Paise,
}

/// What one store would bring.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct SplitPart {
    /// The store.
    pub store: StoreId,
    /// Its name.
    pub store_name: String,
    /// What it brings.
    pub lines: Vec<SplitLine>,
    /// Price of the goods.
    pub subtotal: Paise,
    /// Delivery fee.
    pub delivery_fee: Paise,
    /// To pay for this delivery.
    pub total: Paise,
    /// Promise in minutes from now.
    pub promise_min: u32,
}

/// A product of a part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct SplitLine {
    /// What.
    pub sku: SkuId,
    /// English name.
    pub name: String,
    /// Hindi name.
    pub name_hi: String,
    /// Units from this store.
    pub qty: Qty,
    /// Price of them.
    pub total: Paise,
}

/// Checks out the cart as several deliveries. What is there now is looked at anew: where one store has all of it by now, one
/// order is made; where it would be other stores or cost more than was agreed, nothing is, and there is a new offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct SplitRequest {
    /// Where to.
    pub address: AddressId,
    /// How to pay, for each order.
    pub payment: Payment,
    /// What about missing goods.
    pub preset: SubstitutePreset,
    /// The stores of the offer that is accepted.
    pub stores: Vec<StoreId>,
    /// Its total.
    pub total: Paise,
}
