// Written from Rust (sync/model/src/mqtt): do not edit; see sync/model/tests/types.rs.
import type { BinId, CommandId, Date, DeviceId, Grams, LotId, OrderId, Paise, PersonId, PrintJobId, Problem, Qty, SkuId, Timestamp, ZoneId } from './words';

/** `ack`: the durable answer to one event. */
export type Ack = {
/** The event's id. */
id: CommandId,
/** What came of it. */
outcome: AckOutcome,
/** On a handheld: the fixed scanner where its person scanned; the event was not the handheld's own. */
scanner?: DeviceId, };

/** What came of an event. Sent only after the commit. */
export type AckOutcome = { "type": "applied" } | { "type": "refused",
/** Why, and what to do. */
problem: Problem, };

/** What a picker does. */
export type Action = { "type": "login",
/** Who. */
person: PersonId,
/** Four to eight digits. */
pin: string, } | { "type": "logout" } | { "type": "ready" } | { "type": "scan",
/** The order the screen showed. */
order: OrderId,
/** The scanned text. */
text: string,
/** The line the screen showed. */
line: number, } | { "type": "not_found",
/** The order. */
order: OrderId,
/** The line. */
line: number, } | { "type": "undo",
/** The order. */
order: OrderId, } | { "type": "pack",
/** The order. */
order: OrderId, };

/** `birth`, retained: a device introduces itself once per session. */
export type Birth = {
/** Payload version; 1. */
schema: number,
/** Grows with every start; a will of an older session is ignored. */
session: number,
/** When. */
at: Timestamp,
/** Driver name, for example `escpos`, `ds18b20`, `serial-lines`. */
driver: string,
/** Maker and model where known. */
model: string,
/** Agent or firmware version. */
firmware: string,
/** A sensor's calibration. */
calibration?: Calibration, };

/** How a sensor's raw values become corrected ones, and on what paper that stands (REQ-18). */
export type Calibration = {
/** Added last, thousandths of a degree Celsius. */
offset_milli_c: number,
/** Multiplied first, millionths: 1,000,000 changes nothing. */
gain_ppm: number,
/** Number of the certificate; empty where there is none. */
certificate: string,
/** When it is due again. */
due: Date | null, };

/** `capability`, retained: one document per device, written anew at each session. */
export type Capability = {
/** Payload version; 1. */
schema: number,
/** What it is. */
class: DeviceClass,
/** Driver name, as in its birth. */
driver: string,
/** Maker and model where known, else empty. */
model: string,
/** The commands it takes. */
commands: Array<CommandKind>,
/** The events it gives. */
events: Array<EventKind>,
/** What it measures, in which unit and range. */
measures: Array<Measure>,
/** What a printer prints on. */
paper?: Paper,
/** A sensor's calibration; none where it was never calibrated. */
calibration?: Calibration, };

/** `cmd` to a printer, scanner or output. */
export type Command = {
/** Idempotency key; a repeated command has no second effect. */
id: CommandId,
/** What to do. */
body: CommandBody, };

/** What to do. */
export type CommandBody = { "type": "print",
/** The job; stands in the label's footer. */
job: PrintJobId,
/** What to print. */
label: Label,
/** How long the job has waited since the store wrote it down, milliseconds, by the store's clock: what waited long
 * behind a printer that was away is not printed unasked. */
waited_ms: number, } | { "type": "signal",
/** What. */
signal: Signal, } | { "type": "output",
/** How. */
drive: Drive, };

/** A kind of `super::CommandBody`, by the same word. */
export type CommandKind = "print" | "signal" | "output";

/** What kind of device stands behind a topic. */
export type DeviceClass = "scanner" | "printer" | "sensor" | "scale" | "door" | "output" | "handheld";

