//! What the small world sells, and at which prices. Values only.

use crate::checks::{Checked, machine};
use crate::sim::city;
use model::SkuId;
use model::catalogue::{Product, TempClass};

/// So many goods, none of which expires: what runs short here runs short by shrinkage alone.
pub(super) fn goods(count: usize) -> Checked<Vec<Product>> {
    let pattern = city::goods().map_err(machine)?;
    let first = pattern.first().ok_or_else(|| machine("a city without goods"))?;
    (0..count)
        .map(|n| {
            Ok(Product {
                sku: SkuId::new(format!("G-{n:02}")).map_err(machine)?,
                gtins: Vec::new(),
                name: format!("good {n}"),
                category: format!("Kind {n}"),
                temp: TempClass::Ambient,
                shelf_life_days: 0,
                popularity: u32::try_from(n).map_err(machine)?.saturating_add(1),
                active: true,
                ..first.clone()
            })
        })
        .collect()
}
