//! All waiting orders of a store and all free riders together (REQ-75): scored, matched by the best sum, explained.

use super::{Cx, Flow, order};
use crate::command::Answer;
use crate::db::HubTx;
use crate::db::orders::OrderRow;
use crate::db::riders::RiderRow;
use crate::db::stores::StoreRow;
use hub_core::eta::{self, Conditions};
use hub_core::matching;
use hub_core::rider_score::{Pair, Score, score};
use model::fact::Fact;
use model::order_doc::RiderCard;
use model::particulars;
use model::time::{HOUR_MS, MINUTE_MS};

/// Orders looked at per store.
const AT_ONCE: u32 = 200;
/// What an order at its last call is worth above the threshold, at most: little, so that it takes no rider from a better
/// pair, and not nothing, so that going beats waiting.
const LAST_CALL: f64 = 0.1;

/// Assigns what waits at every store.
pub fn assign(tx: &mut dyn HubTx, cx: &Cx<'_>) -> Flow<Answer> {
    let mut free = Vec::new();
    let mut count = 0;
    for store in tx.stores()? {
        let waiting = tx.waiting_for_rider(&store.seed.id, AT_ONCE)?;
        if waiting.is_empty() {
            continue;
        }
        if free.is_empty() {
            free = free_riders(tx, cx)?;
        }
        count += at_store(tx, cx, &store, waiting, &mut free)?;
    }
    Ok(Answer::Count { count })
}

fn free_riders(tx: &dyn HubTx, cx: &Cx<'_>) -> Flow<Vec<RiderRow>> {
    let mut free = Vec::new();
    for rider in tx.riders_on_shift()? {
        let on_time = rider.shift_until.is_some_and(|until| until > cx.now);
        if on_time && rider.fix.is_some() && tx.orders_of_rider(&rider.id)?.is_empty() {
            free.push(rider);
        }
    }
    Ok(free)
}

fn at_store(
    tx: &mut dyn HubTx,
    cx: &Cx<'_>,
    store: &StoreRow,
    waiting: Vec<OrderRow>,
    free: &mut Vec<RiderRow>,
) -> Flow<u32> {
    let mut scores = Vec::new();
    for rider in free.iter() {
        scores.push(score_of(tx, cx, store, rider)?);
    }
    let values: Vec<Vec<Option<f64>>> = waiting
        .iter()
        .map(|row| scores.iter().map(|(s, travel)| Some(value_of(cx, store, row, s, *travel))).collect())
        .collect();
    let picks = matching::assign(&values, cx.rules.weights.threshold);
    let mut count = 0;
    let mut taken = Vec::new();
    for (mut row, pick) in waiting.into_iter().zip(picks) {
        let Some((rider, (score, travel_min))) = pick.and_then(|at| Some((free.get(at)?, scores.get(at)?)))
        else {
            continue;
        };
        for (other, (its, _)) in free.iter().zip(&scores) {
            tx.put_score(&row.id, &other.id, its.sum(), &its.parts(), cx.now)?;
        }
        send(tx, cx, &mut row, rider, score, *travel_min)?;
        taken.push(rider.id);
        count += 1;
    }
    free.retain(|rider| !taken.contains(&rider.id));
    Ok(count)
}

fn score_of(tx: &dyn HubTx, cx: &Cx<'_>, store: &StoreRow, rider: &RiderRow) -> Flow<(Score, f64)> {
    let speed = cx.rules.speed.max(1.0);
    let at = rider.fix.map_or(store.seed.at, |fix| fix.point);
    let travel_min = eta::ride_min(at, store.seed.at);
    let left_ms = rider.shift_until.map_or(0, |until| until.since_ms(cx.now));
    // One hour of people's time.
    let hour_ago = cx.now.plus_ms(-((HOUR_MS as f64 / speed) as i64));
    let pair = Pair {
        travel_min,
        other_drop_m: None,
        rating: rider.rating,
        shift_left_min: left_ms as f64 * speed / MINUTE_MS as f64,
        deliveries_last_hour: tx.deliveries_since(&rider.id, hour_ago)?,
    };
    Ok((score(pair, &cx.rules.weights), travel_min))
}

/// What this rider is worth to this order. The score alone does not depend on the order yet: batches (REQ-76) will add the
/// other drop here. Waiting for a better rider ends when this one would have to leave now to keep the promise: without
/// that, riders who had a busy hour stand idle beside packed bags until the hour is over. One from beyond the score's own
/// horizon could not keep it anyway and leaves only once it is broken. A shift that ends soon still forbids the way.
fn value_of(cx: &Cx<'_>, store: &StoreRow, row: &OrderRow, score: &Score, travel_min: f64) -> f64 {
    let (sum, threshold) = (score.sum(), cx.rules.weights.threshold);
    let near = score.travel > 0.0;
    let way = travel_min + eta::arrival_min(store.seed.at, row.address.at, Conditions::default());
    let leaves_at = if near { row.promise_at.plus_ms(-cx.rules.people_ms(way)) } else { row.promise_at };
    if sum >= threshold || score.shift < 0.0 || cx.now < leaves_at {
        return sum;
    }
    // Just above the threshold, the better rider first: any rider worth waiting for is still worth more.
    threshold + LAST_CALL / (1.0 + threshold - sum)
}

fn send(
    tx: &mut dyn HubTx,
    cx: &Cx<'_>,
    row: &mut OrderRow,
    rider: &RiderRow,
    score: &Score,
    travel_min: f64,
) -> Flow<()> {
    row.rider = Some(rider.id);
    tx.save_order(row)?;
    let card = RiderCard {
        code: rider.code.clone(),
        name: rider.name.clone(),
        eta_at: cx.now.plus_ms(cx.rules.people_ms(travel_min)),
    };
    tx.add_fact(&row.store, &Fact::Rider { order: row.id, hour: row.placed_at.hour(), rider: card })?;
    let sum = format!("{:.1}", score.sum());
    let detail = format!("{} {}", particulars(&[("name", &rider.name), ("score", &sum)]), score.parts());
    order::note(tx, cx, &row.id, "rider_assigned", detail)
}
