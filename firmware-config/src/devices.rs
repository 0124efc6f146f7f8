//! The devices of a store: class, driver, port and settings, and the table of drivers that exist.
//! What a driver does with its port is device-drivers' business.

use std::fmt;
use std::path::PathBuf;

use model::mqtt::{CommandKind, DeviceClass, EventKind, Quantity, Separators};
use model::{BinId, DeviceId, ZoneId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::registers::{Parity, RegisterForm, RegisterTable};

/// One device of the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Device {
    /// Its id; also its MQTT client id.
    pub id: DeviceId,
    /// What it is.
    pub class: DeviceClass,
    /// Who speaks to it.
    pub driver: Driver,
    /// Where it is plugged in.
    pub port: Port,
    /// The zone a sensor watches.
    #[serde(default)]
    pub zone: Option<ZoneId>,
    /// What differs from the driver's defaults.
    #[serde(default)]
    pub settings: Settings,
}

/// How a serial line is named, so that a replug finds it.
const BY_ID: &str = "serial:/dev/serial/by-id/NAME";

/// The drivers that exist. A new one is a line here, a line in [`Driver::TABLE`], a file in device-drivers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Driver {
    /// Scanner that sends lines of text over USB-CDC or RS-232.
    SerialLines,
    /// Scanner that speaks Zebra's Simple Serial Interface over USB or RS-232: answered, never lost.
    ZebraSsi,
    /// Scanner that is a keyboard to the machine, through the kernel's input device.
    HidWedge,
    /// Receipt printer, ESC/POS.
    Escpos,
    /// Label printer, ZPL II at 203 or 300 dpi.
    Zpl,
    /// DS18B20 through the kernel's 1-wire sysfs folder.
    Ds18b20,
    /// Scale that answers `W`, Toledo style.
    ToledoW,
    /// Scale that answers `W CR`, NCI style.
    Nci,
    /// Door contact on a GPIO line.
    GpioDoor,
    /// Relay, buzzer or pick-to-light lamp on a GPIO line.
    GpioOutput,
    /// Sensirion SHT30, SHT31 or SHT35 on I2C.
    Sht3x,
    /// Sensirion SHT40, SHT41 or SHT45 on I2C.
    Sht4x,
    /// Bosch BME280 on I2C.
    Bme280,
    /// MAX31865 with a platinum element, on SPI.
    Max31865,
    /// Temperature transmitter on a Modbus RTU line.
    ModbusRtu,
    /// Door contact at a discrete input of a Modbus RTU module.
    ModbusDoor,
    /// Relay, buzzer or pick-to-light lamp at a coil of a Modbus RTU module.
    ModbusOutput,
}

/// Which kinds of port a driver can use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PortKind {
    /// A serial line or pseudo-terminal.
    Serial,
    /// A TCP address.
    Tcp,
    /// A file or folder (sysfs, lp).
    File,
    /// One line of a GPIO chip.
    Gpio,
    /// An address on an I2C bus.
    I2c,
    /// A chip of an SPI bus.
    Spi,
}

impl PortKind {
    /// The word before the colon in `store.toml`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            PortKind::Serial => "serial",
            PortKind::Tcp => "tcp",
            PortKind::File => "file",
            PortKind::Gpio => "gpio",
            PortKind::I2c => "i2c",
            PortKind::Spi => "spi",
        }
    }
}

/// One line of the driver table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DriverLine {
    /// The driver.
    pub driver: Driver,
    /// Its word in `store.toml` and in [`model::mqtt::Birth::driver`].
    pub word: &'static str,
    /// The class it serves.
    pub class: DeviceClass,
    /// The ports it can use.
    pub ports: &'static [PortKind],
    /// How such a port is written, for people who have yet to look up the name.
    pub example: &'static str,
    /// The settings it knows, as they are called in `store.toml`.
    pub settings: &'static [&'static str],
    /// What it takes and gives, for the device's document of what it can do.
    pub traffic: Traffic,
}

/// What a driver takes and gives over MQTT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traffic {
    /// The commands it takes.
    pub commands: &'static [CommandKind],
    /// The events it gives.
    pub events: &'static [EventKind],
    /// What it measures, with the lowest and highest value, in the unit of the event's field.
    pub measures: &'static [(Quantity, i32, i32)],
}

