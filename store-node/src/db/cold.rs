//! Tables `reading`, `zone_state`, `alarm`: the cold chain's charts and how each sensor's watch stands (REQ-18). The log in
//! full is [`super::cold_log`]'s.

use super::{Connection, DbResult, Tx, all, number, one, row, run};
use model::api::store::{AlarmRow, ReadingRow};
use model::{CommandId, DeviceId, PersonId, Timestamp, ZoneId};
use store_core::cold::{Breach, Doubt, Phase, Quiet, Side, Watch};

/// A sensor's readings since a time, oldest first.
///
/// # Errors
/// A fault of the database.
pub fn readings(conn: &Connection, sensor: &DeviceId, since: Timestamp) -> DbResult<Vec<ReadingRow>> {
    let sql = "SELECT at, milli_c, quality FROM reading WHERE sensor = ?1 AND at >= ?2 ORDER BY at";
    all(conn, sql, (sensor.as_str(), since.ms()), |r| {
        Ok(ReadingRow { at: row::time(r, 0)?, milli_c: r.get(1)?, quality: row::serde_word(r, 2)? })
    })
}

/// Forgets readings older than a time that stand in no chain, at most `limit`.
///
/// # Errors
/// A fault of the database.
pub fn purge(conn: &Connection, before: Timestamp, limit: u32) -> DbResult<usize> {
    let sql = "DELETE FROM reading WHERE (sensor, at) IN
                 (SELECT r.sensor, r.at FROM reading r WHERE r.at < ?1 AND r.n = 0 ORDER BY r.sensor, r.at LIMIT ?2)";
    run(conn, sql, (before.ms(), limit))
}

const fn phase_words(phase: &Phase) -> &'static str {
    match phase {
        Phase::Normal => "normal",
        Phase::Outside(Breach { side: Side::Warm, .. }) => "outside_warm",
        Phase::Outside(Breach { side: Side::Cold, .. }) => "outside_cold",
        Phase::Alarmed(Breach { side: Side::Warm, .. }) => "alarmed_warm",
        Phase::Alarmed(Breach { side: Side::Cold, .. }) => "alarmed_cold",
    }
}

fn phase_of(word: &str, since: Timestamp, worst: i32) -> Option<Phase> {
    let breach = |side| Breach { side, since, worst };
    match word {
        "normal" => Some(Phase::Normal),
        "outside_warm" => Some(Phase::Outside(breach(Side::Warm))),
        "outside_cold" => Some(Phase::Outside(breach(Side::Cold))),
        "alarmed_warm" => Some(Phase::Alarmed(breach(Side::Warm))),
        "alarmed_cold" => Some(Phase::Alarmed(breach(Side::Cold))),
        _ => None,
    }
}

fn quiet_of(word: &str) -> Option<Quiet> {
    let doubts = Doubt::ALL.map(Quiet::Suspect);
    [Quiet::No, Quiet::Silent].into_iter().chain(doubts).find(|q| q.alarm().unwrap_or("no") == word)
}

/// How a sensor's watch stands.
///
/// # Errors
/// A fault of the database.
pub fn watch(conn: &Connection, sensor: &DeviceId) -> DbResult<Option<Watch>> {
    let sql = "SELECT last_at, trusted_at, phase, since, worst, quiet, near_phase, near_since, near_worst FROM zone_state
               WHERE sensor = ?1";
    let found = one(conn, sql, [sensor.as_str()], |r| {
        let phase = (r.get::<_, String>(2)?, row::time(r, 3)?, r.get(4)?);
        let near = (r.get::<_, String>(6)?, row::time(r, 7)?, r.get(8)?);
        Ok((row::time_or(r, 0)?, row::time(r, 1)?, phase, near, row::word(r, 5, "a silence", quiet_of)?))
    })?;
    let Some((last_at, trusted_at, phase, near, quiet)) = found else { return Ok(None) };
    let read = |(word, since, worst): (String, Timestamp, i32)| {
        phase_of(&word, since, worst)
            .ok_or_else(|| super::DbError::Corrupt(format!("zone_state of {sensor}: phase {word}")))
    };
    Ok(Some(Watch { last_at, trusted_at, phase: read(phase)?, near: read(near)?, quiet }))
}

/// Keeps how a sensor's watch stands.
///
/// # Errors
/// A fault of the database.
pub fn put_watch(tx: &Tx<'_>, sensor: &DeviceId, zone: &ZoneId, watch: &Watch) -> DbResult<()> {
    let before = suspends(tx, sensor)?;
    let began = |phase: &Phase| match phase {
        Phase::Normal => (0, 0),
        Phase::Outside(breach) | Phase::Alarmed(breach) => (breach.since.ms(), breach.worst),
    };
    let ((since, worst), (near_since, near_worst)) = (began(&watch.phase), began(&watch.near));
    let sql = "INSERT INTO zone_state (sensor, zone, last_at, trusted_at, phase, since, worst, quiet, near_phase, near_since,
                 near_worst) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
               ON CONFLICT (sensor) DO UPDATE SET zone = ?2, last_at = ?3, trusted_at = ?4, phase = ?5, since = ?6,
                 worst = ?7, quiet = ?8, near_phase = ?9, near_since = ?10, near_worst = ?11";
    let params = rusqlite::params![
        sensor.as_str(),
        zone.as_str(),
        watch.last_at.map(Timestamp::ms),
        watch.trusted_at.ms(),
        phase_words(&watch.phase),
        since,
        worst,
        watch.quiet.alarm().unwrap_or("no"),
        phase_words(&watch.near),
        near_since,
        near_worst,
    ];
    run(tx, sql, params)?;
    if suspends(tx, sensor)? != before {
        tx.shelves().forget_all();
    }
    Ok(())
}

