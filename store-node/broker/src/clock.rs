//! The broker's one look at the clock: expiry of sessions and messages.

/// Milliseconds since 1970.
#[expect(clippy::disallowed_methods, reason = "the adapter that reads the clock for the whole broker")]
pub(crate) fn now_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
