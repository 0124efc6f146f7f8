//! What is really so, whatever databases believe: units on shelves and in bags, what was promised and to whom, what left. I1
//! to I5 are held against these books. No engine is asked here whether it was right.

use super::instead::Swaps;
use crate::checks::{Check, Checked, broken};
use model::{Date, LotId, OrderId, SkuId};
use std::collections::{BTreeMap, BTreeSet};
use store_node::db::stock::Place;

/// Epoch, generation, SKU.
pub(super) type Key = (u32, u32, SkuId);
/// Units by SKU.
pub(super) type Units = BTreeMap<SkuId, i64>;

/// Units by order and line.
pub(super) type Shorts = BTreeMap<(OrderId, u8), (SkuId, i64)>;

/// An online order as its customer was told of it; what the gateway's and the notifications' logs keep.
#[derive(Debug, Clone)]
pub(super) struct Sold {
    pub(super) recovered: central_hub::command::Recovered,
    pub(super) units: Units,
}

/// See the file.
#[derive(Debug, Default)]
pub(super) struct Truth {
    /// Units that came in.
    pub(super) received: Units,
    /// Units on the shelves. A place may be one that the books have forgotten.
    pub(super) shelf: BTreeMap<Place, i64>,
    /// Units in totes and bags, by order and place.
    pub(super) bags: BTreeMap<OrderId, BTreeMap<Place, i64>>,
    /// Units that vanished, and were counted.
    pub(super) lost: Units,
    /// Units that vanished and that nobody has missed yet, by place.
    pub(super) unseen: BTreeMap<Place, i64>,
    /// The dates on the packs.
    pub(super) dates: BTreeMap<LotId, Date>,
    /// Units on the shelves that no customer may get any more, by their date.
    pub(super) unfit: Units,
    /// Units of orders that are another product than was ordered.
    pub(super) swapped: Swaps,
    /// Orders at the counter.
    pub(super) counter: BTreeMap<OrderId, Units>,
    /// Orders at the hub.
    pub(super) online: BTreeMap<OrderId, Sold>,
    /// Times an order has left the store.
    pub(super) shipped: BTreeMap<OrderId, u32>,
    /// Units that a customer was told would not come: the hub has heard it, or the order has left without them.
    pub(super) shorted: Shorts,
    /// Units that the store's present database has given up. What it forgets before anybody was told is nobody's short.
    pub(super) decided: Shorts,
    /// Orders that were cancelled.
    pub(super) cancelled: BTreeSet<OrderId>,
    /// The most that was ever granted and returned.
    pub(super) granted: BTreeMap<Key, u64>,
    pub(super) returned: BTreeMap<Key, u64>,
}

impl Truth {
    pub(super) fn of(map: &Units, sku: &SkuId) -> i64 {
        map.get(sku).copied().unwrap_or(0)
    }

    pub(super) fn add(map: &mut Units, sku: &SkuId, units: i64) {
        *map.entry(sku.clone()).or_default() += units;
    }

    /// Units that customers were told would not come, by SKU.
    pub(super) fn shorts(&self) -> Units {
        let mut shorts = Units::new();
        self.shorted.values().for_each(|(sku, units)| Self::add(&mut shorts, sku, *units));
        shorts
    }

    /// What counts as shrunk: what was lost, and what nobody may be promised any more.
    pub(super) fn shrunk(&self, sku: &SkuId) -> i64 {
        Self::of(&self.lost, sku) + Self::of(&self.unfit, sku)
    }

    /// Units of a product that its customers get as another one.
    pub(super) fn replaced(&self, sku: &SkuId) -> i64 {
        let open = self.swapped.iter().filter(|((order, ..), _)| !self.cancelled.contains(order));
        open.filter(|(_, (ordered, _))| ordered == sku).map(|(_, (_, units))| units).sum()
    }

