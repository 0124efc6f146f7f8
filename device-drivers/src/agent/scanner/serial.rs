//! A scanner that sends lines over a serial port: lines to codes, signals to what its guide says makes it beep.

use std::time::Duration;

use firmware_config::{Device, Port};
use model::mqtt::{Separators, Signal};
use tokio::io::AsyncWriteExt;
use tokio_serial::SerialStream;
use tokio_util::sync::CancellationToken;

use super::{Answered, BAUD, Scans, Serve, Taken};
use crate::agent::backoff::Backoff;
use crate::agent::reporter::Reporter;
use crate::port::{PortError, open_serial, read_some};
use crate::scanner::aim::NamedBy;
use crate::scanner::{Ending, Framer, Framing, Line};

/// A line that stands still this long has lost its end. Longer than any stall of a busy machine.
const TORN_AFTER: Duration = Duration::from_secs(2);

/// Runs one scanner until `stop`.
pub(crate) async fn run(device: Device, reporter: Reporter, stop: CancellationToken) {
    super::run(&device, reporter, stop, Lines(&device)).await;
}

struct Lines<'a>(&'a Device);

impl Serve for Lines<'_> {
    /// Every byte of the code goes over the line.
    const SEPARATORS: Separators = Separators::Trusted;
    const ANSWERED: Answered = Answered::No;

    async fn serve(&mut self, scans: &mut Scans, backoff: &mut Backoff) -> Result<(), PortError> {
        let Port::Serial(path) = &self.0.port else { return Ok(()) };
        let name = self.0.port.to_string();
        let mut line = open_serial(path, self.0.settings.baud.unwrap_or(BAUD))?;
        backoff.reset();
        scans.ok();
        let mut framer = Framer::new(framing(self.0));
        let mut buffer = [0_u8; 512];
        loop {
            let amid = framer.pending() > 0;
            let signal = tokio::select! {
                read = read_some(&mut line, &mut buffer, &name) => {
                    let found = framer.push(buffer.get(..read?).unwrap_or_default());
                    take(found, scans).await
                }
                told = scans.reporter.told() => scans.signal(told),
                () = tokio::time::sleep(TORN_AFTER), if amid => {
                    framer.reset();
                    scans.disturbed("a line without end");
                    Some(Signal::Wrong)
                }
            };
            if let Some(signal) = signal {
                self.say(signal, &mut line, &name).await?;
            }
        }
    }
}

impl Lines<'_> {
    async fn say(&self, signal: Signal, line: &mut SerialStream, port: &str) -> Result<(), PortError> {
        let settings = &self.0.settings;
        let text = match signal {
            Signal::Right => &settings.feedback_ok,
            Signal::Wrong | Signal::Attention => &settings.feedback_bad,
        };
        let Some(text) = text else { return Ok(()) };
        let failed = |source| PortError::Io { port: port.to_owned(), source };
        line.write_all(text.as_bytes()).await.map_err(failed)
    }
}

/// Takes lines; what cannot be read, or not be kept, is wrong at once: the store need not be asked.
async fn take(lines: Vec<Line>, scans: &mut Scans) -> Option<Signal> {
    let mut signal = None;
    for line in lines {
        let taken = match line {
            Line::Whole(raw) => scans.code(&raw, NamedBy::Scanner).await,
            Line::TooLong | Line::NoPrefix => {
                scans.disturbed("a line without end or prefix");
                Taken::Disturbed
            }
        };
        match taken {
            Taken::Disturbed | Taken::Unsafe => signal = Some(Signal::Wrong),
            Taken::Heard => signal = signal.or(Some(Signal::Right)),
            // What is kept beeps by the store's answer.
            Taken::Kept | Taken::Repeat => {}
        }
    }
    signal
}

fn framing(device: &Device) -> Framing {
    let prefix = device.settings.prefix.clone().unwrap_or_default().into_bytes();
    let suffix = device.settings.suffix.and_then(|sign| u8::try_from(sign).ok());
    Framing { prefix, ending: suffix.map_or(Ending::CrOrLf, Ending::Byte), ..Framing::default() }
}
