//! The city's calendar: a rider's day, and whatever else people count by days, ends at the city's midnight, not at UTC's
//! (half past five in the morning in India). Never here: what time it is.

use jiff::tz::{Offset, TimeZone};
use model::Timestamp;

/// The time zone of a city that names none.
pub const INDIA: &str = "Asia/Kolkata";
/// India's distance from UTC, for a machine without time-zone data.
const INDIA_S: i32 = 19_800;

/// See the file.
#[derive(Debug, Clone)]
pub struct Calendar(TimeZone);

impl Default for Calendar {
    fn default() -> Self {
        let fixed = || Offset::from_seconds(INDIA_S).map_or(TimeZone::UTC, TimeZone::fixed);
        Self::new(INDIA).unwrap_or_else(|| Self(fixed()))
    }
}

impl Calendar {
    /// The calendar of an IANA time zone; `None` where there is none of that name.
    pub fn new(iana: &str) -> Option<Self> {
        TimeZone::get(iana).ok().map(Self)
    }

    /// When the city's day of a moment began.
    pub fn day_start(&self, at: Timestamp) -> Timestamp {
        let Ok(moment) = jiff::Timestamp::from_millisecond(at.ms()) else { return at };
        let midnight = self.0.to_datetime(moment).date().to_zoned(self.0.clone());
        midnight.map_or(at, |zoned| Timestamp::from_ms(zoned.timestamp().as_millisecond()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_the_citys_midnight() {
        // 2026-11-20 20:00 UTC is 01:30 on the 21st in Bengaluru.
        let at = Timestamp::from_ms(1_795_204_800_000);
        for calendar in [Calendar::default(), Calendar::new("Asia/Kolkata").unwrap()] {
            assert_eq!(calendar.day_start(at).to_string(), "2026-11-20T18:30:00Z");
            let begun = calendar.day_start(at);
            assert_eq!(calendar.day_start(begun), begun);
            assert_eq!(begun.since_ms(calendar.day_start(begun.plus_ms(-1))), model::time::DAY_MS);
        }
        assert_eq!(Calendar::new("UTC").unwrap().day_start(at).to_string(), "2026-11-20T00:00:00Z");
        assert!(Calendar::new("Mars/Base").is_none());
    }
}
