//! Element strings to messages, without brackets (as scanned) and with them (as people write them) (REQ-41).
//! Never Digital Links and never what the data mean.

use super::ai::Ai;
use super::dictionary::{self, Ends, Entry, Need};
use super::fault::{Gs1Error, Gs1Fault};
use super::message::{CARET, Element, MOST, Message};
use super::reading::Reading;

/// Reads an element string without anything in front; `separator` stands for FNC1 ([`super::GS`] in scans).
///
/// # Errors
/// The first fault, its place counted in `data`.
pub fn element_string(data: &[u8], separator: u8, reading: &Reading<'_>) -> Result<Message, Gs1Error> {
    let mut elements = Vec::new();
    let mut at = 0;
    if data.is_empty() {
        return Err(Gs1Error::new(0, 0, Gs1Fault::Empty));
    }
    while at < data.len() {
        let (element, used) = first_element(data.get(at..).unwrap_or_default(), separator, reading)
            .map_err(|error| error.placed(|place| place + at))?;
        if elements.len() >= MOST {
            return Err(Gs1Error::new(at, 0, Gs1Fault::TooMany));
        }
        elements.push(element);
        at += used;
    }
    Ok(Message::from_elements(elements))
}

/// The element that `data` begins with, and how many bytes it takes with its separator.
fn first_element(data: &[u8], separator: u8, reading: &Reading<'_>) -> Result<(Element, usize), Gs1Error> {
    let Some((ai, entry)) = dictionary::at_start(data, reading.unknown_ais) else {
        return Err(unknown(data));
    };
    let start = ai.length();
    let rest = data.get(start..).unwrap_or_default();
    let run = rest.iter().position(|byte| *byte == separator).unwrap_or(rest.len());
    let value = rest.get(..run).unwrap_or_default();
    let used = checked(ai, entry, value, reading).map_err(|error| error.placed(|place| place + start))?;
    let end = start + used;
    if entry.ends == Ends::Separator && used < run {
        return Err(Gs1Error::new(end, run - used, Gs1Fault::TooLong { ai }));
    }
    let element = Element::new(ai, entry, value.get(..used).unwrap_or_default());
    Ok((element, end + usize::from(data.get(end) == Some(&separator))))
}

fn unknown(data: &[u8]) -> Gs1Error {
    let shown: String =
        data.iter().take(4).map(|byte| char::from(*byte)).filter(char::is_ascii_graphic).collect();
    let fault = if data.len() < 2 { Gs1Fault::Empty } else { Gs1Fault::NoAi(shown) };
    Gs1Error::new(0, data.len().min(4), fault)
}

/// Checks the parts of `value` from its start and gives the number of bytes they take; the place counts in `value`.
pub(super) fn checked(ai: Ai, entry: &Entry, value: &[u8], reading: &Reading<'_>) -> Result<usize, Gs1Error> {
    if value.is_empty() {
        return Err(Gs1Error::new(0, 0, Gs1Fault::TooShort { ai }));
    }
    let mut at = 0;
    for part in entry.parts {
        let rest = value.get(at..).unwrap_or_default();
        let data = rest.get(..part.max.min(rest.len())).unwrap_or_default();
        if data.is_empty() && part.need == Need::Optional {
            continue;
        }
        if data.len() < part.min {
            return Err(Gs1Error::new(at, data.len(), Gs1Fault::TooShort { ai }));
        }
        for linter in std::iter::once(part.signs.linter()).chain(part.linters.iter().copied()) {
            linter
                .check(data, reading.prefixes)
                .map_err(|found| Gs1Error::lint(ai, value, (at, at + data.len()), found))?;
        }
        at += data.len();
    }
    Ok(at)
}

/// An element whose data are given apart: all of them must be taken. The place counts in `value`.
pub(super) fn whole_element(
    ai: Ai,
    entry: &'static Entry,
    value: &[u8],
    reading: &Reading<'_>,
) -> Result<Element, Gs1Error> {
    fits(ai, entry, value)?;
    let used = checked(ai, entry, value, reading)?;
    if used < value.len() {
        return Err(Gs1Error::new(used, value.len() - used, Gs1Fault::TooLong { ai }));
    }
    Ok(Element::new(ai, entry, value))
}

