//! Serial scales: what they answer, the Toledo way here and the NCI way in [`nci`], and the gate that lets only a stable
//! weight through (REQ-44). Opens no port and prices nothing.

pub mod nci;

use firmware_config::Driver;
use model::Grams;

/// What is sent to ask for the weight.
pub const ASK: &[u8] = b"W";

const STX: u8 = 2;
const CR: u8 = b'\r';

/// The longest answer: STX, sign, five digits and a point, CR, with room for a unit.
const MAX_ANSWER: usize = 16;

/// How a scale is asked and understood.
#[derive(Debug, Clone, Copy)]
pub struct Protocol {
    /// What is sent to ask for the weight.
    pub ask: &'static [u8],
    /// What collects the answer's bytes; a new one for each connection.
    pub ear: fn() -> Box<dyn Ear>,
}

impl Protocol {
    /// The protocol of a scale's driver, `None` for drivers of other classes. A new scale has its line here.
    #[must_use]
    pub fn of(driver: Driver) -> Option<Self> {
        let protocols: [(Driver, Self); 2] = [
            (Driver::ToledoW, Self { ask: ASK, ear: || Box::new(Answers::default()) }),
            (Driver::Nci, Self { ask: nci::ASK, ear: || Box::new(nci::NciAnswers::default()) }),
        ];
        protocols.into_iter().find(|(known, _)| *known == driver).map(|(_, protocol)| protocol)
    }
}

/// Collects a scale's bytes, in any pieces, into answers; what is no answer is dropped.
pub trait Ear: Send {
    /// Takes the next bytes and gives the answers they complete.
    fn push(&mut self, bytes: &[u8]) -> Vec<Answer>;
}

impl Ear for Answers {
    fn push(&mut self, bytes: &[u8]) -> Vec<Answer> {
        Self::push(self, bytes)
    }
}

/// What the scale says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// `STX ww.www CR`: the scale itself calls it settled, grams.
    Weight(Grams),
    /// `STX ? status CR`: none, and why.
    NotNow(ScaleStatus),
    /// It does not trust its own memory or calibration: no weight of it counts.
    Faulty,
    /// It shows pounds or ounces.
    WrongUnit,
}

/// The status byte after `?`, as far as it hinders a weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScaleStatus {
    /// Bit 0: still moving.
    pub moving: bool,
    /// Bit 1: more than the scale can weigh.
    pub over: bool,
    /// Bit 2: below zero; the plate was lifted or zero has drifted.
    pub below_zero: bool,
}

impl ScaleStatus {
    /// From the status byte; bit 6 is always set, so that it prints.
    #[must_use]
    pub const fn from_byte(byte: u8) -> Self {
        Self { moving: byte & 1 != 0, over: byte & 2 != 0, below_zero: byte & 4 != 0 }
    }

    /// The status byte.
    #[must_use]
    pub const fn to_byte(self) -> u8 {
        0x40 | self.moving as u8 | (self.over as u8) << 1 | (self.below_zero as u8) << 2
    }
}

/// Collects bytes, in any pieces, into answers; what is no answer is dropped.
#[derive(Debug, Default)]
pub struct Answers {
    buffer: Vec<u8>,
}

impl Answers {
    /// Takes the next bytes and gives the answers they complete. A torn answer gives none.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Answer> {
        let mut answers = Vec::new();
        for byte in bytes {
            match *byte {
                STX => {
                    self.buffer.clear();
                    self.buffer.push(STX);
                }
                CR => {
                    answers.extend(read(&self.buffer));
                    self.buffer.clear();
                }
                other => {
                    // Only what an STX has opened is collected, and never more than an answer.
                    if !self.buffer.is_empty() && self.buffer.len() < MAX_ANSWER {
                        self.buffer.push(other);
                    } else {
                        self.buffer.clear();
                    }
                }
            }
        }
        answers
    }

    /// Forgets a half answer: after a disconnect the rest never comes.
    pub fn reset(&mut self) {
        self.buffer.clear();
    }
}

fn read(frame: &[u8]) -> Option<Answer> {
    match frame {
        [STX, b'?', status] if status & 0x40 != 0 => Some(Answer::NotNow(ScaleStatus::from_byte(*status))),
        [STX, t1, t2, b'.', h1, h2, h3] => {
            let mut grams: u32 = 0;
            for byte in [t1, t2, h1, h2, h3] {
                let digit = byte.checked_sub(b'0').filter(|d| *d <= 9)?;
                grams = grams * 10 + u32::from(digit);
            }
            Some(Answer::Weight(Grams(grams)))
        }
        _ => None,
    }
}

/// Writes a weight as the scale sends it (the simulator's half); `None` above 99.999 kg.
#[must_use]
pub fn write(grams: Grams) -> Option<Vec<u8>> {
    let (kilos, rest) = (grams.0 / 1_000, grams.0 % 1_000);
    (kilos < 100).then(|| {
        let mut frame = vec![STX];
        frame.extend(format!("{kilos:02}.{rest:03}").into_bytes());
        frame.push(CR);
        frame
    })
}

/// What a reading changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// This weight has become stable.
    Stands(Grams),
    /// The weight that stood is gone: the plate is empty, moves or bears another one.
    Gone,
}

