//! The shapes of the store node's HTTP surface (`/api/v1`, console). Every write takes an `Idempotency-Key` header (a
//! [`crate::CommandId`]). Which route takes which shape stands in one table, `store-node/src/http/routes.rs`, which is both the
//! router and `/api/openapi.json`.

pub mod backup;
pub mod counting;

use crate::id::{
    BagId, BinId, CommandId, DeviceId, LotId, OrderId, PersonId, PrintJobId, SkuId, StoreId, ZoneId,
};
use crate::mqtt::{DeviceClass, Health, Quality};
use crate::order::{Channel, Moments, OrderState};
use crate::{Date, Grams, Paise, Qty, Role, Timestamp};
use serde::{Deserialize, Serialize};

/// PIN login of a member of staff at the console.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct LoginRequest {
    /// Who.
    pub person: PersonId,
    /// Four to eight digits.
    pub pin: String,
}

/// A session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct LoginAnswer {
    /// Bearer token.
    pub token: String,
    /// Name to greet by.
    pub name: String,
    /// What the person may do.
    pub role: Role,
    /// When it ends by itself.
    pub until: Timestamp,
}

/// The orders board, most urgent first (UX 26).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Board {
    /// When these figures were true.
    pub at: Timestamp,
    /// The store.
    pub store: StoreId,
    /// Its name.
    pub store_name: String,
    /// Orders that are not ended, and those that ended in the last hour (at most 200).
    pub orders: Vec<BoardOrder>,
    /// Orders dispatched today (store's business day).
    pub dispatched_today: u32,
    /// Open alarms.
    pub alarms: u32,
    /// Whether the uplink is up.
    pub online: bool,
    /// Since when the uplink is down.
    pub offline_since: Option<Timestamp>,
}

/// One card on the board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct BoardOrder {
    /// The order.
    pub order: OrderId,
    /// Its short number.
    pub number: String,
    /// How it came in.
    pub channel: Channel,
    /// Where it stands.
    pub state: OrderState,
    /// The times so far.
    pub moments: Moments,
    /// When the customer was promised to have it.
    pub promise_at: Timestamp,
    /// Lines, and how many of them are done.
    pub lines: u32,
    /// Lines fully picked or given up.
    pub lines_done: u32,
    /// Weight of the goods.
    pub weight: Grams,
    /// Something in it is cold.
    pub cold: bool,
    /// Who picks it.
    pub picker: Option<String>,
    /// Where the picker should be now.
    pub next_bin: Option<BinId>,
    /// Bags closed.
    pub bags: u32,
    /// The rider chosen by the hub, or who took it.
    pub rider: Option<String>,
    /// When the rider should be at the bay.
    pub rider_eta: Option<Timestamp>,
    /// A substitute that waits for the customer, until then.
    pub substitute_until: Option<Timestamp>,
    /// Labels that did not come out, or are in doubt.
    pub prints_in_doubt: u32,
}

/// Everything about one order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct OrderDetail {
    /// The card.
    pub card: BoardOrder,
    /// Its lines.
    pub lines: Vec<OrderLineRow>,
    /// Its bags.
    pub bags: Vec<BagRow>,
    /// What happened, oldest first.
    pub history: Vec<HistoryRow>,
}

/// One line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct OrderLineRow {
    /// Its number, from 0.
    pub line: u8,
    /// What was ordered.
    pub sku: SkuId,
    /// Its name.
    pub name: String,
    /// Its Hindi name.
    pub name_hi: String,
    /// Ordered.
    pub qty: Qty,
    /// Picked.
    pub picked: Qty,
    /// Refunded.
    pub short: Qty,
    /// The substitute that was taken instead.
    pub substitute: Option<String>,
}

/// One bag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct BagRow {
    /// The code on its label.
    pub bag: BagId,
    /// Its number, from 1.
    pub n: u8,
    /// Insulated.
    pub cold: bool,
    /// Goods in it.
    pub weight: Grams,
    /// What the scale said.
    pub weighed: Option<Grams>,
    /// Scanned at handover.
    pub handed_over: bool,
}

