//! The link to the hub (REQ-38): what is promised, what the hub may still sell, what it has not heard yet.

use super::board::count;
use crate::db::listing::{self, Standing};
use crate::db::{Connection, DbResult, docs, orders, outbox, quota};
use crate::engine::ship;
use crate::reader::Reader;
use model::Timestamp;
use model::api::store::{CatalogueTaken, Link, PromisedOrder, Quarantine, QuarantineRow, QuotaGroup};
use model::order::{Channel, Moment};
use std::collections::BTreeMap;
use sync::batch::Stream;
use sync::inspect::reason_kind;

/// Promised orders that are named.
const PROMISED_MAX: usize = 50;
/// Records in quarantine that are listed.
const QUARANTINE_MAX: u32 = 200;

impl Reader {
    /// The link's figures. Whether it is up, since when, and the advice belong to the uplink: here it is offline.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn link(&mut self, now: Timestamp) -> DbResult<Link> {
        self.snapshot(|conn, facts| {
            let mut promised = promised(conn)?;
            let orders_promised = u32::try_from(promised.len()).unwrap_or(u32::MAX);
            promised.truncate(PROMISED_MAX);
            let (waiting, oldest_fact) = outbox::unacknowledged(conn)?;
            Ok(Link {
                at: now,
                online: false,
                since: now,
                orders_promised,
                promised,
                hub_quota_units: u32::try_from(quota::outstanding_total(conn)?).unwrap_or(u32::MAX),
                quota_groups: groups(conn)?,
                facts_waiting: count(waiting),
                oldest_fact,
                records_waiting: count(outbox::records_waiting(conn)?),
                rows_waiting: Stream::ALL.into_iter().try_fold(0_u32, |sum, stream| {
                    let rows = ship::waiting(conn, facts.store.as_str(), stream)?;
                    DbResult::Ok(sum.saturating_add(u32::try_from(rows).unwrap_or(u32::MAX)))
                })?,
                database_mb: megabytes(crate::db::bytes(conn)?),
                database_mb_max: megabytes(facts.policy.database_bytes_max),
                catalogue: listing::standing(conn)?.map(taken),
                advice: String::new(),
            })
        })
    }
}

impl Reader {
    /// What is in quarantine.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn quarantine(&mut self, now: Timestamp) -> DbResult<Quarantine> {
        self.snapshot(|conn, _| {
            let rows = docs::set_aside(conn, QUARANTINE_MAX)?.into_iter().map(|row| QuarantineRow {
                at: row.at,
                origin: row.origin,
                doc: row.doc,
                kind: reason_kind(&row.reason).to_owned(),
                reason: row.reason,
            });
            Ok(Quarantine { at: now, total: count(docs::quarantined(conn)?), rows: rows.collect() })
        })
    }
}

fn taken(standing: Standing) -> CatalogueTaken {
    CatalogueTaken {
        edition: standing.publication.edition,
        publication: u32::try_from(standing.publication.number).unwrap_or(u32::MAX),
        at: standing.at,
        products: standing.named,
    }
}

fn megabytes(bytes: u64) -> u32 {
    u32::try_from(bytes >> 20).unwrap_or(u32::MAX)
}

/// Online orders that have not left, the earliest promise first.
fn promised(conn: &Connection) -> DbResult<Vec<PromisedOrder>> {
    let mut promised = Vec::new();
    for row in orders::open(conn)?.into_iter().filter(|row| row.channel == Channel::Online) {
        let moments = orders::moments(conn, &row.order)?;
        if moments.get(Moment::Dispatched).or(moments.get(Moment::Delivered)).is_none() {
            let (order, number, promise_at) = (row.order, row.number, row.promise_at);
            promised.push(PromisedOrder { order, number, state: moments.state(), promise_at });
        }
    }
    promised.sort_by_key(|order| (order.promise_at, order.order));
    Ok(promised)
}

/// What the hub may still sell, by outermost category.
fn groups(conn: &Connection) -> DbResult<Vec<QuotaGroup>> {
    let mut groups: BTreeMap<String, (u32, u32)> = BTreeMap::new();
    for (category, products, units) in quota::outstanding_by_category(conn)? {
        let outermost = category.split(" > ").next().unwrap_or_default().to_owned();
        let sum = groups.entry(outermost).or_default();
        *sum = (sum.0.saturating_add(count(products)), sum.1.saturating_add(count(units)));
    }
    let mut groups: Vec<_> =
        groups.into_iter().map(|(group, (products, units))| QuotaGroup { group, products, units }).collect();
    groups.sort_by(|a, b| b.units.cmp(&a.units).then_with(|| a.group.cmp(&b.group)));
    Ok(groups)
}
