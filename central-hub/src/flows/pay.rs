//! What the gateway says, and what the saga's table makes of it (REQ-63). Every step is idempotent by its key: an answer
//! that comes twice changes nothing.

use super::{Cx, Flow, complete, confirm, order, refund, release, terms};
use crate::command::{Answer, Outcome, step_key};
use crate::db::HubTx;
use crate::db::orders::OrderRow;
use crate::db::payments::{PaymentRow, StepKind, StepRow, StepState};
use crate::refusal::Refusal;
use hub_core::saga::{self, Do, Event, Method, Pay};
use hub_core::stop_selling::{Selling, selling};
use model::{OrderId, Paise, particulars};

/// The answer to one step.
pub fn result(tx: &mut dyn HubTx, cx: &Cx<'_>, key: &str, outcome: Outcome) -> Flow<Answer> {
    let mut step = tx.step(key)?.ok_or(Refusal::UnknownStep)?;
    if step.state != StepState::Due {
        return Ok(Answer::Order { order: step.order });
    }
    let mut row = order::sure(tx, &step.order)?;
    let amount = step.amount.get();
    let detail = particulars(&[("step", &step.kind.word()), ("paise", &amount)]);
    // What a forgotten life of the hub made of it is heard first; the gateway is asked again later, with the same key.
    let outcome = if terms::is_in_doubt(&row) { Outcome::Unclear } else { outcome };
    if outcome == Outcome::Agreed && waits_for_store(tx, cx, &row, &step)? {
        ask_later(tx, cx, &mut step)?;
        order::note(tx, cx, &row.id, "payment_waits", format!("{detail} try={}", step.tries))?;
        return Ok(Answer::Order { order: row.id });
    }
    match outcome {
        Outcome::Unclear => {
            ask_later(tx, cx, &mut step)?;
            order::note(tx, cx, &row.id, "payment_unclear", format!("{detail} try={}", step.tries))?;
        }
        Outcome::Agreed => {
            step.state = StepState::Done;
            tx.save_step(&step)?;
            order::note(tx, cx, &row.id, "payment_done", detail)?;
            agreed(tx, cx, &mut row, &step)?;
        }
        Outcome::Declined => {
            step.state = StepState::Refused;
            tx.save_step(&step)?;
            order::note(tx, cx, &row.id, "payment_declined", detail)?;
            match step.kind {
                StepKind::Authorise | StepKind::Debit => event(tx, cx, &mut row, Event::Declined)?,
                // Nothing follows by itself: operations see it in the history and in the reconciliation.
                StepKind::Capture | StepKind::Void | StepKind::Refund => {}
            }
        }
    }
    Ok(Answer::Order { order: row.id })
}

/// The gateway is asked again, with the same key.
fn ask_later(tx: &mut dyn HubTx, cx: &Cx<'_>, step: &mut StepRow) -> Flow<()> {
    step.due_at = cx.now.plus_ms(saga::back_off_ms(step.tries));
    step.tries += 1;
    Ok(tx.save_step(step)?)
}

/// A store that has fallen silent while the customer paid is sold nothing more (SYNC.md, rule 8): the order is confirmed
/// when the store is heard again within the hold; else the hold ends, and what was paid goes back.
fn waits_for_store(tx: &dyn HubTx, cx: &Cx<'_>, row: &OrderRow, step: &StepRow) -> Flow<bool> {
    let pays = matches!(step.kind, StepKind::Authorise | StepKind::Debit);
    if !pays || payment_of(tx, &row.id)?.state != Pay::Pending {
        return Ok(false);
    }
    let Some(store) = tx.store(&row.store)? else { return Ok(false) };
    Ok(match selling(store.heard_at, false, cx.now, cx.rules.stop_after_ms) {
        Selling::Unreachable { .. } | Selling::NeverConnected => true,
        Selling::Open | Selling::Closed => false,
    })
}

fn agreed(tx: &mut dyn HubTx, cx: &Cx<'_>, row: &mut OrderRow, step: &StepRow) -> Flow<()> {
    match step.kind {
        StepKind::Authorise => event(tx, cx, row, Event::Agreed),
        StepKind::Debit => {
            take(tx, &row.id, step.amount)?;
            event(tx, cx, row, Event::Agreed)
        }
        StepKind::Capture => {
            take(tx, &row.id, step.amount)?;
            event(tx, cx, row, Event::Captured)?;
            complete::complete(tx, cx, row)
        }
        StepKind::Void | StepKind::Refund => Ok(()),
    }
}

/// Money came.
pub fn take(tx: &mut dyn HubTx, order: &OrderId, amount: Paise) -> Flow<()> {
    let mut payment = payment_of(tx, order)?;
    payment.captured = payment.captured.checked_add(amount).unwrap_or(payment.captured).min(payment.amount);
    Ok(tx.save_payment(&payment)?)
}

/// The payment of an order, which must be there.
pub fn payment_of(tx: &dyn HubTx, order: &OrderId) -> Flow<PaymentRow> {
    Ok(tx.payment(order)?.ok_or(Refusal::UnknownOrder)?)
}

/// Walks the table one step and does what it asks for, in this transaction.
///
/// # Errors
/// [`Refusal::PaymentMisfit`] for an event that cannot happen there.
pub fn event(tx: &mut dyn HubTx, cx: &Cx<'_>, row: &mut OrderRow, event: Event) -> Flow<()> {
    let mut payment = payment_of(tx, &row.id)?;
    let (after, act) = saga::next(payment.method, payment.state, event)
        .map_err(|misfit| Refusal::PaymentMisfit { what: misfit.to_string() })?;
    payment.state = after;
    tx.save_payment(&payment)?;
    match act {
        None => Ok(()),
        Some(Do::Confirm) => {
            let units = order::units(tx, &row.id)?;
            confirm::confirm(tx, cx, row, payment.method, &units)
        }
        Some(Do::Release) => release::release(tx, cx, row),
        Some(Do::Capture) => {
            let amount = refund::due(tx, row)?;
            ask(tx, cx, row, StepKind::Capture, amount, "1")
        }
        Some(Do::Void) => ask(tx, cx, row, StepKind::Void, payment.amount, "1"),
        Some(Do::RefundAll) => {
            let left = payment.captured.checked_sub(payment.refunded).unwrap_or(Paise::ZERO);
            payment.refunded = payment.captured;
            tx.save_payment(&payment)?;
            ask(tx, cx, row, StepKind::Refund, left, "all")
        }
    }
}

/// Puts a step on the gateway's list; nothing is asked for no money, and nothing of a gateway for cash.
pub fn ask(
    tx: &mut dyn HubTx,
    cx: &Cx<'_>,
    row: &OrderRow,
    kind: StepKind,
    amount: Paise,
    detail: &str,
) -> Flow<()> {
    if amount <= Paise::ZERO || payment_of(tx, &row.id)?.method == Method::Cod {
        return Ok(());
    }
    order::note(
        tx,
        cx,
        &row.id,
        "payment_asked",
        particulars(&[("step", &kind.word()), ("paise", &amount.get())]),
    )?;
    let key = step_key(&row.id, kind, detail);
    let step = StepRow { key, order: row.id, kind, amount, state: StepState::Due, tries: 0, due_at: cx.now };
    Ok(tx.add_step(&step)?)
}
