//! Orders that a restored hub has forgotten: a store still has them, or people bring them back from the gateway's and the
//! notifications' logs. They enter the books under the rights they were sold from; nothing is sold by it.

use super::{Cx, Flow, order, pay, quota, terms};
use crate::command::{Answer, Recovered, step_key};
use crate::db::HubTx;
use crate::db::customers::CustomerRow;
use crate::db::orders::{LineRow, OrderRow};
use crate::db::payments::{PaymentRow, StepKind, StepState};
use crate::refusal::Refusal;
use ::sync::doc::OrderView;
use hub_core::saga::{Method, Pay};
use model::api::hub::{Address, Point};
use model::fact::Fact;
use model::order::{Channel, Moments};
use model::order_doc::OrderHead;
use model::quota::{HubGeneration, StoreEpoch};
use model::{AddressId, CustomerId, Moment, OrderId, OrderState, Paise, Qty, StoreId, Timestamp};

/// Whose orders they are while nobody knows: a customer without a telephone.
const NOBODY: &str = "-recovered";

/// What is known of a forgotten order.
struct Known<'a> {
    order: OrderId,
    store: &'a StoreId,
    head: &'a OrderHead,
    terms: (StoreEpoch, HubGeneration),
    placed_at: Timestamp,
    customer: Option<CustomerId>,
    address: Option<&'a Address>,
    paid: bool,
}

/// An order that a store's documents show and this hub has forgotten, if it is one: sold in another generation.
pub fn from_document(
    tx: &mut dyn HubTx,
    cx: &Cx<'_>,
    store: &StoreId,
    view: &OrderView,
) -> Flow<Option<OrderRow>> {
    let confirmed = view.moments.get(Moment::Confirmed);
    let (Some(placed_at), true) = (view.moments.get(Moment::Placed).or(confirmed), confirmed.is_some())
    else {
        return Ok(None);
    };
    // What came late names the order, and is not all of it.
    if view.late.is_some() || !view.terms.1.may_be_forgotten_by(tx.generation()?) {
        return Ok(None);
    }
    let known = Known {
        order: view.order,
        store,
        head: &view.head,
        terms: view.terms,
        placed_at,
        customer: None,
        address: None,
        paid: view.head.cod == Paise::ZERO,
    };
    let row = enter(tx, cx, &known)?;
    order::note(tx, cx, &row.id, "recovered", "from=store".to_owned())?;
    Ok(Some(row))
}

/// Orders that people bring back from other logs. One that is here already stays as it is.
///
/// # Errors
/// [`Refusal::BadValue`] for an order of the present generation: that one cannot have been forgotten; nor any by a hub that was
/// never restored.
pub fn from_logs(tx: &mut dyn HubTx, cx: &Cx<'_>, orders: &[Recovered]) -> Flow<Answer> {
    let mut count = 0;
    for one in orders {
        if let Some(mut row) = tx.order(&one.order)? {
            if terms::is_in_doubt(&row) {
                confirmed_then(tx, &mut row)?;
                say(tx, &mut row, cx, one)?;
                count += 1;
            }
            continue;
        }
        if !one.generation.may_be_forgotten_by(tx.generation()?) || one.head.channel != Channel::Online {
            let want = "online orders of another generation than the present one".to_owned();
            return Err(Refusal::BadValue { field: "orders".to_owned(), want }.into());
        }
        if tx.store(&one.store)?.is_none() || one.confirmed_at < one.placed_at {
            let want = format!("{}: a store of this hub, confirmed after it was placed", one.head.number);
            return Err(Refusal::BadValue { field: "orders".to_owned(), want }.into());
        }
        let known = Known {
            order: one.order,
            store: &one.store,
            head: &one.head,
            terms: (one.epoch, one.generation),
            placed_at: one.placed_at,
            customer: one.customer,
            address: one.address.as_ref(),
            paid: one.paid,
        };
        let mut row = enter(tx, cx, &known)?;
        order::note(tx, cx, &row.id, "recovered", "from=logs".to_owned())?;
        say(tx, &mut row, cx, one)?;
        count += 1;
    }
    Ok(Answer::Count { count })
}

/// The store hears of it, under the terms it was sold under.
fn say(tx: &mut dyn HubTx, row: &mut OrderRow, cx: &Cx<'_>, one: &Recovered) -> Flow<()> {
    let (order, hour) = (row.id, row.placed_at.hour());
    let facts = [
        Fact::Order { order, hour, head: one.head.clone() },
        Fact::Terms { order, hour, epoch: one.epoch, generation: one.generation },
        Fact::Moment { order, hour, moment: Moment::Placed, at: row.placed_at },
    ];
    tx.add_facts(&row.store, &facts)?;
    order::reach(tx, cx, row, Moment::Confirmed, one.confirmed_at)
}

