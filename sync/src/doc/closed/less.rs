//! What weighed goods cost less than was reckoned, as the last columns of a closed hour: only where there is any, so that
//! every other hour is the bytes that it was.

use model::money::Paise;
use model::order_doc::LessPaid;

use super::columns::{Columns, Reader, cut};
use crate::doc::{DocError, OrderView};

pub(super) fn write(to: &mut Columns, orders: &[OrderView]) {
    let of = |(n, view): (u64, &OrderView)| -> Vec<(u64, LessPaid)> {
        view.picks.iter().flat_map(|picks| &picks.less).map(|less| (n, less.clone())).collect()
    };
    let all: Vec<_> = (0u64..).zip(orders).flat_map(of).collect();
    if all.is_empty() {
        return;
    }
    to.count(all.len());
    to.numbers(&all.iter().map(|(n, _)| *n).collect::<Vec<_>>());
    to.bytes(&all.iter().map(|(_, less)| less.line).collect::<Vec<_>>());
    to.numbers(&all.iter().map(|(_, less)| u64::try_from(less.paise.get()).unwrap_or(0)).collect::<Vec<_>>());
}

pub(super) fn read(from: &mut Reader<'_>, orders: &mut [OrderView]) -> Result<(), DocError> {
    let count = from.count()?;
    if count == 0 {
        return Err(cut());
    }
    let (places, lines, amounts) = (from.numbers(count)?, from.bytes(count)?, from.numbers(count)?);
    for ((place, line), amount) in places.into_iter().zip(lines).zip(amounts) {
        let view = usize::try_from(place).ok().and_then(|n| orders.get_mut(n)).ok_or_else(cut)?;
        let paise = Paise::new(i64::try_from(amount).map_err(|_| cut())?);
        view.picks.as_mut().ok_or_else(cut)?.less.push(LessPaid { line: *line, paise });
    }
    Ok(())
}
