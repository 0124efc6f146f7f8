//! The model of the escrow walks over the real code: random real actions on a real store and a real hub over SQLite, and
//! after each one a run of the model's own transitions must lead to the same picture. What the real code does and the model
//! forbids fails here, and so does what the model demands and the real code does not do.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test's helpers stop at what must not happen")]

mod rig;
#[path = "../../../sync/tests/escrow_model/rules.rs"]
#[expect(dead_code, reason = "the model's own search uses the rest")]
mod rules;
#[path = "../../../sync/tests/escrow_model/world.rs"]
mod world;

use proptest::prelude::*;
use rig::{Action, Rig};
use rules::Bounds;
use std::collections::BTreeSet;
use world::{State, Step};

/// Model steps that one real action may be.
const DEPTH: usize = 7;

const BOUNDS: Bounds = Bounds {
    units: 3,
    orders: 3,
    local: 3,
    store_restores: 1,
    hub_restores: 1,
    shrinks: 2,
    cancels: 2,
    returns: 3,
};

/// Whether a step of the model may be part of what a real action does.
fn explains(action: Action, step: Step) -> bool {
    use Action as A;
    use Step as S;
    // Decisions that the real store takes by itself as soon as it may.
    let own = matches!(step, S::StoreShorts(_) | S::StoreOpens | S::PersonResolves(_));
    match (action, step) {
        (A::Grant, S::StoreGrants) => true,
        (A::HubHears, S::HubHearsGrant { .. } | S::HubGivesBack) => true,
        (A::HubSells, S::HubSells { .. }) => true,
        (A::StoreHears(n), S::StoreHearsOrder(m) | S::StoreCancels(m)) => n == m,
        (A::StoreHears(_) | A::Vanish | A::Count, _) if own => true,
        (A::Vanish, S::UnitVanishes) => true,
        (A::Count, S::StoreCounted) => true,
        (A::Counter, S::CounterSells) => true,
        (A::Ship(n), S::StoreShips(m)) => n == m,
        (A::Cancel(n), S::CustomerCancels(m)) => n == m,
        (
            A::StoreHearsAll,
            S::StoreHearsOrder(_)
            | S::StoreHearsReturn { .. }
            | S::StoreHearsWord
            | S::StoreHearsClosing
            | S::StoreCancels(_),
        ) => true,
        (A::StoreHearsAll, _) if own => true,
        (A::Decide(n), S::PersonResolves(m) | S::StoreCancels(m)) => n == m,
        (A::Decide(_), S::StoreShorts(_) | S::StoreOpens) => true,
        (A::StoreBackup, S::StoreBackup) => true,
        (A::StoreRestore, S::StoreRestored) => true,
        (A::HubBackup, S::HubBackup) => true,
        (A::HubRestore, S::HubRestored) => true,
        (A::StoreHearsGeneration, S::StoreHearsGeneration) => true,
        (A::Recover, S::HubLogRecovered) => true,
        (_, _) => false,
    }
}

/// All states of the model that look like `seen` after at most [`DEPTH`] steps that explain the action.
fn follow(from: &BTreeSet<State>, action: Action, seen: &world::Seen) -> BTreeSet<State> {
    let mut found = BTreeSet::new();
    let (mut known, mut edge) = (from.clone(), from.clone());
    for _ in 0..=DEPTH {
        found.extend(edge.iter().filter(|state| state.seen() == *seen).copied());
        let mut next = BTreeSet::new();
        for state in &edge {
            for (step, after) in state.next(&BOUNDS, None) {
                if explains(action, step) && known.insert(after) {
                    next.insert(after);
                }
            }
        }
        if next.is_empty() {
            break;
        }
        edge = next;
    }
    found
}

fn walk(choices: &[u8]) -> Result<usize, String> {
    let mut rig = Rig::new(BOUNDS.units);
    let mut states = BTreeSet::from([State::new(&BOUNDS)]);
    let mut trace = Vec::new();
    for choice in choices {
        let may = rig.actions();
        let action = may[usize::from(*choice) % may.len()];
        if !rig.act(action) {
            continue;
        }
        trace.push(action);
        let seen = rig.seen();
        let after = follow(&states, action, &seen);
        if after.is_empty() {
            let before: Vec<_> = states.iter().take(2).map(State::seen).collect();
            return Err(format!(
                "{trace:?}\nthe model cannot do that: from {before:?}\nthe real code is at {seen:?}"
            ));
        }
        if let Some(broken) = after.iter().find_map(State::broken) {
            return Err(format!("{trace:?}: {broken} broken"));
        }
        states = after;
    }
    Ok(trace.len())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, max_shrink_iters: 60, ..ProptestConfig::with_cases(24) })]

    #[test]
    fn every_walk_of_the_real_code_is_a_walk_of_the_model(choices in prop::collection::vec(any::<u8>(), 20..50)) {
        let walked = walk(&choices);
        prop_assert!(walked.is_ok(), "{}", walked.unwrap_err());
        prop_assert!(walked.unwrap() > 4, "a walk that goes nowhere shows nothing");
    }
}
