//! A Modbus RTU line with its slaves: temperature transmitters with registers, modules with inputs and coils. Each answers
//! questions for what it has, and nobody says anything to a frame that is torn or another's.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::sim::pty::Pty;

const READ_COILS: u8 = 1;
const READ_INPUTS: u8 = 2;
const READ_HOLDING: u8 = 3;
const READ_INPUT: u8 = 4;
const WRITE_COIL: u8 = 5;
/// What a coil is told: on, off; everything else is refused.
const ON: u16 = 0xff00;
const OFF: u16 = 0;
/// A question: slave, function, first number, count (or what a coil is told), checksum.
const QUESTION_BYTES: usize = 8;
/// A pause this long ends a frame, whole or torn.
const FRAME_ENDS: Duration = Duration::from_millis(20);

/// The slaves on one line.
#[derive(Debug, Clone, Default)]
struct Slaves {
    /// Registers by slave and number, the same in both tables.
    registers: BTreeMap<(u8, u16), u16>,
    /// What modules sense.
    inputs: BTreeMap<(u8, u16), bool>,
    /// What modules drive.
    coils: BTreeMap<(u8, u16), bool>,
}

impl Slaves {
    fn answers(&self, slave: u8) -> bool {
        let bits = self.inputs.keys().chain(self.coils.keys());
        self.registers.keys().chain(bits).any(|(known, _)| *known == slave)
    }
}

/// A line on a pseudo-terminal. Dropping it unplugs the line.
#[derive(Debug)]
pub struct SimModbus {
    slaves: watch::Sender<Slaves>,
    task: JoinHandle<()>,
}

impl SimModbus {
    /// Plugs a line in; the agent finds it at `path` (its folder must exist). Needs a running tokio.
    ///
    /// # Errors
    /// When no pseudo-terminal or link can be made.
    pub fn plug_in(path: &Path) -> io::Result<Self> {
        let pty = Pty::plug_in(path)?;
        let (slaves, _) = watch::channel(Slaves::default());
        Ok(Self { slaves: slaves.clone(), task: tokio::spawn(answer(pty, slaves)) })
    }

    /// A module with so many inputs and as many coils gets power: all coils are off.
    pub fn power_module(&self, slave: u8, channels: u16) {
        self.slaves.send_modify(|slaves| {
            for number in 0..channels {
                slaves.inputs.entry((slave, number)).or_default();
                slaves.coils.insert((slave, number), false);
            }
        });
    }

    /// A module senses this at one of its inputs now.
    pub fn sense(&self, slave: u8, input: u16, high: bool) {
        self.slaves.send_modify(|slaves| {
            slaves.inputs.insert((slave, input), high);
        });
    }

    /// Whether a module drives this coil; `None` = it has no power, or no such coil.
    #[must_use]
    pub fn coil(&self, slave: u8, number: u16) -> Option<bool> {
        self.slaves.borrow().coils.get(&(slave, number)).copied()
    }

    /// A slave's register holds this now.
    pub fn set(&self, slave: u8, register: u16, value: u16) {
        self.slaves.send_modify(|slaves| {
            slaves.registers.insert((slave, register), value);
        });
    }

    /// A slave has lost its power.
    pub fn silence(&self, slave: u8) {
        self.slaves.send_modify(|slaves| {
            slaves.registers.retain(|(known, _), _| *known != slave);
            slaves.inputs.retain(|(known, _), _| *known != slave);
            slaves.coils.retain(|(known, _), _| *known != slave);
        });
    }
}

