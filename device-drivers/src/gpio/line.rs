//! Who owns a GPIO line: the kernel's character device on a mini PC, rppal on a Raspberry Pi (feature `raspberry-pi`), a
//! folder of files in tests and demonstrations. All behind embedded-hal's digital traits; never what a level means.

use std::io;
use std::path::{Path, PathBuf};

use embedded_hal::digital::{Error as DigitalError, ErrorKind, ErrorType, InputPin, OutputPin};

/// What is wrong with a line. Every one leads to another try.
#[derive(Debug, thiserror::Error)]
#[error("{line}: {what}")]
pub struct GpioError {
    /// The line as in store.toml.
    line: String,
    /// What the system says.
    what: String,
}

impl DigitalError for GpioError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}

/// A line that is read.
pub type InputLine = Box<dyn InputPin<Error = GpioError> + Send>;
/// A line that is driven.
pub type OutputLine = Box<dyn OutputPin<Error = GpioError> + Send>;

fn fault(chip: &Path, line: u32, what: impl ToString) -> GpioError {
    GpioError { line: format!("gpio:{}:{line}", chip.display()), what: what.to_string() }
}

/// Takes a line as an input with a pull-up: a contact to ground reads low while it is closed.
///
/// # Errors
/// When it is not there, or somebody else has it.
pub fn open_input(chip: &Path, line: u32) -> Result<InputLine, GpioError> {
    if chip.is_dir() {
        return Folder::open(chip, line).map(|pin| Box::new(pin) as InputLine);
    }
    owner::input(chip, line)
}

/// Takes a line as an output, off.
///
/// # Errors
/// When it is not there, or somebody else has it.
pub fn open_output(chip: &Path, line: u32, off_is_high: bool) -> Result<OutputLine, GpioError> {
    if chip.is_dir() {
        let mut pin = Folder::open(chip, line)?;
        pin.put(off_is_high)?;
        return Ok(Box::new(pin));
    }
    owner::output(chip, line, off_is_high)
}

/// A line as a file `lineN` with 0 or 1 in it.
struct Folder {
    chip: PathBuf,
    line: u32,
}

impl Folder {
    fn open(chip: &Path, line: u32) -> Result<Self, GpioError> {
        let mut pin = Self { chip: chip.to_owned(), line };
        pin.is_high().map(|_| pin)
    }

    fn file(&self) -> PathBuf {
        self.chip.join(format!("line{}", self.line))
    }

    fn put(&mut self, high: bool) -> Result<(), GpioError> {
        // A chip makes no lines.
        self.is_high()?;
        // Written whole under another name: a reader never sees half a file.
        let new = self.chip.join(format!(".line{}", self.line));
        let write = || -> io::Result<()> {
            std::fs::write(&new, if high { "1" } else { "0" })?;
            std::fs::rename(&new, self.file())
        };
        write().map_err(|error| fault(&self.chip, self.line, error))
    }
}

impl ErrorType for Folder {
    type Error = GpioError;
}

impl InputPin for Folder {
    fn is_high(&mut self) -> Result<bool, GpioError> {
        match std::fs::read_to_string(self.file()) {
            Ok(text) => Ok(text.trim() == "1"),
            Err(error) => Err(fault(&self.chip, self.line, error)),
        }
    }

    fn is_low(&mut self) -> Result<bool, GpioError> {
        self.is_high().map(|high| !high)
    }
}

impl OutputPin for Folder {
    fn set_low(&mut self) -> Result<(), GpioError> {
        self.put(false)
    }

    fn set_high(&mut self) -> Result<(), GpioError> {
        self.put(true)
    }
}

/// The kernel's GPIO character device.
#[cfg(not(feature = "raspberry-pi"))]
mod owner {
    use super::{ErrorType, GpioError, InputLine, InputPin, OutputLine, OutputPin, Path, PathBuf, fault};
    use gpiocdev::Request;
    use gpiocdev::line::{Bias, Value};

