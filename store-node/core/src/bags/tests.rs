//! Bags against the rules read one by one, and against the fewest bags by an exact search over all subsets.

use super::*;
use crate::layout::tests::Dice;

fn item(units: u32, grams: u32) -> Item {
    Item { units, unit: Grams(grams), cold: false, fragile: false, food: true }
}

fn random_items(dice: &mut Dice, units_most: usize) -> Vec<Item> {
    let weights =
        [40, 90, 150, 250, 500, 500, 900, 1_000, 1_000, 1_700, 2_000, 2_001, 2_600, 3_300, 5_000, 9_500];
    let mut left = 1 + dice.below(units_most);
    let mut items = Vec::new();
    while left > 0 {
        let units = 1 + dice.below(left.min(4));
        left -= units;
        let grams = weights[dice.below(weights.len())] + dice.below(3) as u32 * 37;
        items.push(Item {
            units: units as u32,
            unit: Grams(grams),
            cold: dice.below(4) == 0,
            fragile: dice.below(5) == 0,
            food: dice.below(4) > 0,
        });
    }
    items
}

/// Every rule, from the items alone.
fn assert_rules(items: &[Item], bags: &[Bag], rules: &BagRules) {
    let mut units = vec![0; items.len()];
    for bag in bags {
        let of = |p: &Packed| items[p.item];
        assert!(!bag.contents.is_empty());
        bag.contents.iter().for_each(|p| units[p.item] += p.units);
        let grams: u64 = bag.contents.iter().map(|p| u64::from(p.units) * u64::from(of(p).unit.0)).sum();
        assert_eq!(bag.grams, grams);
        let alone = bag.contents.len() == 1 && bag.contents[0].units == 1;
        assert!(grams <= u64::from(rules.limit.0) || alone, "{bag:?}");
        assert_eq!(bag.is_overweight(rules), grams > u64::from(rules.limit.0));
        let insulated = bag.kind == BagKind::Insulated;
        assert!(bag.contents.iter().all(|p| (of(p).cold && rules.cold_apart) == insulated), "cold apart");
        let same_food = bag.contents.iter().all(|p| of(p).food == of(&bag.contents[0]).food);
        assert!(same_food || !rules.food_apart, "food apart");
        let fragile = bag.contents.iter().filter(|p| of(p).fragile).count();
        match rules.fragile {
            FragileRule::OnTop => assert!(bag.contents.is_sorted_by_key(|p| of(p).fragile), "fragile on top"),
            FragileRule::Apart => assert!(fragile == 0 || fragile == bag.contents.len(), "fragile apart"),
        }
        let firm: Vec<bool> =
            bag.contents.iter().filter(|p| !of(p).fragile).map(|p| of(p).unit > rules.heavy_above).collect();
        assert!(firm.is_sorted_by_key(|heavy| !heavy), "heavy at the bottom");
    }
    let asked: Vec<u32> = items.iter().map(|i| i.units).collect();
    assert_eq!(units, asked, "every unit once");
}

/// The fewest bags for these weights, by the best (bags, grams in the last one) of every subset.
fn fewest(weights: &[u32], limit: u32) -> usize {
    let mut best = vec![(usize::MAX, u32::MAX); 1 << weights.len()];
    best[0] = (0, limit);
    for set in 0..best.len() {
        for (unit, grams) in weights.iter().enumerate().filter(|(unit, _)| set >> unit & 1 == 0) {
            let (bags, filled) = best[set];
            let after = if filled + grams <= limit { (bags, filled + grams) } else { (bags + 1, *grams) };
            let cell = &mut best[set | 1 << unit];
            *cell = (*cell).min(after);
        }
    }
    best[best.len() - 1].0
}

fn fewest_under_rules(items: &[Item], rules: &BagRules) -> usize {
    let mut groups: BTreeMap<(bool, bool, bool), Vec<u32>> = BTreeMap::new();
    let mut alone = 0;
    for item in items {
        if item.unit > rules.limit {
            alone += item.units as usize;
            continue;
        }
        let apart = item.fragile && rules.fragile == FragileRule::Apart;
        let key = (item.cold && rules.cold_apart, item.food || !rules.food_apart, apart);
        groups.entry(key).or_default().extend((0..item.units).map(|_| item.unit.0));
    }
    alone + groups.values().map(|weights| fewest(weights, rules.limit.0)).sum::<usize>()
}

