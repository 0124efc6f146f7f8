//! Plausibility of temperatures: range, jump, flat line. Remembers the last values of one sensor, reads no clock.

use model::Timestamp;
use model::mqtt::Quality;

/// What a sensor at its place can say, in thousandths of a degree Celsius.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Lowest believable value.
    pub min_milli_c: i32,
    /// Highest believable value.
    pub max_milli_c: i32,
    /// Fastest believable change per second. A probe out of its bracket moves slower than this.
    pub max_milli_c_per_s: u32,
    /// The same to the last bit for this long is a stuck sensor, milliseconds; noise moves every live one.
    pub flat_after_ms: i64,
}

impl Default for Limits {
    /// DS18B20 in a store: -55 to 60 degC, 2 degC a second, half an hour without the last bit moving.
    fn default() -> Self {
        Self {
            min_milli_c: -55_000,
            max_milli_c: 60_000,
            max_milli_c_per_s: 2_000,
            flat_after_ms: 30 * model::time::MINUTE_MS,
        }
    }
}

/// What a calibration found: the corrected value is the raw one times the gain plus the offset. The raw value is kept
/// beside it everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Correction {
    /// Added last, thousandths of a degree Celsius.
    pub offset_milli_c: i32,
    /// Multiplied first, millionths: 1,000,000 changes nothing.
    pub gain_ppm: u32,
}

/// A gain that changes nothing.
pub const GAIN_NONE_PPM: u32 = 1_000_000;

impl Default for Correction {
    fn default() -> Self {
        Self { offset_milli_c: 0, gain_ppm: GAIN_NONE_PPM }
    }
}

impl Correction {
    /// The corrected value, rounded to the nearest thousandth of a degree.
    #[must_use]
    pub fn apply(&self, raw_milli_c: i32) -> i32 {
        let product = i64::from(raw_milli_c) * i64::from(self.gain_ppm);
        let whole = i64::from(GAIN_NONE_PPM);
        let scaled = (product + whole / 2).div_euclid(whole) + i64::from(self.offset_milli_c);
        i32::try_from(scaled.clamp(i64::from(i32::MIN), i64::from(i32::MAX))).unwrap_or(raw_milli_c)
    }
}

/// A reading with how far it can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// Corrected value; `None` where it must not be used.
    pub milli_c: Option<i32>,
    /// Why, or that it is good.
    pub quality: Quality,
}

/// The memory of one sensor.
#[derive(Debug)]
pub struct Filter {
    limits: Limits,
    correction: Correction,
    last: Option<(Timestamp, i32)>,
    flat_since: Option<Timestamp>,
    jumped: Option<i32>,
}

impl Filter {
    /// A filter that corrects every raw value by the sensor's calibration.
    #[must_use]
    pub const fn new(limits: Limits, correction: Correction) -> Self {
        Self { limits, correction, last: None, flat_since: None, jumped: None }
    }

    /// Judges the next raw value, taken at `now`.
    ///
    /// A jump is not believed the first time; when the next value confirms it, it is (the probe was moved).
    /// A flat line keeps its value: it may be right, but a person must look.
    pub fn judge(&mut self, now: Timestamp, raw_milli_c: i32) -> Verdict {
        let value = self.correction.apply(raw_milli_c);
        if !(self.limits.min_milli_c..=self.limits.max_milli_c).contains(&raw_milli_c) {
            return Verdict { milli_c: None, quality: Quality::Implausible };
        }
        if let Some((before, last)) = self.last {
            let elapsed_s = u32::try_from(now.since_ms(before).max(1_000) / 1_000).unwrap_or(u32::MAX);
            let allowed = self.limits.max_milli_c_per_s.saturating_mul(elapsed_s);
            let confirmed = self.jumped.is_some_and(|seen| seen.abs_diff(value) <= allowed);
            if last.abs_diff(value) > allowed && !confirmed {
                self.jumped = Some(value);
                return Verdict { milli_c: None, quality: Quality::Jump };
            }
        }
        self.jumped = None;
        let same = self.last.is_some_and(|(_, last)| last == value);
        self.last = Some((now, value));
        let since = match self.flat_since.filter(|_| same) {
            Some(since) => since,
            None => *self.flat_since.insert(now),
        };
        let flat = now.since_ms(since) >= self.limits.flat_after_ms;
        let quality = if flat { Quality::Flat } else { Quality::Good };
        Verdict { milli_c: Some(value), quality }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_ms(seconds * 1_000)
    }

    fn good(milli_c: i32) -> Verdict {
        Verdict { milli_c: Some(milli_c), quality: Quality::Good }
    }

    const NO: Option<i32> = None;

    #[test]
    fn the_offset_is_added_and_the_range_holds() {
        let mut filter =
            Filter::new(Limits::default(), Correction { offset_milli_c: -120, ..Correction::default() });
        assert_eq!(filter.judge(at(0), 4_120), good(4_000));
        for wild in [85_000, -55_001, 127_937] {
            assert_eq!(filter.judge(at(1), wild), Verdict { milli_c: NO, quality: Quality::Implausible });
        }
        assert_eq!(filter.judge(at(2), 4_200), good(4_080));
    }

    #[test]
    fn gain_and_offset_correct_on_both_sides_of_zero() {
        let correction = Correction { offset_milli_c: -50, gain_ppm: 1_002_000 };
        for (raw, want) in [(0, -50), (10_000, 9_970), (-18_000, -18_086), (1, -49)] {
            assert_eq!(correction.apply(raw), want);
        }
        assert_eq!(Correction { offset_milli_c: i32::MAX, gain_ppm: 1_100_000 }.apply(i32::MAX), i32::MAX);
    }

    #[test]
    fn one_spike_is_dropped_and_a_confirmed_move_is_believed() {
        let mut filter = Filter::new(Limits::default(), Correction::default());
        filter.judge(at(0), 4_000);
        assert_eq!(filter.judge(at(1), 30_000).quality, Quality::Jump);
        assert_eq!(filter.judge(at(2), 4_050), good(4_050));
        assert_eq!(filter.judge(at(3), 25_000).quality, Quality::Jump);
        assert_eq!(filter.judge(at(4), 25_100), good(25_100));
        // After a long gap a large change is possible.
        assert_eq!(filter.judge(at(64), 4_000), good(4_000));
    }

    #[test]
    fn a_stuck_sensor_is_told_and_one_moving_bit_frees_it() {
        let mut filter =
            Filter::new(Limits { flat_after_ms: 10_000, ..Limits::default() }, Correction::default());
        for second in 0..10 {
            assert_eq!(filter.judge(at(second), 3_062), good(3_062));
        }
        assert_eq!(filter.judge(at(10), 3_062), Verdict { milli_c: Some(3_062), quality: Quality::Flat });
        assert_eq!(filter.judge(at(11), 3_125), good(3_125));
        assert_eq!(filter.judge(at(12), 3_125), good(3_125));
    }
}
