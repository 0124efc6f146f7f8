//! The value of one rider-order pair (REQ-75), with its parts, so that ops can read why a rider was or was not chosen. A city
//! chooses by which of three formulas; whatever the formula, more is better and the parts add up to the sum.

use serde::Deserialize;

/// The largest weight or threshold: parts of a score are within a hundred or so.
const WEIGHT_MAX: f64 = 1_000.0;
/// [`Scorer::Nearest`] sends nobody from farther away than this, metres of road to the store.
pub const NEAREST_WITHIN_M: f64 = 5_000.0;
/// What a metre and an order of work cost by [`Scorer::Nearest`].
const NEAREST_METRE: f64 = 0.6;
const NEAREST_LOAD: f64 = 400.0;
/// Under every cost that a rider can run up: by [`Scorer::Nearest`] no sum makes an order wait.
const NEAREST_FLOOR: f64 = -1e6;

/// By which formula a city scores its riders.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scorer {
    /// Nearness, a second drop nearby, rating, rest of the shift and work of the last hour, by the city's weights.
    #[default]
    Value,
    /// 0.6 for each metre of road to the store and 400 for each order of work, from within 5 km; the smallest is best, so the
    /// score is that cost below nought. Work is what is in hand and what was delivered in the last hour.
    Nearest,
    /// 100 - 20 for each kilometre of road to the store + 20 x rating + 20 if the rider's other drop is under 500 m away.
    Simple,
}

impl Scorer {
    /// Its name in hub files, histories and at the operations page.
    pub const fn word(self) -> &'static str {
        match self {
            Scorer::Value => "value",
            Scorer::Nearest => "nearest",
            Scorer::Simple => "simple",
        }
    }

    /// Below this sum an order waits for a better rider. `value` and `simple` are points and share the city's threshold;
    /// `nearest` waits for no better rider: whoever is within 5 km goes.
    pub const fn threshold(self, weights: &Weights) -> f64 {
        match self {
            Scorer::Value | Scorer::Simple => weights.threshold,
            Scorer::Nearest => NEAREST_FLOOR,
        }
    }

    /// By how much another rider must be better than the one who was sent already, so that an order does not go to and fro
    /// with every position: four minutes of way for `value`, one kilometre for the others.
    pub const fn margin(self) -> f64 {
        match self {
            Scorer::Value => 14.0,
            Scorer::Nearest => 600.0,
            Scorer::Simple => 20.0,
        }
    }
}

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
    const fn named(&self) -> [(&'static str, f64); 5] {
        [
            ("travel", self.travel),
            ("batch", self.batch),
            ("rating", self.rating),
            ("load", self.load),
            ("threshold", self.threshold),
        ]
    }

    /// The names of those that are no weight: below nought, beyond a thousand, or no number.
    pub fn wrong(&self) -> Vec<&'static str> {
        let all = self.named();
        all.iter().filter(|(_, value)| !(0.0..=WEIGHT_MAX).contains(value)).map(|(name, _)| *name).collect()
    }

    /// The names of those that were set and that this formula does not look at: somebody expects them to count.
    pub fn unused(&self, by: Scorer) -> Vec<&'static str> {
        let counts = |name: &str| match by {
            Scorer::Value => true,
            Scorer::Simple => name == "threshold",
            Scorer::Nearest => false,
        };
        let usual = Weights::default().named();
        let set = self.named().into_iter().zip(usual).filter(|((_, value), (_, usual))| value != usual);
        set.map(|((name, _), _)| name).filter(|name| !counts(name)).collect()
    }
}

/// A rider against an order.
#[derive(Debug, Clone, Copy)]
pub struct Pair {
    /// Metres of road to the store.
    pub way_m: f64,
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
    /// Other orders that the rider has been given and not delivered yet.
    pub in_hand: u32,
}

/// A score and what it is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    by: Scorer,
    parts: Vec<(&'static str, f64)>,
    /// Nearer than where the formula stops to tell one far rider from another.
    pub near: bool,
    /// The formula takes something off for a shift that ends soon.
    pub ends_soon: bool,
}

impl Score {
    /// The sum.
    pub fn sum(&self) -> f64 {
        self.parts.iter().map(|(_, value)| value).sum()
    }

    /// `by=value travel=31.5 batch=0.0 rating=9.4 shift=0.0 load=-2.0`.
    pub fn parts(&self) -> String {
        // Adding nought makes "-0.0" a plain nought.
        let said = |(name, value): &(&str, f64)| format!(" {name}={:.1}", value + 0.0);
        format!("by={}", self.by.word()) + &self.parts.iter().map(said).collect::<String>()
    }
}

/// Scores a pair; `None` is a pair that the formula never makes.
pub fn score(pair: Pair, by: Scorer, weights: &Weights) -> Option<Score> {
    match by {
        Scorer::Value => Some(value(pair, weights)),
        Scorer::Nearest => nearest(pair),
        Scorer::Simple => Some(simple(pair)),
    }
}

fn value(pair: Pair, weights: &Weights) -> Score {
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
    let nearness = (100.0 - 10.0 * pair.travel_min).max(0.0);
    let parts = vec![
        ("travel", weights.travel * nearness),
        ("batch", weights.batch * batch),
        ("rating", weights.rating * 10.0 * pair.rating.clamp(0.0, 5.0)),
        ("shift", shift),
        ("load", -weights.load * f64::from(pair.deliveries_last_hour)),
    ];
    Score { by: Scorer::Value, parts, near: nearness > 0.0, ends_soon: shift < 0.0 }
}

