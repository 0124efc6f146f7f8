//! DS18B20 as the kernel's 1-wire driver shows it: the two lines of `w1_slave`.

use std::path::PathBuf;

use super::probe::{Measured, Probe, ProbeFault};
use crate::port::read_file;

/// What the chip holds after power-on, before its first conversion: 85 degC. No reading of a store is that.
pub const POWER_ON_MILLI_C: i32 = 85_000;

/// Why two lines give no temperature.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Ds18b20Error {
    /// The kernel's CRC check said NO, or the nine bytes contradict it.
    #[error("CRC error on the 1-wire line")]
    Crc,
    /// The power-on value: the conversion did not run (weak power, long cable).
    #[error("85 degC power-on value: the sensor lost power")]
    PowerOn,
    /// The kernel's value is not what the nine bytes say: the text was torn.
    #[error("the value and the bytes of w1_slave disagree")]
    Torn,
    /// Text that is no `w1_slave`.
    #[error("not a w1_slave text")]
    Text,
}

/// Reads `w1_slave`: thousandths of a degree Celsius, from the nine bytes that their checksum guards; the kernel's own value
/// behind `t=` must agree.
///
/// # Errors
/// [`Ds18b20Error`]; the power-on value is an error, not a temperature.
pub fn parse_w1_slave(text: &str) -> Result<i32, Ds18b20Error> {
    let mut lines = text.lines();
    let (Some(first), Some(second)) = (lines.next(), lines.next()) else { return Err(Ds18b20Error::Text) };
    let (bytes, verdict) = first.split_once(':').ok_or(Ds18b20Error::Text)?;
    let scratchpad = scratchpad(bytes)?;
    if !verdict.trim_end().ends_with("YES") || crc8(&scratchpad) != 0 || scratchpad.iter().all(|b| *b == 0) {
        return Err(Ds18b20Error::Crc);
    }
    let (_, value) = second.rsplit_once("t=").ok_or(Ds18b20Error::Text)?;
    let said: i32 = value.trim().parse().map_err(|_| Ds18b20Error::Text)?;
    let (whole, milli_c) = temperature(scratchpad);
    // The kernel leaves the bits in that mean nothing at a coarse resolution.
    if said != whole && said != milli_c {
        return Err(Ds18b20Error::Torn);
    }
    if milli_c == POWER_ON_MILLI_C {
        return Err(Ds18b20Error::PowerOn);
    }
    Ok(milli_c)
}

/// What the bytes say, as they stand and without the bits that mean nothing at the chip's resolution: thousandths of a
/// degree Celsius, towards zero, as the kernel rounds.
const fn temperature([low, high, _, _, configuration, ..]: [u8; 9]) -> (i32, i32) {
    let sixteenths = i16::from_le_bytes([low, high]);
    // 9 to 12 bits, by bits 5 and 6.
    let idle = 3 - ((configuration >> 5) & 3);
    let defined = sixteenths >> idle << idle;
    (sixteenths as i32 * 1_000 / 16, defined as i32 * 1_000 / 16)
}

/// One sensor's folder or file.
#[derive(Debug)]
pub struct W1Probe(PathBuf);

impl W1Probe {
    /// The sensor at a folder of `/sys/bus/w1/devices`, or at its file.
    #[must_use]
    pub const fn new(path: PathBuf) -> Self {
        Self(path)
    }
}

impl Probe for W1Probe {
    async fn read(&mut self) -> Result<Measured, ProbeFault> {
        let text =
            read_file(&self.0, "w1_slave").await.map_err(|fault| ProbeFault::Silent(fault.to_string()))?;
        Ok(Measured::temperature(parse_w1_slave(&text)?))
    }
}

impl From<Ds18b20Error> for ProbeFault {
    fn from(fault: Ds18b20Error) -> Self {
        match fault {
            Ds18b20Error::Crc => ProbeFault::Crc("1-wire line"),
            Ds18b20Error::PowerOn => ProbeFault::PowerOn("85 degC"),
            Ds18b20Error::Torn => ProbeFault::Garbled(fault.to_string()),
            Ds18b20Error::Text => ProbeFault::Silent(fault.to_string()),
        }
    }
}

fn scratchpad(text: &str) -> Result<[u8; 9], Ds18b20Error> {
    let mut bytes = [0_u8; 9];
    let mut words = text.split_whitespace();
    for byte in &mut bytes {
        let word = words.next().ok_or(Ds18b20Error::Text)?;
        *byte = u8::from_str_radix(word, 16).map_err(|_| Ds18b20Error::Text)?;
    }
    Ok(bytes)
}

