//! Routes against trying every order, on random floors and both methods; the published instances; hard layouts.

use super::*;
use crate::layout::block::{Block, End};
use crate::layout::tests::{Dice, random_spec, slow_table, store};
use crate::layout::{EdgeSpec, LayoutSpec, Point, Zone};
use model::ZoneId;
use std::path::Path;

const CLASSES: [PickClass; 8] = [
    PickClass::HeavyC,
    PickClass::LightC,
    PickClass::HeavyB,
    PickClass::LightB,
    PickClass::HeavyA,
    PickClass::LightA,
    PickClass::Cold,
    PickClass::Fragile,
];

fn planners() -> [Planner; 2] {
    let sweep_only = Limits { subsets_first: 0, subsets_most: 0, ..Limits::default() };
    [Planner::default(), Planner::with_limits(sweep_only)]
}

fn random_stops(dice: &mut Dice, nodes: usize, count: usize, classes: usize) -> Vec<Stop> {
    let stop = |_| Stop { node: NodeId(dice.below(nodes) as u32), class: CLASSES[dice.below(classes)] };
    (0..count).map(stop).collect()
}

fn walked(cm: &[Vec<u64>], start: NodeId, end: NodeId, stops: &[Stop], order: &[usize]) -> u64 {
    let nodes: Vec<NodeId> =
        [start].into_iter().chain(order.iter().map(|i| stops[*i].node)).chain([end]).collect();
    nodes.windows(2).map(|w| cm[w[0].at()][w[1].at()]).sum()
}

/// Tries every order that keeps the classes.
fn brute(cm: &[Vec<u64>], here: NodeId, end: NodeId, stops: &[Stop], left: &mut Vec<usize>) -> u64 {
    let Some(class) = left.iter().map(|i| stops[*i].class).min() else { return cm[here.at()][end.at()] };
    let mut best = u64::MAX;
    for at in 0..left.len() {
        let index = left[at];
        if stops[index].class == class {
            left.swap_remove(at);
            best = best
                .min(cm[here.at()][stops[index].node.at()] + brute(cm, stops[index].node, end, stops, left));
            left.push(index);
            let last = left.len() - 1;
            left.swap(at, last);
        }
    }
    best
}

fn assert_plan(plan: &Plan, cm: &[Vec<u64>], start: NodeId, end: NodeId, stops: &[Stop]) {
    let mut each: Vec<usize> = plan.order.clone();
    each.sort_unstable();
    assert_eq!(each, (0..stops.len()).collect::<Vec<_>>(), "each stop once");
    assert!(plan.order.is_sorted_by_key(|i| stops[*i].class), "class before class");
    assert_eq!(plan.length_cm, walked(cm, start, end, stops, &plan.order));
}

#[test]
fn no_order_is_shorter_on_a_thousand_random_floors() {
    let mut dice = Dice(30);
    let mut planners = planners();
    for round in 0..1_000 {
        let (nodes, more) = (1 + dice.below(12), dice.below(7));
        let spec = random_spec(&mut dice, nodes, more);
        let layout = Layout::new(&spec).unwrap();
        let cm = slow_table(&spec);
        let (count, classes) = (dice.below(8), 1 + dice.below(8));
        let stops = random_stops(&mut dice, nodes, count, classes);
        let (start, end) = (NodeId(dice.below(nodes) as u32), NodeId(dice.below(nodes) as u32));
        let best = brute(&cm, start, end, &stops, &mut (0..count).collect());
        for planner in &mut planners {
            let plan = planner.plan(&layout, start, end, &stops).unwrap();
            assert_plan(&plan, &cm, start, end, &stops);
            assert!(plan.exact, "round {round}");
            assert_eq!(plan.length_cm, best, "round {round}: {spec:?} {stops:?} {start:?} {end:?}");
        }
    }
}

