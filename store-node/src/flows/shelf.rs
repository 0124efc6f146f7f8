//! A look at the shelf every ten seconds, told to the hub as absolute numbers (SYNC.md, stock document): all of it at the
//! beginning of an hour, then what changed. Nothing new is told while the last look waits to be heard: only the newest
//! counts, and a store that is cut off collects none.

use super::{Flow, Stop, holding};
use crate::answer::Answer;
use crate::db::marks::{self, Mark};
use crate::db::{ledger, looks, stock};
use model::fact::Fact;
use model::stock::StockTick;
use model::time::{MINUTE_MS, Timestamp};
use model::{Role, SkuId};
use std::collections::BTreeSet;
use sync::doc::DocKey;
use sync::lane::Lane;
use sync::wire::STOCK_SINCE;

/// Rows of the ledger that one look goes through.
const ROWS_MAX: u32 = 4_000;
/// SKUs of a whole shelf.
const SKUS_MAX: u32 = 20_000;
/// SKUs of one part of a look: a change stays far below a frame.
const PART_MAX: usize = 2_000;
/// A look without news is told after so long, so that the hub knows its age.
const NEWS_MS: i64 = MINUTE_MS;
/// When the last look was told, in `meta`.
const TOLD_AT: &str = "stock_told_at";

/// Everything is to be told again: what may be sold changed without a movement.
///
/// # Errors
/// A fault of the database.
pub fn anew(flow: &Flow<'_>) -> Result<(), Stop> {
    let told = marks::get(flow.tx, Mark::StockHour)?;
    Ok(marks::set(flow.tx, Mark::StockHour, -told.abs())?)
}

/// One look.
///
/// # Errors
/// A fault of the database.
pub fn tick(flow: &mut Flow<'_>) -> Result<Answer, Stop> {
    flow.only(&[Role::System])?;
    let knows = marks::get(flow.tx, Mark::HubVersion)? >= i64::from(STOCK_SINCE);
    if !knows || looks::waits(flow.tx, Lane::Stock, "stock")? {
        return Ok(Answer::Done);
    }
    let (hour, terms) = (flow.now.hour(), super::terms(flow.tx)?);
    let (epoch, told) = (i64::from(terms.epoch.0), marks::get(flow.tx, Mark::StockHour)?);
    let fresh = told.abs() != hour || marks::get(flow.tx, Mark::StockEpoch)? != epoch;
    let anew = fresh || told < 0;
    let seen = marks::get(flow.tx, Mark::StockSeen)?;
    let (skus, last) = look(flow, (fresh, anew), seen)?;
    let told_at = marks::text(flow.tx, TOLD_AT)?.and_then(|text| text.parse::<i64>().ok()).unwrap_or(0);
    if skus.is_empty() && !anew && flow.now.since_ms(Timestamp::from_ms(told_at)) < NEWS_MS {
        return Ok(Answer::Done);
    }
    let mut units = Vec::with_capacity(skus.len());
    for sku in skus {
        let sellable = holding::sellable(flow, &sku)?;
        units.push((sku, u32::try_from(sellable).unwrap_or(u32::MAX)));
    }
    let tick = u64::try_from(marks::bump(flow.tx, Mark::StockTick)?).unwrap_or(0);
    if anew {
        let doc = DocKey::Stock { epoch: terms.epoch, hour }.of(&flow.setup.store);
        looks::drop_others(flow.tx, &doc)?;
        marks::set(flow.tx, Mark::StockHour, hour)?;
        marks::set(flow.tx, Mark::StockEpoch, epoch)?;
    }
    marks::set(flow.tx, Mark::StockSeen, last.max(seen))?;
    marks::set_text(flow.tx, TOLD_AT, &flow.now.ms().to_string())?;
    tell(flow, hour, tick, &units)?;
    Ok(Answer::Done)
}

/// Which SKUs to tell: of a document that has just begun, those on the shelf; of one that stands, those whose units changed,
/// and the shelf as well when it is to be told anew. And the last row of the ledger that was looked at.
fn look(flow: &Flow<'_>, (fresh, anew): (bool, bool), seen: i64) -> Result<(BTreeSet<SkuId>, i64), Stop> {
    let (changed, last) = if fresh {
        (Vec::new(), ledger::head(flow.tx, flow.setup.store.as_str())?.0)
    } else {
        ledger::freed_or_taken(flow.tx, seen, ROWS_MAX)?
    };
    let mut skus: BTreeSet<SkuId> = changed.into_iter().collect();
    if anew {
        skus.extend(stock::skus_after(flow.tx, "", SKUS_MAX)?);
    }
    Ok((skus, last))
}

/// Tells a look in its parts.
fn tell(flow: &mut Flow<'_>, hour: i64, tick: u64, units: &[(SkuId, u32)]) -> Result<(), Stop> {
    let at = flow.now;
    let mut parts = units.chunks(PART_MAX).map(<[_]>::to_vec).peekable();
    if parts.peek().is_none() {
        flow.tell(&Fact::Stock(StockTick { hour, tick, at, units: Vec::new(), whole: true }))?;
    }
    while let Some(units) = parts.next() {
        let whole = parts.peek().is_none();
        flow.tell(&Fact::Stock(StockTick { hour, tick, at, units, whole }))?;
    }
    Ok(())
}
