//! What came of a run, found out afterwards: the people's diary beside the databases of both sides, the printed paper
//! beside what can be read from it. Nothing here is computed from what anybody meant to do.

use super::diary::{Diary, Pages, percentiles};
use super::house::STORES;
use super::stage::Stage;
use crate::paper;
use anyhow::{Context, Result};
use model::OrderId;
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use store_node::check::{Finding, Report};

/// Measured while everything still ran.
#[derive(Debug)]
pub struct Machines {
    store_rss_mb: f64,
    hub_rss_mb: f64,
    store_ready_ms: f64,
    labels: Vec<Vec<u8>>,
    slips: Vec<Vec<u8>>,
}

/// Memory, start times, and the paper in the printers' trays.
pub async fn machines(stage: &Stage) -> Machines {
    let mut all = Machines {
        store_rss_mb: 0.0,
        hub_rss_mb: round(stage.hub.rss_mb()),
        store_ready_ms: 0.0,
        labels: Vec::new(),
        slips: Vec::new(),
    };
    for store in &stage.stores {
        all.store_rss_mb = all.store_rss_mb.max(round(store.node.rss_mb()));
        all.store_ready_ms = all.store_ready_ms.max(round(store.ready_ms));
        let devices = store.devices.lock().await;
        all.labels.extend(devices.label.jobs());
        all.slips.extend(devices.receipt.jobs());
    }
    all
}

/// Whether every order in the diary has reached an end at the hub, the counter's bags are gone, and both sides agree.
pub async fn all_quiet(stage: &Stage, diary: &Diary) -> bool {
    let dir = stage.dir.clone();
    let placed = diary.open().placed.len();
    tokio::task::spawn_blocking(move || {
        let books = Books::open(&dir)?;
        Ok::<_, anyhow::Error>(books.open_orders()? == 0 && placed > 0 && books.disagreements()?.is_empty())
    })
    .await
    .is_ok_and(|quiet| quiet.unwrap_or(false))
}

/// Reads the databases of a stage that was struck, and compares.
pub fn write(dir: &Path, diary: &Diary, machines: Machines, cut_seconds: f64) -> Result<Value> {
    let pages = diary.open();
    let books = Books::open(dir)?;
    let (lost, doubled) = books.commands(&pages)?;
    let disagreements = books.disagreements()?;
    let checks: Vec<_> = STORES
        .iter()
        .map(|plan| store_node::check::self_check(&store_node::run::database(&dir.join(plan.id))))
        .collect::<Result<_, _>>()?;
    let labels = paper::read_zpl(&machines.labels);
    let slips = paper::read_escpos(&machines.slips);
    Ok(json!({
        "orders_placed": pages.placed.len(),
        "orders_delivered": books.delivered()?,
        "orders_open": books.open_orders()?,
        "refused_out_of_stock": pages.refused_out_of_stock,
        "refused_store_unreachable": pages.refused_store_unreachable,
        "payments_failed": pages.payment_failed,
        "refused_other": pages.refused_other,
        "counter_orders": pages.counter.len(),
        "counter_orders_during_cut": pages.counter_during_cut,
        "oversold_units": books.oversold()?,
        "commands_answered": pages.answered.len(),
        "commands_lost": lost,
        "commands_doubled": doubled,
        "ledger_ok": !found(&checks, |finding| matches!(finding, Finding::Chain { .. } | Finding::Movement { .. })),
        "replay_equals_balances": !found(&checks, |f| matches!(f, Finding::Drift { .. } | Finding::Reserved { .. })),
        "self_check": checks.iter().flat_map(|check| &check.findings).take(20).map(ToString::to_string).collect::<Vec<_>>(),
        "converged": disagreements.is_empty(),
        "disagreements": disagreements.iter().take(20).collect::<Vec<_>>(),
        "cut_seconds": cut_seconds,
        "order_to_handheld_ms": percentiles(pages.order_to_handheld_ms.clone()),
        "scan_to_ack_ms": percentiles(pages.scan_to_ack_ms.clone()),
        "labels_printed": machines.labels.len() + machines.slips.len(),
        "labels_decoded_ok": labels.right + slips.right,
        "labels_looked_at": labels.looked_at + slips.looked_at,
        "store_rss_mb": machines.store_rss_mb,
        "hub_rss_mb": machines.hub_rss_mb,
        "store_ready_ms": machines.store_ready_ms,
    }))
}

fn found(checks: &[Report], which: impl Fn(&Finding) -> bool) -> bool {
    checks.iter().flat_map(|check| &check.findings).any(which)
}

