//! Papers about an order: bag, delivery, pick list, handover. Facts in, a document out.

use model::Paise;

use crate::printer::layout::{Align, Block, Document, Size};
use crate::printer::sheet::words::Word;
use crate::printer::sheet::{Stamp, pair, qr};

/// On each bag (REQ-31). Fits 50 x 50 mm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BagLabel {
    /// Short order number.
    pub number: String,
    /// This bag, from 1.
    pub bag: u8,
    /// Of how many.
    pub of: u8,
    /// The QR's text: the bag's own code, at most 42 signs.
    pub code: String,
    /// Insulated bag.
    pub cold: bool,
    /// Something in it breaks.
    pub fragile: bool,
    /// First name, or empty.
    pub first_name: String,
}

impl BagLabel {
    /// The label.
    #[must_use]
    pub fn layout(&self, stamp: &Stamp) -> Document {
        let mut document = stamp.begin();
        document.text(format!("{}  {}/{}", self.number, self.bag, self.of), Size::Huge, Align::Centre);
        let marks = [(self.cold, Word::Cold), (self.fragile, Word::Fragile)];
        let marks: Vec<&str> = marks.iter().filter(|(on, _)| *on).map(|(_, word)| stamp.say(*word)).collect();
        let marks = if marks.is_empty() { stamp.say(Word::Bag).to_owned() } else { marks.join(" + ") };
        document.text(marks, Size::Large, Align::Centre);
        qr(&mut document, &self.code, 16);
        document.text(&self.first_name, Size::Normal, Align::Centre);
        stamp.end(document)
    }
}

/// One per order, for the rider (REQ-34).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryLabel {
    /// Short order number.
    pub number: String,
    /// The QR's text: the first bag's code.
    pub code: String,
    /// Number of bags.
    pub bags: u8,
    /// First name, or empty.
    pub first_name: String,
    /// Name and quantity of each line.
    pub lines: Vec<(String, u32)>,
    /// Cash to collect; 0 = paid.
    pub cod: Paise,
    /// Promised time in the store's own zone, `19:42`.
    pub promise: String,
}

impl DeliveryLabel {
    /// The label.
    #[must_use]
    pub fn layout(&self, stamp: &Stamp) -> Document {
        let mut document = stamp.begin();
        document.text(&self.number, Size::Huge, Align::Centre);
        document.text(&self.first_name, Size::Large, Align::Centre);
        pair(&mut document, stamp.say(Word::Bags), self.bags.to_string());
        let items: u32 = self.lines.iter().map(|(_, units)| *units).sum();
        pair(&mut document, stamp.say(Word::Items), items.to_string());
        pair(&mut document, stamp.say(Word::Promised), self.promise.clone());
        collect(&mut document, self.cod, stamp);
        document.block(Block::Rule);
        for (name, units) in &self.lines {
            pair(&mut document, name.clone(), units.to_string());
        }
        document.block(Block::Rule);
        qr(&mut document, &self.code, 28);
        stamp.end(document)
    }
}

/// The amount on a line of its own: it fits every paper at this size, so it is never cut.
fn collect(document: &mut Document, cod: Paise, stamp: &Stamp) {
    if cod.get() == 0 {
        document.text(stamp.say(Word::Paid), Size::Large, Align::Centre);
    } else {
        document.text(stamp.say(Word::Collect), Size::Large, Align::Centre);
        document.text(cod.to_string(), Size::Large, Align::Centre);
    }
}

/// One place to go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PickLine {
    /// The shelf place.
    pub bin: String,
    /// What to take.
    pub name: String,
    /// How many.
    pub units: u32,
}

/// An order on paper, when handhelds or the node fail; scanned back later by its QR (REQ-37).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PickList {
    /// Short order number.
    pub number: String,
    /// The QR's text.
    pub code: String,
    /// Promised time in the store's own zone, `19:42`.
    pub promise: String,
    /// In the order of the walk.
    pub lines: Vec<PickLine>,
}

impl PickList {
    /// The list: for each line its place and a box to tick, then the name and how many.
    #[must_use]
    pub fn layout(&self, stamp: &Stamp) -> Document {
        let mut document = stamp.begin();
        document.text(stamp.say(Word::PickList), Size::Large, Align::Centre);
        document.text(&self.number, Size::Huge, Align::Centre);
        pair(&mut document, stamp.say(Word::Promised), self.promise.clone());
        document.block(Block::Rule);
        for line in &self.lines {
            pair(&mut document, line.bin.clone(), "[   ]");
            pair(&mut document, line.name.clone(), line.units.to_string());
        }
        document.block(Block::Rule);
        qr(&mut document, &self.code, 28);
        stamp.end(document)
    }
}

/// Signed when a rider takes an order's bags (REQ-39).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandoverSlip {
    /// Short order number.
    pub number: String,
    /// The QR's text.
    pub code: String,
    /// The rider's name.
    pub rider: String,
    /// Number of bags.
    pub bags: u8,
    /// Cash to collect; 0 = paid.
    pub cod: Paise,
    /// When, in the store's own zone, `19:42`.
    pub at: String,
    /// The cash is taken here and now: the drawer opens, but not for a duplicate.
    pub drawer: bool,
}

impl HandoverSlip {
    /// The slip.
    #[must_use]
    pub fn layout(&self, stamp: &Stamp) -> Document {
        let mut document = stamp.begin();
        document.text(stamp.say(Word::Handover), Size::Large, Align::Centre);
        document.text(&self.number, Size::Huge, Align::Centre);
        pair(&mut document, format!("{}: {}", stamp.say(Word::Rider), self.rider), self.at.clone());
        pair(&mut document, stamp.say(Word::Bags), self.bags.to_string());
        collect(&mut document, self.cod, stamp);
        qr(&mut document, &self.code, 24);
        pair(&mut document, format!("{}:", stamp.say(Word::Signature)), "");
        document.text("\u{a0}", Size::Large, Align::Left).block(Block::Rule);
        if self.drawer && !stamp.duplicate {
            document.block(Block::Drawer);
        }
        stamp.end(document)
    }
}
