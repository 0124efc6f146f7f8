//! The value of one rider-order pair (REQ-75), with its parts, so that ops can read why a rider was or was not chosen.

use serde::Deserialize;

/// The largest weight or threshold: parts of a score are within a hundred or so.
const WEIGHT_MAX: f64 = 1_000.0;

/// The weights and thresholds; the defaults are REQ-75's.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Weights {
    /// Of nearness.
    pub travel: f64,
    /// Of a second drop nearby.
    pub batch: f64,
    /// Of the rating.
    pub rating: f64,
    /// Of each delivery in the last hour (subtracted).
    pub load: f64,
    /// Below this sum the order waits.
    pub threshold: f64,
}

impl Default for Weights {
    fn default() -> Self {
        Self { travel: 0.35, batch: 0.25, rating: 0.20, load: 2.0, threshold: 20.0 }
    }
}

impl Weights {
    /// The names of those that are no weight: below nought, beyond a thousand, or no number.
    pub fn wrong(&self) -> Vec<&'static str> {
        let all = [
            ("travel", self.travel),
            ("batch", self.batch),
            ("rating", self.rating),
            ("load", self.load),
            ("threshold", self.threshold),
        ];
        all.iter().filter(|(_, value)| !(0.0..=WEIGHT_MAX).contains(value)).map(|(name, _)| *name).collect()
    }
}

/// A rider against an order.
#[derive(Debug, Clone, Copy)]
pub struct Pair {
    /// Minutes to the store.
    pub travel_min: f64,
    /// Metres between this drop and the rider's other one, if there is another.
    pub other_drop_m: Option<f64>,
    /// 0 to 5.
    pub rating: f64,
    /// Minutes until the shift ends.
    pub shift_left_min: f64,
    /// Deliveries in the last hour.
    pub deliveries_last_hour: u32,
}

/// A score and what it is made of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    /// 0.35 x max(0, 100 - 10 x travel_min).
    pub travel: f64,
    /// 0.25 x (30 under 300 m, 15 under 500 m, else 0).
    pub batch: f64,
    /// 0.20 x 10 x rating.
    pub rating: f64,
    /// -50 with less than 10 min left, -30 with less than 20.
    pub shift: f64,
    /// -2 x deliveries last hour.
    pub load: f64,
}

impl Score {
    /// The sum.
    pub fn sum(&self) -> f64 {
        self.travel + self.batch + self.rating + self.shift + self.load
    }
    /// `travel=31.5 batch=0.0 rating=9.4 shift=0.0 load=-2.0`.
    pub fn parts(&self) -> String {
        format!(
            "travel={:.1} batch={:.1} rating={:.1} shift={:.1} load={:.1}",
            self.travel, self.batch, self.rating, self.shift, self.load
        )
    }
}

/// Scores a pair.
pub fn score(pair: Pair, weights: &Weights) -> Score {
    let batch = match pair.other_drop_m {
        Some(m) if m < 300.0 => 30.0,
        Some(m) if m < 500.0 => 15.0,
        Some(_) | None => 0.0,
    };
    let shift = if pair.shift_left_min < 10.0 {
        -50.0
    } else if pair.shift_left_min < 20.0 {
        -30.0
    } else {
        0.0
    };
    Score {
        travel: weights.travel * (100.0 - 10.0 * pair.travel_min).max(0.0),
        batch: weights.batch * batch,
        rating: weights.rating * 10.0 * pair.rating.clamp(0.0, 5.0),
        shift,
        load: -weights.load * f64::from(pair.deliveries_last_hour),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAIR: Pair = Pair {
        travel_min: 1.0,
        other_drop_m: None,
        rating: 4.7,
        shift_left_min: 60.0,
        deliveries_last_hour: 1,
    };

    #[test]
    fn the_formula_word_by_word() {
        let weights = Weights::default();
        let plain = score(PAIR, &weights);
        assert!((plain.sum() - (31.5 + 9.4 - 2.0)).abs() < 1e-9);
        assert_eq!(plain.parts(), "travel=31.5 batch=0.0 rating=9.4 shift=0.0 load=-2.0");
        let near = score(Pair { other_drop_m: Some(299.9), ..PAIR }, &weights);
        assert!((near.batch - 7.5).abs() < 1e-9);
        assert!((score(Pair { other_drop_m: Some(300.0), ..PAIR }, &weights).batch - 3.75).abs() < 1e-9);
        assert_eq!(score(Pair { other_drop_m: Some(500.0), ..PAIR }, &weights).batch, 0.0);
        assert_eq!(score(Pair { shift_left_min: 9.9, ..PAIR }, &weights).shift, -50.0);
        assert_eq!(score(Pair { shift_left_min: 19.9, ..PAIR }, &weights).shift, -30.0);
        assert_eq!(score(Pair { travel_min: 99.0, ..PAIR }, &weights).travel, 0.0);
    }
}
