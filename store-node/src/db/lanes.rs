//! Table `sync_lane`: how far both logs of each lane have come; and the moves of waiting records between lanes.

use super::{Connection, DbResult, all, number, run};
use sync::lane::{LANES, Lane, LaneState, LaneStates};

fn int(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A lane as its column has it.
pub(super) fn number_of(lane: Lane) -> i64 {
    i64::try_from(lane.index()).unwrap_or(i64::MAX)
}

/// All lanes.
///
/// # Errors
/// A fault of the database.
pub fn states(conn: &Connection) -> DbResult<LaneStates> {
    let sql = "SELECT lane, sent, acked, received, skipped FROM sync_lane";
    let rows: Vec<(i64, [i64; 4])> =
        all(conn, sql, [], |r| Ok((r.get(0)?, [r.get(1)?, r.get(2)?, r.get(3)?, r.get(4)?])))?;
    let mut states = LaneStates::default();
    let count = |n: i64| u64::try_from(n).unwrap_or(0);
    for (index, [sent, acked, received, skipped]) in rows {
        if let Some(state) = usize::try_from(index).ok().and_then(|index| states.get_mut(index)) {
            *state = LaneState {
                sent: count(sent),
                acked: count(acked),
                received: count(received),
                skipped: count(skipped),
            };
        }
    }
    Ok(states)
}

/// The next number of a lane's own log; its end from now on.
///
/// # Errors
/// A fault of the database.
pub fn next(conn: &Connection, of: Lane) -> DbResult<i64> {
    number(conn, "UPDATE sync_lane SET sent = sent + 1 WHERE lane = ?1 RETURNING sent", [number_of(of)])
}

/// The hub's log of a lane is durable here up to a number; a lower one than before changes nothing.
///
/// # Errors
/// A fault of the database.
pub fn received(conn: &Connection, of: Lane, seq: u64) -> DbResult<()> {
    let sql = "UPDATE sync_lane SET received = max(received, ?2) WHERE lane = ?1";
    run(conn, sql, (number_of(of), int(seq))).map(|_| ())
}

/// The hub has the own log of a lane up to a number: those records need not be kept for sending.
///
/// # Errors
/// A fault of the database.
pub fn acked(conn: &Connection, of: Lane, upto: u64) -> DbResult<()> {
    let sql = "UPDATE sync_lane SET acked = ?2 WHERE lane = ?1 AND acked < ?2";
    if run(conn, sql, (number_of(of), int(upto)))? == 0 {
        return Ok(());
    }
    run(conn, "DELETE FROM sync_out WHERE lane = ?1 AND seq <= ?2", (number_of(of), int(upto))).map(|_| ())
}

/// Documents with records that wait in a lane.
///
/// # Errors
/// A fault of the database.
pub fn waiting_docs(conn: &Connection, of: Lane) -> DbResult<Vec<String>> {
    all(conn, "SELECT DISTINCT doc FROM sync_out WHERE lane = ?1", [number_of(of)], |r| r.get(0))
}

/// Puts the waiting records of a document at the end of another lane, in their order. What the hub has had of them without
/// saying so it gets twice, and passes over. The lane they came from must be renumbered by [`renumber`].
///
/// # Errors
/// A fault of the database.
pub fn shift(conn: &Connection, doc: &str, from: Lane, to: Lane) -> DbResult<()> {
    let moved = "INSERT INTO sync_out (lane, seq, doc, change, facts, oldest_at)
                 SELECT ?3, (SELECT sent FROM sync_lane WHERE lane = ?3) + row_number() OVER (ORDER BY seq),
                        doc, change, facts, oldest_at
                 FROM sync_out WHERE lane = ?2 AND doc = ?1";
    run(conn, moved, (doc, number_of(from), number_of(to)))?;
    run(conn, "DELETE FROM sync_out WHERE lane = ?2 AND doc = ?1", (doc, number_of(from)))?;
    ends(conn, to)
}

/// Gives what still waits in a lane new numbers, behind all that were ever used, and skips the old ones.
///
/// # Errors
/// A fault of the database.
pub fn renumber(conn: &Connection, of: Lane) -> DbResult<()> {
    let again = "INSERT INTO sync_out (lane, seq, doc, change, facts, oldest_at)
                 SELECT lane, l.sent + row_number() OVER (ORDER BY seq), doc, change, facts, oldest_at
                 FROM sync_out JOIN (SELECT sent FROM sync_lane WHERE lane = ?1) AS l WHERE lane = ?1";
    run(conn, again, [number_of(of)])?;
    run(conn, "UPDATE sync_lane SET skipped = sent WHERE lane = ?1", [number_of(of)])?;
    let old =
        "DELETE FROM sync_out WHERE lane = ?1 AND seq <= (SELECT skipped FROM sync_lane WHERE lane = ?1)";
    run(conn, old, [number_of(of)])?;
    ends(conn, of)
}

/// What waits in a lane is never sent: nobody there could read it.
///
/// # Errors
/// A fault of the database.
pub fn forget(conn: &Connection, of: Lane) -> DbResult<()> {
    run(conn, "UPDATE sync_lane SET skipped = sent WHERE lane = ?1", [number_of(of)])?;
    run(conn, "DELETE FROM sync_out WHERE lane = ?1", [number_of(of)]).map(|_| ())
}

/// Lets go what waits of documents that are closed here: the hub has them closed, and what is new is said again in later ones.
/// Says whether there was anything; then the lane must be renumbered by [`renumber`].
///
/// # Errors
/// A fault of the database.
pub fn drop_closed(conn: &Connection, of: Lane) -> DbResult<bool> {
    let sql = "DELETE FROM sync_out WHERE lane = ?1 AND doc IN (SELECT doc FROM doc_closed)";
    Ok(run(conn, sql, [number_of(of)])? > 0)
}

/// The logs of new terms begin: every lane of both sides at nought, but for so many records of the own log in one.
///
/// # Errors
/// A fault of the database.
pub fn begin(conn: &Connection, of: Lane, records: usize) -> DbResult<()> {
    run(conn, "UPDATE sync_lane SET sent = 0, acked = 0, received = 0, skipped = 0", [])?;
    let records = i64::try_from(records).unwrap_or(i64::MAX);
    run(conn, "UPDATE sync_lane SET sent = ?2 WHERE lane = ?1", (number_of(of), records)).map(|_| ())
}

/// The end of a lane's log, after records were put into it.
fn ends(conn: &Connection, of: Lane) -> DbResult<()> {
    let sql =
        "UPDATE sync_lane SET sent = max(sent, coalesce((SELECT max(seq) FROM sync_out WHERE lane = ?1), 0))
               WHERE lane = ?1";
    run(conn, sql, [number_of(of)]).map(|_| ())
}

const _: () = assert!(LANES == 5, "migration 0009 makes five rows");
