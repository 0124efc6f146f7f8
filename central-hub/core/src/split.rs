//! What no single store has, a few may have together (REQ-62): which stores, and what each of them brings. The fewest
//! deliveries; among those the stores with the most room, at a tie the nearest; a product comes from one store where one of
//! them has all of it. An offer, never a decision: the customer agrees to it or changes the basket.

use crate::store_choice::{Candidate, judge_place};
use model::api::hub::Point;
use model::{Qty, SkuId, particulars};
use std::collections::BTreeMap;

/// Deliveries that one basket may become, at most: each has a fee and a rider of its own.
pub const DELIVERIES_MAX: usize = 3;
/// Stores that are looked at, the nearest ones: with three of them together there are 220 to compare.
const LOOKED_AT: usize = 12;

/// What one store brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The store, as an index into the candidates.
    pub candidate: usize,
    /// What it brings.
    pub lines: BTreeMap<SkuId, Qty>,
    /// By name: `store=Indiranagar metres=820 room=14 part=1 parts=2`.
    pub why: String,
}

/// A store that could bring some of it.
#[derive(Clone, Copy)]
struct Near<'a> {
    at: usize,
    far: f64,
    store: &'a Candidate,
}

impl Near<'_> {
    fn left(&self, sku: &SkuId) -> u64 {
        self.store.available.get(sku).copied().unwrap_or(0)
    }
    /// Products of which it has all that is wanted.
    fn whole(&self, wanted: &BTreeMap<SkuId, Qty>) -> usize {
        wanted.iter().filter(|(sku, qty)| self.left(sku) >= units(**qty)).count()
    }
}

/// Two or three stores that reach the door, sell, and together have all of it; the one that brings the most products first.
/// `None` where there are none. `wanted`: units by SKU, summed over the lines.
pub fn split(door: Point, wanted: &BTreeMap<SkuId, Qty>, candidates: &[Candidate]) -> Option<Vec<Part>> {
    let near = nearest(door, wanted, candidates);
    let team = (2..=DELIVERIES_MAX).find_map(|size| best_team(&near, wanted, size))?;
    Some(share(team, wanted))
}

fn nearest<'a>(door: Point, wanted: &BTreeMap<SkuId, Qty>, candidates: &'a [Candidate]) -> Vec<Near<'a>> {
    let mut near: Vec<Near<'a>> = candidates
        .iter()
        .enumerate()
        .filter_map(|(at, store)| Some(Near { at, far: judge_place(store, door).ok()?, store }))
        .filter(|near| wanted.keys().any(|sku| near.left(sku) > 0))
        .collect();
    near.sort_by(|a, b| a.far.total_cmp(&b.far));
    near.truncate(LOOKED_AT);
    near
}

/// The best so many stores that have it all together.
fn best_team<'a>(near: &[Near<'a>], wanted: &BTreeMap<SkuId, Qty>, size: usize) -> Option<Vec<Near<'a>>> {
    let mut best: Option<Vec<Near<'a>>> = None;
    for team in teams(near, size) {
        let suffices = |(sku, qty): (&SkuId, &Qty)| {
            team.iter().map(|near| near.left(sku)).fold(0, u64::saturating_add) >= units(*qty)
        };
        if wanted.iter().all(suffices) && best.as_ref().is_none_or(|other| beats(&team, other)) {
            best = Some(team);
        }
    }
    best
}

/// More room in the fullest of its stores; at a tie the shorter ways.
fn beats(team: &[Near<'_>], other: &[Near<'_>]) -> bool {
    let room = |team: &[Near<'_>]| team.iter().map(|near| near.store.headroom).min().unwrap_or(0);
    let ways = |team: &[Near<'_>]| team.iter().map(|near| near.far).sum::<f64>();
    room(team) > room(other) || (room(team) == room(other) && ways(team) < ways(other))
}

/// All choices of `size` out of these, in order.
fn teams<'a>(near: &[Near<'a>], size: usize) -> Vec<Vec<Near<'a>>> {
    let Some((first, rest)) = near.split_first().filter(|_| size > 0) else {
        return if size == 0 { vec![Vec::new()] } else { Vec::new() };
    };
    let mut with = teams(rest, size - 1);
    for team in &mut with {
        team.insert(0, *first);
    }
    with.extend(teams(rest, size));
    with
}

