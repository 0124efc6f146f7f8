//! The escrow's own world in short: cuts of three days, restores of either side, rollbacks, shrinkage. `make sim-quota` runs
//! a thousand seeds. And: rules broken on purpose are noticed.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test's helpers stop at what must not happen")]

use central_hub::mutation::Mutation as Hub;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use store_node::engine::Mutation as Store;
use tests::escrow::{Careless, Options, Tally, run};

/// Seeds of every test run: those in which hours are closed take half as long again.
const SEEDS: u64 = 16;
/// The same of hub and store that are lost together.
const LOST_SEEDS: u64 = 8;
/// Seeds that a broken rule may survive.
const TRIES: u64 = 60;

/// Lines `quota SEED`, `hours SEED`, `lost SEED` and `losthours SEED` of `seeds.txt`.
fn old_failures() -> Vec<Options> {
    let lines = include_str!("seeds.txt").lines().map(|line| line.split('#').next().unwrap_or("").trim());
    lines
        .filter_map(|line| {
            let (world, seed) = line.split_once(' ')?;
            let seed = || seed.trim().parse().unwrap();
            match world {
                "quota" => Some(Options::usual(seed())),
                "hours" => Some(Options::with_hours(seed())),
                "lost" => Some(Options::both_lost(seed())),
                "losthours" => Some(Options { hours: true, ..Options::both_lost(seed()) }),
                _ => None,
            }
        })
        .collect()
}

fn campaign(all: &[Options]) -> Tally {
    let (next, sum, failed) = (AtomicU64::new(0), Mutex::new(Tally::default()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(options) = all.get(next.fetch_add(1, Ordering::Relaxed) as usize) {
                    match run(options) {
                        Ok(tally) => sum.lock().unwrap().add(&tally),
                        Err(broken) => failed.lock().unwrap().push(broken),
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    sum.into_inner().unwrap()
}

#[test]
fn seeds_keep_every_promise_through_cuts_restores_and_shrinkage() {
    let sum = campaign(&(1..=SEEDS).map(Options::of_campaign).collect::<Vec<_>>());
    // A campaign in which nothing happens proves nothing.
    let counted = [
        ("orders", sum.orders, 16 * 30),
        ("shipped", sum.shipped, 16 * 20),
        ("lost units", sum.lost, 20),
        ("restores of the store", sum.store_restores, 10),
        ("restores of the hub", sum.hub_restores, 10),
        ("rollbacks", sum.rollbacks, 3),
        ("UNKNOWN orders", sum.unknown, 10),
        ("units given back", sum.returned, 1),
        ("orders recovered", sum.recovered, 1),
        ("units that vanished unseen", sum.unseen, 20),
        ("units of another product", sum.swapped, 3),
        ("units of the sale", sum.flash, 20),
        ("hours closed", sum.hours_closed, 20),
    ];
    for (what, count, least) in counted {
        assert!(count >= least, "{what}: only {count} in {SEEDS} seeds: {sum:?}");
    }
}

#[test]
fn hub_and_store_that_are_lost_together_keep_every_promise() {
    let lost = |seed| Options { both_lost: true, ..Options::of_campaign(seed) };
    let sum = campaign(&(1..=LOST_SEEDS).map(lost).collect::<Vec<_>>());
    assert!(sum.recovered > 0 && sum.store_restores >= 10 && sum.hours_closed > 0, "{sum:?}");
}

#[test]
fn seeds_that_failed_once_fail_no_more() {
    campaign(&old_failures());
}

/// `first`: the seed at which it was noticed when this was last looked at; whoever changes the world looks anew.
#[track_caller]
fn must_be_caught(name: &str, first: u64, options: impl Fn(u64) -> Options) {
    let caught =
        (first..first + TRIES).find_map(|seed| run(&options(seed)).err().map(|broken| (seed, broken)));
    let (seed, broken) =
        caught.unwrap_or_else(|| panic!("{name} was not noticed in {TRIES} seeds from {first} on"));
    assert!(!broken.to_string().is_empty(), "{name} says what it broke");
    // What the unbroken rules fail at as well says nothing about this one.
    let hub_mutation = Hub::None;
    let unbroken = Options { store_mutation: None, careless: None, hub_mutation, ..options(seed) };
    assert_eq!(run(&unbroken).err(), None, "{name}: without it too, seed {seed}");
}

/// That a store opens without the hub's word, says short while an end is not known, or frees older rights is not noticed here
/// in 30 seeds and more; `escrow_walk` notices all three. `sim_quota --break RULE` tells the seeds.
#[test]
fn each_rule_of_a_store_that_is_broken_is_noticed() {
    for (mutation, first) in [
        (Store::NoFence, 1),
        (Store::PickUnknown, 1),
        (Store::GrantFromDying, 1),
        (Store::SubstituteFromRights, 2),
    ] {
        let name = format!("{mutation:?}");
        must_be_caught(&name, first, |seed| Options {
            store_mutation: Some(mutation),
            ..Options::usual(seed)
        });
    }
}

/// The core's rules for a sale and for weighed goods, which no flow uses yet.
#[test]
fn each_rule_of_a_sale_and_of_weighed_goods_that_is_broken_is_noticed() {
    let rules =
        [(Careless::FlashBeyondRights, 1), (Careless::FlashBeyondPool, 4), (Careless::ReserveAsOrdered, 8)];
    for (rule, first) in rules {
        let name = format!("{rule:?}");
        must_be_caught(&name, first, |seed| Options { careless: Some(rule), ..Options::usual(seed) });
    }
}

/// That a restored hub gives its word at once matters only where its store was restored, too: what both have forgotten is
/// sold again while two people still look for it. In the usual world they have found it before a SKU of it is counted.
#[test]
fn each_rule_of_a_restored_hub_that_is_broken_is_noticed() {
    for (mutation, first) in [(Hub::HoldsOutliveTerms, 8), (Hub::KeepRights, 1)] {
        let name = format!("{mutation:?}");
        must_be_caught(&name, first, |seed| Options { hub_mutation: mutation, ..Options::usual(seed) });
    }
    must_be_caught("WordAtOnce", 2, |seed| Options {
        hub_mutation: Hub::WordAtOnce,
        ..Options::both_lost(seed)
    });
}
