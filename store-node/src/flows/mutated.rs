//! Deliberate faults of flows, for the tests that show that the checks can fail. Compiled with feature `mutations` only.

use super::{Flow, Stop, holding};
use crate::db::orders;
use crate::engine::Mutation;
use model::order::{Channel, OrderState};
use model::time::MINUTE_MS;

/// How long the faulty store waits before it takes an online order's units back.
const PATIENCE_MS: i64 = 2 * MINUTE_MS;

/// [`Mutation::ReleaseOnlineByClock`]: takes back the units of online orders that nobody picks.
///
/// # Errors
/// A fault of the database.
pub fn release_by_clock(flow: &mut Flow<'_>) -> Result<(), Stop> {
    if !flow.mutated(Mutation::ReleaseOnlineByClock) {
        return Ok(());
    }
    for row in orders::open(flow.tx)? {
        let waits = orders::moments(flow.tx, &row.order)?.state() == OrderState::Confirmed;
        if row.channel == Channel::Online && waits && flow.now.since_ms(row.received_at) > PATIENCE_MS {
            holding::give_all_back(flow, &row.order, "timeout")?;
        }
    }
    Ok(())
}
