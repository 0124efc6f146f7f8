//! Symbols that carry GS1 data: what a scanner sends for each, with its AIM identifier, read and written (REQ-41).
//! Never the bars: data strings in, scan data out, and back.

use super::check;
use super::dictionary::Ends;
use super::fault::{CarrierFault, Gs1Error};
use super::link::{self, DigitalLink};
use super::message::{CARET, GS, Message};
use super::parse;
use super::reading::Reading;

/// A symbology of GS1's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Symbology {
    /// DataBar Omnidirectional.
    DataBarOmni,
    /// DataBar Truncated.
    DataBarTruncated,
    /// DataBar Stacked.
    DataBarStacked,
    /// DataBar Stacked Omnidirectional.
    DataBarStackedOmni,
    /// DataBar Limited.
    DataBarLimited,
    /// DataBar Expanded (stacked or not).
    DataBarExpanded,
    /// UPC-A.
    UpcA,
    /// UPC-E, as the twelve digits that it stands for.
    UpcE,
    /// EAN-13.
    Ean13,
    /// EAN-8.
    Ean8,
    /// GS1-128, with a composite part of kind A or B where there is one.
    Gs1128CcA,
    /// GS1-128, with a composite part of kind C where there is one.
    Gs1128CcC,
    /// QR Code.
    Qr,
    /// Data Matrix.
    DataMatrix,
    /// DotCode.
    DotCode,
}

impl Symbology {
    /// Every symbology.
    pub const ALL: [Symbology; 15] = [
        Symbology::DataBarOmni,
        Symbology::DataBarTruncated,
        Symbology::DataBarStacked,
        Symbology::DataBarStackedOmni,
        Symbology::DataBarLimited,
        Symbology::DataBarExpanded,
        Symbology::UpcA,
        Symbology::UpcE,
        Symbology::Ean13,
        Symbology::Ean8,
        Symbology::Gs1128CcA,
        Symbology::Gs1128CcC,
        Symbology::Qr,
        Symbology::DataMatrix,
        Symbology::DotCode,
    ];

    /// The name that GS1's syntax engine gives it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Symbology::DataBarOmni => "DataBarOmni",
            Symbology::DataBarTruncated => "DataBarTruncated",
            Symbology::DataBarStacked => "DataBarStacked",
            Symbology::DataBarStackedOmni => "DataBarStackedOmni",
            Symbology::DataBarLimited => "DataBarLimited",
            Symbology::DataBarExpanded => "DataBarExpanded",
            Symbology::UpcA => "UPCA",
            Symbology::UpcE => "UPCE",
            Symbology::Ean13 => "EAN13",
            Symbology::Ean8 => "EAN8",
            Symbology::Gs1128CcA => "GS1_128_CCA",
            Symbology::Gs1128CcC => "GS1_128_CCC",
            Symbology::Qr => "QR",
            Symbology::DataMatrix => "DM",
            Symbology::DotCode => "DotCode",
        }
    }

    /// The symbology of that name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|symbology| symbology.name() == name)
    }
}

/// What kind of data a symbol's identifier announces.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Elements,
    Plain,
    Number(usize),
}

/// The AIM identifiers behind which GS1 data may stand. What could be one of several symbols counts as the first.
const IDENTIFIERS: [(&[u8; 3], Symbology, Mode); 10] = [
    (b"]C1", Symbology::Gs1128CcA, Mode::Elements),
    (b"]E0", Symbology::Ean13, Mode::Number(13)),
    (b"]E4", Symbology::Ean8, Mode::Number(8)),
    (b"]e0", Symbology::DataBarExpanded, Mode::Elements),
    (b"]d1", Symbology::DataMatrix, Mode::Plain),
    (b"]d2", Symbology::DataMatrix, Mode::Elements),
    (b"]Q1", Symbology::Qr, Mode::Plain),
    (b"]Q3", Symbology::Qr, Mode::Elements),
    (b"]J0", Symbology::DotCode, Mode::Plain),
    (b"]J1", Symbology::DotCode, Mode::Elements),
];

/// In front of the composite part of an EAN or UPC, which a scanner sends as a message of its own.
const COMPOSITE: &[u8; 4] = b"|]e0";

/// What a symbol holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Application identifiers.
    Elements(Message),
    /// A number of 8 or 13 digits with its check digit, and the composite part beside it.
    Number {
        /// The digits.
        digits: String,
        /// The composite part.
        composite: Option<Message>,
    },
    /// A Digital Link.
    Link(DigitalLink),
    /// Something else.
    Plain(Vec<u8>),
}

/// Scan data that were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scanned {
    /// The symbol.
    pub symbology: Symbology,
    /// What it holds.
    pub content: Content,
    /// The data string: `^` for FNC1 (in front too), `|` before a composite part, `\` before a `^` that is data.
    pub data: Vec<u8>,
}

