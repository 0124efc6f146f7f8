//! How much of a SKU is likely to be asked for, from a rate of sales. Arithmetic only; who measures the rate is elsewhere.

/// A part in a hundred that more is asked for than [`Demand::likely_most`] says.
const P99: f64 = 0.99;
/// A typical larger line: who wants a thing at all may want so many of it.
const LINE_UNITS: u64 = 3;

/// Units sold per hour, as measured.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Demand {
    /// By the hub.
    pub hub_per_hour: f64,
    /// At the counter.
    pub counter_per_hour: f64,
}

impl Demand {
    /// The most that the hub sells in so many milliseconds, but for one time in a hundred.
    pub fn likely_most(&self, ms: i64) -> u64 {
        most_of(self.hub_per_hour, ms)
    }

    /// The same at the counter.
    pub fn counter_likely_most(&self, ms: i64) -> u64 {
        most_of(self.counter_per_hour, ms)
    }

    /// Whether the next unit is likelier to be sold by the hub.
    pub fn hub_is_likelier(&self) -> bool {
        self.hub_per_hour >= self.counter_per_hour
    }
}

/// Lines come by chance (Poisson); each may be a large one.
fn most_of(per_hour: f64, ms: i64) -> u64 {
    let mean = per_hour.max(0.0) * (ms.max(0) as f64 / 3_600_000.0);
    if mean <= 0.0 { 0 } else { poisson_quantile(mean, P99).saturating_add(LINE_UNITS - 1) }
}

/// The smallest number that a Poisson variable exceeds with less than 1 - `p`. Above a mean of 500 the normal law serves.
fn poisson_quantile(mean: f64, p: f64) -> u64 {
    if mean > 500.0 {
        return (mean + 2.33 * mean.sqrt()).ceil() as u64;
    }
    let (mut term, mut sum, mut n) = ((-mean).exp(), (-mean).exp(), 0_u64);
    while sum < p && n < 2_000 {
        n += 1;
        term *= mean / n as f64;
        sum += term;
    }
    n
}

/// A rate that forgets: what was sold in the last span moves it, what was sold long ago fades.
pub fn rate_after(before: f64, units: u64, span_ms: i64) -> f64 {
    const FADES_MS: f64 = 2.0 * 3_600_000.0;
    let span = span_ms.max(1) as f64;
    let keeps = (-span / FADES_MS).exp();
    // Over a span of that length the new rate weighs as much as the old one fades.
    let seen = units as f64 * 3_600_000.0 / span;
    before * keeps + seen * (1.0 - keeps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_tables() {
        assert_eq!([0.05, 1.0, 5.0, 20.0].map(|mean| poisson_quantile(mean, 0.99)), [1, 4, 11, 31]);
        let quiet = Demand { hub_per_hour: 1.0, counter_per_hour: 4.0 };
        assert_eq!((quiet.likely_most(190_000), Demand::default().likely_most(190_000)), (3, 0));
        assert!(!quiet.hub_is_likelier());
    }

    #[test]
    fn a_rate_follows_what_is_sold_and_fades() {
        let mut rate = 0.0;
        for _ in 0..2_000 {
            rate = rate_after(rate, 1, 60_000);
        }
        assert!((rate - 60.0).abs() < 0.5, "{rate}");
        assert!(rate_after(rate, 0, 24 * 3_600_000) < 0.01);
        assert!((rate_after(0.0, 6, 2 * 3_600_000) - 3.0 * (1.0 - (-1.0_f64).exp())).abs() < 1e-9);
    }
}
