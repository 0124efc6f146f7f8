//! Payloads of scanners, printers, sensors, scales, doors and outputs.

use super::label::Label;
use crate::id::{CommandId, PrintJobId};
use crate::qty::Grams;
use crate::time::{Date, Timestamp};
use serde::{Deserialize, Serialize};

/// Below this a device's battery is low, percent: a person should charge it.
pub const BATTERY_LOW_PCT: u8 = 15;

/// `birth`, retained: a device introduces itself once per session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Birth {
    /// Payload version; 1.
    pub schema: u16,
    /// Grows with every start; a will of an older session is ignored.
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub session: u64,
    /// When.
    pub at: Timestamp,
    /// Driver name, for example `escpos`, `ds18b20`, `serial-lines`.
    pub driver: String,
    /// Maker and model where known.
    pub model: String,
    /// Agent or firmware version.
    pub firmware: String,
    /// A sensor's calibration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(optional))]
    pub calibration: Option<Calibration>,
}

/// How a sensor's raw values become corrected ones, and on what paper that stands (REQ-18).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Calibration {
    /// Added last, thousandths of a degree Celsius.
    pub offset_milli_c: i32,
    /// Multiplied first, millionths: 1,000,000 changes nothing.
    pub gain_ppm: u32,
    /// Number of the certificate; empty where there is none.
    pub certificate: String,
    /// When it is due again.
    pub due: Option<Date>,
}

/// How a device is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub enum Health {
    /// Works.
    Ok,
    /// Works, but a person should look: paper low, suspect value, battery low.
    Warn,
    /// Does not work: paper out, cover open, unplugged.
    Down,
    /// Said nothing more (last will).
    Lost,
}

/// `state`, retained; with [`Health::Lost`] it is the last will.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct DeviceState {
    /// The session this belongs to ([`Birth::session`]).
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub session: u64,
    /// When; of a will: when the session began.
    pub at: Timestamp,
    /// How it is.
    pub health: Health,
    /// What is wrong, in words; empty when nothing is.
    pub detail: String,
    /// What to do; empty when nothing is to be done.
    pub hint: String,
    /// Charge in percent, where the device tells.
    pub battery_pct: Option<u8>,
    /// Jobs or events that wait in the agent.
    pub queued: u32,
}

/// `event`, not retained: something happened at a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Event {
    /// Idempotency key: made once at the edge, kept through every retry.
    pub id: CommandId,
    /// When it happened at the device.
    pub at: Timestamp,
    /// The session.
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub session: u64,
    /// Counts the device's events in a session from 1, so that a gap is seen.
    #[cfg_attr(feature = "schema", ts(type = "number"))]
    pub seq: u64,
    /// What happened.
    pub body: EventBody,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub enum EventBody {
    /// A barcode was read. `text` as the scanner sent it, AIM prefix taken off, GS as U+001D.
    Scan {
        /// The data.
        text: String,
        /// The AIM symbology id such as `]C1`: the scanner's own, or the one that its kind of packet gives.
        aim: Option<String>,
        /// What is known of the way that GS takes from the scanner to here.
        #[serde(default, skip_serializing_if = "Separators::is_unknown")]
        #[cfg_attr(feature = "schema", ts(optional, as = "Option<Separators>"))]
        separators: Separators,
    },
    /// A temperature.
    Reading {
        /// Corrected value in thousandths of a degree Celsius; `None` when the sensor gave none that can be trusted.
        milli_c: Option<i32>,
        /// What the chip said, before correction.
        raw_milli_c: Option<i32>,
        /// How far it can be trusted.
        quality: Quality,
        /// Relative humidity in thousandths of a percent, where the sensor has it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "schema", ts(optional))]
        humidity_milli_pct: Option<u32>,
        /// Air pressure in pascals, where the sensor has it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "schema", ts(optional))]
        pressure_pa: Option<u32>,
        /// Milliseconds since the agent began this session, by a clock that nobody sets.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "schema", ts(optional))]
        up_ms: Option<u64>,
    },
    /// A stable weight on the scale, or that the one told last stands there no more.
    Weight {
        /// Net weight in grams, above zero; `None`: it was taken off or moves, and nothing may be weighed with it.
        grams: Option<Grams>,
    },
    /// A print job ended or stands in doubt.
    Print {
        /// The job.
        job: PrintJobId,
        /// How it went.
        outcome: PrintOutcome,
    },
    /// A door has opened or shut (REQ-18, REQ-95): said at each change, debounced, and once when the agent starts or the
    /// contact is plugged in again. [`Event::at`] is the moment of the change. Kept by the agent until the store's ack.
    Door {
        /// It stands open now.
        open: bool,
    },
}