/// Reads what a scanner sends: an AIM identifier and data.
///
/// # Errors
/// The first fault, its place counted in `raw`.
pub fn read(raw: &[u8], reading: &Reading<'_>) -> Result<Scanned, Gs1Error> {
    let fail = |fault: CarrierFault| Err(Gs1Error::new(0, raw.len().min(3), fault));
    let Some((identifier, data)) = raw.split_first_chunk::<3>().filter(|_| raw.first() == Some(&b']')) else {
        return fail(CarrierFault::NoIdentifier);
    };
    let Some((_, symbology, mode)) = IDENTIFIERS.iter().find(|(id, ..)| *id == identifier) else {
        return fail(CarrierFault::Unsupported);
    };
    let (content, data) = match mode {
        Mode::Elements => elements(data, 3, reading)?,
        Mode::Number(length) => number(data, *length, reading)?,
        Mode::Plain => plain(data, reading)?,
    };
    Ok(Scanned { symbology: *symbology, content, data })
}

fn elements(data: &[u8], at: usize, reading: &Reading<'_>) -> Result<(Content, Vec<u8>), Gs1Error> {
    if let Some(caret) = data.iter().position(|byte| *byte == CARET) {
        return Err(Gs1Error::new(at + caret, 1, CarrierFault::Caret));
    }
    let message =
        parse::element_string(data, GS, reading).map_err(|error| error.placed(|place| place + at))?;
    let notation = data.iter().map(|byte| if *byte == GS { CARET } else { *byte });
    Ok((Content::Elements(message), std::iter::once(CARET).chain(notation).collect()))
}

fn number(data: &[u8], length: usize, reading: &Reading<'_>) -> Result<(Content, Vec<u8>), Gs1Error> {
    let fail = |fault: CarrierFault| Err(Gs1Error::new(3, data.len(), fault));
    let wrong_length = CarrierFault::Length { want: length, have: data.len() };
    let Some((digits, rest)) = data.split_at_checked(length) else { return fail(wrong_length) };
    let composite = rest.strip_prefix(COMPOSITE);
    if composite.is_none() && !rest.is_empty() {
        return fail(wrong_length);
    }
    if !digits.iter().all(u8::is_ascii_digit) {
        return fail(CarrierFault::NotDigits);
    }
    if !check::has_valid_check_digit(digits) {
        return fail(CarrierFault::CheckDigit);
    }
    let text = digits.iter().map(|digit| char::from(*digit)).collect();
    let mut notation = digits.to_vec();
    let Some(composite) = composite else {
        return Ok((Content::Number { digits: text, composite: None }, notation));
    };
    let (content, part) = elements(composite, 3 + length + COMPOSITE.len(), reading)?;
    notation.push(b'|');
    notation.extend(part);
    let composite = if let Content::Elements(message) = content { Some(message) } else { None };
    Ok((Content::Number { digits: text, composite }, notation))
}

fn plain(data: &[u8], reading: &Reading<'_>) -> Result<(Content, Vec<u8>), Gs1Error> {
    let mut notation = data.to_vec();
    if data.iter().find(|byte| **byte != b'\\') == Some(&CARET) {
        notation.insert(0, b'\\');
    }
    if link::looks_like_link(data) {
        let link = link::parse(data, reading).map_err(|error| error.placed(|place| place + 3))?;
        return Ok((Content::Link(link), notation));
    }
    Ok((Content::Plain(data.to_vec()), notation))
}

/// Whether the data string of a number has its check digit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckDigit {
    /// It has, and it must fit.
    Given,
    /// It has not: it is computed.
    Missing,
}

/// What a scanner sends for a symbol with this data string (see [`Scanned::data`]).
///
/// # Errors
/// Why the symbol cannot hold the data; their application identifiers are not checked here.
pub fn write(symbology: Symbology, data: &[u8], digit: CheckDigit) -> Result<Vec<u8>, Gs1Error> {
    let (linear, composite) = match data.iter().position(|byte| *byte == b'|') {
        Some(bar) => (data.get(..bar).unwrap_or_default(), Some(composite_data(data, bar))),
        None => (data, None),
    };
    match symbology {
        Symbology::Qr => two_ways(data, *b"]Q1", *b"]Q3"),
        Symbology::DataMatrix => two_ways(data, *b"]d1", *b"]d2"),
        Symbology::DotCode => two_ways(data, *b"]J0", *b"]J1"),
        Symbology::Gs1128CcA | Symbology::Gs1128CcC if composite.is_none() => {
            Ok([b"]C1".as_slice(), &element_data(linear)?].concat())
        }
        Symbology::Gs1128CcA | Symbology::Gs1128CcC | Symbology::DataBarExpanded => {
            expanded(linear, composite.transpose()?)
        }
        Symbology::DataBarOmni
        | Symbology::DataBarTruncated
        | Symbology::DataBarStacked
        | Symbology::DataBarStackedOmni
        | Symbology::DataBarLimited => {
            let (at, digits) = behind(linear, b"^01");
            let number = primary(digits, 14, digit).map_err(|error| error.placed(|place| place + at))?;
            if symbology == Symbology::DataBarLimited && number.first().is_some_and(|first| *first > b'1') {
                return Err(Gs1Error::new(at, digits.len(), CarrierFault::TooLarge));
            }
            let composite = composite.transpose()?.unwrap_or_default();
            Ok([b"]e001".as_slice(), &number, &composite].concat())
        }
        Symbology::UpcA | Symbology::UpcE => ean(linear, composite, (12, *b"]E0", b"0"), digit),
        Symbology::Ean13 => ean(linear, composite, (13, *b"]E0", b""), digit),
        Symbology::Ean8 => ean(linear, composite, (8, *b"]E4", b""), digit),
    }
}