impl Traffic {
    const fn of(commands: &'static [CommandKind], events: &'static [EventKind]) -> Self {
        Self { commands, events, measures: &[] }
    }

    const fn reading(measures: &'static [(Quantity, i32, i32)]) -> Self {
        Self { commands: &[], events: &[EventKind::Reading], measures }
    }
}

const SCANS: Traffic = Traffic::of(&[CommandKind::Signal], &[EventKind::Scan]);
const PRINTS: Traffic = Traffic::of(&[CommandKind::Print], &[EventKind::Print]);
/// The usual range of a bench scale.
const WEIGHS: Traffic =
    Traffic { commands: &[], events: &[EventKind::Weight], measures: &[(Quantity::Weight, 0, 30_000)] };
const HUMIDITY: (Quantity, i32, i32) = (Quantity::Humidity, 0, 100_000);
const SHT: Traffic = Traffic::reading(&[(Quantity::Temperature, -40_000, 125_000), HUMIDITY]);

const SCANNER_SETTINGS: &[&str] = &["baud", "dedup_ms", "separators"];
const SCALE_SETTINGS: &[&str] = &["baud", "poll_ms", "stable_readings", "max_g", "stamp_until"];
const PRINTER_PORTS: &[PortKind] = &[PortKind::Tcp, PortKind::File, PortKind::Serial];
const PRINTER_SETTINGS: &[&str] = &["width_mm", "height_mm", "reports_status", "language", "baud"];
const LABEL_SETTINGS: &[&str] = &["width_mm", "height_mm", "dpi", "reports_status", "language", "baud"];

/// In which language a printer's paper speaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PaperLanguage {
    /// English.
    #[default]
    En,
    /// Hindi; names that have none stand in English.
    Hi,
}
/// A sensor's pace and calibration; every sensor driver knows these.
const SENSOR_SETTINGS: &[&str] = &["poll_ms", "offset_milli_c", "gain_ppm", "certificate", "calibration_due"];
const ELEMENT_SETTINGS: &[&str] = &[
    "poll_ms",
    "offset_milli_c",
    "gain_ppm",
    "certificate",
    "calibration_due",
    "wires",
    "element_ohm",
    "reference_milli_ohm",
];
const TRANSMITTER_SETTINGS: &[&str] = &[
    "poll_ms",
    "offset_milli_c",
    "gain_ppm",
    "certificate",
    "calibration_due",
    "baud",
    "parity",
    "slave",
    "register",
    "register_table",
    "register_form",
    "milli_per_count",
    "humidity_register",
];

