//! The delivery fee (REQ-67). Surge factors are a value of their own: issue A charges at `Surge::NONE`, and the engine that
//! watches queues, riders and weather will fill it in here without touching a flow.

use model::Paise;

/// The fee before any factor: INR 25.
pub const BASE: Paise = Paise::new(2_500);
/// Never more: INR 99.
pub const CAP: Paise = Paise::new(9_900);

/// What raises the fee besides the distance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Surge {
    /// 1 to 2.5.
    pub demand: f64,
    /// 1 to 2.
    pub supply: f64,
    /// 1.5 in rain, else 1.
    pub weather: f64,
}

impl Surge {
    /// Nothing raises it.
    pub const NONE: Surge = Surge { demand: 1.0, supply: 1.0, weather: 1.0 };
}

/// The distance factor: 1 up to 1.5 km, then growing to at most 1.3.
pub fn distance_factor(km: f64) -> f64 {
    (1.0 + ((km - 1.5) / 1.5).max(0.0) * 0.3).min(1.3)
}

/// The fee for a way of `km`, rounded to whole rupees.
pub fn delivery_fee(km: f64, surge: Surge) -> Paise {
    let factor = surge.demand.clamp(1.0, 2.5) * surge.supply.clamp(1.0, 2.0) * surge.weather.clamp(1.0, 1.5);
    let rupees = (BASE.get() as f64 / 100.0 * factor * distance_factor(km)).round() as i64;
    Paise::new(rupees.saturating_mul(100)).clamp(Paise::ZERO, CAP)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fee_follows_the_formula() {
        assert_eq!(delivery_fee(0.4, Surge::NONE), Paise::new(2_500));
        assert_eq!(delivery_fee(2.25, Surge::NONE), Paise::new(2_900));
        assert_eq!(delivery_fee(9.0, Surge::NONE), Paise::new(3_300));
        let storm = Surge { demand: 7.0, supply: 2.0, weather: 1.5 };
        assert_eq!(delivery_fee(9.0, storm), CAP);
    }
}
