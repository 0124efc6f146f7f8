//! Layouts against a table worked out the slow way (Floyd and Warshall), and every error by name.

use super::block::{Block, End};
use super::*;

/// A small reproducible generator (SplitMix64).
pub(crate) struct Dice(pub u64);

impl Dice {
    pub(crate) fn below(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((x ^ (x >> 31)) % sides as u64) as usize
    }
    fn node(&mut self, nodes: usize) -> NodeId {
        NodeId(self.below(nodes) as u32)
    }
}

/// A connected floor: a random tree of chains plus some more aisles, parallel ones and rings among them.
pub(crate) fn random_spec(dice: &mut Dice, nodes: usize, more: usize) -> LayoutSpec {
    let mut edges = Vec::new();
    for node in 1..nodes {
        let a = if dice.below(3) == 0 { dice.node(node) } else { NodeId(node as u32 - 1) };
        edges.push(EdgeSpec { a, b: NodeId(node as u32), length_cm: dice.below(9) as i64 });
    }
    while edges.len() < nodes - 1 + more && nodes > 1 {
        let (a, b) = (dice.node(nodes), dice.node(nodes));
        if a != b {
            edges.push(EdgeSpec { a, b, length_cm: dice.below(12) as i64 });
        }
    }
    let point = |_| Point { x_cm: dice.below(50) as i32, y_cm: dice.below(50) as i32 };
    LayoutSpec {
        nodes: (0..nodes).map(point).collect(),
        edges,
        zones: Vec::new(),
        bins: Vec::new(),
        packing: NodeId(0),
        dispatch: NodeId(0),
    }
}

/// All distances the slow way.
pub(crate) fn slow_table(spec: &LayoutSpec) -> Vec<Vec<u64>> {
    let count = spec.nodes.len();
    let mut cm = vec![vec![u64::MAX / 4; count]; count];
    (0..count).for_each(|n| cm[n][n] = 0);
    for EdgeSpec { a, b, length_cm } in &spec.edges {
        let length = cm[a.at()][b.at()].min(*length_cm as u64);
        cm[a.at()][b.at()] = length;
        cm[b.at()][a.at()] = length;
    }
    for via in 0..count {
        for from in 0..count {
            for to in 0..count {
                cm[from][to] = cm[from][to].min(cm[from][via] + cm[via][to]);
            }
        }
    }
    cm
}

/// A store of some 800 bins: ten aisles, zones C C C B B A A B Cold Cold.
pub(crate) fn store() -> Block {
    let zone = |id: &str, kind| Zone { id: ZoneId::new(id).unwrap(), kind };
    let aisles = ["C", "C", "C", "B", "B", "A", "A", "B", "cold-1", "cold-1"];
    Block {
        zones: vec![
            zone("A", ZoneKind::A),
            zone("B", ZoneKind::B),
            zone("C", ZoneKind::C),
            zone("cold-1", ZoneKind::Cold),
        ],
        aisles: aisles.iter().map(|id| ZoneId::new(*id).unwrap()).collect(),
        bays: 20,
        levels: 2,
        aisle_gap_cm: 250,
        bay_gap_cm: 100,
        end_gap_cm: 120,
        packing_aisle: 6,
        packing_end: End::Front,
    }
}

#[test]
fn distances_and_walks_are_shortest_on_any_graph() {
    let mut dice = Dice(2);
    for round in 0..300 {
        let nodes = 1 + dice.below(14);
        let more = dice.below(6);
        let spec = random_spec(&mut dice, nodes, more);
        let layout = Layout::new(&spec).unwrap();
        let cm = slow_table(&spec);
        for (from, row) in cm.iter().enumerate() {
            for (to, shortest) in row.iter().enumerate() {
                let (a, b) = (NodeId(from as u32), NodeId(to as u32));
                assert_eq!(
                    u64::from(layout.distance(a, b).unwrap()),
                    *shortest,
                    "round {round}: {a:?} {b:?}"
                );
                let walk = layout.path(a, b).unwrap();
                assert_eq!((walk.first(), walk.last()), (Some(&a), Some(&b)));
                let sum: u64 = walk.windows(2).map(|w| shortest_edge(&spec, w[0], w[1])).sum();
                assert_eq!(sum, *shortest, "round {round}: {walk:?}");
            }
        }
    }
}

