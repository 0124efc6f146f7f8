//! What a store said about its orders, as its documents show it: moments, picks, questions, counter orders. Everything here is
//! idempotent and may come late; an order never moves back.

use super::{Cx, Flow, Stop, complete, order, pay, reassign, recover, refund, substitute};
use crate::db::orders::{CounterRow, OrderRow};
use crate::db::{DbFault, HubTx};
use crate::refusal::Refusal;
use ::sync::doc::OrderView;
use hub_core::saga::Event;
use model::api::store::HistoryRow;
use model::order::{Channel, Owner};
use model::order_doc::{OrderHead, OtherContent, Picks};
use model::quota::FIRST_GENERATION;
use model::{Moment, Paise, Qty, SkuId, StoreId, Timestamp, particulars};
use serde::Serialize;

/// Takes in one order as its document shows it now.
///
/// # Errors
/// [`Refusal::UnknownOrder`] for an online order the hub never made, or of another store: keep it for a person.
pub fn order(tx: &mut dyn HubTx, cx: &Cx<'_>, store: &StoreId, view: &OrderView) -> Flow<()> {
    match view.head.channel {
        Channel::Counter => {
            let mut moments = view.moments.clone();
            // What came late stands in another document, and may be here before the order itself.
            for (moment, at) in tx.counter_moments(&view.order)?.0 {
                moments.record(moment, at);
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
    if let Some(refused) = &view.refused {
        other_content(tx, cx, &row, (view, refused))?;
    }
    let mut moments = tx.moments(&row.id)?;
    // A store that was set back, and did not know it, has given up what had left: nothing of that counts.
    let left = moments.has_left() || view.moments.has_left();
    // Picks first: what is captured at `packed` is what was packed.
    if let Some(picks) = view.picks.as_ref().filter(|picks| !(left && picks.picked.is_empty())) {
        take_picks(tx, cx, &mut row, picks)?;
    }
    if tx.generation()? != FIRST_GENERATION {
        // A restored hub: its own former life speaks from the documents, too.
        recover::remember(tx, &mut row, &mut moments, &view.moments)?;
    }
    for (moment, at) in &view.moments.0 {
        if moment.owner() != Owner::Store || !order::record(tx, &mut row, &mut moments, *moment, *at)? {
            continue;
        }
        came(tx, cx, &mut row, (*moment, *at), left)?;
        if *moment == Moment::Dispatched && moments.get(Moment::Cancelled).is_some() {
            left_after_all(tx, cx, &row)?;
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

/// What follows from a moment of the store's that is new here. `left`: of an order that is out of the house nothing comes of a
/// cancellation; its goods are gone, and its money stays.
fn came(
    tx: &mut dyn HubTx,
    cx: &Cx<'_>,
    row: &mut OrderRow,
    (moment, at): (Moment, Timestamp),
    left: bool,
) -> Flow<()> {
    match moment {
        Moment::Cancelled if left => history(tx, cx, row, "cancelled_in_vain", String::new(), at),
        Moment::Packed => {
            history(tx, cx, row, &order::word(moment), String::new(), at)?;
            money(pay::event(tx, cx, row, Event::Packed), tx, cx, row)?;
            refund::settle_cash(tx, cx, row, true)
        }
        Moment::Cancelled => {
            history(tx, cx, row, &order::word(moment), String::new(), at)?;
            row.rider = None;
            tx.save_order(row)?;
            money(pay::event(tx, cx, row, Event::Cancelled), tx, cx, row)
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
        | Moment::Returned => history(tx, cx, row, &order::word(moment), String::new(), at),
    }
}

/// The other way round the money has gone back, or is on its way: a person must look. Kept once, and loud.
fn left_after_all(tx: &mut dyn HubTx, cx: &Cx<'_>, row: &OrderRow) -> Flow<()> {
    let why = format!(
        "order {}, number {}, has left the store, which had said before that it was cancelled: its money may have gone back",
        row.id, row.number
    );
    if tx.is_set_aside(&row.store, &why)? {
        return Ok(());
    }
    tracing::error!(store = %row.store, %why, "a person must look");
    Ok(tx.quarantine_bytes(&row.store, &[], &why, cx.now)?)
}

/// Both contents of one order's id, as they are kept for a person.
#[derive(Debug, Serialize)]
struct Both<'a> {
    /// Of the hub's own books: product and units.
    here: Vec<(SkuId, Qty)>,
    /// As the document shows it.
    document: &'a OrderHead,
    stands: String,
    refused: String,
}

/// The store's negative answer: it keeps to another content of this order, and somebody must call the customer. Kept once, and
/// loud.
fn other_content(
    tx: &mut dyn HubTx,
    cx: &Cx<'_>,
    row: &OrderRow,
    (view, refused): (&OrderView, &OtherContent),
) -> Flow<()> {
    let hex = |sha: &[u8; 32]| sha.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let (stands, came) = (hex(&refused.stands), hex(&refused.came));
    let why = format!(
        "the store refuses order {}, number {}: it came with another content than stands there ({} stands, {} came)",
        row.id,
        row.number,
        stands.get(..8).unwrap_or_default(),
        came.get(..8).unwrap_or_default()
    );
    if tx.is_set_aside(&row.store, &why)? {
        return Ok(());
    }
    tracing::error!(store = %row.store, %why, "two contents of one order: a person must look");
    let here = tx.lines(&row.id)?.into_iter().map(|line| (line.sku, line.qty)).collect();
    let both = Both { here, document: &view.head, stands, refused: came };
    let bytes = serde_json::to_vec(&both).map_err(|error| DbFault::Corrupt(error.to_string()))?;
    Ok(tx.quarantine_bytes(&row.store, &bytes, &why, cx.now)?)
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