/// Dallas CRC-8 (x^8 + x^5 + x^4 + 1, bits reversed); over data and its CRC it is 0.
#[must_use]
pub fn crc8(bytes: &[u8]) -> u8 {
    let mut crc = 0_u8;
    for byte in bytes {
        crc ^= byte;
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0x8c } else { crc >> 1 };
        }
    }
    crc
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "73 01 4b 46 7f ff 0d 10 41 : crc=41 YES\n73 01 4b 46 7f ff 0d 10 41 t=23187\n";

    #[test]
    fn the_good_the_bad_and_the_power_on_value() {
        assert_eq!(parse_w1_slave(GOOD), Ok(23_187));
        assert_eq!(parse_w1_slave(&GOOD.replace("YES", "NO")), Err(Ds18b20Error::Crc));
        assert_eq!(parse_w1_slave(&GOOD.replacen("73 01", "72 01", 1)), Err(Ds18b20Error::Crc));
        let zeros = "00 00 00 00 00 00 00 00 00 : crc=00 YES\n00 00 00 00 00 00 00 00 00 t=0\n";
        assert_eq!(parse_w1_slave(zeros), Err(Ds18b20Error::Crc), "a shorted line reads all zeros");
        let power_on = "50 05 4b 46 7f ff 0c 10 1c : crc=1c YES\n50 05 4b 46 7f ff 0c 10 1c t=85000\n";
        assert_eq!(parse_w1_slave(power_on), Err(Ds18b20Error::PowerOn));
        for torn in ["", "73 01", GOOD.lines().next().unwrap(), &GOOD[..GOOD.len() - 8], "x : YES\nt=1"] {
            assert!(parse_w1_slave(torn).is_err(), "{torn:?}");
        }
    }

    /// The bytes are right and the value behind them is cut or another one: never a temperature.
    #[test]
    fn the_value_must_be_what_the_bytes_say() {
        for torn in ["t=2318\n", "t=231\n", "t=2\n", "t=-23187\n", "t=23188\n", "t=123187\n"] {
            let text = GOOD.replace("t=23187\n", torn);
            assert_eq!(parse_w1_slave(&text), Err(Ds18b20Error::Torn), "{torn:?}");
        }
        for cut in 0..GOOD.len() - 1 {
            assert!(parse_w1_slave(&GOOD[..cut]).is_err(), "{cut}");
        }
    }

    /// 9 to 12 bits: what the chip leaves undefined does not count, whether the kernel shows it or not.
    #[test]
    fn the_resolution_says_which_bits_count() {
        for (configuration, milli_c) in [(0x1f, 23_000), (0x3f, 23_000), (0x5f, 23_125), (0x7f, 23_187)] {
            let chip = [0x73, 0x01, 0x4b, 0x46, configuration, 0xff, 0x0d, 0x10];
            let bytes: String =
                chip.iter().chain([&crc8(&chip)]).map(|byte| format!("{byte:02x} ")).collect();
            for said in [23_187, milli_c] {
                let text = format!("{bytes}: crc=00 YES\n{bytes}t={said}\n");
                assert_eq!(parse_w1_slave(&text), Ok(milli_c), "{text}");
            }
        }
        // -10.0625 degC at 12 bits, -10.5 at 9.
        for (configuration, milli_c) in [(0x1f, -10_500), (0x7f, -10_062)] {
            let chip = [0x5f, 0xff, 0x4b, 0x46, configuration, 0xff, 0x0d, 0x10];
            let bytes: String =
                chip.iter().chain([&crc8(&chip)]).map(|byte| format!("{byte:02x} ")).collect();
            let text = format!("{bytes}: crc=00 YES\n{bytes}t=-10062\n");
            assert_eq!(parse_w1_slave(&text), Ok(milli_c));
        }
    }

    #[test]
    fn below_zero() {
        let frozen = "e0 fe 4b 46 7f ff 10 10 0d : crc=0d YES\ne0 fe 4b 46 7f ff 10 10 0d t=-18000\n";
        let fixed = crc8(&[0xe0, 0xfe, 0x4b, 0x46, 0x7f, 0xff, 0x10, 0x10]);
        let text = frozen.replace("0d", &format!("{fixed:02x}"));
        assert_eq!(parse_w1_slave(&text), Ok(-18_000));
    }

    /// Four captures from real sensors.
    #[test]
    fn known_answers() {
        let Some(shared) = std::env::var_os("LARDER_SHARED") else {
            println!("skipped: LARDER_SHARED is not set");
            return;
        };
        let path = std::path::Path::new(&shared).join("data/sensors/known-answers.json");
        let all: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let samples = all["w1_slave_samples"].as_array().unwrap();
        assert_eq!(samples.len(), 4);
        for sample in samples {
            let want = i32::try_from(sample["milli_c"].as_i64().unwrap()).unwrap();
            assert_eq!(parse_w1_slave(sample["text"].as_str().unwrap()), Ok(want));
        }
    }
}