impl Driver {
    /// Every driver with its class, ports and settings, in the order of the variants.
    pub const TABLE: &'static [DriverLine] = &[
        DriverLine {
            driver: Driver::SerialLines,
            word: "serial-lines",
            class: DeviceClass::Scanner,
            ports: &[PortKind::Serial],
            example: BY_ID,
            settings: &["baud", "prefix", "suffix", "dedup_ms", "feedback_ok", "feedback_bad", "separators"],
            traffic: SCANS,
        },
        DriverLine {
            driver: Driver::ZebraSsi,
            word: "zebra-ssi",
            class: DeviceClass::Scanner,
            ports: &[PortKind::Serial],
            example: BY_ID,
            settings: SCANNER_SETTINGS,
            traffic: SCANS,
        },
        DriverLine {
            driver: Driver::HidWedge,
            word: "hid-wedge",
            class: DeviceClass::Scanner,
            ports: &[PortKind::File],
            example: "file:/dev/input/by-id/NAME-event-kbd",
            settings: &["prefix", "dedup_ms", "key_gap_ms", "separators"],
            traffic: Traffic::of(&[], &[EventKind::Scan]),
        },
        DriverLine {
            driver: Driver::Escpos,
            word: "escpos",
            class: DeviceClass::Printer,
            ports: PRINTER_PORTS,
            example: "tcp:ADDRESS:9100",
            settings: PRINTER_SETTINGS,
            traffic: PRINTS,
        },
        DriverLine {
            driver: Driver::Zpl,
            word: "zpl",
            class: DeviceClass::Printer,
            ports: PRINTER_PORTS,
            example: "tcp:ADDRESS:9100",
            settings: LABEL_SETTINGS,
            traffic: PRINTS,
        },
        DriverLine {
            driver: Driver::Ds18b20,
            word: "ds18b20",
            class: DeviceClass::Sensor,
            ports: &[PortKind::File],
            example: "file:/sys/bus/w1/devices/28-SERIAL",
            settings: SENSOR_SETTINGS,
            traffic: Traffic::reading(&[(Quantity::Temperature, -55_000, 125_000)]),
        },
        DriverLine {
            driver: Driver::ToledoW,
            word: "toledo-w",
            class: DeviceClass::Scale,
            ports: &[PortKind::Serial],
            example: BY_ID,
            settings: SCALE_SETTINGS,
            traffic: WEIGHS,
        },
        DriverLine {
            driver: Driver::Nci,
            word: "nci",
            class: DeviceClass::Scale,
            ports: &[PortKind::Serial],
            example: BY_ID,
            settings: SCALE_SETTINGS,
            traffic: WEIGHS,
        },
        DriverLine {
            driver: Driver::GpioDoor,
            word: "gpio-door",
            class: DeviceClass::Door,
            ports: &[PortKind::Gpio],
            example: "gpio:/dev/gpiochip0:LINE",
            settings: &["active_low", "debounce_ms"],
            traffic: Traffic::of(&[], &[EventKind::Door]),
        },
        DriverLine {
            driver: Driver::GpioOutput,
            word: "gpio-output",
            class: DeviceClass::Output,
            ports: &[PortKind::Gpio],
            example: "gpio:/dev/gpiochip0:LINE",
            settings: &["active_low", "bins"],
            traffic: Traffic::of(&[CommandKind::Output], &[]),
        },
        DriverLine {
            driver: Driver::Sht3x,
            word: "sht3x",
            class: DeviceClass::Sensor,
            ports: &[PortKind::I2c],
            example: "i2c:/dev/i2c-1:0x44",
            settings: SENSOR_SETTINGS,
            traffic: SHT,
        },
        DriverLine {
            driver: Driver::Sht4x,
            word: "sht4x",
            class: DeviceClass::Sensor,
            ports: &[PortKind::I2c],
            example: "i2c:/dev/i2c-1:0x44",
            settings: SENSOR_SETTINGS,
            traffic: SHT,
        },
        DriverLine {
            driver: Driver::Bme280,
            word: "bme280",
            class: DeviceClass::Sensor,
            ports: &[PortKind::I2c],
            example: "i2c:/dev/i2c-1:0x76",
            settings: SENSOR_SETTINGS,
            traffic: Traffic::reading(&[
                (Quantity::Temperature, -40_000, 85_000),
                HUMIDITY,
                (Quantity::Pressure, 30_000, 110_000),
            ]),
        },
        DriverLine {
            driver: Driver::Max31865,
            word: "max31865",
            class: DeviceClass::Sensor,
            ports: &[PortKind::Spi],
            example: "spi:/dev/spidev0.0",
            settings: ELEMENT_SETTINGS,
            traffic: Traffic::reading(&[(Quantity::Temperature, -200_000, 850_000)]),
        },
        DriverLine {
            driver: Driver::ModbusRtu,
            word: "modbus-rtu",
            class: DeviceClass::Sensor,
            ports: &[PortKind::Serial],
            example: BY_ID,
            settings: TRANSMITTER_SETTINGS,
            traffic: Traffic::reading(&[(Quantity::Temperature, -200_000, 850_000), HUMIDITY]),
        },
        DriverLine {
            driver: Driver::ModbusDoor,
            word: "modbus-door",
            class: DeviceClass::Door,
            ports: &[PortKind::Serial],
            example: BY_ID,
            settings: &["baud", "parity", "slave", "register", "active_low", "debounce_ms", "poll_ms"],
            traffic: Traffic::of(&[], &[EventKind::Door]),
        },
        DriverLine {
            driver: Driver::ModbusOutput,
            word: "modbus-output",
            class: DeviceClass::Output,
            ports: &[PortKind::Serial],
            example: BY_ID,
            settings: &["baud", "parity", "slave", "register", "active_low", "bins"],
            traffic: Traffic::of(&[CommandKind::Output], &[]),
        },
    ];

    /// This driver's line of the table.
    #[must_use]
    pub const fn line(self) -> &'static DriverLine {
        &Self::TABLE[self as usize]
    }

    /// Whether it speaks to a slave of a Modbus RTU line, which others may share.
    #[must_use]
    pub fn on_modbus(self) -> bool {
        self.line().settings.contains(&"slave")
    }
}

