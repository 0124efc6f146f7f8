//! All waiting orders of a store and all free riders at once: the assignment with the largest sum of values (REQ-75), by the
//! Hungarian method with potentials, O(n^2 m). A pair below the threshold is never made: waiting is worth the threshold.

/// For each order the rider, or `None`: it waits. `values[order][rider]`; `None` marks a pair that must not be made.
/// Rows may be shorter than the longest; missing pairs are not made. Ties fall to lower indices, always the same way.
pub fn assign(values: &[Vec<Option<f64>>], threshold: f64) -> Vec<Option<usize>> {
    let orders = values.len();
    let riders = values.iter().map(Vec::len).max().unwrap_or(0);
    if orders == 0 || riders == 0 {
        return vec![None; orders];
    }
    // Each order also has a column of its own that means "wait" and costs nothing above the threshold.
    let gain = |order: usize, column: usize| -> f64 {
        let pair = values.get(order).and_then(|row| row.get(column)).copied().flatten();
        match pair {
            Some(value) if value.is_finite() && value >= threshold => value - threshold,
            Some(_) | None => 0.0,
        }
    };
    let chosen = cheapest(orders, riders + orders, &|o, c| if c < riders { -gain(o, c) } else { 0.0 });
    let made = |order: usize, column: usize| {
        let value = values.get(order).and_then(|row| row.get(column)).copied().flatten();
        column < riders && value.is_some_and(|v| v.is_finite() && v >= threshold)
    };
    chosen.into_iter().enumerate().map(|(o, c)| c.filter(|c| made(o, *c))).collect()
}

/// The column of each row with the least sum of costs; `rows <= columns`. Rows and columns count from 1 inside, 0 is none.
fn cheapest(rows: usize, columns: usize, cost: &dyn Fn(usize, usize) -> f64) -> Vec<Option<usize>> {
    let mut row_price = vec![0.0; rows + 1];
    let mut column_price = vec![0.0; columns + 1];
    let mut row_of = vec![0usize; columns + 1];
    for row in 1..=rows {
        let mut came_from = vec![0usize; columns + 1];
        let mut slack = vec![f64::INFINITY; columns + 1];
        let mut done = vec![false; columns + 1];
        let mut column = 0;
        row_of[0] = row;
        loop {
            done[column] = true;
            let (at, mut step, mut nearest) = (row_of[column], f64::INFINITY, 0);
            for next in 1..=columns {
                if done[next] {
                    continue;
                }
                let reduced = cost(at - 1, next - 1) - row_price[at] - column_price[next];
                if reduced < slack[next] {
                    slack[next] = reduced;
                    came_from[next] = column;
                }
                if slack[next] < step {
                    step = slack[next];
                    nearest = next;
                }
            }
            for any in 0..=columns {
                if done[any] {
                    row_price[row_of[any]] += step;
                    column_price[any] -= step;
                } else {
                    slack[any] -= step;
                }
            }
            column = nearest;
            if row_of[column] == 0 {
                break;
            }
        }
        while column != 0 {
            let before = came_from[column];
            row_of[column] = row_of[before];
            column = before;
        }
    }
    let mut chosen = vec![None; rows];
    for (column, row) in row_of.iter().enumerate().skip(1) {
        if let Some(slot) = row.checked_sub(1).and_then(|r| chosen.get_mut(r)) {
            *slot = Some(column - 1);
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worth(values: &[Vec<Option<f64>>], picks: &[Option<usize>], threshold: f64) -> f64 {
        picks.iter().enumerate().filter_map(|(o, r)| r.map(|r| values[o][r].unwrap() - threshold)).sum()
    }

    fn brute(values: &[Vec<Option<f64>>], order: usize, taken: u32, threshold: f64) -> f64 {
        let Some(row) = values.get(order) else { return 0.0 };
        let mut best = brute(values, order + 1, taken, threshold);
        for (rider, value) in row.iter().enumerate() {
            if let Some(v) = value
                && *v >= threshold
                && taken & (1 << rider) == 0
            {
                best = best.max(v - threshold + brute(values, order + 1, taken | (1 << rider), threshold));
            }
        }
        best
    }

    #[test]
    fn never_worse_than_brute_force() {
        let mut seed = 1u64;
        let mut roll = |n: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % n
        };
        for _ in 0..1_500 {
            let (orders, riders) = (roll(6) as usize, roll(6) as usize);
            let values: Vec<Vec<Option<f64>>> = (0..orders)
                .map(|_| (0..riders).map(|_| (roll(6) > 0).then(|| roll(60) as f64)).collect())
                .collect();
            let picks = assign(&values, 20.0);
            let mut used: Vec<usize> = picks.iter().flatten().copied().collect();
            used.sort_unstable();
            let before = used.len();
            used.dedup();
            assert_eq!(used.len(), before, "a rider twice");
            let (ours, best) = (worth(&values, &picks, 20.0), brute(&values, 0, 0, 20.0));
            assert!((ours - best).abs() < 1e-9, "{ours} of {best}: {values:?}");
        }
    }

    #[test]
    fn together_beats_one_by_one() {
        // One by one, the first order takes rider 0 (40) and the second must wait; together both go.
        let values = vec![vec![Some(40.0), Some(38.0)], vec![Some(39.0), Some(5.0)]];
        assert_eq!(assign(&values, 20.0), vec![Some(1), Some(0)]);
        assert_eq!(assign(&[vec![Some(19.9)]], 20.0), vec![None]);
        assert_eq!(assign(&[vec![], vec![]], 20.0), vec![None, None]);
    }
}
