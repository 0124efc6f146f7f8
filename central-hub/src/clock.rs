//! The one place of the hub that reads a clock. Flows, views and peers get `now` as an argument.

use model::Timestamp;
use std::time::UNIX_EPOCH;

/// The machine's clock as UTC milliseconds; before 1970 reads as nought.
#[expect(clippy::disallowed_methods, reason = "the adapter's one reading of the clock; all below take `now`")]
pub fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_ms(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
