//! An independent judge of pick routes: reads the published instances itself, walks an order with the geometry of the
//! file and adds up its length. Uses nothing of the router; knows a rectangular block with cross aisles at both ends.

use anyhow::{Context, Result, bail};
use std::path::Path;

/// A place in a block: an aisle from 0, and a height counted from the top cross aisle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spot {
    /// Aisle, from 0.
    pub aisle: u64,
    /// Distance from the top cross aisle.
    pub depth: u64,
}

/// A rectangular block, lengths in the file's own unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Floor {
    /// Number of aisles.
    pub aisles: u64,
    /// Cells of an aisle, counted from the top.
    pub cells: u64,
    /// From one aisle to the next.
    pub aisle_gap: u64,
    /// From one cell to the next.
    pub cell_gap: u64,
    /// From the top cross aisle to the first cell.
    pub top_gap: u64,
    /// From the last cell to the bottom cross aisle.
    pub bottom_gap: u64,
}

/// A published instance: everything of one order, from the depot and back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// The block.
    pub floor: Floor,
    /// The aisle at whose end the depot lies.
    pub depot_aisle: u64,
    /// Whether that is the bottom end.
    pub depot_at_bottom: bool,
    /// Aisle and cell of every article to pick.
    pub picks: Vec<(u64, u64)>,
}

impl Floor {
    /// Length of an aisle from cross aisle to cross aisle.
    pub fn depth(&self) -> u64 {
        self.top_gap + (self.cells - 1) * self.cell_gap + self.bottom_gap
    }
    /// In front of a cell.
    pub fn cell(&self, aisle: u64, cell: u64) -> Spot {
        Spot { aisle, depth: self.top_gap + cell * self.cell_gap }
    }
    /// The shortest walk between two spots: along the aisle, or round by the top or the bottom.
    pub fn distance(&self, a: Spot, b: Spot) -> u64 {
        if a.aisle == b.aisle {
            return a.depth.abs_diff(b.depth);
        }
        let depth = self.depth();
        let round = (a.depth + b.depth).min(2 * depth - a.depth - b.depth);
        a.aisle.abs_diff(b.aisle) * self.aisle_gap + round
    }
    /// A walk's length.
    pub fn walk(&self, spots: impl IntoIterator<Item = Spot>) -> u64 {
        let spots: Vec<Spot> = spots.into_iter().collect();
        spots.windows(2).map(|pair| self.distance(pair[0], pair[1])).sum()
    }
}

impl Instance {
    /// Reads an instance file (Latin-1).
    pub fn read(file: &Path) -> Result<Instance> {
        let bytes = std::fs::read(file).with_context(|| format!("reading {}", file.display()))?;
        let text: String = bytes.into_iter().map(char::from).collect();
        Instance::parse(&text).with_context(|| format!("in {}", file.display()))
    }

    fn parse(text: &str) -> Result<Instance> {
        let word = |key: &str| {
            let value = text.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                (name.trim() == key).then(|| value.trim())
            });
            value.with_context(|| format!("no {key}"))
        };
        let number =
            |key: &str| -> Result<u64> { word(key)?.parse().with_context(|| format!("{key} is no number")) };
        if word("LAYOUT")? != "single-block" || number("DISTANCE_TOP_OR_BOTTOM_TO_DEPOT")? != 0 {
            bail!("only a single block with the depot on a cross aisle is known");
        }
        let depot_at_bottom = match word("DEPOT_LOCATION")? {
            "bottom" => true,
            "top" => false,
            other => bail!("DEPOT_LOCATION is {other}"),
        };
        let floor = Floor {
            aisles: number("NUM_AISLES")?,
            cells: number("NUM_CELLS")?,
            aisle_gap: number("DISTANCE_AISLE_TO_AISLE")?,
            cell_gap: number("DISTANCE_CELL_TO_CELL")?,
            top_gap: number("DISTANCE_TOP_TO_CELL")?,
            bottom_gap: number("DISTANCE_BOTTOM_TO_CELL")?,
        };
        let picks = picks(text)?;
        if floor.cells == 0
            || picks.iter().any(|(aisle, cell)| *aisle >= floor.aisles || *cell >= floor.cells)
        {
            bail!("a pick lies outside the block");
        }
        Ok(Instance { depot_aisle: number("DEPOT_AISLE")?, floor, depot_at_bottom, picks })
    }

    /// Where the tour starts and ends.
    pub fn depot(&self) -> Spot {
        Spot { aisle: self.depot_aisle, depth: if self.depot_at_bottom { self.floor.depth() } else { 0 } }
    }

    /// The length of the tour that picks in this order; an error if it does not pick everything exactly once.
    pub fn tour(&self, order: &[usize]) -> Result<u64> {
        each_once(order, self.picks.len())?;
        let spots = order.iter().map(|pick| self.floor.cell(self.picks[*pick].0, self.picks[*pick].1));
        Ok(self.floor.walk([self.depot()].into_iter().chain(spots).chain([self.depot()])))
    }

    /// A control: always to the nearest article left.
    pub fn nearest_neighbour(&self) -> Result<u64> {
        let mut left: Vec<usize> = (0..self.picks.len()).collect();
        let (mut here, mut order) = (self.depot(), Vec::new());
        let spot = |pick: usize| self.floor.cell(self.picks[pick].0, self.picks[pick].1);
        while let Some(at) = (0..left.len()).min_by_key(|at| self.floor.distance(here, spot(left[*at]))) {
            let pick = left.remove(at);
            here = spot(pick);
            order.push(pick);
        }
        self.tour(&order)
    }
}

