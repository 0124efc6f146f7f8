//! A Toledo-style scale: answers `W` with the weight on it, or with its status while the weight moves.

use std::io;
use std::path::Path;

use model::Grams;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::scale::{ScaleStatus, write};
use crate::sim::pty::Pty;

/// What lies on the plate.
#[derive(Debug, Clone, Copy)]
struct Plate {
    weight: Grams,
    moving: bool,
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
        let pty = Pty::plug_in(path)?;
        let (plate, seen) = watch::channel(Plate { weight: Grams(0), moving: false });
        Ok(Self { plate, task: tokio::spawn(answer(pty, seen)) })
    }

    /// Puts a weight on the plate (0 = takes everything off), at rest.
    pub fn set_weight(&self, weight: Grams) {
        self.plate.send_replace(Plate { weight, moving: false });
    }

    /// Shakes the plate, or lets it rest.
    pub fn set_moving(&self, moving: bool) {
        self.plate.send_modify(|plate| plate.moving = moving);
    }
}

impl Drop for SimScale {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(mut pty: Pty, plate: watch::Receiver<Plate>) {
    let mut buffer = [0_u8; 64];
    loop {
        let Ok(count) = pty.master.read(&mut buffer).await else { return };
        if count == 0 {
            return;
        }
        let asked = buffer.get(..count).unwrap_or_default().iter().filter(|byte| **byte == b'W').count();
        for _ in 0..asked {
            let now = *plate.borrow();
            let frame = if now.moving { None } else { write(now.weight) };
            let frame = frame.unwrap_or_else(|| {
                let status = ScaleStatus { moving: now.moving, over: !now.moving, below_zero: false };
                vec![2, b'?', status.to_byte(), b'\r']
            });
            if pty.master.write_all(&frame).await.is_err() {
                return;
            }
        }
    }
}
