//! Checkout, first half (REQ-62, REQ-63): choose the store, hold the units, write the order, start the payment. Cash is
//! confirmed in the same transaction; the rest waits for the gateway while the hold lasts.

use super::quota::{self, Fate};
use super::{Cx, Flow, confirm, me, order};
use crate::command::{Answer, step_key};
use crate::db::HubTx;
use crate::db::customers::CustomerRow;
use crate::db::orders::{LineRow, OrderRow};
use crate::db::payments::{PaymentRow, StepKind, StepRow, StepState};
use crate::db::quotas::QuotaKey;
use crate::db::stores::StoreRow;
use crate::refusal::Refusal;
use hub_core::saga::{self, Do, Method};
use hub_core::stop_selling::selling;
use hub_core::store_choice::{Candidate, Choice, NoStore, choose};
use hub_core::{eta, fee, geo, number, proof};
use model::api::hub::{Address, CheckoutRequest, InstrumentKind, Payment};
use model::order_doc::{KG_MAX, kilograms};
use model::{CustomerId, Moment, OrderId, OrderState, Paise, Qty, Timestamp};
use std::collections::BTreeMap;

/// Begins a checkout.
///
/// # Errors
/// Refused with the reason closest to a yes; nothing is held then.
pub fn begin(
    tx: &mut dyn HubTx,
    cx: &Cx<'_>,
    customer: &CustomerId,
    request: &CheckoutRequest,
) -> Flow<Answer> {
    let (method, token) = payment_of(tx, customer, &request.payment)?;
    if method != Method::Cod && !(cx.rules.gateway && tx.offers_gateway()?) {
        return Err(Refusal::NoGateway.into());
    }
    let who = tx.customer(customer)?.ok_or(Refusal::SessionOver)?;
    if let Some(open) = tx.waiting_for_payment(customer)? {
        let number = order::sure(tx, &open)?.number;
        return Err(Refusal::CheckoutOpen { number }.into());
    }
    let address = tx.address(customer, &request.address)?.ok_or(Refusal::UnknownAddress)?;
    let lines = lines_of(tx, customer)?;
    let units = quota::sum(lines.iter().map(|l| (l.sku.clone(), u64::from(l.qty.get()))));
    let (chosen, rights) = store_for(tx, cx, &address, &lines)?;
    let (payment, act) = saga::start(method);
    let fate = if act == Some(Do::Confirm) { Fate::Sold } else { Fate::Held };
    quota::take(tx, &chosen.key, &units, rights, fate)?;
    let mut row = order_row(tx, cx, &who, address, &lines, chosen, request)?;
    let mut steps = vec![(Moment::Placed, row.store_why.clone())];
    if fate == Fate::Sold {
        row.hold_until = None;
        steps.push((Moment::Confirmed, String::new()));
    }
    order::enter(tx, cx, &mut row, &lines, &steps)?;
    tx.add_payment(&PaymentRow {
        order: row.id,
        method,
        token,
        state: payment,
        amount: row.total,
        captured: Paise::ZERO,
        refunded: Paise::ZERO,
    })?;
    let order = row.id;
    match (fate, method) {
        (Fate::Sold, _) => {
            let moments: Vec<_> = steps.iter().map(|(moment, _)| (*moment, cx.now)).collect();
            confirm::promise(tx, &row, method, &lines, &moments)?;
        }
        (Fate::Held, Method::Card) => ask(tx, &row, StepKind::Authorise, cx.now)?,
        (Fate::Held, Method::Upi) => ask(tx, &row, StepKind::Debit, cx.now)?,
        (Fate::Held, Method::Cod) => {}
    }
    Ok(Answer::Order { order })
}

fn payment_of(tx: &dyn HubTx, customer: &CustomerId, payment: &Payment) -> Flow<(Method, String)> {
    let (method, token) = match payment {
        Payment::Cod => return Ok((Method::Cod, String::new())),
        Payment::Upi { token } => (Method::Upi, token.clone()),
        Payment::Card { token } => (Method::Card, token.clone()),
        Payment::Kept { instrument } => {
            let kept = tx.instrument(customer, instrument)?.ok_or(Refusal::UnknownInstrument)?;
            let method = match kept.kind {
                InstrumentKind::Card => Method::Card,
                InstrumentKind::Upi => Method::Upi,
            };
            (method, kept.token)
        }
    };
    me::token("payment.token", &token)?;
    Ok((method, token))
}

/// The cart as lines, each at the price of now and never above the MRP (REQ-66); together no more than one order may weigh.
fn lines_of(tx: &dyn HubTx, customer: &CustomerId) -> Flow<Vec<LineRow>> {
    let (mut lines, mut grams) = (Vec::new(), 0);
    for (at, (sku, qty)) in tx.cart(customer)?.into_iter().enumerate() {
        let product = tx.product(&sku)?.ok_or(Refusal::UnknownSku { sku: sku.clone() })?;
        if !product.active {
            return Err(Refusal::OutOfStock { missing: vec![(sku, 0)] }.into());
        }
        grams += u64::from(product.weight.0) * u64::from(qty.get());
        lines.push(LineRow {
            line: u8::try_from(at).map_err(|_| Refusal::CartFull)?,
            sku,
            name: product.name,
            name_hi: product.name_hi,
            qty,
            unit_price: product.price.min(product.mrp),
            picked: None,
            short: Qty::ZERO,
            substitute: None,
            refunded: Paise::ZERO,
        });
    }
    let kg = kilograms(grams);
    if kg > KG_MAX {
        return Err(Refusal::TooHeavy { kg, most_kg: KG_MAX }.into());
    }
    if lines.is_empty() { Err(Refusal::CartEmpty.into()) } else { Ok(lines) }
}

