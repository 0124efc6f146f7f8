//! The fixed words on paper, each in every language. Never a sentence, never a name.

use crate::printer::sheet::Tongue;

/// A word that stands on paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    Bag,
    Bags,
    Cold,
    Collect,
    Duplicate,
    Expiry,
    Fragile,
    From,
    Handover,
    Highest,
    Items,
    Lot,
    Lowest,
    Minutes,
    OutOfRange,
    Paid,
    PickList,
    Promised,
    Rider,
    Shelf,
    Signature,
    Temperature,
    To,
    Transfer,
}

impl Word {
    /// In English and in Hindi.
    const fn both(self) -> (&'static str, &'static str) {
        match self {
            Word::Bag => ("BAG", "थैला"),
            Word::Bags => ("Bags", "थैले"),
            Word::Cold => ("COLD", "ठंडा"),
            Word::Collect => ("COLLECT CASH", "नकद लें"),
            // Whoever reads no Hindi has to know a second label for what it is.
            Word::Duplicate => ("DUPLICATE", "DUPLICATE / पुनर्मुद्रण"),
            Word::Expiry => ("Expires", "समाप्ति"),
            Word::Fragile => ("FRAGILE", "नाज़ुक"),
            Word::From => ("From", "प्रेषक"),
            Word::Handover => ("HANDOVER", "सुपुर्दगी"),
            Word::Highest => ("Highest", "अधिकतम"),
            Word::Items => ("Items", "वस्तुएँ"),
            Word::Lot => ("Lot", "लॉट"),
            Word::Lowest => ("Lowest", "न्यूनतम"),
            Word::Minutes => ("min", "मिनट"),
            Word::OutOfRange => ("Out of range", "सीमा से बाहर"),
            Word::Paid => ("PAID", "भुगतान हो गया"),
            Word::PickList => ("PICK LIST", "चयन सूची"),
            Word::Promised => ("Promised", "वादा समय"),
            Word::Rider => ("Rider", "राइडर"),
            Word::Shelf => ("Shelf", "शेल्फ"),
            Word::Signature => ("Signature", "हस्ताक्षर"),
            Word::Temperature => ("TEMPERATURE", "तापमान"),
            Word::To => ("To", "प्राप्तकर्ता"),
            Word::Transfer => ("TRANSFER", "स्थानांतरण"),
        }
    }

    /// In the language of the paper.
    pub(super) const fn say(self, tongue: Tongue) -> &'static str {
        match tongue {
            Tongue::English => self.both().0,
            Tongue::Hindi => self.both().1,
        }
    }
}