/// The table stands in the order of the variants; a line in another's place does not compile. That no line is missing at the
/// end is held by a test.
const _: () = {
    let mut at = 0;
    while at < Driver::TABLE.len() {
        assert!(Driver::TABLE[at].driver as usize == at, "the table's order is the variants'");
        at += 1;
    }
};

/// Where a device is plugged in: `serial:/dev/serial/by-id/...`, `tcp:127.0.0.1:9100`, `file:/sys/bus/w1/...`,
/// `i2c:/dev/i2c-1:0x44`, `spi:/dev/spidev0.0`, `gpio:/dev/gpiochip0:17`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub enum Port {
    /// A serial line; name it by `/dev/serial/by-id/...`, so that a replug finds it.
    Serial(PathBuf),
    /// Host and port.
    Tcp(String),
    /// A file or folder.
    File(PathBuf),
    /// A line of a GPIO chip, by its offset; on a Raspberry Pi the BCM number.
    Gpio(PathBuf, u32),
    /// An I2C bus and a chip's 7-bit address on it.
    I2c(PathBuf, u8),
    /// A chip behind its own select line of an SPI bus.
    Spi(PathBuf),
}

/// A text that is no port.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no port: write serial:/dev/serial/by-id/NAME, tcp:HOST:PORT, file:/PATH, i2c:/dev/i2c-1:0x44, spi:/dev/spidev0.0 or gpio:/dev/gpiochipN:LINE"
)]
pub struct PortError(String);

impl Port {
    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> PortKind {
        match self {
            Port::Serial(_) => PortKind::Serial,
            Port::Tcp(_) => PortKind::Tcp,
            Port::File(_) => PortKind::File,
            Port::Gpio(..) => PortKind::Gpio,
            Port::I2c(..) => PortKind::I2c,
            Port::Spi(_) => PortKind::Spi,
        }
    }
}

impl TryFrom<String> for Port {
    type Error = PortError;
    fn try_from(text: String) -> Result<Self, PortError> {
        match text.split_once(':') {
            Some(("serial", path)) if path.starts_with('/') => Ok(Port::Serial(path.into())),
            Some(("file", path)) if path.starts_with('/') => Ok(Port::File(path.into())),
            Some(("spi", path)) if path.starts_with('/') => Ok(Port::Spi(path.into())),
            Some(("i2c", at)) => match i2c_address(at) {
                Some((bus, address)) => Ok(Port::I2c(bus.into(), address)),
                None => Err(PortError(text)),
            },
            Some(("tcp", address)) if is_host_and_port(address) => Ok(Port::Tcp(address.to_owned())),
            Some(("gpio", line)) => gpio_line(line).ok_or(PortError(text)),
            Some(_) | None => Err(PortError(text)),
        }
    }
}

fn gpio_line(text: &str) -> Option<Port> {
    let (chip, line) = text.rsplit_once(':')?;
    let line = line.parse().ok()?;
    chip.starts_with('/').then(|| Port::Gpio(chip.into(), line))
}

/// `/dev/i2c-1:0x44`; the addresses below 0x08 and above 0x77 are the bus's own.
fn i2c_address(at: &str) -> Option<(&str, u8)> {
    let (bus, address) = at.rsplit_once(":0x")?;
    let address = u8::from_str_radix(address, 16).ok()?;
    (bus.starts_with('/') && (0x08..=0x77).contains(&address)).then_some((bus, address))
}

