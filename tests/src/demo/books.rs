//! The databases of both sides, read only, beside the people's diary: what was oversold and delivered, and where the two
//! sides differ (what was lost or doubled: `deeds.rs`; how long orders took: `arrivals.rs`). Knows tables, no paper and no
//! processes.

use super::cuts::Cuts;
use super::diary::Pages;
use super::house::STORES;
use super::shoppers::is_phone_of_ours;
use anyhow::{Context, Result};
use model::order::Moment;
use model::{OrderId, Timestamp};
use rusqlite::{Connection, OpenFlags};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The databases of both sides, read only.
pub struct Books {
    pub(super) hub: Connection,
    pub(super) stores: BTreeMap<&'static str, Connection>,
}

/// The moments of each order.
pub(super) type MomentsOf = BTreeMap<Vec<u8>, BTreeMap<String, i64>>;

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

    /// Counter orders of the demo's people that a store took while it was cut off.
    pub fn counter_orders_in(&self, cuts: &Cuts, pages: &Pages) -> Result<usize> {
        let mut all = 0;
        for (name, store) in &self.stores {
            let sql = "SELECT order_id, received_at FROM orders WHERE channel = 'counter' ORDER BY order_id";
            let mut rows = store.prepare(sql)?;
            let rows = rows.query_map([], |row| Ok((OrderId::from_bytes(row.get(0)?), row.get(1)?)))?;
            for row in rows {
                let (order, at) = row?;
                let in_cut = pages.counter.contains_key(&order) && cuts.off(name, Timestamp::from_ms(at));
                all += usize::from(in_cut);
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
                let (hub, store) = (shared(&at_hub, order), shared(&at_store, order));
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

/// The moments of an order that both sides know. A wish to cancel that came too late is the hub's note alone.
fn shared(side: &MomentsOf, order: &[u8]) -> BTreeMap<String, i64> {
    let mut all = side.get(order).cloned().unwrap_or_default();
    all.remove(Moment::CancelRequested.field());
    all
}

/// What each line is owed of its own product (or holds of it, where that is more), and what it holds of another, under that
/// one's name: a substitute is promised, too.
const PROMISED: &str = "
    WITH line AS (SELECT * FROM order_line l WHERE NOT EXISTS
                    (SELECT 1 FROM order_moment m WHERE m.order_id = l.order_id AND m.moment = 'cx'))
    SELECT sku, sum(units) FROM (
        SELECT l.sku AS sku, max(
            l.qty - (SELECT coalesce(sum(s.qty), 0) FROM short s WHERE s.order_id = l.order_id AND s.line = l.line)
                  - (SELECT coalesce(sum(a.qty), 0) FROM allocation a
                     WHERE a.order_id = l.order_id AND a.line = l.line AND a.sku <> l.sku),
            (SELECT coalesce(sum(a.qty), 0) FROM allocation a
             WHERE a.order_id = l.order_id AND a.line = l.line AND a.sku = l.sku)) AS units
        FROM line l
        UNION ALL
        SELECT a.sku, a.qty FROM allocation a JOIN line l ON l.order_id = a.order_id AND l.line = a.line
        WHERE a.sku <> l.sku)
    GROUP BY sku ORDER BY sku";

/// Units that left one store without ever having come, and units that the hub sold and that were not there when the order
/// came, beyond those that somebody had found missing or taken out of sale.
fn oversold_at(store: &Connection) -> Result<i64> {
    let received = sums(
        store,
        "SELECT sku, sum(on_hand_after - on_hand_before) FROM ledger WHERE on_hand_after > on_hand_before \
         AND kind IN ('received', 'counted') GROUP BY sku ORDER BY sku",
    )?;
    let promised = sums(store, PROMISED)?;
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

/// Every moment of every order.
pub(super) fn moments(conn: &Connection) -> Result<MomentsOf> {
    let mut all = MomentsOf::new();
    let mut rows = conn.prepare("SELECT order_id, moment, at FROM order_moment ORDER BY order_id, moment")?;
    let mut rows = rows.query([])?;
    while let Some(row) = rows.next()? {
        all.entry(row.get(0)?).or_default().insert(row.get(1)?, row.get(2)?);
    }
    Ok(all)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::{Books, oversold_at};
    use crate::demo::cuts::Cuts;
    use crate::demo::diary::Pages;
    use model::{OrderId, Timestamp};
    use rusqlite::Connection;

    /// A store with five units of one product, of which one order wants some.
    fn store(wanted: u32) -> Connection {
        let store = Connection::open_in_memory().unwrap();
        let tables =
            "CREATE TABLE ledger (sku, kind, on_hand_before, on_hand_after, blocked_before, blocked_after);
             CREATE TABLE order_line (order_id, line, sku, qty);
             CREATE TABLE order_moment (order_id, moment);
             CREATE TABLE short (order_id, line, why, qty);
             CREATE TABLE allocation (order_id, line, sku, qty);
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
    fn a_substitute_is_promised_under_its_own_name() {
        let store = store(5);
        let oat = "INSERT INTO ledger VALUES ('oat', 'received', 0, 2, 0, 0);
             INSERT INTO allocation VALUES (1, 0, 'milk', 3), (1, 0, 'oat', 2);";
        store.execute_batch(oat).unwrap();
        assert_eq!(oversold_at(&store).unwrap(), 0, "three of milk, two of oat, and both were there");
        store.execute("INSERT INTO order_line VALUES (2, 0, 'milk', 2)", []).unwrap();
        assert_eq!(oversold_at(&store).unwrap(), 0, "the milk that was not taken is another customer's");
        store.execute("INSERT INTO allocation VALUES (2, 0, 'oat', 1)", []).unwrap();
        assert_eq!(oversold_at(&store).unwrap(), 1, "a third of oat never came");
        store.execute("INSERT INTO order_moment VALUES (2, 'cx')", []).unwrap();
        assert_eq!(oversold_at(&store).unwrap(), 0);
        store.execute("INSERT INTO allocation VALUES (1, 0, 'milk', 3)", []).unwrap();
        assert_eq!(oversold_at(&store).unwrap(), 1, "held is promised, whatever the line says");
    }

    /// One counter order at each of two stores, an hour after the epoch; only one of the stores is cut then.
    #[test]
    fn a_counter_order_counts_by_its_own_time_and_store() {
        let at = Timestamp::from_ms(3_600_000);
        let [here, there, strange] = [1, 2, 3].map(|n| OrderId::new(at, n));
        let taken = |orders: &[OrderId]| {
            let store = Connection::open_in_memory().unwrap();
            store.execute_batch("CREATE TABLE orders (order_id, channel, received_at);").unwrap();
            for order in orders {
                let row = (order.as_bytes().as_slice(), at.ms());
                store.execute("INSERT INTO orders VALUES (?1, 'counter', ?2)", row).unwrap();
            }
            store
        };
        let stores = [("s1", taken(&[here, strange])), ("s2", taken(&[there]))].into();
        let books = Books { hub: Connection::open_in_memory().unwrap(), stores };
        let counter = [here, there].map(|order| (order, Vec::new())).into();
        let pages = Pages { counter, ..Pages::default() };
        let mut cuts = Cuts::default();
        assert_eq!(books.counter_orders_in(&cuts, &pages).unwrap(), 0, "nobody is cut");
        cuts.cut("s1", at.plus_ms(1));
        assert_eq!(books.counter_orders_in(&cuts, &pages).unwrap(), 0, "taken before the cut");
        let mut cuts = Cuts::default();
        cuts.cut("s1", at);
        assert_eq!(
            books.counter_orders_in(&cuts, &pages).unwrap(),
            1,
            "one of ours at the store that was cut"
        );
    }

    #[test]
    fn a_customer_s_refused_substitute_is_no_oversell() {
        let store = store(5);
        store.execute("INSERT INTO short VALUES (1, 0, 'not_found', 1)", []).unwrap();
        assert_eq!(oversold_at(&store).unwrap(), 0);
    }
}
