//! Benchmark `pick-route` (REQ-30): every published instance of a folder, judged by [`super::checker`]; 1,000 small
//! cases with precedence against trying every order; and the time of full 30-line carts in a store. What is timed is
//! what the store calls: stops in, order out. The layout is prepared once, as in a store, and reported apart.

use super::checker::{Floor, Instance, Spot, each_once, shortest_by_rank};
use anyhow::{Context, Result};
use model::ZoneId;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;
use store_core::layout::block::{Block, End};
use store_core::layout::{Layout, NodeId, Zone, ZoneKind};
use store_core::route::{Limits, PickClass, Plan, Planner, Stop};

/// A file's unit in centimetres, so that nothing is lost and lengths look like a store's.
const UNIT_CM: u32 = 100;
/// Every instance is planned so often; all times count, the first one too.
const REPEATS: usize = 5;
/// Small cases with precedence.
const SMALL_CASES: usize = 1_000;
/// Full carts.
const CARTS: usize = 2_000;
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

/// Runs the benchmark on a folder with `optimum.csv` and `instances/*.txt`; `error` stands in the answer if it cannot.
pub fn run(folder: &Path) -> Value {
    match measure(folder) {
        Ok(value) => value,
        Err(error) => json!({ "name": "pick-route", "error": format!("{error:#}") }),
    }
}

#[derive(Default)]
struct Published {
    instances: usize,
    optimal: usize,
    not_optimal: Vec<String>,
    without_optimum: usize,
    plan_us: Vec<f64>,
    fresh_us: Vec<f64>,
    layout_us: Vec<f64>,
    control_gap: f64,
}

fn measure(folder: &Path) -> Result<Value> {
    let published = published(folder)?;
    let (worse, small_us) = small_cases(&mut SmallRng::seed_from_u64(30))?;
    let (carts_exact, cart_us) = carts(&mut SmallRng::seed_from_u64(31))?;
    let compared = (published.instances - published.without_optimum).max(1);
    Ok(json!({
        "name": "pick-route",
        "instances": published.instances,
        "optimal": published.optimal,
        "not_optimal": published.not_optimal,
        "without_published_optimum": published.without_optimum,
        "p50_us": quantile(&published.plan_us, 0.50),
        "p99_us": quantile(&published.plan_us, 0.99),
        "max_us": quantile(&published.plan_us, 1.0),
        "fresh_planner_p50_us": quantile(&published.fresh_us, 0.50),
        "fresh_planner_p99_us": quantile(&published.fresh_us, 0.99),
        "layout_once_p50_us": quantile(&published.layout_us, 0.50),
        "control_nearest_neighbour_gap_percent": rounded(published.control_gap / compared as f64 * 100.0),
        "precedence_cases": SMALL_CASES,
        "precedence_worse": worse,
        "precedence_p99_us": quantile(&small_us, 0.99),
        "carts_of_30": CARTS,
        "carts_exact": carts_exact,
        "carts_p50_us": quantile(&cart_us, 0.50),
        "carts_p99_us": quantile(&cart_us, 0.99),
        "carts_max_us": quantile(&cart_us, 1.0),
        "goal": "optimal = instances, precedence_worse = 0, p99_us < 1000",
    }))
}

fn published(folder: &Path) -> Result<Published> {
    let optima = optima(&folder.join("optimum.csv"))?;
    let mut out = Published::default();
    let mut planner = Planner::default();
    for file in instance_files(&folder.join("instances"))? {
        let name = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let instance = Instance::read(&file)?;
        let block = block(&instance.floor, instance.depot_aisle, instance.depot_at_bottom)?;
        let begun = Instant::now();
        let layout = Layout::new(&block.spec()?)?;
        out.layout_us.push(micros(begun));
        let stop = |(aisle, cell): &(u64, u64)| -> Result<Stop> {
            Ok(Stop { node: node(&block, *aisle, *cell)?, class: PickClass::LightA })
        };
        let stops = instance.picks.iter().map(stop).collect::<Result<Vec<Stop>>>()?;
        let mut plan = None;
        for _ in 0..REPEATS {
            let begun = Instant::now();
            plan = Some(planner.plan(&layout, layout.packing(), layout.packing(), &stops)?);
            out.plan_us.push(micros(begun));
        }
        let begun = Instant::now();
        store_core::route::plan(&layout, layout.packing(), layout.packing(), &stops)?;
        out.fresh_us.push(micros(begun));
        let walked = instance.tour(&plan.context("no plan")?.order).with_context(|| name.clone())?;
        out.instances += 1;
        match optima.get(&name) {
            None => out.without_optimum += 1,
            Some(optimum) => {
                out.control_gap += instance.nearest_neighbour()? as f64 / optimum - 1.0;
                if (walked as f64 - optimum).abs() < 1e-6 {
                    out.optimal += 1;
                } else {
                    out.not_optimal.push(format!("{name}: {walked} instead of {optimum}"));
                }
            }
        }
    }
    anyhow::ensure!(out.instances > 0, "no instances in {}", folder.display());
    Ok(out)
}

fn optima(file: &Path) -> Result<BTreeMap<String, f64>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
    let row = |line: &str| -> Result<(String, f64)> {
        let (name, value) = line.split_once(',').with_context(|| format!("not name,optimum: {line}"))?;
        Ok((name.trim().trim_end_matches(".txt").to_owned(), value.trim().parse()?))
    };
    text.lines().skip(1).filter(|line| !line.trim().is_empty()).map(row).collect()
}

fn instance_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let listed = std::fs::read_dir(folder).with_context(|| format!("listing {}", folder.display()))?;
    let mut files = listed.map(|entry| Ok(entry?.path())).collect::<Result<Vec<PathBuf>>>()?;
    files.retain(|file| file.extension().is_some_and(|ext| ext == "txt"));
    files.sort();
    Ok(files)
}

