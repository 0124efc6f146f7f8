//! Shorts and goods that weigh less, and what they give back (SYNC.md, rule 7): per line, never twice, never above what was captured. What was not yet
//! taken is simply taken less.

use super::{Cx, Flow, order, pay};
use crate::db::HubTx;
use crate::db::orders::{LineRow, OrderRow};
use crate::db::payments::StepKind;
use hub_core::saga::refund_for;
use model::{Paise, Qty, particulars};

/// What is due for an order after its shorts: total less refunds of lines.
pub fn due(tx: &dyn HubTx, row: &OrderRow) -> Flow<Paise> {
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
    let price = |units: Qty| line.unit_price.checked_mul(units.get()).unwrap_or(Paise::ZERO);
    let missing = price(short);
    let less = less.clamp(Paise::ZERO, price(line.qty).checked_sub(missing).unwrap_or(Paise::ZERO));
    let worth = missing.checked_add(less).unwrap_or(missing).max(line.refunded);
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
        order::note(tx, cx, &row.id, "weighs_less", detail)?;
    }
    line.short = short;
    line.refunded = worth;
    tx.save_line(&row.id, line)?;
    let mut payment = pay::payment_of(tx, &row.id)?;
    if payment.captured > Paise::ZERO {
        // Each unit is given back at its own price: `more` is one line's, so it counts as one unit here.
        let back = refund_for(more, 1, payment.captured, payment.refunded).unwrap_or(Paise::ZERO);
        payment.refunded = payment.refunded.checked_add(back).unwrap_or(payment.refunded);
        tx.save_payment(&payment)?;
        pay::ask(tx, cx, row, StepKind::Refund, back, &format!("line{}-{}", line.line, worth.get()))?;
    }
    Ok(())
}
