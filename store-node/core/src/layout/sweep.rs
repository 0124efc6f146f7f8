//! The order in which a line swept over the floor meets the junctions. The exact router keeps a picture of what the
//! line cuts, so the order with the narrowest cut makes it fast; a wrong choice costs time, never the optimum.

use super::Point;
use super::corridor::{Folded, index32};
use super::paths::Paths;

/// The best of four sweeps: left to right, front to back, and outward from both ends of the longest way.
pub(super) fn order(points: &[Point], folded: &Folded, paths: &Paths) -> Vec<u32> {
    let count = index32(folded.junctions.len());
    let at = |j: &u32| points[folded.junctions[*j as usize] as usize];
    let from = |root: u32, j: u32| paths.junctions(j, root).unwrap_or(u32::MAX);
    let far = |root: u32| (0..count).max_by_key(|j| (from(root, *j), *j)).unwrap_or(0);
    let (one_end, other_end) = (far(0), far(far(0)));

    let all = || (0..count).collect::<Vec<u32>>();
    let mut sweeps = [all(), all(), all(), all()];
    sweeps[0].sort_by_key(|j| (at(j).x_cm, at(j).y_cm, *j));
    sweeps[1].sort_by_key(|j| (at(j).y_cm, at(j).x_cm, *j));
    sweeps[2].sort_by_key(|j| (from(one_end, *j), *j));
    sweeps[3].sort_by_key(|j| (from(other_end, *j), *j));
    sweeps.into_iter().min_by_key(|sweep| widths(folded, sweep)).unwrap_or_default()
}

/// The widest cut of a sweep, and the sum of all cuts.
fn widths(folded: &Folded, sweep: &[u32]) -> (usize, usize) {
    let mut open: Vec<usize> = folded.around.iter().map(Vec::len).collect();
    let mut met = vec![false; open.len()];
    let (mut cut, mut widest, mut sum) = (0_usize, 0, 0);
    for j in sweep {
        met[*j as usize] = true;
        cut += 1;
        widest = widest.max(cut);
        for (_, neighbour) in &folded.around[*j as usize] {
            if met[*neighbour as usize] {
                open[*j as usize] -= 1;
                open[*neighbour as usize] -= 1;
                cut -= usize::from(open[*neighbour as usize] == 0);
            }
        }
        cut -= usize::from(open[*j as usize] == 0);
        sum += cut;
    }
    (widest, sum)
}
