//! Single numbers and texts that the node remembers: how far logs have come, boot number, epoch, last business day.

use super::{Connection, DbResult, number, one, run};

/// A number the node remembers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Starts of this database's process; part of the document actor.
    Boot,
    /// The store's epoch E.
    Epoch,
    /// The hub's generation G.
    Generation,
    /// The newest frame version that the hub was heard to read; 0 before the first session.
    HubVersion,
    /// Counter orders so far; makes their short numbers.
    CounterOrders,
    /// Last row of the ledger that the granting has looked at.
    GrantSeen,
    /// The last day that rights were granted up to, days since 1970.
    GrantHorizon,
    /// Last row of the ledger that the hub was seen to have.
    LedgerShipped,
    /// Last reading that the hub was seen to have.
    ReadingsShipped,
    /// Last look at the shelf that was told.
    StockTick,
    /// The hour of it; below nought when the whole shelf is to be told again.
    StockHour,
    /// The epoch of it.
    StockEpoch,
    /// Last row of the ledger that it has looked at.
    StockSeen,
    /// Last look at the alarms that was told.
    AlarmsLook,
    /// The time that counted last.
    CountedAt,
    /// The last time of the hub that was believed.
    HubTime,
    /// Since when the machine's clock is wrong; 0 while it is right.
    ClockWrongSince,
    /// Since when the database is larger than planned; 0 while it is not.
    DiskFillingSince,
    /// The last business day whose beginning was handled, days since 1970.
    BusinessDay,
}

impl Mark {
    const fn name(self) -> &'static str {
        match self {
            Mark::Boot => "boot",
            Mark::Epoch => "epoch",
            Mark::Generation => "generation",
            Mark::HubVersion => "hub_version",
            Mark::CounterOrders => "counter_orders",
            Mark::GrantSeen => "grant_seen",
            Mark::GrantHorizon => "grant_horizon",
            Mark::LedgerShipped => "ledger_shipped",
            Mark::ReadingsShipped => "readings_shipped",
            Mark::StockTick => "stock_tick",
            Mark::StockHour => "stock_hour",
            Mark::StockEpoch => "stock_epoch",
            Mark::StockSeen => "stock_seen",
            Mark::AlarmsLook => "alarms_look",
            Mark::CountedAt => "counted_at",
            Mark::HubTime => "hub_time",
            Mark::ClockWrongSince => "clock_wrong_since",
            Mark::DiskFillingSince => "disk_filling_since",
            Mark::BusinessDay => "business_day",
        }
    }
}

/// The number; 0 if it was never set.
///
/// # Errors
/// A fault of the database.
pub fn get(conn: &Connection, mark: Mark) -> DbResult<i64> {
    let found = one(conn, "SELECT value FROM mark WHERE name = ?1", [mark.name()], |row| row.get(0))?;
    Ok(found.unwrap_or(0))
}

/// As [`get`], for numbers that are never negative.
///
/// # Errors
/// A fault of the database.
pub fn count(conn: &Connection, mark: Mark) -> DbResult<u64> {
    Ok(u64::try_from(get(conn, mark)?).unwrap_or(0))
}

/// Sets the number.
///
/// # Errors
/// A fault of the database.
pub fn set(conn: &Connection, mark: Mark, value: i64) -> DbResult<()> {
    let sql = "INSERT INTO mark (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2";
    run(conn, sql, (mark.name(), value)).map(|_| ())
}

/// Adds one and gives the new number.
///
/// # Errors
/// A fault of the database.
pub fn bump(conn: &Connection, mark: Mark) -> DbResult<i64> {
    let sql =
        "INSERT INTO mark (name, value) VALUES (?1, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1
               RETURNING value";
    number(conn, sql, [mark.name()])
}

/// A text by name.
///
/// # Errors
/// A fault of the database.
pub fn text(conn: &Connection, name: &str) -> DbResult<Option<String>> {
    one(conn, "SELECT value FROM meta WHERE name = ?1", [name], |row| row.get(0))
}

/// Sets a text.
///
/// # Errors
/// A fault of the database.
pub fn set_text(conn: &Connection, name: &str, value: &str) -> DbResult<()> {
    let sql = "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2";
    run(conn, sql, (name, value)).map(|_| ())
}
