//! The shapes of the hub's HTTP surface (`/api/v1`): shop, rider, ops. Every write takes an `Idempotency-Key` header (a
//! [`crate::CommandId`]); a retry gets the first answer. Which route takes which shape, and who may ask, stands in one table,
//! `central-hub/src/http/routes.rs`, which is both the router and `/api/openapi.json`.

mod backup;
mod instrument;
mod restored;
mod rider;
mod split;

pub use backup::{OpsBackup, OpsHubBackup};
pub use instrument::{Instrument, InstrumentIn, InstrumentKind};
pub use restored::{OpsClosing, RECOVER_MAX, RecoverAnswer, RecoverRequest, Recovered};
pub use rider::{DropOff, LostOrder, LostWhy, RiderNow, RiderStop, RiderTask};
pub use split::{SplitLine, SplitOffer, SplitPart, SplitRequest};

use crate::alarms::AlarmTold;
use crate::id::{AddressId, CustomerId, InstrumentId, OrderId, RiderId, SkuId, StoreId};
use crate::order::{Moments, OrderState};
use crate::order_doc::SubstitutePreset;
use crate::quota::{HubGeneration, StoreEpoch};
use crate::{Paise, Qty, Role, Timestamp};
use serde::{Deserialize, Serialize};

/// Sends a one-time password to a phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct OtpRequest {
    /// E.164, for example `+919800000001`.
    pub phone: String,
}

/// Trades the password for a session; registers the phone if it is new.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct VerifyRequest {
    /// The phone.
    pub phone: String,
    /// Six digits; five tries, ten minutes.
    pub code: String,
}

/// A session's tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Session {
    /// Bearer token for 15 minutes.
    pub access: String,
    /// For a new access token; used once.
    pub refresh: String,
    /// When `access` ends.
    pub until: Timestamp,
    /// Role of the person.
    pub role: Role,
    /// Customer or rider id as text.
    pub subject: String,
}

/// Renews a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct RefreshRequest {
    /// The refresh token; the answer carries a new one.
    pub refresh: String,
}

/// A message in the demo's inbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct InboxMessage {
    /// When.
    pub at: Timestamp,
    /// The text, as an SMS would carry it.
    pub text: String,
}

/// A customer about herself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Me {
    /// The customer.
    pub customer: CustomerId,
    /// Phone.
    pub phone: String,
    /// First name, or empty.
    pub name: String,
    /// Addresses, primary first.
    pub addresses: Vec<Address>,
    /// Ways to pay that she keeps, newest first.
    pub instruments: Vec<Instrument>,
}

/// Changes to [`Me`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct MeIn {
    /// First name, at most 60 signs.
    pub name: String,
}

/// A point on earth, WGS 84 degrees.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Point {
    /// Latitude, -90 to 90.
    pub lat: f64,
    /// Longitude, -180 to 180.
    pub lon: f64,
}

/// A new address.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct AddressIn {
    /// House, street, landmark; at most 200 signs.
    pub text: String,
    /// Where the pin is.
    pub at: Point,
}

/// An address.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Address {
    /// The address.
    pub id: AddressId,
    /// House, street, landmark.
    pub text: String,
    /// Where.
    pub at: Point,
}

/// Whether and from where a place is served (REQ-57).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Serviceable {
    /// The store that would serve it; `None`: not served or not now.
    pub store: Option<StoreId>,
    /// Its name.
    pub store_name: String,
    /// Minutes that would be promised.
    pub promise_min: u32,
    /// A stable word: `delivering`, `outside`, `store_unreachable`, `closed`.
    pub status: String,
    /// The same for a person.
    pub reason: String,
}

/// A category with its size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Category {
    /// Outermost name.
    pub name: String,
    /// Products in it.
    pub products: u32,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct SearchPage {
    /// Best first, at most 60.
    pub hits: Vec<ProductCard>,
    /// Products that match in all.
    pub total: u32,
    /// Age of the availability in milliseconds; `None` without a store.
    #[cfg_attr(feature = "schema", ts(type = "number | null"))]
    pub availability_age_ms: Option<i64>,
}

