//! The fence (SYNC.md rule 5): what a store may do whose database has forgotten something. It sells and grants nothing and
//! prints no label; SKU by SKU it opens as people count, once the hub has said what it sold; with the hub gone too, a
//! manager opens what is counted alone, and that is on record.

use super::{Flow, Stop, alarms, grant, unknown};
use crate::answer::Answer;
use crate::command::FenceWhy;
use crate::db::fence::{self as row, Fence, State};
use crate::db::prints;
use crate::db::quota::{self, Rights, Terms};
use crate::db::{Connection, DbResult};
use crate::refusal::Refusal;
use model::{DeviceId, Role, SkuId};
use std::fmt::Display;

/// The kind of the alarm that stands while the store is fenced.
const ALARM: &str = "store_fenced";

/// The store fences itself, or is told to. One that is fenced already stays so, with its first reason; a database that was
/// brought back is fenced anew whatever it says: its counts and decisions are of a former life. That another machine is the
/// store now comes before every other reason, an emergency too.
///
/// # Errors
/// A fault of the database.
pub fn raise(flow: &mut Flow<'_>, why: FenceWhy) -> Result<Answer, Stop> {
    flow.only(&[Role::Manager])?;
    let fence = row::state(flow.tx)?;
    let anew = match why {
        FenceWhy::Restored | FenceWhy::Replaced => true,
        FenceWhy::Superseded => fence.state == State::Emergency || fence.why != why.word(),
        FenceWhy::RolledBack | FenceWhy::ByHand => false,
    };
    if anew || fence.state == State::Open {
        shut(flow, why)?;
    }
    Ok(Answer::Done)
}

/// The epoch has come. A fence that waits for it stands as it is, with what was counted and decided since it was raised
/// for this restore; any other is shut.
///
/// # Errors
/// A fault of the database.
pub fn on_epoch(flow: &mut Flow<'_>, why: FenceWhy) -> Result<(), Stop> {
    let fence = row::state(flow.tx)?;
    let waits = fence.state != State::Open && fence.word_at.is_none() && fence.why == why.word();
    if waits && matches!(why, FenceWhy::Restored | FenceWhy::Replaced) { Ok(()) } else { shut(flow, why) }
}

/// Shuts the fence anew: nothing counts as counted, every open order is UNKNOWN, prints that were under way are in doubt.
///
/// # Errors
/// A fault of the database.
pub fn shut(flow: &mut Flow<'_>, why: FenceWhy) -> Result<(), Stop> {
    let person = flow.actor.person.to_string();
    let fence =
        Fence { state: State::Fenced, since: flow.now, why: why.word().to_owned(), word_at: None, person };
    row::set(flow.tx, &fence)?;
    row::forget_counts(flow.tx)?;
    unknown::all_open(flow)?;
    prints::doubt_all(flow.tx, flow.now)?;
    let named: [(&str, &dyn Display); 1] = [("why", &why.word())];
    alarms::raise(flow, (ALARM, &hub()?, None), flow.now, &named)?;
    flow.effects.all_handhelds = true;
    flow.effects.prints = true;
    flow.effects.stock = true;
    flow.effects.link = true;
    Ok(())
}

/// The hub's word on this epoch: everything it sold under older ones stands in the documents before it. What is left of
/// older epochs' rights is void, and counted SKUs open.
///
/// # Errors
/// A fault of the database.
pub fn word(flow: &mut Flow<'_>, terms: Terms) -> Result<Answer, Stop> {
    flow.only(&[Role::System])?;
    let now = flow.terms()?;
    if terms.epoch != now.epoch {
        return Ok(Answer::Done);
    }
    for (of, sku, units) in quota::earlier(flow.tx, now)? {
        if of.epoch < now.epoch {
            close(flow, of, &sku, units)?;
        }
    }
    let fence = row::state(flow.tx)?;
    if fence.state != State::Open && fence.word_at.is_none() {
        row::set(flow.tx, &Fence { word_at: Some(flow.now), ..fence })?;
        flow.effects.link = true;
        unknown::fill_all(flow)?;
        open_if_counted(flow)?;
    }
    grant::sweep(flow)?;
    Ok(Answer::Done)
}

/// Rights that nobody can use any more count as given back.
///
/// # Errors
/// A fault of the database.
pub fn close(flow: &mut Flow<'_>, terms: Terms, sku: &SkuId, units: u64) -> Result<(), Stop> {
    let rights = quota::get(flow.tx, terms, sku)?;
    let returned = rights.returned.saturating_add(units);
    quota::raise(flow.tx, terms, sku, &Rights { returned, ..rights })?;
    let reference = format!("E{} G{} closed", terms.epoch.0, terms.generation.0);
    super::moving::rights(flow, store_core::movement::Kind::QuotaReturned, sku, units, &reference)?;
    flow.effects.stock = true;
    Ok(())
}

