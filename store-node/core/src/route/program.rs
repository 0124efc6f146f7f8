//! Writes down, for the places of one class, the moves of a sweep over the part of the aisle graph that a shortest walk
//! can use. Decides no walk.

use super::states::SLOTS;
use crate::layout::{Corridor, Layout, NodeId};

const NONE: u32 = u32::MAX;

/// A stretch between two vertices: junctions first, then places inside corridors.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stretch {
    pub a: usize,
    pub b: usize,
    pub cm: u32,
}

/// One step of the sweep; slots are places on its line.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    /// Walk a stretch between two slots: not, once or twice.
    Walk { a: u8, b: u8, stretch: usize },
    /// Move from a stop along its corridor: not walking, once or twice.
    On { slot: u8, stretch: usize },
    /// The walk may start or end at this place of the class.
    Stop { slot: u8, place: usize, end: bool },
    /// The line leaves a vertex.
    Leave { slot: u8, stop: bool },
}

/// The sweep of one class.
#[derive(Debug)]
pub(super) struct Program {
    pub steps: Vec<Step>,
    pub stretches: Vec<Stretch>,
    /// Vertex -> place of the class.
    pub places: Vec<Option<usize>>,
    /// Place -> vertex.
    pub vertices: Vec<usize>,
}

impl Program {
    /// `None` if the line would cut more than [`SLOTS`] places.
    pub fn new(layout: &Layout, nodes: &[NodeId]) -> Option<Program> {
        let mut writer = Writer::new(layout, nodes);
        for junction in &layout.sweep {
            if writer.open[*junction as usize] > 0 || writer.program.places[*junction as usize].is_some() {
                writer.meet(*junction)?;
            }
        }
        Some(writer.program)
    }
}

struct Writer<'a> {
    layout: &'a Layout,
    program: Program,
    /// Corridor -> whether a shortest walk may use it.
    used: Vec<bool>,
    /// Corridor -> (way from its end `a`, place), in ascending order.
    inside: Vec<Vec<(u32, usize)>>,
    /// Junction -> used corridors not yet swept.
    open: Vec<u32>,
    /// Junction -> slot + 1.
    slot: Vec<u8>,
    free: Vec<u8>,
}

impl<'a> Writer<'a> {
    fn new(layout: &'a Layout, nodes: &[NodeId]) -> Self {
        let junctions = layout.folded.junctions.len();
        let mut inside = vec![Vec::new(); layout.folded.corridors.len()];
        let mut places = vec![None; junctions];
        let mut vertices = Vec::with_capacity(nodes.len());
        for (place, node) in nodes.iter().enumerate() {
            let lies = layout.folded.places[node.at()];
            if lies.corridor == NONE {
                places[lies.ends[0].0 as usize] = Some(place);
                vertices.push(lies.ends[0].0 as usize);
            } else {
                inside[lies.corridor as usize].push((lies.ends[0].1, place));
                vertices.push(places.len());
                places.push(Some(place));
            }
        }
        inside.iter_mut().for_each(|stops| stops.sort_unstable());
        let used = used(layout, nodes);
        let mut open = vec![0; junctions];
        for (corridor, _) in layout.folded.corridors.iter().zip(&used).filter(|(_, used)| **used) {
            open[corridor.a as usize] += 1;
            open[corridor.b as usize] += 1;
        }
        let program = Program { steps: Vec::new(), stretches: Vec::new(), places, vertices };
        let free = (0..SLOTS as u8).rev().collect();
        Self { layout, program, used, inside, open, slot: vec![0; junctions], free }
    }

    fn meet(&mut self, junction: u32) -> Option<()> {
        let here = junction as usize;
        let slot = self.free.pop()?;
        self.slot[here] = slot + 1;
        self.stop(slot, self.program.places[here]);
        for (corridor, other) in &self.layout.folded.around[here] {
            if self.used[*corridor as usize] && self.slot[*other as usize] > 0 {
                self.sweep(*corridor, *other, junction)?;
                self.close(*other);
                self.close(junction);
            }
        }
        if self.open[here] == 0 && self.slot[here] > 0 {
            self.leave(here);
        }
        Some(())
    }