/// Whether nothing in it is a failure.
pub fn is_clean(report: &Value) -> bool {
    let zero = ["oversold_units", "commands_lost", "commands_doubled"].iter().all(|key| report[key] == 0);
    let yes = ["ledger_ok", "replay_equals_balances", "converged"].iter().all(|key| report[key] == true);
    zero && yes && report["labels_decoded_ok"] == report["labels_looked_at"]
}

/// The databases of both sides, read only.
struct Books {
    hub: Connection,
    stores: BTreeMap<&'static str, Connection>,
}

type MomentsOf = BTreeMap<(Vec<u8>, String), i64>;

impl Books {
    fn open(dir: &Path) -> Result<Self> {
        let stores = STORES
            .iter()
            .map(|plan| Ok((plan.id, read_only(&store_node::run::database(&dir.join(plan.id)))?)));
        Ok(Self { hub: read_only(&dir.join("hub").join("hub.db"))?, stores: stores.collect::<Result<_>>()? })
    }

    fn delivered(&self) -> Result<i64> {
        let sql = "SELECT count(*) FROM order_moment WHERE moment = 'dl'";
        Ok(self.hub.query_row(sql, [], |row| row.get(0))?)
    }

    /// Hub orders that are confirmed and have no end yet, and counter orders with bags still at the bay.
    fn open_orders(&self) -> Result<i64> {
        let sql = "SELECT count(*) FROM orders WHERE state NOT IN \
                   ('payment_failed', 'cancelled', 'delivered', 'completed', 'returned')";
        let mut open: i64 = self.hub.query_row(sql, [], |row| row.get(0))?;
        for store in self.stores.values() {
            let sql = "SELECT count(*) FROM orders WHERE channel = 'counter' AND ended_at IS NULL";
            open += store.query_row::<i64, _, _>(sql, [], |row| row.get(0))?;
        }
        Ok(open)
    }

    /// Units that were promised and never were there: sold and shipped units above what was received, per store and SKU,
    /// and shorts that no picker's empty shelf explains.
    fn oversold(&self) -> Result<i64> {
        let mut units = 0;
        for store in self.stores.values() {
            let received = sums(
                store,
                "SELECT sku, sum(on_hand_after - on_hand_before) FROM ledger WHERE on_hand_after > on_hand_before \
                 AND kind IN ('received', 'counted') GROUP BY sku ORDER BY sku",
            )?;
            let promised = sums(
                store,
                "SELECT l.sku, sum(l.qty) FROM order_line l WHERE NOT EXISTS (SELECT 1 FROM order_moment m \
                 WHERE m.order_id = l.order_id AND m.moment = 'cx') GROUP BY l.sku ORDER BY l.sku",
            )?;
            for (sku, promised) in promised {
                units += (promised - received.get(&sku).copied().unwrap_or(0)).max(0);
            }
            let sql = "SELECT coalesce(sum(qty), 0) FROM short WHERE why IN ('shrink', 'no_stock')";
            units += store.query_row::<i64, _, _>(sql, [], |row| row.get(0))?;
        }
        Ok(units)
    }

    /// Answered commands that left no trace, and effects without or beyond their command.
    fn commands(&self, pages: &Pages) -> Result<(i64, i64)> {
        let (mut lost, mut doubled) = (0, 0);
        for (id, (store, applied)) in &pages.answered {
            let sql = "SELECT count(*), coalesce(sum(answer IS NOT NULL), 0) FROM command WHERE id = ?1";
            let conn = self.stores.get(store.as_str()).context("a store of the diary")?;
            let (found, done): (i64, i64) =
                conn.query_row(sql, [id.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))?;
            lost += i64::from(found == 0 || (done == 1) != *applied);
            let picks: i64 =
                conn.query_row("SELECT count(*) FROM pick_event WHERE id = ?1", [id.as_bytes()], |row| {
                    row.get(0)
                })?;
            doubled += (picks - 1).max(0);
        }
        lost += self.missing(pages.placed.keys(), &self.hub, "orders", "id")?;
        for (order, lines) in &pages.counter {
            let holders =
                self.stores.values().map(|store| units_of(store, order)).collect::<Result<Vec<_>>>()?;
            let found: i64 = holders.iter().sum();
            let wanted: i64 = lines.iter().map(|(_, qty)| i64::from(*qty)).sum();
            lost += i64::from(found < wanted);
            doubled += i64::from(found > wanted);
        }
        let delivered: BTreeSet<_> = pages.delivered.iter().collect();
        doubled += i64::try_from(pages.delivered.len() - delivered.len())?;
        doubled += self.orders_nobody_placed(pages)?;
        Ok((lost, doubled))
    }

