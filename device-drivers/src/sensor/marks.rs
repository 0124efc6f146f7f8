//! Which readings are kept until the store has them, so that a fridge that was warm while the store was away is known
//! afterwards: one a minute, and each that crosses the zone's band or comes to another verdict. Where they are kept is the
//! journal's, what they mean the store's.

use model::Timestamp;
use model::mqtt::Quality;
use model::time::MINUTE_MS;

/// The band of a sensor's zone, as far as keeping needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Lowest allowed, thousandths of a degree Celsius.
    pub low_milli_c: i32,
    /// Highest allowed, thousandths of a degree Celsius.
    pub high_milli_c: i32,
    /// Readings further apart than this are a silence, milliseconds: what is kept comes more often.
    pub silent_ms: i64,
}

/// Where a reading stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Below,
    Inside,
    Above,
    /// No value, or none that is trusted.
    Doubtful(Quality),
}

/// Chooses among the readings of one sensor.
#[derive(Debug)]
pub struct Marks {
    every_ms: i64,
    span: Option<Span>,
    last: Option<(Timestamp, Standing)>,
}

impl Marks {
    /// For a sensor that is read every `poll_ms`, in a zone with this band.
    #[must_use]
    pub fn new(span: Option<Span>, poll_ms: i64) -> Self {
        let longest = span.map_or(MINUTE_MS, |span| span.silent_ms.min(MINUTE_MS));
        // The reading after the next one would be too late, and a poll may itself take a while.
        Self { every_ms: (longest - 2 * poll_ms).max(0), span, last: None }
    }

    /// Whether this reading is kept.
    pub fn keeps(&mut self, at: Timestamp, milli_c: Option<i32>, quality: Quality) -> bool {
        let standing = self.standing(milli_c, quality);
        // A clock that was set back must not silence them.
        let keeps =
            self.last.is_none_or(|(last, was)| was != standing || at.since_ms(last).abs() > self.every_ms);
        if keeps {
            self.last = Some((at, standing));
        }
        keeps
    }

    fn standing(&self, milli_c: Option<i32>, quality: Quality) -> Standing {
        let (Quality::Good, Some(value)) = (quality, milli_c) else { return Standing::Doubtful(quality) };
        match self.span {
            Some(span) if value < span.low_milli_c => Standing::Below,
            Some(span) if value > span.high_milli_c => Standing::Above,
            Some(_) | None => Standing::Inside,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPAN: Span = Span { low_milli_c: 0, high_milli_c: 5_000, silent_ms: 60_000 };

    fn kept(marks: &mut Marks, readings: &[(i64, Option<i32>, Quality)]) -> Vec<i64> {
        let keep = |(second, milli_c, quality): &&(i64, Option<i32>, Quality)| {
            marks.keeps(Timestamp::from_ms(second * 1_000), *milli_c, *quality)
        };
        readings.iter().filter(keep).map(|(second, ..)| *second).collect()
    }

    #[test]
    fn a_steady_sensor_is_kept_once_a_minute_and_never_so_rarely_that_it_would_be_a_silence() {
        for (poll_s, span, want) in [
            (5, Some(SPAN), vec![0, 55, 110, 165]),
            (5, None, vec![0, 55, 110, 165]),
            (5, Some(Span { silent_ms: 30_000, ..SPAN }), vec![0, 25, 50, 75, 100, 125, 150, 175]),
            (60, Some(SPAN), vec![0, 60, 120, 180]),
        ] {
            let readings: Vec<_> =
                (0..=180 / poll_s).map(|n| (n * poll_s, Some(4_000), Quality::Good)).collect();
            assert_eq!(kept(&mut Marks::new(span, poll_s * 1_000), &readings), want, "{poll_s} {span:?}");
        }
    }

    #[test]
    fn each_crossing_of_the_band_and_each_other_verdict_is_kept() {
        let good = |second, value| (second, Some(value), Quality::Good);
        let readings = [
            good(0, 4_000),
            good(5, 5_000),
            good(10, 5_001),
            good(15, 9_000),
            good(20, 4_999),
            good(25, -1),
            (30, None, Quality::Silent),
            (35, None, Quality::Silent),
            (40, None, Quality::CrcError),
            (45, Some(4_000), Quality::Flat),
            good(50, 4_000),
        ];
        assert_eq!(kept(&mut Marks::new(Some(SPAN), 5_000), &readings), [0, 10, 20, 25, 30, 40, 45, 50]);
        assert_eq!(
            kept(&mut Marks::new(None, 5_000), &readings),
            [0, 30, 40, 45, 50],
            "no band, no crossing"
        );
    }

    #[test]
    fn a_clock_that_is_set_back_silences_nothing() {
        let good = |second| (second, Some(4_000), Quality::Good);
        let readings = [good(10_000), good(10_005), good(5), good(10)];
        assert_eq!(kept(&mut Marks::new(Some(SPAN), 5_000), &readings), [10_000, 5]);
    }
}
