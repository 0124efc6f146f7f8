//! What the small world sells, and at which prices. Values only.

use crate::checks::{Checked, machine};
use crate::sim::city;
use model::SkuId;
use model::catalogue::{Product, TempClass};

/// Every so manieth good expires, within so many days.
const EXPIRES: (usize, u32) = (4, 6);
/// So many goods are of one kind, and replace each other.
const KIND: usize = 4;

/// So many goods. Of those that do not expire, what runs short runs short by shrinkage alone.
pub(super) fn goods(count: usize) -> Checked<Vec<Product>> {
    let pattern = city::goods().map_err(machine)?;
    let first = pattern.first().ok_or_else(|| machine("a city without goods"))?;
    (0..count)
        .map(|n| {
            Ok(Product {
                sku: SkuId::new(format!("G-{n:02}")).map_err(machine)?,
                gtins: Vec::new(),
                name: format!("good {n}"),
                category: format!("Kind {}", n / KIND),
                temp: TempClass::Ambient,
                shelf_life_days: if n % EXPIRES.0 == EXPIRES.0 - 1 { EXPIRES.1 } else { 0 },
                popularity: u32::try_from(n).map_err(machine)?.saturating_add(1),
                active: true,
                ..first.clone()
            })
        })
        .collect()
}
