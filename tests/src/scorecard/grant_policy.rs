//! `grant-policy`: how many sales the hub and the counter lose under a way of granting, on a day of real baskets with cuts.
//! Ours (by measured demand) against two naive ones: everything free to the hub, and half and half. The rules are the
//! product's own (`sync::quota`); nothing else of it runs, so that only the policy differs.

use crate::baskets::{self, Day};
use anyhow::{Context, Result};
use model::SkuId;
use model::time::{HOUR_MS, MINUTE_MS, SECOND_MS};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use sync::quota::{Demand, GrantPolicy, HubQuota, LastUnit, SkuStock, StoreQuota, plan_grants, rate_after};

/// Time between two grants.
const TICK_MS: i64 = 10 * SECOND_MS;
/// The hub sells on for so long to a store it does not hear.
const STOP_MS: i64 = 150 * SECOND_MS;
/// Rates are brought up to date this often.
const RATE_MS: i64 = 5 * MINUTE_MS;
/// Days whose sales have taught the rates before the day that is judged.
const SCHOOL_DAYS: i64 = 1;
/// Units on the shelf of the day's own demand of a SKU, percent: some goods run out.
const STOCKED_PERCENT: u64 = 110;

/// A way of granting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// By measured demand.
    Ours,
    /// Every free unit is the hub's.
    Everything,
    /// Half of what is free.
    Half,
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Hub,
    Counter,
}

/// Units asked for and lost.
#[derive(Debug, Clone, Copy, Default)]
struct Lost {
    asked: u64,
    lost: u64,
    lost_in_cuts: u64,
}

/// One SKU at both sides.
#[derive(Debug, Clone, Copy, Default)]
struct Good {
    on_hand: u64,
    reserved: u64,
    store: StoreQuota,
    hub: HubQuota,
    demand: Demand,
    sold: [u64; 2],
}

/// One line of a customer.
type Ask = (i64, Side, usize, u64);

/// Runs the comparison.
pub fn run() -> Value {
    match compare() {
        Ok(value) => value,
        Err(error) => json!({ "error": format!("{error:#}") }),
    }
}

fn compare() -> Result<Value> {
    let day = baskets::shared_day()?.context("set LARDER_SHARED: the baskets are shared data")?;
    let asks = asks(&day, 0.7);
    let cuts = [(9 * HOUR_MS, 10 * HOUR_MS), (11 * HOUR_MS, 14 * HOUR_MS), (17 * HOUR_MS, 18 * HOUR_MS)];
    let mut ways = serde_json::Map::new();
    for (name, way) in
        [("ours", Way::Ours), ("everything_to_hub", Way::Everything), ("half_and_half", Way::Half)]
    {
        let (hub, counter, stuck) = play(way, &day, &asks, &cuts);
        let both = hub.lost + counter.lost;
        ways.insert(
            name.to_owned(),
            json!({
                "hub": told(hub), "counter": told(counter), "lost_units": both,
                "lost_in_cuts": hub.lost_in_cuts + counter.lost_in_cuts, "most_units_stuck_in_a_cut": stuck,
            }),
        );
    }
    Ok(json!({
        "scorecard": "grant-policy", "baskets": day.baskets.len(), "lines": asks.len(), "products": day.products,
        "hub_share": 0.7, "stock_percent_of_demand": STOCKED_PERCENT, "cuts_min": [60, 180, 60], "ways": ways,
        "note": "what the hub cannot sell in a cut after 150 s (nobody would pick it) is lost under every way alike",
    }))
}

fn told(lost: Lost) -> Value {
    json!({ "asked": lost.asked, "lost": lost.lost, "lost_in_cuts": lost.lost_in_cuts })
}

/// The day's baskets, each by a customer of the hub or at the counter.
fn asks(day: &Day, hub_share: f64) -> Vec<Ask> {
    let mut rng = SmallRng::seed_from_u64(11);
    let mut asks = Vec::new();
    for basket in &day.baskets {
        let side = if rng.random_bool(hub_share) { Side::Hub } else { Side::Counter };
        for (rank, units) in &basket.lines {
            let at = usize::try_from(*rank).unwrap_or(1).saturating_sub(1);
            asks.push((basket.at_offset_ms, side, at, u64::from(*units)));
        }
    }
    asks.sort_by_key(|ask| ask.0);
    asks
}

