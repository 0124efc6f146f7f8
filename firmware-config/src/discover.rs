//! What is plugged in: serial devices, scanners that type, USB devices of known models, 1-wire probes, GPIO chips, I2C and
//! SPI buses, printers in the store's network; and the lines of `store.toml` they would need. Looks and connects; sends no byte, since some printers print whatever
//! they are sent.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use model::mqtt::DeviceClass;
use serde::Serialize;

use crate::StoreManifest;
use crate::devices::{Driver, PortKind};
use crate::profiles::{self, Profile};
use crate::usb_printer::{self, BY_PLUG, BY_SERIAL};

/// How long a printer in the same network may take to answer.
const PATIENCE: Duration = Duration::from_millis(400);
/// What adapters of graphics cards call themselves; on their I2C buses are screens.
const SCREENS: [&str; 6] = ["i915", "nvidia", "nvkm", "amdgpu", "radeon", "hdmi"];
/// Addresses that are asked at the same time.
const AT_ONCE: usize = 64;

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Find {
    /// Where, as `port` takes it.
    pub port: String,
    /// What it says it is.
    pub what: String,
    /// USB vendor and product, where it has them: `05e0:1701`.
    pub usb: Option<String>,
    /// What it may be, best guess first; empty where nothing is known.
    pub may_be: Vec<Guess>,
}

/// What a find may be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Guess {
    /// The class.
    pub class: DeviceClass,
    /// The driver.
    pub driver: Driver,
    /// The profile, where one knows it.
    pub model: Option<&'static str>,
}

impl Guess {
    fn of(driver: Driver) -> Self {
        Self { class: driver.line().class, driver, model: None }
    }
}

impl From<&'static Profile> for Guess {
    fn from(profile: &'static Profile) -> Self {
        Self { class: profile.class, driver: profile.driver, model: Some(&profile.id) }
    }
}

/// Everything plugged into the machine below `root`, by port.
#[must_use]
pub fn plugged(root: &Path) -> Vec<Find> {
    let mut found = serial(root);
    found.extend(usb_printers(root));
    found.extend(wedges(root));
    found.extend(probes(root));
    found.extend(chips(root));
    found.extend(i2c(root));
    found.extend(spi(root));
    found
}

/// Every address of `addresses` where something takes connections at `port`, in their order.
#[must_use]
pub fn listening(addresses: &[IpAddr], port: u16) -> Vec<Find> {
    let mut answered: Vec<IpAddr> = Vec::new();
    for group in addresses.chunks(AT_ONCE) {
        let answers = std::thread::scope(|scope| {
            let asked: Vec<_> = group
                .iter()
                .map(|ip| {
                    scope.spawn(move || {
                        TcpStream::connect_timeout(&SocketAddr::new(*ip, port), PATIENCE)
                            .is_ok()
                            .then_some(*ip)
                    })
                })
                .collect();
            asked.into_iter().filter_map(|one| one.join().ok().flatten()).collect::<Vec<_>>()
        });
        answered.extend(answers);
    }
    let find = |ip: IpAddr| Find {
        port: format!("tcp:{}", SocketAddr::new(ip, port)),
        what: format!("something that takes raw print jobs at {ip}"),
        usb: None,
        may_be: vec![Guess::of(Driver::Escpos), Guess::of(Driver::Zpl)],
    };
    answered.into_iter().map(find).collect()
}

fn serial(root: &Path) -> Vec<Find> {
    let mut found = Vec::new();
    let mut named: BTreeSet<String> = BTreeSet::new();
    for name in entries(&root.join("dev/serial/by-id")) {
        let link = root.join("dev/serial/by-id").join(&name);
        let tty = std::fs::read_link(&link).ok().and_then(|target| file_name(&target));
        if let Some(tty) = &tty {
            named.insert(tty.clone());
        }
        found.push(serial_find(root, format!("serial:/dev/serial/by-id/{name}"), tty.as_deref()));
    }
    // Adapters without a serial number have no name of their own; their plug has one.
    for name in entries(&root.join("dev/serial/by-path")) {
        let link = root.join("dev/serial/by-path").join(&name);
        let tty = std::fs::read_link(&link).ok().and_then(|target| file_name(&target));
        if tty.as_ref().is_some_and(|tty| named.insert(tty.clone())) {
            found.push(serial_find(root, format!("serial:/dev/serial/by-path/{name}"), tty.as_deref()));
        }
    }
    found
}