/// What is known of a scanner's separators (GS, U+001D), without which a GS1 code may be read in two ways (REQ-41).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub enum Separators {
    /// It sends them: what it sends is what stands there.
    Trusted,
    /// Nobody knows: data that hold a second element which proves itself (a date, a check digit, a measure) are ambiguous.
    #[default]
    Unknown,
    /// It loses them: data that could hold any second element are ambiguous.
    Lost,
}

impl Separators {
    /// Whether nothing is known; that is not written.
    #[must_use]
    pub const fn is_unknown(&self) -> bool {
        matches!(self, Separators::Unknown)
    }
}

/// How far a reading can be trusted (REQ-43).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub enum Quality {
    /// Checked and plausible.
    Good,
    /// The checksum was wrong.
    CrcError,
    /// Outside what the chip or the place can be (85 degC power-on value, below -55).
    Implausible,
    /// Jumped faster than air can.
    Jump,
    /// The same to the last bit for too long.
    Flat,
    /// The sensor did not answer.
    Silent,
}

impl Quality {
    /// Its word in tables and reports; the same as on the wire.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Quality::Good => "good",
            Quality::CrcError => "crc_error",
            Quality::Implausible => "implausible",
            Quality::Jump => "jump",
            Quality::Flat => "flat",
            Quality::Silent => "silent",
        }
    }
}

/// How a print job went (REQ-34; never printed twice by itself).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub enum PrintOutcome {
    /// The printer says that it printed.
    Done,
    /// All bytes were sent; this printer never tells. A person confirms.
    SentUnconfirmed,
    /// Power or link went while bytes were on their way: a person decides.
    InDoubt,
    /// The job is not printed: its content cannot be, or it waited too long behind a printer that was away; nothing was sent.
    Rejected,
}

/// `cmd` to a printer, scanner or output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Command {
    /// Idempotency key; a repeated command has no second effect.
    pub id: CommandId,
    /// What to do.
    pub body: CommandBody,
}

impl CommandBody {
    /// How long the broker may keep the command for a device that is away, seconds. A beep that comes late is worth
    /// nothing, and an output must not start when nobody remembers why; a print job is said again by the store.
    #[must_use]
    pub const fn expiry_s(&self) -> u32 {
        match self {
            CommandBody::Print { .. } => super::COMMAND_EXPIRY_S,
            CommandBody::Signal { .. } => 2,
            CommandBody::Output { .. } => 10,
        }
    }
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub enum CommandBody {
    /// Print a label. The job's row is durable at the store before this is sent.
    Print {
        /// The job; stands in the label's footer.
        job: PrintJobId,
        /// What to print.
        label: Box<Label>,
        /// How long the job has waited since the store wrote it down, milliseconds, by the store's clock: what waited long
        /// behind a printer that was away is not printed unasked.
        #[serde(default)]
        #[cfg_attr(feature = "schema", ts(type = "number"))]
        waited_ms: u64,
    },
    /// Say something to the person at a scanner, with beeper and lamp; worth nothing when it comes late.
    Signal {
        /// What.
        signal: Signal,
    },
    /// Drive an output; a newer one replaces an older one. An output is off when its agent starts or stops.
    Output {
        /// How.
        drive: Drive,
    },
}

/// `reply`, not retained: what became of one command. It goes to the command's response topic with its correlation data,
/// which is the id's sixteen bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Reply {
    /// Which command ([`Command::id`]).
    pub id: CommandId,
    /// What became of it.
    pub outcome: ReplyOutcome,
}

/// What became of a command. How a print went is an [`EventBody::Print`], for that may take minutes and must not be lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub enum ReplyOutcome {
    /// Taken over: a print job is on the agent's disk, anything else has been handed to the driver.
    Taken,
    /// Had been taken over before; nothing is done a second time.
    Known,
    /// Not for this device, or it does not listen now. Nothing is done.
    Refused {
        /// Why.
        detail: String,
    },
}

/// What a beep means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub enum Signal {
    /// The scan is good.
    Right,
    /// The scan is refused.
    Wrong,
    /// Look at the screen.
    Attention,
}

/// How an output is driven. A buzzer whose store went away must end by itself: give it an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub enum Drive {
    /// Off.
    Off,
    /// On.
    On {
        /// Off again after so many milliseconds; `None` = until the next command.
        for_ms: Option<u32>,
    },
    /// On and off in turn.
    Blink {
        /// On for so many milliseconds, 20 or more.
        on_ms: u32,
        /// Then off for so many, 20 or more.
        off_ms: u32,
        /// So often; `None` = until the next command.
        times: Option<u32>,
    },
}
