//! Table `listing` (which publication of the hub's catalogue was taken over last), and chunks of editions that are over.

use super::{Connection, DbResult, one, row, run};
use model::Timestamp;
use model::quota::HubGeneration;
use sync::doc::DocId;

/// A publication of the hub's catalogue. Ordered: a later one holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Publication {
    /// G.
    pub generation: HubGeneration,
    /// The document.
    pub edition: u32,
    /// Its number there.
    pub number: u64,
}

/// The one that was taken over last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Which.
    pub publication: Publication,
    /// When the hub made it, by its clock.
    pub at: Timestamp,
    /// When it was taken over.
    pub taken_at: Timestamp,
    /// Products that it names.
    pub named: u32,
}

/// See [`Standing`]; `None` while the hub has told nothing.
///
/// # Errors
/// A fault of the database.
pub fn standing(conn: &Connection) -> DbResult<Option<Standing>> {
    let sql = "SELECT generation, edition, publication, at, taken_at, named FROM listing WHERE one = 1";
    one(conn, sql, [], |r| {
        let number = u64::try_from(r.get::<_, i64>(2)?).unwrap_or(0);
        Ok(Standing {
            publication: Publication { generation: HubGeneration(r.get(0)?), edition: r.get(1)?, number },
            at: row::time(r, 3)?,
            taken_at: row::time(r, 4)?,
            named: r.get(5)?,
        })
    })
}

/// Another one was taken over.
///
/// # Errors
/// A fault of the database.
pub fn put(conn: &Connection, standing: &Standing) -> DbResult<()> {
    let sql = "INSERT INTO listing (one, generation, edition, publication, at, taken_at, named)
               VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6)
               ON CONFLICT (one) DO UPDATE SET generation = ?1, edition = ?2, publication = ?3, at = ?4,
                 taken_at = ?5, named = ?6";
    let Standing { publication, at, taken_at, named } = standing;
    let number = i64::try_from(publication.number).unwrap_or(i64::MAX);
    let params = (publication.generation.0, publication.edition, number, at.ms(), taken_at.ms(), named);
    run(conn, sql, params).map(|_| ())
}

/// Chunks of every edition but this are of no use: nobody asks for them again.
///
/// # Errors
/// A fault of the database.
pub fn drop_others(conn: &Connection, keep: &DocId) -> DbResult<()> {
    let sql = "DELETE FROM doc_chunk WHERE doc >= 'catalogue/' AND doc < 'catalogue0' AND doc <> ?1";
    run(conn, sql, [keep.to_string()]).map(|_| ())
}
