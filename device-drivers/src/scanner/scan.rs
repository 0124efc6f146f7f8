//! One line from a scanner to what it says: a product, a lot label, a bag, a badge, or a clear error.
//! Shared with keyboard wedges. Never what the store should do about it.

use model::code::OwnCode;
use model::{BagId, BinId, Date, LotId, OrderId, PersonId};

use crate::gs1::{self, CarrierFault, Gs1Error, Gtin, Reading, Separators};
use crate::scanner::aim::{self, Symbology};

/// Digits of an EAN-13.
const EAN_DIGITS: usize = 13;

/// What a scan says (REQ-41).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scan {
    /// A product's EAN or UPC: the item, but no lot.
    Ean(Gtin),
    /// A GS1 element string: the item with lot, expiry and more, as far as they stand there.
    Gs1(Gs1Scan),
    /// One of our bag labels (`LB:`).
    Bag(BagId),
    /// A staff badge (`LP:`).
    Badge(PersonId),
    /// A rider's badge (`LR:`).
    Rider(String),
    /// One of our lot labels (`LL:`, REQ-93).
    Lot(LotId),
    /// A shelf place's label (`LS:`).
    Shelf(BinId),
    /// An order on paper (`LO:`, REQ-37).
    Order(OrderId),
    /// Readable text that is none of these (a stranger's QR, a tote's own code).
    Other(String),
}

/// The part of a GS1 element string that identifies goods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gs1Scan {
    /// (01) the item.
    pub gtin: Gtin,
    /// (10) batch or lot.
    pub lot: Option<String>,
    /// (17) expiry, else (15) best before.
    pub expiry: Option<Date>,
    /// (11) production date.
    pub made: Option<Date>,
    /// (21) serial number.
    pub serial: Option<String>,
    /// (310n) net weight in grams.
    pub net_weight_g: Option<u32>,
}

/// Why a line is no scan. The person scans again; nothing is guessed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScanError {
    /// Nothing between two line ends, or an AIM id alone.
    #[error("the scan is empty")]
    Empty,
    /// Control characters or bytes that are no text: a torn or disturbed transmission.
    #[error("at character {position}: a sign that no code carries; scan again")]
    Noise {
        /// Byte position in the raw line.
        position: usize,
    },
    /// An EAN or UPC whose digits do not fit each other.
    #[error("the check digit is wrong; scan again")]
    CheckDigit {
        /// Its place in the raw line.
        position: usize,
    },
    /// An EAN or UPC with something else than digits.
    #[error("at character {position}: an EAN or UPC has digits only; scan again")]
    NotDigits {
        /// Byte position in the raw line.
        position: usize,
    },
    /// A symbology that must hold digits of a certain length held something else.
    #[error("an EAN or UPC has 8, 12 or 13 digits, this has {have} characters; scan again")]
    EanLength {
        /// How many there are.
        have: usize,
        /// Where they begin in the raw line.
        position: usize,
    },
    /// A GS1 code with a fault in it.
    #[error("GS1 code, {0}")]
    Gs1(#[from] Gs1Error),
    /// A GS1 code that names no item.
    #[error("the GS1 code has no (01) item number")]
    NoItem,
    /// A label of ours whose content is damaged.
    #[error("this looks like one of our labels, but its code is damaged; scan again")]
    DamagedLabel,
}

