//! A serial scale: asks for the weight, sends each one that has become stable, once, and says when it is gone, so that it
//! never weighs what comes after it (REQ-44).

use std::time::Duration;

use firmware_config::{Device, Port, Settings};
use model::Grams;
use model::mqtt::{EventBody, Health};
use tokio::io::AsyncWriteExt;
use tokio_util::sync::CancellationToken;

use crate::agent::backoff::Backoff;
use crate::agent::clock;
use crate::agent::reporter::Reporter;
use crate::port::{PortError, open_serial, read_some};
use crate::scale::{Answer, Change, Protocol, StableGate};

/// Usual speed of scales.
const BAUD: u32 = 9_600;
/// Time between two questions, milliseconds.
const POLL_MS: u32 = 150;
/// Equal readings that make a weight.
const STABLE_READINGS: u8 = 3;
/// Usual range, grams.
const MAX_G: u32 = 30_000;
/// A scale that says nothing for this long is down.
const SILENT_AFTER: Duration = Duration::from_secs(2);

/// Runs one scale until `stop`.
pub(crate) async fn run(device: Device, mut reporter: Reporter, stop: CancellationToken) {
    let Some(protocol) = Protocol::of(device.driver) else { return };
    let settings = &device.settings;
    let most = Grams(settings.max_g.unwrap_or(MAX_G));
    let mut gate = StableGate::new(settings.stable_readings.unwrap_or(STABLE_READINGS), most);
    // Whatever stood there when a former agent ended, nobody has seen it since.
    say(Change::Gone, &mut reporter);
    let mut backoff = Backoff::for_device();
    while !stop.is_cancelled() {
        let ended = tokio::select! {
            () = stop.cancelled() => return,
            ended = serve(&protocol, &device, &mut gate, &mut reporter, &mut backoff) => ended,
        };
        if let Err(fault) = ended {
            gate.reset().into_iter().for_each(|change| say(change, &mut reporter));
            reporter.state(Health::Down, &fault.to_string(), "check cable and power of the scale", 0);
        }
        let pause = backoff.pause(reporter.random());
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

async fn serve(
    protocol: &Protocol,
    device: &Device,
    gate: &mut StableGate,
    reporter: &mut Reporter,
    backoff: &mut Backoff,
) -> Result<(), PortError> {
    let Port::Serial(path) = &device.port else { return Ok(()) };
    let name = device.port.to_string();
    let settings = &device.settings;
    let mut line = open_serial(path, settings.baud.unwrap_or(BAUD))?;
    let mut answers = (protocol.ear)();
    let mut ticks =
        tokio::time::interval(Duration::from_millis(u64::from(settings.poll_ms.unwrap_or(POLL_MS).max(20))));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut buffer = [0_u8; 64];
    loop {
        ticks.tick().await;
        line.write_all(protocol.ask).await.map_err(|source| PortError::Io { port: name.clone(), source })?;
        let mut heard = Vec::new();
        while heard.is_empty() {
            let read = tokio::time::timeout(SILENT_AFTER, read_some(&mut line, &mut buffer, &name)).await;
            let count = read.map_err(|_| PortError::Silent { port: name.clone() })??;
            heard = answers.push(buffer.get(..count).unwrap_or_default());
        }
        backoff.reset();
        tell(&heard, settings, reporter);
        for answer in heard {
            gate.push(answer).into_iter().for_each(|change| say(change, reporter));
        }
    }
}

fn say(change: Change, reporter: &mut Reporter) {
    let grams = match change {
        Change::Stands(grams) => Some(grams),
        Change::Gone => None,
    };
    reporter.latest(EventBody::Weight { grams });
}

/// How the scale is, by its last answer. An expired stamp is told by the UTC day: the store decides by its own calendar.
fn tell(heard: &[Answer], settings: &Settings, reporter: &Reporter) {
    let today = clock::now().utc_date();
    match (heard.last(), settings.stamp_until) {
        (Some(Answer::Faulty), _) => {
            let hint = "take it out of service and have it calibrated";
            reporter.state(Health::Down, "the scale reports a fault in its memory or calibration", hint, 0);
        }
        (Some(Answer::WrongUnit), _) => {
            reporter.state(Health::Down, "the scale shows pounds or ounces", "set it to kilograms", 0);
        }
        (_, Some(until)) if until < today => {
            let detail = format!("its verification stamp ran out on {until}: it cannot price goods");
            reporter.state(Health::Warn, &detail, "have it verified again", 0);
        }
        (Some(Answer::Weight(_) | Answer::NotNow(_)) | None, _) => reporter.state(Health::Ok, "", "", 0),
    }
}