/** `state`, retained; with `Health::Lost` it is the last will. */
export type DeviceState = {
/** The session this belongs to (`Birth::session`). */
session: number,
/** When; of a will: when the session began. */
at: Timestamp,
/** How it is. */
health: Health,
/** What is wrong, in words; empty when nothing is. */
detail: string,
/** What to do; empty when nothing is to be done. */
hint: string,
/** Charge in percent, where the device tells. */
battery_pct: number | null,
/** Jobs or events that wait in the agent. */
queued: number, };

/** How an output is driven. A buzzer whose store went away must end by itself: give it an end. */
export type Drive = { "how": "off" } | { "how": "on",
/** Off again after so many milliseconds; `None` = until the next command. */
for_ms: number | null, } | { "how": "blink",
/** On for so many milliseconds, 20 or more. */
on_ms: number,
/** Then off for so many, 20 or more. */
off_ms: number,
/** So often; `None` = until the next command. */
times: number | null, };

/** `event`, not retained: something happened at a device. */
export type Event = {
/** Idempotency key: made once at the edge, kept through every retry. */
id: CommandId,
/** When it happened at the device. */
at: Timestamp,
/** The session. */
session: number,
/** Counts the device's events in a session from 1, so that a gap is seen. */
seq: number,
/** What happened. */
body: EventBody, };

/** What happened. */
export type EventBody = { "type": "scan",
/** The data. */
text: string,
/** The AIM symbology id such as `C1`: the scanner's own, or the one that its kind of packet gives. */
aim: string | null,
/** What is known of the way that GS takes from the scanner to here. */
separators?: Separators, } | { "type": "reading",
/** Corrected value in thousandths of a degree Celsius; `None` when the sensor gave none that can be trusted. */
milli_c: number | null,
/** What the chip said, before correction. */
raw_milli_c: number | null,
/** How far it can be trusted. */
quality: Quality,
/** Relative humidity in thousandths of a percent, where the sensor has it. */
humidity_milli_pct?: number,
/** Air pressure in pascals, where the sensor has it. */
pressure_pa?: number,
/** Milliseconds since the agent began this session, by a clock that nobody sets. */
up_ms?: number, } | { "type": "weight",
/** Net weight in grams, above zero; `None`: it was taken off or moves, and nothing may be weighed with it. */
grams: Grams | null, } | { "type": "print",
/** The job. */
job: PrintJobId,
/** How it went. */
outcome: PrintOutcome, } | { "type": "door",
/** It stands open now. */
open: boolean, };

/** A kind of `super::EventBody`, by the same word. */
export type EventKind = "scan" | "reading" | "weight" | "print" | "door";

/** `event` of a handheld. */
export type HandheldEvent = {
/** Idempotency key, made when the person acted; a retry carries the same. */
id: CommandId,
/** When the person acted. */
at: Timestamp,
/** Who is logged in on this handheld (PIN session), except for `Action::Login`. */
person: PersonId | null,
/** What the person did. */
action: Action, };

/** `cmd` to a handheld, retained: everything its screen needs. A newer `version` replaces an older one. */
export type HandheldView = {
/** Grows with every change, for this handheld. */
version: number,
/** When the store made it. */
at: Timestamp,
/** Who is logged in. */
person: PersonId | null,
/** Name to greet by. */
person_name: string,
/** The work in hand. */
task: PickTask | null,
/** Orders that wait for a picker. */
waiting: number,
/** When the store accepted the newest of them. */
newest_at: Timestamp | null,
/** Things to know, newest first, at most 5. */
notices: Array<Notice>, };

/** How a device is. */
export type Health = "ok" | "warn" | "down" | "lost";

