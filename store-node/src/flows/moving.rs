//! The one way a balance changes: balance and ledger row together (REQ-6). Used by every flow that moves units.

use super::{Flow, Stop};
use crate::db::ledger::{self, Entry};
use crate::db::stock::{self, Place};
use crate::refusal::Refusal;
use model::{Qty, SkuId};
use store_core::movement::{self, Balance, Change, Kind};

/// Moves `qty` units of a place as the kind says. Of nothing: nothing is written. `reference` is the order, lot or alarm.
///
/// # Errors
/// [`Refusal::StockConflict`] when the balance does not allow it.
pub fn by(
    flow: &mut Flow<'_>,
    place: &Place,
    (kind, qty): (Kind, Qty),
    why: &str,
    reference: &str,
) -> Result<Balance, Stop> {
    if qty.is_zero() {
        return Ok(stock::balance(flow.tx, place)?);
    }
    apply(flow, place, &Change::By(kind, qty), why, reference)
}

/// Changes the balance of a place and writes the ledger row.
///
/// # Errors
/// [`Refusal::StockConflict`] when the balance does not allow it.
pub fn apply(
    flow: &mut Flow<'_>,
    place: &Place,
    change: &Change,
    why: &str,
    reference: &str,
) -> Result<Balance, Stop> {
    let before = stock::balance(flow.tx, place)?;
    change_from(flow, place, &before, change, why, reference)
}

/// As [`by`], where the balance was read in this transaction already. `qty` is at least 1.
///
/// # Errors
/// [`Refusal::StockConflict`] when the balance does not allow it.
pub fn from(
    flow: &mut Flow<'_>,
    place: &Place,
    before: &Balance,
    (kind, qty): (Kind, Qty),
    why: &str,
    reference: &str,
) -> Result<Balance, Stop> {
    change_from(flow, place, before, &Change::By(kind, qty), why, reference)
}

fn change_from(
    flow: &mut Flow<'_>,
    place: &Place,
    before: &Balance,
    change: &Change,
    why: &str,
    reference: &str,
) -> Result<Balance, Stop> {
    let after = movement::apply(before, change).map_err(|error| Refusal::StockConflict {
        sku: place.sku.clone(),
        lot: place.lot.clone(),
        bin: place.bin.clone(),
        detail: error.to_string(),
    })?;
    stock::set(flow.tx, place, &after)?;
    let pair = |before: Qty, after: Qty| (i64::from(before), i64::from(after));
    write(
        flow,
        Entry {
            kind: change.kind().word().to_owned(),
            sku: place.sku.to_string(),
            lot: place.lot.to_string(),
            bin: place.bin.to_string(),
            qty: i64::from(change.qty(before)),
            on_hand: pair(before.on_hand, after.on_hand),
            reserved: pair(before.reserved, after.reserved),
            blocked: pair(before.blocked, after.blocked),
            ..blank(flow, why, reference)
        },
    )?;
    flow.effects.stock = true;
    Ok(after)
}

/// Blocks units for a reason. `kind` is one of `Damaged`, `Expired`, `Blocked`.
///
/// # Errors
/// [`Refusal::StockConflict`] when fewer units are free.
pub fn block(
    flow: &mut Flow<'_>,
    place: &Place,
    (kind, qty): (Kind, Qty),
    reason: &str,
    reference: &str,
) -> Result<(), Stop> {
    if qty.is_zero() {
        return Ok(());
    }
    by(flow, place, (kind, qty), reason, reference)?;
    stock::block(flow.tx, place, reason, qty, flow.now)?;
    Ok(())
}

/// Lifts the block of units that were blocked for this reason.
///
/// # Errors
/// [`Refusal::StockConflict`] when fewer units are blocked for it.
pub fn unblock(
    flow: &mut Flow<'_>,
    place: &Place,
    qty: Qty,
    reason: &str,
    reference: &str,
) -> Result<(), Stop> {
    if stock::unblock(flow.tx, place, reason, qty)?.is_none() {
        let detail = format!("fewer than {qty} units are blocked for {reason}");
        let place = place.clone();
        return Err(Refusal::StockConflict { sku: place.sku, lot: place.lot, bin: place.bin, detail }.into());
    }
    by(flow, place, (Kind::Unblocked, qty), reason, reference).map(|_| ())
}

/// Writes down that rights to sell were granted or came back; no unit moves. `reference` names the terms.
///
/// # Errors
/// A fault of the database.
pub fn rights(flow: &mut Flow<'_>, kind: Kind, sku: &SkuId, units: u64, reference: &str) -> Result<(), Stop> {
    let entry = Entry {
        kind: kind.word().to_owned(),
        sku: sku.to_string(),
        qty: i64::try_from(units).unwrap_or(i64::MAX),
        ..blank(flow, "", reference)
    };
    write(flow, entry)
}

fn blank(flow: &Flow<'_>, why: &str, reference: &str) -> Entry {
    Entry {
        seq: 0,
        at: flow.now,
        kind: String::new(),
        sku: String::new(),
        lot: "-".to_owned(),
        bin: "-".to_owned(),
        qty: 0,
        on_hand: (0, 0),
        reserved: (0, 0),
        blocked: (0, 0),
        person: flow.actor.person.to_string(),
        device: flow.actor.device.to_string(),
        why: why.to_owned(),
        reference: reference.to_owned(),
        command: flow.id.as_bytes().to_vec(),
    }
}

fn write(flow: &Flow<'_>, entry: Entry) -> Result<(), Stop> {
    ledger::append(flow.tx, flow.setup.store.as_str(), entry)?;
    Ok(())
}
