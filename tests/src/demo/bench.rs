//! A hand on the simulated label printer from outside the process, for walks and curious people: a word in
//! `devices/label-1.hand` moves its switches, and what it has printed lies in `devices/label-1.tray`. Decides nothing.

use super::devices::Devices;
use anyhow::{Context, Result, bail};
use device_drivers::sim::{Moment, PrinterTrouble, Switches};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// How often the bench looks for a word.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Does what the words say, and lays printed jobs out, until the demo ends.
pub async fn tend(devices: Arc<Mutex<Devices>>, dir: std::path::PathBuf) {
    let mut looks = tokio::time::interval(LOOK_EVERY);
    let mut laid = 0;
    loop {
        looks.tick().await;
        let devices = devices.lock().await;
        if let Err(error) = heed(&devices, &dir.join("label-1.hand")) {
            tracing::warn!(%error, "the bench does not understand");
        }
        let jobs = devices.label.jobs();
        if let Err(error) = lay_out(jobs.get(laid..).unwrap_or_default(), laid, &dir.join("label-1.tray")) {
            tracing::warn!(%error, "the tray cannot be written");
        }
        laid = jobs.len();
    }
}

/// Takes the word away and does it.
fn heed(devices: &Devices, hand: &Path) -> Result<()> {
    let Ok(word) = std::fs::read_to_string(hand) else { return Ok(()) };
    std::fs::remove_file(hand)?;
    let word = understand(word.trim())?;
    devices.label.set(|switches| word.set(switches));
    Ok(())
}

/// A word of the bench; each ends what an earlier one began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    On,
    Off,
    /// Dies after so many bytes of the jobs to come.
    Dies(usize),
    PaperOut,
    CoverOpen,
}

/// `on`, `off`, `dies after N bytes`, `paper out` or `cover open`.
fn understand(word: &str) -> Result<Word> {
    Ok(match word {
        "on" => Word::On,
        "off" => Word::Off,
        "paper out" => Word::PaperOut,
        "cover open" => Word::CoverOpen,
        other => {
            let bytes = other.strip_prefix("dies after ").and_then(|rest| rest.strip_suffix(" bytes"));
            let Some(bytes) = bytes else { bail!("no word of the bench: {other:?}") };
            Word::Dies(bytes.parse().context("how many bytes")?)
        }
    })
}

impl Word {
    /// Moves the switches.
    fn set(self, switches: &mut Switches) {
        switches.power = self != Word::Off;
        switches.paper_out = self == Word::PaperOut;
        switches.cover_open = self == Word::CoverOpen;
        switches.breaks = match self {
            Word::Dies(bytes) => Some((Moment::Bytes(bytes), PrinterTrouble::Power)),
            Word::On | Word::Off | Word::PaperOut | Word::CoverOpen => None,
        };
    }
}

/// Each job under a name of its own; a reader never sees half of one.
fn lay_out(jobs: &[Vec<u8>], laid: usize, tray: &Path) -> Result<()> {
    std::fs::create_dir_all(tray)?;
    for (number, job) in (laid..).zip(jobs) {
        let wet = tray.join("wet");
        std::fs::write(&wet, job)?;
        std::fs::rename(&wet, tray.join(format!("{number:04}.zpl")))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_move_the_switches() {
        let after = |word: &str| {
            let mut switches = Switches::default();
            understand(word).unwrap().set(&mut switches);
            switches
        };
        assert!(after("on").power);
        assert!(!after("off").power);
        assert!(after("paper out").paper_out && after("cover open").cover_open && !after("on").paper_out);
        assert_eq!(after("dies after 60 bytes").breaks, Some((Moment::Bytes(60), PrinterTrouble::Power)));
        assert!(understand("dies").is_err());
        assert!(understand("dies after some bytes").is_err());
    }
}
