//! How a restored or replaced store stands, for the console.

use crate::command::FenceWhy;
use crate::db::fence::State;
use crate::db::{DbResult, fence, unknown};
use crate::reader::Reader;
use model::api::fence::{FenceView, UnknownRow};
use store_core::advice::Standing;

impl Reader {
    /// Whether this machine may promise anything.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn standing(&mut self) -> DbResult<Standing> {
        self.snapshot(|conn, _| {
            let fence = fence::state(conn)?;
            Ok(match fence.state {
                State::Open | State::Emergency => Standing::Open,
                State::Fenced if fence.why == FenceWhy::Superseded.word() => Standing::Superseded,
                State::Fenced => Standing::Fenced,
            })
        })
    }

    /// The fence, what is left to count, and the orders that wait for a decision.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn fence(&mut self) -> DbResult<FenceView> {
        self.snapshot(|conn, _| {
            let fence = fence::state(conn)?;
            let row = |row: unknown::Unknown| UnknownRow {
                order: row.order,
                number: row.number,
                since: row.since,
                due: row.due,
                owner: row.owner,
            };
            Ok(FenceView {
                state: fence.state.word().to_owned(),
                since: fence.since,
                why: fence.why,
                word_at: fence.word_at,
                person: fence.person,
                uncounted: u32::try_from(fence::uncounted(conn)?).unwrap_or(u32::MAX),
                unknown: unknown::open(conn)?.into_iter().map(row).collect(),
            })
        })
    }
}