/// Lets a weight through once: after enough equal readings, above zero, in range; says once that it is gone, and gives
/// another one only after that.
#[derive(Debug)]
pub struct StableGate {
    needed: u8,
    max: Grams,
    last: Option<Grams>,
    count: u8,
}

impl StableGate {
    /// A gate for `needed` (at least 1) equal readings up to `max`.
    #[must_use]
    pub fn new(needed: u8, max: Grams) -> Self {
        Self { needed: needed.max(1), max, last: None, count: 0 }
    }

    /// Takes the next answer; gives the changes that it brings, in their order.
    pub fn push(&mut self, answer: Answer) -> Vec<Change> {
        let weight = match answer {
            Answer::Weight(grams) if grams.0 > 0 && grams.0 <= self.max.0 => grams,
            Answer::Weight(_) | Answer::NotNow(_) | Answer::Faulty | Answer::WrongUnit => {
                return self.reset().into_iter().collect();
            }
        };
        let mut changes = Vec::new();
        if self.last == Some(weight) {
            self.count = self.count.saturating_add(1);
        } else {
            changes.extend(self.reset());
            self.last = Some(weight);
            self.count = 1;
        }
        // Exactly once: beyond `needed` it has already been told.
        if self.count == self.needed {
            changes.push(Change::Stands(weight));
        }
        changes
    }

    /// Starts anew, as after an empty plate or a disconnect: what stood is gone.
    pub fn reset(&mut self) -> Option<Change> {
        let stood = self.count >= self.needed;
        self.last = None;
        self.count = 0;
        stood.then_some(Change::Gone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::SmallRng;
    use rand::{Rng, SeedableRng};

    const MOVING: Answer = Answer::NotNow(ScaleStatus { moving: true, over: false, below_zero: false });

    #[test]
    fn answers_in_pieces_and_between_noise() {
        let mut answers = Answers::default();
        assert!(answers.push(b"\x0201.").is_empty());
        assert_eq!(answers.push(b"250\r\x02?\x41\r"), vec![Answer::Weight(Grams(1_250)), MOVING]);
        for torn in
            [&b"01.250\r"[..], b"\x0201.25\r", b"\x0201,250\r", b"\x02-1.250\r", b"\x02?\x01\r", b"\r\r"]
        {
            assert!(answers.push(torn).is_empty(), "{}", torn.escape_ascii());
        }
        // A new STX opens a new answer; the torn one before it is gone.
        assert_eq!(answers.push(b"\x0299.9\x0200.005\r"), vec![Answer::Weight(Grams(5))]);
        assert!(answers.push(&[b'1'; 100_000]).is_empty());
    }

    #[test]
    fn what_is_written_is_read() {
        for grams in [0, 1, 999, 12_345, 99_999] {
            let frame = write(Grams(grams)).unwrap();
            assert_eq!(Answers::default().push(&frame), vec![Answer::Weight(Grams(grams))]);
        }
        assert_eq!(write(Grams(100_000)), None);
    }

    #[test]
    fn the_gate_opens_once_per_stable_weight_and_says_once_that_it_is_gone() {
        let mut gate = StableGate::new(3, Grams(15_000));
        let weigh = |g: u32| Answer::Weight(Grams(g));
        let stands = |g: u32| vec![Change::Stands(Grams(g))];
        let gone = || vec![Change::Gone];
        let steps = [
            (weigh(500), vec![]),
            (weigh(500), vec![]),
            (weigh(500), stands(500)),
            (weigh(500), vec![]),
            (weigh(510), gone()),
            (weigh(510), vec![]),
            (MOVING, vec![]),
            (weigh(510), vec![]),
            (weigh(510), vec![]),
            (weigh(510), stands(510)),
            (weigh(0), gone()),
            (weigh(0), vec![]),
            (weigh(0), vec![]),
            (weigh(15_001), vec![]),
            (weigh(15_001), vec![]),
            (weigh(15_001), vec![]),
        ];
        for (step, (answer, want)) in steps.into_iter().enumerate() {
            assert_eq!(gate.push(answer), want, "step {step}");
        }
        let mut quick = StableGate::new(1, Grams(15_000));
        assert_eq!(quick.push(weigh(500)), stands(500));
        assert_eq!(quick.push(weigh(480)), [Change::Gone, Change::Stands(Grams(480))]);
        assert_eq!(quick.push(Answer::Faulty), gone());
        assert_eq!(quick.reset(), None);
    }

    #[test]
    fn every_driver_of_a_scale_has_its_protocol() {
        for line in Driver::TABLE {
            let is_scale = line.class == model::mqtt::DeviceClass::Scale;
            assert_eq!(Protocol::of(line.driver).is_some(), is_scale, "{}", line.word);
        }
    }

    #[test]
    fn garbage_is_never_a_weight() {
        let mut rng = SmallRng::seed_from_u64(44);
        let mut answers = Answers::default();
        let mut bytes: Vec<u8> = (0..200_000).map(|_| rng.random()).collect();
        bytes.retain(|b| *b != STX);
        assert!(answers.push(&bytes).is_empty());
    }
}
