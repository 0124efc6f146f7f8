//! The watch over one sensor of a zone: warn band, alarm band, delay, hysteresis, doors, silence (REQ-18). A breach
//! suspends at once, raises an alarm when it lasts, and ends only well inside the band. What suspending and alarming mean
//! for lots is the flows'.

pub mod excursion;
pub mod kinetic;
pub mod log;

pub mod day;

use model::Timestamp;

/// Two ends of a temperature band, both allowed, thousandths of a degree Celsius.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edges {
    /// Lowest allowed.
    pub low_milli_c: i32,
    /// Highest allowed.
    pub high_milli_c: i32,
}

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
    /// A narrower band, outside which people are warned and nothing is blocked.
    pub warn: Option<Edges>,
    /// How much longer a breach may last because a door of the zone was open, milliseconds; also the hard limit of it,
    /// however often the door moves.
    pub door_ms: i64,
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

    /// The kind of the warning before it.
    pub const fn warning(self) -> &'static str {
        match self {
            Side::Cold => "near_cold",
            Side::Warm => "near_warm",
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
    /// The chip answered, but with nothing that can be trusted.
    Nonsense(Doubt),
    /// The chip did not answer: the probe is pulled, the bus is dead. Its agent says so, which is not the sensor's word.
    Nothing,
}

/// Why an answer is not trusted; each has an alarm of its own, because each wants something else of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Doubt {
    /// Its checksum is wrong: cable and plugs.
    Crc,
    /// Nothing that can be, as the power-on value: its power.
    Implausible,
    /// Faster than air can: was it moved?
    Jump,
    /// The same for too long: is it stuck?
    Flat,
    /// What a former version called suspect without saying why.
    Unsaid,
}

impl Doubt {
    /// Every doubt.
    pub const ALL: [Doubt; 5] = [Doubt::Crc, Doubt::Implausible, Doubt::Jump, Doubt::Flat, Doubt::Unsaid];

    /// The alarm's kind.
    pub const fn alarm(self) -> &'static str {
        match self {
            Doubt::Crc => "sensor_crc",
            Doubt::Implausible => "sensor_implausible",
            Doubt::Jump => "sensor_jump",
            Doubt::Flat => "sensor_flat",
            Doubt::Unsaid => "sensor_suspect",
        }
    }
}

/// Whether the sensor can be heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quiet {
    /// It speaks and is trusted.
    No,
    /// It says nothing.
    Silent,
    /// It speaks, but nothing that can be trusted: why not, the last time.
    Suspect(Doubt),
}

impl Quiet {
    /// The alarm's kind; `None` when there is none.
    pub const fn alarm(self) -> Option<&'static str> {
        match self {
            Quiet::No => None,
            Quiet::Silent => Some("sensor_silent"),
            Quiet::Suspect(doubt) => Some(doubt.alarm()),
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
    /// Where the temperature stands in the alarm band.
    pub phase: Phase,
    /// Where it stands in the warn band; always normal where there is none.
    pub near: Phase,
    /// Whether it is heard.
    pub quiet: Quiet,
}

/// What a reading or the passing of time brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A breach began: nothing new is promised from the zone.
    Suspend(Breach),
    /// The breach lasts: raise the alarm, block the zone's lots.
    Breach(Breach),
    /// Well inside the band again. The alarm, if one was raised, is over; blocked lots stay blocked.
    Recovered(Breach),
    /// Outside the warn band for long enough: tell people before anything has to be blocked.
    Near(Breach),
    /// Well inside the warn band again after a warning.
    NearOver(Breach),
    /// No trusted reading since then: raise an alarm. Another doubt about the same sensor is an alarm beside the first.
    Lost(Quiet, Timestamp),
    /// That is over, and with a doubt every other about this sensor: it is heard again, or says nothing more at all.
    Heard(Quiet),
}

impl Watch {
    /// A watch that begins now.
    pub const fn new(now: Timestamp) -> Self {
        Self { last_at: None, trusted_at: now, phase: Phase::Normal, near: Phase::Normal, quiet: Quiet::No }
    }

    /// Whether its zone is suspended.
    pub const fn suspends(&self) -> bool {
        match self.phase {
            Phase::Normal => false,
            Phase::Outside(_) | Phase::Alarmed(_) => true,
        }
    }

