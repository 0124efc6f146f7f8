//! What can be wrong with GS1 data, and where. Never what to do about it: nothing is guessed and nothing skipped.

use super::ai::Ai;
use super::lint::{LintError, LintFault};
use super::percent::Where;

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Gs1Fault {
    /// No data where an application identifier should stand.
    #[error("the code ends where an application identifier should stand")]
    Empty,
    /// Data in the notation with `^` for FNC1 that does not begin with one.
    #[error("element strings begin with FNC1 (^)")]
    NoFnc1,
    /// No `(` where one should stand, or none of its `)`.
    #[error("an application identifier stands in round brackets")]
    Brackets,
    /// An identifier between brackets that is none of the dictionary's.
    #[error("application identifier {0:?} is not known")]
    UnknownAi(String),
    /// No identifier of the dictionary begins so.
    #[error("no application identifier that is known begins with {0:?}")]
    NoAi(String),
    /// Fewer signs than the identifier needs.
    #[error("({ai}) has too few characters")]
    TooShort {
        /// The identifier.
        ai: Ai,
    },
    /// More signs than it allows, or no separator behind it.
    #[error("({ai}) has too many characters, or its separator is missing")]
    TooLong {
        /// The identifier.
        ai: Ai,
    },
    /// A `^` in data: it could be taken for FNC1.
    #[error("the sign ^ is not allowed in data")]
    Caret,
    /// One of GS1's linters refuses the data.
    #[error("({ai}) {error} [{}]", error.name())]
    Lint {
        /// The identifier.
        ai: Ai,
        /// Why.
        error: LintError,
        /// The identifier with its data up to the end of the bad part, the bad signs between bars.
        markup: String,
    },
    /// More identifiers than any code holds (64).
    #[error("more than 64 application identifiers")]
    TooMany,
    /// Two identifiers that exclude each other.
    #[error("({ai}) and ({other}) exclude each other")]
    Exclusive {
        /// The one whose rule it is.
        ai: Ai,
        /// The one that it excludes.
        other: Ai,
    },
    /// An identifier without those that it needs beside it.
    #[error("({ai}) needs one of {wanted} beside it")]
    Requires {
        /// The identifier.
        ai: Ai,
        /// The alternatives as the dictionary writes them.
        wanted: String,
    },
    /// The same identifier twice with different data.
    #[error("application identifier ({ai}) stands twice and says different things")]
    Differs {
        /// The identifier.
        ai: Ai,
    },
    /// A digital signature over a key without serial number.
    #[error("({ai}) needs its serial number where (8030) stands")]
    NoSerial {
        /// The key.
        ai: Ai,
    },
    /// Data of variable length that may hold another identifier, where separators may have been lost.
    #[error("({ai}) may have swallowed ({swallowed}): the separators were lost, so the lot is ambiguous")]
    Ambiguous {
        /// The identifier whose data may be too long.
        ai: Ai,
        /// The identifier that may be hidden in it.
        swallowed: Ai,
    },
    /// Eight digits that are one item as EAN-8 and another as UPC-E.
    #[error("these digits are an EAN-8 and a UPC-E alike: ambiguous, the scanner must send AIM identifiers")]
    TwoNumbers,
    /// Data that fit the syntax but cannot be a fact: a weight beyond the counting, a day that no calendar has.
    #[error("({ai}) says something that cannot be")]
    Impossible {
        /// The identifier.
        ai: Ai,
    },
    /// A Digital Link.
    #[error("{0}")]
    Link(#[from] LinkFault),
    /// Something about the symbol that carried it.
    #[error("{0}")]
    Carrier(#[from] CarrierFault),
}

/// What is wrong with a Digital Link.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkFault {
    /// A sign that no link may have.
    #[error("a sign that no link may have")]
    Sign,
    /// Neither `http://` nor `https://`, in one case throughout.
    #[error("a Digital Link begins with https:// or http://")]
    Scheme,
    /// No domain, or nothing behind it.
    #[error("the link has no domain or no path")]
    Domain,
    /// A path without a primary key.
    #[error("the link's path has no GS1 key")]
    NoKey,
    /// A number behind the question mark that is no identifier of the dictionary.
    #[error("attribute {0:?} is no known application identifier")]
    UnknownAi(String),
    /// An identifier without data.
    #[error("({ai}) has no data")]
    NoValue {
        /// The identifier.
        ai: Ai,
        /// In which part of the link.
        place: Where,
    },
    /// `%00` in the data.
    #[error("({ai}) has a zero byte")]
    ZeroByte {
        /// The identifier.
        ai: Ai,
        /// In which part of the link.
        place: Where,
    },
    /// Path identifiers that do not belong to the key, or in the wrong order.
    #[error("the path is no key with its qualifiers in their order")]
    PathOrder,
    /// An identifier twice.
    #[error("({0}) stands twice")]
    Twice(Ai),
    /// An identifier that may not be an attribute.
    #[error("({0}) may not stand behind the question mark")]
    NotAnAttribute(Ai),
    /// An attribute that is a qualifier of the key.
    #[error("({0}) belongs into the path")]
    BelongsInPath(Ai),
}

/// What is wrong with scan data as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CarrierFault {
    /// A `^` in what a scanner sent: it could be taken for FNC1.
    #[error("the sign ^ is not allowed in scan data")]
    Caret,
    /// No AIM identifier in front.
    #[error("no symbology identifier in front")]
    NoIdentifier,
    /// An AIM identifier of a symbology that carries no GS1 data.
    #[error("this symbology carries no GS1 data")]
    Unsupported,
    /// The number of an EAN, UPC or DataBar is not as long as it must be.
    #[error("the number has {have} characters and must have {want}")]
    Length {
        /// What the symbol holds.
        want: usize,
        /// What was given.
        have: usize,
    },
    /// Something else than digits in it.
    #[error("a number has digits only")]
    NotDigits,
    /// Its check digit does not fit.
    #[error("the check digit is wrong")]
    CheckDigit,
    /// A DataBar Limited begins with 0 or 1.
    #[error("the number is too large for this symbol")]
    TooLarge,
    /// A symbol that carries element strings only.
    #[error("this symbol carries element strings only")]
    NotElements,
}

