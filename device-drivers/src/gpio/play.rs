//! How an output is driven over time: on, off, blinking, with an end. Reads no clock and owns no line.

use std::time::Duration;

use model::mqtt::Drive;

/// The shortest on or off of a blinking output: a relay cannot follow faster, and nobody sees it.
const SHORTEST: Duration = Duration::from_millis(20);

/// One command, as it plays.
#[derive(Debug, Clone, Copy)]
pub struct Play {
    drive: Drive,
    since: Duration,
}

impl Play {
    /// From the moment `since` on.
    #[must_use]
    pub const fn new(drive: Drive, since: Duration) -> Self {
        Self { drive, since }
    }

    /// Whether the output is on at `now`, and when that changes (`None` = not by itself).
    #[must_use]
    pub fn at(&self, now: Duration) -> (bool, Option<Duration>) {
        let ms = |number: u32| Duration::from_millis(number.into());
        let past = now.saturating_sub(self.since);
        match self.drive {
            Drive::Off => (false, None),
            Drive::On { for_ms: None } => (true, None),
            Drive::On { for_ms: Some(span) } if past < ms(span) => (true, Some(self.since + ms(span))),
            Drive::On { for_ms: Some(_) } => (false, None),
            Drive::Blink { on_ms, off_ms, times } => {
                let (on, off) = (ms(on_ms).max(SHORTEST), ms(off_ms).max(SHORTEST));
                let round = (on + off).as_millis();
                let done = past.as_millis() / round;
                if times.is_some_and(|times| done >= u128::from(times)) {
                    return (false, None);
                }
                let began = u32::try_from(done).map_or(now, |done| self.since + (on + off) * done);
                if now < began + on { (true, Some(began + on)) } else { (false, Some(began + on + off)) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(number: u64) -> Duration {
        Duration::from_millis(number)
    }

    #[test]
    fn on_and_off_with_and_without_an_end() {
        assert_eq!(Play::new(Drive::Off, ms(5)).at(ms(9)), (false, None));
        assert_eq!(Play::new(Drive::On { for_ms: None }, ms(5)).at(ms(99_999)), (true, None));
        let buzz = Play::new(Drive::On { for_ms: Some(100) }, ms(5));
        assert_eq!(buzz.at(ms(5)), (true, Some(ms(105))));
        assert_eq!(buzz.at(ms(104)), (true, Some(ms(105))));
        assert_eq!(buzz.at(ms(105)), (false, None));
    }

    #[test]
    fn blinking_follows_its_times_and_ends() {
        let blink = Play::new(Drive::Blink { on_ms: 100, off_ms: 50, times: Some(2) }, ms(1_000));
        let steps = [(1_000, true, Some(1_100)), (1_099, true, Some(1_100)), (1_100, false, Some(1_150))];
        let more = [(1_150, true, Some(1_250)), (1_250, false, Some(1_300)), (1_300, false, None)];
        for (at, on, next) in steps.into_iter().chain(more) {
            assert_eq!(blink.at(ms(at)), (on, next.map(ms)), "{at}");
        }
        let frantic = Play::new(Drive::Blink { on_ms: 0, off_ms: 0, times: None }, ms(0));
        assert_eq!(frantic.at(ms(0)), (true, Some(ms(20))));
        assert_eq!(frantic.at(ms(30)), (false, Some(ms(40))));
    }
}