/// A product in the shop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct ProductCard {
    /// What.
    pub sku: SkuId,
    /// English name.
    pub name: String,
    /// Hindi name.
    pub name_hi: String,
    /// Brand.
    pub brand: String,
    /// Outermost category.
    pub category: String,
    /// `1 L pouch`.
    pub unit: String,
    /// To pay.
    pub price: Paise,
    /// Printed maximum.
    pub mrp: Paise,
    /// Units that can be promised now from the store (at most 20 is told).
    pub available: u32,
    /// Units that other stores, which reach the same door, could bring in a delivery of their own (at most 20 is told).
    #[serde(default)]
    pub elsewhere: u32,
    /// Keeps cold.
    pub cold: bool,
}

/// The cart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Cart {
    /// Its lines, in the order they were added.
    pub lines: Vec<CartLine>,
    /// Sum of the lines.
    pub subtotal: Paise,
    /// Delivery fee.
    pub delivery_fee: Paise,
    /// To pay.
    pub total: Paise,
}

/// One line of a cart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct CartLine {
    /// The product.
    pub product: ProductCard,
    /// How many.
    pub qty: Qty,
    /// Price of the line.
    pub total: Paise,
}

/// Sets a line; 0 takes it out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct CartLineIn {
    /// 0 to 50 of one product.
    pub qty: Qty,
}

/// How to pay (REQ-64).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub enum Payment {
    /// Cash at the door.
    Cod,
    /// UPI debit; the token is the gateway's.
    Upi {
        /// The gateway's token, never a number of an account. In the demo `tok_ok`, `tok_declined`, `tok_slow`, `tok_error`.
        token: String,
    },
    /// Card, authorised now and captured when packed.
    Card {
        /// The gateway's token.
        token: String,
    },
    /// A way that the customer keeps.
    Kept {
        /// Which.
        instrument: InstrumentId,
    },
}

/// Checks out the cart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct CheckoutRequest {
    /// Where to.
    pub address: AddressId,
    /// How to pay.
    pub payment: Payment,
    /// What about missing goods.
    pub preset: SubstitutePreset,
}

/// An order as its customer sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Order {
    /// The order.
    pub id: OrderId,
    /// Its short number.
    pub number: String,
    /// Where it stands.
    pub state: OrderState,
    /// The times so far.
    pub moments: Moments,
    /// The store.
    pub store: StoreId,
    /// Its name.
    pub store_name: String,
    /// Why this store (REQ-62: explained), by name (`model::particulars`): `store=Indiranagar metres=820 room=14`.
    pub store_why: String,
    /// Where it goes.
    pub address: Address,
    /// Lines with what was really picked.
    pub lines: Vec<OrderLine>,
    /// Sum of the lines.
    pub subtotal: Paise,
    /// Delivery fee.
    pub delivery_fee: Paise,
    /// Refunded so far.
    pub refunded: Paise,
    /// To pay.
    pub total: Paise,
    /// `cod`, `upi`, `card`.
    pub payment_method: String,
    /// `pending`, `authorised`, `paid`, `failed`, `refunded`.
    pub payment_status: String,
    /// When it was promised.
    pub promise_at: Timestamp,
    /// The code to tell the rider at the door; shown once it is on its way.
    pub delivery_code: Option<String>,
    /// A substitute that waits for an answer.
    pub substitute: Option<SubstituteQuestion>,
}

/// One line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct OrderLine {
    /// Its number, from 0.
    pub line: u8,
    /// What.
    pub sku: SkuId,
    /// English name.
    pub name: String,
    /// Hindi name.
    pub name_hi: String,
    /// Ordered.
    pub qty: Qty,
    /// Price of one.
    pub unit_price: Paise,
    /// Picked (known once packed).
    pub picked: Option<Qty>,
    /// Refunded units.
    pub short: Qty,
    /// What came instead.
    pub substitute: Option<String>,
}