/// The store that will do it, and why.
struct Chosen {
    store: StoreRow,
    key: QuotaKey,
    choice: Choice,
}

fn store_for(
    tx: &dyn HubTx,
    cx: &Cx<'_>,
    address: &Address,
    lines: &[LineRow],
) -> Flow<(Chosen, quota::Rights)> {
    let generation = tx.generation()?;
    let mut wanted: BTreeMap<_, Qty> = BTreeMap::new();
    for line in lines {
        let sum = wanted.entry(line.sku.clone()).or_default();
        let too_many = Refusal::BadValue { field: "qty".to_owned(), want: "fewer units".to_owned() };
        *sum = sum.checked_add(line.qty).ok_or(too_many)?;
    }
    let mut near = Vec::new();
    let mut candidates = Vec::new();
    for store in tx.stores()? {
        let key = QuotaKey { store: store.seed.id.clone(), epoch: store.epoch, generation };
        let mut rights = quota::Rights::new();
        let mut open = store.seed.capacity;
        // What a store that is too far away has does not matter: nothing of it is read.
        if geo::haversine_m(store.seed.at, address.at) <= f64::from(store.seed.radius_m) {
            for sku in wanted.keys() {
                rights.insert(sku.clone(), quota::rights(tx, cx, &key, sku)?);
            }
            open = tx.open_up_to(&store.seed.id, store.seed.capacity)?;
        }
        candidates.push(Candidate {
            store: store.seed.id.clone(),
            name: store.seed.name.clone(),
            at: store.seed.at,
            radius_m: store.seed.radius_m,
            selling: selling(store.heard_at, store.closed, cx.now, cx.rules.stop_after_ms),
            available: rights.iter().map(|(sku, rights)| (sku.clone(), rights.available())).collect(),
            headroom: store.seed.capacity.saturating_sub(open),
        });
        near.push((store, key, rights));
    }
    let choice = choose(address.at, &wanted, &candidates).map_err(refusal_of)?;
    let chosen = near.into_iter().find(|(store, ..)| store.seed.id == choice.store);
    let (store, key, rights) = chosen.ok_or(Refusal::NotServed { nearest_m: None })?;
    Ok((Chosen { store, key, choice }, rights))
}

fn refusal_of(no: NoStore) -> Refusal {
    match no {
        NoStore::Outside { nearest_m } => Refusal::NotServed { nearest_m },
        NoStore::NotSelling { selling, .. } => {
            Refusal::StoreNotSelling { why: selling.word().to_owned(), reason: selling.reason() }
        }
        NoStore::Short { missing, .. } => Refusal::OutOfStock { missing },
    }
}

fn order_row(
    tx: &mut dyn HubTx,
    cx: &Cx<'_>,
    who: &CustomerRow,
    address: Address,
    lines: &[LineRow],
    Chosen { store, key, choice }: Chosen,
    request: &CheckoutRequest,
) -> Flow<OrderRow> {
    let too_large = || Refusal::BadValue { field: "total".to_owned(), want: "a smaller order".to_owned() };
    let mut subtotal = Paise::ZERO;
    for line in lines {
        let total = line.unit_price.checked_mul(line.qty.get()).ok_or_else(too_large)?;
        subtotal = subtotal.checked_add(total).ok_or_else(too_large)?;
    }
    let delivery_fee = fee::delivery_fee(geo::road_km(store.seed.at, address.at), fee::Surge::NONE);
    let promise = eta::promise_min(cx.rules.prepare_min, store.seed.at, address.at);
    Ok(OrderRow {
        id: OrderId::new(cx.now, proof::digest_u128(&[b"order", cx.id.as_bytes()])),
        number: number::short_number(tx.next_order_seq()?),
        customer: who.id,
        store: store.seed.id,
        epoch: key.epoch,
        generation: key.generation,
        store_why: choice.why,
        address,
        first_name: who.name.clone(),
        preset: request.preset,
        subtotal,
        delivery_fee,
        total: subtotal.checked_add(delivery_fee).ok_or_else(too_large)?,
        placed_at: cx.now,
        hold_until: Some(cx.now.plus_ms(cx.rules.hold_ms)),
        promise_at: cx.now.plus_ms(cx.rules.people_ms(promise)),
        state: OrderState::Placed,
        rider: None,
        bags: 0,
        code_tries: 0,
    })
}

fn ask(tx: &mut dyn HubTx, row: &OrderRow, kind: StepKind, now: Timestamp) -> Flow<()> {
    let key = step_key(&row.id, kind, "1");
    let step =
        StepRow { key, order: row.id, kind, amount: row.total, state: StepState::Due, tries: 0, due_at: now };
    Ok(tx.add_step(&step)?)
}
