//! Columns to the house's own types. A column that cannot be what it should be is a fault with the column's name.

use model::{Date, Qty, Timestamp};
use rusqlite::Row;
use rusqlite::types::{Type, ValueRef};
use std::str::FromStr;

type Read<T> = rusqlite::Result<T>;

fn bad(column: usize, kind: Type, error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, kind, Box::new(error))
}

/// A text that does not read as the type.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not {1}")]
struct NotA(String, &'static str);

/// A code or a date written as text.
pub(super) fn code<T>(row: &Row<'_>, column: usize) -> Read<T>
where
    T: FromStr,
    T::Err: std::error::Error + Send + Sync + 'static,
{
    let text: String = row.get(column)?;
    text.parse().map_err(|error| bad(column, Type::Text, error))
}

/// A code that may be missing.
pub(super) fn code_or<T>(row: &Row<'_>, column: usize) -> Read<Option<T>>
where
    T: FromStr,
    T::Err: std::error::Error + Send + Sync + 'static,
{
    let text: Option<String> = row.get(column)?;
    text.map(|text| text.parse().map_err(|error| bad(column, Type::Text, error))).transpose()
}

/// A word of one of our enums.
pub(super) fn word<T>(
    row: &Row<'_>,
    column: usize,
    what: &'static str,
    of: fn(&str) -> Option<T>,
) -> Read<T> {
    let text: String = row.get(column)?;
    of(&text).ok_or_else(|| bad(column, Type::Text, NotA(text, what)))
}

/// Sixteen bytes of a machine id.
pub(super) fn id<T>(row: &Row<'_>, column: usize, of: fn([u8; 16]) -> T) -> Read<T> {
    row.get::<_, [u8; 16]>(column).map(of)
}

/// Units.
pub(super) fn qty(row: &Row<'_>, column: usize) -> Read<Qty> {
    Qty::new(row.get(column)?).map_err(|error| bad(column, Type::Integer, error))
}

/// A moment.
pub(super) fn time(row: &Row<'_>, column: usize) -> Read<Timestamp> {
    row.get(column).map(Timestamp::from_ms)
}

/// A moment that may be missing.
pub(super) fn time_or(row: &Row<'_>, column: usize) -> Read<Option<Timestamp>> {
    row.get::<_, Option<i64>>(column).map(|ms| ms.map(Timestamp::from_ms))
}

/// A calendar date that may be missing.
pub(super) fn date_or(row: &Row<'_>, column: usize) -> Read<Option<Date>> {
    row.get::<_, Option<i64>>(column).map(|days| days.map(Date::from_days))
}

/// A stored word of a serde enum, the way it stands in JSON.
pub(super) fn json<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: usize) -> Read<T> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|error| bad(column, Type::Text, error))
}

/// The word of a fieldless serde enum, without quotes.
pub(super) fn serde_word<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: usize) -> Read<T> {
    let text: String = row.get(column)?;
    serde_json::from_value(serde_json::Value::String(text)).map_err(|error| bad(column, Type::Text, error))
}

/// The first `columns` of a row for a person, whatever stands in them: what names a row that does not read.
pub(super) fn shown(row: &Row<'_>, columns: usize) -> Read<String> {
    let one = |column| {
        Ok(match row.get_ref(column)? {
            ValueRef::Null => "nothing".to_owned(),
            ValueRef::Integer(number) => number.to_string(),
            ValueRef::Real(number) => number.to_string(),
            ValueRef::Text(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            ValueRef::Blob(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        })
    };
    Ok((0..columns).map(one).collect::<Read<Vec<String>>>()?.join(" "))
}

/// The other way: how serde writes a fieldless enum.
pub(super) fn to_word<T: serde::Serialize>(value: &T) -> super::DbResult<String> {
    let written = serde_json::to_value(value)?;
    let word = written.as_str().map(str::to_owned);
    word.ok_or_else(|| super::DbError::Corrupt(format!("{written} is no word")))
}
