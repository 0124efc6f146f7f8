//! Excursions: each interval outside the band at a sensor, with what it adds up to and the lots that lay there (REQ-18).

use super::cold_events::{self, Noted};
use super::{Flow, Stop};
use crate::db::excursions::{self, Begun};
use crate::db::places::ZoneRow;
use crate::db::{Connection, DbResult, cold_log};
use crate::derive;
use model::{CommandId, DeviceId, Timestamp, particulars};
use store_core::cold::excursion::{self, Figures};
use store_core::cold::{Breach, Edges};

/// The id of the excursion of a sensor that began with a breach.
fn id(sensor: &DeviceId, breach: &Breach) -> CommandId {
    derive::command(sensor.as_str().as_bytes(), &format!("excursion {}", breach.since.ms()))
}

/// The first reading outside.
///
/// # Errors
/// A fault of the database.
pub fn begin(flow: &mut Flow<'_>, sensor: &DeviceId, zone: &ZoneRow, breach: &Breach) -> Result<(), Stop> {
    let Some(band) = zone.band else { return Ok(()) };
    let id = id(sensor, breach);
    let kind = breach.side.alarm();
    let (zone, band, began) = (&zone.zone, band.edges(), breach.since);
    excursions::begin(flow.tx, &Begun { id: &id, sensor, zone, kind, band, began })?;
    let what = format!("excursion began {kind}");
    let detail = particulars(&[("worst_milli_c", &breach.worst)]);
    let noted = Noted { at: began, kind: &what, device: sensor, zone: Some(zone), detail: &detail };
    cold_events::note(flow, &noted)?;
    Ok(excursions::note_lots(flow.tx, &id, zone)?)
}

/// It has lasted long enough for the alarm: before the lots are blocked, they are noted.
///
/// # Errors
/// A fault of the database.
pub fn alarmed(flow: &mut Flow<'_>, sensor: &DeviceId, zone: &ZoneRow, breach: &Breach) -> Result<(), Stop> {
    let id = id(sensor, breach);
    excursions::alarmed(flow.tx, &id)?;
    Ok(excursions::note_lots(flow.tx, &id, &zone.zone)?)
}

/// Well inside the band again since `at`. The zone's band now and then may differ: the excursion keeps its own.
///
/// # Errors
/// A fault of the database.
pub fn end(
    flow: &mut Flow<'_>,
    sensor: &DeviceId,
    zone: &ZoneRow,
    breach: &Breach,
    at: Timestamp,
) -> Result<(), Stop> {
    let id = id(sensor, breach);
    let Some(row) = excursions::find(flow.tx, &id)? else { return Ok(()) };
    let band = Edges { low_milli_c: row.low_milli_c, high_milli_c: row.high_milli_c };
    let silent_ms = zone.band.map_or(i64::MAX, |band| band.silent_ms);
    let figures = figures(flow.tx, sensor, (breach.since, at), &band, silent_ms)?;
    excursions::note_lots(flow.tx, &id, &zone.zone)?;
    let what = format!("excursion ended {}", row.kind);
    let detail = particulars(&[("worst_milli_c", &breach.worst), ("excursion", &id)]);
    let noted = Noted { at, kind: &what, device: sensor, zone: Some(&zone.zone), detail: &detail };
    cold_events::note(flow, &noted)?;
    Ok(excursions::end(flow.tx, &id, at, figures.as_ref())?)
}

/// What the log says of an interval, both ends with it.
///
/// # Errors
/// A fault of the database.
pub fn figures(
    conn: &Connection,
    sensor: &DeviceId,
    (from, to): (Timestamp, Timestamp),
    band: &Edges,
    silent_ms: i64,
) -> DbResult<Option<Figures>> {
    let samples = cold_log::samples(conn, sensor, from, to)?;
    Ok(excursion::figures(&samples, band, silent_ms))
}
