//! All waiting orders of a store and all free riders together (REQ-75): scored, matched by the best sum, explained. What waits
//! still may share a rider's way ([`super::batch`]); an order that a rider was sent for and has not taken is judged again with
//! every look ([`super::reassign`]).

use super::reassign::{self, Handed};
use super::{Cx, Flow, batch, order};
use crate::command::Answer;
use crate::db::HubTx;
use crate::db::orders::OrderRow;
use crate::db::riders::{LostRow, RiderRow};
use crate::db::stores::StoreRow;
use hub_core::eta::{self, Conditions};
use hub_core::rider_score::{Pair, Score, score};
use hub_core::{geo, matching};
use model::fact::Fact;
use model::order_doc::RiderCard;
use model::particulars;
use model::time::{HOUR_MS, MINUTE_MS};

/// Orders looked at per store.
pub(super) const AT_ONCE: u32 = 200;
/// What an order at its last call is worth above the threshold, at most: little, so that it takes no rider from a better
/// pair, and not nothing, so that going beats waiting.
const LAST_CALL: f64 = 0.1;

/// An order that wants a rider, or a better one than it has.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) row: OrderRow,
    /// Who was sent already, and why somebody else should go.
    pub(super) from: Option<Handed>,
}

/// How a rider looks from a store.
#[derive(Debug)]
pub(super) struct Sight {
    /// `None`: by the city's formula this one is never sent there.
    pub(super) score: Option<Score>,
    travel_min: f64,
}

/// What a rider has in hand besides an order.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Hand {
    /// Orders.
    pub(super) orders: usize,
    /// From that order's door to the nearest of theirs, metres by air; of orders that share its way.
    pub(super) other_drop_m: Option<f64>,
}

/// Assigns what waits at every store; then riders who are free still take over from those who are much worse.
pub fn assign(tx: &mut dyn HubTx, cx: &Cx<'_>) -> Flow<Answer> {
    let stores = tx.stores()?;
    let mut free = None;
    let mut count = 0;
    for store in &stores {
        let waiting = tx.waiting_for_rider(&store.seed.id, AT_ONCE)?;
        let mut open: Vec<Open> = waiting.into_iter().map(|row| Open { row, from: None }).collect();
        open.extend(reassign::without_rider(tx, cx, store)?);
        if open.is_empty() {
            continue;
        }
        let free = free_riders(tx, cx, &mut free)?;
        let (sent, waiting) = at_store(tx, cx, store, open, free)?;
        count += sent + batch::join(tx, cx, store, waiting)?;
    }
    for store in &stores {
        let taken = tx.with_rider(&store.seed.id, AT_ONCE)?;
        if store.online && !taken.is_empty() {
            let free = free_riders(tx, cx, &mut free)?;
            count += reassign::to_the_better(tx, cx, store, taken, free)?;
        }
    }
    Ok(Answer::Count { count })
}

/// Who has nothing in hand and can be sent; read once per look.
fn free_riders<'a>(
    tx: &dyn HubTx,
    cx: &Cx<'_>,
    known: &'a mut Option<Vec<RiderRow>>,
) -> Flow<&'a mut Vec<RiderRow>> {
    if known.is_none() {
        let mut free = Vec::new();
        for rider in tx.riders_on_shift()? {
            let fit = reassign::unfit(cx, &rider).is_none() && rider.fix.is_some();
            if fit && tx.orders_of_rider(&rider.id)?.is_empty() {
                free.push(rider);
            }
        }
        *known = Some(free);
    }
    Ok(known.get_or_insert_default())
}

fn at_store(
    tx: &mut dyn HubTx,
    cx: &Cx<'_>,
    store: &StoreRow,
    open: Vec<Open>,
    free: &mut Vec<RiderRow>,
) -> Flow<(u32, Vec<Open>)> {
    let sights = sights(tx, cx, store, free)?;
    let values: Vec<Vec<Option<f64>>> = open
        .iter()
        .map(|order| sights.iter().map(|sight| worth(cx, store, &order.row, sight)).collect())
        .collect();
    let picks = matching::assign(&values, cx.rules.scorer.threshold(&cx.rules.weights));
    send_all(tx, cx, open, free, &sights, &picks)
}

/// The free riders as a store sees them.
pub(super) fn sights(tx: &dyn HubTx, cx: &Cx<'_>, store: &StoreRow, free: &[RiderRow]) -> Flow<Vec<Sight>> {
    free.iter().map(|rider| sight_of(tx, cx, store, rider, Hand::default())).collect()
}

