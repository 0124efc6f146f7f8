//! Linters about sums: the check digit, the pair of check characters, the IBAN. Never which number it is.

use super::sign::is_cset82;
use super::{LintError, Verdict, fail, lists, whole};

pub(super) fn check_digit(data: &[u8]) -> Verdict {
    let Some((digit, body)) = data.split_last() else {
        return whole(LintError::TooShortForCheckDigit, data);
    };
    // The last sign is only compared: a letter there is a check digit that does not fit.
    if let Some(at) = body.iter().position(|sign| !sign.is_ascii_digit()) {
        return fail(LintError::NonDigitCharacter, at, 1);
    }
    let weights = [3_u32, 1].into_iter().cycle();
    let sum: u32 = body.iter().rev().zip(weights).map(|(sign, weight)| u32::from(sign - b'0') * weight).sum();
    if u32::from(*digit) == u32::from(b'0') + (10 - sum % 10) % 10 {
        return Ok(());
    }
    fail(LintError::IncorrectCheckDigit, body.len(), 1)
}

/// Weights of the signs before a pair of check characters, from the right: the first 97 primes.
const PRIMES: [u16; 97] = primes();

const fn primes() -> [u16; 97] {
    let mut found = [0; 97];
    let (mut count, mut candidate) = (0, 2_u16);
    while count < found.len() {
        let mut divisor = 2;
        while divisor < candidate && !candidate.is_multiple_of(divisor) {
            divisor += 1;
        }
        if divisor == candidate {
            found[count] = candidate;
            count += 1;
        }
        candidate += 1;
    }
    found
}

/// The pair's alphabet: 32 signs that are hard to mix up.
const PAIR: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// A sign's place in set 82.
fn cset82_value(sign: u8) -> Option<u32> {
    is_cset82(sign).then(|| (0..sign).filter(|lower| is_cset82(*lower)).fold(0, |count, _| count + 1))
}

pub(super) fn check_pair(data: &[u8]) -> Verdict {
    if data.len() > PRIMES.len() + 2 {
        return whole(LintError::TooLongForCheckPairImplementation, data);
    }
    let Some((body, pair)) = data.split_last_chunk::<2>() else {
        return whole(LintError::TooShortForCheckPair, data);
    };
    if let Some(at) = body.iter().position(|sign| !is_cset82(*sign)) {
        return fail(LintError::InvalidCset82Character, at, 1);
    }
    let values = body.iter().rev().filter_map(|sign| cset82_value(*sign));
    let sum: u32 = values.zip(PRIMES).map(|(value, prime)| value * u32::from(prime)).sum::<u32>() % 1021;
    let sign = |value: u32| usize::try_from(value).ok().and_then(|value| PAIR.get(value)).copied();
    if [sign(sum >> 5), sign(sum & 31)] == pair.map(Some) {
        return Ok(());
    }
    fail(LintError::IncorrectCheckPair, body.len(), 2)
}

pub(super) fn iban(data: &[u8]) -> Verdict {
    if data.len() < 4 {
        return whole(LintError::IbanTooShort, data);
    }
    if !lists::contains(lists::COUNTRY_LETTERS, data.get(..2).unwrap_or_default()) {
        return fail(LintError::IllegalIbanCountryCode, 0, 2);
    }
    if data.len() > 34 {
        return whole(LintError::IbanTooLong, data);
    }
    if data.len() <= 10 {
        return whole(LintError::IbanTooShort, data);
    }
    // ISO 13616: the first four signs go to the end, letters count from 10, the whole modulo 97 is one.
    let mut sum = 0_u32;
    for at in (4..data.len()).chain(0..4) {
        let sign = data.get(at).copied().unwrap_or_default();
        sum = match sign {
            b'0'..=b'9' => sum * 10 + u32::from(sign - b'0'),
            b'A'..=b'Z' => sum * 100 + u32::from(sign - b'A') + 10,
            _ => return fail(LintError::InvalidIbanCharacter, at, 1),
        } % 97;
    }
    if sum == 1 { Ok(()) } else { fail(LintError::IncorrectIbanChecksum, 2, 2) }
}
