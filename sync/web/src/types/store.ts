// Written from Rust (sync/model/src/api/store.rs): do not edit; see sync/model/tests/types.rs.
import type { Calibration, DeviceClass, Health, Quality } from './mqtt';
import type { BagId, BinId, Channel, CommandId, Date, DeviceId, Grams, LotId, Moments, OrderId, OrderState, Paise, PersonId, PrintJobId, Qty, Role, SkuId, StoreId, Timestamp, ZoneId } from './words';

/** An alarm. */
export type AlarmRow = {
/** The alarm. */
id: CommandId,
/** A stable word: `too_warm`, `too_cold`, `near_warm`, `near_cold`, `door_ajar`, `door_open`, `sensor_silent`,
 * `sensor_crc`, `sensor_implausible`, `sensor_jump`, `sensor_flat`, `sensor_suspect` (of a former version),
 * `device_lost`, `device_down`, `device_battery`. */
kind: string,
/** The zone, for cold-chain alarms. */
zone: ZoneId | null,
/** The device. */
device: DeviceId,
/** When the trouble began. */
began: Timestamp,
/** When it was raised. */
raised: Timestamp,
/** When it ended; acknowledging is not clearing. */
cleared: Timestamp | null,
/** Who has seen it. */
acknowledged_by: string | null,
/** Particulars by name (`model::particulars`): `worst_milli_c=9100 units=12 lots=3`. */
detail: string, };

/** How the backups stand. */
export type BackupState = {
/** A recovery key was made; without one nothing is backed up. */
enrolled: boolean,
/** The moment that the newest backup at the hub shows. */
hub_at: Timestamp | null,
/** Its age in milliseconds: what would be lost with this machine. */
hub_age_ms: number | null,
/** Bytes that are needed to sell, in the newest backup. */
hub_bytes: number,
/** When a backup was last read back whole. */
rehearsed_at: Timestamp | null,
/** Why the last one did not succeed. */
error: string | null,
/** Of a replaced store: parts of the history that are still to come. */
history_left: number | null,
/** Why the history does not come. */
history_error: string | null, };

/** One bag. */
export type BagRow = {
/** The code on its label. */
bag: BagId,
/** Its number, from 1. */
n: number,
/** Insulated. */
cold: boolean,
/** Goods in it. */
weight: Grams,
/** What the scale said. */
weighed: Grams | null,
/** Scanned at handover. */
handed_over: boolean, };

/** The orders board, most urgent first (UX 26). */
export type Board = {
/** When these figures were true. */
at: Timestamp,
/** The store. */
store: StoreId,
/** Its name. */
store_name: string,
/** Orders that are not ended, and those that ended in the last hour (at most 200). */
orders: Array<BoardOrder>,
/** Orders dispatched today (store's business day). */
dispatched_today: number,
/** Open alarms. */
alarms: number,
/** Whether the uplink is up. */
online: boolean,
/** Since when the uplink is down. */
offline_since: Timestamp | null, };

/** One card on the board. */
export type BoardOrder = {
/** The order. */
order: OrderId,
/** Its short number. */
number: string,
/** How it came in. */
channel: Channel,
/** Where it stands. */
state: OrderState,
/** The times so far. */
moments: Moments,
/** When the customer was promised to have it. */
promise_at: Timestamp,
/** Lines, and how many of them are done. */
lines: number,
/** Lines fully picked or given up. */
lines_done: number,
/** Weight of the goods. */
weight: Grams,
/** Something in it is cold. */
cold: boolean,
/** Who picks it. */
picker: string | null,
/** Where the picker should be now. */
next_bin: BinId | null,
/** Bags closed. */
bags: number,
/** The rider chosen by the hub, or who took it. */
rider: string | null,
/** When the rider should be at the bay. */
rider_eta: Timestamp | null,
/** A substitute that waits for the customer, until then. */
substitute_until: Timestamp | null,
/** Labels that did not come out, or are in doubt. */
prints_in_doubt: number, };

/** A sensor's calibration (REQ-18). */
export type CalibrationRow = {
/** The sensor. */
sensor: DeviceId,
/** What is done to its raw values, and on what paper that stands. */
calibration: Calibration,
/** Whether it was due before today. */
overdue: boolean, };

