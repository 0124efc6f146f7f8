//! udev rules: every serial device and USB printer of the store under /dev/larder/ID by its serial number or its place,
//! whatever else is plugged in first. Names nothing that is not in the manifest.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use super::HEAD;
use crate::devices::{Device, Port};
use crate::profiles;
use crate::store::StoreManifest;
use crate::usb_printer::UsbPrinter;

pub(super) fn rules(manifest: &StoreManifest) -> String {
    let mut text = HEAD.to_owned();
    text.push_str(
        "# Runs after 60-serial.rules, which sets ID_SERIAL and ID_PATH. ModemManager must not talk to scanners\n\
         # and scales.\n",
    );
    for device in &manifest.devices {
        match &device.port {
            Port::Serial(path) => serial(&mut text, device, path),
            Port::File(path) if path.starts_with("/dev/input") => keyboard(&mut text, device, path),
            Port::File(path) if path.starts_with("/dev") => printer(&mut text, device, path),
            // sysfs folders (1-wire) are world-readable and carry their own serial number in their name.
            Port::File(_) | Port::Tcp(_) | Port::I2c(..) | Port::Spi(_) | Port::Gpio(..) => {}
        }
    }
    chips(&mut text, manifest);
    buses(&mut text, manifest);
    awake(&mut text, manifest);
    text
}

/// The buses of sensors, once each.
fn buses(text: &mut String, manifest: &StoreManifest) {
    let bus = |device: &Device| match &device.port {
        Port::I2c(path, _) => Some(("i2c-dev", path.clone())),
        Port::Spi(path) => Some(("spidev", path.clone())),
        Port::Serial(_) | Port::Tcp(_) | Port::File(_) | Port::Gpio(..) => None,
    };
    let found: BTreeSet<_> = manifest.devices.iter().filter_map(bus).collect();
    for (subsystem, path) in found {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let _ = writeln!(
            text,
            "\n# {path}\nACTION!=\"remove\", SUBSYSTEM==\"{subsystem}\", KERNEL==\"{name}\", GROUP=\"dialout\", \
             MODE=\"0660\"",
            path = path.display(),
            name = literal(&name),
        );
    }
}

/// A device whose USB port sleeps loses its first scan: the ports of the manifest's models stay awake.
fn awake(text: &mut String, manifest: &StoreManifest) {
    let models = manifest.devices.iter().filter_map(|device| device.settings.model.as_deref());
    let profiles = models.filter_map(profiles::find);
    let ids: BTreeSet<&str> = profiles.flat_map(|profile| profile.usb.iter().map(String::as_str)).collect();
    for (vendor, product) in ids.iter().filter_map(|id| id.split_once(':')) {
        let _ = writeln!(
            text,
            "\n# {vendor}:{product} stays awake\nACTION==\"add\", SUBSYSTEM==\"usb\", ENV{{DEVTYPE}}==\"usb_device\", \
             ATTR{{idVendor}}==\"{vendor}\", ATTR{{idProduct}}==\"{product}\", TEST==\"power/control\", \
             ATTR{{power/control}}=\"on\""
        );
    }
}

fn serial(text: &mut String, device: &Device, path: &Path) {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let found = if path.starts_with("/dev/serial/by-id") {
        by_id(&name)
    } else if path.starts_with("/dev/serial/by-path") {
        let (place, port) = without_port(&name);
        format!("ENV{{ID_PATH}}==\"{}\"{port}", literal(place))
    } else {
        format!("KERNEL==\"{}\"", literal(&name))
    };
    let _ = writeln!(
        text,
        "\n# {id}: {class}, {driver}\nACTION!=\"remove\", SUBSYSTEM==\"tty\", {found}, SYMLINK+=\"larder/{id}\", \
         GROUP=\"dialout\", MODE=\"0660\", ENV{{ID_MM_DEVICE_IGNORE}}=\"1\", TAG+=\"systemd\"",
        id = device.id,
        class = device.class.word(),
        driver = device.driver.line().word,
    );
}