/// "Is this all right instead?" (REQ-33)
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct SubstituteQuestion {
    /// For which line.
    pub line: u8,
    /// The proposal.
    pub product: ProductCard,
    /// How many.
    pub qty: Qty,
    /// What one piece will cost: never more than what was ordered, never more than the proposal costs by itself.
    pub unit_price: Paise,
    /// The preset applies after this time.
    pub until: Timestamp,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct SubstituteReply {
    /// For which line.
    pub line: u8,
    /// Take it, or refund.
    pub accept: bool,
}

/// Pushed while an order is under way (REQ-78).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Tracking {
    /// The order.
    pub order: Order,
    /// The rider's first name.
    pub rider: Option<String>,
    /// The rider's last position.
    pub position: Option<Point>,
    /// When that was.
    pub position_at: Option<Timestamp>,
    /// When it should arrive.
    pub eta_at: Timestamp,
    /// Where the store is.
    pub store_at: Point,
    /// The way from the rider to the door.
    pub route: Vec<Point>,
    /// When this was true.
    pub updated_at: Timestamp,
}

/// Starts or ends a shift.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct ShiftRequest {
    /// On or off.
    pub on: bool,
    /// The shift's planned end.
    pub until: Timestamp,
    /// Where the rider is.
    pub at: Point,
}

/// Positions, newest first; a backlog after a dead spot is welcome (at most 600).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct PositionsIn {
    /// The fixes.
    pub fixes: Vec<Fix>,
}

/// One position.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Fix {
    /// When.
    pub at: Timestamp,
    /// Where.
    pub point: Point,
}

/// Proof of delivery (REQ-80, decision 11).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct DeliverRequest {
    /// The customer's code; five tries.
    pub code: String,
    /// Cash taken.
    pub cash: Paise,
    /// Where.
    pub at: Point,
    /// When it happened (a rider without signal sends it later).
    pub delivered_at: Timestamp,
}

/// The operations page (UX 27-29).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct OpsNow {
    /// When these figures were true.
    pub at: Timestamp,
    /// Stores.
    pub stores: Vec<OpsStore>,
    /// Riders on shift.
    pub riders: Vec<OpsRider>,
    /// Open orders, most urgent first, at most 200.
    pub orders: Vec<OpsOrderRow>,
    /// Orders placed in the last hour.
    pub placed_last_hour: u32,
    /// Delivered in the last hour.
    pub delivered_last_hour: u32,
}

/// One store, seen from the hub.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct OpsStore {
    /// The store.
    pub store: StoreId,
    /// Its name.
    pub name: String,
    /// Where.
    pub at: Point,
    /// Service radius in metres.
    pub radius_m: u32,
    /// The session is up.
    pub online: bool,
    /// Milliseconds since something was heard of it: the age of all its figures.
    #[cfg_attr(feature = "schema", ts(type = "number | null"))]
    pub link_age_ms: Option<i64>,
    /// Whether the hub sells for it now; else the reason, a stable word: `unreachable`, `closed`, `never_connected`.
    pub selling: bool,
    /// The reason.
    pub selling_why: String,
    /// Open orders.
    pub open_orders: u32,
    /// Of them, later than promised.
    pub late_orders: u32,
    /// Units of quota left.
    pub quota_units: u32,
    /// Alarms that stand there, as it last said.
    pub alarms: u32,
    /// Facts for it that it has not acknowledged.
    pub facts_waiting: u32,
}

/// One rider, seen from ops.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct OpsRider {
    /// The rider.
    pub rider: RiderId,
    /// First name.
    pub name: String,
    /// Last position.
    pub at: Option<Point>,
    /// When that was.
    pub at_time: Option<Timestamp>,
    /// The orders in hand, by number, with commas between them.
    pub order: Option<String>,
}

/// One order, seen from ops.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct OpsOrderRow {
    /// The order.
    pub order: OrderId,
    /// Its number.
    pub number: String,
    /// The store.
    pub store: StoreId,
    /// Where it stands, as far as the hub knows.
    pub state: OrderState,
    /// When it was promised.
    pub promise_at: Timestamp,
    /// When it should arrive.
    pub eta_at: Timestamp,
    /// The rider.
    pub rider: Option<String>,
    /// Where it goes.
    pub to: Point,
}

/// One order with its history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct OpsOrder {
    /// As the customer sees it.
    pub order: Order,
    /// What happened, oldest first.
    pub history: Vec<super::store::HistoryRow>,
    /// How the rider was scored (REQ-75: explained).
    pub rider_scores: Vec<RiderScore>,
}

