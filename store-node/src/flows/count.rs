//! A count of one place sets its balance (REQ-6, REQ-24): recorded as a movement of its own.

use super::{Flow, Stop, moving, short_enough};
use crate::answer::Answer;
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
    short_enough("why", why, 200)?;
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
