//! The customer has it, with proof (REQ-80, decision 11). It may be told before the store's `dispatched` has come: a store
//! that is cut off still hands over.

use super::{Cx, Flow, Stop, complete, order, pay, reassign, refund};
use crate::command::Answer;
use crate::db::HubTx;
use crate::db::orders::OrderRow;
use crate::db::riders::DeliveryRow;
use crate::refusal::Refusal;
use hub_core::geo;
use hub_core::proof::{self, DELIVERY_TRIES};
use hub_core::saga::{Event, Method};
use model::api::hub::{Fix, LostWhy, Point};
use model::order::next;
use model::{Moment, OrderId, Paise, RiderId, Timestamp, particulars};

/// What the rider says at the door.
#[derive(Debug, Clone, Copy)]
pub struct Drop<'a> {
    /// The customer's code.
    pub code: &'a str,
    /// Cash taken.
    pub cash: Paise,
    /// Where.
    pub at: Point,
    /// When; a rider without signal tells it later.
    pub delivered_at: Timestamp,
}

/// Delivers. So does a rider from whom the order was taken while the bags were in hand already and nobody had heard of it:
/// the customer's code says who stands at the door.
///
/// # Errors
/// [`Refusal::CodeWrong`] counts the try; [`Refusal::CodeDead`] after five; [`Refusal::WrongCash`].
pub fn deliver(
    tx: &mut dyn HubTx,
    cx: &Cx<'_>,
    rider: &RiderId,
    id: &OrderId,
    drop: Drop<'_>,
) -> Flow<Answer> {
    let mut row = tx.order(id)?.ok_or(Refusal::NotYourOrder)?;
    let mine = row.rider == Some(*rider);
    // Unless the store has said that somebody else took the bags.
    let had = tx.lost(rider, id)?.is_some_and(|lost| lost.why != LostWhy::Taken);
    if !mine && !had {
        return Err(Refusal::NotYourOrder.into());
    }
    let moments = tx.moments(id)?;
    if let Err(illegal) = next(moments.state(), Moment::Delivered) {
        return Err(Refusal::TooLate { state: illegal.state }.into());
    }
    if !geo::is_on_earth(drop.at) {
        let want = "latitude -90 to 90, longitude -180 to 180".to_owned();
        return Err(Refusal::BadValue { field: "at".to_owned(), want }.into());
    }
    check_code(tx, cx, &mut row, drop.code)?;
    take_cash(tx, cx, &mut row, drop.cash, moments.get(Moment::Packed).is_some())?;
    let earliest = moments.get(Moment::Confirmed).unwrap_or(row.placed_at);
    let at = drop.delivered_at.max(earliest).min(cx.now.max(earliest));
    let mut who = tx.rider(rider)?.ok_or(Refusal::SessionOver)?;
    if !mine {
        reassign::has_it(tx, cx, &mut row, &who)?;
    }
    let delivery = DeliveryRow { order: *id, rider: *rider, at, point: drop.at, cash: drop.cash };
    tx.add_delivery(&delivery)?;
    who.cash = who.cash.checked_add(drop.cash).unwrap_or(who.cash);
    if who.fix.is_none_or(|fix| fix.at <= at) {
        who.fix = Some(Fix { at, point: drop.at });
    }
    who.heard_at = Some(cx.now);
    tx.save_rider(&who)?;
    order::reach(tx, cx, &mut row, Moment::Delivered, at)?;
    complete::complete(tx, cx, &mut row)?;
    Ok(Answer::Order { order: *id })
}

fn check_code(tx: &mut dyn HubTx, cx: &Cx<'_>, row: &mut OrderRow, code: &str) -> Flow<()> {
    if row.code_tries >= DELIVERY_TRIES {
        return Err(Refusal::CodeDead.into());
    }
    let right = cx.rules.key.delivery_code(row.store.as_str(), row.placed_at, &row.id);
    if proof::same(&right, code.trim()) {
        return Ok(());
    }
    row.code_tries += 1;
    tx.save_order(row)?;
    order::note(tx, cx, &row.id, "code_wrong", particulars(&[("try", &row.code_tries)]))?;
    Err(Stop::Counted(Refusal::CodeWrong { left: DELIVERY_TRIES - row.code_tries }))
}

/// Takes what the rider took. Before the hub has heard what was packed, the label on the bag says what is due: never more
/// than the order's total, never less than the fee, which no short touches. A phone without signal may have shown the
/// total still, after the hub has heard of less: then the customer gets the difference back.
fn take_cash(tx: &mut dyn HubTx, cx: &Cx<'_>, row: &mut OrderRow, cash: Paise, packed: bool) -> Flow<()> {
    if pay::payment_of(tx, &row.id)?.method != Method::Cod {
        let due = Paise::ZERO;
        return if cash == due { Ok(()) } else { Err(Refusal::WrongCash { due }.into()) };
    }
    let due = refund::due(tx, row)?;
    let least = if packed { due } else { due.min(row.delivery_fee) };
    if cash < least || cash > row.total {
        return Err(Refusal::WrongCash { due }.into());
    }
    if cash < due {
        let detail = particulars(&[("paise", &cash.get()), ("due", &due.get())]);
        order::note(tx, cx, &row.id, "cash_by_label", detail)?;
    }
    pay::take(tx, &row.id, cash)?;
    pay::event(tx, cx, row, Event::CashTaken)?;
    refund::settle_cash(tx, cx, row, false)
}
