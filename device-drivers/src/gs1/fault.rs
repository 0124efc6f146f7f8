//! What can be wrong with GS1 data, and where. Never what to do about it: nothing is guessed and nothing skipped.

use super::ai::Ai;
use super::lint::{LintError, LintFault};

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
    /// No identifier of the dictionary begins so.
    #[error("application identifier {0:?} is not known")]
    UnknownAi(String),
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
    /// An identifier without data.
    #[error("({0}) has no data")]
    NoValue(Ai),
    /// `%00` in the data.
    #[error("({0}) has a zero byte")]
    ZeroByte(Ai),
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

    /// The name that GS1's linters give the fault, where it is a linter's.
    #[must_use]
    pub fn linter_name(&self) -> Option<&'static str> {
        if let Gs1Fault::Lint { error, .. } = &self.fault { Some(error.name()) } else { None }
    }

    /// The same fault, its place counted by `place`.
    pub(super) fn placed(mut self, place: impl Fn(usize) -> usize) -> Self {
        let end = place(self.position + self.length);
        self.position = place(self.position);
        self.length = end.saturating_sub(self.position);
        self
    }
}
