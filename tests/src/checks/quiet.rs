//! What must be the same at both sides once nothing moves any more: orders with their moments and picks, rights, and the
//! documents change for change. And: no order left its store twice (I5).

use super::{Check, Checked, broken, machine};
use central_hub::db::HubTx;
use central_hub::db::quotas::QuotaKey;
use central_hub::flows::refund;
use hub_core::saga::Method;
use model::alarms::NAMED_MAX;
use model::order::{Channel, Moment, Moments, Owner};
use model::{CommandId, OrderId, SkuId, StoreId};
use std::collections::{BTreeMap, BTreeSet};
use store_node::db::quota::Terms;
use store_node::db::{Connection, allocations, cold, docs, handovers, orders as store_orders, quota};
use sync::doc::{DocActor, DocId, Document};

/// One store and the hub.
pub struct Both<'a> {
    /// The store.
    pub store: &'a StoreId,
    /// Its database.
    pub conn: &'a Connection,
    /// The hub's.
    pub data: &'a dyn HubTx,
}

/// Every order the hub confirmed for this store is there with the same moments, picks and shorts; every counter order is
/// at the hub; the store has no online order of its own.
///
/// # Errors
/// The first order that differs.
pub fn orders(both: &Both<'_>, told: &BTreeMap<OrderId, StoreId>) -> Checked {
    for (order, store) in told.iter().filter(|(_, store)| *store == both.store) {
        let hub = both.data.moments(order).map_err(machine)?;
        let known = store_orders::find(both.conn, order).map_err(machine)?;
        match (hub.get(Moment::Confirmed), known) {
            (None, None) => continue,
            (None, Some(_)) => {
                return Err(broken(
                    Check::Converged,
                    format!("{store} has order {order}, which was never confirmed"),
                ));
            }
            (Some(_), None) => return Err(broken(Check::Lost, format!("{store} never got order {order}"))),
            (Some(_), Some(_)) => {}
        }
        let own = store_orders::moments(both.conn, order).map_err(machine)?;
        if shared(&hub) != shared(&own) {
            return Err(broken(
                Check::Converged,
                format!("{store} order {order}: hub {hub:?}, store {own:?}"),
            ));
        }
        picks(both, order)?;
        cash(both, order)?;
    }
    let mut rows = store_orders::open(both.conn).map_err(machine)?;
    rows.extend(
        store_orders::ended_since(both.conn, model::Timestamp::default(), u32::MAX).map_err(machine)?,
    );
    if let Some(row) =
        rows.iter().find(|row| row.channel == Channel::Online && !told.contains_key(&row.order))
    {
        let made = both.data.order(&row.order).map_err(machine)?;
        if made.is_none() {
            return Err(broken(
                Check::Doubled,
                format!("order {} is at {} and nowhere else", row.number, both.store),
            ));
        }
    }
    let counter = rows.iter().filter(|row| row.channel == Channel::Counter).count();
    let seen = both.data.counter_count(both.store).map_err(machine)? as usize;
    if counter != seen {
        let detail = format!("{} took {counter} counter orders, the hub knows {seen}", both.store);
        return Err(broken(Check::Converged, detail));
    }
    Ok(())
}

/// A wish to cancel that came too late is the hub's note alone; everything else is shared.
fn shared(moments: &Moments) -> BTreeMap<Moment, model::Timestamp> {
    moments
        .0
        .iter()
        .filter(|(moment, _)| **moment != Moment::CancelRequested)
        .map(|(m, at)| (*m, *at))
        .collect()
}

fn picks(both: &Both<'_>, order: &OrderId) -> Checked {
    let held = allocations::of_order(both.conn, order).map_err(machine)?;
    let short = store_orders::shorts(both.conn, order).map_err(machine)?;
    let packed = store_orders::moments(both.conn, order).map_err(machine)?.get(Moment::Packed).is_some();
    for line in both.data.lines(order).map_err(machine)?.iter().filter(|_| packed) {
        let own: i64 = held.iter().filter(|h| h.line == line.line).map(|h| i64::from(h.picked)).sum();
        let lacks: i64 =
            short.iter().filter(|(of, _)| *of == line.line).map(|(_, qty)| i64::from(*qty)).sum();
        let hub = (line.picked.map_or(0, i64::from), i64::from(line.short));
        if hub != (own, lacks) {
            let detail = format!(
                "{} order {order} line {}: the store picked {own} and lacked {lacks}, the hub says {hub:?}",
                both.store, line.line
            );
            return Err(broken(Check::Converged, detail));
        }
    }
    Ok(())
}

/// Of what a rider took for a packed order the house keeps what is due; the rest is noted as the customer's.
fn cash(both: &Both<'_>, order: &OrderId) -> Checked {
    let Some(payment) = both.data.payment(order).map_err(machine)? else { return Ok(()) };
    let moments = both.data.moments(order).map_err(machine)?;
    let at_door = payment.method == Method::Cod && moments.get(Moment::Delivered).is_some();
    let Some(row) = both.data.order(order).map_err(machine)?.filter(|_| at_door) else { return Ok(()) };
    let kept = payment.captured.checked_sub(payment.refunded);
    let due = refund::due(both.data, &row).map_err(machine)?;
    if moments.get(Moment::Packed).is_some() && kept != Some(due) {
        let detail =
            format!("{} order {order}: {due} was due in cash, {kept:?} stands in the books", both.store);
        return Err(broken(Check::Converged, detail));
    }
    Ok(())
}

