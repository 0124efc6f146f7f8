//! What all scanners share: codes become events, the device's habit of repeating itself ends here, and what the store
//! says of a scan comes back as a signal. What a scan means is for the store; a disturbed code goes nowhere (REQ-41).

mod serial;
mod ssi;
mod wedge;

pub(crate) use serial::run as run_serial;
pub(crate) use ssi::run as run_ssi;
pub(crate) use wedge::run as run_wedge;

use std::collections::VecDeque;
use std::time::Duration;

use firmware_config::{Device, profiles};
use model::CommandId;
use model::mqtt::{AckOutcome, BATTERY_LOW_PCT, CommandBody, Event, EventBody, Health, Separators, Signal};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::agent::backoff::Backoff;
use crate::agent::reporter::{Reporter, Told};
use crate::port::PortError;
use crate::scanner::aim::{self, NamedBy};
use crate::scanner::{Dedup, Sieve};

/// Usual speed of scanners.
const BAUD: u32 = 115_200;
/// A scanner may send one scan twice; nobody scans the same thing twice this fast.
const DEDUP_MS: u32 = 100;
/// An answer that comes later than this is no answer to the person any more.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// Scans that wait for their answer.
const ASKED_MOST: usize = 32;
/// How long a scan that was not kept is the same one when it comes again: longer than a person takes to try again.
const SAME_WITHIN: Duration = Duration::from_secs(60);

/// What became of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Taken {
    /// It is kept; the store hears it, sooner or later.
    Kept,
    /// The journal did not keep it: it was sent once, and an outage loses it. Nobody may be told that it is safe.
    Unsafe,
    /// The journal did not keep it before, but the store has it: safe now.
    Heard,
    /// The device's habit; the first one counted.
    Repeat,
    /// No code, or one that no scanner sends.
    Disturbed,
}

/// Whether a kind of scanner is told that its code is kept, and repeats it until then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answered {
    /// It is.
    Yes,
    /// It sends each code once.
    No,
}

/// A scan that the journal did not keep. When it comes again it is the same event, so that the store counts it once,
/// whether it had heard the first or not.
struct Unkept {
    raw: Vec<u8>,
    event: Event,
    at: Duration,
    /// The store has applied it.
    heard: bool,
}

/// A scanner's voice: from codes to events, from answers to signals.
struct Scans {
    reporter: Reporter,
    started: Instant,
    dedup: Dedup,
    sieve: Sieve,
    separators: Separators,
    answered: Answered,
    asked: VecDeque<(CommandId, Duration)>,
    unkept: Option<Unkept>,
    /// What is left of a battery that runs low, percent.
    low: Option<u8>,
}

impl Scans {
    /// The voice of a scanner of this kind.
    fn of<K: Serve>(device: &Device, reporter: Reporter) -> Self {
        let habit = || profiles::find(device.settings.model.as_deref()?)?.scanner.clone();
        let within = device.settings.dedup_ms.or_else(|| habit().map(|facts| facts.dedup_ms));
        let dedup = Dedup::new(Duration::from_millis(within.unwrap_or(DEDUP_MS).into()));
        let (sieve, asked) = (Sieve::default(), VecDeque::new());
        let separators = device.settings.separators.unwrap_or(K::SEPARATORS);
        let (started, answered) = (Instant::now(), K::ANSWERED);
        Self { reporter, started, dedup, sieve, separators, answered, asked, unkept: None, low: None }
    }

    /// The time since this scanner's task began.
    fn now(&self) -> Duration {
        self.started.elapsed()
    }

    /// Works, as far as the agent knows; a scan does not charge its battery.
    fn ok(&self) {
        match self.low {
            None => self.reporter.state(Health::Ok, "", "", 0),
            Some(percent) => {
                let detail = format!("battery {percent} %");
                self.reporter.state(Health::Warn, &detail, "put it into its cradle", 0);
            }
        }
    }

    /// What is left in its battery, percent.
    fn battery(&mut self, percent: u8) {
        self.reporter.battery(percent);
        let low = (percent < BATTERY_LOW_PCT).then_some(percent);
        if low != self.low {
            self.low = low;
            self.ok();
        }
    }