fn serial_find(root: &Path, port: String, tty: Option<&str>) -> Find {
    let facts = tty.and_then(|tty| usb_facts(&root.join("sys/class/tty").join(tty).join("device")));
    let usb = facts.as_ref().map(|facts| facts.id.clone());
    let known = usb.iter().flat_map(|id| profiles::by_usb(id)).filter(|profile| {
        // Of a serial line: a printer's USB id is not that of its serial plug.
        profile.class != DeviceClass::Printer && profile.driver.line().ports.contains(&PortKind::Serial)
    });
    let mut may_be: Vec<Guess> = known.map(Guess::from).collect();
    if may_be.is_empty() {
        let drivers = [Driver::SerialLines, Driver::ToledoW, Driver::Nci, Driver::ModbusRtu];
        may_be = drivers.map(Guess::of).into();
    }
    let what = facts.map_or_else(|| "a serial line".to_owned(), |facts| facts.name);
    Find { port, what, usb, may_be }
}

/// Printers of the kernel's own USB driver, by serial number, else by plug: the kernel's own numbers change.
fn usb_printers(root: &Path) -> Vec<Find> {
    let names = entries(&root.join("dev/usb")).into_iter().filter(|name| name.starts_with("lp"));
    let found: Vec<(String, Option<UsbFacts>)> = names
        .map(|name| {
            let facts = usb_facts(&root.join("sys/class/usbmisc").join(&name).join("device"));
            (name, facts)
        })
        .collect();
    let serials: Vec<&str> =
        found.iter().filter_map(|(_, facts)| facts.as_ref()?.serial.as_deref()).collect();
    // Some makers give all their printers one number.
    let alone = |serial: &&str| serials.iter().filter(|other| *other == serial).count() == 1;
    found
        .iter()
        .map(|(name, facts)| {
            let port = match facts {
                None => format!("/dev/usb/{name}"),
                Some(facts) => match facts.serial.as_deref().filter(alone) {
                    Some(serial) => format!("{BY_SERIAL}/{serial}"),
                    None => format!("{BY_PLUG}/{}", facts.plug),
                },
            };
            let usb = facts.as_ref().map(|facts| facts.id.clone());
            let known = usb.iter().flat_map(|id| profiles::by_usb(id));
            let mut may_be: Vec<Guess> =
                known.filter(|profile| profile.class == DeviceClass::Printer).map(Guess::from).collect();
            if may_be.is_empty() {
                may_be = vec![Guess::of(Driver::Escpos), Guess::of(Driver::Zpl)];
            }
            let what = facts.as_ref().map_or_else(|| "a USB printer".to_owned(), |facts| facts.name.clone());
            Find { port: format!("file:{port}"), what, usb, may_be }
        })
        .collect()
}

struct UsbFacts {
    id: String,
    name: String,
    /// As a file may be called; `None` where it tells none.
    serial: Option<String>,
    plug: String,
}

/// The USB device that a class device hangs on: the first folder above it with a vendor.
fn usb_facts(device: &Path) -> Option<UsbFacts> {
    let real = std::fs::canonicalize(device).ok()?;
    let folder = real.ancestors().find(|folder| folder.join("idVendor").exists())?;
    let read = |name: &str| one_line(&std::fs::read_to_string(folder.join(name)).unwrap_or_default());
    let name = format!("{} {}", read("manufacturer"), read("product"));
    let serial = Some(read("serial")).filter(|serial| usb_printer::is_name(serial));
    let plug = file_name(folder)?;
    let id = format!("{}:{}", read("idVendor"), read("idProduct"));
    Some(UsbFacts { id, name: name.trim().to_owned(), serial, plug })
}

/// What a device says of itself ends up in a file: one line, no signs that steer a terminal.
fn one_line(text: &str) -> String {
    text.trim().chars().filter(|sign| !sign.is_control()).take(60).collect()
}

