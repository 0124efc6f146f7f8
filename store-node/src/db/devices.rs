//! Tables `device`, `device_state`, `weight_reading`, `door_event`: what is plugged in and how it is.

use super::{Connection, DbResult, all, one, row, run};
use model::mqtt::{Birth, DeviceClass, DeviceState, Health};
use model::{DeviceId, Grams, Timestamp, ZoneId};

/// A device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceRowDb {
    /// The device.
    pub device: DeviceId,
    /// Its class.
    pub class: DeviceClass,
    /// The zone a sensor watches.
    pub zone: Option<ZoneId>,
    /// Driver and model.
    pub model: String,
    /// Its session; 0 before the first birth.
    pub session: i64,
}

fn read(r: &rusqlite::Row<'_>) -> rusqlite::Result<DeviceRowDb> {
    let (driver, model): (String, String) = (r.get(3)?, r.get(4)?);
    Ok(DeviceRowDb {
        device: row::code(r, 0)?,
        class: row::word(r, 1, "a device class", DeviceClass::from_word)?,
        zone: row::code_or(r, 2)?,
        model: if model.is_empty() { driver } else { format!("{driver}, {model}") },
        session: r.get(5)?,
    })
}

const COLUMNS: &str = "device, class, zone, driver, model, session";

/// Enters a device that `store.toml` lists, or that enrolled itself.
///
/// # Errors
/// A fault of the database.
pub fn put(
    conn: &Connection,
    device: &DeviceId,
    class: DeviceClass,
    zone: Option<&ZoneId>,
    listed: bool,
) -> DbResult<()> {
    let sql = "INSERT INTO device (device, class, zone, driver, model, firmware, session, listed)
               VALUES (?1, ?2, ?3, '', '', '', 0, ?4)
               ON CONFLICT (device) DO UPDATE SET class = ?2, zone = ?3, listed = ?4";
    run(conn, sql, (device.as_str(), class.word(), zone.map(ZoneId::as_str), listed)).map(|_| ())
}

/// One device.
///
/// # Errors
/// A fault of the database.
pub fn find(conn: &Connection, device: &DeviceId) -> DbResult<Option<DeviceRowDb>> {
    one(conn, &format!("SELECT {COLUMNS} FROM device WHERE device = ?1"), [device.as_str()], read)
}

/// Every device, by class and name.
///
/// # Errors
/// A fault of the database.
pub fn every(conn: &Connection) -> DbResult<Vec<DeviceRowDb>> {
    all(conn, &format!("SELECT {COLUMNS} FROM device ORDER BY class, device"), [], read)
}

/// Devices of a class, by name.
///
/// # Errors
/// A fault of the database.
pub fn of_class(conn: &Connection, class: DeviceClass) -> DbResult<Vec<DeviceRowDb>> {
    let sql = format!("SELECT {COLUMNS} FROM device WHERE class = ?1 ORDER BY device");
    all(conn, &sql, [class.word()], read)
}

/// A device introduces itself.
///
/// # Errors
/// A fault of the database.
pub fn born(conn: &Connection, device: &DeviceId, birth: &Birth) -> DbResult<()> {
    let sql = "UPDATE device SET driver = ?2, model = ?3, firmware = ?4, session = ?5 WHERE device = ?1";
    let session = i64::try_from(birth.session).unwrap_or(i64::MAX);
    run(conn, sql, (device.as_str(), &birth.driver, &birth.model, &birth.firmware, session)).map(|_| ())
}

/// How a device is.
///
/// # Errors
/// A fault of the database.
pub fn put_state(
    conn: &Connection,
    device: &DeviceId,
    state: &DeviceState,
    heard: Timestamp,
) -> DbResult<()> {
    let sql = "INSERT INTO device_state (device, session, at, heard, health, detail, hint, battery_pct, queued, since)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?4)
               ON CONFLICT (device) DO UPDATE SET session = ?2, at = ?3, heard = ?4, health = ?5, detail = ?6, hint = ?7,
                 battery_pct = ?8, queued = ?9, since = CASE WHEN health = ?5 THEN since ELSE ?4 END";
    let params = rusqlite::params![
        device.as_str(),
        i64::try_from(state.session).unwrap_or(i64::MAX),
        state.at.ms(),
        heard.ms(),
        row::to_word(&state.health)?,
        state.detail,
        state.hint,
        state.battery_pct,
        state.queued,
    ];
    run(conn, sql, params).map(|_| ())
}

