//! Which orders of one store a rider may carry together (REQ-76), and in which order their doors are ridden to: for so few,
//! every order is tried (REQ-77).

use crate::eta::{Conditions, arrival_min};
use crate::geo;
use model::Grams;
use model::api::hub::Point;

/// Doors are nearer to each other than this, metres by air.
pub const DOORS_M: f64 = 300.0;
/// Bags are ready within so many minutes of each other.
pub const READY_MIN: f64 = 2.0;
/// From leaving the store until the last door has its bags: less than so many minutes.
pub const COMBINED_MIN: f64 = 12.0;
/// Orders on one way, at most.
pub const ORDERS_MAX: usize = 3;
/// What a rider carries of several orders, while nobody says it by rider and vehicle (REQ-74): a bicycle's box. A single order
/// may weigh more; it goes alone.
pub const CARRIES: Grams = Grams(20_000);
/// So many doors are put into the best order; more than a rider is ever given.
const DOORS_TRIED: usize = 6;

/// An order as far as it matters to what it shares a way with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parcel {
    /// The door.
    pub at: Point,
    /// Minutes from now until the bags are ready; nought for packed ones, however long they have been so: the rule is there
    /// so that none waits for another.
    pub ready_min: f64,
    /// What was ordered weighs this, in grams.
    pub grams: u64,
    /// It shares its way with none. There is no such order yet; a pass will say it (REQ-67).
    pub premium: bool,
}

/// Why orders do not share a way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Apart {
    /// There is none to join.
    Alone,
    /// The rider has as many as go on one way.
    Full,
    /// One of them goes alone.
    Premium,
    /// Two doors are [`DOORS_M`] from each other or more.
    Doors,
    /// One would wait for another for longer than [`READY_MIN`].
    Ready,
    /// Together they weigh more than [`CARRIES`].
    Weight,
    /// The last door would have to wait for [`COMBINED_MIN`] or longer.
    Long,
}

/// Whether an order may join those that a rider is going to collect at the same store. Says how far its door is from the
/// nearest other one, in metres.
///
/// # Errors
/// [`Apart`], the first reason against it.
pub fn joins(store: Point, mates: &[Parcel], new: &Parcel) -> Result<f64, Apart> {
    if mates.is_empty() {
        return Err(Apart::Alone);
    }
    if mates.len() >= ORDERS_MAX {
        return Err(Apart::Full);
    }
    if new.premium || mates.iter().any(|mate| mate.premium) {
        return Err(Apart::Premium);
    }
    let metres = |mate: &Parcel| geo::haversine_m(mate.at, new.at);
    if mates.iter().any(|mate| metres(mate) >= DOORS_M) {
        return Err(Apart::Doors);
    }
    if mates.iter().any(|mate| (mate.ready_min - new.ready_min).abs() > READY_MIN) {
        return Err(Apart::Ready);
    }
    let grams = mates.iter().map(|mate| mate.grams).fold(new.grams, u64::saturating_add);
    if grams > u64::from(CARRIES.0) {
        return Err(Apart::Weight);
    }
    let doors: Vec<Point> = mates.iter().chain([new]).map(|parcel| parcel.at).collect();
    let last = best_way(store, &doors).last().map_or(0.0, |stop| stop.minutes);
    if last >= COMBINED_MIN {
        return Err(Apart::Long);
    }
    Ok(mates.iter().map(metres).fold(f64::INFINITY, f64::min))
}

/// One door of a way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stop {
    /// Which of the doors.
    pub door: usize,
    /// Minutes from the start until its bags are given.
    pub minutes: f64,
}

/// The order in which the doors are done soonest; of several, the first in their own order. Doors beyond the first
/// six follow in their own order.
pub fn best_way(from: Point, doors: &[Point]) -> Vec<Stop> {
    let tried = doors.len().min(DOORS_TRIED);
    let mut best = Vec::new();
    go_on(from, &doors[..tried], &mut Vec::with_capacity(tried), &mut best);
    for door in tried..doors.len() {
        let (at, so_far) = end_of(from, doors, &best);
        best.push(Stop { door, minutes: so_far + arrival_min(at, doors[door], Conditions::default()) });
    }
    best
}

fn end_of(from: Point, doors: &[Point], way: &[Stop]) -> (Point, f64) {
    way.last().map_or((from, 0.0), |stop| (doors.get(stop.door).copied().unwrap_or(from), stop.minutes))
}

