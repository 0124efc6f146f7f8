//! Mocks of I2C and SPI for the chips' tests: they hold registers and answers, and can be unplugged.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use embedded_hal::delay::DelayNs;
use embedded_hal::i2c::{self, I2c};
use embedded_hal::spi::{self, SpiDevice};

/// Bytes of hexadecimal digits.
pub(crate) fn hex(digits: &str) -> Vec<u8> {
    let pair = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    (0..digits.len()).step_by(2).map(pair).collect()
}

/// No test waits for a conversion.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NoDelay;

impl DelayNs for NoDelay {
    fn delay_ns(&mut self, _ns: u32) {}
}

#[derive(Debug, Default)]
struct I2cInside {
    answers: BTreeMap<Vec<u8>, Vec<u8>>,
    last: Vec<u8>,
    written: Vec<Vec<u8>>,
    gone: bool,
}

/// A chip at one address that answers each written command or register with fixed bytes.
#[derive(Debug, Clone)]
pub(crate) struct MockI2c {
    address: u8,
    inside: Arc<Mutex<I2cInside>>,
}

impl MockI2c {
    pub(crate) fn new(address: u8) -> Self {
        Self { address, inside: Arc::default() }
    }

    pub(crate) fn answers_to(&self, written: &[u8], answer: &[u8]) {
        self.inside.lock().unwrap().answers.insert(written.to_vec(), answer.to_vec());
    }

    pub(crate) fn unplug(&self) {
        self.inside.lock().unwrap().gone = true;
    }

    pub(crate) fn written(&self) -> Vec<Vec<u8>> {
        self.inside.lock().unwrap().written.clone()
    }
}

impl i2c::ErrorType for MockI2c {
    type Error = i2c::ErrorKind;
}

impl I2c for MockI2c {
    fn transaction(&mut self, address: u8, steps: &mut [i2c::Operation<'_>]) -> Result<(), i2c::ErrorKind> {
        let mut inside = self.inside.lock().unwrap();
        if inside.gone || address != self.address {
            return Err(i2c::ErrorKind::NoAcknowledge(i2c::NoAcknowledgeSource::Address));
        }
        for step in steps {
            match step {
                i2c::Operation::Write(bytes) => {
                    inside.last = bytes.to_vec();
                    inside.written.push(bytes.to_vec());
                }
                i2c::Operation::Read(into) => {
                    let answer = inside.answers.get(&inside.last).cloned();
                    let answer = answer.ok_or(i2c::ErrorKind::Other)?;
                    into.copy_from_slice(&answer[..into.len()]);
                }
            }
        }
        Ok(())
    }
}

#[derive(Debug, Default)]
struct SpiInside {
    registers: [u8; 8],
    stuck: Option<u8>,
    written: Vec<Vec<u8>>,
}

/// A MAX31865's eight registers; a one-shot conversion ends at once.
#[derive(Debug, Clone, Default)]
pub(crate) struct MockSpi {
    inside: Arc<Mutex<SpiInside>>,
}

impl MockSpi {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn set(&self, register: u8, bytes: &[u8]) {
        let at = usize::from(register);
        self.inside.lock().unwrap().registers[at..at + bytes.len()].copy_from_slice(bytes);
    }

    pub(crate) fn get(&self, register: u8) -> u8 {
        self.inside.lock().unwrap().registers[usize::from(register)]
    }

    /// The line gives nothing but this byte.
    pub(crate) fn stick_at(&self, byte: u8) {
        self.inside.lock().unwrap().stuck = Some(byte);
    }

    pub(crate) fn written(&self) -> Vec<Vec<u8>> {
        self.inside.lock().unwrap().written.clone()
    }
}

impl spi::ErrorType for MockSpi {
    type Error = spi::ErrorKind;
}

impl SpiDevice for MockSpi {
    fn transaction(&mut self, steps: &mut [spi::Operation<'_, u8>]) -> Result<(), spi::ErrorKind> {
        let mut inside = self.inside.lock().unwrap();
        let mut at = 0;
        for step in steps {
            match step {
                spi::Operation::Write([register, value]) if register & 0x80 != 0 => {
                    inside.written.push(vec![*register, *value]);
                    // The one-shot and the clear bit fall back by themselves.
                    inside.registers[usize::from(register & 0x7f)] = value & !0x22;
                }
                spi::Operation::Write([register]) => at = usize::from(*register),
                spi::Operation::Read(into) => {
                    let stuck = inside.stuck;
                    for (n, byte) in into.iter_mut().enumerate() {
                        *byte = stuck.unwrap_or(inside.registers[at + n]);
                    }
                }
                spi::Operation::Write(_)
                | spi::Operation::Transfer(..)
                | spi::Operation::TransferInPlace(_)
                | spi::Operation::DelayNs(_) => return Err(spi::ErrorKind::Other),
            }
        }
        Ok(())
    }
}