fn nearest(pair: Pair) -> Option<Score> {
    let work = f64::from(pair.in_hand) + f64::from(pair.deliveries_last_hour);
    let parts = vec![("distance", -NEAREST_METRE * pair.way_m), ("load", -NEAREST_LOAD * work)];
    let score = Score { by: Scorer::Nearest, parts, near: true, ends_soon: false };
    (pair.way_m <= NEAREST_WITHIN_M).then_some(score)
}

fn simple(pair: Pair) -> Score {
    let drop = if pair.other_drop_m.is_some_and(|m| m < 500.0) { 20.0 } else { 0.0 };
    let km = pair.way_m / 1_000.0;
    let parts = vec![
        ("base", 100.0),
        ("distance", -20.0 * km),
        ("rating", 20.0 * pair.rating.clamp(0.0, 5.0)),
        ("batch", drop),
    ];
    // From five kilometres on the distance has eaten up the hundred that it starts from.
    Score { by: Scorer::Simple, parts, near: km < 5.0, ends_soon: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAIR: Pair = Pair {
        way_m: 1_000.0 / 3.0,
        travel_min: 1.0,
        other_drop_m: None,
        rating: 4.7,
        shift_left_min: 60.0,
        deliveries_last_hour: 1,
        in_hand: 0,
    };

    fn part(score: &Score, name: &str) -> f64 {
        score.parts.iter().find(|(known, _)| *known == name).unwrap().1
    }

    fn by(pair: Pair, by: Scorer) -> Score {
        score(pair, by, &Weights::default()).unwrap()
    }

    #[test]
    fn the_formula_word_by_word() {
        let value = |pair| by(pair, Scorer::Value);
        let plain = value(PAIR);
        assert!((plain.sum() - (31.5 + 9.4 - 2.0)).abs() < 1e-9);
        assert_eq!(plain.parts(), "by=value travel=31.5 batch=0.0 rating=9.4 shift=0.0 load=-2.0");
        let batch = |m| part(&value(Pair { other_drop_m: Some(m), ..PAIR }), "batch");
        assert!((batch(299.9) - 7.5).abs() < 1e-9);
        assert!((batch(300.0) - 3.75).abs() < 1e-9);
        assert_eq!(batch(500.0), 0.0);
        let late = |left| value(Pair { shift_left_min: left, ..PAIR });
        assert_eq!((part(&late(9.9), "shift"), part(&late(19.9), "shift")), (-50.0, -30.0));
        assert_eq!((late(19.9).ends_soon, late(20.0).ends_soon), (true, false));
        let far = value(Pair { travel_min: 99.0, ..PAIR });
        assert_eq!((part(&far, "travel"), far.near), (0.0, false));
        assert_eq!(Scorer::Value.threshold(&Weights::default()), 20.0);
    }

    #[test]
    fn nearest_is_metres_and_work_within_five_kilometres() {
        let pair = Pair { way_m: 1_500.0, deliveries_last_hour: 2, in_hand: 1, ..PAIR };
        let near = by(pair, Scorer::Nearest);
        assert_eq!(near.sum(), -(0.6 * 1_500.0 + 400.0 * 3.0));
        assert_eq!(near.parts(), "by=nearest distance=-900.0 load=-1200.0");
        // Neither stars nor the shift count, and a hard day makes no order wait.
        let other = Pair { rating: 1.0, shift_left_min: 5.0, other_drop_m: Some(10.0), ..pair };
        assert_eq!(by(other, Scorer::Nearest), near);
        let worst = Pair { way_m: 5_000.0, deliveries_last_hour: 30, ..PAIR };
        assert!(by(worst, Scorer::Nearest).sum() >= Scorer::Nearest.threshold(&Weights::default()));
        let beyond = Pair { way_m: 5_000.1, deliveries_last_hour: 0, ..PAIR };
        assert_eq!(score(beyond, Scorer::Nearest, &Weights::default()), None);
        // The smallest cost is the best score.
        let idle_far = Pair { way_m: 2_000.0, deliveries_last_hour: 0, ..PAIR };
        let busy_near = Pair { way_m: 1_000.0, deliveries_last_hour: 2, ..PAIR };
        assert!(by(idle_far, Scorer::Nearest).sum() > by(busy_near, Scorer::Nearest).sum());
    }

    #[test]
    fn simple_is_kilometres_stars_and_a_drop_nearby() {
        let pair = Pair { way_m: 1_500.0, ..PAIR };
        let plain = by(pair, Scorer::Simple);
        assert!((plain.sum() - (100.0 - 30.0 + 94.0)).abs() < 1e-9);
        assert_eq!(plain.parts(), "by=simple base=100.0 distance=-30.0 rating=94.0 batch=0.0");
        let with = |m| by(Pair { other_drop_m: Some(m), ..pair }, Scorer::Simple);
        assert_eq!((part(&with(499.9), "batch"), part(&with(500.0), "batch")), (20.0, 0.0));
        let tired = Pair { shift_left_min: 5.0, deliveries_last_hour: 9, ..pair };
        assert_eq!(
            by(tired, Scorer::Simple).sum(),
            plain.sum(),
            "neither the shift nor the last hour counts"
        );
        assert!(!by(Pair { way_m: 5_000.0, ..PAIR }, Scorer::Simple).near);
        assert_eq!(Scorer::Simple.threshold(&Weights { threshold: 33.0, ..Weights::default() }), 33.0);
    }

    #[test]
    fn a_weight_that_a_formula_ignores_is_named() {
        let set = Weights { travel: 0.5, threshold: 12.0, ..Weights::default() };
        assert_eq!(set.unused(Scorer::Value), Vec::<&str>::new());
        assert_eq!(set.unused(Scorer::Simple), ["travel"]);
        assert_eq!(set.unused(Scorer::Nearest), ["travel", "threshold"]);
        assert_eq!(Weights::default().unused(Scorer::Nearest), Vec::<&str>::new());
    }
}
