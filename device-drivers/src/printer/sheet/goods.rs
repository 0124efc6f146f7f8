//! Papers about goods: shelf, lot, transfer, temperature. Facts in, a document out.

use model::{Date, Paise};

use crate::gs1::Gtin;
use crate::printer::layout::{Align, Block, Document, Size};
use crate::printer::sheet::words::Word;
use crate::printer::sheet::{Stamp, pair, qr};

/// Under a shelf place. Fits 50 x 50 mm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShelfLabel {
    /// Product name.
    pub name: String,
    /// The shelf place.
    pub bin: String,
    /// The QR's text: the place's own code.
    pub code: String,
    /// Price of one pack.
    pub price: Paise,
    /// What one pack is, `500 g`.
    pub pack: String,
}

impl ShelfLabel {
    /// The label.
    #[must_use]
    pub fn layout(&self, stamp: &Stamp) -> Document {
        let mut document = stamp.begin();
        document.text(&self.name, Size::Normal, Align::Centre);
        document.text(self.price.to_string(), Size::Large, Align::Centre);
        pair(&mut document, format!("{} {}", stamp.say(Word::Shelf), self.bin), self.pack.clone());
        qr(&mut document, &self.code, 16);
        stamp.end(document)
    }
}

/// On goods at receiving (REQ-93). Fits 50 x 50 mm; from about 100 mm it bears a GS1-128 besides the DataMatrix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LotLabel {
    /// Product name.
    pub name: String,
    /// The item, where it has a barcode.
    pub gtin: Option<Gtin>,
    /// The lot, 1 to 20 signs.
    pub lot: String,
    /// The lot's own code, printed as QR where item or last day is not known.
    pub code: String,
    /// Last day, where it expires.
    pub expiry: Option<Date>,
}

impl LotLabel {
    /// The label: (01) item, (17) expiry, (10) lot; without item or date, or with a lot that no GS1 code carries, its
    /// own code.
    #[must_use]
    pub fn layout(&self, stamp: &Stamp) -> Document {
        let mut document = stamp.begin();
        document.text(&self.name, Size::Normal, Align::Centre);
        if let Some(expiry) = self.expiry {
            pair(&mut document, stamp.say(Word::Expiry), expiry.to_string());
        }
        pair(&mut document, stamp.say(Word::Lot), self.lot.clone());
        match (&self.gtin, self.expiry, (1..=20).contains(&self.lot.len())) {
            (Some(gtin), Some(expiry), true) => {
                let digits = format!("01{}17{}", gtin.as_gtin14(), expiry.yymmdd());
                let tail = format!("10{}", self.lot);
                document.block(Block::Gs1Matrix { elements: format!("{digits}{tail}"), size_mm: 12 });
                document.block(Block::Gs1Code128 { digits, tail });
            }
            (_, _, _) => qr(&mut document, &self.code, 20),
        }
        stamp.end(document)
    }
}

/// One line of a transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestLine {
    /// Product name.
    pub name: String,
    /// The lot, or empty.
    pub lot: String,
    /// How many units.
    pub units: u32,
}

/// What goes from one store to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferManifest {
    /// Number of the transfer.
    pub number: String,
    /// The QR's text.
    pub code: String,
    /// The store that sends.
    pub from: String,
    /// The store that receives.
    pub to: String,
    /// What goes.
    pub lines: Vec<ManifestLine>,
}

impl TransferManifest {
    /// The manifest.
    #[must_use]
    pub fn layout(&self, stamp: &Stamp) -> Document {
        let mut document = stamp.begin();
        document.text(stamp.say(Word::Transfer), Size::Large, Align::Centre);
        document.text(&self.number, Size::Large, Align::Centre);
        pair(&mut document, stamp.say(Word::From), self.from.clone());
        pair(&mut document, stamp.say(Word::To), self.to.clone());
        document.block(Block::Rule);
        for line in &self.lines {
            pair(&mut document, line.name.clone(), line.units.to_string());
            if !line.lot.is_empty() {
                pair(&mut document, format!("  {} {}", stamp.say(Word::Lot), line.lot), "");
            }
        }
        document.block(Block::Rule);
        qr(&mut document, &self.code, 24);
        stamp.end(document)
    }
}

/// A day of a cold place on paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemperatureStrip {
    /// The zone.
    pub zone: String,
    /// The sensor.
    pub sensor: String,
    /// The day.
    pub day: Date,
    /// Time in the store's own zone, `19:40`, and thousandths of a degree Celsius.
    pub readings: Vec<(String, i32)>,
    /// Lowest of the day, thousandths of a degree Celsius.
    pub lowest: Option<i32>,
    /// Highest of the day.
    pub highest: Option<i32>,
    /// Minutes out of the allowed range.
    pub out_of_range_min: u32,
}

impl TemperatureStrip {
    /// The strip.
    #[must_use]
    pub fn layout(&self, stamp: &Stamp) -> Document {
        let mut document = stamp.begin();
        document.text(stamp.say(Word::Temperature), Size::Large, Align::Centre);
        pair(&mut document, self.zone.clone(), self.day.to_string());
        document.text(&self.sensor, Size::Small, Align::Left).block(Block::Rule);
        for (time, milli_c) in &self.readings {
            pair(&mut document, time.clone(), celsius(*milli_c));
        }
        document.block(Block::Rule);
        for (word, extreme) in [(Word::Lowest, self.lowest), (Word::Highest, self.highest)] {
            if let Some(milli_c) = extreme {
                pair(&mut document, stamp.say(word), celsius(milli_c));
            }
        }
        let minutes = format!("{} {}", self.out_of_range_min, stamp.say(Word::Minutes));
        pair(&mut document, stamp.say(Word::OutOfRange), minutes);
        stamp.end(document)
    }
}

/// Tenths of a degree, rounded half away from zero.
fn celsius(milli_c: i32) -> String {
    let tenths = (milli_c.unsigned_abs() + 50) / 100;
    let sign = if milli_c < 0 && tenths > 0 { "-" } else { "" };
    format!("{sign}{}.{} C", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::celsius;

    #[test]
    fn degrees_are_rounded_to_tenths_and_keep_their_sign() {
        let cases = [(4_049, "4.0 C"), (4_050, "4.1 C"), (-18_960, "-19.0 C"), (-49, "0.0 C"), (0, "0.0 C")];
        for (milli_c, want) in cases {
            assert_eq!(celsius(milli_c), want);
        }
    }
}
