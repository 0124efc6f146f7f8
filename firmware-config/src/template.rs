//! What others install beside us, as text to begin with: RAUC's configuration for machines that are updated as whole images,
//! and ESPHome's for a microcontroller that measures a probe of the store. Makes text; writes nothing.

use model::DeviceId;

use crate::devices::{Driver, Settings};
use crate::registers::{Parity, RegisterForm};
use crate::store::StoreManifest;

/// Said at the head of every template.
const HEAD: &str = "# Made by `firmware-config template`: a beginning, to be looked through.\n";
/// Usual speed of a Modbus line.
const BAUD: u32 = 9_600;
/// Thousandths of a degree that a count is worth, where nobody says.
const MILLI_PER_COUNT: i32 = 100;
/// What one count may be worth: at less, the value for "no reading" would be a temperature.
const SCALES: std::ops::RangeInclusive<i32> = 10..=1_000;
/// How often the probe is read, seconds.
const READ_EVERY_S: u32 = 5;
/// A reading that is older says nothing any more, milliseconds.
const STALE_MS: u32 = 30_000;

/// Why there is no template for a device.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// No such device.
    #[error("store.toml has no device {0}")]
    NoDevice(DeviceId),
    /// Another driver than the one such a microcontroller is spoken to with.
    #[error(
        "{device} has driver {driver}: a microcontroller of ours is read as a Modbus transmitter, driver modbus-rtu"
    )]
    Driver {
        /// The device.
        device: DeviceId,
        /// Its driver's word.
        driver: &'static str,
    },
    /// A setting that the template does not follow.
    #[error(
        "{0}: this template gives one signed register (register_form i16) of temperature, of 10 to 1000 thousandths a count, \
         and no humidity"
    )]
    Form(DeviceId),
}

/// ESPHome's file for a microcontroller with a DS18B20 that answers as the Modbus transmitter which `store.toml` says that
/// this device is: same address, register, speed and scale. By wire, so that it needs no radio, no password and no clock; what
/// it cannot read it says by a value that no band takes for a temperature.
///
/// # Errors
/// [`TemplateError`] for a device that is something else.
pub fn esphome(manifest: &StoreManifest, id: &DeviceId) -> Result<String, TemplateError> {
    let device = manifest.devices.iter().find(|device| device.id == *id);
    let device = device.ok_or_else(|| TemplateError::NoDevice(id.clone()))?;
    if device.driver != Driver::ModbusRtu {
        return Err(TemplateError::Driver { device: id.clone(), driver: device.driver.line().word });
    }
    let Settings { baud, parity, slave, register, register_form, milli_per_count, humidity_register, .. } =
        &device.settings;
    let scale = milli_per_count.unwrap_or(MILLI_PER_COUNT);
    let one = register_form.unwrap_or_default() == RegisterForm::I16 && humidity_register.is_none();
    if !one || !SCALES.contains(&scale) {
        return Err(TemplateError::Form(id.clone()));
    }
    let parity = match parity.unwrap_or_default() {
        Parity::None => "NONE",
        Parity::Even => "EVEN",
        Parity::Odd => "ODD",
    };
    Ok(format!(
        "{HEAD}# {id} of store {store}: an ESP32 with a DS18B20, read over RS-485.\n\
         # Install it with: esphome run {id}.yaml\n\n\
         esphome:\n  name: {name}\n  comment: \"{id} of store {store}\"\n\n\
         esp32:\n  board: esp32dev\n  framework:\n    type: esp-idf\n\n\
         # The line to the store is the only one: no words on the serial port, no radio.\n\
         logger:\n  level: WARN\n  baud_rate: 0\n\n\
         globals:\n  - id: read_at\n    type: uint32_t\n    initial_value: \"0\"\n\n\
         one_wire:\n  - platform: gpio\n    pin: GPIO4\n\n\
         sensor:\n  - platform: dallas_temp\n    id: probe\n    update_interval: {READ_EVERY_S}s\n    filters:\n\
         \x20     # What a DS18B20 says before it has measured.\n\
         \x20     - lambda: \"if (x == 85.0f) return {{}}; return x;\"\n    on_value:\n\
         \x20     - lambda: \"id(read_at) = millis();\"\n\n\
         uart:\n  id: rs485\n  tx_pin: GPIO17\n  rx_pin: GPIO16\n  baud_rate: {baud}\n  parity: {parity}\n  stop_bits: 1\n\n\
         modbus:\n  id: line\n  uart_id: rs485\n  flow_control_pin: GPIO5\n  role: server\n\n\
         modbus_server:\n  - modbus_id: line\n    address: {slave}\n    registers:\n      - address: {register}\n\
         \x20       value_type: S_WORD\n        read_lambda: |-\n\
         \x20         // No reading, or an old one: below absolute zero, so that the store says so and trusts nothing.\n\
         \x20         if (isnan(id(probe).state) || millis() - id(read_at) > {STALE_MS}) return -32768;\n\
         \x20         return (int16_t) lroundf(id(probe).state * 1000.0f / {scale}.0f);\n",
        store = manifest.store.id,
        name = id.as_str().to_lowercase().replace(['_', '.'], "-"),
        baud = baud.unwrap_or(BAUD),
        slave = slave.unwrap_or(1),
        register = register.unwrap_or(0),
    ))
}

/// RAUC's configuration of a machine of this kind with two root partitions, and what says to the boot loader that a new one
/// is good: node and agent have started from it. Each file with its path, from the root.
#[must_use]
pub fn rauc() -> [(&'static str, String); 3] {
    let system = format!(
        "{HEAD}# A store's machine with two root partitions. What the store knows (/etc/larder, /var/lib/larder, /opt/larder)\n\
         # lies on a third one that no image touches: mount it before sysinit.target.\n\n\
         [system]\ncompatible=larder-store\nbootloader=grub\ngrubenv=/boot/efi/grubenv\nstatusfile=/var/lib/rauc/status\n\
         bundle-formats=verity\n\n\
         [keyring]\npath=/etc/rauc/keyring.pem\ncheck-purpose=codesign\n\n\
         [slot.rootfs.0]\ndevice=/dev/disk/by-partlabel/larder-root-a\ntype=ext4\nbootname=A\n\n\
         [slot.rootfs.1]\ndevice=/dev/disk/by-partlabel/larder-root-b\ntype=ext4\nbootname=B\n"
    );
    let manifest = format!(
        "{HEAD}# Beside rootfs.img: rauc bundle --cert=CERT --key=KEY FOLDER larder-store.raucb\n\n\
         [update]\ncompatible=larder-store\nversion={version}\n\n[bundle]\nformat=verity\n\n\
         [image.rootfs]\nfilename=rootfs.img\n",
        version = env!("CARGO_PKG_VERSION"),
    );
    let good = format!(
        "{HEAD}# A root partition is good when node and agent run from it: the node says by itself when it is ready. Until then\n\
         # the boot loader counts its tries and goes back to the other one.\n\n\
         [Unit]\nDescription=Larder runs: this root partition is good\nRequires=larder-store-node.service larder-agent.service\n\
         After=larder-store-node.service larder-agent.service\nConditionPathExists=/etc/rauc/system.conf\n\n\
         [Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/usr/bin/rauc status mark-good booted\n\n\
         [Install]\nWantedBy=multi-user.target\n"
    );
    [
        ("etc/rauc/system.conf", system),
        ("etc/systemd/system/larder-good.service", good),
        ("manifest.raucm", manifest),
    ]
}
