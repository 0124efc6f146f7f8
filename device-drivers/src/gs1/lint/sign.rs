//! Linters about single signs: character sets, flags and one-character codes. Never sums over them.

use super::{LintError, Verdict, fail, lists, whole};

/// Every sign must satisfy `allowed`; the first that does not is the fault.
fn each(data: &[u8], error: LintError, allowed: impl Fn(u8) -> bool) -> Verdict {
    match data.iter().position(|sign| !allowed(*sign)) {
        Some(at) => fail(error, at, 1),
        None => Ok(()),
    }
}

/// The data as a whole must be one of `words`.
fn one_of(data: &[u8], words: &[&[u8]], error: LintError) -> Verdict {
    if words.contains(&data) { Ok(()) } else { whole(error, data) }
}

pub(super) fn digits(data: &[u8]) -> Verdict {
    each(data, LintError::NonDigitCharacter, |sign| sign.is_ascii_digit())
}

pub(super) fn is_cset82(sign: u8) -> bool {
    // The printable signs without those that national variants of ISO 646 replace.
    matches!(sign, b'!'..=b'"' | b'%'..=b'?' | b'A'..=b'Z' | b'_' | b'a'..=b'z')
}

pub(super) fn cset82(data: &[u8]) -> Verdict {
    each(data, LintError::InvalidCset82Character, is_cset82)
}

pub(super) fn cset39(data: &[u8]) -> Verdict {
    let allowed = |sign| matches!(sign, b'#' | b'-' | b'/' | b'0'..=b'9' | b'A'..=b'Z');
    each(data, LintError::InvalidCset39Character, allowed)
}

fn is_base64url(sign: u8) -> bool {
    sign.is_ascii_alphanumeric() || matches!(sign, b'-' | b'_')
}

/// Padding may be left out; where it stands, it fills up to a multiple of three.
pub(super) fn cset64(data: &[u8]) -> Verdict {
    let body = data.len() - data.iter().rev().take_while(|sign| **sign == b'=').count();
    let pads = data.len() - body;
    if pads > 2 || (pads > 0 && !data.len().is_multiple_of(3)) {
        return fail(LintError::InvalidCset64Padding, body, pads);
    }
    each(data.get(..body).unwrap_or_default(), LintError::InvalidCset64Character, is_base64url)
}

pub(super) fn importer_index(data: &[u8]) -> Verdict {
    match data {
        [sign] if is_base64url(*sign) => Ok(()),
        [_] => whole(LintError::InvalidImportIdxCharacter, data),
        _ => whole(LintError::ImporterIdxMustBeOneCharacter, data),
    }
}

pub(super) fn has_non_digit(data: &[u8]) -> Verdict {
    if data.iter().all(u8::is_ascii_digit) {
        return whole(LintError::RequiresNonDigitCharacter, data);
    }
    Ok(())
}

pub(super) fn hyphen(data: &[u8]) -> Verdict {
    if data.is_empty() || data.iter().any(|sign| *sign != b'-') {
        return whole(LintError::NotHyphen, data);
    }
    Ok(())
}

pub(super) fn winding(data: &[u8]) -> Verdict {
    one_of(data, &[b"0", b"1", b"9"], LintError::InvalidWindingDirection)
}

pub(super) fn yes_no(data: &[u8]) -> Verdict {
    one_of(data, &[b"0", b"1"], LintError::NotZeroOrOne)
}

pub(super) fn sex(data: &[u8]) -> Verdict {
    one_of(data, &[b"0", b"1", b"2", b"9"], LintError::InvalidBiologicalSexCode)
}

pub(super) fn country_or_999(data: &[u8]) -> Verdict {
    if data == b"999" || lists::contains(lists::COUNTRY_NUMBERS, data) {
        return Ok(());
    }
    whole(LintError::NotIso3166Or999, data)
}

/// Every `%` must be followed by two hex digits; the fault spans the three signs, or what is left of them.
pub(super) fn percent(data: &[u8]) -> Verdict {
    let mut at = 0;
    while let Some(next) = data.get(at..).and_then(|rest| rest.iter().position(|sign| *sign == b'%')) {
        at += next;
        match data.get(at + 1..at + 3) {
            Some(hex) if hex.iter().all(u8::is_ascii_hexdigit) => at += 3,
            Some(_) => return fail(LintError::InvalidPercentSequence, at, 3),
            None => return fail(LintError::InvalidPercentSequence, at, data.len() - at),
        }
    }
    Ok(())
}
