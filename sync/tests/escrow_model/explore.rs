//! Breadth first through all states, with the way back to the first. Knows nothing of stock.

use crate::rules::{Bounds, Rule};
use crate::world::{State, Step};
use std::collections::BTreeMap;

/// More states than this are a mistake in the bounds, not a world.
const STATES_MAX: usize = 20_000_000;

/// What exploring found.
pub enum Verdict {
    /// Every reachable state is sound.
    Holds {
        /// How many there are.
        states: usize,
    },
    /// A shortest way to an unsound one.
    Broken {
        /// Which invariant.
        invariant: &'static str,
        /// The steps from the beginning.
        trace: Vec<String>,
        /// States seen until then.
        states: usize,
    },
}

/// Explores the world of `bounds` without the rule `out`, to the end or to the first broken invariant.
pub fn explore(bounds: Bounds, out: Option<Rule>) -> Verdict {
    let first = State::new(&bounds);
    let mut seen: BTreeMap<State, (u32, Option<Step>)> = BTreeMap::from([(first, (0, None))]);
    let mut order = vec![first];
    let mut at = 0;
    while let Some(state) = order.get(at).copied() {
        if let Some(invariant) = state.broken() {
            return Verdict::Broken { invariant, trace: trace(&seen, &order, at), states: seen.len() };
        }
        for (step, next) in state.next(&bounds, out) {
            seen.entry(next).or_insert_with(|| {
                order.push(next);
                (u32::try_from(at).unwrap(), Some(step))
            });
        }
        assert!(seen.len() < STATES_MAX, "{bounds:?} is too large");
        at += 1;
    }
    Verdict::Holds { states: seen.len() }
}

fn trace(seen: &BTreeMap<State, (u32, Option<Step>)>, order: &[State], mut at: usize) -> Vec<String> {
    let mut steps = Vec::new();
    while let Some((from, Some(step))) = seen.get(&order[at]) {
        steps.push(format!("{step:?}"));
        at = *from as usize;
    }
    steps.reverse();
    steps
}
