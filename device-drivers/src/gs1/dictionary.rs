//! GS1's syntax dictionary: what may stand behind each application identifier, and which ones go together.
//! The rows themselves are generated into `table.rs`; never a fact about goods.

use super::ai::Ai;
use super::lint::Linter;
use super::reading::Allow;
use super::table::ROWS;

/// The signs a part may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signs {
    /// Digits.
    Numeric,
    /// Set 82.
    Set82,
    /// Set 39.
    Set39,
    /// base64url.
    Base64Url,
}

impl Signs {
    /// The linter that sees to it.
    #[must_use]
    pub const fn linter(self) -> Linter {
        match self {
            Signs::Numeric => Linter::CsetNumeric,
            Signs::Set82 => Linter::Cset82,
            Signs::Set39 => Linter::Cset39,
            Signs::Base64Url => Linter::Cset64,
        }
    }
}

/// Whether a part may be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// It must stand.
    Mandatory,
    /// It may be missing, with all behind it.
    Optional,
}

/// One part of an identifier's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Its signs.
    pub signs: Signs,
    /// Fewest signs.
    pub min: usize,
    /// Most signs.
    pub max: usize,
    /// Whether it may be missing.
    pub need: Need,
    /// What it is checked with, besides its signs.
    pub linters: &'static [Linter],
}

/// How the data ends in a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    /// At its predefined length.
    Predefined,
    /// At a separator (FNC1, GS) or at the code's end.
    Separator,
}

/// Where it may stand in a Digital Link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkUse {
    /// As an attribute behind the `?`.
    Attribute,
    /// In the path at most.
    PathOnly,
    /// The dictionary does not say: the identifier is not in it.
    Unknown,
}

/// Qualifiers of a Digital Link key: alternatives, each in its order.
pub type Qualifiers = &'static [&'static [&'static str]];

/// One row of the dictionary: an identifier, or a run of them that differ in the last digit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// First identifier.
    pub first: &'static str,
    /// Last identifier; the same where the row is for one.
    pub last: &'static str,
    /// How the data ends.
    pub ends: Ends,
    /// Use in a Digital Link, other than as its key or qualifier.
    pub link: LinkUse,
    /// The data's parts.
    pub parts: &'static [Part],
    /// Conditions, each to be met: one of the alternatives, each a group of which all must be there.
    pub requires: &'static [&'static [&'static [&'static str]]],
    /// Patterns that must not be there.
    pub excludes: &'static [&'static str],
    /// `Some` = may be a Digital Link's primary key.
    pub key: Option<Qualifiers>,
    /// GS1's data title.
    pub title: &'static str,
}

impl Entry {
    /// Fewest signs of data.
    #[must_use]
    pub fn min(&self) -> usize {
        let counts = |part: &&Part| part.need == Need::Mandatory;
        self.parts.iter().filter(counts).map(|part| part.min).sum()
    }

    /// Most signs of data.
    #[must_use]
    pub fn max(&self) -> usize {
        self.parts.iter().map(|part| part.max).sum()
    }

    fn covers(&self, ai: Ai) -> bool {
        (self.first..=self.last).contains(&ai.as_str())
    }
}

macro_rules! unknown {
    ($ends:ident $min:literal $max:literal) => {{
        const PARTS: &[Part] =
            &[Part { signs: Signs::Set82, min: $min, max: $max, need: Need::Mandatory, linters: &[] }];
        const ENTRY: Entry = Entry {
            first: "",
            last: "",
            ends: Ends::$ends,
            link: LinkUse::Unknown,
            parts: PARTS,
            requires: &[],
            excludes: &[],
            key: None,
            title: "unknown",
        };
        &ENTRY
    }};
}

/// What the first two digits of an identifier that the dictionary does not know say of its data.
fn unknown_entry(ai: Ai) -> &'static Entry {
    // General Specifications, predefined lengths: they hold for identifiers yet to come as well.
    match (ai.family(), ai.length()) {
        (0, 2) => unknown!(Predefined 18 18),
        (1..=3, 2) => unknown!(Predefined 14 14),
        (4, 2) => unknown!(Predefined 16 16),
        (11..=19, 2) => unknown!(Predefined 6 6),
        (20, 2) => unknown!(Predefined 2 2),
        (31..=36, 4) => unknown!(Predefined 6 6),
        (41, 3) => unknown!(Predefined 13 13),
        _ => unknown!(Separator 1 90),
    }
}

/// The rows of one family (the first two digits) and how long its identifiers are; 0 = nobody knows.
#[derive(Clone, Copy)]
struct Family {
    length: usize,
    start: usize,
    end: usize,
}

static FAMILIES: [Family; 100] = families();

