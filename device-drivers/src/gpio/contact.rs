//! A door's contact: levels to openings and shuttings, without its bouncing. Reads no clock.

use std::time::Duration;

/// A door has moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// It stands open now.
    pub open: bool,
    /// When the contact first said so.
    pub since: Duration,
}

/// One contact. It counts what has rested for its debounce time; what bounces longer is said when it rests.
#[derive(Debug)]
pub struct Contact {
    debounce: Duration,
    /// As it was said last; `None` before the first time.
    open: Option<bool>,
    /// What the contact says now, and since when.
    says: Option<(bool, Duration)>,
}

impl Contact {
    /// A contact that must rest for `debounce`.
    #[must_use]
    pub const fn new(debounce: Duration) -> Self {
        Self { debounce, open: None, says: None }
    }

    /// Takes the level as it is now; gives the change at the moment it counts.
    pub fn sample(&mut self, open: bool, now: Duration) -> Option<Change> {
        let since = match self.says {
            Some((said, since)) if said == open => since,
            Some(_) | None => {
                self.says = Some((open, now));
                now
            }
        };
        if self.open == Some(open) || now.saturating_sub(since) < self.debounce {
            return None;
        }
        self.open = Some(open);
        Some(Change { open, since })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(number: u64) -> Duration {
        Duration::from_millis(number)
    }

    #[test]
    fn a_bouncing_contact_changes_once_and_when_it_first_moved() {
        let mut contact = Contact::new(ms(50));
        assert_eq!(contact.sample(false, ms(0)), None);
        assert_eq!(
            contact.sample(false, ms(50)),
            Some(Change { open: false, since: ms(0) }),
            "how it stands"
        );
        let bounces = [(100, true), (110, false), (120, true), (130, false), (140, true), (180, true)];
        for (at, open) in bounces {
            assert_eq!(contact.sample(open, ms(at)), None, "{at}");
        }
        assert_eq!(contact.sample(true, ms(190)), Some(Change { open: true, since: ms(140) }));
        assert_eq!(contact.sample(true, ms(10_000)), None, "said once");
        assert_eq!(contact.sample(false, ms(10_010)), None);
        assert_eq!(contact.sample(true, ms(10_020)), None, "somebody leant on the door");
        assert_eq!(contact.sample(true, ms(10_090)), None);
    }
}
