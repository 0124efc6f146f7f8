//! One class solved by a sweep over the aisle graph: every stretch is walked not at all, once or twice, and the table
//! keeps the cheapest way to reach each state of the line. Exact on any graph; fast where the line cuts few places.

use super::chain::FAR;
use super::euler;
use super::program::{Program, Step, Stretch};
use super::states::{NEVER, Op, States};
use crate::layout::{Layout, NodeId};

/// A table entry: a state of the line and how it was reached.
#[derive(Debug, Clone, Copy)]
struct Entry {
    cm: u64,
    /// Index in the layer before.
    from: u32,
    state: u16,
    /// Which of the step's moves.
    choice: u8,
}

/// The tables of one sweep, one layer per step.
struct Layers {
    entries: Vec<Entry>,
    /// Where each layer begins.
    begins: Vec<usize>,
}

impl Layers {
    fn layer(&self, index: usize) -> &[Entry] {
        let end = self.begins.get(index + 1).copied().unwrap_or(self.entries.len());
        &self.entries[self.begins[index]..end]
    }
}

/// The moves of one step: an operation (`None` = leave things as they are) and its cost; unused ones cost [`FAR`].
type Moves = [(Option<Op>, u64); 3];
const NO_MOVE: (Option<Op>, u64) = (None, FAR);

/// A prepared sweep.
#[derive(Debug)]
pub(super) struct Sweep {
    program: Program,
}

impl Sweep {
    /// `None` if the line would cut too many places.
    pub fn new(layout: &Layout, nodes: &[NodeId]) -> Option<Sweep> {
        Program::new(layout, nodes).map(|program| Sweep { program })
    }

    /// What it costs to have visited everything and stand at each place; `None` if that takes more table
    /// entries than `budget` holds; what it takes is taken off.
    pub fn exits(&self, states: &mut States, budget: &mut usize, entry: &[u64]) -> Option<Vec<u64>> {
        let anywhere = vec![0; entry.len()];
        let layers = self.forward(states, budget, entry, &anywhere)?;
        let mut exits = vec![FAR; entry.len()];
        let mut index = Index::default();
        // Backwards: what is left to pay from each entry whose end has been placed.
        let last = layers.layer(self.program.steps.len());
        let mut left: Vec<u64> =
            last.iter().map(|e| if e.state == States::WALKED { 0 } else { FAR }).collect();
        for (at, step) in self.program.steps.iter().enumerate().rev() {
            index.fill(states, layers.layer(at + 1));
            let moves = self.moves(*step, entry, &anywhere);
            let mut before = Vec::with_capacity(layers.layer(at).len());
            for e in layers.layer(at) {
                let ended = states.ended(e.state);
                let mut best = FAR;
                for (op, cm) in moves {
                    let beyond = op.map_or(e.state, |op| states.step(e.state, op));
                    let Some(found) = (if cm == FAR { None } else { index.find(beyond) }) else { continue };
                    let rest = left[found].saturating_add(cm);
                    match (ended, step, op) {
                        (true, _, _) => best = best.min(rest),
                        (false, Step::Stop { place, end: true, .. }, Some(_)) => {
                            exits[*place] = exits[*place].min(e.cm.saturating_add(rest));
                        }
                        (false, _, _) => {}
                    }
                }
                before.push(best);
            }
            left = before;
        }
        Some(exits)
    }

    /// The best order of places, where ending at `t` costs `beyond[t]` more.
    pub fn order(
        &self,
        states: &mut States,
        budget: &mut usize,
        entry: &[u64],
        beyond: &[u64],
    ) -> Option<Vec<usize>> {
        let layers = self.forward(states, budget, entry, beyond)?;
        let last = layers.layer(self.program.steps.len());
        let mut at = last.iter().position(|e| e.state == States::WALKED)?;
        let mut walked: Vec<Stretch> = Vec::new();
        let mut first = None;
        for (index, step) in self.program.steps.iter().enumerate().rev() {
            let Entry { from, choice, .. } = layers.layer(index + 1)[at];
            at = from as usize;
            match *step {
                Step::Walk { stretch, .. } | Step::On { stretch, .. } => {
                    let again = std::iter::repeat_n(self.program.stretches[stretch], choice as usize);
                    walked.extend(again);
                }
                Step::Stop { place, end: false, .. } if choice == 1 => first = Some(place),
                Step::Stop { .. } | Step::Leave { .. } => {}
            }
        }
        euler::first_visits(&self.program, &walked, first?)
    }

