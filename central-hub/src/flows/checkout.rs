//! Checkout, first half (REQ-62, REQ-63): who buys what, from which store, and what is offered where no single store has all
//! of it. The order itself is `placing`'s, its second half `confirm`'s.

use super::placing::{self, Bill, Buyer, Parcel};
use super::survey::Survey;
use super::{Cx, Flow, me, order};
use crate::command::Answer;
use crate::db::HubTx;
use crate::db::orders::LineRow;
use crate::refusal::Refusal;
use hub_core::eta;
use hub_core::saga::Method;
use hub_core::split::Part;
use hub_core::store_choice::{Choice, NoStore};
use model::api::hub::{
    CheckoutRequest, InstrumentKind, Payment, SplitLine, SplitOffer, SplitPart, SplitRequest,
};
use model::order_doc::{KG_MAX, SubstitutePreset, kilograms};
use model::{AddressId, CustomerId, OrderId, Paise, Qty, StoreId};

/// Begins a checkout.
///
/// # Errors
/// Refused with the reason closest to a yes, or with an offer of several deliveries; nothing is held then.
pub fn begin(
    tx: &mut dyn HubTx,
    cx: &Cx<'_>,
    customer: &CustomerId,
    request: &CheckoutRequest,
) -> Flow<Answer> {
    let mut buyer = buyer(tx, cx, customer, (&request.address, &request.payment, request.preset))?;
    let survey = Survey::of(tx, cx, buyer.address.at, &buyer.lines)?;
    let choice = match survey.one() {
        Ok(choice) => choice,
        Err(no) => return Err(offer(cx, &buyer, &survey)?.unwrap_or_else(|| refusal_of(no)).into()),
    };
    let order = place_one(tx, cx, &mut buyer, &survey, choice)?;
    Ok(Answer::Order { order })
}

/// Begins a checkout of several deliveries, as they were offered.
///
/// # Errors
/// As [`begin`]; a new offer where it would be other stores or cost more than was agreed.
pub fn begin_split(
    tx: &mut dyn HubTx,
    cx: &Cx<'_>,
    customer: &CustomerId,
    request: &SplitRequest,
) -> Flow<Answer> {
    let mut buyer = buyer(tx, cx, customer, (&request.address, &request.payment, request.preset))?;
    let survey = Survey::of(tx, cx, buyer.address.at, &buyer.lines)?;
    let no = match survey.one() {
        Ok(choice) => {
            let order = place_one(tx, cx, &mut buyer, &survey, choice)?;
            return Ok(Answer::Orders { orders: vec![order] });
        }
        Err(no) => no,
    };
    let Some(parts) = survey.several() else { return Err(refusal_of(no).into()) };
    let now = offered(cx, &buyer, &survey, &parts)?;
    let agreed = |store: &StoreId| request.stores.contains(store);
    if now.total > request.total || !now.parts.iter().all(|part| agreed(&part.store)) {
        return Err(Refusal::SplitOffered { offer: Box::new(now) }.into());
    }
    let mut orders = Vec::new();
    for (nth, part) in (0..).zip(&parts) {
        let lines = lines_of_part(&buyer.lines, part);
        let parcel = Parcel { site: survey.site(part.candidate)?, why: part.why.clone(), lines, nth };
        orders.push(placing::place(tx, cx, &buyer, parcel)?);
    }
    settle_cart(tx, &buyer)?;
    Ok(Answer::Orders { orders })
}

fn place_one(
    tx: &mut dyn HubTx,
    cx: &Cx<'_>,
    buyer: &mut Buyer,
    survey: &Survey,
    choice: Choice,
) -> Flow<OrderId> {
    let site = survey.chosen(&choice)?;
    let lines = std::mem::take(&mut buyer.lines);
    let parcel = Parcel { site, why: choice.why, lines, nth: 0 };
    let order = placing::place(tx, cx, buyer, parcel)?;
    settle_cart(tx, buyer)?;
    Ok(order)
}

/// Cash is confirmed at once, and the cart has been ordered; else it is kept until the payment stands (`confirm`).
fn settle_cart(tx: &mut dyn HubTx, buyer: &Buyer) -> Flow<()> {
    match buyer.method {
        Method::Cod => Ok(tx.clear_cart(&buyer.who.id)?),
        Method::Upi | Method::Card => Ok(()),
    }
}

fn buyer(
    tx: &dyn HubTx,
    cx: &Cx<'_>,
    customer: &CustomerId,
    (address, payment, preset): (&AddressId, &Payment, SubstitutePreset),
) -> Flow<Buyer> {
    let (method, token) = payment_of(tx, customer, payment)?;
    if method != Method::Cod && !(cx.rules.gateway && tx.offers_gateway()?) {
        return Err(Refusal::NoGateway.into());
    }
    let who = tx.customer(customer)?.ok_or(Refusal::SessionOver)?;
    if let Some(open) = tx.waiting_for_payment(customer)? {
        let number = order::sure(tx, &open)?.number;
        return Err(Refusal::CheckoutOpen { number }.into());
    }
    let address = tx.address(customer, address)?.ok_or(Refusal::UnknownAddress)?;
    let lines = lines_of(tx, customer)?;
    Ok(Buyer { who, address, method, token, preset, lines })
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

/// The lines that one store brings, counted anew from the first.
fn lines_of_part(lines: &[LineRow], part: &Part) -> Vec<LineRow> {
    let mine = lines.iter().filter_map(|line| Some((line, *part.lines.get(&line.sku)?)));
    (0..).zip(mine).map(|(at, (line, qty))| LineRow { line: at, qty, ..line.clone() }).collect()
}

/// Several deliveries instead, if a few stores have it together.
fn offer(cx: &Cx<'_>, buyer: &Buyer, survey: &Survey) -> Flow<Option<Refusal>> {
    let Some(parts) = survey.several() else { return Ok(None) };
    let offer = Box::new(offered(cx, buyer, survey, &parts)?);
    Ok(Some(Refusal::SplitOffered { offer }))
}

fn offered(cx: &Cx<'_>, buyer: &Buyer, survey: &Survey, parts: &[Part]) -> Flow<SplitOffer> {
    let mut offer = SplitOffer { parts: Vec::new(), total: Paise::ZERO };
    for part in parts {
        let store = &survey.site(part.candidate)?.store;
        let (lines, door) = (lines_of_part(&buyer.lines, part), buyer.address.at);
        let bill = Bill::of(&lines, store, door)?;
        offer.total = placing::plus(offer.total, bill.total)?;
        offer.parts.push(SplitPart {
            store: store.seed.id.clone(),
            store_name: store.seed.name.clone(),
            lines: lines.into_iter().map(told).collect::<Flow<_>>()?,
            subtotal: bill.subtotal,
            delivery_fee: bill.delivery_fee,
            total: bill.total,
            promise_min: eta::promise_min(cx.rules.prepare_min, store.seed.at, door).ceil() as u32,
        });
    }
    Ok(offer)
}

fn told(line: LineRow) -> Flow<SplitLine> {
    let total = placing::price(line.unit_price, line.qty)?;
    Ok(SplitLine { sku: line.sku, name: line.name, name_hi: line.name_hi, qty: line.qty, total })
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
