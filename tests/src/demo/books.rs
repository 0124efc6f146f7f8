//! The databases of both sides, read only, beside the people's diary: what was oversold and delivered, how long orders
//! took, and where the two sides differ (what was lost or doubled: `deeds.rs`). Knows tables, no paper and no processes.

use super::cuts::Cuts;
use super::diary::{Pages, Screen};
use super::house::STORES;
use super::shoppers::is_phone_of_ours;
use anyhow::{Context, Result};
use model::order::Moment;
use model::{OrderId, Timestamp};
use rusqlite::{Connection, OpenFlags};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// From the hub's word to a handheld's screen.
#[derive(Debug, Default)]
pub struct Arrivals {
    /// Milliseconds, for orders that were confirmed while the store could be heard.
    pub ms: Vec<f64>,
    /// Orders confirmed while it could not: they came when the cut was over.
    pub waited_for_cut: u32,
    /// Orders that no handheld showed.
    pub unseen: u32,
}

/// The databases of both sides, read only.
pub struct Books {
    pub(super) hub: Connection,
    pub(super) stores: BTreeMap<&'static str, Connection>,
}

type MomentsOf = BTreeMap<(Vec<u8>, String), i64>;

impl Books {
    /// Opens the databases below a demo's folder.
    pub fn open(dir: &Path) -> Result<Self> {
        let stores = STORES
            .iter()
            .map(|plan| Ok((plan.id, read_only(&store_node::run::database(&dir.join(plan.id)))?)));
        Ok(Self { hub: read_only(&dir.join("hub").join("hub.db"))?, stores: stores.collect::<Result<_>>()? })
    }

    /// Orders that the hub knows as delivered.
    pub fn delivered(&self) -> Result<i64> {
        let sql = "SELECT count(*) FROM order_moment WHERE moment = 'dl'";
        Ok(self.hub.query_row(sql, [], |row| row.get(0))?)
    }

    /// Hub orders that are confirmed and have no end yet, and counter orders with bags still at the bay.
    pub fn open_orders(&self) -> Result<i64> {
        let sql = "SELECT count(*) FROM orders WHERE state NOT IN \
                   ('payment_failed', 'cancelled', 'delivered', 'completed', 'returned')";
        let mut open: i64 = self.hub.query_row(sql, [], |row| row.get(0))?;
        for store in self.stores.values() {
            let sql = "SELECT count(*) FROM orders WHERE channel = 'counter' AND ended_at IS NULL";
            open += store.query_row::<i64, _, _>(sql, [], |row| row.get(0))?;
        }
        Ok(open)
    }

    /// Lines for which the customer got something else.
    pub fn substituted(&self) -> Result<i64> {
        let sql = "SELECT count(*) FROM order_line WHERE substitute IS NOT NULL";
        Ok(self.hub.query_row(sql, [], |row| row.get(0))?)
    }

    /// Units that were promised and never were there, of all stores.
    pub fn oversold(&self) -> Result<i64> {
        self.stores.values().map(oversold_at).sum()
    }