    /// One more corridor of a junction is behind the line.
    fn close(&mut self, junction: u32) {
        let at = junction as usize;
        self.open[at] -= 1;
        if self.open[at] == 0 {
            self.leave(at);
        }
    }

    fn leave(&mut self, junction: usize) {
        let slot = self.slot[junction] - 1;
        self.slot[junction] = 0;
        self.free.push(slot);
        self.program.steps.push(Step::Leave { slot, stop: self.program.places[junction].is_some() });
    }

    /// A corridor from a met junction to the one being met, stop by stop.
    fn sweep(&mut self, corridor: u32, from: u32, to: u32) -> Option<()> {
        let Corridor { a, length_cm, .. } = self.layout.folded.corridors[corridor as usize];
        let stops = self.inside[corridor as usize].clone();
        let way = |(cm, place): &(u32, usize)| (if a == from { *cm } else { length_cm - cm }, *place);
        let mut stops: Vec<(u32, usize)> = stops.iter().map(way).collect();
        if a != from {
            stops.reverse();
        }
        let (slot_from, slot_to) = (self.slot[from as usize] - 1, self.slot[to as usize] - 1);
        let (mut vertex, mut walked, mut on) = (from as usize, 0, None);
        for (cm, place) in stops {
            let next = self.program.vertices[place];
            let stretch = self.stretch(vertex, next, cm - walked);
            let slot = match on {
                Some(slot) => {
                    self.program.steps.push(Step::On { slot, stretch });
                    slot
                }
                None => {
                    let slot = self.free.pop()?;
                    self.program.steps.push(Step::Walk { a: slot_from, b: slot, stretch });
                    slot
                }
            };
            self.stop(slot, Some(place));
            (vertex, walked, on) = (next, cm, Some(slot));
        }
        let stretch = self.stretch(vertex, to as usize, length_cm - walked);
        self.program.steps.push(Step::Walk { a: on.unwrap_or(slot_from), b: slot_to, stretch });
        if let Some(slot) = on {
            self.program.steps.push(Step::Leave { slot, stop: true });
            self.free.push(slot);
        }
        Some(())
    }

    fn stop(&mut self, slot: u8, place: Option<usize>) {
        if let Some(place) = place {
            self.program.steps.push(Step::Stop { slot, place, end: false });
            self.program.steps.push(Step::Stop { slot, place, end: true });
        }
    }

    fn stretch(&mut self, a: usize, b: usize, cm: u32) -> usize {
        self.program.stretches.push(Stretch { a, b, cm });
        self.program.stretches.len() - 1
    }
}

/// The corridors that hold a stop or lie on the chosen shortest way between two ends of such corridors. A shortest walk
/// needs no other: between two stops it follows a corridor, or leaves it by one end and goes such a way.
fn used(layout: &Layout, nodes: &[NodeId]) -> Vec<bool> {
    let mut used = vec![false; layout.folded.corridors.len()];
    let mut ends = Vec::with_capacity(2 * nodes.len());
    for node in nodes {
        let lies = layout.folded.places[node.at()];
        if lies.corridor != NONE {
            used[lies.corridor as usize] = true;
        }
        ends.extend(lies.ends.map(|(junction, _)| junction));
    }
    ends.sort_unstable();
    ends.dedup();
    let mut reached = vec![NONE; layout.folded.junctions.len()];
    for (index, to) in ends.iter().enumerate() {
        reached[*to as usize] = *to;
        for from in &ends[index + 1..] {
            let mut here = *from;
            while reached[here as usize] != *to {
                reached[here as usize] = *to;
                let corridor = layout.paths.first_corridor(here, *to);
                used[corridor as usize] = true;
                here = layout.folded.across(corridor, here);
            }
        }
    }
    used
}
