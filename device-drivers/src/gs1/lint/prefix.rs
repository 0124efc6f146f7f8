//! Company prefixes: what every prefix looks like, and the port to somebody who knows the real ones.
//! Never the look-up itself: GS1 runs that, and a store without it accepts every well-formed prefix.

use super::{LintError, Verdict, fail, whole};

/// The shortest company prefix there is, in digits.
const SHORTEST: usize = 4;

/// What a look-up says of the company prefix at the start of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrefixVerdict {
    /// A company holds such a prefix.
    Accepted,
    /// No company does.
    Unknown,
    /// The look-up did not answer and its owner wants that to fail the check.
    Offline,
}

/// A look-up of company prefixes (port).
pub trait CompanyPrefixes {
    /// Whether a company prefix stands at the start of `key`, which begins with at least four digits.
    fn look_up(&self, key: &[u8]) -> PrefixVerdict;
}

/// No look-up at all: every well-formed prefix is accepted.
#[derive(Debug, Clone, Copy, Default)]
pub struct AnyPrefix;

impl CompanyPrefixes for AnyPrefix {
    fn look_up(&self, _key: &[u8]) -> PrefixVerdict {
        PrefixVerdict::Accepted
    }
}

pub(super) fn at_first(data: &[u8], prefixes: &dyn CompanyPrefixes) -> Verdict {
    let Some(start) = data.get(..SHORTEST) else { return whole(LintError::TooShortForGcp, data) };
    if let Some(at) = start.iter().position(|digit| !digit.is_ascii_digit()) {
        return fail(LintError::InvalidGcpPrefix, at, 1);
    }
    match prefixes.look_up(data) {
        PrefixVerdict::Accepted => Ok(()),
        PrefixVerdict::Unknown => whole(LintError::InvalidGcpPrefix, data),
        PrefixVerdict::Offline => whole(LintError::GcpDatasourceOffline, data),
    }
}

pub(super) fn at_second(data: &[u8], prefixes: &dyn CompanyPrefixes) -> Verdict {
    let Some(rest) = data.get(1..).filter(|rest| !rest.is_empty()) else {
        return whole(LintError::TooShortForGcp, data);
    };
    at_first(rest, prefixes).map_err(|mut fault| {
        fault.start += 1;
        fault
    })
}
