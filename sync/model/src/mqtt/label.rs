//! What can be printed, as facts: the papers of the house (REQ-31, REQ-34, REQ-37, REQ-39, REQ-93). How they look is the
//! driver's.

use crate::money::Paise;
use crate::time::Date;
use serde::{Deserialize, Serialize};

/// A name in the languages of the house; the printer's own language decides which one stands on paper.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Name {
    /// In English.
    pub en: String,
    /// In Hindi, or empty.
    #[serde(default)]
    pub hi: String,
    /// What stands on the paper where the printer can draw neither: the product's code, or empty.
    #[serde(default)]
    pub code: String,
}

impl From<&str> for Name {
    fn from(en: &str) -> Self {
        Self { en: en.to_owned(), ..Self::default() }
    }
}

/// One place to go to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct PickListLine {
    /// The shelf place.
    pub bin: String,
    /// What to take.
    pub name: Name,
    /// How many.
    pub units: u32,
}

/// One line of a transfer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct ManifestLine {
    /// What goes.
    pub name: Name,
    /// Its lot, or empty.
    pub lot: String,
    /// How many units.
    pub units: u32,
}

/// A label, as facts; the driver lays it out for its printer. `duplicate`: printed before, says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "template", rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub enum Label {
    /// On each bag: `1/2`, number, QR.
    Bag {
        /// Short order number.
        number: String,
        /// This bag, from 1.
        bag: u8,
        /// Of how many.
        of: u8,
        /// The QR's text ([`crate::code::OwnCode::Bag`]).
        code: String,
        /// Insulated bag.
        cold: bool,
        /// Something in it breaks.
        fragile: bool,
        /// First name, or empty.
        first_name: String,
        /// Printed before: says DUPLICATE.
        duplicate: bool,
    },
    /// One per order, for the rider: number, bags, cash to collect.
    Delivery {
        /// Short order number.
        number: String,
        /// The QR's text: the first bag's code.
        code: String,
        /// Number of bags.
        bags: u8,
        /// First name, or empty.
        first_name: String,
        /// Name and quantity of each line.
        lines: Vec<(Name, u32)>,
        /// Cash to collect in paise; 0 = paid.
        cod: Paise,
        /// Promised time, already in the store's own zone, `19:42`.
        promise: String,
        /// Printed before: says DUPLICATE.
        duplicate: bool,
    },
    /// On goods at receiving (REQ-93).
    Lot {
        /// Product name.
        name: Name,
        /// GTIN digits, or empty.
        gtin: String,
        /// The code to scan ([`crate::code::OwnCode::Lot`]).
        code: String,
        /// Expiry `2026-12-31`, or empty.
        expiry: String,
        /// Printed before: says DUPLICATE.
        #[serde(default)]
        duplicate: bool,
    },
    /// Under a shelf place.
    Shelf {
        /// Product name.
        name: Name,
        /// The shelf place.
        bin: String,
        /// The code to scan ([`crate::code::OwnCode::Shelf`]).
        code: String,
        /// Price of one unit in paise.
        price: Paise,
        /// What one unit is, `1 L pouch`.
        pack: String,
        /// Printed before: says DUPLICATE.
        duplicate: bool,
    },
    /// An order on paper, when handhelds fail (REQ-37).
    PickList {
        /// Short order number.
        number: String,
        /// The code to scan ([`crate::code::OwnCode::Order`]).
        code: String,
        /// Promised time in the store's own zone, `19:42`.
        promise: String,
        /// What is still to be taken, in the order of the walk.
        lines: Vec<PickListLine>,
        /// Printed before: says DUPLICATE.
        duplicate: bool,
    },
    /// What goes from one store to another.
    Transfer {
        /// Number of the transfer.
        number: String,
        /// The QR's text.
        code: String,
        /// The store that sends.
        from: Name,
        /// The store that receives.
        to: Name,
        /// What goes.
        lines: Vec<ManifestLine>,
        /// Printed before: says DUPLICATE.
        duplicate: bool,
    },
    /// A day of a cold place.
    Temperature {
        /// The zone.
        zone: String,
        /// The sensor.
        sensor: String,
        /// The business day.
        day: Date,
        /// Time in the store's own zone, `19:40`, and thousandths of a degree Celsius.
        readings: Vec<(String, i32)>,
        /// Lowest of the day, thousandths of a degree Celsius; `None` without a reading.
        lowest: Option<i32>,
        /// Highest of the day.
        highest: Option<i32>,
        /// Minutes out of the allowed range.
        out_of_range_min: u32,
        /// Printed before: says DUPLICATE.
        duplicate: bool,
    },
    /// Signed when a rider takes an order's bags (REQ-39).
    Handover {
        /// Short order number.
        number: String,
        /// The QR's text: the first bag's code.
        code: String,
        /// The rider.
        rider: String,
        /// Number of bags.
        bags: u8,
        /// Cash to collect in paise; 0 = paid.
        cod: Paise,
        /// When it left, in the store's own zone, `19:42`.
        at: String,
        /// The cash is taken where it is printed: a drawer on that printer opens.
        #[serde(default)]
        drawer: bool,
        /// Printed before: says DUPLICATE.
        duplicate: bool,
    },
}

impl Label {
    /// Whether it was printed before.
    #[must_use]
    pub const fn is_duplicate(&self) -> bool {
        match self {
            Label::Bag { duplicate, .. }
            | Label::Delivery { duplicate, .. }
            | Label::Lot { duplicate, .. }
            | Label::Shelf { duplicate, .. }
            | Label::PickList { duplicate, .. }
            | Label::Transfer { duplicate, .. }
            | Label::Temperature { duplicate, .. }
            | Label::Handover { duplicate, .. } => *duplicate,
        }
    }

    fn mark(&mut self) -> &mut bool {
        match self {
            Label::Bag { duplicate, .. }
            | Label::Delivery { duplicate, .. }
            | Label::Lot { duplicate, .. }
            | Label::Shelf { duplicate, .. }
            | Label::PickList { duplicate, .. }
            | Label::Transfer { duplicate, .. }
            | Label::Temperature { duplicate, .. }
            | Label::Handover { duplicate, .. } => duplicate,
        }
    }

    /// The same paper, printed before or not (REQ-34).
    #[must_use]
    pub fn marked(mut self, duplicate: bool) -> Self {
        *self.mark() = duplicate;
        self
    }

    /// Whether it is small and sticks: a label printer's work. Everything else is a receipt printer's.
    #[must_use]
    pub const fn sticks(&self) -> bool {
        match self {
            Label::Bag { .. } | Label::Lot { .. } | Label::Shelf { .. } => true,
            Label::Delivery { .. }
            | Label::PickList { .. }
            | Label::Transfer { .. }
            | Label::Temperature { .. }
            | Label::Handover { .. } => false,
        }
    }
}
