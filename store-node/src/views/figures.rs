//! What the node knows about its own replication, in numbers, for Prometheus (REQ-38). No product, no order.

use crate::db::fence::{self, State};
use crate::db::{Connection, DbResult, cold, docs, listing, orders, outbox, quota, unknown};
use crate::engine::ship;
use crate::flows;
use crate::reader::Reader;
use model::Timestamp;
use std::collections::BTreeMap;
use sync::batch::Stream;

/// The numbers of one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// Facts that the hub has not acknowledged.
    pub facts_waiting: u64,
    /// Age of the oldest of them: how far the hub lags behind.
    pub oldest_fact_ms: i64,
    /// Records of the own log that are not acknowledged.
    pub records_waiting: u64,
    /// Bytes of the database.
    pub database_bytes: u64,
    /// Age of the publication of the hub's catalogue that was taken over last; none while there is none.
    pub catalogue_age_ms: Option<i64>,
    /// Rows of ledger and temperatures that the hub was not seen to have.
    pub rows_unshipped: [(Stream, u64); 2],
    /// Units that the hub may still sell under the terms in force.
    pub rights_outstanding: u64,
    /// Units of earlier terms that are still counted, and that nobody may sell.
    pub rights_blocked: u64,
    /// Records in quarantine, by kind of reason.
    pub quarantine: BTreeMap<String, u64>,
    /// Online orders that have not left.
    pub orders_promised: u64,
    /// Open alarms.
    pub alarms_open: u64,
    /// Orders dispatched on the store's business day.
    pub dispatched_today: u64,
    /// How the store stands after a restore.
    pub fence: State,
    /// SKUs that are still to be counted before the store is open; nought while it is.
    pub uncounted: u64,
    /// Orders whose end nobody knows after a restore: a person decides.
    pub unknown_orders: u64,
    /// The store's epoch and the hub's generation that hold here.
    pub terms: (u32, u32),
}

impl Reader {
    /// The numbers now.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn figures(&mut self, now: Timestamp) -> DbResult<Figures> {
        self.snapshot(|conn, facts| {
            let (waiting, oldest) = outbox::unacknowledged(conn)?;
            let (outstanding, blocked) = rights(conn)?;
            let today = facts.calendar.day_start(now);
            let quarantine = docs::kind_counts(conn)?.into_iter();
            let quarantine = quarantine.map(|(kind, count)| (kind, size(count))).collect();
            let fence = fence::state(conn)?.state;
            let terms = flows::terms(conn)?;
            let uncounted = if fence == State::Open { 0 } else { fence::uncounted(conn)? };
            Ok(Figures {
                fence,
                uncounted,
                unknown_orders: unknown::open(conn)?.len() as u64,
                terms: (terms.epoch.0, terms.generation.0),
                facts_waiting: size(waiting),
                oldest_fact_ms: oldest.map_or(0, |at| now.since_ms(at).max(0)),
                records_waiting: size(outbox::records_waiting(conn)?),
                database_bytes: crate::db::bytes(conn)?,
                catalogue_age_ms: listing::standing(conn)?.map(|standing| now.since_ms(standing.at).max(0)),
                rows_unshipped: unshipped(conn, facts.store.as_str())?,
                rights_outstanding: outstanding,
                rights_blocked: blocked,
                quarantine,
                orders_promised: size(orders::promised(conn)?),
                alarms_open: size(cold::open_alarms(conn)?),
                dispatched_today: size(orders::dispatched_since(conn, today)?),
            })
        })
    }
}

fn unshipped(conn: &Connection, store: &str) -> DbResult<[(Stream, u64); 2]> {
    let [ledger, temperatures] = Stream::ALL;
    Ok([
        (ledger, ship::waiting(conn, store, ledger)?),
        (temperatures, ship::waiting(conn, store, temperatures)?),
    ])
}

/// Outstanding units under the terms in force, and under all earlier ones.
fn rights(conn: &Connection) -> DbResult<(u64, u64)> {
    let now = flows::terms(conn)?;
    let all = quota::all_terms(conn)?;
    let sum = |of_now: bool| {
        let chosen = all.iter().filter(|(terms, _, _)| (*terms == now) == of_now);
        chosen.map(|(_, _, rights)| rights.outstanding()).sum()
    };
    Ok((sum(true), sum(false)))
}

fn size(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}
