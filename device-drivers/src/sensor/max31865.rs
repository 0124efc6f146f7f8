//! MAX31865: a PT100 or PT1000 element over SPI. Its own fault register is read and named bit by bit; its SPI has no
//! checksum, so what was written is read back before a value is believed.

use std::fmt;

use embedded_hal::delay::DelayNs;
use embedded_hal::spi::{Operation, SpiDevice};

use super::probe::{Chip, Measured, ProbeFault};
use super::pt100;

const REG_CONFIG: u8 = 0x00;
const REG_RTD: u8 = 0x01;
const REG_FAULT: u8 = 0x07;
const WRITE: u8 = 0x80;
const BIAS: u8 = 0x80;
const ONE_SHOT: u8 = 0x20;
const THREE_WIRE: u8 = 0x10;
const CLEAR_FAULTS: u8 = 0x02;
/// The notch at 50 Hz: mains of India.
const NOTCH_50_HZ: u8 = 0x01;
/// The bits of the configuration that stay as they were written.
const LASTING: u8 = BIAS | THREE_WIRE | NOTCH_50_HZ;
/// For the filter at the element's inputs to settle after the bias is switched on, microseconds.
const BIAS_US: u32 = 12_000;
/// A conversion with the 50 Hz notch takes at most this, with a margin, microseconds.
const TAKES_US: u32 = 68_000;

/// How many wires lead to the element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wires {
    /// Two or four: the same to the chip.
    TwoOrFour,
    /// Three.
    Three,
}

/// What the chip's fault register names; several may be set at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RtdFaults(u8);

/// The register's bits, highest first, by what they mean at the element.
const NAMES: [(u8, &str); 6] = [
    (0x80, "resistance over the upper threshold: element open"),
    (0x40, "resistance under the lower threshold: element shorted"),
    (0x20, "REFIN- over 0.85 of the bias: reference open"),
    (0x10, "REFIN- under 0.85 of the bias: FORCE- open"),
    (0x08, "RTDIN- under 0.85 of the bias: FORCE- open"),
    (0x04, "over- or undervoltage at an input"),
];

impl RtdFaults {
    /// Reads the register; the two lowest bits mean nothing.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits & 0xfc)
    }

    /// The names of the set bits.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        NAMES.into_iter().filter(move |(bit, _)| self.0 & bit != 0).map(|(_, name)| name)
    }
}

impl fmt::Display for RtdFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.names().collect();
        if names.is_empty() { f.write_str("element fault") } else { f.write_str(&names.join("; ")) }
    }
}

/// The element and its reference resistor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Element {
    /// Resistance at 0 degC, ohms: 100 or 1,000.
    pub at_zero_ohm: u32,
    /// The board's reference resistor, thousandths of an ohm: usually 430,000 for a PT100.
    pub reference_milli_ohm: u32,
    /// How it is wired.
    pub wires: Wires,
}

impl Element {
    /// A PT100 at the usual board's 430 ohm, two or four wires.
    pub const PT100: Self = Self { at_zero_ohm: 100, reference_milli_ohm: 430_000, wires: Wires::TwoOrFour };

    /// A 15-bit count to thousandths of a degree; `None` where no platinum element can be.
    #[must_use]
    pub fn milli_c(&self, count: u16) -> Option<i32> {
        let ohms = f64::from(count) / 32_768.0 * f64::from(self.reference_milli_ohm) / 1_000.0;
        let celsius = pt100::celsius(ohms / f64::from(self.at_zero_ohm))?;
        #[expect(clippy::cast_possible_truncation, reason = "-200,000 to 850,000 by the standard's range")]
        let milli_c = (celsius * 1_000.0).round() as i32;
        Some(milli_c)
    }
}

/// One chip with its element.
#[derive(Debug)]
pub struct Max31865<S, D> {
    bus: S,
    delay: D,
    element: Element,
}

impl<S: SpiDevice, D: DelayNs> Max31865<S, D> {
    /// A chip behind its own chip select; SPI mode 1 or 3.
    pub const fn new(bus: S, delay: D, element: Element) -> Self {
        Self { bus, delay, element }
    }

    fn set(&mut self, register: u8, value: u8) -> Result<(), ProbeFault> {
        self.bus.write(&[register | WRITE, value]).map_err(silent)
    }

    fn fetch<const N: usize>(&mut self, register: u8) -> Result<[u8; N], ProbeFault> {
        let mut bytes = [0; N];
        let mut steps = [Operation::Write(&[register]), Operation::Read(&mut bytes)];
        self.bus.transaction(&mut steps).map_err(silent)?;
        Ok(bytes)
    }

