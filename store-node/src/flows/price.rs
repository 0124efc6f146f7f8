//! What a picked piece costs. Weighed goods cost what they weigh (REQ-32): at the pick the scale's stable weight, or the label
//! that another scale printed, makes the price; a scale whose verification stamp has run out prices nothing (REQ-44). A
//! substitute costs no more than what was asked for, no more than it costs itself, and no more than its MRP (REQ-66).

use super::{Flow, Stop, weigh};
use crate::db::orders::{self, OrderRow};
use crate::db::pick_prices::{self, PickPrice};
use crate::db::{catalogue, lots, pick_gaps};
use crate::refusal::Refusal;
use device_drivers::gs1::Gtin;
use device_drivers::gs1::instore::{self, Measure, Read};
use model::catalogue::Product;
use model::order_doc::{Picks, ShortUnits, cash_due};
use model::{LotId, Paise, SkuId};

/// What an in-store number measured: its word and its value.
pub type Measured = Option<(&'static str, u32)>;

/// What the customer agreed to for one piece of a line, and what comes.
#[derive(Debug, Clone, Copy)]
struct Asked {
    /// The price of what was ordered.
    agreed: Paise,
    /// What a sales unit of what comes costs, for goods that are weighed.
    rate: Paise,
    /// The most that this piece may cost, where it is another product.
    most: Option<Paise>,
}

/// The price of one piece that was picked for a line; `None` where it costs what was agreed.
///
/// # Errors
/// [`Refusal::NoWeight`] without a stable weight that has priced nothing yet, [`Refusal::ScaleStamp`] where the scale may
/// not price.
pub fn of(
    flow: &Flow<'_>,
    order: &OrderRow,
    line: u8,
    (sku, lot): (&SkuId, &LotId),
    measured: Measured,
) -> Result<Option<PickPrice>, Stop> {
    let product = catalogue::must(flow.tx, sku)?.product;
    let asked = asked(flow, order, line, (sku, lot), &product)?;
    let priced = if by_weight(flow, sku)? {
        weighed(flow, &product, asked.rate, measured)?
    } else {
        match asked.most.filter(|most| *most < asked.agreed) {
            Some(paise) => PickPrice { grams: None, paise, instead_of: asked.agreed, weighed: None },
            None => return Ok(None),
        }
    };
    let most = asked.most.unwrap_or(priced.paise);
    Ok(Some(PickPrice { paise: priced.paise.min(most), instead_of: asked.agreed, ..priced }))
}

fn asked(
    flow: &Flow<'_>,
    order: &OrderRow,
    line: u8,
    (sku, lot): (&SkuId, &LotId),
    product: &Product,
) -> Result<Asked, Stop> {
    let lines = orders::lines(flow.tx, &order.order)?;
    let Some((_, head)) = lines.into_iter().find(|(known, _)| *known == line) else {
        return Ok(Asked { agreed: product.price, rate: product.price, most: None });
    };
    if head.sku == *sku {
        return Ok(Asked { agreed: head.unit_price, rate: head.unit_price, most: None });
    }
    let quoted = pick_gaps::quoted(flow.tx, order.order, line, sku)?;
    let mrp = lots::must(flow.tx, lot)?.mrp;
    let rate = own(product).min(quoted.unwrap_or(product.price));
    // An MRP of nothing was not read from the pack.
    let most = if mrp > Paise::ZERO { rate.min(mrp) } else { rate };
    Ok(Asked { agreed: head.unit_price, rate, most: Some(most.min(head.unit_price)) })
}

/// What a product costs by itself.
fn own(product: &Product) -> Paise {
    product.price.min(product.mrp)
}

/// What one piece of a proposed substitute will cost, where that is less than what was ordered.
pub fn quote(product: &Product, agreed: Paise) -> Option<Paise> {
    Some(own(product)).filter(|price| *price < agreed)
}

/// The price of a piece by its weight, at `rate` for the sales unit.
fn weighed(flow: &Flow<'_>, product: &Product, rate: Paise, measured: Measured) -> Result<PickPrice, Stop> {
    let (grams, weighed) = match measured {
        Some(("paise", paise)) if paise > 0 => {
            let paise = Paise::new(paise.into());
            return Ok(PickPrice { grams: None, paise, instead_of: rate, weighed: None });
        }
        Some(("grams", grams)) if grams > 0 => (grams, None),
        Some(_) | None => {
            let (at, grams, scale) = weigh::newest(flow, &flow.actor.device)?.ok_or(Refusal::NoWeight)?;
            if !weigh::may_price(flow, &scale, at) {
                return Err(Refusal::ScaleStamp { scale: scale.to_string() }.into());
            }
            if pick_prices::is_used(flow.tx, &scale, at)? {
                return Err(Refusal::NoWeight.into());
            }
            (grams.0, Some((scale, at)))
        }
    };
    let paise = priced(rate, grams, product.weight.0).ok_or_else(|| {
        let sku = &product.sku;
        Refusal::bad("grams", format!("{grams} g of {sku} have no price: its sales unit weighs nothing"))
    })?;
    Ok(PickPrice { grams: Some(grams), paise, instead_of: rate, weighed })
}

/// The price of so many grams where `unit_g` cost `unit`; half a paisa counts up.
fn priced(unit: Paise, grams: u32, unit_g: u32) -> Option<Paise> {
    let (grams, unit_g) = (i64::from(grams), i64::from(unit_g));
    let twice = unit.get().checked_mul(grams)?.checked_mul(2)?.checked_add(unit_g)?;
    twice.checked_div(unit_g.checked_mul(2)?).map(Paise::new)
}

/// Goods are weighed where one of their numbers is an in-store number that measures, with nothing measured in it.
fn by_weight(flow: &Flow<'_>, sku: &SkuId) -> Result<bool, Stop> {
    let templates = &flow.setup.trade.in_store;
    let measures = |text: &String| {
        let number = Gtin::parse(text.as_bytes());
        let number = number.as_ref().and_then(|gtin| gtin.as_gtin14().strip_prefix('0'));
        number.is_some_and(|number| match instore::read(templates, number.as_bytes()) {
            Read::One(what) => matches!(what.measure, Measure::Grams(0) | Measure::Price(0)),
            Read::Ambiguous { says, .. } => {
                says.iter().all(|what| matches!(what.measure, Measure::Grams(0) | Measure::Price(0)))
            }
            Read::None | Read::Verifier(_) => false,
        })
    };
    Ok(!templates.is_empty() && catalogue::gtins_of(flow.tx, sku)?.iter().any(measures))
}

/// The cash to collect for an order as it stands: what was agreed, less what does not come and what costs less. As for who
/// has paid already, what weighs more costs no more. After packing nothing here changes: what the label says is firm.
///
/// # Errors
/// A fault of the database.
pub fn owed(flow: &Flow<'_>, order: &OrderRow) -> Result<Paise, Stop> {
    if order.cod == Paise::ZERO {
        return Ok(Paise::ZERO);
    }
    let short = orders::shorts(flow.tx, &order.order)?;
    let short = short.into_iter().map(|(line, qty)| ShortUnits { line, qty }).collect();
    let picks = Picks { short, less: pick_prices::less(flow.tx, order.order)?, ..Picks::default() };
    let lines: Vec<_> = orders::lines(flow.tx, &order.order)?.into_iter().map(|(_, head)| head).collect();
    Ok(cash_due(order.cod, &lines, &picks))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn half_a_paisa_counts_up() {
        assert_eq!(priced(Paise::new(10_000), 1_250, 1_000), Some(Paise::new(12_500)));
        assert_eq!(priced(Paise::new(999), 500, 1_000), Some(Paise::new(500)));
        assert_eq!(priced(Paise::new(999), 499, 1_000), Some(Paise::new(499)));
        assert_eq!(priced(Paise::new(999), 499, 0), None);
    }

    proptest! {
        #[test]
        fn more_weight_never_costs_less(unit in 0..10_000_000_i64, grams in 0..99_999_u32, unit_g in 1..50_000_u32) {
            let (less, more) = (priced(Paise::new(unit), grams, unit_g), priced(Paise::new(unit), grams + 1, unit_g));
            prop_assert!(less <= more && less.is_some());
            prop_assert_eq!(priced(Paise::new(unit), unit_g, unit_g), Some(Paise::new(unit)));
        }
    }
}