/// One thing that happened: who, at which device, what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct HistoryRow {
    /// When.
    pub at: Timestamp,
    /// A stable word: a moment, `scan`, `not_found`, `undo`, `label_printed` ...
    pub what: String,
    /// Particulars by name (`model::particulars`): `line=1 sku=MLK-1 lot=L7 bin=A-01`; the words are the screens'.
    pub detail: String,
    /// Who.
    pub person: String,
    /// At which device.
    pub device: String,
}

/// Stock by SKU, 100 a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct StockPage {
    /// The rows, by SKU.
    pub rows: Vec<StockRow>,
    /// Pass as `after` for the next page.
    pub next: Option<SkuId>,
    /// SKUs that match in all.
    pub total: u32,
}

/// One SKU's stock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct StockRow {
    /// What.
    pub sku: SkuId,
    /// English name.
    pub name: String,
    /// Hindi name.
    pub name_hi: String,
    /// On the shelves.
    pub on_hand: u32,
    /// Promised to orders in the store.
    pub reserved: u32,
    /// Blocked, for whatever reason.
    pub blocked: u32,
    /// Rights the hub holds and has not used (SYNC.md: outstanding).
    pub hub_quota: u32,
    /// What the counter may sell now.
    pub free: u32,
    /// Earliest expiry among its lots.
    pub expiry: Option<Date>,
    /// Below the minimum (REQ-12).
    pub low: bool,
}

/// One SKU by lot and bin, with its latest movements.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct StockDetail {
    /// The sum.
    pub row: StockRow,
    /// By lot and bin, first expired first.
    pub lots: Vec<LotRow>,
    /// The latest 100 movements, newest first.
    pub movements: Vec<MovementRow>,
}

/// Stock of one lot in one bin (REQ-5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct LotRow {
    /// The lot.
    pub lot: LotId,
    /// Maker's batch.
    pub batch: String,
    /// Expiry.
    pub expiry: Option<Date>,
    /// Where.
    pub bin: BinId,
    /// On the shelf.
    pub on_hand: u32,
    /// Promised.
    pub reserved: u32,
    /// Blocked.
    pub blocked: u32,
    /// Why it is blocked, or empty.
    pub blocked_why: String,
}

/// One row of the ledger (REQ-6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct MovementRow {
    /// Its place in the ledger.
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Kind (REQ-7).
    pub kind: String,
    /// Lot.
    pub lot: LotId,
    /// Bin.
    pub bin: BinId,
    /// Units.
    pub qty: u32,
    /// On hand before and after.
    pub on_hand: (u32, u32),
    /// Reserved before and after.
    pub reserved: (u32, u32),
    /// Blocked before and after.
    pub blocked: (u32, u32),
    /// Who.
    pub person: String,
    /// At which device.
    pub device: String,
    /// Why.
    pub why: String,
    /// Order, receipt or alarm it belongs to.
    pub reference: String,
}

/// A paper to print; what was printed before says DUPLICATE (REQ-34).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "paper", rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub enum PaperRequest {
    /// The label of a lot (REQ-93).
    Lot {
        /// The lot.
        lot: LotId,
    },
    /// The label under a product's shelf place.
    Shelf {
        /// The product.
        sku: SkuId,
    },
    /// An order on paper, when handhelds fail; it takes the order (REQ-37, REQ-107).
    PickList {
        /// The order.
        order: OrderId,
    },
    /// A day of a cold place.
    Temperature {
        /// Its sensor.
        sensor: DeviceId,
        /// The store's business day; `None` = today's so far.
        #[serde(default)]
        day: Option<Date>,
    },
    /// The slip that a rider signs (REQ-39).
    Handover {
        /// An order that was handed over.
        order: OrderId,
    },
}

/// A simple receipt of goods (deep receiving comes later).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct ReceiveRequest {
    /// What; or a GTIN in `code`.
    pub sku: SkuId,
    /// How many; at least 1.
    pub qty: Qty,
    /// Maker's batch number.
    pub batch: String,
    /// Expiry, where the good expires.
    pub expiry: Option<Date>,
    /// MRP on the pack.
    pub mrp: Paise,
    /// Where to; default: the SKU's home bin.
    pub bin: Option<BinId>,
}

