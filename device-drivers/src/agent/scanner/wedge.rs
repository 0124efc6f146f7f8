//! A scanner that types, through the kernel's input device: taken for us alone, so that no key reaches a console or a
//! login (REQ-41). What the keys mean is [`crate::scanner::wedge`]'s.

use std::io;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use evdev::raw_stream::{EventStream, RawDevice};
use firmware_config::{Device, Port};
use model::mqtt::Separators;
use tokio::io::AsyncReadExt;
use tokio_serial::SerialStream;
use tokio_util::sync::CancellationToken;

use super::{Answered, BAUD, Scans, Serve, Taken};
use crate::agent::backoff::Backoff;
use crate::agent::reporter::Reporter;
use crate::port::{PortError, open_serial};
use crate::scanner::Line;
use crate::scanner::aim::NamedBy;
use crate::scanner::wedge::{EVENT_BYTES, InputEvent, Typed, Wedge};

/// A scanner types a key every few milliseconds; a pause like this amid a code means that keys are lost.
const KEY_GAP_MS: u32 = 500;

/// Runs one scanner until `stop`.
pub(crate) async fn run(device: Device, reporter: Reporter, stop: CancellationToken) {
    super::run(&device, reporter, stop, Keyboard(&device)).await;
}

/// Where key events come from.
enum Keys {
    /// The kernel's input device.
    Kernel(EventStream),
    /// The same bytes from a simulator's terminal.
    Simulated(SerialStream),
}

impl Keys {
    fn open(path: &Path) -> Result<Self, PortError> {
        let failed = |source| PortError::Open { port: format!("file:{}", path.display()), source };
        let mut device = match RawDevice::open(path) {
            Ok(device) => device,
            // No input device: only a terminal may speak for one.
            Err(error) if error.raw_os_error().is_some() && error.kind() != io::ErrorKind::NotFound => {
                return open_serial(path, BAUD).map(Keys::Simulated).map_err(|_| failed(error));
            }
            Err(error) => return Err(failed(error)),
        };
        device.grab().map_err(failed)?;
        device.into_event_stream().map(Keys::Kernel).map_err(failed)
    }

    /// The next event. Cut short, it loses nothing that it has not given.
    async fn next(&mut self, part: &mut Vec<u8>) -> io::Result<InputEvent> {
        match self {
            Keys::Kernel(stream) => {
                let event = stream.next_event().await?;
                let at = event.timestamp().duration_since(UNIX_EPOCH).unwrap_or_default();
                Ok(InputEvent { at, kind: event.event_type().0, code: event.code(), value: event.value() })
            }
            Keys::Simulated(line) => loop {
                if let Some((event, rest)) = part.split_first_chunk::<EVENT_BYTES>() {
                    let event = InputEvent::read(event);
                    *part = rest.to_vec();
                    return Ok(event);
                }
                let mut buffer = [0_u8; 16 * EVENT_BYTES];
                match line.read(&mut buffer).await? {
                    0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                    count => part.extend(buffer.get(..count).unwrap_or_default()),
                }
            },
        }
    }
}

struct Keyboard<'a>(&'a Device);

impl Serve for Keyboard<'_> {
    /// No key is called GS; most scanners leave it out unless they are set to type control signs.
    const SEPARATORS: Separators = Separators::Lost;
    const ANSWERED: Answered = Answered::No;

    async fn serve(&mut self, scans: &mut Scans, backoff: &mut Backoff) -> Result<(), PortError> {
        let Port::File(path) = &self.0.port else { return Ok(()) };
        let settings = &self.0.settings;
        let gap = Duration::from_millis(settings.key_gap_ms.unwrap_or(KEY_GAP_MS).into());
        let mut keys = Keys::open(path)?;
        backoff.reset();
        scans.ok();
        let mut wedge = Wedge::new(settings.prefix.clone().unwrap_or_default().into_bytes(), gap);
        let mut part = Vec::new();
        loop {
            let amid = wedge.is_amid();
            tokio::select! {
                event = keys.next(&mut part) => {
                    let event = event.map_err(|_| PortError::Gone { port: self.0.port.to_string() })?;
                    for typed in wedge.event(event) {
                        take(typed, scans).await;
                    }
                }
                // It has no beeper that we could reach.
                told = scans.reporter.told() => drop(scans.signal(told)),
                () = tokio::time::sleep(2 * gap), if amid => {
                    if let Some(typed) = wedge.quiet() {
                        take(typed, scans).await;
                    }
                }
            }
        }
    }
}

async fn take(typed: Typed, scans: &mut Scans) {
    match typed {
        Typed::Line(Line::Whole(raw)) => match scans.code(&raw, NamedBy::Scanner).await {
            // It beeps by itself when it has typed; what became of it stands in its state, which the console shows.
            Taken::Kept | Taken::Unsafe | Taken::Heard | Taken::Repeat | Taken::Disturbed => {}
        },
        Typed::Line(Line::TooLong | Line::NoPrefix) => scans.disturbed("a line without end or prefix"),
        Typed::Torn => scans.disturbed("keys are lost; the code is dropped"),
    }
}
