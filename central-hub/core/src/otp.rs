//! One-time passwords: six digits, ten minutes, five tries, used once (REQ-55).

use model::Timestamp;
use model::time::MINUTE_MS;

/// How long a code is good.
pub const LIFE_MS: i64 = 10 * MINUTE_MS;
/// Wrong tries before a code is dead.
pub const TRIES: u32 = 5;
/// Codes one phone may ask for within [`LIFE_MS`].
pub const ASKS: u32 = 5;

/// What the hub remembers of a code. The code itself is kept only as a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OtpState {
    /// When it was sent.
    pub sent_at: Timestamp,
    /// Wrong tries so far.
    pub wrong: u32,
    /// It has opened a session already.
    pub used: bool,
}

/// What a try comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Try {
    /// Right: mark it used.
    Right,
    /// Wrong: count it; so many tries are left.
    Wrong {
        /// Tries left.
        left: u32,
    },
    /// Too old or used: ask for a new one.
    Over,
    /// Too many wrong tries: ask for a new one.
    Dead,
}

/// Judges a try; `matches` says whether the hashes agree.
pub fn judge(state: OtpState, now: Timestamp, matches: bool) -> Try {
    if state.used || now.since_ms(state.sent_at) > LIFE_MS {
        return Try::Over;
    }
    if state.wrong >= TRIES {
        return Try::Dead;
    }
    if matches { Try::Right } else { Try::Wrong { left: TRIES - state.wrong - 1 } }
}

/// E.164: a plus and 8 to 15 digits, the first not nought.
pub fn is_phone(text: &str) -> bool {
    let Some(digits) = text.strip_prefix('+') else { return false };
    (8..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(wrong: u32, used: bool) -> OtpState {
        OtpState { sent_at: Timestamp::from_ms(0), wrong, used }
    }

    #[test]
    fn a_code_dies_of_age_use_and_wrong_tries() {
        let soon = Timestamp::from_ms(1);
        assert_eq!(judge(state(0, false), soon, true), Try::Right);
        assert_eq!(judge(state(4, false), soon, false), Try::Wrong { left: 0 });
        assert_eq!(judge(state(5, false), soon, true), Try::Dead);
        assert_eq!(judge(state(0, true), soon, true), Try::Over);
        assert_eq!(judge(state(0, false), Timestamp::from_ms(LIFE_MS + 1), true), Try::Over);
    }

    #[test]
    fn phones_are_e164() {
        assert!(is_phone("+919800000001"));
        for bad in ["", "919800000001", "+0198000000", "+91 98000", "+9198000000012345678", "+91980000000a"] {
            assert!(!is_phone(bad), "{bad}");
        }
    }
}