impl Drop for SimModbus {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(mut pty: Pty, slaves: watch::Sender<Slaves>) {
    let mut frame = Vec::new();
    let mut buffer = [0_u8; 64];
    loop {
        match tokio::time::timeout(FRAME_ENDS, pty.master.read(&mut buffer)).await {
            Err(_) => frame.clear(),
            Ok(Ok(0) | Err(_)) => return,
            Ok(Ok(count)) => frame.extend_from_slice(buffer.get(..count).unwrap_or_default()),
        }
        while frame.len() >= QUESTION_BYTES {
            let question: Vec<u8> = frame.drain(..QUESTION_BYTES).collect();
            let mut said = None;
            slaves.send_modify(|slaves| said = reply(&question, slaves));
            if let Some(said) = said
                && pty.master.write_all(&said).await.is_err()
            {
                return;
            }
        }
    }
}

/// The answer to a question; `None` where a real slave keeps silent: a wrong checksum, another slave's address.
fn reply(question: &[u8], slaves: &mut Slaves) -> Option<Vec<u8>> {
    let [slave, function, r1, r2, c1, c2, sum @ ..] = question else { return None };
    let (body, _) = question.split_at(QUESTION_BYTES - 2);
    if sum != crc16(body).to_le_bytes() || !slaves.answers(*slave) {
        return None;
    }
    let (first, count) = (u16::from_be_bytes([*r1, *r2]), u16::from_be_bytes([*c1, *c2]));
    let said = match *function {
        READ_HOLDING | READ_INPUT => held(&slaves.registers, (*slave, first), count)
            .map(|values| values.iter().flat_map(|value| value.to_be_bytes()).collect()),
        READ_INPUTS => held(&slaves.inputs, (*slave, first), count).map(|bits| packed(&bits)),
        READ_COILS => held(&slaves.coils, (*slave, first), count).map(|bits| packed(&bits)),
        WRITE_COIL => return Some(driven(question, (*slave, first), count, &mut slaves.coils)),
        _ => return Some(refusal(*slave, *function, ILLEGAL_FUNCTION)),
    };
    let Some(bytes) = said.filter(|bytes: &Vec<u8>| !bytes.is_empty()) else {
        return Some(refusal(*slave, *function, ILLEGAL_ADDRESS));
    };
    let head = [*slave, *function, u8::try_from(bytes.len()).ok()?];
    Some(checked(head.into_iter().chain(bytes).collect()))
}

/// So many values in a row, if the slave has them all.
fn held<T: Copy>(from: &BTreeMap<(u8, u16), T>, (slave, first): (u8, u16), count: u16) -> Option<Vec<T>> {
    (first..first.saturating_add(count)).map(|number| from.get(&(slave, number)).copied()).collect()
}

/// Eight bits to a byte, the first lowest.
fn packed(bits: &[bool]) -> Vec<u8> {
    let byte = |bits: &[bool]| bits.iter().rev().fold(0, |byte, bit| byte << 1 | u8::from(*bit));
    bits.chunks(8).map(byte).collect()
}

/// A coil does as it is told, and the question is the answer.
fn driven(question: &[u8], at: (u8, u16), told: u16, coils: &mut BTreeMap<(u8, u16), bool>) -> Vec<u8> {
    match (coils.get_mut(&at), told) {
        (None, _) => refusal(at.0, WRITE_COIL, ILLEGAL_ADDRESS),
        (Some(coil), ON | OFF) => {
            *coil = told == ON;
            question.to_vec()
        }
        (Some(_), _) => refusal(at.0, WRITE_COIL, ILLEGAL_VALUE),
    }
}

const ILLEGAL_FUNCTION: u8 = 1;
const ILLEGAL_ADDRESS: u8 = 2;
const ILLEGAL_VALUE: u8 = 3;

fn refusal(slave: u8, function: u8, why: u8) -> Vec<u8> {
    checked(vec![slave, function | 0x80, why])
}

fn checked(mut frame: Vec<u8>) -> Vec<u8> {
    frame.extend(crc16(&frame).to_le_bytes());
    frame
}

/// The checksum of Modbus RTU: polynomial 0xA001 (reflected), begins at 0xFFFF.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(u16::MAX, |crc, byte| {
        (0..8)
            .fold(crc ^ u16::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xa001 } else { crc >> 1 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modbus::{LineSettings, Lines};
    use crate::sensor::mock::hex;
    use crate::sensor::transmitter::{RegisterMap, Transmitter};
    use crate::sensor::{Probe, ProbeFault};
    use firmware_config::Settings;

    /// Frames that pymodbus wrote.
    #[test]
    fn known_frames() {
        let Some(shared) = std::env::var_os("LARDER_SHARED") else {
            println!("skipped: LARDER_SHARED is not set");
            return;
        };
        let path = Path::new(&shared).join("data/sensors/known-answers.json");
        let all: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let sum = &all["modbus_crc16"][0];
        let want = sum["crc_be_as_in_tokio_modbus"].as_str().unwrap();
        assert_eq!(crc16(&hex(sum["msg"].as_str().unwrap())).to_be_bytes().to_vec(), hex(want));
        for frame in all["modbus_rtu_frames_from_pymodbus_3_16_1"].as_array().unwrap() {
            let question = hex(frame["req"].as_str().unwrap());
            let first = u16::from_be_bytes([question[2], question[3]]);
            let mut slaves = Slaves::default();
            slaves.registers.insert((1, 100), 0);
            for (n, value) in frame["regs"].as_array().into_iter().flatten().enumerate() {
                let value = i16::try_from(value.as_i64().unwrap()).unwrap();
                slaves.registers.insert((1, first + u16::try_from(n).unwrap()), value.cast_unsigned());
            }
            assert_eq!(reply(&question, &mut slaves), Some(hex(frame["rsp"].as_str().unwrap())));
        }
    }

    #[tokio::test]
    async fn the_driver_reads_two_slaves_of_one_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rs485");
        let sim = SimModbus::plug_in(&path).unwrap();
        sim.set(1, 0, 45);
        sim.set(2, 0, 0xff47);
        let lines = Lines::default();
        let mut probes = Vec::new();
        for slave in [1, 2, 3] {
            let settings = Settings { slave: Some(slave), register: Some(0), ..Settings::default() };
            let answer_within = Duration::from_millis(200);
            let line = lines.at(&path, LineSettings { answer_within, ..LineSettings::default() }).await;
            probes.push(Transmitter::new(line, RegisterMap::from_settings(&settings).unwrap()));
        }
        assert_eq!(probes[0].read().await.unwrap().milli_c, 4_500);
        assert_eq!(probes[1].read().await.unwrap().milli_c, -18_500);
        assert!(matches!(probes[2].read().await, Err(ProbeFault::Silent(_))));
        assert_eq!(probes[0].read().await.unwrap().milli_c, 4_500, "one silent slave stops nobody else");
        sim.silence(1);
        assert!(matches!(probes[0].read().await, Err(ProbeFault::Silent(_))));
        assert_eq!(probes[1].read().await.unwrap().milli_c, -18_500);
    }

