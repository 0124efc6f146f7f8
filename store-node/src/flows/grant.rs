//! What the hub may sell until the next tick, and what it gives back (SYNC.md rules 1 and 4). Rights move no unit; they
//! are rows of the ledger and facts for the quota document. The rule stands in [`sync::quota`].

use super::{Flow, Stop, holding, moving};
use crate::answer::Answer;
use crate::db::marks::{self, Mark};
use crate::db::quota::{self, Rights, Terms};
use crate::db::{catalogue, ledger, stock};
use crate::refusal::Refusal;
use model::fact::Fact;
use model::{Role, SkuId};
use store_core::movement::Kind;
use sync::quota::{GrantPolicy, LastUnit, SkuStock, StoreQuota, plan_grants};

/// Rows of the ledger that one tick looks at.
const ROWS_MAX: u32 = 4_000;
/// SKUs of a sweep that one tick looks at.
const SWEEP_MAX: u32 = 250;
/// Where a running sweep stands, in `meta`; empty: none runs.
const SWEEP: &str = "grant_sweep";
/// A sweep begins before the first code.
const FIRST: &str = " ";

/// Every SKU is to be looked at again: its lots' fitness changed without a movement (a new day, a breach that ended).
///
/// # Errors
/// A fault of the database.
pub fn sweep(flow: &Flow<'_>) -> Result<(), Stop> {
    Ok(marks::set_text(flow.tx, SWEEP, FIRST)?)
}

/// Grants for every SKU whose units moved since the last tick, and for the next ones of a sweep.
///
/// # Errors
/// A fault of the database.
pub fn tick(flow: &mut Flow<'_>) -> Result<Answer, Stop> {
    flow.only(&[Role::System])?;
    #[cfg(feature = "mutations")]
    super::mutated::release_by_clock(flow)?;
    let seen = marks::get(flow.tx, Mark::GrantSeen)?;
    let (mut skus, last) = ledger::freed_or_taken(flow.tx, seen, ROWS_MAX)?;
    let from = marks::text(flow.tx, SWEEP)?.unwrap_or_default();
    if !from.is_empty() {
        let next = stock::skus_after(flow.tx, &from, SWEEP_MAX)?;
        let done = next.len() < usize::try_from(SWEEP_MAX).unwrap_or(usize::MAX);
        let place = if done { "" } else { next.last().map_or("", |sku| sku.as_str()) };
        marks::set_text(flow.tx, SWEEP, place)?;
        skus.extend(next);
        skus.sort();
        skus.dedup();
    }
    let terms = flow.terms()?;
    let mut plan = Vec::with_capacity(skus.len());
    for sku in skus {
        plan.extend(stock_of(flow, terms, sku)?);
    }
    let percent = u8::try_from(flow.setup.policy.local_share_pct.min(100)).unwrap_or(100);
    let policy = GrantPolicy { counter_percent: percent, last_unit: LastUnit::Hub };
    let (mut skus, mut units) = (0, 0);
    for grant in plan_grants(policy, &plan) {
        let granted = give(flow, terms, &grant.sku, grant.units)?;
        skus += u32::from(granted > 0);
        units += granted;
    }
    if last > seen {
        marks::set(flow.tx, Mark::GrantSeen, last)?;
    }
    Ok(Answer::Granted { skus, units })
}

/// `None`: the hub used more rights of it than it had, or nobody knows it; nothing more is granted then.
fn stock_of(flow: &Flow<'_>, terms: Terms, sku: SkuId) -> Result<Option<SkuStock>, Stop> {
    if catalogue::shelf_life(flow.tx, &sku)?.is_none() {
        return Ok(None);
    }
    let rights = quota::get(flow.tx, terms, &sku)?;
    let Ok(quota) = StoreQuota::from_counts(rights.granted, rights.returned, rights.orders_seen) else {
        return Ok(None);
    };
    // Rights of earlier terms stay blocked (rule 6): they are taken off what can be granted.
    let earlier = quota::outstanding(flow.tx, &sku)?.saturating_sub(quota.outstanding());
    let on_hand = holding::sellable(flow, &sku)?.saturating_sub(earlier);
    Ok(Some(SkuStock { sku, on_hand, reserved: 0, quota, suspended: false }))
}

fn give(flow: &mut Flow<'_>, terms: Terms, sku: &SkuId, planned: u64) -> Result<u64, Stop> {
    let rights = quota::get(flow.tx, terms, sku)?;
    let room = u64::from(flow.setup.policy.grant_most).saturating_sub(rights.outstanding());
    let units = planned.min(room);
    if units == 0 {
        return Ok(0);
    }
    let total = rights.granted.saturating_add(units);
    quota::raise(flow.tx, terms, sku, &Rights { granted: total, ..rights })?;
    moving::rights(flow, Kind::QuotaGranted, sku, units, &reference(terms))?;
    flow.tell(&Fact::Granted { sku: sku.clone(), total })?;
    flow.effects.stock = true;
    Ok(units)
}

/// The hub gave rights back.
///
/// # Errors
/// [`Refusal::BadInput`] when it gives back what it never had.
pub fn returned(flow: &mut Flow<'_>, terms: Terms, sku: &SkuId, total: u64) -> Result<Answer, Stop> {
    flow.only(&[Role::System])?;
    let rights = quota::get(flow.tx, terms, sku)?;
    if total <= rights.returned {
        return Ok(Answer::Done);
    }
    let units = total - rights.returned;
    if units > rights.outstanding() {
        let detail = format!("{units} units of {sku} given back, {} outstanding", rights.outstanding());
        return Err(Refusal::bad("returned", detail).into());
    }
    quota::raise(flow.tx, terms, sku, &Rights { returned: total, ..rights })?;
    moving::rights(flow, Kind::QuotaReturned, sku, units, &reference(terms))?;
    flow.effects.stock = true;
    flow.effects.link = true;
    Ok(Answer::Done)
}

fn reference(terms: Terms) -> String {
    format!("E{} G{}", terms.epoch.0, terms.generation.0)
}