    fn convert(&mut self) -> Result<u16, ProbeFault> {
        let wires = match self.element.wires {
            Wires::TwoOrFour => 0,
            Wires::Three => THREE_WIRE,
        };
        let config = BIAS | wires | NOTCH_50_HZ;
        self.set(REG_CONFIG, config | CLEAR_FAULTS)?;
        self.delay.delay_us(BIAS_US);
        self.set(REG_CONFIG, config | ONE_SHOT)?;
        self.delay.delay_us(TAKES_US);
        let [back] = self.fetch(REG_CONFIG)?;
        if back & LASTING != config {
            return Err(ProbeFault::Silent("SPI: what was written does not read back".into()));
        }
        if back & ONE_SHOT != 0 {
            return Err(ProbeFault::Garbled("the conversion does not end".into()));
        }
        let rtd = u16::from_be_bytes(self.fetch(REG_RTD)?);
        if rtd & 1 != 0 {
            let [bits] = self.fetch(REG_FAULT)?;
            return Err(ProbeFault::Element(RtdFaults::from_bits(bits)));
        }
        Ok(rtd >> 1)
    }
}

fn silent<E: fmt::Debug>(fault: E) -> ProbeFault {
    ProbeFault::Silent(format!("SPI: {fault:?}"))
}

impl<S: SpiDevice + Send, D: DelayNs + Send> Chip for Max31865<S, D> {
    fn measure(&mut self) -> Result<Measured, ProbeFault> {
        let count = self.convert();
        // The bias warms the element: off between two readings, also after a fault.
        self.set(REG_CONFIG, NOTCH_50_HZ)?;
        let count = count?;
        let no_element = if count < 0x4000 { RtdFaults::from_bits(0x40) } else { RtdFaults::from_bits(0x80) };
        let milli_c = self.element.milli_c(count).ok_or(ProbeFault::Element(no_element))?;
        Ok(Measured::temperature(milli_c))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sensor::mock::{MockSpi, NoDelay};

    /// The count a 430 ohm board gives for an element's resistance.
    fn count(ohms: f64) -> u16 {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a test's own numbers")]
        let count = (ohms / 430.0 * 32_768.0).round() as u16;
        count
    }

    #[test]
    fn resistances_of_the_standard_become_degrees() {
        // One count is 0.013 ohm, about 34 thousandths of a degree.
        for (ohms, milli_c) in
            [(100.0, 0_i32), (92.95, -18_000), (101.56, 4_000), (138.51, 100_000), (60.26, -100_000)]
        {
            let got = Element::PT100.milli_c(count(ohms)).unwrap();
            assert!(got.abs_diff(milli_c) < 60, "{ohms}: {got}");
        }
        let thousand = Element { at_zero_ohm: 1_000, reference_milli_ohm: 4_300_000, wires: Wires::Three };
        assert_eq!(thousand.milli_c(count(107.79)), Element::PT100.milli_c(count(107.79)));
        assert_eq!(Element::PT100.milli_c(0), None);
        assert_eq!(Element::PT100.milli_c(0x7fff), None);
    }

    #[test]
    fn a_conversion_and_the_bias_off_afterwards() {
        let bus = MockSpi::new();
        bus.set(REG_RTD, &(count(101.56) << 1).to_be_bytes());
        let mut chip = Max31865::new(bus.clone(), NoDelay, Element { wires: Wires::Three, ..Element::PT100 });
        assert!(chip.measure().unwrap().milli_c.abs_diff(4_000) < 60);
        assert_eq!(bus.get(REG_CONFIG), NOTCH_50_HZ);
        assert!(bus.written().contains(&vec![WRITE, BIAS | THREE_WIRE | NOTCH_50_HZ | ONE_SHOT]));
    }

    #[test]
    fn every_fault_bit_has_a_name() {
        for (bit, name) in NAMES {
            let bus = MockSpi::new();
            bus.set(REG_RTD, &[0x00, 0x01]);
            bus.set(REG_FAULT, &[bit]);
            let fault = Max31865::new(bus, NoDelay, Element::PT100).measure().unwrap_err();
            assert_eq!(fault.to_string(), name);
        }
        assert_eq!(RtdFaults::from_bits(0x84).names().count(), 2);
    }

    #[test]
    fn a_dead_line_is_silence_not_a_temperature() {
        for stuck in [0x00, 0xff] {
            let bus = MockSpi::new();
            bus.stick_at(stuck);
            let fault = Max31865::new(bus, NoDelay, Element::PT100).measure();
            assert!(matches!(fault, Err(ProbeFault::Silent(_))), "{stuck}: {fault:?}");
        }
        let bus = MockSpi::new();
        bus.set(REG_RTD, &[0xff, 0xfe]);
        assert!(matches!(Max31865::new(bus, NoDelay, Element::PT100).measure(), Err(ProbeFault::Element(_))));
    }
}