/// The lot that came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct ReceiveAnswer {
    /// The lot.
    pub lot: LotId,
    /// Where it lies.
    pub bin: BinId,
}

/// An order at the counter or by phone (REQ-28).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct CounterOrderRequest {
    /// 1 to 100 lines; lines of one SKU are summed before stock is checked (REQ-8).
    pub lines: Vec<CounterLine>,
    /// A first name to call, or empty.
    pub first_name: String,
}

/// One line at the counter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct CounterLine {
    /// What.
    pub sku: SkuId,
    /// How many; at least 1.
    pub qty: Qty,
}

/// The new order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct CounterOrderAnswer {
    /// The order.
    pub order: OrderId,
    /// Its short number.
    pub number: String,
    /// To pay, taxes in.
    pub total: Paise,
}

/// Hands an order's bags to a rider or, for counter orders, to the customer (REQ-39). Every bag is scanned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct HandoverRequest {
    /// The order.
    pub order: OrderId,
    /// The rider's badge code (`LR:` scan without the prefix); empty for a counter order.
    pub rider: String,
    /// The scanned bag codes.
    pub bags: Vec<BagId>,
}

/// Dispatched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct HandoverAnswer {
    /// When.
    pub dispatched_at: Timestamp,
}

/// The cold chain now (REQ-18).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct ColdChain {
    /// When these figures were true.
    pub at: Timestamp,
    /// By sensor.
    pub sensors: Vec<SensorChart>,
    /// Alarms: open ones, and those of the last day.
    pub alarms: Vec<AlarmRow>,
    /// Excursions: open ones first, then those that began in the last seven days, newest first; at most 100.
    pub excursions: Vec<ExcursionRow>,
    /// Doors with a contact, by name.
    pub doors: Vec<DoorRow>,
    /// Calibrations of the sensors that have one, by sensor.
    pub calibrations: Vec<CalibrationRow>,
}

/// An interval outside the band at one sensor (REQ-18).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct ExcursionRow {
    /// The excursion.
    pub id: CommandId,
    /// The sensor.
    pub sensor: DeviceId,
    /// Its zone.
    pub zone: ZoneId,
    /// Which way it began: `too_warm` or `too_cold`, as the alarm is called.
    pub kind: String,
    /// The band that it left: lowest allowed, thousandths of a degree.
    pub low_milli_c: i32,
    /// Highest allowed.
    pub high_milli_c: i32,
    /// The first reading outside.
    pub began: Timestamp,
    /// The first reading well inside again; `None` while it lasts.
    pub ended: Option<Timestamp>,
    /// Whether it lasted long enough for the alarm, which blocks the zone's lots.
    pub alarmed: bool,
    /// What its readings add up to; `None` before there are any.
    pub figures: Option<ExcursionFigures>,
    /// The lots that lay there.
    pub lots: Vec<ExcursionLot>,
    /// The orders that got units of these lots: picked from the zone, or handed over, while it lasted; at most 500.
    pub orders: Vec<ExcursionOrder>,
}

/// An order that got units of an excursion's lots.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct ExcursionOrder {
    /// The order.
    pub order: OrderId,
    /// Its number.
    pub number: String,
    /// The lot.
    pub lot: LotId,
    /// Units of the lot that were picked for it.
    pub units: u32,
    /// When the first of them was picked.
    pub picked: Timestamp,
    /// When it left the store; `None` while it is still here.
    pub shipped: Option<Timestamp>,
}

/// What the trusted readings of an excursion add up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct ExcursionFigures {
    /// Coldest, thousandths of a degree.
    pub min_milli_c: i32,
    /// Warmest.
    pub max_milli_c: i32,
    /// Mean kinetic temperature with an activation energy over the gas constant of 10,000 K, thousandths of a degree.
    pub mean_kinetic_milli_c: i32,
    /// How far and how long over the band: thousandths of a degree times minutes.
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub above_milli_c_min: i64,
    /// How far and how long under the band: thousandths of a degree times minutes.
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub below_milli_c_min: i64,
    /// How long over or under the band, milliseconds, as far as it was heard.
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub outside_ms: i64,
    /// Readings.
    pub samples: u32,
    /// Silences; nothing is counted for their time.
    pub gaps: u32,
}

