//! New terms: the store takes an epoch that the hub has minted for this very node, or hears of the hub's new generation.
//! A log belongs to its terms, so both begin one anew, and its first records are the documents of the open hours.

use super::{Flow, Stop, alarms, fence, grant};
use crate::answer::Answer;
use crate::command::FenceWhy;
use crate::db::marks::{self, Mark};
use crate::db::{outbox, quota};
use crate::refusal::Refusal;
use model::life::life_under;
use model::quota::{HubGeneration, StoreEpoch};
use std::fmt::Display;
use sync::doc::SAID_AGAIN_HOURS;

/// The alarm that stands while rights of an older generation are out.
pub const OLD_RIGHTS: &str = "old_generation_rights";
/// The alarm that stands where the hub has sold units that it had no right to.
pub const OVERDRAWN: &str = "rights_overdrawn";

/// New hardware, or an old database: the hub's answer to this node's key. The store is fenced from here on, if it is not
/// since its database was brought back.
///
/// # Errors
/// [`Refusal::BadInput`] for an epoch that is older than the one this store has.
pub fn take_epoch(
    flow: &mut Flow<'_>,
    epoch: StoreEpoch,
    generation: HubGeneration,
    why: FenceWhy,
) -> Result<Answer, Stop> {
    flow.only(&[])?;
    let now = flow.terms()?;
    if (epoch, generation) == (now.epoch, now.generation) {
        return Ok(Answer::Done);
    }
    if epoch <= now.epoch || generation < now.generation {
        let detail = format!(
            "epoch {} of generation {} is not after {} of {}: ask the hub for a new one",
            epoch.0, generation.0, now.epoch.0, now.generation.0
        );
        return Err(Refusal::bad("epoch", detail).into());
    }
    marks::set(flow.tx, Mark::Epoch, i64::from(epoch.0))?;
    marks::set(flow.tx, Mark::Generation, i64::from(generation.0))?;
    let before = u32::try_from(marks::get(flow.tx, Mark::Boot)?).unwrap_or(u32::MAX);
    marks::set(flow.tx, Mark::Boot, i64::from(life_under(before, flow.now, epoch.0)))?;
    fence::on_epoch(flow, why)?;
    begin_log(flow)?;
    Ok(Answer::Done)
}

/// The hub was restored. Rights of its older life stay blocked, are counted, and an alarm stands until they are closed.
///
/// # Errors
/// [`Refusal::TwoHubs`] when another hub took the same number: one of them must be restored again.
pub fn learn_generation(flow: &mut Flow<'_>, generation: HubGeneration) -> Result<Answer, Stop> {
    flow.only(&[])?;
    let now = flow.terms()?;
    if generation == now.generation || generation.number() < now.generation.number() {
        return Ok(Answer::Done);
    }
    if generation.number() == now.generation.number() {
        let (known, other) = (now.generation.0, generation.0);
        return Err(Refusal::TwoHubs { known, other }.into());
    }
    marks::set(flow.tx, Mark::Generation, i64::from(generation.0))?;
    begin_log(flow)?;
    #[cfg(feature = "mutations")]
    super::mutated::free_old_rights(flow, flow.terms()?)?;
    let old = quota::earlier(flow.tx, flow.terms()?)?;
    let units: u64 = old.iter().filter(|(of, ..)| of.epoch == now.epoch).map(|(.., units)| units).sum();
    if units > 0 {
        let named: [(&str, &dyn Display); 1] = [("units", &units)];
        alarms::raise(flow, (OLD_RIGHTS, &fence::hub()?, None), flow.now, &named)?;
    }
    grant::sweep(flow)?;
    Ok(Answer::Done)
}

/// A generation and all before it are closed: its orders are here, what is left of its rights is free again.
///
/// # Errors
/// A fault of the database.
pub fn close_generation(flow: &mut Flow<'_>, upto: HubGeneration) -> Result<Answer, Stop> {
    flow.only(&[])?;
    let now = flow.terms()?;
    for (of, sku, units) in quota::earlier(flow.tx, now)? {
        if of.epoch == now.epoch && of.generation <= upto && of.generation < now.generation {
            fence::close(flow, of, &sku, units)?;
        }
    }
    if quota::earlier(flow.tx, now)?.iter().all(|(of, ..)| of.epoch != now.epoch) {
        alarms::clear(flow, &fence::hub()?, OLD_RIGHTS)?;
    }
    grant::sweep(flow)?;
    Ok(Answer::Done)
}

fn begin_log(flow: &mut Flow<'_>) -> Result<(), Stop> {
    // Under new terms nothing is granted yet, so nothing is sold beyond it.
    alarms::clear(flow, &fence::hub()?, OVERDRAWN)?;
    let since = flow.now.hour().saturating_sub(SAID_AGAIN_HOURS);
    outbox::begin_log(flow.tx, flow.setup.store.as_str(), since, flow.now)?;
    flow.effects.terms = true;
    flow.effects.outbox_grew = true;
    flow.effects.link = true;
    Ok(())
}
