//! All or nothing for one order: lines of one SKU are summed before they are held against what is free (REQ-8).
//! Where units lie is [`crate::fefo`]'s business; what may be sold by whom is the quota's.

use model::order_doc::{HeadLine, LINES_MAX};
use model::{Qty, SkuId};
use std::collections::BTreeMap;

/// Why an order cannot be looked at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinesError {
    /// No line at all.
    #[error("an order has at least one line")]
    Empty,
    /// More than [`LINES_MAX`].
    #[error("an order has at most {LINES_MAX} lines, this one has {0}")]
    TooMany(usize),
    /// A line asks for nothing.
    #[error("line {line} asks for nothing")]
    Zero {
        /// Its place from 0.
        line: usize,
    },
    /// The lines of one SKU sum up to more than a balance can hold.
    #[error("the lines of {sku} ask for more than there can be")]
    Huge {
        /// Which SKU.
        sku: SkuId,
    },
}

/// A SKU that does not suffice for an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lacking {
    /// What.
    pub sku: SkuId,
    /// Asked for, all lines together.
    pub wanted: Qty,
    /// What could be promised.
    pub free: u64,
}

/// Units by SKU, all lines together.
///
/// # Errors
/// When the lines are no order.
pub fn totals(lines: &[HeadLine]) -> Result<BTreeMap<SkuId, Qty>, LinesError> {
    if lines.is_empty() {
        return Err(LinesError::Empty);
    }
    if lines.len() > LINES_MAX {
        return Err(LinesError::TooMany(lines.len()));
    }
    let mut sums: BTreeMap<SkuId, Qty> = BTreeMap::new();
    for (place, line) in lines.iter().enumerate() {
        if line.qty.is_zero() {
            return Err(LinesError::Zero { line: place });
        }
        let sum = sums.entry(line.sku.clone()).or_default();
        *sum = sum.checked_add(line.qty).ok_or_else(|| LinesError::Huge { sku: line.sku.clone() })?;
    }
    Ok(sums)
}

/// The SKUs that do not suffice; empty when the whole order can be promised.
pub fn lacking(totals: &BTreeMap<SkuId, Qty>, free: &BTreeMap<SkuId, u64>) -> Vec<Lacking> {
    let have = |sku: &SkuId| free.get(sku).copied().unwrap_or(0);
    totals
        .iter()
        .filter(|(sku, wanted)| u64::from(wanted.get()) > have(sku))
        .map(|(sku, wanted)| Lacking { sku: sku.clone(), wanted: *wanted, free: have(sku) })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Paise;

    fn line(sku: &str, qty: i64) -> HeadLine {
        HeadLine { sku: SkuId::new(sku).unwrap(), qty: Qty::new(qty).unwrap(), unit_price: Paise::new(100) }
    }

    #[test]
    fn two_lines_of_one_sku_are_one_wish() {
        let sums = totals(&[line("MILK", 2), line("ATTA", 1), line("MILK", 3)]).unwrap();
        let free: BTreeMap<SkuId, u64> =
            [("MILK", 4), ("ATTA", 9)].map(|(s, n)| (SkuId::new(s).unwrap(), n)).into();
        let lack = lacking(&sums, &free);
        assert_eq!(lack.len(), 1);
        assert_eq!((lack[0].wanted.get(), lack[0].free), (5, 4));
    }

    #[test]
    fn what_is_no_order_is_refused() {
        assert_eq!(totals(&[]), Err(LinesError::Empty));
        assert_eq!(totals(&[line("A", 1), line("B", 0)]), Err(LinesError::Zero { line: 1 }));
        assert_eq!(totals(&vec![line("A", 1); 101]), Err(LinesError::TooMany(101)));
        let huge = totals(&[line("A", 1_000_000), line("A", 1)]);
        assert!(matches!(huge, Err(LinesError::Huge { .. })));
    }
}
