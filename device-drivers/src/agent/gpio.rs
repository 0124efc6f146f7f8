//! Doors and outputs (REQ-43, REQ-95), on pins or at a Modbus module ([`io_line`](super::io_line)): each opening and shutting
//! becomes a kept event; commands drive outputs, which are off when the agent starts and stops, and go on where they were when
//! a line comes back. How long a door may stand open is the store's business.

use std::time::Duration;

use firmware_config::Device;
use model::mqtt::{CommandBody, Drive, EventBody, Health};
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use crate::agent::backoff::Backoff;
use crate::agent::clock;
use crate::agent::io_line::{DRIVE_AGAIN, In, LineFault, Out};
use crate::agent::reporter::{Reporter, Told};
use crate::gpio::{Change, Contact, Play};
use crate::modbus::Lines;

/// A contact must rest for this long.
const DEBOUNCE_MS: u32 = 50;
const HINT: &str = "check the wiring, the power and the line's number";

/// Runs one door until `stop`.
pub(crate) async fn run_door(device: Device, mut reporter: Reporter, lines: Lines, stop: CancellationToken) {
    let mut backoff = Backoff::for_device();
    while !stop.is_cancelled() {
        let ended = tokio::select! {
            () = stop.cancelled() => return,
            ended = watch(&device, &lines, &mut reporter, &mut backoff) => ended,
        };
        if let Err(fault) = ended {
            reporter.state(Health::Down, &fault.to_string(), HINT, 0);
        }
        let pause = backoff.pause(reporter.random());
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

async fn watch(
    device: &Device,
    lines: &Lines,
    reporter: &mut Reporter,
    backoff: &mut Backoff,
) -> Result<(), LineFault> {
    let settings = &device.settings;
    let mut line = In::open(device, lines).await?;
    let turned = settings.active_low.unwrap_or(false);
    let mut contact = Contact::new(Duration::from_millis(settings.debounce_ms.unwrap_or(DEBOUNCE_MS).into()));
    let started = Instant::now();
    let mut looks = tokio::time::interval(line.look_every(device));
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        let high = line.is_high().await?;
        backoff.reset();
        let now = started.elapsed();
        if let Some(change) = contact.sample(high != turned, now) {
            tell(change, now, reporter).await;
        }
    }
}

async fn tell(change: Change, now: Duration, reporter: &mut Reporter) {
    let ago = i64::try_from(now.saturating_sub(change.since).as_millis()).unwrap_or_default();
    let at = clock::now().plus_ms(-ago);
    let open = change.open;
    match reporter.keep_at(at, EventBody::Door { open }).await {
        Ok(_) => reporter.state(Health::Ok, if open { "open" } else { "" }, "", 0),
        Err(fault) => {
            reporter.state(Health::Warn, &fault.to_string(), "doors are not kept through an outage", 0);
        }
    }
}

/// Runs one output until `stop`, then switches it off.
pub(crate) async fn run_output(
    device: Device,
    mut reporter: Reporter,
    lines: Lines,
    stop: CancellationToken,
) {
    let mut backoff = Backoff::for_device();
    let started = Instant::now();
    let mut playing = Play::new(Drive::Off, Duration::ZERO);
    while !stop.is_cancelled() {
        let turned = device.settings.active_low.unwrap_or(false);
        let ended = match Out::open(&device, &lines, turned).await {
            Ok(line) => play((line, turned), &mut playing, started, &mut reporter, &mut backoff, &stop).await,
            Err(fault) => Err(fault),
        };
        if let Err(fault) = ended {
            reporter.state(Health::Down, &fault.to_string(), HINT, 0);
        }
        let pause = backoff.pause(reporter.random());
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Drives the line as commands say, until it is gone or `stop`.
async fn play(
    (mut line, turned): (Out, bool),
    playing: &mut Play,
    started: Instant,
    reporter: &mut Reporter,
    backoff: &mut Backoff,
    stop: &CancellationToken,
) -> Result<(), LineFault> {
    loop {
        let (on, next) = playing.at(started.elapsed());
        line.put(on != turned).await?;
        backoff.reset();
        reporter.state(Health::Ok, if on { "on" } else { "" }, "", 0);
        let again = started.elapsed() + DRIVE_AGAIN;
        let wake = next.map_or(again, |next| next.min(again));
        tokio::select! {
            () = stop.cancelled() => return line.put(turned).await,
            told = reporter.told() => match told {
                Told::Command(CommandBody::Output { drive }) => *playing = Play::new(drive, started.elapsed()),
                Told::Command(CommandBody::Print { .. } | CommandBody::Signal { .. })
                | Told::Answer { .. } => {}
            },
            () = tokio::time::sleep_until(started + wake) => {}
        }
    }
}
