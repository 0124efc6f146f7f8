//! Every line of an order that still runs is held, picked, asked about, or counted as short: nobody's goods are given away behind the
//! order's back (SYNC.md rule 4: no leases, no taking back by the clock).

use super::{Books, Check, Checked, broken, machine};
use model::{OrderState, Qty};
use store_node::db::allocations::Allocation;
use store_node::db::{Connection, allocations, orders, pick_gaps};

/// All orders that have not ended, line by line, and the auditor's books of who holds what.
///
/// # Errors
/// The first line that is not covered, or holding that the ledger does not know.
pub fn live_orders(conn: &Connection, books: &Books) -> Checked {
    for row in orders::open(conn).map_err(machine)? {
        let state = orders::moments(conn, &row.order).map_err(machine)?.state();
        let runs = matches!(
            state,
            OrderState::Confirmed | OrderState::Picking | OrderState::Packed | OrderState::Dispatched
        );
        if !runs {
            continue;
        }
        let held = allocations::of_order(conn, &row.order).map_err(machine)?;
        let short = orders::shorts(conn, &row.order).map_err(machine)?;
        let reference = row.order.to_string();
        for one in &held {
            let spot = (one.place.sku.to_string(), one.place.lot.to_string(), one.place.bin.to_string());
            let own = books.of_order(&reference, &spot);
            // Two lines of one SKU may hold units of one spot: the ledger knows the order, not the line.
            let theirs = held_at(&held, &spot);
            if own != theirs {
                let detail = format!(
                    "order {} {spot:?}: the ledger gives {own:?} open and picked, the order has {theirs:?}",
                    row.number
                );
                return Err(broken(Check::Held, detail));
            }
        }
        for (line, wish) in orders::lines(conn, &row.order).map_err(machine)? {
            let sum = |qty: &mut dyn Iterator<Item = Qty>| -> i64 { qty.map(i64::from).sum() };
            let has = sum(&mut held.iter().filter(|h| h.line == line).map(|h| h.qty));
            let lacks = sum(&mut short.iter().filter(|(of, _)| *of == line).map(|(_, qty)| *qty));
            let asked =
                pick_gaps::open_of(conn, row.order, line).map_err(machine)?.map_or(0, |q| i64::from(q.qty));
            if has + lacks + asked != i64::from(wish.qty) {
                let detail = format!(
                    "order {} ({state}) line {line}: {} of {} wanted, {has} held or picked, {lacks} short, {asked} asked about",
                    row.number, wish.qty, wish.sku
                );
                return Err(broken(Check::Held, detail));
            }
        }
    }
    Ok(())
}

/// Units of an order at a spot, open and picked, over all its lines.
fn held_at(all: &[Allocation], spot: &(String, String, String)) -> (i64, i64) {
    let here = |held: &&Allocation| {
        let place = &held.place;
        (place.sku.as_str(), place.lot.as_str(), place.bin.as_str()) == (&*spot.0, &*spot.1, &*spot.2)
    };
    all.iter()
        .filter(here)
        .fold((0, 0), |sum, held| (sum.0 + i64::from(held.open()), sum.1 + i64::from(held.picked)))
}
