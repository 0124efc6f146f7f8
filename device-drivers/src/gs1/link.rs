//! GS1 Digital Links: a web address whose path and attributes are application identifiers (REQ-41). Read and written.
//! Never fetched: the address is only text here.

use super::ai::Ai;
use super::dictionary::{self, Ends, Entry, LinkUse};
use super::fault::{Gs1Error, Gs1Fault, LinkFault};
use super::message::{Element, MOST, Message};
use super::parse::whole_element;
use super::percent::{self, Where};
use super::reading::{Allow, Reading};

/// Where links begin that belong to no brand.
pub const CANONICAL_STEM: &str = "https://id.gs1.org";

/// A Digital Link that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigitalLink {
    /// Everything before the key: scheme, domain and the stem's own path.
    pub stem: String,
    /// Key and qualifiers as they stand in the path, then the attributes.
    pub message: Message,
    /// How many elements of the message stand in the path.
    pub in_path: usize,
    /// Where in the link each element of the message begins, in bytes.
    pub places: Vec<usize>,
    /// What else stands behind the question mark, as it stands there.
    pub other: Vec<String>,
}

/// Words that old links use for identifiers.
const WORDS: [(&str, &str); 22] = [
    ("cpid", "8010"),
    ("cpsn", "8011"),
    ("cpv", "22"),
    ("gcn", "255"),
    ("gdti", "253"),
    ("giai", "8004"),
    ("ginc", "401"),
    ("gln", "414"),
    ("glnx", "254"),
    ("gmn", "8013"),
    ("grai", "8003"),
    ("gsin", "402"),
    ("gsrn", "8018"),
    ("gsrnp", "8017"),
    ("gtin", "01"),
    ("itip", "8006"),
    ("lot", "10"),
    ("party", "417"),
    ("refno", "8020"),
    ("ser", "21"),
    ("srin", "8019"),
    ("sscc", "00"),
];

fn fail<T>(position: usize, length: usize, fault: LinkFault) -> Result<T, Gs1Error> {
    Err(Gs1Error::new(position, length, fault))
}

/// A piece of the link and its place there.
#[derive(Clone, Copy)]
struct Piece<'a> {
    at: usize,
    text: &'a [u8],
}

impl<'a> Piece<'a> {
    /// The pieces between `separator`s, with their places.
    fn split(self, separator: u8) -> impl DoubleEndedIterator<Item = Piece<'a>> {
        let mut at = self.at;
        let pieces: Vec<Piece<'a>> = self
            .text
            .split(move |byte| *byte == separator)
            .map(|text| {
                let piece = Piece { at, text };
                at += text.len() + 1;
                piece
            })
            .collect();
        pieces.into_iter()
    }

    /// Before and behind the first `sign`.
    fn cut(self, sign: u8) -> (Piece<'a>, Option<Piece<'a>>) {
        match self.text.iter().position(|byte| *byte == sign) {
            Some(at) => {
                let (before, behind) = self.text.split_at(at);
                let behind = Piece { at: self.at + at + 1, text: behind.get(1..).unwrap_or_default() };
                (Piece { at: self.at, text: before }, Some(behind))
            }
            None => (self, None),
        }
    }
}

/// Whether data begin like a web address, in one case throughout.
#[must_use]
pub fn looks_like_link(data: &[u8]) -> bool {
    scheme_length(data).is_some()
}

fn scheme_length(data: &[u8]) -> Option<usize> {
    let schemes: [&[u8]; 4] = [b"https://", b"HTTPS://", b"http://", b"HTTP://"];
    schemes.into_iter().find(|scheme| data.starts_with(scheme)).map(<[u8]>::len)
}

/// Signs that a link may have at all (RFC 3986).
fn in_links(sign: u8) -> bool {
    sign.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&sign)
}

/// Of these, the signs that a domain (or a number in its place, with a port) may not have.
fn bad_in_domain(sign: &u8) -> bool {
    b"_~?#@!$&'()*+,;=%".contains(sign)
}

