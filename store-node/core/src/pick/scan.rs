//! One scan against the open lines of one order (REQ-32, REQ-93): which allocation it serves and what proves its lot,
//! or which thing is wrong. A wrong scan never changes a quantity.

use model::{BinId, Date, LotId, Qty, SkuId};

/// What was scanned, looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scanned {
    /// Our lot label: proves its lot.
    Lot {
        /// The lot.
        lot: LotId,
        /// What it is a lot of.
        sku: SkuId,
        /// Its last day of use.
        expiry: Option<Date>,
    },
    /// A product code of the maker.
    Item {
        /// What it is.
        sku: SkuId,
        /// The maker's batch, where the code carries one: proves the lot.
        batch: Option<String>,
        /// The expiry, where the code carries one.
        expiry: Option<Date>,
    },
}

impl Scanned {
    fn sku(&self) -> &SkuId {
        match self {
            Scanned::Lot { sku, .. } | Scanned::Item { sku, .. } => sku,
        }
    }
    fn expiry(&self) -> Option<Date> {
        match self {
            Scanned::Lot { expiry, .. } | Scanned::Item { expiry, .. } => *expiry,
        }
    }
}

/// Units held for a line in one place, in the order in which they should be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The line.
    pub line: u8,
    /// What (a substitute differs from what was ordered).
    pub sku: SkuId,
    /// Which lot.
    pub lot: LotId,
    /// Where.
    pub bin: BinId,
    /// The maker's batch of that lot, or empty.
    pub batch: String,
    /// Its last day of use.
    pub expiry: Option<Date>,
    /// Held.
    pub qty: Qty,
    /// Of these, already taken.
    pub picked: Qty,
    /// How many lots of this SKU lie in that bin.
    pub lots_in_bin: u32,
}

impl Held {
    /// Units still to take.
    pub fn open(&self) -> Qty {
        self.qty.saturating_sub(self.picked)
    }
}

/// What says which lot a picked unit is of; kept with the pick (REQ-93).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// Our lot label was scanned.
    LotLabel,
    /// The maker's code carries the batch.
    Gs1,
    /// The bin holds one lot of the SKU only.
    SingleLot,
}

impl Proof {
    /// The word in the database.
    pub const fn word(self) -> &'static str {
        match self {
            Proof::LotLabel => "lot_label",
            Proof::Gs1 => "gs1",
            Proof::SingleLot => "single_lot",
        }
    }
}

/// Why a scan serves no line. Every variant names what a picker should look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// The order holds nothing of this product.
    Item,
    /// The product is right, the lot is not: this one should be taken.
    Lot {
        /// The lot to take.
        take: LotId,
    },
    /// The product is right, but several lots lie in the bin: scan the lot label.
    LabelWanted {
        /// The lot to take.
        take: LotId,
        /// Where it lies.
        bin: BinId,
    },
    /// Its date has passed.
    Expired {
        /// The date.
        expiry: Date,
    },
    /// All units of this product are picked already.
    Over,
}

/// The allocation a scan serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Index into the held units that were given.
    pub held: usize,
    /// What proves the lot.
    pub proof: Proof,
}

/// Holds one scanned piece against what the order holds. The shown line is served first, then the others as they stand.
///
/// # Errors
/// What is wrong with it.
pub fn judge(scanned: &Scanned, shown: u8, held: &[Held], today: Date) -> Result<Hit, Wrong> {
    let of_sku = || held.iter().enumerate().filter(|(_, row)| row.sku == *scanned.sku());
    if of_sku().next().is_none() {
        return Err(Wrong::Item);
    }
    if let Some(expiry) = scanned.expiry().filter(|expiry| *expiry < today) {
        return Err(Wrong::Expired { expiry });
    }
    let mut open: Vec<(usize, &Held)> = of_sku().filter(|(_, row)| !row.open().is_zero()).collect();
    open.sort_by_key(|(_, row)| row.line != shown);
    let Some((_, first)) = open.first().copied() else { return Err(Wrong::Over) };
    let (found, proof) = match scanned {
        Scanned::Lot { lot, .. } => (open.iter().find(|(_, row)| row.lot == *lot), Proof::LotLabel),
        Scanned::Item { batch: Some(batch), expiry, .. } => {
            (open.iter().find(|(_, row)| is_batch(row, batch, *expiry)), Proof::Gs1)
        }
        Scanned::Item { batch: None, .. } => {
            (open.iter().find(|(_, row)| row.lots_in_bin <= 1), Proof::SingleLot)
        }
    };
    let Some((index, row)) = found else {
        return Err(match scanned {
            Scanned::Item { batch: None, .. } => {
                Wrong::LabelWanted { take: first.lot.clone(), bin: first.bin.clone() }
            }
            Scanned::Lot { .. } | Scanned::Item { .. } => Wrong::Lot { take: first.lot.clone() },
        });
    };
    match row.expiry.filter(|expiry| *expiry < today) {
        Some(expiry) => Err(Wrong::Expired { expiry }),
        None => Ok(Hit { held: *index, proof }),
    }
}

