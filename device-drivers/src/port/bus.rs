//! I2C and SPI of the kernel, as embedded-hal sees them. Opens them; what is said on them is the chips' business.

use std::path::Path;

use linux_embedded_hal::spidev::{SpiModeFlags, SpidevOptions};
use linux_embedded_hal::{I2cdev, SpidevDevice};

use super::PortError;

pub use linux_embedded_hal::Delay;

/// An I2C bus.
pub type I2cBus = I2cdev;
/// A chip behind its own select line of an SPI bus.
pub type SpiChip = SpidevDevice;

/// Slow enough for a metre of cable in a cold room.
const SPI_HZ: u32 = 500_000;

/// Opens an I2C bus such as `/dev/i2c-1`.
///
/// # Errors
/// [`PortError::Open`] when it is not there.
pub fn open_i2c(path: &Path) -> Result<I2cBus, PortError> {
    I2cdev::new(path).map_err(|error| refused("i2c", path, error.into()))
}

/// Opens a chip of an SPI bus such as `/dev/spidev0.0`, in mode 1.
///
/// # Errors
/// [`PortError::Open`] when it is not there or cannot do it.
pub fn open_spi(path: &Path) -> Result<SpiChip, PortError> {
    let open = || {
        let mut chip = SpidevDevice::open(path).map_err(std::io::Error::other)?;
        let options = SpidevOptions::new().max_speed_hz(SPI_HZ).mode(SpiModeFlags::SPI_MODE_1).build();
        chip.configure(&options)?;
        Ok(chip)
    };
    open().map_err(|source| refused("spi", path, source))
}

fn refused(kind: &str, path: &Path, source: std::io::Error) -> PortError {
    PortError::Open { port: format!("{kind}:{}", path.display()), source }
}
