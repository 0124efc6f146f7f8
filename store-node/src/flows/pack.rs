//! The picker stands at packing: what was really picked goes into bags by the rules (REQ-31), labels are queued, the hub
//! is told, and the picker gets the next order.

use super::{Flow, Stop, accept_order, fence, moments, print, ready};
use crate::answer::Answer;
use crate::db::allocations::{self, Allocation};
use crate::db::bags::{self as rows, Bag, Item};
use crate::db::orders::OrderRow;
use crate::db::{DbError, assignments, catalogue, orders, pick_gaps, pick_prices};
use crate::derive;
use crate::refusal::Refusal;
use model::catalogue::Product;
use model::fact::Fact;
use model::order::Moment;
use model::order_doc::{PickedUnits, Picks, ShortUnits};
use model::{BagId, Grams, OrderId, Qty, Role, SkuId};
use std::collections::BTreeMap;
use store_core::bags::{self, BagKind, BagRules};
use store_core::movement::Kind;

/// See the file.
///
/// # Errors
/// [`Refusal::LinesOpen`], or why the order is not in the person's hands.
pub fn pack(flow: &mut Flow<'_>, order: &OrderId) -> Result<Answer, Stop> {
    ready::at_work(flow)?;
    flow.only(&[Role::Picker, Role::Manager])?;
    let row = ready::in_hand(flow, order)?;
    fence::may_print(flow)?;
    let lines = pick_gaps::lines(flow.tx, row.order)?;
    let open = lines.iter().filter(|line| !line.is_done()).count();
    if open > 0 {
        return Err(Refusal::LinesOpen { lines: u32::try_from(open).unwrap_or(u32::MAX) }.into());
    }
    let mut picked = allocations::of_order(flow.tx, &row.order)?;
    picked.retain(|held| !held.picked.is_zero());
    let bags = close_bags(flow, &row, &picked)?;
    moments::record(flow, &row, Moment::Packed, flow.now)?;
    accept_order::trace(flow, &row, Kind::Packed)?;
    let shorts = orders::shorts(flow.tx, &row.order)?;
    let picks = Picks {
        picked: units(&picked),
        short: shorts.into_iter().map(|(line, qty)| ShortUnits { line, qty }).collect(),
        bags: bags.last().map_or(0, |bag| bag.n),
        less: pick_prices::less(flow.tx, row.order)?,
    };
    flow.tell(&Fact::Picks { order: row.order, hour: row.hour, picks })?;
    print::labels(flow, &row, &bags, None)?;
    assignments::end(flow.tx, &row.order, flow.now)?;
    flow.effects.handhelds.insert(flow.actor.device.clone());
    ready::next(flow)?;
    Ok(Answer::Done)
}

/// By line, SKU and lot; several bins of one lot are one row.
fn units(picked: &[Allocation]) -> Vec<PickedUnits> {
    let mut sums: BTreeMap<(u8, SkuId, model::LotId), Qty> = BTreeMap::new();
    for held in picked {
        let sum = sums.entry((held.line, held.place.sku.clone(), held.place.lot.clone())).or_default();
        *sum = sum.checked_add(held.picked).unwrap_or(*sum);
    }
    let row = |((line, sku, lot), qty)| PickedUnits { line, sku, lot, qty };
    sums.into_iter().map(row).collect()
}

/// Closes the bags. Units of one lot may be shared out over several.
fn close_bags(flow: &mut Flow<'_>, row: &OrderRow, picked: &[Allocation]) -> Result<Vec<Bag>, Stop> {
    let mut left = units(picked);
    let mut products: Vec<Product> = Vec::with_capacity(left.len());
    for unit in &left {
        products.push(catalogue::must(flow.tx, &unit.sku)?.product);
    }
    let items: Vec<bags::Item> =
        left.iter().zip(&products).map(|(unit, product)| ready::bag_item(product, unit.qty)).collect();
    let mut closed = Vec::new();
    for (n, planned) in ready::numbered(bags::pack(&items, &BagRules::default())) {
        let mut contents = Vec::with_capacity(planned.contents.len());
        let mut fragile = false;
        for part in &planned.contents {
            let (Some(unit), Some(product)) = (left.get_mut(part.item), products.get(part.item)) else {
                continue;
            };
            let qty = Qty::new(i64::from(part.units)).unwrap_or(unit.qty).min(unit.qty);
            unit.qty = unit.qty.saturating_sub(qty);
            fragile |= product.fragile;
            contents.push(Item { line: unit.line, sku: unit.sku.clone(), lot: unit.lot.clone(), qty });
        }
        let bag = Bag {
            bag: code(flow, &row.number, n)?,
            order: row.order,
            n,
            cold: planned.kind == BagKind::Insulated,
            fragile,
            weight: Grams(u32::try_from(planned.grams).unwrap_or(u32::MAX)),
            weighed: None,
            handed_over_at: None,
        };
        rows::insert(flow.tx, &bag, &contents)?;
        closed.push(bag);
    }
    Ok(closed)
}

/// `4K7-1-9F3A`: order, bag, and four letters so that numbers may come again.
fn code(flow: &Flow<'_>, number: &str, n: u8) -> Result<BagId, Stop> {
    let plain: String = number.chars().filter(char::is_ascii_alphanumeric).take(20).collect();
    let text = format!("{plain}-{n}-{}", derive::letters(&flow.id, "bag", 4));
    BagId::new(text).map_err(|error| DbError::Corrupt(format!("order number {number}: {error}")).into())
}
