//! A printer: takes jobs from the journal one by one, prints each at most once by itself, tells how it went (REQ-34).
//! Unknown status is never "ready"; paper out keeps the job; a person decides about whatever is in doubt.

use std::sync::Arc;
use std::time::Duration;

use firmware_config::Device;
use model::mqtt::{EventBody, Health, PrintOutcome};
use model::time::MINUTE_MS;
use model::{PrintJobId, Timestamp};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::agent::backoff::Backoff;
use crate::agent::clock;
use crate::agent::memory::Memory;
use crate::agent::print_line::{LineFault, PrintLine};
use crate::agent::reporter::Reporter;
use crate::db::{JournalError, WaitingJob};
use crate::printer::{Language, Press, PrinterStatus};

/// Time between two looks at an idle printer's status.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A job that waited longer behind a broken printer is not printed unasked: the store reprints it if it still matters.
const FRESH_MS: i64 = 10 * MINUTE_MS;
/// A print that is on its way when the agent stops gets this long to be confirmed.
const GRACE: Duration = Duration::from_secs(2);

/// Why a printer is not served now.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error(transparent)]
    Line(#[from] LineFault),
    #[error(transparent)]
    Port(#[from] crate::port::PortError),
    #[error(transparent)]
    Journal(#[from] JournalError),
}

struct Printer {
    language: Language,
    press: Press,
    tells: bool,
    device: Device,
    reporter: Reporter,
    memory: Memory,
    wake: Arc<Notify>,
    backlog: Backlog,
    stop: CancellationToken,
}

/// Runs one printer until `stop`.
pub(crate) async fn run(
    language: Language,
    device: Device,
    reporter: Reporter,
    memory: Memory,
    wake: Arc<Notify>,
    stop: CancellationToken,
) {
    let mut printer = Printer {
        language,
        press: Press::of(language, &device.settings),
        tells: device.settings.reports_status.unwrap_or(true),
        device,
        reporter,
        memory,
        wake,
        backlog: Backlog::new(clock::now()),
        stop: stop.clone(),
    };
    if let Err(error) = printer.settle_interrupted().await {
        tracing::error!(device = %printer.device.id, %error, "interrupted prints stay open");
    }
    let mut backoff = Backoff::for_device();
    while !stop.is_cancelled() {
        match printer.serve(&mut backoff).await {
            Ok(()) => return,
            Err(fault) => printer.say_down(&fault).await,
        }
        let pause = backoff.pause(printer.reporter.random());
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

impl Printer {
    /// Jobs whose bytes were on their way when the agent ended are in doubt, never printed again by themselves.
    async fn settle_interrupted(&mut self) -> Result<(), JournalError> {
        let id = self.device.id.clone();
        for job in self.memory.ask(move |journal| journal.interrupted_jobs(&id)).await? {
            self.end(job, PrintOutcome::InDoubt).await?;
        }
        Ok(())
    }

    /// Serves one connection. `Ok` = the agent stops.
    async fn serve(&mut self, backoff: &mut Backoff) -> Result<(), Fault> {
        let baud = self.device.settings.baud;
        let mut line = PrintLine::open(self.language, &self.device.port, baud).await?;
        loop {
            let status = if self.tells { line.status().await? } else { PrinterStatus::Ready };
            backoff.reset();
            self.say(status).await?;
            if status.prints() {
                while let Some(job) = self.next().await? {
                    self.print(&mut line, job).await?;
                    if self.stop.is_cancelled() {
                        return Ok(());
                    }
                }
                self.say(status).await?;
            } else {
                self.backlog.printer_away(clock::now());
            }
            tokio::select! {
                () = self.stop.cancelled() => return Ok(()),
                () = self.wake.notified() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    /// The next job to print; what waited too long behind a printer that was away is turned down on the way.
    async fn next(&mut self) -> Result<Option<WaitingJob>, JournalError> {
        loop {
            let id = self.device.id.clone();
            let Some(job) = self.memory.ask(move |journal| journal.next_job(&id)).await? else {
                return Ok(None);
            };
            if self.backlog.admits(job.made, clock::now()) {
                return Ok(Some(job));
            }
            tracing::warn!(device = %self.device.id, job = %job.job, "waited too long; not printed unasked");
            self.end(job.job, PrintOutcome::Rejected).await?;
        }
    }

    async fn print(&mut self, line: &mut PrintLine, job: WaitingJob) -> Result<(), Fault> {
        let bytes = match self.press.print(&job.label, job.job) {
            Ok(bytes) => bytes,
            Err(error) => {
                tracing::warn!(device = %self.device.id, job = %job.job, %error, "label refused");
                self.end(job.job, PrintOutcome::Rejected).await?;
                return Ok(());
            }
        };
        let now = clock::now();
        // On disk before the first byte: a crash from here on is a doubt, never a second print.
        if !self.memory.ask(move |journal| journal.start_job(job.job, now)).await? {
            return Ok(());
        }
        if let Err(fault) = line.send(&bytes).await {
            self.end(job.job, PrintOutcome::InDoubt).await?;
            return Err(fault.into());
        }
        if !self.tells {
            self.end(job.job, PrintOutcome::SentUnconfirmed).await?;
            return Ok(());
        }
        let stop = self.stop.clone();
        let reporter = &self.reporter;
        let settled = tokio::select! {
            settled = line.settle(|status| say_status(reporter, status, 1)) => settled.map_err(Fault::from).map(|()| true),
            () = async { stop.cancelled().await; tokio::time::sleep(GRACE).await } => Ok(false),
        };
        let outcome = if matches!(settled, Ok(true)) { PrintOutcome::Done } else { PrintOutcome::InDoubt };
        self.end(job.job, outcome).await?;
        settled.map(|_| ())
    }

    /// Writes the outcome and its event in one commit, then sends the event.
    async fn end(&mut self, job: PrintJobId, outcome: PrintOutcome) -> Result<(), JournalError> {
        let event = self.reporter.event(EventBody::Print { job, outcome });
        let (id, copy) = (self.device.id.clone(), event.clone());
        if self.memory.ask(move |journal| journal.end_job(&id, job, outcome, &copy)).await? {
            self.reporter.send_kept(event);
        }
        Ok(())
    }

    async fn queued(&self) -> Result<u32, JournalError> {
        let id = self.device.id.clone();
        self.memory.ask(move |journal| journal.jobs_waiting(&id)).await
    }

    async fn say(&self, status: PrinterStatus) -> Result<(), JournalError> {
        let queued = self.queued().await?;
        say_status(&self.reporter, status, queued);
        Ok(())
    }

    async fn say_down(&mut self, fault: &Fault) {
        self.backlog.printer_away(clock::now());
        let queued = self.queued().await.unwrap_or(0);
        self.reporter.state(Health::Down, &fault.to_string(), "check power and cable of the printer", queued);
    }
}

/// Which jobs are printed when a printer comes back: the first one, and of the rest those that are still fresh. How old a
/// job is counts from the store's writing it down: the store holds back what it has for a printer that is away.
#[derive(Debug)]
struct Backlog {
    away_until: Timestamp,
    first_printed: bool,
}

impl Backlog {
    /// An agent that starts does not know whether its printer was there: it was away until now.
    const fn new(now: Timestamp) -> Self {
        Self { away_until: now, first_printed: false }
    }

    fn printer_away(&mut self, now: Timestamp) {
        *self = Self::new(now);
    }

    fn admits(&mut self, made: Timestamp, now: Timestamp) -> bool {
        let stale = made <= self.away_until && now.since_ms(made) > FRESH_MS;
        let admitted = !stale || !self.first_printed;
        self.first_printed |= admitted;
        admitted
    }
}

fn say_status(reporter: &Reporter, status: PrinterStatus, queued: u32) {
    let (detail, hint) = status.words();
    let health = match status {
        PrinterStatus::Ready => Health::Ok,
        PrinterStatus::PaperLow => Health::Warn,
        PrinterStatus::PaperOut
        | PrinterStatus::CoverOpen
        | PrinterStatus::Paused
        | PrinterStatus::Error
        | PrinterStatus::Offline => Health::Down,
    };
    reporter.state(health, detail, hint, queued);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minute(n: i64) -> Timestamp {
        Timestamp::from_ms(n * MINUTE_MS)
    }

    #[test]
    fn a_printer_that_comes_back_prints_one_old_job_and_the_fresh_ones() {
        let mut backlog = Backlog::new(minute(0));
        backlog.printer_away(minute(30));
        assert!(backlog.admits(minute(1), minute(31)), "the job in hand is kept, however old");
        assert!(!backlog.admits(minute(2), minute(31)));
        assert!(backlog.admits(minute(25), minute(31)));
        assert!(backlog.admits(minute(31), minute(50)), "it never waited for an absent printer");
        backlog.printer_away(minute(60));
        assert!(backlog.admits(minute(40), minute(61)));
    }

    /// Thirty jobs in an hour without paper, held back by the store until it is back, or found by an agent that starts.
    #[test]
    fn an_hours_backlog_does_not_print_unasked() {
        for mut backlog in [Backlog::new(minute(60)), {
            let mut away = Backlog::new(minute(0));
            away.printer_away(minute(60));
            away
        }] {
            let printed: Vec<i64> =
                (0..30).map(|n| 2 * n).filter(|made| backlog.admits(minute(*made), minute(61))).collect();
            assert_eq!(printed, [0, 52, 54, 56, 58]);
        }
    }
}