fn enter(tx: &mut dyn HubTx, cx: &Cx<'_>, known: &Known<'_>) -> Flow<OrderRow> {
    let too_large = || Refusal::BadValue { field: "total".to_owned(), want: "a smaller order".to_owned() };
    let mut lines = Vec::with_capacity(known.head.lines.len());
    let mut subtotal = Paise::ZERO;
    for (line, wish) in (0_u8..).zip(&known.head.lines) {
        let worth = wish.unit_price.checked_mul(wish.qty.get()).ok_or_else(too_large)?;
        subtotal = subtotal.checked_add(worth).ok_or_else(too_large)?;
        let product = tx.product(&wish.sku)?;
        let (name, name_hi) =
            product.map_or_else(|| (wish.sku.to_string(), String::new()), |p| (p.name, p.name_hi));
        lines.push(LineRow {
            line,
            sku: wish.sku.clone(),
            name,
            name_hi,
            qty: wish.qty,
            unit_price: wish.unit_price,
            picked: None,
            short: Qty::ZERO,
            substitute: None,
            refunded: Paise::ZERO,
        });
    }
    let customer = match known.customer {
        Some(id) if tx.customer(&id)?.is_some() => id,
        Some(_) | None => nobody(tx, cx)?,
    };
    let total = subtotal.max(known.head.cod);
    let row = OrderRow {
        id: known.order,
        number: known.head.number.clone(),
        customer,
        store: known.store.clone(),
        epoch: known.terms.0,
        generation: known.terms.1,
        store_why: "recovered".to_owned(),
        address: match known.address {
            Some(address) => address.clone(),
            None => at_the_store(tx, known)?,
        },
        first_name: known.head.first_name.clone(),
        preset: known.head.preset,
        subtotal,
        delivery_fee: total.checked_sub(subtotal).unwrap_or(Paise::ZERO),
        total,
        placed_at: known.placed_at,
        hold_until: None,
        promise_at: known.head.promise_at,
        state: OrderState::Placed,
        rider: None,
        bags: 0,
        code_tries: 0,
    };
    tx.add_order(&row, &lines)?;
    tx.add_moment(&row.id, Moment::Placed, row.placed_at)?;
    tx.add_payment(&payment_of(known, total))?;
    Ok(row)
}

/// What the gateway took is in its own log; the books say "paid" and give nothing back by themselves.
fn payment_of(known: &Known<'_>, amount: Paise) -> PaymentRow {
    let cash = known.head.cod > Paise::ZERO;
    let (method, state, captured) = match (cash, known.paid) {
        (true, _) => (Method::Cod, Pay::AtDoor, Paise::ZERO),
        (false, true) => (Method::Upi, Pay::Paid, amount),
        (false, false) => (Method::Upi, Pay::Voided, Paise::ZERO),
    };
    PaymentRow {
        order: known.order,
        method,
        token: String::new(),
        state,
        amount,
        captured,
        refunded: Paise::ZERO,
    }
}

/// The moments of the hub's own former life, as a document shows them.
pub fn remember(tx: &mut dyn HubTx, row: &mut OrderRow, known: &mut Moments, seen: &Moments) -> Flow<()> {
    if terms::is_in_doubt(row) && seen.get(Moment::Confirmed).is_some() {
        confirmed_then(tx, row)?;
    }
    for (moment, at) in &seen.0 {
        if moment.owner() == model::order::Owner::Hub {
            order::record(tx, row, known, *moment, *at)?;
        }
    }
    Ok(())
}

/// The former life confirmed it: what it held is sold, and the gateway was paid then.
fn confirmed_then(tx: &mut dyn HubTx, row: &mut OrderRow) -> Flow<()> {
    let units = order::units(tx, &row.id)?;
    quota::sell(tx, &order::quota_key(row), &units)?;
    row.hold_until = None;
    tx.save_order(row)?;
    let mut payment = pay::payment_of(tx, &row.id)?;
    payment.state = Pay::Paid;
    payment.captured = payment.amount;
    tx.save_payment(&payment)?;
    for kind in [StepKind::Authorise, StepKind::Debit] {
        if let Some(mut step) = tx.step(&step_key(&row.id, kind, "1"))? {
            step.state = StepState::Done;
            tx.save_step(&step)?;
        }
    }
    Ok(())
}

fn nobody(tx: &mut dyn HubTx, cx: &Cx<'_>) -> Flow<CustomerId> {
    if let Some(row) = tx.customer_by_phone(NOBODY)? {
        return Ok(row.id);
    }
    let id = CustomerId::from_bytes([0; 16]);
    let row = CustomerRow { id, phone: NOBODY.to_owned(), name: String::new() };
    tx.add_customer(&row, cx.now)?;
    Ok(id)
}

/// Without an address the rider asks at the store.
fn at_the_store(tx: &dyn HubTx, known: &Known<'_>) -> Flow<Address> {
    let at = tx.store(known.store)?.map_or(Point { lat: 0.0, lon: 0.0 }, |row| row.seed.at);
    let text = "recovered after a restore: ask operations for the address".to_owned();
    Ok(Address { id: AddressId::from_bytes([0; 16]), text, at })
}