#[test]
fn both_methods_agree_on_twelve_stops_of_a_store() {
    let mut dice = Dice(12);
    let spec = store().spec().unwrap();
    let layout = Layout::new(&spec).unwrap();
    let subsets = Limits { subsets_first: 13, ..Limits::default() };
    let mut both = [Planner::with_limits(subsets), planners()[1].limits.into_planner()];
    for _ in 0..20 {
        let stops = random_stops(&mut dice, spec.nodes.len(), 14, 2);
        let start = NodeId(dice.below(spec.nodes.len()) as u32);
        let [a, b] = both.each_mut().map(|p| p.plan(&layout, start, layout.packing(), &stops).unwrap());
        assert!(a.exact && b.exact);
        assert_eq!(a.length_cm, b.length_cm);
    }
}

impl Limits {
    fn into_planner(self) -> Planner {
        Planner::with_limits(self)
    }
}

/// Three blocks one behind the other: four cross aisles.
fn three_blocks() -> LayoutSpec {
    let (columns, rows) = (8_u32, 31_u32);
    let id = |x: u32, y: u32| NodeId(x * rows + y);
    let mut spec = LayoutSpec {
        nodes: Vec::new(),
        edges: Vec::new(),
        zones: Vec::new(),
        bins: Vec::new(),
        packing: id(3, 0),
        dispatch: id(3, 0),
    };
    for x in 0..columns {
        for y in 0..rows {
            spec.nodes.push(Point { x_cm: 300 * x as i32, y_cm: 100 * y as i32 });
            if y > 0 {
                spec.edges.push(EdgeSpec { a: id(x, y - 1), b: id(x, y), length_cm: 100 });
            }
            if x > 0 && y % 10 == 0 {
                spec.edges.push(EdgeSpec { a: id(x - 1, y), b: id(x, y), length_cm: 300 });
            }
        }
    }
    spec
}

#[test]
fn thirty_stops_are_exact_whatever_their_classes() {
    let mut dice = Dice(77);
    for spec in [store().spec().unwrap(), three_blocks()] {
        let layout = Layout::new(&spec).unwrap();
        let cm = slow_table(&spec);
        let mut planner = Planner::default();
        for classes in [1, 3, 8] {
            let stops = random_stops(&mut dice, spec.nodes.len(), 30, classes);
            let plan = planner.plan(&layout, NodeId(0), layout.packing(), &stops).unwrap();
            assert_plan(&plan, &cm, NodeId(0), layout.packing(), &stops);
            assert!(plan.exact, "{classes} classes");
            let good = improve::order(&layout, NodeId(0), layout.packing(), &stops);
            assert!(plan.length_cm <= walked(&cm, NodeId(0), layout.packing(), &stops, &good));
            assert_eq!(plan, super::plan(&layout, NodeId(0), layout.packing(), &stops).unwrap(), "no memory");
        }
    }
}

#[test]
fn without_a_proof_the_plan_says_so_and_is_still_good() {
    let mut dice = Dice(4);
    let spec = store().spec().unwrap();
    let layout = Layout::new(&spec).unwrap();
    let cm = slow_table(&spec);
    let none = Limits { subsets_first: 0, subsets_most: 0, sweep_entries: 0 };
    let (mut lazy, mut exact) = (Planner::with_limits(none), Planner::default());
    let (mut found, mut best) = (0, 0);
    for _ in 0..30 {
        let stops = random_stops(&mut dice, spec.nodes.len(), 20, 3);
        let plan = lazy.plan(&layout, NodeId(0), layout.packing(), &stops).unwrap();
        assert!(!plan.exact);
        assert_plan(&plan, &cm, NodeId(0), layout.packing(), &stops);
        found += plan.length_cm;
        best += exact.plan(&layout, NodeId(0), layout.packing(), &stops).unwrap().length_cm;
    }
    assert!(found >= best && found * 100 <= best * 103, "{found} against {best}");
}

#[test]
fn nothing_to_pick_is_a_walk_to_packing_and_strange_nodes_are_refused() {
    let block = store();
    let layout = Layout::new(&block.spec().unwrap()).unwrap();
    let start = block.end(0, End::Front);
    let plan = super::plan(&layout, start, layout.packing(), &[]).unwrap();
    assert_eq!(plan, Plan { order: Vec::new(), length_cm: 6 * 250, exact: true });
    let stop = Stop { node: NodeId(9_999), class: PickClass::Cold };
    let refused = super::plan(&layout, start, layout.packing(), &[stop]);
    assert!(matches!(refused, Err(LayoutError::UnknownNode { node: 9_999, .. })));
}

