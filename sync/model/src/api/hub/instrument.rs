//! Ways to pay that a customer keeps. The hub knows the gateway's token for each and never shows it; a number of a card or an
//! account comes nowhere near it.

use crate::id::InstrumentId;
use serde::{Deserialize, Serialize};

/// What is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub enum InstrumentKind {
    /// Authorised now and captured when packed.
    Card,
    /// Debited.
    Upi,
}

/// A kept way to pay, as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Instrument {
    /// Which.
    pub id: InstrumentId,
    /// Card or UPI.
    pub kind: InstrumentKind,
    /// What its owner calls it.
    pub label: String,
}

/// Keeps a way to pay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct InstrumentIn {
    /// Card or UPI.
    pub kind: InstrumentKind,
    /// What its owner calls it, 1 to 40 signs, at most four of them digits.
    pub label: String,
    /// The gateway's token.
    pub token: String,
}
