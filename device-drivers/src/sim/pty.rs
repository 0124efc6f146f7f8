//! A pseudo-terminal under a name of our choice: what a USB adapter is to a real store. Plugging in and out is a link.

use std::io;
use std::path::{Path, PathBuf};

use tokio_serial::{SerialPort, SerialStream};

/// A plugged-in serial device. The agent opens `link`; the simulator speaks through `master`.
#[derive(Debug)]
pub(crate) struct Pty {
    /// The device's side.
    pub master: SerialStream,
    /// Held open so that the line outlives a restart of the agent.
    _slave: SerialStream,
    link: PathBuf,
}

impl Pty {
    /// Makes the terminal and links it at `link`; an old link there is replaced.
    pub(crate) fn plug_in(link: &Path) -> io::Result<Self> {
        let (master, slave) = SerialStream::pair()?;
        let name = slave.name().ok_or_else(|| io::Error::other("the pseudo-terminal has no name"))?;
        unlink(link)?;
        std::os::unix::fs::symlink(name, link)?;
        Ok(Self { master, _slave: slave, link: link.to_owned() })
    }
}

impl Drop for Pty {
    /// Unplugged: the reader gets the end of the line, and the name is gone.
    fn drop(&mut self) {
        if let Err(error) = unlink(&self.link) {
            tracing::warn!(%error, link = %self.link.display(), "simulated port stays behind");
        }
    }
}

fn unlink(link: &Path) -> io::Result<()> {
    match std::fs::remove_file(link) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}
