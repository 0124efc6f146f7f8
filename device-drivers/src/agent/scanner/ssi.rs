//! A Zebra scanner in SSI: the conversation is [`crate::scanner::ssi`]'s, here are its port and its clock. A code is
//! acknowledged when it is kept, so a scanner that falls silent after its beep has been heard (REQ-41).

use std::time::Duration;

use firmware_config::{Device, Port};
use model::mqtt::{Health, Separators, Signal};
use tokio::io::AsyncWriteExt;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_serial::SerialStream;
use tokio_util::sync::CancellationToken;

use super::{Answered, BAUD, Scans, Serve, Taken};
use crate::agent::backoff::Backoff;
use crate::agent::clock;
use crate::agent::reporter::Reporter;
use crate::port::{PortError, open_serial, read_some};
use crate::scanner::aim::NamedBy;
use crate::scanner::ssi::{Session, Step, opcode};

/// How often a cordless scanner is asked for its battery.
const BATTERY_EVERY: Duration = Duration::from_secs(60);
/// A scanner repeats what nobody acknowledged for so long at most: three tries of ten seconds, as its guide allows, milliseconds.
const REPEATS_MS: i64 = 30_000;
/// A scanner that says nothing at all for this long after we asked does not speak SSI.
const GREETED_WITHIN: Duration = Duration::from_secs(5);

/// Runs one scanner until `stop`.
pub(crate) async fn run(device: Device, reporter: Reporter, stop: CancellationToken) {
    super::run(&device, reporter, stop, Zebra(&device)).await;
}

struct Zebra<'a>(&'a Device);

/// One plugged-in scanner.
struct Talk<'a> {
    line: SerialStream,
    port: String,
    session: Session,
    started: Instant,
    scans: &'a mut Scans,
}

impl Serve for Zebra<'_> {
    /// A packet holds the code as it stands there.
    const SEPARATORS: Separators = Separators::Trusted;
    const ANSWERED: Answered = Answered::Yes;

    async fn serve(&mut self, scans: &mut Scans, backoff: &mut Backoff) -> Result<(), PortError> {
        let Port::Serial(path) = &self.0.port else { return Ok(()) };
        let line = open_serial(path, self.0.settings.baud.unwrap_or(BAUD))?;
        backoff.reset();
        scans.ok();
        let port = self.0.port.to_string();
        let session = Session::after(former(scans).await);
        Talk { line, port, session, started: Instant::now(), scans }.run().await
    }
}

/// The code that a former session kept, as far as the scanner may still repeat it.
async fn former(scans: &Scans) -> Option<Vec<u8>> {
    match scans.reporter.unacknowledged().await {
        Ok(found) => {
            found.filter(|(_, at)| clock::now().since_ms(*at).abs() < REPEATS_MS).map(|(code, _)| code)
        }
        Err(error) => {
            tracing::warn!(%error, "a code that the scanner repeats may count twice");
            None
        }
    }
}

impl Talk<'_> {
    async fn run(mut self) -> Result<(), PortError> {
        let mut batteries = tokio::time::interval(BATTERY_EVERY);
        batteries.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut steps = self.session.greet(self.started.elapsed());
        let mut buffer = [0_u8; 512];
        let mut silent = true;
        loop {
            self.perform(steps).await?;
            let wakes =
                self.started + self.session.wakes_at().unwrap_or(BATTERY_EVERY + self.started.elapsed());
            steps = tokio::select! {
                read = read_some(&mut self.line, &mut buffer, &self.port) => {
                    silent = false;
                    self.session.push(buffer.get(..read?).unwrap_or_default(), self.started.elapsed())
                }
                told = self.scans.reporter.told() => match self.scans.signal(told) {
                    Some(signal) => self.session.signal(signal, self.started.elapsed()),
                    None => vec![],
                },
                () = tokio::time::sleep_until(wakes) => self.session.pass(self.started.elapsed()),
                _ = batteries.tick() => self.session.ask_battery(self.started.elapsed()),
                () = tokio::time::sleep_until(self.started + GREETED_WITHIN), if silent => {
                    silent = false;
                    let hint = "scan the code for SSI host of its guide, or choose driver serial-lines";
                    self.scans.reporter.state(Health::Warn, "it does not answer in SSI", hint, 0);
                    vec![]
                }
            };
        }
    }

    async fn perform(&mut self, steps: Vec<Step>) -> Result<(), PortError> {
        for step in steps {
            match step {
                Step::Send(bytes) => self.send(&bytes).await?,
                Step::Scan(raw, by) => self.scan(&raw, by).await?,
                Step::Acknowledged => self.scans.reporter.acknowledged().await,
                Step::Disturbed => self.scans.disturbed("a torn packet; the scanner repeats it"),
                Step::TooLong => {
                    self.scans.disturbed("a code longer than any of ours");
                    self.signal(Signal::Wrong).await?;
                }
                Step::Revision(text) => tracing::info!(port = self.port, text, "scanner"),
                Step::Battery(percent) => self.scans.battery(percent),
                Step::Refused(cause) => {
                    tracing::debug!(port = self.port, ?cause, "scanner refused a command")
                }
            }
        }
        Ok(())
    }

    async fn scan(&mut self, raw: &[u8], by: NamedBy) -> Result<(), PortError> {
        let signal = match self.scans.code(raw, by).await {
            // It repeats the code, and says itself that it gives up: what it beeps well for is kept.
            Taken::Unsafe => {
                let again = self.session.not_kept();
                return self.send(&again).await;
            }
            Taken::Disturbed => Some(Signal::Wrong),
            Taken::Heard => Some(Signal::Right),
            Taken::Kept | Taken::Repeat => None,
        };
        self.send(&opcode::ack()).await?;
        self.scans.reporter.acknowledged().await;
        match signal {
            Some(signal) => self.signal(signal).await,
            None => Ok(()),
        }
    }

    async fn signal(&mut self, signal: Signal) -> Result<(), PortError> {
        for step in self.session.signal(signal, self.started.elapsed()) {
            if let Step::Send(bytes) = step {
                self.send(&bytes).await?;
            }
        }
        Ok(())
    }

    async fn send(&mut self, bytes: &[u8]) -> Result<(), PortError> {
        let failed = |source| PortError::Io { port: self.port.clone(), source };
        self.line.write_all(bytes).await.map_err(failed)
    }
}
