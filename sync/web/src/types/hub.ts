// Written from Rust (sync/model/src/api/hub.rs): do not edit; see sync/model/tests/types.rs.
import type { HistoryRow } from './store';
import type { AddressId, AlarmTold, CustomerId, HubGeneration, InstrumentId, Moments, OrderHead, OrderId, OrderState, Paise, Qty, RiderId, Role, SkuId, StoreEpoch, StoreId, SubstitutePreset, Timestamp } from './words';

/** An address. */
export type Address = {
/** The address. */
id: AddressId,
/** House, street, landmark. */
text: string,
/** Where. */
at: Point, };

/** A new address. */
export type AddressIn = {
/** House, street, landmark; at most 200 signs. */
text: string,
/** Where the pin is. */
at: Point, };

/** Rights that were granted under terms that are over. */
export type BlockedRights = {
/** E. */
epoch: StoreEpoch,
/** G. */
generation: HubGeneration,
/** Units of them. */
units: number, };

/** The cart. */
export type Cart = {
/** Its lines, in the order they were added. */
lines: Array<CartLine>,
/** Sum of the lines. */
subtotal: Paise,
/** Delivery fee. */
delivery_fee: Paise,
/** To pay. */
total: Paise, };

/** One line of a cart. */
export type CartLine = {
/** The product. */
product: ProductCard,
/** How many. */
qty: Qty,
/** Price of the line. */
total: Paise, };

/** Sets a line; 0 takes it out. */
export type CartLineIn = {
/** 0 to 50 of one product. */
qty: Qty, };

/** A category with its size. */
export type Category = {
/** Outermost name. */
name: string,
/** Products in it. */
products: number, };

/** Checks out the cart. */
export type CheckoutRequest = {
/** Where to. */
address: AddressId,
/** How to pay. */
payment: Payment,
/** What about missing goods. */
preset: SubstitutePreset, };

/** How many people have said that an older generation's orders are all here; when enough have, its rights are freed. */
export type ClosingVoices = {
/** So many have. */
voices: number,
/** So many must. */
needed: number, };

/** Proof of delivery (REQ-80, decision 11). */
export type DeliverRequest = {
/** The customer's code; five tries. */
code: string,
/** Cash taken. */
cash: Paise,
/** Where. */
at: Point,
/** When it happened (a rider without signal sends it later). */
delivered_at: Timestamp, };

/** Where an order goes and what to take there. */
export type DropOff = {
/** First name. */
customer: string,
/** House, street, landmark. */
address: string,
/** Where it is. */
at: Point,
/** Bags, as far as the hub knows. */
bags: number,
/** Cash to take. */
cod: Paise,
/** Whether the hub has heard what was packed. If not, the label on the bag may say less, and counts. */
cod_known: boolean, };

/** One position. */
export type Fix = {
/** When. */
at: Timestamp,
/** Where. */
point: Point, };

/** A message in the demo's inbox. */
export type InboxMessage = {
/** When. */
at: Timestamp,
/** The text, as an SMS would carry it. */
text: string, };

/** A kept way to pay, as its owner sees it. */
export type Instrument = {
/** Which. */
id: InstrumentId,
/** Card or UPI. */
kind: InstrumentKind,
/** What its owner calls it. */
label: string, };

/** Keeps a way to pay. */
export type InstrumentIn = {
/** Card or UPI. */
kind: InstrumentKind,
/** What its owner calls it, 1 to 40 signs, at most four of them digits. */
label: string,
/** The gateway's token. */
token: string, };

/** What is kept. */
export type InstrumentKind = "card" | "upi";

/** An order that is not this rider's any more (REQ-75). */
export type LostOrder = {
/** The order. */
order: OrderId,
/** Its number. */
number: string,
/** Why. */
why: LostWhy,
/** Since when. */
at: Timestamp, };

/** Why an order was taken from the rider who was sent for it. */
export type LostWhy = "shift_over" | "silent" | "away" | "better" | "taken";

/** A customer about herself. */
export type Me = {
/** The customer. */
customer: CustomerId,
/** Phone. */
phone: string,
/** First name, or empty. */
name: string,
/** Addresses, primary first. */
addresses: Array<Address>,
/** Ways to pay that she keeps, newest first. */
instruments: Array<Instrument>, };

