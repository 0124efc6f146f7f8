//! Payloads of the picker's handheld. The handheld draws [`HandheldView`] and sends [`HandheldEvent`]; it decides
//! nothing (UX.md). An event stays in its outbox until an [`Ack`] with its id came.

use crate::id::{BinId, CommandId, DeviceId, LotId, OrderId, PersonId, SkuId, ZoneId};
use crate::problem::Problem;
use crate::qty::Qty;
use crate::time::{Date, Timestamp};
use serde::{Deserialize, Serialize};

/// `event` of a handheld.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct HandheldEvent {
    /// Idempotency key, made when the person acted; a retry carries the same.
    pub id: CommandId,
    /// When the person acted.
    pub at: Timestamp,
    /// Who is logged in on this handheld (PIN session), except for [`Action::Login`].
    pub person: Option<PersonId>,
    /// What the person did.
    pub action: Action,
}

/// What a picker does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub enum Action {
    /// PIN login on a shared handheld.
    Login {
        /// Who.
        person: PersonId,
        /// Four to eight digits.
        pin: String,
    },
    /// Ends the session; a running pick stays the person's.
    Logout,
    /// Give me work.
    Ready,
    /// A barcode was scanned. For a counted good: one piece. `line` is what the screen showed, for the record only.
    Scan {
        /// The order the screen showed.
        order: OrderId,
        /// The scanned text.
        text: String,
        /// The line the screen showed.
        line: u8,
    },
    /// This line is not on its shelf (what is still missing of it).
    NotFound {
        /// The order.
        order: OrderId,
        /// The line.
        line: u8,
    },
    /// Take back my last pick of this order.
    Undo {
        /// The order.
        order: OrderId,
    },
    /// All lines are done: I stand at packing. Packs, prints the labels.
    Pack {
        /// The order.
        order: OrderId,
    },
}

/// `ack`: the durable answer to one event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Ack {
    /// The event's id.
    pub id: CommandId,
    /// What came of it.
    pub outcome: AckOutcome,
    /// On a handheld: the fixed scanner where its person scanned; the event was not the handheld's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(optional))]
    pub scanner: Option<DeviceId>,
}

/// What came of an event. Sent only after the commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub enum AckOutcome {
    /// Done.
    Applied,
    /// Refused; nothing changed. `problem.code` is one of `wrong_item`, `wrong_lot`, `expired_lot`, `over_pick`,
    /// `unknown_code`, `ambiguous_code`, `bad_code`, `not_your_order`, `not_logged_in`, `wrong_pin`, `nothing_to_undo`, `lines_open`, `illegal_move`.
    Refused {
        /// Why, and what to do.
        problem: Problem,
    },
}

/// `cmd` to a handheld, retained: everything its screen needs. A newer `version` replaces an older one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct HandheldView {
    /// Grows with every change, for this handheld.
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub version: u64,
    /// When the store made it.
    pub at: Timestamp,
    /// Who is logged in.
    pub person: Option<PersonId>,
    /// Name to greet by.
    pub person_name: String,
    /// The work in hand.
    pub task: Option<PickTask>,
    /// Orders that wait for a picker.
    pub waiting: u32,
    /// When the store accepted the newest of them.
    #[serde(default)]
    pub newest_at: Option<Timestamp>,
    /// Things to know, newest first, at most 5.
    pub notices: Vec<Notice>,
}

/// Something a picker should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Notice {
    /// A stable word, for example `order_cancelled`, `substitute_accepted`.
    pub code: String,
    /// Particulars: an order number, a product name.
    pub detail: String,
    /// When.
    pub at: Timestamp,
}

/// One order to pick, lines in walking order (REQ-30).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct PickTask {
    /// The order.
    pub order: OrderId,
    /// Its short number.
    pub number: String,
    /// When the customer was promised to have it.
    pub promise_at: Timestamp,
    /// When picking should be done for the promise to hold.
    pub pick_by: Timestamp,
    /// Lines in walking order; done ones stay, so that the bar can count.
    pub lines: Vec<PickLine>,
    /// Number of bags planned.
    pub bags: u8,
    /// A substitute that waits for the customer's answer.
    pub substitute: Option<SubstituteOffer>,
}

/// One stop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct PickLine {
    /// The line's number in the order.
    pub line: u8,
    /// What to take now (a substitute has another SKU than the order's line).
    pub sku: SkuId,
    /// English name.
    pub name: String,
    /// Hindi name, or empty.
    pub name_hi: String,
    /// Where to go.
    pub bin: BinId,
    /// Its zone.
    pub zone: ZoneId,
    /// Other bins that hold it.
    pub alternatives: Vec<BinId>,
    /// Wanted here.
    pub qty: Qty,
    /// Picked so far.
    pub picked: Qty,
    /// Given up (refunded or substituted).
    pub short: Qty,
    /// Barcodes that are right here: lets the screen answer within 50 ms; the store's ack decides.
    pub gtins: Vec<String>,
    /// The lot to take first.
    pub lot: LotHint,
    /// Travels in the insulated bag.
    pub cold: bool,
    /// On top, or apart.
    pub fragile: bool,
    /// To the bottom.
    pub heavy: bool,
    /// Which bag, from 1.
    pub bag: u8,
}

/// The lot to take (FEFO, REQ-10), and whether a scan can prove it (REQ-93).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct LotHint {
    /// The lot.
    pub lot: LotId,
    /// Its expiry, where it has one.
    pub expiry: Option<Date>,
    /// The bin holds several lots: scan the lot label, not the product.
    pub scan_label: bool,
}

/// A substitute offered to the customer (REQ-33).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct SubstituteOffer {
    /// For which line.
    pub line: u8,
    /// What is offered.
    pub name: String,
    /// The same in Hindi, or empty.
    pub name_hi: String,
    /// The preset applies after this time.
    pub until: Timestamp,
}
