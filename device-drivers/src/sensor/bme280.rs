//! Bosch BME280: temperature, humidity and pressure over I2C. The compensation follows the floating-point formulas of the
//! datasheet (appendix 8.1); the bus is whatever speaks the embedded-hal traits.

use embedded_hal::delay::DelayNs;
use embedded_hal::i2c::I2c;

use super::probe::{Chip, Measured, ProbeFault};

/// Address with SDO at ground.
pub const USUAL_ADDRESS: u8 = 0x76;

const CHIP_ID: u8 = 0x60;
const REG_ID: u8 = 0xd0;
const REG_CALIBRATION_LOW: u8 = 0x88;
const REG_CALIBRATION_HIGH: u8 = 0xe1;
const REG_CTRL_HUM: u8 = 0xf2;
const REG_STATUS: u8 = 0xf3;
const REG_CTRL_MEAS: u8 = 0xf4;
const REG_DATA: u8 = 0xf7;
/// Oversampling of one for humidity.
const HUM_ONCE: u8 = 0b001;
/// Oversampling of one for temperature and pressure, one forced conversion.
const FORCED: u8 = 0b0010_0101;
/// The chip says in `status` that a conversion runs.
const MEASURING: u8 = 0b1000;
/// The longest a forced conversion of one sample each takes, with a margin, microseconds.
const TAKES_US: u32 = 10_000;
/// How often a busy chip is looked at again.
const LOOKS: u32 = 5;
/// What the data registers hold before the first conversion.
const NEVER_CONVERTED: u32 = 0x8_0000;

/// The factory's trimming values, as the datasheet names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Trimming {
    /// `dig_T1`.
    pub t1: u16,
    /// `dig_T2` and `dig_T3`.
    pub t: [i16; 2],
    /// `dig_P1`.
    pub p1: u16,
    /// `dig_P2` to `dig_P9`.
    pub p: [i16; 8],
    /// `dig_H1`.
    pub h1: u8,
    /// `dig_H2`.
    pub h2: i16,
    /// `dig_H3`.
    pub h3: u8,
    /// `dig_H4`, twelve bits.
    pub h4: i16,
    /// `dig_H5`, twelve bits.
    pub h5: i16,
    /// `dig_H6`.
    pub h6: i8,
}

impl Trimming {
    /// Reads the two blocks of trimming registers (0x88 to 0xA1, 0xE1 to 0xE7).
    #[must_use]
    pub fn read(low: &[u8; 26], high: &[u8; 7]) -> Self {
        let word = |at: usize| match low.get(at..at + 2) {
            Some([a, b]) => u16::from_le_bytes([*a, *b]),
            Some(_) | None => 0,
        };
        let signed = |at: usize| word(at).cast_signed();
        let [e1, e2, e3, e4, e5, e6, e7] = *high;
        let twelve = |upper: u8, lower: u8| (i16::from(upper.cast_signed()) << 4) | i16::from(lower);
        Self {
            t1: word(0),
            t: [signed(2), signed(4)],
            p1: word(6),
            p: std::array::from_fn(|n| signed(8 + 2 * n)),
            h1: low[25],
            h2: i16::from_le_bytes([e1, e2]),
            h3: e3,
            h4: twelve(e4, e5 & 0x0f),
            h5: twelve(e6, e5 >> 4),
            h6: e7.cast_signed(),
        }
    }
}

/// What the converters gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Temperature, 20 bits.
    pub temperature: u32,
    /// Pressure, 20 bits.
    pub pressure: u32,
    /// Humidity, 16 bits.
    pub humidity: u16,
}

impl Counts {
    /// Reads the burst from 0xF7.
    ///
    /// # Errors
    /// [`ProbeFault::PowerOn`] when there was no conversion since power-on.
    pub fn read(burst: &[u8; 8]) -> Result<Self, ProbeFault> {
        let [p1, p2, p3, t1, t2, t3, h1, h2] = burst.map(u32::from);
        let counts = Self {
            temperature: t1 << 12 | t2 << 4 | t3 >> 4,
            pressure: p1 << 12 | p2 << 4 | p3 >> 4,
            humidity: u16::try_from(h1 << 8 | h2).unwrap_or(u16::MAX),
        };
        if counts.temperature == NEVER_CONVERTED {
            return Err(ProbeFault::PowerOn("0x80000"));
        }
        Ok(counts)
    }
}

/// Compensated values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Climate {
    /// Degrees Celsius, within the chip's -40 to 85.
    pub celsius: f64,
    /// Pascals, within the chip's 30,000 to 110,000.
    pub pascals: f64,
    /// Relative humidity in percent, 0 to 100.
    pub humidity_pct: f64,
}

/// The fine temperature that pressure and humidity need, and degrees Celsius.
fn temperature(trim: &Trimming, count: u32) -> (i32, f64) {
    let count = f64::from(count);
    let [t2, t3] = trim.t.map(f64::from);
    let t1 = f64::from(trim.t1);
    let straight = (count / 16_384.0 - t1 / 1_024.0) * t2;
    let bend = count / 131_072.0 - t1 / 8_192.0;
    let fine = straight + bend * bend * t3;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the datasheet truncates t_fine to 32 bits; `as` saturates"
    )]
    let whole = fine as i32;
    (whole, (fine / 5_120.0).clamp(-40.0, 85.0))
}

