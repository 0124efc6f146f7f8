//! Shorts and goods that cost less, and what they give back (SYNC.md, rule 7): per line, never twice, never above what was
//! captured. What was not yet taken is simply taken less. Cash has no gateway: what was taken too much is a person's to
//! give back, what is missing a person's to ask for, and the order's history names both.

use super::{Cx, Flow, order, pay};
use crate::db::orders::{LineRow, OrderRow};
use crate::db::payments::StepKind;
use crate::db::{Db, HubTx};
use hub_core::saga::{Method, Pay, refund_for};
use model::order_doc::taken_off;
use model::{Paise, Qty, particulars};

/// What is due for an order after its shorts: total less refunds of lines.
pub fn due(tx: &dyn HubTx, row: &OrderRow) -> Db<Paise> {
    let mut due = row.total;
    for line in tx.lines(&row.id)? {
        due = due.checked_sub(line.refunded).unwrap_or(Paise::ZERO);
    }
    Ok(due.max(Paise::ZERO))
}

/// Notes that `short` units of a line did not come, and that those that came cost so much `less` because they weigh less.
/// What is not more than was noted before changes nothing.
pub fn line(
    tx: &mut dyn HubTx,
    cx: &Cx<'_>,
    row: &OrderRow,
    line: &mut LineRow,
    (short, less): (Qty, Paise),
) -> Flow<()> {
    let short = short.min(line.qty).max(line.short);
    let missing = taken_off(line.unit_price, line.qty, (short, Paise::ZERO));
    let worth = taken_off(line.unit_price, line.qty, (short, less));
    let less = worth.checked_sub(missing).unwrap_or(Paise::ZERO);
    let worth = worth.max(line.refunded);
    let more = worth.checked_sub(line.refunded).unwrap_or(Paise::ZERO);
    if short == line.short && more == Paise::ZERO {
        return Ok(());
    }
    let shown = u16::from(line.line) + 1;
    if short > line.short {
        let detail = particulars(&[("line", &shown), ("qty", &short), ("sku", &line.sku)]);
        order::note(tx, cx, &row.id, "short", detail)?;
    }
    if less > Paise::ZERO && more > Paise::ZERO {
        let detail = particulars(&[("line", &shown), ("paise", &less.get()), ("sku", &line.sku)]);
        // Of a line that has another product in its bag, that is why.
        if line.substitute.is_some() {
            order::note(tx, cx, &row.id, "costs_less", detail)?;
        } else {
            order::note(tx, cx, &row.id, "weighs_less", detail)?;
        }
    }
    line.short = short;
    line.refunded = worth;
    tx.save_line(&row.id, line)?;
    let mut payment = pay::payment_of(tx, &row.id)?;
    if payment.captured > Paise::ZERO && payment.method != Method::Cod {
        // Each unit is given back at its own price: `more` is one line's, so it counts as one unit here.
        let back = refund_for(more, 1, payment.captured, payment.refunded).unwrap_or(Paise::ZERO);
        payment.refunded = payment.refunded.checked_add(back).unwrap_or(payment.refunded);
        tx.save_payment(&payment)?;
        pay::ask(tx, cx, row, StepKind::Refund, back, &format!("line{}-{}", line.line, worth.get()))?;
    }
    Ok(())
}

/// Cash that was taken at the door, held against what is due now that the store has said what came (or has not yet: then
/// this is looked at again). What was taken too much is noted once; `packed` says that no more will be heard of it, and
/// then what is missing is noted, too (REQ-100: variances are named).
pub fn settle_cash(tx: &mut dyn HubTx, cx: &Cx<'_>, row: &OrderRow, packed: bool) -> Flow<()> {
    let mut payment = pay::payment_of(tx, &row.id)?;
    if payment.method != Method::Cod || payment.state != Pay::Paid {
        return Ok(());
    }
    let due = due(tx, row)?;
    let back = payment.captured.checked_sub(due).unwrap_or(Paise::ZERO);
    if let Some(more) = back.checked_sub(payment.refunded).filter(|more| *more > Paise::ZERO) {
        order::note(tx, cx, &row.id, "cash_to_return", particulars(&[("paise", &more.get())]))?;
        payment.refunded = back;
        tx.save_payment(&payment)?;
    }
    if packed && back < Paise::ZERO {
        let missing = back.get().saturating_neg();
        order::note(tx, cx, &row.id, "cash_missing", particulars(&[("paise", &missing)]))?;
    }
    Ok(())
}
