//! The one place of the store node that reads a clock. Never decides anything: flows and peers get `now` as an argument.

use model::Timestamp;
use std::time::UNIX_EPOCH;

/// The machine's clock as UTC milliseconds; a clock before 1970 reads as 0.
#[expect(
    clippy::disallowed_methods,
    reason = "the adapter's one reading of the clock; everything below takes `now`"
)]
pub fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_ms(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