/// The checker's floor as the store writes it: its top is the store's front.
fn block(floor: &Floor, depot_aisle: u64, depot_at_bottom: bool) -> Result<Block> {
    anyhow::ensure!(floor.top_gap == floor.bottom_gap, "the block's two end gaps differ");
    let zone = ZoneId::new("A")?;
    Ok(Block {
        zones: vec![Zone { id: zone.clone(), kind: ZoneKind::A }],
        aisles: vec![zone; usize::try_from(floor.aisles)?],
        bays: u32::try_from(floor.cells)?,
        levels: 0,
        aisle_gap_cm: u32::try_from(floor.aisle_gap)? * UNIT_CM,
        bay_gap_cm: u32::try_from(floor.cell_gap)? * UNIT_CM,
        end_gap_cm: u32::try_from(floor.top_gap)? * UNIT_CM,
        packing_aisle: u32::try_from(depot_aisle)?,
        packing_end: if depot_at_bottom { End::Back } else { End::Front },
    })
}

fn node(block: &Block, aisle: u64, cell: u64) -> Result<NodeId> {
    Ok(block.bay(u32::try_from(aisle)?, u32::try_from(cell)?))
}

/// Small cases on random blocks, from any cell to the depot, by both of the router's methods: how many were worse than
/// the best order (a broken precedence or a false claim of proof counts as worse), and the times.
fn small_cases(rng: &mut SmallRng) -> Result<(usize, Vec<f64>)> {
    let sweep_only = Limits { subsets_first: 0, subsets_most: 0, ..Limits::default() };
    let mut planners = [Planner::default(), Planner::with_limits(sweep_only)];
    let (mut worse, mut times) = (0, Vec::new());
    for case in 0..SMALL_CASES {
        let floor = Floor {
            aisles: rng.random_range(1..=8),
            cells: rng.random_range(1..=12),
            aisle_gap: rng.random_range(1..=5),
            cell_gap: rng.random_range(1..=3),
            top_gap: 2,
            bottom_gap: 2,
        };
        let depot_aisle = rng.random_range(0..floor.aisles);
        let block = block(&floor, depot_aisle, true)?;
        let layout = Layout::new(&block.spec()?)?;
        let classes = rng.random_range(1..=CLASSES.len());
        let mut cell = || (rng.random_range(0..floor.aisles), rng.random_range(0..floor.cells));
        let start = cell();
        let cells: Vec<(u64, u64)> = (0..=case % 8).map(|_| cell()).collect();
        let ranks: Vec<usize> = cells.iter().map(|_| rng.random_range(0..classes)).collect();
        let stop = |((aisle, cell), rank): (&(u64, u64), &usize)| -> Result<Stop> {
            Ok(Stop { node: node(&block, *aisle, *cell)?, class: CLASSES[*rank] })
        };
        let stops = cells.iter().zip(&ranks).map(stop).collect::<Result<Vec<Stop>>>()?;
        let ranked: Vec<(Spot, usize)> = cells
            .iter()
            .zip(&ranks)
            .map(|((aisle, cell), rank)| (floor.cell(*aisle, *cell), *rank))
            .collect();
        let begun = Instant::now();
        let from = node(&block, start.0, start.1)?;
        let plan = planners[case % 2].plan(&layout, from, layout.packing(), &stops)?;
        times.push(micros(begun));
        let depot = Spot { aisle: depot_aisle, depth: floor.depth() };
        worse += usize::from(!is_best(&floor, floor.cell(start.0, start.1), depot, &ranked, &plan));
    }
    Ok((worse, times))
}

fn is_best(floor: &Floor, start: Spot, end: Spot, stops: &[(Spot, usize)], plan: &Plan) -> bool {
    if !plan.exact || each_once(&plan.order, stops.len()).is_err() {
        return false;
    }
    let walk = [start].into_iter().chain(plan.order.iter().map(|at| stops[*at].0)).chain([end]);
    plan.order.is_sorted_by_key(|at| stops[*at].1)
        && floor.walk(walk) == shortest_by_rank(floor, start, end, stops)
}

/// Carts of 30 lines in a store of ten aisles and 800 bins, half of them with every class, half with one to three (the
/// hard ones): how many were proven, and the times.
fn carts(rng: &mut SmallRng) -> Result<(usize, Vec<f64>)> {
    let floor = Floor { aisles: 10, cells: 20, aisle_gap: 3, cell_gap: 1, top_gap: 1, bottom_gap: 1 };
    let block = block(&floor, 6, true)?;
    let layout = Layout::new(&block.spec()?)?;
    let mut planner = Planner::default();
    let (mut exact, mut times) = (0, Vec::new());
    for cart in 0..CARTS {
        let classes = if cart % 2 == 0 { CLASSES.len() } else { 1 + cart / 2 % 3 };
        let mut stops = Vec::new();
        for _ in 0..30 {
            let (aisle, bay) = (rng.random_range(0..10), rng.random_range(0..20));
            stops.push(Stop { node: block.bay(aisle, bay), class: CLASSES[rng.random_range(0..classes)] });
        }
        let begun = Instant::now();
        let plan = planner.plan(&layout, layout.packing(), layout.packing(), &stops)?;
        times.push(micros(begun));
        exact += usize::from(plan.exact);
    }
    Ok((exact, times))
}

fn micros(begun: Instant) -> f64 {
    begun.elapsed().as_secs_f64() * 1e6
}

fn rounded(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

fn quantile(times: &[f64], part: f64) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (sorted.len() as f64 * part).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().map_or(0.0, rounded)
}
