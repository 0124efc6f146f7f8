//! When documents may be compared in a session that opened while records were on their way: what is behind differs then, and
//! nothing says which of it is lost. Never here: which documents, and how they are repaired.

/// A session in which something is always on its way compares all the same after so long, milliseconds: a difference that is
/// only late costs a few hundred bytes.
const AT_LAST_MS: i64 = 10 * 60_000;

/// Whether a comparison is owed on this connection.
#[derive(Debug, Default)]
pub(super) struct Quiet {
    owed: Option<Owed>,
}

#[derive(Debug)]
struct Owed {
    at_last: i64,
    since: Option<i64>,
}

impl Quiet {
    /// A session opened in which nothing could be compared.
    pub(super) fn owe(&mut self, ms: i64) {
        self.owed = Some(Owed { at_last: ms.saturating_add(AT_LAST_MS), since: None });
    }

    /// The session is over, or has compared.
    pub(super) fn forget(&mut self) {
        self.owed = None;
    }

    /// A record or its acknowledgement came or went.
    pub(super) fn moved(&mut self) {
        if let Some(owed) = &mut self.owed {
            owed.since = None;
        }
    }

    /// When to look again.
    pub(super) fn due_at(&self, wait_ms: u64) -> Option<i64> {
        let owed = self.owed.as_ref()?;
        Some(
            owed.since.map_or(owed.at_last, |since| since.saturating_add_unsigned(wait_ms).min(owed.at_last)),
        )
    }

    /// Whether the moment has come, once. `level`: the other side has acknowledged everything of the own log.
    pub(super) fn has_come(&mut self, ms: i64, level: bool, wait_ms: u64) -> bool {
        let Some(owed) = &mut self.owed else { return false };
        owed.since = if level { owed.since.or(Some(ms)) } else { None };
        let quiet = owed.since.is_some_and(|since| ms >= since.saturating_add_unsigned(wait_ms));
        let come = quiet || ms >= owed.at_last;
        if come {
            self.owed = None;
        }
        come
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_comes_once_when_nothing_moves_or_at_last() {
        let mut quiet = Quiet::default();
        assert!(!quiet.has_come(0, true, 100) && quiet.due_at(100).is_none(), "nothing is owed");
        quiet.owe(0);
        assert!(!quiet.has_come(10, false, 100));
        assert_eq!(quiet.due_at(100), Some(AT_LAST_MS));
        assert!(!quiet.has_come(20, true, 100));
        assert_eq!(quiet.due_at(100), Some(120));
        quiet.moved();
        assert!(!quiet.has_come(130, true, 100), "something moved meanwhile");
        assert!(quiet.has_come(230, true, 100));
        assert!(!quiet.has_come(1_000, true, 100), "once");
        quiet.owe(0);
        assert!(!quiet.has_come(AT_LAST_MS - 1, false, 100) && quiet.has_come(AT_LAST_MS, false, 100));
    }
}
