//! "Is this all right instead?" (REQ-33): the store's question arrives, the customer's answer travels back.

use super::{Cx, Flow, order};
use crate::command::Answer;
use crate::db::HubTx;
use crate::db::orders::{OrderRow, SubstituteRow};
use crate::refusal::Refusal;
use model::fact::Fact;
use model::order_doc::{SubstituteAnswer, SubstituteAsk};
use model::{CustomerId, OrderId, particulars};

/// The store asks. A repeated question changes nothing.
pub fn ask(tx: &mut dyn HubTx, cx: &Cx<'_>, row: &OrderRow, ask: &SubstituteAsk) -> Flow<()> {
    if tx.substitutes(&row.id)?.iter().any(|known| known.ask.line == ask.line) {
        return Ok(());
    }
    tx.put_substitute(&row.id, &SubstituteRow { ask: ask.clone(), accepted: None })?;
    let line = u16::from(ask.line) + 1;
    let detail = particulars(&[("line", &line), ("qty", &ask.qty), ("sku", &ask.sku)]);
    order::note(tx, cx, &row.id, "substitute_asked", detail)
}

/// The customer answers.
///
/// # Errors
/// [`Refusal::NoQuestion`] when none is open for that line.
pub fn reply(
    tx: &mut dyn HubTx,
    cx: &Cx<'_>,
    customer: &CustomerId,
    id: &OrderId,
    line: u8,
    accept: bool,
) -> Flow<Answer> {
    let row = order::own(tx, customer, id)?;
    let known = tx.substitutes(id)?;
    let open =
        known.into_iter().find(|s| s.ask.line == line && s.accepted.is_none() && cx.now <= s.ask.until);
    let mut open = open.ok_or(Refusal::NoQuestion)?;
    open.accepted = Some(accept);
    tx.put_substitute(id, &open)?;
    let answer = SubstituteAnswer { line, accept };
    tx.add_fact(&row.store, &Fact::Answer { order: *id, hour: row.placed_at.hour(), answer })?;
    order::note(
        tx,
        cx,
        id,
        "substitute_answered",
        particulars(&[("line", &(u16::from(line) + 1)), ("answer", &if accept { "yes" } else { "no" })]),
    )?;
    Ok(Answer::Order { order: *id })
}
