//! When an order arrives (REQ-79) and how long a ride takes (REQ-70: planned at no more than 20 km/h, so that a far
//! customer gets a longer promise and never a faster rider).

use crate::geo;
use model::api::hub::Point;

/// The fastest a ride is ever planned, km/h (REQ-70).
pub const RIDE_KMH: f64 = 20.0;
/// Minutes from the gate to the door until a building has been learned (REQ-79).
pub const ACCESS_MIN: f64 = 2.0;

/// What is known about the way besides its length.
#[derive(Debug, Clone, Copy)]
pub struct Conditions {
    /// Learned per neighbourhood and time of day; clamped to 0.5-2.0.
    pub neighbourhood: f64,
    /// Traffic now; 1.0 is free.
    pub traffic: f64,
    /// Minutes of building access.
    pub access_min: f64,
}

impl Default for Conditions {
    fn default() -> Self {
        Self { neighbourhood: 1.0, traffic: 1.0, access_min: ACCESS_MIN }
    }
}

/// Minutes of riding between two places.
pub fn ride_min(from: Point, to: Point) -> f64 {
    geo::road_km(from, to) / RIDE_KMH * 60.0
}

/// Minutes until the customer has it, from where the rider is: ride x neighbourhood x traffic + access + hand-over,
/// where the hand-over is max(0.5, 0.5 x km).
pub fn arrival_min(from: Point, to: Point, on: Conditions) -> f64 {
    let km = geo::road_km(from, to);
    let ride = ride_min(from, to) * on.neighbourhood.clamp(0.5, 2.0) * on.traffic.max(1.0);
    ride + on.access_min.max(0.0) + (0.5 * km).max(0.5)
}

/// Minutes that are promised at checkout: picking and packing, then the way.
pub fn promise_min(prepare_min: f64, store: Point, door: Point) -> f64 {
    prepare_min.max(0.0) + arrival_min(store, door, Conditions::default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORE: Point = Point { lat: 12.9716, lon: 77.5946 };

    #[test]
    fn two_kilometres_by_air_take_seven_minutes_eight() {
        let door = Point { lat: 12.9716 + 2_000.0 / 111_195.0, lon: 77.5946 };
        assert!((ride_min(STORE, door) - 7.8).abs() < 0.01);
        let all = arrival_min(STORE, door, Conditions::default());
        assert!((all - (7.8 + 2.0 + 1.3)).abs() < 0.02, "{all}");
    }

    #[test]
    fn learned_factors_are_clamped_and_traffic_never_speeds_up() {
        let door = Point { lat: 12.98, lon: 77.60 };
        let usual = arrival_min(STORE, door, Conditions::default());
        let wild = Conditions { neighbourhood: 9.0, traffic: 0.2, access_min: -3.0 };
        let clamped = Conditions { neighbourhood: 2.0, traffic: 1.0, access_min: 0.0 };
        assert_eq!(arrival_min(STORE, door, wild), arrival_min(STORE, door, clamped));
        assert!(promise_min(5.0, STORE, door) > usual + 4.99);
    }
}