impl ScanError {
    /// A stable word for it: the standard's own name where it has one ([`gs1::Gs1Fault::name`]), else a word of ours in small
    /// letters.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            ScanError::Empty => "empty",
            ScanError::Noise { .. } => "noise",
            ScanError::CheckDigit { .. } => CarrierFault::CheckDigit.name(),
            ScanError::NotDigits { .. } => CarrierFault::NotDigits.name(),
            ScanError::EanLength { have, .. } => {
                CarrierFault::Length { want: EAN_DIGITS, have: *have }.name()
            }
            ScanError::Gs1(error) => error.name(),
            ScanError::NoItem => "no_item",
            ScanError::DamagedLabel => "damaged_label",
        }
    }

    /// Whether it can be read in two ways, so that scanning it again helps nobody.
    #[must_use]
    pub const fn is_ambiguous(&self) -> bool {
        matches!(
            self,
            ScanError::Gs1(Gs1Error {
                fault: gs1::Gs1Fault::Ambiguous { .. } | gs1::Gs1Fault::TwoNumbers,
                ..
            })
        )
    }

    /// The same fault, its place counted behind `skipped` bytes.
    pub(super) fn before(self, skipped: usize) -> Self {
        match self {
            ScanError::Gs1(mut error) => {
                error.position = error.position.saturating_sub(skipped);
                ScanError::Gs1(error)
            }
            ScanError::Noise { position } => ScanError::Noise { position: position.saturating_sub(skipped) },
            ScanError::CheckDigit { position } => {
                ScanError::CheckDigit { position: position.saturating_sub(skipped) }
            }
            ScanError::NotDigits { position } => {
                ScanError::NotDigits { position: position.saturating_sub(skipped) }
            }
            ScanError::EanLength { have, position } => {
                ScanError::EanLength { have, position: position.saturating_sub(skipped) }
            }
            other @ (ScanError::Empty | ScanError::NoItem | ScanError::DamagedLabel) => other,
        }
    }

    /// The first bad byte of what was read, counted from 0, where the fault has a place.
    #[must_use]
    pub const fn position(&self) -> Option<usize> {
        match self {
            ScanError::Gs1(error) => Some(error.position),
            ScanError::Noise { position }
            | ScanError::CheckDigit { position }
            | ScanError::NotDigits { position }
            | ScanError::EanLength { position, .. } => Some(*position),
            ScanError::Empty | ScanError::NoItem | ScanError::DamagedLabel => None,
        }
    }
}

/// Reads one line (without its ending) as it came from the scanner, with or without an AIM id, of whose separators nothing
/// is known.
///
/// # Errors
/// [`ScanError`], fit to be shown; a disturbed line is never turned into another product. Places count from the start of
/// the line.
pub fn parse_scan(raw: &[u8]) -> Result<Scan, ScanError> {
    parse_scan_from(raw, Separators::Unknown)
}

/// The same, with what is known of the scanner's separators.
///
/// # Errors
/// [`ScanError`], likewise.
pub fn parse_scan_from(raw: &[u8], separators: Separators) -> Result<Scan, ScanError> {
    if let Some(position) = noise(raw) {
        return Err(ScanError::Noise { position });
    }
    let (symbology, data) = aim::split(raw);
    if data.is_empty() {
        return Err(ScanError::Empty);
    }
    let skipped = raw.len() - data.len();
    match symbology {
        Symbology::Ean13 if !matches!(data.len(), 12 | 13) => length(data, skipped),
        Symbology::Ean8 if data.len() != 8 => length(data, skipped),
        Symbology::Ean13 | Symbology::Ean8 => ean(data, skipped),
        // A case of another make may carry any digits in an ITF: those are only text.
        Symbology::Itf14 if data.len() == 14 => ean(data, skipped),
        Symbology::Itf14 => text(data, skipped),
        Symbology::Gs1 => element_string(data, skipped, separators),
        Symbology::Text if gs1::link::looks_like_link(data) => link(data, skipped),
        Symbology::Text => text(data, skipped),
        Symbology::Unknown if looks_like_gs1(data) => element_string(data, 0, separators),
        Symbology::Unknown if gs1::link::looks_like_link(data) => link(data, 0),
        Symbology::Unknown if looks_like_gtin(data) && data.len() == 8 => eight(data),
        Symbology::Unknown if looks_like_gtin(data) => ean(data, 0),
        Symbology::Unknown => text(data, 0),
    }
}

/// The first byte that no code carries: a control character other than GS, or a break in UTF-8.
fn noise(raw: &[u8]) -> Option<usize> {
    if let Err(broken) = std::str::from_utf8(raw) {
        return Some(broken.valid_up_to());
    }
    raw.iter().position(|b| b.is_ascii_control() && *b != gs1::GS)
}

fn length(data: &[u8], skipped: usize) -> Result<Scan, ScanError> {
    Err(ScanError::EanLength { have: data.len(), position: skipped })
}

