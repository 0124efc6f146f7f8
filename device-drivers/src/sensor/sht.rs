//! Sensirion SHT3x and SHT4x: temperature and humidity over I2C, a CRC on every word. Speaks through the embedded-hal
//! traits, so that mocks and any Linux bus serve; opens nothing.

use embedded_hal::delay::DelayNs;
use embedded_hal::i2c::I2c;

use super::probe::{Chip, Measured, ProbeFault};

/// Which family; they differ in the command, the time it takes and the humidity's line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ShtFamily {
    /// SHT30, SHT31, SHT35.
    Sht3x,
    /// SHT40, SHT41, SHT45.
    Sht4x,
}

/// Address of either family unless its pin or part number says otherwise.
pub const USUAL_ADDRESS: u8 = 0x44;

impl ShtFamily {
    /// One measurement of high repeatability, without clock stretching: other chips share the bus.
    const fn command(self) -> &'static [u8] {
        match self {
            ShtFamily::Sht3x => &[0x24, 0x00],
            ShtFamily::Sht4x => &[0xfd],
        }
    }

    /// The longest a conversion takes by the datasheet, with a margin, microseconds.
    const fn takes_us(self) -> u32 {
        match self {
            ShtFamily::Sht3x => 16_000,
            ShtFamily::Sht4x => 9_000,
        }
    }

    /// Thousandths of a percent; SHT4x may compute a little outside 0 to 100 at the ends, which is cropped as its
    /// datasheet says.
    fn humidity(self, word: u16) -> u32 {
        let (offset, span) = match self {
            ShtFamily::Sht3x => (0, 100_000),
            ShtFamily::Sht4x => (-6_000, 125_000),
        };
        u32::try_from(line(word, offset, span).clamp(0, 100_000)).unwrap_or(0)
    }
}

/// A point on the straight line from `offset` by `span` over the 16 bits, rounded.
fn line(word: u16, offset: i32, span: i32) -> i32 {
    let full = i64::from(u16::MAX);
    let part = (i64::from(span) * i64::from(word) + full / 2) / full;
    offset.saturating_add(i32::try_from(part).unwrap_or(i32::MAX))
}

/// Sensirion's CRC-8: polynomial 0x31, begins at 0xFF, nothing reflected.
#[must_use]
pub fn crc8(bytes: &[u8]) -> u8 {
    let mut crc = 0xff_u8;
    for byte in bytes {
        crc ^= byte;
        for _ in 0..8 {
            crc = if crc & 0x80 != 0 { (crc << 1) ^ 0x31 } else { crc << 1 };
        }
    }
    crc
}

/// Reads the six bytes of an answer.
///
/// # Errors
/// [`ProbeFault::Crc`] when either word contradicts its checksum.
pub fn parse(family: ShtFamily, frame: &[u8; 6]) -> Result<Measured, ProbeFault> {
    let word = |bytes: [u8; 2], crc: u8| {
        (crc8(&bytes) == crc).then(|| u16::from_be_bytes(bytes)).ok_or(ProbeFault::Crc("I2C answer"))
    };
    let [t_high, t_low, t_crc, h_high, h_low, h_crc] = *frame;
    let temperature = word([t_high, t_low], t_crc)?;
    let humidity = word([h_high, h_low], h_crc)?;
    Ok(Measured {
        milli_c: line(temperature, -45_000, 175_000),
        humidity_milli_pct: Some(family.humidity(humidity)),
        pressure_pa: None,
    })
}

/// One chip on a bus.
#[derive(Debug)]
pub struct Sht<B, D> {
    family: ShtFamily,
    bus: B,
    address: u8,
    delay: D,
}

impl<B: I2c, D: DelayNs> Sht<B, D> {
    /// A chip at a 7-bit address.
    pub const fn new(family: ShtFamily, bus: B, address: u8, delay: D) -> Self {
        Self { family, bus, address, delay }
    }
}

impl<B: I2c + Send, D: DelayNs + Send> Chip for Sht<B, D> {
    fn measure(&mut self) -> Result<Measured, ProbeFault> {
        let silent = |fault: B::Error| ProbeFault::Silent(format!("I2C: {fault:?}"));
        self.bus.write(self.address, self.family.command()).map_err(silent)?;
        self.delay.delay_us(self.family.takes_us());
        let mut frame = [0; 6];
        self.bus.read(self.address, &mut frame).map_err(silent)?;
        parse(self.family, &frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sensor::mock::{MockI2c, NoDelay};

    fn frame(temperature: u16, humidity: u16) -> [u8; 6] {
        let ([a, b], [c, d]) = (temperature.to_be_bytes(), humidity.to_be_bytes());
        [a, b, crc8(&[a, b]), c, d, crc8(&[c, d])]
    }

    #[test]
    fn the_crc_knows_its_answers() {
        assert_eq!(crc8(&[0xbe, 0xef]), 0x92);
        assert_eq!(crc8(&[0x00]), 0xac);
        let Some(shared) = std::env::var_os("LARDER_SHARED") else {
            println!("skipped: LARDER_SHARED is not set");
            return;
        };
        let path = std::path::Path::new(&shared).join("data/sensors/known-answers.json");
        let all: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        for case in all["sensirion_crc8"]["cases"].as_array().unwrap() {
            let bytes = crate::sensor::mock::hex(case[0].as_str().unwrap());
            assert_eq!(vec![crc8(&bytes)], crate::sensor::mock::hex(case[1].as_str().unwrap()));
        }
    }

    #[test]
    fn both_families_follow_their_lines() {
        // 26214 / 65535 is 0.4 exactly: -45 + 70 and 40 % or -6 + 50.
        let measured = parse(ShtFamily::Sht3x, &frame(26_214, 26_214)).unwrap();
        assert_eq!((measured.milli_c, measured.humidity_milli_pct), (25_000, Some(40_000)));
        assert_eq!(parse(ShtFamily::Sht4x, &frame(26_214, 26_214)).unwrap().humidity_milli_pct, Some(44_000));
        let ends = [(0, -45_000, 0), (u16::MAX, 130_000, 100_000)];
        for (word, milli_c, humidity) in ends {
            for family in [ShtFamily::Sht3x, ShtFamily::Sht4x] {
                let got = parse(family, &frame(word, word)).unwrap();
                assert_eq!((got.milli_c, got.humidity_milli_pct), (milli_c, Some(humidity)));
            }
        }
    }

    #[test]
    fn every_flipped_bit_is_seen() {
        let good = frame(31_000, 20_000);
        for bit in 0..48 {
            let mut bad = good;
            bad[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(parse(ShtFamily::Sht4x, &bad), Err(ProbeFault::Crc("I2C answer")), "bit {bit}");
        }
        // A dead bus reads all ones or all zeros; neither passes.
        for stuck in [[0xff; 6], [0; 6]] {
            assert!(parse(ShtFamily::Sht3x, &stuck).is_err());
        }
    }

    #[test]
    fn the_chip_is_asked_as_its_datasheet_says() {
        for (family, command) in [(ShtFamily::Sht3x, vec![0x24, 0x00]), (ShtFamily::Sht4x, vec![0xfd])] {
            let bus = MockI2c::new(0x44);
            bus.answers_to(&command, &frame(26_214, 0));
            let mut chip = Sht::new(family, bus.clone(), 0x44, NoDelay);
            assert_eq!(chip.measure().unwrap().milli_c, 25_000);
            bus.unplug();
            assert!(matches!(chip.measure(), Err(ProbeFault::Silent(_))));
        }
    }
}
