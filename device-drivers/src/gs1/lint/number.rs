//! Linters about the value of a number: zeros, ranges, a position among many. Never dates.

use super::sign::digits;
use super::{LintError, Verdict, fail, whole};

pub(super) fn non_zero(data: &[u8]) -> Verdict {
    digits(data)?;
    if data.iter().all(|digit| *digit == b'0') {
        return whole(LintError::IllegalZeroValue, data);
    }
    Ok(())
}

pub(super) fn zero(data: &[u8]) -> Verdict {
    if data.is_empty() || data.iter().any(|digit| *digit != b'0') {
        return whole(LintError::NotZero, data);
    }
    Ok(())
}

pub(super) fn no_zero_prefix(data: &[u8]) -> Verdict {
    digits(data)?;
    if data.first() == Some(&b'0') {
        return fail(LintError::IllegalZeroPrefix, 0, 1);
    }
    Ok(())
}

pub(super) fn latitude(data: &[u8]) -> Verdict {
    let (length, range) = (LintError::LatitudeInvalidLength, LintError::InvalidLatitude);
    ten_digits_up_to(data, b"1800000000", length, range)
}

pub(super) fn longitude(data: &[u8]) -> Verdict {
    let (length, range) = (LintError::LongitudeInvalidLength, LintError::InvalidLongitude);
    ten_digits_up_to(data, b"3600000000", length, range)
}

/// Ten digits compare as text the way they compare as numbers.
fn ten_digits_up_to(data: &[u8], most: &[u8; 10], length: LintError, range: LintError) -> Verdict {
    if data.len() != most.len() {
        return whole(length, data);
    }
    digits(data)?;
    if data > most.as_slice() { whole(range, data) } else { Ok(()) }
}

/// Two numbers of equal length, the first from 1 up to the second.
pub(super) fn piece_of_total(data: &[u8]) -> Verdict {
    if data.is_empty() || !data.len().is_multiple_of(2) {
        return whole(LintError::InvalidLengthForPieceOfTotal, data);
    }
    digits(data)?;
    let half = data.len() / 2;
    let (piece, total) = data.split_at(half);
    let is_zero = |number: &[u8]| number.iter().all(|digit| *digit == b'0');
    if is_zero(piece) {
        return fail(LintError::ZeroPieceNumber, 0, half);
    }
    if is_zero(total) {
        return fail(LintError::ZeroTotalPieces, half, half);
    }
    if piece > total {
        return whole(LintError::PieceNumberExceedsTotal, data);
    }
    Ok(())
}

/// `position/end`, both without leading zeros, the position not beyond the end.
pub(super) fn position_slash_end(data: &[u8]) -> Verdict {
    let Some(slash) = data.iter().position(|sign| *sign == b'/') else {
        return whole(LintError::PositionInSequenceMalformed, data);
    };
    let (position, end) = (data.get(..slash).unwrap_or_default(), data.get(slash + 1..).unwrap_or_default());
    let is_number = |number: &[u8]| !number.is_empty() && number.iter().all(u8::is_ascii_digit);
    if !is_number(position) || !is_number(end) {
        return whole(LintError::PositionInSequenceMalformed, data);
    }
    if position.first() == Some(&b'0') {
        return fail(LintError::IllegalZeroPrefix, 0, position.len());
    }
    if end.first() == Some(&b'0') {
        return fail(LintError::IllegalZeroPrefix, slash + 1, end.len());
    }
    // Without leading zeros the longer number is the greater one.
    if (position.len(), position) > (end.len(), end) {
        return whole(LintError::PositionExceedsEnd, data);
    }
    Ok(())
}