fn is_host_and_port(address: &str) -> bool {
    address.rsplit_once(':').is_some_and(|(host, port)| {
        !host.is_empty() && !host.contains(' ') && port.parse::<u16>().is_ok_and(|number| number > 0)
    })
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Port::Serial(path) => write!(f, "serial:{}", path.display()),
            Port::Tcp(address) => write!(f, "tcp:{address}"),
            Port::File(path) => write!(f, "file:{}", path.display()),
            Port::Gpio(chip, line) => write!(f, "gpio:{}:{line}", chip.display()),
            Port::I2c(bus, address) => write!(f, "i2c:{}:0x{address:02x}", bus.display()),
            Port::Spi(path) => write!(f, "spi:{}", path.display()),
        }
    }
}

impl From<Port> for String {
    fn from(port: Port) -> String {
        port.to_string()
    }
}

/// What differs from a driver's defaults; each driver knows some of these ([`DriverLine::settings`]).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The model, an id of [`crate::profiles`]; any driver knows it.
    pub model: Option<String>,
    /// Serial speed in bits per second.
    pub baud: Option<u32>,
    /// Text a scanner sets before each scan.
    pub prefix: Option<String>,
    /// The one character that ends a scan, where it is neither CR nor LF.
    pub suffix: Option<char>,
    /// The same scan again within so many milliseconds is the device's habit, not a person's scan; 0 = each one counts.
    pub dedup_ms: Option<u32>,
    /// Sent to a serial scanner when a scan was good, for example `"\u0007"` where it beeps on that.
    pub feedback_ok: Option<String>,
    /// Sent to a serial scanner when a scan was refused or disturbed.
    pub feedback_bad: Option<String>,
    /// A keyboard wedge that pauses for so many milliseconds amid a code has lost its end.
    pub key_gap_ms: Option<u32>,
    /// What becomes of GS1's separators (GS) on the way from the scanner: where they are lost, a code that could be read in
    /// two ways is ambiguous. Default: a serial scanner sends them, one that types loses them.
    pub separators: Option<Separators>,
    /// Printable width, millimetres.
    pub width_mm: Option<u16>,
    /// Label height, millimetres (label printers).
    pub height_mm: Option<u16>,
    /// Dots per inch of a label printer's head: 203 or 300. Default 203.
    pub dpi: Option<u16>,
    /// The language on a printer's paper. Default English.
    pub language: Option<PaperLanguage>,
    /// Whether the printer tells its status; without it a job ends as `sent_unconfirmed`. Default: it does.
    pub reports_status: Option<bool>,
    /// Time between two readings, milliseconds.
    pub poll_ms: Option<u32>,
    /// Added to every reading (calibration), thousandths of a degree Celsius.
    pub offset_milli_c: Option<i32>,
    /// What every raw reading is multiplied by (calibration), millionths: 1,000,000 changes nothing.
    pub gain_ppm: Option<u32>,
    /// Number of the calibration's certificate.
    pub certificate: Option<String>,
    /// When the calibration is due again.
    pub calibration_due: Option<model::Date>,
    /// Wires to a platinum element: 2, 3 or 4.
    pub wires: Option<u8>,
    /// A platinum element's resistance at 0 degC, ohms.
    pub element_ohm: Option<u32>,
    /// The reference resistor beside a MAX31865, thousandths of an ohm.
    pub reference_milli_ohm: Option<u32>,
    /// The parity bit of a serial line.
    pub parity: Option<Parity>,
    /// Modbus address of a slave.
    pub slave: Option<u8>,
    /// First register of the temperature, a door's discrete input or an output's coil, counted from 0 as on the wire.
    pub register: Option<u16>,
    /// Which table the registers are in.
    pub register_table: Option<RegisterTable>,
    /// How a value stands in its registers.
    pub register_form: Option<RegisterForm>,
    /// Thousandths (of a degree, of a percent) that one count of a register is worth.
    pub milli_per_count: Option<i32>,
    /// First register of the humidity, in the same table and form.
    pub humidity_register: Option<u16>,
    /// Equal readings that make a weight stable.
    pub stable_readings: Option<u8>,
    /// The scale's range, grams.
    pub max_g: Option<u32>,
    /// The last day of the scale's verification stamp (REQ-44); afterwards it cannot price goods.
    pub stamp_until: Option<model::Date>,
    /// The line is the other way round: low means open, or on.
    pub active_low: Option<bool>,
    /// The bins at which a pick-to-light lamp hangs: it shines while a picker walks to one of them.
    pub bins: Option<Vec<BinId>>,
    /// A contact must rest for so many milliseconds before it counts.
    pub debounce_ms: Option<u32>,
}

