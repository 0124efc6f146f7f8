//! Doors and outputs on GPIO lines (REQ-43, REQ-95): each opening and shutting becomes a kept event; commands drive
//! outputs, which are off when the agent starts and stops. How long a door may stand open is the store's business.

use std::time::Duration;

use firmware_config::{Device, Port};
use model::mqtt::{CommandBody, Drive, EventBody, Health};
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use crate::agent::backoff::Backoff;
use crate::agent::clock;
use crate::agent::reporter::{Reporter, Told};
use crate::gpio::{Change, Contact, GpioError, OutputLine, Play, open_input, open_output};

/// A contact must rest for this long.
const DEBOUNCE_MS: u32 = 50;
/// How often a contact is looked at; four times within the usual debounce.
const LOOK_EVERY: Duration = Duration::from_millis(12);
const HINT: &str = "check the wiring and the line's number";

/// Runs one door until `stop`.
pub(crate) async fn run_door(device: Device, mut reporter: Reporter, stop: CancellationToken) {
    let mut backoff = Backoff::for_device();
    while !stop.is_cancelled() {
        let ended = tokio::select! {
            () = stop.cancelled() => return,
            ended = watch(&device, &mut reporter, &mut backoff) => ended,
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

async fn watch(device: &Device, reporter: &mut Reporter, backoff: &mut Backoff) -> Result<(), GpioError> {
    let Port::Gpio(chip, number) = &device.port else { return Ok(()) };
    let settings = &device.settings;
    let mut line = open_input(chip, *number)?;
    backoff.reset();
    let turned = settings.active_low.unwrap_or(false);
    let mut contact = Contact::new(Duration::from_millis(settings.debounce_ms.unwrap_or(DEBOUNCE_MS).into()));
    let started = Instant::now();
    let mut looks = tokio::time::interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        let now = started.elapsed();
        if let Some(change) = contact.sample(line.is_high()? != turned, now) {
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
pub(crate) async fn run_output(device: Device, mut reporter: Reporter, stop: CancellationToken) {
    let mut backoff = Backoff::for_device();
    while !stop.is_cancelled() {
        if let Err(fault) = play(&device, &mut reporter, &mut backoff, &stop).await {
            reporter.state(Health::Down, &fault.to_string(), HINT, 0);
        }
        let pause = backoff.pause(reporter.random());
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

async fn play(
    device: &Device,
    reporter: &mut Reporter,
    backoff: &mut Backoff,
    stop: &CancellationToken,
) -> Result<(), GpioError> {
    let Port::Gpio(chip, number) = &device.port else { return Ok(()) };
    let turned = device.settings.active_low.unwrap_or(false);
    let mut line = open_output(chip, *number, turned)?;
    backoff.reset();
    reporter.state(Health::Ok, "", "", 0);
    let started = Instant::now();
    let mut playing = Play::new(Drive::Off, Duration::ZERO);
    loop {
        let (on, next) = playing.at(started.elapsed());
        put(&mut line, on != turned)?;
        reporter.state(Health::Ok, if on { "on" } else { "" }, "", 0);
        let wake = started + next.unwrap_or_default();
        tokio::select! {
            () = stop.cancelled() => return put(&mut line, turned),
            told = reporter.told() => match told {
                Told::Command(CommandBody::Output { drive }) => playing = Play::new(drive, started.elapsed()),
                Told::Command(CommandBody::Print { .. } | CommandBody::Signal { .. })
                | Told::Answer { .. } => {}
            },
            () = tokio::time::sleep_until(wake), if next.is_some() => {}
        }
    }
}

fn put(line: &mut OutputLine, high: bool) -> Result<(), GpioError> {
    if high { line.set_high() } else { line.set_low() }
}
