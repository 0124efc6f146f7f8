//! Weighed goods cost what they weigh (REQ-32): at the pick the scale's stable weight, or the label that another scale
//! printed, makes the price. A scale whose verification stamp has run out prices nothing (REQ-44).

use super::{Flow, Stop, weigh};
use crate::db::catalogue;
use crate::db::orders::{self, OrderRow};
use crate::db::pick_prices::{self, PickPrice};
use crate::refusal::Refusal;
use device_drivers::gs1::Gtin;
use device_drivers::gs1::instore::{self, Measure, Read};
use model::order_doc::taken_off;
use model::{Paise, Qty, SkuId};
use std::collections::BTreeMap;

/// What an in-store number measured: its word and its value.
pub type Measured = Option<(&'static str, u32)>;

/// The price of one piece that was picked for a line; `None` for goods that are sold by the piece.
///
/// # Errors
/// [`Refusal::NoWeight`] without a stable weight that has priced nothing yet, [`Refusal::ScaleStamp`] where the scale may
/// not price.
pub fn of(
    flow: &Flow<'_>,
    order: &OrderRow,
    line: u8,
    sku: &SkuId,
    measured: Measured,
) -> Result<Option<PickPrice>, Stop> {
    if !by_weight(flow, sku)? {
        return Ok(None);
    }
    let product = catalogue::must(flow.tx, sku)?.product;
    let agreed = orders::lines(flow.tx, &order.order)?.into_iter().find(|(known, _)| *known == line);
    let agreed = agreed.filter(|(_, head)| head.sku == *sku).map(|(_, head)| head.unit_price);
    let instead_of = agreed.unwrap_or(product.price);
    let (grams, weighed) = match measured {
        Some(("paise", paise)) if paise > 0 => {
            let paise = Paise::new(paise.into());
            return Ok(Some(PickPrice { grams: None, paise, instead_of, weighed: None }));
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
    let paise = priced(instead_of, grams, product.weight.0).ok_or_else(|| {
        Refusal::bad("grams", format!("{grams} g of {sku} have no price: its sales unit weighs nothing"))
    })?;
    Ok(Some(PickPrice { grams: Some(grams), paise, instead_of, weighed }))
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
            Read::Ambiguous(all) => {
                all.iter().all(|what| matches!(what.measure, Measure::Grams(0) | Measure::Price(0)))
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
    let shorts: BTreeMap<u8, Qty> = orders::shorts(flow.tx, &order.order)?.into_iter().collect();
    let less = pick_prices::less(flow.tx, order.order)?;
    let less: BTreeMap<u8, Paise> = less.into_iter().map(|less| (less.line, less.paise)).collect();
    let mut owed = order.cod;
    for (line, head) in orders::lines(flow.tx, &order.order)? {
        let what =
            (shorts.get(&line).copied().unwrap_or_default(), less.get(&line).copied().unwrap_or_default());
        owed = owed.checked_sub(taken_off(head.unit_price, head.qty, what)).unwrap_or(Paise::ZERO);
    }
    Ok(owed.max(Paise::ZERO))
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
