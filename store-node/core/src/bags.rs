//! Which unit goes into which bag, and in what order from the bottom (REQ-31): light enough, cold goods insulated, food
//! apart from the rest, heavy below, fragile above, and as few bags as that allows. Never here: labels, seals, prices.

mod fit;

use model::Grams;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// One line to be bagged. A good sold by weight is one unit of its whole weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    /// Pieces.
    pub units: u32,
    /// Weight of one piece with its packing.
    pub unit: Grams,
    /// Chilled or frozen.
    pub cold: bool,
    /// Breaks or crushes.
    pub fragile: bool,
    /// Eaten or drunk.
    pub food: bool,
}

/// Where fragile goods go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FragileRule {
    /// Into any bag that fits, above everything else.
    OnTop,
    /// Into bags of their own.
    Apart,
}

/// What a city and an operator ask of bags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BagRules {
    /// A bag's contents weigh at most this (default 8.0 kg).
    pub limit: Grams,
    /// A unit above this is heavy and lies at the bottom (default 2.0 kg).
    pub heavy_above: Grams,
    /// Cold goods travel in insulated bags of their own (default yes).
    pub cold_apart: bool,
    /// Food and non-food share no bag (default yes).
    pub food_apart: bool,
    /// Where fragile goods go (default on top).
    pub fragile: FragileRule,
}

impl Default for BagRules {
    fn default() -> Self {
        Self {
            limit: Grams(8_000),
            heavy_above: Grams(2_000),
            cold_apart: true,
            food_apart: true,
            fragile: FragileRule::OnTop,
        }
    }
}

/// What a bag is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BagKind {
    /// Shelf goods.
    Plain,
    /// Cold goods.
    Insulated,
}

/// Units of one line in a bag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packed {
    /// Index into the items that were given.
    pub item: usize,
    /// Pieces of it, at least 1.
    pub units: u32,
}

/// One bag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bag {
    /// What it is made for.
    pub kind: BagKind,
    /// From the bottom up: heavy, light, fragile; the heavier first among equals.
    pub contents: Vec<Packed>,
    /// Weight of the contents in grams.
    pub grams: u64,
}

impl Bag {
    /// Whether it holds a single unit that alone is heavier than the rules allow; a person decides how it travels.
    pub fn is_overweight(&self, rules: &BagRules) -> bool {
        self.grams > u64::from(rules.limit.0)
    }
}

/// An order has at most so many bags: labels, books and documents count them in one byte. Checkout and counter stay far
/// below it by `model::order_doc::KG_MAX`; where a catalogue has learnt of heavier goods since, bags get heavier rather than
/// more, and a person decides how they travel.
pub const BAGS_MAX: usize = 255;
/// Bags that may be filled to the limit: first fit leaves at most one of a kind half empty, so twice as many and one of each
/// of the eight kinds stay within [`BAGS_MAX`].
const BAGS_FULL: u64 = 120;

/// Packs all units: plain bags before insulated ones, food before the rest, otherwise in the order they were opened.
/// First-fit-decreasing, and where that might not be the fewest, a bounded search for fewer. Lines of 0 units are left
/// out; a unit heavier than the limit travels alone. Never more than [`BAGS_MAX`].
pub fn pack(items: &[Item], rules: &BagRules) -> Vec<Bag> {
    let bags = pack_by(items, rules);
    if bags.len() <= BAGS_MAX {
        return bags;
    }
    let total: u64 = items.iter().map(|item| u64::from(item.units) * u64::from(item.unit.0)).sum();
    let least = Grams(u32::try_from(total.div_ceil(BAGS_FULL)).unwrap_or(u32::MAX));
    pack_by(items, &BagRules { limit: rules.limit.max(least), ..*rules })
}

fn pack_by(items: &[Item], rules: &BagRules) -> Vec<Bag> {
    let mut groups: BTreeMap<(BagKind, bool, bool), Vec<usize>> = BTreeMap::new();
    for (index, item) in items.iter().enumerate().filter(|(_, item)| item.units > 0) {
        let kind = if item.cold && rules.cold_apart { BagKind::Insulated } else { BagKind::Plain };
        let non_food = rules.food_apart && !item.food;
        let apart = match rules.fragile {
            FragileRule::OnTop => false,
            FragileRule::Apart => item.fragile,
        };
        groups.entry((kind, non_food, apart)).or_default().push(index);
    }
    let mut bags = Vec::new();
    for ((kind, _, _), mut members) in groups {
        members.sort_by_key(|index| (Reverse(items[*index].unit), *index));
        let lots: Vec<(u32, u32)> = members.iter().map(|i| (items[*i].unit.0, items[*i].units)).collect();
        for load in fit::fewest(&lots, rules.limit.0) {
            let packed = |(lot, units): (usize, u32)| Packed { item: members[lot], units };
            bags.push(stack(kind, load.into_iter().map(packed).collect(), items, rules));
        }
    }
    bags
}

/// Puts a bag's contents in order, bottom first.
fn stack(kind: BagKind, mut contents: Vec<Packed>, items: &[Item], rules: &BagRules) -> Bag {
    contents.sort_by_key(|packed| {
        let item = items[packed.item];
        (item.fragile, item.unit <= rules.heavy_above, Reverse(item.unit), packed.item)
    });
    let grams = contents.iter().map(|p| u64::from(p.units) * u64::from(items[p.item].unit.0)).sum();
    Bag { kind, contents, grams }
}

#[cfg(test)]
mod tests;
