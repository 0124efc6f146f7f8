//! Takes back the person's last pick of an order (UX 13): the unit is on its shelf again and still held for the line.

use super::{Flow, Stop, moments, moving, ready, scan};
use crate::answer::Answer;
use crate::db::{allocations, pick_prices, picks};
use crate::refusal::Refusal;
use model::{OrderId, Role};
use std::fmt::Display;
use store_core::movement::Kind;

/// See the file.
///
/// # Errors
/// [`Refusal::NothingToUndo`], or why the order is not in the person's hands.
pub fn undo(flow: &mut Flow<'_>, order: &OrderId) -> Result<Answer, Stop> {
    ready::at_work(flow)?;
    flow.only(&[Role::Picker, Role::Manager])?;
    let row = ready::in_hand(flow, order)?;
    let last = picks::last_of(flow.tx, row.order, &flow.actor.person)?.ok_or(Refusal::NothingToUndo)?;
    let held = allocations::of_order(flow.tx, &row.order)?;
    let mine = held.into_iter().find(|held| held.line == last.line && held.place == last.place);
    let mut mine = mine.filter(|held| held.picked >= last.qty).ok_or(Refusal::NothingToUndo)?;
    moving::by(flow, &mine.place, (Kind::PutBack, last.qty), "undo", &row.order.to_string())?;
    mine.picked = mine.picked.saturating_sub(last.qty);
    allocations::set(flow.tx, &mine)?;
    picks::undo(flow.tx, last.id, flow.id)?;
    pick_prices::take_back(flow.tx, last.id)?;
    let line = u16::from(last.line) + 1;
    let named: [(&str, &dyn Display); 3] =
        [("line", &line), ("sku", &last.place.sku), ("lot", &last.place.lot)];
    moments::tell(flow, &row.order, "undo", &named)?;
    scan::show(flow, row.order)?;
    Ok(Answer::Done)
}
