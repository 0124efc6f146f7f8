//! Mean kinetic temperature: the steady temperature at which goods would have aged as much as at the temperatures they had.
//! Warm moments weigh more than cold ones. Pure numbers.

use std::collections::BTreeMap;

/// Activation energy over the gas constant, kelvins (83.144 kJ/mol over 8.3144 J/mol K).
const ACTIVATION_K: f64 = 10_000.0;
/// 0 degC, kelvins.
const ZERO_C: f64 = 273.15;
/// No thermometer of ours is colder, kelvins: keeps nonsense from dividing by zero.
const COLDEST_K: f64 = 1.0;

/// The mean kinetic temperature of values that stand for equally long times, thousandths of a degree Celsius in and out;
/// `None` for none. It is at least the mean, the same in every order, and a constant's own value.
pub fn mean_kinetic(values: impl IntoIterator<Item = i32>) -> Option<i32> {
    // Equal values are counted, which also puts them into one order: a sum of floating-point numbers depends on theirs.
    let mut counts: BTreeMap<i32, u64> = BTreeMap::new();
    for value in values {
        *counts.entry(value).or_default() += 1;
    }
    // exp(-10,000 / 250) is 4e-18: the largest exponent is taken out before the sum and added to its logarithm.
    let largest = exponent(*counts.last_key_value()?.0);
    let (mut sum, mut all) = (0.0, 0.0);
    for (value, count) in counts {
        #[expect(clippy::cast_precision_loss, reason = "a count of readings is far below 2^52")]
        let count = count as f64;
        sum += count * (exponent(value) - largest).exp();
        all += count;
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

    #[test]
    fn known_means() {
        assert_eq!(mean_kinetic([]), None);
        // Half at 5 and half at 25 degC: T = 10000 / -ln((e^(-10000/278.15) + e^(-10000/298.15)) / 2).
        let direct = {
            let sum = ((-10_000.0 / 278.15_f64).exp() + (-10_000.0 / 298.15_f64).exp()) / 2.0;
            -10_000.0 / sum.ln() - 273.15
        };
        let got = f64::from(mean_kinetic([5_000, 25_000]).unwrap()) / 1_000.0;
        assert!((got - direct).abs() < 0.001 && got > 18.0, "{got} {direct}");
        // A freezer at -20 degC that stood at 10 degC for a tenth of the time.
        let freezer = std::iter::repeat_n(-20_000, 9).chain([10_000]);
        assert!((-7_000..-2_000).contains(&mean_kinetic(freezer).unwrap()));
    }

    proptest! {
        #[test]
        fn a_constant_is_its_own_mean(value in -100_000..200_000, count in 1_usize..500) {
            prop_assert_eq!(mean_kinetic(std::iter::repeat_n(value, count)), Some(value));
        }

        #[test]
        fn it_lies_between_the_mean_and_the_warmest(values in proptest::collection::vec(-80_000..85_000, 1..300)) {
            let kinetic = mean_kinetic(values.iter().copied()).unwrap();
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
            prop_assert_eq!(mean_kinetic(values), mean_kinetic(other));
        }
    }
}
