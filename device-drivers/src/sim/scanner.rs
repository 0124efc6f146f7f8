//! A serial barcode scanner: sends what it reads with an AIM id and CR, as a real one is set to.

use std::io;
use std::path::{Path, PathBuf};

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::sim::pty::Pty;

/// A scanner on a pseudo-terminal. Dropping it unplugs it.
#[derive(Debug)]
pub struct SimScanner {
    path: PathBuf,
    pty: Option<Pty>,
}

impl SimScanner {
    /// Plugs a scanner in; the agent finds it at `path` (its folder must exist). Needs a running tokio.
    ///
    /// # Errors
    /// When no pseudo-terminal or link can be made.
    pub fn plug_in(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.to_owned(), pty: Some(Pty::plug_in(path)?) })
    }

    /// Reads a code: sends `text` (with its AIM id such as `]E0`, if any) and CR.
    ///
    /// # Errors
    /// `NotConnected` while unplugged.
    pub async fn scan(&mut self, text: &str) -> io::Result<()> {
        self.send(format!("{text}\r").as_bytes()).await
    }

    /// Sends bytes as they are: halves of a line, noise.
    ///
    /// # Errors
    /// `NotConnected` while unplugged.
    pub async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let pty = self.pty.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        pty.master.write_all(bytes).await
    }

    /// The next bytes that the host sends: what makes a real one beep.
    ///
    /// # Errors
    /// `NotConnected` while unplugged.
    pub async fn hear(&mut self) -> io::Result<Vec<u8>> {
        let pty = self.pty.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        let mut buffer = vec![0_u8; 64];
        let count = pty.master.read(&mut buffer).await?;
        buffer.truncate(count);
        Ok(buffer)
    }

    /// Pulls the cable.
    pub fn unplug(&mut self) {
        self.pty = None;
    }

    /// Puts the cable in again.
    ///
    /// # Errors
    /// As [`SimScanner::plug_in`].
    pub fn replug(&mut self) -> io::Result<()> {
        self.pty = None;
        self.pty = Some(Pty::plug_in(&self.path)?);
        Ok(())
    }
}
