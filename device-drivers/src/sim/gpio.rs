//! A GPIO chip as a folder with a file `lineN` for each line: what a test or a demonstration opens doors with.

use std::io;
use std::path::{Path, PathBuf};

/// A chip. Its folder stays when this is dropped.
#[derive(Debug)]
pub struct SimGpio {
    folder: PathBuf,
}

impl SimGpio {
    /// Makes the folder; a line is there once it was set.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn plug_in(folder: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// Sets a line's level.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn set(&self, line: u32, high: bool) -> io::Result<()> {
        let new = self.folder.join(format!("new{line}"));
        std::fs::write(&new, if high { "1" } else { "0" })?;
        std::fs::rename(new, self.file(line))
    }

    /// A line's level, as an output drives it.
    ///
    /// # Errors
    /// `NotFound` for a line that was never set.
    pub fn is_high(&self, line: u32) -> io::Result<bool> {
        std::fs::read_to_string(self.file(line)).map(|text| text.trim() == "1")
    }

    /// Breaks a line's wire.
    ///
    /// # Errors
    /// When the file cannot be removed.
    pub fn unplug(&self, line: u32) -> io::Result<()> {
        std::fs::remove_file(self.file(line))
    }

    fn file(&self, line: u32) -> PathBuf {
        self.folder.join(format!("line{line}"))
    }
}
