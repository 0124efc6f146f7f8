// Written from Rust (sync/model/src): do not edit; see sync/model/tests/types.rs.

/** A person at a device. */
export type Actor = {
/** The pseudonym of the person; `system` for timers. */
person: PersonId,
/** The device the person used. */
device: DeviceId,
/** The role in which the person acts now. */
role: Role, };

/** A customer's address. */
export type AddressId = string;

/** One alarm that stands. */
export type AlarmTold = {
/** Its id at the store. */
id: CommandId,
/** A stable word: `too_warm`, `sensor_silent`, `device_down` ... */
kind: string,
/** The zone, where it is of one. */
zone: ZoneId | null,
/** The device that it is about. */
device: DeviceId,
/** When the trouble began. */
began: Timestamp,
/** A person at the store has said that it was seen. */
seen: boolean,
/** Its particulars by name, `worst_milli_c=9100 units=12`. */
detail: string, };

/** A bag's label code, for example `4K7-1-9F3A`. */
export type BagId = string;

/** A shelf place, for example `B-07-3`. */
export type BinId = string;

/** How an order came in; decides who owns its moments. */
export type Channel = "online" | "counter";

/** The idempotency key of a command: a retry carries the same one and gets the first answer. */
export type CommandId = string;

/** A customer at the hub. */
export type CustomerId = string;

/** A calendar date (expiry, manufactured-on), written `2026-11-24`. */
export type Date = string;

/** A scanner, printer, sensor, scale or handheld; also its MQTT client id. */
export type DeviceId = string;

/** How the store stands. */
export type FenceView = {
/** `open`, `fenced` or `emergency`. */
state: string,
/** Since when. */
since: Timestamp,
/** `restored`, `replaced`, `rolled_back`, `superseded`, `by_hand`; empty when it was never fenced. */
why: string,
/** When the hub said what it had sold; without it nothing opens by itself. */
word_at: Timestamp | null,
/** Who called for the fence, or opened in an emergency. */
person: string,
/** Products with units in the books that nobody has counted. */
uncounted: number,
/** Orders that a person must decide about, first due first. */
unknown: Array<UnknownRow>, };

/** A weight in grams. */
export type Grams = number;

/** One ordered line. */
export type HeadLine = {
/** What. */
sku: SkuId,
/** How many pieces, or grams of a weighed good; at least 1. */
qty: Qty,
/** Price of one piece (of one kilogram for weighed goods), after promotions. */
unit_price: Paise, };

/** The hub's generation G: grows when a hub is restored. */
export type HubGeneration = number;

/** A way to pay that a customer keeps. */
export type InstrumentId = string;

/** A line whose goods weigh less than their price was reckoned for, or whose substitute is cheaper. What weighs more, or is
 * dearer, costs no more. */
export type LessPaid = {
/** The line's place in `OrderHead::lines`. */
line: number,
/** The difference for all its pieces; above zero. */
paise: Paise, };

/** One received batch of one SKU at one store; printed on the lot label (REQ-93). */
export type LotId = string;

/** A lifecycle moment of an order. */
export type Moment = "placed" | "payment_failed" | "confirmed" | "cancel_requested" | "accepted" | "picking" | "packed" | "dispatched" | "cancelled" | "delivered" | "completed" | "returned";

/** The times of an order's moments; the highest-ranked one is its state. */
export type Moments = Partial<Record<Moment, number>>;

/** The part of an order that never changes after it is made. */
export type OrderHead = {
/** The short number that people say and labels show, for example `4K7`. */
number: string,
/** How it came in. */
channel: Channel,
/** When the customer was promised to have it. */
promise_at: Timestamp,
/** A first name for the label, or empty (TRUST.md: nothing else of a person travels). */
first_name: string,
/** Cash to collect at the door; zero when it is paid. */
cod: Paise,
/** What to do about goods that are missing. */
preset: SubstitutePreset,
/** The lines, 1 to `LINES_MAX`, numbered by their place from 0. */
lines: Array<HeadLine>, };

/** An order, online or at the counter. */
export type OrderId = string;

/** Where an order stands (REQ-27). */
export type OrderState = "placed" | "payment_failed" | "confirmed" | "picking" | "packed" | "dispatched" | "cancelled" | "delivered" | "completed" | "returned";

/** An amount in paise; may be negative in a ledger, never in a price. */
export type Paise = number;

/** A member of staff; a pseudonym, never a name (the ledger keeps it for ever). */
export type PersonId = string;

/** Units of one lot picked for one line. A substitute has another SKU than its line. */
export type PickedUnits = {
/** The line's place in `OrderHead::lines`. */
line: number,
/** What was picked. */
sku: SkuId,
/** From which lot. */
lot: LotId,
/** How many. */
qty: Qty, };

/** What the store really put into the bags. */
export type Picks = {
/** Units picked, by line, SKU and lot. */
picked: Array<PickedUnits>,
/** Units that were not there and are refunded, by line. */
short: Array<ShortUnits>,
/** Number of bags. */
bags: number,
/** What lines cost less than was reckoned, by line: goods that weigh less, substitutes that are cheaper. */
less: Array<LessPaid>, };

/** A print job (ARCHITECTURE, decision 6). */
export type PrintJobId = string;