/// All published instances of a rectangular block: the optimum, walked. Skipped without `LARDER_SHARED`.
#[test]
fn published_instances_are_optimal() {
    let Ok(shared) = std::env::var("LARDER_SHARED") else {
        println!("skipped: LARDER_SHARED is not set");
        return;
    };
    let folder = Path::new(&shared).join("data/picking");
    let optima = std::fs::read_to_string(folder.join("optimum.csv")).expect("optimum.csv");
    let mut planner = Planner::default();
    let mut count = 0;
    for line in optima.lines().skip(1) {
        let (name, optimum) = line.split_once(',').expect("name,optimum");
        let bytes = std::fs::read(folder.join("instances").join(format!("{name}.txt"))).expect("instance");
        let text: String = bytes.into_iter().map(char::from).collect();
        let field = |key: &str| text.lines().find_map(|l| l.strip_prefix(key)?.trim().strip_prefix(':'));
        let number = |key: &str| field(key).expect(key).trim().parse::<u32>().expect(key);
        let zone = ZoneId::new("A").unwrap();
        let back = field("DEPOT_LOCATION").expect("depot").trim() == "bottom";
        let block = Block {
            zones: vec![Zone { id: zone.clone(), kind: ZoneKind::A }],
            aisles: vec![zone; number("NUM_AISLES") as usize],
            bays: number("NUM_CELLS"),
            levels: 0,
            aisle_gap_cm: 300,
            bay_gap_cm: 100,
            end_gap_cm: 100,
            packing_aisle: number("DEPOT_AISLE"),
            packing_end: if back { End::Back } else { End::Front },
        };
        let stop = |line: &str| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let [_, _, "AISLE", aisle, "CELL", cell, ..] = words[..] else { return None };
            let node = block.bay(aisle.parse().ok()?, cell.parse().ok()?);
            Some(Stop { node, class: PickClass::LightA })
        };
        let stops: Vec<Stop> = text.lines().filter_map(stop).collect();
        assert!(!stops.is_empty(), "{name} has stops");
        let layout = Layout::new(&block.spec().unwrap()).unwrap();
        let plan = planner.plan(&layout, layout.packing(), layout.packing(), &stops).unwrap();
        let optimum: f64 = optimum.parse().expect("optimum");
        assert!(plan.exact);
        assert_eq!(plan.length_cm, (optimum * 100.0) as u64, "{name}");
        count += 1;
    }
    assert!(count > 0, "no instances");
}

#[test]
fn a_product_and_its_zone_give_the_class() {
    use model::catalogue::{TempClass, Velocity};
    use model::{Grams, Paise, SkuId};
    let plain = Product {
        sku: SkuId::new("RICE").unwrap(),
        gtins: Vec::new(),
        name: String::new(),
        name_hi: String::new(),
        brand: String::new(),
        category: String::new(),
        search_terms: String::new(),
        temp: TempClass::Ambient,
        velocity: Velocity::A,
        weight: Grams(2_000),
        fragile: false,
        food: true,
        mrp: Paise::ZERO,
        price: Paise::ZERO,
        shelf_life_days: 0,
        hsn: String::new(),
        gst_bp: 0,
        unit: String::new(),
        popularity: 0,
        active: true,
    };
    let heavy = Product { weight: Grams(2_001), ..plain.clone() };
    let milk = Product { temp: TempClass::Chilled, ..heavy.clone() };
    let eggs = Product { fragile: true, ..milk.clone() };
    let walk = [
        (ZoneKind::C, &heavy),
        (ZoneKind::C, &plain),
        (ZoneKind::B, &heavy),
        (ZoneKind::B, &plain),
        (ZoneKind::A, &heavy),
        (ZoneKind::A, &plain),
        (ZoneKind::Cold, &milk),
        (ZoneKind::C, &eggs),
    ];
    assert_eq!(walk.map(|(zone, product)| PickClass::of(zone, product)), CLASSES);
    assert!(CLASSES.is_sorted());
    assert_eq!(PickClass::of(ZoneKind::B, &milk), PickClass::Cold, "cold wherever it lies");
    assert_eq!(PickClass::of(ZoneKind::Packing, &plain), PickClass::LightA);
}
