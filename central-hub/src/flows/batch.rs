//! Orders that still wait after the matching join those that a rider is about to collect at the same store (REQ-76): scored with
//! the other drop, matched like all others, one more for each rider and look. Who has left, or is bound elsewhere, gets none.

use super::assign::{self, AT_ONCE, Hand, Open, Sight};
use super::{Cx, Flow, reassign};
use crate::db::HubTx;
use crate::db::orders::OrderRow;
use crate::db::riders::RiderRow;
use crate::db::stores::StoreRow;
use hub_core::batch::{Parcel, joins};
use hub_core::matching;
use model::time::MINUTE_MS;
use model::{Moment, RiderId};
use std::collections::BTreeMap;

/// A rider who is about to collect, and what.
struct Bound {
    rider: RiderRow,
    parcels: Vec<Parcel>,
}

/// Lets waiting orders of a store join.
pub(super) fn join(tx: &mut dyn HubTx, cx: &Cx<'_>, store: &StoreRow, open: Vec<Open>) -> Flow<u32> {
    // A store that is cut off would not hear of it, and the rider would stand there for nothing.
    if open.is_empty() || !store.online {
        return Ok(0);
    }
    let bound = bound(tx, cx, store)?;
    if bound.is_empty() {
        return Ok(0);
    }
    let mut sights = Vec::with_capacity(open.len());
    for order in &open {
        let new = parcel(tx, cx, &order.row)?;
        let sight = |to: &Bound| -> Flow<Option<Sight>> {
            let Ok(metres) = joins(store.seed.at, &to.parcels, &new) else { return Ok(None) };
            let hand = Hand { orders: to.parcels.len(), other_drop_m: Some(metres) };
            assign::sight_of(tx, cx, store, &to.rider, hand).map(Some)
        };
        sights.push(bound.iter().map(sight).collect::<Flow<Vec<_>>>()?);
    }
    let worth = |order: &Open, sight: &Option<Sight>| {
        sight.as_ref().and_then(|sight| assign::worth(cx, store, &order.row, sight))
    };
    let values: Vec<Vec<Option<f64>>> = open
        .iter()
        .zip(&sights)
        .map(|(order, row)| row.iter().map(|sight| worth(order, sight)).collect())
        .collect();
    let picks = matching::assign(&values, cx.rules.scorer.threshold(&cx.rules.weights));
    let mut count = 0;
    for ((mut order, row), pick) in open.into_iter().zip(&sights).zip(picks) {
        for (to, sight) in bound.iter().zip(row) {
            if let (Some(score), true) = (sight.as_ref().and_then(|s| s.score.as_ref()), pick.is_some()) {
                tx.put_score(&order.row.id, &to.rider.id, score.sum(), &score.parts(), cx.now)?;
            }
        }
        let picked = pick.and_then(|at| Some((bound.get(at)?, row.get(at)?.as_ref()?)));
        if let Some((to, sight)) = picked {
            assign::send(tx, cx, &mut order, &to.rider, sight)?;
            count += 1;
        }
    }
    Ok(count)
}

/// Riders all of whose orders are at this store still.
fn bound(tx: &dyn HubTx, cx: &Cx<'_>, store: &StoreRow) -> Flow<Vec<Bound>> {
    let mut of_rider: BTreeMap<RiderId, Vec<OrderRow>> = BTreeMap::new();
    for row in tx.with_rider(&store.seed.id, AT_ONCE)? {
        if let Some(rider) = row.rider {
            of_rider.entry(rider).or_default().push(row);
        }
    }
    let mut bound = Vec::new();
    for (id, rows) in of_rider {
        let Some(rider) = tx.rider(&id)? else { continue };
        if reassign::unfit(cx, &rider).is_some() || tx.orders_of_rider(&id)?.len() != rows.len() {
            continue;
        }
        let parcels = rows.iter().map(|row| parcel(tx, cx, row)).collect::<Flow<Vec<_>>>()?;
        bound.push(Bound { rider, parcels });
    }
    Ok(bound)
}

fn parcel(tx: &dyn HubTx, cx: &Cx<'_>, row: &OrderRow) -> Flow<Parcel> {
    let mut grams = 0_u64;
    for line in tx.lines(&row.id)? {
        let one = tx.product(&line.sku)?.map_or(0, |product| u64::from(product.weight.0));
        grams = grams.saturating_add(one.saturating_mul(u64::from(line.qty.get())));
    }
    let moments = tx.moments(&row.id)?;
    // What is not packed is ready when its promise counts on it.
    let ready_min = if moments.get(Moment::Packed).is_some() {
        0.0
    } else {
        let from = moments.get(Moment::Confirmed).unwrap_or(row.placed_at);
        let ready_at = from.plus_ms(cx.rules.people_ms(cx.rules.prepare_min));
        let minutes = ready_at.since_ms(cx.now) as f64 * cx.rules.speed.max(0.001) / MINUTE_MS as f64;
        minutes.max(0.0)
    };
    Ok(Parcel { at: row.address.at, ready_min, grams, premium: false })
}
