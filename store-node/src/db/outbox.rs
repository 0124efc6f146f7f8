//! Tables `outbox` (facts that wait to be carried) and `sync_out` (the own log, lane by lane: changes that wait to be
//! acknowledged; how far each lane has come stands in `lanes`).

use super::{Connection, DbError, DbResult, all, lanes, number, one, row, run};
use model::Timestamp;
use model::fact::Fact;
use sync::lane::Lane;

/// Facts in one row, so that a row's work stays small.
const ROW_FACTS: u32 = 64;

/// The facts of one command, on their way into the outbox: as few rows as they need.
#[derive(Debug, Default)]
pub struct Facts {
    rows: Vec<(u32, Vec<u8>)>,
}

impl Facts {
    /// One more.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn add(&mut self, fact: &Fact) -> DbResult<()> {
        match self.rows.last_mut() {
            Some((count, list)) if *count < ROW_FACTS => {
                *count += 1;
                list.push(b',');
                serde_json::to_writer(list, fact)?;
            }
            Some(_) | None => {
                let mut list = vec![b'['];
                serde_json::to_writer(&mut list, fact)?;
                self.rows.push((1, list));
            }
        }
        Ok(())
    }
}

/// Adds what a command has to tell.
///
/// # Errors
/// A fault of the database.
pub fn push(conn: &Connection, at: Timestamp, facts: Facts) -> DbResult<()> {
    let sql = "INSERT INTO outbox (at, count, facts) VALUES (?1, ?2, ?3)";
    for (count, mut list) in facts.rows {
        list.push(b']');
        let list = String::from_utf8(list).map_err(|error| DbError::Corrupt(error.to_string()))?;
        run(conn, sql, (at.ms(), count, list))?;
    }
    Ok(())
}

/// Facts that wait together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Their number; numbers begin anew when everything is carried.
    pub seq: i64,
    /// When they were written.
    pub at: Timestamp,
    /// How many they are.
    pub count: u32,
    /// The stored JSON list.
    pub facts: String,
}

/// Rows of facts that wait to be carried, oldest first.
///
/// # Errors
/// A fault of the database.
pub fn waiting(conn: &Connection, limit: u32) -> DbResult<Vec<Waiting>> {
    let sql = "SELECT seq, at, count, facts FROM outbox ORDER BY seq LIMIT ?1";
    all(conn, sql, [limit], |r| {
        Ok(Waiting { seq: r.get(0)?, at: row::time(r, 1)?, count: r.get(2)?, facts: r.get(3)? })
    })
}

/// Facts up to this row are carried.
///
/// # Errors
/// A fault of the database.
pub fn carried(conn: &Connection, upto: i64) -> DbResult<()> {
    run(conn, "DELETE FROM outbox WHERE seq <= ?1", [upto]).map(|_| ())
}

/// Adds a change to a lane of the own log; numbers run from 1 without gaps.
///
/// # Errors
/// A fault of the database.
pub fn log(
    conn: &Connection,
    lane: Lane,
    doc: &str,
    change: &[u8],
    facts: u32,
    oldest: Timestamp,
) -> DbResult<u64> {
    let seq = lanes::next(conn, lane)?;
    let sql =
        "INSERT INTO sync_out (lane, seq, doc, change, facts, oldest_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    run(conn, sql, (lanes::number_of(lane), seq, doc, change, facts, oldest.ms()))?;
    Ok(u64::try_from(seq).unwrap_or(0))
}

/// A stored change: number, document, bytes.
pub type Logged = (u64, String, Vec<u8>);

/// Changes of a lane after a number, in order.
///
/// # Errors
/// A fault of the database.
pub fn logged(conn: &Connection, lane: Lane, after: u64, limit: u32) -> DbResult<Vec<Logged>> {
    let sql = "SELECT seq, doc, change FROM sync_out WHERE lane = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3";
    let after = i64::try_from(after).unwrap_or(i64::MAX);
    all(conn, sql, (lanes::number_of(lane), after, limit), |r| {
        Ok((u64::try_from(r.get::<_, i64>(0)?).unwrap_or(0), r.get(1)?, r.get(2)?))
    })
}

/// Facts that the other side has not acknowledged, and the oldest of them.
///
/// # Errors
/// A fault of the database.
pub fn unacknowledged(conn: &Connection) -> DbResult<(i64, Option<Timestamp>)> {
    let logged = number(conn, "SELECT coalesce(sum(facts), 0) FROM sync_out", [])?;
    let waiting = number(conn, "SELECT coalesce(sum(count), 0) FROM outbox", [])?;
    let oldest =
        "SELECT min(t) FROM (SELECT min(oldest_at) AS t FROM sync_out UNION ALL SELECT min(at) FROM outbox)";
    let oldest = one(conn, oldest, [], |r| row::time_or(r, 0))?.flatten();
    Ok((logged.saturating_add(waiting), oldest))
}

/// Records of the own log that the other side has not acknowledged.
///
/// # Errors
/// A fault of the database.
pub fn records_waiting(conn: &Connection) -> DbResult<i64> {
    number(conn, "SELECT count(*) FROM sync_out", [])
}

/// Facts that stand in no record of the log yet.
///
/// # Errors
/// A fault of the database.
pub fn uncarried(conn: &Connection) -> DbResult<u64> {
    Ok(u64::try_from(number(conn, "SELECT coalesce(sum(count), 0) FROM outbox", [])?).unwrap_or(0))
}

/// Rights that were still to be said belong to the old terms.
fn forget_rights(conn: &Connection) -> DbResult<()> {
    for row in waiting(conn, u32::MAX)? {
        let Ok(mut facts) = serde_json::from_str::<Vec<serde_json::Value>>(&row.facts) else { continue };
        let before = facts.len();
        facts.retain(|fact| !matches!(fact["kind"].as_str(), Some("granted" | "wanted")));
        if facts.is_empty() {
            run(conn, "DELETE FROM outbox WHERE seq = ?1", [row.seq])?;
        } else if facts.len() < before {
            let sql = "UPDATE outbox SET count = ?2, facts = ?3 WHERE seq = ?1";
            let count = i64::try_from(facts.len()).unwrap_or(i64::MAX);
            run(conn, sql, (row.seq, count, serde_json::to_string(&facts)?))?;
        }
    }
    Ok(())
}

/// The log of new terms begins: it is empty, numbers run from 1, and its first records are all chunks of the open orders
/// documents since an hour. Rights that were still to be said belong to the old terms and go.
///
/// # Errors
/// A fault of the database.
pub fn begin_log(conn: &Connection, store: &str, since_hour: i64, at: Timestamp) -> DbResult<()> {
    run(conn, "DELETE FROM sync_out", [])?;
    forget_rights(conn)?;
    let prefix = format!("orders/{store}/");
    let sql = "INSERT INTO sync_out (lane, seq, doc, change, facts, oldest_at)
               SELECT ?4, row_number() OVER (ORDER BY doc, n), doc, bytes, 0, ?3 FROM doc_chunk
               WHERE substr(doc, 1, length(?1)) = ?1 AND CAST(substr(doc, length(?1) + 1) AS INTEGER) >= ?2";
    let records = run(conn, sql, (prefix, since_hour, at.ms(), lanes::number_of(Lane::Orders)))?;
    lanes::begin(conn, Lane::Orders, records)
}