/// Who brings what. A product goes to the first store that has all of it; where none has, units come from each in turn.
fn share(mut team: Vec<Near<'_>>, wanted: &BTreeMap<SkuId, Qty>) -> Vec<Part> {
    // Stable, and they stand by their distance: at a tie the nearest first.
    team.sort_by_key(|near| std::cmp::Reverse(near.whole(wanted)));
    let mut lines = vec![BTreeMap::new(); team.len()];
    for (sku, qty) in wanted {
        let mut open = units(*qty);
        let whole = team.iter().position(|near| near.left(sku) >= open);
        for (at, near) in team.iter().enumerate() {
            let takes = if whole.is_none_or(|one| one == at) { near.left(sku).min(open) } else { 0 };
            if let Some(some) =
                i64::try_from(takes).ok().and_then(|n| Qty::new(n).ok()).filter(|q| !q.is_zero())
                && let Some(part) = lines.get_mut(at)
            {
                part.insert(sku.clone(), some);
                open -= takes;
            }
        }
    }
    let brought: Vec<_> = team.iter().zip(lines).filter(|(_, lines)| !lines.is_empty()).collect();
    let parts = brought.len();
    let part = |(at, (near, lines)): (usize, (&Near<'_>, BTreeMap<SkuId, Qty>))| {
        let (metres, room) = (format!("{:.0}", near.far), near.store.headroom);
        let named: [(&str, &dyn std::fmt::Display); 5] = [
            ("store", &near.store.name),
            ("metres", &metres),
            ("room", &room),
            ("part", &(at + 1)),
            ("parts", &parts),
        ];
        Part { candidate: near.at, lines, why: particulars(&named) }
    };
    brought.into_iter().enumerate().map(part).collect()
}

fn units(qty: Qty) -> u64 {
    u64::from(qty.get())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stop_selling::Selling;
    use model::StoreId;

    const DOOR: Point = Point { lat: 12.97, lon: 77.59 };

    fn sku(name: &str) -> SkuId {
        SkuId::new(name).unwrap()
    }
    fn some<T>(of: &[(&str, T)]) -> BTreeMap<SkuId, T>
    where
        T: Copy,
    {
        of.iter().map(|(name, n)| (sku(name), *n)).collect()
    }
    fn want(of: &[(&str, i64)]) -> BTreeMap<SkuId, Qty> {
        of.iter().map(|(name, n)| (sku(name), Qty::new(*n).unwrap())).collect()
    }
    fn store(name: &str, metres: f64, headroom: u32, has: &[(&str, u64)]) -> Candidate {
        Candidate {
            store: StoreId::new(name).unwrap(),
            name: name.to_owned(),
            at: Point { lat: DOOR.lat + metres / 111_195.0, lon: DOOR.lon },
            radius_m: 2_000,
            selling: Selling::Open,
            available: some(has),
            headroom,
        }
    }
    /// `store: SKU 2, SKU 1; store: ...`.
    fn told(wanted: &[(&str, i64)], stores: &[Candidate]) -> String {
        let Some(parts) = split(DOOR, &want(wanted), stores) else { return "none".to_owned() };
        let part = |part: &Part| {
            let lines: Vec<String> =
                part.lines.iter().map(|(sku, qty)| format!("{sku} {}", qty.get())).collect();
            format!("{}: {}", stores[part.candidate].name, lines.join(", "))
        };
        parts.iter().map(part).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn each_brings_what_the_other_lacks() {
        let near = store("near", 100.0, 5, &[("A", 9), ("B", 1)]);
        let far = store("far", 900.0, 5, &[("B", 9), ("C", 2)]);
        let asked = [("A", 2), ("B", 2), ("C", 2)];
        assert_eq!(told(&asked, &[near.clone(), far.clone()]), "far: B 2, C 2; near: A 2");
        // The order of the list changes nothing.
        assert_eq!(told(&asked, &[far, near]), "far: B 2, C 2; near: A 2");
    }

    #[test]
    fn units_are_divided_only_where_no_store_has_all_of_them() {
        let stores = [store("a", 100.0, 5, &[("A", 6)]), store("b", 200.0, 5, &[("A", 5), ("B", 1)])];
        assert_eq!(told(&[("A", 8)], &stores), "a: A 6; b: A 2");
        assert_eq!(told(&[("A", 6), ("B", 1)], &stores), "a: A 6; b: B 1");
        assert_eq!(told(&[("A", 12)], &stores), "none");
    }

    #[test]
    fn the_fewest_deliveries_then_room_then_the_shortest_ways() {
        let a = store("a", 100.0, 5, &[("A", 1)]);
        let b = store("b", 100.0, 5, &[("B", 1)]);
        let c = store("c", 100.0, 5, &[("C", 1)]);
        let both = store("both", 1_900.0, 1, &[("B", 1), ("C", 1)]);
        let asked = [("A", 1), ("B", 1), ("C", 1)];
        assert_eq!(told(&asked, &[a.clone(), b.clone(), c.clone()]), "a: A 1; b: B 1; c: C 1");
        assert_eq!(told(&asked, &[a.clone(), b.clone(), c, both]), "both: B 1, C 1; a: A 1");
        let full = store("full", 50.0, 0, &[("B", 1)]);
        let nearer = store("nearer", 60.0, 5, &[("B", 1)]);
        let asked = [("A", 1), ("B", 1)];
        assert_eq!(told(&asked, &[a.clone(), b.clone(), full.clone()]), "a: A 1; b: B 1");
        assert_eq!(told(&asked, &[a.clone(), b, full, nearer]), "nearer: B 1; a: A 1");
        let four: Vec<Candidate> =
            ["A", "B", "C", "D"].iter().map(|sku| store(&sku.to_lowercase(), 10.0, 5, &[(sku, 1)])).collect();
        assert_eq!(told(&[("A", 1), ("B", 1), ("C", 1), ("D", 1)], &four), "none");
    }

    #[test]
    fn who_does_not_sell_or_is_too_far_brings_nothing() {
        let a = store("a", 100.0, 5, &[("A", 1)]);
        let mut silent = store("silent", 100.0, 5, &[("B", 1)]);
        silent.selling = Selling::Unreachable { silent_ms: 200_000 };
        let outside = store("outside", 2_100.0, 5, &[("B", 1)]);
        assert_eq!(told(&[("A", 1), ("B", 1)], &[a, silent, outside]), "none");
    }

    /// Random worlds: what is offered is all of it, never more than a store has, and no fewer stores would do.
    #[test]
    fn an_offer_is_always_whole_and_within_what_is_there() {
        let mut seed = 7u64;
        let mut roll = |n: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % n
        };
        let names = ["A", "B", "C", "D"];
        let mut offers = 0;
        for _ in 0..2_000 {
            let stores: Vec<Candidate> = (0..roll(5) + 1)
                .map(|n| {
                    let has: Vec<(&str, u64)> = names.iter().map(|name| (*name, roll(4))).collect();
                    store(&format!("s{n}"), roll(2_500) as f64, roll(4) as u32, &has)
                })
                .collect();
            let wanted = want(&names.iter().map(|name| (*name, roll(3) as i64 + 1)).collect::<Vec<_>>());
            let Some(parts) = split(DOOR, &wanted, &stores) else { continue };
            offers += 1;
            let mut sum: BTreeMap<SkuId, Qty> = BTreeMap::new();
            for part in &parts {
                assert!(!part.lines.is_empty());
                for (sku, qty) in &part.lines {
                    assert!(stores[part.candidate].available[sku] >= units(*qty));
                    let entry = sum.entry(sku.clone()).or_default();
                    *entry = entry.checked_add(*qty).unwrap();
                }
            }
            assert_eq!(sum, wanted);
            assert!(parts.len() <= DELIVERIES_MAX);
        }
        assert!(offers > 200, "{offers}: the worlds must offer something");
    }
}