fn go_on(from: Point, doors: &[Point], way: &mut Vec<Stop>, best: &mut Vec<Stop>) {
    let (at, so_far) = end_of(from, doors, way);
    if way.len() == doors.len() {
        if best.last().is_none_or(|last| so_far < last.minutes) {
            best.clone_from(way);
        }
        return;
    }
    for (door, to) in doors.iter().enumerate() {
        if way.iter().any(|stop| stop.door == door) {
            continue;
        }
        way.push(Stop { door, minutes: so_far + arrival_min(at, *to, Conditions::default()) });
        go_on(from, doors, way, best);
        way.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORE: Point = Point { lat: 12.9716, lon: 77.6412 };

    fn north(metres: f64) -> Point {
        Point { lat: STORE.lat + metres / 111_195.0, lon: STORE.lon }
    }

    fn parcel(metres: f64) -> Parcel {
        Parcel { at: north(metres), ready_min: 4.0, grams: 5_000, premium: false }
    }

    #[test]
    fn orders_share_a_way_only_as_the_rule_says() {
        let mate = [parcel(700.0)];
        let with = |new: Parcel| joins(STORE, &mate, &new);
        assert!((with(parcel(990.0)).unwrap() - 290.0).abs() < 0.1);
        assert_eq!(with(parcel(1_001.0)), Err(Apart::Doors));
        assert!(with(Parcel { ready_min: 6.0, ..parcel(800.0) }).is_ok());
        assert_eq!(with(Parcel { ready_min: 6.1, ..parcel(800.0) }), Err(Apart::Ready));
        assert_eq!(with(Parcel { ready_min: 1.9, ..parcel(800.0) }), Err(Apart::Ready));
        assert!(with(Parcel { grams: 15_000, ..parcel(800.0) }).is_ok());
        assert_eq!(with(Parcel { grams: 15_001, ..parcel(800.0) }), Err(Apart::Weight));
        assert_eq!(with(Parcel { premium: true, ..parcel(800.0) }), Err(Apart::Premium));
        assert_eq!(joins(STORE, &[Parcel { premium: true, ..mate[0] }], &parcel(800.0)), Err(Apart::Premium));
        assert_eq!(joins(STORE, &[], &parcel(800.0)), Err(Apart::Alone));
        let three = [parcel(700.0), parcel(720.0), parcel(740.0)];
        assert_eq!(joins(STORE, &three, &parcel(760.0)), Err(Apart::Full));
        assert!((joins(STORE, &three[..2], &parcel(760.0)).unwrap() - 40.0).abs() < 0.1, "the nearest one");
    }

    #[test]
    fn the_last_door_is_done_within_twelve_minutes() {
        // To the first door 1.3 km x 3 min + 2 + 0.65 = 6.55 min; 200 m farther 0.78 + 2 + 0.5 = 3.28 min.
        let near = best_way(STORE, &[north(1_000.0), north(1_200.0)]);
        assert!((near[1].minutes - 9.83).abs() < 0.01, "{near:?}");
        assert!(joins(STORE, &[parcel(1_000.0)], &parcel(1_200.0)).is_ok());
        // 1.75 km: 6.825 + 2 + 1.1375 and the same 3.28 are 13.24 min.
        assert_eq!(joins(STORE, &[parcel(1_750.0)], &parcel(1_950.0)), Err(Apart::Long));
    }

    #[test]
    fn the_best_way_is_the_best_of_all() {
        let doors = [north(900.0), north(300.0), north(600.0)];
        let order: Vec<usize> = best_way(STORE, &doors).iter().map(|stop| stop.door).collect();
        assert_eq!(order, [1, 2, 0]);
        let mut seed = 7_u64;
        let mut roll = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 40) as f64 / (1_u64 << 24) as f64
        };
        for _ in 0..50 {
            let mut some = || Point { lat: STORE.lat + roll() * 0.02, lon: STORE.lon + roll() * 0.02 };
            let doors = [some(), some(), some(), some()];
            let found = best_way(STORE, &doors).last().unwrap().minutes;
            let mut least = f64::INFINITY;
            for code in 0..256_usize {
                let way = [code & 3, code >> 2 & 3, code >> 4 & 3, code >> 6 & 3];
                if (0..4).any(|door| !way.contains(&door)) {
                    continue;
                }
                let (mut at, mut sum) = (STORE, 0.0);
                for door in way {
                    sum += arrival_min(at, doors[door], Conditions::default());
                    at = doors[door];
                }
                least = least.min(sum);
            }
            assert!((found - least).abs() < 1e-9, "{found} of {least}");
        }
        assert_eq!(best_way(STORE, &[]), Vec::new());
        let many = vec![north(500.0); 9];
        assert_eq!(best_way(STORE, &many).len(), 9);
    }
}
