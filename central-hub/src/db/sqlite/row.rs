//! Reading and writing the house's words as SQLite values. No queries here.

use crate::db::DbFault;
use ::sync::lane::Lane;
use model::{Moment, OrderState, Qty, Timestamp};
use rusqlite::Row;
use rusqlite::types::Type;
use std::fmt::Display;
use std::str::FromStr;

/// A value that cannot be true, named by its column.
pub(super) fn wrong(column: usize, why: impl Display) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, why.to_string().into())
}

/// A code such as a SKU.
pub(super) fn code<T>(row: &Row<'_>, column: usize) -> rusqlite::Result<T>
where
    T: FromStr,
    T::Err: Display,
{
    let text: String = row.get(column)?;
    text.parse().map_err(|e: T::Err| wrong(column, e))
}

/// A machine id of sixteen bytes.
pub(super) fn id<T>(row: &Row<'_>, column: usize, make: fn([u8; 16]) -> T) -> rusqlite::Result<T> {
    Ok(make(row.get(column)?))
}

/// A machine id that may be missing.
pub(super) fn id_opt<T>(
    row: &Row<'_>,
    column: usize,
    make: fn([u8; 16]) -> T,
) -> rusqlite::Result<Option<T>> {
    Ok(row.get::<_, Option<[u8; 16]>>(column)?.map(make))
}

/// A time.
pub(super) fn time(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    Ok(Timestamp::from_ms(row.get(column)?))
}

/// A time that may be missing.
pub(super) fn time_opt(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Timestamp>> {
    Ok(row.get::<_, Option<i64>>(column)?.map(Timestamp::from_ms))
}

/// Money.
pub(super) fn paise(row: &Row<'_>, column: usize) -> rusqlite::Result<model::Paise> {
    Ok(model::Paise::new(row.get(column)?))
}

/// A quantity.
pub(super) fn qty(row: &Row<'_>, column: usize) -> rusqlite::Result<Qty> {
    Qty::new(row.get(column)?).map_err(|e| wrong(column, e))
}

/// A count that is never negative.
pub(super) fn count(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let value: i64 = row.get(column)?;
    u64::try_from(value).map_err(|e| wrong(column, e))
}

/// A word that stands for a value.
pub(super) fn word<T>(row: &Row<'_>, column: usize, read: fn(&str) -> Option<T>) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    read(&text).ok_or_else(|| wrong(column, format!("unknown word {text}")))
}

/// A JSON text.
pub(super) fn json<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|e| wrong(column, e))
}

/// To JSON text.
pub(super) fn to_json<T: serde::Serialize>(value: &T) -> Result<String, DbFault> {
    serde_json::to_string(value).map_err(|e| DbFault::Corrupt(e.to_string()))
}

/// A count as SQLite keeps it.
pub(super) fn int(value: u64) -> Result<i64, DbFault> {
    i64::try_from(value).map_err(|_| DbFault::Corrupt(format!("{value} is too large")))
}

/// A lane as its column has it.
pub(super) fn lane(lane: Lane) -> Result<i64, DbFault> {
    int(lane.index() as u64)
}

/// The order state of its word.
pub(super) fn state(word: &str) -> Option<OrderState> {
    serde_json::from_value(serde_json::Value::String(word.to_owned())).ok()
}

/// The moment of its document key.
pub(super) fn moment(word: &str) -> Option<Moment> {
    Moment::from_field(word)
}