/// Sends everybody whom the matching picked; they are free no more. What nobody was picked for comes back.
pub(super) fn send_all(
    tx: &mut dyn HubTx,
    cx: &Cx<'_>,
    open: Vec<Open>,
    free: &mut Vec<RiderRow>,
    sights: &[Sight],
    picks: &[Option<usize>],
) -> Flow<(u32, Vec<Open>)> {
    let (mut count, mut waiting) = (0, Vec::new());
    let mut taken = Vec::new();
    for (mut order, pick) in open.into_iter().zip(picks) {
        let Some((rider, sight)) = pick.and_then(|at| Some((free.get(at)?, sights.get(at)?))) else {
            waiting.push(order);
            continue;
        };
        for (other, its) in free.iter().zip(sights) {
            if let Some(score) = &its.score {
                tx.put_score(&order.row.id, &other.id, score.sum(), &score.parts(), cx.now)?;
            }
        }
        send(tx, cx, &mut order, rider, sight)?;
        taken.push(rider.id);
        count += 1;
    }
    free.retain(|rider| !taken.contains(&rider.id));
    Ok((count, waiting))
}

/// A rider as a store sees him, with what is in hand besides.
pub(super) fn sight_of(
    tx: &dyn HubTx,
    cx: &Cx<'_>,
    store: &StoreRow,
    rider: &RiderRow,
    hand: Hand,
) -> Flow<Sight> {
    let speed = cx.rules.speed.max(1.0);
    let at = rider.fix.map_or(store.seed.at, |fix| fix.point);
    let travel_min = eta::ride_min(at, store.seed.at);
    let left_ms = rider.shift_until.map_or(0, |until| until.since_ms(cx.now));
    // One hour of people's time.
    let hour_ago = cx.now.plus_ms(-((HOUR_MS as f64 / speed) as i64));
    let pair = Pair {
        way_m: geo::road_km(at, store.seed.at) * 1_000.0,
        travel_min,
        other_drop_m: hand.other_drop_m,
        rating: rider.rating,
        shift_left_min: left_ms as f64 * speed / MINUTE_MS as f64,
        deliveries_last_hour: tx.deliveries_since(&rider.id, hour_ago)?,
        in_hand: u32::try_from(hand.orders).unwrap_or(u32::MAX),
    };
    Ok(Sight { score: score(pair, cx.rules.scorer, &cx.rules.weights), travel_min })
}

/// What a rider is worth to an order; `None`: never sent.
pub(super) fn worth(cx: &Cx<'_>, store: &StoreRow, row: &OrderRow, sight: &Sight) -> Option<f64> {
    sight.score.as_ref().map(|score| value_of(cx, store, row, score, sight.travel_min))
}

/// What this rider is worth to this order. Waiting for a better rider ends when this one would have to leave now to keep the
/// promise: without that, riders who had a busy hour stand idle beside packed bags until the hour is over. One from beyond
/// the score's own horizon could not keep it anyway and leaves only once it is broken. A shift that ends soon still forbids
/// the way.
fn value_of(cx: &Cx<'_>, store: &StoreRow, row: &OrderRow, score: &Score, travel_min: f64) -> f64 {
    let (sum, threshold) = (score.sum(), cx.rules.scorer.threshold(&cx.rules.weights));
    let way = travel_min + eta::arrival_min(store.seed.at, row.address.at, Conditions::default());
    let in_time = row.promise_at.plus_ms(-cx.rules.people_ms(way));
    let leaves_at = if score.near { in_time } else { row.promise_at };
    if sum >= threshold || score.ends_soon || cx.now < leaves_at {
        return sum;
    }
    // Just above the threshold, the better rider first: any rider worth waiting for is still worth more.
    threshold + LAST_CALL / (1.0 + threshold - sum)
}

/// Sends a rider for an order: the order's row, the card for the store, a line of history.
pub(super) fn send(
    tx: &mut dyn HubTx,
    cx: &Cx<'_>,
    open: &mut Open,
    rider: &RiderRow,
    sight: &Sight,
) -> Flow<()> {
    let row = &mut open.row;
    row.rider = Some(rider.id);
    tx.save_order(row)?;
    let card = RiderCard {
        code: rider.code.clone(),
        name: rider.name.clone(),
        eta_at: cx.now.plus_ms(cx.rules.people_ms(sight.travel_min)),
    };
    tx.add_fact(&row.store, &Fact::Rider { order: row.id, hour: row.placed_at.hour(), rider: card })?;
    let (sum, parts) = match &sight.score {
        Some(score) => (format!("{:.1}", score.sum()), score.parts()),
        None => (String::new(), String::new()),
    };
    match &open.from {
        None => {
            let named = particulars(&[("name", &rider.name), ("score", &sum)]);
            order::note(tx, cx, &row.id, "rider_assigned", format!("{named} {parts}"))
        }
        Some(Handed { rider: before, why }) => {
            tx.put_lost(&LostRow { rider: before.id, order: row.id, at: cx.now, why: *why })?;
            let (from, why) = (&before.name, why.word());
            let named = particulars(&[("name", &rider.name), ("from", from), ("why", &why), ("score", &sum)]);
            order::note(tx, cx, &row.id, "rider_moved", format!("{named} {parts}"))
        }
    }
}
