//! Reading for backups: any table by its own columns in the order of its key, and the parts that a backup cuts the big ones
//! into. Every table is known from the schema itself, so that a new one is backed up without anybody thinking of it.

use super::{Connection, DbResult, ReadDb, all, number, one};
use crate::chain::{self, Hash};
use crate::db::ledger::{self, Entry};
use rusqlite::types::{Value, ValueRef};
use sync::vault::{Cell, LedgerPart, LedgerRow};

/// Tables whose rows belong to an order and are backed up with it.
pub const OF_ORDERS: [&str; 15] = [
    "orders",
    "order_line",
    "order_moment",
    "order_event",
    "allocation",
    "pick_event",
    "assignment",
    "pick_stop",
    "substitute",
    "short",
    "bag",
    "bag_item",
    "print_job",
    "handover",
    "rider_card",
];

/// A table as the schema has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its columns, in order.
    pub columns: Vec<String>,
    /// Places of the key's columns within them.
    pub key: Vec<usize>,
}

/// Which rows of a table.
#[derive(Debug, Clone, Copy)]
pub enum Part<'a> {
    /// All.
    Whole,
    /// Of these orders.
    Of(&'a Orders),
    /// Of a span of time, milliseconds; for tables that [`time_key`] knows.
    Span {
        /// From here.
        from: i64,
        /// To before here.
        to: i64,
    },
}

/// Orders whose rows are backed up together. They are looked up once: every table of theirs asks for the same.
#[derive(Debug)]
pub struct Orders {
    /// A JSON list of hexadecimal ids, for SQLite.
    ids: String,
    /// Of the events themselves those between these numbers only; `None`: all of the orders.
    events: Option<(i64, i64)>,
}

impl Orders {
    /// Those that are open, or to which something happened after an event.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn live(conn: &Connection, after: i64) -> DbResult<Self> {
        let sql = "SELECT json_group_array(hex(order_id)) FROM
                   (SELECT order_id FROM orders WHERE ended_at IS NULL UNION SELECT order_id FROM order_event WHERE seq > ?1)";
        Self::found(conn, sql, &[after], None)
    }

    /// Those to which something happened between an event (that does not count) and another.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn old(conn: &Connection, after: i64, upto: i64) -> DbResult<Self> {
        let sql = "SELECT json_group_array(hex(order_id)) FROM
                   (SELECT DISTINCT order_id FROM order_event WHERE seq > ?1 AND seq <= ?2)";
        Self::found(conn, sql, &[after, upto], Some((after, upto)))
    }

    fn found(conn: &Connection, sql: &str, between: &[i64], events: Option<(i64, i64)>) -> DbResult<Self> {
        let ids = one(conn, sql, rusqlite::params_from_iter(between), |r| r.get(0))?.unwrap_or_default();
        Ok(Self { ids, events })
    }
}

/// For tables that are cut by time: the column of time, and the device column that leads their key.
pub fn time_key(table: &str) -> Option<(&'static str, Option<&'static str>)> {
    match table {
        "command" => Some(("at", None)),
        "reading" => Some(("at", Some("sensor"))),
        "weight_reading" => Some(("at", Some("scale"))),
        _ => None,
    }
}

/// Every table of the database, by name.
///
/// # Errors
/// A fault of the database.
pub fn tables(conn: &Connection) -> DbResult<Vec<Table>> {
    let names = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~' ORDER BY name";
    let names: Vec<String> = all(conn, names, [], |r| r.get(0))?;
    let of = "SELECT name, pk FROM pragma_table_info(?1) ORDER BY cid";
    names
        .into_iter()
        .map(|name| {
            let columns: Vec<(String, i64)> = all(conn, of, [&name], |r| Ok((r.get(0)?, r.get(1)?)))?;
            let mut key: Vec<(i64, usize)> = columns
                .iter()
                .enumerate()
                .filter(|(_, (_, pk))| *pk > 0)
                .map(|(n, (_, pk))| (*pk, n))
                .collect();
            key.sort_unstable();
            let columns = columns.into_iter().map(|(name, _)| name).collect();
            Ok(Table { name, columns, key: key.into_iter().map(|(_, n)| n).collect() })
        })
        .collect()
}

/// Gives every row of a part to `each`, in the order of the table's key.
///
/// # Errors
/// A fault of the database, or what `each` says.
pub fn read<E: From<super::DbError>>(
    conn: &Connection,
    table: &Table,
    part: Part<'_>,
    mut each: impl FnMut(Vec<Cell>) -> Result<(), E>,
) -> Result<(), E> {
    let (filter, params) = filter(&table.name, part);
    let columns = table.columns.join(", ");
    let key: Vec<&str> = table.key.iter().filter_map(|n| table.columns.get(*n)).map(String::as_str).collect();
    let order = if key.is_empty() { "rowid".to_owned() } else { key.join(", ") };
    let sql = format!("SELECT {columns} FROM {} AS t {filter} ORDER BY {order}", table.name);
    let mut statement = conn.prepare_cached(&sql).map_err(super::DbError::from)?;
    let mut rows = statement.query(rusqlite::params_from_iter(params)).map_err(super::DbError::from)?;
    while let Some(row) = rows.next().map_err(super::DbError::from)? {
        let cells = (0..table.columns.len()).map(|n| cell(row.get_ref(n)?));
        each(cells.collect::<rusqlite::Result<_>>().map_err(super::DbError::from)?)?;
    }
    Ok(())
}