    /// One whole code, with the identifier in front that is the scanner's or ours.
    async fn code(&mut self, raw: &[u8], by: NamedBy) -> Taken {
        if let Err(fault) = self.sieve.pass(raw, by) {
            self.disturbed(&fault.to_string());
            return Taken::Disturbed;
        }
        let now = self.now();
        if self.dedup.is_repeat(raw, now) {
            return Taken::Repeat;
        }
        let event = match self.again(raw, now) {
            Some(Unkept { heard: true, .. }) => {
                self.ok();
                return Taken::Heard;
            }
            Some(Unkept { event, .. }) => event,
            None => self.reporter.event(read(raw, self.separators)),
        };
        let kept = match self.answered {
            Answered::Yes => self.reporter.keep_code(event.clone(), raw).await,
            Answered::No => self.reporter.keep(event.clone()).await,
        };
        match kept {
            Ok(()) => {
                self.asked.push_back((event.id, now));
                if self.asked.len() > ASKED_MOST {
                    self.asked.pop_front();
                }
                self.ok();
                Taken::Kept
            }
            Err(fault) => {
                let hint = "this machine keeps no scan: make room on its disk; what was refused, scan again";
                self.reporter.state(Health::Warn, &fault.to_string(), hint, 0);
                self.unkept = Some(Unkept { raw: raw.to_vec(), event, at: now, heard: false });
                self.dedup.forget();
                Taken::Unsafe
            }
        }
    }

    /// The scan that was not kept, if this is it.
    fn again(&mut self, raw: &[u8], now: Duration) -> Option<Unkept> {
        let late = |was: &Unkept| now.saturating_sub(was.at) >= SAME_WITHIN;
        let was = self.unkept.take_if(|was| was.raw == raw || late(was))?;
        (!late(&was)).then_some(was)
    }

    /// The store has answered a scan that was not kept: applied, it is safe; refused, the next one is another.
    fn answered(&mut self, id: CommandId, outcome: &AckOutcome) {
        let applied = matches!(outcome, AckOutcome::Applied);
        self.unkept = self.unkept.take().filter(|was| was.event.id != id || applied);
        if let Some(was) = self.unkept.as_mut().filter(|was| was.event.id == id) {
            was.heard = true;
        }
    }

    fn disturbed(&self, what: &str) {
        let hint = "scan again; check cable and settings";
        self.reporter.state(Health::Warn, &format!("disturbed scan: {what}"), hint, 0);
    }

    /// What the person at the scanner is to hear now; `None` where it would be no answer any more.
    fn signal(&mut self, told: Told) -> Option<Signal> {
        match told {
            Told::Command(CommandBody::Signal { signal }) => Some(signal),
            Told::Command(CommandBody::Print { .. } | CommandBody::Output { .. }) => None,
            Told::Answer { id, outcome } => {
                self.answered(id, &outcome);
                let place = self.asked.iter().position(|(asked, _)| *asked == id)?;
                let (_, at) = self.asked.remove(place)?;
                if self.now().saturating_sub(at) > ANSWER_WITHIN {
                    return None;
                }
                Some(match outcome {
                    AckOutcome::Applied => Signal::Right,
                    AckOutcome::Refused { .. } => Signal::Wrong,
                })
            }
        }
    }
}

/// What a code is, for the store.
fn read(raw: &[u8], separators: Separators) -> EventBody {
    let (_, data) = aim::split(raw);
    let head = raw.get(..raw.len() - data.len()).unwrap_or_default();
    let aim = (!head.is_empty()).then(|| String::from_utf8_lossy(head).into_owned());
    EventBody::Scan { text: String::from_utf8_lossy(data).into_owned(), aim, separators }
}

/// How one kind of scanner is served until its port fails.
trait Serve {
    /// What becomes of GS1's separators on the way from such a scanner, as far as nobody says otherwise.
    const SEPARATORS: Separators;
    /// Whether it waits for an answer.
    const ANSWERED: Answered;

    /// Serves while the port holds; resets the back-off once it is open.
    async fn serve(&mut self, scans: &mut Scans, backoff: &mut Backoff) -> Result<(), PortError>;
}

/// Runs one scanner until `stop`; unplugging is a normal event.
async fn run<K: Serve>(device: &Device, reporter: Reporter, stop: CancellationToken, mut kind: K) {
    let mut scans = Scans::of::<K>(device, reporter);
    let mut backoff = Backoff::for_device();
    while !stop.is_cancelled() {
        let ended = tokio::select! {
            () = stop.cancelled() => return,
            ended = kind.serve(&mut scans, &mut backoff) => ended,
        };
        if let Err(fault) = ended {
            scans.reporter.state(Health::Down, &fault.to_string(), "plug it in; it is found by itself", 0);
        }
        let pause = backoff.pause(scans.reporter.random());
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}