/// The place of every article the order asks for.
fn picks(text: &str) -> Result<Vec<(u64, u64)>> {
    let mut section = "";
    let mut places = std::collections::BTreeMap::new();
    let mut picks = Vec::new();
    for line in text.lines().map(str::trim) {
        if line.ends_with("_SECTION") {
            section = line;
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        match (section, words.as_slice()) {
            ("SKU_SECTION", ["ID", id, "AISLE", aisle, "CELL", cell, ..]) => {
                places.insert((*id).to_owned(), (aisle.parse()?, cell.parse()?));
            }
            ("ORDER_SECTION", ["ID", id, ..]) => {
                picks.push(*places.get(*id).with_context(|| format!("article {id} lies nowhere"))?);
            }
            _ => {}
        }
    }
    if picks.is_empty() {
        bail!("the order is empty");
    }
    Ok(picks)
}

/// Whether an order names every index below `count` exactly once.
pub fn each_once(order: &[usize], count: usize) -> Result<()> {
    let mut sorted = order.to_vec();
    sorted.sort_unstable();
    if !sorted.into_iter().eq(0..count) {
        bail!("the order does not name each of {count} stops once: {order:?}");
    }
    Ok(())
}

/// The shortest walk through all stops that takes lower ranks before higher ones, by trying every order.
pub fn shortest_by_rank(floor: &Floor, start: Spot, end: Spot, stops: &[(Spot, usize)]) -> u64 {
    let Some(rank) = stops.iter().map(|stop| stop.1).min() else { return floor.distance(start, end) };
    let first = stops.iter().enumerate().filter(|(_, stop)| stop.1 == rank);
    let ways = first.map(|(at, (spot, _))| {
        let mut rest = stops.to_vec();
        rest.remove(at);
        floor.distance(start, *spot) + shortest_by_rank(floor, *spot, end, &rest)
    });
    ways.min().unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "LAYOUT : single-block\nNUM_AISLES : 3\nNUM_CELLS : 5\nDEPOT_AISLE : 1\n\
        DEPOT_LOCATION : bottom\nDISTANCE_AISLE_TO_AISLE : 3\nDISTANCE_CELL_TO_CELL : 1\nDISTANCE_TOP_TO_CELL : 1\n\
        DISTANCE_BOTTOM_TO_CELL : 1\nDISTANCE_TOP_OR_BOTTOM_TO_DEPOT : 0\nSKU_SECTION\nNUM_SKUS : 2\n\
        ID 1 AISLE 0 CELL 4 QUANTITY 1 LEFT_RIGHT_HAND_SIDE left\n\
        ID 0 AISLE 2 CELL 0 QUANTITY 1 LEFT_RIGHT_HAND_SIDE left\nORDER_SECTION\nID 0 QUANTITY 1\nID 1 QUANTITY 1\nEOF";

    #[test]
    fn walks_a_tour_by_hand() {
        let instance = Instance::parse(TEXT).unwrap();
        assert_eq!(instance.picks, [(2, 0), (0, 4)]);
        // Depot to aisle 2: 3 + 5 up; to aisle 0 by the top: 1 + 6 + 5; home: 1 + 3.
        assert_eq!(instance.tour(&[0, 1]).unwrap(), 8 + 12 + 4);
        assert!(instance.tour(&[0, 0]).is_err());
        assert!(instance.tour(&[0]).is_err());
    }

    #[test]
    fn refuses_what_it_does_not_understand() {
        assert!(Instance::parse(&TEXT.replace("single-block", "two-block")).is_err());
        assert!(Instance::parse(&TEXT.replace("CELL 4", "CELL 5")).is_err());
        assert!(Instance::parse(&TEXT.replace("ID 1 AISLE", "ID 7 AISLE")).is_err());
    }

    #[test]
    fn ranks_are_kept_even_when_that_is_longer() {
        let floor = Instance::parse(TEXT).unwrap().floor;
        let (top, bottom) = (Spot { aisle: 0, depth: 0 }, Spot { aisle: 0, depth: 6 });
        let (near, far) = (floor.cell(0, 0), floor.cell(0, 4));
        assert_eq!(shortest_by_rank(&floor, top, bottom, &[(near, 0), (far, 1)]), 6);
        assert_eq!(shortest_by_rank(&floor, top, bottom, &[(near, 1), (far, 0)]), 5 + 4 + 5);
    }
}
