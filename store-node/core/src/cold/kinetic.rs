//! Mean kinetic temperature: the steady temperature at which goods would have aged as much as at the temperatures they had.
//! Warm moments weigh more than cold ones. Pure numbers.

use std::collections::BTreeMap;

/// Activation energy over the gas constant, kelvins (83.144 kJ/mol over 8.3144 J/mol K).
const ACTIVATION_K: f64 = 10_000.0;
/// 0 degC, kelvins.
const ZERO_C: f64 = 273.15;
/// No thermometer of ours is colder, kelvins: keeps nonsense from dividing by zero.
const COLDEST_K: f64 = 1.0;

/// The mean kinetic temperature of values that each held for a time (of any unit, the same for all), thousandths of a degree
/// Celsius in and out; `None` where nothing held at all. It is at least the mean, the same in every order, and a constant's
/// own value.
pub fn mean_kinetic(values: impl IntoIterator<Item = (i32, u64)>) -> Option<i32> {
    // The times of equal values are added up, which also puts them into one order: a sum of floating-point numbers depends on theirs.
    let mut times: BTreeMap<i32, u64> = BTreeMap::new();
    for (value, time) in values.into_iter().filter(|(_, time)| *time > 0) {
        let sum = times.entry(value).or_default();
        *sum = sum.saturating_add(time);
    }
    // exp(-10,000 / 250) is 4e-18: the largest exponent is taken out before the sum and added to its logarithm.
    let largest = exponent(*times.last_key_value()?.0);
    let (mut sum, mut all) = (0.0, 0.0);
    for (value, time) in times {
        #[expect(clippy::cast_precision_loss, reason = "a year has 3e10 milliseconds, far below 2^52")]
        let time = time as f64;
        sum += time * (exponent(value) - largest).exp();
        all += time;
    }
    let kelvin = -ACTIVATION_K / (largest + (sum / all).ln());
    #[expect(clippy::cast_possible_truncation, reason = "lies between the smallest and the largest value")]
    let milli_c = ((kelvin - ZERO_C) * 1_000.0).round() as i32;
    Some(milli_c)
}

fn exponent(milli_c: i32) -> f64 {
    -ACTIVATION_K / (f64::from(milli_c) / 1_000.0 + ZERO_C).max(COLDEST_K)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn each_once(values: &[i32]) -> Option<i32> {
        mean_kinetic(values.iter().map(|value| (*value, 1)))
    }

    #[test]
    fn known_means() {
        assert_eq!(mean_kinetic([]), None);
        assert_eq!(mean_kinetic([(5_000, 0)]), None, "it held for no time");
        // T = 10000 / -ln((5 degC's share) e^(-10000/278.15) + (25 degC's share) e^(-10000/298.15)).
        for (cold, warm) in [(1, 1), (3, 1), (1, 9)] {
            let (a, b) = (f64::from(cold), f64::from(warm));
            let sum = (a * (-10_000.0 / 278.15_f64).exp() + b * (-10_000.0 / 298.15_f64).exp()) / (a + b);
            let direct = -10_000.0 / sum.ln() - 273.15;
            let times = [(5_000, u64::try_from(cold).unwrap()), (25_000, u64::try_from(warm).unwrap())];
            let got = f64::from(mean_kinetic(times).unwrap()) / 1_000.0;
            assert!((got - direct).abs() < 0.001, "{got} {direct}");
        }
        // A freezer at -20 degC that stood at 10 degC for a tenth of the time.
        assert!((-7_000..-2_000).contains(&mean_kinetic([(-20_000, 9), (10_000, 1)]).unwrap()));
    }

    proptest! {
        #[test]
        fn a_constant_is_its_own_mean(value in -100_000..200_000, times in proptest::collection::vec(1_u64..500, 1..50)) {
            prop_assert_eq!(mean_kinetic(times.iter().map(|time| (value, *time))), Some(value));
        }

        #[test]
        fn a_time_twice_as_long_is_the_value_twice(
            values in proptest::collection::vec((-80_000..85_000, 1_u64..20), 1..60)
        ) {
            let apart = values.iter().flat_map(|(value, time)| (0..*time).map(|_| (*value, 1)));
            prop_assert_eq!(mean_kinetic(values.iter().copied()), mean_kinetic(apart));
        }

        #[test]
        fn it_lies_between_the_mean_and_the_warmest(values in proptest::collection::vec(-80_000..85_000, 1..300)) {
            let kinetic = each_once(&values).unwrap();
            let sum: i64 = values.iter().map(|value| i64::from(*value)).sum();
            let mean = sum.div_euclid(i64::try_from(values.len()).unwrap());
            prop_assert!(i64::from(kinetic) >= mean, "{} {}", kinetic, mean);
            prop_assert!(kinetic <= *values.iter().max().unwrap());
        }

        #[test]
        fn order_changes_nothing(
            (values, other) in proptest::collection::vec(-80_000..85_000, 1..300)
                .prop_flat_map(|values| (Just(values.clone()), Just(values).prop_shuffle()))
        ) {
            prop_assert_eq!(each_once(&values), each_once(&other));
        }
    }
}