fn shortest_edge(spec: &LayoutSpec, a: NodeId, b: NodeId) -> u64 {
    let joins = |e: &&EdgeSpec| (e.a, e.b) == (a, b) || (e.a, e.b) == (b, a);
    spec.edges.iter().filter(joins).map(|e| e.length_cm as u64).min().expect("walks go along edges")
}

#[test]
fn a_block_has_its_bins_and_lengths() {
    let block = store();
    let layout = Layout::new(&block.spec().unwrap()).unwrap();
    assert_eq!(layout.bins().count(), 800);
    let bin = layout.bin(&BinId::new("A-06-07L2").unwrap()).unwrap();
    assert_eq!((bin.kind, bin.node), (ZoneKind::A, block.bay(5, 6)));
    assert_eq!(layout.distance(layout.packing(), bin.node), Ok(250 + 120 + 6 * 100));
    let depth = 2 * 120 + 19 * 100;
    assert_eq!(layout.distance(block.end(0, End::Front), block.end(9, End::Back)), Ok(9 * 250 + depth));
    assert_eq!(layout.point(block.end(9, End::Back)), Ok(Point { x_cm: 2250, y_cm: 2140 }));
    assert_eq!(layout.folded.junctions.len(), 16, "corner nodes belong to the outer corridors");
}

#[test]
fn alternatives_come_nearest_first() {
    let layout = Layout::new(&store().spec().unwrap()).unwrap();
    let bins = ["C-01-01L1", "A-06-01R1", "A-06-01L1"].map(|id| BinId::new(id).unwrap());
    let ranked = layout.nearest_first(layout.packing(), &bins).unwrap();
    let codes: Vec<(&str, u32)> = ranked.iter().map(|(id, cm)| (id.as_str(), *cm)).collect();
    assert_eq!(codes, [("A-06-01L1", 370), ("A-06-01R1", 370), ("C-01-01L1", 1620)]);
    let nowhere = BinId::new("X").unwrap();
    let refused = layout.nearest_first(layout.packing(), std::slice::from_ref(&nowhere));
    assert_eq!(refused, Err(LayoutError::UnknownBin(nowhere)));
}

#[test]
fn every_fault_has_its_name() {
    let mut dice = Dice(5);
    let good = random_spec(&mut dice, 5, 1);
    let fault = |change: &dyn Fn(&mut LayoutSpec)| {
        let mut spec = good.clone();
        change(&mut spec);
        Layout::new(&spec).map(|_| ()).unwrap_err()
    };
    assert_eq!(fault(&|s| s.nodes.clear()), LayoutError::Empty);
    assert_eq!(fault(&|s| s.edges[2].length_cm = -7), LayoutError::NegativeLength { edge: 2, length_cm: -7 });
    assert_eq!(fault(&|s| s.edges[0].length_cm = TOTAL_CM_MAX + 1), LayoutError::TooLong);
    assert_eq!(
        fault(&|s| s.edges[1].b = s.edges[1].a),
        LayoutError::Loop { edge: 1, node: good.edges[1].a.0 }
    );
    assert_eq!(fault(&|s| s.nodes.push(Point { x_cm: 0, y_cm: 0 })), LayoutError::Disconnected { node: 5 });
    assert!(matches!(fault(&|s| s.packing = NodeId(9)), LayoutError::UnknownNode { node: 9, last: 4, .. }));
    assert!(matches!(fault(&|s| s.edges[0].a = NodeId(5)), LayoutError::UnknownNode { node: 5, .. }));

    let mut block = store().spec().unwrap();
    block.bins[3].id = block.bins[2].id.clone();
    assert_eq!(Layout::new(&block).unwrap_err(), LayoutError::DuplicateBin(block.bins[2].id.clone()));
    block.bins[3].zone = ZoneId::new("D").unwrap();
    assert!(matches!(Layout::new(&block).unwrap_err(), LayoutError::UnknownZone { .. }));
    block.zones[1] = block.zones[0].clone();
    assert!(matches!(Layout::new(&block).unwrap_err(), LayoutError::DuplicateZone(_)));
    let layout = Layout::new(&store().spec().unwrap()).unwrap();
    assert!(matches!(
        layout.distance(NodeId(0), NodeId(999)),
        Err(LayoutError::UnknownNode { node: 999, .. })
    ));
    let aisleless = Block { aisles: Vec::new(), ..store() };
    assert!(matches!(aisleless.spec(), Err(LayoutError::Block(_))));
    assert!(matches!(Block { packing_aisle: 10, ..store() }.spec(), Err(LayoutError::Block(_))));
}
