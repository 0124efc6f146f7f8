//! What is forgotten: first answers after 31 days (decision 5), positions and orders that riders lost
//! after 30, batches of the stores' ledgers and temperatures after two years (EU 37/2005 asks for one), and who was erased
//! elsewhere once no order is open.

use super::{Cx, Flow, me};
use crate::command::Answer;
use crate::db::HubTx;
use model::time::DAY_MS;

/// How long a retry gets the first answer.
pub const ANSWERS_MS: i64 = 31 * DAY_MS;
const FIXES_MS: i64 = 30 * DAY_MS;
/// How long batches of chained tables are kept: about 120 MB of a store with a thousand orders a day.
pub const BATCHES_MS: i64 = 2 * 365 * DAY_MS;

/// Forgets what is too old.
pub fn forget(tx: &mut dyn HubTx, cx: &Cx<'_>) -> Flow<Answer> {
    let answers = tx.forget_answers(cx.now.plus_ms(-ANSWERS_MS))?;
    let fixes = tx.forget_fixes(cx.now.plus_ms(-FIXES_MS))?;
    let lost = tx.forget_lost(cx.now.plus_ms(-FIXES_MS))?;
    let batches = tx.forget_batches(cx.now.plus_ms(-BATCHES_MS))?;
    let gone = me::let_go(tx)?;
    let forgotten = u32::try_from(answers + fixes + lost + batches).unwrap_or(u32::MAX);
    Ok(Answer::Count { count: forgotten.saturating_add(gone) })
}