/// Scanners that type: the kernel's keyboards that hang on a plug of a scanner maker's. A keyboard that people type on is
/// never proposed, since an agent grabs what it is given.
fn wedges(root: &Path) -> Vec<Find> {
    let folder = root.join("dev/input/by-id");
    let names = entries(&folder).into_iter().filter(|name| name.ends_with("-event-kbd"));
    let makers = scanner_makers();
    names
        .filter_map(|name| {
            let event = std::fs::read_link(folder.join(&name)).ok().and_then(|target| file_name(&target))?;
            let facts = usb_facts(&root.join("sys/class/input").join(event).join("device"))?;
            let of_maker = makers.iter().any(|maker| facts.id.starts_with(maker));
            let known = profiles::by_usb(&facts.id).filter(|profile| profile.driver == Driver::HidWedge);
            let mut may_be: Vec<Guess> = known.map(Guess::from).collect();
            if may_be.is_empty() && of_maker {
                may_be = vec![Guess::of(Driver::HidWedge)];
            }
            let port = format!("file:/dev/input/by-id/{name}");
            (!may_be.is_empty()).then_some(Find { port, what: facts.name, usb: Some(facts.id), may_be })
        })
        .collect()
}

/// GPIO chips. What hangs on which line no machine can see: a person writes its number for `LINE`, and `check` asks for it.
fn chips(root: &Path) -> Vec<Find> {
    numbered(&root.join("dev"), "gpiochip")
        .map(|name| Find {
            port: format!("gpio:/dev/{name}:LINE"),
            what: format!(
                "a GPIO chip ({name}): a door contact, a buzzer or a lamp on the line of that number"
            ),
            usb: None,
            may_be: vec![Guess::of(Driver::GpioDoor), Guess::of(Driver::GpioOutput)],
        })
        .collect()
}

/// I2C buses. Asking what answers there would be a byte to a device: a person writes its address for `ADDRESS`, and `check`
/// asks for it. Buses of a graphics card lead to screens only.
fn i2c(root: &Path) -> Vec<Find> {
    let names = numbered(&root.join("dev"), "i2c-");
    let adapters = root.join("sys/class/i2c-dev");
    names
        .filter_map(|name| {
            let said = std::fs::read_to_string(adapters.join(&name).join("name")).unwrap_or_default();
            let said = one_line(&said);
            let screen = SCREENS.iter().any(|word| said.to_lowercase().contains(word));
            let adapter = if said.is_empty() { String::new() } else { format!(" ({said})") };
            (!screen).then(|| Find {
                port: format!("i2c:/dev/{name}:ADDRESS"),
                what: format!(
                    "an I2C bus{adapter}: a probe with its address on it, as 0x44 (`i2cdetect` shows them)"
                ),
                usb: None,
                may_be: [Driver::Sht4x, Driver::Sht3x, Driver::Bme280].map(Guess::of).into(),
            })
        })
        .collect()
}

/// SPI devices: one converter at each chip select.
fn spi(root: &Path) -> Vec<Find> {
    let names = entries(&root.join("dev")).into_iter().filter(|name| {
        let parts = name.strip_prefix("spidev").and_then(|place| place.split_once('.'));
        parts.is_some_and(|(bus, select)| bus.parse::<u32>().is_ok() && select.parse::<u32>().is_ok())
    });
    names
        .map(|name| Find {
            port: format!("spi:/dev/{name}"),
            what: format!("a chip select of an SPI bus ({name}): a converter for a platinum probe, where one is wired to it"),
            usb: None,
            may_be: vec![Guess::of(Driver::Max31865)],
        })
        .collect()
}

/// Names of this word and a number, in a folder.
fn numbered(folder: &Path, word: &'static str) -> impl Iterator<Item = String> + use<> {
    let numbered =
        move |name: &String| name.strip_prefix(word).is_some_and(|number| number.parse::<u32>().is_ok());
    entries(folder).into_iter().filter(numbered)
}

fn probes(root: &Path) -> Vec<Find> {
    let names = entries(&root.join("sys/bus/w1/devices"));
    let probes = names.into_iter().filter(|name| name.starts_with("28-"));
    probes
        .map(|name| Find {
            port: format!("file:/sys/bus/w1/devices/{name}"),
            what: "a DS18B20 probe".to_owned(),
            usb: None,
            may_be: vec![Guess { model: Some("maxim-ds18b20"), ..Guess::of(Driver::Ds18b20) }],
        })
        .collect()
}

