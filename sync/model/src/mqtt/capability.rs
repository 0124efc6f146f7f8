//! What a device can do, as it says itself: retained beside its birth, for whoever integrates a store without its store.toml.
//! What the store makes of a device never stands here.

use super::{Calibration, DeviceClass};
use serde::{Deserialize, Serialize};

/// `capability`, retained: one document per device, written anew at each session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Capability {
    /// Payload version; 1.
    pub schema: u16,
    /// What it is.
    pub class: DeviceClass,
    /// Driver name, as in its birth.
    pub driver: String,
    /// Maker and model where known, else empty.
    pub model: String,
    /// The commands it takes.
    pub commands: Vec<CommandKind>,
    /// The events it gives.
    pub events: Vec<EventKind>,
    /// What it measures, in which unit and range.
    pub measures: Vec<Measure>,
    /// What a printer prints on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(optional))]
    pub paper: Option<Paper>,
    /// A sensor's calibration; none where it was never calibrated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(optional))]
    pub calibration: Option<Calibration>,
}

/// A kind of [`super::CommandBody`], by the same word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub enum CommandKind {
    /// Prints a label.
    Print,
    /// Beeps and blinks for the person at a scanner.
    Signal,
    /// Switches an output.
    Output,
}

/// A kind of [`super::EventBody`], by the same word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub enum EventKind {
    /// A barcode was read.
    Scan,
    /// A measurement of a sensor.
    Reading,
    /// A stable weight.
    Weight,
    /// How a print job went.
    Print,
    /// A door has opened or shut.
    Door,
}

/// One measured quantity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Measure {
    /// What is measured.
    pub quantity: Quantity,
    /// The field of the event's body that carries it.
    pub field: String,
    /// Its unit, a code of UCUM: `mCel` is a thousandth of a degree Celsius, `m%` a thousandth of a percent, `Pa`, `g`.
    pub unit: String,
    /// Lowest value it can give, in that unit.
    pub min: i32,
    /// Highest value it can give, in that unit.
    pub max: i32,
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub enum Quantity {
    /// Of air, or of what the probe is in.
    Temperature,
    /// Relative humidity.
    Humidity,
    /// Air pressure.
    Pressure,
    /// Net weight on a scale.
    Weight,
}

/// What a printer prints on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Paper {
    /// Width it can print on, millimetres.
    pub width_mm: u16,
    /// Height of one label, millimetres; none on a roll.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", ts(optional))]
    pub height_mm: Option<u16>,
    /// Dots per inch.
    pub dpi: u16,
    /// Language on the paper: `en` or `hi`.
    pub language: String,
    /// Whether it tells its status; without it a job ends as `sent_unconfirmed`.
    pub reports_status: bool,
}
