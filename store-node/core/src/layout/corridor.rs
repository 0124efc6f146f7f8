//! Folds an aisle graph: nodes with two neighbours become interior places of a corridor between two junctions.
//! No distances over more than one corridor here; those are in `paths`.

use super::EdgeSpec;
use super::paths::Paths;

/// Marks "none" in index tables.
pub(crate) const NONE: u32 = u32::MAX;

/// A chain of nodes between two different junctions, both by junction number.
#[derive(Debug, Clone)]
pub(crate) struct Corridor {
    pub a: u32,
    pub b: u32,
    pub length_cm: u32,
    /// Interior nodes from `a` to `b`.
    pub inside: Vec<u32>,
}

/// Where a node lies in the folded graph.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// Corridor, or [`NONE`] for a junction.
    pub corridor: u32,
    /// The junctions at both ends with the way there in centimetres; a junction stands here twice, with 0.
    pub ends: [(u32, u32); 2],
}

/// The folded graph.
#[derive(Debug, Clone)]
pub(crate) struct Folded {
    /// Junction number -> node.
    pub junctions: Vec<u32>,
    pub corridors: Vec<Corridor>,
    /// By node.
    pub places: Vec<Place>,
    /// Junction number -> (corridor, the junction at its other end).
    pub around: Vec<Vec<(u32, u32)>>,
}

struct Folder<'a> {
    edges: &'a [EdgeSpec],
    /// Node -> edges at it.
    at: Vec<Vec<usize>>,
    used: Vec<bool>,
    /// Node -> junction number.
    number: Vec<u32>,
    out: Folded,
}

impl Folded {
    /// Folds a graph whose edges were checked.
    pub fn new(nodes: usize, edges: &[EdgeSpec]) -> Self {
        let mut at = vec![Vec::new(); nodes];
        for (index, edge) in edges.iter().enumerate() {
            at[edge.a.at()].push(index);
            at[edge.b.at()].push(index);
        }
        let nowhere = Place { corridor: NONE, ends: [(NONE, 0); 2] };
        let out = Folded {
            junctions: Vec::new(),
            corridors: Vec::new(),
            places: vec![nowhere; nodes],
            around: Vec::new(),
        };
        let mut folder = Folder { edges, at, used: vec![false; edges.len()], number: vec![NONE; nodes], out };
        for node in 0..nodes {
            if folder.at[node].len() != 2 {
                folder.junction(node);
            }
        }
        for node in 0..nodes {
            folder.leave(node);
        }
        // What is left are rings without a junction: one of their nodes has to be it.
        for node in 0..nodes {
            if folder.at[node].iter().any(|e| !folder.used[*e]) {
                folder.junction(node);
                folder.leave(node);
            }
        }
        folder.out
    }

    /// The lowest node that no way leads to from node 0.
    pub fn first_unreachable(&self, paths: &Paths) -> Option<u32> {
        let home = self.places.first()?.ends[0].0;
        let lost = self.places.iter().position(|place| paths.junctions(home, place.ends[0].0).is_none())?;
        u32::try_from(lost).ok()
    }

    /// A corridor's other end.
    pub fn across(&self, corridor: u32, from: u32) -> u32 {
        let Corridor { a, b, .. } = self.corridors[corridor as usize];
        if a == from { b } else { a }
    }
}

impl Folder<'_> {
    fn junction(&mut self, node: usize) {
        if self.number[node] != NONE {
            return;
        }
        let number = index32(self.out.junctions.len());
        self.number[node] = number;
        self.out.junctions.push(index32(node));
        self.out.around.push(Vec::new());
        self.out.places[node] = Place { corridor: NONE, ends: [(number, 0); 2] };
    }

    /// Walks every unused edge of a junction to the next junction.
    fn leave(&mut self, node: usize) {
        if self.number[node] == NONE {
            return;
        }
        for first in self.at[node].clone() {
            if self.used[first] {
                continue;
            }
            let mut chain = vec![(node, 0_u32)];
            let (mut here, mut edge, mut walked) = (node, first, 0_u32);
            loop {
                self.used[edge] = true;
                let EdgeSpec { a, b, length_cm } = self.edges[edge];
                here = if a.at() == here { b.at() } else { a.at() };
                walked = walked.saturating_add(u32::try_from(length_cm).unwrap_or(u32::MAX));
                chain.push((here, walked));
                if self.number[here] != NONE {
                    break;
                }
                match self.at[here].iter().copied().find(|e| !self.used[*e]) {
                    Some(next) => edge = next,
                    None => break,
                }
            }
            self.corridor(&chain);
        }
    }

    /// Takes a chain of (node, way from its start); one that comes back to its start is cut in its middle.
    fn corridor(&mut self, chain: &[(usize, u32)]) {
        let (Some((first, start)), Some((last, end))) = (chain.first().copied(), chain.last().copied())
        else {
            return;
        };
        if first == last {
            let middle = chain.len() / 2;
            self.junction(chain[middle].0);
            self.corridor(&chain[..=middle]);
            self.corridor(&chain[middle..]);
            return;
        }
        let (a, b) = (self.number[first], self.number[last]);
        let corridor = index32(self.out.corridors.len());
        let inside = &chain[1..chain.len() - 1];
        for (node, way) in inside {
            self.out.places[*node] = Place { corridor, ends: [(a, way - start), (b, end - way)] };
        }
        self.out.around[a as usize].push((corridor, b));
        self.out.around[b as usize].push((corridor, a));
        let inside = inside.iter().map(|(node, _)| index32(*node)).collect();
        self.out.corridors.push(Corridor { a, b, length_cm: end - start, inside });
    }
}

/// An index as the tables keep it; tables are far below 2^32 entries.
pub(crate) fn index32(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(NONE)
}
