//! Table `hub_pledge`: the newest of what the hub has pledged of itself, for the next time the store dials.

use super::{Connection, DbResult, all, one, run};
use model::quota::{HubGeneration, StoreEpoch};
use sync::pledge::{Pledge, Seal, Word};

/// Everything that is kept.
///
/// # Errors
/// A fault of the database.
pub fn all_kept(conn: &Connection) -> DbResult<Vec<Pledge>> {
    let sql = "SELECT slot, epoch, generation, upto, seal FROM hub_pledge ORDER BY slot";
    let rows = all(conn, sql, [], row)?;
    Ok(rows.into_iter().filter_map(read).collect())
}

/// Keeps a pledge that says as much as the one in its place, or more. What a hub says that was set back says less, and must
/// not cover what it is to be shown.
///
/// # Errors
/// A fault of the database.
pub fn note(conn: &Connection, pledge: &Pledge) -> DbResult<()> {
    let slot = i64::try_from(pledge.word.slot()).unwrap_or(i64::MAX);
    if kept(conn, slot)?.is_some_and(|kept| kept.outweighs(pledge)) {
        return Ok(());
    }
    let upto = i64::try_from(pledge.word.number()).unwrap_or(i64::MAX);
    let sql = "INSERT INTO hub_pledge (slot, epoch, generation, upto, seal) VALUES (?1, ?2, ?3, ?4, ?5) \
               ON CONFLICT (slot) DO UPDATE SET epoch = ?2, generation = ?3, upto = ?4, seal = ?5";
    run(conn, sql, (slot, pledge.epoch.0, pledge.generation.0, upto, pledge.seal.as_slice())).map(|_| ())
}

fn kept(conn: &Connection, slot: i64) -> DbResult<Option<Pledge>> {
    let sql = "SELECT slot, epoch, generation, upto, seal FROM hub_pledge WHERE slot = ?1";
    Ok(one(conn, sql, [slot], row)?.and_then(read))
}

/// A row as it stands.
type Stored = (i64, u32, u32, i64, Vec<u8>);

fn row(r: &rusqlite::Row<'_>) -> rusqlite::Result<Stored> {
    Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?, r.get(4)?))
}

fn read((slot, epoch, generation, upto, seal): Stored) -> Option<Pledge> {
    let word = Word::read(usize::try_from(slot).ok()?, u64::try_from(upto).ok()?)?;
    let seal = Seal::try_from(seal.as_slice()).ok()?;
    Some(Pledge { epoch: StoreEpoch(epoch), generation: HubGeneration(generation), word, seal })
}
