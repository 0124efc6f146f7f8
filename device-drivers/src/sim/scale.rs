//! A scale, Toledo or NCI: answers `W` with the weight on it, or with its status while the weight moves.

use std::io;
use std::path::Path;

use model::Grams;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::scale::nci::{self, NciStatus};
use crate::scale::{ScaleStatus, write};
use crate::sim::pty::Pty;

/// What lies on the plate.
#[derive(Debug, Clone, Copy)]
struct Plate {
    weight: Grams,
    moving: bool,
    faulty: bool,
}

impl Plate {
    /// The answer the Toledo way.
    fn toledo(self) -> Vec<u8> {
        let frame = if self.moving { None } else { write(self.weight) };
        frame.unwrap_or_else(|| {
            let status = ScaleStatus { moving: self.moving, over: !self.moving, below_zero: false };
            vec![2, b'?', status.to_byte(), b'\r']
        })
    }

    /// The answer the NCI way.
    fn nci(self) -> Vec<u8> {
        let over = self.weight.0 >= 100_000;
        let (moving, faulty, at_zero) = (self.moving, self.faulty, self.weight.0 == 0);
        nci::write(self.weight, NciStatus { moving, at_zero, faulty, under: false, over })
    }
}

/// A scale on a pseudo-terminal. Dropping it unplugs it.
#[derive(Debug)]
pub struct SimScale {
    plate: watch::Sender<Plate>,
    task: JoinHandle<()>,
}

impl SimScale {
    /// Plugs a scale in; the agent finds it at `path` (its folder must exist). Needs a running tokio.
    ///
    /// # Errors
    /// When no pseudo-terminal or link can be made.
    pub fn plug_in(path: &Path) -> io::Result<Self> {
        Self::of(path, Plate::toledo)
    }

    /// The same, for a scale that speaks NCI.
    ///
    /// # Errors
    /// When no pseudo-terminal or link can be made.
    pub fn plug_in_nci(path: &Path) -> io::Result<Self> {
        Self::of(path, Plate::nci)
    }

    fn of(path: &Path, says: fn(Plate) -> Vec<u8>) -> io::Result<Self> {
        let pty = Pty::plug_in(path)?;
        let (plate, seen) = watch::channel(Plate { weight: Grams(0), moving: false, faulty: false });
        Ok(Self { plate, task: tokio::spawn(answer(pty, seen, says)) })
    }

    /// Puts a weight on the plate (0 = takes everything off), at rest.
    pub fn set_weight(&self, weight: Grams) {
        self.plate.send_modify(|plate| {
            plate.weight = weight;
            plate.moving = false;
        });
    }

    /// Shakes the plate, or lets it rest.
    pub fn set_moving(&self, moving: bool) {
        self.plate.send_modify(|plate| plate.moving = moving);
    }

    /// Breaks its memory, as an NCI scale tells; or mends it.
    pub fn set_faulty(&self, faulty: bool) {
        self.plate.send_modify(|plate| plate.faulty = faulty);
    }
}

impl Drop for SimScale {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(mut pty: Pty, plate: watch::Receiver<Plate>, says: fn(Plate) -> Vec<u8>) {
    let mut buffer = [0_u8; 64];
    loop {
        let Ok(count) = pty.master.read(&mut buffer).await else { return };
        if count == 0 {
            return;
        }
        let asked = buffer.get(..count).unwrap_or_default().iter().filter(|byte| **byte == b'W').count();
        for _ in 0..asked {
            let now = *plate.borrow();
            if pty.master.write_all(&says(now)).await.is_err() {
                return;
            }
        }
    }
}
