//! In what order a picker walks to the stops of an order (REQ-30): the shortest walk that takes every class of goods
//! before the next, from where the picker stands to packing. Proven optimal wherever the plan says `exact`.
//!
//! Classes are chained: a class is solved for every stop it may end at, and the next class starts from all of those at
//! once. A small class is solved by Held and Karp's subsets, any other by a sweep over the aisle graph, which is
//! Ratliff and Rosenthal's dynamic programme freed from the rectangle. Never here: stock, lots, who picks.

mod chain;
mod euler;
mod frontier;
mod held_karp;
mod improve;
mod program;
mod states;

use crate::layout::{Layout, LayoutError, NodeId, ZoneKind};
use model::catalogue::Product;
use serde::{Deserialize, Serialize};
use states::States;

/// What is picked before what (REQ-30): the order of the variants is the order of the walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PickClass {
    /// Heavy goods of zone C.
    HeavyC,
    /// The rest of zone C.
    LightC,
    /// Heavy goods of zone B.
    HeavyB,
    /// The rest of zone B.
    LightB,
    /// Heavy goods of zone A.
    HeavyA,
    /// The rest of zone A.
    LightA,
    /// Chilled and frozen goods: as late as may be.
    Cold,
    /// What breaks or crushes: last, on top.
    Fragile,
}

impl PickClass {
    /// The class of a product picked from a bin in a zone of that kind. Fragile goods come last even when cold; goods
    /// kept at packing or dispatch count as zone A.
    pub const fn of(zone: ZoneKind, product: &Product) -> PickClass {
        if product.fragile {
            return PickClass::Fragile;
        }
        if product.temp.is_cold() {
            return PickClass::Cold;
        }
        match (zone, product.is_heavy()) {
            (ZoneKind::Cold, _) => PickClass::Cold,
            (ZoneKind::C, true) => PickClass::HeavyC,
            (ZoneKind::C, false) => PickClass::LightC,
            (ZoneKind::B, true) => PickClass::HeavyB,
            (ZoneKind::B, false) => PickClass::LightB,
            (ZoneKind::A | ZoneKind::Packing | ZoneKind::Dispatch, true) => PickClass::HeavyA,
            (ZoneKind::A | ZoneKind::Packing | ZoneKind::Dispatch, false) => PickClass::LightA,
        }
    }
}

/// One line's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stop {
    /// Where the picker stands to reach the bin.
    pub node: NodeId,
    /// When it may be picked.
    pub class: PickClass,
}

/// The walk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Indices into the stops that were asked for, each once, first to last.
    pub order: Vec<usize>,
    /// The whole walk, start and end in, in centimetres.
    pub length_cm: u64,
    /// Whether no shorter walk exists; `false` = the best that was found within [`Limits`].
    pub exact: bool,
}

/// How much work may go into a proof. With the defaults, 30 stops of any classes are proven within 50 ms on floors that
/// a sweep line cuts in at most four aisles (up to four cross aisles), and on any floor where no class has more than
/// [`Limits::subsets_most`] places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// A class of at most so many different places is solved by subsets straight away (default 7).
    pub subsets_first: usize,
    /// The most places the subsets may take when the sweep gives up (default 13: about 2 ms); 16 at most.
    pub subsets_most: usize,
    /// The sweeps of one plan give up after so many table entries together (default 1,000,000: about 30 ms).
    pub sweep_entries: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { subsets_first: 7, subsets_most: 13, sweep_entries: 1_000_000 }
    }
}

/// Plans routes and keeps what it learnt about sweeps, so that later plans are faster; the answers do not depend on it.
#[derive(Debug, Default)]
pub struct Planner {
    limits: Limits,
    states: States,
}

impl Planner {
    /// A planner with other limits than the default.
    pub fn with_limits(limits: Limits) -> Self {
        Self { limits, states: States::default() }
    }

    /// The best order of stops from `start` to `end`. Stops at one place and of one class keep their order.
    /// Fails only if a node is not in the layout.
    pub fn plan(
        &mut self,
        layout: &Layout,
        start: NodeId,
        end: NodeId,
        stops: &[Stop],
    ) -> Result<Plan, LayoutError> {
        layout.known("the start", start)?;
        layout.known("the end", end)?;
        for (index, stop) in stops.iter().enumerate() {
            layout.known(&format!("stop {index}"), stop.node)?;
        }
        if self.states.is_full() {
            self.states = States::default();
        }
        let legs = chain::legs(stops);
        let solved = chain::solve(&mut self.states, self.limits, layout, start, end, &legs);
        let exact = solved.is_some();
        let order = solved.unwrap_or_else(|| improve::order(layout, start, end, stops));
        Ok(Plan { length_cm: length(layout, start, end, stops, &order), order, exact })
    }
}

/// [`Planner::plan`] with default limits and a fresh planner, for single questions.
pub fn plan(layout: &Layout, start: NodeId, end: NodeId, stops: &[Stop]) -> Result<Plan, LayoutError> {
    Planner::default().plan(layout, start, end, stops)
}

fn length(layout: &Layout, start: NodeId, end: NodeId, stops: &[Stop], order: &[usize]) -> u64 {
    let mut here = start;
    let mut sum = 0;
    for node in order.iter().map(|i| stops[*i].node).chain([end]) {
        sum += u64::from(layout.cm(here, node));
        here = node;
    }
    sum
}

#[cfg(test)]
mod tests;
