//! A temperature sensor of any kind: read again and again, each reading sent with its quality, and some of them kept until
//! the store has them. Alarms are the store's.

use std::time::Duration;

use firmware_config::{Device, Driver, Port, PortKind, Settings};
use model::Date;
use model::mqtt::{Calibration, EventBody, Health, Quality};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::agent::clock;
use crate::agent::reporter::Reporter;
use crate::modbus::{LineSettings, Lines};
use crate::port::bus::{Delay, open_i2c, open_spi};
use crate::sensor::bme280::Bme280;
use crate::sensor::filter::GAIN_NONE_PPM;
use crate::sensor::max31865::{Element, Max31865, Wires};
use crate::sensor::on_bus::OnBus;
use crate::sensor::sht::{Sht, ShtFamily};
use crate::sensor::transmitter::{RegisterMap, Transmitter};
use crate::sensor::{
    Chip, Correction, Filter, Limits, Marks, Measured, Probe, ProbeFault, Span, Verdict, W1Probe,
};

/// Usual time between readings, milliseconds.
const POLL_MS: u32 = 5_000;

/// Runs one sensor until `stop`: the driver of its line in the table, in the one loop.
pub(crate) async fn run(
    device: Device,
    span: Option<Span>,
    reporter: Reporter,
    lines: Lines,
    stop: CancellationToken,
) {
    let place = (device.clone(), span);
    match (device.driver, device.port.clone()) {
        (Driver::Ds18b20, Port::File(path)) => watch(place, W1Probe::new(path), reporter, stop).await,
        (Driver::Sht3x, Port::I2c(bus, address)) => {
            let chip = move || sht(ShtFamily::Sht3x, &bus, address);
            watch(place, OnBus::new(chip), reporter, stop).await;
        }
        (Driver::Sht4x, Port::I2c(bus, address)) => {
            let chip = move || sht(ShtFamily::Sht4x, &bus, address);
            watch(place, OnBus::new(chip), reporter, stop).await;
        }
        (Driver::Bme280, Port::I2c(bus, address)) => {
            let chip = move || {
                let bus = open_i2c(&bus).map_err(unopened)?;
                Ok(Box::new(Bme280::new(bus, address, Delay)) as Box<dyn Chip>)
            };
            watch(place, OnBus::new(chip), reporter, stop).await;
        }
        (Driver::Max31865, Port::Spi(path)) => {
            let element = element(&device.settings);
            let chip = move || {
                let bus = open_spi(&path).map_err(unopened)?;
                Ok(Box::new(Max31865::new(bus, Delay, element)) as Box<dyn Chip>)
            };
            watch(place, OnBus::new(chip), reporter, stop).await;
        }
        (Driver::ModbusRtu, Port::Serial(path)) => {
            let Some(map) = RegisterMap::from_settings(&device.settings) else { return };
            let line = lines.at(&path, LineSettings::of(&device.settings)).await;
            watch(place, Transmitter::new(line, map), reporter, stop).await;
        }
        // Another driver or another port: `firmware-config check` refuses the file before an agent sees it.
        (_, _) => {}
    }
}

fn sht(family: ShtFamily, bus: &std::path::Path, address: u8) -> Result<Box<dyn Chip>, ProbeFault> {
    Ok(Box::new(Sht::new(family, open_i2c(bus).map_err(unopened)?, address, Delay)))
}

#[expect(clippy::needless_pass_by_value, reason = "map_err hands the error over")]
fn unopened(fault: crate::port::PortError) -> ProbeFault {
    ProbeFault::Silent(fault.to_string())
}

fn element(settings: &Settings) -> Element {
    let usual = Element::PT100;
    let at_zero_ohm = settings.element_ohm.unwrap_or(usual.at_zero_ohm);
    let scaled = usual.reference_milli_ohm / usual.at_zero_ohm * at_zero_ohm;
    Element {
        at_zero_ohm,
        reference_milli_ohm: settings.reference_milli_ohm.unwrap_or(scaled),
        wires: if settings.wires == Some(3) { Wires::Three } else { Wires::TwoOrFour },
    }
}

