//! What happens around the readings, noted in the temperature log's second chain: alarms, who has seen them, doors,
//! calibrations, actions.

use super::{Flow, Stop};
use crate::db::cold_events::{self, NewEvent};
use model::{DeviceId, Timestamp, ZoneId};

/// What is noted.
#[derive(Debug, Clone, Copy)]
pub struct Noted<'a> {
    /// When it happened.
    pub at: Timestamp,
    /// Its word.
    pub kind: &'a str,
    /// At which device.
    pub device: &'a DeviceId,
    /// In which zone, where there is one.
    pub zone: Option<&'a ZoneId>,
    /// Its particulars.
    pub detail: &'a str,
}

/// Notes it; gives its place in the chain.
///
/// # Errors
/// A fault of the database.
pub fn note(flow: &Flow<'_>, noted: &Noted<'_>) -> Result<i64, Stop> {
    let new = NewEvent {
        at: noted.at,
        heard: flow.now,
        kind: noted.kind,
        device: noted.device.as_str(),
        zone: noted.zone.map(ZoneId::as_str),
        person: flow.actor.person.as_str(),
        detail: noted.detail,
    };
    Ok(cold_events::add(flow.tx, flow.setup.store.as_str(), &new)?)
}
