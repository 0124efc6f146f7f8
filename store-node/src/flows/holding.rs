//! Holding units for orders: first expired first out, given back, and shed when a place may not be sold from any more.
//! Keeps `stock.reserved` equal to what allocations hold and have not picked.

use super::{Flow, Stop, fence, moments, moving, not_found};
use crate::db::allocations::{self, Allocation};
use crate::db::orders;
use crate::db::shelves;
use crate::db::stock::{self, Place};
use crate::db::unknown;
use crate::refusal::Refusal;
use model::{Grams, OrderId, OrderState, Paise, Qty, SkuId};
use std::collections::BTreeSet;
use std::fmt::Display;
use store_core::fefo::{self, LotStock, Wanted};
use store_core::movement::Kind;

/// What goods of a SKU must be like to be promised now (REQ-10): the one predicate, for everybody who promises.
///
/// # Errors
/// [`Refusal::Unknown`] for a SKU that is not in the catalogue.
pub fn wanted(flow: &Flow<'_>, sku: &SkuId) -> Result<Wanted, Stop> {
    let shelf = shelves::of(flow.tx, sku)?.ok_or_else(|| Refusal::unknown("product", sku))?;
    Ok(wanted_of(flow, shelf.shelf_life_days))
}

fn wanted_of(flow: &Flow<'_>, shelf_life_days: u32) -> Wanted {
    Wanted {
        floor: flow.setup.policy.life_floor,
        shelf_life_days,
        delivery_on: flow.setup.calendar.date(flow.now.plus_ms(flow.setup.policy.promise_ms)),
    }
}

/// What lies of one SKU, read once for a command and kept true while that command holds units of it.
#[derive(Debug)]
pub struct Shelf {
    sku: SkuId,
    lots: Vec<LotStock>,
    wanted: Wanted,
    price: Paise,
    active: bool,
    weight: Grams,
    outstanding: u64,
}

impl Shelf {
    /// Units that could be promised now if nobody but the store sold: sellable, not reserved, not blocked.
    pub fn sellable(&self) -> u64 {
        fefo::free(&self.lots, &self.wanted)
    }

    /// Units the store may promise by itself (counter, substitutes): what is sellable less the hub's rights (SYNC.md
    /// rule 1) and less what is promised and not held.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn free(&self, flow: &Flow<'_>) -> Result<u64, Stop> {
        let promised = self.outstanding.saturating_add(unknown::need(flow.tx, &self.sku)?);
        Ok(self.sellable().saturating_sub(promised))
    }

    /// What a unit costs.
    pub const fn price(&self) -> Paise {
        self.price
    }

    /// Whether it is sold: of what the hub has withdrawn nothing more is promised, however much lies there.
    ///
    /// # Errors
    /// [`Refusal::Withdrawn`].
    pub fn is_sold(&self) -> Result<(), Refusal> {
        if self.active { Ok(()) } else { Err(Refusal::Withdrawn { sku: self.sku.clone() }) }
    }

    /// What a unit weighs.
    pub const fn weight(&self) -> Grams {
        self.weight
    }

    /// Holds up to `qty` units for a line; says how many are missing. Who may take them is decided before.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn hold(&mut self, flow: &mut Flow<'_>, order: &OrderId, line: u8, qty: Qty) -> Result<Qty, Stop> {
        let (held, missing) = self.reserve(flow, order, qty)?;
        for (place, qty) in held {
            allocations::add(flow.tx, order, line, &place, qty)?;
        }
        Ok(missing)
    }

    /// As [`Shelf::hold`], for a caller who writes down himself which line holds what.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn reserve(
        &mut self,
        flow: &mut Flow<'_>,
        order: &OrderId,
        qty: Qty,
    ) -> Result<(Vec<(Place, Qty)>, Qty), Stop> {
        let (takes, missing) = fefo::allocate(&self.lots, &self.wanted, qty);
        #[cfg(feature = "mutations")]
        let (takes, missing) =
            super::mutated::allocate(flow, &self.lots, &self.wanted, qty).unwrap_or((takes, missing));
        let reference = order.to_string();
        let mut held = Vec::with_capacity(takes.len());
        for take in takes {
            let place = Place { sku: self.sku.clone(), lot: take.lot, bin: take.bin };
            let here = |row: &&mut LotStock| row.lot == place.lot && row.bin == place.bin;
            let Some(row) = self.lots.iter_mut().find(here) else { continue };
            row.balance =
                moving::from(flow, &place, &row.balance, (Kind::Reserved, take.qty), "", &reference)?;
            held.push((place, take.qty));
        }
        Ok((held, missing))
    }
}

/// What lies of a SKU.
///
/// # Errors
/// [`Refusal::Unknown`] for a SKU that is not in the catalogue.
pub fn shelf(flow: &Flow<'_>, sku: &SkuId) -> Result<Shelf, Stop> {
    let shelf = shelves::of(flow.tx, sku)?.ok_or_else(|| Refusal::unknown("product", sku))?;
    let wanted = wanted_of(flow, shelf.shelf_life_days);
    let (price, weight, active, outstanding) = (shelf.price, shelf.weight, shelf.active, shelf.outstanding);
    Ok(Shelf { sku: sku.clone(), lots: shelf.lots, wanted, price, weight, active, outstanding })
}

/// See [`Shelf::sellable`].
///
/// # Errors
/// [`Refusal::Unknown`] for a SKU that is not in the catalogue.
pub fn sellable(flow: &Flow<'_>, sku: &SkuId) -> Result<u64, Stop> {
    Ok(shelf(flow, sku)?.sellable())
}

