//! A rider who was sent for an order and has not taken its bags is judged again as things change (REQ-75): a shift that is
//! over, a phone that fell silent, a way that has begun without it, or somebody free who is better by a margin. Whom
//! the order moves to is matched in [`super::assign`]. The store is told as it was told of the first rider; should it have
//! given the bags away before it heard, its word of who took them stands, so that an order is one rider's at any time. A
//! store that is cut off hears of no second rider: there the first one stays.

use super::assign::{self, AT_ONCE, Hand, Open};
use super::{Cx, Flow, order};
use crate::db::HubTx;
use crate::db::orders::OrderRow;
use crate::db::riders::{LostRow, RiderRow};
use crate::db::stores::StoreRow;
use crate::rules::Rules;
use hub_core::batch::READY_MIN;
use hub_core::rider_score::Score;
use hub_core::{geo, matching};
use model::api::hub::{LostWhy, Point};
use model::time::MINUTE_MS;
use model::{Moment, OrderState, Timestamp, particulars};

/// After so long without a position a rider is taken for gone: a phone on shift says one every 30 s at least (REQ-78).
pub const SILENT_MS: i64 = 5 * MINUTE_MS;
/// Whoever was this near the store since being sent may have the bags in hand, metres by air.
pub const AT_BAY_M: f64 = 150.0;

/// Who was sent before, and why somebody else goes.
#[derive(Debug)]
pub(super) struct Handed {
    pub(super) rider: RiderRow,
    pub(super) why: LostWhy,
}

/// Why a rider can be sent nowhere.
pub(super) fn unfit(cx: &Cx<'_>, rider: &RiderRow) -> Option<LostWhy> {
    if !rider.on_shift || rider.shift_until.is_none_or(|until| until <= cx.now) {
        return Some(LostWhy::ShiftOver);
    }
    let silent = rider.heard_at.is_none_or(|heard| cx.now.since_ms(heard) > SILENT_MS);
    silent.then_some(LostWhy::Silent)
}

/// Orders of a store whose rider cannot come any more: they are matched like those that wait, and stay with that rider while
/// there is nobody else.
pub(super) fn without_rider(tx: &dyn HubTx, cx: &Cx<'_>, store: &StoreRow) -> Flow<Vec<Open>> {
    let mut open = Vec::new();
    if !store.online {
        return Ok(open);
    }
    for row in tx.with_rider(&store.seed.id, AT_ONCE)? {
        let Some(rider) = rider_of(tx, &row)? else { continue };
        let why = match unfit(cx, &rider) {
            Some(why) => Some(why),
            None => left_behind(tx, cx, &row, &rider)?,
        };
        if let Some(why) = why {
            open.push(Open { row, from: Some(Handed { rider, why }) });
        }
    }
    Ok(open)
}

/// Bags that were not ready when the others of their way were (REQ-76): the rider has gone with those.
fn left_behind(tx: &dyn HubTx, cx: &Cx<'_>, row: &OrderRow, rider: &RiderRow) -> Flow<Option<LostWhy>> {
    for other in tx.orders_of_rider(&rider.id)?.into_iter().filter(|other| *other != row.id) {
        let left = tx.moments(&other)?.get(Moment::Dispatched);
        if left.is_some_and(|left| !waits_for_more(cx.rules, cx.now, left)) {
            return Ok(Some(LostWhy::Away));
        }
    }
    Ok(None)
}

/// Whether a rider who took some bags at a time stays at the bay for the others of the same way.
pub fn waits_for_more(rules: &Rules, now: Timestamp, took: Timestamp) -> bool {
    now.since_ms(took) <= rules.people_ms(READY_MIN)
}

