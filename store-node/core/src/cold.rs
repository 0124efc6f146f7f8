//! The watch over one sensor of a zone: band, delay, hysteresis, silence (REQ-18). A breach suspends at once, raises an
//! alarm when it lasts, and ends only well inside the band. What suspending and alarming mean for lots is the flows'.

pub mod day;

use model::Timestamp;

/// What a zone's temperature must keep to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Band {
    /// Lowest allowed, thousandths of a degree Celsius.
    pub low_milli_c: i32,
    /// Highest allowed, thousandths of a degree Celsius.
    pub high_milli_c: i32,
    /// How long it may be outside before the alarm, milliseconds.
    pub delay_ms: i64,
    /// No trusted reading for this long is an alarm, milliseconds.
    pub silent_ms: i64,
}

/// How far inside the band a breach ends, thousandths of a degree; at most a quarter of the band.
pub const HYSTERESIS_MILLI_C: i32 = 300;

/// Which way the temperature left the band.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// Below the band.
    Cold,
    /// Above the band.
    Warm,
}

impl Side {
    /// The alarm's kind.
    pub const fn alarm(self) -> &'static str {
        match self {
            Side::Cold => "too_cold",
            Side::Warm => "too_warm",
        }
    }
}

/// Where the temperature stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Inside the band.
    Normal,
    /// Outside, not yet for long enough.
    Outside(Breach),
    /// Outside, alarm raised.
    Alarmed(Breach),
}

/// A running breach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Breach {
    /// Which way.
    pub side: Side,
    /// When it began.
    pub since: Timestamp,
    /// The farthest value so far, thousandths of a degree.
    pub worst: i32,
}

/// What one reading of a sensor brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// A value that was checked, thousandths of a degree Celsius.
    Value(i32),
    /// The chip answered, but with nothing that can be: a wrong checksum, its power-on value, a jump.
    Nonsense,
    /// The chip did not answer: the probe is pulled, the bus is dead. Its agent says so, which is not the sensor's word.
    Nothing,
}

/// Whether the sensor can be heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quiet {
    /// It speaks and is trusted.
    No,
    /// It says nothing.
    Silent,
    /// It speaks, but nothing that can be trusted.
    Suspect,
}

impl Quiet {
    /// The alarm's kind; `None` when there is none.
    pub const fn alarm(self) -> Option<&'static str> {
        match self {
            Quiet::No => None,
            Quiet::Silent => Some("sensor_silent"),
            Quiet::Suspect => Some("sensor_suspect"),
        }
    }
}

/// One sensor's watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watch {
    /// When the sensor itself last said anything, sense or nonsense.
    pub last_at: Option<Timestamp>,
    /// When it last said something that can be trusted; at first when the watch began.
    pub trusted_at: Timestamp,
    /// Where the temperature stands.
    pub phase: Phase,
    /// Whether it is heard.
    pub quiet: Quiet,
}

/// What a reading or the passing of time brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A breach began: nothing new is promised from the zone.
    Suspend,
    /// The breach lasts: raise the alarm, block the zone's lots.
    Breach(Breach),
    /// Well inside the band again. The alarm, if one was raised, is over; blocked lots stay blocked.
    Recovered,
    /// No trusted reading since then: raise an alarm.
    Lost(Quiet, Timestamp),
    /// The sensor is heard again.
    Heard(Quiet),
}

impl Watch {
    /// A watch that begins now.
    pub const fn new(now: Timestamp) -> Self {
        Self { last_at: None, trusted_at: now, phase: Phase::Normal, quiet: Quiet::No }
    }

    /// Whether its zone is suspended.
    pub const fn suspends(&self) -> bool {
        match self.phase {
            Phase::Normal => false,
            Phase::Outside(_) | Phase::Alarmed(_) => true,
        }
    }

    /// A reading. One that comes late changes nothing.
    pub fn reading(&mut self, band: &Band, at: Timestamp, heard: Heard) -> Vec<Event> {
        if self.last_at.is_some_and(|last| at <= last) {
            return Vec::new();
        }
        let value = match heard {
            Heard::Nothing => return self.time(band, at),
            Heard::Nonsense => {
                self.last_at = Some(at);
                return self.time(band, at);
            }
            Heard::Value(value) => value,
        };
        self.last_at = Some(at);
        let mut events = Vec::new();
        self.trusted_at = at;
        if self.quiet != Quiet::No {
            events.push(Event::Heard(self.quiet));
            self.quiet = Quiet::No;
        }
        self.phase = match (self.phase, band.side(value)) {
            (Phase::Normal, None) => Phase::Normal,
            (Phase::Normal, Some(side)) => {
                events.push(Event::Suspend);
                Phase::Outside(Breach { side, since: at, worst: value })
            }
            (Phase::Outside(breach) | Phase::Alarmed(breach), None)
                if band.well_inside(value, breach.side) =>
            {
                events.push(Event::Recovered);
                Phase::Normal
            }
            (Phase::Outside(breach), _) => Phase::Outside(breach.with(value)),
            (Phase::Alarmed(breach), _) => Phase::Alarmed(breach.with(value)),
        };
        events.extend(self.time(band, at));
        events
    }

    /// Time has passed.
    pub fn time(&mut self, band: &Band, now: Timestamp) -> Vec<Event> {
        let mut events = Vec::new();
        if let Phase::Outside(breach) = self.phase
            && now.since_ms(breach.since) >= band.delay_ms
        {
            self.phase = Phase::Alarmed(breach);
            events.push(Event::Breach(breach));
        }
        events.extend(self.fall_quiet(band, now));
        events
    }

