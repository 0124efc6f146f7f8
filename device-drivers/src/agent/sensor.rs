//! A temperature sensor: polls its file and sends each reading with its quality. Alarms are the store's.

use std::time::Duration;

use firmware_config::{Device, Port};
use model::mqtt::{EventBody, Health, Quality};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::agent::clock;
use crate::agent::reporter::Reporter;
use crate::port::read_file;
use crate::sensor::{Ds18b20Error, Filter, Limits, parse_w1_slave};

/// Usual time between readings, milliseconds.
const POLL_MS: u32 = 5_000;

/// Runs one DS18B20 until `stop`. A reading that cannot be had is sent as such: silence is told, never filled in.
pub(crate) async fn run(device: Device, mut reporter: Reporter, stop: CancellationToken) {
    let Port::File(path) = device.port.clone() else { return };
    let mut filter = Filter::new(Limits::default(), device.settings.offset_milli_c.unwrap_or(0));
    let period = Duration::from_millis(u64::from(device.settings.poll_ms.unwrap_or(POLL_MS).max(50)));
    let mut ticks = tokio::time::interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        let read = tokio::select! {
            () = stop.cancelled() => return,
            read = read_file(&path, "w1_slave") => read,
        };
        let raw = read
            .map_err(|fault| (Quality::Silent, fault.to_string()))
            .and_then(|text| parse_w1_slave(&text).map_err(|fault| (quality(&fault), fault.to_string())));
        match raw {
            Ok(raw) => {
                let verdict = filter.judge(clock::now(), raw);
                let (health, detail, hint) = words(verdict.quality);
                reporter.state(health, detail, hint, 0);
                let (milli_c, quality) = (verdict.milli_c, verdict.quality);
                reporter.latest(EventBody::Reading { milli_c, raw_milli_c: Some(raw), quality });
            }
            Err((quality, detail)) => {
                let (health, _, hint) = words(quality);
                reporter.state(health, &detail, hint, 0);
                reporter.latest(EventBody::Reading { milli_c: None, raw_milli_c: None, quality });
            }
        }
    }
}

fn quality(fault: &Ds18b20Error) -> Quality {
    match fault {
        Ds18b20Error::Crc => Quality::CrcError,
        Ds18b20Error::PowerOn => Quality::Implausible,
        Ds18b20Error::Text => Quality::Silent,
    }
}

fn words(quality: Quality) -> (Health, &'static str, &'static str) {
    match quality {
        Quality::Good => (Health::Ok, "", ""),
        Quality::CrcError => (Health::Warn, "CRC error", "check cable and plugs"),
        Quality::Implausible => (Health::Warn, "implausible value", "check the sensor's power"),
        Quality::Jump => (Health::Warn, "jumped faster than air can", "was the probe moved?"),
        Quality::Flat => {
            (Health::Warn, "the same value for too long", "warm the probe by hand; change it if it stays")
        }
        Quality::Silent => (Health::Down, "does not answer", "check the 1-wire bus; read the zone by hand"),
    }
}