impl Settings {
    /// The names of the settings for the driver that are given, as in `store.toml`; the model is not one.
    #[must_use]
    pub fn given(&self) -> Vec<&'static str> {
        let all = [
            ("baud", self.baud.is_some()),
            ("prefix", self.prefix.is_some()),
            ("suffix", self.suffix.is_some()),
            ("dedup_ms", self.dedup_ms.is_some()),
            ("feedback_ok", self.feedback_ok.is_some()),
            ("feedback_bad", self.feedback_bad.is_some()),
            ("key_gap_ms", self.key_gap_ms.is_some()),
            ("separators", self.separators.is_some()),
            ("width_mm", self.width_mm.is_some()),
            ("height_mm", self.height_mm.is_some()),
            ("dpi", self.dpi.is_some()),
            ("language", self.language.is_some()),
            ("reports_status", self.reports_status.is_some()),
            ("poll_ms", self.poll_ms.is_some()),
            ("offset_milli_c", self.offset_milli_c.is_some()),
            ("gain_ppm", self.gain_ppm.is_some()),
            ("certificate", self.certificate.is_some()),
            ("calibration_due", self.calibration_due.is_some()),
            ("wires", self.wires.is_some()),
            ("element_ohm", self.element_ohm.is_some()),
            ("reference_milli_ohm", self.reference_milli_ohm.is_some()),
            ("parity", self.parity.is_some()),
            ("slave", self.slave.is_some()),
            ("register", self.register.is_some()),
            ("register_table", self.register_table.is_some()),
            ("register_form", self.register_form.is_some()),
            ("milli_per_count", self.milli_per_count.is_some()),
            ("humidity_register", self.humidity_register.is_some()),
            ("stable_readings", self.stable_readings.is_some()),
            ("max_g", self.max_g.is_some()),
            ("stamp_until", self.stamp_until.is_some()),
            ("active_low", self.active_low.is_some()),
            ("bins", self.bins.is_some()),
            ("debounce_ms", self.debounce_ms.is_some()),
        ];
        all.into_iter().filter(|(_, given)| *given).map(|(name, _)| name).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_and_the_words_agree() {
        for line in Driver::TABLE {
            assert_eq!(line.driver.line(), line);
            assert_eq!(serde_json_word(line.driver), line.word);
        }
        let schema = serde_json::to_string(&schemars::schema_for!(Driver)).unwrap();
        assert_eq!(schema.matches("\"const\":").count(), Driver::TABLE.len(), "{schema}");
    }

    fn serde_json_word(driver: Driver) -> String {
        #[derive(Serialize)]
        struct Wrap {
            driver: Driver,
        }
        let text = toml::to_string(&Wrap { driver }).unwrap();
        text.trim().trim_start_matches("driver = ").trim_matches('"').to_owned()
    }

    #[test]
    fn ports_round_trip_and_strangers_are_refused() {
        for good in [
            "serial:/dev/ttyACM0",
            "tcp:127.0.0.1:9100",
            "tcp:[::1]:9100",
            "file:/sys/bus/w1/devices/28-1",
            "gpio:/dev/gpiochip0:17",
            "i2c:/dev/i2c-1:0x44",
            "spi:/dev/spidev0.0",
        ] {
            let port = Port::try_from(good.to_owned()).unwrap();
            assert_eq!(port.to_string(), good);
        }
        for bad in [
            "",
            "/dev/ttyACM0",
            "serial:ttyACM0",
            "tcp:9100",
            "tcp:a:0",
            "tcp:a:70000",
            "usb:/x",
            "gpio:17",
            "gpio:/dev/gpiochip0",
            "gpio:gpiochip0:1",
            "i2c:/dev/i2c-1",
            "i2c:/dev/i2c-1:44",
            "i2c:/dev/i2c-1:0x78",
            "spi:0.0",
        ] {
            assert!(Port::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }
}
