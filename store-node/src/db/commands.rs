//! Table `command`: the first answer of every command (ARCHITECTURE, decision 5).

use super::{Connection, DbResult, one, row, run};
use crate::answer::Answer;
use crate::refusal::Refusal;
use model::{Actor, CommandId, Timestamp};

/// What a command was answered the first time.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// SHA-256 of its content.
    pub sha: [u8; 32],
    /// The answer.
    pub reply: Result<Answer, Refusal>,
}

/// The first answer of a command.
///
/// # Errors
/// A fault of the database.
pub fn find(conn: &Connection, id: &CommandId) -> DbResult<Option<Stored>> {
    let sql = "SELECT sha, answer, refusal FROM command WHERE id = ?1";
    one(conn, sql, [id.as_bytes()], |r| {
        let reply = match r.get::<_, Option<String>>(1)? {
            Some(_) => Ok(row::json(r, 1)?),
            None => Err(row::json(r, 2)?),
        };
        Ok(Stored { sha: r.get(0)?, reply })
    })
}

/// Keeps the first answer.
///
/// # Errors
/// A fault of the database, also when there is one already.
pub fn store(
    conn: &Connection,
    (id, kind, sha): (&CommandId, &str, &[u8; 32]),
    (at, actor): (Timestamp, &Actor),
    reply: &Result<Answer, Refusal>,
) -> DbResult<()> {
    let sql = "INSERT INTO command (id, kind, sha, at, person, device, answer, refusal)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let (answer, refusal) = match reply {
        Ok(answer) => (Some(serde_json::to_string(answer)?), None),
        Err(refusal) => (None, Some(serde_json::to_string(refusal)?)),
    };
    let (person, device) = (actor.person.as_str(), actor.device.as_str());
    let params =
        rusqlite::params![id.as_bytes(), kind, sha.as_slice(), at.ms(), person, device, answer, refusal];
    run(conn, sql, params).map(|_| ())
}

/// Forgets a command's answer.
///
/// # Errors
/// A fault of the database.
#[cfg(feature = "mutations")]
pub fn forget(conn: &Connection, id: &CommandId) -> DbResult<()> {
    run(conn, "DELETE FROM command WHERE id = ?1", [id.as_bytes()]).map(|_| ())
}

/// Forgets answers older than a time, at most `limit`.
///
/// # Errors
/// A fault of the database.
pub fn purge(conn: &Connection, before: Timestamp, limit: u32) -> DbResult<usize> {
    let sql =
        "DELETE FROM command WHERE id IN (SELECT c.id FROM command c WHERE c.at < ?1 ORDER BY c.at LIMIT ?2)";
    run(conn, sql, (before.ms(), limit))
}
