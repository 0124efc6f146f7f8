//! What works in a sound `store.toml` and is still unwise: no fault, so the store starts. Rules that refuse a file stand
//! in `check.rs`.

use model::Role;

use crate::devices::{Device, Port};
use crate::fault::Fault;
use crate::read::{Step, Tree};
use crate::store::StoreManifest;
use crate::usb_printer::UsbPrinter;

/// How often a DS18B20 is read where store.toml says nothing, milliseconds.
const POLL_USUAL_MS: u32 = 5_000;

/// Everything unwise, in file order.
pub(crate) fn of(tree: &Tree<'_>, manifest: &StoreManifest) -> Vec<Fault> {
    let mut found: Vec<Fault> = Vec::new();
    let mut say = |path: &[Step<'_>], what: String, hint: &str| {
        found.push(Fault { place: tree.place(path), what, hint: hint.to_owned() });
    };
    let live = !manifest.hub.is_loopback();
    if live && manifest.hub.token.starts_with("change-me") {
        let path = [Step::Key("hub"), Step::Key("token")];
        say(&path, "this is the example's token".into(), "take 32 random characters: openssl rand -hex 16");
    }
    for (index, person) in manifest.people.iter().enumerate() {
        if live && person.demo_pin.is_some() {
            let path = [Step::Key("people"), Step::Item(index), Step::Key("demo_pin")];
            say(&path, format!("the PIN of {} can be read by everybody", person.id), "use pin_hash");
        }
    }
    if !manifest.people.iter().any(|person| person.role == Role::Manager) {
        say(&[Step::Key("people")], "no one is a manager".into(), "write-offs and overrides need one");
    }
    for (index, device) in manifest.devices.iter().enumerate() {
        let at = |key| [Step::Key("devices"), Step::Item(index), Step::Key(key)];
        if let Some(hint) = stable_name(&device.port) {
            say(&at("port"), format!("{} may be another device after a replug", device.port), hint);
        }
        if let Some(what) = limits_of_model(device) {
            say(&at("settings"), what, "`firmware-config profiles ID` tells what the model can do");
        }
        if let Some(silence_s) = silent_before_poll(manifest, device) {
            let what =
                format!("{} is read more seldom than the {silence_s} s after which it is silent", device.id);
            say(&at("settings"), what, "lower poll_ms, or raise the zone's silent_after_s");
        }
    }
    for (index, zone) in manifest.zones.iter().enumerate() {
        let watched = manifest.devices.iter().any(|device| device.zone.as_ref() == Some(&zone.id));
        if zone.band.is_some() && !watched {
            let path = [Step::Key("zones"), Step::Item(index), Step::Key("band")];
            say(&path, format!("no sensor watches zone {}", zone.id), "its alarm of silence will ring");
        }
    }
    found.sort();
    found
}

/// What the model of this device cannot do, and Larder would like it to.
fn limits_of_model(device: &Device) -> Option<String> {
    let printer = crate::profiles::find(device.settings.model.as_deref()?)?.printer.as_ref()?;
    let dots_wanted = |width: u16| u32::from(width) * 8;
    match (device.settings.width_mm, printer.dots) {
        (Some(width), Some(dots)) if dots_wanted(width) > u32::from(dots) => Some(format!(
            "{} has a coarse head: {width} mm of ours need {} dots; write width_mm = {}",
            device.id,
            dots_wanted(width),
            dots / 8
        )),
        (Some(_) | None, Some(_) | None) if !printer.raster => {
            Some(format!("{} takes pictures column by column: Hindi and codes print slowly", device.id))
        }
        (Some(_) | None, Some(_) | None) => None,
    }
}

/// Where to look for a better name than one that the kernel gives in the order of plugging in.
fn stable_name(port: &Port) -> Option<&'static str> {
    match port {
        Port::Serial(path) => {
            let name = path.to_string_lossy();
            let numbered = ["/dev/ttyUSB", "/dev/ttyACM"].iter().any(|start| name.starts_with(start));
            numbered.then_some("use its name under /dev/serial/by-id (`firmware-config discover`)")
        }
        Port::File(_) => match UsbPrinter::at(port) {
            Some(UsbPrinter::Kernel(_)) => {
                Some("use its name under /dev/larder/printer (`firmware-config discover`)")
            }
            Some(UsbPrinter::Serial(_) | UsbPrinter::Plug(_)) | None => None,
        },
        Port::Tcp(_) | Port::I2c(..) | Port::Spi(_) | Port::Gpio(..) => None,
    }
}

/// The zone's limit of silence in seconds, where the sensor is read less often than that.
fn silent_before_poll(manifest: &StoreManifest, device: &Device) -> Option<u32> {
    let band = manifest.zone(device.zone.as_ref()?)?.band?;
    let poll_ms = device.settings.poll_ms.unwrap_or(POLL_USUAL_MS);
    (u64::from(poll_ms) >= u64::from(band.silent_after_s) * 1_000).then_some(band.silent_after_s)
}