/// A number whose length is right.
fn ean(data: &[u8], skipped: usize) -> Result<Scan, ScanError> {
    if let Some(at) = data.iter().position(|sign| !sign.is_ascii_digit()) {
        return Err(ScanError::NotDigits { position: skipped + at });
    }
    let position = skipped + data.len().saturating_sub(1);
    Gtin::parse(data).map(Scan::Ean).ok_or(ScanError::CheckDigit { position })
}

/// Eight digits of a symbol that nobody names.
fn eight(data: &[u8]) -> Result<Scan, ScanError> {
    match Gtin::parse_eight(data) {
        Ok(item) => {
            item.map(Scan::Ean).ok_or(ScanError::CheckDigit { position: data.len().saturating_sub(1) })
        }
        Err(_) => {
            let fault = gs1::Gs1Fault::TwoNumbers;
            Err(ScanError::Gs1(Gs1Error { position: 0, length: data.len(), fault }))
        }
    }
}

fn element_string(data: &[u8], skipped: usize, separators: Separators) -> Result<Scan, ScanError> {
    let elements = gs1::goods::parse_from(data, separators, &Reading::STRICT);
    elements.map_err(|error| behind(error, skipped)).and_then(goods)
}

/// A web address: GS1's, or a stranger's, which is only text. One with a GS1 key and a fault in it is not taken as text.
fn link(data: &[u8], skipped: usize) -> Result<Scan, ScanError> {
    match gs1::link::parse(data, &gs1::Reading::SHOP) {
        Err(error) if gs1::link::is_no_link(&error) => text(data, skipped),
        Ok(link) => gs1::Elements::of_link(&link).map_err(|error| behind(error, skipped)).and_then(goods),
        Err(error) => Err(behind(error, skipped)),
    }
}

/// The same fault, counted from the raw line's start.
fn behind(mut error: Gs1Error, skipped: usize) -> ScanError {
    error.position += skipped;
    ScanError::Gs1(error)
}

fn goods(elements: gs1::Elements) -> Result<Scan, ScanError> {
    Ok(Scan::Gs1(Gs1Scan {
        gtin: elements.gtin.ok_or(ScanError::NoItem)?,
        lot: elements.lot,
        expiry: elements.expiry.or(elements.best_before),
        made: elements.made,
        serial: elements.serial,
        net_weight_g: elements.net_weight_g,
    }))
}

/// Without an AIM id: a leading separator, or (01) with fourteen digits, opens an element string.
fn looks_like_gs1(data: &[u8]) -> bool {
    let item = data.get(2..16).is_some_and(|digits| digits.iter().all(u8::is_ascii_digit));
    data.first() == Some(&gs1::GS) || (data.starts_with(b"01") && item)
}

/// Without an AIM id: only digits, in a length that GTINs have.
fn looks_like_gtin(data: &[u8]) -> bool {
    matches!(data.len(), 8 | 12 | 13 | 14) && data.iter().all(u8::is_ascii_digit)
}

/// `skipped` bytes stood before `data`; positions count from the raw line's start.
fn text(data: &[u8], skipped: usize) -> Result<Scan, ScanError> {
    let words =
        std::str::from_utf8(data).map_err(|e| ScanError::Noise { position: skipped + e.valid_up_to() })?;
    if let Some(position) = data.iter().position(|b| *b == gs1::GS) {
        return Err(ScanError::Noise { position: skipped + position });
    }
    let ours = ["LB:", "LP:", "LR:", "LL:", "LS:", "LO:"].iter().any(|prefix| words.starts_with(prefix));
    match OwnCode::parse(words) {
        Some(OwnCode::Bag(id)) => Ok(Scan::Bag(id)),
        Some(OwnCode::Badge(id)) => Ok(Scan::Badge(id)),
        Some(OwnCode::Rider(code)) => Ok(Scan::Rider(code)),
        Some(OwnCode::Lot(id)) => Ok(Scan::Lot(id)),
        Some(OwnCode::Shelf(id)) => Ok(Scan::Shelf(id)),
        Some(OwnCode::Order(id)) => Ok(Scan::Order(id)),
        None if ours => Err(ScanError::DamagedLabel),
        None => Ok(Scan::Other(words.to_owned())),
    }
}

#[cfg(test)]
#[path = "scan_tests.rs"]
mod tests;
