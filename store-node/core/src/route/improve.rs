//! A good order where none could be proven best: nearest stop first, then single stops and short runs moved or turned
//! within their class until nothing helps (2-opt and Or-opt).

use super::Stop;
use crate::layout::{Layout, NodeId};

/// Rounds of improvement at most; in practice a handful do.
const ROUNDS_MAX: usize = 60;
/// The longest run that is moved as one.
const RUN_MAX: usize = 3;

struct Walk {
    /// Distances of all stops, then start, then end.
    cm: Vec<Vec<u32>>,
    /// Start, stops in order, end.
    order: Vec<usize>,
}

/// A good order of stops.
pub(super) fn order(layout: &Layout, start: NodeId, end: NodeId, stops: &[Stop]) -> Vec<usize> {
    let nodes: Vec<NodeId> = stops.iter().map(|stop| stop.node).chain([start, end]).collect();
    let row = |a: &NodeId| nodes.iter().map(|b| layout.cm(*a, *b)).collect();
    let cm: Vec<Vec<u32>> = nodes.iter().map(row).collect();
    let count = stops.len();
    let mut left: Vec<usize> = (0..count).collect();
    let mut order = vec![count];
    let mut here = count;
    while let Some(at) = (0..left.len()).min_by_key(|i| (stops[left[*i]].class, cm[here][left[*i]], left[*i]))
    {
        here = left.swap_remove(at);
        order.push(here);
    }
    order.push(count + 1);
    let mut walk = Walk { cm, order };
    for _ in 0..ROUNDS_MAX {
        if !walk.round(stops) {
            break;
        }
    }
    walk.order[1..=count].to_vec()
}

impl Walk {
    /// Tries every turn and every move once; whether one helped.
    fn round(&mut self, stops: &[Stop]) -> bool {
        let mut helped = false;
        let count = stops.len();
        for i in 1..=count {
            for j in i + 1..=count {
                if stops[self.order[i]].class != stops[self.order[j]].class {
                    break;
                }
                helped |= self.turn(i, j);
                for run in 1..=RUN_MAX.min(j - i) {
                    helped |= self.shift(i, j, run) || self.shift(i, j, j - i + 1 - run);
                }
            }
        }
        helped
    }

    fn step(&self, a: usize, b: usize) -> u64 {
        u64::from(self.cm[self.order[a]][self.order[b]])
    }

    /// Walks `i..=j` the other way round if that is shorter.
    fn turn(&mut self, i: usize, j: usize) -> bool {
        let now = self.step(i - 1, i) + self.step(j, j + 1);
        let then = self.step(i - 1, j) + self.step(i, j + 1);
        if then < now {
            self.order[i..=j].reverse();
        }
        then < now
    }

    /// Swaps the first `run` stops of `i..=j` with the rest if that is shorter.
    fn shift(&mut self, i: usize, j: usize, run: usize) -> bool {
        let cut = i + run;
        let now = self.step(i - 1, i) + self.step(cut - 1, cut) + self.step(j, j + 1);
        let then = self.step(i - 1, cut) + self.step(j, i) + self.step(cut - 1, j + 1);
        if then < now {
            self.order[i..=j].rotate_left(run);
        }
        then < now
    }
}