/// As [`sellable`], of lots that may also be sold `ms` milliseconds from now; none of what was withdrawn.
///
/// # Errors
/// [`Refusal::Unknown`] for a SKU that is not in the catalogue.
pub fn sellable_for(flow: &Flow<'_>, sku: &SkuId, ms: i64) -> Result<u64, Stop> {
    let mut shelf = shelf(flow, sku)?;
    if shelf.is_sold().is_err() {
        return Ok(0);
    }
    let last = flow.now.plus_ms(flow.setup.policy.promise_ms.saturating_add(ms));
    shelf.wanted.delivery_on = flow.setup.calendar.date(last);
    #[cfg(feature = "mutations")]
    super::mutated::forget_expiry(flow, &mut shelf.lots);
    Ok(shelf.sellable())
}

/// See [`Shelf::free`].
///
/// # Errors
/// [`Refusal::Unknown`] for a SKU that is not in the catalogue.
pub fn free(flow: &Flow<'_>, sku: &SkuId) -> Result<u64, Stop> {
    shelf(flow, sku)?.free(flow)
}

/// See [`Shelf::hold`].
///
/// # Errors
/// A fault of the database, or a SKU that is not in the catalogue.
pub fn hold(flow: &mut Flow<'_>, order: &OrderId, line: u8, sku: &SkuId, qty: Qty) -> Result<Qty, Stop> {
    shelf(flow, sku)?.hold(flow, order, line, qty)
}

/// Gives back `qty` units of one holding that are not picked.
///
/// # Errors
/// [`Refusal::StockConflict`] when fewer are open.
pub fn give_back(flow: &mut Flow<'_>, held: &Allocation, qty: Qty, why: &str) -> Result<(), Stop> {
    moving::by(flow, &held.place, (Kind::Released, qty), why, &held.order.to_string())?;
    let left = Allocation { qty: held.qty.saturating_sub(qty), ..held.clone() };
    Ok(allocations::set(flow.tx, &left)?)
}

/// Gives back everything an order holds; picked units go back to their shelf first.
///
/// # Errors
/// A fault of the database.
pub fn give_all_back(flow: &mut Flow<'_>, order: &OrderId, why: &str) -> Result<(), Stop> {
    for held in allocations::of_order(flow.tx, order)? {
        moving::by(flow, &held.place, (Kind::PutBack, held.picked), why, &order.to_string())?;
        let back = Allocation { picked: Qty::ZERO, ..held };
        give_back(flow, &back, back.qty, why)?;
    }
    Ok(())
}

/// Counts units of a line that its customer will not get (SYNC.md rule 7), and says how many. None while an order with
/// the same goods is UNKNOWN, or the goods are behind the fence: then the line waits for units.
///
/// # Errors
/// A fault of the database.
pub fn short(flow: &mut Flow<'_>, order: &OrderId, line: u8, qty: Qty, why: &str) -> Result<Qty, Stop> {
    if qty.is_zero() {
        return Ok(qty);
    }
    let shown = u16::from(line) + 1;
    if waits(flow, order, line)? {
        unknown::wait(flow.tx, order, line)?;
        moments::tell(flow, order, "waits", &[("line", &shown), ("qty", &qty), ("why", &why)])?;
        return Ok(Qty::ZERO);
    }
    orders::add_short(flow.tx, order, line, qty, why, flow.now)?;
    moments::tell(flow, order, "short", &[("line", &shown), ("qty", &qty), ("why", &why)])?;
    Ok(qty)
}

fn waits(flow: &Flow<'_>, order: &OrderId, line: u8) -> Result<bool, Stop> {
    let lines = orders::lines(flow.tx, order)?;
    let Some((_, wish)) = lines.into_iter().find(|(at, _)| *at == line) else { return Ok(false) };
    #[cfg(feature = "mutations")]
    if flow.mutated(crate::engine::Mutation::ShortWhileUnknown) {
        return Ok(false);
    }
    Ok(unknown::any_on(flow.tx, &wish.sku)? || !fence::is_open(flow, &wish.sku)?)
}

/// Blocks every unblocked unit of a place. Orders that held some get others where there are any; the rest is a counted
/// short. Picked units are the order's already and stay with it. Says how many units were blocked.
///
/// # Errors
/// A fault of the database.
pub fn shed(
    flow: &mut Flow<'_>,
    place: &Place,
    kind: Kind,
    reason: &str,
    reference: &str,
) -> Result<Qty, Stop> {
    let holders = allocations::open_at(flow.tx, place)?;
    for held in &holders {
        give_back(flow, held, held.open(), reason)?;
    }
    let balance = stock::balance(flow.tx, place)?;
    let units = balance.available();
    moving::block(flow, place, (kind, units), reason, reference)?;
    let mut orders_touched = BTreeSet::new();
    for held in &holders {
        let missing = hold(flow, &held.order, held.line, &held.place.sku, held.open())?;
        short(flow, &held.order, held.line, missing, reason)?;
        let named: [(&str, &dyn Display); 3] = [("sku", &place.sku), ("lot", &place.lot), ("why", &reason)];
        moments::tell(flow, &held.order, "reallocated", &named)?;
        flow.effects.all_handhelds = true;
        orders_touched.insert(held.order);
    }
    for order in orders_touched {
        // A new walk, or the end of an order of which nothing is left.
        let row = orders::must(flow.tx, &order)?;
        match orders::moments(flow.tx, &order)?.state() {
            OrderState::Confirmed | OrderState::Picking => not_found::settle(flow, &row)?,
            OrderState::Placed
            | OrderState::PaymentFailed
            | OrderState::Packed
            | OrderState::Dispatched
            | OrderState::Cancelled
            | OrderState::Delivered
            | OrderState::Completed
            | OrderState::Returned => {}
        }
    }
    Ok(units)
}
