//! The temperature log's own rules: when something is missing in it, and when a clock can be trusted.

use model::Timestamp;
use model::time::MINUTE_MS;

/// Where a sensor's log stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// When the reading was taken.
    pub at: Timestamp,
    /// The run of the agent that took it.
    pub session: i64,
    /// Its number in that run, from 1; 0 where readings are not numbered.
    pub seq: i64,
}

/// Whether readings are missing between two marks: too long a silence, or a number left out.
pub fn is_gap(before: Option<Mark>, now: Mark, silent_ms: i64) -> bool {
    let Some(before) = before else { return false };
    let next = if now.session == before.session { before.seq.saturating_add(1) } else { 1 };
    let numbered = now.seq > 0 && before.seq > 0;
    now.at.since_ms(before.at) > silent_ms || (numbered && now.seq > next)
}

/// How an agent's clock stands to the node's when a reading comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// Together, as far as the way of a reading allows.
    Trusted,
    /// The reading is from a while ago: it waited for the broker, or the clock is slow.
    Late,
    /// The agent's clock runs ahead.
    Ahead,
    /// Nobody noted when it came.
    Unknown,
}

impl Clock {
    /// The word in reports.
    pub const fn word(self) -> &'static str {
        match self {
            Clock::Trusted => "trusted",
            Clock::Late => "late",
            Clock::Ahead => "ahead",
            Clock::Unknown => "unknown",
        }
    }

    /// The other way.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Clock::Trusted, Clock::Late, Clock::Ahead, Clock::Unknown]
            .into_iter()
            .find(|clock| clock.word() == word)
    }

    /// Judged by when a reading was taken and when it was heard of.
    pub fn judge(at: Timestamp, heard: Timestamp) -> Self {
        let way = heard.since_ms(at);
        if heard.ms() == 0 {
            Clock::Unknown
        } else if way < -2_000 {
            Clock::Ahead
        } else if way > MINUTE_MS {
            Clock::Late
        } else {
            Clock::Trusted
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(second: i64, session: i64, seq: i64) -> Mark {
        Mark { at: Timestamp::from_ms(second * 1_000), session, seq }
    }

    #[test]
    fn a_left_out_number_or_a_long_silence_is_a_gap() {
        let first = Some(mark(0, 1, 7));
        assert!(!is_gap(None, mark(0, 1, 9), 60_000));
        assert!(!is_gap(first, mark(5, 1, 8), 60_000));
        assert!(is_gap(first, mark(5, 1, 9), 60_000));
        assert!(is_gap(first, mark(61, 1, 8), 60_000));
        assert!(!is_gap(first, mark(5, 2, 1), 60_000), "the agent began anew");
        assert!(is_gap(first, mark(5, 2, 2), 60_000));
        assert!(!is_gap(Some(mark(0, 0, 0)), mark(5, 1, 4), 60_000), "readings of before are not numbered");
    }

    #[test]
    fn clocks_are_compared_when_a_reading_comes() {
        let judge = |at, heard| Clock::judge(Timestamp::from_ms(at), Timestamp::from_ms(heard));
        assert_eq!(judge(100_000, 100_400), Clock::Trusted);
        assert_eq!(judge(100_000, 97_000), Clock::Ahead);
        assert_eq!(judge(100_000, 200_000), Clock::Late);
        assert_eq!(judge(100_000, 0), Clock::Unknown);
    }
}
