//! One line that is read or driven: a pin of a GPIO chip, or an input or coil of a Modbus module. Which one stands in
//! store.toml; what a level means, and when to look, is `gpio`'s business.

use std::time::Duration;

use firmware_config::{Device, Port};

use crate::gpio::{GpioError, InputLine, OutputLine, open_input, open_output};
use crate::modbus::{Bit, BitTable, LineSettings, Lines, ModbusFault, SharedLine};

/// Answers of a module that may be disturbed in a row before it counts as gone: long wires pick something up now and then.
const DISTURBED_MOST: u32 = 3;
/// How often a pin is looked at; four times within the usual debounce.
const LOOK_AT_PIN: Duration = Duration::from_millis(12);
/// How often a module is asked, if store.toml does not say: others are on its line too.
const LOOK_AT_MODULE: Duration = Duration::from_millis(100);
/// An output is driven again so often: a module that lost its power comes back with all coils off, and who pulls an output
/// is noticed before it is needed.
pub(crate) const DRIVE_AGAIN: Duration = Duration::from_secs(1);

/// Why a line cannot be read or driven.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LineFault {
    /// The pin.
    #[error(transparent)]
    Pin(#[from] GpioError),
    /// The module.
    #[error(transparent)]
    Module(#[from] ModbusFault),
    /// Slave or number is missing; `firmware-config check` refuses such a file before an agent sees it.
    #[error("{0} is not the port of a door or an output")]
    NoLine(String),
}

fn bit(device: &Device, table: BitTable) -> Option<Bit> {
    let settings = &device.settings;
    Some(Bit { slave: settings.slave?, table, number: settings.register? })
}

/// Whether a module is asked once more: it answers again within [`DISTURBED_MOST`] tries, or it is gone.
fn once_more(fault: &ModbusFault, tries: u32) -> bool {
    match fault {
        // A refusal is an answer, and a port that is gone does not come back by asking.
        ModbusFault::Port(_) | ModbusFault::Refused { .. } => false,
        ModbusFault::Garbled(_) | ModbusFault::Silent(_) | ModbusFault::Unsure => tries < DISTURBED_MOST,
    }
}

/// A line that is read.
pub(crate) enum In {
    /// A pin.
    Pin(InputLine),
    /// A discrete input.
    Module(SharedLine, Bit),
}

impl In {
    pub(crate) async fn open(device: &Device, lines: &Lines) -> Result<Self, LineFault> {
        match (&device.port, bit(device, BitTable::Input)) {
            (Port::Gpio(chip, number), _) => Ok(In::Pin(open_input(chip, *number)?)),
            (Port::Serial(path), Some(bit)) => {
                Ok(In::Module(lines.at(path, LineSettings::of(&device.settings)).await, bit))
            }
            (_, _) => Err(LineFault::NoLine(device.port.to_string())),
        }
    }

    pub(crate) async fn is_high(&mut self) -> Result<bool, LineFault> {
        match self {
            In::Pin(pin) => Ok(pin.is_high()?),
            In::Module(line, bit) => {
                let mut tries = 1;
                loop {
                    match line.lock().await.read_bit(*bit).await {
                        Ok(high) => return Ok(high),
                        Err(fault) if once_more(&fault, tries) => tries += 1,
                        Err(fault) => return Err(fault.into()),
                    }
                }
            }
        }
    }

    /// The pause between two looks.
    pub(crate) fn look_every(&self, device: &Device) -> Duration {
        match self {
            In::Pin(_) => LOOK_AT_PIN,
            In::Module(..) => {
                device.settings.poll_ms.map_or(LOOK_AT_MODULE, |ms| Duration::from_millis(ms.into()))
            }
        }
    }
}

/// A line that is driven.
pub(crate) enum Out {
    /// A pin.
    Pin(OutputLine),
    /// A coil.
    Module(SharedLine, Bit),
}

impl Out {
    /// Takes a line, off.
    pub(crate) async fn open(device: &Device, lines: &Lines, off_is_high: bool) -> Result<Self, LineFault> {
        match (&device.port, bit(device, BitTable::Coil)) {
            (Port::Gpio(chip, number), _) => Ok(Out::Pin(open_output(chip, *number, off_is_high)?)),
            (Port::Serial(path), Some(bit)) => {
                Ok(Out::Module(lines.at(path, LineSettings::of(&device.settings)).await, bit))
            }
            (_, _) => Err(LineFault::NoLine(device.port.to_string())),
        }
    }

    pub(crate) async fn put(&mut self, high: bool) -> Result<(), LineFault> {
        match self {
            Out::Pin(pin) => Ok(if high { pin.set_high() } else { pin.set_low() }?),
            Out::Module(line, bit) => {
                let mut tries = 1;
                loop {
                    match line.lock().await.write_coil(bit.slave, bit.number, high).await {
                        Ok(()) => return Ok(()),
                        Err(fault) if once_more(&fault, tries) => tries += 1,
                        Err(fault) => return Err(fault.into()),
                    }
                }
            }
        }
    }
}
