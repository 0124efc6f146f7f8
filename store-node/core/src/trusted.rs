//! Time that a wrong clock cannot turn back or throw ahead (TRUST.md): the machine's wall clock is believed as long as it goes
//! like the machine's steady one, and, at a start, as long as it lies where it can lie after the time the machine may have
//! been off. Otherwise - 1970 after a dead battery, three days back, a month ahead - the steady clock goes on from the last
//! believed time, and the doubt is told, until the wall clock comes back or somebody who knows says the time: the hub, or a
//! manager who looked at a watch. By itself this time never goes back; those two may set it back. Pure: both clocks are
//! arguments.

use model::Timestamp;
use model::time::{DAY_MS, MINUTE_MS};

/// A step that a time service may make while the machine runs: believed at once.
pub const STEP_MS: i64 = 15 * MINUTE_MS;
/// The longest time that a machine was off and its clock is believed all the same.
pub const OFF_MS: i64 = 14 * DAY_MS;
/// 2026-01-01: no clock that says less has ever been set.
pub const NEVER_BEFORE: Timestamp = Timestamp::from_ms(1_767_225_600_000);

/// The wall clock says something else than it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Doubt {
    /// Milliseconds by which it is ahead of the time that counts; negative: behind.
    pub ahead_ms: i64,
}

/// See the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trusted {
    /// A believed time, and what the steady clock said then.
    anchor: (Timestamp, i64),
    /// The last time given.
    last: Timestamp,
    /// The last time that the hub said and that was believed.
    hub: Option<Timestamp>,
    doubt: Option<Doubt>,
}

impl Trusted {
    /// Begins with the last time that counted and the last one of the hub, as far as they are remembered. `steady_ms` counts
    /// from anywhere.
    pub fn begin(
        known: Option<Timestamp>,
        hub: Option<Timestamp>,
        (wall, steady_ms): (Timestamp, i64),
    ) -> Self {
        let ahead_ms = known.map_or(0, |known| wall.since_ms(known));
        let believed = wall >= NEVER_BEFORE && (-STEP_MS..=OFF_MS).contains(&ahead_ms);
        let (last, doubt) = match known {
            // A new machine whose clock was never set: there is nothing better.
            None => (wall, (wall < NEVER_BEFORE).then_some(Doubt { ahead_ms: wall.since_ms(NEVER_BEFORE) })),
            Some(known) if believed => (wall.max(known), None),
            Some(known) => (known, Some(Doubt { ahead_ms })),
        };
        let anchor = if doubt.is_none() { wall } else { last };
        Self { anchor: (anchor, steady_ms), last, hub, doubt }
    }

    /// The time that counts.
    pub fn now(&mut self, (wall, steady_ms): (Timestamp, i64)) -> Timestamp {
        let ahead_ms = wall.since_ms(self.expected(steady_ms));
        if ahead_ms.saturating_abs() <= STEP_MS && wall >= NEVER_BEFORE {
            self.anchor = (wall, steady_ms);
            self.doubt = None;
        } else {
            self.doubt = Some(Doubt { ahead_ms });
        }
        self.last = self.last.max(self.expected(steady_ms));
        self.last
    }

    /// The hub says its time; says whether it is believed. One that is before what it said earlier is not: then its own clock
    /// is wrong.
    pub fn hub_says(&mut self, told: Timestamp, (wall, steady_ms): (Timestamp, i64)) -> bool {
        let least = self.hub.map_or(NEVER_BEFORE, |hub| hub.plus_ms(-STEP_MS));
        if told < least {
            return false;
        }
        self.hub = Some(told);
        let counts = self.now((wall, steady_ms));
        if told.since_ms(counts).saturating_abs() > STEP_MS {
            (self.anchor, self.last) = ((told, steady_ms), told);
            self.now((wall, steady_ms));
        }
        true
    }

    /// A person who knows says that the wall clock is right.
    pub fn believe_wall(&mut self, (wall, steady_ms): (Timestamp, i64)) -> Timestamp {
        (self.anchor, self.last) = ((wall, steady_ms), wall);
        self.now((wall, steady_ms))
    }

    /// What is wrong with the wall clock.
    pub const fn doubt(&self) -> Option<Doubt> {
        self.doubt
    }

    /// The last time of the hub that was believed.
    pub const fn hub(&self) -> Option<Timestamp> {
        self.hub
    }

