//! A line is not on its shelf (REQ-33): its units there count as missing until somebody counts them, another place is
//! tried first, then a substitute, then the money back. Never the whole order for one line.

use super::{Flow, Stop, cancel, holding, moments, moving, ready, scan, substitute};
use crate::answer::Answer;
use crate::db::orders::OrderRow;
use crate::db::picks::MISSING;
use crate::db::stock::{self, Place};
use crate::db::{allocations, orders, pick_gaps, picks};
use crate::refusal::Refusal;
use model::fact::Fact;
use model::order_doc::{Picks, ShortUnits};
use model::{BinId, OrderId, Qty, Role, SkuId};
use std::fmt::Display;
use store_core::fefo;
use store_core::movement::Kind;

/// See the file.
///
/// # Errors
/// [`Refusal::OverPick`] when nothing of the line is open, [`Refusal::AlreadyDone`] while the customer is asked.
pub fn not_found(flow: &mut Flow<'_>, order: &OrderId, line: u8) -> Result<Answer, Stop> {
    ready::at_work(flow)?;
    flow.only(&[Role::Picker, Role::Manager])?;
    let row = ready::in_hand(flow, order)?;
    if !pick_gaps::lines(flow.tx, row.order)?.iter().any(|known| known.line == line) {
        return Err(Refusal::unknown("line", u16::from(line) + 1).into());
    }
    let held = picks::held(flow.tx, row.order)?;
    let Some(open) = held.iter().find(|held| held.line == line && !held.open().is_zero()) else {
        let asked = pick_gaps::open_of(flow.tx, row.order, line)?.is_some();
        let asking = Refusal::AlreadyDone { what: "customer_asked".to_owned() };
        return Err(if asked { asking } else { Refusal::OverPick { line } }.into());
    };
    let missing = open.open();
    let gone = ready::allocation(row.order, open);
    holding::give_back(flow, &gone, missing, "not_found")?;
    moving::block(flow, &gone.place, (Kind::Blocked, missing), MISSING, &row.order.to_string())?;
    let shown = u16::from(line) + 1;
    let named: [(&str, &dyn Display); 4] =
        [("line", &shown), ("qty", &missing), ("sku", &gone.place.sku), ("bin", &gone.place.bin)];
    moments::tell(flow, &row.order, "not_found", &named)?;
    let rest = elsewhere(flow, &row, line, &gone.place.sku, (&gone.place.bin, missing))?;
    if !rest.is_zero() {
        substitute::fill(flow, &row, line, &gone.place.sku, rest)?;
    }
    settle(flow, &row)?;
    Ok(Answer::Done)
}

/// Holds the units from other bins, first expired first out, never more than the store may promise by itself. Says how
/// many are still missing.
fn elsewhere(
    flow: &mut Flow<'_>,
    row: &OrderRow,
    line: u8,
    sku: &SkuId,
    (not, missing): (&BinId, Qty),
) -> Result<Qty, Stop> {
    let free = holding::free(flow, sku)?;
    let may = Qty::new(i64::try_from(free).unwrap_or(i64::MAX).min(i64::from(missing))).unwrap_or(missing);
    let mut lots = stock::lots_of(flow.tx, sku)?;
    lots.retain(|lot| lot.bin != *not);
    let (takes, left) = fefo::allocate(&lots, &holding::wanted(flow, sku)?, may);
    for take in takes {
        let place = Place { sku: sku.clone(), lot: take.lot, bin: take.bin };
        moving::by(flow, &place, (Kind::Reserved, take.qty), "another_bin", &row.order.to_string())?;
        allocations::add(flow.tx, &row.order, line, &place, take.qty)?;
        let shown = u16::from(line) + 1;
        let named: [(&str, &dyn Display); 4] =
            [("line", &shown), ("qty", &take.qty), ("sku", sku), ("bin", &place.bin)];
        moments::tell(flow, &row.order, "another_bin", &named)?;
    }
    Ok(missing.saturating_sub(may.saturating_sub(left)))
}

/// After lines changed: plans the walk anew; an order of which nothing is left is cancelled by the store.
///
/// # Errors
/// A fault of the database.
pub fn settle(flow: &mut Flow<'_>, row: &OrderRow) -> Result<(), Stop> {
    scan::show(flow, row.order)?;
    let lines = pick_gaps::lines(flow.tx, row.order)?;
    if lines.iter().any(|line| !line.held.is_zero() || !line.gap().is_zero()) {
        return ready::plan(flow, row.order);
    }
    let shorts = orders::shorts(flow.tx, &row.order)?;
    let short = shorts.into_iter().map(|(line, qty)| ShortUnits { line, qty }).collect();
    let picks = Picks { picked: Vec::new(), short, bags: 0, less: Vec::new() };
    flow.tell(&Fact::Picks { order: row.order, hour: row.hour, picks })?;
    cancel::by_store(flow, row, "nothing_there")
}