/// The zone that a sensor suspends now, if it does.
fn suspends(conn: &Connection, sensor: &DeviceId) -> DbResult<Option<String>> {
    let sql = "SELECT zone FROM zone_state WHERE sensor = ?1 AND phase <> 'normal'";
    one(conn, sql, [sensor.as_str()], |r| r.get(0))
}

const ALARM: &str = "id, kind, zone, device, began, raised, cleared, acknowledged_by, detail";

fn read_alarm(r: &rusqlite::Row<'_>) -> rusqlite::Result<AlarmRow> {
    Ok(AlarmRow {
        id: row::id(r, 0, CommandId::from_bytes)?,
        kind: r.get(1)?,
        zone: row::code_or(r, 2)?,
        device: row::code(r, 3)?,
        began: row::time(r, 4)?,
        raised: row::time(r, 5)?,
        cleared: row::time_or(r, 6)?,
        acknowledged_by: r.get(7)?,
        detail: r.get(8)?,
    })
}

/// Raises an alarm; one with this id stays as it is. Says whether it is new.
///
/// # Errors
/// A fault of the database.
pub fn raise(conn: &Connection, alarm: &AlarmRow) -> DbResult<bool> {
    let sql = "INSERT INTO alarm (id, kind, zone, device, began, raised, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
               ON CONFLICT (id) DO NOTHING";
    let params = rusqlite::params![
        alarm.id.as_bytes(),
        alarm.kind,
        alarm.zone.as_ref().map(ZoneId::as_str),
        alarm.device.as_str(),
        alarm.began.ms(),
        alarm.raised.ms(),
        alarm.detail,
    ];
    Ok(run(conn, sql, params)? > 0)
}

/// Ends the open alarms of a device and kind; says how many.
///
/// # Errors
/// A fault of the database.
pub fn clear(conn: &Connection, device: &DeviceId, kind: &str, at: Timestamp) -> DbResult<usize> {
    let sql = "UPDATE alarm SET cleared = ?3 WHERE device = ?1 AND kind = ?2 AND cleared IS NULL";
    run(conn, sql, (device.as_str(), kind, at.ms()))
}

/// Whether an alarm of this kind stands.
///
/// # Errors
/// A fault of the database.
pub fn stands(conn: &Connection, device: &DeviceId, kind: &str) -> DbResult<bool> {
    let sql = "SELECT count(*) FROM alarm WHERE device = ?1 AND kind = ?2 AND cleared IS NULL";
    Ok(number(conn, sql, [device.as_str(), kind])? > 0)
}

/// One alarm.
///
/// # Errors
/// A fault of the database.
pub fn alarm(conn: &Connection, id: &CommandId) -> DbResult<Option<AlarmRow>> {
    one(conn, &format!("SELECT {ALARM} FROM alarm WHERE id = ?1"), [id.as_bytes()], read_alarm)
}

/// Somebody has seen it; says whether that is news.
///
/// # Errors
/// A fault of the database.
pub fn acknowledge(conn: &Connection, id: &CommandId, by: &PersonId, at: Timestamp) -> DbResult<bool> {
    let sql = "UPDATE alarm SET acknowledged_by = ?2, acknowledged_at = ?3 WHERE id = ?1 AND acknowledged_by IS NULL";
    Ok(run(conn, sql, (id.as_bytes(), by.as_str(), at.ms()))? > 0)
}

/// Open alarms, and those raised since a time; open ones first, then newest first.
///
/// # Errors
/// A fault of the database.
pub fn alarms(conn: &Connection, since: Timestamp) -> DbResult<Vec<AlarmRow>> {
    let sql = format!(
        "SELECT {ALARM} FROM alarm WHERE cleared IS NULL OR raised >= ?1
         ORDER BY cleared IS NOT NULL, raised DESC, id LIMIT 200"
    );
    all(conn, &sql, [since.ms()], read_alarm)
}

/// Open alarms: those that nobody has seen first, then the newest. At most so many.
///
/// # Errors
/// A fault of the database.
pub fn standing(conn: &Connection, limit: usize) -> DbResult<Vec<AlarmRow>> {
    let sql = format!(
        "SELECT {ALARM} FROM alarm WHERE cleared IS NULL
         ORDER BY acknowledged_by IS NOT NULL, raised DESC, id LIMIT ?1"
    );
    all(conn, &sql, [i64::try_from(limit).unwrap_or(i64::MAX)], read_alarm)
}

/// How many alarms are open.
///
/// # Errors
/// A fault of the database.
pub fn open_alarms(conn: &Connection) -> DbResult<i64> {
    number(conn, "SELECT count(*) FROM alarm WHERE cleared IS NULL", [])
}
