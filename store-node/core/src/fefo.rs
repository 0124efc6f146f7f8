//! Which lot comes first, and which may be sold at all (REQ-10). One predicate, [`LifeFloor::sellable`], is used for
//! promising, picking, substitutes and quotas alike. No stock is changed here.

use crate::movement::Balance;
use model::{BinId, Date, LotId, Qty};
use serde::{Deserialize, Serialize};

/// How much life a lot must have left when the customer gets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LifeFloor {
    /// Share of the product's shelf life, percent. Default 30.
    pub percent: u32,
    /// At most so many days are asked for. Default 45.
    pub days_max: u32,
}

impl Default for LifeFloor {
    fn default() -> Self {
        Self { percent: 30, days_max: 45 }
    }
}

impl LifeFloor {
    /// Days of life a product of this shelf life must have left: rounded up, and never less than the day of delivery
    /// itself (0 = may expire at the end of that day).
    pub fn days(&self, shelf_life_days: u32) -> u32 {
        let share = u64::from(shelf_life_days) * u64::from(self.percent);
        let share = u32::try_from(share.div_ceil(100)).unwrap_or(u32::MAX);
        share.min(self.days_max)
    }

    /// Whether a lot may be promised for delivery on `delivery_on` (the store's calendar). Goods without expiry may.
    pub fn sellable(&self, shelf_life_days: u32, expiry: Option<Date>, delivery_on: Date) -> bool {
        match expiry {
            None => true,
            Some(expiry) => expiry.days() - delivery_on.days() >= i64::from(self.days(shelf_life_days)),
        }
    }
}

/// Units of one lot in one bin, as the allocation sees them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LotStock {
    /// The lot.
    pub lot: LotId,
    /// Where.
    pub bin: BinId,
    /// The last day it may be used.
    pub expiry: Option<Date>,
    /// Its units.
    pub balance: Balance,
    /// Its zone has a running breach of the cold chain: nothing new is promised from it (REQ-18).
    pub suspended: bool,
}

/// What goods must be like to be promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// The floor.
    pub floor: LifeFloor,
    /// Of the product, days; 0 = does not expire.
    pub shelf_life_days: u32,
    /// The store's calendar day on which the customer gets it.
    pub delivery_on: Date,
}

impl Wanted {
    /// Units of this lot that may be promised now.
    pub fn free(&self, stock: &LotStock) -> Qty {
        let fits = self.floor.sellable(self.shelf_life_days, stock.expiry, self.delivery_on);
        if fits && !stock.suspended { stock.balance.available() } else { Qty::ZERO }
    }
}

/// Units to take from one lot in one bin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Take {
    /// The lot.
    pub lot: LotId,
    /// Where.
    pub bin: BinId,
    /// How many; at least 1.
    pub qty: Qty,
}

/// All units that may be promised now, summed over lots and bins.
pub fn free(stock: &[LotStock], wanted: &Wanted) -> u64 {
    stock.iter().map(|row| u64::from(wanted.free(row).get())).sum()
}

/// Takes up to `qty` units, first expired first out; goods without expiry last; lots of one day by lot code, then the
/// bin with fewer units, so that bins become empty. Returns what to take and what is missing.
pub fn allocate(stock: &[LotStock], wanted: &Wanted, qty: Qty) -> (Vec<Take>, Qty) {
    let mut rows: Vec<(&LotStock, Qty)> =
        stock.iter().map(|row| (row, wanted.free(row))).filter(|(_, free)| !free.is_zero()).collect();
    rows.sort_by_key(|(row, free)| {
        (row.expiry.is_none(), row.expiry, row.lot.clone(), *free, row.bin.clone())
    });
    let mut missing = qty;
    let mut takes = Vec::new();
    for (row, free) in rows {
        if missing.is_zero() {
            break;
        }
        let take = free.min(missing);
        missing = missing.saturating_sub(take);
        takes.push(Take { lot: row.lot.clone(), bin: row.bin.clone(), qty: take });
    }
    (takes, missing)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(n: i64) -> Date {
        Date::from_days(20_000 + n)
    }
    fn row(lot: &str, bin: &str, expiry: Option<i64>, on_hand: i64, reserved: i64) -> LotStock {
        LotStock {
            lot: LotId::new(lot).unwrap(),
            bin: BinId::new(bin).unwrap(),
            expiry: expiry.map(day),
            balance: Balance::new(on_hand, reserved, 0).unwrap(),
            suspended: false,
        }
    }
    fn wanted(shelf_life_days: u32) -> Wanted {
        Wanted { floor: LifeFloor::default(), shelf_life_days, delivery_on: day(0) }
    }

    #[test]
    fn the_floor_is_the_lower_of_share_and_days() {
        let floor = LifeFloor::default();
        assert_eq!(floor.days(10), 3);
        assert_eq!(floor.days(11), 4);
        assert_eq!(floor.days(365), 45);
        assert!(floor.sellable(10, Some(day(3)), day(0)));
        assert!(!floor.sellable(10, Some(day(2)), day(0)));
        assert!(floor.sellable(10, None, day(0)));
    }

    #[test]
    fn earliest_expiry_first_and_no_expiry_last() {
        let stock = [
            row("L3", "A-1", None, 9, 0),
            row("L2", "A-2", Some(20), 2, 0),
            row("L1", "A-3", Some(10), 3, 1),
            row("L0", "A-4", Some(2), 50, 0),
        ];
        let (takes, missing) = allocate(&stock, &wanted(10), Qty::new(5).unwrap());
        let shape: Vec<(&str, u32)> = takes.iter().map(|t| (t.lot.as_str(), t.qty.get())).collect();
        assert_eq!(shape, [("L1", 2), ("L2", 2), ("L3", 1)], "L0 has too little life left");
        assert!(missing.is_zero());
    }

    #[test]
    fn what_is_missing_is_said_and_suspended_lots_are_left() {
        let mut stock = [row("L1", "A-1", Some(20), 3, 0), row("L2", "A-2", Some(30), 3, 0)];
        stock[0].suspended = true;
        let (takes, missing) = allocate(&stock, &wanted(10), Qty::new(5).unwrap());
        assert_eq!(takes.len(), 1);
        assert_eq!(missing, Qty::new(2).unwrap());
        assert_eq!(free(&stock, &wanted(10)), 3);
    }
}
