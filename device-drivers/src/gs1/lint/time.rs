//! Linters about dates and times of day. Never what day it is now: the century of two digits does not matter here,
//! because of all years that end in 00 a window around today holds 2000 alone.

use super::sign::digits;
use super::{LintError, Verdict, fail, whole};

/// Whether day 00 (the month as a whole) is a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DayZero {
    Allowed,
    Refused,
}

/// The value of the two digits at `at`; they have been checked before.
fn two(data: &[u8], at: usize) -> u32 {
    let digit = |at: usize| data.get(at).map_or(0, |digit| u32::from(digit.saturating_sub(b'0')));
    digit(at) * 10 + digit(at + 1)
}

pub(super) fn yymmdd(data: &[u8], zero: DayZero) -> Verdict {
    exactly(data, 6, LintError::DateTooShort, LintError::DateTooLong)?;
    month_and_day(data, 2, two(data, 0) + 2_000, zero)
}

pub(super) fn yyyymmdd(data: &[u8], zero: DayZero) -> Verdict {
    exactly(data, 8, LintError::DateTooShort, LintError::DateTooLong)?;
    month_and_day(data, 4, two(data, 0) * 100 + two(data, 2), zero)
}

/// `length` digits.
fn exactly(data: &[u8], length: usize, short: LintError, long: LintError) -> Verdict {
    if data.len() != length {
        return whole(if data.len() < length { short } else { long }, data);
    }
    digits(data)
}

fn month_and_day(data: &[u8], at: usize, year: u32, zero: DayZero) -> Verdict {
    let (month, day) = (two(data, at), two(data, at + 2));
    let leap = (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400);
    let last = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return fail(LintError::IllegalMonth, at, 2),
    };
    let first = if zero == DayZero::Allowed { 0 } else { 1 };
    if (first..=last).contains(&day) { Ok(()) } else { fail(LintError::IllegalDay, at + 2, 2) }
}

pub(super) fn hour(data: &[u8]) -> Verdict {
    below(data, 24, [LintError::HourTooShort, LintError::HourTooLong, LintError::IllegalHour])
}

pub(super) fn minute(data: &[u8]) -> Verdict {
    below(data, 60, [LintError::MinuteTooShort, LintError::MinuteTooLong, LintError::IllegalMinute])
}

pub(super) fn second(data: &[u8]) -> Verdict {
    below(data, 60, [LintError::SecondTooShort, LintError::SecondTooLong, LintError::IllegalSecond])
}

/// Two digits less than `limit`, or too short, too long, illegal.
fn below(data: &[u8], limit: u32, [short, long, illegal]: [LintError; 3]) -> Verdict {
    exactly(data, 2, short, long)?;
    if two(data, 0) < limit { Ok(()) } else { whole(illegal, data) }
}

pub(super) fn hour_minute(data: &[u8]) -> Verdict {
    let Some((hours, minutes)) = data.split_first_chunk::<2>().filter(|_| data.len() == 4) else {
        let short = data.len() < 4;
        let error = if short { LintError::HourWithMinuteTooShort } else { LintError::HourWithMinuteTooLong };
        return whole(error, data);
    };
    hour(hours)?;
    minute(minutes).map_err(|mut fault| {
        fault.start += 2;
        fault
    })
}
