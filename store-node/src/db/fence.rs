//! Tables `fence` and `counted`: how a restored or replaced store stands, and which SKUs were counted since (SYNC.md
//! rule 5). What may be done while it stands so is decided in [`crate::flows::fence`].

use super::{Connection, DbError, DbResult, all, number, one, row, run};
use model::{PersonId, SkuId, Timestamp};

/// How the store stands. The words stand in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It sells and grants as ever.
    Open,
    /// Nothing is promised; once the hub's word is here, what was counted is open.
    Fenced,
    /// Hub and store are both gone: a manager has opened what was counted, alone.
    Emergency,
}

impl State {
    /// All of them.
    pub const ALL: [State; 3] = [State::Open, State::Fenced, State::Emergency];

    /// The word in the database and in the API.
    pub const fn word(self) -> &'static str {
        match self {
            State::Open => "open",
            State::Fenced => "fenced",
            State::Emergency => "emergency",
        }
    }
}

/// The row of table `fence`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fence {
    /// How the store stands.
    pub state: State,
    /// Since when.
    pub since: Timestamp,
    /// A stable word ([`crate::command::FenceWhy`]); empty when it was never fenced.
    pub why: String,
    /// When the hub's word on this epoch came.
    pub word_at: Option<Timestamp>,
    /// Who called for it, or opened in an emergency.
    pub person: String,
}

/// How the store stands.
///
/// # Errors
/// A fault of the database.
pub fn state(conn: &Connection) -> DbResult<Fence> {
    let sql = "SELECT state, since, why, word_at, person FROM fence WHERE one = 1";
    let read = |r: &rusqlite::Row<'_>| {
        let word: String = r.get(0)?;
        let fence = Fence {
            state: State::Open,
            since: row::time(r, 1)?,
            why: r.get(2)?,
            word_at: row::time_or(r, 3)?,
            person: r.get(4)?,
        };
        Ok((word, fence))
    };
    let (word, fence) =
        one(conn, sql, [], read)?.ok_or_else(|| DbError::Corrupt("no row in fence".to_owned()))?;
    let state = State::ALL.into_iter().find(|state| state.word() == word);
    let state = state.ok_or_else(|| DbError::Corrupt(format!("fence {word}")))?;
    Ok(Fence { state, ..fence })
}

/// Sets how it stands.
///
/// # Errors
/// A fault of the database.
pub fn set(conn: &Connection, fence: &Fence) -> DbResult<()> {
    let sql = "UPDATE fence SET state = ?1, since = ?2, why = ?3, word_at = ?4, person = ?5 WHERE one = 1";
    let word_at = fence.word_at.map(Timestamp::ms);
    run(conn, sql, (fence.state.word(), fence.since.ms(), &fence.why, word_at, &fence.person)).map(|_| ())
}

/// Nothing is counted any more.
///
/// # Errors
/// A fault of the database.
pub fn forget_counts(conn: &Connection) -> DbResult<()> {
    run(conn, "DELETE FROM counted", []).map(|_| ())
}

/// A SKU was counted.
///
/// # Errors
/// A fault of the database.
pub fn count(conn: &Connection, sku: &SkuId, at: Timestamp, person: &PersonId) -> DbResult<()> {
    let sql = "INSERT INTO counted (sku, at, person) VALUES (?1, ?2, ?3)
               ON CONFLICT (sku) DO UPDATE SET at = ?2, person = ?3";
    run(conn, sql, (sku.as_str(), at.ms(), person.as_str())).map(|_| ())
}

/// When a SKU was last counted since the fence.
///
/// # Errors
/// A fault of the database.
pub fn counted_at(conn: &Connection, sku: &SkuId) -> DbResult<Option<Timestamp>> {
    one(conn, "SELECT at FROM counted WHERE sku = ?1", [sku.as_str()], |r| row::time(r, 0))
}

/// A SKU on the list of what is to be counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToCount {
    /// Which.
    pub sku: SkuId,
    /// Its name.
    pub name: String,
    /// Its name in Hindi.
    pub name_hi: String,
    /// Units that the books believe in.
    pub on_hand: u64,
    /// When it was counted.
    pub counted_at: Option<Timestamp>,
}

/// SKUs that somebody is owed. The books may have forgotten their units: only a count can say that there are none.
const OWED: &str = "SELECT sku FROM quota WHERE granted - returned - orders_seen > 0
     UNION SELECT l.sku FROM waits w CROSS JOIN order_line l ON l.order_id = w.order_id AND l.line = w.line
     UNION SELECT l.sku FROM unknown_order u CROSS JOIN order_line l ON l.order_id = u.order_id
       WHERE u.ended_at IS NULL";

/// What is to be counted, and what was: best sellers first.
///
/// # Errors
/// A fault of the database.
pub fn to_count(conn: &Connection, limit: u32) -> DbResult<Vec<ToCount>> {
    let sql = format!(
        "SELECT k.sku, k.name, k.name_hi, coalesce(sum(s.on_hand), 0), c.at
         FROM sku k LEFT JOIN stock s ON s.sku = k.sku LEFT JOIN counted c ON c.sku = k.sku
         GROUP BY k.sku HAVING coalesce(sum(s.on_hand), 0) > 0 OR c.at IS NOT NULL OR k.sku IN ({OWED})
         ORDER BY k.popularity = 0, k.popularity, k.sku LIMIT ?1"
    );
    all(conn, &sql, [limit], |r| {
        Ok(ToCount {
            sku: row::code(r, 0)?,
            name: r.get(1)?,
            name_hi: r.get(2)?,
            on_hand: u64::try_from(r.get::<_, i64>(3)?).unwrap_or(0),
            counted_at: row::time_or(r, 4)?,
        })
    })
}

/// SKUs with units in the books, or that somebody is owed, that nobody has counted yet.
///
/// # Errors
/// A fault of the database.
pub fn uncounted(conn: &Connection) -> DbResult<u64> {
    let sql = format!(
        "SELECT count(*) FROM (SELECT sku FROM stock WHERE on_hand > 0 UNION {OWED}) s
         WHERE NOT EXISTS (SELECT 1 FROM counted c WHERE c.sku = s.sku)"
    );
    Ok(u64::try_from(number(conn, &sql, [])?).unwrap_or(0))
}
