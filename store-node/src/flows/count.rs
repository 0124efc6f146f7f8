//! A count of one place sets its balance, and a drift goes back to what the ledger says (REQ-6, REQ-24): each is a
//! movement of its own.

use super::{Flow, Stop, moving, one_line};
use crate::answer::Answer;
use crate::db::ledger;
use crate::db::stock::{self, Place};
use crate::refusal::Refusal;
use model::{Qty, Role};
use store_core::movement::{Balance, Change};

/// Sets what is on the shelf; promised and blocked units stay as they are.
///
/// # Errors
/// [`Refusal::StockConflict`] when more is promised or blocked than was counted.
pub fn count(flow: &mut Flow<'_>, place: &Place, on_hand: Qty, why: &str) -> Result<Answer, Stop> {
    flow.only(&[Role::Manager])?;
    one_line("why", why, 200)?;
    let before = stock::balance(flow.tx, place)?;
    if before == Balance::default() {
        return Err(Refusal::unknown("stock", format!("{} {} {}", place.sku, place.lot, place.bin)).into());
    }
    let after = Balance { on_hand, ..before };
    if after != before {
        moving::apply(flow, place, &Change::To(after), why, "count")?;
    }
    Ok(Answer::Done)
}

/// The balance of a place goes back to what the ledger's last row of it says. The repair is itself a row: a count that
/// names what the stock said.
///
/// # Errors
/// [`Refusal::StockConflict`] when the ledger's row cannot be a balance.
pub fn repair(flow: &mut Flow<'_>, place: &Place) -> Result<Answer, Stop> {
    flow.only(&[Role::Manager])?;
    let (on_hand, reserved, blocked) = ledger::last_at(flow.tx, place)?.unwrap_or_default();
    let told = Balance::new(on_hand, reserved, blocked).map_err(|error| Refusal::StockConflict {
        sku: place.sku.clone(),
        lot: place.lot.clone(),
        bin: place.bin.clone(),
        detail: error.to_string(),
    })?;
    let stock = stock::balance(flow.tx, place)?;
    if stock != told {
        stock::set(flow.tx, place, &told)?;
        let why =
            format!("drift repaired: stock said {}/{}/{}", stock.on_hand, stock.reserved, stock.blocked);
        moving::apply(flow, place, &Change::To(told), &why, "self-check")?;
    }
    Ok(Answer::Done)
}
