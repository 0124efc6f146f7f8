//! Time that is passed in: UTC milliseconds, and calendar dates as lots carry them. Nothing here reads a clock.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Milliseconds in one second, minute, hour.
pub const SECOND_MS: i64 = 1_000;
/// Milliseconds in a minute.
pub const MINUTE_MS: i64 = 60 * SECOND_MS;
/// Milliseconds in an hour.
pub const HOUR_MS: i64 = 60 * MINUTE_MS;
/// Milliseconds in a day of 24 hours.
pub const DAY_MS: i64 = 24 * HOUR_MS;

/// A moment in UTC, milliseconds since 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[cfg_attr(feature = "schema", ts(type = "number"))]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since 1970.
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms)
    }
    /// Milliseconds since 1970.
    pub const fn ms(self) -> i64 {
        self.0
    }
    /// This moment plus a span in milliseconds (saturating).
    pub const fn plus_ms(self, span_ms: i64) -> Self {
        Self(self.0.saturating_add(span_ms))
    }
    /// Milliseconds from `earlier` to this moment; negative when it lies after.
    pub const fn since_ms(self, earlier: Timestamp) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
    /// The hour this moment lies in, counted from 1970: the number of its orders document (SYNC.md).
    pub const fn hour(self) -> i64 {
        self.0.div_euclid(HOUR_MS)
    }
    /// The UTC calendar date. A store's business day needs its time zone: ask the adapter.
    pub fn utc_date(self) -> Date {
        Date::from_days(self.0.div_euclid(DAY_MS))
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339, as logs and labels show it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(time) => write!(f, "{time}"),
            Err(_) => write!(f, "{} ms", self.0),
        }
    }
}

/// A calendar date (expiry, manufactured-on), written `2026-11-24`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
#[cfg_attr(feature = "schema", schemars(with = "String"), ts(type = "string"))]
pub struct Date(jiff::civil::Date);

/// A text or number that is not a calendar date.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a date (want YYYY-MM-DD): {0}")]
pub struct DateError(pub String);

const EPOCH: jiff::civil::Date = jiff::civil::Date::constant(1970, 1, 1);

impl Date {
    /// Year, month 1-12, day 1-31.
    pub fn new(year: i16, month: i8, day: i8) -> Result<Self, DateError> {
        jiff::civil::Date::new(year, month, day)
            .map(Date)
            .map_err(|_| DateError(format!("{year}-{month}-{day}")))
    }
    /// From days since 1970-01-01; far-off days stop at the calendar's end (year 9999 or -9999).
    pub fn from_days(days: i64) -> Self {
        let span = jiff::Span::new().try_days(days);
        let end = if days < 0 { jiff::civil::Date::MIN } else { jiff::civil::Date::MAX };
        Self(span.and_then(|s| EPOCH.checked_add(s)).unwrap_or(end))
    }
    /// Days since 1970-01-01, as SQLite keeps it.
    pub fn days(self) -> i64 {
        EPOCH.until(self.0).map_or(0, |span| i64::from(span.get_days()))
    }
    /// This date plus a number of days.
    pub fn plus_days(self, days: i64) -> Self {
        Self::from_days(self.days().saturating_add(days))
    }
    /// The last day of this date's month (GS1: day 00).
    pub fn month_end(self) -> Self {
        Self(self.0.last_of_month())
    }
    /// `YYMMDD`, as GS1 application identifiers carry it.
    pub fn yymmdd(self) -> String {
        format!("{:02}{:02}{:02}", self.0.year().rem_euclid(100), self.0.month(), self.0.day())
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
impl FromStr for Date {
    type Err = DateError;
    fn from_str(text: &str) -> Result<Self, DateError> {
        text.parse().map(Date).map_err(|_| DateError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_round_trip_and_month_end_knows_leap_years() {
        for days in [-800_000, -1, 0, 1, 20_000, 700_000] {
            assert_eq!(Date::from_days(days).days(), days);
        }
        let feb = Date::new(2028, 2, 1).unwrap();
        assert_eq!(feb.month_end().to_string(), "2028-02-29");
        assert_eq!(feb.yymmdd(), "280201");
        assert_eq!("2026-13-01".parse::<Date>(), Err(DateError("2026-13-01".into())));
    }

    #[test]
    fn hours_before_1970_round_down() {
        assert_eq!(Timestamp::from_ms(-1).hour(), -1);
        assert_eq!(Timestamp::from_ms(HOUR_MS).hour(), 1);
    }
}