/** What the hub says is sold, as the store has it. */
export type CatalogueTaken = {
/** The edition. */
edition: number,
/** Its publication. */
publication: number,
/** When the hub made it, by its clock. */
at: Timestamp,
/** Products that it names. */
products: number, };

/** The cold chain now (REQ-18). */
export type ColdChain = {
/** When these figures were true. */
at: Timestamp,
/** By sensor. */
sensors: Array<SensorChart>,
/** Alarms: open ones, and those of the last day. */
alarms: Array<AlarmRow>,
/** Excursions: open ones first, then those that began in the last seven days, newest first; at most 100. */
excursions: Array<ExcursionRow>,
/** Doors with a contact, by name. */
doors: Array<DoorRow>,
/** Calibrations of the sensors that have one, by sensor. */
calibrations: Array<CalibrationRow>, };

/** What a count came to. */
export type CountAnswer = {
/** Units that the books believed in. */
expected: number,
/** Units found. */
counted: number,
/** Found less expected. */
difference: number,
/** Whether it may be sold now. */
open: boolean, };

/** What was found in one place. */
export type CountFound = {
/** Where. */
bin: BinId,
/** Which lot. */
lot: LotId,
/** How many. */
qty: Qty, };

/** A place to look at. */
export type CountPlace = {
/** Where. */
bin: BinId,
/** Which lot. */
lot: LotId,
/** Its last day of use. */
expiry: Date | null, };

/** What was found, in every place of the SKU; a place that is not named holds nothing. */
export type CountRequest = {
/** The places. */
found: Array<CountFound>, };

/** One SKU to count. How many the books believe in is not told: people find what they expect. */
export type CountTask = {
/** Which. */
sku: SkuId,
/** Its name. */
name: string,
/** Its name in Hindi, or empty. */
name_hi: string,
/** One of the best sellers. */
top: boolean,
/** When it was counted, if it was. */
counted_at: Timestamp | null,
/** Where the books say that it lies, in walking order. */
places: Array<CountPlace>, };

/** One line at the counter. */
export type CounterLine = {
/** What. */
sku: SkuId,
/** How many; at least 1. */
qty: Qty, };

/** The new order. */
export type CounterOrderAnswer = {
/** The order. */
order: OrderId,
/** Its short number. */
number: string,
/** To pay, taxes in. */
total: Paise, };

/** An order at the counter or by phone (REQ-28). */
export type CounterOrderRequest = {
/** 1 to 100 lines; lines of one SKU are summed before stock is checked (REQ-8). */
lines: Array<CounterLine>,
/** A first name to call, or empty. */
first_name: string, };

/** How far the count has come, and what to count next. */
export type Counting = {
/** Whether anything must be counted: the store is fenced. */
needed: boolean,
/** `open`, `fenced` or `emergency`. */
fence: string,
/** Why it is fenced: a stable word, or empty. */
why: string,
/** The hub has said what it sold: what is counted is open for selling. */
word: boolean,
/** SKUs that are counted. */
done: number,
/** SKUs with units in the books, or counted. */
total: number,
/** Of the best sellers: counted. */
top_done: number,
/** Of the best sellers: all; at most 200. */
top_total: number,
/** What to count next, in walking order: the best sellers first, then the rest. At most 50. */
next: Array<CountTask>, };

/** One device on the devices page (UX 31). */
export type DeviceRow = {
/** The device. */
device: DeviceId,
/** Its class. */
class: DeviceClass,
/** Driver and model. */
model: string,
/** How it is. */
health: Health,
/** What is wrong. */
detail: string,
/** What to do. */
hint: string,
/** Last heard. */
heard: Timestamp,
/** Charge. */
battery_pct: number | null,
/** Jobs that wait. */
queued: number,
/** Who uses it now. */
person: string | null,
/** Its print jobs that need a person. */
prints: Array<PrintRow>, };

/** A door with a contact (REQ-95). */
export type DoorRow = {
/** The contact. */
device: DeviceId,
/** The zone behind it. */
zone: ZoneId | null,
/** Whether it is open. */
open: boolean,
/** Since when it has been open or shut. */
since: Timestamp, };