/// A lot that lay in an excursion's zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct ExcursionLot {
    /// The lot.
    pub lot: LotId,
    /// What it is.
    pub sku: SkuId,
    /// Its product's name.
    pub name: String,
    /// The most units of it that were seen there.
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub units: i64,
}

/// A door with a contact (REQ-95).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct DoorRow {
    /// The contact.
    pub device: DeviceId,
    /// The zone behind it.
    pub zone: Option<ZoneId>,
    /// Whether it is open.
    pub open: bool,
    /// Since when it has been open or shut.
    pub since: Timestamp,
}

/// A sensor's calibration (REQ-18).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct CalibrationRow {
    /// The sensor.
    pub sensor: DeviceId,
    /// What is done to its raw values, and on what paper that stands.
    pub calibration: crate::mqtt::Calibration,
    /// Whether it was due before today.
    pub overdue: bool,
}

/// One sensor's last six hours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct SensorChart {
    /// The sensor.
    pub sensor: DeviceId,
    /// Its zone.
    pub zone: ZoneId,
    /// The zone's band in thousandths of a degree.
    pub low_milli_c: i32,
    /// Upper end.
    pub high_milli_c: i32,
    /// Newest value.
    pub last: Option<ReadingRow>,
    /// Oldest first, thinned to at most 720 points; a gap is a point without a value.
    pub points: Vec<ReadingRow>,
}

/// One reading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct ReadingRow {
    /// When.
    pub at: Timestamp,
    /// Thousandths of a degree; `None` in a gap.
    pub milli_c: Option<i32>,
    /// How far it can be trusted.
    pub quality: Quality,
}

/// An alarm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct AlarmRow {
    /// The alarm.
    pub id: CommandId,
    /// A stable word: `too_warm`, `too_cold`, `near_warm`, `near_cold`, `door_ajar`, `door_open`, `sensor_silent`,
    /// `sensor_crc`, `sensor_implausible`, `sensor_jump`, `sensor_flat`, `sensor_suspect` (of a former version),
    /// `device_lost`, `device_down`, `device_battery`.
    pub kind: String,
    /// The zone, for cold-chain alarms.
    pub zone: Option<ZoneId>,
    /// The device.
    pub device: DeviceId,
    /// When the trouble began.
    pub began: Timestamp,
    /// When it was raised.
    pub raised: Timestamp,
    /// When it ended; acknowledging is not clearing.
    pub cleared: Option<Timestamp>,
    /// Who has seen it.
    pub acknowledged_by: Option<String>,
    /// Particulars by name (`model::particulars`): `worst_milli_c=9100 units=12 lots=3`.
    pub detail: String,
}

/// One device on the devices page (UX 31).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct DeviceRow {
    /// The device.
    pub device: DeviceId,
    /// Its class.
    pub class: DeviceClass,
    /// Driver and model.
    pub model: String,
    /// How it is.
    pub health: Health,
    /// What is wrong.
    pub detail: String,
    /// What to do.
    pub hint: String,
    /// Last heard.
    pub heard: Timestamp,
    /// Charge.
    pub battery_pct: Option<u8>,
    /// Jobs that wait.
    pub queued: u32,
    /// Who uses it now.
    pub person: Option<String>,
    /// Its print jobs that need a person.
    pub prints: Vec<PrintRow>,
}

/// A print job that needs a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct PrintRow {
    /// The job.
    pub job: PrintJobId,
    /// What it is: `bag=1 of=2 number=4K7` or `delivery=4K7` (`model::particulars`).
    pub what: String,
    /// `queued`, `sent_unconfirmed`, `in_doubt`, `rejected`.
    pub state: String,
    /// Since when.
    pub since: Timestamp,
}

/// A person's word about a print in doubt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct PrintResolve {
    /// True: the label is there. False: print it again (it will say DUPLICATE).
    pub printed: bool,
}

