//! One class solved over all subsets of its places (Held and Karp): exact on any distances, for few places.

use super::chain::FAR;

/// What it costs to have visited everything and stand at each place. `None` above `most` places.
pub(super) fn exits(cm: &[Vec<u32>], entry: &[u64], most: usize) -> Option<Vec<u64>> {
    let count = cm.len();
    let table = table(cm, entry, most)?;
    Some(table[table.len() - count..].to_vec())
}

/// The best order of places, where ending at `t` costs `beyond[t]` more.
pub(super) fn order(cm: &[Vec<u32>], entry: &[u64], beyond: &[u64], most: usize) -> Option<Vec<usize>> {
    let count = cm.len();
    let table = table(cm, entry, most)?;
    let mut set = (1_usize << count) - 1;
    let total = |t: &usize| table[set * count + t].saturating_add(beyond[*t]);
    let mut here = (0..count).min_by_key(total)?;
    let mut way = vec![here];
    while set.count_ones() > 1 {
        let cost = table[set * count + here];
        set ^= 1 << here;
        let arrived = |from: &usize| {
            set >> *from & 1 == 1
                && table[set * count + from].saturating_add(u64::from(cm[*from][here])) == cost
        };
        here = (0..count).find(arrived)?;
        way.push(here);
    }
    way.reverse();
    Some(way)
}

/// `[set * count + last]`: the cheapest way through exactly the places of `set`, ending at `last`.
fn table(cm: &[Vec<u32>], entry: &[u64], most: usize) -> Option<Vec<u64>> {
    let count = cm.len();
    if count == 0 || count > most.clamp(1, 16) {
        return None;
    }
    let mut table = vec![FAR; count << count];
    for (place, cost) in entry.iter().enumerate() {
        table[(1 << place) * count + place] = *cost;
    }
    for set in 1..1_usize << count {
        for last in 0..count {
            let cost = table[set * count + last];
            if cost == FAR {
                continue;
            }
            for next in (0..count).filter(|next| set >> next & 1 == 0) {
                let cell = &mut table[(set | 1 << next) * count + next];
                *cell = (*cell).min(cost.saturating_add(u64::from(cm[last][next])));
            }
        }
    }
    Some(table)
}
