//! First expired, first out, judged row by row: nothing is reserved from a lot while an earlier-expiring unit of the same
//! SKU could have been promised, and nothing that could not be promised is. The rule (REQ-10) is written out here once
//! more, on purpose.

use super::books::{Books, LotFacts, Spot, Units};
use super::{Check, Checked, Look, broken};
use store_node::db::ledger::Entry;

/// Percent of a product's life that must be left at delivery, and the most days that are asked for.
const LIFE_PERCENT: u64 = 30;
const LIFE_DAYS_MAX: u64 = 45;

fn lives(lot: LotFacts, delivery_day: i64) -> bool {
    let share = (u64::from(lot.shelf_life_days) * LIFE_PERCENT).div_ceil(100).min(LIFE_DAYS_MAX);
    lot.expiry.is_none_or(|expiry| expiry.days() - delivery_day >= share.cast_signed())
}

fn free(units: Units) -> i64 {
    units.on_hand - units.reserved - units.blocked
}

/// Judges one reservation; the books stand as before it.
pub(super) fn judge(books: &Books, spot: &Spot, entry: &Entry, look: &Look) -> Checked {
    let facts = |of: &Spot| books.lots.get(&of.1).copied();
    let Some(taken) = facts(spot) else { return Ok(()) };
    let always_suspended = look.suspended.contains(&spot.2) && look.suspended_before.contains(&spot.2);
    if !lives(taken, look.delivery_day) || always_suspended {
        let detail = format!(
            "row {}: {} of {spot:?} promised, which may not be sold (expiry {:?}, suspended {always_suspended})",
            entry.seq, entry.qty, taken.expiry
        );
        return Err(broken(Check::Fefo, detail));
    }
    let from = (spot.0.clone(), String::new(), String::new());
    for (other, units) in books.spots.range(from..).take_while(|((sku, _, _), _)| *sku == spot.0) {
        let Some(earlier) = facts(other) else { continue };
        let missed = entry.why == "another_bin" && other.2 == books.empty_bin;
        let may_wait =
            missed || look.suspended.contains(&other.2) || look.suspended_before.contains(&other.2);
        let first = match (earlier.expiry, taken.expiry) {
            (Some(a), Some(b)) => a < b,
            (Some(_), None) => true,
            (None, _) => false,
        };
        if other != spot && first && free(*units) > 0 && lives(earlier, look.delivery_day) && !may_wait {
            let detail = format!(
                "row {}: {} of {spot:?} (expiry {:?}) while {} of {other:?} (expiry {:?}) were free",
                entry.seq,
                entry.qty,
                taken.expiry,
                free(*units),
                earlier.expiry
            );
            return Err(broken(Check::Fefo, detail));
        }
    }
    Ok(())
}