/// Orders whose rider is fit go to free ones who are better by the formula's margin, by the best sum of what is won.
pub(super) fn to_the_better(
    tx: &mut dyn HubTx,
    cx: &Cx<'_>,
    store: &StoreRow,
    taken: Vec<OrderRow>,
    free: &mut Vec<RiderRow>,
) -> Flow<u32> {
    if free.is_empty() {
        return Ok(0);
    }
    let sights = assign::sights(tx, cx, store, free)?;
    let threshold = cx.rules.scorer.threshold(&cx.rules.weights);
    let (mut open, mut values) = (Vec::new(), Vec::new());
    for row in taken {
        let Some(rider) = rider_of(tx, &row)? else { continue };
        if unfit(cx, &rider).is_some() {
            continue;
        }
        let orders = tx.orders_of_rider(&rider.id)?.len().saturating_sub(1);
        let hand = Hand { orders, other_drop_m: other_drop(tx, &row, &rider)? };
        let mine = assign::sight_of(tx, cx, store, &rider, hand)?;
        // Whoever the formula would never send is worse than everybody it would.
        let least = mine.score.map_or(threshold, |score| score.sum() + cx.rules.scorer.margin());
        let mut won = Vec::with_capacity(free.len());
        for (other, sight) in free.iter().zip(&sights) {
            let sum = sight.score.as_ref().map(Score::sum);
            let better = sum.filter(|sum| *sum >= least.max(threshold));
            // An order does not go back to whom it was taken from while somebody else comes for it.
            let back = better.is_some() && tx.lost(&other.id, &row.id)?.is_some();
            won.push(better.filter(|_| !back).map(|sum| threshold + sum - least));
        }
        if won.iter().any(Option::is_some) && !was_at_bay(tx, store, &row, &rider)? {
            open.push(Open { row, from: Some(Handed { rider, why: LostWhy::Better }) });
            values.push(won);
        }
    }
    let picks = matching::assign(&values, threshold);
    let (count, _) = assign::send_all(tx, cx, open, free, &sights, &picks)?;
    Ok(count)
}

/// From an order's door to the nearest other one of the same rider, metres by air.
fn other_drop(tx: &dyn HubTx, row: &OrderRow, rider: &RiderRow) -> Flow<Option<f64>> {
    let mut nearest: Option<f64> = None;
    for other in tx.orders_of_rider(&rider.id)?.into_iter().filter(|other| *other != row.id) {
        if let Some(other) = tx.order(&other)? {
            let metres = geo::haversine_m(other.address.at, row.address.at);
            nearest = Some(nearest.map_or(metres, |known| known.min(metres)));
        }
    }
    Ok(nearest)
}

fn rider_of(tx: &dyn HubTx, row: &OrderRow) -> Flow<Option<RiderRow>> {
    Ok(match &row.rider {
        Some(id) => tx.rider(id)?,
        None => None,
    })
}

/// Whether the rider has been at the store since being sent, or is there now.
fn was_at_bay(tx: &dyn HubTx, store: &StoreRow, row: &OrderRow, rider: &RiderRow) -> Flow<bool> {
    let near = |point: Point| geo::haversine_m(point, store.seed.at) <= AT_BAY_M;
    if rider.fix.is_some_and(|fix| near(fix.point)) {
        return Ok(true);
    }
    let sent_at: Option<Timestamp> = tx.scored_at(&row.id, &rider.id)?;
    let Some(sent_at) = sent_at else { return Ok(false) };
    Ok(tx.places_since(&rider.id, sent_at)?.into_iter().any(near))
}

/// The store says who took the bags, and it is not who the hub sent last: the bags had left before the word came, or the
/// store had no card. What happened stands.
pub fn taken(tx: &mut dyn HubTx, cx: &Cx<'_>, row: &mut OrderRow, code: &str) -> Flow<()> {
    let Some(rider) = tx.rider_by_code(code)? else { return Ok(()) };
    if row.rider == Some(rider.id) || row.state != OrderState::Dispatched {
        return Ok(());
    }
    has_it(tx, cx, row, &rider)
}

/// The order is this rider's: the bags are in that rider's hands.
pub fn has_it(tx: &mut dyn HubTx, cx: &Cx<'_>, row: &mut OrderRow, rider: &RiderRow) -> Flow<()> {
    let other = rider_of(tx, row)?.filter(|other| other.id != rider.id);
    if let Some(other) = &other {
        tx.put_lost(&LostRow { rider: other.id, order: row.id, at: cx.now, why: LostWhy::Taken })?;
    }
    row.rider = Some(rider.id);
    tx.save_order(row)?;
    let from = other.map_or_else(String::new, |other| other.name);
    order::note(tx, cx, &row.id, "rider_has_it", particulars(&[("name", &rider.name), ("from", &from)]))
}