    fn forward(
        &self,
        states: &mut States,
        budget: &mut usize,
        entry: &[u64],
        beyond: &[u64],
    ) -> Option<Layers> {
        let steps = &self.program.steps;
        let mut layers = Layers { entries: Vec::new(), begins: Vec::with_capacity(steps.len() + 1) };
        layers.begins.push(0);
        layers.entries.push(Entry { cm: 0, from: 0, state: States::EMPTY, choice: 0 });
        let mut index = Index::default();
        let mut before: Vec<Entry> = Vec::new();
        for (at, step) in steps.iter().enumerate() {
            before.clear();
            before.extend_from_slice(layers.layer(at));
            let begin = layers.entries.len();
            layers.begins.push(begin);
            index.clear();
            let moves = self.moves(*step, entry, beyond);
            for (choice, (op, cost)) in (0_u8..).zip(moves).filter(|(_, (_, cost))| *cost != FAR) {
                for (from, e) in (0_u32..).zip(&before) {
                    let state = op.map_or(e.state, |op| states.step(e.state, op));
                    if state == NEVER {
                        continue;
                    }
                    let reached = Entry { cm: e.cm.saturating_add(cost), from, state, choice };
                    match index.find(state) {
                        Some(known) => {
                            let old = &mut layers.entries[begin + known];
                            if reached.cm < old.cm {
                                *old = reached;
                            }
                        }
                        None => {
                            index.put(states.count(), state, layers.entries.len() - begin);
                            layers.entries.push(reached);
                        }
                    }
                }
            }
            if layers.entries.len() > *budget || states.is_full() {
                *budget = 0;
                return None;
            }
        }
        *budget -= layers.entries.len();
        Some(layers)
    }

    fn moves(&self, step: Step, entry: &[u64], beyond: &[u64]) -> Moves {
        match step {
            Step::Walk { a, b, stretch } => {
                let cm = u64::from(self.program.stretches[stretch].cm);
                [(None, 0), (Some(Op::Once(a, b)), cm), (Some(Op::Twice(a, b)), 2 * cm)]
            }
            Step::On { slot, stretch } => {
                let cm = u64::from(self.program.stretches[stretch].cm);
                [
                    (Some(Op::LeaveStop(slot)), 0),
                    (Some(Op::OnOnce(slot)), cm),
                    (Some(Op::OnTwice(slot)), 2 * cm),
                ]
            }
            Step::Stop { slot, place, end: false } => {
                [(None, 0), (Some(Op::Start(slot)), entry[place]), NO_MOVE]
            }
            Step::Stop { slot, place, end: true } => {
                [(None, 0), (Some(Op::End(slot)), beyond[place]), NO_MOVE]
            }
            Step::Leave { slot, stop: true } => [(Some(Op::LeaveStop(slot)), 0), NO_MOVE, NO_MOVE],
            Step::Leave { slot, stop: false } => [(Some(Op::Leave(slot)), 0), NO_MOVE, NO_MOVE],
        }
    }
}

/// State -> position in one layer; forgetting everything is free.
#[derive(Debug, Default)]
struct Index {
    round: u32,
    at: Vec<(u32, u32)>,
}

impl Index {
    fn clear(&mut self) {
        self.round += 1;
    }
    fn fill(&mut self, states: &States, layer: &[Entry]) {
        self.clear();
        for (position, e) in layer.iter().enumerate() {
            self.put(states.count(), e.state, position);
        }
    }
    fn put(&mut self, states: usize, state: u16, position: usize) {
        if self.at.len() < states {
            self.at.resize(states, (0, 0));
        }
        self.at[state as usize] = (self.round, u32::try_from(position).unwrap_or(u32::MAX));
    }
    fn find(&self, state: u16) -> Option<usize> {
        let (round, position) = self.at.get(state as usize).copied()?;
        (round == self.round && round > 0).then_some(position as usize)
    }
}
