//! What every sensor gives, whatever bus it hangs on: a raw measurement, or a fault by name. No bus and no chip is
//! spoken to here, and nothing is judged: plausibility is [`super::filter`]'s.

use std::future::Future;

use model::mqtt::Quality;

use super::max31865::RtdFaults;

/// One measurement as the chip gave it, before calibration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measured {
    /// Thousandths of a degree Celsius.
    pub milli_c: i32,
    /// Relative humidity, thousandths of a percent, where the chip has it.
    pub humidity_milli_pct: Option<u32>,
    /// Air pressure, pascals, where the chip has it.
    pub pressure_pa: Option<u32>,
}

impl Measured {
    /// A temperature alone, thousandths of a degree Celsius.
    #[must_use]
    pub const fn temperature(milli_c: i32) -> Self {
        Self { milli_c, humidity_milli_pct: None, pressure_pa: None }
    }
}

/// Why there is no measurement. Each becomes a reading without a value: a fault is told, never filled in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProbeFault {
    /// The bytes came, their checksum does not fit them.
    #[error("CRC error on the {0}")]
    Crc(&'static str),
    /// What the chip holds before its first conversion.
    #[error("{0} power-on value: the sensor lost power")]
    PowerOn(&'static str),
    /// Another chip than the driver's answers there.
    #[error("chip id 0x{0:02x} is not this driver's")]
    WrongChip(u8),
    /// The platinum element or its cable.
    #[error("{0}")]
    Element(RtdFaults),
    /// The answer is none that the protocol knows.
    #[error("{0}")]
    Garbled(String),
    /// A Modbus slave refuses: wrong register or wrong kind in store.toml, or the transmitter itself is broken.
    #[error("slave {slave} refuses: {why}")]
    Refused {
        /// The slave's address.
        slave: u8,
        /// The exception, as Modbus names it.
        why: String,
    },
    /// Two readings in a row after a disturbance that do not agree.
    #[error("two readings after a disturbance disagree")]
    Unsure,
    /// Nothing answers: pulled, unpowered, dead bus.
    #[error("{0}")]
    Silent(String),
}

impl ProbeFault {
    /// How the reading without a value is marked: nonsense is an answer, silence is none.
    #[must_use]
    pub const fn quality(&self) -> Quality {
        match self {
            ProbeFault::Crc(_) | ProbeFault::Garbled(_) | ProbeFault::Unsure => Quality::CrcError,
            ProbeFault::PowerOn(_) | ProbeFault::Element(_) => Quality::Implausible,
            ProbeFault::WrongChip(_) | ProbeFault::Refused { .. } | ProbeFault::Silent(_) => Quality::Silent,
        }
    }
}

/// A sensor that can be read. The agent has one loop for all of them.
pub trait Probe: Send {
    /// Takes one measurement. Cancelled reads leave nothing behind that a later one could mistake for its answer.
    fn read(&mut self) -> impl Future<Output = Result<Measured, ProbeFault>> + Send;
}

/// A chip on a bus that blocks: I2C and SPI of the kernel. Runs on a thread of its own kind ([`super::on_bus`]).
pub trait Chip: Send {
    /// Starts a conversion, waits for it, reads and checks it.
    ///
    /// # Errors
    /// [`ProbeFault`]; the chip may be asked again.
    fn measure(&mut self) -> Result<Measured, ProbeFault>;
}