    /// A reading. One that comes late changes nothing. `door` is when a door of the zone was last open: now, while one is.
    pub fn reading(
        &mut self,
        band: &Band,
        at: Timestamp,
        heard: Heard,
        door: Option<Timestamp>,
    ) -> Vec<Event> {
        if self.last_at.is_some_and(|last| at <= last) {
            return Vec::new();
        }
        let value = match heard {
            Heard::Nothing => return self.time(band, at, door),
            Heard::Nonsense(doubt) => {
                self.last_at = Some(at);
                let mut events = self.breaches(band, at, door);
                events.extend(self.fall_quiet(band, at, Some(doubt)));
                return events;
            }
            Heard::Value(value) => value,
        };
        self.last_at = Some(at);
        let mut events = Vec::new();
        // What comes from an agent's journal is from before the node was there to hear it.
        self.trusted_at = self.trusted_at.max(at);
        if self.quiet != Quiet::No {
            events.push(Event::Heard(self.quiet));
            self.quiet = Quiet::No;
        }
        let before = self.phase;
        self.phase = before.with(&band.edges(), at, value);
        match (before, self.phase) {
            (Phase::Normal, Phase::Outside(breach)) => events.push(Event::Suspend(breach)),
            (Phase::Outside(breach) | Phase::Alarmed(breach), Phase::Normal) => {
                events.push(Event::Recovered(breach));
            }
            (Phase::Normal, _)
            | (Phase::Outside(_) | Phase::Alarmed(_), Phase::Outside(_) | Phase::Alarmed(_)) => {}
        }
        let near = self.near;
        self.near = band.warn.map_or(Phase::Normal, |warn| near.with(&warn, at, value));
        if let (Phase::Alarmed(breach), Phase::Normal) = (near, self.near) {
            events.push(Event::NearOver(breach));
        }
        events.extend(self.time(band, at, door));
        events
    }

    /// Time has passed. `door` as in [`Self::reading`].
    pub fn time(&mut self, band: &Band, now: Timestamp, door: Option<Timestamp>) -> Vec<Event> {
        let mut events = self.breaches(band, now, door);
        events.extend(self.fall_quiet(band, now, None));
        events
    }

    /// Breaches that have lasted long enough.
    fn breaches(&mut self, band: &Band, now: Timestamp, door: Option<Timestamp>) -> Vec<Event> {
        let mut events = Vec::new();
        if let Phase::Outside(breach) = self.phase
            && now >= band.due(&breach, door)
        {
            self.phase = Phase::Alarmed(breach);
            events.push(Event::Breach(breach));
        }
        // Who hears the alarm needs no warning beside it.
        if let Phase::Outside(breach) = self.near
            && !matches!(self.phase, Phase::Alarmed(_))
            && now >= band.due(&breach, door)
        {
            self.near = Phase::Alarmed(breach);
            events.push(Event::Near(breach));
        }
        events
    }

    /// No trusted value for too long; `doubt`: why the answer that comes now is none. A doubtful sensor that then falls
    /// silent is silent; a silent one that comes back with nonsense stays silent until it says something that can be trusted.
    fn fall_quiet(&mut self, band: &Band, now: Timestamp, doubt: Option<Doubt>) -> Vec<Event> {
        if now.since_ms(self.trusted_at) < band.silent_ms {
            return Vec::new();
        }
        let speaks = self.last_at.is_some_and(|last| now.since_ms(last) < band.silent_ms);
        let (before, after) = match (self.quiet, doubt) {
            (Quiet::No, Some(doubt)) => (Quiet::No, Quiet::Suspect(doubt)),
            // Another doubt beside the first: neither is over.
            (Quiet::Suspect(known), Some(doubt)) if known != doubt => (Quiet::No, Quiet::Suspect(doubt)),
            (Quiet::No | Quiet::Suspect(_), None) if !speaks => (self.quiet, Quiet::Silent),
            (Quiet::No | Quiet::Suspect(_) | Quiet::Silent, _) => return Vec::new(),
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

impl Phase {
    /// Where the temperature stands after a value: a breach begins just outside the edges and ends well inside them.
    fn with(self, edges: &Edges, at: Timestamp, value: i32) -> Self {
        match (self, edges.side(value)) {
            (Phase::Normal, None) => Phase::Normal,
            (Phase::Normal, Some(side)) => Phase::Outside(Breach { side, since: at, worst: value }),
            (Phase::Outside(breach) | Phase::Alarmed(breach), None)
                if edges.well_inside(value, breach.side) =>
            {
                Phase::Normal
            }
            (Phase::Outside(breach), _) => Phase::Outside(breach.with(value)),
            (Phase::Alarmed(breach), _) => Phase::Alarmed(breach.with(value)),
        }
    }
}

impl Band {
    /// The ends of the alarm band.
    pub const fn edges(&self) -> Edges {
        Edges { low_milli_c: self.low_milli_c, high_milli_c: self.high_milli_c }
    }

    /// When a breach that began outside becomes an alarm: after the delay, and while a door was open a little later, but
    /// never later than the delay and one door time after it began.
    fn due(&self, breach: &Breach, door: Option<Timestamp>) -> Timestamp {
        let plain = breach.since.plus_ms(self.delay_ms);
        match door {
            Some(open) => plain.max(open.plus_ms(self.door_ms).min(plain.plus_ms(self.door_ms))),
            None => plain,
        }
    }
}

impl Edges {
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
mod tests;
