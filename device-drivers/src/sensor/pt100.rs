//! Platinum resistance to temperature by IEC 60751 (Callendar-Van Dusen), both above and below 0 degC. Pure numbers.

/// Coefficients of IEC 60751 for platinum of 3,851 ppm/K.
const A: f64 = 3.908_3e-3;
const B: f64 = -5.775e-7;
const C: f64 = -4.183e-12;
/// The standard's range, degrees Celsius.
const RANGE: (f64, f64) = (-200.0, 850.0);
/// More steps than Newton's method needs anywhere in the range.
const STEPS: usize = 8;

/// Resistance over that at 0 degC, for a temperature in degrees Celsius.
#[must_use]
pub fn ratio(celsius: f64) -> f64 {
    let above = 1.0 + A * celsius + B * celsius * celsius;
    if celsius >= 0.0 { above } else { above + C * (celsius - 100.0) * celsius * celsius * celsius }
}

fn slope(celsius: f64) -> f64 {
    let above = A + 2.0 * B * celsius;
    if celsius >= 0.0 { above } else { above + C * (4.0 * celsius - 300.0) * celsius * celsius }
}

/// Temperature in degrees Celsius for a resistance over that at 0 degC; `None` outside the standard's -200 to 850.
#[must_use]
pub fn celsius(resistance_ratio: f64) -> Option<f64> {
    if !(ratio(RANGE.0)..=ratio(RANGE.1)).contains(&resistance_ratio) {
        return None;
    }
    // Above zero the equation is a square one; below, its root is near enough for Newton's method to begin at.
    let root = (A * A - 4.0 * B * (1.0 - resistance_ratio)).sqrt();
    let mut celsius = (root - A) / (2.0 * B);
    if celsius < 0.0 {
        for _ in 0..STEPS {
            celsius -= (ratio(celsius) - resistance_ratio) / slope(celsius);
        }
    }
    Some(celsius)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Ohms of a PT100 by the standard's table, to its two decimals.
    const TABLE: [(f64, f64); 16] = [
        (-200.0, 18.52),
        (-150.0, 39.72),
        (-100.0, 60.26),
        (-50.0, 80.31),
        (-20.0, 92.16),
        (-10.0, 96.09),
        (0.0, 100.00),
        (10.0, 103.90),
        (20.0, 107.79),
        (30.0, 111.67),
        (50.0, 119.40),
        (100.0, 138.51),
        (200.0, 175.86),
        (300.0, 212.05),
        (400.0, 247.09),
        (850.0, 390.48),
    ];

    #[test]
    fn the_standards_table_both_ways() {
        for (degrees, ohms) in TABLE {
            assert!(
                (ratio(degrees) * 100.0 - ohms).abs() <= 0.005_01,
                "{degrees}: {}",
                ratio(degrees) * 100.0
            );
            // Half of the table's last digit is 0.013 K here, 0.017 K at the hot end.
            let back = celsius(ratio(degrees)).unwrap();
            assert!((back - degrees).abs() < 1e-9, "{degrees}: {back}");
        }
        assert_eq!(celsius(0.18), None);
        assert_eq!(celsius(3.91), None);
    }

    proptest! {
        #[test]
        fn there_and_back(degrees in -200.0..850.0_f64) {
            let back = celsius(ratio(degrees)).unwrap();
            prop_assert!((back - degrees).abs() < 1e-6, "{degrees} {back}");
        }
    }
}