/** Changes to `Me`. */
export type MeIn = {
/** First name, at most 60 signs. */
name: string, };

/** Alarms that stand at a store; read-only here, a person at the store sees to them. */
export type OpsAlarms = {
/** When the hub heard of a change last. While the link is up nothing has changed since. */
as_of: Timestamp,
/** How many stand. */
standing: number,
/** Those that nobody has seen first, then the newest; at most 50. */
alarms: Array<AlarmTold>, };

/** What is here of a store's backups. */
export type OpsBackup = { "state": "none" } | { "state": "kept",
/** The moment that it shows. */
at: Timestamp, } | { "state": "broken",
/** The moment that the newest one shows that does. */
readable_at: Timestamp | null, };

/** A restored hub's former life that is not closed yet. */
export type OpsClosing = {
/** Everything up to this generation is closed together. */
upto: HubGeneration,
/** So many people have said that its orders are all here. */
voices: number,
/** So many must. */
needed: number,
/** Who asks has said so already. */
said: boolean, };

/** The backups that the hub makes of itself. */
export type OpsHubBackup = { "state": "off" } | { "state": "waiting" } | { "state": "kept",
/** The moment that it shows. */
at: Timestamp,
/** Its size. */
bytes: number,
/** How many are in the folder. */
files: number,
/** The folder. */
folder: string, } | { "state": "failed",
/** The moment that the newest one shows, where one is known. */
newest: Timestamp | null,
/** What is wrong and what to do, in English. */
why: string, };

/** The operations page (UX 27-29). */
export type OpsNow = {
/** When these figures were true. */
at: Timestamp,
/** Stores. */
stores: Array<OpsStore>,
/** Riders on shift. */
riders: Array<OpsRider>,
/** Open orders, most urgent first, at most 200. */
orders: Array<OpsOrderRow>,
/** Orders placed in the last hour. */
placed_last_hour: number,
/** Delivered in the last hour. */
delivered_last_hour: number, };

/** One order with its history. */
export type OpsOrder = {
/** As the customer sees it. */
order: Order,
/** What happened, oldest first. */
history: Array<HistoryRow>,
/** How the rider was scored (REQ-75: explained). */
rider_scores: Array<RiderScore>, };

/** One order, seen from ops. */
export type OpsOrderRow = {
/** The order. */
order: OrderId,
/** Its number. */
number: string,
/** The store. */
store: StoreId,
/** Where it stands, as far as the hub knows. */
state: OrderState,
/** When it was promised. */
promise_at: Timestamp,
/** When it should arrive. */
eta_at: Timestamp,
/** The rider. */
rider: string | null,
/** Where it goes. */
to: Point, };

/** One change in quarantine. */
export type OpsQuarantined = {
/** Whose. */
store: StoreId,
/** When it was set aside. */
at: Timestamp,
/** Its document. */
doc: string,
/** Its number in the store's log. */
seq: number,
/** The kind of the reason, a stable word: `poisoned`, `stranger`, `number_twice`, `other_content`, `not_its_own`,
 * `unknown_order`, `gap`, `broken_chain`, `too_big`, `malformed`, `version`, `unproved`, `other`. */
kind: string,
/** The reason in the hub's own words. */
reason: string, };

/** One rider, seen from ops. */
export type OpsRider = {
/** The rider. */
rider: RiderId,
/** First name. */
name: string,
/** Last position. */
at: Point | null,
/** When that was. */
at_time: Timestamp | null,
/** The orders in hand, by number, with commas between them. */
order: string | null, };

/** What a store has on its shelf and free, as it last said; read-only here. */
export type OpsShelf = {
/** The hub's time. */
at: Timestamp,
/** The store. */
store: StoreId,
/** When the hub last heard a whole look at the shelf: everything here is as of then. Null before the first. */
as_of: Timestamp | null,
/** What was looked for, what is nearly gone first; at most 100. */
rows: Array<OpsShelfRow>,
/** How many there are. */
matching: number, };

/** One SKU of a store's shelf. */
export type OpsShelfRow = {
/** Which. */
sku: SkuId,
/** English name; empty for a product that the hub does not know. */
name: string,
/** Hindi name. */
name_hi: string,
/** Units on the shelf and free, rights of the hub among them. */
units: number, };