/** What the handheld keeps. */
export type EnrolAnswer = {
/** Its name. */
device: DeviceId,
/** MQTT password (decision 7); shown once. */
token: string,
/** Address to open on the handheld: the picker page with both in its fragment. */
url: string, };

/** Enrols a handheld. */
export type EnrolRequest = {
/** Its name on the board, also its MQTT client id and user name. */
device: DeviceId, };

/** What the trusted readings of an excursion add up to. */
export type ExcursionFigures = {
/** Coldest, thousandths of a degree. */
min_milli_c: number,
/** Warmest. */
max_milli_c: number,
/** Mean kinetic temperature with an activation energy over the gas constant of 10,000 K, thousandths of a degree. */
mean_kinetic_milli_c: number,
/** How far and how long over the band: thousandths of a degree times minutes. */
above_milli_c_min: number,
/** How far and how long under the band: thousandths of a degree times minutes. */
below_milli_c_min: number,
/** How long over or under the band, milliseconds, as far as it was heard. */
outside_ms: number,
/** Readings. */
samples: number,
/** Silences; nothing is counted for their time. */
gaps: number, };

/** A lot that lay in an excursion's zone. */
export type ExcursionLot = {
/** The lot. */
lot: LotId,
/** What it is. */
sku: SkuId,
/** Its product's name. */
name: string,
/** The most units of it that were seen there. */
units: number, };

/** An order that got units of an excursion's lots. */
export type ExcursionOrder = {
/** The order. */
order: OrderId,
/** Its number. */
number: string,
/** The lot. */
lot: LotId,
/** Units of the lot that were picked for it. */
units: number,
/** When the first of them was picked. */
picked: Timestamp,
/** When it left the store; `None` while it is still here. */
shipped: Timestamp | null, };

/** An interval outside the band at one sensor (REQ-18). */
export type ExcursionRow = {
/** The excursion. */
id: CommandId,
/** The sensor. */
sensor: DeviceId,
/** Its zone. */
zone: ZoneId,
/** Which way it began: `too_warm` or `too_cold`, as the alarm is called. */
kind: string,
/** The band that it left: lowest allowed, thousandths of a degree. */
low_milli_c: number,
/** Highest allowed. */
high_milli_c: number,
/** The first reading outside. */
began: Timestamp,
/** The first reading well inside again; `None` while it lasts. */
ended: Timestamp | null,
/** Whether it lasted long enough for the alarm, which blocks the zone's lots. */
alarmed: boolean,
/** What its readings add up to; `None` before there are any. */
figures: ExcursionFigures | null,
/** The lots that lay there. */
lots: Array<ExcursionLot>,
/** The orders that got units of these lots: picked from the zone, or handed over, while it lasted; at most 500. */
orders: Array<ExcursionOrder>, };

/** Where a handheld connects to. */
export type HandheldConfig = {
/** The store, for topics. */
store: StoreId,
/** Its name. */
store_name: string,
/** Port of the broker's WebSocket listener on the node's own host name. */
ws_port: number,
/** Whether that listener is encrypted (wss). */
ws_tls: boolean,
/** People who may log in: id and name (PIN asked afterwards). */
people: Array<[PersonId, string]>, };

/** Dispatched. */
export type HandoverAnswer = {
/** When. */
dispatched_at: Timestamp, };

/** Hands an order's bags to a rider or, for counter orders, to the customer (REQ-39). Every bag is scanned. */
export type HandoverRequest = {
/** The order. */
order: OrderId,
/** The rider's badge code (`LR:` scan without the prefix); empty for a counter order. */
rider: string,
/** The scanned bag codes. */
bags: Array<BagId>, };

/** One thing that happened: who, at which device, what. */
export type HistoryRow = {
/** When. */
at: Timestamp,
/** A stable word: a moment, `scan`, `not_found`, `undo`, `label_printed` ... */
what: string,
/** Particulars by name (`model::particulars`): `line=1 sku=MLK-1 lot=L7 bin=A-01`; the words are the screens'. */
detail: string,
/** Who. */
person: string,
/** At which device. */
device: string, };