/// How a device was last, and when it was heard.
///
/// # Errors
/// A fault of the database.
pub fn state(conn: &Connection, device: &DeviceId) -> DbResult<Option<(DeviceState, Timestamp)>> {
    let sql = "SELECT session, at, health, detail, hint, battery_pct, queued, heard FROM device_state WHERE device = ?1";
    one(conn, sql, [device.as_str()], |r| {
        let state = DeviceState {
            session: u64::try_from(r.get::<_, i64>(0)?).unwrap_or(0),
            at: row::time(r, 1)?,
            health: row::serde_word::<Health>(r, 2)?,
            detail: r.get(3)?,
            hint: r.get(4)?,
            battery_pct: r.get(5)?,
            queued: r.get(6)?,
        };
        Ok((state, row::time(r, 7)?))
    })
}

/// A device that does not work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DownRow {
    /// The device.
    pub device: DeviceId,
    /// Its class.
    pub class: DeviceClass,
    /// Its zone, if it has one.
    pub zone: Option<ZoneId>,
    /// Since when the node hears so.
    pub since: Timestamp,
    /// What is wrong, in the device's words.
    pub detail: String,
}

/// Devices of `store.toml` that have been down since `before` or longer, by name.
///
/// # Errors
/// A fault of the database.
pub fn down_since(conn: &Connection, before: Timestamp) -> DbResult<Vec<DownRow>> {
    let sql = "SELECT device.device, class, zone, since, detail FROM device_state JOIN device USING (device)
               WHERE health = ?1 AND since <= ?2 AND listed = 1 ORDER BY device.device";
    all(conn, sql, (row::to_word(&Health::Down)?, before.ms()), |r| {
        Ok(DownRow {
            device: row::code(r, 0)?,
            class: row::word(r, 1, "a device class", DeviceClass::from_word)?,
            zone: row::code_or(r, 2)?,
            since: row::time(r, 3)?,
            detail: r.get(4)?,
        })
    })
}

/// A stable weight, or that it is gone; a repeated word changes nothing. A row of nothing is an empty plate: no scale tells a
/// stable weight of zero.
///
/// # Errors
/// A fault of the database.
pub fn put_weight(
    conn: &Connection,
    scale: &DeviceId,
    at: Timestamp,
    grams: Option<Grams>,
) -> DbResult<bool> {
    let sql = "INSERT INTO weight_reading (scale, at, grams) VALUES (?1, ?2, ?3) ON CONFLICT (scale, at) DO NOTHING";
    Ok(run(conn, sql, (scale.as_str(), at.ms(), grams.map_or(0, |grams| grams.0)))? > 0)
}

/// The weight that stands on a scale, as far as it has told: the newest one, unless it said later that it is gone.
///
/// # Errors
/// A fault of the database.
pub fn last_weight(conn: &Connection, scale: &DeviceId) -> DbResult<Option<(Timestamp, Grams)>> {
    let sql = "SELECT at, grams FROM weight_reading WHERE scale = ?1 ORDER BY at DESC LIMIT 1";
    let newest = one(conn, sql, [scale.as_str()], |r| Ok((row::time(r, 0)?, Grams(r.get(1)?))))?;
    Ok(newest.filter(|(_, grams)| grams.0 > 0))
}

/// A door has opened or shut; a repeated word changes nothing.
///
/// # Errors
/// A fault of the database.
pub fn put_door(conn: &Connection, door: &DeviceId, at: Timestamp, open: bool) -> DbResult<bool> {
    let sql = "INSERT INTO door_event (door, at, open) VALUES (?1, ?2, ?3) ON CONFLICT (door, at) DO NOTHING";
    Ok(run(conn, sql, (door.as_str(), at.ms(), open))? > 0)
}

/// How a door stands (`true` = open), and since when.
///
/// # Errors
/// A fault of the database.
pub fn door(conn: &Connection, door: &DeviceId) -> DbResult<Option<(Timestamp, bool)>> {
    let sql = "SELECT at, open FROM door_event WHERE door = ?1 ORDER BY at DESC LIMIT 1";
    one(conn, sql, [door.as_str()], |r| Ok((row::time(r, 0)?, r.get(1)?)))
}

/// No device is listed until entered again.
///
/// # Errors
/// A fault of the database.
pub fn unlist_all(conn: &Connection) -> DbResult<()> {
    run(conn, "UPDATE device SET listed = 0 WHERE listed = 1", []).map(|_| ())
}
