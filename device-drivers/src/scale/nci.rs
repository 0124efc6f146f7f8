//! Scales that answer `W CR` the NCI way: `LF weight unit CR LF status CR ETX`, with two or more status bytes. Opens no
//! port and prices nothing.

use model::Grams;

use super::{Answer, Ear, ScaleStatus};

/// What is sent to ask for the weight.
pub const ASK: &[u8] = b"W\r";

const LF: u8 = b'\n';
const CR: u8 = b'\r';
const ETX: u8 = 3;
/// The longest answer in bytes: a sign, a wide display, a unit, four status bytes and the signs between.
const MAX_ANSWER: usize = 32;

/// The status bytes as far as they matter here. Of each byte bits 4 and 5 are always set; bit 6 of the second and third
/// says that another follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NciStatus {
    /// Byte 1, bit 0.
    pub moving: bool,
    /// Byte 1, bit 1.
    pub at_zero: bool,
    /// Byte 1, bits 2 and 3; byte 2, bits 2 and 3: RAM, EEPROM, ROM, calibration.
    pub faulty: bool,
    /// Byte 2, bit 0.
    pub under: bool,
    /// Byte 2, bit 1.
    pub over: bool,
}

impl NciStatus {
    fn read(bytes: &[u8]) -> Option<Self> {
        // Some makers set the letter of the command before it.
        let bytes = bytes.strip_prefix(b"S").unwrap_or(bytes);
        let [first, rest @ ..] = bytes else { return None };
        let (second, more) = rest.split_first()?;
        let fixed = |byte: &u8| byte & 0xB0 == 0x30;
        let follows = |byte: &u8| byte & 0x40 != 0;
        if !bytes.iter().all(fixed) || follows(first) {
            return None;
        }
        let right = match more {
            [] => !follows(second),
            [third] => follows(second) && !follows(third),
            [third, fourth] => follows(second) && follows(third) && !follows(fourth),
            _ => false,
        };
        right.then_some(Self {
            moving: first & 1 != 0,
            at_zero: first & 2 != 0,
            faulty: (first | second) & 0x0C != 0,
            under: second & 1 != 0,
            over: second & 2 != 0,
        })
    }

    /// The two bytes, as a scale sends them.
    #[must_use]
    pub fn bytes(self) -> [u8; 2] {
        let first = 0x30 | u8::from(self.moving) | u8::from(self.at_zero) << 1;
        let second = 0x30 | u8::from(self.under) | u8::from(self.over) << 1 | u8::from(self.faulty) << 2;
        [first, second]
    }
}

/// Collects bytes, in any pieces, into answers; what is no answer is dropped.
#[derive(Debug, Default)]
pub struct NciAnswers {
    buffer: Vec<u8>,
    lost: bool,
}

impl NciAnswers {
    /// Takes the next bytes and gives the answers they complete. A torn answer gives none.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Answer> {
        let mut answers = Vec::new();
        for byte in bytes {
            if *byte == ETX {
                if !std::mem::take(&mut self.lost) {
                    answers.extend(read(&self.buffer));
                }
                self.buffer.clear();
            } else if self.buffer.len() < MAX_ANSWER {
                self.buffer.push(*byte);
            } else {
                self.lost = true;
            }
        }
        answers
    }
}

impl Ear for NciAnswers {
    fn push(&mut self, bytes: &[u8]) -> Vec<Answer> {
        Self::push(self, bytes)
    }
}