/** One store, seen from the hub. */
export type OpsStore = {
/** The store. */
store: StoreId,
/** Its name. */
name: string,
/** Where. */
at: Point,
/** Service radius in metres. */
radius_m: number,
/** The session is up. */
online: boolean,
/** Milliseconds since something was heard of it: the age of all its figures. */
link_age_ms: number | null,
/** Whether the hub sells for it now; else the reason, a stable word: `unreachable`, `closed`, `never_connected`. */
selling: boolean,
/** The reason. */
selling_why: string,
/** Open orders. */
open_orders: number,
/** Of them, later than promised. */
late_orders: number,
/** Units of quota left. */
quota_units: number,
/** Alarms that stand there, as it last said. */
alarms: number,
/** Facts for it that it has not acknowledged. */
facts_waiting: number, };

/** What the hub replicates with its stores, for operations: link ages, lag, rights, quarantine (REQ-49, REQ-50). */
export type OpsSync = {
/** When these figures were true. */
at: Timestamp,
/** The hub's generation. */
generation: HubGeneration,
/** What a restored hub waits for: until people have closed its former life, those rights stay blocked. */
closing: OpsClosing | null,
/** The hub's own backups. */
own_backup: OpsHubBackup,
/** By store. */
stores: Array<OpsSyncStore>,
/** Changes that could not be used, newest first, at most 200. */
quarantine: Array<OpsQuarantined>, };

/** One store's replication. */
export type OpsSyncStore = {
/** The store. */
store: StoreId,
/** Its name. */
name: string,
/** The session is up. */
online: boolean,
/** When something was last heard of it: its figures are as of then. */
heard_at: Timestamp | null,
/** Its epoch, as the hub knows it. */
epoch: StoreEpoch,
/** Last record of its log that is durable here. */
received: number,
/** Records for it that it has not acknowledged. */
records_waiting: number,
/** Facts for it that stand in no record yet. */
facts_waiting: number,
/** Units that the hub may still sell. */
rights_units: number,
/** Rights of earlier epochs and generations that still stand: nobody may sell them until they are closed. */
blocked: Array<BlockedRights>,
/** Alarms that stand there, as it last said. Null before its first word. */
alarms: OpsAlarms | null,
/** Its changes that ever went to quarantine. */
quarantined: number,
/** Its newest backup here. */
backup: OpsBackup, };

/** An order as its customer sees it. */
export type Order = {
/** The order. */
id: OrderId,
/** Its short number. */
number: string,
/** Where it stands. */
state: OrderState,
/** The times so far. */
moments: Moments,
/** The store. */
store: StoreId,
/** Its name. */
store_name: string,
/** Why this store (REQ-62: explained), by name (`model::particulars`): `store=Indiranagar metres=820 room=14`. */
store_why: string,
/** Where it goes. */
address: Address,
/** Lines with what was really picked. */
lines: Array<OrderLine>,
/** Sum of the lines. */
subtotal: Paise,
/** Delivery fee. */
delivery_fee: Paise,
/** Refunded so far. */
refunded: Paise,
/** To pay. */
total: Paise,
/** `cod`, `upi`, `card`. */
payment_method: string,
/** `pending`, `authorised`, `paid`, `failed`, `refunded`. */
payment_status: string,
/** When it was promised. */
promise_at: Timestamp,
/** The code to tell the rider at the door; shown once it is on its way. */
delivery_code: string | null,
/** A substitute that waits for an answer. */
substitute: SubstituteQuestion | null, };

/** One line of an order. */
export type OrderLine = {
/** Its number, from 0. */
line: number,
/** What. */
sku: SkuId,
/** English name. */
name: string,
/** Hindi name. */
name_hi: string,
/** Ordered. */
qty: Qty,
/** Price of one. */
unit_price: Paise,
/** Picked (known once packed). */
picked: Qty | null,
/** Refunded units. */
short: Qty,
/** What came instead. */
substitute: string | null, };

/** Sends a one-time password to a phone. */
export type OtpRequest = {
/** E.164, for example `+919800000001`. */
phone: string, };