    /// Orders of the demo's customers that the hub confirmed.
    fn confirmed_of_ours(&self) -> Result<Vec<Vec<u8>>> {
        let sql = "SELECT m.order_id, c.phone FROM order_moment m JOIN orders o ON o.id = m.order_id \
                   JOIN customer c ON c.id = o.customer WHERE m.moment = 'cf' ORDER BY m.order_id";
        let mut rows = self.hub.prepare(sql)?;
        let rows = rows.query_map([], |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, String>(1)?)))?;
        let all: Vec<_> = rows.collect::<Result<_, _>>()?;
        Ok(all.into_iter().filter(|(_, phone)| is_phone_of_ours(phone)).map(|(id, _)| id).collect())
    }

    /// Confirmed orders that the diary does not know.
    pub fn unwritten(&self, pages: &Pages) -> Result<BTreeSet<OrderId>> {
        let all = self
            .confirmed_of_ours()?
            .into_iter()
            .filter_map(|id| Some(OrderId::from_bytes(id.try_into().ok()?)));
        Ok(all.filter(|id| !pages.placed.contains_key(id)).collect())
    }

    /// How long the orders of this run took from the hub's confirmation to a handheld of their store: the first screen
    /// that has the order in hand, or counts it among those that wait.
    pub fn arrivals(&self, pages: &Pages, cuts: &Cuts, begun: Timestamp) -> Result<Arrivals> {
        let (mut all, hub) = (Arrivals::default(), moments(&self.hub)?);
        for (name, store) in &self.stores {
            let here = moments(store)?;
            for (order, _) in pages.placed.iter().filter(|(_, placed)| placed.store == *name) {
                let of = |side: &MomentsOf, word: &str| {
                    side.get(&(order.as_bytes().to_vec(), word.to_owned())).map(|ms| Timestamp::from_ms(*ms))
                };
                let Some(confirmed) = of(&hub, "cf").filter(|at| *at >= begun) else { continue };
                if cuts.off(name, confirmed) {
                    all.waited_for_cut += 1;
                    continue;
                }
                let accepted = of(&here, "ac");
                let shows = |screen: &&Screen| screen.store == *name && screen.shows(order, accepted);
                match pages.screens.iter().find(shows) {
                    Some(screen) => all.ms.push(screen.at.since_ms(confirmed) as f64),
                    None => all.unseen += 1,
                }
            }
        }
        Ok(all)
    }

    /// Where the two sides differ: a moment that one knows and the other does not or otherwise; rights that do not add up.
    pub fn disagreements(&self) -> Result<Vec<String>> {
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
                    // A wish to cancel that came too late is the hub's note alone.
                    let shared = |word: &str| word != Moment::CancelRequested.field();
                    let mine = side.iter().filter(|((id, word), _)| id == order && shared(word));
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

/// Units that left one store without ever having come, and units that the hub sold and that were not there when the order
/// came, beyond those that somebody had found missing or taken out of sale.
fn oversold_at(store: &Connection) -> Result<i64> {
    let received = sums(
        store,
        "SELECT sku, sum(on_hand_after - on_hand_before) FROM ledger WHERE on_hand_after > on_hand_before \
         AND kind IN ('received', 'counted') GROUP BY sku ORDER BY sku",
    )?;
    let promised = sums(
        store,
        "SELECT l.sku, sum(l.qty - (SELECT coalesce(sum(s.qty), 0) FROM short s WHERE s.order_id = l.order_id \
         AND s.line = l.line)) FROM order_line l WHERE NOT EXISTS (SELECT 1 FROM order_moment m \
         WHERE m.order_id = l.order_id AND m.moment = 'cx') GROUP BY l.sku ORDER BY l.sku",
    )?;
    let not_there = sums(
        store,
        "SELECT l.sku, sum(s.qty) FROM short s JOIN order_line l ON l.order_id = s.order_id AND l.line = s.line \
         WHERE s.why = 'not_there' GROUP BY l.sku ORDER BY l.sku",
    )?;
    let blocked = sums(
        store,
        "SELECT sku, sum(blocked_after - blocked_before) FROM ledger WHERE kind = 'blocked' \
         GROUP BY sku ORDER BY sku",
    )?;
    let beyond = |wanted: &BTreeMap<String, i64>, there: &BTreeMap<String, i64>| -> i64 {
        wanted.iter().map(|(sku, units)| (units - there.get(sku).copied().unwrap_or(0)).max(0)).sum()
    };
    Ok(beyond(&promised, &received) + beyond(&not_there, &blocked))
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

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::{Books, oversold_at};
    use rusqlite::Connection;

    /// A store with five units of one product, of which one order wants some.
    fn store(wanted: u32) -> Connection {
        let store = Connection::open_in_memory().unwrap();
        let tables =
            "CREATE TABLE ledger (sku, kind, on_hand_before, on_hand_after, blocked_before, blocked_after);
             CREATE TABLE order_line (order_id, line, sku, qty);
             CREATE TABLE order_moment (order_id, moment);
             CREATE TABLE short (order_id, line, why, qty);
             INSERT INTO ledger VALUES ('milk', 'received', 0, 5, 0, 0);";
        store.execute_batch(tables).unwrap();
        store.execute("INSERT INTO order_line VALUES (1, 0, 'milk', ?1)", [wanted]).unwrap();
        store
    }

    /// Both sides of one confirmed order, with a wish to cancel that came when it was too late.
    fn cancelled_too_late(at_store: i64) -> Books {
        let hub = Connection::open_in_memory().unwrap();
        hub.execute_batch(
            "CREATE TABLE orders (id, store); CREATE TABLE order_moment (order_id, moment, at);
             CREATE TABLE hub_quota (store, sku, granted_seen, sold);
             INSERT INTO orders VALUES (x'01', 's1');
             INSERT INTO order_moment VALUES (x'01', 'cf', 1), (x'01', 'pk', 2), (x'01', 'cr', 3);",
        )
        .unwrap();
        let store = Connection::open_in_memory().unwrap();
        store
            .execute_batch(
                "CREATE TABLE order_moment (order_id, moment, at); CREATE TABLE quota (sku, granted, orders_seen);
                 INSERT INTO order_moment VALUES (x'01', 'cf', 1);",
            )
            .unwrap();
        store.execute("INSERT INTO order_moment VALUES (x'01', 'pk', ?1)", [at_store]).unwrap();
        Books { hub, stores: [("s1", store)].into() }
    }

    #[test]
    fn a_wish_to_cancel_that_came_too_late_is_no_difference_and_another_time_is() {
        assert_eq!(cancelled_too_late(2).disagreements().unwrap(), Vec::<String>::new());
        assert_eq!(cancelled_too_late(5).disagreements().unwrap().len(), 1);
    }

    #[test]
    fn units_that_never_came_are_counted() {
        assert_eq!(oversold_at(&store(5)).unwrap(), 0);
        assert_eq!(oversold_at(&store(7)).unwrap(), 2);
        let cancelled = store(7);
        cancelled.execute("INSERT INTO order_moment VALUES (1, 'cx')", []).unwrap();
        assert_eq!(oversold_at(&cancelled).unwrap(), 0);
    }

    #[test]
    fn sold_units_that_were_not_there_need_somebody_who_found_them_missing() {
        let store = store(7);
        store.execute("INSERT INTO short VALUES (1, 0, 'not_there', 2)", []).unwrap();
        assert_eq!(oversold_at(&store).unwrap(), 2, "short, and nobody found anything missing: counted once");
        store.execute("INSERT INTO ledger VALUES ('milk', 'blocked', 5, 5, 0, 1)", []).unwrap();
        assert_eq!(oversold_at(&store).unwrap(), 1, "one is explained");
        store.execute("INSERT INTO ledger VALUES ('tea', 'blocked', 5, 5, 0, 3)", []).unwrap();
        assert_eq!(oversold_at(&store).unwrap(), 1, "another product explains nothing");
        store.execute("INSERT INTO ledger VALUES ('milk', 'blocked', 5, 5, 1, 2)", []).unwrap();
        assert_eq!(oversold_at(&store).unwrap(), 0);
    }

    #[test]
    fn a_customer_s_refused_substitute_is_no_oversell() {
        let store = store(5);
        store.execute("INSERT INTO short VALUES (1, 0, 'not_found', 1)", []).unwrap();
        assert_eq!(oversold_at(&store).unwrap(), 0);
    }
}