    fn expected(&self, steady_ms: i64) -> Timestamp {
        let (at, then) = self.anchor;
        at.plus_ms(steady_ms.saturating_sub(then).max(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::time::HOUR_MS;

    const NOON: Timestamp = Timestamp::from_ms(1_795_242_600_000);
    const CLOCKS: [(&str, i64); 3] =
        [("1970", -NOON.ms()), ("three days back", -3 * DAY_MS), ("a month ahead", 30 * DAY_MS)];

    fn running() -> Trusted {
        Trusted::begin(Some(NOON), None, (NOON, 500))
    }

    #[test]
    fn a_clock_that_jumps_while_the_store_runs_changes_nothing() {
        for (what, jump) in CLOCKS {
            let mut clock = running();
            for minute in 1..=60 {
                let later = NOON.plus_ms(minute * MINUTE_MS);
                assert_eq!(clock.now((later.plus_ms(jump), 500 + minute * MINUTE_MS)), later, "{what}");
                assert!(clock.doubt().is_some_and(|doubt| doubt.ahead_ms == jump), "{what}");
            }
            let later = NOON.plus_ms(HOUR_MS + 7);
            assert_eq!(clock.now((later, 500 + HOUR_MS)), later, "{what}: it came back");
            assert_eq!(clock.doubt(), None);
        }
    }

    #[test]
    fn a_store_that_boots_with_a_wrong_clock_goes_on_from_where_it_was() {
        for (what, jump) in CLOCKS {
            let mut clock = Trusted::begin(Some(NOON), None, (NOON.plus_ms(jump), 3));
            assert!(clock.doubt().is_some(), "{what}");
            assert_eq!(clock.now((NOON.plus_ms(jump + 1_000), 1_003)), NOON.plus_ms(1_000), "{what}");
            // Switched off and on again meanwhile: it is not held, and not lost.
            let mut again = Trusted::begin(Some(NOON.plus_ms(1_000)), None, (NOON.plus_ms(jump), 0));
            assert_eq!(again.now((NOON.plus_ms(jump), 0)), NOON.plus_ms(1_000), "{what}");
        }
    }

    #[test]
    fn a_store_that_was_off_for_a_week_boots_with_its_clock() {
        let monday = NOON.plus_ms(7 * DAY_MS);
        let mut clock = Trusted::begin(Some(NOON), None, (monday, 0));
        assert_eq!((clock.now((monday, 0)), clock.doubt()), (monday, None));
        let mut new = Trusted::begin(None, None, (monday, 0));
        assert_eq!((new.now((monday, 0)), new.doubt()), (monday, None), "a new store");
    }

    #[test]
    fn small_steps_are_believed_and_never_turn_time_back() {
        let mut clock = running();
        assert_eq!(clock.now((NOON.plus_ms(60_000), 30_500)), NOON.plus_ms(60_000));
        assert_eq!(clock.now((NOON.plus_ms(-60_000), 31_500)), NOON.plus_ms(60_000), "not back");
        assert_eq!(clock.now((NOON.plus_ms(90_000), 181_500)), NOON.plus_ms(90_000));
        assert_eq!(clock.doubt(), None);
    }

    #[test]
    fn the_hub_and_a_manager_settle_a_doubt() {
        let away = NOON.plus_ms(40 * DAY_MS);
        let mut clock = Trusted::begin(Some(NOON), None, (away, 0));
        assert!(clock.doubt().is_some(), "off for forty days, or wrong");
        assert!(clock.hub_says(away.plus_ms(2_000), (away, 0)));
        assert_eq!((clock.now((away, 0)), clock.doubt()), (away.plus_ms(2_000), None));
        let mut clock = Trusted::begin(Some(NOON), None, (away, 0));
        assert_eq!((clock.believe_wall((away, 0)), clock.doubt()), (away, None));
        // The hub's time counts, and the wall clock is still wrong.
        let mut clock = Trusted::begin(Some(NOON), None, (Timestamp::from_ms(9), 0));
        assert!(clock.hub_says(away, (Timestamp::from_ms(9), 0)));
        assert_eq!(clock.now((Timestamp::from_ms(1_009), 1_000)), away.plus_ms(1_000));
        assert!(clock.doubt().is_some());
    }

    #[test]
    fn a_hub_with_a_wrong_clock_moves_nobody() {
        let mut clock = running();
        assert!(!clock.hub_says(Timestamp::from_ms(0), (NOON, 500)), "1970");
        assert!(clock.hub_says(NOON, (NOON, 500)));
        assert!(!clock.hub_says(NOON.plus_ms(-3 * DAY_MS), (NOON, 500)));
        assert_eq!((clock.now((NOON, 500)), clock.doubt()), (NOON, None));
        let mut reborn = Trusted::begin(Some(NOON), clock.hub(), (NOON, 0));
        assert!(!reborn.hub_says(NOON.plus_ms(-3 * DAY_MS), (NOON, 0)), "remembered");
    }
}