    /// Who we are, as `gpioinfo` shows it.
    const CONSUMER: &str = "larder";

    struct Line {
        chip: PathBuf,
        line: u32,
        request: Request,
    }

    pub(super) fn input(chip: &Path, line: u32) -> Result<InputLine, GpioError> {
        let request = Request::builder()
            .with_consumer(CONSUMER)
            .on_chip(chip)
            .with_line(line)
            .as_input()
            .with_bias(Bias::PullUp)
            .request()
            .map_err(|error| fault(chip, line, error))?;
        Ok(Box::new(Line { chip: chip.to_owned(), line, request }))
    }

    pub(super) fn output(chip: &Path, line: u32, high: bool) -> Result<OutputLine, GpioError> {
        let request = Request::builder()
            .with_consumer(CONSUMER)
            .on_chip(chip)
            .with_line(line)
            .as_output(if high { Value::Active } else { Value::Inactive })
            .request()
            .map_err(|error| fault(chip, line, error))?;
        Ok(Box::new(Line { chip: chip.to_owned(), line, request }))
    }

    impl Line {
        fn put(&self, value: Value) -> Result<(), GpioError> {
            let done = self.request.set_value(self.line, value);
            done.map(|_| ()).map_err(|error| fault(&self.chip, self.line, error))
        }
    }

    impl ErrorType for Line {
        type Error = GpioError;
    }

    impl InputPin for Line {
        fn is_high(&mut self) -> Result<bool, GpioError> {
            let value = self.request.value(self.line).map_err(|error| fault(&self.chip, self.line, error))?;
            Ok(value == Value::Active)
        }

        fn is_low(&mut self) -> Result<bool, GpioError> {
            self.is_high().map(|high| !high)
        }
    }

    impl OutputPin for Line {
        fn set_low(&mut self) -> Result<(), GpioError> {
            self.put(Value::Inactive)
        }

        fn set_high(&mut self) -> Result<(), GpioError> {
            self.put(Value::Active)
        }
    }
}

/// A Raspberry Pi's own registers; lines are BCM numbers.
#[cfg(feature = "raspberry-pi")]
mod owner {
    use super::{ErrorType, GpioError, InputLine, InputPin, OutputLine, OutputPin, Path, fault};
    use rppal::gpio::{Gpio, InputPin as Input, OutputPin as Output, Pin};

    struct Contact(Input);
    struct Switch(Output);

    fn pin(chip: &Path, line: u32) -> Result<Pin, GpioError> {
        let number = u8::try_from(line).map_err(|error| fault(chip, line, error))?;
        Gpio::new().and_then(|gpio| gpio.get(number)).map_err(|error| fault(chip, line, error))
    }

    pub(super) fn input(chip: &Path, line: u32) -> Result<InputLine, GpioError> {
        Ok(Box::new(Contact(pin(chip, line)?.into_input_pullup())))
    }

    pub(super) fn output(chip: &Path, line: u32, high: bool) -> Result<OutputLine, GpioError> {
        let pin = pin(chip, line)?;
        Ok(Box::new(Switch(if high { pin.into_output_high() } else { pin.into_output_low() })))
    }

    impl ErrorType for Contact {
        type Error = GpioError;
    }

    impl InputPin for Contact {
        fn is_high(&mut self) -> Result<bool, GpioError> {
            Ok(Input::is_high(&self.0))
        }

        fn is_low(&mut self) -> Result<bool, GpioError> {
            Ok(Input::is_low(&self.0))
        }
    }

    impl ErrorType for Switch {
        type Error = GpioError;
    }

    impl OutputPin for Switch {
        fn set_low(&mut self) -> Result<(), GpioError> {
            Output::set_low(&mut self.0);
            Ok(())
        }

        fn set_high(&mut self) -> Result<(), GpioError> {
            Output::set_high(&mut self.0);
            Ok(())
        }
    }
}