/** A label, as facts; the driver lays it out for its printer. `duplicate`: printed before, says so. */
export type Label = { "template": "bag",
/** Short order number. */
number: string,
/** This bag, from 1. */
bag: number,
/** Of how many. */
of: number,
/** The QR's text (`crate::code::OwnCode::Bag`). */
code: string,
/** Insulated bag. */
cold: boolean,
/** Something in it breaks. */
fragile: boolean,
/** First name, or empty. */
first_name: string,
/** Printed before: says DUPLICATE. */
duplicate: boolean, } | { "template": "delivery",
/** Short order number. */
number: string,
/** The QR's text: the first bag's code. */
code: string,
/** Number of bags. */
bags: number,
/** First name, or empty. */
first_name: string,
/** Name and quantity of each line. */
lines: Array<[Name, number]>,
/** Cash to collect in paise; 0 = paid. */
cod: Paise,
/** Promised time, already in the store's own zone, `19:42`. */
promise: string,
/** Printed before: says DUPLICATE. */
duplicate: boolean, } | { "template": "lot",
/** Product name. */
name: Name,
/** GTIN digits, or empty. */
gtin: string,
/** The code to scan (`crate::code::OwnCode::Lot`). */
code: string,
/** Expiry `2026-12-31`, or empty. */
expiry: string,
/** Printed before: says DUPLICATE. */
duplicate: boolean, } | { "template": "shelf",
/** Product name. */
name: Name,
/** The shelf place. */
bin: string,
/** The code to scan (`crate::code::OwnCode::Shelf`). */
code: string,
/** Price of one unit in paise. */
price: Paise,
/** What one unit is, `1 L pouch`. */
pack: string,
/** Printed before: says DUPLICATE. */
duplicate: boolean, } | { "template": "pick_list",
/** Short order number. */
number: string,
/** The code to scan (`crate::code::OwnCode::Order`). */
code: string,
/** Promised time in the store's own zone, `19:42`. */
promise: string,
/** What is still to be taken, in the order of the walk. */
lines: Array<PickListLine>,
/** Printed before: says DUPLICATE. */
duplicate: boolean, } | { "template": "transfer",
/** Number of the transfer. */
number: string,
/** The QR's text. */
code: string,
/** The store that sends. */
from: Name,
/** The store that receives. */
to: Name,
/** What goes. */
lines: Array<ManifestLine>,
/** Printed before: says DUPLICATE. */
duplicate: boolean, } | { "template": "temperature",
/** The zone. */
zone: string,
/** The sensor. */
sensor: string,
/** The business day. */
day: Date,
/** Time in the store's own zone, `19:40`, and thousandths of a degree Celsius. */
readings: Array<[string, number]>,
/** Lowest of the day, thousandths of a degree Celsius; `None` without a reading. */
lowest: number | null,
/** Highest of the day. */
highest: number | null,
/** Minutes out of the allowed range. */
out_of_range_min: number,
/** Printed before: says DUPLICATE. */
duplicate: boolean, } | { "template": "handover",
/** Short order number. */
number: string,
/** The QR's text: the first bag's code. */
code: string,
/** The rider. */
rider: string,
/** Number of bags. */
bags: number,
/** Cash to collect in paise; 0 = paid. */
cod: Paise,
/** When it left, in the store's own zone, `19:42`. */
at: string,
/** The cash is taken where it is printed: a drawer on that printer opens. */
drawer: boolean,
/** Printed before: says DUPLICATE. */
duplicate: boolean, };

/** The lot to take (FEFO, REQ-10), and whether a scan can prove it (REQ-93). */
export type LotHint = {
/** The lot. */
lot: LotId,
/** Its expiry, where it has one. */
expiry: Date | null,
/** The bin holds several lots: scan the lot label, not the product. */
scan_label: boolean, };

/** One line of a transfer. */
export type ManifestLine = {
/** What goes. */
name: Name,
/** Its lot, or empty. */
lot: string,
/** How many units. */
units: number, };

/** One measured quantity. */
export type Measure = {
/** What is measured. */
quantity: Quantity,
/** The field of the event's body that carries it. */
field: string,
/** Its unit, a code of UCUM: `mCel` is a thousandth of a degree Celsius, `m%` a thousandth of a percent, `Pa`, `g`. */
unit: string,
/** Lowest value it can give, in that unit. */
min: number,
/** Highest value it can give, in that unit. */
max: number, };

