//! GS1 dates: six digits YYMMDD, where day 00 means the month's last day. Never today's date.

use model::Date;

/// Years 77..=99 belong to the nineteen-hundreds, the rest to the two-thousands: GS1's hundred-year window
/// as it stands in 2026. Goods on a shelf never come near either edge.
const FIRST_YEAR_OF_LAST_CENTURY: i16 = 77;

/// Reads YYMMDD. Day 00 is the last day of the month (REQ-5). `None` for anything that is no date.
#[must_use]
pub fn parse_date(digits: &[u8]) -> Option<Date> {
    let [y1, y2, m1, m2, d1, d2] = *<&[u8; 6]>::try_from(digits).ok()?;
    let year = i16::from(two(y1, y2)?);
    let month = two(m1, m2)?;
    let day = two(d1, d2)?;
    let year = if year >= FIRST_YEAR_OF_LAST_CENTURY { 1900 + year } else { 2000 + year };
    if day == 0 {
        return Date::new(year, month, 1).ok().map(Date::month_end);
    }
    Date::new(year, month, day).ok()
}

fn two(tens: u8, ones: u8) -> Option<i8> {
    let digit = |byte: u8| byte.checked_sub(b'0').filter(|d| *d <= 9);
    i8::try_from(digit(tens)? * 10 + digit(ones)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(year: i16, month: i8, day: i8) -> Option<Date> {
        Some(Date::new(year, month, day).unwrap())
    }

    #[test]
    fn day_zero_is_the_end_of_the_month() {
        assert_eq!(parse_date(b"280200"), date(2028, 2, 29));
        assert_eq!(parse_date(b"270200"), date(2027, 2, 28));
        assert_eq!(parse_date(b"261200"), date(2026, 12, 31));
        assert_eq!(parse_date(b"261231"), date(2026, 12, 31));
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for bad in ["261301", "260230", "26123", "2612311", "26a231", "260032", "260000"] {
            assert_eq!(parse_date(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn the_century_window_and_the_way_back() {
        assert_eq!(parse_date(b"770101"), date(1977, 1, 1));
        assert_eq!(parse_date(b"760101"), date(2076, 1, 1));
        let back = parse_date(b"270309").map(Date::yymmdd);
        assert_eq!(back.as_deref(), Some("270309"));
    }
}