    /// Frames of the Modbus application protocol's own examples (6.1, 6.2, 6.5), with slave 17 before and the checksum behind.
    #[test]
    fn bits_are_packed_and_coils_driven_as_the_protocol_has_it() {
        let mut slaves = Slaves::default();
        for (number, bits) in [(0x13, 0xcd_u64), (0x1b, 0x6b), (0x23, 0x05)] {
            for bit in 0..8 {
                slaves.coils.insert((17, number + bit), bits >> bit & 1 == 1);
            }
        }
        for (number, bits) in [(0xc4, 0xac_u64), (0xcc, 0xdb), (0xd4, 0x35)] {
            for bit in 0..8 {
                slaves.inputs.insert((17, number + bit), bits >> bit & 1 == 1);
            }
        }
        slaves.coils.insert((17, 0xac), false);
        let mut said = |question: &[u8]| reply(&checked(question.to_vec()), &mut slaves).unwrap();
        assert_eq!(said(&[17, 1, 0, 0x13, 0, 0x13]), checked(vec![17, 1, 3, 0xcd, 0x6b, 0x05]));
        assert_eq!(said(&[17, 2, 0, 0xc4, 0, 0x16]), checked(vec![17, 2, 3, 0xac, 0xdb, 0x35]));
        assert_eq!(said(&[17, 5, 0, 0xac, 0xff, 0]), checked(vec![17, 5, 0, 0xac, 0xff, 0]));
        assert_eq!(said(&[17, 1, 0, 0xac, 0, 1]), checked(vec![17, 1, 1, 1]), "it is on now");
        assert_eq!(said(&[17, 5, 0, 0xac, 0xff, 1]), checked(vec![17, 0x85, 3]), "neither on nor off");
        assert_eq!(said(&[17, 5, 1, 0xac, 0xff, 0]), checked(vec![17, 0x85, 2]));
        assert_eq!(said(&[17, 2, 1, 0xac, 0, 1]), checked(vec![17, 0x82, 2]));
        assert_eq!(said(&[17, 6, 0, 1, 0, 1]), checked(vec![17, 0x86, 1]));
    }
}
