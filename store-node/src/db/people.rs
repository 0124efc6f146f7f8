//! Tables `person`, `session`, `badge`, `handheld`, `notice`: who works here, and at which device.

use super::{Connection, DbResult, all, one, row, run};
use model::{CommandId, DeviceId, PersonId, Role, Timestamp};

/// A member of staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRow {
    /// The pseudonym.
    pub person: PersonId,
    /// Name to greet by.
    pub name: String,
    /// What the person may do.
    pub role: Role,
    /// An argon2 hash; without it the person cannot log in.
    pub pin_hash: Option<String>,
    /// Wrong PINs in a row.
    pub pin_fails: u32,
    /// No login before this time.
    pub locked_until: Timestamp,
}

const COLUMNS: &str = "person, name, role, pin_hash, pin_fails, locked_until";

fn read(r: &rusqlite::Row<'_>) -> rusqlite::Result<PersonRow> {
    Ok(PersonRow {
        person: row::code(r, 0)?,
        name: r.get(1)?,
        role: row::serde_word(r, 2)?,
        pin_hash: r.get(3)?,
        pin_fails: r.get(4)?,
        locked_until: row::time(r, 5)?,
    })
}

/// Enters or renews a person; failed logins stay.
///
/// # Errors
/// A fault of the database.
pub fn put(
    conn: &Connection,
    person: &PersonId,
    name: &str,
    role: Role,
    pin_hash: Option<&str>,
) -> DbResult<()> {
    let sql = "INSERT INTO person (person, name, role, pin_hash, active) VALUES (?1, ?2, ?3, ?4, 1)
               ON CONFLICT (person) DO UPDATE SET name = ?2, role = ?3, pin_hash = ?4, active = 1";
    run(conn, sql, (person.as_str(), name, row::to_word(&role)?, pin_hash)).map(|_| ())
}

/// Nobody is active until entered again.
///
/// # Errors
/// A fault of the database.
pub fn retire_all(conn: &Connection) -> DbResult<()> {
    run(conn, "UPDATE person SET active = 0 WHERE active = 1", []).map(|_| ())
}

/// An active person.
///
/// # Errors
/// A fault of the database.
pub fn find(conn: &Connection, person: &PersonId) -> DbResult<Option<PersonRow>> {
    let sql = format!("SELECT {COLUMNS} FROM person WHERE person = ?1 AND active = 1");
    one(conn, &sql, [person.as_str()], read)
}

/// Active people, by name.
///
/// # Errors
/// A fault of the database.
pub fn every(conn: &Connection) -> DbResult<Vec<PersonRow>> {
    let sql = format!("SELECT {COLUMNS} FROM person WHERE active = 1 ORDER BY name, person");
    all(conn, &sql, [], read)
}

/// Remembers failed logins.
///
/// # Errors
/// A fault of the database.
pub fn set_fails(conn: &Connection, person: &PersonId, fails: u32, locked_until: Timestamp) -> DbResult<()> {
    let sql = "UPDATE person SET pin_fails = ?2, locked_until = ?3 WHERE person = ?1";
    run(conn, sql, (person.as_str(), fails, locked_until.ms())).map(|_| ())
}

/// A login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// The command that began it.
    pub id: CommandId,
    /// At which device.
    pub device: DeviceId,
    /// Who.
    pub person: PersonId,
    /// What the person may do now.
    pub role: Role,
    /// Name to greet by.
    pub name: String,
    /// When it ends by itself.
    pub until: Timestamp,
}

const SESSION: &str = "SELECT s.id, s.device, s.person, p.role, p.name, s.until_at FROM session s
                       JOIN person p ON p.person = s.person AND p.active = 1";

fn read_session(r: &rusqlite::Row<'_>) -> rusqlite::Result<SessionRow> {
    Ok(SessionRow {
        id: row::id(r, 0, CommandId::from_bytes)?,
        device: row::code(r, 1)?,
        person: row::code(r, 2)?,
        role: row::serde_word(r, 3)?,
        name: r.get(4)?,
        until: row::time(r, 5)?,
    })
}

/// Begins a session; `token_sha` for a console, `None` for a handheld.
///
/// # Errors
/// A fault of the database.
pub fn begin_session(
    conn: &Connection,
    id: &CommandId,
    (device, person): (&DeviceId, &PersonId),
    token_sha: Option<&[u8; 32]>,
    (started, until): (Timestamp, Timestamp),
) -> DbResult<()> {
    let sql = "INSERT INTO session (id, device, person, token_sha, started_at, until_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let params = rusqlite::params![
        id.as_bytes(),
        device.as_str(),
        person.as_str(),
        token_sha.map(|sha| sha.as_slice()),
        started.ms(),
        until.ms(),
    ];
    run(conn, sql, params).map(|_| ())
}

/// Ends one session.
///
/// # Errors
/// A fault of the database.
pub fn end_session(conn: &Connection, id: &CommandId, at: Timestamp) -> DbResult<()> {
    let sql = "UPDATE session SET ended_at = ?2 WHERE id = ?1 AND ended_at IS NULL";
    run(conn, sql, (id.as_bytes(), at.ms())).map(|_| ())
}