/// What stands behind `head`, where it does, and where that begins.
fn behind<'a>(data: &'a [u8], head: &[u8]) -> (usize, &'a [u8]) {
    data.strip_prefix(head).map_or((0, data), |rest| (head.len(), rest))
}

/// The composite part behind the bar, as a scanner sends it.
fn composite_data(data: &[u8], bar: usize) -> Result<Vec<u8>, Gs1Error> {
    element_data(data.get(bar + 1..).unwrap_or_default())
        .map_err(|error| error.placed(|place| place + bar + 1))
}

/// An element string as a scanner sends it: FNC1 in front is the identifier's business, the others are separators.
fn element_data(data: &[u8]) -> Result<Vec<u8>, Gs1Error> {
    let Some(rest) = data.strip_prefix(&[CARET]) else {
        return Err(Gs1Error::new(0, data.len(), CarrierFault::NotElements));
    };
    Ok(rest.iter().map(|byte| if *byte == CARET { GS } else { *byte }).collect())
}

/// A symbol for element strings and for anything else, told apart by its identifier.
fn two_ways(data: &[u8], plain: [u8; 3], elements: [u8; 3]) -> Result<Vec<u8>, Gs1Error> {
    if data.first() == Some(&CARET) {
        let linear = data.split(|byte| *byte == b'|').next().unwrap_or_default();
        return Ok([elements.as_slice(), &element_data(linear)?].concat());
    }
    let escaped = data.iter().find(|byte| **byte != b'\\') == Some(&CARET);
    Ok([plain.as_slice(), data.get(usize::from(escaped)..).unwrap_or_default()].concat())
}

/// Both parts in one message, a separator between them where the first does not end by itself.
fn expanded(linear: &[u8], composite: Option<Vec<u8>>) -> Result<Vec<u8>, Gs1Error> {
    let mut out = [b"]e0".as_slice(), &element_data(linear)?].concat();
    if let Some(composite) = composite {
        let message = parse::caret(linear, &Reading::STRICT).unwrap_or_default();
        let open = message.elements().last().is_some_and(|last| last.entry().ends == Ends::Separator);
        if open && out.last() != Some(&GS) {
            out.push(GS);
        }
        out.extend(composite);
    }
    Ok(out)
}

/// An EAN or UPC of `length` digits, given as such or as (01) with zeros in front; its composite part comes behind.
fn ean(
    linear: &[u8],
    composite: Option<Result<Vec<u8>, Gs1Error>>,
    (length, identifier, pad): (usize, [u8; 3], &[u8]),
    digit: CheckDigit,
) -> Result<Vec<u8>, Gs1Error> {
    let zeros = b"^01000000".get(..17 - length).unwrap_or_default();
    let (at, digits) = behind(linear, zeros);
    let number = primary(digits, length, digit).map_err(|error| error.placed(|place| place + at))?;
    let mut out = [identifier.as_slice(), pad, &number].concat();
    if let Some(composite) = composite {
        out.extend(COMPOSITE);
        out.extend(composite?);
    }
    Ok(out)
}

/// A number of `length` digits with its check digit.
fn primary(digits: &[u8], length: usize, digit: CheckDigit) -> Result<Vec<u8>, Gs1Error> {
    let fail = |fault: CarrierFault| Err(Gs1Error::new(0, digits.len(), fault));
    let want = if digit == CheckDigit::Missing { length - 1 } else { length };
    if digits.len() != want {
        return fail(CarrierFault::Length { want, have: digits.len() });
    }
    if !digits.iter().all(u8::is_ascii_digit) {
        return fail(CarrierFault::NotDigits);
    }
    let mut number = digits.to_vec();
    match digit {
        CheckDigit::Missing => number.extend(check::check_digit(digits)),
        CheckDigit::Given if !check::has_valid_check_digit(digits) => return fail(CarrierFault::CheckDigit),
        CheckDigit::Given => {}
    }
    Ok(number)
}
