//! Chips behind blocking buses as probes: each measurement runs on a thread that may wait, and a chip that failed is
//! opened anew, so that replugging needs nobody.

use std::fmt;
use std::time::Duration;

use tokio::task::JoinHandle;

use super::probe::{Chip, Measured, Probe, ProbeFault};

/// How long a measurement may take; the slowest conversion takes a tenth of a second.
const WITHIN: Duration = Duration::from_secs(5);

type Opened = Result<Box<dyn Chip>, ProbeFault>;
type Done = (Box<dyn Chip>, Result<Measured, ProbeFault>);

/// A chip and how to open it.
pub struct OnBus {
    open: Box<dyn Fn() -> Opened + Send + Sync>,
    chip: Option<Box<dyn Chip>>,
    running: Option<JoinHandle<Done>>,
}

impl fmt::Debug for OnBus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnBus").field("opened", &self.chip.is_some()).finish_non_exhaustive()
    }
}

impl OnBus {
    /// A chip that `open` opens, at the first reading and after every fault.
    #[must_use]
    pub fn new(open: impl Fn() -> Opened + Send + Sync + 'static) -> Self {
        Self { open: Box::new(open), chip: None, running: None }
    }

    /// Waits for the measurement that runs. One that hangs in the kernel stays the only one, however often it is asked.
    async fn finish(&mut self) -> Option<Result<Measured, ProbeFault>> {
        let running = self.running.as_mut()?;
        let Ok(ended) = tokio::time::timeout(WITHIN, running).await else {
            return Some(Err(ProbeFault::Silent("the bus hangs".into())));
        };
        self.running = None;
        Some(match ended {
            Ok((chip, Ok(measured))) => {
                self.chip = Some(chip);
                Ok(measured)
            }
            Ok((_, Err(fault))) => Err(fault),
            Err(_) => Err(ProbeFault::Silent("the measurement broke off".into())),
        })
    }
}

impl Probe for OnBus {
    async fn read(&mut self) -> Result<Measured, ProbeFault> {
        // What an earlier, cancelled reading began is of an earlier time: waited for, and not used.
        if self.running.is_some() {
            let _of_earlier = self.finish().await;
            if self.running.is_some() {
                return Err(ProbeFault::Silent("the bus hangs".into()));
            }
        }
        let mut chip = match self.chip.take() {
            Some(chip) => chip,
            None => (self.open)()?,
        };
        self.running = Some(tokio::task::spawn_blocking(move || {
            let measured = chip.measure();
            (chip, measured)
        }));
        self.finish().await.unwrap_or_else(|| Err(ProbeFault::Silent("the measurement broke off".into())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sensor::mock::{MockI2c, NoDelay};
    use crate::sensor::sht::{Sht, ShtFamily, crc8};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[tokio::test]
    async fn a_chip_that_failed_is_opened_anew() {
        let bus = MockI2c::new(0x44);
        let word = 26_214_u16.to_be_bytes();
        let crc = crc8(&word);
        let frame = [word[0], word[1], crc, word[0], word[1], crc];
        bus.answers_to(&[0xfd], &frame);
        let opened = Arc::new(AtomicU32::new(0));
        let (count, wire) = (Arc::clone(&opened), bus.clone());
        let mut probe = OnBus::new(move || {
            count.fetch_add(1, Ordering::Relaxed);
            Ok(Box::new(Sht::new(ShtFamily::Sht4x, wire.clone(), 0x44, NoDelay)))
        });
        assert_eq!(probe.read().await.unwrap().milli_c, 25_000);
        assert_eq!(probe.read().await.unwrap().milli_c, 25_000);
        assert_eq!(opened.load(Ordering::Relaxed), 1);
        bus.answers_to(&[0xfd], &[0xff; 6]);
        assert!(matches!(probe.read().await, Err(ProbeFault::Crc(_))));
        bus.answers_to(&[0xfd], &frame);
        assert!(probe.read().await.is_ok());
        assert_eq!(opened.load(Ordering::Relaxed), 2);
    }
}
