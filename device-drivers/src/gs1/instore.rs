//! Numbers that a store gives to its own weighed and priced goods: EAN-13 with prefixes 02 and 20 to 29 (REQ-41).
//! Which digits say what is the store's configuration, a template; never hard-coded, and never a look-up of the item.

use std::fmt;

use super::check::{check_digit, has_valid_check_digit};

/// What a digit of a template stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// This very digit.
    Fixed(u8),
    /// Item number (`I`).
    Item,
    /// Weight in grams (`W`).
    Weight,
    /// Price in the currency's smallest unit (`P`).
    Price,
    /// Number of pieces (`N`).
    Pieces,
    /// Check digit of the price, weight or count alone (`V`).
    Verifier,
    /// Anything (`X`).
    Any,
    /// Check digit of the whole number (`C`), always the last.
    Check,
}

/// The template's letter for what is measured, and the measured value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Weight in grams.
    Grams(u32),
    /// Price in the currency's smallest unit (paise).
    Price(u32),
    /// Pieces.
    Pieces(u32),
    /// The number names an item only.
    Nothing,
}

/// A template of thirteen places: `21IIIIIWWWWWC`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Template {
    places: [Place; 13],
}

/// Why a template is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TemplateFault {
    /// Not thirteen places.
    #[error("a template has 13 places, this has {0}")]
    Length(usize),
    /// A letter that stands for nothing.
    #[error("place {0}: only digits and the letters I W P N V X C are known")]
    Letter(usize),
    /// It does not begin with 02 or 20 to 29: such numbers belong to companies all over the world.
    #[error("in-store numbers begin with 02 or 20 to 29")]
    Prefix,
    /// The last place is not the check digit, or another one is.
    #[error("C, the check digit, is the last place and only that")]
    Check,
    /// No item.
    #[error("no place for the item (I)")]
    NoItem,
    /// More than one of W, P and N.
    #[error("only one of W, P and N can be measured")]
    Measures,
    /// A verifier that has nothing to verify, or more than one, or one for other than four or five digits.
    #[error("V is the check digit of four or five digits W, P or N and stands once")]
    Verifier,
}

/// What an in-store number says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InStore {
    /// The item number, as its digits stand there.
    pub item: String,
    /// What was measured.
    pub measure: Measure,
}

/// A number held against the store's templates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read {
    /// Not an in-store number of any template.
    None,
    /// It says this.
    One(InStore),
    /// It fits this template, but the digit that proves the measure is wrong.
    Verifier(InStore),
    /// Several templates read different things in it: somebody must look.
    Ambiguous {
        /// What they read.
        says: Vec<InStore>,
        /// The first digit, counted from 0, that they take for different things.
        place: usize,
    },
}