/** A name in the languages of the house; the printer's own language decides which one stands on paper. */
export type Name = {
/** In English. */
en: string,
/** In Hindi, or empty. */
hi: string,
/** What stands on the paper where the printer can draw neither: the product's code, or empty. */
code: string, };

/** Something a picker should know. */
export type Notice = {
/** A stable word, for example `order_cancelled`, `substitute_accepted`. */
code: string,
/** Particulars: an order number, a product name. */
detail: string,
/** When. */
at: Timestamp, };

/** What a printer prints on. */
export type Paper = {
/** Width it can print on, millimetres. */
width_mm: number,
/** Height of one label, millimetres; none on a roll. */
height_mm?: number,
/** Dots per inch. */
dpi: number,
/** Language on the paper: `en` or `hi`. */
language: string,
/** Whether it tells its status; without it a job ends as `sent_unconfirmed`. */
reports_status: boolean, };

/** One stop. */
export type PickLine = {
/** The line's number in the order. */
line: number,
/** What to take now (a substitute has another SKU than the order's line). */
sku: SkuId,
/** English name. */
name: string,
/** Hindi name, or empty. */
name_hi: string,
/** Where to go. */
bin: BinId,
/** Its zone. */
zone: ZoneId,
/** Other bins that hold it. */
alternatives: Array<BinId>,
/** Wanted here. */
qty: Qty,
/** Picked so far. */
picked: Qty,
/** Given up (refunded or substituted). */
short: Qty,
/** Barcodes that are right here: lets the screen answer within 50 ms; the store's ack decides. */
gtins: Array<string>,
/** The lot to take first. */
lot: LotHint,
/** Travels in the insulated bag. */
cold: boolean,
/** On top, or apart. */
fragile: boolean,
/** To the bottom. */
heavy: boolean,
/** Which bag, from 1. */
bag: number, };

/** One place to go to. */
export type PickListLine = {
/** The shelf place. */
bin: string,
/** What to take. */
name: Name,
/** How many. */
units: number, };

/** One order to pick, lines in walking order (REQ-30). */
export type PickTask = {
/** The order. */
order: OrderId,
/** Its short number. */
number: string,
/** When the customer was promised to have it. */
promise_at: Timestamp,
/** When picking should be done for the promise to hold. */
pick_by: Timestamp,
/** Lines in walking order; done ones stay, so that the bar can count. */
lines: Array<PickLine>,
/** Number of bags planned. */
bags: number,
/** A substitute that waits for the customer's answer. */
substitute: SubstituteOffer | null, };

/** How a print job went (REQ-34; never printed twice by itself). */
export type PrintOutcome = "done" | "sent_unconfirmed" | "in_doubt" | "rejected";

/** How far a reading can be trusted (REQ-43). */
export type Quality = "good" | "crc_error" | "implausible" | "jump" | "flat" | "silent";

/** What is measured. */
export type Quantity = "temperature" | "humidity" | "pressure" | "weight";

/** `reply`, not retained: what became of one command. It goes to the command's response topic with its correlation data,
 * which is the id's sixteen bytes. */
export type Reply = {
/** Which command (`Command::id`). */
id: CommandId,
/** What became of it. */
outcome: ReplyOutcome, };

/** What became of a command. How a print went is an `EventBody::Print`, for that may take minutes and must not be lost. */
export type ReplyOutcome = { "type": "taken" } | { "type": "known" } | { "type": "refused",
/** Why. */
detail: string, };

/** What is known of a scanner's separators (GS, U+001D), without which a GS1 code may be read in two ways (REQ-41). */
export type Separators = "trusted" | "unknown" | "lost";

/** What a beep means. */
export type Signal = "right" | "wrong" | "attention";

/** A substitute offered to the customer (REQ-33). */
export type SubstituteOffer = {
/** For which line. */
line: number,
/** What is offered. */
name: string,
/** The same in Hindi, or empty. */
name_hi: string,
/** The preset applies after this time. */
until: Timestamp, };