/// Whether a maker's code with batch (and perhaps a date) is of that lot. A lot received without its batch number is
/// known by its date, in a bin that holds no other. Our own lot label names the lot itself.
fn is_batch(row: &Held, batch: &str, expiry: Option<Date>) -> bool {
    let dates = expiry.is_none() || row.expiry.is_none() || expiry == row.expiry;
    dates
        && (row.batch == batch || row.lot.as_str() == batch || (row.batch.is_empty() && row.lots_in_bin <= 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: i64 = 20_000;

    fn day(n: i64) -> Date {
        Date::from_days(TODAY + n)
    }
    fn held(line: u8, sku: &str, lot: &str, lots_in_bin: u32, qty: i64, picked: i64) -> Held {
        Held {
            line,
            sku: SkuId::new(sku).unwrap(),
            lot: LotId::new(lot).unwrap(),
            bin: BinId::new("A-1").unwrap(),
            batch: format!("B{lot}"),
            expiry: Some(day(9)),
            qty: Qty::new(qty).unwrap(),
            picked: Qty::new(picked).unwrap(),
            lots_in_bin,
        }
    }
    fn ean(sku: &str) -> Scanned {
        Scanned::Item { sku: SkuId::new(sku).unwrap(), batch: None, expiry: None }
    }
    fn gs1(sku: &str, batch: &str, expiry: i64) -> Scanned {
        Scanned::Item { sku: SkuId::new(sku).unwrap(), batch: Some(batch.into()), expiry: Some(day(expiry)) }
    }
    fn label(sku: &str, lot: &str) -> Scanned {
        Scanned::Lot { lot: LotId::new(lot).unwrap(), sku: SkuId::new(sku).unwrap(), expiry: Some(day(9)) }
    }
    fn judged(scanned: &Scanned, shown: u8, rows: &[Held]) -> Result<(usize, Proof), Wrong> {
        judge(scanned, shown, rows, day(0)).map(|hit| (hit.held, hit.proof))
    }

    #[test]
    fn a_product_code_proves_the_lot_only_where_one_lot_lies() {
        let single = [held(0, "MILK", "L1", 1, 2, 0)];
        assert_eq!(judged(&ean("MILK"), 0, &single), Ok((0, Proof::SingleLot)));
        let several = [held(0, "MILK", "L1", 2, 2, 0)];
        assert!(matches!(judged(&ean("MILK"), 0, &several), Err(Wrong::LabelWanted { .. })));
        assert_eq!(judged(&label("MILK", "L1"), 0, &several), Ok((0, Proof::LotLabel)));
        assert!(matches!(judged(&label("MILK", "L2"), 0, &several), Err(Wrong::Lot { .. })));
        assert_eq!(judged(&gs1("MILK", "BL1", 9), 0, &several), Ok((0, Proof::Gs1)));
        assert!(matches!(judged(&gs1("MILK", "BL1", 8), 0, &several), Err(Wrong::Lot { .. })));
    }

    #[test]
    fn each_wrong_thing_has_its_own_word() {
        let rows = [held(0, "MILK", "L1", 1, 1, 1), held(1, "ATTA", "L2", 1, 1, 0)];
        assert_eq!(judged(&ean("SOAP"), 0, &rows), Err(Wrong::Item));
        assert_eq!(judged(&ean("MILK"), 0, &rows), Err(Wrong::Over));
        assert_eq!(judged(&gs1("ATTA", "BL2", -1), 1, &rows), Err(Wrong::Expired { expiry: day(-1) }));
        let mut old = rows.clone();
        old[1].expiry = Some(day(-1));
        assert_eq!(judged(&ean("ATTA"), 1, &old), Err(Wrong::Expired { expiry: day(-1) }));
        old[1].expiry = Some(day(0));
        assert_eq!(judged(&ean("ATTA"), 1, &old), Ok((1, Proof::SingleLot)), "its last day counts");
    }

    #[test]
    fn the_shown_line_is_served_first_then_any_open_one() {
        let rows = [held(0, "MILK", "L1", 1, 1, 0), held(3, "MILK", "L1", 1, 1, 0)];
        assert_eq!(judged(&ean("MILK"), 3, &rows), Ok((1, Proof::SingleLot)));
        assert_eq!(judged(&ean("MILK"), 9, &rows), Ok((0, Proof::SingleLot)));
    }
}