fn pressure(trim: &Trimming, fine: i32, count: u32) -> f64 {
    const RANGE: (f64, f64) = (30_000.0, 110_000.0);
    let [p2, p3, p4, p5, p6, p7, p8, p9] = trim.p.map(f64::from);
    let x = f64::from(fine) / 2.0 - 64_000.0;
    let offset = (x * x * p6 / 32_768.0 + x * p5 * 2.0) / 4.0 + p4 * 65_536.0;
    let slope = (p3 * x * x / 524_288.0 + p2 * x) / 524_288.0;
    let sensitivity = (1.0 + slope / 32_768.0) * f64::from(trim.p1);
    if sensitivity <= 0.0 {
        return RANGE.0;
    }
    let first = (1_048_576.0 - f64::from(count) - offset / 4_096.0) * 6_250.0 / sensitivity;
    let square = p9 * first * first / 2_147_483_648.0;
    (first + (square + first * p8 / 32_768.0 + p7) / 16.0).clamp(RANGE.0, RANGE.1)
}

fn humidity(trim: &Trimming, fine: i32, count: u16) -> f64 {
    let x = f64::from(fine) - 76_800.0;
    let zero = f64::from(trim.h4) * 64.0 + f64::from(trim.h5) / 16_384.0 * x;
    let bend = 1.0 + f64::from(trim.h3) / 67_108_864.0 * x;
    let gain = f64::from(trim.h2) / 65_536.0 * (1.0 + f64::from(trim.h6) / 67_108_864.0 * x * bend);
    let straight = (f64::from(count) - zero) * gain;
    (straight * (1.0 - f64::from(trim.h1) * straight / 524_288.0)).clamp(0.0, 100.0)
}

/// Counts to a climate, by the datasheet's formulas in double precision.
#[must_use]
pub fn compensate(trim: &Trimming, counts: &Counts) -> Climate {
    let (fine, celsius) = temperature(trim, counts.temperature);
    Climate {
        celsius,
        pascals: pressure(trim, fine, counts.pressure),
        humidity_pct: humidity(trim, fine, counts.humidity),
    }
}

impl Climate {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "all three are clamped to ranges above"
    )]
    fn measured(&self) -> Measured {
        Measured {
            milli_c: (self.celsius * 1_000.0).round() as i32,
            humidity_milli_pct: Some((self.humidity_pct * 1_000.0).round() as u32),
            pressure_pa: Some(self.pascals.round() as u32),
        }
    }
}

/// One chip on a bus.
#[derive(Debug)]
pub struct Bme280<B, D> {
    bus: B,
    address: u8,
    delay: D,
    trimming: Option<Trimming>,
}

impl<B: I2c, D: DelayNs> Bme280<B, D> {
    /// A chip at a 7-bit address; its trimming is read with the first measurement.
    pub const fn new(bus: B, address: u8, delay: D) -> Self {
        Self { bus, address, delay, trimming: None }
    }

    fn fetch(&mut self, register: u8, into: &mut [u8]) -> Result<(), ProbeFault> {
        self.bus.write_read(self.address, &[register], into).map_err(silent)
    }

    fn set(&mut self, register: u8, value: u8) -> Result<(), ProbeFault> {
        self.bus.write(self.address, &[register, value]).map_err(silent)
    }

    fn trimming(&mut self) -> Result<Trimming, ProbeFault> {
        if let Some(known) = self.trimming {
            return Ok(known);
        }
        let mut id = [0];
        self.fetch(REG_ID, &mut id)?;
        if id != [CHIP_ID] {
            return Err(ProbeFault::WrongChip(id[0]));
        }
        let (mut low, mut high) = ([0; 26], [0; 7]);
        self.fetch(REG_CALIBRATION_LOW, &mut low)?;
        self.fetch(REG_CALIBRATION_HIGH, &mut high)?;
        Ok(*self.trimming.insert(Trimming::read(&low, &high)))
    }
}

fn silent<E: std::fmt::Debug>(fault: E) -> ProbeFault {
    ProbeFault::Silent(format!("I2C: {fault:?}"))
}

impl<B: I2c + Send, D: DelayNs + Send> Chip for Bme280<B, D> {
    fn measure(&mut self) -> Result<Measured, ProbeFault> {
        let trimming = self.trimming()?;
        // The humidity setting counts only from the next write to ctrl_meas on, and both are lost with the power.
        self.set(REG_CTRL_HUM, HUM_ONCE)?;
        self.set(REG_CTRL_MEAS, FORCED)?;
        let mut status = [MEASURING];
        for _ in 0..LOOKS {
            self.delay.delay_us(TAKES_US);
            self.fetch(REG_STATUS, &mut status)?;
            if status[0] & MEASURING == 0 {
                break;
            }
        }
        if status[0] & MEASURING != 0 {
            return Err(ProbeFault::Garbled("the conversion does not end".into()));
        }
        let mut burst = [0; 8];
        self.fetch(REG_DATA, &mut burst)?;
        Ok(compensate(&trimming, &Counts::read(&burst)?).measured())
    }
}

#[cfg(test)]
#[path = "bme280_tests.rs"]
mod tests;