    /// No trusted value for too long. A doubtful sensor that then falls silent is silent; a silent one that comes back
    /// with nonsense stays silent until it says something that can be trusted.
    fn fall_quiet(&mut self, band: &Band, now: Timestamp) -> Vec<Event> {
        if now.since_ms(self.trusted_at) < band.silent_ms {
            return Vec::new();
        }
        let speaks = self.last_at.is_some_and(|last| now.since_ms(last) < band.silent_ms);
        let (before, after) = match (self.quiet, speaks) {
            (Quiet::No, true) => (Quiet::No, Quiet::Suspect),
            (Quiet::No, false) => (Quiet::No, Quiet::Silent),
            (Quiet::Suspect, false) => (Quiet::Suspect, Quiet::Silent),
            (Quiet::Suspect, true) | (Quiet::Silent, _) => return Vec::new(),
        };
        self.quiet = after;
        let ended = (before != Quiet::No).then_some(Event::Heard(before));
        ended.into_iter().chain([Event::Lost(after, self.trusted_at)]).collect()
    }
}

impl Breach {
    fn with(self, value: i32) -> Self {
        let worst = match self.side {
            Side::Cold => self.worst.min(value),
            Side::Warm => self.worst.max(value),
        };
        Self { worst, ..self }
    }
}

impl Band {
    fn side(&self, value: i32) -> Option<Side> {
        if value > self.high_milli_c {
            Some(Side::Warm)
        } else if value < self.low_milli_c {
            Some(Side::Cold)
        } else {
            None
        }
    }

    fn well_inside(&self, value: i32, side: Side) -> bool {
        let width = self.high_milli_c.saturating_sub(self.low_milli_c);
        let step = HYSTERESIS_MILLI_C.min(width / 4);
        match side {
            Side::Warm => value <= self.high_milli_c.saturating_sub(step),
            Side::Cold => value >= self.low_milli_c.saturating_add(step),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BAND: Band = Band { low_milli_c: 0, high_milli_c: 5_000, delay_ms: 300_000, silent_ms: 60_000 };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_ms(second * 1_000)
    }

    #[test]
    fn a_breach_suspends_at_once_alarms_after_the_delay_and_ends_well_inside() {
        let mut watch = Watch::new(at(0));
        assert!(watch.reading(&BAND, at(1), Heard::Value(4_000)).is_empty());
        assert_eq!(watch.reading(&BAND, at(30), Heard::Value(6_000)), [Event::Suspend]);
        for second in (60..330).step_by(30) {
            assert!(watch.reading(&BAND, at(second), Heard::Value(7_000)).is_empty(), "{second}");
        }
        let breach = Breach { side: Side::Warm, since: at(30), worst: 7_000 };
        assert_eq!(watch.reading(&BAND, at(330), Heard::Value(6_500)), [Event::Breach(breach)]);
        assert!(watch.reading(&BAND, at(350), Heard::Value(4_900)).is_empty(), "not yet well inside");
        assert!(watch.suspends());
        assert_eq!(watch.reading(&BAND, at(380), Heard::Value(4_600)), [Event::Recovered]);
        assert!(!watch.suspends());
    }

    #[test]
    fn a_short_breach_raises_nothing() {
        let mut watch = Watch::new(at(0));
        assert_eq!(watch.reading(&BAND, at(1), Heard::Value(-500)), [Event::Suspend]);
        assert_eq!(watch.reading(&BAND, at(50), Heard::Value(400)), [Event::Recovered]);
        assert!(watch.time(&BAND, at(100)).is_empty());
    }

    #[test]
    fn a_pulled_probe_is_silent_though_its_agent_speaks() {
        let mut watch = Watch::new(at(0));
        watch.reading(&BAND, at(10), Heard::Value(3_000));
        for second in (15..70).step_by(5) {
            assert!(watch.reading(&BAND, at(second), Heard::Nothing).is_empty(), "{second}");
        }
        let lost = watch.reading(&BAND, at(70), Heard::Nothing);
        assert_eq!(lost, [Event::Lost(Quiet::Silent, at(10))]);
        assert!(watch.reading(&BAND, at(75), Heard::Nothing).is_empty(), "raised once");
        assert!(watch.reading(&BAND, at(80), Heard::Nonsense).is_empty(), "still nothing to trust");
        assert_eq!(watch.reading(&BAND, at(85), Heard::Value(3_100)), [Event::Heard(Quiet::Silent)]);
    }

    #[test]
    fn an_agent_that_is_gone_is_silence_too() {
        let mut watch = Watch::new(at(0));
        assert_eq!(watch.time(&BAND, at(60)), [Event::Lost(Quiet::Silent, at(0))]);
        assert!(watch.time(&BAND, at(120)).is_empty(), "raised once");
    }

    #[test]
    fn nonsense_makes_a_suspect_and_a_suspect_may_fall_silent() {
        let mut watch = Watch::new(at(0));
        watch.reading(&BAND, at(10), Heard::Value(3_000));
        for second in (20..70).step_by(10) {
            assert!(watch.reading(&BAND, at(second), Heard::Nonsense).is_empty(), "{second}");
        }
        assert_eq!(watch.reading(&BAND, at(70), Heard::Nonsense), [Event::Lost(Quiet::Suspect, at(10))]);
        assert!(watch.reading(&BAND, at(129), Heard::Nothing).is_empty());
        let silent = [Event::Heard(Quiet::Suspect), Event::Lost(Quiet::Silent, at(10))];
        assert_eq!(watch.reading(&BAND, at(130), Heard::Nothing), silent);
    }

    #[test]
    fn late_readings_change_nothing() {
        let mut watch = Watch::new(at(0));
        watch.reading(&BAND, at(50), Heard::Value(3_000));
        let before = watch;
        assert!(watch.reading(&BAND, at(40), Heard::Value(90_000)).is_empty());
        assert_eq!(watch, before);
    }
}