fn play(way: Way, day: &Day, asks: &[Ask], cuts: &[(i64, i64)]) -> (Lost, Lost, u64) {
    let mut goods = shelves(day, asks);
    // The rates have seen a day like this one, as they have in a store that is not new.
    for _ in 0..SCHOOL_DAYS {
        school(&mut goods, asks);
    }
    let (mut hub, mut counter, mut stuck) = (Lost::default(), Lost::default(), 0);
    let (mut tick, mut next) = (0, 0);
    while tick <= 24 * HOUR_MS {
        let cut = cuts.iter().find(|(from, to)| (*from..*to).contains(&tick));
        if tick % RATE_MS == 0 {
            learn(&mut goods);
        }
        if cut.is_none() {
            grants(way, &mut goods);
        } else {
            stuck = stuck.max(goods.iter().map(|good| good.store.outstanding()).sum());
        }
        while let Some((at, side, good, units)) = asks.get(next).copied().filter(|ask| ask.0 < tick + TICK_MS)
        {
            next += 1;
            let silent = cut.is_some_and(|(from, _)| at - from > STOP_MS);
            let Some(good) = goods.get_mut(good) else { continue };
            let sold = sell(good, side, units, silent);
            let lost = if side == Side::Hub { &mut hub } else { &mut counter };
            lost.asked += units;
            lost.lost += units - sold;
            lost.lost_in_cuts += if cut.is_some() { units - sold } else { 0 };
        }
        tick += TICK_MS;
    }
    (hub, counter, stuck)
}

fn shelves(day: &Day, asks: &[Ask]) -> Vec<Good> {
    let mut wanted: BTreeMap<usize, u64> = BTreeMap::new();
    asks.iter().for_each(|(_, _, good, units)| *wanted.entry(*good).or_default() += units);
    (0..usize::try_from(day.products).unwrap_or(0))
        .map(|at| {
            let units = wanted.get(&at).copied().unwrap_or(0);
            Good { on_hand: (units * STOCKED_PERCENT).div_ceil(100), ..Good::default() }
        })
        .collect()
}

fn school(goods: &mut [Good], asks: &[Ask]) {
    let (mut until, mut next) = (RATE_MS, 0);
    while until <= 24 * HOUR_MS {
        while let Some((_, side, good, units)) = asks.get(next).copied().filter(|ask| ask.0 < until) {
            next += 1;
            if let Some(good) = goods.get_mut(good) {
                good.sold[usize::from(side == Side::Counter)] += units;
            }
        }
        learn(goods);
        until += RATE_MS;
    }
}

fn learn(goods: &mut [Good]) {
    for good in goods {
        let [hub, counter] = std::mem::take(&mut good.sold);
        good.demand.hub_per_hour = rate_after(good.demand.hub_per_hour, hub, RATE_MS);
        good.demand.counter_per_hour = rate_after(good.demand.counter_per_hour, counter, RATE_MS);
    }
}

fn grants(way: Way, goods: &mut [Good]) {
    let policy = match way {
        Way::Ours | Way::Everything => GrantPolicy { counter_percent: 0, last_unit: LastUnit::Hub },
        Way::Half => GrantPolicy { counter_percent: 50, last_unit: LastUnit::Hub },
    };
    for (at, good) in goods.iter_mut().enumerate() {
        let Ok(sku) = SkuId::new(format!("P{at}")) else { continue };
        let demand = (way == Way::Ours).then_some(good.demand);
        let stock = SkuStock {
            sku,
            on_hand: good.on_hand,
            reserved: good.reserved,
            quota: good.store,
            suspended: false,
            demand,
        };
        let due = good.hub.due_back(stock.wanted_back(policy));
        if good.hub.give_back(due).is_ok() && due > 0 {
            let _ = good.store.learn_returned(good.hub.returned());
        }
        let stock = SkuStock { quota: good.store, ..stock };
        for grant in plan_grants(policy, &[stock]) {
            let _ = good.store.grant(grant.units, good.on_hand.saturating_sub(good.reserved));
        }
        good.hub.learn_granted(good.store.granted());
    }
}

/// Sells what is there of a line; the rest is lost. Hub orders reach the store's books at once, or with the next frames.
fn sell(good: &mut Good, side: Side, units: u64, silent: bool) -> u64 {
    let unreserved = good.on_hand.saturating_sub(good.reserved);
    let sold = match side {
        Side::Hub if silent => 0,
        Side::Hub => {
            let sold = units.min(good.hub.available());
            let _ = good.hub.hold(sold).and_then(|()| good.hub.sell(sold));
            let _ = good.store.take_order(sold);
            sold
        }
        Side::Counter => units.min(good.store.grantable(unreserved)),
    };
    good.reserved += sold;
    good.sold[usize::from(side == Side::Counter)] += units;
    sold
}