/// A fault and its place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at character {position}: {fault}")]
pub struct Gs1Error {
    /// First bad byte of what was read, counted from 0.
    pub position: usize,
    /// Bad bytes from there on; 0 where something is missing or the fault has no length.
    pub length: usize,
    /// What is wrong.
    pub fault: Gs1Fault,
}

impl Gs1Fault {
    /// Its name in GS1's own software: that of the linter, or of the syntax engine's message for it. What a shop must know
    /// and GS1's software passes over, an ambiguity and an impossible fact, has a word of ours in small letters.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Gs1Fault::Empty => "AI_DATA_EMPTY",
            Gs1Fault::NoFnc1 => "MISSING_FNC1_IN_FIRST_POSITION",
            Gs1Fault::Brackets => "AI_PARSE_FAILED",
            Gs1Fault::UnknownAi(_) => "AI_UNRECOGNISED",
            Gs1Fault::NoAi(_) => "NO_AI_FOR_PREFIX",
            Gs1Fault::TooShort { .. } => "AI_VALUE_IS_TOO_SHORT",
            Gs1Fault::TooLong { .. } => "AI_VALUE_IS_TOO_LONG",
            Gs1Fault::Caret => "AI_CONTAINS_ILLEGAL_CARAT_CHARACTER",
            Gs1Fault::Lint { error, .. } => error.name(),
            Gs1Fault::TooMany => "TOO_MANY_AIS",
            Gs1Fault::Exclusive { .. } => "INVALID_AI_PAIRS",
            Gs1Fault::Requires { .. } => "REQUIRED_AIS_NOT_SATISFIED",
            Gs1Fault::Differs { .. } => "INSTANCES_OF_AI_HAVE_DIFFERENT_VALUES",
            Gs1Fault::NoSerial { .. } => "SERIAL_NOT_PRESENT",
            Gs1Fault::Ambiguous { .. } | Gs1Fault::TwoNumbers => "ambiguous",
            Gs1Fault::Impossible { .. } => "impossible",
            Gs1Fault::Link(fault) => fault.name(),
            Gs1Fault::Carrier(fault) => fault.name(),
        }
    }
}

