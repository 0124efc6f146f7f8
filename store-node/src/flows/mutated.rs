//! Deliberate faults of flows, for the tests that show that the checks can fail. Compiled with feature `mutations` only.

use super::{Flow, Stop, fence, holding};
use crate::db::fence::{self as rows, State};
use crate::db::orders;
use crate::db::quota::{self, Terms};
use crate::engine::Mutation;
use model::fact::Fact;
use model::order::{Channel, OrderState};
use model::time::MINUTE_MS;
use model::{Qty, SkuId};
use std::cmp::Reverse;
use store_core::fefo::{self, LotStock, Take, Wanted};

/// How long the faulty store waits before it takes an online order's units back.
const PATIENCE_MS: i64 = 2 * MINUTE_MS;

/// [`Mutation::ReleaseOnlineByClock`]: takes back the units of online orders that nobody picks.
///
/// # Errors
/// A fault of the database.
pub fn release_by_clock(flow: &mut Flow<'_>) -> Result<(), Stop> {
    if !flow.mutated(Mutation::ReleaseOnlineByClock) {
        return Ok(());
    }
    for row in orders::open(flow.tx)? {
        let waits = orders::moments(flow.tx, &row.order)?.state() == OrderState::Confirmed;
        if row.channel == Channel::Online && waits && flow.now.since_ms(row.received_at) > PATIENCE_MS {
            holding::give_all_back(flow, &row.order, "timeout")?;
        }
    }
    Ok(())
}

/// [`Mutation::NoFence`], [`Mutation::NoWord`]: a restored store sells at once, or as soon as it has counted.
///
/// # Errors
/// A fault of the database.
pub fn is_open(flow: &Flow<'_>, sku: &SkuId) -> Result<Option<bool>, Stop> {
    if flow.mutated(Mutation::NoFence) {
        return Ok(Some(true));
    }
    let fenced = rows::state(flow.tx)?.state == State::Fenced;
    if fenced && flow.mutated(Mutation::NoWord) {
        return Ok(Some(rows::counted_at(flow.tx, sku)?.is_some()));
    }
    Ok(None)
}

/// [`Mutation::FreeOldRights`]: what an older generation of the hub may have sold counts as given back.
///
/// # Errors
/// A fault of the database.
pub fn free_old_rights(flow: &mut Flow<'_>, now: Terms) -> Result<(), Stop> {
    if flow.mutated(Mutation::FreeOldRights) {
        for (of, sku, units) in quota::earlier(flow.tx, now)? {
            fence::close(flow, of, &sku, units)?;
        }
    }
    Ok(())
}

/// [`Mutation::NewestLotFirst`]: what [`fefo::allocate`] gives, from the other end.
pub fn allocate(flow: &Flow<'_>, lots: &[LotStock], wanted: &Wanted, qty: Qty) -> Option<(Vec<Take>, Qty)> {
    if !flow.mutated(Mutation::NewestLotFirst) {
        return None;
    }
    let mut rows: Vec<&LotStock> = lots.iter().collect();
    rows.sort_by_key(|row| (row.expiry.is_some(), Reverse(row.expiry), row.lot.clone(), row.bin.clone()));
    let (mut takes, mut missing) = (Vec::new(), qty);
    for row in rows {
        let (these, left) = fefo::allocate(std::slice::from_ref(row), wanted, missing);
        takes.extend(these);
        missing = left;
    }
    Some((takes, missing))
}

/// [`Mutation::GrantFromDying`]: no lot that is granted from ever expires.
pub fn forget_expiry(flow: &Flow<'_>, lots: &mut [LotStock]) {
    if flow.mutated(Mutation::GrantFromDying) {
        lots.iter_mut().for_each(|lot| lot.expiry = None);
    }
}

/// [`Mutation::SubstituteFromRights`]: what the hub may sell counts as free for a substitute.
///
/// # Errors
/// A fault of the database.
pub fn free_for_substitute(flow: &Flow<'_>, sku: &SkuId, free: u64) -> Result<u64, Stop> {
    if flow.mutated(Mutation::SubstituteFromRights) { holding::sellable(flow, sku) } else { Ok(free) }
}

/// [`Mutation::DropPicks`]: one command in sixteen, by its id, does not say what was picked.
pub fn drops(flow: &Flow<'_>, fact: &Fact) -> bool {
    let some = flow.id.as_bytes().last().is_some_and(|byte| byte.is_multiple_of(16));
    matches!(fact, Fact::Picks { .. }) && some && flow.mutated(Mutation::DropPicks)
}