/// Length first: a wrong check digit is no help where a digit too many was typed.
fn fits(ai: Ai, entry: &Entry, value: &[u8]) -> Result<(), Gs1Error> {
    if value.len() < entry.min() {
        return Err(Gs1Error::new(0, value.len(), Gs1Fault::TooShort { ai }));
    }
    if value.len() > entry.max() {
        return Err(Gs1Error::new(entry.max(), value.len() - entry.max(), Gs1Fault::TooLong { ai }));
    }
    match value.iter().position(|byte| *byte == CARET) {
        Some(at) => Err(Gs1Error::new(at, 1, Gs1Fault::Caret)),
        None => Ok(()),
    }
}

/// Reads the notation of GS1's tools: `^` in front and wherever FNC1 stands.
///
/// # Errors
/// The first fault, its place counted in `data`.
pub fn caret(data: &[u8], reading: &Reading<'_>) -> Result<Message, Gs1Error> {
    let Some(rest) = data.strip_prefix(&[CARET]) else {
        return Err(Gs1Error::new(0, 0, Gs1Fault::NoFnc1));
    };
    element_string(rest, CARET, reading).map_err(|error| error.placed(|place| place + 1))
}

/// Reads `(01)09521321109995(10)A-1`; an opening bracket in data is written `\(`.
///
/// # Errors
/// The first fault, its place counted in `text`.
pub fn bracketed(text: &[u8], reading: &Reading<'_>) -> Result<Message, Gs1Error> {
    let mut elements = Vec::new();
    let mut at = 0;
    if text.is_empty() {
        return Err(Gs1Error::new(0, 0, Gs1Fault::Empty));
    }
    while at < text.len() {
        let (element, used) = first_bracketed(text.get(at..).unwrap_or_default(), reading)
            .map_err(|error| error.placed(|place| place + at))?;
        if elements.len() >= MOST {
            return Err(Gs1Error::new(at, 0, Gs1Fault::TooMany));
        }
        elements.push(element);
        at += used;
    }
    Ok(Message::from_elements(elements))
}

fn first_bracketed(text: &[u8], reading: &Reading<'_>) -> Result<(Element, usize), Gs1Error> {
    let open = text.first() == Some(&b'(');
    let Some(close) = text.iter().position(|byte| *byte == b')').filter(|_| open) else {
        return Err(Gs1Error::new(0, 1, Gs1Fault::Brackets));
    };
    let digits = text.get(1..close).unwrap_or_default();
    let found = Ai::parse(digits).and_then(|ai| Some((ai, dictionary::entry(ai, reading.unknown_ais)?)));
    let Some((ai, entry)) = found else {
        let shown = String::from_utf8_lossy(digits).into_owned();
        return Err(Gs1Error::new(1, digits.len(), Gs1Fault::UnknownAi(shown)));
    };
    let start = close + 1;
    let raw = text.get(start..).unwrap_or_default();
    let (value, escapes, used) = unescaped(raw);
    // Every bracket before a place in the data has a backslash more in the text.
    let place = |place: usize| start + place + escapes.iter().filter(|bracket| **bracket < place).count();
    let element = whole_element(ai, entry, &value, reading).map_err(|error| error.placed(place))?;
    Ok((element, start + used))
}

/// Data up to the next bracket that has no backslash: the data, the places of brackets in them, the bytes read.
fn unescaped(raw: &[u8]) -> (Vec<u8>, Vec<usize>, usize) {
    let (mut value, mut brackets) = (Vec::new(), Vec::new());
    for (at, byte) in raw.iter().enumerate() {
        if *byte != b'(' {
            value.push(*byte);
        } else if value.last() == Some(&b'\\') {
            value.pop();
            brackets.push(value.len());
            value.push(b'(');
        } else {
            return (value, brackets, at);
        }
    }
    (value, brackets, raw.len())
}