/** A refusal or fault as it crosses HTTP and MQTT (`application/problem+json`). */
export type Problem = {
/** A stable machine word, for example `out_of_stock`, `wrong_item`; clients switch on this, never on text. */
code: string,
/** HTTP status that fits, also when it travels by MQTT. */
status: number,
/** What happened, in one short sentence (English; surfaces translate by `code`). */
title: string,
/** The particulars: which SKU, which line, which limit (English; surfaces fill `vars` into words of their own). */
detail: string,
/** What the person should do now. */
hint: string,
/** The particulars by name, for surfaces that speak another language. */
vars?: { [key in string]: string },
/** What can be had instead, for programs; its shape goes by `code` (`split_offered`: `api::hub::SplitOffer`). */
offer?: unknown, };

/** One product as both sides know it. */
export type Product = {
/** Its code. */
sku: SkuId,
/** Barcodes of one sales unit (GTIN-8/12/13/14, check digit right); may be empty. */
gtins: Array<string>,
/** English name with size, as on the shelf. */
name: string,
/** Hindi name with size; empty where there is none. */
name_hi: string,
/** Maker's brand. */
brand: string,
/** Category path, outermost first, joined by ` > `. */
category: string,
/** Extra words that find it, separated by blanks. */
search_terms: string,
/** How it must be kept. */
temp: TempClass,
/** How fast it sells. */
velocity: Velocity,
/** Weight of one sales unit with its packing. */
weight: Grams,
/** Breaks or crushes: on top or apart (REQ-31). */
fragile: boolean,
/** Eaten or drunk; kept apart from non-food in bags. */
food: boolean,
/** Maximum retail price, taxes in. */
mrp: Paise,
/** Selling price, at most `mrp`. */
price: Paise,
/** Days from manufacture to expiry; 0 = does not expire. */
shelf_life_days: number,
/** Harmonised code for the invoice (REQ-103). */
hsn: string,
/** GST in basis points: 500, 1200, 1800, 2800 or 0. */
gst_bp: number,
/** What one unit is, for the shelf: `1 L pouch`. */
unit: string,
/** 1 = sells best; 0 = unknown. */
popularity: number,
/** It is sold. Of one that is not, nothing more is promised; what was promised before is still brought. */
active: boolean, };

/** A quantity of one SKU: pieces, or grams for goods sold by weight. */
export type Qty = number;

/** The rider the hub chose for an order, as the bay needs to know (written by the hub). */
export type RiderCard = {
/** The rider's badge code, as scanned at the bay: `LR:` and this. */
code: string,
/** First name for the board. */
name: string,
/** When the rider should reach the bay. */
eta_at: Timestamp, };

/** A rider. */
export type RiderId = string;

/** What a person may do (REQ-3, REQ-55). Roles are not ordered: each surface names those it admits. */
export type Role = "picker" | "receiver" | "manager" | "auditor" | "customer" | "rider" | "city_ops" | "admin" | "system";

/** Units of a line that could not be picked (a counted short, SYNC.md rule 7). */
export type ShortUnits = {
/** The line's place in `OrderHead::lines`. */
line: number,
/** How many are refunded. */
qty: Qty, };

/** A stock-keeping unit, for example `MLK-0001`. */
export type SkuId = string;

/** The store's epoch E: grows when a store is restored or replaced. Minted by the hub. */
export type StoreEpoch = number;

/** One dark store, for example `s1`; stands in topics and document paths. */
export type StoreId = string;

/** The customer's answer to a `SubstituteAsk`. */
export type SubstituteAnswer = {
/** The line's place in `OrderHead::lines`. */
line: number,
/** Take it, or refund the line. */
accept: boolean, };

/** A substitute that the store proposes for a line (REQ-33). One proposal per line. */
export type SubstituteAsk = {
/** The line's place in `OrderHead::lines`. */
line: number,
/** The proposed product. */
sku: SkuId,
/** How many. */
qty: Qty,
/** The store decides by the preset after this time (60 s from asking). */
until: Timestamp,
/** What one piece will cost, where that is less than what was ordered; a dearer one costs as much as that. */
price: Paise | null, };

/** What the customer wants when a line is not on the shelf (REQ-33). */
export type SubstitutePreset = "ask" | "best_match" | "refund";

/** How a product must be kept (REQ-2, REQ-16). */
export type TempClass = "ambient" | "fresh" | "chilled" | "frozen";

/** A moment in UTC, milliseconds since 1970-01-01. */
export type Timestamp = number;

/** A person's decision about such an order. */
export type UnknownDecision = {
/** Which order. */
order: OrderId,
/** How it ended, or that it goes on. */
end: UnknownEnd, };

/** How an order ended whose end nobody knew. */
export type UnknownEnd = "delivered" | "cancelled" | "go_on";

/** An order whose end nobody knows. */
export type UnknownRow = {
/** Which. */
order: OrderId,
/** Its short number. */
number: string,
/** Since when. */
since: Timestamp,
/** When somebody must have decided. */
due: Timestamp,
/** Whose decision it is. */
owner: string, };

/** How fast it sells: where its home bin lies (REQ-2). */
export type Velocity = "A" | "B" | "C";

/** A zone of the store: `A`, `B`, `C`, `cold-1`, `packing`. */
export type ZoneId = string;
