//! The alarms that stand, told to the hub when they are not what it was told last: whoever runs the city sees that a fridge is
//! warm and that nobody there has seen it. Nothing new is told while the last look waits to be heard: only the newest counts,
//! and a store that is cut off collects none.

use super::{Flow, Stop};
use crate::answer::Answer;
use crate::cold_chain::hex;
use crate::db::marks::{self, Mark};
use crate::db::{Connection, DbResult, cold, looks};
use model::Role;
use model::alarms::{AlarmTold, AlarmsTold, DETAIL_MAX, NAMED_MAX};
use model::api::store::AlarmRow;
use model::fact::Fact;
use serde::Serialize;
use sha2::{Digest, Sha256};
use sync::doc::DocKey;
use sync::lane::Lane;
use sync::wire::ALARMS_SINCE;

/// What the last look said, and under which terms, as a digest in `meta`.
const TOLD: &str = "alarms_told";

/// What was told is to be told again: the hub has not heard it.
///
/// # Errors
/// A fault of the database.
pub fn anew(conn: &Connection) -> DbResult<()> {
    marks::set_text(conn, TOLD, "")
}

/// One look.
///
/// # Errors
/// A fault of the database.
pub fn tick(flow: &mut Flow<'_>) -> Result<Answer, Stop> {
    flow.only(&[Role::System])?;
    let knows = marks::get(flow.tx, Mark::HubVersion)? >= i64::from(ALARMS_SINCE);
    if !knows || looks::waits(flow.tx, Lane::Alarms, "alarms")? {
        return Ok(Answer::Done);
    }
    let terms = super::terms(flow.tx)?;
    let standing = u32::try_from(cold::open_alarms(flow.tx)?).unwrap_or(u32::MAX);
    let named = cold::standing(flow.tx, NAMED_MAX)?;
    let alarms: Vec<AlarmTold> = named.into_iter().map(told).collect();
    // A hub that was restored, and a store that was replaced, begin without the last look.
    let says = digest(&(terms.epoch, terms.generation, standing, &alarms));
    if marks::text(flow.tx, TOLD)?.as_deref() == Some(says.as_str()) {
        return Ok(Answer::Done);
    }
    let (hour, at) = (flow.now.hour(), flow.now);
    looks::drop_others(flow.tx, &DocKey::Alarms { epoch: terms.epoch, hour }.of(&flow.setup.store))?;
    let look = u64::try_from(marks::bump(flow.tx, Mark::AlarmsLook)?).unwrap_or(0);
    marks::set_text(flow.tx, TOLD, &says)?;
    flow.tell(&Fact::Alarms { hour, told: AlarmsTold { look, at, standing, alarms } })?;
    Ok(Answer::Done)
}

fn told(alarm: AlarmRow) -> AlarmTold {
    AlarmTold {
        id: alarm.id,
        kind: alarm.kind,
        zone: alarm.zone,
        device: alarm.device,
        began: alarm.began,
        seen: alarm.acknowledged_by.is_some(),
        detail: alarm.detail.chars().take(DETAIL_MAX).collect(),
    }
}

fn digest(what: &impl Serialize) -> String {
    hex(&Sha256::digest(serde_json::to_vec(what).unwrap_or_default()))
}