const fn families() -> [Family; 100] {
    let mut found = [Family { length: 0, start: 0, end: 0 }; 100];
    let mut at = 0;
    while at < ROWS.len() {
        let digits = ROWS[at].first.as_bytes();
        let family = &mut found[(digits[0] - b'0') as usize * 10 + (digits[1] - b'0') as usize];
        if family.length == 0 {
            *family = Family { length: digits.len(), start: at, end: at };
        }
        // GS1's own rule, on which reading without brackets rests.
        assert!(family.length == digits.len(), "identifiers of one family are equally long");
        family.end = at + 1;
        at += 1;
    }
    found
}

fn row(family: Family, ai: Ai) -> Option<&'static Entry> {
    ROWS.get(family.start..family.end)?.iter().find(|entry| entry.covers(ai))
}

/// The row of exactly this identifier; with `unknown` allowed, what its family says of one that is not in the dictionary.
#[must_use]
pub fn entry(ai: Ai, unknown: Allow) -> Option<&'static Entry> {
    let family = *FAMILIES.get(ai.family())?;
    if family.length != 0 && family.length != ai.length() {
        return None;
    }
    row(family, ai).or_else(|| match unknown {
        Allow::No => None,
        Allow::Yes => Some(unknown_entry(ai)),
    })
}

/// The identifier that `data` begins with. One of a family that nobody knows is never found: where it ends is a guess.
#[must_use]
pub fn at_start(data: &[u8], unknown: Allow) -> Option<(Ai, &'static Entry)> {
    let family = *FAMILIES.get(Ai::parse(data.get(..2)?)?.family())?;
    if family.length == 0 {
        return None;
    }
    let ai = Ai::parse(data.get(..family.length)?)?;
    Some((ai, entry(ai, unknown)?))
}

/// Whether a path of these identifiers is a key with qualifiers of one alternative in their order.
#[must_use]
pub fn is_link_path(path: &[Ai]) -> bool {
    let Some((key, rest)) = path.split_first() else { return false };
    let Some(alternatives) = entry(*key, Allow::No).and_then(|entry| entry.key) else { return false };
    alternatives.iter().any(|order| {
        let mut left = order.iter();
        rest.iter().all(|ai| left.any(|qualifier| *qualifier == ai.as_str()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ai(text: &str) -> Ai {
        Ai::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn the_table_is_whole_and_in_order() {
        assert!(ROWS.is_sorted_by(|a, b| a.last < b.first));
        for entry in ROWS {
            assert!(entry.first.len() == entry.last.len() && entry.first <= entry.last, "{}", entry.first);
            assert!(entry.min() > 0 && entry.max() <= 90, "{}", entry.first);
            let variable = entry.min() != entry.max();
            assert!(!(variable && entry.ends == Ends::Predefined), "{}", entry.first);
            let optional = entry.parts.iter().skip_while(|part| part.need == Need::Mandatory);
            assert!(optional.clone().all(|part| part.need == Need::Optional), "{}", entry.first);
        }
    }

    #[test]
    fn identifiers_are_found_whole_or_not_at_all() {
        assert_eq!(entry(ai("01"), Allow::No).unwrap().title, "GTIN");
        assert_eq!(entry(ai("3105"), Allow::No).unwrap().first, "3100");
        for bad in ["3106", "310", "31", "011", "80", "800", "89", "999"] {
            assert_eq!(entry(ai(bad), Allow::No), None, "{bad}");
        }
        let unknown = |text| entry(ai(text), Allow::Yes).map(|entry| (entry.min(), entry.max(), entry.ends));
        assert_eq!(unknown("3106"), Some((6, 6, Ends::Predefined)));
        assert_eq!(unknown("419"), Some((13, 13, Ends::Predefined)));
        assert_eq!(unknown("236"), Some((1, 90, Ends::Separator)));
        assert_eq!(unknown("89"), Some((1, 90, Ends::Separator)));
        for bad in ["310", "4199", "2367", "011", "80"] {
            assert_eq!(unknown(bad), None, "{bad}");
        }
    }

    #[test]
    fn without_brackets_only_known_families_are_found() {
        assert_eq!(at_start(b"0109521321109995", Allow::No).unwrap().0, Ai::GTIN);
        assert_eq!(at_start(b"8008261231", Allow::No).unwrap().0, ai("8008"));
        assert_eq!(at_start(b"8999", Allow::Yes), None);
        assert_eq!(at_start(b"3106000000", Allow::Yes).unwrap().0, ai("3106"));
        for bad in [&b""[..], b"0", b"0A", b"31", b"310X00", b"3106000000"] {
            assert_eq!(at_start(bad, Allow::No), None);
        }
    }

    #[test]
    fn qualifiers_keep_their_order_and_do_not_mix() {
        let path = |text: &str| is_link_path(&text.split(' ').map(ai).collect::<Vec<_>>());
        for good in ["01", "01 22 10 21", "01 22 21", "01 235", "414 7040", "8006 10", "00"] {
            assert!(path(good), "{good}");
        }
        for bad in ["10", "01 10 22", "01 22 235", "01 01", "00 10", "01 10 10", "89 10"] {
            assert!(!path(bad), "{bad}");
        }
    }
}