/// Hub and store are both gone: what is counted is sold all the same. A possible oversell is accepted, and recorded.
///
/// # Errors
/// [`Refusal::AlreadyDone`] when the store is open, or the hub's word is here: then nobody needs it.
/// [`Refusal::Fenced`] on a machine that was replaced: the store is another one.
pub fn emergency(flow: &mut Flow<'_>) -> Result<Answer, Stop> {
    if flow.actor.role != Role::Manager {
        return Err(Refusal::WrongRole { role: flow.actor.role, needs: vec![Role::Manager] }.into());
    }
    let fence = row::state(flow.tx)?;
    match (fence.state, fence.word_at) {
        (State::Fenced, None) if fence.why == FenceWhy::Superseded.word() => {
            return Err(refusal(flow, "emergency")?);
        }
        (State::Fenced, None) => {}
        (State::Open | State::Fenced | State::Emergency, _) => {
            return Err(Refusal::AlreadyDone { what: "no_emergency".to_owned() }.into());
        }
    }
    let person = flow.actor.person.to_string();
    let named: [(&str, &dyn Display); 1] = [("person", &person)];
    alarms::raise(flow, ("emergency_selling", &hub()?, None), flow.now, &named)?;
    row::set(flow.tx, &Fence { state: State::Emergency, person, ..fence })?;
    unknown::fill_all(flow)?;
    flow.effects.link = true;
    flow.effects.stock = true;
    Ok(Answer::Done)
}

/// When the word is here and nothing with units in the books is uncounted, the store is open again.
///
/// # Errors
/// A fault of the database.
pub fn open_if_counted(flow: &mut Flow<'_>) -> Result<(), Stop> {
    let fence = row::state(flow.tx)?;
    if fence.state == State::Open || fence.word_at.is_none() || row::uncounted(flow.tx)? > 0 {
        return Ok(());
    }
    row::set(flow.tx, &Fence { state: State::Open, since: flow.now, ..fence })?;
    for kind in [ALARM, "emergency_selling"] {
        alarms::clear(flow, &hub()?, kind)?;
    }
    flow.effects.link = true;
    grant::sweep(flow)
}

/// Whether units of a SKU may be promised: granted to the hub, sold at the counter, held for a line.
///
/// # Errors
/// A fault of the database.
pub fn is_open(flow: &Flow<'_>, sku: &SkuId) -> Result<bool, Stop> {
    #[cfg(feature = "mutations")]
    if let Some(open) = super::mutated::is_open(flow, sku)? {
        return Ok(open);
    }
    Ok(opened(flow.tx, sku)?)
}

/// As [`is_open`], for those who only look.
///
/// # Errors
/// A fault of the database.
pub fn opened(conn: &Connection, sku: &SkuId) -> DbResult<bool> {
    let fence = row::state(conn)?;
    Ok(match (fence.state, fence.word_at) {
        (State::Open, _) => true,
        (State::Fenced, None) => false,
        (State::Fenced, Some(_)) | (State::Emergency, _) => row::counted_at(conn, sku)?.is_some(),
    })
}

/// Refuses to promise units of a SKU that is behind the fence.
///
/// # Errors
/// [`Refusal::Fenced`] says why and what to do.
pub fn may_promise(flow: &Flow<'_>, sku: &SkuId) -> Result<(), Stop> {
    if is_open(flow, sku)? { Ok(()) } else { Err(refusal(flow, sku.as_str())?) }
}

/// Refuses a new label while the store does not know what its other life has printed.
///
/// # Errors
/// [`Refusal::Fenced`].
pub fn may_print(flow: &Flow<'_>) -> Result<(), Stop> {
    let fence = row::state(flow.tx)?;
    match (fence.state, fence.word_at) {
        (State::Fenced, None) => Err(refusal(flow, "labels")?),
        (State::Open | State::Emergency, _) | (State::Fenced, Some(_)) => Ok(()),
    }
}

fn refusal(flow: &Flow<'_>, what: &str) -> Result<Stop, Stop> {
    let fence = row::state(flow.tx)?;
    let word = fence.word_at.is_some();
    Ok(Refusal::Fenced { what: what.to_owned(), why: fence.why, since: fence.since, word }.into())
}

/// The other end of the link, as a device that alarms are about.
///
/// # Errors
/// Never for this name.
pub fn hub() -> Result<DeviceId, Stop> {
    DeviceId::new("hub").map_err(|error| crate::db::DbError::Corrupt(error.to_string()).into())
}
