//! Pack sizes as the tables write them (`500g`, `1L`, `12pc`): what the shelf says in both languages, and the weight.

use anyhow::{Context, Result};

/// How a size is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Base unit gram, times this.
    Mass(u32),
    /// Base unit millilitre, times this.
    Volume(u32),
    /// Pieces of the family's `w` grams each.
    Count,
}

/// One size.
#[derive(Debug, Clone)]
pub struct Size {
    count: u32,
    kind: Kind,
    one: &'static str,
    many: &'static str,
    hindi: &'static str,
    hindi_many: &'static str,
}

/// suffix, kind, English for one and many, Hindi for one and many
const UNITS: &[(&str, Kind, &str, &str, &str, &str)] = &[
    ("g", Kind::Mass(1), "g", "g", "ग्राम", "ग्राम"),
    ("kg", Kind::Mass(1_000), "kg", "kg", "किलो", "किलो"),
    ("ml", Kind::Volume(1), "ml", "ml", "मिली", "मिली"),
    ("L", Kind::Volume(1_000), "L", "L", "लीटर", "लीटर"),
    ("pc", Kind::Count, "pc", "pcs", "नग", "नग"),
    ("bunch", Kind::Count, "bunch", "bunches", "गड्डी", "गड्डियाँ"),
    ("pair", Kind::Count, "pair", "pairs", "जोड़ी", "जोड़ी"),
    ("set", Kind::Count, "set", "sets", "सेट", "सेट"),
    ("roll", Kind::Count, "roll", "rolls", "रोल", "रोल"),
    ("sheet", Kind::Count, "sheet", "sheets", "शीट", "शीट"),
    ("page", Kind::Count, "page", "pages", "पन्ना", "पन्ने"),
    ("sachet", Kind::Count, "sachet", "sachets", "पाउच", "पाउच"),
    ("bag", Kind::Count, "bag", "bags", "बैग", "बैग"),
    ("stick", Kind::Count, "stick", "sticks", "बत्ती", "बत्तियाँ"),
    ("wipe", Kind::Count, "wipe", "wipes", "वाइप", "वाइप्स"),
    ("pad", Kind::Count, "pad", "pads", "पैड", "पैड"),
    ("tab", Kind::Count, "pc", "pcs", "नग", "नग"),
    ("cap", Kind::Count, "pc", "pcs", "नग", "नग"),
    ("m", Kind::Count, "m", "m", "मीटर", "मीटर"),
];

impl Size {
    /// Reads `500g`.
    pub fn parse(text: &str) -> Result<Size> {
        let letters = text.find(|c: char| !c.is_ascii_digit()).context("a size needs a unit")?;
        let (number, suffix) = text.split_at(letters);
        let unit = UNITS.iter().find(|unit| unit.0 == suffix);
        let &(_, kind, one, many, hindi, hindi_many) =
            unit.with_context(|| format!("no such unit: {suffix:?}"))?;
        let count = number.parse().with_context(|| format!("not a size: {text:?}"))?;
        Ok(Size { count, kind, one, many, hindi, hindi_many })
    }

    /// `500 g`, `12 pcs`.
    pub fn english(&self) -> String {
        format!("{} {}", self.count, if self.count == 1 { self.one } else { self.many })
    }

    /// `500 ग्राम`.
    pub fn hindi(&self) -> String {
        format!("{} {}", self.count, if self.count == 1 { self.hindi } else { self.hindi_many })
    }

    /// Grams of contents: `density` in percent of water, `piece` in tenths of a gram. A vessel sold by what it holds has
    /// density 0 and weighs its `piece`.
    pub fn net_grams(&self, density: u32, piece: u32) -> u32 {
        let grams = match self.kind {
            Kind::Mass(each) => self.count * each,
            Kind::Volume(_) if density == 0 => piece / 10,
            Kind::Volume(each) => self.count * each * density / 100,
            Kind::Count => (self.count * piece).div_ceil(10),
        };
        grams.max(1)
    }
}
