//! Chains the classes of a plan: what a class costs up to each of its possible last stops is what the next class
//! starts from. Knows nothing of how one class is solved.

use super::frontier::Sweep;
use super::held_karp;
use super::states::States;
use super::{Limits, Stop};
use crate::layout::{Layout, NodeId};
use std::collections::BTreeMap;

/// No way.
pub(super) const FAR: u64 = u64::MAX;

/// The stops of one class by place.
#[derive(Debug)]
pub(super) struct Leg {
    /// Different places, in ascending order.
    pub nodes: Vec<NodeId>,
    /// The stops at each place.
    pub stops: Vec<Vec<usize>>,
}

/// Splits stops into classes, first to last.
pub(super) fn legs(stops: &[Stop]) -> Vec<Leg> {
    let mut classes: BTreeMap<_, BTreeMap<NodeId, Vec<usize>>> = BTreeMap::new();
    for (index, stop) in stops.iter().enumerate() {
        classes.entry(stop.class).or_default().entry(stop.node).or_default().push(index);
    }
    let leg = |places: BTreeMap<NodeId, Vec<usize>>| {
        let (nodes, stops) = places.into_iter().unzip();
        Leg { nodes, stops }
    };
    classes.into_values().map(leg).collect()
}

/// What one plan may still spend.
struct Effort<'a> {
    states: &'a mut States,
    subsets_most: usize,
    entries: usize,
}

/// How one class is solved.
enum Method {
    Subsets(Vec<Vec<u32>>),
    Sweep(Sweep),
}

/// The stops in their best order, or `None` if a class was too much work.
pub(super) fn solve(
    states: &mut States,
    limits: Limits,
    layout: &Layout,
    start: NodeId,
    end: NodeId,
    legs: &[Leg],
) -> Option<Vec<usize>> {
    let choose = |leg: &Leg| Method::choose(limits, layout, leg);
    let mut methods = legs.iter().map(choose).collect::<Option<Vec<Method>>>()?;
    let mut effort = Effort { states, subsets_most: limits.subsets_most, entries: limits.sweep_entries };
    // What each class starts from, per place, and what its last stops cost.
    let mut entries: Vec<Vec<u64>> = Vec::with_capacity(legs.len());
    let mut exits: Vec<Vec<u64>> = Vec::with_capacity(legs.len());
    for (index, leg) in legs.iter().enumerate() {
        let entry = match (index.checked_sub(1).map(|before| &legs[before]), exits.last()) {
            (Some(before), Some(costs)) => entry(layout, leg, &before.nodes, costs),
            (None, _) | (_, None) => entry(layout, leg, &[start], &[0]),
        };
        if index + 1 < legs.len() {
            exits.push(methods[index].exits(&mut effort, layout, leg, &entry)?);
        }
        entries.push(entry);
    }
    // Backwards: the last class ends where the end is near, every other where the next one begins.
    let mut next = end;
    let mut ways = Vec::with_capacity(legs.len());
    for (index, leg) in legs.iter().enumerate().rev() {
        let mut beyond: Vec<u64> = leg.nodes.iter().map(|n| u64::from(layout.cm(*n, next))).collect();
        if let Some(costs) = exits.get(index) {
            let best = (0..beyond.len()).min_by_key(|t| costs[*t].saturating_add(beyond[*t]))?;
            beyond.iter_mut().enumerate().for_each(|(t, cost)| *cost = if t == best { 0 } else { FAR });
        }
        let way = methods[index].order(&mut effort, layout, leg, &entries[index], &beyond)?;
        next = leg.nodes[*way.first()?];
        ways.push(way);
    }
    let in_order = legs.iter().zip(ways.iter().rev());
    Some(in_order.flat_map(|(leg, way)| way.iter().flat_map(|place| leg.stops[*place].clone())).collect())
}

fn entry(layout: &Layout, leg: &Leg, from: &[NodeId], costs: &[u64]) -> Vec<u64> {
    let cheapest = |to: &NodeId| {
        let ways = from.iter().zip(costs).map(|(n, c)| c.saturating_add(u64::from(layout.cm(*n, *to))));
        ways.min().unwrap_or(FAR)
    };
    leg.nodes.iter().map(cheapest).collect()
}

impl Method {
    /// `None` if no method can take so many places on such a floor, which is known before any work is done.
    fn choose(limits: Limits, layout: &Layout, leg: &Leg) -> Option<Method> {
        let count = leg.nodes.len();
        if count <= limits.subsets_first.max(1) {
            return Some(Method::subsets(layout, leg));
        }
        let sweep = Sweep::new(layout, &leg.nodes).map(Method::Sweep);
        sweep.or_else(|| (count <= limits.subsets_most).then(|| Method::subsets(layout, leg)))
    }

    fn subsets(layout: &Layout, leg: &Leg) -> Method {
        let row = |a: &NodeId| leg.nodes.iter().map(|b| layout.cm(*a, *b)).collect();
        Method::Subsets(leg.nodes.iter().map(row).collect())
    }

    fn exits(&mut self, effort: &mut Effort, layout: &Layout, leg: &Leg, entry: &[u64]) -> Option<Vec<u64>> {
        if let Method::Sweep(sweep) = self {
            if let Some(exits) = sweep.exits(effort.states, &mut effort.entries, entry) {
                return Some(exits);
            }
            *self = Method::subsets(layout, leg);
        }
        match self {
            Method::Subsets(cm) => held_karp::exits(cm, entry, effort.subsets_most),
            Method::Sweep(_) => None,
        }
    }

    fn order(
        &mut self,
        effort: &mut Effort,
        layout: &Layout,
        leg: &Leg,
        entry: &[u64],
        beyond: &[u64],
    ) -> Option<Vec<usize>> {
        if let Method::Sweep(sweep) = self {
            if let Some(order) = sweep.order(effort.states, &mut effort.entries, entry, beyond) {
                return Some(order);
            }
            *self = Method::subsets(layout, leg);
        }
        match self {
            Method::Subsets(cm) => held_karp::order(cm, entry, beyond, effort.subsets_most),
            Method::Sweep(_) => None,
        }
    }
}
