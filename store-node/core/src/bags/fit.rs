//! Fewest bags for weights alone: first-fit-decreasing, checked against the weight's own lower bound, and a bounded
//! search for one bag less where the two differ. Knows nothing of what the goods are.

use std::collections::BTreeMap;

/// Units up to which a better packing is searched for; real orders are far below.
const SEARCH_UNITS: usize = 64;
/// Placements the search tries at most: a few milliseconds.
const SEARCH_STEPS: usize = 100_000;

/// A bag's units: (lot, units).
pub(super) type Load = Vec<(usize, u32)>;

/// Spreads lots of (grams of a unit, units), heaviest first, over as few bags of `limit` grams as it can. A unit above
/// the limit gets a bag of its own.
pub(super) fn fewest(lots: &[(u32, u32)], limit: u32) -> Vec<Load> {
    let mut loads: Vec<Load> = Vec::new();
    let mut normal: Vec<usize> = Vec::new();
    for (lot, (grams, units)) in lots.iter().enumerate() {
        if *grams > limit {
            loads.extend((0..*units).map(|_| vec![(lot, 1)]));
        } else {
            normal.push(lot);
        }
    }
    let first_fit = first_fit(lots, &normal, limit);
    loads.extend(search(lots, &normal, limit, first_fit.len()).unwrap_or(first_fit));
    loads
}

/// First-fit-decreasing, many equal units at a time.
fn first_fit(lots: &[(u32, u32)], normal: &[usize], limit: u32) -> Vec<Load> {
    let mut bags: Vec<(u32, Load)> = Vec::new();
    for lot in normal {
        let (grams, mut left) = lots[*lot];
        let mut at = 0;
        while left > 0 {
            if at == bags.len() {
                bags.push((limit, Vec::new()));
            }
            let (room, load) = &mut bags[at];
            let take = room.checked_div(grams).unwrap_or(left).min(left);
            if take > 0 {
                *room -= take * grams;
                left -= take;
                load.push((*lot, take));
            }
            at += 1;
        }
    }
    bags.into_iter().map(|(_, load)| load).collect()
}

/// A packing with fewer bags than `known`, if one exists and is found in bounded time.
fn search(lots: &[(u32, u32)], normal: &[usize], limit: u32, known: usize) -> Option<Vec<Load>> {
    let total: u64 = normal.iter().map(|lot| u64::from(lots[*lot].0) * u64::from(lots[*lot].1)).sum();
    let bound = usize::try_from(total.div_ceil(u64::from(limit.max(1)))).unwrap_or(usize::MAX);
    let count: u64 = normal.iter().map(|lot| u64::from(lots[*lot].1)).sum();
    if known <= bound || count > SEARCH_UNITS as u64 {
        return None;
    }
    let units: Vec<usize> =
        normal.iter().flat_map(|lot| std::iter::repeat_n(*lot, lots[*lot].1 as usize)).collect();
    let mut steps = SEARCH_STEPS;
    // The fewest first: the first packing found is then the best.
    for bags in bound.max(1)..known {
        let spare = bags as u64 * u64::from(limit) - total;
        let mut search =
            Search { lots, units: &units, rooms: vec![limit; bags], chosen: Vec::new(), spare, steps };
        if search.place(limit) {
            return Some(search.loads());
        }
        steps = search.steps;
    }
    None
}

struct Search<'a> {
    lots: &'a [(u32, u32)],
    /// Lot of every unit, heaviest first.
    units: &'a [usize],
    rooms: Vec<u32>,
    /// Bag of every unit placed so far.
    chosen: Vec<usize>,
    /// Grams of room that may stay empty in all bags together.
    spare: u64,
    steps: usize,
}

impl Search<'_> {
    /// Places the next unit and all after it; `limit` is an empty bag's room.
    fn place(&mut self, limit: u32) -> bool {
        let Some(lot) = self.units.get(self.chosen.len()).copied() else { return true };
        let grams = self.lots[lot].0;
        // Equal units go into bags in ascending order, so that swapping them is not tried.
        let twin = self.chosen.last().copied().filter(|_| self.units[self.chosen.len() - 1] == lot);
        let smallest = self.units.last().map_or(0, |last| self.lots[*last].0);
        let lost: u64 = self.rooms.iter().filter(|room| **room < smallest).map(|room| u64::from(*room)).sum();
        if self.steps == 0 || lost > self.spare {
            return false;
        }
        self.steps -= 1;
        for bag in twin.unwrap_or(0)..self.rooms.len() {
            let room = self.rooms[bag];
            if room < grams || (twin.is_none() && self.rooms[..bag].contains(&room)) {
                continue;
            }
            self.rooms[bag] = room - grams;
            self.chosen.push(bag);
            if self.place(limit) {
                return true;
            }
            self.chosen.pop();
            self.rooms[bag] = room;
            // An empty bag is as good as any other empty bag, and an exact fit as good as any placement.
            if room == limit || room == grams {
                break;
            }
        }
        false
    }

    fn loads(&self) -> Vec<Load> {
        let mut loads: Vec<BTreeMap<usize, u32>> = vec![BTreeMap::new(); self.rooms.len()];
        for (lot, bag) in self.units.iter().zip(&self.chosen) {
            *loads[*bag].entry(*lot).or_default() += 1;
        }
        loads.into_iter().filter(|load| !load.is_empty()).map(|load| load.into_iter().collect()).collect()
    }
}
