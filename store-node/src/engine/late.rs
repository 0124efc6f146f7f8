//! What came late for an order that this store does not have: between documents no order is promised, and the closed hour of an
//! order that a restored store has forgotten comes beside the session. Till the order is known the fact waits, and is read again in
//! its document then; after [`SAID_AGAIN_HOURS`] it waits no more.

use super::docs::Docs;
use super::{Applied, Fault, Parts, inbound};
use crate::db::{Tx, docs, hours, orders};
use model::{OrderId, Timestamp};
use std::collections::BTreeSet;
use sync::doc::{ClosedHour, DocError, DocKey, OrderView, SAID_AGAIN_HOURS};

/// What one look settles at most.
const AT_ONCE: u32 = 256;
/// What one look gives up at most; the rest goes with the next.
const GIVEN_UP_AT_ONCE: u32 = 1_000;

/// Lets wait what came for orders that are not known; the others are left in the list, and those of which `says_all` is true: what
/// came is enough to know them.
///
/// # Errors
/// A fault of the database.
pub(super) fn hold_back(
    tx: &Tx<'_>,
    hour: i64,
    late: &mut BTreeSet<OrderId>,
    says_all: impl Fn(&OrderId) -> bool,
) -> Result<(), Fault> {
    let mut early = Vec::new();
    for order in late.iter() {
        if orders::find(tx, order)?.is_none() && !says_all(order) {
            hours::await_order(tx, order, hour)?;
            early.push(*order);
        }
    }
    late.retain(|order| !early.contains(order));
    Ok(())
}

/// Does what waited for orders that are known by now.
///
/// # Errors
/// A fault of the database.
pub(super) fn settle(
    tx: &Tx<'_>,
    parts: &Parts,
    live: &mut Docs,
    now: Timestamp,
    applied: &mut Applied,
) -> Result<(), Fault> {
    for (order, hour) in hours::late_due(tx, AT_ONCE)? {
        let name = live.name(DocKey::Orders { hour });
        match views(tx, live, (&order, hour), &name)? {
            Ok(views) => {
                for view in &views {
                    inbound::learn(tx, parts, now, (view, hour, &name), applied)?;
                }
            }
            Err(error) => docs::quarantine(tx, now, "hub late", &name, &[], &error.to_string())?,
        }
        hours::drop_late(tx, &order, hour)?;
    }
    Ok(())
}

/// What waits for longer than anything is said again waits no more, and one line says what it was: its order comes no more.
///
/// # Errors
/// A fault of the database.
pub(super) fn give_up(tx: &Tx<'_>, now: Timestamp) -> Result<(), Fault> {
    let gone = hours::late_before(tx, now.hour().saturating_sub(SAID_AGAIN_HOURS), GIVEN_UP_AT_ONCE)?;
    if gone.is_empty() {
        return Ok(());
    }
    let named: String = gone.iter().map(|(order, hour)| format!("{order} {hour}\n")).collect();
    let why = format!(
        "{} facts that came late were about orders that never came in {SAID_AGAIN_HOURS} hours, and wait no more",
        gone.len()
    );
    tracing::warn!(%why, %named, "late facts are given up");
    docs::quarantine(tx, now, "hub late", "", named.as_bytes(), &why)?;
    for (order, hour) in &gone {
        hours::drop_late(tx, order, *hour)?;
    }
    Ok(())
}

/// What a document, or the blob that took its place, says late of an order.
fn views(
    tx: &Tx<'_>,
    live: &mut Docs,
    (order, hour): (&OrderId, i64),
    name: &str,
) -> Result<Result<Vec<OrderView>, DocError>, Fault> {
    let Some(blob) = hours::blob(tx, name)? else {
        return Ok(live.get(tx, DocKey::Orders { hour })?.late(order));
    };
    let of_order = |view: &OrderView| view.late.is_some() && view.order == *order;
    Ok(ClosedHour::read(hour, &blob).map(|closed| closed.orders.into_iter().filter(of_order).collect()))
}
