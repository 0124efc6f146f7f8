//! What an order carries through its document: the head the maker writes once, the picks the store adds. Packed with
//! postcard, so every type here is plain (no tagged or skipped fields) and grows only at its end, under a new version.

use crate::id::{LotId, SkuId};
use crate::money::Paise;
use crate::order::Channel;
use crate::qty::Qty;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The most lines one order may have.
pub const LINES_MAX: usize = 100;

/// The most that the goods of one order may weigh, kilograms: more than a rider can carry, and far fewer bags than can be
/// counted. More goes into another order.
pub const KG_MAX: u32 = 60;

/// What so many grams count as, kilograms: a begun one counts.
pub fn kilograms(grams: u64) -> u32 {
    u32::try_from(grams.div_ceil(1_000)).unwrap_or(u32::MAX)
}

/// What the customer wants when a line is not on the shelf (REQ-33).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub enum SubstitutePreset {
    /// Ask me; I have 60 s, then refund the line.
    Ask,
    /// Take the best match.
    BestMatch,
    /// Leave it out and refund the line.
    Refund,
}

/// The part of an order that never changes after it is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct OrderHead {
    /// The short number that people say and labels show, for example `4K7`.
    pub number: String,
    /// How it came in.
    pub channel: Channel,
    /// When the customer was promised to have it.
    pub promise_at: Timestamp,
    /// A first name for the label, or empty (TRUST.md: nothing else of a person travels).
    pub first_name: String,
    /// Cash to collect at the door; zero when it is paid.
    pub cod: Paise,
    /// What to do about goods that are missing.
    pub preset: SubstitutePreset,
    /// The lines, 1 to [`LINES_MAX`], numbered by their place from 0.
    pub lines: Vec<HeadLine>,
}

/// One ordered line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct HeadLine {
    /// What.
    pub sku: SkuId,
    /// How many pieces, or grams of a weighed good; at least 1.
    pub qty: Qty,
    /// Price of one piece (of one kilogram for weighed goods), after promotions.
    pub unit_price: Paise,
}

/// What the store really put into the bags.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Picks {
    /// Units picked, by line, SKU and lot.
    pub picked: Vec<PickedUnits>,
    /// Units that were not there and are refunded, by line.
    pub short: Vec<ShortUnits>,
    /// Number of bags.
    pub bags: u8,
    /// What lines cost less than was reckoned, by line: goods that weigh less, substitutes that are cheaper.
    #[serde(default)]
    pub less: Vec<LessPaid>,
}

/// A line whose goods weigh less than their price was reckoned for, or whose substitute is cheaper. What weighs more, or is
/// dearer, costs no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct LessPaid {
    /// The line's place in [`OrderHead::lines`].
    pub line: u8,
    /// The difference for all its pieces; above zero.
    pub paise: Paise,
}

/// What a line costs less than was agreed: its units that did not come, at their price, and what the others cost less; never
/// more than the line. The store's label and the hub's books both reckon by this, so that the cash on them is the same.
pub fn taken_off(unit_price: Paise, qty: Qty, (short, less): (Qty, Paise)) -> Paise {
    let price = |units: Qty| unit_price.checked_mul(units.get()).unwrap_or(Paise::ZERO);
    let missing = price(short.min(qty));
    let rest = price(qty).checked_sub(missing).unwrap_or(Paise::ZERO).max(Paise::ZERO);
    missing.checked_add(less.clamp(Paise::ZERO, rest)).unwrap_or(missing)
}

/// The cash to collect where `agreed` was agreed at checkout and this was picked: never more than agreed.
pub fn cash_due(agreed: Paise, lines: &[HeadLine], picks: &Picks) -> Paise {
    let off = (0_u8..).zip(lines).map(|(line, head)| {
        let short = picks.short.iter().find(|each| each.line == line).map_or(Qty::ZERO, |each| each.qty);
        let less = picks.less.iter().find(|each| each.line == line).map_or(Paise::ZERO, |each| each.paise);
        taken_off(head.unit_price, head.qty, (short, less))
    });
    off.fold(agreed, |due, off| due.checked_sub(off).unwrap_or(Paise::ZERO)).max(Paise::ZERO)
}

/// Units of one lot picked for one line. A substitute has another SKU than its line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct PickedUnits {
    /// The line's place in [`OrderHead::lines`].
    pub line: u8,
    /// What was picked.
    pub sku: SkuId,
    /// From which lot.
    pub lot: LotId,
    /// How many.
    pub qty: Qty,
}

/// Units of a line that could not be picked (a counted short, SYNC.md rule 7).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct ShortUnits {
    /// The line's place in [`OrderHead::lines`].
    pub line: u8,
    /// How many are refunded.
    pub qty: Qty,
}

/// The rider the hub chose for an order, as the bay needs to know (written by the hub).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct RiderCard {
    /// The rider's badge code, as scanned at the bay: `LR:` and this.
    pub code: String,
    /// First name for the board.
    pub name: String,
    /// When the rider should reach the bay.
    pub eta_at: Timestamp,
}

/// A substitute that the store proposes for a line (REQ-33). One proposal per line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct SubstituteAsk {
    /// The line's place in [`OrderHead::lines`].
    pub line: u8,
    /// The proposed product.
    pub sku: SkuId,
    /// How many.
    pub qty: Qty,
    /// The store decides by the preset after this time (60 s from asking).
    pub until: Timestamp,
    /// What one piece will cost, where that is less than what was ordered; a dearer one costs as much as that.
    #[serde(default)]
    pub price: Option<Paise>,
}

/// The customer's answer to a [`SubstituteAsk`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct SubstituteAnswer {
    /// The line's place in [`OrderHead::lines`].
    pub line: u8,
    /// Take it, or refund the line.
    pub accept: bool,
}

/// Two contents of one order's id, by the SHA-256 of what was ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OtherContent {
    /// The one that the store has, and keeps to.
    pub stands: [u8; 32],
    /// The one that came later, and was refused.
    pub came: [u8; 32],
}