impl fmt::Display for InStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.measure {
            Measure::Grams(grams) => write!(f, "{grams} g of item {}", self.item),
            Measure::Price(paise) => write!(f, "item {} for {paise} paise", self.item),
            Measure::Pieces(pieces) => write!(f, "{pieces} pieces of item {}", self.item),
            Measure::Nothing => write!(f, "item {}", self.item),
        }
    }
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// What is wrong with it; places count from 1.
    pub fn parse(text: &str) -> Result<Self, TemplateFault> {
        let mut places = [Place::Any; 13];
        if text.chars().count() != places.len() {
            return Err(TemplateFault::Length(text.chars().count()));
        }
        for (index, (place, sign)) in places.iter_mut().zip(text.chars()).enumerate() {
            *place = match sign {
                '0'..='9' => Place::Fixed(u8::try_from(sign).unwrap_or(b'0')),
                'I' => Place::Item,
                'W' => Place::Weight,
                'P' => Place::Price,
                'N' => Place::Pieces,
                'V' => Place::Verifier,
                'X' => Place::Any,
                'C' => Place::Check,
                _ => return Err(TemplateFault::Letter(index + 1)),
            };
        }
        let template = Self { places };
        template.fault().map_or(Ok(template), Err)
    }

    fn fault(&self) -> Option<TemplateFault> {
        let count = |wanted: Place| self.places.iter().filter(|place| **place == wanted).count();
        let measures = [Place::Weight, Place::Price, Place::Pieces].map(count);
        let measured: usize = measures.iter().sum();
        let prefix = matches!(
            self.places,
            [Place::Fixed(b'2'), Place::Fixed(_), ..] | [Place::Fixed(b'0'), Place::Fixed(b'2'), ..]
        );
        if !prefix {
            return Some(TemplateFault::Prefix);
        }
        if self.places.last() != Some(&Place::Check) || count(Place::Check) != 1 {
            return Some(TemplateFault::Check);
        }
        if count(Place::Item) == 0 {
            return Some(TemplateFault::NoItem);
        }
        if measures.iter().filter(|count| **count > 0).count() > 1 {
            return Some(TemplateFault::Measures);
        }
        let verified = matches!((count(Place::Verifier), measured), (0, _) | (1, 4 | 5));
        (!verified).then_some(TemplateFault::Verifier)
    }

    /// The digits at all places of one kind.
    fn digits(&self, number: &[u8], wanted: Place) -> Vec<u8> {
        let places = self.places.iter().zip(number).filter(|(place, _)| **place == wanted);
        places.map(|(_, digit)| *digit).collect()
    }

    /// The kind of place that is measured, if any.
    fn measured(&self) -> Option<Place> {
        [Place::Weight, Place::Price, Place::Pieces].into_iter().find(|kind| self.places.contains(kind))
    }

    /// Whether a good EAN-13 has this template's fixed digits.
    fn fits(&self, number: &[u8]) -> bool {
        self.places.iter().zip(number).all(|(place, digit)| match place {
            Place::Fixed(fixed) => fixed == digit,
            Place::Item
            | Place::Weight
            | Place::Price
            | Place::Pieces
            | Place::Verifier
            | Place::Any
            | Place::Check => true,
        })
    }

    /// What the number says by this template, and whether its verifier agrees.
    fn says(&self, number: &[u8]) -> (InStore, bool) {
        let measured = self.measured().map(|kind| (kind, self.digits(number, kind)));
        let value = |digits: &[u8]| digits.iter().fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'));
        let measure = match &measured {
            Some((Place::Price, digits)) => Measure::Price(value(digits)),
            Some((Place::Pieces, digits)) => Measure::Pieces(value(digits)),
            Some((_, digits)) => Measure::Grams(value(digits)),
            None => Measure::Nothing,
        };
        let item = self.digits(number, Place::Item).into_iter().map(char::from).collect();
        let verifier = self.digits(number, Place::Verifier);
        let right = match (verifier.first(), &measured) {
            (Some(digit), Some((_, digits))) => verifier_of(digits) == Some(*digit),
            (Some(_), None) | (None, _) => true,
        };
        (InStore { item, measure }, right)
    }

    /// The number that says this by the template; places for anything are zero.
    ///
    /// `None` where the item or the measure does not fit or is of another kind.
    #[must_use]
    pub fn write(&self, what: &InStore) -> Option<String> {
        let (kind, value) = match what.measure {
            Measure::Grams(value) => (Some(Place::Weight), value),
            Measure::Price(value) => (Some(Place::Price), value),
            Measure::Pieces(value) => (Some(Place::Pieces), value),
            Measure::Nothing => (None, 0),
        };
        let room = |wanted: Place| self.places.iter().filter(|place| **place == wanted).count();
        let width = kind.map_or(0, room);
        let measure = if kind.is_some() { format!("{value:0width$}") } else { String::new() };
        let digits = |text: &str| text.bytes().all(|digit| digit.is_ascii_digit());
        let same_kind = kind == self.measured();
        if !same_kind || measure.len() != width || what.item.len() != room(Place::Item) || !digits(&what.item)
        {
            return None;
        }
        let (mut item, mut rest) = (what.item.bytes(), measure.bytes());
        let mut number = Vec::with_capacity(13);
        for place in self.places {
            number.push(match place {
                Place::Fixed(digit) => digit,
                Place::Item => item.next()?,
                Place::Weight | Place::Price | Place::Pieces => rest.next()?,
                Place::Verifier => verifier_of(measure.as_bytes())?,
                Place::Any => b'0',
                Place::Check => check_digit(&number)?,
            });
        }
        String::from_utf8(number).ok()
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.places.iter().try_for_each(|place| {
            let sign = match place {
                Place::Fixed(digit) => char::from(*digit),
                Place::Item => 'I',
                Place::Weight => 'W',
                Place::Price => 'P',
                Place::Pieces => 'N',
                Place::Verifier => 'V',
                Place::Any => 'X',
                Place::Check => 'C',
            };
            write!(f, "{sign}")
        })
    }
}

