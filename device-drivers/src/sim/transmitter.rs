//! A temperature transmitter as a Modbus RTU slave: answers questions for its registers, and says nothing to anybody else's.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::sim::pty::Pty;

const READ_HOLDING: u8 = 3;
const READ_INPUT: u8 = 4;
/// A question for registers: slave, function, first register, count, checksum.
const QUESTION_BYTES: usize = 8;
/// A pause this long ends a frame, whole or torn.
const FRAME_ENDS: Duration = Duration::from_millis(20);

/// The slaves on one line: registers by slave and number, the same in both tables.
type Registers = BTreeMap<(u8, u16), u16>;

/// Transmitters on a pseudo-terminal. Dropping it unplugs the line.
#[derive(Debug)]
pub struct SimTransmitters {
    registers: watch::Sender<Registers>,
    task: JoinHandle<()>,
}

impl SimTransmitters {
    /// Plugs a line in; the agent finds it at `path` (its folder must exist). Needs a running tokio.
    ///
    /// # Errors
    /// When no pseudo-terminal or link can be made.
    pub fn plug_in(path: &Path) -> io::Result<Self> {
        let pty = Pty::plug_in(path)?;
        let (registers, seen) = watch::channel(Registers::new());
        Ok(Self { registers, task: tokio::spawn(answer(pty, seen)) })
    }

    /// A slave's register holds this now.
    pub fn set(&self, slave: u8, register: u16, value: u16) {
        self.registers.send_modify(|registers| {
            registers.insert((slave, register), value);
        });
    }

    /// A slave has lost its power.
    pub fn silence(&self, slave: u8) {
        self.registers.send_modify(|registers| registers.retain(|(known, _), _| *known != slave));
    }
}

impl Drop for SimTransmitters {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(mut pty: Pty, registers: watch::Receiver<Registers>) {
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
            let said = reply(&question, &registers.borrow());
            if let Some(said) = said
                && pty.master.write_all(&said).await.is_err()
            {
                return;
            }
        }
    }
}

/// The answer to a question; `None` where a real slave keeps silent: a wrong checksum, another slave's address.
fn reply(question: &[u8], registers: &Registers) -> Option<Vec<u8>> {
    let [slave, function, r1, r2, c1, c2, sum @ ..] = question else { return None };
    let (body, _) = question.split_at(QUESTION_BYTES - 2);
    if sum != crc16(body).to_le_bytes() || !registers.keys().any(|(known, _)| known == slave) {
        return None;
    }
    let (first, count) = (u16::from_be_bytes([*r1, *r2]), u16::from_be_bytes([*c1, *c2]));
    let values: Option<Vec<u16>> = (first..first.saturating_add(count))
        .map(|register| registers.get(&(*slave, register)).copied())
        .collect();
    let mut frame = match (*function, values.as_deref()) {
        (READ_HOLDING | READ_INPUT, Some(values @ [_, ..])) => {
            let bytes = u8::try_from(2 * values.len()).ok()?;
            let words = values.iter().flat_map(|value| value.to_be_bytes());
            [*slave, *function, bytes].into_iter().chain(words).collect()
        }
        (READ_HOLDING | READ_INPUT, _) => vec![*slave, *function | 0x80, 2],
        (_, _) => vec![*slave, *function | 0x80, 1],
    };
    frame.extend(crc16(&frame).to_le_bytes());
    Some(frame)
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
            let mut registers = Registers::from([((1, 100), 0)]);
            for (n, value) in frame["regs"].as_array().into_iter().flatten().enumerate() {
                let value = i16::try_from(value.as_i64().unwrap()).unwrap();
                registers.insert((1, first + u16::try_from(n).unwrap()), value.cast_unsigned());
            }
            assert_eq!(reply(&question, &registers), Some(hex(frame["rsp"].as_str().unwrap())));
        }
    }

    #[tokio::test]
    async fn the_driver_reads_two_slaves_of_one_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rs485");
        let sim = SimTransmitters::plug_in(&path).unwrap();
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
}