/** The link to the hub (REQ-38, the part issue A needs). */
export type Link = {
/** When these figures were true. */
at: Timestamp,
/** Whether the uplink is up. */
online: boolean,
/** Since when it is as it is. */
since: Timestamp,
/** Online orders that are not dispatched. */
orders_promised: number,
/** Those orders, the earliest promise first, at most 50. */
promised: Array<PromisedOrder>,
/** Units of quota the hub holds and has not used. */
hub_quota_units: number,
/** The same by group of goods, most units first. */
quota_groups: Array<QuotaGroup>,
/** Facts that the hub has not acknowledged. */
facts_waiting: number,
/** The oldest of them. */
oldest_fact: Timestamp | null,
/** Records of the own log that the hub has not acknowledged: what the facts travel in. */
records_waiting: number,
/** Rows of ledger and temperatures that the hub does not have. */
rows_waiting: number,
/** Megabytes of the store's database, and how many it may have before it is an alarm. Nothing is dropped for it. */
database_mb: number,
/** See `database_mb`. */
database_mb_max: number,
/** The publication of the hub's catalogue that was taken over last; none while the hub has told nothing. */
catalogue: CatalogueTaken | null,
/** The safest action now, a stable word: `all_well`, `finish_promised`, `counter_only`; `count_shelves` while the
 * store is fenced, `switch_off` where another machine has taken its place. */
advice: string, };

/** A session. */
export type LoginAnswer = {
/** Bearer token. */
token: string,
/** Name to greet by. */
name: string,
/** What the person may do. */
role: Role,
/** When it ends by itself. */
until: Timestamp, };

/** PIN login of a member of staff at the console. */
export type LoginRequest = {
/** Who. */
person: PersonId,
/** Four to eight digits. */
pin: string, };

/** Stock of one lot in one bin (REQ-5). */
export type LotRow = {
/** The lot. */
lot: LotId,
/** Maker's batch. */
batch: string,
/** Expiry. */
expiry: Date | null,
/** Where. */
bin: BinId,
/** On the shelf. */
on_hand: number,
/** Promised. */
reserved: number,
/** Blocked. */
blocked: number,
/** Why it is blocked, or empty. */
blocked_why: string, };

/** One row of the ledger (REQ-6). */
export type MovementRow = {
/** Its place in the ledger. */
seq: number,
/** When. */
at: Timestamp,
/** Kind (REQ-7). */
kind: string,
/** Lot. */
lot: LotId,
/** Bin. */
bin: BinId,
/** Units. */
qty: number,
/** On hand before and after. */
on_hand: [number, number],
/** Reserved before and after. */
reserved: [number, number],
/** Blocked before and after. */
blocked: [number, number],
/** Who. */
person: string,
/** At which device. */
device: string,
/** Why. */
why: string,
/** Order, receipt or alarm it belongs to. */
reference: string, };

/** Everything about one order. */
export type OrderDetail = {
/** The card. */
card: BoardOrder,
/** Its lines. */
lines: Array<OrderLineRow>,
/** Its bags. */
bags: Array<BagRow>,
/** What happened, oldest first. */
history: Array<HistoryRow>, };

/** One line of an order. */
export type OrderLineRow = {
/** Its number, from 0. */
line: number,
/** What was ordered. */
sku: SkuId,
/** Its name. */
name: string,
/** Its Hindi name. */
name_hi: string,
/** Ordered. */
qty: Qty,
/** Picked. */
picked: Qty,
/** Refunded. */
short: Qty,
/** The substitute that was taken instead. */
substitute: string | null, };

/** A paper to print; what was printed before says DUPLICATE (REQ-34). */
export type PaperRequest = { "paper": "lot",
/** The lot. */
lot: LotId, } | { "paper": "shelf",
/** The product. */
sku: SkuId, } | { "paper": "pick_list",
/** The order. */
order: OrderId, } | { "paper": "temperature",
/** Its sensor. */
sensor: DeviceId,
/** The store's business day; `None` = today's so far. */
day: Date | null, } | { "paper": "handover",
/** An order that was handed over. */
order: OrderId, };

/** A person's word about a print in doubt. */
export type PrintResolve = {
/** True: the label is there. False: print it again (it will say DUPLICATE). */
printed: boolean, };

