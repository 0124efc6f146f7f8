//! The last columns of a closed hour, written only where there is anything in them, so that every other hour is the bytes
//! that it was: what lines cost less than was reckoned; after it, what proposed substitutes cost.

use model::money::Paise;
use model::order_doc::LessPaid;

use super::columns::{Columns, Reader, cut};
use crate::doc::{DocError, OrderView};

/// An order's place in the hour, a line of it, an amount.
type Entry = (u64, u8, Paise);

pub(super) fn write(to: &mut Columns, orders: &[OrderView]) {
    let less = |(n, view): (u64, &OrderView)| -> Vec<Entry> {
        view.picks.iter().flat_map(|picks| &picks.less).map(|less| (n, less.line, less.paise)).collect()
    };
    let asked = |(n, view): (u64, &OrderView)| -> Vec<Entry> {
        view.asks.iter().filter_map(|ask| Some((n, ask.line, ask.price?))).collect()
    };
    let less: Vec<Entry> = (0u64..).zip(orders).flat_map(less).collect();
    let asked: Vec<Entry> = (0u64..).zip(orders).flat_map(asked).collect();
    if !(less.is_empty() && asked.is_empty()) {
        put(to, &less);
    }
    if !asked.is_empty() {
        put(to, &asked);
    }
}

fn put(to: &mut Columns, entries: &[Entry]) {
    to.count(entries.len());
    to.numbers(&entries.iter().map(|(n, ..)| *n).collect::<Vec<_>>());
    to.bytes(&entries.iter().map(|(_, line, _)| *line).collect::<Vec<_>>());
    let amount = |(.., paise): &Entry| u64::try_from(paise.get()).unwrap_or(0);
    to.numbers(&entries.iter().map(amount).collect::<Vec<_>>());
}

/// Reads what stands after the other fields, where anything does.
pub(super) fn read(from: &mut Reader<'_>, orders: &mut [OrderView]) -> Result<(), DocError> {
    if from.easy.is_empty() {
        return Ok(());
    }
    let less = take(from)?;
    let more = !from.easy.is_empty();
    let asked = if more { take(from)? } else { Vec::new() };
    // Columns of nothing are not written.
    if asked.is_empty() && (more || less.is_empty()) {
        return Err(cut());
    }
    for (n, line, paise) in less {
        let view = order(orders, n)?;
        view.picks.as_mut().ok_or_else(cut)?.less.push(LessPaid { line, paise });
    }
    for (n, line, paise) in asked {
        let ask = order(orders, n)?.asks.iter_mut().find(|ask| ask.line == line && ask.price.is_none());
        ask.ok_or_else(cut)?.price = Some(paise);
    }
    Ok(())
}

fn take(from: &mut Reader<'_>) -> Result<Vec<Entry>, DocError> {
    let count = from.count()?;
    let (places, lines, amounts) = (from.numbers(count)?, from.bytes(count)?, from.numbers(count)?);
    let money = |amount: u64| i64::try_from(amount).map(Paise::new).map_err(|_| cut());
    let rows = places.into_iter().zip(lines).zip(amounts);
    rows.map(|((place, line), amount)| Ok((place, *line, money(amount)?))).collect()
}

fn order(orders: &mut [OrderView], place: u64) -> Result<&mut OrderView, DocError> {
    usize::try_from(place).ok().and_then(|n| orders.get_mut(n)).ok_or_else(cut)
}
