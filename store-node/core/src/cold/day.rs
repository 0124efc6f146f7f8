//! A day of one sensor on paper: one value an hour, the extremes, and how long it was outside. Knows neither files nor
//! printers.

use super::Band;
use model::Timestamp;

/// A reading counts for this long where its zone says nothing, milliseconds.
const HOLDS_MS: i64 = 60_000;

/// What a strip says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Day {
    /// When and thousandths of a degree Celsius: of each span the reading that lies farthest outside the band, else the
    /// warmest, because that is what an auditor looks for.
    pub rows: Vec<(Timestamp, i32)>,
    /// Lowest value.
    pub lowest: Option<i32>,
    /// Highest value.
    pub highest: Option<i32>,
    /// How long it was outside the band, milliseconds.
    pub outside_ms: i64,
}

/// Sums a day up. `readings` by time, `None` where the sensor gave nothing that can be trusted; one row for each span of
/// `span_ms` that has a value. A value holds until the next reading, but not longer than a silence is borne.
#[must_use]
pub fn of(readings: &[(Timestamp, Option<i32>)], band: Option<&Band>, span_ms: i64) -> Day {
    let off = |value: i32| band.map_or(0, |b| (b.low_milli_c - value).max(value - b.high_milli_c).max(0));
    let holds = band.map_or(HOLDS_MS, |band| band.silent_ms);
    let mut day = Day::default();
    let mut span = None;
    for (place, (at, value)) in readings.iter().enumerate() {
        let Some(value) = *value else { continue };
        day.lowest = Some(day.lowest.map_or(value, |low| low.min(value)));
        day.highest = Some(day.highest.map_or(value, |high| high.max(value)));
        if off(value) > 0 {
            let next = readings.get(place + 1).map_or(0, |(next, _)| next.since_ms(*at));
            day.outside_ms += next.clamp(0, holds);
        }
        let here = at.ms().div_euclid(span_ms.max(1));
        match day.rows.last_mut().filter(|_| span == Some(here)) {
            Some(row) if (off(value), value) > (off(row.1), row.1) => *row = (*at, value),
            Some(_) => {}
            None => day.rows.push((*at, value)),
        }
        span = Some(here);
    }
    day
}

#[cfg(test)]
mod tests {
    use super::*;

    const BAND: Band =
        Band { low_milli_c: 0, high_milli_c: 5_000, delay_ms: 0, silent_ms: 60_000, warn: None, door_ms: 0 };

    fn at(minute: i64, value: i32) -> (Timestamp, Option<i32>) {
        (Timestamp::from_ms(minute * 60_000), Some(value))
    }

    #[test]
    fn each_hour_has_its_worst_and_a_gap_is_not_counted_as_warm() {
        let readings = [
            at(0, 3_000),
            at(1, 6_000),
            at(2, 4_000),
            (Timestamp::from_ms(180_000), None),
            at(61, -500),
            at(62, 4_900),
        ];
        let day = of(&readings, Some(&BAND), 3_600_000);
        assert_eq!(day.rows, [(Timestamp::from_ms(60_000), 6_000), (Timestamp::from_ms(61 * 60_000), -500)]);
        assert_eq!((day.lowest, day.highest, day.outside_ms), (Some(-500), Some(6_000), 120_000));
        let silent = of(&[at(0, 9_000), at(30, 3_000)], Some(&BAND), 3_600_000);
        assert_eq!(silent.outside_ms, 60_000, "nobody knows how it was in the half hour of silence");
        assert_eq!(of(&[], None, 1), Day::default());
    }
}