/// Reads a Digital Link.
///
/// # Errors
/// The first fault, its place counted in `link`.
pub fn parse(link: &[u8], reading: &Reading<'_>) -> Result<DigitalLink, Gs1Error> {
    if let Some(at) = link.iter().position(|sign| !in_links(*sign)) {
        return fail(at, 1, LinkFault::Sign);
    }
    let Some(scheme) = scheme_length(link) else { return fail(0, 0, LinkFault::Scheme) };
    let behind = link.get(scheme..).unwrap_or_default();
    let Some(domain) = behind.iter().position(|sign| *sign == b'/').filter(|length| *length > 0) else {
        return fail(scheme, behind.len(), LinkFault::Domain);
    };
    if let Some(at) = behind.iter().take(domain).position(bad_in_domain) {
        return fail(scheme + at, 1, LinkFault::Domain);
    }
    let start = scheme + domain;
    let rest = Piece { at: start, text: link.get(start..).unwrap_or_default() };
    let (before_fragment, _) = rest.cut(b'#');
    let (path, query) = before_fragment.cut(b'?');
    let pairs = path_pairs(path, reading)?;
    let stem = pairs.first().map_or(start, |pair| pair.name.at.saturating_sub(1));
    let mut read = Read { reading, elements: Vec::new(), other: Vec::new() };
    for pair in &pairs {
        read.element(pair, Where::Path)?;
    }
    let in_path = read.elements.len();
    for parameter in query.into_iter().flat_map(|query| query.split(b'&')) {
        read.parameter(parameter)?;
    }
    read.check_structure(in_path, path)?;
    let (elements, places) = read.elements.into_iter().unzip();
    let stem = String::from_utf8_lossy(link.get(..stem).unwrap_or_default()).into_owned();
    Ok(DigitalLink { stem, message: Message::from_elements(elements), in_path, places, other: read.other })
}

/// An identifier and its data as they stand in the link.
struct Pair<'a> {
    ai: Ai,
    entry: &'static Entry,
    name: Piece<'a>,
    value: Piece<'a>,
}

/// The pairs of the path from its last key on. A stem may hold anything, even what looks like a key.
fn path_pairs<'a>(path: Piece<'a>, reading: &Reading<'_>) -> Result<Vec<Pair<'a>>, Gs1Error> {
    let mut pieces = path.split(b'/').skip(1).collect::<Vec<_>>();
    let mut pairs = Vec::new();
    while let (Some(value), Some(name)) = (pieces.pop(), pieces.pop()) {
        let Some((ai, entry)) = named(name.text, reading) else { break };
        let is_key = entry.key.is_some();
        pairs.push(Pair { ai, entry, name, value });
        if is_key {
            pairs.reverse();
            return Ok(pairs);
        }
    }
    fail(path.at, path.text.len(), LinkFault::NoKey)
}

fn named(name: &[u8], reading: &Reading<'_>) -> Option<(Ai, &'static Entry)> {
    let word = WORDS.iter().find(|(word, _)| word.as_bytes() == name).map(|(_, digits)| digits.as_bytes());
    let digits = word.filter(|_| reading.words_in_links == Allow::Yes).unwrap_or(name);
    let ai = Ai::parse(digits)?;
    Some((ai, dictionary::entry(ai, reading.unknown_ais)?))
}

/// A link while it is read.
struct Read<'r, 'p> {
    reading: &'r Reading<'p>,
    /// With the place of the identifier.
    elements: Vec<(Element, usize)>,
    other: Vec<String>,
}

impl Read<'_, '_> {
    fn element(&mut self, pair: &Pair<'_>, place: Where) -> Result<(), Gs1Error> {
        let Pair { ai, entry, name, value } = *pair;
        if value.text.is_empty() {
            return fail(value.at, 0, LinkFault::NoValue { ai, place });
        }
        let Some(mut data) = percent::decode(value.text, place) else {
            return fail(value.at, value.text.len(), LinkFault::ZeroByte { ai, place });
        };
        let mut padding = 0;
        if self.reading.short_gtins_in_links == Allow::Yes && ai == Ai::GTIN {
            padding = if matches!(data.len(), 8 | 12 | 13) { 14 - data.len() } else { 0 };
            data.splice(..0, std::iter::repeat_n(b'0', padding));
        }
        let in_link = |at: usize| value.at + percent::place_of(value.text, at.saturating_sub(padding), place);
        let element = whole_element(ai, entry, &data, self.reading).map_err(|error| error.placed(in_link))?;
        if self.elements.len() + self.other.len() >= MOST {
            return Err(Gs1Error::new(name.at, 0, Gs1Fault::TooMany));
        }
        self.elements.push((element, name.at));
        Ok(())
    }

    /// What stands between two `&`: an attribute, or something that is none of GS1's business.
    fn parameter(&mut self, parameter: Piece<'_>) -> Result<(), Gs1Error> {
        if parameter.text.is_empty() {
            return Ok(());
        }
        let (name, value) = parameter.cut(b'=');
        let digits = !name.text.is_empty() && name.text.iter().all(u8::is_ascii_digit);
        let Some(value) = value.filter(|_| digits) else {
            self.other.push(String::from_utf8_lossy(parameter.text).into_owned());
            return Ok(());
        };
        let found =
            Ai::parse(name.text).and_then(|ai| Some((ai, dictionary::entry(ai, self.reading.unknown_ais)?)));
        let Some((ai, entry)) = found else {
            let shown = String::from_utf8_lossy(name.text).into_owned();
            return fail(name.at, name.text.len(), LinkFault::UnknownAi(shown));
        };
        self.element(&Pair { ai, entry, name, value }, Where::Query)
    }