/// The running PIN session at a handheld.
///
/// # Errors
/// A fault of the database.
pub fn session_at(conn: &Connection, device: &DeviceId, now: Timestamp) -> DbResult<Option<SessionRow>> {
    let sql = format!(
        "{SESSION} WHERE s.device = ?1 AND s.token_sha IS NULL AND s.ended_at IS NULL AND s.until_at > ?2
         ORDER BY s.started_at DESC, s.id DESC LIMIT 1"
    );
    one(conn, &sql, (device.as_str(), now.ms()), read_session)
}

/// The running sessions of a person at handhelds, newest first.
///
/// # Errors
/// A fault of the database.
pub fn sessions_of(conn: &Connection, person: &PersonId, now: Timestamp) -> DbResult<Vec<SessionRow>> {
    let sql = format!(
        "{SESSION} WHERE s.person = ?1 AND s.token_sha IS NULL AND s.ended_at IS NULL AND s.until_at > ?2
         ORDER BY s.started_at DESC, s.id DESC"
    );
    all(conn, &sql, (person.as_str(), now.ms()), read_session)
}

/// The running console session of a token.
///
/// # Errors
/// A fault of the database.
pub fn session_of_token(conn: &Connection, sha: &[u8; 32], now: Timestamp) -> DbResult<Option<SessionRow>> {
    let sql = format!("{SESSION} WHERE s.token_sha = ?1 AND s.ended_at IS NULL AND s.until_at > ?2");
    one(conn, &sql, (sha.as_slice(), now.ms()), read_session)
}

/// Ends sessions whose time is over; says how many.
///
/// # Errors
/// A fault of the database.
pub fn end_old_sessions(conn: &Connection, now: Timestamp) -> DbResult<usize> {
    run(conn, "UPDATE session SET ended_at = until_at WHERE ended_at IS NULL AND until_at <= ?1", [now.ms()])
}

/// A scanner now belongs to this person.
///
/// # Errors
/// A fault of the database.
pub fn put_badge(conn: &Connection, scanner: &DeviceId, person: &PersonId, at: Timestamp) -> DbResult<()> {
    let sql = "INSERT INTO badge (scanner, person, since) VALUES (?1, ?2, ?3)
               ON CONFLICT (scanner) DO UPDATE SET person = ?2, since = ?3";
    run(conn, sql, (scanner.as_str(), person.as_str(), at.ms())).map(|_| ())
}

/// Who scanned a badge at this scanner last.
///
/// # Errors
/// A fault of the database.
pub fn badge_at(conn: &Connection, scanner: &DeviceId) -> DbResult<Option<PersonRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM person WHERE active = 1
           AND person = (SELECT b.person FROM badge b WHERE b.scanner = ?1)"
    );
    one(conn, &sql, [scanner.as_str()], read)
}

/// Enrols a handheld, or gives it a new token.
///
/// # Errors
/// A fault of the database.
pub fn put_handheld(
    conn: &Connection,
    device: &DeviceId,
    token_hash: &str,
    by: &PersonId,
    at: Timestamp,
) -> DbResult<()> {
    let sql = "INSERT INTO handheld (device, token_hash, enrolled_at, enrolled_by) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT (device) DO UPDATE SET token_hash = ?2, enrolled_at = ?3, enrolled_by = ?4,
                 revoked_at = NULL";
    run(conn, sql, (device.as_str(), token_hash, at.ms(), by.as_str())).map(|_| ())
}

/// Enrolled handhelds and their token hashes, by device.
///
/// # Errors
/// A fault of the database.
pub fn handhelds(conn: &Connection) -> DbResult<Vec<(DeviceId, String)>> {
    let sql = "SELECT device, token_hash FROM handheld WHERE revoked_at IS NULL ORDER BY device";
    all(conn, sql, [], |r| Ok((row::code(r, 0)?, r.get(1)?)))
}

/// Something a person should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeRow {
    /// When.
    pub at: Timestamp,
    /// A stable word.
    pub code: String,
    /// Particulars.
    pub detail: String,
}

/// Tells a person something.
///
/// # Errors
/// A fault of the database.
pub fn notify(conn: &Connection, person: &PersonId, notice: &NoticeRow) -> DbResult<()> {
    let sql = "INSERT INTO notice (person, at, code, detail) VALUES (?1, ?2, ?3, ?4)";
    run(conn, sql, (person.as_str(), notice.at.ms(), &notice.code, &notice.detail)).map(|_| ())
}

/// A person's newest notices since a time, newest first.
///
/// # Errors
/// A fault of the database.
pub fn notices(
    conn: &Connection,
    person: &PersonId,
    since: Timestamp,
    limit: u32,
) -> DbResult<Vec<NoticeRow>> {
    let sql = "SELECT at, code, detail FROM notice WHERE person = ?1 AND at >= ?2 ORDER BY seq DESC LIMIT ?3";
    all(conn, sql, (person.as_str(), since.ms(), limit), |r| {
        Ok(NoticeRow { at: row::time(r, 0)?, code: r.get(1)?, detail: r.get(2)? })
    })
}
