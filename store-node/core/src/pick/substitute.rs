//! What replaces goods that are not on their shelf (REQ-33): the same brand in another size, else another brand of the
//! same kind, nearest in price. Says why it chose; reserving it is a flow's business.

use model::{Paise, Qty, SkuId};
use std::collections::BTreeSet;

/// A product as the choice sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Good {
    /// What.
    pub sku: SkuId,
    /// Name with size, as on the shelf.
    pub name: String,
    /// Maker's brand.
    pub brand: String,
    /// Category path; its last part is the kind of good.
    pub category: String,
    /// Selling price of one unit.
    pub price: Paise,
    /// Units that the store may promise now.
    pub free: u64,
}

/// Why a substitute was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// Same brand and product, another size.
    OtherSize,
    /// The same kind of another brand (or another product of the brand), nearest in price.
    OtherBrand,
}

impl Why {
    /// The word in the order's history.
    pub const fn word(self) -> &'static str {
        match self {
            Why::OtherSize => "other_size",
            Why::OtherBrand => "other_brand",
        }
    }
}

/// Chooses among candidates that suffice for all `qty` units; ties go to the lower price, then to the code.
/// `taken` are products that must not come a second time (they are in the order, or were not found themselves).
pub fn choose<'a>(
    wanted: &Good,
    qty: Qty,
    candidates: &'a [Good],
    taken: &BTreeSet<SkuId>,
) -> Option<(&'a Good, Why)> {
    let stem = stem(wanted);
    candidates
        .iter()
        .filter(|good| good.sku != wanted.sku && !taken.contains(&good.sku))
        .filter(|good| good.category == wanted.category && good.free >= u64::from(qty.get()))
        .map(|good| {
            let same = good.brand == wanted.brand && self::stem(good) == stem;
            (good, if same { Why::OtherSize } else { Why::OtherBrand })
        })
        .min_by_key(|(good, why)| {
            let apart = good.price.get().abs_diff(wanted.price.get());
            (*why, apart, good.price, good.sku.clone())
        })
}

/// The words of a name that are no size: `Amul Taaza Milk 500 ml pouch` and `... 1 L pouch` have the same.
fn stem(good: &Good) -> BTreeSet<String> {
    const UNITS: [&str; 22] = [
        "g", "gm", "kg", "ml", "l", "ltr", "litre", "pc", "pcs", "piece", "pieces", "pack", "packs", "of",
        "x", "pouch", "bottle", "box", "jar", "tin", "bag", "sachet",
    ];
    good.name
        .split(|c: char| !c.is_alphanumeric())
        .map(str::to_lowercase)
        .filter(|word| !word.is_empty() && !UNITS.contains(&word.as_str()))
        .filter(|word| !word.starts_with(|c: char| c.is_ascii_digit()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good(sku: &str, name: &str, brand: &str, price: i64, free: u64) -> Good {
        Good {
            sku: SkuId::new(sku).unwrap(),
            name: name.into(),
            brand: brand.into(),
            category: "Dairy > Milk".into(),
            price: Paise::new(price),
            free,
        }
    }
    fn chosen(candidates: &[Good], taken: &[&str]) -> Option<(String, Why)> {
        let wanted = good("M1", "Amul Taaza Milk 1 L pouch", "Amul", 5_400, 0);
        let taken = taken.iter().map(|sku| SkuId::new(*sku).unwrap()).collect();
        choose(&wanted, Qty::new(2).unwrap(), candidates, &taken).map(|(g, why)| (g.sku.to_string(), why))
    }

    #[test]
    fn another_size_of_the_brand_comes_before_a_nearer_price() {
        let size = good("M2", "Amul Taaza Milk 500ml", "Amul", 2_800, 5);
        let brand = good("M3", "Mother Dairy Milk 1 L", "Mother Dairy", 5_400, 5);
        assert_eq!(chosen(&[brand.clone(), size.clone()], &[]), Some(("M2".into(), Why::OtherSize)));
        assert_eq!(chosen(&[brand, size], &["M2"]), Some(("M3".into(), Why::OtherBrand)));
    }

    #[test]
    fn nearest_price_then_lower_price_then_code() {
        let near = good("M9", "Nandini Milk 1 L", "Nandini", 5_300, 5);
        let dear = good("M4", "Heritage Milk 1 L", "Heritage", 5_500, 5);
        let twin = good("M5", "Aavin Milk 1 L", "Aavin", 5_300, 5);
        assert_eq!(chosen(&[near.clone(), dear.clone(), twin], &[]).unwrap().0, "M5");
        assert_eq!(chosen(&[dear, near], &[]).unwrap().0, "M9");
    }

    #[test]
    fn what_does_not_suffice_or_is_of_another_kind_is_no_substitute() {
        let scarce = good("M2", "Amul Taaza Milk 500 ml", "Amul", 2_800, 1);
        let mut curd = good("C1", "Amul Taaza Curd 1 L", "Amul", 5_400, 9);
        curd.category = "Dairy > Curd".into();
        assert_eq!(chosen(&[scarce, curd], &[]), None);
    }
}
