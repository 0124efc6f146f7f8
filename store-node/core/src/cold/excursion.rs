//! An excursion: what the readings of an interval outside the band add up to. Pure; the readings are given.

use super::Edges;
use super::kinetic::mean_kinetic;
use model::Timestamp;
use model::time::MINUTE_MS;

/// A reading that can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// When it was taken.
    pub at: Timestamp,
    /// The corrected value, thousandths of a degree Celsius.
    pub milli_c: i32,
}

/// What the samples of an interval add up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Figures {
    /// Coldest, thousandths of a degree Celsius.
    pub min_milli_c: i32,
    /// Warmest, thousandths of a degree Celsius.
    pub max_milli_c: i32,
    /// Mean kinetic temperature of the time that was heard, thousandths of a degree Celsius; where no time was (a single
    /// reading, or silences only), that of the readings.
    pub mean_kinetic_milli_c: i32,
    /// How far and how long over the band: thousandths of a degree times minutes.
    pub above_milli_c_min: i64,
    /// How far and how long under the band: thousandths of a degree times minutes.
    pub below_milli_c_min: i64,
    /// How long over or under the band, milliseconds, as far as it was heard.
    pub outside_ms: i64,
    /// How many samples.
    pub samples: u32,
    /// Silences longer than the zone allows; nothing is counted for their time.
    pub gaps: u32,
}

/// Adds up samples in the order of time. A value holds until the next one, but never through a silence longer than
/// `silent_ms`. `None` for no samples.
pub fn figures(samples: &[Sample], band: &Edges, silent_ms: i64) -> Option<Figures> {
    let values = || samples.iter().map(|sample| sample.milli_c);
    let held = samples.windows(2).filter_map(|pair| {
        let [one, next] = pair else { return None };
        let lasted = next.at.since_ms(one.at);
        (lasted <= silent_ms).then(|| (one.milli_c, u64::try_from(lasted).unwrap_or(0)))
    });
    let mut found = Figures {
        min_milli_c: values().min()?,
        max_milli_c: values().max()?,
        mean_kinetic_milli_c: mean_kinetic(held)
            .or_else(|| mean_kinetic(values().map(|value| (value, 1))))?,
        samples: u32::try_from(samples.len()).unwrap_or(u32::MAX),
        ..Figures::default()
    };
    // Milli-degrees times milliseconds of a year at 100 degrees over are 3e15: far inside an i64.
    let (mut above, mut below) = (0_i64, 0_i64);
    for pair in samples.windows(2) {
        let [one, next] = pair else { continue };
        let lasted = next.at.since_ms(one.at);
        if lasted > silent_ms {
            found.gaps = found.gaps.saturating_add(1);
            continue;
        }
        let over = i64::from(one.milli_c) - i64::from(band.high_milli_c);
        let under = i64::from(band.low_milli_c) - i64::from(one.milli_c);
        above = above.saturating_add(over.max(0).saturating_mul(lasted));
        below = below.saturating_add(under.max(0).saturating_mul(lasted));
        if over > 0 || under > 0 {
            found.outside_ms = found.outside_ms.saturating_add(lasted);
        }
    }
    (found.above_milli_c_min, found.below_milli_c_min) = (above / MINUTE_MS, below / MINUTE_MS);
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BAND: Edges = Edges { low_milli_c: 0, high_milli_c: 5_000 };

    fn sample(second: i64, milli_c: i32) -> Sample {
        Sample { at: Timestamp::from_ms(second * 1_000), milli_c }
    }

    #[test]
    fn ten_minutes_two_degrees_over_are_twenty_degree_minutes() {
        let samples: Vec<Sample> = (0..=60).map(|n| sample(n * 10, 7_000)).collect();
        let found = figures(&samples, &BAND, 60_000).unwrap();
        assert_eq!((found.above_milli_c_min, found.below_milli_c_min), (20_000, 0));
        assert_eq!((found.outside_ms, found.samples, found.gaps), (600_000, 61, 0));
        assert_eq!((found.min_milli_c, found.max_milli_c, found.mean_kinetic_milli_c), (7_000, 7_000, 7_000));
    }

    #[test]
    fn a_silence_is_a_gap_and_counts_for_nothing() {
        let samples = [sample(0, 6_000), sample(30, 6_000), sample(630, -1_000), sample(660, 3_000)];
        let found = figures(&samples, &BAND, 60_000).unwrap();
        assert_eq!((found.above_milli_c_min, found.below_milli_c_min, found.gaps), (500, 500, 1));
        assert_eq!(found.outside_ms, 60_000);
        assert_eq!(figures(&[], &BAND, 60_000), None);
    }

    /// A sensor that speaks every five seconds while it is warm and once a minute while it is cold: the warm readings are the
    /// many, the cold time is the long one.
    #[test]
    fn the_mean_is_that_of_the_time_and_not_of_the_readings() {
        let warm = (0..=12).map(|n| sample(n * 5, 20_000));
        let cold = (2..=61).map(|n| sample(n * 60, 4_000));
        let uneven: Vec<Sample> = warm.chain(cold).collect();
        let even: Vec<Sample> =
            (0..=61).map(|n| sample(n * 60, if n < 2 { 20_000 } else { 4_000 })).collect();
        let [uneven, even] = [uneven, even].map(|all| figures(&all, &BAND, 60_000).unwrap());
        assert_eq!(uneven.mean_kinetic_milli_c, even.mean_kinetic_milli_c);
        assert!(even.mean_kinetic_milli_c < 6_000, "{}", even.mean_kinetic_milli_c);
    }

    /// What nobody heard is not what was heard before it.
    #[test]
    fn a_silence_is_left_out_of_the_mean() {
        let samples = [
            sample(0, 4_000),
            sample(60, 4_000),
            sample(120, 25_000),
            sample(36_120, 4_000),
            sample(36_180, 4_000),
        ];
        let found = figures(&samples, &BAND, 60_000).unwrap();
        assert_eq!((found.mean_kinetic_milli_c, found.gaps), (4_000, 1));
        let alone = figures(&[sample(0, 7_000)], &BAND, 60_000).unwrap();
        assert_eq!(alone.mean_kinetic_milli_c, 7_000);
    }

    proptest! {
        #[test]
        fn the_mean_lies_inside_and_nothing_outside_the_band_is_lost(
            values in proptest::collection::vec(-30_000..40_000, 1..200)
        ) {
            let samples: Vec<Sample> = values.iter().zip(0..).map(|(value, n)| sample(n * 5, *value)).collect();
            let found = figures(&samples, &BAND, 60_000).unwrap();
            prop_assert!((found.min_milli_c..=found.max_milli_c).contains(&found.mean_kinetic_milli_c));
            let earlier = &values[..values.len() - 1];
            prop_assert_eq!(found.outside_ms > 0, earlier.iter().any(|value| !(0..=5_000).contains(value)));
            prop_assert_eq!(found.gaps, 0);
        }
    }
}