/// Granted, returned and sold units are the same numbers at both sides.
///
/// # Errors
/// The first SKU that differs.
pub fn quotas(both: &Both<'_>, goods: &[SkuId]) -> Checked {
    let row = both.data.store(both.store).map_err(machine)?;
    let row = row.ok_or_else(|| broken(Check::Machine, "a store without a row"))?;
    let generation = both.data.generation().map_err(machine)?;
    let key = QuotaKey { store: both.store.clone(), epoch: row.epoch, generation };
    for sku in goods {
        let hub = both.data.rights(&key, sku).map_err(machine)?;
        let own = quota::get(both.conn, Terms { epoch: row.epoch, generation }, sku).map_err(machine)?;
        let (ours, theirs) =
            ((own.granted, own.returned, own.orders_seen), (hub.granted_seen(), hub.returned(), hub.sold()));
        if ours != theirs || hub.held() > 0 {
            let detail = format!(
                "{} {sku}: granted, returned, sold are {ours:?} at the store and {theirs:?} at the hub, which holds {}",
                both.store,
                hub.held()
            );
            return Err(broken(Check::Converged, detail));
        }
    }
    Ok(())
}

/// The hub knows which alarms stand at the store, and which of them somebody there has seen.
///
/// # Errors
/// Both words, where they differ.
pub fn alarms(both: &Both<'_>) -> Checked {
    let own = cold::standing(both.conn, NAMED_MAX).map_err(machine)?;
    let own: BTreeMap<CommandId, bool> =
        own.into_iter().map(|alarm| (alarm.id, alarm.acknowledged_by.is_some())).collect();
    let known = both.data.alarms(both.store).map_err(machine)?.map(|known| known.told);
    let told = known.iter().flat_map(|known| &known.alarms).map(|alarm| (alarm.id, alarm.seen)).collect();
    // That none stands is told, too.
    if known.is_some() && own == told {
        return Ok(());
    }
    let detail = format!("alarms of {}: {own:?} stand, {known:?} is what the hub knows", both.store);
    Err(broken(Check::Converged, detail))
}

/// Both sides have the same changes in every document.
///
/// # Errors
/// The first document whose heads differ.
pub fn documents(both: &Both<'_>) -> Checked {
    for name in docs::names(both.conn).map_err(machine)? {
        let id: DocId = name.parse().map_err(machine)?;
        if is_look(&id) {
            continue;
        }
        let (own, _) = docs::load(both.conn, &name).map_err(machine)?;
        let theirs = both.data.chunks(&id).map_err(machine)?;
        let actor = DocActor { side: Owner::Store, store: both.store.clone(), boot: u32::MAX };
        let load = |bytes: &[u8]| Document::load(id.clone(), &actor, bytes).map_err(machine);
        let (own, theirs) = (load(&own)?, load(&theirs)?);
        if own.heads() != theirs.heads() || own.waiting() + theirs.waiting() > 0 {
            let detail = format!(
                "{name}: heads {:?} and {:?}, {} and {} changes wait",
                own.heads(),
                theirs.heads(),
                own.waiting(),
                theirs.waiting()
            );
            return Err(broken(Check::Converged, detail));
        }
    }
    for (side, count) in [
        ("store", docs::quarantined(both.conn).map_err(machine)?),
        ("hub", i64::from(both.data.quarantined().map_err(machine)?)),
    ] {
        if count > 0 {
            let why = docs::reasons(both.conn, 3).map_err(machine)?;
            let hubs = both.data.set_aside(None, 3).map_err(machine)?;
            let detail = format!("{side}: {count} records in quarantine: {why:?} {hubs:?}");
            return Err(broken(Check::Converged, detail));
        }
    }
    Ok(())
}

/// The store looks at its shelf and its alarms whenever it runs and each side drops hours that are over when it comes to it.
fn is_look(id: &DocId) -> bool {
    match id {
        DocId::Stock { .. } | DocId::Alarms { .. } => true,
        DocId::Orders { .. } | DocId::Quota { .. } | DocId::Catalogue { .. } => false,
    }
}

/// What `sync inspect` reads of both databases does not differ.
///
/// # Errors
/// The first difference, with both words.
pub fn inspected(both: &Both<'_>) -> Checked {
    let here = store_node::inspect::of(both.conn, both.store, 0).map_err(machine)?;
    let there = central_hub::inspect::of(both.data, both.store, 0).map_err(machine)?;
    // That only one side has closed an hour yet is no disagreement about what is in it.
    let closing = |one: &sync::inspect::Difference| {
        one.here.starts_with("closed") != one.there.starts_with("closed") && one.of.starts_with("orders/")
    };
    let look =
        |one: &sync::inspect::Difference| one.of.starts_with("stock/") || one.of.starts_with("alarms/");
    match sync::inspect::differences(&here, &there).iter().find(|one| !closing(one) && !look(one)) {
        None => Ok(()),
        Some(one) => {
            let words = format!("{}: store {}, hub {}", one.of, one.here, one.there);
            Err(broken(Check::Converged, words))
        }
    }
}

/// I5: an order that was dispatched was handed over once, one that was cancelled never.
///
/// # Errors
/// The first order that is both or neither.
pub fn shipped_once(both: &Both<'_>) -> Checked {
    let mut rows = store_orders::open(both.conn).map_err(machine)?;
    rows.extend(
        store_orders::ended_since(both.conn, model::Timestamp::default(), u32::MAX).map_err(machine)?,
    );
    let mut seen = BTreeSet::new();
    for row in rows {
        let moments = store_orders::moments(both.conn, &row.order).map_err(machine)?;
        let left = moments.get(Moment::Dispatched).is_some();
        let over = moments.get(Moment::Cancelled).is_some();
        let hand = handovers::rider_of(both.conn, row.order).map_err(machine)?.is_some();
        if left && over || left != hand || !seen.insert(row.order) {
            let detail = format!(
                "{} order {}: dispatched {left}, handed over {hand}, cancelled {over}",
                both.store, row.number
            );
            return Err(broken(Check::ShippedTwice, detail));
        }
    }
    Ok(())
}