/** How to pay (REQ-64). */
export type Payment = { "method": "cod" } | { "method": "upi",
/** The gateway's token, never a number of an account. In the demo `tok_ok`, `tok_declined`, `tok_slow`, `tok_error`. */
token: string, } | { "method": "card",
/** The gateway's token. */
token: string, } | { "method": "kept",
/** Which. */
instrument: InstrumentId, };

/** A point on earth, WGS 84 degrees. */
export type Point = {
/** Latitude, -90 to 90. */
lat: number,
/** Longitude, -180 to 180. */
lon: number, };

/** Positions, newest first; a backlog after a dead spot is welcome (at most 600). */
export type PositionsIn = {
/** The fixes. */
fixes: Array<Fix>, };

/** A product in the shop. */
export type ProductCard = {
/** What. */
sku: SkuId,
/** English name. */
name: string,
/** Hindi name. */
name_hi: string,
/** Brand. */
brand: string,
/** Outermost category. */
category: string,
/** `1 L pouch`. */
unit: string,
/** To pay. */
price: Paise,
/** Printed maximum. */
mrp: Paise,
/** Units that can be promised now from the store (at most 20 is told). */
available: number,
/** Units that other stores, which reach the same door, could bring in a delivery of their own (at most 20 is told). */
elsewhere: number,
/** Keeps cold. */
cold: boolean, };

/** What came of it. */
export type RecoverAnswer = {
/** Orders that were not here and are now. */
recovered: number,
/** Orders that were here already and stay as they are. */
known: number, };

/** Orders that a restore has lost, brought back from other logs. */
export type RecoverRequest = {
/** From the gateway's and the notifications' logs; at most `RECOVER_MAX`. */
orders: Array<Recovered>, };

/** An order that a restore has lost, as other logs have it. */
export type Recovered = {
/** Its id. */
order: OrderId,
/** Which store. */
store: StoreId,
/** Under which E it was sold. */
epoch: StoreEpoch,
/** Under which G. */
generation: HubGeneration,
/** What was sold. */
head: OrderHead,
/** When it was placed. */
placed_at: Timestamp,
/** When it was confirmed. */
confirmed_at: Timestamp,
/** Whose, where that is known. */
customer: CustomerId | null,
/** Where to, where that is known. */
address: Address | null,
/** The gateway has the money. */
paid: boolean, };

/** Renews a session. */
export type RefreshRequest = {
/** The refresh token; the answer carries a new one. */
refresh: string, };

/** All a rider's screen needs: one next action (UX 39). */
export type RiderNow = {
/** The rider. */
rider: RiderId,
/** First name. */
name: string,
/** Badge code to show at the bay (`LR:` QR). */
code: string,
/** On shift. */
on_shift: boolean,
/** What to do. */
next: RiderTask,
/** All orders in hand, in the order in which their doors are ridden to; those that are still at the store, after the rider
 * has left it, come last (REQ-76). */
stops: Array<RiderStop>,
/** Delivered today. */
delivered_today: number,
/** Cash collected and not yet handed in. */
cash: Paise,
/** An order that this rider was sent for and lost just now. */
lost: LostOrder | null, };

/** Why a rider was or was not chosen (REQ-75). */
export type RiderScore = {
/** The rider. */
rider: string,
/** The sum; more is better, whatever the formula. */
score: number,
/** The formula and its parts by name (`model::particulars`): `by=value travel=31.5 batch=0.0 rating=9.4 shift=0.0
 * load=-2.0`, `by=nearest distance=-740.4 load=-400.0` or `by=simple base=100.0 distance=-30.0 rating=94.0 batch=0.0`. */
parts: string, };

/** One of the orders that a rider has in hand. */
export type RiderStop = {
/** The order. */
order: OrderId,
/** Its number. */
number: string,
/** Where it stands, as far as the hub knows. */
state: OrderState,
/** Where it goes. */
drop_off: DropOff, };