    /// Units that are given up, told or only decided, by SKU.
    pub(super) fn given_up(&self) -> Units {
        let mut all = self.shorted.clone();
        for (line, (sku, units)) in &self.decided {
            let known = all.entry(*line).or_insert((sku.clone(), 0));
            known.1 = known.1.max(*units);
        }
        let mut shorts = Units::new();
        all.into_values().for_each(|(sku, units)| Self::add(&mut shorts, &sku, units));
        shorts
    }

    /// A customer is told so many units of a line.
    pub(super) fn tells(&mut self, line: (OrderId, u8), sku: &SkuId, units: i64) {
        let told = self.shorted.entry(line).or_insert((sku.clone(), 0));
        told.1 = told.1.max(units);
    }

    /// Lines of which more is given up than their customers know.
    pub(super) fn untold(&self) -> Vec<((OrderId, u8), SkuId, i64)> {
        let known = |line: &(OrderId, u8)| self.shorted.get(line).map_or(0, |told| told.1);
        let more = self.decided.iter().filter(|(line, (_, units))| *units > known(line));
        more.map(|(line, (sku, units))| (*line, sku.clone(), *units)).collect()
    }

    /// Whether an order has come to an end that no database can take back.
    pub(super) fn ended(&self, order: &OrderId) -> bool {
        self.shipped.contains_key(order) || self.cancelled.contains(order)
    }

    /// Units promised and not taken back, cancelled or refused, by SKU.
    fn promised(&self) -> Units {
        let mut promised = Units::new();
        let counter = self.counter.iter();
        let all = counter.chain(self.online.iter().map(|(order, sold)| (order, &sold.units)));
        for (_, units) in all.filter(|(order, _)| !self.cancelled.contains(order)) {
            units.iter().for_each(|(sku, units)| Self::add(&mut promised, sku, *units));
        }
        let shorts = self.shorted.iter().filter(|((order, _), _)| !self.cancelled.contains(order));
        shorts.for_each(|(_, (sku, units))| Self::add(&mut promised, sku, -units));
        let swapped = self.swapped.iter().filter(|((order, ..), _)| !self.cancelled.contains(order));
        for ((_, _, instead), (ordered, units)) in swapped {
            Self::add(&mut promised, ordered, -units);
            Self::add(&mut promised, instead, *units);
        }
        promised
    }

    /// I2 to I5. I1 is about the store's database, and stands with its reader.
    pub(super) fn check(&self) -> Checked {
        for (sku, promised) in self.promised() {
            let received = Self::of(&self.received, &sku);
            if promised > received {
                let detail = format!("I3: {sku}: {promised} promised of {received} that ever came in");
                return Err(broken(Check::Oversold, detail));
            }
        }
        for (sku, shorts) in self.shorts() {
            let lost = self.shrunk(&sku);
            if shorts > lost {
                let detail = format!("I4: {sku}: {shorts} short, {lost} were ever lost");
                return Err(broken(Check::Oversold, detail));
            }
        }
        self.rights()?;
        match self.shipped.iter().find(|(_, times)| **times > 1) {
            Some((order, times)) => {
                Err(broken(Check::ShippedTwice, format!("I5: order {order} has left {times} times")))
            }
            None => Ok(()),
        }
    }

    fn rights(&self) -> Checked {
        let mut used: BTreeMap<Key, u64> = BTreeMap::new();
        for sold in self.online.values() {
            for (sku, units) in &sold.units {
                let key = (sold.recovered.epoch.0, sold.recovered.generation.0, sku.clone());
                *used.entry(key).or_default() += units.unsigned_abs();
            }
        }
        for (key, units) in &used {
            let granted = self.granted.get(key).copied().unwrap_or(0);
            let returned = self.returned.get(key).copied().unwrap_or(0);
            if units + returned > granted {
                let detail =
                    format!("I2: {key:?}: {units} sold and {returned} returned of {granted} granted");
                return Err(broken(Check::Oversold, detail));
            }
        }
        Ok(())
    }
}
