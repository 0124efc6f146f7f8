//! The uplink of one store: frames that get lost, come twice, late or out of order, and cuts of minutes to hours. Decides
//! when a frame arrives; what stands in it is the peers' business.

use model::order::Owner;
use rand::Rng;
use rand::rngs::SmallRng;

/// How bad a line is.
#[derive(Debug, Clone, Copy)]
pub struct Weather {
    /// Frames lost, thousandths.
    pub loss: u32,
    /// Frames that come twice, thousandths.
    pub twice: u32,
    /// Frames that come late, so that later ones overtake them, thousandths.
    pub late: u32,
    /// The usual way, milliseconds: from, to.
    pub delay_ms: (i64, i64),
}

impl Weather {
    /// A good line.
    pub const FAIR: Weather = Weather { loss: 0, twice: 0, late: 0, delay_ms: (10, 60) };
    /// A phone in a basement.
    pub const FOUL: Weather = Weather { loss: 80, twice: 40, late: 60, delay_ms: (20, 400) };
}

/// The uplink of one store.
#[derive(Debug)]
pub struct Line {
    /// How bad it is.
    pub weather: Weather,
    /// Nothing passes.
    pub cut: bool,
    /// Both ends believe that a connection stands.
    pub connected: bool,
    /// A dial is planned.
    pub dialling: bool,
    /// When the latest frame to the hub and to the store arrives.
    latest: [i64; 2],
}

impl Line {
    /// Not yet connected.
    pub const fn new(weather: Weather) -> Self {
        Self { weather, cut: false, connected: false, dialling: false, latest: [0; 2] }
    }

    /// Notes when a frame arrives; whether it is there before one that was sent earlier.
    pub fn arrives(&mut self, to: Owner, at_ms: i64) -> bool {
        let latest = &mut self.latest[usize::from(to == Owner::Store)];
        let overtakes = at_ms < *latest;
        *latest = at_ms.max(*latest);
        overtakes
    }

    /// When a frame sent now arrives: never, once, or twice; milliseconds from now.
    pub fn carry(&self, rng: &mut SmallRng) -> Vec<i64> {
        let chance = |rng: &mut SmallRng, thousandths: u32| rng.random_range(0..1000) < thousandths;
        if self.cut || chance(rng, self.weather.loss) {
            return Vec::new();
        }
        let copies = if chance(rng, self.weather.twice) { 2 } else { 1 };
        let (from, to) = self.weather.delay_ms;
        (0..copies)
            .map(|_| {
                let late = if chance(rng, self.weather.late) { rng.random_range(500..6_000) } else { 0 };
                rng.random_range(from..=to) + late
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn a_foul_line_loses_doubles_and_reorders_and_a_cut_one_passes_nothing() {
        let mut rng = SmallRng::seed_from_u64(1);
        let mut line = Line::new(Weather::FOUL);
        let sent: Vec<Vec<i64>> = (0..2_000).map(|_| line.carry(&mut rng)).collect();
        assert!(sent.iter().any(Vec::is_empty) && sent.iter().any(|times| times.len() == 2));
        assert!(sent.windows(2).any(|pair| match (pair[0].first(), pair[1].first()) {
            (Some(first), Some(second)) => *first > *second + 1,
            _ => false,
        }));
        line.cut = true;
        assert!((0..100).all(|_| line.carry(&mut rng).is_empty()));
    }
}
