//! What a shop reads off a GS1 code: the item, its lot, its dates, its weight. Everything else in the code is checked
//! and left alone. Never a guess: what can be read in two ways is a fault.

use model::Date;

use super::ai::Ai;
use super::ambiguity::{self, Separators};
use super::date::parse_date;
use super::dictionary::Entry;
use super::fault::{Gs1Error, Gs1Fault};
use super::gtin::Gtin;
use super::link::DigitalLink;
use super::message::{Element, GS, Message};
use super::parse::element_string;
use super::reading::Reading;
use super::rules::Rule;

/// What a code says of goods.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Elements {
    /// (01) the item.
    pub gtin: Option<Gtin>,
    /// (00) the logistic unit, 18 digits.
    pub sscc: Option<String>,
    /// (02) the item inside a logistic unit.
    pub content: Option<Gtin>,
    /// (37) how many of the content, or (30) how many pieces of the item.
    pub count: Option<u32>,
    /// (10) batch or lot, 1-20 characters.
    pub lot: Option<String>,
    /// (21) serial number, 1-20 characters.
    pub serial: Option<String>,
    /// (11) production date.
    pub made: Option<Date>,
    /// (13) packaging date.
    pub packed: Option<Date>,
    /// (15) best-before date.
    pub best_before: Option<Date>,
    /// (16) last day of sale.
    pub sell_by: Option<Date>,
    /// (17) expiry date; where (7003) stands instead, its day.
    pub expiry: Option<Date>,
    /// (310n) net weight in grams, rounded down from finer marks.
    pub net_weight_g: Option<u32>,
}

/// Reads an element string without its AIM id, from a scanner of which nothing more is known. A leading and a closing
/// separator are allowed.
///
/// # Errors
/// The first fault with its position; nothing is guessed and nothing skipped.
pub fn parse(data: &[u8]) -> Result<Elements, Gs1Error> {
    parse_from(data, Separators::Unknown, &Reading::STRICT)
}

/// The same, with what is known of the scanner's separators.
///
/// # Errors
/// The first fault with its position.
pub fn parse_from(data: &[u8], separators: Separators, reading: &Reading<'_>) -> Result<Elements, Gs1Error> {
    let lead = usize::from(data.first() == Some(&GS));
    let bare = data.get(lead..).unwrap_or_default();
    let message = element_string(bare, GS, reading).map_err(|error| error.placed(|place| place + lead))?;
    ambiguity::check(data, &message, separators, reading)?;
    Elements::of(&message).map_err(|error| error.placed(|number| place_of(data, lead, &message, number)))
}

/// The place in `data` at which the element with this number begins.
fn place_of(data: &[u8], lead: usize, message: &Message, number: usize) -> usize {
    message.elements().iter().take(number).fold(lead, |at, element| {
        let end = at + element.ai().length() + element.value().len();
        end + usize::from(data.get(end) == Some(&GS))
    })
}

impl Elements {
    /// What a message says of goods.
    ///
    /// # Errors
    /// Elements that exclude or contradict each other, or that say what cannot be; the place is the element's number.
    pub fn of(message: &Message) -> Result<Self, Gs1Error> {
        Rule::Repeated.check(message)?;
        Rule::Exclusive.check(message)?;
        let mut found = Self::default();
        for (place, element) in message.elements().iter().enumerate() {
            found
                .take(element)
                .ok_or_else(|| Gs1Error::new(place, 1, Gs1Fault::Impossible { ai: element.ai() }))?;
        }
        Ok(found)
    }

    /// What a Digital Link says of goods.
    ///
    /// # Errors
    /// The same; the place is the byte of the link at which the element begins.
    pub fn of_link(link: &DigitalLink) -> Result<Self, Gs1Error> {
        let end = link.places.last().copied().unwrap_or_default();
        Self::of(&link.message)
            .map_err(|error| error.placed(|number| link.places.get(number).copied().unwrap_or(end)))
    }

    /// Takes one element; `None` where its data fit the syntax but say what cannot be.
    fn take(&mut self, element: &Element) -> Option<()> {
        let value = element.value();
        let date = || parse_date(value.as_bytes().get(..6)?).map(Some);
        let text = || Some(Some(value.to_owned()));
        match element.ai().as_str() {
            "00" => self.sscc = text()?,
            "01" => self.gtin = Some(Gtin::parse(value.as_bytes())?),
            "02" => self.content = Some(Gtin::parse(value.as_bytes())?),
            "10" => self.lot = text()?,
            "11" => self.made = date()?,
            "13" => self.packed = date()?,
            "15" => self.best_before = date()?,
            "16" => self.sell_by = date()?,
            "17" => self.expiry = date()?,
            "21" => self.serial = text()?,
            "30" | "37" => self.count = Some(value.parse().ok()?),
            "7003" => self.expiry = self.expiry.or(date()?),
            _ if element.ai().matches("310n") => self.net_weight_g = Some(grams(element.ai(), value)?),
            // Checked by its linters; a shop has no use for it.
            _ => {}
        }
        Some(())
    }
}

/// Kilograms with as many decimal places as the identifier's last digit says, in grams.
fn grams(ai: Ai, value: &str) -> Option<u32> {
    let number: u64 = value.parse().ok()?;
    u32::try_from(number * 1_000 / 10_u64.pow(u32::from(ai.last_digit()))).ok()
}

/// An element of goods to be written; see [`write()`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written<'a> {
    /// The identifier.
    pub ai: Ai,
    /// Its data.
    pub value: &'a str,
}

/// Puts elements together into a message, each checked as if it had been read, predefined lengths first so that fewest
/// separators are needed.
///
/// # Errors
/// The first element that is not good; the place is its number.
pub fn write(elements: &[Written<'_>], reading: &Reading<'_>) -> Result<Message, Gs1Error> {
    let mut good: Vec<Element> = Vec::with_capacity(elements.len());
    for (place, Written { ai, value }) in elements.iter().enumerate() {
        let unknown = || Gs1Error::new(place, 1, Gs1Fault::UnknownAi(ai.to_string()));
        let entry: &'static Entry = super::dictionary::entry(*ai, reading.unknown_ais).ok_or_else(unknown)?;
        let element = super::parse::whole_element(*ai, entry, value.as_bytes(), reading);
        good.push(element.map_err(|error| Gs1Error { position: place, length: 1, ..error })?);
    }
    good.sort_by_key(|element| element.entry().ends == super::dictionary::Ends::Separator);
    Ok(Message::from_elements(good))
}

#[cfg(test)]
#[path = "goods_tests.rs"]
mod tests;