/// Why a rider was or was not chosen (REQ-75).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct RiderScore {
    /// The rider.
    pub rider: String,
    /// The sum; more is better, whatever the formula.
    pub score: f64,
    /// The formula and its parts by name (`model::particulars`): `by=value travel=31.5 batch=0.0 rating=9.4 shift=0.0
    /// load=-2.0`, `by=nearest distance=-740.4 load=-400.0` or `by=simple base=100.0 distance=-30.0 rating=94.0 batch=0.0`.
    pub parts: String,
}

/// What the hub replicates with its stores, for operations: link ages, lag, rights, quarantine (REQ-49, REQ-50).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct OpsSync {
    /// When these figures were true.
    pub at: Timestamp,
    /// The hub's generation.
    pub generation: HubGeneration,
    /// What a restored hub waits for: until people have closed its former life, those rights stay blocked.
    pub closing: Option<OpsClosing>,
    /// The hub's own backups.
    pub own_backup: OpsHubBackup,
    /// By store.
    pub stores: Vec<OpsSyncStore>,
    /// Changes that could not be used, newest first, at most 200.
    pub quarantine: Vec<OpsQuarantined>,
}

/// One store's replication.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct OpsSyncStore {
    /// The store.
    pub store: StoreId,
    /// Its name.
    pub name: String,
    /// The session is up.
    pub online: bool,
    /// When something was last heard of it: its figures are as of then.
    pub heard_at: Option<Timestamp>,
    /// Its epoch, as the hub knows it.
    pub epoch: StoreEpoch,
    /// Last record of its log that is durable here.
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub received: u64,
    /// Records for it that it has not acknowledged.
    pub records_waiting: u32,
    /// Facts for it that stand in no record yet.
    pub facts_waiting: u32,
    /// Units that the hub may still sell.
    pub rights_units: u32,
    /// Rights of earlier epochs and generations that still stand: nobody may sell them until they are closed.
    pub blocked: Vec<BlockedRights>,
    /// Alarms that stand there, as it last said. Null before its first word.
    pub alarms: Option<OpsAlarms>,
    /// Its changes that ever went to quarantine.
    pub quarantined: u32,
    /// Its newest backup here.
    pub backup: OpsBackup,
}

/// Alarms that stand at a store; read-only here, a person at the store sees to them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct OpsAlarms {
    /// When the hub heard of a change last. While the link is up nothing has changed since.
    pub as_of: Timestamp,
    /// How many stand.
    pub standing: u32,
    /// Those that nobody has seen first, then the newest; at most 50.
    pub alarms: Vec<AlarmTold>,
}

/// What a store has on its shelf and free, as it last said; read-only here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct OpsShelf {
    /// The hub's time.
    pub at: Timestamp,
    /// The store.
    pub store: StoreId,
    /// When the hub last heard a whole look at the shelf: everything here is as of then. Null before the first.
    pub as_of: Option<Timestamp>,
    /// What was looked for, what is nearly gone first; at most 100.
    pub rows: Vec<OpsShelfRow>,
    /// How many there are.
    pub matching: u32,
}

/// One SKU of a store's shelf.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct OpsShelfRow {
    /// Which.
    pub sku: SkuId,
    /// English name; empty for a product that the hub does not know.
    pub name: String,
    /// Hindi name.
    pub name_hi: String,
    /// Units on the shelf and free, rights of the hub among them.
    pub units: u32,
}

/// Rights that were granted under terms that are over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct BlockedRights {
    /// E.
    pub epoch: StoreEpoch,
    /// G.
    pub generation: HubGeneration,
    /// Units of them.
    pub units: u32,
}

/// How many people have said that an older generation's orders are all here; when enough have, its rights are freed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct ClosingVoices {
    /// So many have.
    pub voices: u32,
    /// So many must.
    pub needed: u32,
}

/// One change in quarantine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct OpsQuarantined {
    /// Whose.
    pub store: StoreId,
    /// When it was set aside.
    pub at: Timestamp,
    /// Its document.
    pub doc: String,
    /// Its number in the store's log.
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub seq: u64,
    /// The kind of the reason, a stable word: `poisoned`, `stranger`, `number_twice`, `other_content`, `not_its_own`,
    /// `unknown_order`, `gap`, `broken_chain`, `too_big`, `malformed`, `version`, `unproved`, `other`.
    pub kind: String,
    /// The reason in the hub's own words.
    pub reason: String,
}