/// `LF weight unit CR LF status CR`, without the closing ETX.
fn read(frame: &[u8]) -> Option<Answer> {
    let frame = frame.strip_prefix(&[LF])?.strip_suffix(&[CR])?;
    let between = frame.windows(2).position(|pair| pair == [CR, LF])?;
    let (shown, status) = (frame.get(..between)?, frame.get(between + 2..)?);
    let status = NciStatus::read(status)?;
    if status.faulty {
        return Some(Answer::Faulty);
    }
    if status.moving || status.under || status.over {
        let below_zero = status.under;
        return Some(Answer::NotNow(ScaleStatus { moving: status.moving, over: status.over, below_zero }));
    }
    let text = std::str::from_utf8(shown).ok()?.trim();
    let unit = text.find(|sign: char| sign.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(unit);
    let grams = match unit.to_ascii_lowercase().as_str() {
        "kg" => scaled(number.trim_end(), 3)?,
        "g" => scaled(number.trim_end(), 0)?,
        "lb" | "oz" | "lboz" => return Some(Answer::WrongUnit),
        _ => return None,
    };
    // A scale that says zero and shows a weight is not to be believed.
    (!status.at_zero || grams == 0).then_some(Answer::Weight(Grams(grams)))
}

/// `12.345` as thousands for three places; finer marks than that must be nothing. No more digits than a display has, so
/// that a lost point makes no tons.
fn scaled(number: &str, places: usize) -> Option<u32> {
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty()
        || whole.len() > 6 - places.min(3)
        || part.len() > 4
        || !digits(whole)
        || !digits(part)
    {
        return None;
    }
    let finer = part.get(places.min(part.len())..)?;
    if finer.bytes().any(|byte| byte != b'0') {
        return None;
    }
    let part = part.get(..places.min(part.len()))?;
    format!("{whole}{part:0<places$}").parse().ok()
}

/// Writes an answer as a scale with a five-digit display sends it (the simulator's half).
#[must_use]
pub fn write(grams: Grams, status: NciStatus) -> Vec<u8> {
    let shown = match (status.over, status.under) {
        (true, _) => "^^^^^^kg".to_owned(),
        (_, true) => "______kg".to_owned(),
        (false, false) => format!("{:>2}.{:03}kg", grams.0 / 1_000, grams.0 % 1_000),
    };
    let mut frame = vec![LF];
    frame.extend(shown.into_bytes());
    frame.extend([CR, LF, b'S']);
    frame.extend(status.bytes());
    frame.extend([CR, ETX]);
    frame
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::SmallRng;
    use rand::{Rng, SeedableRng};

    fn weight(grams: u32) -> Answer {
        Answer::Weight(Grams(grams))
    }

    fn hears(bytes: &[u8]) -> Vec<Answer> {
        NciAnswers::default().push(bytes)
    }

    #[test]
    fn answers_of_several_makers() {
        let cases: [(&[u8], Option<Answer>); 12] = [
            (b"\n01.250kg\r\nS00\r\x03", Some(weight(1_250))),
            (b"\n  1.25KG\r\n00\r\x03", Some(weight(1_250))),
            (b"\n 1250g \r\n00\r\x03", Some(weight(1_250))),
            (b"\n 0.000kg\r\n20\r\x03", Some(weight(0))),
            (b"\n 1.2504kg\r\n00\r\x03", None),
            (b"\n-0.250kg\r\n00\r\x03", None),
            (b"\n 2.756lb\r\n00\r\x03", Some(Answer::WrongUnit)),
            (b"\n 1.250kg\r\nS4\r\x03", None),
            (b"\n 1.250kg\r\n0p0\r\x03", Some(weight(1_250))),
            (b"\n 1.250kg\r\n0p\r\x03", None),
            (b"\n 1.250kg\r\n20\r\x03", None),
            (b"\n?\r\x03", None),
        ];
        for (bytes, want) in cases {
            assert_eq!(hears(bytes), want.into_iter().collect::<Vec<_>>(), "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn the_status_decides() {
        let still = NciStatus::default();
        let status = |moving, over, below_zero| Answer::NotNow(ScaleStatus { moving, over, below_zero });
        let cases = [
            (NciStatus { moving: true, ..still }, status(true, false, false)),
            (NciStatus { over: true, ..still }, status(false, true, false)),
            (NciStatus { under: true, ..still }, status(false, false, true)),
            (NciStatus { faulty: true, ..still }, Answer::Faulty),
            (still, weight(500)),
        ];
        for (said, want) in cases {
            assert_eq!(hears(&write(Grams(500), said)), [want], "{said:?}");
        }
        // RAM, EEPROM, ROM, calibration: each of them is a fault.
        for byte in [b"40", b"80", b"04", b"08"] {
            let frame = [b"\n 1.250kg\r\n".as_slice(), byte, b"\r\x03"].concat();
            assert_eq!(hears(&frame), [Answer::Faulty], "{}", byte.escape_ascii());
        }
    }

    #[test]
    fn what_is_written_is_read_in_any_pieces() {
        for grams in [1, 999, 12_345, 99_999] {
            let frame = write(Grams(grams), NciStatus::default());
            for size in 1..=frame.len() {
                let mut answers = NciAnswers::default();
                let got: Vec<Answer> = frame.chunks(size).flat_map(|part| answers.push(part)).collect();
                assert_eq!(got, [weight(grams)]);
            }
        }
    }

    #[test]
    fn torn_answers_and_garbage_are_no_weight() {
        let mut answers = NciAnswers::default();
        assert!(answers.push(b"\n 1.2").is_empty());
        assert!(answers.push(b"\n 1.250kg\r\n00\r\x03").is_empty(), "two answers in one");
        assert_eq!(answers.push(b"\n 0.005kg\r\n00\r\x03"), [weight(5)]);
        assert!(answers.push(&[b'1'; 100_000]).is_empty());
        assert!(answers.push(b"\x03").is_empty());
        let mut rng = SmallRng::seed_from_u64(46);
        for _ in 0..100_000 {
            let mut frame = write(Grams(1_250), NciStatus::default());
            let at = rng.random_range(0..frame.len());
            frame[at] = rng.random();
            for answer in answers.push(&frame) {
                // A digit may turn into another, and the gate wants several that agree; nothing else may turn into a weight.
                let Answer::Weight(grams) = answer else { continue };
                assert!(
                    grams.0 < 100_000 && (1..=6).contains(&at) || grams == Grams(1_250),
                    "{}",
                    frame.escape_ascii()
                );
            }
            answers.push(b"\x03");
        }
    }
}
