//! Table `cold_chain`: where each chain of the temperature log begins and ends.

use super::{Connection, DbResult, one, run};
use crate::chain::Hash;
use crate::cold_chain::Chain;

/// A chain's ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ends {
    /// Rows up to this one were thinned out.
    pub base: i64,
    /// The hash of that row; before the first thinning the store's own first hash.
    pub base_hash: Hash,
    /// The newest row.
    pub head: i64,
    /// Its hash.
    pub head_hash: Hash,
}

/// The ends of a chain.
///
/// # Errors
/// A fault of the database.
pub fn ends(conn: &Connection, chain: Chain, store: &str) -> DbResult<Ends> {
    let sql = "SELECT base, base_hash, head, head_hash FROM cold_chain WHERE chain = ?1";
    let found = one(conn, sql, [chain.word()], |r| {
        Ok(Ends { base: r.get(0)?, base_hash: r.get(1)?, head: r.get(2)?, head_hash: r.get(3)? })
    })?;
    let first = chain.first(store);
    Ok(found.unwrap_or(Ends { base: 0, base_hash: first, head: 0, head_hash: first }))
}

/// Notes the ends of a chain.
///
/// # Errors
/// A fault of the database.
pub fn put(conn: &Connection, chain: Chain, ends: &Ends) -> DbResult<()> {
    let sql = "INSERT INTO cold_chain (chain, base, base_hash, head, head_hash) VALUES (?1, ?2, ?3, ?4, ?5)
               ON CONFLICT (chain) DO UPDATE SET base = ?2, base_hash = ?3, head = ?4, head_hash = ?5";
    let params = rusqlite::params![chain.word(), ends.base, ends.base_hash, ends.head, ends.head_hash];
    run(conn, sql, params).map(|_| ())
}
