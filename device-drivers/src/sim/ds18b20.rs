//! A DS18B20 as the kernel shows it: a folder with the file `w1_slave`, CRC and all.

use std::io;
use std::path::{Path, PathBuf};

use crate::sensor::ds18b20::{POWER_ON_MILLI_C, crc8};

/// A simulated sensor folder. The folder stays behind; the sensor is just not touched any more.
#[derive(Debug, Clone)]
pub struct SimDs18b20 {
    folder: PathBuf,
}

impl SimDs18b20 {
    /// Makes the folder (with its parents) and sets a first temperature, thousandths of a degree Celsius.
    ///
    /// # Errors
    /// When the folder or file cannot be written.
    pub fn plug_in(folder: &Path, milli_c: i32) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let sensor = Self { folder: folder.to_owned() };
        sensor.set(milli_c)?;
        Ok(sensor)
    }

    /// The probe now has this temperature; the chip rounds to sixteenths of a degree.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn set(&self, milli_c: i32) -> io::Result<()> {
        self.write(milli_c, true)
    }

    /// The next readings fail their CRC (a long cable, a bad contact).
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn set_crc_error(&self, milli_c: i32) -> io::Result<()> {
        self.write(milli_c, false)
    }

    /// The chip lost its power and says 85 degC.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn set_power_on_value(&self) -> io::Result<()> {
        self.write(POWER_ON_MILLI_C, true)
    }

    /// The bus does not find the chip any more: its file is gone, until the next [`SimDs18b20::set`].
    ///
    /// # Errors
    /// When the file cannot be removed.
    pub fn silence(&self) -> io::Result<()> {
        match std::fs::remove_file(self.file()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn file(&self) -> PathBuf {
        self.folder.join("w1_slave")
    }

    /// Replaces the file in one step, as a reader of sysfs never sees half of it.
    fn write(&self, milli_c: i32, crc_right: bool) -> io::Result<()> {
        let sixteenths = i16::try_from((i64::from(milli_c) * 16).div_euclid(1_000)).unwrap_or(i16::MAX);
        let [low, high] = sixteenths.to_le_bytes();
        let mut chip = vec![low, high, 0x4b, 0x46, 0x7f, 0xff, 0x0c, 0x10];
        let crc = crc8(&chip);
        chip.push(if crc_right { crc } else { !crc });
        let bytes: Vec<String> = chip.iter().map(|byte| format!("{byte:02x}")).collect();
        let bytes = bytes.join(" ");
        let verdict = if crc_right { "YES" } else { "NO" };
        let shown = i32::from(sixteenths) * 125 / 2;
        let text = format!("{bytes} : crc={crc:02x} {verdict}\n{bytes} t={shown}\n");
        let fresh = self.folder.join(".w1_slave.new");
        std::fs::write(&fresh, text)?;
        std::fs::rename(fresh, self.file())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sensor::{Ds18b20Error, parse_w1_slave};

    #[test]
    fn the_driver_reads_what_the_simulator_writes() {
        let folder = tempfile::tempdir().unwrap();
        let sensor = SimDs18b20::plug_in(folder.path(), 4_062).unwrap();
        let read = || parse_w1_slave(&std::fs::read_to_string(folder.path().join("w1_slave")).unwrap());
        assert_eq!(read(), Ok(4_000), "the chip rounds down to sixteenths");
        sensor.set(-18_500).unwrap();
        assert_eq!(read(), Ok(-18_500));
        sensor.set_crc_error(4_000).unwrap();
        assert_eq!(read(), Err(Ds18b20Error::Crc));
        sensor.set_power_on_value().unwrap();
        assert_eq!(read(), Err(Ds18b20Error::PowerOn));
        sensor.silence().unwrap();
        assert!(!folder.path().join("w1_slave").exists());
    }
}
