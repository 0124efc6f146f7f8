//! An order as its customer sees it (REQ-61).

use super::place::{self, Reach};
use super::{Look, catalogue};
use crate::db::orders::{LineRow, OrderRow};
use crate::db::{Db, DbFault, HubTx};
use model::api::hub::{Order, OrderLine, SubstituteQuestion};
use model::{CustomerId, OrderId, OrderState, Paise};

/// Orders in a customer's list.
const LISTED: u32 = 50;

/// One order; `None` when there is none.
pub fn order(data: &dyn HubTx, look: &Look<'_>, id: &OrderId) -> Db<Option<Order>> {
    let Some(row) = data.order(id)? else { return Ok(None) };
    let payment = data.payment(id)?;
    let payment = payment.ok_or_else(|| DbFault::Corrupt(format!("order {id} without a payment")))?;
    let lines = data.lines(id)?;
    let mut refunded = Paise::ZERO;
    for line in &lines {
        refunded = refunded.checked_add(line.refunded).unwrap_or(refunded);
    }
    Ok(Some(Order {
        id: row.id,
        number: row.number.clone(),
        state: row.state,
        moments: data.moments(id)?,
        store: row.store.clone(),
        store_name: place::name_of(data, &row.store)?,
        store_why: row.store_why.clone(),
        address: row.address.clone(),
        lines: lines.into_iter().map(line).collect(),
        subtotal: row.subtotal,
        delivery_fee: row.delivery_fee,
        refunded: refunded.max(payment.refunded),
        total: row.total,
        payment_method: payment.method.word().to_owned(),
        payment_status: payment.state.customer_word().to_owned(),
        promise_at: row.promise_at,
        delivery_code: code(look, &row),
        substitute: question(data, look, &row)?,
    }))
}

/// A customer's orders, newest first.
pub fn orders(data: &dyn HubTx, look: &Look<'_>, customer: &CustomerId) -> Db<Vec<Order>> {
    let mut all = Vec::new();
    for id in data.orders_of(customer, LISTED)? {
        all.extend(order(data, look, &id)?);
    }
    Ok(all)
}

fn line(row: LineRow) -> OrderLine {
    OrderLine {
        line: row.line,
        sku: row.sku,
        name: row.name,
        name_hi: row.name_hi,
        qty: row.qty,
        unit_price: row.unit_price,
        picked: row.picked,
        short: row.short,
        substitute: row.substitute,
    }
}

/// The code is shown as soon as a rider is named: a store that is cut off hands over without the hub hearing of it.
fn code(look: &Look<'_>, row: &OrderRow) -> Option<String> {
    let under_way = match row.state {
        OrderState::Confirmed | OrderState::Picking | OrderState::Packed => row.rider.is_some(),
        OrderState::Dispatched => true,
        OrderState::Placed
        | OrderState::PaymentFailed
        | OrderState::Cancelled
        | OrderState::Delivered
        | OrderState::Completed
        | OrderState::Returned => false,
    };
    under_way.then(|| look.rules.key.delivery_code(row.store.as_str(), row.placed_at, &row.id))
}

fn question(data: &dyn HubTx, look: &Look<'_>, row: &OrderRow) -> Db<Option<SubstituteQuestion>> {
    let known = data.substitutes(&row.id)?;
    let Some(open) = known.into_iter().find(|s| s.accepted.is_none() && look.now <= s.ask.until) else {
        return Ok(None);
    };
    let Some(product) = data.product(&open.ask.sku)? else { return Ok(None) };
    let reach = Reach { store: data.store(&row.store)?, others: Vec::new() };
    let ordered = data.lines(&row.id)?.into_iter().find(|line| line.line == open.ask.line);
    let agreed = ordered.map_or(product.price, |line| line.unit_price);
    Ok(Some(SubstituteQuestion {
        line: open.ask.line,
        product: catalogue::card(data, look, product, &reach)?,
        qty: open.ask.qty,
        unit_price: open.ask.price.unwrap_or(agreed).min(agreed),
        until: open.ask.until,
    }))
}
