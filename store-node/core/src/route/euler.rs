//! From the stretches a walk uses, and how often, to the walk itself: an Euler trail (Hierholzer), and from it the order
//! in which places are first reached.

use super::program::{Program, Stretch};

/// The places in the order of a trail over all `walked` stretches that begins at the place `first`. `None` if the trail
/// misses one, which a whole walk never does.
pub(super) fn first_visits(program: &Program, walked: &[Stretch], first: usize) -> Option<Vec<usize>> {
    let mut around: Vec<Vec<(usize, usize)>> = vec![Vec::new(); program.places.len()];
    for (index, stretch) in walked.iter().enumerate() {
        around[stretch.a].push((index, stretch.b));
        around[stretch.b].push((index, stretch.a));
    }
    let mut gone = vec![false; walked.len()];
    let mut open = vec![program.vertices[first]];
    let mut trail = Vec::with_capacity(walked.len() + 1);
    while let Some(here) = open.last().copied() {
        match around[here].pop() {
            Some((index, _)) if gone[index] => {}
            Some((index, beyond)) => {
                gone[index] = true;
                open.push(beyond);
            }
            None => trail.extend(open.pop()),
        }
    }
    let mut seen = vec![false; program.vertices.len()];
    let mut order = Vec::with_capacity(seen.len());
    for place in trail.into_iter().rev().filter_map(|vertex| program.places[vertex]) {
        if !seen[place] {
            seen[place] = true;
            order.push(place);
        }
    }
    (order.len() == seen.len()).then_some(order)
}