/// The names in a folder, sorted; none where there is no folder.
fn entries(folder: &Path) -> Vec<String> {
    let found = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let mut names: Vec<String> =
        found.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn file_name(path: &Path) -> Option<String> {
    Some(path.file_name()?.to_string_lossy().into_owned())
}

/// Without what the manifest has already.
#[must_use]
pub fn unknown_to(manifest: &StoreManifest, found: Vec<Find>) -> Vec<Find> {
    let known: BTreeSet<String> = manifest.devices.iter().map(|device| device.port.to_string()).collect();
    let chip = |port: &str| port.rsplit_once(':').map(|(chip, _)| chip.to_owned()).unwrap_or_default();
    let shared = |port: &&String| port.starts_with("gpio:") || port.starts_with("i2c:");
    let chips: BTreeSet<String> = known.iter().filter(shared).map(|port| chip(port)).collect();
    // Of a chip or a bus that is in use somebody has found the lines already.
    let is_new = |find: &Find| !known.contains(&find.port) && !chips.contains(&chip(&find.port));
    found.into_iter().filter(is_new).collect()
}

/// The lines for `store.toml`, ids free in `manifest`. A zone has to be chosen by a person, so `CHOOSE` stands there
/// and `check` will ask for it.
#[must_use]
pub fn lines(found: &[Find], manifest: Option<&StoreManifest>) -> String {
    let devices = manifest.map(|manifest| manifest.devices.as_slice()).unwrap_or_default();
    let mut taken: BTreeSet<String> = devices.iter().map(|device| device.id.to_string()).collect();
    let mut next: BTreeMap<&str, usize> = BTreeMap::new();
    let mut text = String::new();
    for find in found {
        let Some((first, others)) = find.may_be.split_first() else { continue };
        let usb = find.usb.as_ref().map_or_else(String::new, |id| format!(" ({id})"));
        let _ = writeln!(text, "# {}{usb}", find.what);
        for other in others {
            let _ = writeln!(
                text,
                "# or: class = \"{}\", driver = \"{}\"{}",
                other.class.word(),
                other.driver.line().word,
                model(other, ", model ")
            );
        }
        let word = first.class.word();
        let count = next.entry(word).or_insert(0);
        let id = loop {
            *count += 1;
            let id = format!("{word}-{count}");
            if taken.insert(id.clone()) {
                break id;
            }
        };
        let zone = if matches!(first.class, DeviceClass::Sensor | DeviceClass::Door) {
            "zone = \"CHOOSE\"\n"
        } else {
            ""
        };
        let settings = match first.model {
            Some(model) => format!("settings = {{ model = \"{model}\" }}\n"),
            None => String::new(),
        };
        let _ = writeln!(
            text,
            "[[devices]]\nid = \"{id}\"\nclass = \"{word}\"\ndriver = \"{}\"\nport = {}\n{zone}{settings}",
            first.driver.line().word,
            toml::Value::String(find.port.clone()),
        );
    }
    text
}

fn model(guess: &Guess, lead: &str) -> String {
    guess.model.map_or_else(String::new, |model| format!("{lead}{model}"))
}

/// USB vendors that make scanners, by the profiles.
fn scanner_makers() -> BTreeSet<&'static str> {
    let scanners = profiles::all().iter().filter(|profile| profile.class == DeviceClass::Scanner);
    scanners.flat_map(|profile| profile.usb.iter().filter_map(|id| id.split(':').next())).collect()
}

/// USB devices whose maker has profiles, and which show no serial line: a scanner that is still a keyboard.
#[must_use]
pub fn keyboards(root: &Path) -> Vec<String> {
    let makers = scanner_makers();
    let serial: BTreeSet<String> = entries(&root.join("sys/class/tty"))
        .iter()
        .filter_map(|tty| usb_facts(&root.join("sys/class/tty").join(tty).join("device")))
        .map(|facts| facts.id)
        .collect();
    let devices: Vec<PathBuf> = entries(&root.join("sys/bus/usb/devices"))
        .iter()
        .map(|name| root.join("sys/bus/usb/devices").join(name))
        .collect();
    devices
        .iter()
        .filter(|folder| folder.join("idVendor").exists())
        .filter_map(|folder| usb_facts(folder))
        .filter(|facts| makers.iter().any(|maker| facts.id.starts_with(maker)) && !serial.contains(&facts.id))
        .map(|facts| format!("{} ({})", facts.name, facts.id))
        .collect()
}
