//! Checkout, second half: held units are sold, the promise is made, the order's document is written (decision 4). The order
//! is durable before the customer is told (SYNC.md, rule 2).

use super::quota::{self, Units};
use super::{Cx, Flow, order};
use crate::db::orders::{LineRow, OrderRow};
use crate::db::{Db, HubTx};
use hub_core::eta;
use hub_core::saga::Method;
use model::fact::Fact;
use model::order::Channel;
use model::order_doc::{HeadLine, OrderHead};
use model::quota::{FIRST_EPOCH, FIRST_GENERATION};
use model::{Moment, OrderId, Paise, Qty, Timestamp};

/// Confirms an order whose payment stands: what was held for it is sold.
pub fn confirm(
    tx: &mut dyn HubTx,
    cx: &Cx<'_>,
    row: &mut OrderRow,
    method: Method,
    units: &Units,
) -> Flow<()> {
    quota::sell(tx, &order::quota_key(row), units)?;
    row.hold_until = None;
    if let Some(store) = tx.store(&row.store)? {
        let minutes = eta::promise_min(cx.rules.prepare_min, store.seed.at, row.address.at);
        row.promise_at = cx.now.plus_ms(cx.rules.people_ms(minutes));
    }
    let lines = tx.lines(&row.id)?;
    promise(tx, row, method, &lines, &[(Moment::Placed, row.placed_at)])?;
    leave_cart(tx, cx, row, &lines)?;
    // Writes the whole row, with the promise and without the hold.
    order::reach(tx, cx, row, Moment::Confirmed, cx.now)
}

/// The order's document is written with the moments it has, and its customer may be told. What it sells is sold.
pub fn promise(
    tx: &mut dyn HubTx,
    row: &OrderRow,
    method: Method,
    lines: &[LineRow],
    moments: &[(Moment, Timestamp)],
) -> Flow<()> {
    let (order, hour) = (row.id, row.placed_at.hour());
    let mut facts = vec![Fact::Order { order, hour, head: head(row, method, lines) }];
    let (epoch, generation) = (row.epoch, row.generation);
    if (epoch, generation) != (FIRST_EPOCH, FIRST_GENERATION) {
        facts.push(Fact::Terms { order, hour, epoch, generation });
    }
    facts.extend(moments.iter().map(|(moment, at)| Fact::Moment { order, hour, moment: *moment, at: *at }));
    Ok(tx.add_facts(&row.store, &facts)?)
}

/// What was ordered leaves the cart; what was put in while the payment went on, or belongs to another order of the same
/// basket, stays.
fn leave_cart(tx: &mut dyn HubTx, cx: &Cx<'_>, row: &OrderRow, lines: &[LineRow]) -> Flow<()> {
    let cart = tx.cart(&row.customer)?;
    for line in lines {
        let Some((_, inside)) = cart.iter().find(|(sku, _)| *sku == line.sku) else { continue };
        let left = inside.checked_sub(line.qty).unwrap_or(Qty::ZERO);
        tx.set_cart_line(&row.customer, &line.sku, left, cx.now)?;
    }
    Ok(())
}

/// The head of an order that is here, as its document had it when it was promised.
///
/// # Errors
/// A fault of the database.
pub fn promised_head(tx: &dyn HubTx, id: &OrderId) -> Db<Option<OrderHead>> {
    let (Some(row), Some(payment)) = (tx.order(id)?, tx.payment(id)?) else { return Ok(None) };
    Ok(Some(head(&row, payment.method, &tx.lines(id)?)))
}

fn head(row: &OrderRow, method: Method, lines: &[LineRow]) -> OrderHead {
    OrderHead {
        number: row.number.clone(),
        channel: Channel::Online,
        promise_at: row.promise_at,
        first_name: row.first_name.clone(),
        cod: match method {
            Method::Cod => row.total,
            Method::Upi | Method::Card => Paise::ZERO,
        },
        preset: row.preset,
        lines: lines
            .iter()
            .map(|l| HeadLine { sku: l.sku.clone(), qty: l.qty, unit_price: l.unit_price })
            .collect(),
    }
}
