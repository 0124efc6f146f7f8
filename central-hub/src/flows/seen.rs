//! What a store said about its orders, as its documents show it: moments, picks, questions, counter orders. Everything here is
//! idempotent and may come late; an order never moves back.

use super::{Cx, Flow, Stop, complete, order, pay, reassign, recover, refund, substitute};
use crate::db::HubTx;
use crate::db::orders::{CounterRow, OrderRow};
use crate::refusal::Refusal;
use ::sync::doc::OrderView;
use hub_core::saga::Event;
use model::api::store::HistoryRow;
use model::order::{Channel, Owner};
use model::order_doc::Picks;
use model::quota::FIRST_GENERATION;
use model::{Moment, Paise, Qty, StoreId, Timestamp, particulars};

/// Takes in one order as its document shows it now.
///
/// # Errors
/// [`Refusal::UnknownOrder`] for an online order the hub never made, or of another store: keep it for a person.
pub fn order(tx: &mut dyn HubTx, cx: &Cx<'_>, store: &StoreId, view: &OrderView) -> Flow<()> {
    match view.head.channel {
        Channel::Counter => {
            let mut moments = view.moments.clone();
            if view.late.is_some() {
                for (moment, at) in tx.counter_moments(&view.order)?.0 {
                    moments.record(moment, at);
                }
            }
            let row = CounterRow { id: view.order, store: store.clone(), head: view.head.clone(), moments };
            Ok(tx.put_counter_order(&row, cx.now)?)
        }
        Channel::Online => online(tx, cx, store, view),
    }
}

fn online(tx: &mut dyn HubTx, cx: &Cx<'_>, store: &StoreId, view: &OrderView) -> Flow<()> {
    let mut row = match tx.order(&view.order)? {
        Some(row) => row,
        None => recover::from_document(tx, cx, store, view)?.ok_or(Refusal::UnknownOrder)?,
    };
    if row.store != *store {
        return Err(Refusal::UnknownOrder.into());
    }
    // Picks first: what is captured at `packed` is what was packed.
    if let Some(picks) = &view.picks {
        take_picks(tx, cx, &mut row, picks)?;
    }
    let mut moments = tx.moments(&row.id)?;
    if tx.generation()? != FIRST_GENERATION {
        // A restored hub: its own former life speaks from the documents, too.
        recover::remember(tx, &mut row, &mut moments, &view.moments)?;
    }
    for (moment, at) in &view.moments.0 {
        if moment.owner() != Owner::Store || !order::record(tx, &mut row, &mut moments, *moment, *at)? {
            continue;
        }
        let word = order::word(*moment);
        history(tx, cx, &row, &word, String::new(), *at)?;
        match moment {
            Moment::Packed => {
                money(pay::event(tx, cx, &mut row, Event::Packed), tx, cx, &row)?;
                refund::settle_cash(tx, cx, &row, true)?;
            }
            Moment::Cancelled => {
                row.rider = None;
                tx.save_order(&row)?;
                money(pay::event(tx, cx, &mut row, Event::Cancelled), tx, cx, &row)?;
            }
            Moment::Placed
            | Moment::PaymentFailed
            | Moment::Confirmed
            | Moment::CancelRequested
            | Moment::Accepted
            | Moment::Picking
            | Moment::Dispatched
            | Moment::Delivered
            | Moment::Completed
            | Moment::Returned => {}
        }
    }
    // Of an order that is nobody's any more, whoever the store had the card of.
    let card = view.rider.as_ref().filter(|_| row.rider.is_none()).map(|card| &card.code);
    if let Some(code) = view.taken.as_ref().or(card) {
        reassign::taken(tx, cx, &mut row, code)?;
    }
    for ask in &view.asks {
        substitute::ask(tx, cx, &row, ask)?;
    }
    complete::complete(tx, cx, &mut row)
}

/// A payment that cannot take what the store did is a case for people, not a reason to forget what the store did.
fn money(done: Flow<()>, tx: &mut dyn HubTx, cx: &Cx<'_>, row: &OrderRow) -> Flow<()> {
    match done {
        Err(Stop::Refused(refusal)) => {
            order::note(tx, cx, &row.id, "payment_misfit", particulars(&[("why", &refusal.problem().detail)]))
        }
        other => other,
    }
}

fn take_picks(tx: &mut dyn HubTx, cx: &Cx<'_>, row: &mut OrderRow, picks: &Picks) -> Flow<()> {
    for mut line in tx.lines(&row.id)? {
        let mine: Vec<_> = picks.picked.iter().filter(|p| p.line == line.line).collect();
        let picked = mine.iter().try_fold(Qty::ZERO, |sum, p| sum.checked_add(p.qty));
        let other = mine.iter().find(|p| p.sku != line.sku);
        let substitute = match other {
            Some(p) => tx.product(&p.sku)?.map(|product| product.name).or_else(|| Some(p.sku.to_string())),
            None => None,
        };
        if line.picked != picked || line.substitute != substitute {
            line.picked = picked;
            line.substitute = substitute;
            tx.save_line(&row.id, &line)?;
        }
        let short = picks.short.iter().find(|s| s.line == line.line).map_or(Qty::ZERO, |s| s.qty);
        let less = picks.less.iter().find(|l| l.line == line.line).map_or(Paise::ZERO, |l| l.paise);
        refund::line(tx, cx, row, &mut line, (short, less))?;
    }
    refund::settle_cash(tx, cx, row, false)?;
    if row.bags != picks.bags {
        row.bags = picks.bags;
        tx.save_order(row)?;
    }
    Ok(())
}

fn history(
    tx: &mut dyn HubTx,
    cx: &Cx<'_>,
    row: &OrderRow,
    what: &str,
    detail: String,
    at: Timestamp,
) -> Flow<()> {
    let person = format!("store-{}", row.store);
    let device = cx.actor.device.to_string();
    Ok(tx.add_history(&row.id, &HistoryRow { at, what: what.to_owned(), detail, person, device })?)
}