impl LinkFault {
    /// As [`Gs1Fault::name`].
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            LinkFault::Sign => "URI_CONTAINS_ILLEGAL_CHARACTERS",
            LinkFault::Scheme => "URI_CONTAINS_ILLEGAL_SCHEME",
            LinkFault::Domain => "URI_MISSING_DOMAIN_AND_PATH_INFO",
            LinkFault::NoKey => "NO_GS1_DL_KEYS_FOUND_IN_PATH_INFO",
            LinkFault::UnknownAi(_) => "UNKNOWN_AI_IN_QUERY_PARAMS",
            LinkFault::NoValue { place: Where::Path, .. } => "AI_VALUE_PATH_ELEMENT_IS_EMPTY",
            // So it stands there.
            LinkFault::NoValue { place: Where::Query, .. } => "AI_VALUE_QUERY_ELEMENT_IN_EMPTY",
            LinkFault::ZeroByte { place: Where::Path, .. } => {
                "DECODED_AI_FROM_DL_PATH_INFO_CONTAINS_ILLEGAL_NULL"
            }
            LinkFault::ZeroByte { place: Where::Query, .. } => {
                "DECODED_AI_VALUE_FROM_QUERY_PARAMS_CONTAINS_ILLEGAL_NULL"
            }
            LinkFault::PathOrder => "INVALID_KEY_QUALIFIER_SEQUENCE",
            LinkFault::Twice(_) => "DUPLICATE_AI",
            LinkFault::NotAnAttribute(_) => "AI_IS_NOT_VALID_DATA_ATTRIBUTE",
            LinkFault::BelongsInPath(_) => "AI_SHOULD_BE_IN_PATH_INFO",
        }
    }
}

impl CarrierFault {
    /// As [`Gs1Fault::name`].
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            CarrierFault::Caret => "SCAN_DATA_CONTAINS_ILLEGAL_CARAT",
            CarrierFault::NoIdentifier => "MISSING_SYMBOLOGY_IDENTIFIER",
            CarrierFault::Unsupported => "UNSUPPORTED_SYMBOLOGY_IDENTIFIER",
            CarrierFault::Length { want, have } if have < want => "PRIMARY_SCAN_DATA_IS_TOO_SHORT",
            CarrierFault::Length { .. } => "PRIMARY_MESSAGE_IS_TOO_LONG",
            CarrierFault::NotDigits => "PRIMARY_MESSAGE_MAY_ONLY_CONTAIN_DIGITS",
            CarrierFault::CheckDigit => "PRIMARY_MESSAGE_CHECK_DIGIT_IS_INCORRECT",
            CarrierFault::TooLarge => "PRIMARY_DATA_IS_TOO_LARGE",
            CarrierFault::NotElements => "MISSING_FNC1_IN_FIRST_POSITION",
        }
    }
}

impl Gs1Error {
    pub(super) fn new(position: usize, length: usize, fault: impl Into<Gs1Fault>) -> Self {
        Self { position, length, fault: fault.into() }
    }

    /// The fault of a linter in the part of `value` from `start` to `end`.
    pub(super) fn lint(ai: Ai, value: &[u8], (start, end): (usize, usize), found: LintFault) -> Self {
        let bad = start + found.start;
        let text = |from: usize, to: usize| {
            String::from_utf8_lossy(value.get(from..to).unwrap_or_default()).into_owned()
        };
        let after = bad + found.length;
        let markup = format!("({ai}){}|{}|{}", text(0, bad), text(bad, after), text(after, end));
        Self::new(bad, found.length, Gs1Fault::Lint { ai, error: found.error, markup })
    }

    /// See [`Gs1Fault::name`].
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.fault.name()
    }

    /// The same fault, its place counted by `place`.
    pub(super) fn placed(mut self, place: impl Fn(usize) -> usize) -> Self {
        let end = place(self.position + self.length);
        self.position = place(self.position);
        self.length = end.saturating_sub(self.position);
        self
    }
}