/// What stands after the table's name, and what is bound to it.
fn filter(table: &str, part: Part<'_>) -> (String, Vec<Value>) {
    match part {
        Part::Whole => (String::new(), Vec::new()),
        Part::Of(orders) => of_orders(table, orders),
        Part::Span { from, to } => {
            let span = match time_key(table) {
                Some((at, Some(device))) => {
                    format!("WHERE {device} IN (SELECT device FROM device) AND {at} >= ?1 AND {at} < ?2")
                }
                Some((at, None)) => format!("WHERE {at} >= ?1 AND {at} < ?2"),
                None => return (String::new(), Vec::new()),
            };
            (span, vec![from.into(), to.into()])
        }
    }
}

fn of_orders(table: &str, orders: &Orders) -> (String, Vec<Value>) {
    let ids = "SELECT unhex(value) FROM json_each(?1)";
    let filter = match (table, orders.events) {
        ("order_event", Some((after, upto))) => {
            return ("WHERE seq > ?1 AND seq <= ?2".to_owned(), vec![after.into(), upto.into()]);
        }
        ("bag_item", _) => format!("WHERE bag IN (SELECT bag FROM bag WHERE order_id IN ({ids}))"),
        // Papers that belong to no order are few; they go with the living.
        ("print_job", None) => format!("WHERE order_id IN ({ids}) OR order_id IS NULL"),
        _ => format!("WHERE order_id IN ({ids})"),
    };
    (filter, vec![orders.ids.clone().into()])
}

fn cell(value: ValueRef<'_>) -> rusqlite::Result<Cell> {
    Ok(match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(n) => Cell::Int(n),
        ValueRef::Real(n) => Cell::Real(n),
        ValueRef::Text(text) => Cell::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Cell::Blob(bytes.to_vec()),
    })
}

/// The oldest moment in a table that is cut by time.
///
/// # Errors
/// A fault of the database.
pub fn oldest(conn: &Connection, table: &str) -> DbResult<Option<i64>> {
    let Some((at, device)) = time_key(table) else { return Ok(None) };
    let sql = match device {
        None => format!("SELECT min({at}) FROM {table}"),
        Some(device) => format!(
            "SELECT min(oldest) FROM (SELECT (SELECT min({at}) FROM {table} WHERE {device} = d.device) AS oldest FROM device AS d)"
        ),
    };
    Ok(one(conn, &sql, [], |r| r.get::<_, Option<i64>>(0))?.flatten())
}

/// A run of the ledger of at most `most` rows after a number, with the hash before it and the moment of its last row.
/// `None` where there is no row.
///
/// # Errors
/// A fault of the database.
pub fn ledger_part(
    conn: &Connection,
    (after, before): (i64, Hash),
    most: u32,
) -> DbResult<Option<(LedgerPart, Hash, i64)>> {
    let rows = ledger::after(conn, after, most)?;
    let Some((first, last)) = rows.first().zip(rows.last()) else { return Ok(None) };
    let (first, at) = (first.0.seq, last.0.at.ms());
    let mut part = LedgerPart { first, before, rows: Vec::with_capacity(rows.len()), odd: Vec::new() };
    let mut hash = before;
    for (place, (entry, stored)) in rows.into_iter().enumerate() {
        let follows = chain::next(&hash, &entry);
        hash = stored.as_slice().try_into().unwrap_or(follows);
        if hash != follows || stored.len() != hash.len() {
            part.odd.push((u32::try_from(place).unwrap_or(u32::MAX), stored));
        }
        part.rows.push(row_of(entry));
    }
    Ok(Some((part, hash, at)))
}

fn row_of(e: Entry) -> LedgerRow {
    LedgerRow {
        at: e.at.ms(),
        words: [e.kind, e.sku, e.lot, e.bin, e.person, e.device, e.why, e.reference],
        numbers: [e.qty, e.on_hand.0, e.on_hand.1, e.reserved.0, e.reserved.1, e.blocked.0, e.blocked.1],
        command: e.command,
    }
}

/// The `most`-th order event after a number and its moment; `None` while there are fewer.
///
/// # Errors
/// A fault of the database.
pub fn event_after(conn: &Connection, after: i64, most: u32) -> DbResult<Option<(i64, i64)>> {
    let sql = "SELECT seq, at FROM order_event WHERE seq > ?1 ORDER BY seq LIMIT 1 OFFSET ?2";
    one(conn, sql, (after, most.saturating_sub(1)), |r| Ok((r.get(0)?, r.get(1)?)))
}

/// The number of the last event of orders; nought without any.
///
/// # Errors
/// A fault of the database.
pub fn last_event(conn: &Connection) -> DbResult<i64> {
    number(conn, "SELECT COALESCE(max(seq), 0) FROM order_event", [])
}

/// The number of the schema.
///
/// # Errors
/// A fault of the database.
pub fn schema(conn: &Connection) -> DbResult<i64> {
    number(conn, "SELECT user_version FROM pragma_user_version", [])
}

/// A reader for backups.
///
/// # Errors
/// When there is no database.
pub fn reader(path: &std::path::Path) -> DbResult<ReadDb> {
    ReadDb::open(path)
}