/** A print job that needs a person. */
export type PrintRow = {
/** The job. */
job: PrintJobId,
/** What it is: `bag=1 of=2 number=4K7` or `delivery=4K7` (`model::particulars`). */
what: string,
/** `queued`, `sent_unconfirmed`, `in_doubt`, `rejected`. */
state: string,
/** Since when. */
since: Timestamp, };

/** An online order that must still leave the store. */
export type PromisedOrder = {
/** The order. */
order: OrderId,
/** Its short number. */
number: string,
/** Where it stands. */
state: OrderState,
/** When the customer was promised to have it. */
promise_at: Timestamp, };

/** What came from the hub, or was to go there, and could not be used (REQ-49): the rest went on. */
export type Quarantine = {
/** When these figures were true. */
at: Timestamp,
/** How many there ever were. */
total: number,
/** The newest, at most 200. */
rows: Array<QuarantineRow>, };

/** One record in quarantine. */
export type QuarantineRow = {
/** When it was set aside. */
at: Timestamp,
/** Where it came from: `hub 17` (a record of its log) or `outbox 3` (a fact of the store's own). */
origin: string,
/** Its document; empty where it names none. */
doc: string,
/** The kind of the reason, a stable word: `poisoned`, `stranger`, `number_twice`, `other_content`, `not_its_own`,
 * `unknown_order`, `gap`, `broken_chain`, `too_big`, `malformed`, `version`, `other`. */
kind: string,
/** The reason in the node's own words. */
reason: string, };

/** What the hub may still sell of one group of goods. */
export type QuotaGroup = {
/** The outermost category: `Dairy & Eggs`. */
group: string,
/** Products of it with units left. */
products: number,
/** Units left. */
units: number, };

/** One reading. */
export type ReadingRow = {
/** When. */
at: Timestamp,
/** Thousandths of a degree; `None` in a gap. */
milli_c: number | null,
/** How far it can be trusted. */
quality: Quality, };

/** The lot that came of it. */
export type ReceiveAnswer = {
/** The lot. */
lot: LotId,
/** Where it lies. */
bin: BinId, };

/** A simple receipt of goods (deep receiving comes later). */
export type ReceiveRequest = {
/** What; or a GTIN in `code`. */
sku: SkuId,
/** How many; at least 1. */
qty: Qty,
/** Maker's batch number. */
batch: string,
/** Expiry, where the good expires. */
expiry: Date | null,
/** MRP on the pack. */
mrp: Paise,
/** Where to; default: the SKU's home bin. */
bin: BinId | null, };

/** One sensor's last six hours. */
export type SensorChart = {
/** The sensor. */
sensor: DeviceId,
/** Its zone. */
zone: ZoneId,
/** The zone's band in thousandths of a degree. */
low_milli_c: number,
/** Upper end. */
high_milli_c: number,
/** Newest value. */
last: ReadingRow | null,
/** Oldest first, thinned to at most 720 points; a gap is a point without a value. */
points: Array<ReadingRow>, };

/** One SKU by lot and bin, with its latest movements. */
export type StockDetail = {
/** The sum. */
row: StockRow,
/** By lot and bin, first expired first. */
lots: Array<LotRow>,
/** The latest 100 movements, newest first. */
movements: Array<MovementRow>, };

/** Stock by SKU, 100 a page. */
export type StockPage = {
/** The rows, by SKU. */
rows: Array<StockRow>,
/** Pass as `after` for the next page. */
next: SkuId | null,
/** SKUs that match in all. */
total: number, };

/** One SKU's stock. */
export type StockRow = {
/** What. */
sku: SkuId,
/** English name. */
name: string,
/** Hindi name. */
name_hi: string,
/** On the shelves. */
on_hand: number,
/** Promised to orders in the store. */
reserved: number,
/** Blocked, for whatever reason. */
blocked: number,
/** Rights the hub holds and has not used (SYNC.md: outstanding). */
hub_quota: number,
/** What the counter may sell now. */
free: number,
/** Earliest expiry among its lots. */
expiry: Date | null,
/** Below the minimum (REQ-12). */
low: boolean, };