/// A sensor's calibration as its birth tells it; `None` for one that was never calibrated.
pub(crate) fn calibration(settings: &Settings) -> Option<Calibration> {
    let known = settings.offset_milli_c.is_some()
        || settings.gain_ppm.is_some()
        || settings.certificate.is_some()
        || settings.calibration_due.is_some();
    known.then(|| Calibration {
        offset_milli_c: settings.offset_milli_c.unwrap_or(0),
        gain_ppm: settings.gain_ppm.unwrap_or(GAIN_NONE_PPM),
        certificate: settings.certificate.clone().unwrap_or_default(),
        due: settings.calibration_due,
    })
}

/// What a sensor of this kind can say at its place.
fn limits(device: &Device) -> Limits {
    let usual = Limits::default();
    let coldest = if device.port.kind() == PortKind::File { usual.min_milli_c } else { -100_000 };
    // A tenth of a degree may stand still for hours in a good freezer.
    let coarse = device.driver == Driver::ModbusRtu;
    let flat_after_ms = if coarse { 4 * model::time::HOUR_MS } else { usual.flat_after_ms };
    Limits { min_milli_c: coldest, flat_after_ms, ..usual }
}

/// The loop. A reading that cannot be had is sent as such: silence is told, never filled in.
async fn watch(
    (device, span): (Device, Option<Span>),
    mut probe: impl Probe,
    mut reporter: Reporter,
    stop: CancellationToken,
) {
    let settings = &device.settings;
    let correction = Correction {
        offset_milli_c: settings.offset_milli_c.unwrap_or(0),
        gain_ppm: settings.gain_ppm.unwrap_or(GAIN_NONE_PPM),
    };
    let mut filter = Filter::new(limits(&device), correction);
    let poll_ms = settings.poll_ms.unwrap_or(POLL_MS).max(50);
    let mut marks = Marks::new(span, poll_ms.into());
    let period = Duration::from_millis(poll_ms.into());
    let mut ticks = tokio::time::interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        let read = tokio::select! {
            () = stop.cancelled() => return,
            read = probe.read() => read,
        };
        let (measured, verdict) = match read {
            Ok(measured) => {
                (Some(measured), judged(&reporter, &mut filter, measured, settings.calibration_due))
            }
            Err(fault) => {
                let quality = fault.quality();
                let (health, _, hint) = words(quality);
                reporter.state(health, &fault.to_string(), hint, 0);
                (None, Verdict { milli_c: None, quality })
            }
        };
        let body = reading(verdict.milli_c, measured, verdict.quality, reporter.up_ms());
        let event = reporter.event(body);
        if marks.keeps(event.at, verdict.milli_c, verdict.quality)
            && let Err(error) = reporter.keep_reading(event.clone()).await
        {
            tracing::warn!(device = %device.id, %error, "a store that is away will miss this reading");
        }
        reporter.latest_event(event);
    }
}

/// Judges a measurement, and says how the sensor is.
fn judged(reporter: &Reporter, filter: &mut Filter, measured: Measured, due: Option<Date>) -> Verdict {
    let now = clock::now();
    let verdict = filter.judge(now, measured.milli_c);
    let overdue = due.filter(|due| *due < now.utc_date());
    match (verdict.quality, overdue) {
        (Quality::Good, Some(due)) => {
            let detail = format!("its calibration was due on {due}");
            reporter.state(Health::Warn, &detail, "have it calibrated; until then compare by hand", 0);
        }
        (quality, _) => {
            let (health, detail, hint) = words(quality);
            reporter.state(health, detail, hint, 0);
        }
    }
    verdict
}

fn reading(milli_c: Option<i32>, measured: Option<Measured>, quality: Quality, up_ms: u64) -> EventBody {
    EventBody::Reading {
        milli_c,
        raw_milli_c: measured.map(|measured| measured.milli_c),
        quality,
        humidity_milli_pct: measured.and_then(|measured| measured.humidity_milli_pct),
        pressure_pa: measured.and_then(|measured| measured.pressure_pa),
        up_ms: Some(up_ms),
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
        Quality::Silent => {
            (Health::Down, "does not answer", "check the sensor's cable; read the zone by hand")
        }
    }
}
