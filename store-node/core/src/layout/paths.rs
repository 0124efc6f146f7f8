//! All shortest ways between junctions, computed once, and between any two nodes from them in constant time.

use super::NodeId;
use super::corridor::{Folded, NONE};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Distance table of junctions.
#[derive(Debug, Clone)]
pub(crate) struct Paths {
    count: usize,
    /// `[to * count + from]`: centimetres, [`NONE`] where there is no way.
    cm: Vec<u32>,
    /// `[to * count + from]`: the corridor to take at `from`.
    next: Vec<u32>,
}

impl Paths {
    /// Dijkstra towards every junction.
    pub fn new(folded: &Folded) -> Self {
        let count = folded.junctions.len();
        let mut paths = Self { count, cm: vec![NONE; count * count], next: vec![NONE; count * count] };
        for (to, number) in (0..count).zip(0_u32..) {
            let row = to * count..(to + 1) * count;
            towards(folded, number, &mut paths.cm[row.clone()], &mut paths.next[row]);
        }
        paths
    }

    /// Centimetres between two junctions, `None` where there is no way.
    pub fn junctions(&self, from: u32, to: u32) -> Option<u32> {
        if from == NONE || to == NONE {
            return None;
        }
        Some(self.cm[to as usize * self.count + from as usize]).filter(|cm| *cm != NONE)
    }

    /// The first corridor on the way from one junction to another, [`NONE`] if they are the same.
    pub fn first_corridor(&self, from: u32, to: u32) -> u32 {
        self.next[to as usize * self.count + from as usize]
    }

    /// Centimetres between two nodes of a connected layout.
    pub fn between(&self, folded: &Folded, from: NodeId, to: NodeId) -> u32 {
        self.best(folded, from, to).0
    }

    /// The shortest way's length and how it goes: inside one corridor (`None`), or out by one junction and in by another.
    fn best(&self, folded: &Folded, from: NodeId, to: NodeId) -> (u32, Option<(u32, u32)>) {
        let (p, q) = (folded.places[from.at()], folded.places[to.at()]);
        let mut best = if from == to {
            (0, None)
        } else if p.corridor != NONE && p.corridor == q.corridor {
            (p.ends[0].1.abs_diff(q.ends[0].1), None)
        } else {
            (NONE, None)
        };
        for (out, leave) in p.ends {
            for (into, enter) in q.ends {
                let cm = leave + self.cm[into as usize * self.count + out as usize] + enter;
                if cm < best.0 {
                    best = (cm, Some((out, into)));
                }
            }
        }
        best
    }

    /// The nodes of a shortest walk, both ends in.
    pub fn walk(&self, folded: &Folded, from: NodeId, to: NodeId) -> Vec<NodeId> {
        let mut nodes = vec![from.0];
        match self.best(folded, from, to).1 {
            None => inside(folded, from.0, to.0, &mut nodes),
            Some((out, into)) => {
                inside(folded, from.0, folded.junctions[out as usize], &mut nodes);
                let mut here = out;
                while here != into {
                    let corridor = self.first_corridor(here, into);
                    let beyond = folded.across(corridor, here);
                    let rest = &folded.corridors[corridor as usize];
                    if rest.a == here {
                        nodes.extend(rest.inside.iter());
                    } else {
                        nodes.extend(rest.inside.iter().rev());
                    }
                    nodes.push(folded.junctions[beyond as usize]);
                    here = beyond;
                }
                inside(folded, folded.junctions[into as usize], to.0, &mut nodes);
            }
        }
        nodes.into_iter().map(NodeId).collect()
    }
}

/// Appends the nodes after `from` up to `to`, which lie on one corridor or are its junctions.
fn inside(folded: &Folded, from: u32, to: u32, nodes: &mut Vec<u32>) {
    if from == to {
        return;
    }
    let (p, q) = (folded.places[from as usize], folded.places[to as usize]);
    let corridor = &folded.corridors[if p.corridor == NONE { q.corridor } else { p.corridor } as usize];
    let mut chain = Vec::with_capacity(corridor.inside.len() + 2);
    chain.push(folded.junctions[corridor.a as usize]);
    chain.extend(corridor.inside.iter().copied());
    chain.push(folded.junctions[corridor.b as usize]);
    let (Some(i), Some(j)) = (chain.iter().position(|n| *n == from), chain.iter().position(|n| *n == to))
    else {
        return;
    };
    if i < j {
        nodes.extend(&chain[i + 1..=j]);
    } else {
        nodes.extend(chain[j..i].iter().rev());
    }
}

fn towards(folded: &Folded, to: u32, cm: &mut [u32], next: &mut [u32]) {
    cm[to as usize] = 0;
    let mut heap = BinaryHeap::from([Reverse((0_u32, to))]);
    while let Some(Reverse((reached, here))) = heap.pop() {
        if reached > cm[here as usize] {
            continue;
        }
        for (corridor, beyond) in &folded.around[here as usize] {
            let length = reached + folded.corridors[*corridor as usize].length_cm;
            if length < cm[*beyond as usize] {
                cm[*beyond as usize] = length;
                next[*beyond as usize] = *corridor;
                heap.push(Reverse((length, *beyond)));
            }
        }
    }
}
