//! What is really so, whatever databases believe: units on shelves and in bags, what was promised and to whom, what left. I1
//! to I5 are held against these books. No engine is asked here whether it was right.

use crate::checks::{Check, Checked, broken};
use model::{OrderId, SkuId};
use std::collections::{BTreeMap, BTreeSet};
use store_node::db::stock::Place;

/// Epoch, generation, SKU.
pub(super) type Key = (u32, u32, SkuId);
/// Units by SKU.
pub(super) type Units = BTreeMap<SkuId, i64>;

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
    /// Orders at the counter.
    pub(super) counter: BTreeMap<OrderId, Units>,
    /// Orders at the hub.
    pub(super) online: BTreeMap<OrderId, Sold>,
    /// Times an order has left the store.
    pub(super) shipped: BTreeMap<OrderId, u32>,
    /// Units that a customer was told would not come.
    pub(super) shorted: BTreeMap<(OrderId, u8), (SkuId, i64)>,
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

    /// Units of a SKU that customers were told would not come.
    pub(super) fn shorts(&self, sku: &SkuId) -> i64 {
        self.shorted.values().filter(|(of, _)| of == sku).map(|(_, units)| units).sum()
    }

    /// Whether an order has come to an end that no database can take back.
    pub(super) fn ended(&self, order: &OrderId) -> bool {
        self.shipped.contains_key(order) || self.cancelled.contains(order)
    }

    /// Units promised and not taken back, cancelled or refused.
    fn promised(&self, sku: &SkuId) -> i64 {
        let counter = self.counter.iter().map(|(order, units)| (order, Self::of(units, sku)));
        let online = self.online.iter().map(|(order, sold)| (order, Self::of(&sold.units, sku)));
        let all = counter.chain(online).filter(|(order, _)| !self.cancelled.contains(order));
        let kept: i64 = all.map(|(_, units)| units).sum();
        let shorts = self.shorted.iter().filter(|((order, _), _)| !self.cancelled.contains(order));
        kept - shorts.filter(|(_, (of, _))| of == sku).map(|(_, (_, units))| units).sum::<i64>()
    }

    /// I2 to I5. I1 is about the store's database, and stands with its reader.
    pub(super) fn check(&self, goods: &[SkuId]) -> Checked {
        for sku in goods {
            let (promised, received) = (self.promised(sku), Self::of(&self.received, sku));
            if promised > received {
                let detail = format!("I3: {sku}: {promised} promised of {received} that ever came in");
                return Err(broken(Check::Oversold, detail));
            }
            let (shorts, lost) = (self.shorts(sku), Self::of(&self.lost, sku));
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
