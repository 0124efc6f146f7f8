//! A scanner that types: the kernel's key events over a pseudo-terminal, for machines without input devices.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::io::AsyncWriteExt;

use crate::scanner::wedge::{InputEvent, typed};
use crate::sim::pty::Pty;

/// Time between two keys.
const STEP: Duration = Duration::from_millis(2);
/// Time between two codes, on the scanner's own clock.
const PAUSE: Duration = Duration::from_secs(1);

/// A scanner on a pseudo-terminal. Dropping it unplugs it.
#[derive(Debug)]
pub struct SimWedge {
    path: PathBuf,
    pty: Option<Pty>,
    clock: Duration,
}

impl SimWedge {
    /// Plugs a scanner in; the agent finds it at `path` (its folder must exist). Needs a running tokio.
    ///
    /// # Errors
    /// When no pseudo-terminal or link can be made.
    pub fn plug_in(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.to_owned(), pty: Some(Pty::plug_in(path)?), clock: Duration::ZERO })
    }

    /// Reads a code: types `text` and Enter.
    ///
    /// # Errors
    /// `NotConnected` while unplugged.
    pub async fn scan(&mut self, text: &str) -> io::Result<()> {
        self.clock += PAUSE;
        let events = typed(text, self.clock, STEP);
        self.send(&events).await
    }

    /// Sends events as they are: halves of a code, lost events.
    ///
    /// # Errors
    /// `NotConnected` while unplugged.
    pub async fn send(&mut self, events: &[InputEvent]) -> io::Result<()> {
        let pty = self.pty.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        for event in events {
            self.clock = self.clock.max(event.at);
            pty.master.write_all(&event.bytes()).await?;
        }
        Ok(())
    }

    /// Pulls the cable.
    pub fn unplug(&mut self) {
        self.pty = None;
    }

    /// Puts the cable in again.
    ///
    /// # Errors
    /// As [`SimWedge::plug_in`].
    pub fn replug(&mut self) -> io::Result<()> {
        self.pty = None;
        self.pty = Some(Pty::plug_in(&self.path)?);
        Ok(())
    }
}
