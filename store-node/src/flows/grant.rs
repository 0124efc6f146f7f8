//! What the hub may sell until the next tick, by what sells where; what is wanted back, and what it gives back (SYNC.md rules 1 and 4). Rights move no unit; they
//! are rows of the ledger and facts for the quota document. The rule stands in [`sync::quota`].

use super::{Flow, Stop, fence, holding, moving};
use crate::answer::Answer;
use crate::db::marks::{self, Mark};
use crate::db::quota::{self, Rights, Terms};
use crate::db::rates::{self, Rate};
use crate::db::{catalogue, ledger, stock, unknown};
use crate::refusal::Refusal;
use model::fact::Fact;
use model::time::MINUTE_MS;
use model::{Role, SkuId, Timestamp};
use store_core::movement::Kind;
use sync::quota::{Demand, GrantPolicy, LastUnit, SkuStock, StoreQuota, plan_grants, rate_after};

/// Rows of the ledger that one tick looks at.
const ROWS_MAX: u32 = 4_000;
/// SKUs of a sweep that one tick looks at.
const SWEEP_MAX: u32 = 250;
/// Where a running sweep stands, in `meta`; empty: none runs.
const SWEEP: &str = "grant_sweep";
/// The hub may sell on for so long after it has heard the store for the last time, a tick may be late, and what it sells
/// may be paid 15 minutes after it was placed (REQ-9): only lots that outlive this are granted from.
const HORIZON_MS: i64 = 200_000 + 15 * MINUTE_MS;
/// A rate is gone by when so many units were seen.
const SEEN_ENOUGH: u64 = 30;
/// A sweep begins before the first code.
const FIRST: &str = " ";

/// Every SKU is to be looked at again: its lots' fitness changed without a movement (a new day, a breach that ended).
///
/// # Errors
/// A fault of the database.
pub fn sweep(flow: &Flow<'_>) -> Result<(), Stop> {
    super::shelf::anew(flow)?;
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
    horizon_moves(flow)?;
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
    let sold = ledger::reserved_between(flow.tx, seen, last)?;
    for sku in skus {
        let units = sold.get(&sku).copied().unwrap_or(0);
        let Some(stock) = stock_of(flow, terms, sku, units)? else { continue };
        plan.push(stock);
    }
    let percent = u8::try_from(flow.setup.policy.local_share_pct.min(100)).unwrap_or(100);
    let policy = GrantPolicy { counter_percent: percent, last_unit: LastUnit::Hub };
    for stock in &plan {
        want_back(flow, terms, policy, stock)?;
    }
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

/// The horizon reaches another day, which some lots do not outlive: what the hub has of them is wanted back now, while it
/// can still give it, and not at midnight, when it has sold it.
fn horizon_moves(flow: &Flow<'_>) -> Result<(), Stop> {
    let last = flow.now.plus_ms(flow.setup.policy.promise_ms.saturating_add(HORIZON_MS));
    let reached = flow.setup.calendar.date(last).days();
    if marks::get(flow.tx, Mark::GrantHorizon)? == reached {
        return Ok(());
    }
    marks::set(flow.tx, Mark::GrantHorizon, reached)?;
    Ok(marks::set_text(flow.tx, SWEEP, FIRST)?)
}

/// `None`: the hub used more rights of it than it had, or nobody knows it; nothing more is granted then. `sold`: units
/// that orders took since the last look.
fn stock_of(flow: &Flow<'_>, terms: Terms, sku: SkuId, sold: u64) -> Result<Option<SkuStock>, Stop> {
    if catalogue::shelf_life(flow.tx, &sku)?.is_none() {
        return Ok(None);
    }
    let rights = quota::get(flow.tx, terms, &sku)?;
    let Ok(quota) = StoreQuota::from_counts(rights.granted, rights.returned, rights.orders_seen) else {
        return Ok(None);
    };
    // Rights of earlier terms stay blocked (rule 6), and so does what is promised and not held: both are taken off.
    let earlier = quota::outstanding(flow.tx, &sku)?.saturating_sub(quota.outstanding());
    let promised = earlier.saturating_add(unknown::need(flow.tx, &sku)?);
    let on_hand = holding::sellable_for(flow, &sku, HORIZON_MS)?.saturating_sub(promised);
    let suspended = !fence::is_open(flow, &sku)?;
    let demand = demand(flow, &sku, sold)?;
    Ok(Some(SkuStock { sku, on_hand, reserved: 0, quota, suspended, demand }))
}

/// The rate of a SKU's sales, brought up to now: what the hub's orders took, and what the counter did. Nothing before
/// enough was seen to go by.
fn demand(flow: &Flow<'_>, sku: &SkuId, sold: u64) -> Result<Option<Demand>, Stop> {
    let before = rates::get(flow.tx, sku)?;
    let hub_units = rates::hub_units(flow.tx, sku)?;
    let span = if before.at == Timestamp::default() { 0 } else { flow.now.since_ms(before.at) };
    let hub = hub_units.saturating_sub(before.hub_units);
    let counter = sold.saturating_sub(hub);
    let mut after = Rate {
        at: flow.now,
        hub_units,
        seen: before.seen.saturating_add(hub).saturating_add(counter),
        ..before
    };
    if span > 0 {
        after.hub_rate = rate_after(before.hub_rate, hub, span);
        after.counter_rate = rate_after(before.counter_rate, counter, span);
    }
    rates::put(flow.tx, sku, &after)?;
    let demand = Demand { hub_per_hour: after.hub_rate, counter_per_hour: after.counter_rate };
    Ok((after.seen >= SEEN_ENOUGH).then_some(demand))
}

/// Rights beyond what may still be sold are wanted back (a shrink, a breach, a recall, an expiry); where there are units
/// again, they are wanted no longer.
fn want_back(flow: &mut Flow<'_>, terms: Terms, policy: GrantPolicy, stock: &SkuStock) -> Result<(), Stop> {
    #[cfg(feature = "mutations")]
    if flow.mutated(crate::engine::Mutation::NeverWantBack) {
        return Ok(());
    }
    let total = stock.wanted_back(policy);
    let standing = quota::wanted(flow.tx, terms, &stock.sku)?;
    let asks = total > stock.quota.returned_seen() || standing > stock.quota.returned_seen();
    if !asks || total == standing {
        return Ok(());
    }
    quota::set_wanted(flow.tx, terms, &stock.sku, total)?;
    flow.tell(&Fact::Wanted { sku: stock.sku.clone(), total })
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