    fn missing<'a>(
        &self,
        ids: impl Iterator<Item = &'a OrderId>,
        conn: &Connection,
        table: &str,
        column: &str,
    ) -> Result<i64> {
        let sql = format!("SELECT count(*) FROM {table} WHERE {column} = ?1");
        let mut missing = 0;
        for id in ids {
            missing += 1 - conn.query_row::<i64, _, _>(&sql, [id.as_bytes()], |row| row.get(0))?.min(1);
        }
        Ok(missing)
    }

    /// Confirmed orders that no customer was told of: a retry that became a second order. (Their payment may have been
    /// refused, or the answer is still on its way; those are not confirmed.)
    fn orders_nobody_placed(&self, pages: &Pages) -> Result<i64> {
        let confirmed =
            ids(&self.hub, "SELECT order_id FROM order_moment WHERE moment = 'cf' ORDER BY order_id")?;
        let known =
            |id: &Vec<u8>| pages.placed.keys().any(|order| order.as_bytes().as_slice() == id.as_slice());
        Ok(i64::try_from(confirmed.iter().filter(|id| !known(id)).count())?)
    }

    /// Where the two sides differ: a moment that one knows and the other does not or otherwise; rights that do not add up.
    fn disagreements(&self) -> Result<Vec<String>> {
        let mut all = Vec::new();
        let at_hub = moments(&self.hub)?;
        let hub_orders: BTreeMap<Vec<u8>, String> = {
            let mut rows = self.hub.prepare("SELECT id, store FROM orders ORDER BY id")?;
            let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect::<Result<_, _>>()?
        };
        let confirmed =
            ids(&self.hub, "SELECT order_id FROM order_moment WHERE moment = 'cf' ORDER BY order_id")?;
        for (name, store) in &self.stores {
            let at_store = moments(store)?;
            for order in confirmed.iter().filter(|id| hub_orders.get(*id).is_some_and(|s| s == name)) {
                let of = |side: &MomentsOf| -> BTreeMap<String, i64> {
                    let mine = side.iter().filter(|((id, _), _)| id == order);
                    mine.map(|((_, word), at)| (word.clone(), *at)).collect()
                };
                let (hub, store) = (of(&at_hub), of(&at_store));
                if hub != store {
                    all.push(format!("{name} order {}: hub {hub:?}, store {store:?}", hex(order)));
                }
            }
            all.extend(self.quota_differences(name, store)?);
        }
        Ok(all)
    }

    fn quota_differences(&self, name: &str, store: &Connection) -> Result<Vec<String>> {
        let granted = sums(store, "SELECT sku, granted FROM quota ORDER BY sku")?;
        let mut rows = self
            .hub
            .prepare("SELECT sku, granted_seen, sold FROM hub_quota WHERE store = ?1 ORDER BY sku")?;
        let rows = rows.query_map([name], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?))
        })?;
        let seen = sums(store, "SELECT sku, orders_seen FROM quota ORDER BY sku")?;
        let mut all = Vec::new();
        for row in rows {
            let (sku, granted_seen, sold) = row?;
            let (granted, seen) =
                (granted.get(&sku).copied().unwrap_or(0), seen.get(&sku).copied().unwrap_or(0));
            if granted != granted_seen || sold != seen {
                all.push(format!(
                    "{name} {sku}: granted {granted}, hub saw {granted_seen}; sold {sold}, store saw {seen}"
                ));
            }
        }
        Ok(all)
    }
}

fn read_only(path: &Path) -> Result<Connection> {
    Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .with_context(|| format!("opening {}", path.display()))
}

fn sums(conn: &Connection, sql: &str) -> Result<BTreeMap<String, i64>> {
    let mut rows = conn.prepare(sql)?;
    let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn ids(conn: &Connection, sql: &str) -> Result<Vec<Vec<u8>>> {
    let mut rows = conn.prepare(sql)?;
    let rows = rows.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn moments(conn: &Connection) -> Result<MomentsOf> {
    let mut rows = conn.prepare("SELECT order_id, moment, at FROM order_moment ORDER BY order_id, moment")?;
    let rows = rows.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn units_of(conn: &Connection, order: &OrderId) -> Result<i64> {
    let sql = "SELECT coalesce(sum(qty), 0) FROM order_line WHERE order_id = ?1";
    Ok(conn.query_row(sql, [order.as_bytes()], |row| row.get(0))?)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}