    /// Whether the path is in order, and each attribute is one, stands once and does not belong into the path.
    fn check_structure(&self, in_path: usize, path: Piece<'_>) -> Result<(), Gs1Error> {
        let ais: Vec<Ai> = self.elements.iter().map(|(element, _)| element.ai()).collect();
        let (in_path, attributes) = ais.split_at_checked(in_path).unwrap_or((&ais, &[]));
        if !dictionary::is_link_path(in_path) {
            return fail(path.at, path.text.len(), LinkFault::PathOrder);
        }
        for (index, ai) in attributes.iter().enumerate() {
            let (element, at) = match self.elements.get(in_path.len() + index) {
                Some((element, at)) => (element, *at),
                None => break,
            };
            let before = ais.get(..in_path.len() + index).unwrap_or_default();
            if before.contains(ai) {
                return fail(at, ai.length(), LinkFault::Twice(*ai));
            }
            if !may_be_attribute(element.entry(), self.reading) {
                return fail(at, ai.length(), LinkFault::NotAnAttribute(*ai));
            }
            if fits_into(in_path, *ai) {
                return fail(at, ai.length(), LinkFault::BelongsInPath(*ai));
            }
        }
        Ok(())
    }
}

fn may_be_attribute(entry: &Entry, reading: &Reading<'_>) -> bool {
    match entry.link {
        LinkUse::Attribute => true,
        LinkUse::PathOnly => false,
        LinkUse::Unknown => reading.unknown_link_attributes == Allow::Yes,
    }
}

/// Whether the path would still be in order with `ai` somewhere behind its key.
fn fits_into(path: &[Ai], ai: Ai) -> bool {
    (1..=path.len()).any(|at| {
        let mut longer = path.to_vec();
        longer.insert(at, ai);
        dictionary::is_link_path(&longer)
    })
}

/// Whether a fault says that the text is no Digital Link at all, but perhaps somebody else's address.
#[must_use]
pub fn is_no_link(error: &Gs1Error) -> bool {
    let strange = [LinkFault::Sign, LinkFault::Scheme, LinkFault::Domain, LinkFault::NoKey];
    matches!(&error.fault, Gs1Fault::Link(fault) if strange.contains(fault))
}

/// Writes a message as a Digital Link behind `stem` ([`CANONICAL_STEM`] where nothing better is known): the first key of
/// the message with its qualifiers, then the attributes, those of predefined length first.
///
/// # Errors
/// A message without key, or with an identifier that has no place in a link; the place is the element's number.
pub fn build(message: &Message, stem: &str, reading: &Reading<'_>) -> Result<String, Gs1Error> {
    let elements = message.elements();
    let key = elements.iter().find_map(|element| Some((element, element.entry().key?)));
    let Some((key, alternatives)) = key else { return fail(0, 0, LinkFault::NoKey) };
    let order = best_order(alternatives, elements);
    let mut link = stem.strip_suffix('/').unwrap_or(stem).to_owned();
    let mut path = vec![key];
    path.extend(order.iter().filter_map(|ai| elements.iter().find(|element| element.ai().as_str() == *ai)));
    for element in &path {
        link.push('/');
        link.push_str(element.ai().as_str());
        link.push('/');
        link.push_str(&percent::encode(element.value().as_bytes(), Where::Path));
    }
    let mut sign = '?';
    for ends in [Ends::Predefined, Ends::Separator] {
        for (place, element) in elements.iter().enumerate() {
            let ai = element.ai();
            let before = elements.get(..place).unwrap_or_default();
            let written = path.iter().any(|other| other.ai() == ai) || before.iter().any(|it| it.ai() == ai);
            if element.entry().ends != ends || written {
                continue;
            }
            if !may_be_attribute(element.entry(), reading) {
                return fail(place, 1, LinkFault::NotAnAttribute(ai));
            }
            link.push(sign);
            sign = '&';
            link.push_str(ai.as_str());
            link.push('=');
            link.push_str(&percent::encode(element.value().as_bytes(), Where::Query));
        }
    }
    Ok(link)
}

/// The alternative that takes most elements into the path; of equals the first in the dictionary.
fn best_order(alternatives: dictionary::Qualifiers, elements: &[Element]) -> &'static [&'static str] {
    let mut best: (usize, &'static [&'static str]) = (0, &[]);
    for order in alternatives {
        let taken = elements.iter().filter(|element| order.contains(&element.ai().as_str())).count();
        if taken > best.0 {
            best = (taken, order);
        }
    }
    best.1
}
