//! One order of a checkout, in the checkout's transaction: its units are taken, it is written, its payment begins. Cash is
//! confirmed at once; the rest waits for the gateway while the hold lasts.

use super::quota::{self, Fate};
use super::survey::Site;
use super::{Cx, Flow, confirm, order};
use crate::command::step_key;
use crate::db::HubTx;
use crate::db::customers::CustomerRow;
use crate::db::orders::{LineRow, OrderRow};
use crate::db::payments::{PaymentRow, StepKind, StepRow, StepState};
use crate::db::stores::StoreRow;
use crate::refusal::Refusal;
use hub_core::saga::{self, Do, Method};
use hub_core::{eta, fee, geo, number, proof};
use model::api::hub::{Address, Point};
use model::order_doc::SubstitutePreset;
use model::{Moment, OrderId, OrderState, Paise, Qty, Timestamp};

/// Who orders what, where to, and how it is paid.
pub struct Buyer {
    /// Who.
    pub who: CustomerRow,
    /// Where to.
    pub address: Address,
    /// How it is paid.
    pub method: Method,
    /// The gateway's token; empty for cash.
    pub token: String,
    /// What about missing goods.
    pub preset: SubstitutePreset,
    /// The cart, at the prices of now.
    pub lines: Vec<LineRow>,
}

/// What an order costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bill {
    /// The goods.
    pub subtotal: Paise,
    /// The way.
    pub delivery_fee: Paise,
    /// Both.
    pub total: Paise,
}

impl Bill {
    /// Of these lines from this store to that door.
    ///
    /// # Errors
    /// More than money can count.
    pub fn of(lines: &[LineRow], store: &StoreRow, door: Point) -> Flow<Self> {
        let mut subtotal = Paise::ZERO;
        for line in lines {
            subtotal = plus(subtotal, price(line.unit_price, line.qty)?)?;
        }
        let delivery_fee = fee::delivery_fee(geo::road_km(store.seed.at, door), fee::Surge::NONE);
        Ok(Self { subtotal, delivery_fee, total: plus(subtotal, delivery_fee)? })
    }
}

/// So many at this price.
///
/// # Errors
/// More than money can count.
pub fn price(unit: Paise, qty: Qty) -> Flow<Paise> {
    Ok(unit.checked_mul(qty.get()).ok_or_else(too_large)?)
}

/// A sum.
///
/// # Errors
/// More than money can count.
pub fn plus(a: Paise, b: Paise) -> Flow<Paise> {
    Ok(a.checked_add(b).ok_or_else(too_large)?)
}

fn too_large() -> Refusal {
    Refusal::BadValue { field: "total".to_owned(), want: "a smaller order".to_owned() }
}

/// The part of a basket that one store brings, and why that store.
pub struct Parcel<'a> {
    /// From where.
    pub site: &'a Site,
    /// Why from there.
    pub why: String,
    /// What.
    pub lines: Vec<LineRow>,
    /// Which one of the basket's orders, from 0.
    pub nth: u8,
}

/// Places an order.
///
/// # Errors
/// Refused as a whole; nothing is held then.
pub fn place(tx: &mut dyn HubTx, cx: &Cx<'_>, buyer: &Buyer, parcel: Parcel<'_>) -> Flow<OrderId> {
    let Parcel { site, lines, .. } = &parcel;
    let units = quota::sum(lines.iter().map(|l| (l.sku.clone(), u64::from(l.qty.get()))));
    let (payment, act) = saga::start(buyer.method);
    let fate = if act == Some(Do::Confirm) { Fate::Sold } else { Fate::Held };
    quota::take(tx, &site.key, &units, &site.rights, fate)?;
    let mut row = order_row(tx, cx, buyer, &parcel)?;
    let mut steps = vec![(Moment::Placed, row.store_why.clone())];
    if fate == Fate::Sold {
        row.hold_until = None;
        steps.push((Moment::Confirmed, String::new()));
    }
    order::enter(tx, cx, &mut row, lines, &steps)?;
    tx.add_payment(&PaymentRow {
        order: row.id,
        method: buyer.method,
        token: buyer.token.clone(),
        state: payment,
        amount: row.total,
        captured: Paise::ZERO,
        refunded: Paise::ZERO,
    })?;
    match (fate, buyer.method) {
        (Fate::Sold, _) => {
            let moments: Vec<_> = steps.iter().map(|(moment, _)| (*moment, cx.now)).collect();
            confirm::promise(tx, &row, buyer.method, lines, &moments)?;
        }
        (Fate::Held, Method::Card) => ask(tx, &row, StepKind::Authorise, cx.now)?,
        (Fate::Held, Method::Upi) => ask(tx, &row, StepKind::Debit, cx.now)?,
        (Fate::Held, Method::Cod) => {}
    }
    Ok(row.id)
}

fn order_row(tx: &mut dyn HubTx, cx: &Cx<'_>, buyer: &Buyer, parcel: &Parcel<'_>) -> Flow<OrderRow> {
    let (site, door) = (parcel.site, buyer.address.at);
    let bill = Bill::of(&parcel.lines, &site.store, door)?;
    let promise = eta::promise_min(cx.rules.prepare_min, site.store.seed.at, door);
    Ok(OrderRow {
        id: OrderId::new(cx.now, id_of(cx, parcel.nth)),
        number: number::short_number(tx.next_order_seq()?),
        customer: buyer.who.id,
        store: site.store.seed.id.clone(),
        epoch: site.key.epoch,
        generation: site.key.generation,
        store_why: parcel.why.clone(),
        address: buyer.address.clone(),
        first_name: buyer.who.name.clone(),
        preset: buyer.preset,
        subtotal: bill.subtotal,
        delivery_fee: bill.delivery_fee,
        total: bill.total,
        placed_at: cx.now,
        hold_until: Some(cx.now.plus_ms(cx.rules.hold_ms)),
        promise_at: cx.now.plus_ms(cx.rules.people_ms(promise)),
        state: OrderState::Placed,
        rider: None,
        bags: 0,
        code_tries: 0,
    })
}

/// A retry makes the same orders: their ids come from the command's.
fn id_of(cx: &Cx<'_>, nth: u8) -> u128 {
    let first: [&[u8]; 2] = [b"order", cx.id.as_bytes()];
    if nth == 0 { proof::digest_u128(&first) } else { proof::digest_u128(&[first[0], first[1], &[nth]]) }
}

fn ask(tx: &mut dyn HubTx, row: &OrderRow, kind: StepKind, now: Timestamp) -> Flow<()> {
    let key = step_key(&row.id, kind, "1");
    let step =
        StepRow { key, order: row.id, kind, amount: row.total, state: StepState::Due, tries: 0, due_at: now };
    Ok(tx.add_step(&step)?)
}