/// The parts of `usb-Maker_Model_Serial-if00-port0` that udev knows by themselves.
fn by_id(name: &str) -> String {
    let (name, port) = without_port(name);
    let Some((bus, rest)) = name.split_once('-') else {
        return format!("ENV{{ID_SERIAL}}==\"{}\"", literal(name));
    };
    let (serial, interface) = match rest.rsplit_once("-if") {
        Some((serial, number)) if number.len() == 2 => {
            (serial, format!(", ENV{{ID_USB_INTERFACE_NUM}}==\"{}\"", literal(number)))
        }
        Some(_) | None => (rest, String::new()),
    };
    format!("ENV{{ID_BUS}}==\"{}\", ENV{{ID_SERIAL}}==\"{}\"{interface}{port}", literal(bus), literal(serial))
}

/// Adapters with several plugs: `...-port1` is the second.
fn without_port(name: &str) -> (&str, String) {
    match name.rsplit_once("-port") {
        Some((rest, number)) if !number.is_empty() && number.bytes().all(|sign| sign.is_ascii_digit()) => {
            (rest, format!(", ATTRS{{port_number}}==\"{number}\""))
        }
        Some(_) | None => (name, String::new()),
    }
}

/// GPIO chips that the manifest uses belong to the agent's group.
fn chips(text: &mut String, manifest: &StoreManifest) {
    let chips = manifest.devices.iter().filter_map(|device| match &device.port {
        Port::Gpio(chip, _) => chip.file_name(),
        Port::Serial(_) | Port::Tcp(_) | Port::File(_) | Port::I2c(..) | Port::Spi(_) => None,
    });
    let names: BTreeSet<String> = chips.map(|name| name.to_string_lossy().into_owned()).collect();
    if !names.is_empty() {
        text.push_str(
            "\n# the registers behind the lines of a Raspberry Pi\nACTION!=\"remove\", KERNEL==\"gpiomem*\", GROUP=\"gpio\", MODE=\"0660\"\n",
        );
    }
    for name in names {
        let _ = writeln!(
            text,
            "\n# lines of {name}\nACTION!=\"remove\", SUBSYSTEM==\"gpio\", KERNEL==\"{}\", GROUP=\"gpio\", MODE=\"0660\"",
            literal(&name)
        );
    }
}

/// A scanner that types: the agent alone may read it, and no session takes it for a keyboard of its own.
fn keyboard(text: &mut String, device: &Device, path: &Path) {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let plug = name.strip_suffix("-event-kbd").unwrap_or(&name);
    let found = if path.starts_with("/dev/input/by-id") {
        by_id(plug)
    } else if path.starts_with("/dev/input/by-path") {
        format!("ENV{{ID_PATH}}==\"{}\"", literal(plug))
    } else {
        format!("KERNEL==\"{}\"", literal(&name))
    };
    let _ = writeln!(
        text,
        "\n# {id}: {class}, {driver}\nACTION!=\"remove\", SUBSYSTEM==\"input\", KERNEL==\"event*\", {found}, \
         SYMLINK+=\"larder/{id}\", GROUP=\"input\", MODE=\"0660\", ENV{{LIBINPUT_IGNORE_DEVICE}}=\"1\", TAG-=\"power-switch\"",
        id = device.id,
        class = device.class.word(),
        driver = device.driver.line().word,
    );
}

/// A USB printer: the kernel numbers them in the order in which it finds them, so it is known by what does not change.
fn printer(text: &mut String, device: &Device, path: &Path) {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let link = path.strip_prefix("/dev").unwrap_or(path).display();
    let usb = "SUBSYSTEM==\"usbmisc\", KERNEL==\"lp*\", SUBSYSTEMS==\"usb\"";
    let found = match UsbPrinter::at(&device.port) {
        Some(UsbPrinter::Serial(serial)) => {
            format!("{usb}, ATTRS{{serial}}==\"{}\", SYMLINK+=\"{link}\"", literal(serial))
        }
        Some(UsbPrinter::Plug(plug)) => format!("{usb}, KERNELS==\"{}\", SYMLINK+=\"{link}\"", literal(plug)),
        Some(UsbPrinter::Kernel(_)) | None => format!("KERNEL==\"{}\"", literal(&name)),
    };
    let _ = writeln!(
        text,
        "\n# {id}: {class}\nACTION!=\"remove\", {found}, SYMLINK+=\"larder/{id}\", GROUP=\"lp\", MODE=\"0660\"",
        id = device.id,
        class = device.class.word(),
    );
}

