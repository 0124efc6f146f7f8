//! The escrow's rules (SYNC.md, REQ-50) explored breadth first to the end for small bounds: one SKU, a store and a hub, with
//! messages lost, doubled and late, a store and a hub restored from any earlier moment, a shrink, cancellations. Every
//! rule can be taken out, and every rule taken out yields a shortest trace to a broken invariant: a model that cannot
//! fail shows nothing. The two ledgers are the product's own (`sync::quota`); fences and generations stand here.

#![expect(clippy::unwrap_used, reason = "a test's helpers stop at what must not happen")]

mod explore;
mod rules;
mod world;

use explore::{Verdict, explore};
use rules::{Bounds, Rule};
use world::{Seen, State};

/// Small worlds that together hold every kind of mishap; the large ones run with `LARDER_MODEL=full` (`make sim-quota`).
fn worlds() -> Vec<(&'static str, Bounds)> {
    let full = std::env::var("LARDER_MODEL").is_ok_and(|word| word == "full");
    let small = Bounds { units: 2, orders: 3, local: 2, ..Bounds::default() };
    let mut all = vec![
        ("a store restored", Bounds { store_restores: 1, shrinks: 1, cancels: 1, ..small }),
        ("a hub restored", Bounds { hub_restores: 1, returns: 1, ..small }),
        ("a shrink, cancellations and returns", Bounds { shrinks: 1, cancels: 2, returns: 1, ..small }),
        ("both restored", Bounds { store_restores: 1, hub_restores: 1, orders: 2, ..small }),
    ];
    if full {
        let mishaps = Bounds { shrinks: 1, cancels: 1, returns: 1, ..small };
        let both = Bounds { store_restores: 1, hub_restores: 1, ..small };
        all.push(("a store restored, with all else", Bounds { store_restores: 1, ..mishaps }));
        all.push(("a hub restored, with all else", Bounds { hub_restores: 1, ..mishaps }));
        all.push(("both restored, a shrink", Bounds { orders: 2, local: 1, shrinks: 1, ..both }));
        all.push(("both restored, a cancellation", Bounds { orders: 2, local: 1, cancels: 1, ..both }));
    }
    all
}

#[test]
fn the_rules_hold_in_every_reachable_state() {
    for (name, bounds) in worlds() {
        match explore(bounds, None) {
            Verdict::Holds { states } => {
                println!("{name}: {states} states, nothing broken");
                assert!(states > 500, "{name}: a world of {states} states shows nothing");
            }
            Verdict::Broken { invariant, trace, .. } => {
                panic!("{name}: {invariant} broken by\n  {}", trace.join("\n  "))
            }
        }
    }
}

#[test]
fn every_rule_taken_out_breaks_an_invariant() {
    for rule in Rule::ALL {
        let shortest = worlds()
            .into_iter()
            .filter_map(|(name, bounds)| match explore(bounds, Some(rule)) {
                Verdict::Holds { .. } => None,
                Verdict::Broken { invariant, trace, states } => {
                    Some((trace.len(), name, invariant, trace, states))
                }
            })
            .min_by_key(|found| found.0);
        let (steps, name, invariant, trace, states) = shortest
            .unwrap_or_else(|| panic!("{rule:?} can be left out: it is no rule, or no world needs it"));
        println!("without {rule:?}: {invariant} broken after {steps} steps ({name}, {states} states):");
        trace.iter().for_each(|step| println!("    {step}"));
    }
}

#[test]
fn at_first_there_is_nothing_to_see_but_the_units() {
    let bounds = Bounds { units: 3, ..Bounds::default() };
    let seen = State::new(&bounds).seen();
    let nothing = Seen {
        hand: 3,
        fenced: false,
        orders: Default::default(),
        store: [0; 3],
        blocked: 0,
        hub: [0; 3],
        shipped: Default::default(),
        shorted: Default::default(),
        cancelled: Default::default(),
    };
    assert_eq!(seen, nothing);
}