#[test]
fn never_more_bags_than_an_exact_search_on_three_thousand_baskets() {
    let mut dice = Dice(31);
    let loose = BagRules { cold_apart: false, food_apart: false, ..BagRules::default() };
    let apart = BagRules { fragile: FragileRule::Apart, ..BagRules::default() };
    for basket in 0..3_000 {
        let rules = [BagRules::default(), loose, apart][basket % 3];
        let items = random_items(&mut dice, 11);
        let bags = pack(&items, &rules);
        assert_rules(&items, &bags, &rules);
        assert_eq!(bags.len(), fewest_under_rules(&items, &rules), "basket {basket}: {items:?}");
    }
}

#[test]
fn first_fit_decreasing_alone_would_need_one_more() {
    // 4+2+2 and 3+3+2 kg fill two bags; the heaviest first would put 4 and 3 together.
    let items = [item(1, 4_000), item(2, 3_000), item(3, 2_000)];
    let bags = pack(&items, &BagRules::default());
    assert_eq!(bags.iter().map(|bag| bag.grams).collect::<Vec<_>>(), [8_000, 8_000]);
}

#[test]
fn the_limit_is_inclusive_and_heavier_units_travel_alone() {
    let rules = BagRules::default();
    let bags = pack(&[item(2, 4_000), item(1, 8_001), item(1, 10)], &rules);
    let grams: Vec<(u64, bool)> = bags.iter().map(|bag| (bag.grams, bag.is_overweight(&rules))).collect();
    assert_eq!(grams, [(8_001, true), (8_000, false), (10, false)]);
}

#[test]
fn heavy_lies_below_and_fragile_above() {
    let eggs = Item { fragile: true, ..item(1, 700) };
    let bags = pack(&[eggs, item(1, 500), item(1, 2_500), item(0, 50)], &BagRules::default());
    let order: Vec<usize> = bags[0].contents.iter().map(|p| p.item).collect();
    assert_eq!((bags.len(), order), (1, vec![2, 1, 0]));
}

#[test]
fn cold_and_non_food_have_their_own_bags() {
    let milk = Item { cold: true, ..item(1, 1_000) };
    let soap = Item { food: false, ..item(1, 100) };
    let bags = pack(&[milk, soap, item(1, 300)], &BagRules::default());
    let kinds: Vec<(BagKind, usize)> = bags.iter().map(|b| (b.kind, b.contents[0].item)).collect();
    assert_eq!(kinds, [(BagKind::Plain, 2), (BagKind::Plain, 1), (BagKind::Insulated, 0)]);
}

#[test]
fn huge_and_weightless_orders_end() {
    let rules = BagRules::default();
    let items = [item(1_000_000, 3), item(5, 0), item(20_000, 7_999), item(40, 4_100)];
    let bags = pack(&items, &rules);
    let total: u64 = items.iter().map(|item| u64::from(item.units) * u64::from(item.unit.0)).sum();
    let limit = Grams(u32::try_from(total.div_ceil(BAGS_FULL)).unwrap());
    assert_rules(&items, &bags, &BagRules { limit, ..rules });
    let dust = BagRules { limit: Grams(0), ..rules };
    assert_eq!(pack(&[item(3, 0), item(2, 1)], &dust).len(), 3);
    assert_eq!(pack(&[], &rules), []);
}

#[test]
fn no_order_has_more_bags_than_can_be_counted() {
    for (units, grams) in [(255, 5_000), (256, 5_000), (5_000, 9_500), (1_000_000, 50_000), (121, 8_001)] {
        for rules in [BagRules::default(), BagRules { fragile: FragileRule::Apart, ..BagRules::default() }] {
            let mut items: Vec<Item> = (0..8)
                .map(|n| Item { cold: n & 1 > 0, food: n & 2 > 0, fragile: n & 4 > 0, ..item(1, 100) })
                .collect();
            items.push(item(units, grams));
            let bags = pack(&items, &rules);
            assert!(bags.len() <= BAGS_MAX, "{units} x {grams} g: {}", bags.len());
            let packed: u64 = bags.iter().flat_map(|bag| &bag.contents).map(|p| u64::from(p.units)).sum();
            assert_eq!(packed, u64::from(units) + 8, "every unit once");
            let cold = |bag: &&Bag| bag.kind == BagKind::Insulated;
            assert!(bags.iter().any(|bag| cold(&bag)), "and cold goods apart still");
        }
    }
    let most = model::order_doc::KG_MAX * 1_000 / 4_001;
    assert_eq!(
        pack(&[item(most, 4_001)], &BagRules::default()).len(),
        most as usize,
        "by the rules up to there"
    );
}