/// A name as a pattern that matches only itself; signs no device name holds are matched by any one sign.
fn literal(name: &str) -> String {
    let plain = |sign: char| sign.is_ascii_alphanumeric() || "_-.:#+@=,/".contains(sign);
    name.chars().map(|sign| if plain(sign) { sign } else { '?' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_by_id_name_is_taken_apart() {
        assert_eq!(
            by_id("usb-FTDI_FT232R_USB_UART_A10K-if00-port0"),
            "ENV{ID_BUS}==\"usb\", ENV{ID_SERIAL}==\"FTDI_FT232R_USB_UART_A10K\", \
             ENV{ID_USB_INTERFACE_NUM}==\"00\", ATTRS{port_number}==\"0\""
        );
        assert_eq!(by_id("usb-A-b"), "ENV{ID_BUS}==\"usb\", ENV{ID_SERIAL}==\"A-b\"");
    }

    #[test]
    fn a_keyboard_wedge_is_the_agents_alone() {
        let toml = "id = \"sc-1\"\nclass = \"scanner\"\ndriver = \"hid-wedge\"\n\
                    port = \"file:/dev/input/by-id/usb-Maker_Scanner_7-event-kbd\"";
        let device: Device = toml::from_str(toml).unwrap();
        let Port::File(path) = device.port.clone() else { panic!("{}", device.port) };
        let mut text = String::new();
        keyboard(&mut text, &device, &path);
        assert!(text.contains("ENV{ID_BUS}==\"usb\", ENV{ID_SERIAL}==\"Maker_Scanner_7\""), "{text}");
        assert!(text.contains("GROUP=\"input\""), "{text}");
    }

    #[test]
    fn a_usb_printer_is_known_by_its_serial_number_or_its_plug() {
        let rule = |port: &str| {
            let toml =
                format!("id = \"pr-1\"\nclass = \"printer\"\ndriver = \"zpl\"\nport = \"file:{port}\"");
            let device: Device = toml::from_str(&toml).unwrap();
            let Port::File(path) = device.port.clone() else { panic!("{}", device.port) };
            let mut text = String::new();
            printer(&mut text, &device, &path);
            text
        };
        let usb = "SUBSYSTEM==\"usbmisc\", KERNEL==\"lp*\", SUBSYSTEMS==\"usb\"";
        let serial = rule("/dev/larder/printer/by-serial/X7Y");
        let want = format!(
            "{usb}, ATTRS{{serial}}==\"X7Y\", SYMLINK+=\"larder/printer/by-serial/X7Y\", SYMLINK+=\"larder/pr-1\""
        );
        assert!(serial.contains(&want), "{serial}");
        let plug = rule("/dev/larder/printer/by-plug/1-4.2");
        let want = format!("{usb}, KERNELS==\"1-4.2\", SYMLINK+=\"larder/printer/by-plug/1-4.2\"");
        assert!(plug.contains(&want) && !plug.contains("lp0"), "{plug}");
        assert!(rule("/dev/usb/lp0").contains("KERNEL==\"lp0\", SYMLINK+=\"larder/pr-1\""));
    }

    #[test]
    fn a_name_cannot_break_out_of_its_quotes() {
        assert_eq!(literal("a\", RUN+=\"/bin/sh"), "a?,?RUN+=?/bin/sh");
        assert_eq!(literal("a*[b]\n"), "a??b??");
    }
}
