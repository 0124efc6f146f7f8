//! How a printer on a USB cable is named: the kernel's `lp0` is whichever printer it finds first, so it names one printer
//! only where there is one. Serial number or plug name it for good; udev makes the files ([`crate::render`]).

use std::path::Path;

use model::mqtt::DeviceClass;

use crate::devices::{Device, Port};

/// Where the kernel puts them.
const KERNEL: &str = "/dev/usb";
/// Where our udev rule puts the one with this serial number.
pub(crate) const BY_SERIAL: &str = "/dev/larder/printer/by-serial";
/// Where our udev rule puts the one in this plug.
pub(crate) const BY_PLUG: &str = "/dev/larder/printer/by-plug";

/// A USB printer's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UsbPrinter<'a> {
    /// `lp0`: the order in which the kernel found them.
    Kernel(&'a str),
    /// The serial number that the printer tells.
    Serial(&'a str),
    /// The plug that it hangs in, as the kernel counts them: `1-4`, behind a hub `1-4.2`.
    Plug(&'a str),
}

impl<'a> UsbPrinter<'a> {
    /// The printer at this port, if a USB printer is what the port names.
    pub(crate) fn at(port: &'a Port) -> Option<Self> {
        let Port::File(path) = port else { return None };
        let within = |folder: &str| path.strip_prefix(folder).ok().and_then(Path::to_str);
        let serial = within(BY_SERIAL).map(UsbPrinter::Serial);
        let plug = within(BY_PLUG).map(UsbPrinter::Plug);
        serial.or(plug).or_else(|| within(KERNEL).map(UsbPrinter::Kernel))
    }
}

/// Whether udev can make a file of this name and find what it names.
pub(crate) fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|sign| sign.is_ascii_alphanumeric() || b"-_.:".contains(&sign))
}

/// What is wrong with the names of a store's USB printers: the device's place in the list, what, and what to do.
pub(crate) fn faults(devices: &[Device]) -> Vec<(usize, String, String)> {
    let printers: Vec<(usize, &Device, UsbPrinter<'_>)> = devices
        .iter()
        .enumerate()
        .filter(|(_, device)| device.class == DeviceClass::Printer)
        .filter_map(|(index, device)| Some((index, device, UsbPrinter::at(&device.port)?)))
        .collect();
    let mut found = Vec::new();
    for (index, device, name) in &printers {
        let other = printers.iter().find(|(at, ..)| at != index);
        match (name, other) {
            (UsbPrinter::Kernel(name), Some((_, other, _))) => found.push((
                *index,
                format!("{} and {} cannot be told apart: {name} is whichever the kernel finds first", device.id, other.id),
                format!("name it by serial number or plug, file:{BY_SERIAL}/SERIAL or file:{BY_PLUG}/1-4 (`firmware-config discover`)"),
            )),
            (UsbPrinter::Serial(name) | UsbPrinter::Plug(name), _) if !is_name(name) => found.push((
                *index,
                format!("udev can make no file of the name {name:?}"),
                format!("letters, digits and - _ . : only; else name its plug, file:{BY_PLUG}/1-4"),
            )),
            (UsbPrinter::Kernel(_), None) | (UsbPrinter::Serial(_) | UsbPrinter::Plug(_), _) => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printer(id: &str, port: &str) -> Device {
        let text = format!("id = {id:?}\nclass = \"printer\"\ndriver = \"escpos\"\nport = {port:?}");
        toml::from_str(&text).unwrap()
    }

    #[test]
    fn two_printers_that_the_kernel_numbers_cannot_be_told_apart() {
        let lp = |n: u8| printer(&format!("pr-{n}"), &format!("file:/dev/usb/lp{n}"));
        assert_eq!(faults(&[lp(0)]), []);
        let both = faults(&[lp(0), lp(1)]);
        assert_eq!(both.iter().map(|(index, ..)| *index).collect::<Vec<_>>(), [0, 1]);
        assert!(both[0].1.contains("pr-0 and pr-1") && both[0].2.contains("by-serial"), "{both:?}");
        let named = printer("pr-2", &format!("file:{BY_SERIAL}/X7Y"));
        assert_eq!(faults(&[lp(0), named.clone()]).len(), 1, "lp0 may be the one that has a name");
        let plugged = printer("pr-3", &format!("file:{BY_PLUG}/1-4.2"));
        let network = printer("pr-4", "tcp:127.0.0.1:9100");
        assert_eq!(faults(&[named, plugged, network]), []);
        for bad in ["", "a b", "../x", "a\"", "a/b"] {
            assert_eq!(faults(&[printer("pr-5", &format!("file:{BY_SERIAL}/{bad}"))]).len(), 1, "{bad:?}");
        }
    }
}