/** What a rider does next. */
export type RiderTask = { "type": "wait" } | { "type": "collect",
/** The order. */
order: OrderId,
/** Its number. */
number: string,
/** The store. */
store_name: string,
/** Where it is. */
store_at: Point,
/** How far the store is with it. */
state: OrderState,
/** The way there. */
route: Array<Point>,
/** Where it goes then: a store that is cut off hands over without the hub hearing of it. */
drop_off: DropOff, } | { "type": "deliver",
/** The order. */
order: OrderId,
/** Its number. */
number: string,
/** First name. */
customer: string,
/** House, street, landmark. */
address: string,
/** Where it is. */
at: Point,
/** Bags to give. */
bags: number,
/** Cash to take. */
cod: Paise,
/** Whether the hub has heard what was packed. If not, the label on the bag may say less, and counts. */
cod_known: boolean,
/** The way there. */
route: Array<Point>, };

/** What a search found. */
export type SearchPage = {
/** Best first, at most 60. */
hits: Array<ProductCard>,
/** Products that match in all. */
total: number,
/** Age of the availability in milliseconds; `None` without a store. */
availability_age_ms: number | null, };

/** Whether and from where a place is served (REQ-57). */
export type Serviceable = {
/** The store that would serve it; `None`: not served or not now. */
store: StoreId | null,
/** Its name. */
store_name: string,
/** Minutes that would be promised. */
promise_min: number,
/** A stable word: `delivering`, `outside`, `store_unreachable`, `closed`. */
status: string,
/** The same for a person. */
reason: string, };

/** A session's tokens. */
export type Session = {
/** Bearer token for 15 minutes. */
access: string,
/** For a new access token; used once. */
refresh: string,
/** When `access` ends. */
until: Timestamp,
/** Role of the person. */
role: Role,
/** Customer or rider id as text. */
subject: string, };

/** Starts or ends a shift. */
export type ShiftRequest = {
/** On or off. */
on: boolean,
/** The shift's planned end. */
until: Timestamp,
/** Where the rider is. */
at: Point, };

/** A product of a part. */
export type SplitLine = {
/** What. */
sku: SkuId,
/** English name. */
name: string,
/** Hindi name. */
name_hi: string,
/** Units from this store. */
qty: Qty,
/** Price of them. */
total: Paise, };

/** Several deliveries for one basket: `offer` of the problem `split_offered`. Nothing is held for it. */
export type SplitOffer = {
/** Two or three, the one with the most products first. Each is an order of its own. */
parts: Array<SplitPart>,
/** To pay for all of them. */
total: Paise, };

/** What one store would bring. */
export type SplitPart = {
/** The store. */
store: StoreId,
/** Its name. */
store_name: string,
/** What it brings. */
lines: Array<SplitLine>,
/** Price of the goods. */
subtotal: Paise,
/** Delivery fee. */
delivery_fee: Paise,
/** To pay for this delivery. */
total: Paise,
/** Promise in minutes from now. */
promise_min: number, };

/** Checks out the cart as several deliveries. What is there now is looked at anew: where one store has all of it by now, one
 * order is made; where it would be other stores or cost more than was agreed, nothing is, and there is a new offer. */
export type SplitRequest = {
/** Where to. */
address: AddressId,
/** How to pay, for each order. */
payment: Payment,
/** What about missing goods. */
preset: SubstitutePreset,
/** The stores of the offer that is accepted. */
stores: Array<StoreId>,
/** Its total. */
total: Paise, };

/** "Is this all right instead?" (REQ-33) */
export type SubstituteQuestion = {
/** For which line. */
line: number,
/** The proposal. */
product: ProductCard,
/** How many. */
qty: Qty,
/** What one piece will cost: never more than what was ordered, never more than the proposal costs by itself. */
unit_price: Paise,
/** The preset applies after this time. */
until: Timestamp, };

/** The answer. */
export type SubstituteReply = {
/** For which line. */
line: number,
/** Take it, or refund. */
accept: boolean, };

/** Pushed while an order is under way (REQ-78). */
export type Tracking = {
/** The order. */
order: Order,
/** The rider's first name. */
rider: string | null,
/** The rider's last position. */
position: Point | null,
/** When that was. */
position_at: Timestamp | null,
/** When it should arrive. */
eta_at: Timestamp,
/** Where the store is. */
store_at: Point,
/** The way from the rider to the door. */
route: Array<Point>,
/** When this was true. */
updated_at: Timestamp, };

/** Trades the password for a session; registers the phone if it is new. */
export type VerifyRequest = {
/** The phone. */
phone: string,
/** Six digits; five tries, ten minutes. */
code: string, };
