//! A serial scanner: lines to scan events. What a scan means is for the store; a disturbed line goes nowhere.

use std::time::Duration;

use firmware_config::{Device, Port};
use model::mqtt::{EventBody, Health};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::agent::backoff::Backoff;
use crate::agent::reporter::Reporter;
use crate::port::{PortError, open_serial, read_some};
use crate::scanner::{Ending, Framer, Framing, Line, ScanError, aim, parse_scan};

/// A scanner may send one scan twice (DataWedge does); nobody scans the same thing twice this fast.
const SAME_SCAN_WITHIN: Duration = Duration::from_millis(100);
/// Usual speed of scanners.
const BAUD: u32 = 115_200;

/// Runs one scanner until `stop`; unplugging is a normal event.
pub(crate) async fn run(device: Device, mut reporter: Reporter, stop: CancellationToken) {
    let mut backoff = Backoff::for_device();
    while !stop.is_cancelled() {
        let ended = tokio::select! {
            () = stop.cancelled() => return,
            ended = serve(&device, &mut reporter, &mut backoff) => ended,
        };
        if let Err(fault) = ended {
            reporter.state(Health::Down, &fault.to_string(), "plug it in; it is found by itself", 0);
        }
        let pause = backoff.pause(reporter.random());
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

async fn serve(device: &Device, reporter: &mut Reporter, backoff: &mut Backoff) -> Result<(), PortError> {
    let Port::Serial(path) = &device.port else { return Ok(()) };
    let name = device.port.to_string();
    let mut line = open_serial(path, device.settings.baud.unwrap_or(BAUD))?;
    backoff.reset();
    reporter.state(Health::Ok, "", "", 0);
    let mut framer = Framer::new(framing(device));
    let mut twice = Twice::default();
    let mut buffer = [0_u8; 512];
    loop {
        let count = read_some(&mut line, &mut buffer, &name).await?;
        for found in framer.push(buffer.get(..count).unwrap_or_default()) {
            match found {
                Line::Whole(raw) if twice.is_repeat(&raw, Instant::now()) => {}
                Line::Whole(raw) => scan(&raw, reporter).await,
                Line::TooLong | Line::NoPrefix => disturbed(reporter, "a line without end or prefix"),
            }
        }
    }
}

fn framing(device: &Device) -> Framing {
    let prefix = device.settings.prefix.clone().unwrap_or_default().into_bytes();
    let suffix = device.settings.suffix.and_then(|sign| u8::try_from(sign).ok());
    Framing { prefix, ending: suffix.map_or(Ending::CrOrLf, Ending::Byte), ..Framing::default() }
}

async fn scan(raw: &[u8], reporter: &mut Reporter) {
    match parse_scan(raw) {
        Err(fault @ (ScanError::Noise { .. } | ScanError::Empty)) => disturbed(reporter, &fault.to_string()),
        // A wrong check digit travels on: the store tells the person, in words.
        Ok(_)
        | Err(
            ScanError::CheckDigit
            | ScanError::EanLength(_)
            | ScanError::Gs1(_)
            | ScanError::NoItem
            | ScanError::DamagedLabel,
        ) => {
            let (_, data) = aim::split(raw);
            let head = raw.get(..raw.len() - data.len()).unwrap_or_default();
            let aim = (!head.is_empty()).then(|| String::from_utf8_lossy(head).into_owned());
            let text = String::from_utf8_lossy(data).into_owned();
            match reporter.keep(EventBody::Scan { text, aim }).await {
                Ok(()) => reporter.state(Health::Ok, "", "", 0),
                Err(fault) => {
                    reporter.state(
                        Health::Warn,
                        &fault.to_string(),
                        "scans are not kept through an outage",
                        0,
                    );
                }
            }
        }
    }
}

fn disturbed(reporter: &Reporter, what: &str) {
    reporter.state(
        Health::Warn,
        &format!("disturbed scan: {what}"),
        "scan again; check cable and settings",
        0,
    );
}

/// Drops the second of two equal lines that come at once.
#[derive(Debug, Default)]
struct Twice {
    last: Option<(Vec<u8>, Instant)>,
}

impl Twice {
    fn is_repeat(&mut self, raw: &[u8], now: Instant) -> bool {
        let repeat = self
            .last
            .as_ref()
            .is_some_and(|(last, at)| last == raw && now.duration_since(*at) < SAME_SCAN_WITHIN);
        if !repeat {
            self.last = Some((raw.to_vec(), now));
        }
        repeat
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_echo_is_one_scan_and_two_scans_are_two() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut twice = Twice::default();
        assert!(!twice.is_repeat(b"a", at(0)));
        assert!(twice.is_repeat(b"a", at(60)));
        // Counted from the first of them, so that a stuck trigger is not swallowed for ever.
        assert!(!twice.is_repeat(b"a", at(120)));
        assert!(!twice.is_repeat(b"b", at(121)));
        assert!(!twice.is_repeat(b"a", at(122)));
    }
}