/// The link to the hub (REQ-38, the part issue A needs).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Link {
    /// When these figures were true.
    pub at: Timestamp,
    /// Whether the uplink is up.
    pub online: bool,
    /// Since when it is as it is.
    pub since: Timestamp,
    /// Online orders that are not dispatched.
    pub orders_promised: u32,
    /// Those orders, the earliest promise first, at most 50.
    pub promised: Vec<PromisedOrder>,
    /// Units of quota the hub holds and has not used.
    pub hub_quota_units: u32,
    /// The same by group of goods, most units first.
    pub quota_groups: Vec<QuotaGroup>,
    /// Facts that the hub has not acknowledged.
    pub facts_waiting: u32,
    /// The oldest of them.
    pub oldest_fact: Option<Timestamp>,
    /// Records of the own log that the hub has not acknowledged: what the facts travel in.
    pub records_waiting: u32,
    /// Rows of ledger and temperatures that the hub does not have.
    pub rows_waiting: u32,
    /// Megabytes of the store's database, and how many it may have before it is an alarm. Nothing is dropped for it.
    pub database_mb: u32,
    /// See `database_mb`.
    pub database_mb_max: u32,
    /// The publication of the hub's catalogue that was taken over last; none while the hub has told nothing.
    pub catalogue: Option<CatalogueTaken>,
    /// The safest action now, a stable word: `all_well`, `finish_promised`, `counter_only`; `count_shelves` while the
    /// store is fenced, `switch_off` where another machine has taken its place.
    pub advice: String,
}

/// What the hub says is sold, as the store has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct CatalogueTaken {
    /// The edition.
    pub edition: u32,
    /// Its publication.
    pub publication: u32,
    /// When the hub made it, by its clock.
    pub at: Timestamp,
    /// Products that it names.
    pub products: u32,
}

/// An online order that must still leave the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct PromisedOrder {
    /// The order.
    pub order: OrderId,
    /// Its short number.
    pub number: String,
    /// Where it stands.
    pub state: OrderState,
    /// When the customer was promised to have it.
    pub promise_at: Timestamp,
}

/// What the hub may still sell of one group of goods.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct QuotaGroup {
    /// The outermost category: `Dairy & Eggs`.
    pub group: String,
    /// Products of it with units left.
    pub products: u32,
    /// Units left.
    pub units: u32,
}

/// Enrols a handheld.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct EnrolRequest {
    /// Its name on the board, also its MQTT client id and user name.
    pub device: DeviceId,
}

/// What the handheld keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct EnrolAnswer {
    /// Its name.
    pub device: DeviceId,
    /// MQTT password (decision 7); shown once.
    pub token: String,
    /// Address to open on the handheld: the picker page with both in its fragment.
    pub url: String,
}

/// Where a handheld connects to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct HandheldConfig {
    /// The store, for topics.
    pub store: StoreId,
    /// Its name.
    pub store_name: String,
    /// Port of the broker's WebSocket listener on the node's own host name.
    pub ws_port: u16,
    /// Whether that listener is encrypted (wss).
    pub ws_tls: bool,
    /// People who may log in: id and name (PIN asked afterwards).
    pub people: Vec<(PersonId, String)>,
}

/// What came from the hub, or was to go there, and could not be used (REQ-49): the rest went on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Quarantine {
    /// When these figures were true.
    pub at: Timestamp,
    /// How many there ever were.
    pub total: u32,
    /// The newest, at most 200.
    pub rows: Vec<QuarantineRow>,
}

/// One record in quarantine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct QuarantineRow {
    /// When it was set aside.
    pub at: Timestamp,
    /// Where it came from: `hub 17` (a record of its log) or `outbox 3` (a fact of the store's own).
    pub origin: String,
    /// Its document; empty where it names none.
    pub doc: String,
    /// The kind of the reason, a stable word: `poisoned`, `stranger`, `number_twice`, `other_content`, `not_its_own`,
    /// `unknown_order`, `gap`, `broken_chain`, `too_big`, `malformed`, `version`, `other`.
    pub kind: String,
    /// The reason in the node's own words.
    pub reason: String,
}
