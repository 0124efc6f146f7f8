//! What is not on its shelf when the picker comes, and what the customer gets instead (REQ-33): units that vanish unseen, the
//! question and its answer, and which units of an order are of another product than was ordered.

use super::people::app;
use super::truth::Truth;
use super::world::World;
use crate::checks::{Checked, machine};
use central_hub::command::Command as Hub;
use model::{CustomerId, OrderId, SkuId};
use rand::Rng;
use std::collections::BTreeMap;
use store_node::command::Command;
use store_node::db::stock::Place;
use store_node::db::{Connection, DbResult, allocations, fence, orders, pick_gaps};

/// So many units at most vanish at once without anybody's seeing it.
const UNSEEN_MAX: i64 = 3;

/// Units of a line that are another product, by order, line and product: which was ordered, and how many.
pub(super) type Swaps = BTreeMap<(OrderId, u8, SkuId), (SkuId, i64)>;

/// Of one order, as the store holds it.
pub(super) fn swaps_of(conn: &Connection, order: &OrderId) -> DbResult<Swaps> {
    let lines = orders::lines(conn, order)?;
    let mut swaps = Swaps::new();
    for held in allocations::of_order(conn, order)? {
        let Some((_, wish)) = lines.iter().find(|(line, _)| *line == held.line) else { continue };
        if wish.sku != held.place.sku {
            let key = (*order, held.line, held.place.sku.clone());
            swaps.entry(key).or_insert((wish.sku.clone(), 0)).1 += i64::from(held.qty);
        }
    }
    Ok(swaps)
}

impl World {
    /// All units of a place vanish, and nobody sees it before somebody looks for one of them.
    pub(super) fn vanishes_unseen(&mut self) -> Checked {
        if self.store.engine.is_none() || self.store.reading(fence::state)?.state != fence::State::Open {
            return Ok(());
        }
        let few = |(place, units): (&Place, &i64)| {
            ((1..=UNSEEN_MAX).contains(units) && !self.truth.dates.contains_key(&place.lot))
                .then(|| place.clone())
        };
        let there: Vec<Place> = self.truth.shelf.iter().filter_map(few).collect();
        if there.is_empty() {
            return Ok(());
        }
        let place = there[self.rng.random_range(0..there.len())].clone();
        let units = self.truth.shelf.insert(place.clone(), 0).unwrap_or(0);
        self.tally.unseen += u32::try_from(units).unwrap_or(0);
        *self.truth.unseen.entry(place).or_default() += units;
        Ok(())
    }

    /// Somebody looked for so many units of a place, and found none.
    pub(super) fn misses(&mut self, place: &Place, units: i64) {
        let Some(unseen) = self.truth.unseen.get_mut(place) else { return };
        let found_out = units.min(*unseen);
        *unseen -= found_out;
        Truth::add(&mut self.truth.lost, &place.sku, found_out);
    }

    /// Somebody counts all places of a product: what had vanished unseen is known to be lost.
    pub(super) fn finds_out(&mut self, sku: &SkuId) {
        let of = |place: &&Place| place.sku == *sku;
        let places: Vec<Place> = self.truth.unseen.keys().filter(of).cloned().collect();
        for place in places {
            let units = self.truth.unseen.remove(&place).unwrap_or(0);
            Truth::add(&mut self.truth.lost, sku, units);
        }
    }

    /// Before the world rests everything is counted in which units are still missing unseen.
    pub(super) fn counts_unseen(&mut self) -> Checked {
        let missing: Vec<SkuId> =
            self.truth.unseen.iter().filter(|(_, units)| **units > 0).map(|(at, _)| at.sku.clone()).collect();
        match missing.first() {
            Some(sku) => self.counts(sku),
            None => Ok(()),
        }
    }

    /// Customers who were asked say yes or no; whose time is over is not asked any more.
    pub(super) fn answers(&mut self) -> Checked {
        let now = self.now();
        let open: Vec<(OrderId, Option<CustomerId>)> = self
            .truth
            .online
            .iter()
            .filter(|(order, _)| !self.truth.ended(order))
            .map(|(order, sold)| (*order, sold.recovered.customer))
            .collect();
        for (order, customer) in open {
            let (Some(hub), Some(customer)) = (&self.hub.engine, customer) else { continue };
            let asked = hub.data().substitutes(&order).map_err(machine)?;
            for row in asked.into_iter().filter(|row| row.accepted.is_none() && now <= row.ask.until) {
                let (line, accept) = (row.ask.line, self.rng.random_range(0..3) > 0);
                self.tally.answered += 1;
                self.ask_hub(app()?, Hub::ReplySubstitute { customer, order, line, accept })?.ok();
            }
        }
        self.times_out()
    }

    fn times_out(&mut self) -> Checked {
        if self.store.engine.is_none() {
            return Ok(());
        }
        let now = self.now();
        let due = self.store.reading(|conn| pick_gaps::overdue(conn, now, 1))?;
        if due.is_empty() { Ok(()) } else { self.own_store(Command::SubstituteTick) }
    }
}