/// Reads an EAN-13 by the store's templates. The number of digits and the check digit are asked first.
#[must_use]
pub fn read(templates: &[Template], number: &[u8]) -> Read {
    let good = number.len() == 13 && has_valid_check_digit(number);
    let mut right: Vec<(InStore, &Template)> = Vec::new();
    let mut wrong = None;
    for template in templates.iter().filter(|template| good && template.fits(number)) {
        match template.says(number) {
            (what, true) if right.iter().any(|(known, _)| *known == what) => {}
            (what, true) => right.push((what, template)),
            (what, false) => wrong = Some(what),
        }
    }
    let templates: Vec<&Template> = right.iter().map(|(_, template)| *template).collect();
    let place = part_at(&templates);
    let mut says: Vec<InStore> = right.into_iter().map(|(what, _)| what).collect();
    match (says.len(), wrong) {
        (0, Some(what)) => Read::Verifier(what),
        (0 | 1, _) => says.pop().map_or(Read::None, Read::One),
        (_, _) => Read::Ambiguous { says, place },
    }
}

/// The first place at which templates take a digit for different things.
fn part_at(templates: &[&Template]) -> usize {
    let differs = |(one, other): (&&Template, &&Template)| {
        one.places.iter().zip(&other.places).position(|(one, other)| one != other)
    };
    templates.iter().zip(templates.iter().skip(1)).filter_map(differs).min().unwrap_or_default()
}

/// A digit's weighted value in GS1's check of four or five digits.
#[derive(Clone, Copy)]
enum Weight {
    /// Twice, less its tens.
    TwoMinus,
    /// Three times.
    Three,
    /// Five times, with its tens.
    FivePlus,
    /// Five times, less its tens.
    FiveMinus,
}

impl Weight {
    fn of(self, digit: u32) -> u32 {
        let product = digit
            * match self {
                Weight::TwoMinus => 2,
                Weight::Three => 3,
                Weight::FivePlus | Weight::FiveMinus => 5,
            };
        match self {
            Weight::TwoMinus | Weight::FiveMinus => (product - product / 10) % 10,
            Weight::Three => product % 10,
            Weight::FivePlus => (product + product / 10) % 10,
        }
    }
}

/// The check digit of four or five measured digits (GS1 General Specifications, price or weight verifier).
#[must_use]
pub fn verifier_of(digits: &[u8]) -> Option<u8> {
    use Weight::{FiveMinus, FivePlus, Three, TwoMinus};
    let sum = |weights: &[Weight]| -> u32 {
        let values = digits.iter().map(|digit| u32::from(digit.saturating_sub(b'0')));
        values.zip(weights).map(|(digit, weight)| weight.of(digit)).sum()
    };
    let verifier = match digits.len() {
        4 => sum(&[TwoMinus, TwoMinus, Three, FiveMinus]) * 3 % 10,
        5 => {
            let missing = (10 - sum(&[FivePlus, TwoMinus, FiveMinus, FivePlus, TwoMinus]) % 10) % 10;
            (0..10).find(|digit| FiveMinus.of(*digit) == missing)?
        }
        _ => return None,
    };
    u8::try_from(verifier).ok().map(|digit| digit + b'0')
}

#[cfg(test)]
#[path = "instore_tests.rs"]
mod tests;
